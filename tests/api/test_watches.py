"""Watches and webhooks over HTTP: what may be asked, what is refused, and who sees what."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from service.api.event_streams import Streams
from service.credentials import Scope
from service.errors import LimitReached
from service.store.session import Database
from service.watching import Watcher
from tests.api.conftest import client_of
from tests.api.keyed import CHECK, CLAIM, bearer, count, new_key
from tests.api.test_bad_input import assert_problem, pointers
from tests.watches.steps import settle

TEXT = CLAIM["text"]
SOME_ID = "0199b1c2-7a3e-7c11-8f6a-2d1e5b0c9a77"
WATCHED = {"claims": [{"ref": "p3", "text": TEXT}, {"text": "Cats can swim across the Channel"}], "watch": True}


@pytest.fixture
async def client(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """Open mode: this machine may do everything."""
    async with client_of(database) as client:
        yield client


async def test_a_check_may_be_watched_and_its_events_polled(client: httpx.AsyncClient, database: Database) -> None:
    check = (await client.post("/v1/checks", json=WATCHED)).json()
    watch = (await client.get(f"/v1/watches/{check['id']}")).json()
    assert (watch["check_id"], watch["size"], watch["events"]) == (check["id"], 2, 0)
    assert [each["asked"]["ref"] for each in watch["answers"]] == ["p3", None]
    assert [each["now"]["status"] for each in watch["answers"]] == ["unverified"] * 2
    claim = await client.post("/v1/claims", json=CLAIM)
    await settle(database)
    path = f"/v1/watches/{check['id']}/events"
    (event,) = (await client.get(path)).json()["items"]
    assert (event["type"], event["data"]["number"]) == ("answer.changed", 1)
    assert event["data"]["after"]["status"] == "unproven"
    assert (await client.get(path, params={"after": 1})).json() == {"items": [], "next_page_token": None}
    for verdict in ("true", "false", "mixed"):
        pin = {"pinned_verdict": {"verdict": verdict, "reason": "So it is."}}
        await client.patch(claim.headers["location"], json=pin, headers={"If-Match": "*"})
        await settle(database)
    pages, token = [], None
    while not pages or token:
        asked: dict[str, Any] = {"after": 1, "page_size": 2, **({"page_token": token} if token else {})}
        answer = (await client.get(path, params=asked)).json()
        pages.append([each["data"]["number"] for each in answer["items"]])
        token = answer["next_page_token"]
    assert pages == [[2, 3], [4]]
    after = (await client.get(f"/v1/watches/{check['id']}")).json()
    assert (after["events"], after["answers"][0]["now"]["status"]) == (4, "mixed")
    assert (await client.get(f"/v1/checks/{check['id']}")).json() == check


async def test_a_check_that_is_not_to_be_watched_is_not(client: httpx.AsyncClient, database: Database) -> None:
    check = (await client.post("/v1/checks", json=CHECK)).json()
    assert_problem(await client.get(f"/v1/watches/{check['id']}"), 404)
    assert (await client.get("/v1/audit")).json()["items"] == []
    await client.post("/v1/checks", json=WATCHED)
    (entry,) = (await client.get("/v1/audit")).json()["items"]
    assert (entry["operation"], entry["resource"].startswith("/v1/checks/")) == ("createCheck", True)


async def test_a_text_a_claim_and_an_earlier_check_may_be_watched(client: httpx.AsyncClient) -> None:
    check = (await client.post("/v1/checks", json=CHECK)).json()["id"]
    claim = (await client.post("/v1/claims", json=CLAIM)).json()["id"]
    made = []
    for about in ({"check_id": check}, {"claim_id": claim}, {"claim": {"text": TEXT}, "options": {"max_matches": 1}}):
        answer = await client.post(
            "/v1/watches", json={**about, "ref": "mine"}, headers={"Idempotency-Key": next(iter(about))}
        )
        assert answer.status_code == 201, answer.text
        body = answer.json()
        assert answer.headers["location"] == f"/v1/watches/{body['id']}"
        assert (await client.get(answer.headers["location"])).json() == body
        again = await client.post(
            "/v1/watches", json={**about, "ref": "mine"}, headers={"Idempotency-Key": next(iter(about))}
        )
        assert again.json() == body
        made.append(body)
    listed = (await client.get("/v1/watches")).json()["items"]
    assert [each["id"] for each in listed] == [each["id"] for each in reversed(made)]
    assert [each["id"] for each in (await client.get("/v1/watches", params={"claim_id": claim})).json()["items"]] == [
        made[1]["id"]
    ]
    assert (await client.delete(f"/v1/watches/{made[0]['id']}")).status_code == 204
    assert_problem(await client.delete(f"/v1/watches/{made[0]['id']}"), 404)
    assert [each["operation"] for each in (await client.get("/v1/audit")).json()["items"]] == [
        "deleteWatch",
        *["createWatch"] * 3,
        "createClaim",
    ]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, [""]),
        ({"check_id": SOME_ID, "claim_id": SOME_ID}, [""]),
        ({"claim_id": SOME_ID}, ["/claim_id"]),
        ({"check_id": SOME_ID}, ["/check_id"]),
        ({"check_id": "x"}, ["/check_id"]),
        ({"claim": {"text": ""}}, ["/claim/text"]),
        ({"claim": {"text": TEXT}, "options": {"max_matches": 0}}, ["/options/max_matches"]),
        ({"claim_id": SOME_ID, "options": {}}, ["/options"]),
        ({"claim": {"text": TEXT}, "ref": "x" * 201}, ["/ref"]),
        ({"claim": {"text": TEXT}, "expires_at": "2020-01-01T00:00:00Z"}, ["/expires_at"]),
        ({"claim": {"text": TEXT}, "expires_at": "9999-12-31T23:59:59-14:00"}, ["/expires_at"]),
        ({"claim": {"text": TEXT}, "watch": True}, ["/watch"]),
    ],
)
async def test_a_watch_that_breaks_the_contract(open_database: Database, body: Any, expected: list[str]) -> None:
    async with client_of(open_database) as client:
        assert pointers(assert_problem(await client.post("/v1/watches", json=body), 422)) == expected
    assert await count(open_database, "watches") == 0


async def test_a_key_sees_its_own_watches_and_an_administrator_all(database: Database) -> None:
    _, admin = await new_key(database, Scope.ADMIN)
    mine, secret = await new_key(database, Scope.CHECK)
    _, other = await new_key(database, Scope.CHECK)
    async with client_of(database, watched=2) as client:
        made = await client.post("/v1/checks", json=WATCHED, headers=bearer(secret))
        watch = f"/v1/watches/{made.json()['id']}"
        assert (await client.get(watch, headers=bearer(admin))).json()["key_id"] == str(mine.id)
        for method, path in (
            ("GET", watch),
            ("GET", f"{watch}/events"),
            ("GET", f"{watch}/events/stream"),
            ("DELETE", watch),
        ):
            assert_problem(await client.request(method, path, headers=bearer(other)), 404)
        assert (await client.get("/v1/watches", headers=bearer(other))).json()["items"] == []
        assert len((await client.get("/v1/watches", headers=bearer(admin))).json()["items"]) == 1
        # So much and no more, each key by itself; and what is refused has left no receipt.
        checks = await count(database, "checks")
        assert_problem(await client.post("/v1/checks", json=WATCHED, headers=bearer(secret)), 409)
        assert await count(database, "checks") == checks
        assert (await client.post("/v1/checks", json=WATCHED, headers=bearer(other))).status_code == 201


async def test_a_stream_takes_only_what_it_understands(client: httpx.AsyncClient) -> None:
    check = (await client.post("/v1/checks", json=WATCHED)).json()["id"]
    path = f"/v1/watches/{check}/events/stream"
    assert_problem(await client.get(path, headers={"Accept": "application/json"}), 406)
    for wrong in ("x", "-1", "1" * 16, "١"):
        answer = await client.get(path, headers={"Last-Event-ID": wrong.encode()})
        assert pointers(assert_problem(answer, 422)) == ["/Last-Event-ID"]
    assert_problem(await client.get(path, params={"after": "-1"}), 422)
    assert (await client.head(path)).status_code == 200


HOOK = {"url": "https://cms.example.org/hook", "description": "CMS"}


async def test_a_webhook_shows_its_secret_once(database: Database) -> None:
    _, admin = await new_key(database, Scope.ADMIN)
    async with client_of(database) as client:
        client.headers.update(bearer(admin))
        made = await client.post("/v1/webhooks", json=HOOK, headers={"Idempotency-Key": "make-it"})
        secret, path = made.json()["secret"], made.headers["location"]
        assert secret.startswith("whsec_")
        again = await client.post("/v1/webhooks", json=HOOK, headers={"Idempotency-Key": "make-it"})
        assert again.json() == {**made.json(), "secret": None}
        rotated = await client.post(f"{path}/rotate", json={"overlap": 60}, headers={"Idempotency-Key": "rotate-it"})
        assert rotated.json()["secret"] not in (None, secret)
        until = datetime.fromisoformat(rotated.json()["secret_expires_at"])
        assert timedelta(seconds=50) < until - datetime.now(UTC) <= timedelta(seconds=60)
        shown = await client.get(path)
        assert "secret" not in shown.json()
        everything = [await client.get(each) for each in (path, "/v1/webhooks", "/v1/audit")]
        assert not any("whsec_" in answer.text for answer in everything)
        test = await client.post(f"{path}/test")
        assert (test.status_code, test.json()["state"], test.json()["type"]) == (201, "pending", "webhook.test")
        assert (await client.get(test.headers["location"])).json() == test.json()
        (listed,) = (await client.get(f"{path}/deliveries", params={"state": "pending"})).json()["items"]
        assert listed == test.json()
        assert (await client.get(f"{path}/deliveries", params={"state": "dead"})).json()["items"] == []
        assert (await client.post(f"{path}/enable")).json() == shown.json()
        assert (await client.delete(path)).status_code == 204
        assert_problem(await client.get(f"{path}/deliveries"), 404)
        operations = [each["operation"] for each in (await client.get("/v1/audit")).json()["items"]]
    assert operations == ["deleteWebhook", "enableWebhook", "testWebhook", "rotateWebhookSecret", "createWebhook"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"url": "ftp://cms.example.org"}, ["/url"]),
        ({"url": "https://user:word@cms.example.org"}, ["/url"]),
        ({"url": "http://127.0.0.1/"}, ["/url"]),
        ({"url": "http://0x7f.1:8000/"}, ["/url"]),
        ({"url": "http://[::ffff:169.254.169.254]/"}, ["/url"]),
        ({"url": "https://cms.example.org/" + "x" * 2048}, ["/url"]),
        ({"key_id": SOME_ID}, ["/key_id"]),
        ({"description": ""}, ["/description"]),
        ({"secret": "whsec_mine"}, ["/secret"]),
    ],
)
async def test_a_webhook_that_breaks_the_contract(
    open_database: Database, change: dict[str, Any], expected: list[str]
) -> None:
    async with client_of(open_database) as client:
        assert pointers(assert_problem(await client.post("/v1/webhooks", json={**HOOK, **change}), 422)) == expected
    assert await count(open_database, "webhooks") == 0


@pytest.mark.parametrize("overlap", [-1, 604_801, 10**300, 1.5, "1", None])
async def test_an_overlap_that_breaks_the_contract(client: httpx.AsyncClient, overlap: Any) -> None:
    path = (await client.post("/v1/webhooks", json=HOOK)).headers["location"]
    assert pointers(assert_problem(await client.post(f"{path}/rotate", json={"overlap": overlap}), 422)) == ["/overlap"]


async def test_a_stream_ends_with_its_key_and_with_its_watch(database: Database) -> None:
    _, admin = await new_key(database, Scope.ADMIN)
    key, secret = await new_key(database, Scope.CHECK)
    watcher = Watcher(key.id, everything=False)
    async with client_of(database) as client:
        paths = [
            f"/v1/watches/{(await client.post('/v1/checks', json=WATCHED, headers=bearer(secret))).json()['id']}"
            for _ in range(2)
        ]
        # Silent for no time at all, so that what is looked at with each sign of life is looked at now.
        streams = Streams(database, look=0, heartbeat=0)
        first, second = [streams.open(UUID(path[-36:]), watcher, 0) for path in paths]
        assert await anext(first) == await anext(second) == await anext(first) == b": here\n\n"
        await client.delete(paths[0], headers=bearer(secret))
        assert [each async for each in first] == []
        await client.delete(f"/v1/keys/{key.id}", headers=bearer(admin))
        assert [each async for each in second] == []
    streams.stop()
    with pytest.raises(LimitReached):
        streams.open(UUID(paths[1][-36:]), watcher, 0)
