"""Many editors of one claim at once, over HTTP and two processes: each is applied once or refused, and none is lost."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import Cluster, serving

EDITS = 200
CLAIM = {"text": "39 terrorists were killed by drone strikes", "language": "en", "claimant": "nobody"}


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory, cluster: Cluster, migrated_url: str) -> Iterator[list[str]]:
    """Two servers over one database."""
    url = cluster.create(migrated_url)
    folder = tmp_path_factory.mktemp("two")
    with serving(folder, FACTCHECK_DATABASE_URL=url) as one, serving(folder, FACTCHECK_DATABASE_URL=url) as two:
        yield [one.base, two.base]
    cluster.drop(url)


def client_of(base: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=base, timeout=60, limits=httpx.Limits(max_connections=EDITS))


async def history(client: httpx.AsyncClient, path: str) -> list[dict[str, Any]]:
    """Every revision, oldest first; that none is missing between them is asserted."""
    found: list[dict[str, Any]] = []
    token = ""
    while True:
        query = {"page_size": "100"} | ({"page_token": token} if token else {})
        page = (await client.get(f"{path}/history", params=query)).raise_for_status().json()
        found += page["items"]
        token = page["next_page_token"]
        if not token:
            break
    assert [item["revision"] for item in found] == list(range(len(found), 0, -1))
    return found[::-1]


async def edit(client: httpx.AsyncClient, path: str, number: int, seen: str) -> tuple[int, int]:
    answer = await client.patch(
        path, json={"claimant": f"editor {number}"}, params={"reason": f"{number}"}, headers={"if-match": seen}
    )
    return number, answer.status_code


async def test_of_those_who_saw_the_same_one_is_applied(bases):
    async with client_of(bases[0]) as one, client_of(bases[1]) as two:
        created = await one.post("/v1/claims", json=CLAIM)
        path, etag = created.headers["location"], created.headers["etag"]
        done = await asyncio.gather(*(edit((one, two)[n % 2], path, n, etag) for n in range(EDITS)))
        assert Counter(status for _, status in done) == {200: 1, 412: EDITS - 1}
        (applied,) = [number for number, status in done if status == 200]
        entries = await history(two, path)
        assert [(entry["revision"], entry["reason"]) for entry in entries] == [(1, None), (2, f"{applied}")]
        assert (await one.get(path)).json()["claimant"] == f"editor {applied}"


async def test_of_those_who_take_what_there_is_each_is_applied_once(bases):
    async with client_of(bases[0]) as one, client_of(bases[1]) as two:
        path = (await one.post("/v1/claims", json=CLAIM)).headers["location"]
        done = await asyncio.gather(*(edit((one, two)[n % 2], path, n, "*") for n in range(EDITS)))
        applied = sorted(number for number, status in done if status == 200)
        assert {status for _, status in done} <= {200, 503}
        assert len(applied) > EDITS // 2
        created, *entries = await history(one, path)
        assert created["action"] == "created"
        assert sorted(int(entry["reason"]) for entry in entries) == applied
        before = CLAIM["claimant"]
        for entry in entries:
            after = f"editor {entry['reason']}"
            assert entry["changes"] == [{"path": "/claimant", "before": before, "after": after}]
            before = after
        claim = (await two.get(path)).json()
        assert (claim["claimant"], claim["revision"]) == (before, len(applied) + 1)


async def test_a_server_killed_among_edits_leaves_the_history_whole(
    tmp_path: Path, cluster: Cluster, migrated_url: str
):
    url = cluster.create(migrated_url)
    with serving(tmp_path, FACTCHECK_DATABASE_URL=url) as server:
        async with client_of(server.base) as client:
            path = (await client.post("/v1/claims", json=CLAIM)).headers["location"]
            applied: list[int] = []

            async def one(number: int) -> None:
                try:
                    _, status = await edit(client, path, number, "*")
                except httpx.TransportError:
                    return
                assert status in (200, 503)
                if status == 200:
                    applied.append(number)
                if status == 200 and len(applied) == 20:
                    server.process.kill()

            await asyncio.gather(*(one(number) for number in range(EDITS)))
        server.process.wait(30)
    assert 20 <= len(applied) < EDITS
    with serving(tmp_path, FACTCHECK_DATABASE_URL=url) as again:
        async with client_of(again.base) as client:
            _, *entries = await history(client, path)
            # what was answered is there; what was not may be, whole
            assert set(applied) <= {int(entry["reason"]) for entry in entries}
            claim = (await client.get(path)).json()
            assert claim["revision"] == len(entries) + 1
            assert claim["claimant"] == f"editor {entries[-1]['reason']}"
            found = (await client.get("/v1/check", params={"text": CLAIM["text"]})).json()
            assert [match["claim_id"] for match in found["matches"]] == [claim["id"]]
            assert (await client.patch(path, json={"claimant": None}, headers={"if-match": "*"})).status_code == 200
        assert not re.search("Traceback", again.log.read_text())
    cluster.drop(url)
