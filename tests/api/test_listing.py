"""Listing claims: filters, orders, pages that lose nothing, and what is tried against them."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from service.browsing import words_to_find
from service.store.session import Database
from tests.api.conftest import client_of
from tests.api.test_bad_input import assert_problem, pointers
from tests.api.test_claims import ANY
from tests.api.test_resources import assert_documented
from tests.conftest import Cluster

NOBODY = "0199b1c2-7a3e-7c11-8f6a-2d1e5b0c9a77"
DESK = {"name": "Example Desk", "site": "desk.example.org"}
CLAIMS: dict[str, dict[str, Any]] = {
    "drones": {
        "text": "39 terrorists were killed by drone strikes",
        "language": "en",
        "claimant": "Qais al-Muhammadawi",
        "claimed_at": "2025-12-31",
        "topics": ["security"],
        "phrasings": [{"text": "۳۹ تروریست با حملات پهپادی کشته می‌شوند", "language": "fa"}],
        "reviews": [{"publisher": DESK, "verdict": "true"}],
        "sources": [{"url": "https://example.org/1", "stance": "supports"}],
    },
    "bread": {
        "text": "Der Brotpreis stieg um 12 Prozent",
        "language": "de",
        "claimant": "Zoë Ünal",
        "claimed_at": "2026-01-10",
        "topics": ["economy", "100%_sure"],
        "reviews": [{"publisher": {"name": "Nobody's"}, "verdict": "false"}],
    },
    "bases": {
        "text": "مقتل 39 شخصا في القاعدة",
        "language": "ar-IQ",
        "claimant": "قيس المحمداوي",
        "topics": ["security"],
    },
    "lights": {"text": "The lighthouse was switched off in 1987", "language": "en", "claimed_at": "2024-06-01"},
}


@pytest.fixture(scope="module")
def listed_url(cluster: Cluster, migrated_url: str) -> Any:
    """A database with CLAIMS in it, for reading."""
    import asyncio

    async def fill() -> None:
        database = Database(url)
        async with client_of(database) as client:
            for claim in CLAIMS.values():
                assert (await client.post("/v1/claims", json=claim)).status_code == 201
        async with database.write() as connection:
            await connection.execute(text("UPDATE sources SET link_status = 'gone', checked_at = now()"))
        await database.close()

    url = cluster.create(migrated_url)
    asyncio.run(fill())
    yield url
    cluster.drop(url)


@pytest.fixture
async def library(listed_url: str) -> AsyncIterator[httpx.AsyncClient]:
    database = Database(listed_url)
    async with client_of(database) as client:
        yield client
    await database.close()


async def found(client: httpx.AsyncClient, **query: Any) -> list[str]:
    answer = await client.get("/v1/claims", params=query)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["total"] == len(body["items"])
    names = {claim["text"]: name for name, claim in CLAIMS.items()}
    return [names[item["text"]] for item in body["items"]]


NEWEST_FIRST = ["lights", "bases", "bread", "drones"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, NEWEST_FIRST),
        ({"sort": "created_at"}, NEWEST_FIRST[::-1]),
        ({"sort": "-updated_at"}, NEWEST_FIRST),
        ({"sort": "updated_at"}, NEWEST_FIRST[::-1]),
        ({"sort": "claimed_at"}, ["lights", "drones", "bread", "bases"]),
        ({"sort": "-claimed_at"}, ["bread", "drones", "lights", "bases"]),
        ({"q": "39"}, ["bases", "drones"]),
        ({"q": "۳۹"}, ["bases", "drones"]),
        ({"q": "٣٩ شخصا"}, ["bases"]),
        ({"q": "می شوند"}, ["drones"]),
        ({"q": "میشوند"}, ["drones"]),
        ({"q": "می‌شوند"}, ["drones"]),
        ({"q": "پهپادی تروریست"}, ["drones"]),
        ({"q": "پھپادي"}, ["drones"]),
        ({"q": "KILLED terrorist"}, ["drones"]),
        ({"q": "the lighthouses"}, ["lights"]),
        ({"q": "brotpreis"}, ["bread"]),
        ({"q": "lighthouse drone"}, []),
        ({"q": "null"}, []),
        ({"verdict": "true"}, ["drones"]),
        ({"verdict": "unproven"}, ["lights", "bases"]),
        ({"publisher": "desk.example.org"}, ["drones"]),
        ({"publisher": "EXAMPLE desk"}, ["drones"]),
        ({"publisher": "nobody's"}, ["bread"]),
        ({"publisher": "desk"}, []),
        ({"language": "fa"}, ["drones"]),
        ({"language": "ar"}, ["bases"]),
        ({"language": "en-GB"}, ["lights", "drones"]),
        ({"topic": "security"}, ["bases", "drones"]),
        ({"topic": "100%_sure"}, ["bread"]),
        ({"topic": "%"}, []),
        ({"claimant": "qais"}, ["drones"]),
        ({"claimant": "zoe unal"}, ["bread"]),
        ({"claimant": "قیس"}, ["bases"]),
        ({"claimant": "_"}, []),
        ({"claimed_from": "2025-12-31"}, ["bread", "drones"]),
        ({"claimed_to": "2025-12-31"}, ["lights", "drones"]),
        ({"claimed_from": "2025-01-01", "claimed_to": "2025-12-31"}, ["drones"]),
        ({"updated_since": "2020-01-01T00:00:00Z"}, NEWEST_FIRST),
        ({"updated_since": "2999-01-01T00:00:00+02:00"}, []),
        ({"has_broken_links": "true"}, ["drones"]),
        ({"has_broken_links": "false"}, ["lights", "bases", "bread"]),
        ({"status": "withdrawn"}, []),
        ({"status": "any", "topic": "security", "q": "39", "language": "en", "verdict": "true"}, ["drones"]),
    ],
)
async def test_filters_and_orders(library, query, names):
    assert await found(library, **query) == names


async def test_a_publisher_is_found_by_its_id(library):
    publishers = (await library.get("/v1/publishers", params={"q": "example"})).json()["items"]
    assert await found(library, publisher=publishers[0]["id"]) == ["drones"]


async def test_only_the_fields_that_were_asked_for(library):
    answer = await library.get("/v1/claims", params={"fields": "id, verdict", "q": "lighthouse"})
    (item,) = answer.json()["items"]
    assert set(item) == {"id", "verdict"}
    await assert_documented(library, answer, "ClaimPage")
    whole = await library.get("/v1/claims")
    await assert_documented(library, whole, "ClaimPage")
    one = whole.json()["items"][0]
    assert one == (await library.get(f"/v1/claims/{one['id']}")).json()


@pytest.mark.parametrize(
    "sort", ["-created_at", "created_at", "-updated_at", "updated_at", "-claimed_at", "claimed_at"]
)
async def test_pages_show_everything_once(library, sort):
    seen: list[str] = []
    token = ""
    for _ in range(10):
        query = {"sort": sort, "page_size": "1", "fields": "text"} | ({"page_token": token} if token else {})
        page = (await library.get("/v1/claims", params=query)).json()
        assert page["total"] == 4
        seen += [item["text"] for item in page["items"]]
        token = page["next_page_token"]
        if not token:
            break
    whole = (await library.get("/v1/claims", params={"sort": sort})).json()["items"]
    assert seen == [item["text"] for item in whole]


async def test_pages_are_stable_under_writes(client):
    paths = []
    for number in range(6):
        body = {"text": f"Claim number {number} of this list", "language": "en"}
        paths.append((await client.post("/v1/claims", json=body)).headers["location"])
    first = (await client.get("/v1/claims", params={"page_size": 2})).json()
    # the last one shown, one that was shown and one to come are withdrawn, and a new one is stored
    for number in (4, 5, 1):
        assert (await client.delete(paths[number], headers=ANY)).status_code == 204
    await client.post("/v1/claims", json={"text": "A claim stored meanwhile", "language": "en"})
    rest = await client.get("/v1/claims", params={"page_size": 100, "page_token": first["next_page_token"]})
    assert rest.status_code == 200
    assert [item["text"][13] for item in rest.json()["items"]] == ["3", "2", "0"]


async def test_a_token_belongs_to_its_list(library):
    asked: dict[str, str] = {"page_size": "1", "topic": "security"}
    token = (await library.get("/v1/claims", params=asked)).json()["next_page_token"]
    assert token
    for other in (
        {"topic": "economy"},
        {},
        {"topic": "security", "sort": "created_at"},
        {"topic": "security", "q": "39"},
        {"topic": "security", "status": "any"},
    ):
        problem = assert_problem(await library.get("/v1/claims", params={**other, "page_token": token}), 422)
        assert pointers(problem) == ["/page_token"]
    for path in ("/v1/publishers", f"/v1/claims/{uuid4()}/history"):
        assert_problem(await library.get(path, params={"page_token": token}), 422)
    # how many are shown, and which fields, may change on the way
    again = await library.get("/v1/claims", params={**asked, "page_size": 50, "fields": "id", "page_token": token})
    assert len(again.json()["items"]) == 1


def forged(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "token",
    [
        "x", "=", "a" * 1000, "....", "%00", "null", forged([]), forged(None), forged({"a": 1}), forged(["x", "y"]),
        forged(["x", NOBODY]), forged(["", [[[[]]]]]), "[" * 900, forged("[" * 500), "é", "'; --",
    ],
)  # fmt: skip
async def test_a_token_that_is_none(library, token):
    for path in ("/v1/claims", "/v1/publishers"):
        answer = await library.get(path, params={"page_token": token})
        assert pointers(assert_problem(answer, 422)) == ["/page_token"]


@pytest.mark.parametrize(
    ("query", "status", "pointer"),
    [
        ("page_size=1000000", 422, "/page_size"),
        ("page_size=0", 422, "/page_size"),
        ("page_size=-1", 422, "/page_size"),
        ("page_size=1e3", 422, "/page_size"),
        ("page_size=" + "9" * 4000, 422, "/page_size"),
        ("page_size=null", 422, "/page_size"),
        ("page_token=" + "a" * 1001, 422, "/page_token"),
        ("verdict=maybe", 422, "/verdict"),
        ("verdict=null", 422, "/verdict"),
        ("verdict=", 422, "/verdict"),
        ("status=deleted", 422, "/status"),
        ("sort=text", 422, "/sort"),
        ("sort=__class__", 422, "/sort"),
        ("fields=id,password", 422, "/fields"),
        ("fields=,", 422, "/fields"),
        ("language=xq", 422, "/language"),
        ("language=null", 422, "/language"),
        ("claimed_from=yesterday", 422, "/claimed_from"),
        ("claimed_from=2025-02-30", 422, "/claimed_from"),
        ("claimed_to=99999-01-01", 422, "/claimed_to"),
        ("updated_since=0.5", 422, "/updated_since"),
        ("updated_since=null", 422, "/updated_since"),
        ("updated_since=2025-01-01", 422, "/updated_since"),
        ("updated_since=2025-01-01T00:00:00", 422, "/updated_since"),
        ("has_broken_links=perhaps", 422, "/has_broken_links"),
        ("q=", 422, "/q"),
        ("q=!!!", 422, "/q"),
        ("q=" + "x" * 201, 422, "/q"),
        ("q=a%00b", 400, "/q"),
        ("q=%ff", 400, "/q"),
        ("q=a&q=b", 400, "/q"),
        ("topic=%00", 400, "/topic"),
        ("query=a", 400, "/query"),
        ("verdict[]=true", 400, "/verdict[]"),
    ],
)
async def test_a_query_that_is_wrong(library, query, status, pointer):
    problem = assert_problem(await library.get(f"/v1/claims?{query}"), status)
    assert pointers(problem) == [pointer]


HOSTILE = [
    "'", '"', "';--", "' OR '1'='1", "1; DROP TABLE claims", "\\", "%", "_", "$1", ":terms", "$.a[*]", "@@", "&|!()",
    "a' UNION SELECT 1 --", "{}", "[]", "{'a':1}", "\u202e\u200f", "\N{ZERO WIDTH NON-JOINER}" * 100,
    "a" * 200, "٪" * 50, "NULL", "\ufffd", "İ" * 100, "\u0301" * 200, "39" * 100, "x'y\"z", "😀 39", "\t\n", "ﷺ" * 200,
]  # fmt: skip


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("name", ["q", "publisher", "topic", "claimant", "language", "fields", "verdict", "page_token"])
async def test_metacharacters_are_only_characters(library, name, value):
    answer = await library.get("/v1/claims", params={name: value, "status": "any"})
    if answer.status_code == 200:
        # nothing is escaped into a pattern that matches everything
        assert len(answer.json()["items"]) < 4
    else:
        assert pointers(assert_problem(answer, 422)) == [f"/{name}"]
    assert len((await library.get("/v1/claims")).json()["items"]) == 4


@pytest.mark.parametrize("value", HOSTILE)
async def test_publishers_are_found_by_what_they_are_called(library, value):
    answer = await library.get("/v1/publishers", params={"q": value})
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["items"]) == (1 if value == "'" else 0)


@pytest.mark.parametrize("path", ["", "/history", "/phrasings", "/reviews", "/sources", f"/phrasings/{NOBODY}"])
async def test_ids_are_not_guessed(library, path):
    items = (await library.get("/v1/claims", params={"fields": "id"})).json()["items"]
    known = items[0]["id"]
    near = f"{known[:-1]}{'0' if known[-1] != '0' else '1'}"
    for wrong in (near, str(uuid4()), "00000000-0000-0000-0000-000000000000", "1", "..", "%27", "null"):
        assert answer_status(await library.get(f"/v1/claims/{wrong}{path}")) == 404


def answer_status(answer: httpx.Response) -> int:
    assert_problem(answer, answer.status_code)
    return answer.status_code


async def test_a_part_of_another_claim_is_no_part_of_this_one(library):
    items = (await library.get("/v1/claims", params={"sort": "created_at"})).json()["items"]
    review, other = items[0]["reviews"][0]["id"], items[1]["id"]
    for method, body in (("GET", None), ("PATCH", {}), ("DELETE", None)):
        answer = await library.request(method, f"/v1/claims/{other}/reviews/{review}", json=body, headers=ANY)
        assert_problem(answer, 404)


@pytest.mark.parametrize("path", ["", "/phrasings", "/reviews", "/sources", "/merge"])
async def test_bodies_that_are_too_deep(library, path):
    items = (await library.get("/v1/claims", params={"fields": "id"})).json()["items"]
    here = f"/v1/claims/{items[0]['id']}{path}"
    deep = b'{"text":' + b"[" * 10_000 + b"]" * 10_000 + b"}"
    objects = b'{"pinned_verdict":' * 10_000 + b"1" + b"}" * 10_000
    method = "PATCH" if not path else "POST"
    for body in (deep, objects):
        headers = {"content-type": "application/json", **ANY}
        answer = await library.request(method, here, content=body, headers=headers)
        assert answer_status(answer) in (400, 422)


async def test_an_unknown_header_flood_is_no_fault_of_ours(library):
    headers = [("if-none-match", ", ".join(['"1-00000000"'] * 2_000)), *[(f"x-{n}", "y" * 50) for n in range(200)]]
    items = (await library.get("/v1/claims", params={"fields": "id"})).json()["items"]
    assert (await library.get(f"/v1/claims/{items[0]['id']}", headers=headers)).status_code == 200
    stale = {"if-match": ", ".join(['"999"'] * 2_000)}
    assert_problem(await library.delete(f"/v1/claims/{items[0]['id']}", headers=stale), 412)
    long = {"if-match": '"' + "9" * 8_000 + '"'}
    assert_problem(await library.delete(f"/v1/claims/{items[0]['id']}", headers=long), 412)
    backtracking = {"if-match": '"1",' * 5_000 + "x"}
    assert_problem(await library.delete(f"/v1/claims/{items[0]['id']}", headers=backtracking), 400)


async def test_a_withdrawn_claim_is_found_by_its_words_among_the_withdrawn(client):
    body = {**CLAIMS["drones"], "topics": []}
    path = (await client.post("/v1/claims", json=body)).headers["location"]
    await client.delete(path, headers=ANY)
    for query, count in (({"q": "۳۹ پهپادی"}, 0), ({"q": "۳۹ پهپادی", "status": "withdrawn"}, 1),
                         ({"q": "39 drone", "status": "any"}, 1), ({"q": "lighthouse", "status": "any"}, 0),
                         ({"status": "withdrawn", "publisher": "desk.example.org"}, 1)):  # fmt: skip
        items = (await client.get("/v1/claims", params=query)).json()["items"]
        assert len(items) == count, query
        assert all(item["withdrawn_at"] and item["phrasings"] for item in items)


@pytest.mark.parametrize("query", ["", "   ", "!!!", "…"])
def test_no_words_are_none(query):
    assert words_to_find(query) == ()


def test_words_without_meaning_are_left_out_where_others_have_some():
    assert len(words_to_find("the lighthouse was in it")) == 1
    assert len(words_to_find("the")) == 1
    assert len(words_to_find("a b c " * 30)) <= 32


async def test_a_bound_is_said_in_words(library):
    for query, said in (
        ({"page_size": 1_000_000}, "must be at most 100"),
        ({"page_size": 0}, "must be at least 1"),
        ({"topic": "x" * 65}, "must have at most 64 characters"),
    ):
        problem = assert_problem(await library.get("/v1/claims", params=query), 422)
        assert problem["errors"][0]["detail"] == said
