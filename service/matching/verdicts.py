"""From relations and verdicts to a status, or to an honest abstention.

The table is the design's: equivalent matches decide before contradicting ones, independent opposed reviews make
``conflicting``, and a match that contradicts never hands on its verdict.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import date
from typing import Final

from service.domain import Conflict, ConflictKind, Reason, Relation, Review, Status, Verdict

_AFFIRMING: Final = frozenset({Verdict.TRUE, Verdict.MOSTLY_TRUE})
_DENYING: Final = frozenset({Verdict.FALSE, Verdict.MOSTLY_FALSE, Verdict.SATIRE})

_STATUS_OF_EQUIVALENT: Final = {
    Verdict.TRUE: Status.SUPPORTED,
    Verdict.MOSTLY_TRUE: Status.SUPPORTED,
    Verdict.FALSE: Status.REFUTED,
    Verdict.MOSTLY_FALSE: Status.REFUTED,
    Verdict.SATIRE: Status.REFUTED,
    Verdict.MIXED: Status.MIXED,
    Verdict.MISLEADING: Status.MIXED,
    Verdict.OTHER: Status.MIXED,
    Verdict.OUTDATED: Status.OUTDATED,
    Verdict.UNPROVEN: Status.UNPROVEN,
}

_GRAVITY: Final = (
    Status.REFUTED,
    Status.CONFLICTING,
    Status.MIXED,
    Status.OUTDATED,
    Status.UNPROVEN,
    Status.UNVERIFIED,
    Status.SUPPORTED,
)
"""Gravest first. A text is supported only when every statement in it that can be judged is."""

_REASON_OF_CONFLICT: Final = {
    ConflictKind.QUANTITY: Reason.QUANTITY_CONFLICT,
    ConflictKind.POLARITY: Reason.POLARITY_CONFLICT,
    ConflictKind.DIRECTION: Reason.POLARITY_CONFLICT,
    ConflictKind.DATE: Reason.DATE_CONFLICT,
}


@dataclass(frozen=True, slots=True)
class Judged:
    """A match as the decision needs it: what it says, how it relates, what its reviews rate it.

    ``score`` is in [0, 1]. ``valid_until`` is the last day on which the claim held, None for always. ``pinned``: why an
    editor gave it this verdict, whatever its reviews say; None where the verdict is the reviews'.
    """

    relation: Relation
    verdict: Verdict
    score: float
    valid_until: date | None = None
    reviews: tuple[Review, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    pinned: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """A status with its ground. ``reason`` is set exactly when ``status`` is unverified; ``confidence`` in [0, 1]."""

    status: Status
    confidence: float
    reason: Reason | None
    summary: str


def independent_reviews(reviews: Iterable[Review]) -> tuple[Review, ...]:
    """One review per publisher, its newest: copies syndicated from one publisher count once.

    Publishers are told apart by site, or by name where no site is known.
    """
    newest: dict[str, Review] = {}
    for review in reviews:
        publisher = review.publisher
        key = (publisher.site or publisher.name).casefold().removeprefix("www.")
        known = newest.get(key)
        if known is None or (review.published_at or date.min) >= (known.published_at or date.min):
            newest[key] = review
    return tuple(newest.values())


def opposed(reviews: Iterable[Review]) -> bool:
    """Whether independent reviews stand on both sides: one affirms and another denies."""
    return _sides({review.verdict for review in independent_reviews(reviews)})


def _sides(verdicts: Set[Verdict]) -> bool:
    return bool(verdicts & _AFFIRMING) and bool(verdicts & _DENYING)


def claim_verdict(reviews: Sequence[Review]) -> Verdict:
    """The verdict that a claim's reviews give it together.

    None: ``unproven``. Independent reviews opposed: ``mixed``. Otherwise the newest review decides; of undated ones
    the last in order.
    """
    independent = independent_reviews(reviews)
    if not independent:
        return Verdict.UNPROVEN
    if opposed(independent):
        return Verdict.MIXED
    newest = independent[0]
    for review in independent[1:]:
        if (review.published_at or date.min) >= (newest.published_at or date.min):
            newest = review
    return newest.verdict


def decide(matches: Sequence[Judged], suggestions: Sequence[Judged], *, as_of: date, too_vague: bool) -> Decision:
    """The status of one statement.

    ``matches`` reached the match threshold; ``suggestions`` only the lower one and never decide, they only tell
    ``below_threshold`` from ``no_candidates``. ``as_of`` is the date the statement speaks from.
    """
    if too_vague:
        return _abstain(Reason.TOO_VAGUE, "the text is too short or too vague to be judged", 1.0)
    equivalent = [match for match in matches if match.relation is Relation.EQUIVALENT]
    if equivalent:
        return _from_equivalent(equivalent, as_of)
    contradicting = [match for match in matches if match.relation is Relation.CONTRADICTS]
    if contradicting:
        best = max(contradicting, key=lambda match: match.score)
    consistent = any(
        match.relation in (Relation.NARROWER, Relation.BROADER)
        and match.verdict in _AFFIRMING
        and not _expired(match, as_of)
        for match in matches
    )
    if contradicting and consistent:
        # A known true claim agrees as far as it goes, so the one that clashes is likely about another event.
        return _abstain(Reason.ONLY_RELATED, "one related claim agrees and another one clashes", best.score)
    if contradicting and best.verdict in _AFFIRMING and not _expired(best, as_of):
        return Decision(
            Status.REFUTED, best.score, None, f"Refuted: it contradicts a claim rated true ({_versus(best.conflicts)})."
        )
    if contradicting:
        reason = _REASON_OF_CONFLICT.get(best.conflicts[0].kind, Reason.ONLY_RELATED)
        return _abstain(reason, f"the closest claim says otherwise ({_versus(best.conflicts)})", best.score)
    if matches:
        best = max(matches, key=lambda match: match.score)
        how = {
            Relation.NARROWER: "the closest claim says more than this one",
            Relation.BROADER: "the closest claim says less than this one",
        }.get(best.relation, "only related claims were found")
        return _abstain(Reason.ONLY_RELATED, how, best.score)
    if suggestions:
        likeliest = max(match.score for match in suggestions)
        return _abstain(Reason.BELOW_THRESHOLD, "nothing similar enough was found", 1.0 - likeliest)
    return _abstain(Reason.NO_CANDIDATES, "nothing like it is in the database", 1.0)


def gravest(decisions: Sequence[Decision]) -> Decision:
    """The decision for a text of several statements: refuted before supported.

    Statements too vague to be judged count only when no other is left. Raises ValueError on an empty sequence.
    """
    if not decisions:
        raise ValueError("no statement to decide on")
    telling = [each for each in decisions if each.reason is not Reason.TOO_VAGUE] or list(decisions)
    return min(telling, key=lambda each: (_GRAVITY.index(each.status), -each.confidence))


def _from_equivalent(equivalent: Sequence[Judged], as_of: date) -> Decision:
    best = max(equivalent, key=lambda match: match.score)
    current = [match for match in equivalent if not _expired(match, as_of)]
    if not current:
        return Decision(Status.OUTDATED, best.score, None, "Outdated: an equivalent claim held only until earlier.")
    # What an editor pinned goes before what reviews say, of this claim and of others that say the same.
    pinned = [match for match in current if match.pinned is not None]
    reviews = [review for match in current for review in match.reviews]
    if _sides({match.verdict for match in pinned}) if pinned else opposed(reviews):
        return Decision(
            Status.CONFLICTING,
            best.score,
            None,
            "Conflicting: editors have pinned opposed verdicts to equivalent claims."
            if pinned
            else "Conflicting: independent reviews of an equivalent claim disagree.",
        )
    rated = pinned or [match for match in current if match.verdict is not Verdict.UNPROVEN] or current
    best = max(rated, key=lambda match: match.score)
    status = _STATUS_OF_EQUIVALENT[best.verdict]
    return Decision(status, best.score, None, _rated(status, best))


def _rated(status: Status, match: Judged) -> str:
    independent = independent_reviews(match.reviews)
    label = match.verdict.value.replace("_", " ")
    if match.pinned is not None:
        return f"{status.value.capitalize()}: an editor rates an equivalent claim {label}, because: {match.pinned}"
    if not independent:
        return f"{status.value.capitalize()}: an equivalent claim is known, and no review has rated it."
    names = sorted({review.publisher.name for review in independent})
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    count = f"{len(independent)} review{'s' if len(independent) > 1 else ''}"
    rate = "rates" if len(independent) == 1 else "rate"
    return f"{status.value.capitalize()}: {count} by {shown} {rate} an equivalent claim {label}."


def _expired(match: Judged, as_of: date) -> bool:
    return match.valid_until is not None and match.valid_until < as_of


def _versus(conflicts: Sequence[Conflict]) -> str:
    return "; ".join(f"{each.kind.value}: claimed {each.claimed}, known {each.known}" for each in conflicts[:3])


def _abstain(reason: Reason, because: str, confidence: float) -> Decision:
    return Decision(Status.UNVERIFIED, min(1.0, max(0.0, confidence)), reason, f"Unverified: {because}.")
