"""From changed claims to the watches they concern, and from those to events: each step takes out what it has done.

A crash between two steps, or in one, leaves what is not done in its table, where the next process finds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import ARRAY, DateTime, Uuid, bindparam, delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import INTERVAL
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import REAL, Integer

from service.store.watch_tables import watch_events, watch_subjects, watches
from service.store.watches import ENOUGH, ENOUGH_ABROAD, select_subjects, subject_of
from service.watches import EventKind, Snapshot, Subject


@dataclass(frozen=True, slots=True)
class ChangedClaims:
    """Claims that changed, and those of them of which more changed than what was found at a link."""

    ids: tuple[UUID, ...]
    reworded: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of asking for a subject again. ``again_at``: when to ask once more, whatever happens until then."""

    subject: Subject
    snapshot: Snapshot
    claim_id: UUID | None
    claim_ids: tuple[UUID, ...]
    again_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event about to be stored. ``lane``: the subject, whose events stay in order."""

    id: UUID
    watch_id: UUID
    number: int
    kind: EventKind
    lane: UUID
    at: datetime
    body: str


_TAKE_CHANGES: Final = text("""
    DELETE FROM claim_changes
    WHERE id IN (SELECT id FROM claim_changes ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED)
    RETURNING claim_id, link_only
""").bindparams(bindparam("most", type_=Integer))

# What a claim has to be found by: the terms of its wordings, each wording as a whole, and the addresses it cites.
_CONCERNED: Final = text("""
    WITH changed AS MATERIALIZED (
        SELECT DISTINCT p.claim_id, split_part(lower(p.language), '-', 1) AS language, t.term
        FROM phrasings p JOIN postings x ON x.phrasing_id = p.id JOIN terms t ON t.id = x.term_id
        WHERE p.claim_id = ANY (:reworded)
        UNION ALL
        SELECT DISTINCT claim_id, '', 'text ' || md5(folded) FROM phrasings WHERE claim_id = ANY (:reworded)
        UNION ALL
        SELECT DISTINCT claim_id, '', 'url ' || md5(url) FROM sources WHERE claim_id = ANY (:reworded)
        UNION ALL
        SELECT DISTINCT claim_id, '', 'url ' || md5(url) FROM reviews
        WHERE claim_id = ANY (:reworded) AND url IS NOT NULL
    ), words AS MATERIALIZED (
        SELECT claim_id, language, array_agg(term) AS terms FROM changed GROUP BY claim_id, language
    ), met AS MATERIALIZED (
        SELECT changed.claim_id, changed.language, posting.subject_id, posting.unit, sum(posting.share) AS found,
               CASE WHEN posting.language = changed.language THEN :enough ELSE :enough_abroad END AS enough
        FROM changed JOIN watch_postings posting ON posting.term = changed.term AND posting.reach >= 0.1
        WHERE posting.reach >= CASE WHEN posting.language = changed.language THEN :enough ELSE :enough_abroad END
        GROUP BY changed.claim_id, changed.language, posting.subject_id, posting.unit, posting.language
    )
    SELECT met.subject_id AS id
    FROM met JOIN words ON words.claim_id = met.claim_id AND words.language = met.language
    -- The rest of a statement's terms are a few rows that lie together: no index lookup for each word of the claim.
    WHERE met.found >= met.enough OR met.found >= met.enough - (
        SELECT coalesce(sum(own.share), 0) FROM watch_postings own
        WHERE own.subject_id = met.subject_id AND own.unit = met.unit AND own.reach < met.enough
          AND own.term || '' = ANY (words.terms)
    )
    UNION
    SELECT id FROM watch_subjects WHERE claim_ids && :ids
""").bindparams(
    bindparam("ids", type_=ARRAY(Uuid)),
    bindparam("reworded", type_=ARRAY(Uuid)),
    bindparam("enough", ENOUGH, type_=REAL),
    bindparam("enough_abroad", ENOUGH_ABROAD, type_=REAL),
)

# In the order of the ids, so that two who mark never wait for each other in a circle.
_MARK: Final = text("""
    WITH wanted AS (SELECT id FROM watch_subjects WHERE id = ANY (:ids) ORDER BY id FOR UPDATE)
    UPDATE watch_subjects s SET due_at = least(s.due_at, greatest(CAST(:now AS timestamptz), s.asked_at + :rest))
    FROM wanted WHERE s.id = wanted.id
""").bindparams(
    bindparam("ids", type_=ARRAY(Uuid)),
    bindparam("now", type_=DateTime(timezone=True)),
    bindparam("rest", type_=INTERVAL),
)

_STALE: Final = text("""
    UPDATE watch_subjects SET due_at = :now
    WHERE id IN (
        SELECT s.id FROM watch_subjects s JOIN watches w ON w.id = s.watch_id
        WHERE s.asked_at < :before AND s.due_at IS NULL AND w.expires_at > :now
        ORDER BY s.id FOR UPDATE OF s SKIP LOCKED
    )
