"""Numbers as they are written: digits with the marks of their locale, and number words.

Digits arrive as ASCII from the tokenizer; number words are those of ``number_lexicon``.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from service.matching.number_lexicon import (
    ATOM,
    LINKED_ATOM,
    SCALE,
    Lexicon,
    Word,
    decimal_comma,
    group_space,
    lexicon,
)
from service.matching.tokens import NUMBER, SYMBOL, Token

MAX_DIGITS: Final = 40
"""Longer runs of digits are names of something (account numbers, hashes), not amounts."""
_MAX_SIGNIFICANT: Final = 15
"""As many digits a float tells apart; a number with more of them is compared letter by letter."""
_MAX_COMPOUND: Final = 80
_MIN_COMPOUND: Final = {"ko": 2}
_MAX_WORDS: Final = 24
_ARABIC_DUALS: Final = {"الفا": 2e3, "ملیونا": 2e6, "ملیارا": 2e9, "میتا": 200.0, "مایتا": 200.0}
"""Two of a magnitude where a number begins ("ألفا جندي"); after a number the same letters are one ("39 ألفا")."""


class Number(NamedTuple):
    """A number in the text, without unit. ``step`` is the place value of its last digit that is not zero (39 -> 1,
    40 -> 10, "1.5 million" -> 100000); ``last`` is the index of its last token; ``scale`` the largest magnitude
    word in it or 1; ``spelled``: made of words alone."""

    value: float
    step: float
    last: int
    scale: float
    spelled: bool


def _step(value: float, decimals: int) -> float:
    """Place value of the last written digit that is not zero."""
    if decimals:
        return float(10.0**-decimals)
    whole = int(value)
    if whole == 0:
        return 1.0
    step = 1
    while whole % 10 == 0:
        whole //= 10
        step *= 10
    return float(step)


@lru_cache(maxsize=4096)
def parse_digits(text: str, language: str) -> tuple[float, float] | None:
    """Value and step of digits with marks, or None when they are not an amount ("192.168.1.1", sixty digits).

    A mark that stands once before exactly three digits is read as its language reads it: "1.234" is 1234 in German
    and 1.234 in English.
    """
    if len(text) > MAX_DIGITS or (
        len(text) > _MAX_SIGNIFICANT and sum(map(str.isdigit, text.strip("0.,"))) > _MAX_SIGNIFICANT
    ):
        return None
    if text.isdigit():
        value = float(text)
        return value, _step(value, 0)
    if "'" in text and any(len(group.partition(".")[0]) != 3 for group in text.split("'")[1:]):
        return None
    plain = text.replace(" ", "").replace("'", "")
    dots, commas = plain.count("."), plain.count(",")
    decimal = ""
    if dots and commas:
        decimal = "." if plain.rfind(".") > plain.rfind(",") else ","
        if plain.count(decimal) > 1:
            return None
    elif dots + commas == 1:
        mark = "." if dots else ","
        before, after = plain.split(mark)
        grouping_mark = "." if language in decimal_comma() else ","
        grouped = len(after) == 3 and len(before) <= 3 and before[0] != "0" and mark == grouping_mark
        decimal = "" if grouped else mark
    whole, _, fraction = plain.partition(decimal) if decimal else (plain, "", "")
    groups = whole.replace(",", ".").split(".")
    if len(groups) > 1 and not (
        len(groups[0]) <= 3 and len(groups[-1]) == 3 and all(2 <= len(group) <= 3 for group in groups[1:-1])
    ):
        return None
    value = float(f"{''.join(groups)}.{fraction or '0'}")
    return value, _step(value, len(fraction.rstrip("0")))


def _pieces(word: str, lex: Lexicon) -> list[Word] | None:
    """Cut a word into number words, the longest first; every position is tried once."""
    dead: set[int] = set()
    path: list[tuple[int, Word | None]] = []
    position = 0
    ends = [len(word)]
    while position < len(word):
        for end in range(ends[-1], position, -1):
            part = word[position:end]
            found = lex.words.get(part)
            if end in dead or ((found is None or found[0] > SCALE) and not (path and part in lex.links)):
                continue
            path.append((position, found))
            ends[-1] = end - 1
            ends.append(len(word))
            position = end
            break
        else:
            dead.add(position)
            if not path:
                return None
            ends.pop()
            position = path.pop()[0]
    return [found for _, found in path if found is not None]


def _compound(word: str, lex: Lexicon) -> float | None:
    """The value of a number written as one long word, such as "zweitausenddreihundertneun"; None for other words."""
    if len(word) > _MAX_COMPOUND or not any(joint in word for joint in lex.joints):
        return None
    pieces = _pieces(word, lex)
    if pieces is None:
        return None
    total = _Sum(units_first=False)
    for kind, value in pieces:
        if not (total.scale(value) if kind == SCALE else total.add(value, linked=False)):
            return None
    return total.total()


@lru_cache(maxsize=16_384)
def _compound_cached(word: str, language: str) -> float | None:
    return _compound(word, lexicon(language))


class _Sum:
    """A number as it is put together: pieces that a magnitude closed, then hundreds, then what is below."""

    __slots__ = ("below", "head", "linked", "multiplier", "open", "pieces", "room", "units_first")

    def __init__(self, units_first: bool) -> None:
        self.pieces: tuple[tuple[float, float], ...] = ()
        self.head = 0.0
        self.below = 0.0
        self.open = False
        self.room = 0.0
        self.multiplier = 0.0
        self.units_first = units_first
        self.linked = False

    def add(self, value: float, linked: bool) -> bool:
        """Append a word's own value; False when it starts another number."""
        if value >= 1000:
            if self.open or (self.pieces and self.pieces[-1][1] <= 1000):
                return False
            self.pieces += ((value, _step(value, 0)),)
            return True
        if not self.open:
            if self.pieces and (value >= self.pieces[-1][1] or value == 0):
                return False
            self.below, self.open = value, True
            self.room = 100.0 if value and value % 100 == 0 else 10.0 if value >= 20 and value % 10 == 0 else 0.0
            return True
        if 0 < value < self.room:
            self.below += value
            self.room = 10.0 if value >= 20 and value % 10 == 0 else 0.0
            return True
        units = self.below % 100
        if self.units_first and linked and 0 < units < 10 and 20 <= value < 100 and value % 10 == 0:
            self.below += value
            self.room = 0.0
            return True
        return False

    def scale(self, value: float) -> bool:
        """Append a magnitude; False when it cannot multiply what stands before it."""
        if value < 1000:
            if not self.open:
                if self.pieces and value >= self.pieces[-1][1]:
                    return False
                self.head, self.below, self.open = value, 0.0, True
            else:
                if self.multiplier and value >= self.multiplier:
                    return False
                if self.below >= value and value != 12:
                    return False
                self.head, self.below = self.head + (self.below or 1.0) * value, 0.0
            self.multiplier = value
            self.room = value
            return True
        current = self.head + self.below
        pieces = list(self.pieces)
        if not self.open and not pieces:
            current = 1.0
        while pieces and pieces[-1][1] < value:
            current += pieces.pop()[0]
        if pieces and pieces[-1][1] == value:
            return False
        if current == 0:
            # "二万千": a smaller magnitude without a number of its own stands for one of it.
            if self.open:
                return False
            current = 1.0
        pieces.append((current * value, value))
        self.pieces = tuple(pieces)
        self.head = self.below = self.room = self.multiplier = 0.0
        self.open = False
        return True

    def total(self) -> float:
        return sum(piece[0] for piece in self.pieces) + self.head + self.below

    def snapshot(self) -> tuple[tuple[tuple[float, float], ...], float, float, bool, float, float]:
        return self.pieces, self.head, self.below, self.open, self.room, self.multiplier

    def restore(self, saved: tuple[tuple[tuple[float, float], ...], float, float, bool, float, float]) -> None:
        self.pieces, self.head, self.below, self.open, self.room, self.multiplier = saved


