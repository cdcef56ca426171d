"""Forms a number takes besides an amount: scores, clock times, telephone numbers, numbers in names, vague plurals."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, Literal

from service.matching.number_lexicon import Lexicon
from service.matching.numbers import MAX_DIGITS, Number, parse_digits
from service.matching.quantity_words import folded_values, folded_words
from service.matching.tokens import NUMBER, WORD, Token
from service.matching.units import unit_at

VAGUE: Final = folded_values("vague", "")
"""Plurals that name only a magnitude, with the least they can mean."""

_OF: Final = frozenset({"of", "de", "di", "von", "e", "and"})
_MAGNITUDES: Final = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "هزار": 1e3, "میلیون": 1e6, "میلیارد": 1e9}

_AND: Final = frozenset({"and", "و", "et", "y", "e", "und", "и", "en", "och", "og"})

_SLASH_DECIMAL: Final = frozenset({"fa", "und"})


def ordinal_words(lex: Lexicon, language: str) -> dict[str, int]:
    """Ordinal words of a language, with the forms that spell-out rules leave out."""
    words = dict(lex.ordinals)
    if language in ("fa", "und"):
        for word, (kind, number) in lex.words.items():
            if kind == 0 and 1 < number <= 100 and "\u0600" <= word[0] <= "\u06ff" and number != 3:
                ordinal = word + ("ام" if word == "سی" else "م")
                words.setdefault(ordinal, int(number))
                words.setdefault(ordinal + "ین", int(number))
        words |= {"یکم": 1, "یکمین": 1} | {
            "اول": 1,
            "اولین": 1,
            "نخستین": 1,
            "نخست": 1,
            "دوم": 2,
            "دومین": 2,
            "سوم": 3,
            "سومین": 3,
        }
    if language in ("ar", "und"):
        for word, value in list(words.items()):
            if word.startswith("ال") and len(word) > 4 and word != "الاول":
                words.setdefault(word[2:], value) if value not in (2, 10) and word[2:] not in lex.words else None
    return {word: value for word, value in words.items() if word not in lex.words}


@lru_cache(maxsize=64)
def ordinal_endings(language: str) -> frozenset[str]:
    """What makes the digits before it an ordinal."""
    return folded_words("ordinal_endings", "en" if language == "und" else language)


@lru_cache(maxsize=64)
def _links(language: str) -> frozenset[str]:
    return folded_words("range_links", language)


def range_words(language: str) -> frozenset[str]:
    """The words and signs that may join the ends of a range."""
    return _links(language) | _AND | {"-"}


def is_ordinal_ending(tokens: Sequence[Token], index: int, language: str) -> bool:
    """Whether token ``index`` is what makes the digits before it an ordinal ("2nd", «۲۵ام»)."""
    if index >= len(tokens) or tokens[index].kind != WORD:
        return False
    touching = tokens[index - 1].end == tokens[index].start
    return tokens[index].text in ordinal_endings(language) and (touching or tokens[index].text in ("ام", "امین"))


def range_link(tokens: Sequence[Token], index: int, language: str, *, between: bool) -> int | None:
    """Index of the token after what joins the ends of a range ("to", a dash, "and" after "between"), or None."""
    if index + 1 >= len(tokens):
        return None
    text = tokens[index].text
    if text == "-":
        left = tokens[index - 1].end == tokens[index].start
        right = tokens[index].end == tokens[index + 1].start
        return index + 1 if left == right else None
    if text in _links(language):
        return index + 1
    return index + 1 if between and text in _AND else None


def vague_amount(tokens: Sequence[Token], index: int) -> tuple[float, int]:
    """The least that a vague plural at ``index`` can mean, and its last token: "tens of thousands" is 10,000."""
    value = VAGUE[tokens[index].text]
    last = index
    for _ in range(2):
        after = last + 1
        if after < len(tokens) and tokens[after].text in _OF:
            after += 1
        if after >= len(tokens):
            break
        text = tokens[after].text
        factor = VAGUE.get(text, _MAGNITUDES.get(text))
        if factor is None:
            break
        # "Dozens" alone are at least twenty; as tens of a greater magnitude they begin with ten.
        value = (10.0 if value == 20 else value) * factor
        last = after
    return value, last


def read_label(
    tokens: Sequence[Token], index: int, names: frozenset[str]
) -> tuple[Number, int, int, Literal["="], str, tuple[str, ...]] | None:
    """Arguments of a "label" quantity when the digits at ``index`` belong to a name: "COVID-19", "Article 5"."""
    text = tokens[index].text
    if len(text) > 12 or not text.isdigit():
        return None
    found = _named_before(tokens, index, names)
    if found is None:
        found = _named_after(tokens, index, text)
        if found is None:
            return None
    first, last, name = found
    return Number(float(text), 1.0, index, 1.0, False), first, last, "=", "label", (name,)


def _named_before(tokens: Sequence[Token], index: int, names: frozenset[str]) -> tuple[int, int, str] | None:
    """First token, last token and name, where the name stands before its number."""
    if index == 0:
        return None
    before = tokens[index - 1].text
    if index >= 2 and before == "-" and tokens[index - 2].kind == WORD:
        joined = tokens[index - 1].end == tokens[index].start and tokens[index - 2].end == tokens[index - 1].start
        if joined and tokens[index - 2].text not in ("mid", "pre", "post", "under", "over", "ب", "ل"):
            return index - 2, index, tokens[index - 2].text
    if before in names:
        percent = index + 1 < len(tokens) and tokens[index + 1].text in ("%", "percent", "درصد")
        single = len(before) == 1 and before not in ("f", "g")
        if not percent and not single and not (len(before) == 1 and tokens[index - 1].original.islower()):
            return index - 1, index, before
    if before == "." and index >= 2 and tokens[index - 2].text == "no":
        return index - 2, index, "no"
    return None


def _named_after(tokens: Sequence[Token], index: int, text: str) -> tuple[int, int, str] | None:
    """The same for a letter behind its number: "3D"."""
    after = index + 1
    if len(text) == 1 and after < len(tokens) and text in "23456":
        letter = tokens[after]
        if letter.end - letter.start == 1 and letter.start == tokens[index].end and letter.original in "GDP":
            return index, after, letter.text
    return None


def _chain(tokens: Sequence[Token], index: int, mark: str) -> list[int]:
    """Indexes of the numbers that ``mark`` joins without white space, from ``index`` on."""
    found = [index]
    while (
        found[-1] + 2 < len(tokens)
        and tokens[found[-1] + 1].text == mark
        and tokens[found[-1] + 2].kind == NUMBER
        and tokens[found[-1]].end == tokens[found[-1] + 1].start
        and tokens[found[-1] + 1].end == tokens[found[-1] + 2].start
    ):
        found.append(found[-1] + 2)
    return found


def read_special_digits(
    tokens: Sequence[Token], index: int, language: str
) -> tuple[Number, int, str | None, float | None] | None:
    """Number, last token, unit and upper value of digits joined by ``- : /``; None for plain digits.

    A unit of None means that the digits are one plain amount (Persian writes 1.5 as «۱/۵»).
    """
    if index + 2 >= len(tokens):
        return None
    mark = tokens[index + 1].text
    if mark not in ("-", ":", "/"):
        return None
    chain = _chain(tokens, index, mark)
    if len(chain) < 2:
        return None
    last = chain[-1]
    joined = "".join(tokens[position].text for position in chain)
    parsed = [parse_digits(tokens[position].text, language) for position in chain[:2]]
    plain = all(tokens[position].text.isdigit() for position in chain)
    if len(chain) > 2:
        value = float(joined) if plain and len(joined) <= 15 else 0.0
        return Number(value, 1.0, last, 1.0, False), last, "label" if mark != ":" or len(chain) > 3 else "clock", None
    if parsed[0] is None or parsed[1] is None or sum(len(tokens[position].text) for position in chain) > MAX_DIGITS:
        return Number(0.0, 1.0, last, 1.0, False), last, "label", None
    near, far = parsed[0][0], parsed[1][0]
    if mark == "-":
        if near < far:
            return None
        if plain and near <= 200 and unit_at(tokens, last + 1, language) is None:
            return Number(near, 1.0, last, 1.0, False), last, "score", far
        return None
    if mark == ":":
        if plain and near < 24 and far < 60 and len(tokens[last].text) == 2:
            return _clock(tokens, near * 60 + far, last)
        return Number(near, 1.0, last, 1.0, False), last, "score", far
    return _slash(tokens, index, last, near, far, language)


def _clock(tokens: Sequence[Token], minutes: float, last: int) -> tuple[Number, int, str | None, float | None]:
    half = tokens[last + 1].text if last + 1 < len(tokens) else ""
    if half == "pm" and minutes < 720:
        minutes, last = minutes + 720, last + 1
    return Number(minutes, 1.0, last, 1.0, False), last, "clock", None


def _slash(
    tokens: Sequence[Token], index: int, last: int, near: float, far: float, language: str
) -> tuple[Number, int, str | None, float | None]:
    after = tokens[last + 1].text if last + 1 < len(tokens) else ""
    digits = tokens[last].text
    persian = language in _SLASH_DECIMAL or (language != "en" and "\u06f0" <= tokens[index].original[0] <= "\u06f9")
    if persian and digits.isdigit() and tokens[index].text.isdigit():
        measured = after in _MAGNITUDES or unit_at(tokens, last + 1, "fa") is not None
        if measured or near >= far or far > 10 or language == "fa":
            value = float(f"{tokens[index].text}.{digits}")
            return Number(value, 10.0 ** -len(digits), last, 1.0, False), last, None, None
    if 0 < near < far and (far <= 10 or far in (12, 16, 20, 50, 100, 1000)) and (near, far) != (9.0, 11.0):
        return Number(near / far, 1e-9, last, 1.0, False), last, "ratio", None
    return Number(near, 1.0, last, 1.0, False), last, "label", far
