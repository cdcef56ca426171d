"""``factcheck import`` on its own database and on a server's, killed in the middle, and taken up again."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from service.cli import main
from service.importable import ImportState
from service.imports import fetch_imports
from service.jobs import Workplace, do_jobs
from service.settings import Settings
from service.store.claims import claim_count
from service.store.jobs import WorkerOptions
from service.store.session import Database
from tests.conftest import ROOT, Cluster, Server, serving

CSV = "Claim;Rating;desk\nThe Tigris has dried up;Faux;Le Bureau\nElephants cannot jump;Vrai;Le Bureau\n;;\nx;Vrai;D\n"
COLUMNS = ("--column", "text=Claim", "--column", "review_label=Rating", "--column", "review_publisher=desk")


@pytest.fixture
def environment(database_url: str) -> dict[str, str]:
    return {**os.environ, "FACTCHECK_DATABASE_URL": database_url}


@pytest.fixture(scope="module")
def server(cluster: Cluster, migrated_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    url = cluster.create(migrated_url)
    with serving(tmp_path_factory.mktemp("imports"), FACTCHECK_DATABASE_URL=url) as running:
        yield running
    cluster.drop(url)


def test_a_table_goes_into_the_own_database_and_into_a_server(
    database_url: str,
    server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("FACTCHECK_DATABASE_URL", database_url)
    file = tmp_path / "claims.csv"
    file.write_text(CSV)
    assert main(["import", str(file), *COLUMNS]) == 0
    own = capsys.readouterr()
    assert own.out == "3 rows: 2 created, 0 joined, 0 revised, 0 unchanged, 1 refused.\n"
    assert "line 5 /text: must have at least 3 characters" in own.err
    remotely = ["import", str(file), "--server", server.base]
    assert main([*remotely, *COLUMNS]) == 0
    assert capsys.readouterr().out == own.out
    assert main([*remotely, *COLUMNS, "--dry-run", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["rows"]["unchanged"], len(report["errors"])) == (2, 1)
    assert main([*remotely, "--column", "txet=Claim"]) == 2
    assert "is not a field" in capsys.readouterr().err
    assert main(["import", str(tmp_path / "nothing.csv")]) == 2


def claim_row(number: int) -> dict[str, Any]:
    review = {"publisher": {"name": "Desk"}, "url": f"https://desk.example.org/{number}", "original_label": "False"}
    return {"text": f"Village {number} has a well of {number} metres", "language": "en", "reviews": [review]}


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
async def test_an_import_that_is_killed_goes_on_where_it_was(
    database: Database, environment: dict[str, str], tmp_path: Path
) -> None:
    """Killed twice, each time after some batches; then done by others. Every row is there once."""
    rows = 3_000
    file = tmp_path / "claims.jsonl"
    file.write_text("".join(json.dumps(claim_row(number)) + "\n" for number in range(rows)))

    async def position() -> int:
        async with database.read() as connection:
            return int(await connection.scalar(text("SELECT coalesce(max(position), 0) FROM imports")) or 0)

    async def killed_beyond(least: int, *arguments: str) -> int:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "service", *arguments, cwd=ROOT, env=environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        async with asyncio.timeout(60):
            while await position() < least:  # noqa: ASYNC110  # what is waited for is in the database
                await asyncio.sleep(0.01)
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        return await position()

    first = await killed_beyond(500, "import", str(file), "--no-join")
    async with database.write() as connection:
        # As after half a minute without a sign of life.
        await connection.execute(text("UPDATE pgqueuer SET heartbeat = now() - interval '1 hour'"))
    second = await killed_beyond(first + 500, "worker")
    assert 500 <= first < second < rows
    async with database.read() as connection:
        assert await claim_count(connection) == second
    from service.background import IMPORT

    async with database.write() as connection:
        await connection.execute(text("UPDATE pgqueuer SET heartbeat = now() - interval '1 hour'"))
    workplace = Workplace(Settings(tmp_path), database, database.url)
    working = asyncio.create_task(do_jobs(workplace, [IMPORT], WorkerOptions(at_once=1)))
    async with asyncio.timeout(90):
        while not (found := (await fetch_imports(database, 1))[0]).state.ended:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    working.cancel()
    await asyncio.wait({working})
    assert (found.state, found.position, found.tally.created) == (ImportState.DONE, rows, rows)
    async with database.read() as connection:
        assert await claim_count(connection) == rows
        assert await connection.scalar(text("SELECT count(DISTINCT text) FROM claims")) == rows
        assert await connection.scalar(text("SELECT count(*) FROM import_pieces")) == 0


def test_the_feed_of_data_commons_is_asked_for_where_the_setting_says(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FACTCHECK_DATABASE_URL", database_url)
    monkeypatch.setenv("FACTCHECK_DATACOMMONS_FEED", "http://127.0.0.7:1/data.json")
    assert main(["import", "datacommons"]) == 1
    assert "failed: 127.0.0.7 is not on the public internet" in capsys.readouterr().err


def test_the_address_of_data_commons_is_what_it_publishes() -> None:
    assert Settings(Path("unused")).datacommons_feed == (
        "https://storage.googleapis.com/datacommons-feeds/claimreview/latest/data.json"
    )
