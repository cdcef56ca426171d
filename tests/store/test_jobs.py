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
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from service.domain import ClaimDraft, Phrasing
from service.editing import add_claim
from service.store.backlog import (
    backlogs,
    drop_failed,
    failed_jobs,
    forget_finished,
    register_periods,
    retry_failed,
    seconds_until_due,
    take_due,
)
from service.store.jobs import Duty, Handler, NewJob, WorkerOptions, drop_jobs, enqueue, waiting_jobs, work
from service.store.models import job_kind, queue_embedding, read_job, register_model
from service.store.session import Database
from tests.conftest import ROOT

KIND = "greet"
QUICK = WorkerOptions(poll=timedelta(seconds=0.2), lease=timedelta(seconds=1))


async def put(database: Database, *payloads: bytes) -> None:
    async with database.write() as connection:
        await enqueue(connection, [NewJob(KIND, payload) for payload in payloads])


async def waiting(database: Database, kind: str = KIND) -> int:
    async with database.read() as connection:
        return await waiting_jobs(connection, kind)


@asynccontextmanager
async def worker(
    url: str, handlers: Mapping[str, Handler | Duty], options: WorkerOptions = QUICK
) -> AsyncIterator[asyncio.Task[None]]:
    duties = {kind: each if isinstance(each, Duty) else Duty(each) for kind, each in handlers.items()}
    task = asyncio.create_task(work(url, duties, options))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait({task}, timeout=20)
        assert task.done()


async def until(what: Callable[[], object], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not what():  # noqa: ASYNC110
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


async def test_a_job_that_fails_for_good_is_kept_listed_and_tried_again_or_dropped(
    database: Database, database_url: str
) -> None:
    broken = True
    done: list[bytes] = []

    async def fail(payload: bytes) -> None:
        if broken:
            raise OSError("the disk is gone")
        done.append(payload)

    async def failed() -> list[bytes]:
        async with database.read() as connection:
            return [job.payload for job in await failed_jobs(connection)]

    await put(database, b"x", b"y", b"z")
    async with worker(database_url, {KIND: Duty(fail, attempts=0)}):
        async with asyncio.timeout(20):
            while sorted(await failed()) != [b"x", b"y", b"z"]:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        async with database.read() as connection:
            (first, second, third) = sorted(await failed_jobs(connection), key=lambda job: job.payload)
            (backlog,) = await backlogs(connection)
        assert (first.kind, first.error) == (KIND, "OSError: the disk is gone")
        assert (backlog.waiting, backlog.running, backlog.failed, backlog.oldest) == (0, 0, 3, 0)
        async with database.write() as connection:
            # However old: the reason of what is still there is not forgotten.
            await connection.execute(text("UPDATE pgqueuer_log SET created = now() - interval '1 year'"))
            await forget_finished(connection)
            assert all(job.error for job in await failed_jobs(connection))
            assert await drop_failed(connection, [first.id]) == [first.id]
        broken = False
        async with database.write() as connection:
            assert await retry_failed(connection, [second.id]) == [second.id]
        await until(lambda: done == [b"y"])
        async with database.write() as connection:
            assert await retry_failed(connection) == [third.id]
        await until(lambda: done == [b"y", b"z"])
        await until_empty(database)


async def test_a_job_that_a_stopping_worker_cuts_short_is_handed_on(database: Database, database_url: str) -> None:
    taken = asyncio.Event()
    done: list[bytes] = []

    async def hang(payload: bytes) -> None:
        if payload == b"long":
            taken.set()
            await asyncio.sleep(600)
        done.append(payload)

    async def finish(payload: bytes) -> None:
        done.append(payload)

    await put(database, b"long")
    patient = WorkerOptions(poll=timedelta(seconds=60), lease=timedelta(seconds=600), grace=timedelta(seconds=0.05))
    async with worker(database_url, {KIND: hang}, patient):
        await asyncio.wait_for(taken.wait(), 20)
    assert done == []
    # At once, and not only when its lease has run out.
    async with worker(database_url, {KIND: finish}, patient):
        await until(lambda: done == [b"long"])


async def test_a_key_keeps_a_second_job_out_while_the_first_is_there(database: Database, database_url: str) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()
    done: list[bytes] = []

    async def wait(payload: bytes) -> None:
        begun.set()
        await go_on.wait()
        done.append(payload)

    async def put_once(payload: bytes) -> None:
        async with database.write() as connection:
            await enqueue(connection, [NewJob(KIND, payload, once="a"), NewJob(KIND, payload + b"!", once="b")])

    await put_once(b"first")
    await put_once(b"second")
    assert await waiting(database) == 2
    async with worker(database_url, {KIND: wait}):
        await asyncio.wait_for(begun.wait(), 20)
        await put_once(b"third")
        go_on.set()
        await until_empty(database)
        assert sorted(done) == [b"first", b"first!"]
        await put_once(b"fourth")
        await until(lambda: len(done) == 4)


async def test_one_worker_or_all_together_do_no_more_at_once_than_they_may(
    database: Database, database_url: str
) -> None:
    busy = most = 0

    async def count(_payload: bytes) -> None:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(0)
        busy -= 1

    await put(database, *(str(number).encode() for number in range(8)))
    async with worker(database_url, {KIND: count}, replace(QUICK, at_once=1)):
        await until_empty(database)
    assert most == 1
    await put(database, *(str(number).encode() for number in range(8)))
    duty = {KIND: Duty(count, at_once=1)}
    async with worker(database_url, duty), worker(database_url, duty):
        await until_empty(database)
    assert most == 1


async def test_a_period_comes_once_for_all_processes(database: Database) -> None:
    hourly = {"tidy": timedelta(hours=1), "never due": timedelta(days=1)}

    async def take() -> list[str]:
        async with database.write() as connection:
            return await take_due(connection, hourly)

    for _ in range(2):
        async with database.write() as connection:
            await register_periods(connection, hourly)
    assert await take() == []
    async with database.read() as connection:
        assert 3_500 < await seconds_until_due(connection, list(hourly)) <= 3_600
        assert await seconds_until_due(connection, ["unknown"]) == float("inf")
    async with database.write() as connection:
        await connection.execute(text("UPDATE periods SET due = now() - interval '3 hours' WHERE kind = 'tidy'"))
    # Several were missed: one makes up for them.
    assert sorted(await asyncio.gather(*(take() for _ in range(8)))) == [[]] * 7 + [["tidy"]]
    async with database.write() as connection:
        await register_periods(connection, {"tidy": timedelta(minutes=1)})
    async with database.read() as connection:
        assert await seconds_until_due(connection, ["tidy"]) <= 60


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
from service.store.jobs import Duty, work

async def hang(payload):
    print("taken", flush=True)
    await asyncio.sleep(600)

asyncio.run(work(sys.argv[1], {"greet": Duty(hang)}))
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
        await connection.execute(text("DELETE FROM pgqueuer"))
        await connection.execute(text("UPDATE pgqueuer_log SET created = now() - interval '1 year'"))
        await enqueue(connection, [NewJob(KIND, b"y")])
        await forget_finished(connection)
    async with database.read() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM pgqueuer_log")) == 1


async def test_a_claim_queues_its_wordings_for_each_model_and_nothing_without_one(database: Database) -> None:
    draft = ClaimDraft(text="The first wording", language="en", phrasings=(Phrasing("The other wording", "en"),))
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
