"""One benchmark folder through the code that answers ``/v1/checks``: every figure comes from real answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from service.checking import check_claims
from service.domain import MAX_TEXT, MIN_TEXT, CheckOptions, ClaimDraft, IncomingClaim, Phrasing, Relation, Verdict
from service.editing import index_draft
from service.evaluation.dataset import Document, LabelledPair, Query, Retrieval
from service.evaluation.measures import (
    average_precision,
    calibration_bins,
    expected_calibration_error,
    percentile,
    precision_recall,
    reciprocal_rank,
)
from service.matching.comparison import compare
from service.matching.reading import read
from service.store.claims import NewClaim, insert_claims
from service.store.session import Database

Progress = Callable[[str, int, int], None]
"""Called with what is going on, how much is done, how much there is."""

_BATCH: Final = 500
_DEPTH: Final = 5


@dataclass(frozen=True, slots=True)
class Rate:
    """A share in [0, 1] of ``n`` cases."""

    rate: float
    n: int


@dataclass(frozen=True, slots=True)
class RetrievalReport:
    """What a retrieval set showed. Latencies in milliseconds per query; every other figure is in [0, 1]."""

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
    calibration: list[tuple[float, float, int]] = field(default_factory=list)
    curve: list[tuple[float, float, float]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A labelled pair that the comparison saw otherwise."""

    pair: LabelledPair
    relation: Relation


@dataclass(frozen=True, slots=True)
class PairReport:
    """What a set of labelled pairs showed."""

    different_called_equivalent: dict[str, Rate]
    same_called_equivalent: Rate
    disagreements: list[Disagreement]


async def load_corpus(database: Database, corpus: Sequence[Document], progress: Progress) -> dict[str, str]:
    """Store a corpus; a title becomes a second phrasing. Returns the corpus id by claim id.

    Texts too short for a claim are replaced by their title, and left out where that is too short as well.
    """
    known: dict[str, str] = {}
    for start in range(0, len(corpus), _BATCH):
        batch = corpus[start : start + _BATCH]
        drafts = [(document.id, draft) for document in batch if (draft := _draft(document)) is not None]
        new = [NewClaim(draft, Verdict.UNPROVEN, index_draft(draft)) for _, draft in drafts]
        async with database.write() as connection:
            stored = await insert_claims(connection, new, datetime.now(UTC))
        known.update({str(claim.id): key for claim, (key, _) in zip(stored, drafts, strict=True)})
        progress("loading the corpus", min(start + _BATCH, len(corpus)), len(corpus))
    return known


def _draft(document: Document) -> ClaimDraft | None:
    wordings = [_clean(wording) for wording in (document.text, document.title or "")]
    wordings = [wording for wording in wordings if len(wording) >= MIN_TEXT]
    if not wordings:
        return None
    first, *others = wordings
    return ClaimDraft(first, document.lang, phrasings=tuple(Phrasing(other, document.lang) for other in others))


def _clean(text: str) -> str:
    return text.replace("\x00", " ").strip()[:MAX_TEXT].strip()


async def measure_retrieval(
    database: Database, data: Retrieval, known: dict[str, str], progress: Progress
) -> RetrievalReport:
    """Check every query by itself, with the service's default thresholds, and compare with the right answers."""
    options = CheckOptions(max_matches=50, suggest_threshold=0.0)
    defaults = CheckOptions()
    precision, ranks, first, found, matched, wrong = 0.0, 0.0, 0, 0, 0, 0
    scored: list[tuple[float, bool]] = []
    latencies: list[float] = []
    for number, query in enumerate(data.queries, start=1):
        right = data.relevant[query.id]
        begun = time.perf_counter()
        ranking, matches = await _ranking(database, query, options, known)
        latencies.append((time.perf_counter() - begun) * 1000)
        ids = [key for key, _ in ranking]
        precision += average_precision(ids, right, _DEPTH)
        ranks += reciprocal_rank(ids, right)
        first += bool(ids) and ids[0] in right
        found += bool(right.intersection(ids[:50]))
        matched += bool(right.intersection(matches[: defaults.max_matches]))
        wrong += bool(set(matches) - right)
        scored.extend((score, key in right) for key, score in ranking[:_DEPTH])
        progress("checking the queries", number, len(data.queries))
    count = max(1, len(data.queries))
    return RetrievalReport(
        queries=len(data.queries),
        corpus=len(data.corpus),
        map_at_5=precision / count,
        mrr=ranks / count,
        p_at_1=first / count,
        recall_at_50=found / count,
        match_recall=matched / count,
        false_match_rate=wrong / count,
        ece=expected_calibration_error(scored),
        latency_ms={"p50": percentile(latencies, 0.5), "p99": percentile(latencies, 0.99)},
        calibration=calibration_bins(scored),
        curve=precision_recall(scored, sum(len(data.relevant[query.id]) for query in data.queries)),
    )


async def _ranking(
    database: Database, query: Query, options: CheckOptions, known: dict[str, str]
) -> tuple[list[tuple[str, float]], list[str]]:
    incoming = IncomingClaim(_clean(query.text), language=query.lang)
    check = await check_claims(database, [incoming], options, record=False)
    (result,) = check.results
    matches = [known[str(match.claim_id)] for match in result.matches]
    ranking = [(known[str(match.claim_id)], match.score) for match in (*result.matches, *result.suggestions)]
    return ranking, matches


def measure_pairs(pairs: Sequence[LabelledPair]) -> PairReport:
    """Compare every pair, both ways round: called equivalent when either way says so."""
    called: dict[str, list[bool]] = {"number": [], "negation": [], "entity": [], "other": [], "all": []}
    same: list[bool] = []
    disagreements: list[Disagreement] = []
    for pair in pairs:
        left, right = read(pair.a, pair.lang), read(pair.b, pair.lang)
        relations = (compare(left, right).relation, compare(right, left).relation)
        equivalent = Relation.EQUIVALENT in relations
        if pair.label == "same":
            same.append(equivalent)
        else:
            called.setdefault(pair.kind, []).append(equivalent)
            called["all"].append(equivalent)
        if equivalent is not (pair.label == "same"):
            disagreements.append(Disagreement(pair, relations[0]))
    return PairReport({kind: _rate(hits) for kind, hits in called.items()}, _rate(same), disagreements)


def _rate(hits: Sequence[bool]) -> Rate:
    return Rate(sum(hits) / len(hits) if hits else 0.0, len(hits))
