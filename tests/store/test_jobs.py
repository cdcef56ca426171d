"""The queue: jobs exist when their cause is committed, are done at least once, and outlive whoever takes them."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from service.domain import ClaimDraft, Phrasing
from service.editing import add_claim
from service.store.jobs import Handler, NewJob, WorkerOptions, drop_jobs, enqueue, forget_finished, waiting_jobs, work
from service.store.models import job_kind, queue_embedding, read_job, register_model
from service.store.session import Database
from tests.conftest import ROOT

KIND = "greet"
QUICK = WorkerOptions(poll=timedelta(seconds=0.2), lease=timedelta(seconds=1))


async def put(database: Database, *payloads: bytes) -> None:
    async with database.write() as connection:
        await connection.execute(text("SELECT 1"))
        await enqueue(connection, [NewJob(KIND, payload) for payload in payloads])


async def waiting(database: Database, kind: str = KIND) -> int:
    async with database.read() as connection:
        return await waiting_jobs(connection, kind)


@asynccontextmanager
async def worker(
    url: str, handlers: Mapping[str, Handler], options: WorkerOptions = QUICK
) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(work(url, handlers, options))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait({task}, timeout=20)
        assert task.done()


async def until(what: Callable[[], object], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not what():  # noqa: ASYNC110  # what is waited for is in the database
            await asyncio.sleep(0.02)


async def until_empty(database: Database, kind: str = KIND) -> None:
    async with asyncio.timeout(20):
        while await waiting(database, kind):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_a_job_comes_with_the_transaction_that_causes_it(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.write() as connection:
            await connection.execute(text("SELECT 1"))
            await enqueue(connection, [NewJob(KIND, b"x")])
            raise ZeroDivisionError
    assert await waiting(database) == 0
    async with database.read() as connection:
        with pytest.raises(RuntimeError, match="transaction"):
            await enqueue(connection, [NewJob(KIND, b"x")])
    await put(database, b"x", b"y")
    assert await waiting(database) == 2


async def test_jobs_are_done_with_their_payload(database: Database, database_url: str) -> None:
    done: list[bytes] = []

    async def greet(payload: bytes) -> None:
        done.append(payload)

    await put(database, b"before")
    async with worker(database_url, {KIND: greet}, WorkerOptions(poll=timedelta(seconds=60))):
        await until(lambda: done == [b"before"])
        # Found by notice: this worker looks by itself once a minute.
        await put(database, b"after")
        await until(lambda: done == [b"before", b"after"])
    await until_empty(database)


async def test_other_kinds_are_left_alone(database: Database, database_url: str) -> None:
    done: list[bytes] = []

    async def other(payload: bytes) -> None:
        done.append(payload)

    await put(database, b"x")
    async with database.write() as connection:
        await connection.execute(text("SELECT 1"))
        await enqueue(connection, [NewJob("other", b"y")])
    async with worker(database_url, {"other": other}):
        await until(lambda: done == [b"y"])
    assert await waiting(database) == 1
    async with database.write() as connection:
        await drop_jobs(connection, KIND)
    assert await waiting(database) == 0


async def test_a_job_that_fails_is_tried_again(database: Database, database_url: str) -> None:
    tries: list[bytes] = []

    async def fail_once(payload: bytes) -> None:
        tries.append(payload)
        if len(tries) == 1:
            raise OSError("the disk was busy")

    await put(database, b"x")
    async with worker(database_url, {KIND: fail_once}):
        await until(lambda: len(tries) == 2)
        await until_empty(database)


async def test_two_workers_never_do_one_job_at_once(database: Database, database_url: str) -> None:
    done: Counter[bytes] = Counter()
    busy: set[bytes] = set()

    async def count(payload: bytes) -> None:
        assert payload not in busy
        busy.add(payload)
        await asyncio.sleep(0.005)
        busy.remove(payload)
        done[payload] += 1

    await put(database, *(str(number).encode() for number in range(60)))
    async with worker(database_url, {KIND: count}), worker(database_url, {KIND: count}):
        await until_empty(database)
    assert len(done) == 60
    assert set(done.values()) == {1}


async def test_without_notices_jobs_are_found_by_looking(database: Database, database_url: str) -> None:
    done: list[bytes] = []

    async def greet(payload: bytes) -> None:
        done.append(payload)

    async with database.write() as connection:
        await connection.execute(text("DROP TRIGGER tg_pgqueuer_changed ON pgqueuer"))
    async with worker(database_url, {KIND: greet}):
        await asyncio.sleep(0.3)
        await put(database, b"unannounced")
        await until(lambda: done)


async def test_a_connection_that_is_cut_is_replaced(database: Database, database_url: str) -> None:
    done: list[bytes] = []

    async def greet(payload: bytes) -> None:
        done.append(payload)

    async with worker(database_url, {KIND: greet}):
        await put(database, b"first")
        await until(lambda: done)
        async with database.write() as connection:
            cut = await connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
            assert cut.all()
        await put(database, b"second")
        await until(lambda: b"second" in done)


HANGING = """
import asyncio, sys
from service.store.jobs import work

