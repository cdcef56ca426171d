"""Words and fixed phrases looked up in a list of tokens, longest first.

A phrase is written as it would stand in a text and goes through the same tokenizer, so its letters are folded as the
text's are. ``#`` in a phrase stands for any run of digits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Generic, TypeVar

from service.matching.tokens import NUMBER, Token, words_of

Payload = TypeVar("Payload")

ANY_NUMBER: Final = "#"

_Tails = dict[str, list[tuple[list[str], Payload]]]


class Phrasebook(Generic[Payload]):
    """An immutable table from phrases to payloads; a phrase given twice keeps its first payload."""

    __slots__ = ("_heads", "first_words")

    def __init__(self, entries: Iterable[tuple[str, Payload]]) -> None:
        phrases: dict[tuple[str, ...], Payload] = {}
        for phrase, payload in entries:
            words = words_of(phrase)
            if words:
                phrases.setdefault(words, payload)
        # First word -> (payloads of the word alone, second word -> longer phrases): most lookups end at the second.
        heads: dict[str, tuple[list[Payload], _Tails[Payload]]] = {}
        for words, payload in sorted(phrases.items(), key=lambda item: -len(item[0])):
            alone, tails = heads.setdefault(words[0], ([], {}))
            if len(words) == 1:
                alone.append(payload)
            else:
                tails.setdefault(words[1], []).append((list(words[1:]), payload))
        self._heads = heads
        self.first_words = frozenset(heads)

    def scan(
        self, tokens: Sequence[Token], texts: list[str], hits: Sequence[int] | None = None
    ) -> list[tuple[Payload, int, int]]:
        """The phrases of a text as (payload, first token, last token), from left to right without overlaps.

        ``texts`` is ``[token.text for token in tokens]``; ``hits`` are the indexes of those in ``first_words``, where
        the caller knows them. The cost is linear in the number of tokens.
        """
        found: list[tuple[Payload, int, int]] = []
        heads = self._heads
        free = 0
        for index in [index for index, text in enumerate(texts) if text in heads] if hits is None else hits:
            if index < free:
                continue
            alone, tails = heads[texts[index]]
            if tails and (longer := self._longer(tokens, texts, index, tails)) is not None:
                found.append(longer)
                free = longer[2] + 1
            elif alone:
                found.append((alone[0], index, index))
                free = index + 1
        return found

    @staticmethod
    def _longer(
        tokens: Sequence[Token], texts: list[str], index: int, tails: _Tails[Payload]
    ) -> tuple[Payload, int, int] | None:
        following = index + 1
        if following >= len(texts):
            return None
        candidates = tails.get(texts[following])
        if ANY_NUMBER in tails and tokens[following].kind == NUMBER:
            candidates = [*(candidates or ()), *tails[ANY_NUMBER]]
        if candidates is None:
            return None
        for rest, payload in candidates:
            stop = following + len(rest)
            if texts[following:stop] == rest or (
                ANY_NUMBER in rest
                and stop <= len(texts)
                and all(
                    word == text or (word == ANY_NUMBER and token.kind == NUMBER)
                    for word, text, token in zip(rest, texts[following:stop], tokens[following:stop], strict=True)
                )
            ):
                return payload, index, stop - 1
        return None
