"""Deliveries in the database: queued with the event, taken one at a time from each lane, and kept with what became of
them.

A process that takes a delivery has it for a while (its lease); should the process die, another takes it then. So an
event arrives at least once, always under the same id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import DateTime, Integer, Row, Select, bindparam, func, insert, literal, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid6 import uuid7

from service.store.watch_tables import deliveries, watch_events, webhooks
from service.watches import EventKind
from service.webhooks import Delivery, DeliveryState, Parcel


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """An event about to be queued for an endpoint."""

    webhook_id: UUID
    event_id: UUID
    lane: UUID


@dataclass(frozen=True, slots=True)
class Attempt:
    """What an attempt came to. ``next_at``: when to try again; None where it arrived or is given up."""

    parcel: Parcel
    arrived: bool
    status: int | None
    error: str | None
    next_at: datetime | None


_TAKE: Final = text("""
    WITH due AS (
        SELECT first.id
        FROM webhooks w
        CROSS JOIN LATERAL (
            SELECT d.id, d.next_at, d.position
            FROM deliveries d
            WHERE d.webhook_id = w.id AND d.state = 'pending' AND d.next_at <= :now
              AND NOT EXISTS (
                SELECT FROM deliveries earlier
                WHERE earlier.webhook_id = d.webhook_id AND earlier.lane = d.lane AND earlier.state = 'pending'
                  AND earlier.position < d.position
              )
            ORDER BY d.next_at, d.position
            LIMIT greatest(0, least(:each - (
                SELECT count(*) FROM deliveries held
                WHERE held.webhook_id = w.id AND held.state = 'pending' AND held.leased_until > :now
            ), CASE WHEN w.failures > 0 THEN 1 ELSE :each END))
        ) AS first
        WHERE w.disabled_at IS NULL AND (w.rests_until IS NULL OR w.rests_until <= :now)
        ORDER BY first.next_at, first.position
        LIMIT :most
    ), taken AS (
        SELECT d.id FROM deliveries d JOIN due ON due.id = d.id
        WHERE d.state = 'pending' AND d.next_at <= :now
        FOR UPDATE OF d SKIP LOCKED
    )
    UPDATE deliveries d
    SET attempts = d.attempts + 1, attempted_at = :now, first_at = coalesce(d.first_at, :now),
        next_at = :until, leased_until = :until
    FROM taken, webhooks w, watch_events e
    WHERE d.id = taken.id AND w.id = d.webhook_id AND e.id = d.event_id
    RETURNING d.id, d.webhook_id, w.url, d.event_id, e.body, d.attempts, d.first_at, d.position
""").bindparams(
    bindparam("now", type_=DateTime(timezone=True)),
    bindparam("until", type_=DateTime(timezone=True)),
    bindparam("each", type_=Integer),
    bindparam("most", type_=Integer),
)
"""To an endpoint whose last attempt failed, one goes at a time."""


async def insert_deliveries(connection: AsyncConnection, new: Sequence[NewDelivery], now: datetime) -> list[UUID]:
    """Queue deliveries, in the caller's transaction; for an endpoint that is disabled, they are held."""
    if not new:
        return []
    disabled = set(
        (
            await connection.execute(
                select(webhooks.c.id).where(
                    webhooks.c.id.in_({each.webhook_id for each in new}), webhooks.c.disabled_at.is_not(None)
                )
            )
        ).scalars()
    )
    ids = [UUID(bytes=uuid7().bytes) for _ in new]
    rows = [
        {
            "id": key,
            "webhook_id": each.webhook_id,
            "event_id": each.event_id,
            "lane": each.lane,
            "state": (DeliveryState.HELD if each.webhook_id in disabled else DeliveryState.PENDING).value,
            "created_at": now,
            "next_at": None if each.webhook_id in disabled else now,
        }
        for key, each in zip(ids, new, strict=True)
    ]
    await connection.execute(insert(deliveries), rows)
    return ids


async def insert_test(connection: AsyncConnection, webhook_id: UUID, event_id: UUID, body: str, now: datetime) -> UUID:
    """Queue a test event for an endpoint; the delivery's id."""
    await connection.execute(insert(watch_events).values(id=event_id, kind=EventKind.TEST.value, at=now, body=body))
    return (await insert_deliveries(connection, [NewDelivery(webhook_id, event_id, event_id)], now))[0]


async def take_deliveries(
    connection: AsyncConnection, now: datetime, lease: timedelta, *, each: int, most: int
) -> list[Parcel]:
    """Up to ``most`` deliveries whose time has come, the first of their lanes, at most ``each`` to one endpoint."""
    values = {"now": now, "until": now + lease, "each": each, "most": most}
    rows = sorted(await connection.execute(_TAKE, values), key=lambda row: row.position)
    return [Parcel(row.id, row.webhook_id, row.url, row.event_id, row.body, row.attempts, row.first_at) for row in rows]


