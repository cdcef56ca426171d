"""Kinds of jobs, done by a process that serves and by one that only works, and shown on the command line."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from service.background import KINDS
from service.cli import main
from service.jobs import JobKind, Workplace, do_jobs, queue_due
from service.settings import Settings
from service.store.backlog import backlogs, register_periods
from service.store.jobs import enqueue
from service.store.session import Database
from tests.conftest import ROOT, serving


def test_each_kind_has_a_name_of_its_own() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS)


async def test_a_kind_is_done_with_what_it_needs_and_a_periodic_one_by_itself(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    workplace = Workplace(Settings(tmp_path, workers=7), database, database_url)
    seen: asyncio.Queue[tuple[str, int, bytes]] = asyncio.Queue()

    async def greet(given: Workplace, payload: bytes) -> None:
        await seen.put(("greet", given.settings.workers, payload))

    async def tidy(_given: Workplace, payload: bytes) -> None:
        await seen.put(("tidy", 0, payload))

    kinds = [
        JobKind("greet", greet),
        JobKind("tidy", tidy, every=lambda settings: timedelta(hours=settings.workers)),
        JobKind("never", tidy, every=lambda _settings: None),
    ]
    async with database.write() as connection:
        await register_periods(connection, {"tidy": timedelta(0)})
        await enqueue(connection, [kinds[0].job(b"Ada")])
    working = asyncio.create_task(do_jobs(workplace, kinds))
    async with asyncio.timeout(20):
        assert sorted([await seen.get(), await seen.get()]) == [("greet", 7, b"Ada"), ("tidy", 0, b"")]
    working.cancel()
    await asyncio.wait({working})
    assert 6 * 3600 < await queue_due(database, {"tidy": timedelta(hours=7)}) <= 7 * 3600
    async with database.read() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM periods")) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_worker_apart_does_what_a_server_without_workers_leaves(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def due(names: list[str]) -> None:
        database = Database(database_url)
        async with database.write() as connection:
            await register_periods(connection, dict.fromkeys(names, timedelta(0)))
        await database.close()

    async def finished() -> bool:
        database = Database(database_url)
        async with database.read() as connection:
            done = await connection.scalar(text("SELECT count(*) FROM pgqueuer_log WHERE status = 'successful'"))
            left = await backlogs(connection)
        await database.close()
        return bool(done) and not left

    asyncio.run(due(["queue-upkeep"]))
    with serving(tmp_path, FACTCHECK_DATABASE_URL=database_url, FACTCHECK_WORKERS="0") as server:
        assert httpx.get(f"{server.base}/readyz", timeout=30).status_code == 200
        assert not asyncio.run(finished())
        worker = subprocess.Popen(
            [sys.executable, "-m", "service", "worker"], cwd=ROOT, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "FACTCHECK_DATABASE_URL": database_url},
        )  # fmt: skip
        try:
            assert worker.stdout is not None
            assert worker.stdout.readline() == "Factcheck works on jobs, 4 at once. Ctrl-C stops it.\n"
            asyncio.run(_until(finished))
        finally:
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(30) == 0
            if worker.stdout is not None:
                worker.stdout.close()
    monkeypatch.setenv("FACTCHECK_DATABASE_URL", database_url)
    assert main(["jobs", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"kinds": [], "failed": []}
    assert main(["jobs", "retry"]) == 0
    assert capsys.readouterr().out == "0 jobs queued again.\n"


async def _until(what: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(30):
        while not await what():  # noqa: ASYNC110  # what is waited for is in the database
            await asyncio.sleep(0.05)


def test_jobs_that_failed_are_shown_and_dropped(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def put() -> None:
        database = Database(database_url)
        async with database.write() as connection:
            await enqueue(connection, [KINDS[0].job(b"x"), KINDS[0].job(b"y", after=timedelta(days=1))])
            await connection.execute(text("UPDATE pgqueuer SET status = 'failed' WHERE payload = 'x'"))
        await database.close()

    asyncio.run(put())
    monkeypatch.setenv("FACTCHECK_DATABASE_URL", database_url)
    assert main(["jobs", "list"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"{KINDS[0].name}: 1 waiting (the oldest for 0 s), 0 running, 1 failed"
    number = said[1].split()[0]
    assert main(["jobs", "drop", number]) == 0
    assert capsys.readouterr().out == "1 job dropped.\n"
