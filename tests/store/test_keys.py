"""Keys in the database, the statement that admits, and limits that several processes keep together."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from service.credentials import ApiKey, Credential, NewKey, Scope, make_secret, read_secret
from service.store import keys
from service.store.keys import Account, Admission, Payment
from service.store.session import Database

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def credential() -> Credential:
    read = read_secret(make_secret())
    assert read is not None
    return read


async def store(database: Database, given: Credential, rate_limit: int | None = None, **moments: datetime) -> ApiKey:
    async with database.write() as connection:
        key = await keys.insert_key(
            connection, NewKey("a key", (Scope.CHECK, Scope.READ), rate_limit, moments.get("expires_at")), given, NOW
        )
        if "revoked_at" in moments:
            await keys.revoke_key(connection, key.id, moments["revoked_at"])
        return key


async def admit(
    database: Database, given: Credential | None, stranger_rate: int | None = 60, open_rate: int | None = None
) -> Admission:
    async with database.each() as connection:
        return await keys.admit(
            connection, given, "address 192.0.2.1", key_rate=600, stranger_rate=stranger_rate, open_rate=open_rate
        )


async def test_without_keys_nobody_pays(database: Database) -> None:
    assert not (await admit(database, None)).keyed
    found = await admit(database, credential())
    assert (found.key, found.keyed, found.payment) == (None, False, None)
    async with database.read() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM rate_limits")) == 0


async def test_without_keys_an_address_pays_where_it_is_limited(database: Database) -> None:
    payment = (await admit(database, None, open_rate=30)).payment
    assert payment is not None
    assert (payment.account, payment.granted, payment.remaining) == (Account("address 192.0.2.1", 30), True, 29)


async def test_a_valid_key_is_found_and_pays(database: Database) -> None:
    given = credential()
    key = await store(database, given)
    found = await admit(database, given)
    assert found.key == key
    assert found.digest == given.digest
    assert found.keyed
    assert found.payment is not None
    assert found.payment.account == Account(f"key {key.id}", 600)


@pytest.mark.parametrize("moment", ["expires_at", "revoked_at"])
async def test_a_key_past_its_time_is_found_and_its_address_pays(database: Database, moment: str) -> None:
    given = credential()
    await store(database, given, **{moment: NOW})
    found = await admit(database, given)
    assert found.key is not None
    assert getattr(found.key, moment) == NOW
    assert found.payment is not None
    assert found.payment.account == Account("address 192.0.2.1", 60)


async def test_who_knows_only_the_prefix_cannot_spend_the_keys_quota(database: Database) -> None:
    given = credential()
    key = await store(database, given, rate_limit=1)
    for _ in range(3):
        found = await admit(database, Credential(given.prefix, bytes(32)))
        assert found.payment is not None
        assert found.payment.account.bucket == "address 192.0.2.1"
    found = await admit(database, given)
    assert found.payment == Payment(
        Account(f"key {key.id}", 1), granted=True, remaining=0, whole_in=timedelta(minutes=1), wait=timedelta(0)
    )


async def test_the_list_is_newest_first_and_goes_on_behind_any(database: Database) -> None:
    made = [(await store(database, credential())).id for _ in range(5)]
    async with database.read() as connection:
        assert [key.id for key in await keys.list_keys(connection)] == made[::-1]
        assert [key.id for key in await keys.list_keys(connection, 2, made[3])] == [made[2], made[1]]
        assert await keys.get_key(connection, UUID(int=0)) is None


async def test_revoking_twice_keeps_the_first_moment(database: Database) -> None:
    key = await store(database, credential())
    async with database.write() as connection:
        first = await keys.revoke_key(connection, key.id, NOW)
        second = await keys.revoke_key(connection, key.id, NOW + timedelta(days=1))
        assert await keys.revoke_key(connection, UUID(int=0), NOW) is None
    assert first == second
    assert first is not None
    assert first.revoked_at == NOW


async def spend(database: Database, cost: int, rate: int = 10, bucket: str = "key a") -> Payment:
    async with database.each() as connection:
        return await keys.spend(connection, Account(bucket, rate), cost)


async def rewind(database: Database, seconds: float) -> None:
    """As if this much time had passed."""
    async with database.each() as connection:
        await connection.execute(
            text("UPDATE rate_limits SET full_at = full_at - make_interval(secs => :seconds)"), {"seconds": seconds}
        )


async def test_a_minutes_quota_can_be_spent_at_once_and_comes_back_evenly(database: Database) -> None:
    left = [await spend(database, 1) for _ in range(10)]
    assert [payment.remaining for payment in left] == list(range(9, -1, -1))
    assert all(payment.granted for payment in left)
    refused = await spend(database, 1)
    assert not refused.granted
    assert timedelta(seconds=5) < refused.wait <= timedelta(seconds=6)
    assert refused.remaining == 0
    await rewind(database, 6)
    assert (await spend(database, 1)).granted
    assert not (await spend(database, 1)).granted
    await rewind(database, 3_600)
    assert (await spend(database, 1)).remaining == 9


async def test_what_is_refused_costs_nothing(database: Database) -> None:
    assert (await spend(database, 6)).granted
    refused = await spend(database, 6)
    assert (refused.granted, refused.remaining) == (False, 4)
    assert timedelta(seconds=11) < refused.wait <= timedelta(seconds=12)
    assert (await spend(database, 4)).granted


async def test_more_than_a_quota_takes_a_whole_one(database: Database) -> None:
    assert (await spend(database, 1_000)).granted
    assert not (await spend(database, 1)).granted
    await rewind(database, 60)
    assert (await spend(database, 1_000)).granted


@pytest.mark.parametrize("rate", [1, 7, 59, 61, 999, 1_000_000])
async def test_every_rate_grants_just_its_quota(database: Database, rate: int) -> None:
    assert (await spend(database, rate, rate)).granted
    assert not (await spend(database, rate, rate)).granted
    singles = [await spend(database, 1, min(rate, 61), "key b") for _ in range(min(rate, 61) + 1)]
    assert [payment.granted for payment in singles[:-1]] == [True] * min(rate, 61)


async def test_processes_share_a_limit(database: Database, database_url: str) -> None:
    others = [Database(database_url, pool_size=4) for _ in range(2)]
    payments = await asyncio.gather(*(spend(others[turn % 2], 1) for turn in range(60)))
    assert sum(payment.granted for payment in payments) == 10
    for other in others:
        await other.close()


async def test_quotas_that_are_whole_are_forgotten(database: Database) -> None:
    await spend(database, 10, bucket="key a")
    await spend(database, 1, bucket="key b")
    await rewind(database, 30)
    async with database.each() as connection:
        await keys.forget_spent(connection)
        assert list((await connection.execute(text("SELECT bucket FROM rate_limits"))).scalars()) == ["key a"]
