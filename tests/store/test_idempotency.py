"""Reservations of idempotency keys: one first request, whatever dies and however late it is."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from service.store import idempotency
from service.store.idempotency import LEASE, Answered, Asked, Reserved, UnderWay
from service.store.session import Database

ASKED = Asked(UUID(int=1), "a key", bytes(32))
HEADERS = {"content-type": "application/json"}


async def reserve(database: Database, asked: Asked = ASKED) -> Reserved | UnderWay | Answered:
    async with database.each() as connection:
        return await idempotency.reserve(connection, asked)


async def first(database: Database, asked: Asked = ASKED) -> UUID:
    found = await reserve(database, asked)
    assert isinstance(found, Reserved)
    return found.attempt


async def complete(database: Database, attempt: UUID, body: bytes = b"{}") -> bool:
    async with database.write() as connection:
        return await idempotency.complete(connection, ASKED, attempt, 201, HEADERS, body)


async def age(database: Database, by: timedelta) -> None:
    async with database.each() as connection:
        await connection.execute(
            text("UPDATE idempotency_keys SET started_at = started_at - CAST(:by AS interval)"), {"by": by}
        )


async def test_the_first_is_let_in_and_the_next_is_told(database: Database) -> None:
    attempt = await first(database)
    found = await reserve(database)
    assert isinstance(found, UnderWay)
    assert timedelta(0) < found.remaining <= LEASE
    assert await complete(database, attempt)
    assert await reserve(database) == Answered(ASKED.fingerprint, 201, HEADERS, b"{}")


async def test_of_many_at_once_one_is_the_first(database: Database) -> None:
    found = await asyncio.gather(*(reserve(database) for _ in range(100)))
    assert sum(isinstance(each, Reserved) for each in found) == 1


async def test_owners_do_not_meet(database: Database) -> None:
    await first(database)
    await first(database, Asked(UUID(int=2), ASKED.key, ASKED.fingerprint))


async def test_what_is_released_is_free_again(database: Database) -> None:
    attempt = await first(database)
    async with database.each() as connection:
        await idempotency.release(connection, ASKED, attempt)
    await first(database)


async def test_what_was_answered_is_not_released(database: Database) -> None:
    attempt = await first(database)
    await complete(database, attempt)
    async with database.each() as connection:
        await idempotency.release(connection, ASKED, attempt)
    assert isinstance(await reserve(database), Answered)


async def test_a_dead_first_request_gives_way_and_cannot_come_back(database: Database) -> None:
    dead = await first(database)
    await age(database, LEASE + timedelta(seconds=1))
    second = await first(database)
    assert second != dead
    assert not await complete(database, dead, b"late")
    assert await complete(database, second, b"second")
    found = await reserve(database)
    assert isinstance(found, Answered)
    assert found.body == b"second"


async def test_answers_are_kept_for_a_day(database: Database) -> None:
    await complete(database, await first(database))
    await age(database, timedelta(hours=23, minutes=59))
    assert isinstance(await reserve(database), Answered)
    async with database.each() as connection:
        await idempotency.forget_answers(connection)
    assert isinstance(await reserve(database), Answered)
    await age(database, timedelta(minutes=2))
    await first(database)


async def test_old_answers_are_removed(database: Database) -> None:
    await complete(database, await first(database))
    await age(database, timedelta(hours=25))
    async with database.each() as connection:
        await idempotency.forget_answers(connection)
        assert await connection.scalar(text("SELECT count(*) FROM idempotency_keys")) == 0
