"""The main job: incoming claims in, a status with its reasons and sources out."""

from __future__ import annotations

import asyncio
import math
from bisect import insort
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
    Candidate,
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
from service.indexing import Semantics
from service.intake import validate_check
from service.matching.comparison import Comparison
from service.matching.judging import STRENGTH, Encounter, Judge, Promise, Prospect, Wording, judge, wording_of
from service.matching.noise import urls
from service.matching.reading import Reading, read
from service.matching.relevance import NO_CORPUS, Corpus
from service.matching.statements import Statement, split_statements
from service.matching.verdicts import Decision, Judged, decide, gravest
from service.observing import Stage, stage, tell_answered, tell_retrieved
from service.opinions import SENTENCES, Opinions, Upstream
from service.retrieval import Found, Pool, Question, Supply, find
from service.store.checks import get_check, insert_check
from service.store.evidence import Standing, claims_standing
from service.store.session import Database
from service.unanswered import Unanswered

_UNKNOWN: Final = frozenset({Reason.NO_CANDIDATES, Reason.BELOW_THRESHOLD})
"""Why claims are unverified about which others are asked."""

_OFF_LOOP_FROM: Final = 500
"""From so many candidates on, comparing leaves the event loop free."""

_PATIENCE: Final = 10
_HOPELESS: Final = 0.1
"""After so many claims in turn whose score cannot come near to what is shown (a tenth of it), no others are looked at.
Of 62,140 claims found for 773 queries in three languages this loses one that would have been shown.
"""


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
    asked: Question


@dataclass(frozen=True, slots=True)
class _Hit:
    """A stored claim against one incoming text: its most telling wording, and the statement that this is about."""

    candidate: Candidate
    unit: _Unit
    comparison: Comparison
    score: float


@dataclass(frozen=True, slots=True)
class _Hits:
    """All that reached the match threshold, since it decides, and the best of what only reached the lower one."""

    matches: tuple[_Hit, ...]
    suggestions: tuple[_Hit, ...]


Evidence = Mapping[UUID, Standing]


@dataclass(frozen=True, slots=True)
class _Found:
    """What the database says to questions, as of one revision of the corpus."""

    supply: Supply
    hits: Sequence[_Hits]
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
        questions = [_read_question(claim, created_at.date()) for claim in claims]
    found = await _find(database, questions, options, semantics)
    opinion = SecondOpinion.OFF
    if record and upstream is not None:
        unknown = [claim for claim, result in zip(claims, found.results, strict=True) if result.reason in _UNKNOWN]
        asked = await upstream.ask(unknown) if unknown else Opinions(SecondOpinion.NOT_NEEDED, news=False)
        if asked.news:
            found = await _find(database, questions, options, semantics)
        opinion, found = asked.state, replace(found, results=_with_opinion(found.results, asked.state))
    supply, results = found.supply, found.results
    kinds = (RetrievalKind.LEXICAL,) if supply.covered is None else tuple(RetrievalKind)
    covered = None if supply.covered is None else round(supply.covered, 4)
    check = Check(uuid7(), created_at, Engine(__version__, supply.revision, kinds, covered, opinion), results)
    if record:
        with stage(Stage.RECORD):
            unanswered = [
                each
                for question, judged in zip(questions, found.hits, strict=True)
                for each in _unanswered(question, judged, options, created_at)
            ]
            async with database.single() as connection:
                await insert_check(connection, check, _as_request(claims, options), unanswered)
    for pool, result in zip(supply.pools, results, strict=True):
        tell_retrieved(len(pool))
        tell_answered(result.status, result.reason)
    return check


