"""The clock of the service, or of its database, jumps: a day back, two days on."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from service.store.schema import migrate
from tests.conftest import make_admin
from tests.faults.postgres import postgres, query
from tests.faults.servers import served

LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))

pytestmark = pytest.mark.skipif(not LIBRARIES, reason="libfaketime is not installed: apt-get install libfaketime")

BODY = {"text": "The clock tower of Example Town is 51 m high", "language": "en"}


class Clock:
    """What time programs think it is, by libfaketime, which reads a file; timers go on as before."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"
        self.set("+0")
        self.environment = {
            "LD_PRELOAD": str(LIBRARIES[-1]),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, away: str) -> None:
        """How far away from the real time, as ``-1d``."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(away)
        fresh.chmod(0o644)
        fresh.replace(self._file)


async def life(client: httpx.AsyncClient, key: str) -> str:
    """A claim is made, edited, checked and found, whatever the clock says."""
    made = await client.post("/v1/claims", json=BODY, headers={"Idempotency-Key": key})
    assert made.status_code == 201, made.text
    again = await client.post("/v1/claims", json=BODY, headers={"Idempotency-Key": key})
    assert again.headers.get("idempotent-replayed") == "true", again.text
    path = str(made.headers["location"])
    await edit(client, path, "The mayor")
    checked = await client.post("/v1/checks", json={"claims": [{"text": BODY["text"]}]})
    assert checked.status_code == 201, checked.text
    assert checked.json()["results"][0]["matches"]
    return path


async def edit(client: httpx.AsyncClient, path: str, claimant: str) -> None:
    answer = await client.patch(path, json={"claimant": claimant}, headers={"If-Match": "*"})
    assert answer.status_code == 200, answer.text


async def test_the_clock_of_the_service_jumps(tmp_path: Path) -> None:
    clock = Clock(tmp_path)
    async with AsyncExitStack() as stack:
        database = postgres(tmp_path)
        server = await asyncio.to_thread(database.__enter__)
        stack.push_async_callback(asyncio.to_thread, database.__exit__, None, None, None)
        service = await stack.enter_async_context(
            served(tmp_path, FACTCHECK_DATABASE_URL=server.url, **clock.environment)
        )
        client = await stack.enter_async_context(httpx.AsyncClient(base_url=service.base, timeout=30))
        paths = []
        for number, away in enumerate(("+0", "-1d", "+2d", "+0")):
            clock.set(away)
            paths.append(await life(client, f"jump-{number}"))
            for path in paths:
                await edit(client, path, f"Mayor number {number}")
        for path in paths:
            claim = (await client.get(path)).json()
            assert claim["updated_at"] >= claim["created_at"]
            history = (await client.get(f"{path}/history")).json()["items"]
            assert [each["revision"] for each in history] == list(range(claim["revision"], 0, -1))
        listed = (await client.get("/v1/claims", params={"sort": "-updated_at", "page_size": 2})).json()
        assert listed["total"] == len(paths)
        assert "Traceback" not in service.log.read_text()


async def test_the_clock_of_the_database_jumps(tmp_path: Path) -> None:
    """Quotas and leases are counted by the database's clock: nobody is locked out until it is that late again."""
    clock = Clock(tmp_path)
    async with AsyncExitStack() as stack:
        database = postgres(tmp_path, environment=clock.environment)
        server = await asyncio.to_thread(database.__enter__)
        stack.push_async_callback(asyncio.to_thread, database.__exit__, None, None, None)
        await migrate(server.url)
        secret = await asyncio.to_thread(make_admin, server.url)
        service = await stack.enter_async_context(served(tmp_path, FACTCHECK_DATABASE_URL=server.url))
        client = await stack.enter_async_context(
            httpx.AsyncClient(base_url=service.base, timeout=30, headers={"Authorization": f"Bearer {secret}"})
        )
        for number, away in enumerate(("+0", "-1d", "+2d", "+0")):
            clock.set(away)
            await life(client, f"jump-{number}")
        # A process died with a key reserved, and then the clock went back.
        dead = (
            "INSERT INTO idempotency_keys (owner, key, fingerprint, attempt, started_at) "
            "SELECT id, 'dead', sha256('another'), gen_random_uuid(), now() FROM api_keys"
        )
        await asyncio.to_thread(query, server.url, dead)
        clock.set("-1d")
        await life(client, "dead")
