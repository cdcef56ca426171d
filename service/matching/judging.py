"""All wordings of a stored claim against all statements of an incoming text: one judgement for the claim."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from service.domain import Relation
from service.matching.comparison import Comparison, conclude
from service.matching.glance import Glance, Glimpse, glimpse
from service.matching.letters import alike, letters_of
from service.matching.model import (
    Features,
    Meaning,
    Model,
    Together,
    alone,
    default_model,
    probability,
    strongest,
    together,
)
from service.matching.profile import Profile, profile_of
from service.matching.reading import Reading
from service.matching.relevance import Corpus, Incoming, one_language

STRENGTH: Final = {
    Relation.EQUIVALENT: 3,
    Relation.CONTRADICTS: 2,
    Relation.NARROWER: 1,
    Relation.BROADER: 1,
    Relation.RELATED: 0,
}
"""Which relation speaks for a claim when its wordings differ in theirs."""

_STRONGEST: Final = max(STRENGTH.values())

_LIKELY: Final = 0.5

_EVIDENCE: Final = 0.2
_LIKENESS: Final = 0.6
"""What BM25 as a feature, and likeness, count beside the cosine of the letters in how promising a claim is."""


class Wording(NamedTuple):
    """A stored wording. ``reading`` is called for those alone that have to be compared in full.

    ``likeness``: that of the whole incoming text by meaning, 0 for unrelated texts and 1 for a usual paraphrase; None
    where no embedding model tells.
    """

    profile: Profile
    reading: Callable[[], Reading]
    likeness: float | None = None


def wording_of(reading: Reading, likeness: float | None = None) -> Wording:
    """A wording that is read already."""
    return Wording(profile_of(reading), lambda: reading, likeness)


class Encounter(NamedTuple):
    """A statement of the text (its place among them) that led to a wording of the claim (its place among its own).

    ``retrieved`` is the BM25 score; None where no words were searched for.
    """

    unit: int
    wording: int
    retrieved: float | None


class Promise(NamedTuple):
    """``order``: the higher, the likelier the claim reaches a high score; infinite where letters tell nothing.

    ``letters``: for each wording the cosine of its letters with those of the whole text.
    """

    order: float
    letters: Sequence[float]


class Prospect(NamedTuple):
    """A claim at a glance. ``ceiling``: no judgement gives it a higher score. ``glances``: see ``Judge.look``."""

    wordings: Sequence[Wording]
    encounters: Sequence[Encounter]
    glances: Sequence[Glance]
    letters: Sequence[float]
    ceiling: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is to be said of a claim: its score, and the pair of statement and wording that tells most."""

    score: float
    comparison: Comparison
    unit: int
    wording: int


