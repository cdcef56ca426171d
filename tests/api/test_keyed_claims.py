"""What a key and an idempotency key are to claims: their author, their lists, and changes that happen once."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from service.credentials import ApiKey, Scope
from service.store.session import Database
from tests.api.conftest import client_of
from tests.api.keyed import CLAIM, bearer, count, new_key
from tests.api.test_bad_input import assert_problem

WORDING = {"text": "Drone strikes killed thirty-nine terrorists in Iraq in 2025", "language": "en"}
ANY = {"If-Match": "*"}


@pytest.fixture
async def desk(database: Database) -> tuple[ApiKey, dict[str, str]]:
    """A key that may write, and the header that presents it."""
    key, secret = await new_key(database, Scope.WRITE, name="News desk")
    return key, bearer(secret)


@pytest.fixture
async def client(database: Database, desk: tuple[ApiKey, dict[str, str]]) -> AsyncIterator[httpx.AsyncClient]:
    """A client that presents the desk's key."""
    async with client_of(database) as client:
        client.headers.update(desk[1])
        yield client


async def store(client: httpx.AsyncClient, text: str = CLAIM["text"]) -> str:
    """The path of a new claim."""
    answer = await client.post("/v1/claims", json={**CLAIM, "text": text})
    assert answer.status_code == 201, answer.text
    return answer.headers["location"]


async def test_the_history_names_the_key_of_every_change(client, desk):
    path = await store(client)
    await client.patch(path, json={"claimant": "A minister"}, headers=ANY)
    await client.post(f"{path}/phrasings", json=WORDING)
    await client.delete(path, headers=ANY)
    history = (await client.get(f"{path}/history")).json()["items"]
    assert [each["action"] for each in history] == ["withdrawn", "edited", "edited", "created"]
    assert {each["author"] for each in history} == {f"News desk (fc_{desk[0].prefix})"}


async def test_a_page_token_is_its_callers_own(client, database):
    path = await store(client)
    await client.patch(path, json={"claimant": "A minister"}, headers=ANY)
    await store(client, "A second claim about 12 ships")
    for name in ("A Daily", "B Daily"):
        await client.post("/v1/publishers", json={"name": name})
    _, other = await new_key(database, Scope.READ)
    for listed in ("/v1/claims", "/v1/publishers", f"{path}/history"):
        token = (await client.get(listed, params={"page_size": 1})).json()["next_page_token"]
        following = {"page_size": 1, "page_token": token}
        assert len((await client.get(listed, params=following)).json()["items"]) == 1
        refused = assert_problem(await client.get(listed, params=following, headers=bearer(other)), 422)
        assert [each["pointer"] for each in refused["errors"]] == ["/page_token"]


async def test_a_change_under_an_idempotency_key_happens_once(client):
    path, into = await store(client), await store(client, "A second claim about 12 ships")
    changes = ((f"{path}/phrasings", WORDING), (f"{path}/merge", {"into": into.rsplit("/", 1)[1]}))
    for number, (address, body) in enumerate(changes):
        headers = {"Idempotency-Key": f'"change {number}"'}
        first = await client.post(address, json=body, headers=headers)
        again = await client.post(address, json=body, headers=headers)
        assert first.is_success
        assert again.headers["idempotent-replayed"] == "true"
        assert (again.status_code, again.content) == (first.status_code, first.content)
        assert again.headers["etag"] == first.headers["etag"]
    actions = [each["action"] for each in (await client.get(f"{path}/history")).json()["items"]]
    assert actions == ["merged", "edited", "created"]
    assert len((await client.get(f"{into}/history")).json()["items"]) == 2


async def test_every_change_of_a_claim_is_in_the_audit_and_no_refused_one(client, database):
    path, into = await store(client), await store(client, "A second claim about 12 ships")
    before = await count(database, "audit")
    review = {"publisher": {"name": "A Daily"}, "verdict": "false"}
    made = await client.post(f"{path}/reviews", json=review)
    publisher = await client.post("/v1/publishers", json={"name": "B Daily"})
    stale = await client.patch(path, json={"claimant": "A"}, headers={"If-Match": '"1"'})
    blind = await client.delete(path)
    assert_problem(stale, 412)
    assert_problem(blind, 428)
    assert_problem(await client.post(f"{path}/reviews", json={**review, "verdict": None}), 422)
    assert (await client.patch(path, json={"claimant": "A"}, headers=ANY)).status_code == 200
    assert (await client.post(f"{path}/merge", json={"into": into.rsplit("/", 1)[1]})).status_code == 200
    assert_problem(await client.patch(path, json={"claimant": "B"}, headers=ANY), 308)
    assert (await client.delete(into, headers=ANY)).status_code == 204
    _, admin = await new_key(database, Scope.ADMIN)
    entries = (await client.get("/v1/audit", headers=bearer(admin))).json()["items"]
    assert len(entries) == await count(database, "audit")
    told = [(each["operation"], each["resource"]) for each in reversed(entries)]
    assert told[before:] == [
        ("addReview", made.headers["location"]),
        ("createPublisher", publisher.headers["location"]),
        ("updateClaim", path),
        ("mergeClaim", f"{path}/merge"),
        ("withdrawClaim", into),
    ]
