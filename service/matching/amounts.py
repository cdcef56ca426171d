"""A number with what belongs to it: unit, range, ratio, comparator, what is counted."""

from __future__ import annotations

from typing import Final

from service.matching.comparators import comparator_after, comparator_before
from service.matching.counting import AFTER_ONE
from service.matching.number_forms import (
    is_ordinal_ending,
    range_link,
)
from service.matching.numbers import Number, read_number
from service.matching.quantity_comparison import Quantity, Sign
from service.matching.quantity_guide import AND_HALF, BEFORE_UNIT, MILLIONS, WHOLE_PERSONS
from service.matching.quantity_tokens import TokenReader
from service.matching.ratios import out_of
from service.matching.tokens import NUMBER, SYMBOL, WORD
from service.matching.units import SINGLE_LETTERS, Unit, is_currency, unit_at, unit_before

_TERSE: Final = frozenset({"vi", "zh", "ja", "ko"})
"""Languages in which any single number word is as likely to be something else."""

_ARTICLE_ONES: Final = frozenset(
    {"fa", "fr", "es", "pt", "it", "de", "nl", "sv", "da", "nb", "no", "tr", "ro", "hu", "ca"}
)
"""Languages whose word for one is also their article."""

_LETTER_UNITS: Final = SINGLE_LETTERS | {"م", "м", "г"}

_COUNT_WORDS: Final = frozenset({"نفر", "تن", "kisi"})

_PRONOUN_ONES: Final = frozenset(
    {"no", "any", "every", "some", "each", "the", "this", "that", "which", "another", "day"}
)

_NUMERATORS: Final = frozenset(range(1, 10))

_HALVES: Final = frozenset({"half", "نیم", "نصف", "media", "medio", "demi", "demie", "meia", "mezzo", "halb"})

_BETWEEN: Final = frozenset(
    {"between", "بین", "entre", "zwischen", "tra", "fra", "между", "tussen", "mellan", "mellem"}
)

_OPENS_RANGE: Final = _BETWEEN | {"from", "از", "من", "de", "von", "da", "от"}