async def hang(payload):
    print("taken", flush=True)
    await asyncio.sleep(600)

asyncio.run(work(sys.argv[1], {"greet": hang}))
"""


async def test_the_job_of_a_worker_that_was_killed_is_handed_on(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    await put(database, b"precious")
    program = tmp_path / "hanging.py"
    program.write_text(HANGING)
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(program), database_url, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert process.stdout is not None
    assert await asyncio.wait_for(process.stdout.readline(), 30) == b"taken\n"
    process.send_signal(signal.SIGKILL)
    await process.wait()
    done: list[bytes] = []

    async def greet(payload: bytes) -> None:
        done.append(payload)

    async with worker(database_url, {KIND: greet}):
        await until(lambda: done == [b"precious"])
        await until_empty(database)


async def test_the_names_are_ours_whatever_the_environment_says(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CHANNEL", "QUEUE_TABLE", "PGQUEUER_PREFIX", "PGQUEUER_QUEUE_TABLE", "PGQUEUER_SCHEMA"):
        monkeypatch.setenv(name, "elsewhere")
    done: list[bytes] = []

    async def greet(payload: bytes) -> None:
        done.append(payload)

    await put(database, b"x")
    async with worker(database_url, {KIND: greet}):
        await until(lambda: done)


async def test_the_log_of_finished_jobs_does_not_grow_for_ever(database: Database) -> None:
    await put(database, b"x")
    async with database.write() as connection:
        await connection.execute(text("UPDATE pgqueuer_log SET created = now() - interval '1 year'"))
        await enqueue(connection, [NewJob(KIND, b"y")])
        await forget_finished(connection)
    async with database.read() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM pgqueuer_log")) == 1


async def test_a_claim_queues_its_wordings_for_each_model_and_nothing_without_one(database: Database) -> None:
    draft = ClaimDraft(text="The first wording", language="en", phrasings=(Phrasing("The second wording", "en"),))
    await add_claim(database, draft)
    async with database.read() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM pgqueuer")) == 0
    models = [await register_model(database, "a model", digest * 64, 4) for digest in "ab"]
    await add_claim(database, draft)
    async with database.read() as connection:
        rows = (await connection.execute(text("SELECT entrypoint, payload FROM pgqueuer ORDER BY id"))).all()
        written = (await connection.execute(text("SELECT id FROM phrasings ORDER BY id"))).scalars().all()
    assert [kind for kind, _ in rows] == [job_kind(model) for model in models]
    assert [read_job(payload) for _, payload in rows] == [list(written[2:])] * 2


async def test_many_phrasings_become_jobs_of_a_bearable_size(database: Database) -> None:
    model = await register_model(database, "a model", "a" * 64, 4)
    async with database.write() as connection:
        await queue_embedding(connection, range(1_000))
    assert await waiting(database, job_kind(model)) == 8
