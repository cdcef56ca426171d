"""A real PostgreSQL for every test that asks for one, and a real server for those that speak HTTP.

The server is the embedded one, in a folder of its own, or FACTCHECK_TEST_DATABASE_URL's. It is migrated once; each test
then gets a copy of that database, which takes some hundredths of a second and needs no cleaning up within.
"""

from __future__ import annotations

import asyncio
import gc
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import make_url

from service.store.embedded import embedded_postgres
from service.store.schema import migrate
from service.store.session import Database, asyncpg_url

ROOT = Path(__file__).resolve().parent.parent


@dataclass
class Cluster:
    """A PostgreSQL server on which databases come and go, by a connection that is kept for that."""

    url: str
    numbers: Iterator[int] = field(default_factory=count)
    # A loop of its own, on a thread of its own: fixtures may ask from within a running loop.
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _connection: asyncpg.Connection[Any] | None = None

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._loop.run_forever, name="cluster")
        self._thread.start()

    def create(self, template: str | None = None) -> str:
        """The URL of a new database: empty, or a copy of the one at the URL ``template``, which nobody may be using."""
        name = f"factcheck_test_{os.getpid()}_{next(self.numbers)}"
        # Copying the files takes less than the default, which writes every page to the log, once they are dropped too.
        source = f' TEMPLATE "{make_url(template).database}" STRATEGY file_copy' if template else ""
        self._run(f'CREATE DATABASE "{name}"{source}')
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        """Remove the database, whoever is connected to it."""
        self._run(f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)')

    def close(self) -> None:
        """Let go of the server."""
        if self._connection is not None:
            asyncio.run_coroutine_threadsafe(self._connection.close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, statement: str) -> None:
        async def run() -> None:
            if self._connection is None:
                self._connection = await asyncpg.connect(plain(self.url))
            await self._connection.execute(statement)

        asyncio.run_coroutine_threadsafe(run(), self._loop).result()


def plain(url: str) -> str:
    """The URL as asyncpg itself wants it."""
    return asyncpg_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


SLOW = (
    "test_fuzz.py",
    "test_serve.py",
    "test_parallel_edits.py",
    "test_command.py",
    "test_keyed_servers.py",
    "test_pulling.py",
    "test_cli.py",
    "test_clients.py",
    "test_docs_examples.py",
    "test_docs_commands.py",
)
"""The modules that take longest, the longest first: two processes share them out, and both are to end together."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow modules first; within them, and after them, as it was."""
    places = {name: place for place, name in enumerate(SLOW)}
    items.sort(key=lambda item: places.get(item.path.name, len(SLOW)))


def pytest_collection_finish() -> None:
    """What was imported so far stays: looking through it for garbage, over and over, takes a tenth of the time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _clean_environment() -> Iterator[None]:
    """No test depends on the settings of whoever runs it, and none touches their data."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("FACTCHECK_") and "_TEST_" not in name]:
            patch.delenv(name)
        # A shell starts what it puts into the background with Ctrl-C ignored, and every process here would inherit it.
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        yield


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory, _clean_environment: None) -> Iterator[Cluster]:
    """The PostgreSQL server of this run."""
    with ExitStack() as stack:
        url = os.environ.get("FACTCHECK_TEST_DATABASE_URL") or stack.enter_context(
            # What a crash would lose is of no interest here.
            embedded_postgres(
                tmp_path_factory.mktemp("cluster"),
                options={"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"},
            )
        )
        yield stack.enter_context(closing(Cluster(url)))


@pytest.fixture(scope="session")
def migrated_url(cluster: Cluster) -> Iterator[str]:
    """A migrated, empty database, only to be copied."""
    url = cluster.create()
    asyncio.run(migrate(url))
    yield url
    cluster.drop(url)


@pytest.fixture(scope="session")
def seeded_url(cluster: Cluster, migrated_url: str) -> Iterator[str]:
    """A database with the seeds in it. Tests share it, so they only read."""
    from service.seeding import seed_database

    async def seed() -> None:
        database = Database(url)
        await seed_database(database)
        await database.close()

    url = cluster.create(migrated_url)
    asyncio.run(seed())
    yield url
    cluster.drop(url)


@pytest.fixture
def database_url(cluster: Cluster, migrated_url: str) -> Iterator[str]:
    """A migrated, empty database of this test's own."""
    url = cluster.create(migrated_url)
    yield url
    cluster.drop(url)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Connections to a migrated, empty database of this test's own."""
    database = Database(database_url)
    yield database
    await database.close()


@pytest.fixture
async def seeded_database(seeded_url: str) -> AsyncIterator[Database]:
    """Connections to the shared database with the seeds in it; for reading, and for checks that are recorded."""
    database = Database(seeded_url)
    yield database
    await database.close()


def make_admin(url: str) -> str:
    """The secret of a new administrator's key, without a limit that tests would reach, in the database at ``url``."""
    from service.access import make_key
    from service.credentials import NewKey, Scope

    async def make() -> str:
        database = Database(url)
        _, secret = await make_key(database, NewKey("Tests", (Scope.ADMIN,), 1_000_000))
        await database.close()
        return secret

    return asyncio.run(make())


@dataclass
class Server:
    """A running ``factcheck serve``."""

    base: str
    process: subprocess.Popen[bytes]
    log: Path


@contextmanager
def serving(folder: Path, *arguments: str, root: Path = ROOT, **environment: str) -> Iterator[Server]:
    """A ``factcheck serve`` in a process group of its own, once it has said where it listens.

    Asked to stop at the end, if it still runs, and expected to do so well. ``environment`` adds to the test run's own;
    without FACTCHECK_DATABASE_URL in it, the server keeps its database in ``folder``. ``root``: where the code lies.
    """
    log = folder / f"serve-{time.monotonic_ns()}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "service", "serve", "--port", "0", *arguments],
            cwd=root,
            env={**os.environ, "FACTCHECK_DATA_DIR": str(folder / "data"), **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield Server(_announced_base(process, log), process, log)
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0, log.read_text()
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(30)


def _announced_base(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if found := re.search(r"listens on (http://\S+)", log.read_text()):
            return found[1]
        if process.poll() is not None:
            break
        time.sleep(0.01)
    raise AssertionError(f"the server did not start: {log.read_text()}")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, cluster: Cluster, migrated_url: str) -> Iterator[Server]:
    """A real server with the seeds, on a free port of the loopback interface, shared by all tests that ask for it."""
    url = cluster.create(migrated_url)
    with serving(tmp_path_factory.mktemp("server"), "--seed", FACTCHECK_DATABASE_URL=url) as running:
        yield running
    cluster.drop(url)
