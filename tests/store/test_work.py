"""One transaction for all that a request changes."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from service.errors import Conflict, Unavailable
from service.store.session import Database
from service.store.work import UnitOfWork


async def add(connection: AsyncConnection, name: str) -> None:
    insert = text("INSERT INTO publishers (public_id, name) VALUES (gen_random_uuid(), :name)")
    await connection.execute(insert, {"name": name})


async def names(database: Database) -> list[str]:
    async with database.read() as connection:
        return list((await connection.execute(text("SELECT name FROM publishers ORDER BY name"))).scalars())


async def test_nothing_is_there_before_the_commit_and_all_of_it_after(database: Database) -> None:
    work = UnitOfWork(database)
    assert not work.begun
    for name in ("a", "b"):
        async with work.write() as connection:
            await add(connection, name)
    assert work.begun
    assert await names(database) == []
    assert await names(work) == ["a", "b"], "it sees its own changes"
    await work.commit(lambda connection: add(connection, "last"))
    assert await names(database) == ["a", "b", "last"]
    assert not work.begun


async def test_a_rollback_leaves_nothing(database: Database) -> None:
    work = UnitOfWork(database)
    async with work.write() as connection:
        await add(connection, "a")
    await work.rollback()
    await work.rollback()
    await work.commit()
    assert await names(database) == []


async def test_the_first_block_that_raises_ends_the_transaction(database: Database) -> None:
    work = UnitOfWork(database)
    with pytest.raises(Conflict):
        async with work.write() as connection:
            await add(connection, "a")
            await add(connection, "a")
    assert not work.begun
    async with work.write() as connection:
        await add(connection, "b")
    await work.commit()
    assert await names(database) == ["b"]


async def test_a_later_block_that_raises_takes_back_only_its_own(database: Database) -> None:
    work = UnitOfWork(database)
    async with work.write() as connection:
        await add(connection, "a")
    with pytest.raises(Conflict):
        async with work.write() as connection:
            await add(connection, "b")
            await add(connection, "a")
    await work.commit()
    assert await names(database) == ["a"]


async def test_the_last_change_decides_on_all(database: Database) -> None:
    async def refuse(connection: AsyncConnection) -> None:
        await add(connection, "a")

    work = UnitOfWork(database)
    async with work.write() as connection:
        await add(connection, "a")
    with pytest.raises(Conflict):
        await work.commit(refuse)
    assert await names(database) == []


async def test_the_last_change_may_be_the_only_one(database: Database) -> None:
    await UnitOfWork(database).commit(lambda connection: add(connection, "a"))
    assert await names(database) == ["a"]


async def test_a_connection_lost_before_the_commit_is_unavailable(database: Database) -> None:
    work = UnitOfWork(database)
    async with work.write() as connection:
        await add(connection, "a")
        pid = await connection.scalar(text("SELECT pg_backend_pid()"))
    async with database.each() as connection:
        await connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
    with pytest.raises(Unavailable):
        await work.commit()
    assert await names(database) == []


async def test_one_connection_is_enough(database_url: str) -> None:
    database = Database(database_url, pool_size=1, timeout=1.0)
    work = UnitOfWork(database)
    async with work.write() as connection:
        await add(connection, "a")
        assert await names(work) == ["a"]
    await work.commit()
    assert await names(database) == ["a"]
    await database.close()
