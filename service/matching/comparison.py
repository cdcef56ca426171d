"""Two readings in, a relation with typed conflicts and an explained score out.

``score`` is the probability that both statements are about the same thing, whatever they say of it; the relation says
whether they say the same. The guards stand above the score: a figure, date, polarity, direction or name that excludes
the other side's is never ``equivalent``, however alike the words are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, NamedTuple

from rapidfuzz import fuzz

from service.domain import Conflict, ConflictKind, Explanation, Relation
from service.matching.alignment import Alignment, align
from service.matching.attribution import Attribution
from service.matching.dates import DateMention
from service.matching.folding import fold
from service.matching.model import SAME, Features, Model, default_model
from service.matching.names import Name, NameComparison, compare_names
from service.matching.number_lexicon import lexicon
from service.matching.numbers import is_number_word
from service.matching.pairing import Pairing, pair_dates, pair_quantities
from service.matching.polarity import PolarityComparison, compare_polarity
from service.matching.qualifiers import known_language
from service.matching.quantity_comparison import Quantity
from service.matching.reading import Reading
from service.matching.relevance import NO_CORPUS, Corpus, regardless_of_clashes, relevance
from service.matching.roles import order_tells, reversed_pair, roles_changed
from service.matching.stopwords import is_stopword
from service.matching.synonyms import canonical
from service.matching.tokens import NUMBER, tokenize
from service.matching.units import factor_of

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
    _parts: _Parts | None = field(repr=False)

    @property
    def explanation(self) -> tuple[Explanation, ...]:
        """One row for each part that was compared; made when asked for, since few comparisons are ever shown."""
        if self._parts is None:
            return (Explanation("text", 1.0, self._query.text, self._candidate.text, "the same text after folding"),)
        return _explain(self._query, self._candidate, self._parts, self.features)


class _Parts(NamedTuple):
    words: Alignment
    quantities: Pairing[Quantity]
    dates: Pairing[DateMention]
    polarity: PolarityComparison
    names: NameComparison
    digits_differ: bool
    reversed_roles: tuple[str, str] | None


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
    model = model or default_model()
    if query.folded == candidate.folded and _same_beneath(query, candidate):
        return _same_text(query, candidate)
    parts = _Parts(
        align(query, candidate),
        pair_quantities(query.quantities, candidate.quantities, query.language.tag, candidate.language.tag),
        pair_dates(query.dates, candidate.dates),
        compare_polarity(query.polarity, candidate.polarity),
        compare_names(query.names, candidate.names),
        sorted(query.loose_digits) != sorted(candidate.loose_digits),
        reversed_pair(query.names, query.tokens, candidate.names, candidate.tokens),
    )
    conflicts = _conflicts(query, candidate, parts, model)
    relation = _relation(query, candidate, parts, conflicts, model)
    features = relevance(query, candidate, parts.words, parts.quantities, parts.dates, parts.names, corpus, retrieved)
    if relation is Relation.CONTRADICTS:
        features = regardless_of_clashes(features)
    score = model.probability(features)
    return Comparison(relation, score, conflicts, features, query, candidate, parts)


def _same_beneath(query: Reading, candidate: Reading) -> bool:
    """Whether texts that fold alike also read alike: capitals can tell names apart, and "last year" moves."""
    if any(day.relative for day in query.dates):
        return all(one.earliest == other.earliest for one, other in zip(query.dates, candidate.dates, strict=False))
    return query.text == candidate.text or [each.key for each in query.names] == [each.key for each in candidate.names]


def _same_text(query: Reading, candidate: Reading) -> Comparison:
    return Comparison(Relation.EQUIVALENT, 1.0, (), SAME, query, candidate, None)


def _conflicts(query: Reading, candidate: Reading, parts: _Parts, model: Model) -> tuple[Conflict, ...]:
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


def _zero_is_a_figure(query: Reading, candidate: Reading, parts: _Parts) -> bool:
    """Whether the sides differ in denial only by a zero that is read as a figure: "no terrorists", "zero percent"."""
    if query.negated != candidate.negated or query.polarity.denies == candidate.polarity.denies:
        return False
    if any(pair.outcome == "conflict" for pair in parts.quantities.pairs):
        return True
    return any(each.value == 0 and each.unit == "percent" for each in (*query.quantities, *candidate.quantities))


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
    query: Reading, candidate: Reading, parts: _Parts, conflicts: tuple[Conflict, ...], model: Model
) -> Relation:
    words = parts.words
    if any(conflict.kind is ConflictKind.NAME for conflict in conflicts):
        return Relation.RELATED
    if conflicts:
        return Relation.CONTRADICTS if _same_event(query, candidate, parts, conflicts, model) else Relation.RELATED
    if parts.polarity.relation == "unclear" or _other_claimants(query, candidate):
        return Relation.RELATED
    query_says_more, candidate_says_more = _extra(query, candidate, parts)
    if query_says_more and candidate_says_more:
        return Relation.RELATED
    vague = query.too_vague or candidate.too_vague
    stricter = model.across_languages if _across(query, candidate) else 0.0
    level = model.vague_from if vague else model.equivalent_from + stricter
    lowest = min(words.query_coverage, words.candidate_coverage)
    alike = words.agreement >= level and lowest >= model.equivalent_coverage + stricter
    alike = alike and not _exchanged(query, candidate, words) and not roles_changed(query, candidate, words.partners)
    alike = alike and not _other_commitment(query, candidate) and not _other_person(query, candidate, parts)
    alike = alike and not _counts_another(query, candidate, parts)
    alike = alike and not _one_sided_direction(query, candidate) and not _one_sided_direction(candidate, query)
    if alike and not query_says_more and not candidate_says_more:
        return Relation.EQUIVALENT
    if vague:
        return Relation.RELATED
    narrower = words.query_coverage >= model.contained_from and not query_says_more
    broader = words.candidate_coverage >= model.contained_from and not candidate_says_more
    if narrower and broader:
        narrower = words.query_coverage > words.candidate_coverage
        broader = words.query_coverage < words.candidate_coverage
    return Relation.NARROWER if narrower else Relation.BROADER if broader else Relation.RELATED


_IDENTIFYING: Final = frozenset({"label", "ordinal"})
"""Numbers that tell which thing is meant: Apollo 12 is another one than Apollo 11, the second test than the first."""


def _same_event(
    query: Reading, candidate: Reading, parts: _Parts, conflicts: tuple[Conflict, ...], model: Model
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
    if words.agreement < least + (model.across_languages if _across(query, candidate) else 0.0):
        return False
    if any(each.unit in _IDENTIFYING for each in (*parts.quantities.only_query, *parts.quantities.only_candidate)):
        return False
    if _unshared_names(parts.names.only_a, candidate) and _unshared_names(parts.names.only_b, query):
        return False
    if any(pair.query.unit in _IDENTIFYING for pair in parts.quantities.conflicts):
        return False
    if _other_commitment(query, candidate):
        return False
    kinds = {conflict.kind for conflict in conflicts}
    if {ConflictKind.QUANTITY, ConflictKind.DATE} <= kinds:
        return False
    if kinds == {ConflictKind.POLARITY}:
        met = _denial_is_met(query, candidate) and _denial_is_met(candidate, query)
        return met or words.agreement >= model.denial_from
    if len(kinds) > 1 or ConflictKind.DATE in kinds:
        return lowest >= (model.several_clashes_from if len(kinds) > 1 else model.date_clash_from)
    return True


def _across(query: Reading, candidate: Reading) -> bool:
    return query.language.tag != candidate.language.tag


def _denial_is_met(denying: Reading, other: Reading) -> bool:
    """Whether what one side denies is spoken of by the other: its denied word is among the other's words."""
    targets = [cue.target_text for cue in denying.polarity.cues if cue.scope in ("clause", "zero") and cue.target_text]
    if not targets:
        return True
    tag = denying.language.tag
    keys = set(other.content)
    return any(is_stopword(target, tag) or canonical(target, tag) in keys for target in targets)


