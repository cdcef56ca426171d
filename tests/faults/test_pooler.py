"""Behind a pooler in transaction mode, where every transaction may run on another connection of the server."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx

from tests.faults.postgres import postgres
from tests.faults.programs import pooler
from tests.faults.servers import served
from tests.faults.traffic import Traffic


async def test_everything_works_behind_a_pooler_in_transaction_mode(tmp_path: Path) -> None:
    """Migrations and seeds included. The pooler has three connections for the service's ten, so that they change."""
    database = postgres(tmp_path)
    server = await asyncio.to_thread(database.__enter__)
    try:
        with pooler(tmp_path / "pooler", server.port, size=3) as url:
            async with served(tmp_path, "--seed", FACTCHECK_DATABASE_URL=url) as service:
                traffic = Traffic([service.base])
                async with traffic.flowing(writers=5, checkers=7):
                    await traffic.more(stored=20, checked=40)
                    await asyncio.to_thread(_life_of_a_claim, service.base)
                    await traffic.more(stored=20, checked=40)
                assert not traffic.failures
                assert not traffic.broken
                assert set(traffic.answers) == {201}
                await traffic.nothing_lost(service.base)
                assert "Traceback" not in service.log.read_text()
    finally:
        await asyncio.to_thread(database.__exit__, None, None, None)


def _life_of_a_claim(base: str) -> None:
    """One of each kind of statement: lists, parts, patches, history, merging, keys."""
    with httpx.Client(base_url=base, timeout=30) as client:
        assert client.get("/readyz").status_code == 200
        body = {"text": "The pier of Example Town is 412 m long", "language": "en"}
        claim, other = [client.post("/v1/claims", json=body).headers["location"] for _ in range(2)]
        review = {"publisher": {"name": "Pier Desk", "site": "pier.example"}, "verdict": "true"}
        assert client.post(f"{claim}/reviews", json=review).status_code == 201
        edited = client.patch(claim, json={"claimant": "The mayor"}, headers={"If-Match": "*"})
        assert (edited.status_code, edited.json()["revision"]) == (200, 3)
        listed = client.get("/v1/claims", params={"q": "pier", "verdict": "true"}).json()
        assert [each["text"] for each in listed["items"]] == [body["text"]]
        assert len(client.get(f"{claim}/history").json()["items"]) == 3
        assert client.get("/v1/check", params={"text": body["text"]}).json()["status"] == "supported"
        assert client.post(f"{other}/merge", json={"into": claim.rsplit("/", 1)[1]}).status_code == 200
        assert client.delete(claim, headers={"If-Match": "*"}).status_code in (200, 204)
        assert client.get("/v1/publishers", params={"q": "pier.example"}).json()["items"]
        assert client.get("/v1/audit").status_code == 200
