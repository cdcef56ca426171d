"""All wordings of a stored claim against all statements of an incoming text: one judgement for the claim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from service.domain import Relation
from service.matching.comparison import Comparison, compare
from service.matching.model import Model, default_model, strongest
from service.matching.reading import Reading
from service.matching.relevance import Corpus

STRENGTH: Final = {
    Relation.EQUIVALENT: 3,
    Relation.CONTRADICTS: 2,
    Relation.NARROWER: 1,
    Relation.BROADER: 1,
    Relation.RELATED: 0,
}
"""Which relation speaks for a claim when its wordings differ in theirs."""

_LIKELY: Final = 0.5


@dataclass(frozen=True, slots=True)
class Encounter:
    """A statement of the text (its place among them) that led to a wording of the claim (its place among its own).

    ``retrieved`` is the BM25 score; None where no search was made.
    """

    unit: int
    wording: int
    retrieved: float | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is to be said of a claim: its score, and the pair of statement and wording that tells most."""

    score: float
    comparison: Comparison
    unit: int
    wording: int


def judge(
    units: Sequence[Reading],
    wordings: Sequence[Reading],
    encounters: Sequence[Encounter],
    corpus: Corpus,
    model: Model | None = None,
) -> Judgement:
    """Judge a claim by every encounter. Raises ValueError without any.

    The score is that of the strongest features of all encounters; the relation is the most telling one of those that
    are likely, a wording in the language of the text going before others.
    """
    model = model or default_model()
    comparisons = [
        compare(units[each.unit], wordings[each.wording], corpus=corpus, retrieved=each.retrieved, model=model)
        for each in encounters
    ]
    score = max(
        model.probability(strongest([each.features for each in comparisons])),
        *(each.score for each in comparisons),
    )
    place = max(range(len(encounters)), key=lambda at: _rank(comparisons[at], encounters[at], units, wordings))
    return Judgement(score, comparisons[place], encounters[place].unit, encounters[place].wording)


def _rank(
    comparison: Comparison, encounter: Encounter, units: Sequence[Reading], wordings: Sequence[Reading]
) -> tuple[int, bool, bool, float]:
    same_language = units[encounter.unit].language.tag == wordings[encounter.wording].language.tag
    likely = comparison.score >= _LIKELY
    return STRENGTH[comparison.relation] if likely else 0, likely, same_language, comparison.score
