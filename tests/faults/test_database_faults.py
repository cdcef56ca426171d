"""The database goes away, comes back, is cut off in the middle, and has no connection left."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from tests.conftest import Server
from tests.faults.postgres import Postgres, Wire, query, until
from tests.faults.servers import served
from tests.faults.traffic import Traffic

CLAIM = {"text": "The bridge of Example Town carries 9,000 cars a day", "language": "en"}
CHECK = {"claims": [{"text": CLAIM["text"]}]}
STORED = "SELECT count(*) FROM claims WHERE text = $1"
LEASES_ENDED = "UPDATE idempotency_keys SET started_at = started_at - interval '31 s' WHERE status IS NULL"


def url_by(port: int) -> str:
    return f"postgresql://factcheck@127.0.0.1:{port}/postgres"


def client_of(server: Server) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=100)
    return httpx.AsyncClient(base_url=server.base, timeout=30, limits=limits)


def assert_unavailable(answer: httpx.Response) -> None:
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:problem-type:factcheck:unavailable"
    assert int(answer.headers["retry-after"]) >= 1


async def test_stopped_and_started_under_load(own_postgres: Postgres, folder: Path) -> None:
    async with served(folder, FACTCHECK_DATABASE_URL=own_postgres.url) as server:
        traffic = Traffic([server.base])
        async with traffic.flowing(writers=6, checkers=4), httpx.AsyncClient(base_url=server.base) as client:
            for ending in ("fast", "immediate"):
                await traffic.more()
                await asyncio.to_thread(own_postgres.stop, ending)
                await traffic.refused()
                assert (await client.get("/healthz")).status_code == 200
                assert_unavailable(await client.get("/readyz"))
                await asyncio.to_thread(own_postgres.start)
                await traffic.more()
                assert (await client.get("/readyz")).status_code == 200
        assert not traffic.failures
        assert not traffic.broken
        assert not traffic.answers[409], "a failed attempt held its key for longer than it took to ask again"
        await traffic.nothing_lost(server.base)
        assert "Traceback" not in server.log.read_text()
    texts = await asyncio.to_thread(query, own_postgres.url, "SELECT text FROM claims")
    assert len(texts) == len(set(texts)), "a repeated request was carried out twice"


async def test_cut_in_the_middle_of_a_transaction(own_postgres: Postgres, folder: Path) -> None:
    key = {"Idempotency-Key": "cut-in-the-middle"}
    other, blocker = [await asyncpg.connect(own_postgres.url) for _ in range(2)]
    async with served(folder, FACTCHECK_DATABASE_URL=own_postgres.url) as server, client_of(server) as client:
        async with blocker.transaction():
            await blocker.execute("SELECT FROM corpus FOR UPDATE")  # holds up whoever writes a claim
            first = asyncio.create_task(client.post("/v1/claims", json=CLAIM, headers=key))
            await until(other, "wait_event_type = 'Lock'", 1)
            await other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            assert_unavailable(await first)
        assert await other.fetchval(STORED, CLAIM["text"]) == 0
        again = await client.post("/v1/claims", json=CLAIM, headers=key)
        assert again.status_code == 201
        assert "idempotent-replayed" not in again.headers
        assert await other.fetchval(STORED, CLAIM["text"]) == 1
    await blocker.close()
    await other.close()


async def test_cut_while_it_commits(own_postgres: Postgres, folder: Path) -> None:
    """Nobody but the database knows that the claim was stored: who asks again under the same key gets to know."""
    text = "The tunnel of Example Town is 4 km long"
    key = {"Idempotency-Key": "cut-at-the-commit"}
    async with AsyncExitStack() as stack:
        wire = await stack.enter_async_context(Wire(own_postgres.port))
        server = await stack.enter_async_context(
            served(folder, FACTCHECK_DATABASE_URL=url_by(wire.port), FACTCHECK_WORKERS="0")
        )
        client = await stack.enter_async_context(client_of(server))
        wire.cut_after(lambda data: b"COMMIT;" in data)
        assert_unavailable(await client.post("/v1/claims", json={**CLAIM, "text": text}, headers=key))
        assert wire.cut.is_set()
        again = await client.post("/v1/claims", json={**CLAIM, "text": text}, headers=key)
        assert again.status_code == 201
        assert again.headers["idempotent-replayed"] == "true"
        assert (await client.get(again.headers["location"])).json()["text"] == text
    assert await asyncio.to_thread(query, own_postgres.url, STORED, text) == [1]


async def test_every_connection_taken(own_postgres: Postgres, folder: Path) -> None:
    other, blocker = [await asyncpg.connect(own_postgres.url) for _ in range(2)]
    settings = {"FACTCHECK_POOL_SIZE": "2", "FACTCHECK_DATABASE_TIMEOUT": "2"}
    async with served(folder, FACTCHECK_DATABASE_URL=own_postgres.url, **settings) as server:
        async with client_of(server) as client:

            async def send(path: str, body: Any) -> httpx.Response:
                return await client.post(path, json=body)

            async with blocker.transaction():
                await blocker.execute("SELECT FROM corpus FOR UPDATE")
                stuck = [asyncio.create_task(send("/v1/claims", CLAIM)) for _ in range(2)]
                await until(other, "wait_event_type = 'Lock'", 2)
                waiting = [asyncio.create_task(send("/v1/checks", CHECK)) for _ in range(20)]
                for answer in await asyncio.gather(*stuck):
                    assert_unavailable(answer)
            # Those who waited for a connection get one in time, or are told to come again.
            answers = await asyncio.gather(*waiting)
            for answer in answers:
                if answer.status_code != 201:
                    assert_unavailable(answer)
            assert {(await send("/v1/checks", CHECK)).status_code for _ in range(5)} == {201}
        assert "Traceback" not in server.log.read_text()
    await blocker.close()
    await other.close()


async def test_killed_under_load(own_postgres: Postgres, folder: Path) -> None:
    """First the service, in the middle of its work, then the database: every 201 is there afterwards."""
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(served(folder, FACTCHECK_DATABASE_URL=own_postgres.url))
        traffic = Traffic([first.base])
        async with traffic.flowing(writers=6, checkers=2):
            await traffic.more(stored=60, checked=20)
            first.process.kill()
            await asyncio.to_thread(first.process.wait, 30)
            await asyncio.to_thread(own_postgres.kill)
            await asyncio.to_thread(own_postgres.start)
            second = await stack.enter_async_context(served(folder, FACTCHECK_DATABASE_URL=own_postgres.url))
            traffic.bases[:] = [second.base]
            await traffic.more(1, 1)
            # What was under way is held for the first attempt until its lease ends, half a minute later.
            await asyncio.to_thread(query, own_postgres.url, LEASES_ENDED)
            await traffic.more()
        assert not traffic.failures
        await traffic.nothing_lost(second.base)
    texts = await asyncio.to_thread(query, own_postgres.url, "SELECT text FROM claims")
    assert len(texts) == len(set(texts)), "a repeated request was carried out twice"
