"""Two claims that are one: what moves, where the old address leads, and what cannot be merged."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx

from tests.api.test_bad_input import assert_problem, pointers
from tests.api.test_claims import ANY, assert_counts, history, result, store

DESK = {"name": "Desk", "site": "desk.example.org"}
OLD: dict[str, Any] = {
    "text": "Drone strikes killed 39 militants",
    "phrasings": [
        {"text": "39 MILITANTS killed by drones", "language": "en"},
        {"text": "مقتل 39 مسلحا بالطائرات المسيرة", "language": "ar"},
    ],
    "reviews": [
        {"publisher": DESK, "url": "https://desk.example.org/1", "verdict": "true"},
        {"publisher": DESK, "url": "https://desk.example.org/2", "verdict": "true"},
        {"publisher": {"name": "Other"}, "verdict": "false"},
    ],
    "sources": [
        {"url": "https://example.org/1", "stance": "supports"},
        {"url": "https://example.org/1", "stance": "supports", "quote": "thirty-nine"},
        {"url": "https://example.org/2", "stance": "refutes"},
    ],
}
NEW: dict[str, Any] = {
    "text": "39 terrorists were killed by drone strikes",
    "phrasings": [{"text": "39 militants killed by drones", "language": "en"}],
    "reviews": [{"publisher": DESK, "url": "https://desk.example.org/1", "verdict": "mostly_true"}],
    "sources": [{"url": "https://example.org/1", "stance": "supports", "quote": "39"}],
}


async def merge(client: httpx.AsyncClient, path: str, into: str, **headers: str) -> httpx.Response:
    return await client.post(f"{path}/merge", json={"into": into}, params={"reason": "the same"}, headers=headers)


async def test_what_hangs_on_it_moves_and_nothing_twice(client, database):
    old, before, etag = await store(client, **OLD)
    new, target, _ = await store(client, **NEW)
    answer = await merge(client, old, target["id"], **{"if-match": etag})
    assert answer.status_code == 200, answer.text
    merged = answer.json()
    assert merged["id"] == target["id"]
    assert [each["text"] for each in merged["phrasings"]] == [
        NEW["phrasings"][0]["text"], OLD["text"], OLD["phrasings"][1]["text"]
    ]  # fmt: skip
    assert [each["url"] for each in merged["reviews"]] == [
        "https://desk.example.org/1", "https://desk.example.org/2", None
    ]  # fmt: skip
    assert [(each["url"], each["quote"]) for each in merged["sources"]] == [
        ("https://example.org/1", "39"), ("https://example.org/1", "thirty-nine"), ("https://example.org/2", None)
    ]  # fmt: skip
    assert merged["reviews"][1]["id"] == before["reviews"][1]["id"]
    assert merged["verdict"] == "mixed"
    await assert_counts(database)
    for wording in (OLD["text"], OLD["phrasings"][1]["text"], NEW["text"]):
        matches = (await result(client, wording))["matches"]
        assert [match["claim_id"] for match in matches] == [target["id"]]
        assert matches[0]["relation"] == "equivalent"
    (created, left), (_, took_in) = await history(client, old), await history(client, new)
    assert (created["action"], left["action"], left["reason"]) == ("created", "merged", "the same")
    assert left["changes"] == [{"path": "/merged_into", "before": None, "after": target["id"]}]
    assert (took_in["action"], took_in["reason"]) == ("absorbed", "the same")
    assert (await client.get(old, params={"revision": 1})).json() == before
    assert (await client.get(old, params={"revision": 2})).json()["merged_into"] == target["id"]


async def test_the_old_address_leads_to_the_new_one_for_ever(client):
    stored = [await store(client, text=f"The claim {letter}", phrasings=[]) for letter in "abcd"]
    paths, claims = [path for path, _, _ in stored], [claim for _, claim, _ in stored]
    ids = [claim["id"] for claim in claims]
    for old, into in ((0, 1), (1, 2), (2, 3)):
        assert (await merge(client, paths[old], ids[into])).status_code == 200
    for old in paths[:3]:
        for below in ("", "/sources", f"/reviews/{claims[0]['reviews'][0]['id']}"):
            answer = await client.get(f"{old}{below}")
            problem = assert_problem(answer, 308)
            assert problem["type"] == "urn:problem-type:factcheck:merged"
            assert answer.headers["location"] == f"{paths[3]}{below}"
        followed = await client.get(old.upper().replace("/V1/CLAIMS", "/v1/claims"), follow_redirects=True)
        assert followed.json()["id"] == ids[3]
    changed = await client.patch(
        f"{paths[0]}", params={"reason": "a & b"}, json={"claimant": "New"}, headers=ANY, follow_redirects=True
    )
    assert (changed.json()["id"], changed.json()["claimant"]) == (ids[3], "New")
    assert (await history(client, paths[3]))[-1]["reason"] == "a & b"
    assert_problem(await client.delete(paths[0], headers=ANY), 308)
    assert (await client.delete(paths[3], headers=ANY)).status_code == 204
    assert_problem(await client.get(paths[0], follow_redirects=True), 410)
    listed = (await client.get("/v1/claims", params={"status": "merged", "fields": "id,merged_into"})).json()
    assert listed["items"] == [{"id": ids[n], "merged_into": ids[3]} for n in (2, 1, 0)]


async def test_what_cannot_be_merged(client):
    one, first, etag = await store(client, text="The claim a", phrasings=[])
    two, second, _ = await store(client, text="The claim b", phrasings=[])
    three, third, _ = await store(client, text="The claim c", phrasings=[])
    assert pointers(assert_problem(await merge(client, one, first["id"]), 422)) == ["/into"]
    assert pointers(assert_problem(await merge(client, one, str(uuid4())), 422)) == ["/into"]
    assert pointers(assert_problem(await merge(client, one, "x"), 422)) == ["/into"]
    assert_problem(await merge(client, f"/v1/claims/{uuid4()}", first["id"]), 404)
    assert_problem(await merge(client, one, second["id"], **{"if-match": '"7"'}), 412)
    assert (await merge(client, one, second["id"], **{"if-match": etag})).status_code == 200
    assert_problem(await merge(client, one, third["id"]), 308)
    # in a circle
    assert_problem(await merge(client, two, first["id"]), 409)
    await client.delete(three, headers=ANY)
    assert pointers(assert_problem(await merge(client, two, third["id"]), 422)) == ["/into"]
    assert_problem(await merge(client, three, second["id"]), 410)


async def test_too_much_for_one_claim_is_refused_whole(client, database):
    wordings = [{"text": f"Wording number {n}", "language": "en"} for n in range(60)]
    others = [{"text": f"Another wording {n}", "language": "en"} for n in range(60)]
    one, before, _ = await store(client, phrasings=wordings)
    _, target, _ = await store(client, text="Something else", phrasings=others)
    assert "100" in assert_problem(await merge(client, one, target["id"]), 409)["detail"]
    assert (await client.get(one)).json() == before
    await assert_counts(database)


async def test_a_pinned_verdict_is_not_lost(client):
    pin = {"verdict": "false", "reason": "The log book is out."}
    one, _, _ = await store(client, text="The claim a", phrasings=[], pinned_verdict=pin)
    two, second, _ = await store(client, text="The claim b", phrasings=[])
    _, third, _ = await store(client, text="The claim c", phrasings=[], pinned_verdict={**pin, "verdict": "true"})
    merged = (await merge(client, one, second["id"])).json()
    assert (merged["verdict"], merged["pinned_verdict"]) == ("false", pin)
    assert "pinned" in assert_problem(await merge(client, two, third["id"]), 409)["detail"]


async def test_a_wording_that_contradicts_the_other_claim_keeps_them_apart_until_it_is_confirmed(client, database):
    one, before, _ = await store(client, text="93 terrorists were killed by drone strikes in Iraq", phrasings=[])
    two, target, _ = await store(client, phrasings=[])
    problem = assert_problem(await merge(client, one, target["id"]), 422)
    assert pointers(problem) == ["/into"]
    assert '"93"' in problem["detail"]
    assert (await client.get(one)).json() == before
    wording = {"text": before["text"], "language": "en", "confirmed": True}
    assert (await client.post(f"{two}/phrasings", json=wording)).status_code == 201
    assert (await merge(client, one, target["id"])).status_code == 200
    await assert_counts(database)
