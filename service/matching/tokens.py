"""A text cut into tokens once; every reader of the matching core works over the same list.

One linear pass, no backtracking: the cost is proportional to the length of the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from service.matching.folding import fold_word, folded

WORD: Final = "w"
NUMBER: Final = "n"
SYMBOL: Final = "s"


class Token(NamedTuple):
    """A word, a run of digits, or one symbol.

    ``text`` is folded, ``start`` and ``end`` are code points of the original (end excluded), ``kind`` is one of
    WORD, NUMBER, SYMBOL. A NUMBER holds ASCII digits with the ``.`` ``,`` ``'`` or spaces that stood between them;
    what follows it without a gap ("39k", "10%", "1990s") is a token of its own whose ``start`` equals its ``end``.
    """

    text: str
    start: int
    end: int
    kind: str
    original: str


def _marks() -> str:
    ranges = ((0x0300, 0x2100), (0xA66F, 0xAC00), (0xFE00, 0xFE30))
    runs: list[tuple[int, int]] = []
    for low, high in ranges:
        for point in range(low, high):
            if unicodedata.category(chr(point))[0] == "M":
                if runs and runs[-1][1] == point - 1:
                    runs[-1] = (runs[-1][0], point)
                else:
                    runs.append((point, point))
    return "".join(f"{chr(low)}-{chr(high)}" for low, high in runs)


_INSIDE: Final = "\\w\u200c\u200d\u00ad\u2060\ufeff\u061c\u200e\u200f" + _marks()
_CJK: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_TOKEN: Final = re.compile(
    rf"(?P<n>\d+(?:[.,'\u066b\u066c\u060c\u2019\u00a0\u202f\u2009]\d+)*)"
    rf"|(?P<c>[{_CJK}])"
    rf"|(?P<w>[^\W\d_{_CJK}][{_INSIDE}]*(?:['\u2019\u02bc](?=\w)[{_INSIDE}]*)*)"
    rf"|(?P<s>[^\w\s])"
)
_PREFIXES: Final = frozenset({"می", "نمی", "همی"})
_SUFFIXES: Final = frozenset({"ها", "های", "هایی", "هایش", "هایشان", "تر", "ترین", "ام", "اند"})
_AFFIXES: Final = _PREFIXES | _SUFFIXES

_LONGEST_CHUNK: Final = 32
_MOST_PIECES: Final = 6
_MOST_CHUNKS: Final = 32_768
"""What is remembered: chunks up to so many characters and tokens, and so many of them."""

_token: Final = tuple.__new__
"""Makes a Token from all its parts at once, in half the time that its own constructor takes."""


def _number(text: str) -> str:
    if text.isascii():
        return text
    return fold_word(text).replace("\u00a0", " ").replace("\u202f", " ").replace("\u2009", " ")


def _is_arabic(char: str) -> bool:
    return "\u0600" <= char <= "\u06ff"


_Piece = tuple[str, int, int, str, str]
"""What a Token holds, with its place counted from the beginning of its chunk. A plain tuple, for speed."""


class _Chunks(dict[str, tuple[_Piece, ...]]):
    """What stands between two blanks, cut into tokens when it is first met.

    Few words of a text are new, so most tokens come from here, and readings share their strings.
    """

    def __missing__(self, chunk: str) -> tuple[_Piece, ...]:
        pieces = tuple(_cut(chunk, fold_word))
        if len(chunk) <= _LONGEST_CHUNK and len(pieces) <= _MOST_PIECES:
            if len(self) >= _MOST_CHUNKS:
                self.clear()
            self[chunk] = pieces
        return pieces


_CHUNKS: Final = _Chunks()


def tokenize(text: str) -> list[Token]:
    """Cut ``text`` into tokens, in order, without overlaps.

    Zero-width non-joiners inside a word vanish in its folded form; a Persian prefix or plural that stands apart
    ("می شود", "کتاب ها") is joined to its word, so that the three ways of typing it give one token.
    """
    tokens: list[Token] = []
    append = tokens.append
    place = 0
    # No token has a blank or a line break in it, unlike the other kinds of white space.
    for chunk in (text.replace("\n", " ") if "\n" in text else text).split(" "):
        for plain, start, end, kind, raw in _CHUNKS[chunk]:
            append(_token(Token, (plain, place + start, place + end, kind, raw)))
        place += len(chunk) + 1
    if text.isascii() or _AFFIXES.isdisjoint([token[0] for token in tokens]):
        return tokens
    return _joined(text, tokens)


def words_of(phrase: str) -> tuple[str, ...]:
    """The folded tokens of an entry of a lexicon. Nothing is remembered, since lexicons hold more than texts use."""
    pieces = [Token(*piece) for piece in _cut(phrase, folded)]
    return tuple([token.text for token in _joined(phrase, pieces)])


def _cut(text: str, fold: Callable[[str], str]) -> Iterator[_Piece]:
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup or SYMBOL
        raw = found.group()
        plain = _number(raw) if kind == NUMBER else fold(raw)
        if plain:
            # One string where both are alike: it is cheaper to keep and to compare.
            original = plain if raw == plain else raw
            yield plain, found.start(), found.end(), WORD if kind == "c" else kind, original


def _joined(text: str, tokens: list[Token]) -> list[Token]:
    """The tokens with every Persian prefix or plural that stands apart joined to its word."""
    joined: list[Token] = []
    for token in tokens:
        if joined and token.kind == WORD and _is_arabic(token.text[0]):
            before = joined[-1]
            if (
                before.kind == WORD
                and 0 < token.start - before.end <= 2
                and not text[before.end : token.start].strip(" \u200c\u00a0")
                and (before.text in _PREFIXES or token.text in _SUFFIXES)
                and _is_arabic(before.text[0])
            ):
                whole = text[before.start : token.end]
                joined[-1] = Token(before.text + token.text, before.start, token.end, WORD, whole)
                continue
        joined.append(token)
    return joined


def adjoining(tokens: Sequence[Token], index: int) -> bool:
    """Whether the token at ``index`` touches the one before it, without white space between."""
    return index > 0 and tokens[index - 1].end == tokens[index].start
