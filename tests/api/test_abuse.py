"""What is tried against every operation of the document, so that none is forgotten when it is new.

What single resources do with such requests, and what they leave untouched, is in their own tests.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from service.credentials import Scope
from service.store.session import Database
from tests.api.conftest import client_of
from tests.api.keyed import CLAIM, bearer, new_key
from tests.api.test_bad_input import assert_problem, pointers
from tests.openapi_document import COMMITTED, resolved

HOSTILE = [
    "' OR '1'='1", "a' UNION SELECT secret FROM api_keys --", "$.a[*] ? (@ == 1)", "\\%_&|!:*", "\u202e\u0301" * 50,
    "1e309" * 1_000,
]  # fmt: skip
WRONG_IDS = ["00000000-0000-0000-0000-000000000000", "1", "%27%20OR%201=1", "%00", "a" * 300]
TABLES = ("claims", "revisions", "publishers", "checks", "audit", "api_keys", "inbox_items", "feedback", "corpus")


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def body_of(operation: dict[str, Any]) -> Any:
    """The example body of an operation that takes JSON, or None."""
    media = operation.get("requestBody", {}).get("content", {}).get("application/json")
    return media and next(iter(media["examples"].values()))["value"]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return resolved(json.loads(COMMITTED.read_text(encoding="utf-8")))


async def contents(database: Database) -> list[int]:
    """How many rows there are, and how often claims have changed."""
    counts = ", ".join(f"(SELECT count(*) FROM {table})" for table in TABLES)
    async with database.read() as connection:
        row = (await connection.execute(text(f"SELECT {counts}, (SELECT revision FROM corpus)"))).one()
    return [int(each) for each in row]


async def test_no_id_can_be_guessed(client, database, document):
    made = (await client.post("/v1/claims", json=CLAIM)).json()["id"]
    near = f"{made[:-1]}{'0' if made[-1] != '0' else '1'}"
    before = await contents(database)
    tried = 0
    for method, path, operation in operations(document):
        if "{" not in path:
            continue
        for wrong in (near, *WRONG_IDS):
            address = re.sub(r"\{\w+\}", wrong, path)
            answer = await client.request(method, address, json=body_of(operation), headers={"If-Match": "*"})
            problem = assert_problem(answer, 404)
            assert made not in problem["detail"], operation["operationId"]
            tried += 1
    assert tried >= 200
    assert await contents(database) == before


async def test_metacharacters_in_any_parameter_are_only_characters(client, database, document):
    await client.post("/v1/claims", json=CLAIM)
    before = await contents(database)
    tried = 0
    for method, path, operation in operations(document):
        if method != "GET" or "{" in path:
            continue
        needed = {each["name"]: each["example"] for each in operation.get("parameters", ()) if each["required"]}
        for parameter in operation.get("parameters", ()):
            if parameter["in"] != "query":
                continue
            for value in HOSTILE:
                answer = await client.get(path, params={**needed, parameter["name"]: value})
                if path.startswith("/v1alpha1"):
                    # answers as another API does, in its errors too
                    assert answer.status_code in (200, 400), answer.text
                elif answer.status_code != 200:
                    problem = assert_problem(answer, 422)
                    assert pointers(problem) == [f"/{parameter['name']}"], (operation["operationId"], value)
                tried += 1
    assert tried >= 150
    assert await contents(database) == before


async def test_bodies_ten_thousand_deep_are_refused(client, database, document):
    before = await contents(database)
    deep = [b"[" * 10_000 + b"]" * 10_000, b'{"a":' * 10_000 + b"1" + b"}" * 10_000]
    tried = 0
    for method, path, operation in operations(document):
        body = body_of(operation)
        if body is None:
            continue
        field = next(iter(body)).encode()
        for content in (*deep, *(b'{"%s":%s}' % (field, each) for each in deep)):
            address = re.sub(r"\{\w+\}", str(uuid4()), path)
            headers = {"Content-Type": "application/json", "If-Match": "*"}
            answer = await client.request(method, address, content=content, headers=headers)
            assert answer.status_code in (400, 404, 422), (operation["operationId"], answer.text)
            assert_problem(answer, answer.status_code)
            tried += 1
    assert tried >= 60
    assert await contents(database) == before


async def test_no_page_is_longer_than_a_hundred_and_no_token_is_another_callers(database, document):
    _, secret = await new_key(database, Scope.ADMIN, rate_limit=1_000_000)
    _, other = await new_key(database, Scope.ADMIN, rate_limit=1_000_000)
    async with client_of(database) as client:
        client.headers.update(bearer(secret))
        made = [await client.post("/v1/claims", json={**CLAIM, "text": f"{CLAIM['text']}, {n}"}) for n in range(2)]
        asked = {"claims": [{"text": "Garlic cures the flu"}, {"text": "The moon is made of cheese"}]}
        check = await client.post("/v1/checks", json=asked)
        ids = {"claim_id": made[0].json()["id"], "check_id": check.json()["id"]}
        token = (await client.get("/v1/claims", params={"page_size": 1})).json()["next_page_token"]
        tried = []
        for method, path, operation in operations(document):
            names = {parameter["name"] for parameter in operation.get("parameters", ())}
            if "page_token" not in names:
                continue
            assert method == "GET"
            unknown = [name for name in re.findall(r"\{(\w+)\}", path) if name not in ids]
            address = re.sub(r"\{(\w+)\}", lambda found: ids.get(found[1], str(uuid4())), path)
            for query, pointer in (({"page_size": 1_000_000}, "/page_size"), ({"page_token": token}, "/page_token")):
                if path == "/v1/claims" and pointer == "/page_token":
                    continue
                answer = await client.get(address, params=query)
                if not (unknown and answer.status_code == 404):
                    assert pointers(assert_problem(answer, 422)) == [pointer], operation["operationId"]
            first = await client.get(address, params={"page_size": 1})
            listed = first.status_code == 200 and first.headers["content-type"] == "application/json"
            own = first.json()["next_page_token"] if listed else None
            if own is not None:
                following = {"page_size": 1, "page_token": own}
                assert (await client.get(address, params=following)).status_code == 200
                answer = await client.get(address, params=following, headers=bearer(other))
                assert pointers(assert_problem(answer, 422)) == ["/page_token"], operation["operationId"]
                tried.append(operation["operationId"])
    assert {"listClaims", "listInbox", "listKeys", "listAudit"} <= set(tried)
