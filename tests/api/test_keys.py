"""Keys, their making and their end, and the audit, over HTTP."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from service.credentials import Scope
from service.store.session import Database
from tests.api.conftest import client_of
from tests.api.keyed import CHECK, CLAIM, bearer, count, new_key
from tests.api.test_bad_input import assert_problem, pointers
from tests.api.test_resources import assert_documented

NEW = {
    "name": "News desk",
    "scopes": ["write", "check", "write"],
    "rate_limit": 100,
    "expires_at": "2096-01-01T00:00:00+03:30",
}


@pytest.fixture
async def admin(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """A client that presents an administrator's key."""
    _, secret = await new_key(database, Scope.ADMIN, name="Admin")
    async with client_of(database) as client:
        client.headers.update(bearer(secret))
        yield client


async def test_a_key_is_made_used_read_and_revoked(admin, database):
    made = await admin.post("/v1/keys", json=NEW)
    assert made.status_code == 201, made.text
    await assert_documented(admin, made, "CreatedKey")
    key = made.json()
    secret = key.pop("secret")
    assert made.headers["location"] == f"/v1/keys/{key['id']}"
    assert secret.startswith(f"fc_{key['prefix']}_")
    assert key["scopes"] == ["check", "write"]
    assert key["expires_at"] == "2095-12-31T20:30:00Z"
    read = await admin.get(made.headers["location"])
    await assert_documented(admin, read, "Key")
    assert read.json() == key
    created = await admin.post("/v1/claims", json=CLAIM, headers=bearer(secret))
    assert created.status_code == 201
    assert created.headers["ratelimit-policy"] == '"key";q=100;w=60'
    revoked = await admin.delete(made.headers["location"])
    await assert_documented(admin, revoked, "Key")
    assert revoked.json() == {**key, "revoked_at": revoked.json()["revoked_at"]}
    assert revoked.json()["revoked_at"] is not None
    assert_problem(await admin.post("/v1/claims", json=CLAIM, headers=bearer(secret)), 401)
    assert (await admin.delete(made.headers["location"])).json() == revoked.json()


@pytest.fixture
async def reader(keyed_database: tuple[Database, str]) -> AsyncIterator[httpx.AsyncClient]:
    """An administrator's client of a database that tests share: nothing may be changed."""
    database, secret = keyed_database
    async with client_of(database) as client:
        client.headers.update(bearer(secret))
        yield client


async def test_only_a_digest_of_the_secret_is_stored(admin, database):
    secret = (await admin.post("/v1/keys", json=NEW, headers={"Idempotency-Key": "make-it"})).json()["secret"]
    async with database.read() as connection:
        tables = (
            await connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        ).scalars()
        for table in list(tables):
            rows = (await connection.exec_driver_sql(f"SELECT t::text FROM {table} t")).scalars().all()
            # a bytea reads as hexadecimal digits
            for form in (secret, secret[14:], secret.encode().hex(), secret[14:].encode().hex()):
                assert not any(form in row for row in rows), table
        digests = (await connection.execute(text("SELECT digest FROM api_keys"))).scalars().all()
    assert hashlib.sha256(secret.encode()).digest() in digests


async def test_a_key_is_made_once_and_its_secret_shown_once(admin, database):
    first = await admin.post("/v1/keys", json=NEW, headers={"Idempotency-Key": "make-it"})
    again = await admin.post("/v1/keys", json=NEW, headers={"Idempotency-Key": "make-it"})
    assert first.json()["secret"]
    assert again.status_code == 201
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json() == {**first.json(), "secret": None}
    await assert_documented(admin, again, "CreatedKey")
    assert await count(database, "api_keys") == 2


