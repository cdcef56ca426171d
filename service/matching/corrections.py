"""Figures that a text names only to put another in their place: "not 93 but 39", «نه ۹۳ بلکه ۳۹», "ليس 93 بل 39"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from service.matching.folding import folded_words
from service.matching.tokens import NUMBER, SYMBOL, Token

_NOT: Final = folded_words("not nicht non pas no нет не نه ليس ليست وليس لا")
_BUT: Final = folded_words("but rather sondern mais sino ma а بلکه بل وإنما إنما")
_ENDS: Final = frozenset(",.;:!?)")
_SIGHT: Final = 6
"""How many tokens of the figure that is taken back may stand before the one that counts."""


def uncorrected(tokens: Sequence[Token]) -> list[Token]:
    """The tokens without a figure that is denied and replaced at once, and without what denies it.

    "Not 93 but 39 were killed" reads as "39 were killed", and "39, not 93, were killed" too. A figure that is denied
    and not replaced stays, and so does its denial.
    """
    if _NOT.isdisjoint([token[0] for token in tokens]):
        return list(tokens)
    kept: list[Token] = []
    index, count = 0, len(tokens)
    while index < count:
        if tokens[index].text in _NOT and index + 1 < count and tokens[index + 1].kind == NUMBER:
            following = _replaced(tokens, index) or _set_right(tokens, index, kept)
            if following:
                index = following
                continue
        kept.append(tokens[index])
        index += 1
    return kept


def _replaced(tokens: Sequence[Token], index: int) -> int:
    """Where the figure stands that takes the place of the one denied at ``index``; 0 where none does."""
    for at in range(index + 2, min(index + 2 + _SIGHT, len(tokens) - 1)):
        if tokens[at].text in _BUT:
            return at + 1 if tokens[at + 1].kind == NUMBER else 0
    return 0


def _set_right(tokens: Sequence[Token], index: int, before: Sequence[Token]) -> int:
    """Where the text goes on after ", not 93,", if a figure stands before that; 0 where it says something else."""
    after = index + 2
    if len(before) < 2 or before[-1].text != "," or not any(token.kind == NUMBER for token in before[-_SIGHT:]):
        return 0
    if after < len(tokens) and not (tokens[after].kind == SYMBOL and tokens[after].text in _ENDS):
        return 0
    return after
