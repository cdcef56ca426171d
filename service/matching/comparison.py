"""Two readings in, a relation with typed conflicts and an explained score out.

``score`` is the probability that both statements are about the same thing, whatever they say of it; the relation says
whether they say the same. The guards stand above the score: a figure, date, polarity, direction or name that excludes
the other side's is never ``equivalent``, however alike the words are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from service.domain import Conflict, ConflictKind, Explanation, Relation
from service.matching.alignment import align
from service.matching.dates import DateMention
from service.matching.distinctions import adds, turns
from service.matching.exchanges import exchanged, narrows_denial
from service.matching.glance import Glance, glimpse
from service.matching.guards import (
    Parts,
    across,
    denial_is_met,
    denied_by_prefix,
    extra,
    labels_of,
    may_recur,
    other_claimants,
    other_commitment,
    other_designation,
    other_person,
    unshared_names,
)
from service.matching.model import SAME, Features, Model, alone, default_model, probability
from service.matching.name_comparison import compare_names
from service.matching.negation import SPENT
from service.matching.pairing import pair_dates, pair_quantities
from service.matching.polarity import PolarityComparison, compare_polarity
from service.matching.profile import profile_of
from service.matching.quantity_comparison import Quantity
from service.matching.reading import Reading
from service.matching.relevance import NO_CORPUS, Corpus, Incoming
from service.matching.roles import reversed_pair, roles_changed
from service.matching.units import factor_of

_MUCH_ALIKE: Final = 0.8
"""From such an agreement of their words on it is told what else keeps two statements apart."""

_LIKE: Final = frozenset({"equal", "compatible", "overlap"})


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a stored statement stands to an incoming one. ``score`` in [0, 1]; ``conflicts`` say where they clash."""

    relation: Relation
    score: float
    conflicts: tuple[Conflict, ...]
    features: Features
    _query: Reading = field(repr=False)
    _candidate: Reading = field(repr=False)
    _parts: Parts | None = field(repr=False)

    @property
    def repeats(self) -> bool:
        """Whether both are one text, but for what folding takes away."""
        return self._parts is None

    @property
    def explanation(self) -> tuple[Explanation, ...]:
        """One row for each part that was compared; made when asked for, since few comparisons are ever shown."""
        if self._parts is None:
            return (Explanation("text", 1.0, self._query.text, self._candidate.text, "the same text after folding"),)
        rows = _explain(self._query, self._candidate, self._parts, self.features)
        if self.relation is Relation.EQUIVALENT or self.conflicts or self._parts.words.agreement < _MUCH_ALIKE:
            return rows
        told = adds(self._query, self._candidate, self._parts) or turns(self._query, self._candidate, self._parts)
        return rows if told is None else (*rows, Explanation("sense", 0.0, None, None, told))


def compare(
    query: Reading,
    candidate: Reading,
    *,
    corpus: Corpus = NO_CORPUS,
    retrieved: float | None = None,
    model: Model | None = None,
) -> Comparison:
    """Compare an incoming statement with a stored one.

    ``corpus`` tells how rare words are, ``retrieved`` is the BM25 score that found the candidate; both only move the
    score, never the relation. Pure, and symmetric in its conflicts and in ``equivalent``; ``narrower`` and ``broader``
    change places with the arguments. ``model`` defaults to the one in the package.
    """
    seen = glimpse(Incoming(profile_of(query), corpus), profile_of(candidate), retrieved).glance()
    return conclude(query, candidate, seen, model or default_model())


def may_conflict(query: Reading, candidate: Reading) -> bool:
    """Whether ``compare`` would find a conflict: told by the parts of both readings, without aligning their words."""
    return bool(
        query.loose_digits != candidate.loose_digits
        or pair_quantities(query.quantities, candidate.quantities, query.language.tag, candidate.language.tag).conflicts
        or pair_dates(query.dates, candidate.dates).conflicts
        or compare_names(query.names, candidate.names).conflicts
        or compare_polarity(query.polarity, candidate.polarity).relation == "opposite"
        or reversed_pair(query.names, query.tokens, candidate.names, candidate.tokens)
    )