async def test_a_name_may_be_written_as_its_language_is(admin):
    name = "میز خبر\u200cها"
    made = await admin.post("/v1/keys", json={"name": name, "scopes": ["read"]})
    assert made.json()["name"] == name


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"name": ""}, ["/name"]),
        ({"name": "   "}, ["/name"]),
        ({"name": "a" * 101}, ["/name"]),
        ({"name": "a\nb"}, ["/name"]),
        ({"name": "a\u0000b"}, ["/name"]),
        ({"name": "a\u2028b"}, ["/name"]),
        ({"scopes": []}, ["/scopes"]),
        ({"scopes": ["root"]}, ["/scopes/0"]),
        ({"scopes": "admin"}, ["/scopes"]),
        ({"rate_limit": 0}, ["/rate_limit"]),
        ({"rate_limit": 10**9}, ["/rate_limit"]),
        ({"expires_at": "2020-01-01T00:00:00Z"}, ["/expires_at"]),
        ({"expires_at": "9999-12-31T23:59:59-14:00"}, ["/expires_at"]),
        ({"expires_at": "2096-01-01T00:00:00"}, ["/expires_at"]),
        ({"expires_at": "tomorrow"}, ["/expires_at"]),
        ({"secret": "mine"}, ["/secret"]),
        ({"name": "", "scopes": [], "rate_limit": -1}, ["/name", "/scopes", "/rate_limit"]),
    ],
)
async def test_a_key_that_breaks_the_contract(reader, keyed_database, change, expected):
    assert pointers(assert_problem(await reader.post("/v1/keys", json={**NEW, **change}), 422)) == expected
    assert await count(keyed_database[0], "api_keys") == 1


async def test_the_first_key_must_be_able_to_make_others(database):
    async with client_of(database) as client:
        problem = assert_problem(await client.post("/v1/keys", json=NEW), 422)
        assert pointers(problem) == ["/scopes"]
        assert (await client.get("/v1/keys")).json()["items"] == []


async def pages(client: httpx.AsyncClient, path: str, **parameters: Any) -> list[list[dict[str, Any]]]:
    found, token = [], None
    while not found or token:
        answer = await client.get(path, params={**parameters, **({"page_token": token} if token else {})})
        assert answer.status_code == 200, answer.text
        found.append(answer.json()["items"])
        token = answer.json()["next_page_token"]
    return found


async def test_keys_come_in_pages_that_new_ones_do_not_shift(admin, database):
    made = [str((await new_key(database, Scope.CHECK))[0].id) for _ in range(5)]
    first = (await admin.get("/v1/keys", params={"page_size": 2})).json()
    await new_key(database, Scope.CHECK)
    second = (await admin.get("/v1/keys", params={"page_size": 2, "page_token": first["next_page_token"]})).json()
    assert [key["id"] for key in [*first["items"], *second["items"]]] == made[:0:-1]
    assert [len(page) for page in await pages(admin, "/v1/keys", page_size=2)] == [2, 2, 2, 1]
    assert [len(page) for page in await pages(admin, "/v1/keys", page_size=7)] == [7]
    assert "secret" not in str(await pages(admin, "/v1/keys"))


async def test_a_page_token_serves_its_own_list_and_its_own_caller(admin, database):
    for _ in range(3):
        await new_key(database, Scope.CHECK)
        await admin.post("/v1/claims", json=CLAIM)
    token = (await admin.get("/v1/keys", params={"page_size": 1})).json()["next_page_token"]
    _, other = await new_key(database, Scope.ADMIN)
    misused = [
        await admin.get("/v1/keys", params={"page_token": token}, headers=bearer(other)),
        await admin.get("/v1/audit", params={"page_token": token}),
    ]
    token = (await admin.get("/v1/audit", params={"page_size": 1})).json()["next_page_token"]
    misused.append(await admin.get("/v1/audit", params={"page_token": token, "resource": "/v1/claims/1"}))
    for wrong in (
        "",
        "a",
        "AAAA",
        "=",
        "é",
        "' OR 1=1",
        token[:-1],
        token + "A",
        "A" * len(token),
        "%%",
        "A" * 50_000,
    ):
        misused.append(await admin.get("/v1/audit", params={"page_token": wrong}))
    for answer in misused:
        assert pointers(assert_problem(answer, 422)) == ["/page_token"]


@pytest.mark.parametrize("value", ["null", "", "1", "None", "' OR true --", "{}", "0" * 32 + "g"])
async def test_a_filter_that_says_nothing_is_refused(reader, value):
    for name in ("key_id", "page_token"):
        assert pointers(assert_problem(await reader.get("/v1/audit", params={name: value}), 422)) == [f"/{name}"]


