"""Claims and checks over HTTP and a real database: what goes in comes back, as the document says."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx
import jsonschema
import pytest

from service.store.session import Database
from tests.api.conftest import client_of
from tests.api.test_bad_input import assert_problem

TEXT = "39 terrorists were killed by drone strikes in Iraq in 2025"
UNVISITED = {"link_status": "unchecked", "checked_at": None, "final_url": None}
CLAIM: dict[str, Any] = {
    "text": TEXT,
    "language": "en",
    "claimant": "Qais al-Muhammadawi",
    "claimed_at": "2025-12-31",
    "valid_until": "2030-01-01",
    "topics": ["security", "امنیت"],
    "phrasings": [{"text": "۳۹ عنصر تروریستی با حملات پهپادی کشته شدند", "language": "fa"}],
    "reviews": [
        {
            "url": "https://factdesk.example.org/1",
            "title": "Drones",
            "publisher": {"name": "Example Fact Desk", "site": "factdesk.example.org"},
            "verdict": "true",
            "original_label": "Correct",
            "language": "en",
            "published_at": "2026-01-01",
        }
    ],
    "sources": [
        {
            "url": "https://example.org/2",
            "title": "Press conference",
            "publisher": "Example News Agency",
            "published_at": "2025-12-31",
            "stance": "supports",
            "quote": "39 terrorists",
            "archived_url": "https://archive.example.org/2",
        }
    ],
}


def without_ids(value: Any) -> Any:
    """The same, with what has an id in a list without it."""
    if not isinstance(value, list):
        return value
    return [
        {name: each for name, each in part.items() if name != "id"} if isinstance(part, dict) else part
        for part in value
    ]


async def assert_documented(client: httpx.AsyncClient, answer: httpx.Response, name: str) -> None:
    document = (await client.get("/schema/openapi.json")).json()
    schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).validate(answer.json())


async def test_a_claim_is_read_back_as_it_was_written(client):
    created = await client.post("/v1/claims", json=CLAIM)
    assert created.status_code == 201, created.text
    claim = created.json()
    await assert_documented(client, created, "Claim")
    assert created.headers["location"] == f"/v1/claims/{claim['id']}"
    assert UUID(claim["id"]).version == 7
    assert claim["verdict"] == "true"
    assert claim["revision"] == 1
    assert claim["created_at"] == claim["updated_at"]
    assert claim["created_at"].endswith("Z")
    source = {**CLAIM["sources"][0], **UNVISITED}
    review = {**CLAIM["reviews"][0], **UNVISITED, "via": None, "from_label": False}
    ids = [part["id"] for name in ("phrasings", "reviews", "sources") for part in claim[name]]
    assert {UUID(each).version for each in ids} == {7}
    wording = {**CLAIM["phrasings"][0], "confirmed": False}
    parts = {"phrasings": [wording], "reviews": [review], "sources": [source]}
    assert {key: without_ids(claim[key]) for key in CLAIM} == {**CLAIM, **parts}
    assert (await client.get(created.headers["location"])).json() == claim


async def test_a_claim_needs_only_text_and_language(client):
    claim = (await client.post("/v1/claims", json={"text": TEXT, "language": "en"})).json()
    assert claim["verdict"] == "unproven"
    assert [claim[key] for key in ("topics", "phrasings", "reviews", "sources")] == [[], [], [], []]
    assert claim["claimant"] is None


@pytest.mark.parametrize(
    ("label", "verdict"), [("Pants on Fire", "false"), ("نادرست", "false"), ("صحيح", "true"), ("Bizarre", "other")]
)
async def test_a_label_alone_gives_the_verdict(client, label, verdict):
    review = {"publisher": {"name": "Example Fact Desk"}, "original_label": label}
    answer = await client.post("/v1/claims", json={"text": TEXT, "language": "en", "reviews": [review]})
    assert answer.status_code == 201
    (stored,) = answer.json()["reviews"]
    assert (stored["verdict"], stored["original_label"]) == (verdict, label)


async def test_a_given_verdict_outweighs_the_label(client):
    review = {"publisher": {"name": "Example Fact Desk"}, "verdict": "mixed", "original_label": "False"}
    answer = await client.post("/v1/claims", json={"text": TEXT, "language": "en", "reviews": [review]})
    assert answer.json()["reviews"][0]["verdict"] == "mixed"


async def test_a_check_is_answered_and_kept(client):
    claim = (await client.post("/v1/claims", json=CLAIM)).json()
    body = {
        "claims": [
            {"ref": "p3", "text": TEXT, "claimed_at": "2025-12-31"},
            {"ref": "", "text": "The price of bread in Baghdad rose by 12 percent"},
        ]
    }
    created = await client.post("/v1/checks", json=body)
    assert created.status_code == 201, created.text
    await assert_documented(client, created, "Check")
    check = created.json()
    assert created.headers["location"] == f"/v1/checks/{check['id']}"
    assert UUID(check["id"]).version == 7
    assert [result["ref"] for result in check["results"]] == ["p3", ""]
    assert [result["text"] for result in check["results"]] == [each["text"] for each in body["claims"]]
    first, second = check["results"]
    assert first["matches"][0]["claim_id"] == claim["id"]
    assert first["matches"][0]["reviews"] == [{**CLAIM["reviews"][0], **UNVISITED, "via": None}]
    assert first["matches"][0]["sources"] == without_ids(claim["sources"])
    assert (first["status"], first["reason"]) == ("supported", None)
    assert (second["status"], second["matches"]) == ("unverified", [])
    assert second["reason"] is not None
    assert '"value":39,' in created.text
    await client.post("/v1/claims", json=CLAIM)
    again = await client.get(created.headers["location"])
    assert again.status_code == 200
    assert again.content == created.content


async def test_one_claim_in_the_address_is_answered_and_not_kept(client, database):
    await client.post("/v1/claims", json=CLAIM)
    for text, language in ((TEXT, "en"), (CLAIM["phrasings"][0]["text"], "fa")):
        answer = await client.get("/v1/check", params={"text": text, "language": language, "claimed_at": "2026-01-01"})
        assert answer.status_code == 200, answer.text
        await assert_documented(client, answer, "Result")
        result = answer.json()
        assert (result["text"], result["language"], result["ref"]) == (text, language, None)
        assert result["matches"][0]["language"] == language
    async with database.read() as connection:
        assert (await connection.exec_driver_sql("SELECT count(*) FROM checks")).scalar_one() == 0


async def test_a_plus_is_a_space_and_a_percent_sign_survives(client):
    result = (await client.get("/v1/check?text=30+%25+of+%2Beverything&language=en")).json()
    assert result["text"] == "30 % of +everything"


@pytest.mark.parametrize("path", ["/v1/checks", "/v1/claims"])
async def test_what_is_not_there(client, path):
    problem = assert_problem(await client.get(f"{path}/0199b1c2-7a3e-7c11-8f6a-2d1e5b0c9a77"), 404)
    assert "0199b1c2-7a3e-7c11-8f6a-2d1e5b0c9a77" in problem["detail"]
    assert problem["errors"] == []


async def test_ready_with_a_migrated_database(client):
    answer = await client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["semantic"] is None
    await assert_documented(client, answer, "Readiness")


async def test_not_ready_with_an_empty_database(cluster):
    url = cluster.create()
    database = Database(url)
    try:
        async with client_of(database) as client:
            assert_problem(await client.get("/readyz"), 503)
            assert_problem(await client.post("/v1/checks", json={"claims": [{"text": TEXT}]}), 503)
            assert (await client.get("/healthz")).status_code == 200
    finally:
        await database.close()
        cluster.drop(url)
