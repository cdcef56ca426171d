"""Who changed what, and when: one row for each accepted change, written in its transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import uuid6
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from service.store.access_tables import api_keys, audit


@dataclass(frozen=True, slots=True)
class Deed:
    """A change about to be recorded. ``resource``: the path of what was changed. ``address``: None at a terminal."""

    operation: str
    resource: str
    key_id: UUID | None = None
    request_id: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A recorded change. The key is named as it is now; ``key_prefix`` names it for good."""

    id: UUID
    at: datetime
    operation: str
    resource: str
    key_id: UUID | None
    key_name: str | None
    key_prefix: str | None
    request_id: str | None
    address: str | None


async def record(connection: AsyncConnection, deed: Deed, now: datetime) -> None:
    """Add a row, in the caller's transaction. ``now``: aware, UTC."""
    await connection.execute(
        insert(audit).values(
            id=UUID(bytes=uuid6.uuid7().bytes),
            at=now,
            key_id=deed.key_id,
            operation=deed.operation,
            resource=deed.resource,
            request_id=deed.request_id,
            address=deed.address,
        )
    )


async def list_entries(
    connection: AsyncConnection,
    limit: int,
    before: UUID | None = None,
    key_id: UUID | None = None,
    resource: str | None = None,
) -> list[Entry]:
    """Changes, newest first, from the one before ``before``; of one key or one resource where asked for."""
    query = (
        select(audit, api_keys.c.name.label("key_name"), api_keys.c.prefix.label("key_prefix"))
        .outerjoin(api_keys)
        .order_by(audit.c.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(audit.c.id < before)
    if key_id is not None:
        query = query.where(audit.c.key_id == key_id)
    if resource is not None:
        query = query.where(audit.c.resource == resource)
    return [
        Entry(
            row.id,
            row.at,
            row.operation,
            row.resource,
            row.key_id,
            row.key_name,
            row.key_prefix,
            row.request_id,
            row.address,
        )
        for row in await connection.execute(query)
    ]
