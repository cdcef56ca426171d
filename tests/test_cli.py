"""The command line: what it prints, where, and with which exit code."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from service import __version__
from service.cli import main
from tests.conftest import ROOT, Cluster, Server

CLAIM = "39 terrorists killed by drone strikes"


def run(*arguments: str, given: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    """``factcheck ...`` in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "service", *arguments],
        input=given,
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", "COLUMNS": "140", **environment},
        capture_output=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def seeded(monkeypatch: pytest.MonkeyPatch, seeded_url: str) -> None:
    monkeypatch.setenv("FACTCHECK_DATABASE_URL", seeded_url)
    monkeypatch.setenv("COLUMNS", "140")


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["version"]) == 0
    assert capsys.readouterr().out.strip() == __version__


def test_help_and_version_load_nothing_heavy() -> None:
    program = (
        "import sys; from service.cli import main, parser; parser().format_help(); main(['version']);"
        "print([name for name in ('litestar', 'sqlalchemy', 'alembic', 'httpx', 'httpx2', 'huggingface_hub', 'rich',"
        " 'uvicorn') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    "arguments", [["--help"], *([name, "--help"] for name in ("serve", "check", "migrate", "seed", "model"))]
)
def test_help(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 0
    assert capsys.readouterr().out.startswith("usage: factcheck")


@pytest.mark.parametrize(
    "arguments",
    [[], ["chek"], ["check"], ["serve", "--port", "http"], ["serve", "--port", "70000"], ["check", "a", "-x"]],
)
def test_wrong_usage_is_bad_input(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert "usage: factcheck" in capsys.readouterr().err


@pytest.mark.usefixtures("seeded")
def test_check_prints_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", CLAIM]) == 0
    out = capsys.readouterr().out
    assert out.startswith("unproven")
    for part in (
        "status",
        "matched claim",
        "score",
        "sources",
        "equivalent",
        "said by Qais al-Muhammadawi",
        "https://",
    ):
        assert part in out


@pytest.mark.usefixtures("seeded")
def test_check_shows_a_conflict(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", CLAIM.replace("39", "93")]) == 0
    out = capsys.readouterr().out
    assert out.startswith("unverified")
    assert "claimed 93, known 39" in out


@pytest.mark.usefixtures("seeded")
def test_check_finds_nothing_and_that_is_an_answer(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "The price of bread in Baghdad rose by 12 percent"]) == 0
    assert capsys.readouterr().out.startswith("unverified")


@pytest.mark.usefixtures("seeded")
def test_check_json_is_the_response(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--language", "en", "--claimant", "Qais", "--claimed-at", "2025-12-31"]
    assert main(["check", CLAIM, "--json", *arguments]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert set(answer) == {"id", "created_at", "engine", "results"}
    assert [(result["text"], result["status"]) for result in answer["results"]] == [(CLAIM, "unproven")]


@pytest.mark.usefixtures("seeded")
@pytest.mark.parametrize(
    "arguments",
    [[""], ["ab"], ["x" * 2001], [CLAIM, "--language", "nolanguage"], [CLAIM, "--claimed-at", "today"], ["a\0b c"]],
)
def test_check_refuses_bad_input(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(("factcheck: the text ", "factcheck: --"))


def test_check_without_a_database_has_no_answer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FACTCHECK_DATABASE_URL", "postgresql://nobody:secret@127.0.0.1:1/nothing")
    assert main(["check", CLAIM]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "secret" not in captured.err


def test_a_wrong_setting_is_bad_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("FACTCHECK_PORT", "http")
    assert main(["check", CLAIM]) == 2
    assert "FACTCHECK_PORT" in capsys.readouterr().err


def test_check_from_standard_input(seeded_url: str) -> None:
    persian = "۳۹ عنصر تروریستی با حملات پهپادی از بین رفتند\n".encode()
    done = run("check", "-", "--json", given=persian, FACTCHECK_DATABASE_URL=seeded_url)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["results"][0]["status"] == "unproven"


def test_broken_bytes_are_bad_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], seeded: None
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"abc\xff def")))
    assert main(["check", "-"]) == 2
    assert "UTF-8" in capsys.readouterr().err
    assert main(["check", "abc\udcff def"]) == 2
    assert "surrogate" in capsys.readouterr().err


def test_check_asks_a_server(
    server: Server, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACTCHECK_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/unused")
    assert main(["check", CLAIM, "--json", "--server", server.base]) == 0
    assert json.loads(capsys.readouterr().out)["results"][0]["status"] == "unproven"
    for text, fault in (("ab", "must have at least 3 characters"), ("", "must not be empty")):
        assert main(["check", text, "--server", server.base]) == 2
        assert capsys.readouterr().err == f"factcheck: the text {fault}\n"
    assert main(["check", CLAIM, "--language", "xq", "--server", server.base]) == 2
    assert capsys.readouterr().err.startswith("factcheck: --language must be the tag of a known language")
    assert main(["check", CLAIM, "--server", server.base + "/elsewhere"]) == 1
    assert main(["check", CLAIM, "--server", "http://127.0.0.1:1"]) == 1
    assert main(["check", CLAIM, "--server", "ftp://127.0.0.1"]) == 2


def test_migrate_and_seed(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = cluster.create()
    monkeypatch.setenv("FACTCHECK_DATABASE_URL", url)
    assert main(["seed"]) == 1
    assert "factcheck migrate" in capsys.readouterr().err
    assert main(["check", CLAIM]) == 1
    assert "factcheck migrate" in capsys.readouterr().err
    assert main(["migrate"]) == 0
    assert re.fullmatch(r"The database is at revision \d{4}\.\n", capsys.readouterr().out)
    assert main(["migrate"]) == 0
    assert "already" in capsys.readouterr().out
    assert main(["seed"]) == 0
    assert re.fullmatch(r"\d+ claims stored\.\n", capsys.readouterr().out)
    assert main(["seed"]) == 0
    assert "nothing was stored" in capsys.readouterr().err
    cluster.drop(url)


def test_alembic_by_hand(cluster: Cluster) -> None:
    url = cluster.create()
    for arguments in (["upgrade", "head"], ["check"], ["downgrade", "base"]):
        done = subprocess.run(
            [sys.executable, "-m", "alembic", *arguments],
            cwd=ROOT,
            env={**os.environ, "FACTCHECK_DATABASE_URL": url},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    cluster.drop(url)


def test_a_reader_that_leaves_early_is_no_crash(seeded_url: str, tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "service", "check", CLAIM, "--json"],
        cwd=ROOT,
        env={**os.environ, "FACTCHECK_DATABASE_URL": seeded_url},
        stdout=write,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(write)
    assert b"Traceback" not in done.stderr
