"""Words for parts of a whole: "half", "two thirds", «یک سوم», "ثلثا", "one in five", "3 out of 10"."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from service.matching.folding import fold_word
from service.matching.quantity_words import folded_values, phrases
from service.matching.tokens import Token


@lru_cache(maxsize=64)
def whole_parts(language: str) -> dict[str, float]:
    """Words that are a part of a whole by themselves, with their value."""
    return folded_values("wholes", language)


@lru_cache(maxsize=64)
def denominators(language: str) -> dict[str, float]:
    """Words that make a part of a whole after a numerator, with the denominator."""
    return folded_values("denominators", language)


@lru_cache(maxsize=64)
def _out_of(language: str) -> dict[str, list[tuple[str, ...]]]:
    """Phrases by their first word, the longest first."""
    listed = {tuple(fold_word(word) for word in phrase.split()) for phrase in phrases("out_of", language)}
    found: dict[str, list[tuple[str, ...]]] = {}
    for words in sorted(listed, key=lambda words: (-len(words), words)):
        found.setdefault(words[0], []).append(words)
    return found


def out_of_heads(language: str) -> frozenset[str]:
    """The words that "out of" and its like begin with."""
    return frozenset(_out_of(language))


def out_of(tokens: Sequence[Token], index: int, language: str) -> int | None:
    """Index after the words that make "N ... M" a ratio ("out of", "in every"), when they stand at ``index``."""
    if index >= len(tokens):
        return None
    for words in _out_of(language).get(tokens[index].text, ()):
        end = index + len(words)
        if end < len(tokens) and all(tokens[index + step].text == word for step, word in enumerate(words)):
            return end
    return None
