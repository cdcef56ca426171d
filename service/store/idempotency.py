"""Requests that may be sent again: the first is carried out, every other under the same key gets its answer.

How a repetition can never write twice, and a dead first request holds nobody up for long:

1. A request reserves its key by inserting a row, committed at once, with an ``attempt`` of its own. The primary key
   lets one request in, whatever process it comes to; the others find the row.
2. Its answer is put into that row in the transaction that holds its changes, and only if the row still carries its
   attempt. So either both are there or neither: a process killed at any moment leaves a row without an answer and no
   changes, or the changes and their answer.
3. A row without an answer is a request under way, or a dead one. After ``LEASE`` it is taken for dead, and the next
   request puts its own attempt into the row. Should the first be alive after all, it finds its attempt gone when it
   wants to commit, and takes its changes back (``complete`` returns False).

A request that fails for a reason of the moment takes its row away again (``release``), so the next is a first one.
An advisory lock would free the key of a killed process at once, but would have to hold a connection for as long as the
request runs, and a long check would keep one from all others; waiting some seconds after a crash costs less.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import uuid6
from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from service.store.access_tables import idempotency_keys as held

KEPT: Final = timedelta(hours=24)
"""How long an answer is repeated."""

LEASE: Final = timedelta(seconds=30)
"""How long a first request may take before it counts as dead."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request under a key: whose key (the nil UUID without an API key), the key, and a SHA-256 of the request."""

    owner: UUID
    key: str
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class Reserved:
    """This request is the first, and is to be carried out under this attempt."""

    attempt: UUID


@dataclass(frozen=True, slots=True)
class UnderWay:
    """The first request has no answer yet; it is taken for dead after ``remaining``."""

    fingerprint: bytes
    remaining: timedelta


@dataclass(frozen=True, slots=True)
class Answered:
    """What the first request was answered."""

    fingerprint: bytes
    status: int
    headers: Mapping[str, str]
    body: bytes


async def reserve(connection: AsyncConnection, asked: Asked) -> Reserved | UnderWay | Answered:
    """Become the first request under a key, or learn what came of the first. ``connection`` commits by itself."""
    while True:
        attempt = UUID(bytes=uuid6.uuid7().bytes)
        fresh = {"fingerprint": asked.fingerprint, "attempt": attempt, "started_at": func.now()}
        emptied = {"status": None, "headers": None, "body": None}
        statement = (
            insert(held)
            .values(owner=asked.owner, key=asked.key, **fresh)
            .on_conflict_do_update(
                index_elements=[held.c.owner, held.c.key],
                set_={**fresh, **emptied},
                where=or_(
                    held.c.started_at < func.now() - KEPT,
                    held.c.status.is_(None) & (held.c.started_at < func.now() - LEASE),
                    # begun in the future, by a clock that has been put back since
                    held.c.status.is_(None) & (held.c.started_at > func.now() + LEASE),
                ),
            )
            .returning(held.c.attempt)
        )
        if (await connection.execute(statement)).first() is not None:
            return Reserved(attempt)
        found = (
            await connection.execute(
                select(held, func.now().label("now")).where(held.c.owner == asked.owner, held.c.key == asked.key)
            )
        ).first()
        if found is None:
            continue  # released between the two statements
        if found.status is None:
            started: datetime = found.started_at
            return UnderWay(found.fingerprint, max(started + LEASE - found.now, timedelta(0)))
        return Answered(found.fingerprint, found.status, found.headers, found.body)


async def complete(
    connection: AsyncConnection, asked: Asked, attempt: UUID, status: int, headers: Mapping[str, str], body: bytes
) -> bool:
    """Keep the answer, in the caller's transaction. False where another request has taken over: then roll back."""
    done = await connection.execute(
        update(held)
        .where(held.c.owner == asked.owner, held.c.key == asked.key, held.c.attempt == attempt)
        .values(status=status, headers=dict(headers), body=body)
    )
    return done.rowcount == 1


async def release(connection: AsyncConnection, asked: Asked, attempt: UUID) -> None:
    """Forget the attempt, so that the next request is a first one; an attempt that was completed stays.

    The latter matters where a connection broke while it committed: nobody knows then whether the answer is there.
    """
    mine = (held.c.owner == asked.owner) & (held.c.key == asked.key) & (held.c.attempt == attempt)
    await connection.execute(delete(held).where(mine, held.c.status.is_(None)))


async def forget_answers(connection: AsyncConnection) -> None:
    """Remove what has been kept long enough."""
    await connection.execute(delete(held).where(held.c.started_at < func.now() - KEPT))
