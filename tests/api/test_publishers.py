"""Publishers and their labels: what a label means, and what becomes of reviews when it means something else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.test_bad_input import assert_problem, pointers
from tests.api.test_claims import ANY, history, result, store
from tests.api.test_resources import assert_documented

DESK = {"name": "Turnip Desk", "site": "turnip.example.org"}
TABLE = {"Three turnips": "mostly_false", "Correct": "mixed"}


def reviewed(*labels: str, publisher: dict[str, Any] = DESK) -> list[dict[str, Any]]:
    return [{"publisher": publisher, "original_label": label} for label in labels]


async def test_a_publisher_is_read_back_as_it_was_written(client):
    created = await client.post("/v1/publishers", json={**DESK, "labels": TABLE})
    assert created.status_code == 201, created.text
    publisher = created.json()
    await assert_documented(client, created, "PublisherEntry")
    assert {**DESK, "labels": TABLE, "revision": 1}.items() <= publisher.items()
    read = await client.get(created.headers["location"])
    assert (read.json(), read.headers["etag"]) == (publisher, created.headers["etag"])
    again = await client.get(created.headers["location"], headers={"if-none-match": read.headers["etag"]})
    assert again.status_code == 304
    same = {"name": "Other", "site": "TURNIP.example.org"}
    assert_problem(await client.post("/v1/publishers", json=same), 409)
    listed = await client.get("/v1/publishers")
    await assert_documented(client, listed, "PublisherPage")
    assert listed.json()["items"] == [publisher]


async def test_its_own_table_goes_before_everybodys(client):
    await client.post("/v1/publishers", json={**DESK, "labels": TABLE})
    meant = {"three  TURNIPS!": "mostly_false", "correct": "mixed", "False": "false", "?": "other"}
    for label, verdict in meant.items():
        _, claim, _ = await store(client, reviews=reviewed(label))
        assert (claim["reviews"][0]["verdict"], claim["reviews"][0]["original_label"]) == (verdict, label)
        assert claim["verdict"] == verdict
    _, other, _ = await store(client, reviews=reviewed("Correct", publisher={"name": "Somebody else"}))
    assert other["verdict"] == "true"


async def test_another_meaning_changes_what_followed_from_it(client):
    given = {"publisher": DESK, "verdict": "true", "original_label": "Three turnips"}
    path, claim, _ = await store(client, reviews=reviewed("Three turnips"))
    stated, _, _ = await store(client, reviews=[given])
    unrelated, _, _ = await store(client, reviews=reviewed("Correct"))
    pinned, _, _ = await store(client, reviews=reviewed("Three turnips"))
    pin = {"verdict": "true", "reason": "We know better."}
    await client.patch(pinned, json={"pinned_verdict": pin}, headers=ANY)
    gone, _, _ = await store(client, reviews=reviewed("Three turnips"))
    await client.delete(gone, headers=ANY)
    assert claim["verdict"] == "other"
    (publisher,) = (await client.get("/v1/publishers")).json()["items"]
    here = f"/v1/publishers/{publisher['id']}"
    changed = await client.patch(here, json={"labels": {"Three turnips": "false"}}, headers={"if-match": '"1"'})
    assert changed.status_code == 200, changed.text
    assert (changed.json()["labels"], changed.json()["revision"]) == ({"Three turnips": "false"}, 2)
    after = (await client.get(path)).json()
    assert (after["verdict"], after["revision"]) == ("false", 2)
    assert [item["action"] for item in await history(client, path)] == ["created", "relabelled"]
    assert "Turnip Desk" in (await history(client, path))[1]["reason"]
    assert (await client.get(path, params={"revision": 1})).json() == claim
    assert (await result(client, claimed_at="2026-01-01"))["matches"]
    assert (await client.get(stated)).json()["revision"] == 1
    assert (await client.get(unrelated)).json()["revision"] == 1
    kept = (await client.get(pinned)).json()
    assert (kept["verdict"], kept["reviews"][0]["verdict"]) == ("true", "false")
    back = await client.patch(gone, json={"withdrawn_at": None}, headers=ANY)
    assert back.json()["verdict"] == "false"
    emptied = await client.patch(here, json={"labels": {"Three turnips": None}}, headers=ANY)
    assert emptied.json()["labels"] == {}
    assert (await client.get(path)).json()["verdict"] == "other"


async def test_another_name_shows_in_its_reviews(client):
    path, claim, _ = await store(client, reviews=reviewed("Correct"))
    (publisher,) = (await client.get("/v1/publishers")).json()["items"]
    here = f"/v1/publishers/{publisher['id']}"
    assert (await client.patch(here, json={"name": "The Turnip"}, headers=ANY)).status_code == 200
    after = (await client.get(path)).json()
    assert after["reviews"][0]["publisher"] == {"name": "The Turnip", "site": "turnip.example.org"}
    assert after["revision"] == claim["revision"]
    assert (await client.get(path, params={"revision": 1})).json() == claim
    assert (await client.patch(here, json={"site": None}, headers=ANY)).json()["site"] is None
    assert (await client.patch(path, json={"claimant": None}, headers=ANY)).status_code == 200
    assert len((await client.get("/v1/publishers")).json()["items"]) == 1


async def test_two_publishers_stay_two(client):
    for publisher in (DESK, {"name": "B"}, {"name": "A", "site": "a.example.org"}):
        assert (await client.post("/v1/publishers", json=publisher)).status_code == 201
    items = (await client.get("/v1/publishers")).json()["items"]
    assert [item["name"] for item in items] == ["A", "B", "Turnip Desk"]
    here = f"/v1/publishers/{items[0]['id']}"
    assert_problem(await client.patch(here, json={"site": "turnip.example.org"}, headers=ANY), 409)
    assert_problem(await client.patch(here, json={"name": "B", "site": None}, headers=ANY), 409)
    assert_problem(await client.patch(here, json={"name": "C"}, headers={"if-match": '"9"'}), 412)
    assert pointers(assert_problem(await client.patch(here, json={"name": "C"}), 428)) == ["/If-Match"]
    assert (await client.get(here)).json() == items[0]
    pages, token = [], ""
    for _ in range(3):
        query = {"page_size": "1"} | ({"page_token": token} if token else {})
        page = (await client.get("/v1/publishers", params=query)).json()
        pages += page["items"]
        token = page["next_page_token"]
    assert (pages, token) == (items, None)


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"labels": {"x": "maybe"}}, "/labels"),
        ({"labels": {"": "true"}}, "/labels/"),
        ({"labels": {"!!!": "true"}}, "/labels/!!!"),
        ({"labels": {"a/b~c\0": "true"}}, "/labels/a~1b~0c\0"),
        ({"labels": {"Half-true": "true", "half true!": "mixed"}}, "/labels/half true!"),
        ({"labels": {f"label {n}": "true" for n in range(501)}}, "/labels"),
        ({"labels": {"x" * 201: "true"}}, "/labels/" + "x" * 200),
        ({"name": " "}, "/name"),
        ({"site": "no site"}, "/site"),
        ({"title": "x"}, "/title"),
    ],
)
async def test_a_publisher_that_is_wrong(client, fields, pointer):
    answer = await client.post("/v1/publishers", json={**DESK, **fields})
    assert pointers(assert_problem(answer, 422)) == [pointer]
    path = (await client.post("/v1/publishers", json=DESK)).headers["location"]
    assert pointers(assert_problem(await client.patch(path, json=fields, headers=ANY), 422)) == [pointer]
    assert (await client.get(path)).json()["revision"] == 1
