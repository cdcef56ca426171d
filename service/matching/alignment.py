"""Which words of two statements say the same: the ground of every similarity in the comparison."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import compress, pairwise
from typing import Final, NamedTuple

from rapidfuzz.distance import Indel

from service.matching.folding import fold_word
from service.matching.kindred import Kindred, kindred, one_arabic_word, shortened
from service.matching.reading import Reading
from service.matching.synonyms import MARK, canonical
from service.matching.tokens import WORD

_NEAR: Final = 0.82
"""Two words at least this alike (normalised Indel similarity) are taken for spellings of one word."""

_NEAR_MIN_LENGTH: Final = 5
_FAMILY_PREFIX: Final = 5
_FAMILY: Final = 0.7

_KIN: Final = 0.9
"""What a word counts that stands for another one of its kindred."""

_ONE_WORD: Final = 0.85
"""What two forms of one Arabic word count, and a word and its abbreviation without vowels."""

_LIGHT: Final = 0.3
"""What a light word weighs, relative to its length."""


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
        if key in open_right:
            open_right[key].append(position)
        else:
            open_right[key] = [position]
    gained = [0.0] * len(left)
    given = [0.0] * len(right)
    rest: list[int] = []
    partners: dict[int, int] = {}
    if len(open_right) < len(right) or len(set(left)) < len(left):
        partners = _pair_repeated(left, right, open_right)
        for position, place in partners.items():
            gained[position] = given[place] = 1.0
    for position, key in enumerate(left):
        places = open_right.get(key)
        if places and not gained[position]:
            partners[position] = place = places.pop()
            gained[position] = given[place] = 1.0
        elif not gained[position]:
            rest.append(position)
    ours = kindred(query.language.tag)
    theirs = ours if candidate.language.tag == query.language.tag else kindred(candidate.language.tag)
    if rest:
        partners.update(_pair_near(query, candidate, rest, gained, given, ours, theirs))
        if (query.names or candidate.names) and not all(given):
            _meet_names(query, candidate, gained, given, partners)
        if query.attribution is None and candidate.attribution is not None:
            _meet_frame(query, candidate, gained)
        elif candidate.attribution is None and query.attribution is not None:
            _meet_frame(candidate, query, given)
    elif query.attribution is not None and candidate.attribution is None:
        _meet_frame(candidate, query, given)
    missing = [not part for part in gained]
    paired = tuple(sorted(partners.items()))
    return Alignment(
        _share(gained, left, ours.light),
        _share(given, right, theirs.light),
        tuple(compress(query.surface, gained)),
        tuple(compress(query.surface, missing)),
        tuple(compress(candidate.surface, [not part for part in given])),
        _exchanged(left, right, paired, given, ours, theirs),
        paired,
    )


def _meet_names(
    query: Reading, candidate: Reading, gained: list[float], given: list[float], partners: dict[int, int]
) -> None:
    """Pair a known name with the same word in small letters, which was read as a plain word."""
    alone = [place for place, part in enumerate(gained) if not part]
    theirs = [place for place, part in enumerate(given) if not part]
    for position in alone if theirs else ():
        named = query.content[position][0] == "@"
        for other in theirs:
            if (
                (candidate.content[other][0] == "@") != named
                and not given[other]
                and query.surface[position].lower() == candidate.surface[other].lower()
            ):
                gained[position] = given[other] = 1.0
                partners[position] = other
                break


def _meet_frame(reading: Reading, framed: Reading, parts: list[float]) -> None:
    """Words that the other side says in its frame: "Syria: ten killed" says Syria as "ten killed in Syria" does."""
    attribution = framed.attribution
    if attribution is None:
        return
    tag = framed.language.tag
    keys: set[str] | None = None
    for place, part in enumerate(parts):
        if part:
            continue
        if keys is None:
            frame = framed.tokens[attribution.claimant_first : attribution.claimant_last + 1]
            keys = {canonical(token[0], tag) for token in frame if token[3] == WORD}
        key = reading.content[place]
        # A known name or a concept of several words is found by its words.
        if key in keys or ((key[0] == "@" or " " in reading.surface[place]) and _all_said(reading, place, keys)):
            parts[place] = 1.0


def _all_said(reading: Reading, place: int, keys: set[str]) -> bool:
    tag = reading.language.tag
    return all(canonical(fold_word(word), tag) in keys for word in reading.surface[place].split())


def _pair_repeated(left: Sequence[str], right: Sequence[str], places: dict[str, list[int]]) -> dict[int, int]:
    """Pair the words that a side says more than once, those with the same neighbours first; takes their ``places``."""
    repeated = {key for key, found in places.items() if len(found) > 1 or left.count(key) > 1}
    if repeated.isdisjoint(left):
        return {}
    ranked: list[tuple[int, int, int, int, int]] = []
    for i, key in enumerate(left):
        if key in repeated:
            for j in places[key]:
                alike = (i > 0 and j > 0 and left[i - 1] == right[j - 1]) + (
                    left[i + 1 : i + 2] == right[j + 1 : j + 2]
                )
                ranked.append((-alike, abs(i - j), i + j, i, j))
    ranked.sort()
    partners: dict[int, int] = {}
    for *_, i, j in ranked:
        if i not in partners and j in places[left[i]]:
            partners[i] = j
            places[left[i]].remove(j)
    return partners


def _exchanged(
    left: Sequence[str],
    right: Sequence[str],
    partners: Sequence[tuple[int, int]],
    given: Sequence[float],
    ours: Kindred,
    theirs: Kindred,
) -> bool:
    """Whether both sides have words without a partner between the same two neighbours (the ends of the text count)."""
    length = len(left)
    if len(partners) == length or all(given):
        return False
    for (before, theirs_before), (after, theirs_after) in pairwise([(-1, -1), *partners, (length, len(given))]):
        if after - before > 1 and not all(given[theirs_before + 1 : theirs_after]):
            alone = left[before + 1 : after]
            others = [right[place] for place in range(theirs_before + 1, theirs_after) if not given[place]]
            if exchange(alone, others, ours, theirs):
                return True
    return False


def exchange(one: Sequence[str], other: Sequence[str], ours: Kindred, theirs: Kindred) -> bool:
    """Whether words without a partner may stand for each other: on both sides there is one that is not empty."""
    return not ours.empty.issuperset(one) and not theirs.empty.issuperset(other)


def _pair_near(
    query: Reading,
    candidate: Reading,
    rest: list[int],
    gained: list[float],
    given: list[float],
    ours: Kindred,
    theirs: Kindred,
) -> dict[int, int]:
    """Pair what is left over, the most alike first; ties are broken by the words, never by which side they are on.

    Returns the place of the partner for each place that found one.
    """
    others = [place for place, part in enumerate(given) if not part]
    if not others:
        return {}
    left, right = query.content, candidate.content
    roots = ours.roots and theirs.roots
    found: list[tuple[float, str, str, int, int]] = []
    for position in rest:
        word = left[position]
        kin = ours.groups.get(word)
        for other in others:
            key = right[other]
            alike = _alike(word, key)
            if kin is not None and alike < _KIN and not kin.isdisjoint(theirs.groups.get(key, ())):
                alike = _KIN
            if not alike and roots and one_arabic_word(word, key):
                alike = _ONE_WORD
            if not alike and (word[0] == MARK) != (key[0] == MARK):
                alike = _misspelt(query.surface[position], candidate.surface[other])
            if alike:
                found.append((-alike, min(word, key), max(word, key), position, other))
    found.sort()
    partners: dict[int, int] = {}
    for alike, _, _, position, other in found:
        if not gained[position] and not given[other]:
            gained[position] = given[other] = -alike
            partners[position] = other
    return partners


@lru_cache(maxsize=262_144)
def _alike(word: str, key: str) -> float:
    """How far two words are one by their letters; 0 where they are not."""
    if len(word) >= _NEAR_MIN_LENGTH and len(key) >= _NEAR_MIN_LENGTH:
        alike = Indel.normalized_similarity(word, key, score_cutoff=_FAMILY)
        # Who mistypes a word seldom does so in its first letter; another first letter is a particle, or another word.
        if alike >= _NEAR and (word[0] == key[0] or word.endswith(key) or key.endswith(word)):
            return alike
        if alike >= _FAMILY and word[:_FAMILY_PREFIX] == key[:_FAMILY_PREFIX]:
            return alike
    return _ONE_WORD if shortened(word, key) else 0.0


@lru_cache(maxsize=65_536)
def _misspelt(one: str, other: str) -> float:
    """How far two words as they are written are one, of which the lexicon knows one and not the other; else 0."""
    one, other = one.lower(), other.lower()
    if min(len(one), len(other)) < _NEAR_MIN_LENGTH or one[0] != other[0]:
        return 0.0
    return Indel.normalized_similarity(one, other, score_cutoff=_NEAR)


_WEIGHTS: Final = [0.6 + 0.1 * min(length, 9) for length in range(64)]
"""The weight of a word by its length."""


def _share(parts: Sequence[float], keys: Sequence[str], light: frozenset[str]) -> float:
    """The weight of the words that found a partner over the weight of all words."""
    if parts and parts.count(1.0) == len(parts):
        return 1.0
    total = gained = 0.0
    for part, key in zip(parts, keys, strict=True):
        length = len(key)
        weight = _WEIGHTS[length if length < 64 else 63]
        if key in light:
            weight *= _LIGHT
        total += weight
        gained += part * weight
    return gained / total if total else 0.0
