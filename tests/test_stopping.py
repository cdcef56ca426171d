"""A server that is asked to stop under load: what it has taken in is answered, and it does not wait for ever."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import asyncpg
import httpx
import pytest

from tests.conftest import Cluster, Server, plain, serving

CLAIM = {"text": "A claim of this test, 7 of 7", "language": "en"}
EDITS = 8

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals")


@asynccontextmanager
async def held_up(url: str) -> AsyncIterator[asyncpg.Connection]:
    """While the block runs, or until the transaction of the connection ends, nobody can change a claim."""
    connection = await asyncpg.connect(plain(url))
    try:
        await connection.execute("BEGIN")
        await connection.execute("SELECT revision FROM corpus FOR UPDATE")
        yield connection
    finally:
        await connection.close()


async def under_way(client: httpx.AsyncClient, number: int) -> None:
    """Return once so many requests are being served, beside the one that asks."""
    # only asking tells
    while f"factcheck_requests_under_way {number + 1}.0" not in (await client.get("/metrics")).text:  # noqa: ASYNC110
        await asyncio.sleep(0.02)


def accepts(server: Server) -> bool:
    host, port = server.base.removeprefix("http://").split(":")
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except OSError:
        return False
    return True


async def test_what_was_taken_in_is_answered_and_nothing_else_is_taken(
    tmp_path: Path, cluster: Cluster, migrated_url: str
) -> None:
    url = cluster.create(migrated_url)
    with serving(tmp_path, FACTCHECK_DATABASE_URL=url) as server:
        async with (
            httpx.AsyncClient(base_url=server.base, timeout=60) as client,
            httpx.AsyncClient(base_url=server.base, timeout=60) as idle,
            held_up(url) as connection,
        ):
            assert (await idle.get("/healthz")).status_code == 200
            posts = [asyncio.create_task(client.post("/v1/claims", json=CLAIM)) for _ in range(EDITS)]
            await under_way(client, EDITS)
            server.process.send_signal(signal.SIGTERM)
            while await asyncio.to_thread(accepts, server):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
            assert not any(post.done() for post in posts)
            assert server.process.poll() is None
            await connection.execute("ROLLBACK")
            answers = await asyncio.gather(*posts)
            assert [answer.status_code for answer in answers] == [201] * EDITS
            assert {answer.headers["connection"] for answer in answers} == {"close"}
        assert await asyncio.to_thread(server.process.wait, 30) == 0
        assert "Traceback" not in server.log.read_text()
    check = await asyncpg.connect(plain(url))
    assert await check.fetchval("SELECT count(*) FROM claims") == EDITS
    await check.close()
    cluster.drop(url)


async def test_what_does_not_end_is_broken_off_and_leaves_nothing_half(
    tmp_path: Path, cluster: Cluster, migrated_url: str
) -> None:
    url = cluster.create(migrated_url)
    with serving(tmp_path, FACTCHECK_DATABASE_URL=url, FACTCHECK_SHUTDOWN_TIMEOUT="0.5") as server:
        async with httpx.AsyncClient(base_url=server.base, timeout=60) as client, held_up(url):
            post = asyncio.create_task(client.post("/v1/claims", json=CLAIM))
            await under_way(client, 1)
            server.process.send_signal(signal.SIGTERM)
            with suppress(httpx.TransportError):
                assert (await post).status_code >= 500
            assert await asyncio.to_thread(server.process.wait, 30) == 0
    check = await asyncpg.connect(plain(url))
    assert await check.fetchval("SELECT count(*) FROM claims") == 0
    await check.close()
    cluster.drop(url)
