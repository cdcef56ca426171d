"""A cursor over the tokens of one text: words with their limits, spans, and what is counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from service.matching.numbers import Number
from service.matching.quantity_comparison import Quantity, Sign
from service.matching.quantity_guide import Guide
from service.matching.tokens import WORD, Token

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

_AUXILIARY: Final = frozenset(
    {"were", "was", "are", "is", "have", "has", "had", "been", "being", "be", "got", "reported"}
)

_MAX_COUNTED: Final = 3
_MARGIN: Final = ("",) * 16
"""Further than half of this no reader looks beyond either end of the text."""


class TokenReader:
    """The tokens of one text with its language's words; holds what does not change between two quantities."""

    __slots__ = ("guide", "language", "taken", "tokens", "words")

    def __init__(self, tokens: Sequence[Token], guide: Guide, taken: frozenset[int]) -> None:
        self.tokens = tokens
        self.guide = guide
        self.language = guide.language
        self.taken = taken
        # The folded tokens, empty where a date stands. The blanks at the end are what stands behind the text, and,
        # since negative indexes count from the end, also what stands before it.
        self.words = [token[0] for token in tokens]
        for index in taken:
            self.words[index] = ""
        self.words += _MARGIN

    def touches(self, index: int) -> bool:
        """Whether token ``index`` exists and touches the one before it."""
        return 0 < index < len(self.tokens) and self.tokens[index - 1].end == self.tokens[index].start

    def made(
        self, number: Number, first: int, last: int, comparator: Sign, unit: str | None, counted: tuple[str, ...] = (),
        upper: float | None = None, measure: str | None = None, step: float | None = None,
    ) -> Quantity:  # fmt: skip
        """A quantity over tokens ``first`` to ``last`` with the span they cover."""
        start, end = self.tokens[first].start, self.tokens[last].end
        text = " ".join(token.original for token in self.tokens[first : last + 1])
        if end - start != len(text):
            text = self._original(first, last)
        return Quantity(
            number.value, upper, comparator, unit, counted, text, start, end, first, last,
            number.step if step is None else step, measure, number.scale >= 1000 and not number.spelled,
        )  # fmt: skip

    def _original(self, first: int, last: int) -> str:
        """The covered tokens with a space wherever the original had a gap."""
        parts = [self.tokens[first].original]
        for index in range(first + 1, last + 1):
            if not self.touches(index):
                parts.append(" ")
            parts.append(self.tokens[index].original)
        return "".join(parts)

    def counted(self, index: int) -> tuple[tuple[str, ...], bool, int]:
        """Up to three words from token ``index`` on that say what is counted, whether they are persons, and the
        index of the last one."""
        guide = self.guide
        stop, persons = guide.counting.stop, guide.counting.persons
        tokens, position = self.tokens, index
        if self.words[position] in _AUXILIARY:
            ahead = position + 1
            while self.words[ahead] in _AUXILIARY:
                ahead += 1
            if self.words[ahead] not in persons:
                return (), False, index - 1
            return (self.words[ahead],), True, ahead
        while position < index + 2 and self.words[position] in _LEADING and self.words[position] not in persons:
            position += 1
        if self.words[position] == "-" and self.touches(position) and self.touches(position + 1):
            position += 1
        words: list[str] = []
        while position < len(tokens) and len(words) < _MAX_COUNTED and position not in self.taken:
            token = tokens[position]
            if token.text == "-" and self.touches(position) and self.touches(position + 1) and words:
                position += 1
                continue
            if token.kind != WORD or token.text in stop:
                break
            text = token.text
            if text[1:2] == "'":
                # French and Italian: "d'enfants".
                text = text[2:]
            if text in persons:
                words.append(text)
                return tuple(words), True, position
            if token.text in guide.lexicon.words and token.text not in guide.weak:
                break
            words.append(token.text)
            position += 1
        return tuple(words), False, position - 1
