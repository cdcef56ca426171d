"""Webhooks in the database: endpoints, their secrets, and whether they are used."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, and_, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from service.store.watch_tables import deliveries, webhook_secrets, webhooks
from service.webhooks import DeliveryState, NewWebhook, StoredSecret, Webhook

_UNTIL: Final = (
    select(func.max(webhook_secrets.c.expires_at))
    .where(webhook_secrets.c.webhook_id == webhooks.c.id, webhook_secrets.c.expires_at > func.now())
    .scalar_subquery()
    .label("secret_expires_at")
)


async def insert_webhook(
    connection: AsyncConnection, webhook_id: UUID, new: NewWebhook, secret: StoredSecret, now: datetime
) -> None:
    """Register an endpoint with its first secret. ``now``: aware, UTC."""
    await connection.execute(
        insert(webhooks).values(
            id=webhook_id, url=new.url, key_id=new.key_id, description=new.description, created_at=now
        )
    )
    await _insert_secret(connection, webhook_id, secret)


async def get_webhook(connection: AsyncConnection, webhook_id: UUID) -> Webhook | None:
    """The endpoint, or None."""
    row = (await connection.execute(_select().where(webhooks.c.id == webhook_id))).one_or_none()
    return None if row is None else _webhook(row)


async def list_webhooks(connection: AsyncConnection, limit: int, before: UUID | None = None) -> list[Webhook]:
    """Endpoints, newest first, from the one registered before ``before``."""
    query = _select().order_by(webhooks.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(webhooks.c.id < before)
    return [_webhook(row) for row in await connection.execute(query)]


async def delete_webhook(connection: AsyncConnection, webhook_id: UUID) -> None:
    """Forget an endpoint, with its secrets and deliveries."""
    await connection.execute(delete(webhooks).where(webhooks.c.id == webhook_id))


async def lock_webhook(connection: AsyncConnection, webhook_id: UUID) -> bool:
    """Be the only one to change an endpoint until the transaction ends; whether there is one."""
    found = await connection.execute(select(webhooks.c.id).where(webhooks.c.id == webhook_id).with_for_update())
    return found.first() is not None


async def newest_generation(connection: AsyncConnection, webhook_id: UUID) -> int:
    """The generation of the endpoint's newest secret."""
    newest = select(func.max(webhook_secrets.c.generation)).where(webhook_secrets.c.webhook_id == webhook_id)
    return int((await connection.execute(newest)).scalar_one())


async def replace_secret(
    connection: AsyncConnection, webhook_id: UUID, secret: StoredSecret, expires_at: datetime, now: datetime
) -> None:
    """Add a new secret; the one before it signs until ``expires_at``, and those whose time is over are removed."""
    of_this = webhook_secrets.c.webhook_id == webhook_id
    await connection.execute(delete(webhook_secrets).where(of_this, webhook_secrets.c.expires_at <= now))
    await connection.execute(
        update(webhook_secrets).where(of_this, webhook_secrets.c.expires_at.is_(None)).values(expires_at=expires_at)
    )
    await _insert_secret(connection, webhook_id, secret)


async def secrets_of(connection: AsyncConnection, webhook_id: UUID, now: datetime) -> list[StoredSecret]:
    """The secrets that sign now, newest first."""
    valid = or_(webhook_secrets.c.expires_at.is_(None), webhook_secrets.c.expires_at > now)
    query = (
        select(webhook_secrets)
        .where(webhook_secrets.c.webhook_id == webhook_id, valid)
        .order_by(webhook_secrets.c.generation.desc())
    )
    return [StoredSecret(row.generation, row.key, row.digest) for row in await connection.execute(query)]


async def disable_webhook(connection: AsyncConnection, webhook_id: UUID, reason: str, now: datetime) -> None:
    """Send nothing more to an endpoint: what waits is held."""
    disabled = await connection.execute(
        update(webhooks)
        .where(webhooks.c.id == webhook_id, webhooks.c.disabled_at.is_(None))
        .values(disabled_at=now, disabled_reason=reason, rests_until=None)
    )
    if disabled.rowcount:
        await _move(connection, webhook_id, DeliveryState.PENDING, DeliveryState.HELD, None)


async def enable_webhook(connection: AsyncConnection, webhook_id: UUID, now: datetime) -> None:
    """Send to an endpoint again, first what was held."""
    await connection.execute(
        update(webhooks)
        .where(webhooks.c.id == webhook_id)
        .values(disabled_at=None, disabled_reason=None, failing_since=None, failures=0, rests_until=None)
    )
    await _move(connection, webhook_id, DeliveryState.HELD, DeliveryState.PENDING, now)


async def endpoints_for(connection: AsyncConnection, key_ids: Sequence[UUID | None]) -> dict[UUID | None, list[UUID]]:
    """For each key (None: no key), the endpoints that its watches' events go to."""
    named = [key for key in key_ids if key is not None]
    query = select(webhooks.c.id, webhooks.c.key_id).where(
        or_(webhooks.c.key_id.is_(None), webhooks.c.key_id.in_(named))
    )
    rows = (await connection.execute(query.order_by(webhooks.c.id))).all()
    return {key: [row.id for row in rows if row.key_id in (None, key)] for key in key_ids}


async def _move(
    connection: AsyncConnection, webhook_id: UUID, old: DeliveryState, new: DeliveryState, next_at: datetime | None
) -> None:
    waiting = and_(deliveries.c.webhook_id == webhook_id, deliveries.c.state == old.value)
    fresh = {"state": new.value, "next_at": next_at, "leased_until": None, "attempts": 0, "first_at": None}
    await connection.execute(update(deliveries).where(waiting).values(fresh))


async def _insert_secret(connection: AsyncConnection, webhook_id: UUID, secret: StoredSecret) -> None:
    await connection.execute(
        insert(webhook_secrets).values(
            webhook_id=webhook_id, generation=secret.generation, key=secret.key, digest=secret.digest
        )
    )


def _select() -> Select[Any]:
    return select(webhooks, _UNTIL)


def _webhook(row: Row[Any] | Any) -> Webhook:
    return Webhook(
        row.id,
        row.url,
        row.key_id,
        row.description,
        row.created_at,
        row.disabled_at,
        row.disabled_reason,
        row.failing_since,
        row.last_error,
        row.last_delivered_at,
        row.secret_expires_at,
    )
