"""An incoming claim read, and beside it what was found: which stored claims are worth telling of.

Nothing of it waits for anything; what takes long is done in a thread, so that the event loop is free for others.
"""

from __future__ import annotations

import asyncio
import math
from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from service.domain import Candidate, CheckOptions, IncomingClaim, Span
from service.matching.comparison import Comparison
from service.matching.judging import STRENGTH, Encounter, Judge, Promise, Prospect, Wording
from service.matching.noise import urls
from service.matching.reading import Reading, read
from service.matching.relevance import Corpus
from service.matching.statements import Statement, split_statements
from service.retrieval import Found, Pool, Question, Supply

_MANY: Final = 500
"""From so many wordings on, comparing leaves the event loop free."""

_PATIENCE: Final = 10
_HOPELESS: Final = 0.1
"""After so many claims in turn whose score cannot come near to what is shown (a tenth of it), no others are looked at.
Of 62,140 claims found for 773 queries in three languages this loses one that would have been shown.
"""


@dataclass(frozen=True, slots=True)
class Unit:
    """A stretch of the incoming text that is judged by itself: a statement, or the text as a whole."""

    span: Span
    reading: Reading
    whole: bool


@dataclass(frozen=True, slots=True)
class Inquiry:
    """An incoming claim, read."""

    claim: IncomingClaim
    as_of: date
    whole: Reading
    units: tuple[Unit, ...]
    asked: Question


@dataclass(frozen=True, slots=True)
class Hit:
    """A stored claim against one incoming text: its most telling wording, and the statement that this is about."""

    candidate: Candidate
    unit: Unit
    comparison: Comparison
    score: float


@dataclass(frozen=True, slots=True)
class Hits:
    """All that reached the match threshold, since it decides, and the best of what only reached the lower one."""

    matches: tuple[Hit, ...]
    suggestions: tuple[Hit, ...]


def inquire(claim: IncomingClaim, today: date) -> Inquiry:
    """A claim read as a whole and, where it has several, by its statements."""
    as_of = claim.claimed_at or today
    whole = read(claim.text, claim.language, claim.claimed_at)
    statements = split_statements(claim.text, whole.language.tag)
    units = [Unit(_inked(claim.text), whole, whole=True)]
    if len(statements) > 1:
        units.extend(_read_unit(statement, whole.language.tag, claim.claimed_at) for statement in statements)
    asked = Question(claim.text, tuple(unit.reading for unit in units), urls(claim.text))
    return Inquiry(claim, as_of, whole, tuple(units), asked)


def _inked(text: str) -> Span:
    start = len(text) - len(text.lstrip())
    return Span(start, max(start, len(text.rstrip())))


def _read_unit(statement: Statement, language: str, anchor: date | None) -> Unit:
    return Unit(Span(statement.start, statement.end), read(statement.text, language, anchor), whole=False)


async def judge_all(inquiries: Sequence[Inquiry], supply: Supply, options: CheckOptions) -> list[Hits]:
    """What to tell of, for each text. ``supply``: what was found for them."""
    abandoned = False

    def work() -> list[Hits]:
        pairs = zip(inquiries, supply.pools, strict=True)
        return [_hits(inquiry, pool, supply.corpus, options) for inquiry, pool in pairs if not abandoned]

    if sum(len(found) for pool in supply.pools for found in pool.values()) < _MANY:
        return work()
    try:
        return await asyncio.to_thread(work)
    except asyncio.CancelledError:
        # A thread cannot be stopped from outside: it sees that nobody waits for it when it comes to the next claim.
        abandoned = True
        raise


def _hits(inquiry: Inquiry, pool: Pool, corpus: Corpus, options: CheckOptions) -> Hits:
    """Everything that reaches the match threshold, and the best of what only reaches the lower one.

    The most promising claims are looked at first, until many in turn have no prospects, and those with the best
    prospects are judged first, until no other one can come among them.
    """
    judge = Judge([unit.reading for unit in inquiry.units], corpus)
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
    hits: list[Hit] = []
    lesser: list[float] = []
    for prospect, found in prospects:
        if len(lesser) >= options.max_matches and prospect.ceiling < lesser[-options.max_matches]:
            break
        judged = judge.judge(prospect)
        if judged.score < options.suggest_threshold:
            continue
        if judged.score < options.match_threshold:
            insort(lesser, judged.score)
        hits.append(Hit(found[judged.wording].candidate, inquiry.units[judged.unit], judged.comparison, judged.score))
    hits.sort(key=lambda hit: (-hit.score, -STRENGTH[hit.comparison.relation], hit.candidate.phrasing_id))
    matches = [hit for hit in hits if hit.score >= options.match_threshold]
    suggestions = [hit for hit in hits if hit.score < options.match_threshold]
    return Hits(tuple(matches), tuple(suggestions[: options.max_matches]))
