"""Reviews and sources in the database, and their rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, Table, Uuid, any_, bindparam, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain import LinkStatus, Publisher, Review, Source, Stance, Verdict
from service.store.publishers import Identity, Named, identity
from service.store.tables import claims, publishers, reviews, sources

Evidence = tuple[tuple[Review, ...], tuple[Source, ...]]
Row = dict[str, Any]

_IDS: Final = bindparam("ids", type_=ARRAY(Uuid))
_REVIEWS: Final = (
    select(reviews, publishers.c.name.label("publisher_name"), publishers.c.site.label("publisher_site"))
    .join(publishers)
    .where(reviews.c.claim_id == any_(_IDS))
    .order_by(reviews.c.claim_id, reviews.c.position)
)
_SOURCES: Final = (
    select(sources).where(sources.c.claim_id == any_(_IDS)).order_by(sources.c.claim_id, sources.c.position)
)
_PINS: Final = select(claims.c.id, claims.c.pinned_reason).where(
    claims.c.id == any_(_IDS), claims.c.pinned_reason.is_not(None)
)


@dataclass(frozen=True, slots=True)
class Parts:
    """The rows of one claim's reviews, or of its sources, before and after a change, by their public id, in order."""

    claim_id: UUID
    before: Mapping[UUID, Row]
    after: Mapping[UUID, Row]


async def claims_evidence(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, Evidence]:
    """The reviews and the sources of each claim asked for, in the order they were written; empty where it has none.

    A source for which no editor has named a copy has the one that the archive has, if any.
    """
    if not ids:
        return {}
    wanted = {"ids": list(dict.fromkeys(ids))}
    found_reviews: dict[UUID, list[Review]] = defaultdict(list)
    for row in await connection.execute(_REVIEWS, wanted):
        found_reviews[row.claim_id].append(_review(row))
    found_sources: dict[UUID, list[Source]] = defaultdict(list)
    for row in await connection.execute(_SOURCES, wanted):
        found_sources[row.claim_id].append(_source(row))
    return {key: (tuple(found_reviews[key]), tuple(found_sources[key])) for key in wanted["ids"]}


async def pinned_reasons(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Why the verdict of each claim is pinned, for those whose verdict is."""
    if not ids:
        return {}
    return dict((await connection.execute(_PINS, {"ids": list(ids)})).all())


async def insert_rows(connection: AsyncConnection, table: Table, rows: Sequence[Row]) -> None:
    """Store rows, if there are any."""
    if rows:
        await connection.execute(insert(table), rows)


async def save_parts(connection: AsyncConnection, table: Table, changed: Sequence[Parts]) -> None:
    """Make the rows of ``table`` what they are after the change. New ones come last in their claim."""
    gone = [{"of": each.claim_id, "key": key} for each in changed for key in each.before if key not in each.after]
    altered = [
        {"of": each.claim_id, "key": key, **row}
        for each in changed
        for key, row in each.after.items()
        if key in each.before and each.before[key] != row
    ]
    new = {
        each.claim_id: added
        for each in changed
        if (added := {key: row for key, row in each.after.items() if key not in each.before})
    }
    this_one = (table.c.claim_id == bindparam("of")) & (table.c.public_id == bindparam("key"))
    if gone:
        await connection.execute(delete(table).where(this_one), gone)
    if altered:
        await connection.execute(update(table).where(this_one), altered)
    if new:
        last = await last_positions(connection, table, list(new))
        rows = [
            {"claim_id": claim_id, "public_id": key, "position": place, **row}
            for claim_id, added in new.items()
            for place, (key, row) in enumerate(added.items(), last.get(claim_id, -1) + 1)
        ]
        await connection.execute(insert(table), rows)


async def last_positions(connection: AsyncConnection, table: Table, claim_ids: Sequence[UUID]) -> dict[UUID, int]:
    """The last position in use in each claim that has any."""
    found = select(table.c.claim_id, func.max(table.c.position)).where(table.c.claim_id == any_(_IDS))
    rows = await connection.execute(found.group_by(table.c.claim_id), {"ids": list(claim_ids)})
    return dict(rows.all())


def with_publisher(review: Review, known: Mapping[Identity, Named]) -> Review:
    """The review under its publisher's stored name and site."""
    return replace(review, publisher=known[identity(review.publisher)].publisher)


def review_row(review: Review, known: Mapping[Identity, Named]) -> Row:
    """The row of a review, without its place."""
    return {
        "publisher_id": known[identity(review.publisher)].row_id,
        "verdict": review.verdict.value,
        "url": review.url,
        "title": review.title,
        "original_label": review.original_label,
        "language": review.language,
        "published_at": review.published_at,
        "from_label": review.from_label,
        "via": review.via,
        "link_status": review.link_status.value,
        "checked_at": review.checked_at,
        "final_url": review.final_url,
    }


def source_row(source: Source) -> Row:
    """The row of a source, without its place."""
    return {
        "url": source.url,
        "stance": source.stance.value,
        "title": source.title,
        "publisher": source.publisher,
        "published_at": source.published_at,
        "quote": source.quote,
        "archived_url": source.archived_url,
        "link_status": source.link_status.value,
        "checked_at": source.checked_at,
        "final_url": source.final_url,
        "copy_url": source.copy_url,
    }


def _review(row: Any) -> Review:
    return Review(
        publisher=Publisher(row.publisher_name, row.publisher_site),
        verdict=Verdict(row.verdict),
        url=row.url,
        title=row.title,
        original_label=row.original_label,
        language=row.language,
        published_at=row.published_at,
        from_label=row.from_label,
        via=row.via,
        link_status=LinkStatus(row.link_status),
        checked_at=row.checked_at,
        final_url=row.final_url,
        id=row.public_id,
    )


def _source(row: Any) -> Source:
    return Source(
        url=row.url,
        stance=Stance(row.stance),
        title=row.title,
        publisher=row.publisher,
        published_at=row.published_at,
        quote=row.quote,
        archived_url=row.archived_url or row.copy_url,
        link_status=LinkStatus(row.link_status),
        checked_at=row.checked_at,
        final_url=row.final_url,
        copy_url=row.copy_url,
        id=row.public_id,
    )
