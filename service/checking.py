"""The main job: incoming claims in, a status with its reasons and sources out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from uuid6 import uuid7

from service import __version__
from service.domain import (
    Candidate,
    Check,
    CheckOptions,
    Engine,
    IncomingClaim,
    Match,
    ReadDate,
    ReadingSummary,
    ReadName,
    ReadQuantity,
    Relation,
    Result,
    Review,
    Source,
    Span,
)
from service.errors import NotFound
from service.intake import validate_check
from service.matching.comparison import Comparison, compare
from service.matching.noise import urls
from service.matching.plan import plan_candidates
from service.matching.reading import Reading, read, read_known
from service.matching.statements import Statement, split_statements
from service.matching.verdicts import Decision, Judged, decide, gravest
from service.store.candidates import find_candidates
from service.store.checks import get_check, insert_check
from service.store.claims import claims_evidence, corpus_revision
from service.store.session import Database

RETRIEVAL: Final = ("lexical",)
"""The kinds of retrieval that take part in every answer."""

_STRENGTH: Final = {
    Relation.EQUIVALENT: 3,
    Relation.CONTRADICTS: 2,
    Relation.NARROWER: 1,
    Relation.BROADER: 1,
    Relation.RELATED: 0,
}

_LIKELY: Final = 0.8

_OFF_LOOP_FROM: Final = 64
"""From so many candidates on, comparing leaves the event loop free."""


@dataclass(frozen=True, slots=True)
class _Unit:
    """A stretch of the incoming text that is judged by itself: a statement, or the text as a whole."""

    span: Span
    reading: Reading
    whole: bool


@dataclass(frozen=True, slots=True)
class _Question:
    """An incoming claim, read."""

    claim: IncomingClaim
    as_of: date
    whole: Reading
    units: tuple[_Unit, ...]
    links: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Hit:
    """The best phrasing of one stored claim against the best unit of one incoming text."""

    candidate: Candidate
    unit: _Unit
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class _Hits:
    """What reached the match threshold, and what only reached the lower one; each best first and cut to size."""

    matches: tuple[_Hit, ...]
    suggestions: tuple[_Hit, ...]


Evidence = Mapping[UUID, tuple[tuple[Review, ...], tuple[Source, ...]]]


async def check_claims(
    database: Database, claims: Sequence[IncomingClaim], options: CheckOptions, *, record: bool
) -> Check:
    """Check 1 to 100 claims and answer in their order; with ``record`` the check is stored as a receipt.

    Raises InvalidInput for what the contract forbids and Unavailable when the database does not answer. A recorded
    check is committed before this returns.
    """
    validate_check(claims, options)
    created_at = datetime.now(UTC)
    questions = [_read_question(claim, created_at.date()) for claim in claims]
    plans = [
        plan_candidates(unit.reading, urls=question.links, languages=options.languages)
        for question in questions
        for unit in question.units
    ]
    async with database.read() as connection:
        revision = await corpus_revision(connection)
        found = await find_candidates(connection, plans)
        supply = iter(found)
        pools = [_pool([next(supply) for _ in question.units]) for question in questions]
        hits = await _compare_all(questions, pools, options)
        shown = {hit.candidate.claim_id for each in hits for hit in (*each.matches, *each.suggestions)}
        evidence: Evidence = await claims_evidence(connection, sorted(shown)) if shown else {}
    results = tuple(_result(question, each, evidence) for question, each in zip(questions, hits, strict=True))
    check = Check(uuid7(), created_at, Engine(__version__, revision, RETRIEVAL), results)
    if record:
        async with database.write() as connection:
            await insert_check(connection, check, _as_request(claims, options))
    return check


async def fetch_check(database: Database, check_id: UUID) -> Check:
    """The check as it was answered. Raises NotFound."""
    async with database.read() as connection:
        check = await get_check(connection, check_id)
    if check is None:
        raise NotFound(f"There is no check {check_id}.")
    return check


def _as_request(claims: Sequence[IncomingClaim], options: CheckOptions) -> dict[str, Any]:
    return {"claims": msgspec.to_builtins(list(claims)), "options": msgspec.to_builtins(options)}


def _read_question(claim: IncomingClaim, today: date) -> _Question:
    as_of = claim.claimed_at or today
    whole = read(claim.text, claim.language, claim.claimed_at)
    statements = split_statements(claim.text, whole.language.tag)
    units = [_Unit(_inked(claim.text), whole, whole=True)]
    if len(statements) > 1:
        units.extend(_read_unit(statement, whole.language.tag, claim.claimed_at) for statement in statements)
    return _Question(claim, as_of, whole, tuple(units), urls(claim.text))


def _inked(text: str) -> Span:
    start = len(text) - len(text.lstrip())
    return Span(start, max(start, len(text.rstrip())))


def _read_unit(statement: Statement, language: str, anchor: date | None) -> _Unit:
    return _Unit(Span(statement.start, statement.end), read(statement.text, language, anchor), whole=False)


def _pool(lists: Sequence[Sequence[Candidate]]) -> list[Candidate]:
    """The candidates of all units of one text, each phrasing once."""
    return list({candidate.phrasing_id: candidate for each in lists for candidate in each}.values())


async def _compare_all(
    questions: Sequence[_Question], pools: Sequence[Sequence[Candidate]], options: CheckOptions
) -> list[_Hits]:
    def work() -> list[_Hits]:
        return [_hits(question, pool, options) for question, pool in zip(questions, pools, strict=True)]

    if sum(len(pool) for pool in pools) < _OFF_LOOP_FROM:
        return work()
    return await asyncio.to_thread(work)


def _hits(question: _Question, pool: Sequence[Candidate], options: CheckOptions) -> _Hits:
    best: dict[UUID, _Hit] = {}
    for candidate in pool:
        hit = _best_unit(question, candidate)
        known = best.get(candidate.claim_id)
        if known is None or _rank(hit) > _rank(known):
            best[candidate.claim_id] = hit
    ordered = sorted(best.values(), key=lambda hit: (-hit.comparison.score, -_STRENGTH[hit.comparison.relation]))
    matches = [hit for hit in ordered if hit.comparison.score >= options.match_threshold]
    suggestions = [
        hit for hit in ordered if options.suggest_threshold <= hit.comparison.score < options.match_threshold
    ]
    return _Hits(tuple(matches[: options.max_matches]), tuple(suggestions[: options.max_matches]))


def _best_unit(question: _Question, candidate: Candidate) -> _Hit:
    known = read_known(candidate.text, candidate.language, candidate.claimed_at)
    hits = [_Hit(candidate, unit, compare(unit.reading, known)) for unit in question.units]
    return max(hits, key=_rank)


def _rank(hit: _Hit) -> tuple[int, bool, bool, float]:
    """Best relation first; of likely matches, a wording in the reader's language is the more useful one."""
    comparison = hit.comparison
    same_language = hit.candidate.language.partition("-")[0] == hit.unit.reading.language.tag
    return _STRENGTH[comparison.relation], comparison.score >= _LIKELY, same_language, comparison.score


