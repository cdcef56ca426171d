"""Words around a number that say how it bounds an amount: "more than", «دست‌کم», "ما لا يقل عن", "or more"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import cast

from service.matching.quantity_comparison import Sign
from service.matching.quantity_words import grouped_phrases
from service.matching.tokens import SYMBOL, Token, words_of

Phrases = dict[str, tuple[tuple[tuple[str, ...], Sign], ...]]


def _by_word(entries: Iterable[tuple[str, tuple[str, ...]]]) -> Phrases:
    """Phrases by the word that touches the number; the other words follow outwards, longest phrase first."""
    found: dict[str, list[tuple[tuple[str, ...], Sign]]] = {}
    for sign, words in entries:
        found.setdefault(words[0], []).append((words[1:], cast(Sign, sign)))
    return {word: tuple(sorted(rest, key=lambda item: -len(item[0]))) for word, rest in found.items()}


@lru_cache(maxsize=64)
def _before(language: str) -> Phrases:
    return _by_word((sign, words_of(phrase)[::-1]) for sign, phrase in grouped_phrases("comparators_before", language))


@lru_cache(maxsize=64)
def _after(language: str) -> Phrases:
    return _by_word((sign, words_of(phrase)) for sign, phrase in grouped_phrases("comparators_after", language))


def comparator_before(tokens: Sequence[Token], index: int, language: str) -> tuple[Sign, int] | None:
    """The comparator that ends just before token ``index`` and the index of its first token, or None.

    Outer words win over inner ones: "at least some 40" is ``>=``.
    """
    phrases = _before(language)
    result: tuple[Sign, int] | None = None
    position = index - 1
    for _ in range(3):
        if position < 0:
            break
        matched = None
        for rest, sign in phrases.get(tokens[position].text, ()):
            start = position - len(rest)
            if not rest or (
                start >= 0 and all(tokens[position - 1 - step].text == word for step, word in enumerate(rest))
            ):
                matched = sign, start
                break
        if matched is None:
            break
        if result is None or result[0] in ("=", "~") or matched[0] not in ("=", "~"):
            result = matched
        position = matched[1] - 1
    return result


def bounding_heads(language: str) -> frozenset[str]:
    """The words and signs that a comparator behind a number may begin with."""
    return frozenset(_after(language)) | {"+"}


def comparator_after(tokens: Sequence[Token], index: int, language: str) -> tuple[Sign, int] | None:
    """The comparator that begins at token ``index`` and the index of its last token, or None."""
    if index >= len(tokens):
        return None
    token = tokens[index]
    if token.kind == SYMBOL:
        touches = index > 0 and tokens[index - 1].end == token.start
        return (">=", index) if token.text == "+" and touches else None
    for rest, sign in _after(language).get(token.text, ()):
        last = index + len(rest)
        if not rest or (
            last < len(tokens) and all(tokens[index + 1 + step].text == word for step, word in enumerate(rest))
        ):
            return sign, last
    return None
