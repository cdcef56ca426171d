"""``factcheck model status`` and ``factcheck model reindex``."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from service.cli.model_index import add_subcommands
from service.domain import ClaimDraft
from service.editing import insert_drafts
from service.errors import SettingsError
from service.store.session import Database
from tests.conftest import Cluster
from tests.tiny_models import MEANINGS, build_model, yardstick_meanings


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module")
def other_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_model(tmp_path_factory.mktemp("models") / "other", seed=1, dimension=12)


@pytest.fixture
def url(cluster: Cluster, migrated_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A database with three claims, which the commands work on."""
    url = cluster.create(migrated_url)
    drafts = [ClaimDraft(text=f"The school number {number} closed", language="en") for number in range(3)]

    async def put(database: Database) -> None:
        async with database.write() as connection:
            await insert_drafts(connection, drafts)

    _with(url, put)
    monkeypatch.setenv("FACTCHECK_DATABASE_URL", url)
    monkeypatch.setenv("COLUMNS", "160")
    yield url
    cluster.drop(url)


def _with(url: str, work: Any) -> None:
    async def run() -> None:
        database = Database(url)
        try:
            await work(database)
        finally:
            await database.close()

    asyncio.run(run())


def execute(url: str, statement: str) -> None:
    async def run(database: Database) -> None:
        async with database.write() as connection:
            await connection.execute(text(statement))

    _with(url, run)


def command(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    add_subcommands(parser.add_subparsers(required=True))
    chosen = parser.parse_args(arguments)
    code: int = chosen.run(chosen)
    return code


@pytest.mark.usefixtures("url")
def test_before_any_model(capsys: pytest.CaptureFixture[str]) -> None:
    assert command("status") == 0
    out = capsys.readouterr().out
    assert "pgvector: not enabled" in out
    assert "phrasings: 3" in out
    assert "FACTCHECK_EMBEDDING_MODEL" in out
    assert command("status", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert said == {"pgvector": None, "phrasings": 3, "configured": None, "models": []}


@pytest.mark.usefixtures("url")
def test_reindexing_without_a_model_says_how_to_name_one() -> None:
    with pytest.raises(SettingsError, match="--model or FACTCHECK_EMBEDDING_MODEL"):
        command("reindex")


@pytest.mark.usefixtures("url")
def test_reindex_and_status(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert command("reindex", "--model", str(folder)) == 0
    done = capsys.readouterr()
    assert done.out == "tiny: 3 vectors of 24 numbers, searchable.\n"
    assert done.err.startswith("embedding: 0 of 3\n")
    monkeypatch.setenv("FACTCHECK_EMBEDDING_MODEL", str(folder))
    assert command("status", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    (model,) = said["models"]
    assert said["configured"] == model["digest"]
    assert said["pgvector"]
    expected = {"name": "tiny", "dimension": 24, "state": "active", "vectors": 3, "covered": 1.0, "jobs_waiting": 0}
    assert expected.items() <= model.items()
    assert model["bytes"] > 0
    assert model["used_at"] is None
    assert command("status") == 0
    out = capsys.readouterr().out
    assert "tiny  (set)" in out
    assert "100.0 %" in out
    assert "never" in out


def test_status_says_which_languages_a_model_understands(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    meanings = (*MEANINGS, *yardstick_meanings("en", "fa"))
    command("reindex", "--model", str(build_model(tmp_path / "two", meanings=meanings)))
    capsys.readouterr()
    command("status")
    assert capsys.readouterr().out.endswith("\ntwo: understands en, fa, and across all of these\n")
    command("status", "--json")
    (model,) = json.loads(capsys.readouterr().out)["models"]
    assert (model["languages"], model["across"]) == (["en", "fa"], [["en", "fa"]])


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        ([], "none of the languages that are tried"),
        (["en en"], "understands en"),
        (["en en", "fa fa"], "understands en, fa, and none across languages"),
        (["ar ar", "en en", "fa fa", "ar en"], "understands ar, en, fa, and across ar-en"),
        (["ar ar", "en en", "fa fa", "ar en", "en fa"], "understands ar, en, fa, and across these but for ar-fa"),
    ],
)
def test_status_lists_pairs_whichever_way_is_shorter(
    url: str, folder: Path, capsys: pytest.CaptureFixture[str], pairs: list[str], said: str
) -> None:
    command("reindex", "--model", str(folder))
    scales = {pair: {"unrelated": 0.1, "spread": 0.1, "related": 0.8} for pair in pairs}
    stored = json.dumps({"digest": "x", "scales": scales}).replace(":", "\\:")
    execute(url, f"UPDATE embedding_models SET yardstick = '{stored}'")
    capsys.readouterr()
    command("status")
    assert capsys.readouterr().out.splitlines()[-1].endswith(said)


def test_status_of_a_model_that_was_not_measured(url: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command("reindex", "--model", str(folder))
    execute(url, "UPDATE embedding_models SET yardstick = NULL")
    capsys.readouterr()
    command("status")
    assert capsys.readouterr().out.endswith("\ntiny: languages not measured yet\n")
    command("status", "--json")
    (model,) = json.loads(capsys.readouterr().out)["models"]
    assert (model["languages"], model["across"]) == (None, None)


def test_what_is_not_whole_does_not_look_it(url: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command("reindex", "--model", str(folder))
    execute(url, "UPDATE corpus SET phrasings = 3001")
    execute(url, "INSERT INTO phrasings (public_id, claim_id, position, text, language, folded) "
            "SELECT gen_random_uuid(), c.id, n, 'A wording ' || n, 'en', 'x' "
            "FROM (SELECT id FROM claims LIMIT 1) AS c, generate_series(1, 2998) AS n")  # fmt: skip
    execute(url, "INSERT INTO embeddings_1 SELECT p.id, e.embedding FROM phrasings AS p, "
            "(SELECT embedding FROM embeddings_1 LIMIT 1) AS e WHERE p.position BETWEEN 1 AND 2997")  # fmt: skip
    capsys.readouterr()
    command("status")
    assert "99.9 %" in capsys.readouterr().out


def test_old_models_go_when_told_and_unused(
    url: str, folder: Path, other_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command("reindex", "--model", str(folder))
    capsys.readouterr()
    assert command("reindex", "--model", str(other_folder), "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["name"], said["dropped"], said["kept"]) == ("other", [], [])
    execute(url, "UPDATE embedding_models SET used_at = now() WHERE name = 'tiny'")
    assert command("reindex", "--model", str(other_folder), "--drop-old") == 0
    assert "tiny: kept" in capsys.readouterr().err
    execute(url, "UPDATE embedding_models SET used_at = now() - interval '1 hour' WHERE name = 'tiny'")
    assert command("reindex", "--model", str(other_folder), "--drop-old") == 0
    assert "tiny: removed." in capsys.readouterr().out
    command("status", "--json")
    assert [model["name"] for model in json.loads(capsys.readouterr().out)["models"]] == ["other"]
