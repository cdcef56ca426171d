"""Publishers in the database: who published a review, and what their labels mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import uuid6
from sqlalchemy import ARRAY, Text, Uuid, any_, bindparam, func, insert, select, text, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain import Publisher, StoredPublisher, Verdict
from service.store.tables import claims, publishers, reviews

Identity = tuple[str | None, str | None]
"""What tells publishers apart: the site, or the name where there is no site."""


@dataclass(frozen=True, slots=True)
class Named:
    """A publisher that a review names: the key of its row, its stored name and site, and its labels."""

    row_id: int
    publisher: Publisher
    labels: Mapping[str, Verdict]


_ADD: Final = text("""
    WITH incoming AS (
        SELECT DISTINCT ON (coalesce(site, ''), CASE WHEN site IS NULL THEN name END) name, site, key
        FROM unnest(:names, :sites, :keys) WITH ORDINALITY AS i (name, site, key, place)
        ORDER BY coalesce(site, ''), CASE WHEN site IS NULL THEN name END, place
    )
    INSERT INTO publishers (public_id, name, site) SELECT key, name, site FROM incoming ON CONFLICT DO NOTHING
""").bindparams(
    bindparam("names", type_=ARRAY(Text)), bindparam("sites", type_=ARRAY(Text)), bindparam("keys", type_=ARRAY(Uuid))
)

_FIND: Final = select(publishers).where(
    (publishers.c.site == any_(bindparam("sites", type_=ARRAY(Text))))
    | (publishers.c.site.is_(None) & (publishers.c.name == any_(bindparam("names", type_=ARRAY(Text)))))
)


def identity(publisher: Publisher) -> Identity:
    """What tells this publisher from others."""
    site = publisher.site.lower() if publisher.site else None
    return (None, site) if site else (publisher.name, None)


async def name_publishers(connection: AsyncConnection, named: Sequence[Publisher]) -> dict[Identity, Named]:
    """The stored publisher for each one named, by identity; those not stored yet are added."""
    if not named:
        return {}
    sites = [identity(publisher)[1] for publisher in named]
    names = [publisher.name for publisher in named]
    wanted = {"names": names, "sites": [site for site in sites if site]}
    found = await _find(connection, wanted)
    if any(identity(publisher) not in found for publisher in named):
        keys = [new_id() for _ in named]
        await connection.execute(_ADD, {"names": names, "sites": sites, "keys": keys})
        found = await _find(connection, wanted)
    return found


async def _find(connection: AsyncConnection, wanted: Mapping[str, Any]) -> dict[Identity, Named]:
    rows = await connection.execute(_FIND, wanted)
    found = (Named(row.id, Publisher(row.name, row.site), _labels(row.labels)) for row in rows)
    return {identity(each.publisher): each for each in found}


async def insert_publisher(
    connection: AsyncConnection, publisher: Publisher, labels: Mapping[str, Verdict], now: datetime
) -> StoredPublisher:
    """Store a publisher. The caller sees to it that nobody has its site, or its name without a site."""
    stored = StoredPublisher(new_id(), publisher, dict(labels), 1, now, now)
    await connection.execute(insert(publishers).values(public_id=stored.id, created_at=now, **_row(stored)))
    return stored


async def update_publisher(connection: AsyncConnection, publisher: StoredPublisher) -> None:
    """Store a publisher as it is now."""
    await connection.execute(update(publishers).where(publishers.c.public_id == publisher.id).values(_row(publisher)))


async def get_publisher(connection: AsyncConnection, publisher_id: UUID) -> StoredPublisher | None:
    """A publisher, or None."""
    row = (await connection.execute(select(publishers).where(publishers.c.public_id == publisher_id))).first()
    return None if row is None else _stored(row)


async def find_publisher(connection: AsyncConnection, publisher: Publisher) -> UUID | None:
    """The id of the stored publisher with the same identity."""
    name, site = identity(publisher)
    same = publishers.c.site == site if site else publishers.c.site.is_(None) & (publishers.c.name == name)
    found: UUID | None = await connection.scalar(select(publishers.c.public_id).where(same))
    return found


async def list_publishers(
    connection: AsyncConnection, part: str | None, after: tuple[str, UUID] | None, limit: int
) -> list[StoredPublisher]:
    """Publishers in the order of their names. ``part``: of the name or the site, whatever its case."""
    key = func.lower(publishers.c.name)
    wanted = select(publishers).order_by(key, publishers.c.public_id).limit(limit)
    if part is not None:
        looked_for = part.lower()
        wanted = wanted.where((func.strpos(key, looked_for) > 0) | (func.strpos(publishers.c.site, looked_for) > 0))
    if after is not None:
        wanted = wanted.where(tuple_(key, publishers.c.public_id) > tuple_(func.lower(after[0]), after[1]))
    return [_stored(row) for row in await connection.execute(wanted)]


async def reviewed_claims(connection: AsyncConnection, publisher_id: UUID) -> list[UUID]:
    """The ids of the claims that checks find and this publisher has reviewed, in order."""
    found = (
        select(reviews.c.claim_id)
        .distinct()
        .join(publishers)
        .join(claims, claims.c.id == reviews.c.claim_id)
        .where(publishers.c.public_id == publisher_id, claims.c.withdrawn_at.is_(None), claims.c.merged_into.is_(None))
    )
    return list((await connection.execute(found.order_by(reviews.c.claim_id))).scalars())


def new_id() -> UUID:
    """A new id: a UUID of version 7, so that ids follow time."""
    return UUID(bytes=uuid6.uuid7().bytes)


def _row(publisher: StoredPublisher) -> dict[str, Any]:
    return {
        "name": publisher.publisher.name,
        "site": publisher.publisher.site,
        "labels": {label: verdict.value for label, verdict in publisher.labels.items()},
        "revision": publisher.revision,
        "updated_at": publisher.updated_at,
    }


def _stored(row: Any) -> StoredPublisher:
    return StoredPublisher(
        row.public_id, Publisher(row.name, row.site), _labels(row.labels), row.revision, row.created_at, row.updated_at
    )


def _labels(found: Mapping[str, str]) -> dict[str, Verdict]:
    return {label: Verdict(verdict) for label, verdict in found.items()}
