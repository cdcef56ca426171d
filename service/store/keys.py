"""API keys in the database, and the one statement that admits a request: who is asking, and may they ask that much?

Nothing is cached: a key that was revoked is refused by every process from its next request on.

A caller's quota is kept as one moment, when it will be whole again (the generic cell rate algorithm): a unit moves that
moment on by a minute divided by the limit, and a request is refused that would move it more than a minute ahead. So
a caller may spend a minute's quota at once, and then gets it back evenly; the row is changed by one statement, which
holds for any number of processes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import uuid6
from sqlalchemy import RowMapping, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from service.credentials import ApiKey, Credential, NewKey, Scope
from service.store.access_tables import api_keys
from service.store.session import rows

WINDOW: Final = 60
"""Seconds that every limit is about."""


@dataclass(frozen=True, slots=True)
class Account:
    """Whose quota pays: a bucket's name and its units a minute."""

    bucket: str
    rate: int


@dataclass(frozen=True, slots=True)
class Payment:
    """What came of spending. ``remaining``: units left now. ``whole_in``, ``wait``: how long until the quota is whole
    again, and until what was refused would be granted (none where it was granted).
    """

    account: Account
    granted: bool
    remaining: int
    whole_in: timedelta
    wait: timedelta


@dataclass(frozen=True, slots=True)
class Admission:
    """What the database knows of a caller. ``digest`` is that of the key found by its prefix, whoever presents it."""

    key: ApiKey | None
    digest: bytes | None
    now: datetime
    keyed: bool
    """Whether there has ever been a key."""
    payment: Payment | None


_STEP: Final = "floor(60000000.0 / rate) * interval '1 microsecond'"
# A moment further off than a whole quota was written by a clock that has been put back since: nobody waits for it.
_FROM: Final = f"CASE WHEN held.full_at > now() + interval '{WINDOW} seconds' THEN now() ELSE held.full_at END"
_LATER: Final = f"greatest({_FROM}, now()) + (excluded.full_at - now())"
_SPENT: Final = f"""
    INSERT INTO rate_limits AS held (bucket, full_at)
    SELECT bucket, now() + least(cost, rate) * {_STEP} FROM account
    ON CONFLICT (bucket) DO UPDATE SET full_at = {_LATER} WHERE {_LATER} <= now() + interval '60 seconds'
    RETURNING full_at
"""  # noqa: S608  # constants of ours

_ADMIT: Final = f"""
    WITH found AS (
        SELECT * FROM api_keys WHERE prefix = $1::text
    ), valid AS (
        SELECT * FROM found
        WHERE digest = $2::bytea AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
    ), known AS (
        SELECT keyed, CASE WHEN keyed THEN $5::integer ELSE $6::integer END AS rate
        FROM (SELECT EXISTS (SELECT FROM api_keys) AS keyed) AS ever
    ), account AS (
        SELECT 'key ' || id AS bucket, coalesce(rate_limit, $4::integer) AS rate, 1 AS cost FROM valid
        UNION ALL
        SELECT $3::text, rate, 1 FROM known WHERE rate IS NOT NULL AND NOT EXISTS (SELECT FROM valid)
    ), spent AS ({_SPENT})
    SELECT now() AS now, keyed, found.*, account.bucket, account.rate, spent.full_at, held.full_at AS held_until
    FROM known
    LEFT JOIN found ON true
    LEFT JOIN account ON true
    LEFT JOIN spent ON true
    LEFT JOIN rate_limits held ON held.bucket = account.bucket
"""  # noqa: S608  # constants of ours

_SPEND: Final = f"""
    WITH account AS (SELECT $1::text AS bucket, $2::integer AS rate, $3::integer AS cost), spent AS ({_SPENT})
    SELECT now() AS now, account.bucket, account.rate, spent.full_at, held.full_at AS held_until
    FROM account LEFT JOIN spent ON true LEFT JOIN rate_limits held ON held.bucket = account.bucket
"""  # noqa: S608  # constants of ours

_FORGET: Final = text("DELETE FROM rate_limits WHERE full_at < now()")


