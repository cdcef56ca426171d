"""A date while it is being read, before it becomes a ``DateMention``."""

from __future__ import annotations

from datetime import date
from typing import Final, Literal

from service.matching.calendars import GREGORIAN, day_of, first_day, last_day

Precision = Literal["day", "month", "quarter", "season", "half", "year", "decade", "century", "range"]
"""How much a text says of a date."""


class Draft:
    """A date being read. ``year``, ``month`` and ``day`` are those of ``system``; places are token indexes."""

    __slots__ = (
        "comparator", "day", "earliest", "first", "last", "latest", "month", "precision", "relative", "system", "year",
    )  # fmt: skip

    def __init__(
        self, first: int, last: int, precision: Precision, system: str = GREGORIAN, year: int | None = None,
        month: int | None = None, day: int | None = None,
    ) -> None:  # fmt: skip
        self.first = first
        self.last = last
        self.precision = precision
        self.system = system
        self.year = year
        self.month = month
        self.day = day
        self.earliest: date | None = None
        self.latest: date | None = None
        self.relative = False
        self.comparator = "="

    def settle(self) -> Draft:
        """Work out ``earliest`` and ``latest`` from what is known of the date."""
        year, month, system = self.year, self.month, self.system
        if year is None or self.earliest is not None or self.latest is not None:
            return self
        if self.precision == "day" and month is not None and self.day is not None:
            self.earliest = self.latest = day_of(system, year, month, self.day)
        elif self.precision == "month" and month is not None:
            self.earliest, self.latest = first_day(system, year, month), last_day(system, year, month)
        elif self.precision == "quarter" and month is not None:
            self.earliest, self.latest = first_day(system, year, month), last_day(system, year, month + 2)
        elif self.precision == "half" and month is not None:
            self.earliest, self.latest = first_day(system, year, month), last_day(system, year, month + 5)
        elif self.precision == "season" and month is not None:
            self._settle_season(month, year)
        elif self.precision in _SPANS:
            self.earliest, self.latest = first_day(system, year), last_day(system, year + _SPANS[self.precision] - 1)
        if self.earliest is None or self.latest is None:
            self.earliest = self.latest = None
        return self

    def _settle_season(self, month: int, year: int) -> None:
        if self.system != GREGORIAN:
            self.earliest, self.latest = first_day(self.system, year, month), last_day(self.system, year, month + 2)
        elif month == 12:
            self.earliest, self.latest = first_day(GREGORIAN, year - 1, 12), last_day(GREGORIAN, year, 2)
        else:
            self.earliest, self.latest = first_day(GREGORIAN, year, month), last_day(GREGORIAN, year, month + 2)


_SPANS: Final = {"year": 1, "decade": 10, "century": 100}
