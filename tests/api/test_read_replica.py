"""Which operations read from a replica and which never do; one that lags for ever stands for one that lags a little."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from service.app import create_app
from service.settings import Settings
from service.store.session import Database
from tests.api.conftest import connect
from tests.api.keyed import CLAIM
from tests.conftest import Cluster


@pytest.fixture
def replica_url(cluster: Cluster, migrated_url: str) -> Iterator[str]:
    url = cluster.create(migrated_url)
    yield url
    cluster.drop(url)


@pytest.fixture
async def client(database: Database, replica_url: str) -> AsyncIterator[httpx.AsyncClient]:
    replica = Database(replica_url)
    async with connect(create_app(Settings(data_dir=Path("unused")), database, replica=replica)) as client:
        yield client
    await replica.close()


async def test_lists_may_lag_and_checks_never_do(client):
    created = await client.post("/v1/claims", json=CLAIM)
    path = created.headers["location"]
    assert (await client.get("/v1/claims")).json()["items"] == []
    assert (await client.get("/v1/exports/claims.jsonl")).text == ""
    found = (await client.get("/v1/check", params={"text": CLAIM["text"]})).json()
    assert [match["claim_id"] for match in found["matches"]] == [created.json()["id"]]
    checked = (await client.post("/v1/checks", json={"claims": [{"text": CLAIM["text"]}]})).json()
    assert checked["results"][0]["matches"]
    assert (await client.get(f"/v1/checks/{checked['id']}")).status_code == 200
    assert (await client.get(path)).headers["etag"] == created.headers["etag"]
    assert len((await client.get(f"{path}/history")).json()["items"]) == 1
    changed = await client.patch(path, json={"claimant": "A"}, headers={"if-match": created.headers["etag"]})
    assert changed.status_code == 200


async def test_without_the_replica_lists_come_from_the_database_itself(client, cluster, replica_url):
    await client.post("/v1/claims", json=CLAIM)
    assert (await client.get("/v1/claims")).json()["items"] == []
    cluster.drop(replica_url)
    answer = await client.get("/v1/claims")
    assert answer.status_code == 200
    assert [item["text"] for item in answer.json()["items"]] == [CLAIM["text"]]
    assert len((await client.get("/v1/exports/claims.jsonl")).text.splitlines()) == 1
