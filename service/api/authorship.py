"""Who a change is by."""

from __future__ import annotations

from typing import Any

from litestar import Request


def author_of(request: Request[Any, Any, Any]) -> str | None:
    """The name under which this request's changes are recorded, or None where nobody has to say who they are."""
    return None
