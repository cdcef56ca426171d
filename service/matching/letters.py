"""How alike two texts are by the letters of their words, whatever the words are taken to be: cosines of n-gram sets.

Sets and not counts: a text says a thing once. What inflection, compounds, transliteration and typing errors change
leaves most of a word's n-grams as they were (McNamee and Mayfield, Information Retrieval 7, 2004).
"""

from __future__ import annotations

import math
from collections.abc import Collection
from functools import lru_cache
from typing import Final
from zlib import crc32

from service.matching.reading import Reading

_LENGTH: Final = 4
"""Letters in an n-gram, the ends of the word included."""


def letters_of(reading: Reading) -> frozenset[int]:
    """The n-grams within the words that a reading is read from, noise left out, each as its CRC-32.

    The checksum is the same in every process and takes as much room in every script. Four letters of ASCII never share
    theirs with four others; of all n-grams one pair in four thousand million does.
    """
    return frozenset().union(*[_within(token[0]) for token in reading.tokens])


@lru_cache(maxsize=16_384)
def _within(text: str) -> tuple[int, ...]:
    """Those of the words of a token: a number may have spaces in it."""
    found = []
    for word in text.split():
        padded = f" {word} ".encode("utf-32-le", "surrogatepass")
        last = len(padded) - 4 * _LENGTH
        found += [crc32(padded[start : start + 4 * _LENGTH]) for start in range(0, max(1, last + 1), 4)]
    return tuple(found)


def alike(one: frozenset[int], other: Collection[int]) -> float:
    """The cosine of two sets, in [0, 1]; 0 where one of them is empty. ``other`` holds none twice."""
    if not one or not other:
        return 0.0
    return len(one.intersection(other)) / math.sqrt(len(one) * len(other))
