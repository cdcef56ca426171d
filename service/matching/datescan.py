"""A text's tokens laid out for the reading of dates: what stands at a place, and what it may mean there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from service.matching.calendars import GREGORIAN, HIJRI, JALALI, in_calendar
from service.matching.datewords import Lexicon, find
from service.matching.tokens import Token

ORDINAL_ENDINGS: Final = frozenset(
    {"st", "nd", "rd", "th", "er", "ere", "eme", "e", "o", "a", "na", "ª", "º", "ام", "م"}
)
NO_ORDINAL_DOT: Final = frozenset({"en", "und", "fr", "es", "pt", "it", "nl", "fa", "ar"})
EVERY: Final = frozenset({"هر", "per", "each", "every", "کل", "cada", "chaque", "pro", "سالی"})
MONEY: Final = frozenset("$€£¥₹₽₺﷼#№")
_SIGNS: Final = MONEY | {"%"}
DASHES: Final = frozenset({"-", "~"})


class Scan:
    """A text's tokens with the words of its language; ``words`` ends in blanks so that looking ahead is safe."""

    __slots__ = ("anchor", "glued", "language", "lexicon", "size", "tokens", "words")

    def __init__(self, tokens: Sequence[Token], language: str, lexicon: Lexicon, anchor: date | None) -> None:
        self.tokens = tokens
        self.words = [token[0] for token in tokens]
        self.size = len(self.words)
        self.words += ("", "", "", "", "", "", "", "")
        self.language = language
        self.lexicon = lexicon
        self.anchor = anchor
        self.glued: dict[int, str] = {}

    def number(self, index: int) -> int | None:
        """The whole number at ``index``, of at most four digits."""
        word = self.words[index] if index >= 0 else ""
        return int(word) if len(word) <= 4 and word.isdecimal() and word.isascii() else None

    def count(self, index: int) -> int | None:
        """A number in digits or as one word at ``index``."""
        if index < 0:
            return None
        value = self.number(index)
        if value is not None:
            return value
        word = self.words[index]
        if self.lexicon.arabic and word.startswith("ال") and word[2:] in self.lexicon.cardinals:
            word = word[2:]
        for tail, found in self.lexicon.cardinals.get(word, ()):
            if not tail:
                return found
        return None

    def ordinal(self, index: int) -> tuple[int, int] | None:
        """An ordinal that begins at ``index``, and the index after it."""
        value = self.number(index)
        if value is not None:
            end = index + 1
            if self.words[end] in ORDINAL_ENDINGS and self.touches(end):
                return value, end + 1
            if self.words[end] == "." and self.touches(end) and self.language not in NO_ORDINAL_DOT:
                return value, end + 1
            if self.words[end] == "-" and self.touches(end) and self.touches(end + 1) and len(self.words[end + 1]) <= 2:
                return (value, end + 2) if not self.words[end + 1].isdecimal() else None
            return None
        return find(self.lexicon.ordinals, self.words, index)

    def ordinal_before(self, index: int) -> tuple[int, int] | None:
        """An ordinal that ends at ``index``, and the index of its first word."""
        words, ordinals = self.words, self.lexicon.ordinals
        for first in range(max(0, index - 2), index + 1):
            word = words[first]
            if word in ordinals or word[:1].isdecimal():
                found = self.ordinal(first)
                if found is not None and found[1] == index + 1:
                    return found[0], first
        return None

    def touches(self, index: int) -> bool:
        """Whether there is no white space before the token at ``index``."""
        return 0 < index < self.size and self.tokens[index - 1].end == self.tokens[index].start

    def capital(self, index: int) -> bool:
        """Whether the token at ``index`` begins with a capital letter."""
        return 0 <= index < self.size and self.tokens[index].original[:1].isupper()

    def counted(self, index: int) -> bool:
        """Whether the word at ``index`` makes the number before it a count ("2000 people", "39 %")."""
        if index >= self.size:
            return False
        word = self.words[index]
        return word in self.lexicon.counted or word in _SIGNS

    def skip_fill(self, index: int, most: int = 2) -> int:
        """The index after "of", "the", a comma and the like."""
        end = index + most
        words, fill = self.words, self.lexicon.fill
        while index < end and (words[index] in fill or words[index] == ","):
            index += 1
        return index

    def year_at(self, index: int, system: str | None = None) -> tuple[str, int, int] | None:
        """A year that the words before call for: its calendar, its number and the index after it."""
        word = self.words[index]
        if index < self.size and word == "'" and self.touches(index + 1):
            value = self.number(index + 1)
            if value is not None and len(self.words[index + 1]) == 2:
                return GREGORIAN, value + (2000 if value < 40 else 1900), index + 2
        value = self.number(index)
        if value is None:
            return None
        end = index + 1
        # «دی ۱۳۹۸ کشته شدند»: after a month, a participle with its auxiliary is the verb, and counts nobody.
        verb = system is not None and self.lexicon.persian and self.words[end + 1][:2] == "شد"
        if (self.counted(end) and not verb) or (self.words[end] in (".", ",", "/") and self.number(end + 1) is not None
                                 and self.touches(end) and self.touches(end + 1)):  # fmt: skip
            return None
        era = find(self.lexicon.era, self.words, end)
        if era is not None and (era[0] == JALALI and not 1000 <= value <= 1500):
            era = None
        if era is not None and (system is None or system == era[0]):
            named, after = era
            if named == JALALI and not self.lexicon.persian:
                named = HIJRI
            return (named, value, after) if value > 30 else None
        if system == JALALI and len(word) == 2 and (value >= 40 or word[0] == "0"):
            return JALALI, value + (1300 if value >= 40 else 1400), end
        if len(word) != 4:
            return None
        guessed = system or self.calendar(index, value)
        low, high = (1000, 2200) if guessed == GREGORIAN else (1100, 1500)
        return (guessed, value, end) if low <= value <= high else None

    def calendar(self, index: int, value: int) -> str:
        """The calendar to which a year most likely belongs."""
        if 1200 <= value <= 1500:
            if self.lexicon.persian or any("\u06f0" <= char <= "\u06f9" for char in self.tokens[index].original):
                return JALALI
            if self.lexicon.arabic and value >= 1300:
                return HIJRI
        return GREGORIAN

    def relative_year(self, index: int) -> tuple[int, int] | None:
        """ "last year" at ``index``: how many years from now, and the index after it."""
        found = find(self.lexicon.relative, self.words, index)
        if found is not None:
            return (found[0][1], found[1]) if found[0][0] == "year" else None
        side = find(self.lexicon.sides, self.words, index)
        if side is not None and (unit := find(self.lexicon.units, self.words, side[1])) and unit[0] == "year":
            return side[0], unit[1]
        unit = find(self.lexicon.units, self.words, index)
        if unit is not None and unit[0] == "year" and (side := find(self.lexicon.sides, self.words, unit[1])):
            return side[0], side[1]
        return None

    def this_year(self, system: str) -> int | None:
        """The anchor's year in ``system``."""
        return None if self.anchor is None else in_calendar(system, self.anchor)[0]

    def home_calendar(self) -> str:
        """The calendar in which "this year" is counted."""
        return JALALI if self.language in ("fa", "prs") else GREGORIAN