def _unshared_names(names: Sequence[Name], other: Reading) -> list[Name]:
    """The names of one side that the other side has in no form: not as a name, and not as plain words."""
    if not names:
        return []
    words = {token.text for token in other.tokens}
    return [name for name in names if not words.issuperset(token.text for token in tokenize(name.text))]


def _extra(query: Reading, candidate: Reading, parts: _Parts) -> tuple[bool, bool]:
    """Whether the query, and whether the candidate, carries a qualification that the other side lacks."""
    both_deny = query.polarity.denies and candidate.polarity.denies
    ours = [each for each in parts.quantities.only_query if not (both_deny and _is_denied_object(each))]
    theirs = [each for each in parts.quantities.only_candidate if not (both_deny and _is_denied_object(each))]
    says_more = bool(ours or parts.dates.only_query or _unshared_names(parts.names.only_a, candidate))
    says_less = bool(theirs or parts.dates.only_candidate or _unshared_names(parts.names.only_b, query))
    for figures in parts.quantities.pairs:
        if figures.query.unit == "second" and figures.query.value == figures.candidate.value:
            continue  # "in a week" and "within a week" are one thing to a newsroom
        says_more = says_more or figures.outcome in ("inside", "unknown")
        says_less = says_less or figures.outcome in ("contains", "unknown")
    for days in parts.dates.pairs:
        if days.outcome == "unknown" and _equally_vague(query, days.query, candidate, days.candidate):
            continue
        says_more = says_more or days.outcome in ("inside", "unknown")
        says_less = says_less or days.outcome in ("contains", "unknown")
    return says_more or parts.digits_differ, says_less or parts.digits_differ


_SAME_CLAIMANT: Final = 75.0


