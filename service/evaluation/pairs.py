"""Labelled pairs through reading and comparing, and where the labels and the comparison disagree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from service.checking import relate
from service.domain import IncomingClaim, Phrasing, Relation
from service.evaluation.dataset import LabelledPair, as_claim_text, as_language
from service.evaluation.loading import Progress
from service.evaluation.measures import Rate, rate
from service.matching.comparison import Comparison

KINDS: Final = ("number", "negation", "entity", "other")
"""The kinds of change that are reported, ``all`` aside; any other counts as ``other``."""

_STEP: Final = 50


@dataclass(frozen=True, slots=True)
class Compared:
    """A pair with what each side was called against the other, and the higher of the two scores."""

    pair: LabelledPair
    relations: tuple[Relation, Relation]
    score: float

    @property
    def kind(self) -> str:
        """The kind of change as it is reported."""
        return self.pair.kind if self.pair.kind in KINDS else "other"

    @property
    def equivalent(self) -> bool:
        """Whether either direction was called equivalent."""
        return Relation.EQUIVALENT in self.relations

    @property
    def relation(self) -> Relation:
        """What the pair was called: equivalent when either direction was, otherwise what the first one was."""
        return Relation.EQUIVALENT if self.equivalent else self.relations[0]

    @property
    def agrees(self) -> bool:
        """Whether the comparison sees the pair as its label does."""
        return self.equivalent is (self.pair.label == "same")


@dataclass(frozen=True, slots=True)
class Called:
    """How many pairs were called equivalent, of the "different" ones by kind (and ``all``) and of the "same" ones."""

    different: dict[str, Rate]
    same: Rate


@dataclass(frozen=True, slots=True)
class PairReport:
    """What a set of labelled pairs showed; ``disagreements`` are the pairs seen otherwise than labelled, in order.

    ``relations``: by label and by kind of change, how many pairs were called what.
    """

    pairs: int
    called: Called
    same_by_kind: dict[str, Rate]
    by_language: dict[str, Called]
    by_sub: dict[str, Called]
    relations: dict[str, dict[str, dict[str, int]]]
    disagreements: list[Compared]


def compare_pairs(pairs: Sequence[LabelledPair], progress: Progress) -> list[Compared]:
    """Compare every pair both ways round."""
    compared = []
    for number, pair in enumerate(pairs, start=1):
        language = as_language(pair.lang)
        there, back = _relate(pair.a, pair.b, language), _relate(pair.b, pair.a, language)
        compared.append(Compared(pair, (there.relation, back.relation), max(there.score, back.score)))
        if number % _STEP == 0 or number == len(pairs):
            progress("comparing the pairs", number, len(pairs))
    return compared


def _relate(text: str, known: str, language: str | None) -> Comparison:
    """As a check relates a query to a stored claim, statement by statement."""
    return relate(
        IncomingClaim(as_claim_text(text), language=language), Phrasing(as_claim_text(known), language or "und")
    )


def summarise(compared: Sequence[Compared]) -> PairReport:
    """The figures for what the pairs were called."""
    languages: dict[str, list[Compared]] = defaultdict(list)
    subs: dict[str, list[Compared]] = defaultdict(list)
    for each in compared:
        languages[each.pair.lang].append(each)
        if each.pair.sub:
            subs[each.pair.sub].append(each)
    return PairReport(
        pairs=len(compared),
        called=_called(compared),
        same_by_kind=_by_kind(each for each in compared if each.pair.label == "same"),
        by_language={language: _called(part) for language, part in sorted(languages.items())},
        by_sub={sub: _called(part) for sub, part in sorted(subs.items())},
        relations=_relations(compared),
        disagreements=[each for each in compared if not each.agrees],
    )


def _called(compared: Iterable[Compared]) -> Called:
    labelled: dict[str, list[Compared]] = {"different": [], "same": []}
    for each in compared:
        labelled[each.pair.label].append(each)
    return Called(_by_kind(labelled["different"]), rate([each.equivalent for each in labelled["same"]]))


def _relations(compared: Iterable[Compared]) -> dict[str, dict[str, dict[str, int]]]:
    counts: dict[str, dict[str, dict[str, int]]] = {"different": {}, "same": {}}
    for each in compared:
        called = counts[each.pair.label].setdefault(each.kind, {relation.value: 0 for relation in Relation})
        called[each.relation.value] += 1
    return counts


def _by_kind(compared: Iterable[Compared]) -> dict[str, Rate]:
    called: dict[str, list[bool]] = {kind: [] for kind in (*KINDS, "all")}
    for each in compared:
        called[each.kind].append(each.equivalent)
        called["all"].append(each.equivalent)
    return {kind: rate(cases) for kind, cases in called.items()}
