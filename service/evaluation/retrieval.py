"""Queries through the code that answers ``/v1/checks``, one by one, and what their answers are worth."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from service.checking import check_claims
from service.domain import CheckOptions, IncomingClaim
from service.evaluation.dataset import Query, as_claim_text, as_language, is_long_enough
from service.evaluation.loading import Progress
from service.evaluation.measures import (
    Bin,
    Point,
    average_precision,
    calibration_bins,
    expected_calibration_error,
    mean,
    percentile,
    precision_recall,
    rate,
    reciprocal_rank,
)
from service.indexing import Semantics
from service.store.session import Database

DEPTH: Final = 5
"""How many answers per query count for precision and for calibration."""

_RANKED: Final = 50
_WARMING_UP: Final = 10

_EVERYTHING: Final = CheckOptions(max_matches=_RANKED, suggest_threshold=0.0)
"""The default match threshold, so that ``matches`` is what a caller gets, with all that follows it beneath."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A stored claim in the answer to a query. ``matched``: it reached the match threshold."""

    id: str
    score: float
    relation: str
    matched: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a query got: at most 50 answers, best first, after so many milliseconds."""

    query: Query
    answers: tuple[Answer, ...]
    milliseconds: float


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the queries by themselves."""

    queries: int
    map_at_5: float
    match_recall: float
    false_match_rate: float


@dataclass(frozen=True, slots=True)
class RetrievalReport:
    """What a retrieval set showed. Latencies in milliseconds per query; every other figure is in [0, 1].

    ``matches_by_relation``: how many right and how many wrong claims were among the matches, by their relation.
    """

    queries: int
    corpus: int
    map_at_5: float
    mrr: float
    p_at_1: float
    recall_at_50: float
    match_recall: float
    false_match_rate: float
    ece: float
    latency_ms: dict[str, float]
    calibration: list[Bin]
    curve: list[Point]
    matches_by_relation: dict[str, dict[str, int]]
    by_stance: dict[str, Part]


async def check_queries(
    database: Database,
    queries: Sequence[Query],
    known: Mapping[UUID, str],
    progress: Progress,
    semantics: Semantics | None = None,
) -> list[Outcome]:
    """Check every query by itself. ``known``: the corpus id of every stored claim; ``semantics``: the model, if any.

    A few queries are checked once beforehand, so that no latency includes connecting. A text too short for a claim,
    which the service would refuse, gets no answer.
    """
    for query in queries[:_WARMING_UP]:
        await _check(database, query, known, semantics)
    outcomes = []
    for number, query in enumerate(queries, start=1):
        outcomes.append(await _check(database, query, known, semantics))
        progress("checking the queries", number, len(queries))
    return outcomes


async def _check(database: Database, query: Query, known: Mapping[UUID, str], semantics: Semantics | None) -> Outcome:
    text = as_claim_text(query.text)
    if not is_long_enough(text):
        return Outcome(query, (), 0.0)
    incoming = IncomingClaim(text, language=as_language(query.lang))
    begun = time.perf_counter()
    check = await check_claims(database, [incoming], _EVERYTHING, record=False, semantics=semantics)
    taken = (time.perf_counter() - begun) * 1000
    (result,) = check.results
    answers = [
        Answer(known[match.claim_id], match.score, match.relation.value, matched)
        for matched, part in ((True, result.matches), (False, result.suggestions))
        for match in part
    ]
    return Outcome(query, tuple(answers[:_RANKED]), taken)


def summarise(outcomes: Sequence[Outcome], relevant: Mapping[str, frozenset[str]], corpus: int) -> RetrievalReport:
    """The figures for what the queries got. ``relevant``: by query the ids of the right claims."""
    rankings = [([answer.id for answer in each.answers], relevant[each.query.id]) for each in outcomes]
    scored = [
        (answer.score, answer.id in relevant[each.query.id]) for each in outcomes for answer in each.answers[:DEPTH]
    ]
    by_relation: dict[str, Counter[str]] = {"right": Counter(), "wrong": Counter()}
    parts: dict[str, list[Outcome]] = defaultdict(list)
    for each in outcomes:
        if each.query.stance:
            parts[each.query.stance].append(each)
        for answer in each.answers:
            if answer.matched:
                by_relation["right" if answer.id in relevant[each.query.id] else "wrong"][answer.relation] += 1
    total = _part(outcomes, relevant)
    latencies = [each.milliseconds for each in outcomes]
    return RetrievalReport(
        queries=len(outcomes),
        corpus=corpus,
        map_at_5=total.map_at_5,
        mrr=mean([reciprocal_rank(ranking, right) for ranking, right in rankings]),
        p_at_1=rate([bool(ranking) and ranking[0] in right for ranking, right in rankings]).rate,
        recall_at_50=rate([not right.isdisjoint(ranking) for ranking, right in rankings]).rate,
        match_recall=total.match_recall,
        false_match_rate=total.false_match_rate,
        ece=expected_calibration_error(scored),
        latency_ms={"p50": percentile(latencies, 0.5), "p99": percentile(latencies, 0.99)},
        calibration=calibration_bins(scored),
        curve=precision_recall(scored, sum(len(right) for _, right in rankings)),
        matches_by_relation={name: dict(sorted(counts.items())) for name, counts in by_relation.items()},
        by_stance={stance: _part(part, relevant) for stance, part in sorted(parts.items())},
    )


def _part(outcomes: Sequence[Outcome], relevant: Mapping[str, frozenset[str]]) -> Part:
    found, wrong = [], []
    for each in outcomes:
        right = relevant[each.query.id]
        matches = [answer.id for answer in each.answers if answer.matched]
        found.append(not right.isdisjoint(matches[: CheckOptions().max_matches]))
        # With the right claims out of the database the rest keeps its scores: none depends on other candidates.
        wrong.append(not right.issuperset(matches))
    precisions = [
        average_precision([answer.id for answer in each.answers], relevant[each.query.id], DEPTH) for each in outcomes
    ]
    return Part(len(outcomes), mean(precisions), rate(found).rate, rate(wrong).rate)
