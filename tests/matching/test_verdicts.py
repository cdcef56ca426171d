"""From relations and verdicts to a status, or to an honest abstention."""

from __future__ import annotations

from datetime import date

import pytest

from service.domain import Conflict, ConflictKind, Publisher, Reason, Relation, Review, Status, Verdict
from service.matching.verdicts import Decision, Judged, claim_verdict, decide, gravest, independent_reviews, opposed

TODAY = date(2025, 6, 1)
QUANTITY = Conflict(ConflictKind.QUANTITY, "39", "93")


def _review(verdict: Verdict, site: str, day: int = 1) -> Review:
    return Review(Publisher(site, site), verdict, published_at=date(2025, 1, day))


def _decided(*matches: Judged, suggestions: tuple[Judged, ...] = (), vague: bool = False) -> Decision:
    return decide(matches, suggestions, as_of=TODAY, too_vague=vague)


@pytest.mark.parametrize(
    ("verdict", "status"),
    [
        (Verdict.TRUE, Status.SUPPORTED),
        (Verdict.MOSTLY_TRUE, Status.SUPPORTED),
        (Verdict.FALSE, Status.REFUTED),
        (Verdict.MOSTLY_FALSE, Status.REFUTED),
        (Verdict.SATIRE, Status.REFUTED),
        (Verdict.MIXED, Status.MIXED),
        (Verdict.MISLEADING, Status.MIXED),
        (Verdict.OTHER, Status.MIXED),
        (Verdict.OUTDATED, Status.OUTDATED),
        (Verdict.UNPROVEN, Status.UNPROVEN),
    ],
)
def test_an_equivalent_claim_hands_on_its_verdict(verdict: Verdict, status: Status) -> None:
    found = _decided(Judged(Relation.EQUIVALENT, verdict, 0.9))
    assert (found.status, found.reason, found.confidence) == (status, None, 0.9)


@pytest.mark.parametrize("verdict", [Verdict.FALSE, Verdict.MIXED, Verdict.UNPROVEN])
def test_to_contradict_what_is_not_true_proves_nothing(verdict: Verdict) -> None:
    found = _decided(Judged(Relation.CONTRADICTS, verdict, 0.9, conflicts=(QUANTITY,)))
    assert (found.status, found.reason) == (Status.UNVERIFIED, Reason.QUANTITY_CONFLICT)
    assert "claimed 39, known 93" in found.summary


def test_to_contradict_a_true_claim_refutes() -> None:
    assert _decided(Judged(Relation.CONTRADICTS, Verdict.TRUE, 0.9, conflicts=(QUANTITY,))).status is Status.REFUTED


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (ConflictKind.QUANTITY, Reason.QUANTITY_CONFLICT),
        (ConflictKind.POLARITY, Reason.POLARITY_CONFLICT),
        (ConflictKind.DIRECTION, Reason.POLARITY_CONFLICT),
        (ConflictKind.DATE, Reason.DATE_CONFLICT),
        (ConflictKind.NAME, Reason.ONLY_RELATED),
    ],
)
def test_the_reason_follows_from_the_conflict(kind: ConflictKind, reason: Reason) -> None:
    match = Judged(Relation.CONTRADICTS, Verdict.FALSE, 0.9, conflicts=(Conflict(kind, "a", "b"),))
    assert _decided(match).reason is reason


def test_an_equivalent_claim_decides_before_one_that_contradicts() -> None:
    equivalent = Judged(Relation.EQUIVALENT, Verdict.TRUE, 0.81)
    contradicting = Judged(Relation.CONTRADICTS, Verdict.TRUE, 0.99, conflicts=(QUANTITY,))
    assert _decided(contradicting, equivalent).status is Status.SUPPORTED


@pytest.mark.parametrize("relation", [Relation.NARROWER, Relation.BROADER, Relation.RELATED])
def test_what_is_only_related_decides_nothing(relation: Relation) -> None:
    found = _decided(Judged(relation, Verdict.TRUE, 0.95))
    assert (found.status, found.reason) == (Status.UNVERIFIED, Reason.ONLY_RELATED)


def test_abstentions_tell_why() -> None:
    low = Judged(Relation.EQUIVALENT, Verdict.TRUE, 0.5)
    assert _decided().reason is Reason.NO_CANDIDATES
    assert _decided(suggestions=(low,)).reason is Reason.BELOW_THRESHOLD
    assert _decided(Judged(Relation.RELATED, Verdict.TRUE, 0.9), vague=True).reason is Reason.TOO_VAGUE


def test_independent_reviews_on_both_sides_are_a_conflict() -> None:
    reviews = _review(Verdict.TRUE, "a.example"), _review(Verdict.FALSE, "b.example")
    assert opposed(reviews)
    assert claim_verdict(reviews) is Verdict.MIXED
    found = _decided(Judged(Relation.EQUIVALENT, Verdict.MIXED, 0.9, reviews=reviews))
    assert found.status is Status.CONFLICTING


def test_a_publisher_has_one_voice_its_newest() -> None:
    old, new = _review(Verdict.TRUE, "www.A.example", 1), _review(Verdict.FALSE, "a.example", 2)
    assert independent_reviews((new, old)) == (new,)
    assert not opposed((old, new))
    assert claim_verdict((new, old)) is Verdict.FALSE
    assert claim_verdict(()) is Verdict.UNPROVEN


def test_the_newest_independent_review_gives_the_verdict() -> None:
    reviews = _review(Verdict.MIXED, "a.example", 3), _review(Verdict.FALSE, "b.example", 2)
    assert claim_verdict(reviews) is Verdict.MIXED
    assert claim_verdict(reviews[::-1]) is Verdict.MIXED


def test_a_claim_that_held_until_yesterday_is_outdated() -> None:
    expired = Judged(Relation.EQUIVALENT, Verdict.TRUE, 0.9, valid_until=date(2025, 5, 31))
    lasting = Judged(Relation.EQUIVALENT, Verdict.FALSE, 0.85, valid_until=TODAY)
    assert _decided(expired).status is Status.OUTDATED
    assert _decided(expired, lasting).status is Status.REFUTED


def test_an_expired_truth_no_longer_refutes() -> None:
    match = Judged(Relation.CONTRADICTS, Verdict.TRUE, 0.9, date(2025, 5, 31), conflicts=(QUANTITY,))
    assert _decided(match).status is Status.UNVERIFIED


def test_a_rated_claim_outweighs_an_unrated_one() -> None:
    unrated = Judged(Relation.EQUIVALENT, Verdict.UNPROVEN, 0.99)
    rated = Judged(Relation.EQUIVALENT, Verdict.FALSE, 0.85)
    assert _decided(unrated, rated).status is Status.REFUTED


def test_the_gravest_statement_speaks_for_the_text() -> None:
    def of(status: Status, reason: Reason | None = None, confidence: float = 0.9) -> Decision:
        return Decision(status, confidence, reason, "")

    refuted, supported = of(Status.REFUTED), of(Status.SUPPORTED)
    vague, unknown = of(Status.UNVERIFIED, Reason.TOO_VAGUE), of(Status.UNVERIFIED, Reason.NO_CANDIDATES)
    assert gravest([supported, refuted, unknown]) is refuted
    assert gravest([supported, unknown]) is unknown
    assert gravest([vague, supported]) is supported
    assert gravest([vague]) is vague
    surer = of(Status.REFUTED, confidence=0.95)
    assert gravest([refuted, surer]) is surer
    with pytest.raises(ValueError, match="no statement"):
        gravest([])
