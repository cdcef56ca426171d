"""Who a change is by."""

from __future__ import annotations

from typing import Any

from litestar import Request

from service.api.authorization import caller_of


def author_of(request: Request[Any, Any, Any]) -> str | None:
    """The author of what this request changes: its key by name and prefix, as in ``News desk (fc_abcdefghij)``.

    The prefix never changes and belongs to one key only. None where there is no key: in open mode.
    """
    key = caller_of(request).key
    return None if key is None else f"{key.name} (fc_{key.prefix})"
