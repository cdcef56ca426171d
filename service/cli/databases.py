"""Which database a command works on, and the commands that prepare it."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from service.errors import Unavailable
from service.settings import Settings, load_settings

if TYPE_CHECKING:
    from service.store.session import Database

T = TypeVar("T")

_LOG = logging.getLogger(__name__)

_LOOK_EVERY = 2.0
"""Seconds between two looks whether the embedded database lives."""


def add_commands(commands: Any) -> None:
    """Add ``migrate`` and ``seed``."""
    migrate = commands.add_parser(
        "migrate",
        help="bring the database's tables up to date",
        description="Bring the database's tables up to date. Safe beside running servers and other migrations.",
    )
    migrate.set_defaults(run=_migrate)
    seed = commands.add_parser(
        "seed",
        help="store the claims that come with the package",
        description="Store the claims that come with the package, if the database holds none.",
    )
    seed.set_defaults(run=_seed)


@contextmanager
def database_url(settings: Settings) -> Iterator[str]:
    """The URL of the database to work on; the embedded one runs for as long as the block lasts.

    A polite request to end (SIGTERM, a closed terminal) leaves the block as an error would, so that what was started
    is stopped.
    """
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _leave)
    if settings.database_url is not None:
        yield settings.database_url
        return
    from service.store.embedded import embedded_postgres

    with embedded_postgres(settings.data_dir) as url:
        yield url


@asynccontextmanager
async def kept_running(settings: Settings) -> AsyncIterator[None]:
    """Start the embedded database again should it die while the block runs. Whatever the disk was full of, or whoever
    killed it: once it can run, it does.
    """
    if settings.database_url is not None or sys.platform == "win32":
        yield
        return
    keeper = asyncio.create_task(_keep_running(settings.data_dir))
    try:
        yield
    finally:
        keeper.cancel()
        await asyncio.wait({keeper})


async def _keep_running(data_dir: Path) -> None:
    from service.store.embedded import revive

    said = ""
    while True:
        await asyncio.sleep(_LOOK_EVERY)
        try:
            if await asyncio.to_thread(revive, data_dir):
                _LOG.warning("the embedded database had died; it was started again")
            said = ""
        except Unavailable as error:
            if error.detail != said:
                said = error.detail
                _LOG.error("the embedded database has died, and cannot be started: %s", said)


def open_database(settings: Settings, url: str) -> Database:
    """A pool of connections as the settings want it."""
    from service.store.session import Database

    return Database(url, pool_size=settings.pool_size, timeout=settings.database_timeout)


def open_replica(settings: Settings) -> Database | None:
    """A pool of connections to the replica that lists may be read from, where the settings name one."""
    from service.store.session import Database

    if settings.read_database_url is None:
        return None
    return Database(settings.read_database_url, pool_size=settings.pool_size, timeout=settings.database_timeout)


def with_database(settings: Settings, work: Callable[[Database], Awaitable[T]]) -> T:
    """Run ``work`` on the settings' database, migrated first where it is the embedded one."""

    async def run(url: str) -> T:
        from service.store.schema import migrate

        if settings.database_url is None:
            await migrate(url)
        database = open_database(settings, url)
        try:
            return await work(database)
        finally:
            await database.close()

    with database_url(settings) as url:
        return asyncio.run(run(url))


def _leave(number: int, _frame: object) -> NoReturn:
    raise SystemExit(128 + number)


def _migrate(_chosen: argparse.Namespace) -> int:
    from service.store.schema import head_revision, migrate

    with database_url(load_settings()) as url:
        changed = asyncio.run(migrate(url))
    print(f"The database is at revision {head_revision()}" + ("." if changed else " already."))
    return 0


def _seed(_chosen: argparse.Namespace) -> int:
    from service.seeding import seed_database

    async def seed(database: Database) -> int:
        if not (state := await database.readiness()).ready:
            raise Unavailable(state.detail)
        return await seed_database(database)

    stored = with_database(load_settings(), seed)
    if stored:
        print(f"{stored} claims stored.")
    else:
        print("The database holds claims already; nothing was stored.", file=sys.stderr)
    return 0
