"""``Idempotency-Key``: what is sent again is carried out once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from service.api.problems import Refusal
from service.api.repeats import PATTERN, read_key
from service.credentials import Scope
from service.store.claims import lock_corpus
from service.store.idempotency import LEASE
from service.store.session import Database
from tests.api.conftest import client_of
from tests.api.keyed import CHECK, CLAIM, bearer, count, new_key
from tests.api.test_bad_input import assert_problem, pointers

KEY = {"Idempotency-Key": '"8e03978e-40d5-43e8-bc93-6894a57f9324"'}


@pytest.fixture
async def client(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(database) as client:
        yield client


@pytest.mark.parametrize(("path", "body", "table"), [("/v1/claims", CLAIM, "claims"), ("/v1/checks", CHECK, "checks")])
async def test_the_first_answer_is_given_again(client, database, path, body, table):
    first = await client.post(path, json=body, headers=KEY)
    assert first.status_code == 201
    assert "idempotent-replayed" not in first.headers
    again = await client.post(path, json=body, headers=KEY)
    assert again.status_code == 201
    assert again.content == first.content
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["content-type"] == first.headers["content-type"]
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["x-request-id"] != first.headers["x-request-id"]
    assert await count(database, table) == 1
    assert await count(database, "audit") == (1 if table == "claims" else 0)


async def test_without_the_header_everything_is_carried_out(client, database):
    for _ in range(2):
        await client.post("/v1/claims", json=CLAIM)
    assert await count(database, "claims") == 2
    assert await count(database, "idempotency_keys") == 0


async def test_another_request_under_the_same_key_is_refused(client, database):
    await client.post("/v1/claims", json=CLAIM, headers=KEY)
    for path, body in (("/v1/claims", {**CLAIM, "claimant": "Somebody"}), ("/v1/checks", CHECK), ("/v1/claims", {})):
        problem = assert_problem(await client.post(path, json=body, headers=KEY), 422)
        assert problem["type"].endswith(":idempotency-key-reused")
    assert await count(database, "claims") == 1
    assert await count(database, "checks") == 0


async def test_keys_of_two_callers_do_not_meet(client, database):
    _, one = await new_key(database, Scope.WRITE)
    _, other = await new_key(database, Scope.WRITE)
    ids = set()
    for secret in (one, other):
        ids |= {
            (await client.post("/v1/claims", json=CLAIM, headers={**KEY, **bearer(secret)})).json()["id"] for _ in "ab"
        }
    assert len(ids) == 2
    refused = await client.post("/v1/claims", json=CLAIM, headers=KEY)
    assert_problem(refused, 401)


async def test_an_answer_is_not_given_to_a_key_that_may_no_longer_ask(client, database):
    key, secret = await new_key(database, Scope.WRITE)
    headers = {**KEY, **bearer(secret)}
    assert (await client.post("/v1/claims", json=CLAIM, headers=headers)).status_code == 201
    async with database.each() as connection:
        await connection.execute(text("UPDATE api_keys SET scopes = '{check}' WHERE id = :id"), {"id": key.id})
    assert_problem(await client.post("/v1/claims", json=CLAIM, headers=headers), 403)


async def test_an_error_that_the_request_deserves_is_given_again(client, database):
    first = await client.post("/v1/claims", json={"text": "", "language": "en"}, headers=KEY)
    again = await client.post("/v1/claims", json={"text": "", "language": "en"}, headers=KEY)
    assert [assert_problem(first, 422)["errors"], again.status_code] == [again.json()["errors"], 422]
    assert again.headers["idempotent-replayed"] == "true"
    corrected = await client.post("/v1/claims", json=CLAIM, headers=KEY)
    assert assert_problem(corrected, 422)["type"].endswith(":idempotency-key-reused")


async def test_a_failure_of_the_moment_is_not(client, database):
    async with database.each() as connection:
        await connection.execute(text("ALTER TABLE claims RENAME TO lost"))
    for _ in range(2):
        failed = await client.post("/v1/claims", json=CLAIM, headers=KEY)
        assert_problem(failed, 503)
        assert "idempotent-replayed" not in failed.headers
    async with database.each() as connection:
        await connection.execute(text("ALTER TABLE lost RENAME TO claims"))
    assert (await client.post("/v1/claims", json=CLAIM, headers=KEY)).status_code == 201


async def test_what_never_began_is_not(client, database):
    _, secret = await new_key(database, Scope.CHECK, rate_limit=3)
    headers = {**KEY, **bearer(secret)}
    two = {"claims": CHECK["claims"] * 3}
    garbled = await client.post("/v1/checks", content=b"{", headers={**headers, "Content-Type": "application/json"})
    assert_problem(garbled, 400)
    assert_problem(await client.post("/v1/checks", json=two, headers=headers), 429)
    assert await count(database, "idempotency_keys") == 0


async def test_a_body_that_is_too_large_is_refused_before_it_is_remembered(client, database):
    body = b'{"claims":[' + b" " * 1_048_576 + b"]}"
    headers = {**KEY, "Content-Type": "application/json"}
    assert_problem(await client.post("/v1/checks", content=body, headers=headers), 413)
    assert await count(database, "idempotency_keys") == 0


@asynccontextmanager
async def held_up(database: Database) -> AsyncIterator[None]:
    """No claim can be written while this lasts."""
    async with database.write() as connection:
        await lock_corpus(connection)
        yield


async def until(database: Database, question: str) -> None:
    """Wait until the database answers yes."""
    async with asyncio.timeout(10), database.each() as connection:
        while not await connection.scalar(text(question)):  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(0.005)


async def reserved(database: Database) -> None:
    """Wait until somebody has reserved a key and waits to write."""
    question = "FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    await until(database, f"SELECT EXISTS (SELECT {question})")


async def test_while_the_first_is_under_way_the_next_is_told_to_wait(client, database):
    async with held_up(database):
        first = asyncio.create_task(client.post("/v1/claims", json=CLAIM, headers=KEY))
        await reserved(database)
        second = await client.post("/v1/claims", json=CLAIM, headers=KEY)
        problem = assert_problem(second, 409)
        assert problem["type"].endswith(":idempotency-key-in-use")
        assert int(second.headers["retry-after"]) >= 1
        other = await client.post("/v1/claims", json={**CLAIM, "language": "fa"}, headers=KEY)
        assert_problem(other, 422)
    assert (await first).status_code == 201
    assert (await client.post("/v1/claims", json=CLAIM, headers=KEY)).json() == (await first).json()


async def test_a_first_request_that_was_taken_for_dead_writes_nothing(client, database):
    async with held_up(database):
        first = asyncio.create_task(client.post("/v1/claims", json=CLAIM, headers=KEY))
        await reserved(database)
        async with database.each() as connection:
            await connection.execute(
                text("UPDATE idempotency_keys SET started_at = started_at - CAST(:lease AS interval)"), {"lease": LEASE}
            )
        second = asyncio.create_task(client.post("/v1/claims", json=CLAIM, headers=KEY))
        await until(database, "SELECT started_at > now() - interval '5 s' FROM idempotency_keys")
    statuses = {(await first).status_code: await first, (await second).status_code: await second}
    assert set(statuses) == {409, 201}
    assert await count(database, "claims") == 1
    assert await count(database, "audit") == 1
    again = await client.post("/v1/claims", json=CLAIM, headers=KEY)
    assert again.json() == statuses[201].json()


async def test_of_many_at_once_one_is_carried_out(client, database):
    async def send() -> httpx.Response:
        for _ in range(1_000):
            answer = await client.post("/v1/claims", json=CLAIM, headers=KEY)
            if answer.status_code != 409:
                break
            await asyncio.sleep(0.01)
        return answer

    answers = await asyncio.gather(*(send() for _ in range(40)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert await count(database, "claims") == 1


@pytest.mark.parametrize(
    ("value", "key"),
    [
        (b'"abc"', "abc"),
        (b'  "abc"  ', "abc"),
        (b"abc", "abc"),
        (b"8e03978e-40d5-43e8-bc93-6894a57f9324", "8e03978e-40d5-43e8-bc93-6894a57f9324"),
        (b'"a \\"b\\" c"', 'a "b" c'),
        (b'"abc";note=1', "abc"),
        (b'"' + b"a" * 255 + b'"', "a" * 255),
    ],
)
def test_keys_that_are_read(value: bytes, key: str) -> None:
    assert read_key([(b"idempotency-key", value)]) == key


@pytest.mark.parametrize(
    "value", [b"", b'""', b'"', b'"abc', b"a b", b'"a", "b"', b"?1", b";YWJj;", b'"\xc3\xa9"', b'"' + b"a" * 256 + b'"',
              b"a" * 256, b"(a b)", b'"a"b']
)  # fmt: skip
async def test_keys_that_are_not(client, database, value):
    with pytest.raises(Refusal):
        read_key([(b"idempotency-key", value)])
    headers = [(b"idempotency-key", value), (b"content-type", b"application/json")]
    problem = assert_problem(await client.post("/v1/claims", content=b"{}", headers=headers), 400)
    assert pointers(problem) == ["/Idempotency-Key"]


def test_two_keys_are_none() -> None:
    assert read_key([]) is None
    with pytest.raises(Refusal):
        read_key([(b"idempotency-key", b'"a"')] * 2)
    assert PATTERN.startswith("^")


async def test_keys_without_an_api_key_have_no_owner(client, database):
    await client.post("/v1/claims", json=CLAIM, headers=KEY)
    async with database.read() as connection:
        assert await connection.scalar(text("SELECT owner FROM idempotency_keys")) == UUID(int=0)