def _result(question: _Question, hits: _Hits, evidence: Evidence) -> Result:
    decision = _decide(question, hits, evidence)
    claim = question.claim
    return Result(
        ref=claim.ref,
        text=claim.text,
        language=question.whole.language.tag,
        status=decision.status,
        confidence=round(decision.confidence, 4),
        reason=decision.reason,
        summary=decision.summary,
        reading=summarise(question.whole),
        matches=tuple(_match(hit, evidence) for hit in hits.matches),
        suggestions=tuple(_match(hit, evidence) for hit in hits.suggestions),
    )


def _decide(question: _Question, hits: _Hits, evidence: Evidence) -> Decision:
    """The status of the text as a whole where it repeats a known claim whole, of its gravest statement otherwise."""
    whole, *statements = question.units
    as_whole = [hit for hit in hits.matches if hit.unit.whole and hit.comparison.relation is Relation.EQUIVALENT]
    if as_whole or not statements:
        return _decide_unit(whole, hits, evidence, question.as_of)
    return gravest([_decide_unit(unit, hits, evidence, question.as_of) for unit in statements])


def _decide_unit(unit: _Unit, hits: _Hits, evidence: Evidence, as_of: date) -> Decision:
    matches = [_judged(hit, evidence) for hit in hits.matches if hit.unit is unit]
    suggestions = [_judged(hit, evidence) for hit in hits.suggestions if hit.unit is unit]
    known = any(match.relation is Relation.EQUIVALENT for match in matches)
    return decide(matches, suggestions, as_of=as_of, too_vague=unit.reading.too_vague and not known)


def _judged(hit: _Hit, evidence: Evidence) -> Judged:
    candidate, comparison = hit.candidate, hit.comparison
    reviews, _ = evidence.get(candidate.claim_id, ((), ()))
    return Judged(
        comparison.relation, candidate.verdict, comparison.score, candidate.valid_until, reviews, comparison.conflicts
    )


def _match(hit: _Hit, evidence: Evidence) -> Match:
    candidate, comparison = hit.candidate, hit.comparison
    reviews, sources = evidence.get(candidate.claim_id, ((), ()))
    return Match(
        claim_id=candidate.claim_id,
        text=candidate.text,
        language=candidate.language,
        claimant=candidate.claimant,
        claimed_at=candidate.claimed_at,
        verdict=candidate.verdict,
        relation=comparison.relation,
        score=round(comparison.score, 4),
        span=hit.unit.span,
        explanation=comparison.explanation,
        conflicts=comparison.conflicts,
        reviews=reviews,
        sources=sources,
    )


def summarise(reading: Reading) -> ReadingSummary:
    """What the answer shows of a reading."""
    return ReadingSummary(
        quantities=tuple(
            ReadQuantity(each.value, each.upper, each.unit, each.comparator, each.text, Span(each.start, each.end))
            for each in reading.quantities
        ),
        dates=tuple(
            ReadDate(each.earliest, each.latest, each.precision, each.text, Span(each.start, each.end))
            for each in reading.dates
        ),
        names=tuple(ReadName(each.key, each.kind, each.text, Span(each.start, each.end)) for each in reading.names),
        negated=reading.negated,
        folded=reading.folded,
    )
