"""Partial answers, as Google's clients ask for them: ``fields=claims(text,claimReview/url),nextPageToken``."""

from __future__ import annotations

import re
from typing import Any, Final

from service.errors import Fault, InvalidInput

Mask = dict[str, "Mask"]
"""By field, what is wanted of it: everything where that is empty. ``*`` stands for every field."""

_TOKEN: Final = re.compile(r"[A-Za-z]\w*|[*,/()]")
_DEEPEST: Final = 20


def read_mask(fields: str) -> Mask:
    """What ``fields`` asks for. Raises InvalidInput for what is no mask."""
    tokens = _TOKEN.findall(fields)
    mask: Mask = {}
    if "".join(tokens) != "".join(fields.split()) or _read(tokens, 0, mask, 0) != len(tokens):
        raise InvalidInput([Fault("/fields", "must name fields, as in claims(text,claimReview/url),nextPageToken")])
    return mask


def masked(value: Any, mask: Mask) -> Any:
    """What a mask leaves of a value of JSON types."""
    if not mask:
        return value
    if isinstance(value, list):
        return [masked(each, mask) for each in value]
    if isinstance(value, dict):
        return {
            name: masked(each, mask[name] if name in mask else mask["*"])
            for name, each in value.items()
            if name in mask or "*" in mask
        }
    return value


def _read(tokens: list[str], at: int, mask: Mask, depth: int) -> int:
    """Read fields separated by commas from a place on; the place after them, or -1."""
    while True:
        inner = mask
        while True:
            if at >= len(tokens) or tokens[at] in ",/()" or depth > _DEEPEST:
                return -1
            inner = inner.setdefault(tokens[at], {})
            at += 1
            if at >= len(tokens) or tokens[at] != "/":
                break
            at += 1
        if at < len(tokens) and tokens[at] == "(":
            at = _read(tokens, at + 1, inner, depth + 1)
            if at < 0 or at >= len(tokens) or tokens[at] != ")":
                return -1
            at += 1
        if at >= len(tokens) or tokens[at] != ",":
            return at
        at += 1
