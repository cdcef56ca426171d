"""How likely two statements are about the same thing: the features that the score is made of."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Final

from rapidfuzz import fuzz

from service.matching.dates import DateMention
from service.matching.model import Features, features_of
from service.matching.pairing import Pairing
from service.matching.profile import Profile, numbers_of
from service.matching.quantity_comparison import Quantity

_UNKNOWN: Final = 1.0
"""Rarity of a word that no stored phrasing has."""

_LIKE: Final = frozenset({"equal", "compatible", "overlap"})
_NESTED: Final = _LIKE | {"inside", "contains"}
_CLASH: Final = frozenset({"conflict"})


@dataclass(frozen=True, slots=True)
class Corpus:
    """What the stored phrasings tell about words.

    ``rarity``: inverse document frequency of a term over the highest possible one, in (0, 1]; ``scale``: that highest
    one, ln(1 + (N + .5) / .5) for N phrasings. The default knows no corpus: every word is rare.
    """

    rarity: Mapping[str, float] = field(default_factory=dict)
    scale: float = 1.0

    def weight(self, key: str) -> float:
        """The rarity of a term; 1 for one that is not stored."""
        return self.rarity.get(key, _UNKNOWN)


NO_CORPUS: Final = Corpus()


class Incoming:
    """An incoming statement, made ready to be set beside many stored ones."""

    __slots__ = ("corpus", "keys", "letters", "profile", "rarities", "spelled", "total")

    def __init__(self, profile: Profile, corpus: Corpus) -> None:
        self.profile = profile
        self.corpus = corpus
        self.keys = frozenset((*profile.content, *profile.hints))
        self.letters = frozenset(profile.checksums)
        self.rarities = [(key, corpus.weight(key)) for key in profile.content]
        self.total = math.fsum([rarity for _, rarity in self.rarities])
        self.spelled = _spelled(profile.content)

    def evidence(self, retrieved: float) -> float:
        """A BM25 score as a feature."""
        return min(5.0, retrieved / (3.0 * self.corpus.scale))

    def alike(self, other: Profile) -> float:
        """The cosine of the letters: ``alike``, without its calls, since every wording found is asked for it."""
        ours, theirs = self.letters, other.letters
        if not ours or not theirs:
            return 0.0
        numbers = numbers_of(len(theirs)).unpack(theirs)
        return len(ours.intersection(numbers)) / math.sqrt(len(ours) * len(numbers))


def relevance(
    query: Incoming,
    candidate: Profile,
    letters: float,
    figures: Pairing[Quantity],
    dates: Pairing[DateMention],
    retrieved: float | None,
) -> Features:
    """The features, but for those of names, of two statements whose parts are paired already.

    ``letters``: the cosine of theirs. Without ``retrieved`` the shared words' rarity stands in for the BM25 score.
    """
    corpus = query.corpus
    rarity = corpus.rarity.get
    known = query.keys
    theirs = candidate.content
    rarities = list(map(rarity, theirs, repeat(_UNKNOWN)))
    common = [(key, rare) for key, rare in zip(theirs, rarities, strict=True) if key in known]
    met = dict(common)
    shared = sorted(met.values(), reverse=True)
    evidence = math.fsum(shared) / 3.0 if retrieved is None else query.evidence(retrieved)
    total = math.fsum(rarities)
    coverage = math.fsum([rare for _, rare in common]) / total if total else 0.0
    said = met.keys() | candidate.hints if candidate.hints else met
    told = math.fsum([rare for key, rare in query.rarities if key in said]) / query.total if query.total else 0.0
    rarest = [*shared[:3], 0.0, 0.0, 0.0]
    # Between two languages letters tell nothing; concepts, which stand for words of both, have to do.
    at_home = one_language(query.profile.language, candidate.language)
    return features_of(
        (
            evidence,
            coverage,
            told,
            fuzz.ratio(query.spelled, _spelled(theirs)) / 100.0,
            letters if at_home else min(coverage, told),
            rarest[0],
            rarest[1],
            rarest[2],
            _count(figures, _LIKE) if figures.pairs else 0.0,
            _count(figures, _CLASH) if figures.pairs else 0.0,
            float(len(figures.only_candidate)),
            _count(dates, _NESTED) if dates.pairs else 0.0,
            _count(dates, _CLASH) if dates.pairs else 0.0,
            0.0,
            0.0,
            math.log1p(len(theirs)),
        )
    )


def one_language(one: str, other: str) -> bool:
    """Whether two texts are in one language, by their tags, as far as that is known."""
    return one == other or one == "und" or other == "und"


def _spelled(keys: Sequence[str]) -> str:
    """The words in the order of the alphabet, so that the order they were said in does not count."""
    return " ".join(sorted(" ".join(keys).split()))


def regardless_of_clashes(features: Features) -> Features:
    """The features of statements that contradict each other: where they clash they speak of the same thing."""
    if not features.figures_clash and not features.dates_clash:
        return features
    return features._replace(
        figures_agree=features.figures_agree + features.figures_clash,
        figures_clash=0.0,
        dates_agree=features.dates_agree + features.dates_clash,
        dates_clash=0.0,
    )


def _count(pairing: Pairing[Quantity] | Pairing[DateMention], outcomes: Collection[str]) -> float:
    return float(len([pair for pair in pairing.pairs if pair.outcome in outcomes]))
