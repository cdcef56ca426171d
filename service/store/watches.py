"""Watches in the database, for those who keep them: making, showing and ending them, and what they have had to tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import REAL, Row, Select, Text, bindparam, delete, func, insert, select, text
from sqlalchemy import Uuid as UuidType
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import SmallInteger
from uuid6 import uuid7

from service.domain import CheckOptions, IncomingClaim
from service.store.watch_tables import watch_events, watch_subjects, watches
from service.watches import NewWatch, Snapshot, Statement, Subject, Watch

ENOUGH: Final = 0.2
"""What share of the weight of a statement's terms a claim must have in its wordings of that language to be worth asking
again for. Of the seeds' wordings, no two of one language that are equivalent or contradict each other share less than
0.25.
"""

ENOUGH_ABROAD: Final = 0.1
"""The same for its wordings of other languages; the seeds', in three languages, share 0.11 at least."""


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as it was stored: its number within its watch, and its body as it is sent."""

    id: UUID
    number: int
    body: str


_POSTINGS: Final = text("""
    INSERT INTO watch_postings (subject_id, unit, language, term, share, reach)
    SELECT * FROM unnest(:subjects, :units, :languages, :terms, :shares, :reaches)
""").bindparams(
    bindparam("subjects", type_=ARRAY(UuidType)),
    bindparam("units", type_=ARRAY(SmallInteger)),
    bindparam("languages", type_=ARRAY(Text)),
    bindparam("terms", type_=ARRAY(Text)),
    bindparam("shares", type_=ARRAY(REAL)),
    bindparam("reaches", type_=ARRAY(REAL)),
)


async def insert_watch(connection: AsyncConnection, new: NewWatch, edition: bytes) -> Watch:
    """Keep a watch, each of whose subjects is due at once: what changed while it was being made is then noticed too.

    ``edition``: of the matching core that read its statements.
    """
    await connection.execute(
        insert(watches).values(
            id=new.id,
            key_id=new.key_id,
            check_id=new.check_id,
            claim_id=new.claim_id,
            options=msgspec.to_builtins(new.options),
            ref=new.ref,
            size=len(new.subjects),
            created_at=new.created_at,
            expires_at=new.expires_at,
        )
    )
    ids = [UUID(bytes=uuid7().bytes) for _ in new.subjects]
    await connection.execute(
        insert(watch_subjects),
        [
            {
                "id": key,
                "watch_id": new.id,
                "place": place,
                "asked": None if subject.asked is None else msgspec.to_builtins(subject.asked),
                "claim_id": subject.claim_id,
                "snapshot": msgspec.to_builtins(subject.snapshot),
                "claim_ids": list(subject.claim_ids),
                "due_at": new.created_at,
                "asked_at": new.created_at,
                "edition": edition,
            }
            for place, (key, subject) in enumerate(zip(ids, new.subjects, strict=True))
        ],
    )
    await insert_postings(
        connection, [(key, subject.statements) for key, subject in zip(ids, new.subjects, strict=True)]
    )
    return Watch(new.id, new.key_id, new.check_id, new.claim_id, new.ref, len(ids), 0, new.created_at, new.expires_at)


async def insert_postings(connection: AsyncConnection, found: Sequence[tuple[UUID, Sequence[Statement]]]) -> None:
    """Have subjects, which have no terms yet, found by those of their statements."""
    rows = [
        (key, unit, statement.language, term, share, reach)
        for key, statements in found
        for unit, statement in enumerate(statements)
        for term, share, reach in _reaches(statement)
    ]
    if rows:
        names = ("subjects", "units", "languages", "terms", "shares", "reaches")
        await connection.execute(_POSTINGS, dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))


def _reaches(statement: Statement) -> list[tuple[str, float, float]]:
    """Each term with its share, and the share that it reaches together with all that weigh less.

    A claim that shares none of the terms which reach what is enough cannot have enough: so claims are looked for by
    these alone, and not with all that have "said" in them.
    """
    reach = 0.0
    rows = []
    for term, share in sorted(statement.shares.items(), key=lambda item: (item[1], item[0])):
        reach += share
        rows.append((term, share, reach + 1e-6))
    return rows


async def watched_by(connection: AsyncConnection, key_id: UUID | None, now: datetime) -> int:
    """How many texts and claims a key has under watch; with None, those that are watched without a key."""
    owned = watches.c.key_id.is_(None) if key_id is None else watches.c.key_id == key_id
    total = select(func.coalesce(func.sum(watches.c.size), 0)).where(owned, watches.c.expires_at > now)
    return int((await connection.execute(total)).scalar_one())


async def get_watch(connection: AsyncConnection, watch_id: UUID) -> Watch | None:
    """The watch, or None."""
    row = (await connection.execute(select(watches).where(watches.c.id == watch_id))).one_or_none()
    return None if row is None else watch_of(row)


async def list_watches(
    connection: AsyncConnection,
    limit: int,
    before: UUID | None,
    *,
    key_id: UUID | None = None,
    check_id: UUID | None = None,
    claim_id: UUID | None = None,
) -> list[Watch]:
    """Watches, newest first, from the one made before ``before``; of one key, check or claim where asked for."""
    query = select(watches).order_by(watches.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(watches.c.id < before)
    for column, value in (
        (watches.c.key_id, key_id),
        (watches.c.check_id, check_id),
        (watches.c.claim_id, claim_id),
    ):
        if value is not None:
            query = query.where(column == value)
    return [watch_of(row) for row in await connection.execute(query)]


async def delete_watch(connection: AsyncConnection, watch_id: UUID) -> None:
    """End a watch: nothing more is told, and what was is forgotten."""
    await connection.execute(delete(watches).where(watches.c.id == watch_id))


async def subjects_of(connection: AsyncConnection, watch_id: UUID) -> list[Subject]:
    """What a watch is about, in the order it was given."""
    query = select_subjects().where(watch_subjects.c.watch_id == watch_id).order_by(watch_subjects.c.place)
    return [subject_of(row) for row in await connection.execute(query)]


async def list_events(connection: AsyncConnection, watch_id: UUID, after: int, limit: int) -> list[StoredEvent]:
    """Events of a watch with a number above ``after``, in order."""
    query = (
        select(watch_events.c.id, watch_events.c.number, watch_events.c.body)
        .where(watch_events.c.watch_id == watch_id, watch_events.c.number > after)
        .order_by(watch_events.c.number)
        .limit(limit)
    )
    return [StoredEvent(row.id, row.number, row.body) for row in await connection.execute(query)]


async def live_subjects(connection: AsyncConnection, now: datetime) -> list[UUID]:
    """The ids of everything that is under watch."""
    query = select(watch_subjects.c.id).join(watches, watches.c.id == watch_subjects.c.watch_id)
    return list((await connection.execute(query.where(watches.c.expires_at > now))).scalars())


async def event_counts(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many events each watch has had, for those there are."""
    query = select(watches.c.id, watches.c.events).where(
        watches.c.id == func.any(bindparam("ids", list(ids), ARRAY(UuidType)))
    )
    return {row.id: row.events for row in await connection.execute(query)}


def select_subjects() -> Select[Any]:
    """Subjects with their watches, as ``subject_of`` reads them."""
    names = ("id", "place", "asked", "claim_id", "snapshot", "claim_ids")
    own = [watch_subjects.c[name].label(f"subject_{name}") for name in names]
    return select(*own, watches).join(watches, watches.c.id == watch_subjects.c.watch_id)


def subject_of(row: Row[Any] | Any) -> Subject:
    """A row of ``select_subjects``."""
    return Subject(
        row.subject_id,
        watch_of(row),
        row.subject_place,
        None if row.subject_asked is None else msgspec.convert(row.subject_asked, IncomingClaim),
        row.subject_claim_id,
        msgspec.convert(row.options, CheckOptions),
        msgspec.convert(row.subject_snapshot, Snapshot),
        tuple(row.subject_claim_ids),
    )


def watch_of(row: Row[Any] | Any) -> Watch:
    """A row of ``watches``."""
    return Watch(
        row.id,
        row.key_id,
        row.check_id,
        row.claim_id,
        row.ref,
        row.size,
        row.events,
        row.created_at,
        row.expires_at,
    )
