"""Connections: transactions, readiness, and errors that are ours."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from service.errors import Conflict, Unavailable
from service.store.session import Database, asyncpg_url, rows
from tests.conftest import Cluster

PUBLISHER = text("INSERT INTO publishers (public_id, name, site) VALUES (gen_random_uuid(), 'A', 'a.example')")


async def publishers(database: Database) -> int:
    async with database.read() as connection:
        return int(await connection.scalar(text("SELECT count(*) FROM publishers")) or 0)


async def test_a_write_is_committed_at_the_end(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(PUBLISHER)
        assert await publishers(database) == 0
    assert await publishers(database) == 1


async def test_a_write_that_raises_leaves_nothing(database: Database) -> None:
    with pytest.raises(RuntimeError):
        async with database.write() as connection:
            await connection.execute(PUBLISHER)
            raise RuntimeError
    assert await publishers(database) == 0


async def test_a_broken_uniqueness_is_a_conflict(database: Database) -> None:
    with pytest.raises(Conflict):
        async with database.write() as connection:
            await connection.execute(PUBLISHER)
            await connection.execute(PUBLISHER)
    assert await publishers(database) == 0


async def test_a_broken_check_is_our_own_mistake(database: Database) -> None:
    with pytest.raises(DBAPIError):
        async with database.write() as connection:
            await connection.execute(text("INSERT INTO publishers (public_id, name) VALUES (gen_random_uuid(), '')"))


async def test_ready(database: Database) -> None:
    assert (await database.readiness()).ready


async def test_not_migrated(cluster: Cluster) -> None:
    url = cluster.create()
    database = Database(url)
    state = await database.readiness()
    assert (state.reachable, state.migrated, state.ready) == (True, False, False)
    assert "factcheck migrate" in state.detail
    with pytest.raises(Unavailable, match="factcheck migrate"):
        await publishers(database)
    await database.close()
    cluster.drop(url)


async def test_not_reachable() -> None:
    database = Database("postgresql://nobody:secret@127.0.0.1:1/nothing", timeout=2)
    state = await database.readiness()
    assert (state.reachable, state.ready) == (False, False)
    assert "secret" not in state.detail
    with pytest.raises(Unavailable):
        await publishers(database)
    await database.close()


async def test_no_such_database(cluster: Cluster) -> None:
    database = Database(str(asyncpg_url(cluster.url).set(database="absent")))
    assert not (await database.readiness()).reachable
    await database.close()


async def test_every_connection_in_use(database_url: str) -> None:
    database = Database(database_url, pool_size=1, timeout=0.2)
    async with database.read():
        with pytest.raises(Unavailable):
            await publishers(database)
    assert await publishers(database) == 0
    await database.close()


async def test_a_statement_that_takes_too_long(database_url: str) -> None:
    database = Database(database_url, timeout=0.3)
    with pytest.raises(Unavailable):
        async with database.read() as connection:
            await connection.execute(text("SELECT pg_sleep(30)"))
    assert await publishers(database) == 0
    await database.close()


async def test_connections_cut_by_the_server_are_replaced(database: Database, cluster: Cluster) -> None:
    assert await publishers(database) == 0
    other = Database(cluster.url)
    async with other.read() as connection:
        await connection.execute(
            text("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = :name"),
            {"name": await _name(database)},
        )
    await other.close()
    assert await publishers(database) == 0


async def _name(database: Database) -> str:
    async with database.read() as connection:
        return str(await connection.scalar(text("SELECT current_database()")))


async def test_a_connection_cut_in_the_middle_is_unavailable(database: Database) -> None:
    with pytest.raises(Unavailable):
        async with database.write() as connection:
            await connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    assert await publishers(database) == 0


async def test_a_connection_the_driver_has_lost_count_of_is_given_up(database: Database) -> None:
    """As when the server ended it while it was idle: it may still pass for open."""
    with pytest.raises(Unavailable):
        async with database.read() as connection:
            first = (await connection.get_raw_connection()).driver_connection
            raise asyncpg.InternalClientError("cannot switch to state 15; another operation is in progress")
    async with database.read() as connection:
        assert (await connection.get_raw_connection()).driver_connection is not first
    assert first is not None
    assert first.is_closed()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("postgres://u:p@h:1/d", "postgresql+asyncpg://u:p@h:1/d"),
        ("postgresql://u@h/d?sslmode=require", "postgresql+asyncpg://u@h/d?ssl=require"),
        ("postgresql://u@h:6432/d?pooler=transaction", "postgresql+asyncpg://u@h:6432/d"),
        ("postgresql+asyncpg:///d?host=/s", "postgresql+asyncpg:///d?host=/s"),
        ("postgresql://u:p%40ss%2F@h/d", "postgresql+asyncpg://u:p%40ss%2F@h/d"),
    ],
)
def test_urls(given: str, expected: str) -> None:
    assert asyncpg_url(given).render_as_string(hide_password=False).replace("%2Fs", "/s") == expected


async def test_rows_by_the_driver_belong_to_the_block_they_are_asked_in(database: Database) -> None:
    insert = "INSERT INTO publishers (public_id, name) VALUES (gen_random_uuid(), $1) RETURNING name"
    with pytest.raises(RuntimeError):
        async with database.write() as connection:
            assert await rows(connection, insert, "A") == [("A",)]
            raise RuntimeError
    assert await publishers(database) == 0
    async with database.single() as connection:
        await rows(connection, insert, "A")
        assert await publishers(database) == 1


async def test_what_the_driver_says_becomes_our_error(database: Database) -> None:
    twice = "INSERT INTO publishers (public_id, name) VALUES (gen_random_uuid(), 'A'), (gen_random_uuid(), 'A')"
    with pytest.raises(Conflict):
        async with database.single() as connection:
            await rows(connection, twice)
    with pytest.raises(Unavailable, match="factcheck migrate"):
        async with database.read() as connection:
            await rows(connection, "SELECT * FROM absent")
    with pytest.raises(Unavailable, match="lost"):
        async with database.read() as connection:
            await rows(connection, "SELECT pg_terminate_backend(pg_backend_pid())")
    async with database.read() as connection:
        assert await rows(connection, "SELECT $1::int", 1) == [(1,)]
    with pytest.raises(asyncpg.DataError):
        async with database.read() as connection:
            await rows(connection, "SELECT $1::int", "one")


async def test_a_closed_connection_is_lost(database: Database) -> None:
    with pytest.raises(Unavailable, match="lost"):
        async with database.read() as connection:
            await (await connection.get_raw_connection()).driver_connection.close()
            await rows(connection, "SELECT 1")


async def test_who_waits_for_a_connection_gets_it_before_who_comes_later(database_url: str) -> None:
    database = Database(database_url, pool_size=1, timeout=30)
    order: list[str] = []

    async def wait() -> None:
        async with database.read():
            order.append("the one who waited")

    try:
        async with database.read():
            waiting = asyncio.create_task(wait())
            for _ in range(5):
                await asyncio.sleep(0)
            assert database.pool().waiting == 1
        # At once, before the other one has had a chance to go on.
        async with database.read():
            order.append("the one who came back")
        await waiting
    finally:
        await database.close()
    assert order == ["the one who waited", "the one who came back"]
