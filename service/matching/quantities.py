"""Quantities in a text: how many, of what, bounded how. Digits of every script, number words, units, comparators.

One pass: a list of the tokens that can begin a quantity is made with one dictionary lookup per token, and only those
are looked at closely. A text without numbers costs no more than that pass.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from service.matching.amounts import AmountReader
from service.matching.counting import LABEL_NAMES
from service.matching.number_forms import (
    VAGUE,
    read_label,
    read_special_digits,
    vague_amount,
)
from service.matching.numbers import Number, is_number_word, read_number
from service.matching.quantity_comparison import Quantity, compare_quantities
from service.matching.quantity_guide import Guide, guide_for
from service.matching.tokens import NUMBER, SYMBOL, WORD, Token
from service.matching.units import unit_at

__all__ = ["Quantity", "compare_quantities", "read_quantities"]

_NEGATORS: Final = frozenset({"لا", "لم", "لن", "ما", "لیس", "لیست", "بدون", "دون", "عدم", "نفی", "نفت", "ینفی", "بلا"})

_LEADING: Final = frozenset(
    [
        "of",
        "the",
        "its",
        "their",
        "these",
        "those",
        "this",
        "our",
        "his",
        "her",
        "از",
        "من",
        "de",
        "des",
        "di",
        "da",
        "do",
        "das",
        "dos",
        "von",
        "der",
        "den",
        "los",
        "las",
        "les",
        "la",
        "le",
        "d",
        "other",
        "new",
        "more",
        "additional",
        "iraqi_",
    ]
)

_ORDINAL_TITLES: Final = frozenset(
    {"minister", "ministre", "ministro", "ministra", "lady", "dama", "dame", "hand", "nation"}
)


def begins_quantity(word: str, language: str) -> bool:
    """Whether a quantity may begin at this folded word."""
    guide = guide_for(language)
    return (
        word in guide.triggers
        or "0" <= word[-1] <= "9"
        or (guide.compounds and is_number_word(word, guide.lexicon, language))
    )


def read_quantities(
    tokens: Sequence[Token], language: str, taken: frozenset[int] = frozenset(), hits: Sequence[int] | None = None
) -> tuple[Quantity, ...]:
    """Every quantity in the text, in order, without overlaps.

    ``language`` is a primary subtag ("und" reads English, Persian and Arabic words); an unknown language is read for
    digits, signs and symbols. ``taken`` holds token indexes that already belong to dates; ``hits`` the tokens that
    ``begins_quantity``, where the caller knows them.
    """
    if hits is None:
        hits = [index for index, token in enumerate(tokens) if begins_quantity(token[0], language)]
    if not hits:
        return ()
    guide = guide_for(language)
    expanded = _without_proclitics(tokens, hits)
    if expanded is None:
        return _read(tokens, hits, guide, taken)
    parts, origin = expanded
    hits = [index for index, token in enumerate(parts) if token[3] == "n" or token[0] in guide.triggers]
    mapped = frozenset(index for index, source in enumerate(origin) if source in taken)
    found = _read(parts, hits, guide, mapped)
    return tuple(quantity._replace(first=origin[quantity.first], last=origin[quantity.last]) for quantity in found)


_PROCLITICS: Final = frozenset({"و", "ب", "ل", "ف", "ک", "ال", "وال", "بال", "لل", "ول", "وب"})


def _without_proclitics(tokens: Sequence[Token], hits: Sequence[int]) -> tuple[list[Token], list[int]] | None:
    """The tokens with every Arabic prefix cut from the digits it has grown onto ("و20"), and for each the index of
    the token it came from; None when there is nothing to cut."""
    cut: dict[int, int] = {}
    for index in hits:
        token = tokens[index]
        if token.kind == WORD and token.text[0] in "وبلفکا":
            letters = token.text.rstrip("0123456789")
            if letters in _PROCLITICS and token.end - token.start == len(token.text):
                cut[index] = len(letters)
    if not cut:
        return None
    parts: list[Token] = []
    origin: list[int] = []
    for index, token in enumerate(tokens):
        length = cut.get(index)
        if length is None:
            parts.append(token)
            origin.append(index)
            continue
        middle = token.start + length
        parts.append(Token(token.text[:length], token.start, middle, WORD, token.original[:length]))
        parts.append(Token(token.text[length:], middle, token.end, NUMBER, token.original[length:]))
        origin += [index, index]
    return parts, origin


def _read(tokens: Sequence[Token], hits: Sequence[int], guide: Guide, taken: frozenset[int]) -> tuple[Quantity, ...]:
    """The quantities that begin at ``hits``."""
    reader = _Reader(tokens, guide, taken)
    found: list[Quantity] = []
    free = 0
    for index in hits:
        if index < free or index in taken:
            continue
        quantity = reader.read(index, free)
        if quantity is not None:
            found.append(quantity)
            free = quantity.last + 1
    return tuple(found)


class _Reader(AmountReader):
    """Finds where a quantity begins and of which kind it is."""

    __slots__ = ()

    def read(self, index: int, free: int) -> Quantity | None:
        """The quantity whose number begins at token ``index``; nothing before token ``free`` belongs to it."""
        token = self.tokens[index]
        guide = self.guide
        if token.kind != NUMBER:
            if "0" <= token.text[-1] <= "9":
                return self._mixed(index, free)
            for special in self._specials(token.text):
                found = special(index, free)
                if found is not None:
                    return found
        else:
            label = read_label(self.tokens, index, LABEL_NAMES)
            if label is not None and label[1] >= free:
                return self.made(*label)
            digits = read_special_digits(self.tokens, index, self.language)
            if digits is not None:
                number, last, unit, upper = digits
                if unit is not None:
                    if unit == "ratio":
                        return self.finish(number, index, free, unit)
                    if unit == "label" and number.value == 0:
                        # Too long, or not of digits alone: it is told from others by its letters.
                        written = "".join(each.text for each in self.tokens[index : last + 1])
                        return self.made(number, index, last, "=", unit, (written,))
                    return self.made(number, index, last, "=", unit, upper=upper)
                return self.amount(self.scaled(number, last), index, free)
        parsed = read_number(self.tokens, index, guide.lexicon, self.language)
        if parsed is None:
            if token.kind == NUMBER:
                return self.made(Number(0.0, 1.0, index, 1.0, False), index, index, "=", "label", (token.text,))
            return None
        if self.taken and not self.taken.isdisjoint(range(index, parsed.last + 1)):
            return None
        return self.amount(parsed, index, free)

    def _specials(self, text: str) -> list[Callable[[int, int], Quantity | None]]:
        guide = self.guide
        found: list[Callable[[int, int], Quantity | None]] = []
        if text in guide.counting.zero or text in guide.counting.nobody or text in ("احد", "لا"):
            found.append(self._none)
        if text in guide.counting.duals:
            found.append(self._dual)
        if text in VAGUE:
            found.append(self._vague)
        if text in guide.parts or text == "quarter":
            found.append(self._part)
        if text in guide.ordinals:
            found.append(self._ordinal)
        if text in ("ii", "iii", "iv"):
            found.append(self._roman)
        return found

    def _mixed(self, index: int, free: int) -> Quantity | None:
        """A word that ends in digits: "G20", "F16", "½"."""
        token = self.tokens[index]
        text = token.text
        if "\u2044" in text:
            upper, _, lower = text.partition("\u2044")
            if upper.isdecimal() and lower.isdecimal() and int(lower):
                return self.finish(Number(int(upper) / int(lower), 1e-9, index, 1.0, False), index, free, "ratio")
            return None
        letters = text.rstrip("0123456789")
        digits = text[len(letters) :]
        if not letters or len(digits) > 15 or len(letters) > 20:
            return None
        number = Number(float(digits), 1.0, index, 1.0, False)
        return self.made(number, index, index, "=", "label", (letters,))

    def _none(self, index: int, free: int) -> Quantity | None:
        """ "No terrorists", "nobody", «هیچ تروریستی», "لا أحد": zero of a thing."""
        guide, text, after = self.guide, self.words[index], self.words[index + 1]
        zero = Number(0.0, 1.0, index, 1.0, True)
        if text == "احد":
            if self.words[index - 1] == "لا" and index > free:
                return self.made(zero, index - 1, index, "=", "person")
            denied = any(self.words[back] in _NEGATORS for back in range(max(0, index - 6), index))
            return self.made(zero, index, index, "=", "person") if denied and after not in ("عشر", "عشره") else None
        if text == "لا":
            if after in guide.counting.persons:
                return self.made(zero, index, index + 1, "=", "person", (after,))
            return None
        if text in guide.counting.nobody:
            if text != "none":
                return self.made(zero, index, index, "=", "person")
            counted, person, _ = self.counted(index + 1)
            return self.made(zero, index, index, "=", "person" if person else None, counted)
        if text in ("no", "هیچ") and after in ("one", "کس", "body", "کدام", "یک"):
            return self.made(zero, index, index + 1, "=", "person")
        if text in ("ای", "ایه") and not any(self.words[back] in _NEGATORS for back in range(max(0, index - 8), index)):
            return None
        if index + 1 >= len(self.tokens) or self.tokens[index + 1].kind != WORD or not after:
            return None
        if after in guide.counting.stop or after in guide.counting.not_none or after in guide.lexicon.words:
            return None
        counted, person, last = self.counted(index + 1)
        if not counted:
            return None
        return self.made(zero, index, max(index, min(last, index + 1)), "=", "person" if person else None, counted)

    def _dual(self, index: int, free: int) -> Quantity | None:
        return self.made(Number(2.0, 1.0, index, 1.0, True), index, index, "=", "person", (self.words[index],))

    def _vague(self, index: int, free: int) -> Quantity | None:
        """ "Thousands of", «صدها», "عشرات الآلاف": at least one of that magnitude."""
        value, last = vague_amount(self.tokens, index)
        number = Number(value, value, last, value, True)
        counted, person, _ = self.counted(last + 1)
        following = unit_at(self.tokens, last + 1 + (self.words[last + 1] in _LEADING), self.language)
        if following is not None and len(self.words[following[1]]) > 1:
            unit = following[0]
            scaled = number._replace(value=value * unit.factor)
            return self.made(scaled, index, following[1], ">=", unit.canonical, counted, measure=unit.measure)
        return self.made(number, index, last, ">=", "person" if person else None, counted)

    def _part(self, index: int, free: int) -> Quantity | None:
        """ "Half of", «نصف», "ثلثا", and "half a million"."""
        guide, text = self.guide, self.words[index]
        if text == "quarter":
            if self.words[index - 1] != "a" or self.words[index + 1] not in ("of", "million", "billion"):
                return None
            value = 0.25
        else:
            value = guide.parts[text]
        if self.words[index - 1] in guide.ordinals:
            return None
        after = index + 1
        if self.words[after] in ("a", "an", "the"):
            after += 1
        scale = guide.lexicon.words.get(self.words[after])
        if scale is not None and scale[0] == 1 and scale[1] >= 12:
            number = Number(value * scale[1], value * scale[1], after, scale[1], False)
            return self.amount(number, index, free)
        unit = unit_at(self.tokens, after, self.language)
        if (
            unit is not None
            and unit[0].canonical in ("second", "metre", "kilogram", "litre")
            and len(self.words[after]) > 1
        ):
            number = Number(value, value, after - 1, 1.0, False)
            return self.amount(number, index, free)
        if text == "half" and (self.touches(index) or self.touches(index + 1)) and self.words[index + 1] == "-":
            return None
        first = index - 1 if index > free and self.words[index - 1] == "a" else index
        return self.finish(Number(value, 1e-9, index, 1.0, False), first, free, "ratio")

    def _ordinal(self, index: int, free: int) -> Quantity | None:
        guide = self.guide
        value = guide.ordinals[self.words[index]]
        after, before = self.words[index + 1], self.words[index - 1]
        if after in _ORDINAL_TITLES or (after == "-" and self.words[index + 2] in _ORDINAL_TITLES):
            return None
        if before in ("a", "one", "per", "at") and self.language in ("en", "und"):
            if (
                before == "a"
                and self.words[index] in guide.denominators
                and (after in ("of", "") or self.tokens[index + 1].kind == SYMBOL)
            ):
                part = Number(1 / guide.denominators[self.words[index]], 1e-9, index, 1.0, False)
                return self.finish(part, max(free, index - 1), free, "ratio")
            return None
        number = Number(float(value), 1.0, index, 1.0, True)
        if after == "world" and self.words[index + 2] == "war":
            return self.made(number, index, index + 2, "=", "label", ("war",))
        return self.made(number, index, index, "=", "ordinal", self.counted(index + 1)[0][:1])

    def _roman(self, index: int, free: int) -> Quantity | None:
        if self.words[index - 1] not in LABEL_NAMES:
            return None
        value = {"ii": 2.0, "iii": 3.0, "iv": 4.0}[self.words[index]]
        return self.made(Number(value, 1.0, index, 1.0, True), index, index, "=", "label", (self.words[index - 1],))
