"""Too much at once, too late, and for nobody: refused, given up, and really stopped."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from litestar import Litestar

from service.app import create_app
from service.settings import Settings
from service.store.session import Database
from tests.api.conftest import connect
from tests.conftest import plain

CLAIM = {"text": "The quay of Example Town was built in 1901", "language": "en"}


def app_of(database: Database, **settings: Any) -> Litestar:
    return create_app(Settings(data_dir=Path("unused"), **settings), database)


class Blocked:
    """Holds up whoever writes a claim, and tells how many statements are held up."""

    def __init__(self, blocker: Any, observer: Any) -> None:
        self._blocker = blocker
        self._observer = observer

    async def waiting(self, count: int) -> None:
        """Wait until so many statements wait for the lock."""
        question = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        async with asyncio.timeout(20):
            while await self._observer.fetchval(question) != count:  # noqa: ASYNC110  # nobody tells
                await asyncio.sleep(0.01)

    async def claims(self) -> int:
        """How many claims are stored."""
        return int(await self._observer.fetchval("SELECT count(*) FROM claims"))


@asynccontextmanager
async def blocked(url: str) -> AsyncIterator[Blocked]:
    blocker, observer = [await asyncpg.connect(plain(url)) for _ in range(2)]
    try:
        async with blocker.transaction():
            await blocker.execute("SELECT FROM corpus FOR UPDATE")
            yield Blocked(blocker, observer)
    finally:
        await blocker.close()
        await observer.close()


async def test_what_is_too_much_is_refused_at_once(database: Database, database_url: str) -> None:
    async with connect(app_of(database, concurrent_requests=2)) as client:
        async with blocked(database_url) as block:
            under_way = [asyncio.create_task(client.post("/v1/claims", json=CLAIM)) for _ in range(2)]
            await block.waiting(2)
            refused = await client.get("/v1/claims")
            assert refused.status_code == 503
            assert refused.headers["retry-after"] == "1"
            assert refused.json()["type"] == "urn:problem-type:factcheck:unavailable"
            assert (await client.get("/healthz")).status_code == 200
        assert [(await task).status_code for task in under_way] == [201, 201]
        assert (await client.get("/v1/claims")).json()["total"] == 2


@pytest.mark.parametrize("key", [None, "late"])
async def test_what_is_late_is_given_up(database: Database, database_url: str, key: str | None) -> None:
    headers = {"Idempotency-Key": key} if key else {}
    async with connect(app_of(database, request_timeout=0.3)) as client:
        async with blocked(database_url) as block:
            late = await client.post("/v1/claims", json=CLAIM, headers=headers)
            assert late.status_code == 503
            assert "0.3 s" in late.json()["detail"]
            assert int(late.headers["retry-after"]) >= 1
            await block.waiting(0)
        assert (await client.get("/v1/claims")).json()["total"] == 0
    async with connect(app_of(database)) as client:
        assert (await client.post("/v1/claims", json=CLAIM, headers=headers)).status_code == 201


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_nothing_is_done_for_a_caller_who_hung_up(database: Database, database_url: str, method: str) -> None:
    """Before, while and after the body is read, the process gets the place and the connection back."""
    app = app_of(database, concurrent_requests=1)
    gone = asyncio.Event()
    parts = [json.dumps(CLAIM).encode()] if method == "POST" else [b""]
    sent: list[Any] = []

    async def receive() -> Any:
        if parts:
            return {"type": "http.request", "body": parts.pop(), "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]
    scope: Any = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": "/v1/claims", "raw_path": b"/v1/claims", "query_string": b"", "root_path": "",
        "headers": headers + ([(b"content-length", b"100")] if method == "POST" else []),
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "state": {},
    }  # fmt: skip
    async with blocked(database_url) as block:
        if method == "GET":
            # Held up as well: nobody reads a table that somebody is about to change altogether.
            await block._blocker.execute("LOCK TABLE claims IN ACCESS EXCLUSIVE MODE")
        request = asyncio.create_task(app(scope, receive, send))  # type: ignore[arg-type]
        await block.waiting(1)
        gone.set()
        await request
        await block.waiting(0)
        assert sent == []
    async with connect(app) as client:
        assert (await client.get("/v1/claims")).json()["total"] == 0
