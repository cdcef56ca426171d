"""Which words of two statements say the same: the ground of every similarity in the comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rapidfuzz.distance import Indel

from service.matching.reading import Reading

_NEAR: Final = 0.82
"""Two words at least this alike (normalised Indel similarity) are taken for spellings of one word."""

_NEAR_MIN_LENGTH: Final = 5
_FAMILY_PREFIX: Final = 5
_FAMILY: Final = 0.7


@dataclass(frozen=True, slots=True)
class Alignment:
    """How far two readings share their words.

    ``query_coverage`` and ``candidate_coverage`` in [0, 1]: the weight of the words that found a partner over the
    weight of all words of that side. ``only_query`` and ``only_candidate``: words without a partner.
    """

    query_coverage: float
    candidate_coverage: float
    shared: tuple[str, ...]
    only_query: tuple[str, ...]
    only_candidate: tuple[str, ...]

    @property
    def agreement(self) -> float:
        """Harmonic mean of both coverages: high only when neither side says much more than the other."""
        total = self.query_coverage + self.candidate_coverage
        return 2 * self.query_coverage * self.candidate_coverage / total if total else 0.0


def align(query: Reading, candidate: Reading, rarity: Mapping[str, float] | None = None) -> Alignment:
    """Pair the content words of two readings, each at most once: same concept first, then near spellings.

    ``rarity`` gives the weight of a word where the corpus knows it (inverse document frequency, > 0); without it a
    word's length stands in, since long words tend to be rare ones.
    """
    left, right = query.content, candidate.content
    open_right: dict[str, list[int]] = {}
    for position, key in enumerate(right):
        open_right.setdefault(key, []).append(position)
    gained = [0.0] * len(left)
    given = [0.0] * len(right)
    rest: list[int] = []
    for position, key in enumerate(left):
        places = open_right.get(key)
        if places:
            gained[position] = 1.0
            given[places.pop()] = 1.0
        else:
            rest.append(position)
    if rest:
        _pair_near(left, right, rest, gained, given)
    left_weights = [_weight(key, rarity) for key in left]
    right_weights = [_weight(key, rarity) for key in right]
    return Alignment(
        _share(gained, left_weights),
        _share(given, right_weights),
        tuple(word for word, part in zip(query.surface, gained, strict=True) if part),
        tuple(word for word, part in zip(query.surface, gained, strict=True) if not part),
        tuple(word for word, part in zip(candidate.surface, given, strict=True) if not part),
    )


def _pair_near(
    left: Sequence[str], right: Sequence[str], rest: list[int], gained: list[float], given: list[float]
) -> None:
    for position in rest:
        word = left[position]
        if len(word) < _NEAR_MIN_LENGTH:
            continue
        best, place = 0.0, -1
        for other, key in enumerate(right):
            if given[other] or len(key) < _NEAR_MIN_LENGTH:
                continue
            alike = Indel.normalized_similarity(word, key)
            if alike > best and (
                alike >= _NEAR or (alike >= _FAMILY and word[:_FAMILY_PREFIX] == key[:_FAMILY_PREFIX])
            ):
                best, place = alike, other
        if place >= 0:
            gained[position] = best
            given[place] = best


def _weight(key: str, rarity: Mapping[str, float] | None) -> float:
    if rarity is not None:
        known = rarity.get(key)
        if known is not None:
            return known
    return 0.6 + 0.1 * min(len(key), 9)


def _share(parts: Sequence[float], weights: Sequence[float]) -> float:
    total = sum(weights)
    return sum(part * weight for part, weight in zip(parts, weights, strict=True)) / total if total else 0.0
