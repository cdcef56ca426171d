"""Finding longer and relative periods: quarters, seasons, decades, centuries, "last year", "three days ago"."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from service.matching.calendars import GREGORIAN, JALALI, in_calendar, last_day
from service.matching.datedraft import Draft, Precision
from service.matching.datescan import EVERY
from service.matching.dateshapes import ShapeScan
from service.matching.datewords import ROMAN, find

LENGTHS: Final = {"year": 1, "decade": 10, "century": 100}
_PERIODS: Final[dict[str, Precision]] = {
    "day": "day",
    "month": "month",
    "quarter": "quarter",
    "year": "year",
    "decade": "decade",
    "century": "century",
}
DAYS: Final = {"day": 1, "week": 7}


class PeriodScan(ShapeScan):
    """``ShapeScan`` with the shapes whose length is a unit of time."""

    __slots__ = ()

    def unit(self, index: int) -> Draft | None:
        """Whatever a unit of time at ``index`` stands for, with the words around it."""
        return self.ago(index) or self._unit(index)

    def _unit(self, index: int) -> Draft | None:
        found = find(self.lexicon.units, self.words, index)
        if found is None:
            return None
        unit, end = found
        if unit == "century":
            draft = self._century(index, end)
        elif unit == "decade":
            draft = self._decade_number(index, end)
        elif unit in ("quarter", "half"):
            draft = self._part(index, end, unit)
        elif unit == "year":
            draft = self._numbered_year(index, end)
        else:
            draft = None
        return draft or self._sided(index, end, unit)

    def ago(self, index: int) -> Draft | None:
        """ "three days ago": ``index`` is where what follows the number begins."""
        number = self.count(index - 1)
        if number is None:
            return None
        for tail, meanings in self.lexicon.ago.get(self.words[index], ()):
            end = index + 1 + len(tail)
            if tail and tuple(self.words[index + 1 : end]) != tail:
                continue
            for before, unit in meanings:
                first = index - 1 - len(before)
                if first >= 0 and (not before or tuple(self.words[first : index - 1]) == before):
                    return self.shifted(first, end - 1, unit, -number)
        return None

    def relative(self, index: int) -> Draft | None:
        """ "yesterday", «پارسال», "أمس"."""
        found = find(self.lexicon.relative, self.words, index)
        if found is None:
            return None
        (unit, shift), end = found
        if unit == "year" and len(self.words[end]) == 4 and self.number(end) is not None:
            return None  # «منذ عام 2011» is "since 2011", «منذ عام» "a year ago"
        return self.shifted(index, end - 1, unit, shift)

    def shifted(self, first: int, last: int, unit: str, shift: int) -> Draft:
        """The period that lies ``shift`` units from the anchor; without an anchor it stays open."""
        draft = Draft(first, last, _PERIODS.get(unit, "range"))
        draft.relative = True
        if self.anchor is None:
            return draft
        system = draft.system = self.home_calendar() if unit in ("month", "quarter", "year") else GREGORIAN
        year, month, _ = in_calendar(system, self.anchor)
        try:
            if unit == "day":
                day = self.anchor + timedelta(days=shift)
                draft.year, draft.month, draft.day = day.year, day.month, day.day
            elif unit == "week":
                opening = (self.anchor.weekday() + (2 if self.home_calendar() == JALALI else 0)) % 7
                draft.earliest = self.anchor + timedelta(days=7 * shift - opening)
                draft.latest = draft.earliest + timedelta(days=6)
            elif unit == "month":
                draft.year, draft.month = year + (month - 1 + shift) // 12, (month - 1 + shift) % 12 + 1
            elif unit == "quarter":
                quarter = (month - 1) // 3 + shift
                draft.year, draft.month = year + quarter // 4, quarter % 4 * 3 + 1
            elif unit in LENGTHS:
                length = LENGTHS[unit]
                draft.year = (year // length + shift) * length + (1 if unit == "century" else 0)
        except OverflowError:
            return draft
        return draft.settle()

    def _sided(self, index: int, end: int, unit: str) -> Draft | None:
        if unit == "half":
            return None
        side = find(self.lexicon.sides, self.words, end)
        number = self.count(index - 1)
        if side is not None:
            if number is not None and 0 < number <= 1000 and side[0]:
                return self._stretch(index - 1, side[1] - 1, unit, number, side[0])
            return self.shifted(index, side[1] - 1, unit, side[0])
        inner = self.count(end)
        if inner is not None and self.lexicon.arabic and (side := find(self.lexicon.sides, self.words, end + 1)):
            return self._stretch(index, side[1] - 1, unit, inner, side[0]) if side[0] else None
        place = index - 1 if number is None else index - 2
        for first in (place, place - 1):
            side = find(self.lexicon.sides, self.words, first) if first >= 0 else None
            if side is not None and side[1] == place + 1:
                if number is not None:
                    return self._stretch(first, end - 1, unit, number, side[0]) if side[0] and number <= 1000 else None
                return self._alone(first, end, unit, side[0])
        return None

    def _alone(self, first: int, end: int, unit: str, side: int) -> Draft | None:
        if unit == "day" and side and self.language in ("en", "und"):
            return None  # "the next day" follows another day of the story, not the day of writing
        return self.shifted(first, end - 1, unit, side)

    def _stretch(self, first: int, last: int, unit: str, number: int, side: int) -> Draft | None:
        """ "the past ten years": from then to the anchor."""
        draft = Draft(first, last, "range")
        draft.relative = True
        if self.anchor is None:
            return draft
        other = self._moved(unit, number * side)
        if other is None:
            return draft
        draft.earliest, draft.latest = min(other, self.anchor), max(other, self.anchor)
        return draft

    def _moved(self, unit: str, shift: int) -> date | None:
        if self.anchor is None:
            return None
        try:
            if unit in DAYS:
                return self.anchor + timedelta(days=shift * DAYS[unit])
            months = shift * {"month": 1, "quarter": 3}.get(unit, 12 * LENGTHS.get(unit, 1))
            year, month = divmod(self.anchor.year * 12 + self.anchor.month - 1 + months, 12)
            closing = last_day(GREGORIAN, year, month + 1)
            return None if closing is None else closing.replace(day=min(self.anchor.day, closing.day))
        except OverflowError:
            return None

    def _numbered_year(self, index: int, end: int) -> Draft | None:
        if index and self.words[index - 1] in EVERY:
            return None
        draft = self.year(end, certain=True)
        if draft is not None:
            draft.first = index
        return draft

    def _decade_number(self, index: int, end: int) -> Draft | None:
        place = self.skip_fill(end)
        tens = find(self.lexicon.tens, self.words, place)
        value = self.number(place) if tens is None else tens[0]
        if value is None:
            named = self.decade(place)
            if named is not None:
                named.first = index
            return named
        if value % 10 or not (value < 100 or 1000 <= value <= 2100):
            return None
        after = place + 1
        era = find(self.lexicon.era, self.words, after)
        system = era[0] if era is not None else self.calendar(place, value) if value > 100 else GREGORIAN
        if value < 100 and era is None and self.lexicon.persian:
            system = JALALI
        if value < 100:
            value += 1300 if system == JALALI else (1900 if value >= 20 else 2000)
        return Draft(index, (after if era is None else era[1]) - 1, "decade", system, value).settle()

    def _century(self, index: int, end: int) -> Draft | None:
        before = self.ordinal_before(index - 1) if index else None
        first, last = index, end - 1
        if before is None and index and self.words[index - 1] in ("e", "eme") and self.words[index - 2] in ROMAN:
            before = ROMAN[self.words[index - 2]], index - 2
        if before is None and index and self.words[index - 1] in ROMAN:
            before = ROMAN[self.words[index - 1]], index - 1
        if before is None and index and self.words[index - 1][-1:] == "e" and self.words[index - 1][:-1] in ROMAN:
            before = ROMAN[self.words[index - 1][:-1]], index - 1
        if before is not None:
            number, first = before
        else:
            after = self.ordinal(end)
            value = self.number(end)
            if after is not None:
                number, last = after[0], after[1] - 1
            elif self.words[end] in ROMAN:
                number, last = ROMAN[self.words[end]], end
            elif value is not None and value <= 21:
                number, last = value, end
            else:
                return None
        if not 1 <= number <= 22:
            return None
        return Draft(first, last, "century", GREGORIAN, (number - 1) * 100 + 1).settle()

    def _part(self, index: int, end: int, unit: str) -> Draft | None:
        """ "third quarter of 2024", «نیمه اول ۱۴۰۳»."""
        before = self.ordinal_before(index - 1) if index else None
        after = self.ordinal(end) if before is None else None
        if before is not None:
            (number, first), last = before, end - 1
        elif after is not None:
            number, first, last = after[0], index, after[1] - 1
        else:
            return None
        if not 1 <= number <= (4 if unit == "quarter" else 2):
            return None
        part: Precision = "quarter" if unit == "quarter" else "half"
        months = 3 if unit == "quarter" else 6
        draft = Draft(first, last, part, self.home_calendar(), None, (number - 1) * months + 1)
        return draft if self._dated(draft) else None

    def named_quarter(self, index: int) -> Draft | None:
        """ "Q3", "Q3 2024", "2024 Q3"."""
        found = find(self.lexicon.quarters, self.words, index)
        if found is None:
            return None
        number, end = found
        if len(self.words[index]) == 2 and not self.capital(index) and not self.lexicon.arabic:
            return None
        draft = Draft(index, end - 1, "quarter", GREGORIAN, None, number * 3 - 2)
        if not self._dated(draft) and self.words[index][0] == "t":
            return None
        return draft

    def season(self, index: int) -> Draft | None:
        """ "summer 2024", "last winter", «تابستان ۱۴۰۳»; a season without a year is not a date."""
        found = find(self.lexicon.seasons, self.words, index)
        if found is None:
            return None
        number, end = found
        jalali = self.home_calendar() == JALALI
        draft = Draft(index, end - 1, "season", JALALI if jalali else GREGORIAN, None, 0)
        draft.month = number * 3 - 2 if jalali else number * 3
        if self._dated(draft):
            if jalali and draft.system == GREGORIAN:
                draft.month, draft.earliest, draft.latest = number * 3, None, None
                draft.settle()
            return draft
        side = find(self.lexicon.sides, self.words, end)
        if side is not None:
            draft.last = side[1] - 1
        else:
            side = find(self.lexicon.sides, self.words, index - 1) if index else None
            if side is None or side[1] != index:
                return None
            draft.first -= 1
        draft.relative = True
        if self.anchor is not None:
            year, month, _ = in_calendar(draft.system, self.anchor)
            opening = draft.month % 12
            if side[0] < 0 and opening + 2 >= month:
                year -= 1
            elif side[0] > 0 and opening <= month:
                year += 1
            draft.year = year
        return draft.settle()

    def _dated(self, draft: Draft) -> bool:
        """Give a part of a year its year, from the words after or before it."""
        place = self.skip_fill(draft.last + 1)
        year = self.year_at(place)
        if year is None and (unit := find(self.lexicon.units, self.words, place)) and unit[0] == "year":
            year = self.year_at(unit[1])
        if year is not None:
            after = year[2] + (self.words[year[2]] in self.lexicon.year_after)
            draft.system, draft.year, draft.last = year[0], year[1], after - 1
        elif shift := self.relative_year(place):
            draft.relative, draft.last = True, shift[1] - 1
            home = self.this_year(draft.system)
            draft.year = None if home is None else home + shift[0]
        else:
            value = self.number(draft.first - 1)
            if value is None or len(self.words[draft.first - 1]) != 4 or not 1300 <= value <= 2100:
                return False
            draft.system, draft.year = self.calendar(draft.first - 1, value), value
            draft.first -= 1
        draft.settle()
        return True
