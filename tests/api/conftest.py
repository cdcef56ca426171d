"""The application without a database behind it, in this process and behind a real server on a free port.

Bad input must be refused before anything is asked of the database, so a database that cannot be reached serves well.
"""

from __future__ import annotations

import socket
import threading
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from litestar import Litestar

from service.access import Trusting
from service.app import create_app
from service.settings import Settings
from service.store.session import Database
from tests.conftest import Cluster, make_admin


def offline_app() -> Litestar:
    """The application over an address where nothing listens, for callers who were admitted already."""
    database = Database("postgresql://nobody@127.0.0.1:1/nothing", timeout=2.0)
    return create_app(Settings(data_dir=Path("unused")), database, doorkeeper=Trusting(database))


def connect(app: Litestar) -> httpx.AsyncClient:
    """A client that speaks to ``app`` in this process. The application does nothing at start and end to wait for."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app, raise_app_exceptions=False), base_url="http://localhost"
    )


class _Lent(Database):
    """An application's database, which is that of whichever test has the application at the time."""

    def __init__(self) -> None:
        self.behind: Database | None = None

    def __getattribute__(self, name: str) -> Any:
        behind = object.__getattribute__(self, "behind") if name != "behind" else None
        return object.__getattribute__(self, name) if behind is None else getattr(behind, name)


_idle: defaultdict[tuple[tuple[str, Any], ...], list[tuple[Litestar, _Lent]]] = defaultdict(list)
"""By their settings, applications that were made and that no test has now: making one takes longer than most tests."""


@asynccontextmanager
async def client_of(
    database: Database, address: str = "127.0.0.1", **settings: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """A client at ``address`` of an application over ``database``; ``settings``: other than the defaults."""
    idle = _idle[tuple(sorted(settings.items()))]
    if not idle:
        lent = _Lent()
        idle.append((create_app(Settings(data_dir=Path("unused"), **settings), lent), lent))
    app, lent = idle.pop()
    lent.behind = database
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=(address, 40_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client
    lent.behind = None
    idle.append((app, lent))


@pytest.fixture(scope="module")
def offline_application() -> Litestar:
    return offline_app()


@pytest.fixture
async def offline(offline_application: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    async with connect(offline_application) as client:
        yield client


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    """Host and port of a real server over the application without a database."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(offline_app(), access_log=False, log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    assert server.started
    yield listener.getsockname()
    server.should_exit = True
    thread.join(10)
    listener.close()


@pytest.fixture
async def client(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application over a migrated, empty database of this test's own."""
    async with client_of(database) as client:
        yield client


@pytest.fixture(scope="session")
def open_url(cluster: Cluster, migrated_url: str) -> Iterator[str]:
    """A database without a key, in which tests that share it change nothing."""
    url = cluster.create(migrated_url)
    yield url
    cluster.drop(url)


@pytest.fixture(scope="session")
def keyed_url(cluster: Cluster, migrated_url: str) -> Iterator[tuple[str, str]]:
    """A database with one key, an administrator's, in which tests that share it change nothing; and the secret."""
    url = cluster.create(migrated_url)
    yield url, make_admin(url)
    cluster.drop(url)


@pytest.fixture
async def open_database(open_url: str) -> AsyncIterator[Database]:
    database = Database(open_url)
    yield database
    await database.close()


@pytest.fixture
async def keyed_database(keyed_url: tuple[str, str]) -> AsyncIterator[tuple[Database, str]]:
    database = Database(keyed_url[0])
    yield database, keyed_url[1]
    await database.close()
