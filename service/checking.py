"""The main job: incoming claims in, a status with its reasons and sources out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from uuid6 import uuid7

from service import __version__
from service.domain import (
    MIN_TEXT,
    Check,
    CheckOptions,
    Comparator,
    DatePrecision,
    Engine,
    IncomingClaim,
    Match,
    NameKind,
    Phrasing,
    ReadDate,
    ReadingSummary,
    ReadName,
    ReadQuantity,
    Reason,
    Relation,
    Result,
    RetrievalKind,
    SecondOpinion,
    Span,
)
from service.errors import NotFound
from service.hits import Hit, Hits, Inquiry, Unit, inquire, judge_all
from service.indexing import Semantics
from service.intake import validate_check
from service.matching.comparison import Comparison
from service.matching.judging import Encounter, judge, wording_of
from service.matching.reading import Reading, read
from service.matching.relevance import NO_CORPUS
from service.matching.verdicts import Decision, Judged, decide, gravest
from service.observing import Stage, stage, tell_answered, tell_retrieved
from service.opinions import SENTENCES, Opinions, Upstream
from service.retrieval import Supply, find
from service.store.checks import get_check, insert_check
from service.store.evidence import Standing, claims_standing
from service.store.session import Database
from service.unanswered import Unanswered

_UNKNOWN: Final = frozenset({Reason.NO_CANDIDATES, Reason.BELOW_THRESHOLD})
"""Why claims are unverified about which others are asked."""

Evidence = Mapping[UUID, Standing]


@dataclass(frozen=True, slots=True)
class _Found:
    """What the database says to texts, as of one revision of the corpus."""

    supply: Supply
    hits: Sequence[Hits]
    results: tuple[Result, ...]


async def check_claims(
    database: Database,
    claims: Sequence[IncomingClaim],
    options: CheckOptions,
    *,
    record: bool,
    semantics: Semantics | None = None,
    upstream: Upstream | None = None,
) -> Check:
    """Check 1 to 100 claims and answer in their order; with ``record`` the check is stored as a receipt.

    ``semantics``: the embedding model to search by meaning with; words alone are searched without one. ``upstream``:
    who else is asked, with ``record``, about what is not known here.

    Raises InvalidInput for what the contract forbids and Unavailable when the database does not answer. A recorded
    check is committed before this returns.
    """
    validate_check(claims, options)
    created_at = datetime.now(UTC)
    with stage(Stage.READ):
        inquiries = [inquire(claim, created_at.date()) for claim in claims]
    found = await _find(database, inquiries, options, semantics)
    opinion = SecondOpinion.OFF
    if record and upstream is not None:
        unknown = [claim for claim, result in zip(claims, found.results, strict=True) if result.reason in _UNKNOWN]
        asked = await upstream.ask(unknown) if unknown else Opinions(SecondOpinion.NOT_NEEDED, news=False)
        if asked.news:
            found = await _find(database, inquiries, options, semantics)
        opinion, found = asked.state, replace(found, results=_with_opinion(found.results, asked.state))
    supply, results = found.supply, found.results
    kinds = (RetrievalKind.LEXICAL,) if supply.covered is None else tuple(RetrievalKind)
    covered = None if supply.covered is None else round(supply.covered, 4)
    check = Check(uuid7(), created_at, Engine(__version__, supply.revision, kinds, covered, opinion), results)
    if record:
        with stage(Stage.RECORD):
            unanswered = [
                each
                for inquiry, judged in zip(inquiries, found.hits, strict=True)
                for each in _unanswered(inquiry, judged, options, created_at)
            ]
            async with database.single() as connection:
                await insert_check(connection, check, _as_request(claims, options), unanswered)
    for pool, result in zip(supply.pools, results, strict=True):
        tell_retrieved(len(pool))
        tell_answered(result.status, result.reason)
    return check


async def _find(
    database: Database, inquiries: Sequence[Inquiry], options: CheckOptions, semantics: Semantics | None
) -> _Found:
    async with database.read() as connection:
        with stage(Stage.RETRIEVE):
            supply = await find(connection, [each.asked for each in inquiries], options.languages, semantics)
        with stage(Stage.JUDGE):
            hits = await judge_all(inquiries, supply, options)
        with stage(Stage.EVIDENCE):
            shown = {hit.candidate.claim_id for each in hits for hit in (*each.matches, *each.suggestions)}
            evidence: Evidence = await claims_standing(connection, sorted(shown))
    if not all(known.live for known in evidence.values()):
        hits = [_live(each, evidence) for each in hits]
    results = tuple(
        _result(inquiry, each, evidence, options.max_matches) for inquiry, each in zip(inquiries, hits, strict=True)
    )
    return _Found(supply, hits, results)


def _live(hits: Hits, evidence: Evidence) -> Hits:
    """Without the claims that were withdrawn or merged into another one since they were found."""
    return Hits(
        tuple(each for each in hits.matches if evidence[each.candidate.claim_id].live),
        tuple(each for each in hits.suggestions if evidence[each.candidate.claim_id].live),
    )


def _with_opinion(results: Sequence[Result], state: SecondOpinion) -> tuple[Result, ...]:
    """The results, those that stay without an answer with a sentence on who else was asked."""
    return tuple(
        replace(each, summary=f"{each.summary} {SENTENCES[state]}")
        if each.reason in _UNKNOWN and state in SENTENCES
        else each
        for each in results
    )


async def fetch_check(database: Database, check_id: UUID) -> Check:
    """The check as it was answered. Raises NotFound."""
    async with database.read() as connection:
        check = await get_check(connection, check_id)
    if check is None:
        raise NotFound(f"There is no check {check_id}.")
    return check


def relate(claim: IncomingClaim, known: Phrasing) -> Comparison:
    """How a check relates an incoming text to one stored wording: by the statement in it that relates best."""
    inquiry = inquire(claim, date.max)
    units = [unit.reading for unit in inquiry.units]
    encounters = [Encounter(place, 0, None) for place in range(len(units))]
    return judge(units, [wording_of(read(known.text, known.language))], encounters, NO_CORPUS).comparison


def _as_request(claims: Sequence[IncomingClaim], options: CheckOptions) -> dict[str, Any]:
    return {"claims": msgspec.to_builtins(list(claims)), "options": msgspec.to_builtins(options)}


def _result(inquiry: Inquiry, hits: Hits, evidence: Evidence, most: int) -> Result:
    decision = _decide(inquiry, hits, evidence)
    claim = inquiry.claim
    return Result(
        ref=claim.ref,
        text=claim.text,
        language=inquiry.whole.language.tag,
        status=decision.status,
        confidence=round(decision.confidence, 4),
        reason=decision.reason,
        summary=decision.summary,
        reading=summarise(inquiry.whole),
        matches=tuple(_match(hit, evidence) for hit in hits.matches[:most]),
        suggestions=tuple(_match(hit, evidence) for hit in hits.suggestions),
    )


def _decide(inquiry: Inquiry, hits: Hits, evidence: Evidence) -> Decision:
    """The status of the text as a whole where it repeats a known claim whole, of its gravest statement otherwise."""
    whole, *statements = inquiry.units
    as_whole = [hit for hit in hits.matches if hit.unit.whole and hit.comparison.relation is Relation.EQUIVALENT]
    if as_whole or not statements:
        return _decide_unit(whole, hits, evidence, inquiry.as_of)
    decisions = [_decide_unit(unit, hits, evidence, inquiry.as_of) for unit in statements]
    chosen = gravest(decisions)
    place = next(place for place, each in enumerate(decisions) if each is chosen)
    about = statements[place].reading.text
    others = ", ".join(sorted({each.status.value for each in decisions if each is not chosen}))
    return replace(chosen, summary=f'{chosen.summary} This is about "{about}"; the other statements: {others}.')


def _decide_unit(unit: Unit, hits: Hits, evidence: Evidence, as_of: date) -> Decision:
    matches = [_judged(hit, evidence) for hit in hits.matches if hit.unit is unit]
    suggestions = [_judged(hit, evidence) for hit in hits.suggestions if hit.unit is unit]
    known = any(match.relation is Relation.EQUIVALENT for match in matches)
    return decide(matches, suggestions, as_of=as_of, too_vague=unit.reading.too_vague and not known)


def _unanswered(inquiry: Inquiry, hits: Hits, options: CheckOptions, now: datetime) -> Iterator[Unanswered]:
    """Each statement of a text that no stored claim judges: none that is equivalent to it or contradicts it.

    A threshold above the usual one makes no claim unknown, and what is too vague to be judged is no inquiry.
    """
    threshold = min(options.match_threshold, CheckOptions().match_threshold)
    judging = [
        hit
        for hit in (*hits.matches, *hits.suggestions)
        if hit.score >= threshold and hit.comparison.relation in (Relation.EQUIVALENT, Relation.CONTRADICTS)
    ]
    whole, *statements = inquiry.units
    for unit in statements or [whole]:
        said = unit.reading.text.strip()
        answered = any(hit.unit is unit or hit.unit.whole for hit in judging)
        if len(said) >= MIN_TEXT and not unit.reading.too_vague and not answered:
            yield Unanswered(said, inquiry.whole.language.tag, inquiry.claim.claimed_at, now)


def _judged(hit: Hit, evidence: Evidence) -> Judged:
    comparison = hit.comparison
    known = evidence[hit.candidate.claim_id]
    return Judged(
        comparison.relation,
        known.verdict,
        hit.score,
        known.valid_until,
        known.backing.reviews,
        comparison.conflicts,
        known.backing.pinned_reason,
    )


def _match(hit: Hit, evidence: Evidence) -> Match:
    candidate, comparison = hit.candidate, hit.comparison
    known = evidence[candidate.claim_id]
    return Match(
        claim_id=candidate.claim_id,
        text=candidate.text,
        language=candidate.language,
        claimant=known.claimant,
        claimed_at=known.claimed_at,
        verdict=known.verdict,
        relation=comparison.relation,
        score=round(hit.score, 4),
        span=hit.unit.span,
        explanation=comparison.explanation,
        conflicts=comparison.conflicts,
        reviews=known.backing.reviews,
        sources=known.backing.sources,
    )


def summarise(reading: Reading) -> ReadingSummary:
    """What the answer shows of a reading."""
    return ReadingSummary(
        quantities=tuple(
            ReadQuantity(
                each.value, each.upper, each.unit, Comparator(each.comparator), each.text, Span(each.start, each.end)
            )
            for each in reading.quantities
        ),
        dates=tuple(
            ReadDate(each.earliest, each.latest, DatePrecision(each.precision), each.text, Span(each.start, each.end))
            for each in reading.dates
        ),
        names=tuple(
            ReadName(each.key, NameKind(each.kind), each.text, Span(each.start, each.end)) for each in reading.names
        ),
        negated=reading.negated,
        folded=reading.folded,
    )
