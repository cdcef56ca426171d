"""The job queue: filled in the transaction that causes the work, emptied by workers in any process.

The queue is pgqueuer's. A job whose worker dies is handed to another once its heartbeat has been missing for a while:
every job runs at least once, and must not mind running twice. Workers hear of new jobs by NOTIFY, and look for
themselves now and then, which is what remains behind a pooler in transaction mode.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
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

_AT_ONCE: Final = 8
"""How many jobs a worker takes at a time; it works on up to twice as many."""

_ATTEMPTS: Final = 8
"""How often a job that fails is tried again, after 1, 2, 4, ... seconds, before it is given up."""

_LONGEST_PAUSE: Final = 30.0
"""Seconds between attempts to reach a database that is gone."""

_KEPT: Final = "14 days"
"""For how long the log of finished jobs is kept."""


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
class NewJob:
    """Something to be done by a worker that has a handler for ``kind``."""

    kind: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """How patient a worker is. ``poll``: how often it looks for jobs by itself; ``lease``: how long a job belongs to
    a worker that gives no sign of life.
    """

    poll: timedelta = timedelta(seconds=5)
    lease: timedelta = timedelta(seconds=30)


async def enqueue(connection: AsyncConnection, jobs: Sequence[NewJob]) -> None:
    """Queue jobs in the caller's transaction: they exist when it is committed, and never if it is not.

    Raises RuntimeError outside of a transaction that has begun, Unavailable when the connection is lost.
    """
    if not jobs:
        return
    driver: Any = (await connection.get_raw_connection()).driver_connection
    if not driver.is_in_transaction():
        raise RuntimeError("jobs are queued in the transaction that causes them")
    await _load()
    try:
        await _queries(driver).enqueue([job.kind for job in jobs], [job.payload for job in jobs], [0] * len(jobs))
    except _LOST as error:
        raise Unavailable("the connection to the database was lost") from error


async def waiting_jobs(connection: AsyncConnection, kind: str) -> int:
    """How many jobs of a kind are still to be finished."""
    found = await connection.scalar(text("SELECT count(*) FROM pgqueuer WHERE entrypoint = :kind"), {"kind": kind})
    return int(found or 0)


async def drop_jobs(connection: AsyncConnection, kind: str) -> None:
    """Remove every job of a kind that nobody will do any more."""
    await connection.execute(text("DELETE FROM pgqueuer WHERE entrypoint = :kind"), {"kind": kind})


async def forget_finished(connection: AsyncConnection) -> None:
    """Remove what the queue's log says about jobs that were finished long ago."""
    for table in ("pgqueuer_log", "pgqueuer_statistics"):
        await connection.execute(
            text(f"DELETE FROM {table} WHERE created < now() - interval '{_KEPT}'")  # noqa: S608  # fixed names
        )


async def work(url: str, handlers: Mapping[str, Handler], options: WorkerOptions | None = None) -> None:
    """Do the jobs that there are handlers for, by kind, until cancelled; those under way are finished first.

    ``url``: the database. A lost connection is replaced for as long as it takes.
    """
    await _load()
    pause = 1.0
    while True:
        try:
            connection = await asyncpg.connect(**_connect_arguments(url))
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            _LOG.warning("jobs wait: the database cannot be reached (%s)", type(error).__name__)
        else:
            pause = 1.0
            try:
                await _work(connection, handlers, options or WorkerOptions())
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                _LOG.warning("jobs wait: the connection to the database was lost (%s)", type(error).__name__)
            except Exception:
                _LOG.exception("jobs wait")
            finally:
                await _close(connection)
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


async def _work(connection: Any, handlers: Mapping[str, Handler], options: WorkerOptions) -> None:
    from pgqueuer.executors import DatabaseRetryEntrypointExecutor
    from pgqueuer.qm import QueueManager

    manager = QueueManager(_queries(connection), channel=_settings().channel)
    for kind, handler in handlers.items():
        manager.entrypoint(
            kind,
            accepts_context=False,
            executor_factory=lambda parameters: DatabaseRetryEntrypointExecutor(parameters, max_attempts=_ATTEMPTS),
        )(_entrypoint(handler))
    await manager.run(
        dequeue_timeout=options.poll,
        batch_size=_AT_ONCE,
        max_concurrent_tasks=2 * _AT_ONCE,
        heartbeat_timeout=options.lease,
    )


def _entrypoint(handler: Handler) -> Callable[[Job], Awaitable[None]]:
    async def run(job: Job) -> None:
        await handler(job.payload or b"")

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
        channel=Channel("ch_pgqueuer"),
        function="fn_pgqueuer_changed",
        statistics_table="pgqueuer_statistics",
        queue_status_type="pgqueuer_status",
        queue_table="pgqueuer",
        queue_table_log="pgqueuer_log",
        trigger="tg_pgqueuer_changed",
        schedules_table="pgqueuer_schedules",
        durability=Durability.durable,
    )
