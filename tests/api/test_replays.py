"""A kept check run again: the new answer is a receipt of its own, and what has changed is listed, each thing once."""

from __future__ import annotations

from typing import Any

import httpx
from sqlalchemy import text

from service.credentials import Scope
from tests.api.conftest import client_of
from tests.api.keyed import bearer, count, new_key
from tests.api.test_bad_input import assert_problem
from tests.api.test_claims import ANY, TEXT, store
from tests.api.test_resources import assert_documented

DESK = {"publisher": {"name": "Desk", "site": "desk.example.org"}, "verdict": "false"}


async def ask(client: httpx.AsyncClient, **options: Any) -> httpx.Response:
    claims = [{"ref": "a", "text": TEXT}, {"ref": "b", "text": "The lighthouse of Example Bay was switched off"}]
    answer = await client.post("/v1/checks", json={"claims": claims, "options": options})
    assert answer.status_code == 201, answer.text
    return answer


async def replay(client: httpx.AsyncClient, path: str) -> dict[str, Any]:
    answer = await client.post(f"{path}/replay")
    assert answer.status_code == 201, answer.text
    await assert_documented(client, answer, "Replay")
    body: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"/v1/checks/{body['check']['id']}"
    assert body["replay_of"] == path.rsplit("/", 1)[1]
    assert (await client.get(answer.headers["location"])).json() == body["check"]
    assert body["changed"] == any(result["changed"] for result in body["results"])
    return body


def changes(result: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    assert result["changed"] == bool(result["changes"])
    found = {each["path"]: (each["before"], each["after"]) for each in result["changes"]}
    assert len(found) == len(result["changes"])
    return found


async def test_nothing_has_changed(client):
    await store(client)
    first = await ask(client, max_matches=3, languages=["en"])
    body = await replay(client, first.headers["location"])
    assert [result["ref"] for result in body["results"]] == ["a", "b"]
    assert not body["changed"]
    assert body["check"]["id"] != first.json()["id"]
    assert body["check"]["results"] == first.json()["results"]
    again = await replay(client, f"/v1/checks/{body['check']['id']}")
    assert not again["changed"]


async def test_what_has_changed_is_listed(client, database):
    claim, stored, _ = await store(client)
    first = await ask(client)
    path, key = first.headers["location"], stored["id"]
    source, review = stored["sources"][0]["id"], stored["reviews"][0]["id"]
    await client.post(f"{claim}/reviews", json=DESK)
    await client.delete(f"{claim}/reviews/{review}", headers=ANY)
    async with database.write() as connection:
        await connection.execute(text("UPDATE sources SET link_status = 'gone', checked_at = now()"))
    _, light, _ = await store(client, text="The lighthouse of Example Bay was switched off in 1987", phrasings=[])
    body = await replay(client, path)
    first_changes, second_changes = map(changes, body["results"])
    new = next(each for each in first_changes if "/reviews/" in each and not each.endswith(review))
    assert first_changes.pop(new)[1]["verdict"] == "false"
    assert first_changes.pop(f"/matches/{key}/reviews/{review}")[0]["original_label"] == "Correct"
    assert first_changes == {
        "/status": ("supported", "refuted"),
        f"/matches/{key}/verdict": ("true", "false"),
        f"/matches/{key}/sources/{source}/link_status": ("unchecked", "gone"),
    }
    here = f"/matches/{light['id']}"
    assert second_changes[here][0] is None
    assert second_changes[here][1]["text"] == light["text"]
    assert second_changes["/reason"] == ("no_candidates", "only_related")
    # the receipt is still what it was
    assert (await client.get(path)).json() == first.json()
    await client.delete(claim, headers=ANY)
    gone = changes((await replay(client, path))["results"][0])
    assert gone[f"/matches/{key}"][1] is None
    assert gone["/status"] == ("supported", "unverified")
    assert gone["/reason"] == (None, "no_candidates")


async def test_there_is_nothing_to_replay(client):
    for wrong in ("0199b1c2-7a3e-7c11-8f6a-2d1e5b0c9a77", "1", "%27"):
        assert_problem(await client.post(f"/v1/checks/{wrong}/replay"), 404)


async def test_it_costs_what_the_check_did_and_is_carried_out_once(database):
    _, secret = await new_key(database, Scope.CHECK, rate_limit=10)
    async with client_of(database) as client:
        client.headers.update(bearer(secret))
        path = (await ask(client)).headers["location"]
        once = {"idempotency-key": '"once"'}
        answers = [await client.post(f"{path}/replay", headers=once) for _ in range(2)]
        assert answers[0].content == answers[1].content
        assert await count(database, "checks") == 2
        assert await count(database, "audit") == 0
        # 2 for the check, 2 for its replay, 1 for the repeated request
        assert answers[1].headers["ratelimit"].startswith('"key";r=5;')
