"""Who is let in, apart from HTTP; and what is cleared away."""

from __future__ import annotations

import logging

import pytest
from sqlalchemy import text

from service.access import Doorkeeper, Limits, Trusting, Visitor, make_key
from service.credentials import NewKey, Scope
from service.recording import Upkeep
from service.store.session import Database

HERE = Visitor("127.0.0.1", local=True)
ELSEWHERE = Visitor("192.0.2.7", local=False)


async def test_what_is_open_to_this_machine_stays_so_with_keys(database: Database) -> None:
    _, secret = await make_key(database, NewKey("admin", (Scope.ADMIN,)))
    _, lesser = await make_key(database, NewKey("reader", (Scope.READ,)))
    doorkeeper = Doorkeeper(database, Limits(), opens=True)
    for visitor, presented, admitted in (
        (HERE, None, True),
        (HERE, lesser, False),
        (ELSEWHERE, None, False),
        (ELSEWHERE, lesser, False),
        (ELSEWHERE, secret, True),
    ):
        ruling = await doorkeeper.admit(presented, visitor, Scope.ADMIN, local=True)
        assert (ruling.caller is not None) == admitted
        assert (ruling.refusal is None) == admitted


async def test_who_owns_the_database_needs_no_key(database: Database) -> None:
    await make_key(database, NewKey("admin", (Scope.ADMIN,)))
    ruling = await Trusting(database).admit(None, ELSEWHERE, Scope.ADMIN)
    assert ruling.caller is not None


async def test_what_has_had_its_time_is_cleared_away_now_and_then(database: Database) -> None:
    async with database.each() as connection:
        await connection.execute(text("INSERT INTO rate_limits VALUES ('key a', now() - interval '1 s')"))

    async def left() -> int:
        async with database.read() as connection:
            return int(await connection.scalar(text("SELECT count(*) FROM rate_limits")) or 0)

    await Upkeep(database, every=3_600).tidy_when_due()
    assert await left() == 1
    await Upkeep(database, every=0).tidy_when_due()
    assert await left() == 0


async def test_a_database_that_is_gone_does_not_fail_the_request_that_would_tidy(
    caplog: pytest.LogCaptureFixture,
) -> None:
    database = Database("postgresql://nobody@127.0.0.1:1/nothing", timeout=1.0)
    with caplog.at_level(logging.WARNING):
        await Upkeep(database, every=0).tidy_when_due()
    assert "stay for now" in caplog.text
    await database.close()
