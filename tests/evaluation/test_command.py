"""``factcheck eval`` from end to end: its figures, its exit codes, and that it leaves nothing behind."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import asyncpg
import pytest

from service.cli import main
from service.cli.evaluating import _undisturbed
from service.evaluation import running
from service.store.session import Database
from tests.conftest import ROOT, Cluster, plain
from tests.evaluation.folders import CORPUS, write, write_jsonl, write_pairs, write_retrieval

RETRIEVAL_KEYS = {
    "map_at_5", "mrr", "p_at_1", "recall_at_50", "match_recall", "false_match_rate", "ece", "latency_ms",
}  # fmt: skip


def scratch_databases(url: str) -> list[str]:
    async def ask() -> list[str]:
        connection = await asyncpg.connect(plain(url))
        try:
            rows = await connection.fetch("SELECT datname FROM pg_database WHERE datname LIKE 'factcheck_eval%'")
        finally:
            await connection.close()
        return [row["datname"] for row in rows]

    return asyncio.run(ask())


@pytest.fixture
def beside(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> str:
    """The server's URL, set for the command."""
    monkeypatch.setenv("FACTCHECK_DATABASE_URL", cluster.url)
    monkeypatch.setenv("COLUMNS", "140")
    return cluster.url


def printed(capsys: pytest.CaptureFixture[str]) -> Any:
    captured = capsys.readouterr()
    assert captured.err == ""
    return json.loads(captured.out)


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_a_retrieval_folder(tmp_path: Path, beside: str, capsys: pytest.CaptureFixture[str], ending: str) -> None:
    folder = write_retrieval(tmp_path / "set", ending)
    assert main(["eval", str(folder), "--split", "dev", "--json"]) == 0
    report = printed(capsys)
    assert report.keys() >= RETRIEVAL_KEYS
    assert (report["folder"], report["split"], report["queries"], report["corpus"]) == ("set", "dev", 5, 7)
    for name in ("map_at_5", "mrr", "p_at_1", "recall_at_50", "match_recall"):
        assert report[name] == 0.6
    assert report["false_match_rate"] == 0.0
    assert 0 < report["latency_ms"]["p50"] <= report["latency_ms"]["p99"]
    assert "different_called_equivalent" not in report
    assert sum(each["n"] for each in report["calibration"]) >= 3
    assert report["precision_recall"][0]["threshold"] == 0.0
    assert report["by_stance"] == {
        "Agree": {"queries": 1, "map_at_5": 1.0, "match_recall": 1.0, "false_match_rate": 0.0}
    }
    assert scratch_databases(beside) == []