def _phrase_at(
    tokens: Sequence[Token], position: int, found: tuple[tuple[tuple[str, ...], float], ...]
) -> tuple[float, int] | None:
    for rest, value in found:
        at = position
        for word in rest:
            at += 1
            if at < len(tokens) and tokens[at].text == "-":
                at += 1
            if at >= len(tokens) or tokens[at].text != word:
                break
        else:
            return value, at
    return None


def _element(
    tokens: Sequence[Token], position: int, lex: Lexicon, language: str
) -> tuple[int, float, float, int, bool] | None:
    """Kind, value, step (0 for words), last token and whether it is digits, of the number part at ``position``."""
    token = tokens[position]
    if token.kind == NUMBER:
        last = position
        text = token.text
        if language in group_space() and text.isdigit() and len(text) <= 3 and text[0] != "0":
            while last + 1 < len(tokens) and last - position < 5:
                after = tokens[last + 1]
                head = after.text.replace(",", ".").partition(".")[0]
                if after.kind != NUMBER or after.start - tokens[last].end != 1 or len(head) != 3:
                    break
                text += after.text
                last += 1
                if len(after.text) > 3:
                    break
        parsed = parse_digits(text, language)
        return None if parsed is None else (ATOM, parsed[0], parsed[1], last, True)
    if token.kind == SYMBOL:
        return None
    phrase = lex.phrases.get(token.text)
    if phrase is not None:
        matched = _phrase_at(tokens, position, phrase)
        if matched is not None:
            return ATOM, matched[0], 0.0, matched[1], False
    word = lex.words.get(token.text)
    if word is not None:
        return word[0], word[1], 0.0, position, False
    if lex.joints and len(token.text) >= _MIN_COMPOUND.get(language, 6):
        value = _compound_cached(token.text, language)
        if value is not None:
            return ATOM, value, 0.0, position, False
    return None