def conclude(query: Reading, candidate: Reading, seen: Glance, model: Model) -> Comparison:
    """Compare in full two statements that were seen at a glance."""
    if seen.repeats:
        return Comparison(Relation.EQUIVALENT, 1.0, (), SAME, query, candidate, None)
    parts = Parts(
        align(query, candidate),
        seen.quantities,
        seen.dates,
        compare_polarity(query.polarity, candidate.polarity),
        seen.names,
        query.loose_digits != candidate.loose_digits and sorted(query.loose_digits) != sorted(candidate.loose_digits),
        reversed_pair(query.names, query.tokens, candidate.names, candidate.tokens),
    )
    conflicts = _conflicts(query, candidate, parts, model)
    relation = _relation(query, candidate, parts, conflicts, model)
    features = seen.most if relation is Relation.CONTRADICTS else seen.features
    score = probability(model.by_words(features, alone(features), query.language.tag))
    return Comparison(relation, score, conflicts, features, query, candidate, parts)


def _conflicts(query: Reading, candidate: Reading, parts: Parts, model: Model) -> tuple[Conflict, ...]:
    found: list[Conflict] = []
    for figures in parts.quantities.conflicts:
        unit = figures.query.measure or figures.query.unit or figures.candidate.measure or figures.candidate.unit
        ours, theirs = figure(figures.query), figure(figures.candidate)
        if ours == theirs:
            ours, theirs = figures.query.text, figures.candidate.text
        found.append(Conflict(ConflictKind.QUANTITY, ours, theirs, unit))
    if not found and parts.digits_differ:
        mine, yours = _plain_figures(query), _plain_figures(candidate)
        if mine and yours and sorted(mine) != sorted(yours):
            found.append(Conflict(ConflictKind.QUANTITY, " ".join(mine), " ".join(yours)))
    for when in parts.dates.conflicts:
        found.append(Conflict(ConflictKind.DATE, *_days(when.query, when.candidate)))
    if parts.reversed_roles is not None:
        actor, patient = (next(name.text for name in query.names if name.key == key) for key in parts.reversed_roles)
        found.append(Conflict(ConflictKind.DIRECTION, f"{actor}, then {patient}", f"{patient}, then {actor}"))
    elif parts.polarity.relation == "opposite" and not _zero_is_a_figure(query, candidate, parts):
        found.append(_polarity_conflict(query, candidate, parts.polarity))
    for left, right in parts.names.conflicts:
        found.append(Conflict(ConflictKind.NAME, left.text, right.text))
    return tuple(found)


def _days(ours: DateMention, theirs: DateMention) -> tuple[str, str]:
    """Two dates as they are written, or as they fall where they are written alike ("this year", "this year")."""
    if ours.text != theirs.text:
        return ours.text, theirs.text
    return f"{ours.text} ({ours.earliest} to {ours.latest})", f"{theirs.text} ({theirs.earliest} to {theirs.latest})"


def _plain_figures(reading: Reading) -> list[str]:
    """The loose digits that are figures; a word with a digit in it ("F16s") names something and counts nothing."""
    return [each for each in reading.loose_digits if each[0].isdecimal()]


def _zero_is_a_figure(query: Reading, candidate: Reading, parts: Parts) -> bool:
    """Whether the sides differ in denial only by a zero that is read as a figure: "no terrorists", "zero percent"."""
    if any(
        pair.outcome == "conflict" and (_is_none(pair.query, query) or _is_none(pair.candidate, candidate))
        for pair in parts.quantities.pairs
    ):
        return _denies_zero(query) == _denies_zero(candidate)
    if query.negated != candidate.negated or query.polarity.denies == candidate.polarity.denies:
        return False
    if _denies_zero(query) != _denies_zero(candidate):
        return False
    if any(pair.outcome == "conflict" for pair in parts.quantities.pairs):
        return True
    return any(each.value == 0 and each.unit == "percent" for each in (*query.quantities, *candidate.quantities))


def _is_none(quantity: Quantity, reading: Reading) -> bool:
    """Whether a figure is the nought that a denial makes of "any": "لم يقتل أي إرهابي" are no terrorists killed."""
    return quantity.value == 0 and reading.negated and not any(char.isdecimal() for char in quantity.text)