class Judge:
    """Judges one claim after another against an incoming text.

    The first unit is the text as a whole. Wordings in its language are judged by the strongest features of their
    encounters, and so are those in other languages, apart: the score is the higher of both, and 1 for a text that
    repeats a wording. The relation is the most telling one of the encounters that are likely, a wording in the language
    of the text going before others; no likeness in meaning decides it.
    """

    def __init__(self, units: Sequence[Reading], corpus: Corpus, model: Model | None = None) -> None:
        self._units = units
        self._incoming = [Incoming(profile_of(unit), corpus) for unit in units]
        self._language = units[0].language.tag
        self._model = model or default_model()

    def promise(self, wordings: Sequence[Wording], encounters: Sequence[Encounter]) -> Promise:
        """How promising a claim is, from the little that weighs most. Raises ValueError without an encounter."""
        if not encounters:
            raise ValueError("no encounter: the claim's are empty")
        whole = self._incoming[0]
        letters = [whole.alike(each.profile) for each in wordings]
        order = max(letters)
        for each in wordings:
            if not self._at_home(each):
                return Promise(math.inf, letters)
        order += _EVIDENCE * whole.evidence(max([each.retrieved or 0.0 for each in encounters]))
        return Promise(order + _LIKENESS * max([each.likeness or 0.0 for each in wordings]), letters)

    def look(
        self,
        wordings: Sequence[Wording],
        encounters: Sequence[Encounter],
        promise: Promise | None = None,
        levels: tuple[float, float] = (0.0, 0.0),
    ) -> Prospect:
        """See a claim at a glance. Raises ValueError without an encounter.

        ``levels``: what a score needs for hope, and to be shown. A claim that cannot be shown has no glances and is not
        to be judged; its ceiling is on the right side of the first level, and need not be exact.
        """
        order, letters = promise or self.promise(wordings, encounters)
        glimpses = [
            glimpse(
                self._incoming[each.unit],
                wordings[each.wording].profile,
                each.retrieved,
                None if each.unit else letters[each.wording],
            )
            for each in encounters
        ]
        hope, shown = levels
        if shown and order < math.inf:
            # Names weigh little, and are dear to compare: mostly it is plain without them that a claim is not shown.
            at_best = [each.with_names(self._model.names_at_best) for each in glimpses]
            ceiling = self._score(wordings, encounters, glimpses, at_best, letters)
            if ceiling < shown:
                at_worst = [each.with_names(self._model.names_at_worst) for each in glimpses]
                if ceiling < hope or self._score(wordings, encounters, glimpses, at_worst, letters) >= hope:
                    return Prospect(wordings, encounters, (), letters, ceiling)
        glances = [each.glance() for each in glimpses]
        most = [each.most for each in glances]
        return Prospect(
            wordings, encounters, glances, letters, self._score(wordings, encounters, glances, most, letters)
        )

    def judge(self, prospect: Prospect) -> Judgement:
        """Judge a claim, comparing in full what the judgement depends on."""
        wordings, encounters = prospect.wordings, prospect.encounters
        comparisons: dict[int, Comparison] = {}

        def compared(place: int) -> Comparison:
            if place not in comparisons:
                met, seen = encounters[place], prospect.glances[place]
                reading = wordings[met.wording].reading()
                comparisons[place] = conclude(self._units[met.unit], reading, seen, self._model)
            return comparisons[place]

        features = [
            compared(place).features if seen.clashes else seen.features for place, seen in enumerate(prospect.glances)
        ]
        score = prospect.ceiling
        if any(seen.clashes for seen in prospect.glances):
            score = self._score(wordings, encounters, prospect.glances, features, prospect.letters)
        if len(encounters) == 1:
            return Judgement(score, compared(0), *encounters[0][:2])
        alone_scores = [
            1.0 if seen.repeats else self._alone(wordings[each.wording], part, alone(part))
            for each, seen, part in zip(encounters, prospect.glances, features, strict=True)
        ]

        def preferred(place: int) -> tuple[bool, bool, float]:
            likely = alone_scores[place] >= _LIKELY
            return likely, self._at_home(wordings[encounters[place].wording]), alone_scores[place]

        ranked = sorted(range(len(encounters)), key=preferred, reverse=True)
        best, strongest_yet = ranked[0], -1
        for place in ranked:
            if alone_scores[place] < _LIKELY:
                break
            strength = STRENGTH[compared(place).relation]
            if strength > strongest_yet:
                best, strongest_yet = place, strength
            if strength == _STRONGEST:
                break
        return Judgement(score, compared(best), encounters[best].unit, encounters[best].wording)

    def _at_home(self, wording: Wording) -> bool:
        return one_language(self._language, wording.profile.language)

    def _score(
        self,
        wordings: Sequence[Wording],
        encounters: Sequence[Encounter],
        glances: Sequence[Glance | Glimpse],
        features: Sequence[Features],
        letters: Sequence[float],
    ) -> float:
        if len(encounters) == 1:
            if glances[0].repeats:
                return 1.0
            place = encounters[0].wording
            wording, part = wordings[place], features[0]
            return self._alone(wording, part, Together(letters[place]) if self._at_home(wording) else alone(part))
        if any(each.repeats for each in glances):
            return 1.0
        groups: dict[bool, tuple[list[int], list[Features]]] = {}
        for each, part in zip(encounters, features, strict=True):
            places, parts = groups.setdefault(self._at_home(wordings[each.wording]), ([], []))
            places.append(each.wording)
            parts.append(part)
        return max(
            self._of_group(list(dict.fromkeys(places)), wordings, parts, letters) for places, parts in groups.values()
        )

    def _of_group(
        self, places: Sequence[int], wordings: Sequence[Wording], parts: Sequence[Features], letters: Sequence[float]
    ) -> float:
        """The score from wordings that are all in the language of the text, or all in others."""
        features = strongest(parts)
        first = wordings[places[0]]
        gathered = together([letters[place] for place in places]) if self._at_home(first) else alone(features)
        likenesses = [each for place in places if (each := wordings[place].likeness) is not None]
        return self._probability(first, features, gathered, likenesses)

    def _alone(self, wording: Wording, features: Features, letters: Together) -> float:
        """The score from a single wording."""
        likenesses = [] if wording.likeness is None else [wording.likeness]
        return self._probability(wording, features, letters, likenesses)

    def _probability(
        self, wording: Wording, features: Features, gathered: Together, likenesses: Sequence[float]
    ) -> float:
        model = self._model
        by_words = model.by_words(features, gathered, self._language)
        if not likenesses:
            return probability(by_words)
        meaning = meaning_of(likenesses)
        if self._at_home(wording):
            return probability(model.with_meaning(by_words, meaning))
        # What the lexicon connects between two languages counts where there is enough of it, else meaning has to do
        # alone.
        return probability(max(model.with_meaning(by_words, meaning), model.by_meaning(features, meaning)))


def judge(
    units: Sequence[Reading],
    wordings: Sequence[Wording],
    encounters: Sequence[Encounter],
    corpus: Corpus,
    model: Model | None = None,
) -> Judgement:
    """Judge a single claim by every encounter, as ``Judge`` does. Raises ValueError without any."""
    of_text = Judge(units, corpus, model)
    return of_text.judge(of_text.look(wordings, encounters))


def weigh(whole: Reading, wordings: Sequence[Reading], comparisons: Sequence[Comparison]) -> tuple[Features, Together]:
    """What the words of a claim show: its wordings' encounters and the wordings themselves, at least one of each.

    The wordings are all in the language of the text, or all in others.
    """
    features = strongest([each.features for each in comparisons])
    if not one_language(whole.language.tag, wordings[0].language.tag):
        return features, alone(features)
    ours = letters_of(whole)
    return features, together([alike(ours, letters_of(each)) for each in wordings])


def meaning_of(likenesses: Sequence[float]) -> Meaning:
    """The two highest of at least one likeness."""
    ranked = sorted(likenesses, reverse=True)
    return Meaning(ranked[0], ranked[:2][-1])