def is_number_word(word: str, lex: Lexicon, language: str) -> bool:
    """Whether a folded word can begin a number."""
    return (
        word in lex.words
        or word in lex.phrases
        or (
            bool(lex.joints)
            and len(word) >= _MIN_COMPOUND.get(language, 6)
            and _compound_cached(word, language) is not None
        )
    )


def read_number(tokens: Sequence[Token], first: int, lex: Lexicon, language: str) -> Number | None:
    """The longest number that begins at token ``first``, or None.

    Reads digits, words, and both together ("1.5 million", «۲ میلیون و ۳۰۰ هزار»); a connecting word belongs to the
    number only when what follows it continues the number ("two hundred and four", not "between ten and twenty").
    """
    element = _element(tokens, first, lex, language)
    if element is None:
        return None
    kind, value, step, last, digits = element
    if digits and _stands_alone(tokens, last + 1, lex, language):
        return Number(value, step if value < 1e18 else 1.0, last, 1.0, False)
    total = _Sum(lex.units_first)
    if kind == SCALE and language in ("ar", "und") and tokens[first].text in _ARABIC_DUALS:
        kind, value = ATOM, _ARABIC_DUALS[tokens[first].text]
    spelled = not digits
    largest = 1.0
    if kind & 1:
        if not total.scale(value):
            return None
        largest = value
    elif digits and value >= 1000:
        total.below, total.open = value, True
    elif not total.add(value, linked=False):
        return None
    fallback: tuple[Any, int, float, bool, float] | None = None
    digit_step = step
    for _ in range(_MAX_WORDS):
        position = last + 1
        if position >= len(tokens):
            break
        linked = False
        hyphen = tokens[position].text == "-"
        if hyphen and (tokens[position].start != tokens[last].end or not spelled):
            break
        if tokens[position].text in lex.links or hyphen:
            linked = not hyphen
            position += 1
            if hyphen and position < len(tokens) and tokens[position].text in lex.links:
                position += 1
            if position >= len(tokens):
                break
        if tokens[position].text == "-" and position + 1 < len(tokens):
            position += 1
        element = _element(tokens, position, lex, language)
        if element is None:
            break
        kind, value, step, end, digits = element
        saved = (total.snapshot(), last, largest, spelled, digit_step)
        if kind & 1:
            if kind == SCALE and linked:
                fallback = saved
            if not total.scale(value):
                break
            largest = max(largest, value)
            digit_step *= value
            fallback = None
        elif digits:
            if not total.pieces or total.open:
                break
            abbreviated = tokens[last].text in lex.abbreviations
            if abbreviated or not ((linked and lex.digits_link) or _is_scale(tokens, end + 1, lex)):
                break
            if not total.add(value, linked) and not (value < total.pieces[-1][1] and _open(total, value)):
                break
            spelled, digit_step, fallback = False, step, saved
        else:
            if not spelled and not total.pieces:
                break
            before = total.snapshot()
            if not total.add(value, linked or kind == LINKED_ATOM):
                total.restore(before)
                break
            if linked or kind == LINKED_ATOM:
                fallback = saved
            digit_step = 0.0 if not spelled else digit_step
        last = end
    else:
        fallback = None
    if fallback is not None and _is_scale(tokens, last + 1, lex):
        # "between two hundred and three hundred": the second "hundred" shows that "three" begins another number.
        restored, last, largest, spelled, digit_step = fallback
        total.restore(restored)
    result = total.total()
    return Number(result, digit_step or _step(result, 0) if result < 1e18 else 1.0, last, largest, spelled)


def _stands_alone(tokens: Sequence[Token], after: int, lex: Lexicon, language: str) -> bool:
    """Whether digits before token ``after`` are all of a number: most are."""
    if after >= len(tokens):
        return True
    text = tokens[after].text
    return text == "-" or (text not in lex.links and _element(tokens, after, lex, language) is None)


def _open(total: _Sum, value: float) -> bool:
    total.below, total.open, total.room = value, True, 0.0
    return True


def _is_scale(tokens: Sequence[Token], position: int, lex: Lexicon) -> bool:
    if position >= len(tokens):
        return False
    word = lex.words.get(tokens[position].text)
    return word is not None and word[0] == SCALE
