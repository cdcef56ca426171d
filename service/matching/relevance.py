"""How likely two statements are about the same thing: the features that the score is made of."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from rapidfuzz import fuzz

from service.matching.alignment import Alignment
from service.matching.dates import DateMention
from service.matching.model import Features
from service.matching.names import NameComparison
from service.matching.pairing import Pairing
from service.matching.quantity_comparison import Quantity
from service.matching.reading import Reading

_UNKNOWN: Final = 1.0
"""Rarity of a word that no stored phrasing has."""

_LIKE: Final = frozenset({"equal", "compatible", "overlap"})
_NESTED: Final = _LIKE | {"inside", "contains"}
_LONGEST: Final = 1_000
"""Code points of a folded text that are compared letter by letter."""


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


@dataclass(frozen=True, slots=True)
class Retrieved:
    """A candidate's BM25 score, and the highest one that the query's terms could have reached."""

    score: float
    ceiling: float


def ceiling(terms: Sequence[tuple[str, float]], corpus: Corpus) -> float:
    """The BM25 score that a statement repeating every term once would have."""
    return corpus.scale * sum(corpus.weight(term) * weight for term, weight in terms)


def relevance(
    query: Reading,
    candidate: Reading,
    words: Alignment,
    figures: Pairing[Quantity],
    dates: Pairing[DateMention],
    names: NameComparison,
    corpus: Corpus,
    retrieved: Retrieved | None,
) -> Features:
    """The features of two readings whose parts are paired already; ``equivalent`` and ``contradicts`` are left at 0.

    Without ``retrieved`` the share of the query's words that are met stands in for the BM25 score.
    """
    weight = corpus.weight
    ours = set(query.content)
    hints = set(query.hints) - ours
    theirs = candidate.content
    shared = {key for key in theirs if key in ours}
    hinted = {key for key in theirs if key in hints}
    query_total = sum(map(weight, ours))
    query_coverage = sum(map(weight, shared)) / query_total if query_total else 0.0
    candidate_total = sum(map(weight, theirs))
    met = sum(weight(key) for key in theirs if key in ours)
    met_by_hints = sum(weight(key) for key in theirs if key in hints)
    rarest = [*sorted(map(weight, shared | hinted), reverse=True)[:3], 0.0, 0.0, 0.0]
    if retrieved is None:
        share, evidence = query_coverage, sum(map(weight, shared)) / 3.0
    else:
        share = min(1.5, retrieved.score / retrieved.ceiling) if retrieved.ceiling > 0 else 0.0
        evidence = min(5.0, retrieved.score / (3.0 * corpus.scale))
    return Features(
        retrieval=share,
        evidence=evidence,
        query_coverage=query_coverage,
        candidate_coverage=met / candidate_total if candidate_total else 0.0,
        hinted_coverage=(met + met_by_hints) / candidate_total if candidate_total else 0.0,
        agreement=words.agreement,
        spelling=fuzz.token_sort_ratio(" ".join(query.content), " ".join(theirs)) / 100.0,
        containment=fuzz.partial_ratio(query.folded[:_LONGEST], candidate.folded[:_LONGEST]) / 100.0,
        order=_order(query, candidate),
        breadth=len(shared) / 6.0,
        rarest=rarest[0],
        second=rarest[1],
        third=rarest[2],
        missing=max((weight(key) for key in theirs if key not in ours and key not in hints), default=0.0),
        figures_agree=_count(figures, _LIKE),
        figures_clash=_count(figures, {"conflict"}),
        figures_missing=float(len(figures.only_candidate)),
        dates_agree=_count(dates, _NESTED),
        dates_clash=_count(dates, {"conflict"}),
        names_shared=float(len(names.shared)),
        any_name=1.0 if names.shared else 0.0,
        names_clash=float(len(names.conflicts)),
        equivalent=0.0,
        contradicts=0.0,
        query_length=math.log1p(len(query.content)),
        candidate_length=math.log1p(len(theirs)),
    )


def _count(pairing: Pairing[Quantity] | Pairing[DateMention], outcomes: Collection[str]) -> float:
    return float(sum(1 for pair in pairing.pairs if pair.outcome in outcomes))


def _order(query: Reading, candidate: Reading) -> float:
    neighbours = list(pairwise(candidate.content))
    if not neighbours:
        return 0.0
    known = set(pairwise(query.content))
    return sum(1 for pair in neighbours if pair in known) / len(neighbours)