@pytest.mark.parametrize("value", ["null", "/v1/claims", "' OR true --", "%"])
async def test_a_resource_that_is_none_has_no_changes(admin, value):
    await admin.post("/v1/claims", json=CLAIM)
    assert (await admin.get("/v1/audit", params={"resource": value})).json()["items"] == []


async def test_an_empty_resource_is_refused(reader):
    assert pointers(assert_problem(await reader.get("/v1/audit", params={"resource": ""}), 422)) == ["/resource"]


async def test_options_tell_the_methods_to_everybody(reader):
    for path, methods in (
        ("/v1/keys", "GET, HEAD, OPTIONS, POST"),
        ("/v1/keys/0199b1c2-7a3e-7c11-8f6a-2d1e5b0c9a77", "DELETE, GET, HEAD, OPTIONS"),
        ("/v1/claims", "GET, HEAD, OPTIONS, POST"),
        ("/v1/claims/0199b1c2-7a3e-7c11-8f6a-2d1e5b0c9a77", "DELETE, GET, HEAD, OPTIONS, PATCH"),
        ("/v1/checks", "OPTIONS, POST"),
    ):
        answer = await reader.options(path, headers={"Authorization": ""})
        assert (answer.status_code, answer.headers["allow"]) == (204, methods)
        assert answer.headers["x-request-id"]


@pytest.mark.parametrize("size", ["0", "-1", "101", "1000000", "1.5", "many", "", "9" * 30])
async def test_a_page_has_1_to_100_items(reader, size):
    for path in ("/v1/keys", "/v1/audit"):
        assert pointers(assert_problem(await reader.get(path, params={"page_size": size}), 422)) == ["/page_size"]


async def test_every_accepted_change_is_in_the_audit_with_its_author(admin, database):
    key, secret = await new_key(database, Scope.WRITE, Scope.CHECK, name="News desk")
    headers = {**bearer(secret), "X-Request-Id": "req-7"}
    claim = await admin.post("/v1/claims", json=CLAIM, headers=headers)
    refused = [
        await admin.post("/v1/claims", json={}, headers=headers),
        await admin.post("/v1/keys", json=NEW, headers=headers),
        await admin.get(claim.headers["location"], headers=headers),
        await admin.delete("/v1/keys/0199b1c2-7a3e-7c11-8f6a-2d1e5b0c9a77"),
    ]
    assert [answer.status_code for answer in refused] == [422, 403, 200, 404]
    assert (await admin.post("/v1/checks", json=CHECK, headers=headers)).status_code == 201
    made = await admin.post("/v1/keys", json=NEW)
    await admin.delete(made.headers["location"])
    answer = await admin.get("/v1/audit")
    await assert_documented(admin, answer, "AuditPage")
    entries = answer.json()["items"]
    assert [(entry["operation"], entry["resource"], entry["key_name"]) for entry in entries] == [
        ("revokeKey", made.headers["location"], "Admin"),
        ("createKey", made.headers["location"], "Admin"),
        ("createClaim", claim.headers["location"], "News desk"),
    ]
    assert entries[2]["key_id"] == str(key.id)
    assert entries[2]["key_prefix"] == key.prefix
    assert entries[2]["request_id"] == "req-7"
    assert entries[2]["address"] == "127.0.0.1"
    assert entries[0]["request_id"] != entries[1]["request_id"]
    by_key = (await admin.get("/v1/audit", params={"key_id": str(key.id)})).json()["items"]
    by_resource = (await admin.get("/v1/audit", params={"resource": claim.headers["location"]})).json()["items"]
    assert by_key == by_resource == entries[2:]
    assert [len(page) for page in await pages(admin, "/v1/audit", page_size=2)] == [2, 1]


async def test_what_is_done_without_a_key_is_in_the_audit_too(database):
    async with client_of(database) as client:
        await client.post("/v1/claims", json=CLAIM)
        (entry,) = (await client.get("/v1/audit")).json()["items"]
    assert (entry["operation"], entry["key_id"], entry["address"]) == ("createClaim", None, "127.0.0.1")


async def test_without_its_audit_row_nothing_is_changed(admin, database):
    async with database.each() as connection:
        await connection.execute(text("ALTER TABLE audit RENAME TO lost"))
    assert_problem(await admin.post("/v1/claims", json=CLAIM), 503)
    assert await count(database, "claims") == 0
