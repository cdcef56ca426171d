"""Which words of two statements say the same: the ground of every similarity in the comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import compress, pairwise
from typing import Final, NamedTuple

from rapidfuzz.distance import Indel

from service.matching.reading import Reading

_NEAR: Final = 0.82
"""Two words at least this alike (normalised Indel similarity) are taken for spellings of one word."""

_NEAR_MIN_LENGTH: Final = 5
_FAMILY_PREFIX: Final = 5
_FAMILY: Final = 0.7


class Alignment(NamedTuple):
    """How far two readings share their words.

    ``query_coverage`` and ``candidate_coverage`` in [0, 1]: the weight of the words that found a partner over the
    weight of all words of that side. ``only_query`` and ``only_candidate``: words without a partner. ``exchanged``:
    somewhere one word stands in the place of another one, its neighbours being the same ("the minister of defence",
    "the minister of justice"). ``partners``: places of paired words in both contents, in the query's order.
    """

    query_coverage: float
    candidate_coverage: float
    shared: tuple[str, ...]
    only_query: tuple[str, ...]
    only_candidate: tuple[str, ...]
    exchanged: bool
    partners: tuple[tuple[int, int], ...]

    @property
    def agreement(self) -> float:
        """Harmonic mean of both coverages: high only when neither side says much more than the other."""
        total = self.query_coverage + self.candidate_coverage
        return 2 * self.query_coverage * self.candidate_coverage / total if total else 0.0


def align(query: Reading, candidate: Reading) -> Alignment:
    """Pair the content words of two readings, each at most once: same concept first, then near spellings.

    A word weighs by its length, since long words tend to be rare ones: unlike true rarity that does not change while
    the corpus grows, so that a relation once given stays.
    """
    left, right = query.content, candidate.content
    open_right: dict[str, list[int]] = {}
    for position, key in enumerate(right):
        open_right.setdefault(key, []).append(position)
    gained = [0.0] * len(left)
    given = [0.0] * len(right)
    rest: list[int] = []
    partners: dict[int, int] = {}
    for position, key in enumerate(left):
        places = open_right.get(key)
        if places:
            gained[position] = 1.0
            partners[position] = place = places.pop(0)
            given[place] = 1.0
        else:
            rest.append(position)
    if rest:
        partners.update(_pair_near(left, right, rest, gained, given))
    missing = [not part for part in gained]
    return Alignment(
        _share(gained, left),
        _share(given, right),
        tuple(compress(query.surface, gained)),
        tuple(compress(query.surface, missing)),
        tuple(compress(candidate.surface, [not part for part in given])),
        _exchanged(len(left), partners, given),
        tuple(sorted(partners.items())),
    )


def _exchanged(length: int, partners: Mapping[int, int], given: Sequence[float]) -> bool:
    """Whether both sides have words without a partner between the same two neighbours (the ends of the text count)."""
    if len(partners) == length or all(given):
        return False
    places = sorted(partners.items())
    for (before, theirs_before), (after, theirs_after) in pairwise([(-1, -1), *places, (length, len(given))]):
        if after - before > 1 and not all(given[theirs_before + 1 : theirs_after]):
            return True
    return False


def _pair_near(
    left: Sequence[str], right: Sequence[str], rest: list[int], gained: list[float], given: list[float]
) -> dict[int, int]:
    """Pair what is left over, the most alike first; ties are broken by the words, never by which side they are on.

    Returns the place of the partner for each place that found one.
    """
    others = [place for place, key in enumerate(right) if not given[place] and len(key) >= _NEAR_MIN_LENGTH]
    found: list[tuple[float, str, str, int, int]] = []
    for position in rest:
        word = left[position]
        if len(word) < _NEAR_MIN_LENGTH:
            continue
        for other in others:
            key = right[other]
            alike = Indel.normalized_similarity(word, key, score_cutoff=_FAMILY)
            if alike >= _NEAR or (alike >= _FAMILY and word[:_FAMILY_PREFIX] == key[:_FAMILY_PREFIX]):
                found.append((-alike, min(word, key), max(word, key), position, other))
    found.sort()
    partners: dict[int, int] = {}
    for alike, _, _, position, other in found:
        if not gained[position] and not given[other]:
            gained[position] = given[other] = -alike
            partners[position] = other
    return partners


_WEIGHTS: Final = [0.6 + 0.1 * min(length, 9) for length in range(64)]
"""The weight of a word by its length."""


def _share(parts: Sequence[float], keys: Sequence[str]) -> float:
    """The weight of the words that found a partner over the weight of all words."""
    total = gained = 0.0
    for part, key in zip(parts, keys, strict=True):
        length = len(key)
        weight = _WEIGHTS[length if length < 64 else 63]
        total += weight
        gained += part * weight
    return gained / total if total else 0.0
