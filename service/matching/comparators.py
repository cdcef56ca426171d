"""Words around a number that say how it bounds an amount: "more than", «دست‌کم», "ما لا يقل عن", "or more"."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from service.matching.quantity_words import grouped_phrases
from service.matching.tokens import SYMBOL, Token, tokenize

Phrases = dict[str, tuple[tuple[tuple[str, ...], str], ...]]


def _words(phrase: str) -> tuple[str, ...]:
    return tuple(token.text for token in tokenize(phrase))


@lru_cache(maxsize=64)
def _lexicon(language: str, *, after: bool) -> Phrases:
    """Phrases by the word that touches the number; the other words follow outwards, longest phrase first."""
    found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for sign, phrase in grouped_phrases("comparators_after" if after else "comparators_before", language):
        words = _words(phrase)
        ordered = words if after else words[::-1]
        found.setdefault(ordered[0], []).append((ordered[1:], sign))
    return {word: tuple(sorted(rest, key=lambda item: -len(item[0]))) for word, rest in found.items()}


def comparator_before(tokens: Sequence[Token], index: int, language: str) -> tuple[str, int] | None:
    """The comparator that ends just before token ``index`` and the index of its first token, or None.

    Outer words win over inner ones: "at least some 40" is ``>=``.
    """
    lexicon = _lexicon(language, after=False)
    result: tuple[str, int] | None = None
    position = index - 1
    for _ in range(3):
        if position < 0:
            break
        matched = None
        for rest, sign in lexicon.get(tokens[position].text, ()):
            start = position - len(rest)
            if start >= 0 and all(tokens[position - 1 - step].text == word for step, word in enumerate(rest)):
                matched = sign, start
                break
        if matched is None:
            break
        if result is None or result[0] in ("=", "~") or matched[0] not in ("=", "~"):
            result = matched
        position = matched[1] - 1
    return result


def comparator_after(tokens: Sequence[Token], index: int, language: str) -> tuple[str, int] | None:
    """The comparator that begins at token ``index`` and the index of its last token, or None."""
    if index >= len(tokens):
        return None
    token = tokens[index]
    if token.kind == SYMBOL:
        touches = index > 0 and tokens[index - 1].end == token.start
        return (">=", index) if token.text == "+" and touches else None
    for rest, sign in _lexicon(language, after=True).get(token.text, ()):
        last = index + len(rest)
        if last < len(tokens) and all(tokens[index + 1 + step].text == word for step, word in enumerate(rest)):
            return sign, last
    return None