def _denies_zero(reading: Reading) -> bool:
    """Whether a text says of a figure that it is not nought: "not 0%"."""
    cues = reading.polarity.cues
    kinds = {cue.first: cue.kind for cue in cues}
    return any(cue.scope == SPENT and {cue.kind, kinds.get(cue.target)} == {"negation", "zero"} for cue in cues)


def _polarity_conflict(query: Reading, candidate: Reading, how: PolarityComparison) -> Conflict:
    if how.direction_conflicts:
        left, right = how.direction_conflicts[0]
        return Conflict(ConflictKind.DIRECTION, left.text, right.text)

    def said(reading: Reading) -> str:
        cues = " ".join(cue.text for cue in reading.polarity.cues)
        return (f"denied ({cues})" if cues else "denied") if reading.polarity.denies else "affirmed"

    return Conflict(ConflictKind.POLARITY, said(query), said(candidate))


def figure(quantity: Quantity) -> str:
    """A quantity in plain digits and in the unit it was written in: "93", ">= 30", "10-20"."""
    scale = factor_of(quantity.measure)
    low = f"{quantity.value / scale:.12g}"
    if quantity.upper is not None:
        return f"{low}-{quantity.upper / scale:.12g}"
    return low if quantity.comparator in ("=", "~") else f"{quantity.comparator} {low}"


def _relation(
    query: Reading, candidate: Reading, parts: Parts, conflicts: tuple[Conflict, ...], model: Model
) -> Relation:
    words = parts.words
    if conflicts:
        if any(conflict.kind is ConflictKind.NAME for conflict in conflicts):
            return Relation.RELATED
        return Relation.CONTRADICTS if _same_event(query, candidate, parts, conflicts, model) else Relation.RELATED
    if parts.polarity.relation == "unclear" or other_claimants(query, candidate):
        return Relation.RELATED
    if parts.names.shared and other_person(query, candidate, parts):
        return Relation.RELATED
    if other_designation(query, candidate) or denied_by_prefix(query, candidate):
        return Relation.RELATED
    query_says_more, candidate_says_more = extra(query, candidate, parts)
    if query.polarity.denies and candidate.polarity.denies:
        query_narrows, candidate_narrows = narrows_denial(query, candidate, words)
        query_says_more, candidate_says_more = (
            query_says_more or candidate_narrows,
            candidate_says_more or query_narrows,
        )
    if query_says_more and candidate_says_more:
        return Relation.RELATED
    vague = query.too_vague or candidate.too_vague
    stricter = model.across_languages if across(query, candidate) else 0.0
    level = model.vague_from if vague else model.equivalent_from + stricter
    lowest = min(words.query_coverage, words.candidate_coverage)
    alike = not query_says_more and not candidate_says_more
    alike = alike and words.agreement >= level and lowest >= model.equivalent_coverage + stricter
    if alike and adds(query, candidate, parts) is None:
        return Relation.EQUIVALENT if turns(query, candidate, parts) is None else Relation.RELATED
    if vague:
        return Relation.RELATED
    narrower = words.query_coverage >= model.contained_from and not query_says_more
    broader = words.candidate_coverage >= model.contained_from and not candidate_says_more
    if narrower and broader:
        narrower = words.query_coverage > words.candidate_coverage
        broader = words.query_coverage < words.candidate_coverage
    if not narrower and not broader:
        return Relation.RELATED
    # Who puts another word in one's place says something else, not more or less.
    if (not across(query, candidate) and exchanged(query, candidate, words)) or roles_changed(
        query, candidate, words.partners, labels_of(parts)
    ):
        return Relation.RELATED
    return Relation.NARROWER if narrower else Relation.BROADER


_IDENTIFYING: Final = frozenset({"label", "ordinal"})
"""Numbers that tell which thing is meant: Apollo 12 is another one than Apollo 11, the second test than the first."""


