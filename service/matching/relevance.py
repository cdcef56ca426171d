"""How likely two statements are about the same thing: the features that the score is made of."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from rapidfuzz import fuzz

from service.matching.dates import DateMention
from service.matching.letters import alike, letters_of
from service.matching.model import Features, Together
from service.matching.names import NameComparison
from service.matching.pairing import Pairing
from service.matching.quantity_comparison import Quantity
from service.matching.reading import Reading

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


def relevance(
    query: Reading,
    candidate: Reading,
    figures: Pairing[Quantity],
    dates: Pairing[DateMention],
    names: NameComparison,
    corpus: Corpus,
    retrieved: float | None,
) -> Features:
    """The features of two readings whose parts are paired already.

    Without ``retrieved`` the shared words' rarity stands in for the BM25 score.
    """
    weight = corpus.weight
    ours, theirs = query.content, candidate.content
    known = {*ours, *query.hints}
    shared = sorted([weight(key) for key in known.intersection(theirs)], reverse=True)
    evidence = math.fsum(shared) / 3.0 if retrieved is None else min(5.0, retrieved / (3.0 * corpus.scale))
    rarest = [*shared[:3], 0.0, 0.0, 0.0]
    coverage, told = _share(theirs, known, weight), _share(ours, {*theirs, *candidate.hints}, weight)
    return Features(
        evidence=evidence,
        coverage=coverage,
        told=told,
        spelling=fuzz.token_sort_ratio(" ".join(ours), " ".join(theirs)) / 100.0,
        # Between two languages letters tell nothing; concepts, which stand for words of both, have to do.
        letters=alike(letters_of(query), letters_of(candidate))
        if one_language(query, candidate)
        else min(coverage, told),
        rarest=rarest[0],
        second=rarest[1],
        third=rarest[2],
        figures_agree=_count(figures, _LIKE),
        figures_clash=_count(figures, _CLASH),
        figures_missing=float(len(figures.only_candidate)),
        dates_agree=_count(dates, _NESTED),
        dates_clash=_count(dates, _CLASH),
        names_shared=float(len(names.shared)),
        names_clash=float(len(names.conflicts)),
        candidate_length=math.log1p(len(theirs)),
    )


def one_language(one: Reading, other: Reading) -> bool:
    """Whether two texts are in one language, as far as that is known."""
    tags = {one.language.tag, other.language.tag}
    return len(tags) == 1 or "und" in tags


def together(query: Reading, wordings: Sequence[Reading]) -> Together:
    """What a claim's wordings, at least one, show against a whole incoming text in the same language."""
    ours = letters_of(query)
    ranked = sorted([alike(ours, letters_of(each)) for each in wordings], reverse=True)
    return Together(second_letters=ranked[:2][-1])


def _share(keys: Collection[str], known: Collection[str], weight: Callable[[str], float]) -> float:
    """The part of the keys, by rarity, that is known; 0 of none."""
    weighed = [(weight(key), key in known) for key in keys]
    total = math.fsum([rarity for rarity, _ in weighed])
    return math.fsum([rarity for rarity, met in weighed if met]) / total if total else 0.0


def regardless_of_clashes(features: Features) -> Features:
    """The features of statements that contradict each other: where they clash they speak of the same thing."""
    return features._replace(
        figures_agree=features.figures_agree + features.figures_clash,
        figures_clash=0.0,
        dates_agree=features.dates_agree + features.dates_clash,
        dates_clash=0.0,
    )


def _count(pairing: Pairing[Quantity] | Pairing[DateMention], outcomes: Collection[str]) -> float:
    return float(sum(1 for pair in pairing.pairs if pair.outcome in outcomes))