""").bindparams(bindparam("now", type_=DateTime(timezone=True)), bindparam("before", type_=DateTime(timezone=True)))


async def count_changes(connection: AsyncConnection, most: int) -> int:
    """How many changes wait to be looked at, as far as ``most``."""
    some = select(text("1")).select_from(text("claim_changes")).limit(most).subquery()
    return int((await connection.execute(select(func.count()).select_from(some))).scalar_one())


async def drop_changes(connection: AsyncConnection) -> None:
    """Take out all changes, in the caller's transaction, which marks everything."""
    await connection.execute(text("DELETE FROM claim_changes"))


async def take_changes(connection: AsyncConnection, most: int) -> ChangedClaims:
    """Take out up to ``most`` changes, in the caller's transaction, which marks what they concern."""
    found: dict[UUID, bool] = {}
    for row in await connection.execute(_TAKE_CHANGES, {"most": most}):
        found[row.claim_id] = found.get(row.claim_id, True) and row.link_only
    return ChangedClaims(tuple(sorted(found)), tuple(sorted(key for key, link_only in found.items() if not link_only)))


async def concerned(connection: AsyncConnection, changed: ChangedClaims) -> list[UUID]:
    """The subjects whose answer showed one of the claims, or whose text shares enough with the wordings of one."""
    rows = await connection.execute(_CONCERNED, {"ids": list(changed.ids), "reworded": list(changed.reworded)})
    return list(rows.scalars())


async def mark_due(connection: AsyncConnection, ids: Sequence[UUID], now: datetime, rest: timedelta) -> None:
    """Have subjects asked again, each at the earliest ``rest`` after it last was. ``now``: aware, UTC."""
    if ids:
        await connection.execute(_MARK, {"ids": list(ids), "now": now, "rest": rest})


async def mark_stale(connection: AsyncConnection, before: datetime, now: datetime) -> int:
    """Have every subject asked again that was not since ``before``; how many those are."""
    return (await connection.execute(_STALE, {"before": before, "now": now})).rowcount


async def take_due(connection: AsyncConnection, now: datetime, most: int) -> list[Subject]:
    """Subjects that are due, no one else's until the caller's transaction ends; those of watches that have expired are
    passed over, and due no more.
    """
    own = select_subjects().where(watch_subjects.c.due_at <= now).order_by(watch_subjects.c.due_at).limit(most)
    rows = await connection.execute(own.with_for_update(of=watch_subjects, skip_locked=True))
    found = [subject_of(row) for row in rows]
    over = [subject.id for subject in found if subject.watch.expires_at <= now]
    if over:
        await connection.execute(update(watch_subjects).where(watch_subjects.c.id.in_(over)).values(due_at=None))
    return [subject for subject in found if subject.watch.expires_at > now]


async def store_outcomes(connection: AsyncConnection, outcomes: Sequence[Outcome], now: datetime) -> None:
    """Keep what came of asking again, and ask no more until the next change."""
    if not outcomes:
        return
    columns = ("snapshot", "claim_id", "claim_ids", "due_at", "asked_at")
    await connection.execute(
        update(watch_subjects)
        .where(watch_subjects.c.id == bindparam("key"))
        .values({name: bindparam(f"new_{name}", type_=watch_subjects.c[name].type) for name in columns}),
        [
            {
                "key": each.subject.id,
                "new_snapshot": msgspec.to_builtins(each.snapshot),
                "new_claim_id": each.claim_id,
                "new_claim_ids": list(each.claim_ids),
                "new_due_at": each.again_at,
                "new_asked_at": now,
            }
            for each in outcomes
        ],
    )


async def number_events(connection: AsyncConnection, counts: dict[UUID, int]) -> dict[UUID, int]:
    """How many events each watch had before, having counted these many more: nobody else adds to those watches until
    the caller's transaction ends, so that events become visible in the order of their numbers.
    """
    before = {}
    for key in sorted(counts):
        raised = update(watches).where(watches.c.id == key).values(events=watches.c.events + counts[key])
        after = (await connection.execute(raised.returning(watches.c.events))).scalar_one()
        before[key] = after - counts[key]
    return before


async def insert_events(connection: AsyncConnection, new: Sequence[NewEvent]) -> None:
    """Store events."""
    if new:
        rows = [
            {"id": e.id, "watch_id": e.watch_id, "number": e.number, "kind": e.kind.value, "at": e.at, "body": e.body}
            for e in new
        ]
        await connection.execute(insert(watch_events), rows)


async def forget_old(connection: AsyncConnection, before: datetime) -> None:
    """Remove events from before, with their deliveries, and watches that had expired by then."""
    await connection.execute(delete(watch_events).where(watch_events.c.at < before))
    await connection.execute(delete(watches).where(watches.c.expires_at < before))


async def anything_to_notice(connection: AsyncConnection, now: datetime) -> bool:
    """Whether there is a change, or a subject that is due."""
    due = select(watch_subjects.c.id).where(watch_subjects.c.due_at <= now)
    query = select(due.exists() | select(text("1")).select_from(text("claim_changes")).exists())
    return bool((await connection.execute(query)).scalar_one())
