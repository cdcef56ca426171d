"""A report as JSON: the contract's keys at the top, what explains them beside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Final

from service import __version__
from service.evaluation.measures import Bin, Rate, at_threshold
from service.evaluation.pairs import Called, Compared, PairReport
from service.evaluation.retrieval import RetrievalReport
from service.evaluation.running import Report

MOST_SHOWN: Final = 20
"""Disagreements of one kind that a report lists."""

_THRESHOLDS: Final = tuple(step / 20 for step in range(20))


def as_json(report: Report, *, texts: bool) -> dict[str, Any]:
    """The report as JSON has it; rates rounded to four places, milliseconds to two. ``texts``: list disagreements."""
    body: dict[str, Any] = {"folder": report.folder, "split": report.split, "version": __version__}
    if report.retrieval is not None:
        body |= {**_retrieval(report.retrieval), "distractors": report.distractors, "model": report.model}
    if report.pairs is not None:
        body |= _pairs(report.pairs, texts=texts)
    return body


def by_kind(disagreements: Iterable[Compared]) -> dict[str, dict[str, list[Compared]]]:
    """Disagreements by label and by kind."""
    found: dict[str, dict[str, list[Compared]]] = {"different": defaultdict(list), "same": defaultdict(list)}
    for each in disagreements:
        found[each.pair.label][each.kind].append(each)
    return found


def _retrieval(report: RetrievalReport) -> dict[str, Any]:
    return {
        "queries": report.queries,
        "corpus": report.corpus,
        **{
            name: round(getattr(report, name), 4)
            for name in ("map_at_5", "mrr", "p_at_1", "recall_at_50", "match_recall", "false_match_rate", "ece")
        },
        "latency_ms": {name: round(value, 2) for name, value in report.latency_ms.items()},
        "calibration": [_bin(each) for each in report.calibration],
        "precision_recall": [
            {"threshold": threshold, "precision": round(point.precision, 4), "recall": round(point.recall, 4)}
            for threshold in _THRESHOLDS
            if (point := at_threshold(report.curve, threshold)) is not None
        ],
        "matches_by_relation": report.matches_by_relation,
        "by_stance": {
            stance: {name: round(value, 4) for name, value in asdict(part).items()}
            for stance, part in report.by_stance.items()
        },
    }


def _bin(each: Bin) -> dict[str, Any]:
    return {
        "from": each.low,
        "to": each.high,
        "n": each.n,
        "mean_score": round(each.score, 4),
        "share_right": round(each.right, 4),
    }


def _pairs(report: PairReport, *, texts: bool) -> dict[str, Any]:
    body: dict[str, Any] = {
        "pairs": report.pairs,
        **_called(report.called),
        "same_called_equivalent_by_kind": _rates(report.same_by_kind),
        "by_language": {language: _called(called) for language, called in report.by_language.items()},
        "relations": report.relations,
        "by_sub": {sub: _called(called) for sub, called in report.by_sub.items()},
    }
    if texts:
        body["disagreements"] = {
            label: {kind: [_disagreement(each) for each in some[:MOST_SHOWN]] for kind, some in sorted(kinds.items())}
            for label, kinds in by_kind(report.disagreements).items()
        }
    return body


def _called(called: Called) -> dict[str, Any]:
    return {
        "different_called_equivalent": _rates(called.different),
        "same_called_equivalent": _rate(called.same),
    }


def _rates(rates: dict[str, Rate]) -> dict[str, Any]:
    return {kind: _rate(each) for kind, each in rates.items()}


def _rate(each: Rate) -> dict[str, Any]:
    return {"rate": round(each.rate, 4), "n": each.n}


def _disagreement(each: Compared) -> dict[str, Any]:
    pair = each.pair
    return {
        "a": pair.a,
        "b": pair.b,
        "lang": pair.lang,
        "sub": pair.sub,
        "relations": [relation.value for relation in each.relations],
        "score": round(each.score, 4),
    }