async def settle_delivery(connection: AsyncConnection, attempt: Attempt, now: datetime) -> None:
    """Keep what an attempt came to, unless the delivery has been taken over by another process meanwhile."""
    if attempt.arrived:
        state = DeliveryState.DELIVERED
    else:
        state = DeliveryState.DEAD if attempt.next_at is None else DeliveryState.PENDING
    await connection.execute(
        update(deliveries)
        .where(
            deliveries.c.id == attempt.parcel.id,
            deliveries.c.state == DeliveryState.PENDING.value,
            deliveries.c.attempts == attempt.parcel.attempts,
        )
        .values(
            state=state.value,
            status=attempt.status,
            error=attempt.error,
            next_at=attempt.next_at,
            leased_until=None,
            finished_at=None if state is DeliveryState.PENDING else now,
        )
    )


async def give_back(connection: AsyncConnection, parcel: Parcel, now: datetime) -> None:
    """Undo the taking of a delivery that was not attempted after all, or whose attempt was cut short."""
    await connection.execute(
        update(deliveries)
        .where(
            deliveries.c.id == parcel.id,
            deliveries.c.state == DeliveryState.PENDING.value,
            deliveries.c.attempts == parcel.attempts,
        )
        .values(attempts=deliveries.c.attempts - 1, next_at=now, leased_until=None)
    )


async def note_success(connection: AsyncConnection, webhook_id: UUID, now: datetime) -> None:
    """The endpoint answers."""
    await connection.execute(
        update(webhooks)
        .where(webhooks.c.id == webhook_id)
        .values(failing_since=None, failures=0, rests_until=None, last_error=None, last_delivered_at=now)
    )


async def note_failure(
    connection: AsyncConnection, webhook_id: UUID, error: str, now: datetime
) -> tuple[int, datetime]:
    """The endpoint failed; how often it has in a row, and since when."""
    row = (
        await connection.execute(
            update(webhooks)
            .where(webhooks.c.id == webhook_id)
            .values(
                failures=webhooks.c.failures + 1,
                failing_since=func.coalesce(webhooks.c.failing_since, literal(now, DateTime(timezone=True))),
                last_error=error,
            )
            .returning(webhooks.c.failures, webhooks.c.failing_since)
        )
    ).one_or_none()
    return (0, now) if row is None else (row.failures, row.failing_since)


async def let_rest(connection: AsyncConnection, webhook_id: UUID, until: datetime) -> None:
    """Send nothing to the endpoint before ``until``."""
    await connection.execute(update(webhooks).where(webhooks.c.id == webhook_id).values(rests_until=until))


async def get_delivery(connection: AsyncConnection, webhook_id: UUID, delivery_id: UUID) -> Delivery | None:
    """The delivery, or None."""
    query = _select().where(deliveries.c.webhook_id == webhook_id, deliveries.c.id == delivery_id)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _delivery(row)


async def list_deliveries(
    connection: AsyncConnection, webhook_id: UUID, limit: int, before: UUID | None, state: DeliveryState | None
) -> list[Delivery]:
    """Deliveries to an endpoint, newest first, from the one queued before ``before``; in one state where asked for."""
    query = _select().where(deliveries.c.webhook_id == webhook_id).order_by(deliveries.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(deliveries.c.id < before)
    if state is not None:
        query = query.where(deliveries.c.state == state.value)
    return [_delivery(row) for row in await connection.execute(query)]


async def requeue(
    connection: AsyncConnection, webhook_id: UUID, delivery_id: UUID, now: datetime, *, held: bool
) -> None:
    """Attempt a delivery anew, from the first attempt on. ``held``: once its endpoint is enabled again."""
    state = DeliveryState.HELD if held else DeliveryState.PENDING
    fresh: Mapping[str, Any] = {
        "state": state.value,
        "attempts": 0,
        "first_at": None,
        "next_at": None if held else now,
        "leased_until": None,
        "finished_at": None,
    }
    await connection.execute(
        update(deliveries)
        .where(deliveries.c.webhook_id == webhook_id, deliveries.c.id == delivery_id)
        .values(dict(fresh))
    )


async def anything_to_deliver(connection: AsyncConnection) -> bool:
    """Whether any delivery is pending."""
    pending = select(deliveries.c.id).where(deliveries.c.state == DeliveryState.PENDING.value)
    return bool((await connection.execute(select(pending.exists()))).scalar_one())


def _select() -> Select[Any]:
    return select(deliveries, watch_events.c.watch_id, watch_events.c.kind).join(watch_events)


def _delivery(row: Row[Any] | Any) -> Delivery:
    return Delivery(
        row.id,
        row.webhook_id,
        row.event_id,
        row.watch_id,
        EventKind(row.kind),
        DeliveryState(row.state),
        row.attempts,
        row.status,
        row.error,
        row.created_at,
        row.attempted_at,
        row.next_at if row.leased_until is None else None,
        row.finished_at,
    )
