"""Which database a command works on, and the commands that prepare it."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from service.errors import Unavailable
from service.settings import Settings, load_settings

if TYPE_CHECKING:
    from service.store.session import Database

T = TypeVar("T")


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
