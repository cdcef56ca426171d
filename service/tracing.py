"""Which request is being served: known to every layer, so that logs name it and calls to others can pass it on."""

from __future__ import annotations

import re
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

_TRACEPARENT: Final = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")


@dataclass(frozen=True, slots=True)
class Trace:
    """A request's own id, and the caller's W3C ``traceparent`` where a valid one came with it."""

    request_id: str
    traceparent: str | None = None

    @property
    def trace_id(self) -> str | None:
        """The 32 hexadecimal digits that the caller's trace has everywhere."""
        return None if self.traceparent is None else self.traceparent.split("-")[1]


CURRENT: Final[ContextVar[Trace | None]] = ContextVar("factcheck_trace", default=None)
"""Set while a request is served."""


def valid_traceparent(text: str) -> str | None:
    """The header's value where it is one by the W3C's rules (Trace Context, level 1), else None.

    A version after 00 may have more fields, which are left out; version ff and ids of zeros alone are invalid.
    """
    found = _TRACEPARENT.fullmatch(text)
    if found is None or found[1] == "ff" or not found[2].strip("0") or not found[3].strip("0"):
        return None
    if found[1] == "00" and found[5]:
        return None
    return "-".join(found.groups()[:4])
