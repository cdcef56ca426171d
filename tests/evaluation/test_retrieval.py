"""What answers are worth, worked out by hand; and the answers themselves, from a database."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.evaluation import loading, retrieval
from service.evaluation.dataset import Query, load_retrieval
from service.evaluation.loading import load_corpus
from service.evaluation.retrieval import Answer, Outcome, Part, summarise
from service.store.session import Database
from tests.evaluation.folders import write_retrieval


def outcome(name: str, *answers: tuple[str, float], stance: str | None = None) -> Outcome:
    """``answers``: document and score, best first; from 0.8 on they are matches."""
    found = tuple(
        Answer(key, score, "equivalent" if score > 0.9 else "related", score >= 0.8) for key, score in answers
    )
    return Outcome(Query(name, "text", "en", stance), found, float(name))


def test_figures() -> None:
    outcomes = [
        outcome("1", ("a", 0.95), ("b", 0.3), stance="Agree"),
        outcome("2", ("x", 0.85), ("b", 0.81), stance="Agree"),
        outcome("3", ("x", 0.5), ("y", 0.4), ("z", 0.3), ("c", 0.2), stance="Discuss"),
        outcome("4"),
    ]
    relevant = {"1": frozenset("a"), "2": frozenset("b"), "3": frozenset("c"), "4": frozenset("d")}
    report = summarise(outcomes, relevant, corpus=7)
    assert (report.queries, report.corpus) == (4, 7)
    assert report.map_at_5 == pytest.approx((1 + 1 / 2 + 1 / 4) / 4)
    assert report.mrr == pytest.approx((1 + 1 / 2 + 1 / 4) / 4)
    assert report.p_at_1 == 0.25
    assert report.recall_at_50 == 0.75
    assert report.match_recall == 0.5
    assert report.false_match_rate == 0.25
    assert report.latency_ms == {"p50": 2.0, "p99": 4.0}
    assert report.matches_by_relation == {"right": {"equivalent": 1, "related": 1}, "wrong": {"related": 1}}
    assert report.by_stance["Agree"] == Part(2, 0.75, 1.0, 0.5)
    assert report.by_stance["Discuss"] == Part(1, 0.25, 0.0, 0.0)
    # Distances of mean score and share right: .05, .35, .17, .50, .45, and .80 over two answers of 0.3 and 0.5.
    assert report.ece == pytest.approx((abs(0.95 - 1) + 2 * abs(0.83 - 0.5) + 0.5 + 0.4 + 2 * 0.3 + abs(0.2 - 1)) / 8)
    assert report.curve[0].recall == 0.25


def test_only_five_matches_count_as_found_and_all_as_false() -> None:
    wrong = [(f"w{place}", 0.99 - place / 100) for place in range(5)]
    relevant = {"1": frozenset("a")}
    report = summarise([outcome("1", *wrong, ("a", 0.9))], relevant, corpus=9)
    assert (report.match_recall, report.false_match_rate, report.recall_at_50) == (0.0, 1.0, 1.0)
    sixth = [("a", 0.99), *(("a2", 0.98),) * 5, ("wrong", 0.85)]
    report = summarise([outcome("1", *sixth)], {"1": frozenset({"a", "a2"})}, corpus=9)
    assert (report.match_recall, report.false_match_rate) == (1.0, 1.0)


def test_no_queries_are_no_division_by_zero() -> None:
    report = summarise([], {}, corpus=0)
    assert (report.map_at_5, report.ece, report.latency_ms) == (0.0, 0.0, {"p50": 0.0, "p99": 0.0})


@pytest.mark.parametrize("alone", [0, 1_000])
async def test_answers_come_from_the_database(
    tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch, alone: int
) -> None:
    # Once read by processes beside this one, in batches of three, and once within it.
    monkeypatch.setattr(loading, "_ALONE", alone)
    monkeypatch.setattr(loading, "_BATCH", 3)
    data = load_retrieval(write_retrieval(tmp_path), "dev")
    assert data is not None
    told: list[tuple[str, int, int]] = []
    known = await load_corpus(database, data.corpus, lambda *news: told.append(news))
    assert sorted(known.values()) == ["bridge", "control", "dam", "hospital", "long", "river", "vaccine"]
    assert told[-1] == ("loading the corpus", len(data.corpus), len(data.corpus))
    outcomes = await retrieval.check_queries(database, data.queries, known, lambda *news: told.append(news))
    assert told[-1] == ("checking the queries", 5, 5)
    best = [each.answers[0] if each.answers else None for each in outcomes]
    for place, key in enumerate(("bridge", "dam", "hospital")):
        answer = best[place]
        assert answer is not None
        assert (answer.id, answer.relation, answer.matched) == (key, "equivalent", True)
    assert outcomes[0].milliseconds > 0
    assert outcomes[4].answers == ()
    report = summarise(outcomes, data.relevant, len(known))
    assert (report.map_at_5, report.match_recall, report.false_match_rate) == (0.6, 0.6, 0.0)
