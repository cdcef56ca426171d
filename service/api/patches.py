"""JSON merge patch (RFC 7396): what is absent stays, what is null goes, an object is merged, all else is replaced."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from service.api.bodies import decode

T = TypeVar("T", bound=msgspec.Struct)


def patched(current: T, patch: msgspec.Struct) -> T:
    """``current`` after ``patch``, whose absent fields are UNSET. Raises a 422 ``Refusal`` for what is then amiss."""
    target, changes = msgspec.to_builtins(current), msgspec.to_builtins(patch)
    return decode(msgspec.json.encode(_merged(target, changes)), type(current))


def _merged(target: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = _merged(merged.get(name), value)
    return merged
