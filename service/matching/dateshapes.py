"""Dates of one shape each: months, numeric dates, years, decades.

A method tries its shape at one place and answers a ``Draft`` or None.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from service.matching.calendars import GREGORIAN, HIJRI, JALALI, day_of, first_day, in_calendar, last_day
from service.matching.datedraft import Draft
from service.matching.datescan import DASHES, MONEY, NO_ORDINAL_DOT, ORDINAL_ENDINGS, Scan
from service.matching.datewords import MonthName, find
from service.matching.tokens import WORD

MONTH_FIRST: Final = frozenset({"en", "und", "hu", "zh", "ja", "ko"})
ADJECTIVE_FIRST: Final = frozenset({"en", "und", "de", "nl", "sv", "da", "no", "tr", "hu", "fi", "zh", "ja", "ko"})
BEFORE_PLAIN: Final = frozenset(
    {"in", "since", "by", "until", "till", "last", "this", "next", "during", "late", "early"}
)
NO_YEAR_AFTER: Final = frozenset({"is", "was", "are", "were", "=", "+", "-", "/", ":", "*", "شد", "است", "بود"})
ARTICLES: Final = frozenset({"the", "his", "her", "its", "their", "our", "this", "der", "die", "das", "het", "a"})
CLOSING: Final = frozenset(".,;:!?)]}»\"'…(«[{|-/&*")
_DECADE_JOINTS: Final = DASHES | {"'"}
DECADE_ENDINGS: Final = frozenset({"s", "е", "х", "ih", "lar", "larda", "ler", "luk", "talet", "tallet", "erne", "es"})


class ShapeScan(Scan):
    """``Scan`` with the shapes that are written out: "5 January 2020", "2020-01-05", "1990s"."""

    __slots__ = ()

    def month(self, index: int) -> Draft | None:
        """A month with the day and year around it."""
        found = find(self.lexicon.months, self.words, index)
        if found is None:
            return None
        name, end = found
        twin = find(self.lexicon.months, self.words, end + 1) if self.words[end] in ("/", "(") else None
        if twin is not None and twin[0].month == name.month and twin[0].system == name.system:
            end = twin[1] + (self.words[twin[1]] == ")")  # both Arabic names: «تشرين الأول/أكتوبر»
        first, day, low = self._day_before(index)
        after = end + 1 if self.words[end] == "." and self.touches(end) and self.number(end + 1) is not None else end
        if day is None and self.language in MONTH_FIRST and name.system == GREGORIAN:
            day, low, after = self._day_after(after)
        year = self.year_at(self.skip_fill(after), name.system)
        draft = Draft(first, after - 1, "month" if day is None else "day", name.system, None, name.month, day)
        if year is not None:
            draft.year, draft.last = year[1], year[2] - 1
            if self.words[year[2]] in self.lexicon.year_after:
                draft.last += 1
        elif self._foreign_year(after, name, draft):
            pass
        elif self._year_before(first, name, draft) is None and (shift := self.relative_year(self.skip_fill(after, 1))):
            self._relative_to(draft, shift[0], shift[1] - 1)
        bare = day is None and draft.year is None and not draft.relative
        led = self.capital(index) and index > 0 and self._leads_month(self.words[index - 1])
        if bare and not self._side_of_month(draft, name) and name.plain and not led:
            return None
        latin = name.system == GREGORIAN and not self.lexicon.arabic and self.language in MONTH_FIRST
        if name.plain and latin and draft.year is None and not self.capital(index):
            return None
        draft.settle()
        if low > 0 and day is not None and draft.earliest is not None and low < day:
            draft.earliest = day_of(name.system, draft.year or 0, name.month, low)
            draft.precision, draft.day = "range", None
            if draft.first and self.words[draft.first - 1] in self.lexicon.between:
                draft.first -= 1
        return draft

    def _leads_month(self, word: str) -> bool:
        return word in BEFORE_PLAIN or word in self.lexicon.between

    def _day_before(self, index: int) -> tuple[int, int | None, int]:
        place = index - 1
        while place >= 0 and index - place <= 3 and (
            self.words[place] in self.lexicon.fill
            or self.words[place] in ORDINAL_ENDINGS
            or (self.words[place] == "." and self.language not in NO_ORDINAL_DOT)
        ):  # fmt: skip
            place -= 1
        value = self.number(place)
        if value is None or not 1 <= value <= 31 or len(self.words[place]) > 2:
            worded = self.ordinal_before(place) if place >= 0 else None
            if worded is None or not 1 <= worded[0] <= 31 or self.number(worded[1]) is not None:
                return index, None, 0
            return worded[1], worded[0], 0
        low = self.number(place - 2) if place >= 2 else None
        joint = self.words[place - 1] if place else ""
        if low is not None and 1 <= low < value and (joint in DASHES or joint in self.lexicon.connectors):
            return place - 2, value, low
        return place, value, 0

    def _day_after(self, index: int) -> tuple[int | None, int, int]:
        value = self.number(index)
        if value is None or not 1 <= value <= 31 or len(self.words[index]) > 2 or self.counted(index + 1):
            return None, 0, index
        end = index + 1
        if self.words[end] in ORDINAL_ENDINGS and self.touches(end):
            end += 1
        high = self.number(end + 1) if self.words[end] in DASHES or self.words[end] in self.lexicon.connectors else None
        if high is not None and value < high <= 31 and len(self.words[end + 1]) <= 2 and not self.counted(end + 2):
            return high, value, end + 2
        return value, 0, end

    def _year_before(self, first: int, name: MonthName, draft: Draft) -> int | None:
        place = first - 1
        if place >= 0 and self.words[place] == "." and self.language == "hu":
            place -= 1
        value = self.number(place)
        if value is None or len(self.words[place]) != 4 or (name.plain and self.language in ("en", "und")):
            return None
        if self.calendar(place, value) != name.system or (name.system == GREGORIAN and not 1500 <= value <= 2200):
            return None
        draft.year, draft.first = value, place
        return value

    def _foreign_year(self, index: int, name: MonthName, draft: Draft) -> bool:
        """ "Ramadan 2024": the year of the month's calendar in which the month begins in that Gregorian year."""
        found = self.year_at(self.skip_fill(index), GREGORIAN) if name.system != GREGORIAN else None
        if found is None or not 1900 <= found[1] <= 2100:
            return False
        start = in_calendar(name.system, date(found[1], 1, 1))[0]
        for year in (start, start + 1):
            first = first_day(name.system, year, name.month)
            if first is not None and first.year == found[1]:
                draft.year, draft.last = year, found[2] - 1
                return True
        return False

    def _relative_to(self, draft: Draft, shift: int, last: int) -> None:
        year = self.this_year(draft.system)
        draft.relative, draft.last = True, last
        draft.year = None if year is None else year + shift

    def _side_of_month(self, draft: Draft, name: MonthName) -> bool:
        """ "last March", "يناير الماضي": the year follows from the anchor."""
        side = find(self.lexicon.sides, self.words, draft.last + 1)
        if side is not None and (find(self.lexicon.units, self.words, side[1]) is None):
            draft.last = side[1] - 1
        else:
            side = None
            if draft.first > 0 and not self.lexicon.arabic:
                side = find(self.lexicon.sides, self.words, draft.first - 1)
            if side is None or side[1] != draft.first:
                return False
            draft.first -= 1
        draft.relative = True
        if self.anchor is not None:
            year, month, _ = in_calendar(name.system, self.anchor)
            if side[0] < 0 and name.month >= month:
                year -= 1
            elif side[0] > 0 and name.month <= month:
                year += 1
            draft.year = year
        return True

    def numeric(self, index: int) -> Draft | None:
        """2025-12-31, 31/12/2025, ۱۴۰۴/۱۰/۱۰, 31.12.2025, 2025年12月31日."""
        word = self.words[index]
        if word.count(".") == 2:
            parts = word.split(".")
            last = index
        elif self.words[index + 1] in ("-", "/", ".") and self.words[index + 1] == self.words[index + 3] and all(
            map(self.touches, range(index + 1, index + 5))
        ):  # fmt: skip
            parts = [word, self.words[index + 2], self.words[index + 4]]
            last = index + 4
        elif self.words[index + 1] in self.lexicon.year_after and self.words[index + 3] in self.lexicon.month_after:
            return self._cjk(index)
        else:
            return None
        if not all(part.isdecimal() and part.isascii() for part in parts):
            return None
        if self.words[last + 1] == "t" and self.touches(last + 1) and self.number(last + 2) is not None:
            last += 1
        return self._numeric_parts(parts, index, last)

    def _numeric_parts(self, parts: list[str], first: int, last: int) -> Draft | None:
        one, two, three = (int(part[:5]) for part in parts)
        lengths = tuple(map(len, parts))
        if lengths[0] == 4 and lengths[1] <= 2 and lengths[2] <= 2:
            return self._checked(first, last, one, two, three)
        if lengths[2] != 4 or lengths[0] > 2 or lengths[1] > 2:
            return None
        if self.language not in ("en", "und") or parts[0] == parts[1] or one > 12:
            return self._checked(first, last, three, two, one) or self._checked(first, last, three, one, two)
        if two > 12:
            return self._checked(first, last, three, one, two)
        # British and American readers differ: both days, and all between, are possible.
        draft = Draft(first, last, "range", GREGORIAN, three)
        days = day_of(GREGORIAN, three, one, two), day_of(GREGORIAN, three, two, one)
        if days[0] is None or days[1] is None:
            return None
        draft.earliest, draft.latest = min(days[0], days[1]), max(days[0], days[1])
        return draft

    def _checked(self, first: int, last: int, year: int, month: int, day: int) -> Draft | None:
        if not (1 <= month <= 12 and 1 <= day <= 31 and year):
            return None
        draft = Draft(first, last, "day", self.calendar(first if year > 31 else last, year), year, month, day).settle()
        return draft if draft.earliest is not None else None

    def _cjk(self, index: int) -> Draft | None:
        year, month = self.number(index), self.number(index + 2)
        if year is None or month is None or not 1 <= month <= 12:
            return None
        day = self.number(index + 4) if self.words[index + 5] in self.lexicon.day_after else None
        if day is not None:
            return self._checked(index, index + 5, year, month, day)
        return Draft(index, index + 3, "month", GREGORIAN, year, month).settle()

    def year(self, index: int, *, certain: bool = False) -> Draft | None:
        """A year, a decade in digits or a range of years; ``certain``: the word "year" stands before it."""
        value = self.number(index)
        if value is None or (len(self.words[index]) != 4 and not certain):
            return None
        end = index + 1
        touching = self.touches(end)
        for tail in (end, end + 1):
            if "".join(self.words[end : tail + 1]) in self.lexicon.decade_after:
                return Draft(index, tail, "decade", GREGORIAN, value).settle()
        if touching and self.words[end] in self.lexicon.decade_suffix and value % 10 == 0:
            return Draft(index, end, "decade", GREGORIAN, value).settle()
        if touching and self.words[end] in _DECADE_JOINTS and self.touches(end + 1) and value % 10 == 0 and (
            self.words[end + 1] in self.lexicon.decade_suffix or self.words[end + 1] in DECADE_ENDINGS
        ):  # fmt: skip
            return Draft(index, end + 1, "decade", GREGORIAN, value).settle()
        return self._year_range(index, value) or self._single_year(index, value, certain)

    def _year_range(self, index: int, value: int) -> Draft | None:
        end = index + 1
        if len(self.words[index]) != 4 or self.words[end] not in ("-", "/"):
            return None
        other = self.number(end + 1)
        if other is None or self.counted(end + 2) or not 1000 <= value <= 2200:
            return None
        system = self.calendar(index, value)
        digits = len(self.words[end + 1])
        if digits == 2 and self.touches(end) and self.touches(end + 1):
            if other > value % 100:
                other += value // 100 * 100
            elif 1 <= other <= 12 and self.words[end] == "-":
                return Draft(index, end + 1, "month", system, value, other).settle()
        if self.lexicon.arabic and other < value <= other + 60:
            value, other = other, value  # typed from right to left
        if len(str(other)) != 4 or not value < other <= 2200:
            return None
        draft = Draft(index, end + 1, "range", system, value)
        draft.earliest, draft.latest = first_day(system, value), last_day(system, other)
        draft.year = None
        return draft

    def _single_year(self, index: int, value: int, certain: bool) -> Draft | None:
        found = self.year_at(index)
        if found is None and certain and len(self.words[index]) == 2 and self.lexicon.persian:
            found = self.year_at(index, JALALI)
        if found is None:
            return None
        system, year, end = found
        marked = certain or end > index + 1 or self.words[end] in self.lexicon.year_after
        if not marked and not self._fits(index, value, system):
            return None
        if self.words[end] in self.lexicon.year_after:
            end += 1
        return Draft(index, end - 1, "year", system, year).settle()

    def _fits(self, index: int, value: int, system: str) -> bool:
        """Whether the words around a bare number of four digits make it a year."""
        lexicon = self.lexicon
        if (system == GREGORIAN and not 1500 <= value <= 2099) or system == HIJRI:
            return False
        before = self.glued.get(index) or (self.words[index - 1] if index else "")
        if lexicon.arabic and before[:1] == "و" and (before[1:] in lexicon.strong or before[1:] in lexicon.weak):
            before = before[1:]
        after = self.words[index + 1]
        if before in MONEY or before in lexicon.not_before or (self.words[index + 1] == "-" and self._aged(index + 2)):
            return False
        if index + 1 < self.size and self.tokens[index + 1].kind == WORD and self.touches(index + 1):
            return False
        if before == "-" and index > 1 and self.touches(index) and self.words[index - 2] in lexicon.strong:
            return True
        content = bool(after) and after not in CLOSING and after not in lexicon.function
        if content and self.tokens[index + 1].kind != WORD:
            content = False
        exact = value % 50 == 0 or (system == GREGORIAN and not value >= 1900)
        if before in lexicon.strong:
            return not (exact and content and value >= 1900 and not self.capital(index + 1))
        if after in lexicon.dated or before in lexicon.dated:
            return True
        if before in lexicon.weak:
            if not content or self.capital(index + 1):
                return not exact or before not in ("to", "of", "at", "and", "به")
            return not exact and not (self.language in ("en", "und") and after.endswith("s") and before in ("of", "to"))
        if exact:
            return (before == "(" and after == ")") or (not content and index > 1 and self.capital(index - 1))
        if not content:
            return before not in NO_YEAR_AFTER
        if self.language in ADJECTIVE_FIRST:
            return self.capital(index + 1) or before in ARTICLES
        return index > 0 and self.tokens[index - 1].kind == WORD and before not in lexicon.function

    def _aged(self, index: int) -> bool:
        return find(self.lexicon.units, self.words, index) is not None

    def decade(self, index: int) -> Draft | None:
        """ "the 90s", "nineties", "años 90"."""
        named = find(self.lexicon.decades, self.words, index)
        if named is not None:
            value, end = named
            return Draft(index, end - 1, "decade", GREGORIAN, self._century_of(value)).settle()
        if self.words[index] in self.lexicon.decade_before:
            value2 = self.number(index + 1)
            if value2 is not None and value2 % 10 == 0 and len(self.words[index + 1]) in (2, 4):
                year = value2 if value2 > 1000 else self._century_of(value2)
                return Draft(index, index + 1, "decade", GREGORIAN, year).settle()
            return None
        value3 = self.number(index)
        if value3 is None or len(self.words[index]) != 2 or value3 % 10 or value3 < 10:
            return None
        if self.words[index + 1] in self.lexicon.decade_suffix and self.touches(index + 1):
            first = index - 1 if index and self.words[index - 1] == "'" and self.touches(index) else index
            return Draft(first, index + 1, "decade", GREGORIAN, self._century_of(value3)).settle()
        return None

    def _century_of(self, tens: int) -> int:
        return tens + (2000 if tens < 20 else 1900)
