"""What was asked of a service elsewhere: which texts, lately, and how often today, over all processes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from service.store.tables import upstream_answers

_SPEND = text("""
    INSERT INTO upstream_days (day, used) VALUES ((:now AT TIME ZONE 'UTC')::date, 1)
    ON CONFLICT (day) DO UPDATE SET used = upstream_days.used + 1 WHERE upstream_days.used < :quota
    RETURNING used
""")
_FORGET = text("DELETE FROM upstream_answers WHERE asked_at < :before")
_FORGET_DAYS = text("DELETE FROM upstream_days WHERE day < (:now AT TIME ZONE 'UTC')::date - 31")
_REVIEWED = text(
    "SELECT url FROM reviews WHERE md5(url) = ANY (SELECT md5(each) FROM unnest(CAST(:urls AS text[])) each)"
)
_WORDED = text("""
    SELECT claim_id FROM phrasings WHERE md5(folded) = md5(:folded) AND folded = :folded ORDER BY id LIMIT 1
""")


async def was_asked(connection: AsyncConnection, digest: str, since_found: datetime, since_nothing: datetime) -> bool:
    """Whether this was asked so lately that the answer still holds; one that found something holds longer."""
    row = (
        await connection.execute(
            select(upstream_answers.c.asked_at, upstream_answers.c.found).where(upstream_answers.c.digest == digest)
        )
    ).first()
    return row is not None and row.asked_at >= (since_found if row.found else since_nothing)


async def spend(connection: AsyncConnection, now: datetime, quota: int) -> bool:
    """Use one of the day's questions; False where none is left. The days are UTC's."""
    return quota > 0 and (await connection.execute(_SPEND, {"now": now, "quota": quota})).first() is not None


async def remember(connection: AsyncConnection, digest: str, now: datetime, found: int, kept: timedelta) -> None:
    """Note that this was asked and how many claims were found; forget what is older than ``kept``."""
    values = {"digest": digest, "asked_at": now, "found": found}
    statement = upsert(upstream_answers).values(values)
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["digest"], set_={"asked_at": now, "found": found})
    )
    await connection.execute(_FORGET, {"before": now - kept})
    await connection.execute(_FORGET_DAYS, {"now": now})


async def known_reviews(connection: AsyncConnection, urls: Sequence[str]) -> set[str]:
    """Those addresses that a stored review has."""
    return set((await connection.execute(_REVIEWED, {"urls": list(urls)})).scalars())


async def claim_worded(connection: AsyncConnection, folded: str) -> UUID | None:
    """A claim that checks find and that has this wording, folded."""
    found: UUID | None = await connection.scalar(_WORDED, {"folded": folded})
    return found
