"""How alike two texts are by the letters of their words, whatever the words are taken to be: cosines of n-gram sets.

Sets and not counts: a text says a thing once. What inflection, compounds, transliteration and typing errors change
leaves most of a word's n-grams as they were (McNamee and Mayfield, Information Retrieval 7, 2004).
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

from service.matching.reading import Reading

_LENGTH: Final = 4
"""Letters in an n-gram, the ends of the word included."""


def letters_of(reading: Reading) -> frozenset[str]:
    """The n-grams within the words that a reading is read from, noise left out."""
    return _letters(" ".join([token.text for token in reading.tokens]))


@lru_cache(maxsize=4_096)
def _letters(text: str) -> frozenset[str]:
    found: set[str] = set()
    for word in text.split():
        padded = f" {word} "
        found.update([padded[start : start + _LENGTH] for start in range(max(1, len(padded) - _LENGTH + 1))])
    return frozenset(found)


def alike(one: frozenset[str], other: frozenset[str]) -> float:
    """The cosine of two sets, in [0, 1]; 0 where one of them is empty."""
    if not one or not other:
        return 0.0
    return len(one & other) / math.sqrt(len(one) * len(other))