async def admit(
    connection: AsyncConnection,
    credential: Credential | None,
    address: str,
    *,
    key_rate: int,
    stranger_rate: int | None,
    open_rate: int | None,
) -> Admission:
    """Look up who asks, and take one unit from the quota of the key, or of the address where no valid key came.

    ``key_rate``: units a minute of a key that has no limit of its own; ``stranger_rate``: of an address, once there
    are keys; ``open_rate``: of an address, while there is none; None for no limit. ``connection`` commits by itself.
    """
    prefix, digest = (credential.prefix, credential.digest) if credential else (None, None)
    (row,) = await rows(connection, _ADMIT, prefix, digest, address, key_rate, stranger_rate, open_rate)
    payment = None if row["bucket"] is None else _payment(row, 1)
    if row["id"] is None:
        return Admission(None, None, row["now"], row["keyed"], payment)
    return Admission(_key(row), row["digest"], row["now"], row["keyed"], payment)


async def spend(connection: AsyncConnection, account: Account, cost: int) -> Payment:
    """Take ``cost`` units, or none if they are not there. A cost above a minute's quota counts as the whole quota."""
    (row,) = await rows(connection, _SPEND, account.bucket, account.rate, cost)
    return _payment(row, cost)


async def forget_spent(connection: AsyncConnection) -> None:
    """Remove the rows of all quotas that are whole."""
    await connection.execute(_FORGET)


async def any_key(connection: AsyncConnection) -> bool:
    """Whether there has ever been a key, valid or not."""
    return (await connection.execute(select(api_keys.c.id).limit(1))).first() is not None


async def insert_key(connection: AsyncConnection, new: NewKey, credential: Credential, now: datetime) -> ApiKey:
    """Store a key by its digest. ``now``: aware, UTC."""
    key = ApiKey(
        UUID(bytes=uuid6.uuid7().bytes), new.name, credential.prefix, new.scopes, now, new.rate_limit, new.expires_at
    )
    await connection.execute(
        insert(api_keys).values(
            id=key.id,
            name=key.name,
            prefix=key.prefix,
            digest=credential.digest,
            scopes=[scope.value for scope in key.scopes],
            rate_limit=key.rate_limit,
            created_at=now,
            expires_at=key.expires_at,
        )
    )
    return key


async def get_key(connection: AsyncConnection, key_id: UUID) -> ApiKey | None:
    """The key, or None."""
    row = (await connection.execute(select(api_keys).where(api_keys.c.id == key_id))).mappings().one_or_none()
    return None if row is None else _key(row)


async def find_key(connection: AsyncConnection, prefix: str) -> ApiKey | None:
    """The key with this prefix, or None."""
    row = (await connection.execute(select(api_keys).where(api_keys.c.prefix == prefix))).mappings().one_or_none()
    return None if row is None else _key(row)


async def list_keys(connection: AsyncConnection, limit: int | None = None, before: UUID | None = None) -> list[ApiKey]:
    """Keys, newest first, from the one made before ``before``."""
    query = select(api_keys).order_by(api_keys.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(api_keys.c.id < before)
    return [_key(row) for row in (await connection.execute(query)).mappings()]


async def revoke_key(connection: AsyncConnection, key_id: UUID, now: datetime) -> ApiKey | None:
    """Refuse the key from now on; the key as it then stands, or None. One that was revoked keeps its moment."""
    await connection.execute(
        update(api_keys).where(api_keys.c.id == key_id, api_keys.c.revoked_at.is_(None)).values(revoked_at=now)
    )
    return await get_key(connection, key_id)


def _key(row: Mapping[str, Any] | RowMapping) -> ApiKey:
    scopes: Sequence[str] = row["scopes"]
    return ApiKey(
        row["id"],
        row["name"],
        row["prefix"],
        tuple(Scope(scope) for scope in scopes),
        row["created_at"],
        row["rate_limit"],
        row["expires_at"],
        row["revoked_at"],
    )


def _payment(row: Mapping[str, Any], cost: int) -> Payment:
    account = Account(row["bucket"], row["rate"])
    step = timedelta(microseconds=60_000_000 // account.rate)
    # Where it was refused, the statement's own snapshot tells how far; another request may have moved it since.
    until = row["full_at"] or row["held_until"] or row["now"] + timedelta(seconds=WINDOW)
    whole_in = max(until - row["now"], timedelta(0))
    room = max(timedelta(seconds=WINDOW) - whole_in, timedelta(0))
    missing = min(cost, account.rate) * step - room
    granted = row["full_at"] is not None
    wait = timedelta(0) if granted else max(missing, timedelta(microseconds=1))
    return Payment(account, granted, min(room // step, account.rate), whole_in, wait)
