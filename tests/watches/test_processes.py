"""Word of a change across processes that are killed: nothing is lost, and what comes twice has the same id."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from httpx_sse import aconnect_sse
from standardwebhooks import Webhook as Verifier

from tests.conftest import Cluster, plain, serving
from tests.watches.receiver import receiving
from tests.watches.steps import TEXT

CLAIM = {
    "text": TEXT,
    "language": "en",
    "reviews": [{"publisher": {"name": "Desk"}, "verdict": "false"}],
}


@pytest.fixture
def url(cluster: Cluster, migrated_url: str) -> Iterator[str]:
    url = cluster.create(migrated_url)
    yield url
    cluster.drop(url)


async def run(url: str, statement: str) -> None:
    connection = await asyncpg.connect(plain(url))
    await connection.execute(statement)
    await connection.close()


async def test_kills_between_change_and_delivery_lose_nothing_and_streams_resume(url: str, tmp_path: Path) -> None:
    settings = {"FACTCHECK_DATABASE_URL": url, "FACTCHECK_OUTBOUND_ALLOW": "127.0.0.1"}
    async with receiving() as receiver, httpx.AsyncClient(timeout=30) as client:
        # Nobody does background work here, so the kill comes after the change and before anything is noticed.
        with serving(tmp_path, **settings, FACTCHECK_WORKERS="0") as server:
            hook = (await client.post(f"{server.base}/v1/webhooks", json={"url": receiver.url})).json()
            asked = {"claims": [{"ref": "p3", "text": TEXT}], "watch": True}
            watch = (await client.post(f"{server.base}/v1/checks", json=asked)).json()["id"]
            claim = await client.post(f"{server.base}/v1/claims", json=CLAIM)
            assert claim.status_code == 201
            server.process.send_signal(signal.SIGKILL)
            server.process.wait(30)
        # Here it comes in the middle of the attempt: the event is there, and the endpoint has not answered yet.
        receiver.answers.append("hang")
        with serving(tmp_path, **settings) as server:
            await receiver.until(1)
            server.process.send_signal(signal.SIGKILL)
            server.process.wait(30)
        # As if the lease of the process that died were over.
        await run(url, "UPDATE deliveries SET next_at = now(), leased_until = NULL")
        with serving(tmp_path, **settings) as server:
            first, again = await receiver.until(2)
            assert first.id == again.id
            assert first.body == again.body
            for request in (first, again):
                Verifier(hook["secret"]).verify(request.body, request.headers)
            data = first.event["data"]
            assert (data["watch_id"], data["number"], data["asked"]["ref"]) == (watch, 1, "p3")
            assert (data["before"]["status"], data["after"]["status"]) == ("unverified", "refuted")
            await follow(client, f"{server.base}/v1/watches/{watch}/events/stream", claim, server, first.event)
            assert (await receiver.until(3))[2].event["data"]["number"] == 2


async def follow(client: httpx.AsyncClient, stream: str, claim: httpx.Response, server: Any, event: Any) -> None:
    """Streams give what was, then what comes; one that is resumed goes on; and all end when the server stops."""
    async with aconnect_sse(client, "GET", stream) as source:
        assert source.response.headers["content-type"].startswith("text/event-stream")
        events = source.aiter_sse()
        shown = await anext(events)
        assert (shown.id, shown.event, json.loads(shown.data)) == ("1", "answer.changed", event)
        change = {"pinned_verdict": {"verdict": "true", "reason": "The log book is out."}}
        changed = await client.patch(
            f"{server.base}{claim.headers['location']}", json=change, headers={"If-Match": "*"}
        )
        assert changed.status_code == 200
        live = await anext(events)
        assert (live.id, json.loads(live.data)["data"]["after"]["status"]) == ("2", "supported")
        async with aconnect_sse(client, "GET", stream, headers={"Last-Event-ID": "1"}) as resumed:
            rest = resumed.aiter_sse()
            assert (await anext(rest)).id == "2"
            server.process.send_signal(signal.SIGTERM)
            assert [each async for each in rest] == []
        assert [each async for each in events] == []
    assert await asyncio.to_thread(server.process.wait, 30) == 0
