"""How long a server elsewhere is waited for, and how often it is asked again."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

_USED_UP: Final = re.compile(r";\s*r=0\s*;\s*t=(\d{1,9})")


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds, but for ``attempts``: how often something is tried in a row without getting any further.

    Between attempts ``first_wait`` passes, then twice that, and so on; what the server asks for goes before, up to
    ``longest_wait``. ``silence`` is how long it may say nothing.
    """

    attempts: int = 6
    first_wait: float = 0.5
    longest_wait: float = 120.0
    silence: float = 30.0

    def pause(self, failures: int) -> float:
        """Seconds to wait after so many failures in a row, at least one."""
        return min(self.longest_wait, self.first_wait * 2.0 ** (failures - 1))


def asked_wait(headers: Mapping[str, str]) -> float | None:
    """The seconds that an answer asks to wait; None where it asks for nothing.

    ``Retry-After`` says it, as a number or as a date, or a ``RateLimit`` of which nothing remains: ``"api";r=0;t=55``.
    """
    value = headers.get("Retry-After", "").strip()
    if not value and (limit := _USED_UP.search(headers.get("RateLimit", ""))):
        return float(limit[1])
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, math.ceil((until - datetime.now(UTC)).total_seconds()))


def wait(seconds: float) -> None:
    """Let the time pass; an interrupt ends it."""
    time.sleep(seconds)