def test_a_folder_of_pairs(tmp_path: Path, beside: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", str(write_pairs(tmp_path / "set")), "--json"]) == 0
    report = printed(capsys)
    assert report["different_called_equivalent"] == {
        "number": {"rate": 0.0, "n": 1},
        "negation": {"rate": 0.0, "n": 1},
        "entity": {"rate": 0.0, "n": 0},
        "other": {"rate": 1.0, "n": 1},
        "all": {"rate": 0.3333, "n": 3},
    }
    assert report["same_called_equivalent"] == {"rate": 0.5, "n": 2}
    assert report["by_language"]["en"]["same_called_equivalent"] == {"rate": 0.5, "n": 2}
    assert report["by_sub"]["copy"]["different_called_equivalent"]["all"] == {"rate": 1.0, "n": 1}
    (copy,) = report["disagreements"]["different"]["other"]
    assert (copy["a"], copy["relations"]) == (copy["b"], ["equivalent", "equivalent"])
    assert "map_at_5" not in report
    assert main(["eval", str(tmp_path / "set"), "--json", "--figures-only"]) == 0
    assert "Penguins" not in json.dumps(printed(capsys))


def test_one_folder_with_both(tmp_path: Path, beside: str, capsys: pytest.CaptureFixture[str]) -> None:
    write_retrieval(tmp_path / "set")
    write_pairs(tmp_path / "set")
    assert main(["eval", str(tmp_path / "set"), "--json"]) == 0
    assert printed(capsys).keys() >= {*RETRIEVAL_KEYS, "different_called_equivalent", "same_called_equivalent"}


def test_several_folders(tmp_path: Path, beside: str, capsys: pytest.CaptureFixture[str]) -> None:
    folders = [str(write_retrieval(tmp_path / "queries")), str(write_pairs(tmp_path / "pairs"))]
    svg = tmp_path / "chart.svg"
    assert main(["eval", *folders, "--json", "--limit", "3", "--svg", str(svg)]) == 0
    first, second = printed(capsys)["reports"]
    assert (first["folder"], first["queries"], first["corpus"]) == ("queries", 3, 7)
    assert (second["folder"], second["pairs"]) == ("pairs", 3)
    texts = [text.text for text in ElementTree.fromstring(svg.read_text(encoding="utf-8")).iter()]
    assert "queries" in texts
    assert "pairs" not in texts


def test_distractors_join_the_corpus(tmp_path: Path, beside: str, capsys: pytest.CaptureFixture[str]) -> None:
    write_jsonl(
        tmp_path / "claims.jsonl.gz",
        [
            {"text": str(CORPUS[0]["text"]).upper(), "lang": "en"},
            {"text": "Penguins have learnt to play the violin", "lang": "en"},
            {"text": "no"},
        ],
    )
    folder = write_retrieval(tmp_path / "set")
    assert main(["eval", str(folder), "--json", "--distractors", str(tmp_path / "claims.jsonl.gz")]) == 0
    report = printed(capsys)
    assert (report["corpus"], report["map_at_5"]) == (8, 0.6)
    assert report["false_match_rate"] == 0.2


def test_tables_for_people(tmp_path: Path, beside: str, capsys: pytest.CaptureFixture[str]) -> None:
    write_retrieval(tmp_path / "set")
    write_pairs(tmp_path / "set")
    assert main(["eval", str(tmp_path / "set")]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    for part in ("5 queries, 7 claims", "MAP@5", "0.600", "Agree", "different, number", "50.0% of 2", "Penguins"):
        assert part in captured.out
    assert main(["eval", str(tmp_path / "set"), "--figures-only"]) == 0
    assert "Penguins" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["absent"],
        ["set", "--split", "train"],
        ["set", "--split", "../set/dev"],
        ["set", "absent"],
        ["broken"],
        ["set", "--distractors", "absent.jsonl"],
        ["set", "--svg", "absent/chart.svg"],
    ],
)
def test_bad_input(
    tmp_path: Path,
    beside: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
) -> None:
    write_retrieval(tmp_path / "set")
    write_retrieval(tmp_path / "broken")
    write(tmp_path / "broken" / "corpus.jsonl", '{"id": "a", "text": "some text"}\n{"id"\n')
    monkeypatch.chdir(tmp_path)
    assert main(["eval", *arguments, "--json"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("factcheck: ")
    if arguments == ["broken"]:
        assert "corpus.jsonl, line 2" in captured.err
    assert scratch_databases(beside) == []


@pytest.mark.parametrize("arguments", [["set", "--limit", "0"], ["set", "--limit", "many"], ["set", "--splt", "x"]])
def test_wrong_usage(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["eval", *arguments])
    assert stopped.value.code == 2


def test_without_a_database_there_are_no_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FACTCHECK_DATABASE_URL", "postgresql://nobody:secret@127.0.0.1:1/nothing")
    assert main(["eval", str(write_retrieval(tmp_path / "set")), "--json"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "cannot be reached" in captured.err
    assert "secret" not in captured.err
    assert "Traceback" not in captured.err


def test_an_account_that_may_not_make_databases(
    tmp_path: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from sqlalchemy import make_url

    cluster._run("CREATE ROLE factcheck_guest LOGIN PASSWORD 'guest'")
    try:
        guest = make_url(cluster.url).set(username="factcheck_guest", password="guest")
        monkeypatch.setenv("FACTCHECK_DATABASE_URL", guest.render_as_string(hide_password=False))
        assert main(["eval", str(write_retrieval(tmp_path / "set"))]) == 1
        assert "refuses CREATE" in capsys.readouterr().err
    finally:
        cluster._run("DROP ROLE factcheck_guest")


def test_an_error_leaves_no_database_behind(tmp_path: Path, beside: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object, **__: object) -> None:
        assert scratch_databases_are_there(beside)
        raise RuntimeError("on purpose")

    monkeypatch.setattr(running, "evaluate", fail)
    with pytest.raises(RuntimeError, match="on purpose"):
        main(["eval", str(write_retrieval(tmp_path / "set"))])
    assert scratch_databases(beside) == []


def scratch_databases_are_there(url: str) -> bool:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        return len(pool.submit(scratch_databases, url).result()) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupt_leaves_no_database_behind(tmp_path: Path, cluster: Cluster, number: int, code: int) -> None:
    folder = write_retrieval(tmp_path / "set")
    # More than one process reads alone, and more than is read before the signal comes.
    write_jsonl(
        folder / "corpus.jsonl",
        ({"id": str(key), "text": f"The {key}th barrel of oil was sold to dealer {key * 7}"} for key in range(20_000)),
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "service", "eval", str(folder), "--json"],
        cwd=ROOT,
        env={**os.environ, "FACTCHECK_DATABASE_URL": cluster.url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 30
        while not scratch_databases(cluster.url) and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(1.0)
        assert process.poll() is None
        process.send_signal(number)
        out, error = process.communicate(timeout=30)
    finally:
        if process.poll() is None:
            process.kill()
    assert process.returncode == code, error
    assert out == b""
    assert scratch_databases(cluster.url) == []


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
def test_cleaning_up_is_not_interrupted() -> None:
    before = signal.getsignal(signal.SIGINT)
    with _undisturbed():
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.01)
    assert signal.getsignal(signal.SIGINT) is before


def test_on_the_embedded_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FACTCHECK_DATA_DIR", str(tmp_path / "data"))
    assert main(["eval", str(write_retrieval(tmp_path / "set")), "--json"]) == 0
    assert printed(capsys)["map_at_5"] == 0.6


async def test_settling_a_database(database: Database) -> None:
    from service.store.scratch import settle

    await settle(database)
    assert (await database.readiness()).ready
