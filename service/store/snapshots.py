"""All claims that are wanted, one after the other, as of one moment, without holding them all at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain import Claim, Publisher
from service.store.catalogue import ClaimFilter, conditions, publisher_named
from service.store.claims import get_claims
from service.store.tables import claims, corpus, publishers, reviews

BATCH: Final = 100
"""How many claims are in memory at once."""


@dataclass(frozen=True, slots=True)
class Edition:
    """What is stored, as a number: two equal editions mean the same claims under the same publishers' names.

    ``revision``: of the claims; ``publishers``: how many there are and how often they were changed.
    """

    revision: int
    publishers: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Extent:
    """How many claims are wanted, and when the youngest of them was changed; None where there are none."""

    claims: int
    changed_at: datetime | None


async def current_edition(connection: AsyncConnection) -> Edition:
    """The edition that the connection sees."""
    revision = select(corpus.c.revision).scalar_subquery()
    found = await connection.execute(
        select(revision, func.count(), func.coalesce(func.sum(publishers.c.revision), 0)).select_from(publishers)
    )
    number, count, changes = found.one()
    return Edition(number, (count, int(changes)))


async def extent(connection: AsyncConnection, wanted: ClaimFilter, *, published: bool = False) -> Extent:
    """How much is wanted. ``published``: as for ``stream_claims``."""
    found = select(func.count(), func.max(claims.c.updated_at)).where(*conditions(wanted), *_published(published))
    count, changed_at = (await connection.execute(found)).one()
    return Extent(count, changed_at)


async def stream_claims(
    connection: AsyncConnection, wanted: ClaimFilter, *, published: bool = False
) -> AsyncIterator[list[Claim]]:
    """The claims that are wanted, the oldest first, a batch at a time, read as they are asked for.

    ``connection``: a snapshot, or a claim may be met as of another moment than the next. ``published``: leave out live
    claims without a review that has an address.
    """
    query = select(claims.c.id).where(*conditions(wanted), *_published(published)).order_by(claims.c.id)
    rows = await connection.stream(query.execution_options(yield_per=BATCH))
    async for batch in rows.scalars().partitions():
        found = await get_claims(connection, batch)
        yield [found[key] for key in batch]


async def publishers_named(connection: AsyncConnection, named: str) -> frozenset[Publisher]:
    """The publishers whose name, host name or id this is."""
    found = select(publishers.c.name, publishers.c.site).where(publisher_named(named))
    return frozenset(Publisher(row.name, row.site) for row in await connection.execute(found))


def _published(only: bool) -> list[ColumnElement[bool]]:
    if not only:
        return []
    there = exists().where(reviews.c.claim_id == claims.c.id, reviews.c.url.is_not(None))
    return [or_(claims.c.withdrawn_at.is_not(None), claims.c.merged_into.is_not(None), there)]
