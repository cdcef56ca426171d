"""All wordings of a stored claim against all statements of an incoming text: one judgement for the claim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from service.domain import Relation
from service.matching.comparison import Comparison, compare
from service.matching.model import Features, Meaning, Model, Together, alone, default_model, probability, strongest
from service.matching.reading import Reading
from service.matching.relevance import Corpus, one_language, together

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
class Wording:
    """A stored wording, read. ``likeness``: that of the whole incoming text by meaning, 0 for unrelated texts and 1 for
    a usual paraphrase; None where no embedding model tells.
    """

    reading: Reading
    likeness: float | None = None


@dataclass(frozen=True, slots=True)
class Encounter:
    """A statement of the text (its place among them) that led to a wording of the claim (its place among its own).

    ``retrieved`` is the BM25 score; None where no words were searched for.
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
    wordings: Sequence[Wording],
    encounters: Sequence[Encounter],
    corpus: Corpus,
    model: Model | None = None,
) -> Judgement:
    """Judge a claim by every encounter. Raises ValueError without any.

    The first unit is the text as a whole. Wordings in its language are judged by the strongest features of their
    encounters, and so are those in other languages, apart: the score is the higher of both, and 1 for a text that
    repeats a wording. The relation is the most telling one of the encounters that are likely, a wording in the language
    of the text going before others; no likeness in meaning decides it.
    """
    model = model or default_model()
    comparisons = [
        compare(units[each.unit], wordings[each.wording].reading, corpus=corpus, retrieved=each.retrieved, model=model)
        for each in encounters
    ]
    home = [one_language(units[0], wordings[each.wording].reading) for each in encounters]
    score = max(
        _score(
            units[0],
            list(dict.fromkeys(encounters[place].wording for place in places)),
            wordings,
            [comparisons[place] for place in places],
            model,
        )
        for at_home in (True, False)
        if (places := [place for place, each in enumerate(home) if each is at_home])
    )
    alone_scores = [
        _alone(units[0], wordings[each.wording], comparison, model)
        for each, comparison in zip(encounters, comparisons, strict=True)
    ]

    def telling(place: int) -> tuple[int, bool, bool, float]:
        likely = alone_scores[place] >= _LIKELY
        strength = STRENGTH[comparisons[place].relation] if likely else 0
        return strength, likely, home[place], alone_scores[place]

    best = max(range(len(encounters)), key=telling)
    return Judgement(score, comparisons[best], encounters[best].unit, encounters[best].wording)


def weigh(whole: Reading, wordings: Sequence[Reading], comparisons: Sequence[Comparison]) -> tuple[Features, Together]:
    """What the words of a claim show: its wordings' encounters and the wordings themselves, at least one of each.

    The wordings are all in the language of the text, or all in others.
    """
    features = strongest([each.features for each in comparisons])
    return features, together(whole, wordings) if one_language(whole, wordings[0]) else alone(features)


def meaning_of(likenesses: Sequence[float]) -> Meaning:
    """The two highest of at least one likeness."""
    ranked = sorted(likenesses, reverse=True)
    return Meaning(ranked[0], ranked[:2][-1])


def _score(
    whole: Reading,
    places: Sequence[int],
    wordings: Sequence[Wording],
    comparisons: Sequence[Comparison],
    model: Model,
) -> float:
    if any(each.repeats for each in comparisons):
        return 1.0
    met = [wordings[place] for place in places]
    features, gathered = weigh(whole, [each.reading for each in met], comparisons)
    likenesses = [each.likeness for each in met if each.likeness is not None]
    return _probability(whole, met[0].reading, features, gathered, likenesses, model)


def _alone(whole: Reading, wording: Wording, comparison: Comparison, model: Model) -> float:
    if comparison.repeats:
        return 1.0
    features = comparison.features
    likenesses = [] if wording.likeness is None else [wording.likeness]
    return _probability(whole, wording.reading, features, alone(features), likenesses, model)


def _probability(
    whole: Reading,
    wording: Reading,
    features: Features,
    gathered: Together,
    likenesses: Sequence[float],
    model: Model,
) -> float:
    by_words = model.by_words(features, gathered, whole.language.tag)
    if not likenesses:
        return probability(by_words)
    meaning = meaning_of(likenesses)
    if one_language(whole, wording):
        return probability(model.with_meaning(by_words, meaning))
    # What the lexicon connects between two languages counts where there is enough of it, else meaning has to do alone.
    return probability(max(model.with_meaning(by_words, meaning), model.by_meaning(features, meaning)))
