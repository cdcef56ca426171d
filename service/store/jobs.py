"""The job queue: filled in the transaction that causes the work, emptied by workers in any process.

The queue is pgqueuer's. A job whose worker dies is handed to another once its heartbeat has been missing for a while:
every job runs at least once, and must not mind running twice. Workers hear of new jobs by NOTIFY, and look for
themselves now and then, which is what remains behind a pooler in transaction mode. A job that has failed for good is
kept until somebody has it tried again or dropped.

Kinds of jobs are registered in ``service.background``; see ``service.jobs``.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import asyncpg
from sqlalchemy import text
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection

from service.errors import Unavailable
from service.store.session import asyncpg_url

if TYPE_CHECKING:
    from pgqueuer.domain.settings import DBSettings
    from pgqueuer.models import Job
    from pgqueuer.queries import Queries

Handler = Callable[[bytes], Awaitable[None]]
"""Does one job, given its payload. Raising hands it back to the queue, to be tried again later."""

_LOG: Final = logging.getLogger(__name__)

_LONGEST_PAUSE: Final = 30.0
"""Seconds between attempts to reach a database that is gone."""

_CHANNEL: Final = "ch_pgqueuer"

_LOST: Final = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
)
"""What the driver raises when a connection cannot be used any more, or the server ends what runs on it."""

_IMPORTING: Final = threading.Lock()
_loaded = False


@dataclass(frozen=True, slots=True)
class Duty:
    """How jobs of one kind are done. ``attempts``: how often one that fails is tried again, after 1, 2, 4, ... seconds
    and at most 5 minutes, before it counts as failed. ``at_once``: how many all workers together do at the same time,
    0 for no limit.
    """

    do: Handler
    attempts: int = 8
    at_once: int = 0


@dataclass(frozen=True, slots=True)
class NewJob:
    """Something to be done by a worker that has a duty of this ``kind``.

    ``once``: a key; the job is not queued while another of the same key waits or is under way, so what it is to see
    must not have been written while that one is. ``after``: how long it is to wait at least.
    """

    kind: str
    payload: bytes = b""
    once: str | None = None
    after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """How a worker works. ``poll``: how often it looks for jobs by itself; ``lease``: how long a job belongs to a
    worker that gives no sign of life; ``at_once``: how many jobs it does at the same time, at least 1; ``grace``: how
    long a job may take to end once the worker is to stop, before it goes back to the queue.
    """

    poll: timedelta = timedelta(seconds=5)
    lease: timedelta = timedelta(seconds=30)
    at_once: int = 16
    grace: timedelta = timedelta(seconds=5)


async def enqueue(connection: AsyncConnection, jobs: Sequence[NewJob]) -> None:
    """Queue jobs in the caller's transaction: they exist when it is committed, and never if it is not.

    Raises RuntimeError outside of a transaction, Unavailable when the connection is lost.
    """
    if not jobs:
        return
    driver: Any = (await connection.get_raw_connection()).driver_connection
    if not driver.is_in_transaction():
        # A block that writes begins its transaction with its first statement.
        await connection.execute(text("SELECT 1"))
    if not driver.is_in_transaction():
        raise RuntimeError("jobs are queued in the transaction that causes them")
    await _load()
    try:
        await _queries(driver).enqueue(
            [job.kind for job in jobs],
            [job.payload for job in jobs],
            [0] * len(jobs),
            execute_after=[job.after or timedelta(0) for job in jobs],
            dedupe_key=[job.once for job in jobs],
            on_conflict="skip",
        )
    except _LOST as error:
        raise Unavailable("the connection to the database was lost") from error


async def waiting_jobs(connection: AsyncConnection, kind: str) -> int:
    """How many jobs of a kind are still to be finished."""
    found = await connection.scalar(text("SELECT count(*) FROM pgqueuer WHERE entrypoint = :kind"), {"kind": kind})
    return int(found or 0)


async def drop_jobs(connection: AsyncConnection, kind: str) -> None:
    """Remove every job of a kind that nobody will do any more."""
    await connection.execute(text("DELETE FROM pgqueuer WHERE entrypoint = :kind"), {"kind": kind})


async def work(url: str, duties: Mapping[str, Duty], options: WorkerOptions | None = None) -> None:
    """Do the jobs that there are duties for, by kind, until cancelled.

    Jobs under way have ``options.grace`` to end then; what is cut short after that is queued again. ``url``: the
    database. A lost connection is replaced for as long as it takes.
    """
    options = options or WorkerOptions()
    pause = 1.0
    while True:
        try:
            connection = await asyncpg.connect(**_connect_arguments(url))
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            _LOG.warning("jobs wait: the database cannot be reached (%s)", type(error).__name__)
        else:
            pause = 1.0
            try:
                await _first_job(connection, list(duties), options.poll)
                await _load()
                await _Worker(connection, duties, options).run()
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                _LOG.warning("jobs wait: the connection to the database was lost (%s)", type(error).__name__)
            except Exception:
                _LOG.exception("jobs wait")
            finally:
                await _close(connection)
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


async def _first_job(connection: Any, kinds: list[str], poll: timedelta) -> None:
    """Return once there is a job: until then the library need not be loaded, which many a process never has to."""
    told = asyncio.Event()

    def tell(*_: object) -> None:
        told.set()

    await connection.add_listener(_CHANNEL, tell)
    while not await connection.fetchval(
        "SELECT EXISTS (SELECT FROM pgqueuer WHERE entrypoint = ANY($1) AND status <> 'failed')", kinds
    ):
        with suppress(TimeoutError):
            await asyncio.wait_for(told.wait(), poll.total_seconds())
        told.clear()
    await connection.remove_listener(_CHANNEL, tell)


class _Worker:
    """Does jobs over one connection to the queue, for as long as that lasts."""

    def __init__(self, connection: Any, duties: Mapping[str, Duty], options: WorkerOptions) -> None:
        from pgqueuer.executors import DatabaseRetryEntrypointExecutor
        from pgqueuer.qm import QueueManager

        self._options = options
        self._busy: set[asyncio.Task[Any]] = set()
        self._stopping = False
        self._places = asyncio.Semaphore(options.at_once)
        self._manager = QueueManager(_queries(connection), channel=_settings().channel)
        for kind, duty in duties.items():
            self._manager.entrypoint(
                kind,
                accepts_context=False,
                concurrency_limit=duty.at_once,
                on_failure="hold",
                executor_factory=partial(DatabaseRetryEntrypointExecutor, max_attempts=duty.attempts),
            )(self._entrypoint(duty.do))

    async def run(self) -> None:
        """Raises what ends the connection. Once cancelled, ends the jobs under way or hands them back."""
        batch = max(1, self._options.at_once // 2)
        running = asyncio.ensure_future(
            self._manager.run(
                dequeue_timeout=self._options.poll,
                batch_size=batch,
                max_concurrent_tasks=max(2 * batch, self._options.at_once),
                heartbeat_timeout=self._options.lease,
            )
        )
        try:
            await asyncio.shield(running)
        except asyncio.CancelledError:
            self._manager.shutdown.set()
            await asyncio.wait({running}, timeout=self._options.grace.total_seconds())
            self._stopping = True
            for task in self._busy:
                task.cancel()
            await asyncio.gather(running, return_exceptions=True)
            raise

    def _entrypoint(self, do: Handler) -> Callable[[Job], Awaitable[None]]:
        from pgqueuer.errors import RetryRequested

        async def run(job: Job) -> None:
            task = asyncio.current_task()
            assert task is not None  # noqa: S101  # for the type's sake
            self._busy.add(task)
            try:
                async with self._places:
                    await do(job.payload or b"")
            except asyncio.CancelledError:
                if not self._stopping:
                    raise
                # The library would forget a job that is cancelled.
                raise RetryRequested(reason="the worker was stopped") from None
            finally:
                self._busy.discard(task)

        return run


async def _close(connection: Any) -> None:
    with suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        await connection.close(timeout=5)


def _connect_arguments(url: str) -> dict[str, Any]:
    dialect = PGDialect_asyncpg()  # type: ignore[no-untyped-call]
    _, arguments = dialect.create_connect_args(asyncpg_url(url))  # type: ignore[no-untyped-call]
    # Statements prepared under a name are lost behind a pooler in transaction mode.
    return {**arguments, "statement_cache_size": 0, "timeout": 10.0, "command_timeout": 60.0}


async def _load() -> None:
    """Import the library, which costs half a second of processor time, elsewhere than on the event loop."""
    global _loaded
    if not _loaded:
        await asyncio.to_thread(_import)
        _loaded = True


def _import() -> None:
    # Its modules import each other in circles, which two threads at once do not survive.
    with _IMPORTING:
        import pgqueuer.executors
        import pgqueuer.qm
        import pgqueuer.queries  # noqa: F401


def _queries(driver: Any) -> Queries:
    from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
    from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder, QuerySchedulerBuilder
    from pgqueuer.queries import Queries

    settings = _settings()
    return Queries(
        AsyncpgDriver(driver),
        qbe=QueryBuilderEnvironment(settings),
        qbq=QueryQueueBuilder(settings),
        qbs=QuerySchedulerBuilder(settings),
    )


def _settings() -> DBSettings:
    """The names that the migration gave, whatever variables like ``CHANNEL`` the environment happens to hold."""
    from pgqueuer.domain.settings import DBSettings, Durability
    from pgqueuer.domain.types import Channel

    return DBSettings(
        prefix="",
        db_schema=None,
        channel=Channel(_CHANNEL),
        function="fn_pgqueuer_changed",
        statistics_table="pgqueuer_statistics",
        queue_status_type="pgqueuer_status",
        queue_table="pgqueuer",
        queue_table_log="pgqueuer_log",
        trigger="tg_pgqueuer_changed",
        schedules_table="pgqueuer_schedules",
        durability=Durability.durable,
    )