async def _find(
    database: Database, questions: Sequence[_Question], options: CheckOptions, semantics: Semantics | None
) -> _Found:
    async with database.read() as connection:
        with stage(Stage.RETRIEVE):
            supply = await find(connection, [question.asked for question in questions], options.languages, semantics)
        with stage(Stage.JUDGE):
            hits = await _judge_all(questions, supply, options)
        with stage(Stage.EVIDENCE):
            shown = {hit.candidate.claim_id for each in hits for hit in (*each.matches, *each.suggestions)}
            evidence: Evidence = await claims_standing(connection, sorted(shown))
    if not all(known.live for known in evidence.values()):
        hits = [_live(each, evidence) for each in hits]
    results = tuple(
        _result(question, each, evidence, options.max_matches) for question, each in zip(questions, hits, strict=True)
    )
    return _Found(supply, hits, results)


def _live(hits: _Hits, evidence: Evidence) -> _Hits:
    """Without the claims that were withdrawn or merged into another one since they were found."""
    return _Hits(
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
    question = _read_question(claim, date.max)
    units = [unit.reading for unit in question.units]
    encounters = [Encounter(place, 0, None) for place in range(len(units))]
    return judge(units, [wording_of(read(known.text, known.language))], encounters, NO_CORPUS).comparison


def _as_request(claims: Sequence[IncomingClaim], options: CheckOptions) -> dict[str, Any]:
    return {"claims": msgspec.to_builtins(list(claims)), "options": msgspec.to_builtins(options)}


def _read_question(claim: IncomingClaim, today: date) -> _Question:
    as_of = claim.claimed_at or today
    whole = read(claim.text, claim.language, claim.claimed_at)
    statements = split_statements(claim.text, whole.language.tag)
    units = [_Unit(_inked(claim.text), whole, whole=True)]
    if len(statements) > 1:
        units.extend(_read_unit(statement, whole.language.tag, claim.claimed_at) for statement in statements)
    asked = Question(claim.text, tuple(unit.reading for unit in units), urls(claim.text))
    return _Question(claim, as_of, whole, tuple(units), asked)


def _inked(text: str) -> Span:
    start = len(text) - len(text.lstrip())
    return Span(start, max(start, len(text.rstrip())))


def _read_unit(statement: Statement, language: str, anchor: date | None) -> _Unit:
    return _Unit(Span(statement.start, statement.end), read(statement.text, language, anchor), whole=False)


async def _judge_all(questions: Sequence[_Question], supply: Supply, options: CheckOptions) -> list[_Hits]:
    abandoned = False

    def work() -> list[_Hits]:
        asked = zip(questions, supply.pools, strict=True)
        return [_hits(question, pool, supply.corpus, options) for question, pool in asked if not abandoned]

    if sum(len(found) for pool in supply.pools for found in pool.values()) < _OFF_LOOP_FROM:
        return work()
    try:
        return await asyncio.to_thread(work)
    except asyncio.CancelledError:
        # A thread cannot be stopped from outside: it sees that nobody waits for it when it comes to the next claim.
        abandoned = True
        raise


def _hits(question: _Question, pool: Pool, corpus: Corpus, options: CheckOptions) -> _Hits:
    """Everything that reaches the match threshold, and the best of what only reaches the lower one.

    The most promising claims are looked at first, until many in turn have no prospects, and those with the best
    prospects are judged first, until no other one can come among them.
    """
    judge = Judge([unit.reading for unit in question.units], corpus)
    promising: list[tuple[Promise, list[Wording], list[Encounter], list[Found]]] = []
    for found in pool.values():
        encounters: list[Encounter] = []
        wordings: list[Wording] = []
        for place, each in enumerate(found):
            wordings.append(Wording(each.profile, each.reading, each.likeness))
            encounters += [Encounter(unit, place, score) for unit, score in each.scores.items()]
        promising.append((judge.promise(wordings, encounters), wordings, encounters, found))
    promising.sort(key=lambda each: -each[0].order)
    prospects: list[tuple[Prospect, list[Found]]] = []
    levels = _HOPELESS * options.suggest_threshold, options.suggest_threshold
    hopeless = 0
    for promise, wordings, encounters, found in promising:
        prospect = judge.look(wordings, encounters, promise, levels)
        if prospect.ceiling >= options.suggest_threshold:
            prospects.append((prospect, found))
        hopeless = hopeless + 1 if prospect.ceiling < levels[0] else 0
        if hopeless >= _PATIENCE and promise.order < math.inf:
            break
    prospects.sort(key=lambda each: -each[0].ceiling)
    hits: list[_Hit] = []
    lesser: list[float] = []
    for prospect, found in prospects:
        if len(lesser) >= options.max_matches and prospect.ceiling < lesser[-options.max_matches]:
            break
        judged = judge.judge(prospect)
        if judged.score < options.suggest_threshold:
            continue
        if judged.score < options.match_threshold:
            insort(lesser, judged.score)
        hits.append(_Hit(found[judged.wording].candidate, question.units[judged.unit], judged.comparison, judged.score))
    hits.sort(key=lambda hit: (-hit.score, -STRENGTH[hit.comparison.relation], hit.candidate.phrasing_id))
    matches = [hit for hit in hits if hit.score >= options.match_threshold]
    suggestions = [hit for hit in hits if hit.score < options.match_threshold]
    return _Hits(tuple(matches), tuple(suggestions[: options.max_matches]))


def _result(question: _Question, hits: _Hits, evidence: Evidence, most: int) -> Result:
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
        matches=tuple(_match(hit, evidence) for hit in hits.matches[:most]),
        suggestions=tuple(_match(hit, evidence) for hit in hits.suggestions),
    )