def _same_event(
    query: Reading, candidate: Reading, parts: Parts, conflicts: tuple[Conflict, ...], model: Model
) -> bool:
    """Whether statements that clash are about one thing, so that they contradict each other.

    Another figure or a denial leaves the rest of a sentence as it was. Another day with other words around it, other
    words in their place on both sides, several clashes at once, a denial of something that the other side does not
    speak of, or names that each side has alone are the marks of another event.
    """
    words = parts.words
    lowest = min(words.query_coverage, words.candidate_coverage)
    # Opposed words stand in each other's place, and that is the clash itself, not a sign of another event.
    opposed = any(conflict.kind is ConflictKind.DIRECTION for conflict in conflicts)
    exchanged = not opposed and bool(words.only_query and words.only_candidate)
    least = model.exchange_from if exchanged else model.contradicts_from
    if words.agreement < least + (model.across_languages if across(query, candidate) else 0.0):
        return False
    if any(each.unit in _IDENTIFYING for each in (*parts.quantities.only_query, *parts.quantities.only_candidate)):
        return False
    if unshared_names(parts.names.only_a, candidate) and unshared_names(parts.names.only_b, query):
        return False
    if any(pair.query.unit in _IDENTIFYING for pair in parts.quantities.conflicts):
        return False
    if other_commitment(query, candidate):
        return False
    kinds = {conflict.kind for conflict in conflicts}
    if {ConflictKind.QUANTITY, ConflictKind.DATE} <= kinds:
        return False
    # "Did not kill 15,000" and "killed 1,500" can both be true.
    figures = ConflictKind.QUANTITY in kinds or ConflictKind.DATE in kinds
    if figures and (ConflictKind.POLARITY in kinds or _denies_zero(query) != _denies_zero(candidate)):
        return False
    if kinds == {ConflictKind.POLARITY}:
        met = denial_is_met(query, candidate) and denial_is_met(candidate, query)
        return met or words.agreement >= model.denial_from
    if kinds == {ConflictKind.DATE} and may_recur(query, candidate, parts):
        return False
    if len(kinds) > 1 or ConflictKind.DATE in kinds:
        return lowest >= (model.several_clashes_from if len(kinds) > 1 else model.date_clash_from)
    return True


def _explain(query: Reading, candidate: Reading, parts: Parts, features: Features) -> tuple[Explanation, ...]:
    words = parts.words
    rows = [
        Explanation(
            "words",
            round(words.agreement, 4),
            " ".join(words.only_query) or None,
            " ".join(words.only_candidate) or None,
            f"shared: {', '.join(words.shared)}; the columns show what only one side says"
            if words.shared
            else "no shared words",
        ),
        Explanation(
            "spelling", round(features.spelling, 4), query.folded, candidate.folded, "sorted words, by letters"
        ),
    ]
    for figures in parts.quantities.pairs:
        rows.append(_row("quantity", figures.outcome, figures.query.text, figures.candidate.text))
    rows.extend(Explanation("quantity", 0.0, each.text, None, "only here") for each in parts.quantities.only_query)
    rows.extend(Explanation("quantity", 0.0, None, each.text, "only here") for each in parts.quantities.only_candidate)
    for when in parts.dates.pairs:
        rows.append(_row("date", when.outcome, when.query.text, when.candidate.text))
    rows.extend(Explanation("date", 0.0, day.text, None, "only here") for day in parts.dates.only_query)
    rows.extend(Explanation("date", 0.0, None, day.text, "only here") for day in parts.dates.only_candidate)
    if query.polarity.cues or candidate.polarity.cues or parts.polarity.relation != "same":
        rows.append(
            Explanation(
                "polarity",
                0.0 if parts.polarity.relation == "opposite" else 1.0,
                "negated" if query.negated else "affirmed",
                "negated" if candidate.negated else "affirmed",
                parts.polarity.detail or parts.polarity.relation,
            )
        )
    rows.extend(Explanation("name", 1.0, left.text, right.text, "the same name") for left, right in parts.names.shared)
    rows.extend(
        Explanation("name", 0.0, left.text, right.text, "another name") for left, right in parts.names.conflicts
    )
    return tuple(rows)


def _row(feature: str, outcome: str, query: str, candidate: str) -> Explanation:
    return Explanation(
        feature, 1.0 if outcome in _LIKE else 0.0 if outcome == "conflict" else 0.5, query, candidate, outcome
    )
