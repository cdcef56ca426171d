"""The inbox over HTTP: what found nothing is listed, found, made wordings of a claim, and put aside."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from service.credentials import Scope
from service.intake import MAX_PHRASINGS
from tests.api.conftest import client_of
from tests.api.keyed import bearer, count, new_key
from tests.api.test_bad_input import assert_problem, pointers
from tests.api.test_claims import ANY, history, result
from tests.api.test_listing import HOSTILE, NOBODY, forged
from tests.api.test_resources import assert_documented

ASKED = "39 terrorists were killed by drone strikes in Iraq"
TURNED = "Drone strikes killed 39 terrorists in Iraq"
PERSIAN = "۳۹ تروریست با حملات پهپادی در عراق کشته شدند"
OTHER = "Eating garlic cures the flu"


async def ask(client: httpx.AsyncClient, *texts: str) -> None:
    answer = await client.post("/v1/checks", json={"claims": [{"text": each} for each in texts]})
    assert answer.status_code == 201, answer.text


async def listed(client: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    answer = await client.get("/v1/inbox", params=query)
    assert answer.status_code == 200, answer.text
    await assert_documented(client, answer, "InboxPage")
    page = answer.json()
    assert page["waiting"] == 0
    assert page["total"] == len(page["items"])
    items: list[dict[str, Any]] = page["items"]
    return items


async def the_item(client: httpx.AsyncClient, *texts: str) -> tuple[str, dict[str, Any], str]:
    """The path of the only open item, asked with these texts, the item, and its ETag."""
    await ask(client, *texts)
    (entry,) = await listed(client)
    path = f"/v1/inbox/{entry['id']}"
    answer = await client.get(path)
    await assert_documented(client, answer, "InboxItem")
    item = answer.json()
    assert {name: value for name, value in item.items() if name != "wordings"} == entry
    return path, item, answer.headers["etag"]


async def test_what_was_asked_is_listed_with_its_wordings(client):
    path, item, etag = await the_item(client, ASKED, TURNED, ASKED, PERSIAN)
    assert (item["state"], item["text"], item["language"], item["languages"]) == ("open", ASKED, "en", ["en", "fa"])
    assert (item["asked"], item["wordings_total"], item["revision"]) == (4, 3, 3)
    assert [(each["text"], each["asked"]) for each in item["wordings"]] == [(ASKED, 2), (TURNED, 1), (PERSIAN, 1)]
    assert (await client.get(path, headers={"if-none-match": etag})).status_code == 304
    await ask(client, ASKED)
    assert (await listed(client))[0]["asked"] == 5
    again = await client.get(path, headers={"if-none-match": etag})
    assert (again.status_code, again.json()["revision"]) == (200, 3)


async def test_only_kept_checks_feed_it(client, database):
    assert (await client.get("/v1/check", params={"text": ASKED})).status_code == 200
    assert await listed(client) == []
    path, _, _ = await the_item(client, ASKED)
    check = (await client.post("/v1/checks", json={"claims": [{"text": ASKED}]})).headers["location"]
    await client.post(f"{check}/replay")
    once = {"idempotency-key": '"once"'}
    for _ in range(2):
        await client.post("/v1/checks", json={"claims": [{"text": ASKED}]}, headers=once)
    assert (await client.post("/v1/checks", json={"claims": [{"text": ASKED}, {"text": ""}]})).status_code == 422
    assert [item["asked"] for item in await listed(client)] == [3]
    assert await count(database, "checks") == 4
    assert (await client.get(path)).status_code == 200


async def test_resolving_makes_its_wordings_those_of_a_claim(client):
    stored = await client.post("/v1/claims", json={"text": OTHER, "language": "en"})
    target = stored.json()["id"]
    path, item, etag = await the_item(client, ASKED, TURNED, PERSIAN)
    body = {"claim": {"text": TURNED, "language": "en", "reviews": [
        {"publisher": {"name": "Desk"}, "verdict": "false"}]}}  # fmt: skip
    answer = await client.post(f"{path}/resolve", json=body, headers={"if-match": etag})
    assert answer.status_code == 200, answer.text
    await assert_documented(client, answer, "InboxItem")
    resolved = answer.json()
    assert (resolved["state"], resolved["revision"]) == ("resolved", item["revision"] + 1)
    assert resolved["decided_at"]
    assert resolved["claim_id"] != target
    claim = (await client.get(f"/v1/claims/{resolved['claim_id']}")).json()
    assert claim["text"] == TURNED
    assert {(each["text"], each["language"]) for each in claim["phrasings"]} == {(ASKED, "en"), (PERSIAN, "fa")}
    (revision,) = await history(client, f"/v1/claims/{claim['id']}")
    assert revision["reason"] == "From the inbox, where it was asked 3 times."
    for said in (ASKED, TURNED, PERSIAN):
        found = await result(client, said)
        assert (found["status"], found["matches"][0]["claim_id"]) == ("refuted", claim["id"])
    assert await listed(client) == []
    assert [each["id"] for each in await listed(client, state="resolved")] == [item["id"]]
    problem = assert_problem(await client.post(f"{path}/resolve", json={"claim_id": target}), 409)
    assert claim["id"] in problem["detail"]
    assert_problem(await client.post(f"{path}/dismiss", json={"reason": "no"}), 409)


async def test_an_existing_claim_takes_what_it_does_not_have_yet(client):
    path, _, _ = await the_item(client, ASKED, TURNED, PERSIAN)
    stored = await client.post("/v1/claims", json={"text": ASKED.upper(), "language": "en"})
    claim = stored.headers["location"]
    answer = await client.post(
        f"{path}/resolve", params={"reason": "Seen on the agency's site"}, json={"claim_id": stored.json()["id"]}
    )
    assert answer.status_code == 200, answer.text
    assert [each["text"] for each in (await client.get(claim)).json()["phrasings"]] == [TURNED, PERSIAN]
    revisions = await history(client, claim)
    assert [(each["action"], each["reason"]) for each in revisions] == [
        ("created", None), ("edited", "Seen on the agency's site"),
    ]  # fmt: skip


async def test_wordings_that_say_something_else_stay(client):
    path, item, _ = await the_item(client, ASKED, TURNED, PERSIAN, PERSIAN)
    left = item["wordings"][0]
    assert left["text"] == PERSIAN
    body: dict[str, Any] = {"claim": {"text": "Iraq lost 39 terrorists", "language": "en"}, "leave_out": [left["id"]]}
    resolved = (await client.post(f"{path}/resolve", json=body)).json()
    assert (resolved["asked"], {each["text"] for each in resolved["wordings"]}) == (2, {ASKED, TURNED})
    claim = (await client.get(f"/v1/claims/{resolved['claim_id']}")).json()
    assert {each["text"] for each in claim["phrasings"]} == {ASKED, TURNED}
    (other,) = await listed(client)
    assert (other["asked"], other["text"], other["languages"]) == (2, PERSIAN, ["fa"])
    again = f"/v1/inbox/{other['id']}/resolve"
    for wrong, at in (
        ([other["id"]], "/leave_out/0"),
        ([left["id"]], "/leave_out"),
        ([left["id"], NOBODY], "/leave_out/1"),
    ):
        problem = assert_problem(await client.post(again, json={**body, "leave_out": wrong}), 422)
        assert pointers(problem) == [at]


async def test_a_claim_that_says_the_opposite_is_refused(client):
    path, item, _ = await the_item(client, ASKED, TURNED)
    opposite = {"text": "39 terrorists were not killed by drone strikes in Iraq", "language": "en"}
    another = {"text": "93 terrorists were killed by drone strikes in Iraq", "language": "en"}
    stored = (await client.post("/v1/claims", json=opposite)).json()["id"]
    for body, at in (({"claim": another}, "/claim/text"), ({"claim_id": stored}, "/claim_id")):
        problem = assert_problem(await client.post(f"{path}/resolve", json=body), 422)
        assert pointers(problem) == [at]
        assert f'"{ASKED}"' in problem["detail"] or f'"{TURNED}"' in problem["detail"]
    assert (await client.get(path)).json() == item
    assert (await client.get("/v1/claims")).json()["total"] == 1


async def test_what_is_dismissed_is_counted_on_and_can_still_be_resolved(client):
    path, _, _ = await the_item(client, ASKED)
    dismissed = (await client.post(f"{path}/dismiss", json={"reason": "Nobody can know"})).json()
    assert (dismissed["state"], dismissed["dismissed_because"]) == ("dismissed", "Nobody can know")
    assert_problem(await client.post(f"{path}/dismiss", json={"reason": "Nobody can know"}), 409)
    await ask(client, ASKED, TURNED)
    assert await listed(client) == []
    assert [(each["asked"], each["wordings_total"]) for each in await listed(client, state="dismissed")] == [(3, 2)]
    resolved = await client.post(f"{path}/resolve", json={"claim": {"text": ASKED, "language": "en"}})
    assert resolved.json()["dismissed_because"] is None
    # the claim is withdrawn: whoever asks again finds nothing again, and the item is open again
    claim = f"/v1/claims/{resolved.json()['claim_id']}"
    await ask(client, ASKED)
    assert [each["asked"] for each in await listed(client, state="resolved")] == [3]
    await client.delete(claim, headers=ANY)
    await ask(client, ASKED)
    (item,) = await listed(client)
    assert (item["asked"], item["claim_id"], item["decided_at"]) == (4, None, None)
    assert f"/v1/inbox/{item['id']}" == path


async def test_no_wording_is_taken_that_the_editor_has_not_seen(client):
    path, _, etag = await the_item(client, ASKED)
    await ask(client, ASKED)
    await listed(client)
    body = {"claim": {"text": ASKED, "language": "en"}}
    await ask(client, TURNED)
    await listed(client)
    assert_problem(await client.post(f"{path}/resolve", json=body, headers={"if-match": etag}), 412)
    assert_problem(await client.post(f"{path}/dismiss", json={"reason": "x"}, headers={"if-match": etag}), 412)
    assert (await client.post(f"{path}/resolve", json=body, headers={"if-match": '"2"'})).status_code == 200


async def test_a_claim_is_not_filled_beyond_its_room(client, database):
    path, _, _ = await the_item(client, ASKED, TURNED)
    phrasings = [{"text": f"Wording number {number} of this", "language": "en"} for number in range(MAX_PHRASINGS - 1)]
    claim = {"text": "In Iraq, 39 terrorists died", "language": "en", "phrasings": phrasings}
    answer = await client.post(f"{path}/resolve", json={"claim": claim})
    assert answer.status_code == 200, answer.text
    kept = (await client.get(f"/v1/claims/{answer.json()['claim_id']}")).json()["phrasings"]
    assert [each["text"] for each in kept[-2:]] == [phrasings[-1]["text"], ASKED]
    assert answer.json()["wordings_total"] == 2


FAULTY: list[tuple[str, Any, list[str]]] = [
    ("resolve", {}, [""]),
    ("resolve", {"claim_id": NOBODY, "claim": {"text": ASKED, "language": "en"}}, [""]),
    ("resolve", {"claim_id": NOBODY}, ["/claim_id"]),
    ("resolve", {"claim_id": "1"}, ["/claim_id"]),
    ("resolve", {"claim": {"text": "", "language": "xq"}}, ["/claim/text", "/claim/language"]),
    ("resolve", {"claim": {"text": ASKED}}, ["/claim/language"]),
    ("resolve", {"claim": {"text": ASKED, "language": "en", "reviews": [{"publisher": {"name": "a"}}]}},
     ["/claim/reviews/0/verdict"]),
    ("resolve", {"claim_id": NOBODY, "leave_out": NOBODY}, ["/leave_out"]),
    ("resolve", {"into": NOBODY}, ["/into"]),
    ("dismiss", {}, ["/reason"]),
    ("dismiss", {"reason": " "}, ["/reason"]),
    ("dismiss", {"reason": "x" * 1001}, ["/reason"]),
    ("dismiss", {"reason": "a\0"}, ["/reason"]),
]  # fmt: skip


async def test_decisions_that_break_the_contract(shelf):
    (item,) = await listed(shelf, q="garlic")
    for action, body, at in FAULTY:
        answer = await shelf.post(f"/v1/inbox/{item['id']}/{action}", json=body)
        assert pointers(assert_problem(answer, 422)) == at, body
    assert await listed(shelf, q="garlic") == [item]


@pytest.fixture
async def shelf(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """A client of an inbox with two items."""
    await ask(client, ASKED, PERSIAN, OTHER)
    assert [item["text"] for item in await listed(client)] == [ASKED, OTHER]
    return client


async def test_what_is_wanted_is_found_and_nothing_else_does_harm(shelf):
    for query, texts in [
        ({"q": "39 terrorist"}, [ASKED]),
        ({"q": "۳۹ پهپادی"}, [ASKED]),
        ({"q": "garlic"}, [OTHER]),
        ({"q": "39 garlic"}, []),
        ({"q": "null"}, []),
        ({"language": "fa"}, [ASKED]),
        ({"language": "en-GB"}, [ASKED, OTHER]),
        ({"language": "de"}, []),
        ({"since": "2020-01-01T00:00:00+02:00"}, [ASKED, OTHER]),
        ({"since": "2999-01-01T00:00:00Z"}, []),
        ({"state": "open", "q": "drone", "language": "en"}, [ASKED]),
        ({"state": "dismissed"}, []),
        ({"state": "resolved"}, []),
    ]:
        assert [item["text"] for item in await listed(shelf, **query)] == texts, query
    for query, status, at in [
        ("page_size=1000000", 422, "/page_size"),
        ("page_size=0", 422, "/page_size"),
        ("state=closed", 422, "/state"),
        ("state=null", 422, "/state"),
        ("language=xq", 422, "/language"),
        ("since=yesterday", 422, "/since"),
        ("since=2025-01-01", 422, "/since"),
        ("q=!!!", 422, "/q"),
        ("q=" + "x" * 201, 422, "/q"),
        ("q=a%00b", 400, "/q"),
        ("q=a&q=b", 400, "/q"),
        ("item_state=open", 400, "/item_state"),
        ("page_token=" + forged(["x", [1, "2026-01-01T00:00:00Z", NOBODY]]), 422, "/page_token"),
        ("page_token=" + forged(["x", {"asked": "1"}]), 422, "/page_token"),
    ]:
        assert pointers(assert_problem(await shelf.get(f"/v1/inbox?{query}"), status)) == [at], query
    for value in HOSTILE:
        for name in ("q", "language", "since", "state", "page_token"):
            answer = await shelf.get("/v1/inbox", params={name: value})
            if answer.status_code == 200:
                assert len(answer.json()["items"]) < 2, (name, value)
            else:
                assert pointers(assert_problem(answer, 422)) == [f"/{name}"]
    assert len(await listed(shelf)) == 2
    deep = b'{"claim":' + b"[" * 10_000 + b"]" * 10_000 + b"}"
    (item, _) = await listed(shelf)
    for action in ("resolve", "dismiss"):
        headers = {"content-type": "application/json"}
        answer = await shelf.post(f"/v1/inbox/{item['id']}/{action}", content=deep, headers=headers)
        assert_problem(answer, answer.status_code)
        assert answer.status_code in (400, 422)
    for wrong in (str(uuid4()), "00000000-0000-0000-0000-000000000000", "1", "..", "%27", "null"):
        assert_problem(await shelf.get(f"/v1/inbox/{wrong}"), 404)
        assert_problem(await shelf.post(f"/v1/inbox/{wrong}/dismiss", json={"reason": "x"}), 404)


async def test_pages_and_decisions_belong_to_their_caller(database):
    key, secret = await new_key(database, Scope.WRITE, Scope.CHECK, name="News desk")
    _, other = await new_key(database, Scope.READ)
    async with client_of(database) as client:
        client.headers.update(bearer(secret))
        await ask(client, ASKED, OTHER)
        first = (await client.get("/v1/inbox", params={"page_size": 1})).json()
        following = {"page_size": 1, "page_token": first["next_page_token"]}
        assert len((await client.get("/v1/inbox", params=following)).json()["items"]) == 1
        for refused in (
            await client.get("/v1/inbox", params=following, headers=bearer(other)),
            await client.get("/v1/inbox", params={**following, "state": "resolved"}),
            await client.get("/v1/claims", params=following),
        ):
            assert pointers(assert_problem(refused, 422)) == ["/page_token"]
        path = f"/v1/inbox/{first['items'][0]['id']}/resolve"
        body = {"claim": {"text": first["items"][0]["text"], "language": "en"}}
        assert_problem(await client.post(path, json=body, headers=bearer(other)), 403)
        once = {"idempotency-key": '"once"'}
        answers = [await client.post(path, json=body, headers=once) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 200]
        assert answers[0].content == answers[1].content
        assert answers[1].headers["idempotent-replayed"] == "true"
        assert answers[0].json()["decided_by"] == f"News desk (fc_{key.prefix})"
    async with database.read() as connection:
        rows = (await connection.execute(text("SELECT operation, resource, key_id FROM audit"))).all()
    assert [tuple(row) for row in rows] == [("resolveInboxItem", path, key.id)]
    assert await count(database, "claims") == 1