def _decide(question: _Question, hits: _Hits, evidence: Evidence) -> Decision:
    """The status of the text as a whole where it repeats a known claim whole, of its gravest statement otherwise."""
    whole, *statements = question.units
    as_whole = [hit for hit in hits.matches if hit.unit.whole and hit.comparison.relation is Relation.EQUIVALENT]
    if as_whole or not statements:
        return _decide_unit(whole, hits, evidence, question.as_of)
    decisions = [_decide_unit(unit, hits, evidence, question.as_of) for unit in statements]
    chosen = gravest(decisions)
    place = next(place for place, each in enumerate(decisions) if each is chosen)
    about = statements[place].reading.text
    others = ", ".join(sorted({each.status.value for each in decisions if each is not chosen}))
    return replace(chosen, summary=f'{chosen.summary} This is about "{about}"; the other statements: {others}.')


def _decide_unit(unit: _Unit, hits: _Hits, evidence: Evidence, as_of: date) -> Decision:
    matches = [_judged(hit, evidence) for hit in hits.matches if hit.unit is unit]
    suggestions = [_judged(hit, evidence) for hit in hits.suggestions if hit.unit is unit]
    known = any(match.relation is Relation.EQUIVALENT for match in matches)
    return decide(matches, suggestions, as_of=as_of, too_vague=unit.reading.too_vague and not known)


def _unanswered(question: _Question, hits: _Hits, options: CheckOptions, now: datetime) -> Iterator[Unanswered]:
    """Each statement of a text that no stored claim judges: none that is equivalent to it or contradicts it.

    A threshold above the usual one makes no claim unknown, and what is too vague to be judged is no question.
    """
    threshold = min(options.match_threshold, CheckOptions().match_threshold)
    judging = [
        hit
        for hit in (*hits.matches, *hits.suggestions)
        if hit.score >= threshold and hit.comparison.relation in (Relation.EQUIVALENT, Relation.CONTRADICTS)
    ]
    whole, *statements = question.units
    for unit in statements or [whole]:
        said = unit.reading.text.strip()
        answered = any(hit.unit is unit or hit.unit.whole for hit in judging)
        if len(said) >= MIN_TEXT and not unit.reading.too_vague and not answered:
            yield Unanswered(said, question.whole.language.tag, question.claim.claimed_at, now)


def _judged(hit: _Hit, evidence: Evidence) -> Judged:
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


def _match(hit: _Hit, evidence: Evidence) -> Match:
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