class AmountReader(TokenReader):
    """Completes a number that has been found."""

    __slots__ = ()

    def scaled(self, number: Number, last: int) -> Number:
        """A number written with a slash, with the magnitude words after it."""
        scale = self.guide.lexicon.words.get(self.words[last + 1])
        while scale is not None and scale[0] == 1 and number.value * scale[1] < 1e18:
            factor, last = scale[1], last + 1
            number = Number(number.value * factor, number.step * factor, last, number.scale * factor, False)
            scale = self.guide.lexicon.words.get(self.words[last + 1])
        return number._replace(last=last)

    def amount(self, number: Number, first: int, free: int) -> Quantity | None:
        """A number with what follows it: ordinal ending, fraction, ratio, range; else unit and what is counted."""
        guide = self.guide
        after = number.last + 1
        tens = number.spelled and number.value >= 20 and number.value % 10 == 0
        if not tens and self._ends(after) and not (self.words[first - 1] == "هر" and self.words[first - 2] == "از"):
            return self.finish(number, first, free, None, alone=True)
        number = self._and_half(number)
        after = number.last + 1
        following = self.words[after]
        if following == "." and self.touches(after) and self.words[number.last] in guide.lexicon.abbreviations:
            number = number._replace(last=after)
            after += 1
            following = self.words[after]
        if not number.spelled and is_ordinal_ending(self.tokens, after, self.language):
            whole = number._replace(last=after)
            return self.made(whole, first, after, "=", "ordinal", self.counted(after + 1)[0][:1])
        hyphen = following == "-" and self.touches(after) and self.touches(after + 1)
        next_word = self.words[after + 1] if hyphen else following
        position = after + 1 if hyphen else after
        tens = number.spelled and number.value >= 20 and number.value % 10 == 0
        if tens:
            units = after + 1 if following in guide.lexicon.links else position
            below_ten = guide.ordinals.get(self.words[units], 10)
            if below_ten < 10:
                whole = number._replace(value=number.value + below_ten)
                return self.made(whole, first, units, "=", "ordinal", self.counted(units + 1)[0][:1])
        below = guide.denominators.get(next_word)
        if below and number.value in _NUMERATORS and number.value <= below:
            several = (number.value > 1 and self.language != "fa") or number.spelled
            if next_word == "quarters" or (several and unit_at(self.tokens, position, self.language) is None):
                part = Number(number.value / below, 1e-9, position, 1.0, False)
                return self.finish(part, first, free, "ratio")
        ratio = self._ratio(number, first, free)
        if ratio is not None:
            return ratio
        return self.finish(number, first, free, None)

    def _ends(self, after: int) -> bool:
        """Whether the token behind a number is certainly no part of its quantity."""
        return after >= len(self.tokens) or self.tokens[after].text not in self.guide.continues

    def _and_half(self, number: Number) -> Number:
        """The number with "and a half" and the magnitude after it: "two and a half million", "مليون ونصف"."""
        after = number.last + 1
        if self.words[after] in AND_HALF:
            half = after
        elif self.words[after] in self.guide.lexicon.links:
            half = after + 1 + (self.words[after + 1] == "a")
            if self.words[half] not in _HALVES:
                return number
        else:
            return number
        scale = self.guide.lexicon.words.get(self.words[half + 1])
        if number.scale > 1:
            repeated = scale is not None and scale == (1, number.scale)
            value, step = number.value + number.scale / 2, number.scale / 10
            return Number(value, step, half + repeated, number.scale, False)
        if scale is not None and scale[0] == 1 and scale[1] >= 12:
            return Number((number.value + 0.5) * scale[1], scale[1] / 10, half + 1, scale[1], False)
        return Number(number.value + 0.5, 0.1, half, 1.0, False)

    def _ratio(self, number: Number, first: int, free: int) -> Quantity | None:
        """ "One in five", "3 out of 10", «یک از پنج»."""
        after = number.last + 1
        if self.words[first - 1] == "هر" and self.words[first - 2] == "از" and first - 2 >= free:
            return self._of_every(number, first)
        if self.words[after] in WHOLE_PERSONS:
            after += 1
        start = out_of(self.tokens, after, self.language)
        if start is None or start in self.taken or start >= len(self.tokens):
            return None
        whole = read_number(self.tokens, start, self.guide.lexicon, self.language)
        if whole is None or whole.last in self.taken or not 1 <= number.value < whole.value <= 1e6:
            return None
        if whole.value >= 1900 or number.scale > 1:
            return None
        unit = unit_at(self.tokens, whole.last + 1, self.language)
        if unit is not None and len(self.words[whole.last + 1]) > 1:
            return None
        return self.finish(Number(number.value / whole.value, 1e-9, whole.last, 1.0, False), first, free, "ratio")

    def _of_every(self, whole: Number, first: int) -> Quantity | None:
        """«از هر پنج نفر یک نفر»: the whole stands first."""
        for start in (whole.last + 1, whole.last + 2):
            if not self.words[start]:
                return None
            part = read_number(self.tokens, start, self.guide.lexicon, self.language)
            if part is not None and 1 <= part.value < whole.value:
                ratio = Number(part.value / whole.value, 1e-9, part.last, 1.0, False)
                return self.finish(ratio, first - 2, first - 2, "ratio")
        return None

    def _unit_after(self, number: Number, money: Unit | None) -> tuple[Number, Unit | None, int]:
        """The number (a grown-on "m" or "bn" applied), its unit, and the last token of both."""
        last = number.last
        after = last + 1
        text = self.words[after]
        if text in MILLIONS and number.scale == 1 and not number.spelled and self.tokens[after].kind == WORD:
            word_follows = after + 1 < len(self.tokens) and self.tokens[after + 1].kind == WORD
            counted = self.touches(after) and word_follows and self.counted(after + 1)[1]
            if money is not None or counted or (text == "b" and self.touches(after)):
                scale = MILLIONS[text]
                number = Number(number.value * scale, number.step * scale, after, scale, False)
                last, after = after, after + 1
                text = self.words[after]
        if (
            text == "-"
            and self.touches(after)
            and self.touches(after + 1)
            and not unit_at(self.tokens, after, self.language)
        ):
            found = unit_at(self.tokens, after + 1, self.language)
            return (number, found[0], found[1]) if found and len(self.words[after + 1]) > 1 else (number, None, last)
        if not text:
            return number, None, last
        if text in BEFORE_UNIT and number.scale >= 1000:
            after += 1
            text = self.words[after]
            if len(text) < 2:
                return number, None, last
        found = unit_at(self.tokens, after, self.language)
        if found is None or not self.taken.isdisjoint(range(after, found[1] + 1)):
            return number, None, last
        unit, end = found
        alone = end == after and len(text) == 1 and self.tokens[after].kind == WORD and ord(text) < 0x3000
        if alone and (not self.touches(after) or text not in _LETTER_UNITS):
            return number, None, last
        if is_currency(unit) and text == "$" and not self.touches(after):
            return number, None, last
        if text == "تن" and (self.words[end + 1] in self.guide.counting.persons or self.words[end + 1] in ("از", "در")):
            return number, None, last
        if unit.measure == "GBP" and text.startswith("pound") and self.words[end + 1] == "of":
            unit = Unit("kilogram", 0.45359237, 0.0, "pound_mass")
        return number, unit, end

    def _range(self, number: Number, last: int, between: bool, money: Unit | None) -> Number | None:
        """The far end of a range whose near end ended at token ``last``."""
        start = range_link(self.tokens, last + 1, self.language, between=between)
        if start is None or start in self.taken or start >= len(self.tokens):
            return None
        prefix = unit_at(self.tokens, start, self.language)
        if prefix is not None and is_currency(prefix[0]) and self.tokens[start].kind == SYMBOL:
            start = prefix[1] + 1
        if start >= len(self.tokens) or start in self.taken:
            return None
        token = self.tokens[start]
        if token.kind != NUMBER and token.text not in self.guide.lexicon.words:
            return None
        far = read_number(self.tokens, start, self.guide.lexicon, self.language)
        if far is None or far.last in self.taken:
            return None
        value, scale = far.value, far.scale
        if scale == 1:
            grown, _, _ = self._unit_after(far, money)
            value, scale = grown.value, grown.scale
        near = number.value * scale if number.scale == 1 and number.value < value / scale else number.value
        return far if near < value else None

    def finish(
        self, number: Number, first: int, free: int, unit_name: str | None, *, alone: bool = False
    ) -> Quantity | None:
        """Range, unit, comparator and counted words around a number that has been read.

        ``alone``: neither a unit, nor the end of a range, nor a comparator follows it.
        """
        start, last = first, number.last
        prefix = unit_before(self.tokens, first, self.language) if unit_name is None else None
        money: Unit | None = None
        if prefix is not None and prefix[1] >= free:
            money, start = prefix
        if start > free and number.spelled and number.value != 1 and self.words[start - 1] == "a":
            start -= 1
        negative = (
            start == first and first > free and self.words[first - 1] == "-" and self.touches(first)
            and not self.touches(first - 1) and not number.spelled
        )  # fmt: skip
        if negative:
            start -= 1
            number = number._replace(value=-number.value)
        upper: float | None = None
        unit: Unit | None = money
        if unit_name is None and not alone:
            number, after, last = self._unit_after(number, money)
            unit = money or after
            between = start > free and self.words[start - 1] in _BETWEEN
            far = None if negative and not between else self._range(number, last, between, money)
            if far is not None:
                far, far_unit, far_last = self._unit_after(far, money)
                if number.scale == 1 and far.scale > 1 and number.value < far.value / far.scale:
                    number = Number(number.value * far.scale, number.step * far.scale, number.last, far.scale, False)
                if number.value < far.value:
                    upper, last = far.value, far_last
                    unit = unit or far_unit
                    number = number._replace(step=min(number.step, far.step))
                    if start > free and self.words[start - 1] in _OPENS_RANGE:
                        start -= 1
        before = comparator_before(self.tokens, start, self.language) if start > free else None
        comparator: Sign = "="
        if before is not None and before[1] >= free:
            comparator, start = before
        behind = None if alone else comparator_after(self.tokens, last + 1, self.language)
        if behind is not None and comparator == "=" and behind[1] not in self.taken:
            comparator, last = behind
            if unit is None and unit_name is None:
                _, unit, last = self._unit_after(number._replace(last=last), money)
        counted, person, counted_last = self.counted(last + 1)
        if behind is None and comparator == "=" and counted:
            late = comparator_after(self.tokens, counted_last + 1, self.language)
            if late is not None and self.tokens[late[1]].kind == WORD:
                comparator = late[0]
        return self._closed(number, upper, unit, unit_name, comparator, (first, start, last), counted, person)

    def _closed(
        self, number: Number, upper: float | None, unit: Unit | None, unit_name: str | None, comparator: Sign,
        where: tuple[int, int, int], counted: tuple[str, ...], person: bool,
    ) -> Quantity | None:  # fmt: skip
        """The quantity, converted to its canonical unit; None when a word turns out not to be a number here."""
        first, start, last = where
        guide = self.guide
        measure = unit_name
        step = number.step
        if unit is not None:
            unit_name, measure = unit.canonical, unit.measure
            step = number.step * unit.factor
            upper = None if upper is None else upper * unit.factor + unit.offset
            number = number._replace(value=number.value * unit.factor + unit.offset)
        elif unit_name is None:
            casualty = not counted and self.words[start - 1] in guide.counting.casualty_verbs
            if person or casualty:
                unit_name = "person"
        if number.spelled and comparator == "=" and upper is None and number.last == first:
            word = self.words[first]
            weak = word in guide.weak
            if weak and unit is None and number.value == 1 and not self._counts_one(first, counted, person):
                return None
            if unit_name is None and word != "one" and (weak or self.language in _TERSE):
                return None
            if word == "one" and measure == "day":
                return None
            if word == "one" and start == first and self.words[first - 1] == "not":
                start, number = first - 1, number._replace(value=0.0)
        return self.made(number, start, last, comparator, unit_name, counted, upper, measure, step)

    def _counts_one(self, first: int, counted: tuple[str, ...], person: bool) -> bool:
        """Whether the word for one counts ("one soldier", «یک نفر») and is no pronoun and no article."""
        if not counted or self.words[first + 1] != counted[0] or self.words[first - 1] in _PRONOUN_ONES:
            return False
        if self.language in _ARTICLE_ONES:
            return counted[0] in _COUNT_WORDS
        return person if self.words[first] != "one" else counted[0] not in AFTER_ONE
