"""More than a server can do, callers who hang up, and whether its memory stays what it was."""

from __future__ import annotations

import asyncio
import os
import random
from pathlib import Path

import asyncpg
import httpx
import psutil
import pytest

from tests.conftest import Cluster, plain
from tests.faults.postgres import until
from tests.faults.servers import served

FULL = bool(os.environ.get("FACTCHECK_TEST_FULL"))
SUBJECTS = ("vaccine", "election", "bridge", "reactor", "harvest", "minister", "river", "tax", "school", "border")
VERBS = ("killed", "cost", "reached", "closed", "employed", "exported", "lost", "saved", "moved", "counted")
ALLOWED_MIB = 24
"""How much a process may grow while it does what it did before."""


@pytest.fixture
def seeded_copy(cluster: Cluster, seeded_url: str) -> str:
    return cluster.create(seeded_url)


def claim(chance: random.Random) -> dict[str, str]:
    """A sentence that nobody has asked before, most likely."""
    words = " ".join(chance.sample(SUBJECTS, 3))
    return {
        "text": f"The {words} {chance.choice(VERBS)} {chance.randrange(10**6)} people in {chance.randrange(1900, 2026)}"
    }


async def test_a_flood_is_refused_early_and_passes(seeded_copy: str, tmp_path: Path) -> None:
    chance = random.Random(1)
    settings = {"FACTCHECK_CONCURRENT_REQUESTS": "8", "FACTCHECK_POOL_SIZE": "4"}
    order: list[int] = []
    async with served(tmp_path, FACTCHECK_DATABASE_URL=seeded_copy, **settings) as server:
        limits = httpx.Limits(max_connections=150)
        async with httpx.AsyncClient(base_url=server.base, timeout=60, limits=limits) as client:

            async def ask() -> None:
                answer = await client.post("/v1/checks", json={"claims": [claim(chance) for _ in range(20)]})
                order.append(answer.status_code)
                if answer.status_code != 201:
                    assert answer.status_code == 503
                    assert answer.headers["content-type"] == "application/problem+json"
                    assert answer.headers["retry-after"] == "1"

            flood = [asyncio.create_task(ask()) for _ in range(120)]
            assert (await client.get("/healthz")).status_code == 200
            await asyncio.gather(*flood)
            assert order.count(201) >= 8
            assert order.count(503) >= 1
            # Nobody waits for a refusal as long as for an answer: the first to be told are told no.
            assert order[0] == 503
            order.clear()
            for _ in range(3):
                await ask()
            assert order == [201, 201, 201]
        assert "Traceback" not in server.log.read_text()


async def test_who_hangs_up_has_nothing_done_any_more(seeded_copy: str, tmp_path: Path) -> None:
    blocker, other = [await asyncpg.connect(plain(seeded_copy)) for _ in range(2)]
    body = b'{"text": "The ferry of Example Town sinks twice a year", "language": "en"}'
    head = (
        b"POST /v1/claims HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    )
    async with served(tmp_path, FACTCHECK_DATABASE_URL=seeded_copy) as server:
        async with blocker.transaction():
            await blocker.execute("SELECT FROM corpus FOR UPDATE")
            host, port = server.base.removeprefix("http://").split(":")
            ends = [await asyncio.open_connection(host, int(port)) for _ in range(3)]
            for _, writer in ends:
                writer.write(head % len(body) + body)
            await until(other, "wait_event_type = 'Lock'", 3)
            for _, writer in ends:
                writer.close()
            await until(other, "wait_event_type = 'Lock'", 0)
        assert await other.fetchval("SELECT count(*) FROM claims WHERE text LIKE 'The ferry of Example%'") == 0
        assert "Traceback" not in server.log.read_text()
    await blocker.close()
    await other.close()


async def test_memory_stays_flat(seeded_copy: str, tmp_path: Path) -> None:
    """Over 200,000 checks at full length (``make test-faults FULL=1``), over some thousands otherwise."""
    chance = random.Random(2)
    warm, further = (40_000, 160_000) if FULL else (3_000, 3_000)
    async with served(tmp_path, FACTCHECK_DATABASE_URL=seeded_copy) as server:
        process = psutil.Process(server.process.pid)
        async with httpx.AsyncClient(base_url=server.base, timeout=120) as client:

            async def check(count: int) -> int:
                """The bytes the server holds after so many further checks."""
                for _ in range(count // 100):
                    answer = await client.post("/v1/checks", json={"claims": [claim(chance) for _ in range(100)]})
                    assert answer.status_code == 201
                return int(process.memory_info().rss)

            before = await check(warm)
            after = await check(further)
    assert (after - before) / 2**20 < ALLOWED_MIB, f"{before / 2**20:.0f} MiB, then {after / 2**20:.0f} MiB"
