"""Reviews and sources in the database, and their rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import ARRAY, Table, Uuid, any_, bindparam, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain import LinkStatus, Publisher, Review, Source, Stance, Verdict
from service.store.bulk import insert_rows
from service.store.publishers import Identity, Named, identity
from service.store.session import rows

Row = dict[str, Any]

_IDS: Final = bindparam("ids", type_=ARRAY(Uuid))

# LATERAL with a LIMIT: an index lookup for each, whatever the planner thinks of how many there are. It cannot see into
# JSON: so the statement is planned a few times, and not, as with an array, each time anew.
_BACKING: Final = """
    SELECT c.id, c.withdrawn_at IS NULL AND c.merged_into IS NULL, c.claimant, c.claimed_at, c.valid_until, c.verdict,
           c.pinned_reason,
           ARRAY(SELECT ROW(o.name, o.site, r.verdict, r.url, r.title, r.original_label, r.language, r.published_at,
                            r.from_label, r.via, r.link_status, r.checked_at, r.final_url, r.public_id)
                 FROM reviews AS r JOIN publishers AS o ON o.id = r.publisher_id
                 WHERE r.claim_id = c.id ORDER BY r.position),
           ARRAY(SELECT ROW(s.url, s.stance, s.title, s.publisher, s.published_at, s.quote, s.archived_url,
                            s.link_status, s.checked_at, s.final_url, s.copy_url, s.public_id)
                 FROM sources AS s WHERE s.claim_id = c.id ORDER BY s.position)
    FROM jsonb_array_elements_text($1::jsonb) AS asked (id)
    CROSS JOIN LATERAL (SELECT * FROM claims WHERE id = asked.id::uuid LIMIT 1) AS c
"""


class Backing(NamedTuple):
    """What a claim's verdict rests on, in the order it was written, and why it is pinned where it is."""

    reviews: tuple[Review, ...] = ()
    sources: tuple[Source, ...] = ()
    pinned_reason: str | None = None


class Standing(NamedTuple):
    """What an answer tells of a stored claim, beside its wording. ``live``: whether checks are to find it."""

    live: bool
    claimant: str | None
    claimed_at: date | None
    valid_until: date | None
    verdict: Verdict
    backing: Backing


@dataclass(frozen=True, slots=True)
class Parts:
    """The rows of one claim's reviews, or of its sources, before and after a change, by their public id, in order."""

    claim_id: UUID
    before: Mapping[UUID, Row]
    after: Mapping[UUID, Row]


async def claims_evidence(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, Backing]:
    """What each claim asked for rests on; nothing for one that has nothing, or that there is not.

    A source for which no editor has named a copy has the one that the archive has, if any.
    """
    standing = await claims_standing(connection, ids)
    return {key: standing[key].backing if key in standing else Backing() for key in ids}


async def claims_standing(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, Standing]:
    """What there is to tell of each claim asked for that exists, all of it as of one moment."""
    if not ids:
        return {}
    return {
        key: Standing(
            live,
            claimant,
            claimed_at,
            valid_until,
            Verdict(verdict),
            Backing(tuple(map(_review, written)), tuple(map(_source, cited)), pinned_reason),
        )
        for key, live, claimant, claimed_at, valid_until, verdict, pinned_reason, written, cited in await rows(
            connection, _BACKING, msgspec.json.encode(list(dict.fromkeys(ids))).decode()
        )
    }


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
        await insert_rows(connection, table, rows)


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


def _review(row: Sequence[Any]) -> Review:
    name, site, verdict, url, title, label, language, published_at, from_label, via = row[:10]
    status, checked_at, final_url, key = row[10:]
    return Review(
        publisher=Publisher(name, site),
        verdict=Verdict(verdict),
        url=url,
        title=title,
        original_label=label,
        language=language,
        published_at=published_at,
        from_label=from_label,
        via=via,
        link_status=LinkStatus(status),
        checked_at=checked_at,
        final_url=final_url,
        id=key,
    )


def _source(row: Sequence[Any]) -> Source:
    url, stance, title, publisher, published_at, quote, archived_url, status, checked_at, final_url, copy_url, key = row
    return Source(
        url=url,
        stance=Stance(stance),
        title=title,
        publisher=publisher,
        published_at=published_at,
        quote=quote,
        archived_url=archived_url or copy_url,
        link_status=LinkStatus(status),
        checked_at=checked_at,
        final_url=final_url,
        copy_url=copy_url,
        id=key,
    )