def _other_claimants(query: Reading, candidate: Reading) -> bool:
    """Whether both texts say who said it, and name different people."""
    if query.attribution is None or candidate.attribution is None or _across(query, candidate):
        return False
    ours, theirs = _claimant_words(query, query.attribution), _claimant_words(candidate, candidate.attribution)
    if not ours or not theirs or not set(ours).isdisjoint(theirs):
        return False
    return fuzz.token_set_ratio(" ".join(ours), " ".join(theirs)) < _SAME_CLAIMANT


def _claimant_words(reading: Reading, attribution: Attribution) -> list[str]:
    """The words that name a claimant, without function words and the date of the statement."""
    dated = {index for day in reading.dates for index in range(day.first, day.last + 1)}
    span = range(attribution.claimant_first, attribution.claimant_last + 1)
    words = [reading.tokens[index].text for index in span if index not in dated]
    # "WHO" folds to a function word, so those go only where something is left without them.
    return [word for word in words if not is_stopword(word, reading.language.tag)] or words


def _other_person(query: Reading, candidate: Reading, parts: _Parts) -> bool:
    """Whether two people who share a family name have different given names."""
    for left, right in parts.names.shared:
        if left.kind == right.kind == "person":
            ours = _given_names(query, left, parts.words.only_query)
            theirs = _given_names(candidate, right, parts.words.only_candidate)
            if ours and theirs and ours.isdisjoint(theirs):
                return True
    return False


def _given_names(reading: Reading, name: Name, alone: Sequence[str]) -> set[str]:
    """The words before a family name: within the name, or a capitalised word before it that only this side has."""
    given = fold(name.text).split()[:-1]
    if not given and name.first > 0:
        before = reading.tokens[name.first - 1]
        given = [before.text] if before.original.istitle() and before.original in alone else []
    return {word for word in given if word.isascii()}


def _counts_another(query: Reading, candidate: Reading, parts: _Parts) -> bool:
    """Whether an equal figure counts other things: as many civilians as terrorists, as many strikes as dead."""
    for pair in parts.quantities.pairs:
        if not pair.query.counted or not pair.candidate.counted:
            continue
        ours = {canonical(word, query.language.tag): word for word in pair.query.counted}
        theirs = {canonical(word, candidate.language.tag): word for word in pair.candidate.counted}
        if not ours.keys().isdisjoint(theirs):
            continue
        alone = {word for text in parts.words.only_query for word in fold(text).split()}
        yours_alone = {word for text in parts.words.only_candidate for word in fold(text).split()}
        ours_elsewhere = not alone.isdisjoint(ours.values()) or not ours.keys().isdisjoint(candidate.content)
        theirs_elsewhere = not yours_alone.isdisjoint(theirs.values()) or not theirs.keys().isdisjoint(query.content)
        if ours_elsewhere and theirs_elsewhere:
            return True
    return False


def _exchanged(query: Reading, candidate: Reading, words: Alignment) -> bool:
    """Whether a word of one side stands for another one of the other side.

    Where the order of words differs nothing tells which word would stand for which: then any word that each side has
    alone counts.
    """
    turned = any(before > after for (_, before), (_, after) in pairwise(words.partners))
    if turned or _across(query, candidate) or not order_tells(query.language.tag):
        return bool(words.only_query and words.only_candidate)
    return words.exchanged


def _other_commitment(query: Reading, candidate: Reading) -> bool:
    """Whether one side says "may", "only", "planned to" or the like and the other does not."""
    if query.qualifiers == candidate.qualifiers:
        return False
    return known_language(query.language.tag) and known_language(candidate.language.tag)


def _one_sided_direction(one: Reading, other: Reading) -> bool:
    """Whether one side says which way things went, and the other has no such word."""
    if not one.directions_of_change:
        return False
    axes = {each.axis for each in other.polarity.directions}
    keys = set(other.content)
    tag = one.language.tag
    return any(
        each.axis not in axes and canonical(one.tokens[each.first].text, tag) not in keys
        for each in one.directions_of_change
    )


def _is_denied_object(quantity: Quantity) -> bool:
    """Whether a "no" within a sentence says what its verb's "not" says; "No planet is ..." denies of every subject."""
    return quantity.value == 0 and quantity.first > 0 and quantity.unit != "label"


_LONG_PERIODS: Final = frozenset({"month", "quarter", "season", "half", "year", "decade", "century"})


def _equally_vague(query: Reading, one: DateMention, candidate: Reading, other: DateMention) -> bool:
    """Two ways of saying "soon" or "these days"; "last year" and "four days ago" are not vague, only unresolved."""
    return (
        one.relative
        and other.relative
        and not {one.precision, other.precision} & _LONG_PERIODS
        and not (_is_counted(query, one) or _is_counted(candidate, other))
    )


def _is_counted(reading: Reading, day: DateMention) -> bool:
    """Whether a date is given as a number of days or weeks from another one."""
    tag = reading.language.tag
    words = lexicon(tag)
    return any(
        token.kind == NUMBER or is_number_word(token.text, words, tag)
        for token in reading.tokens[day.first : day.last + 1]
    )


def _explain(query: Reading, candidate: Reading, parts: _Parts, features: Features) -> tuple[Explanation, ...]:
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
