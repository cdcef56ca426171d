"""Webhooks for those who run the service: registering endpoints, their secrets, and what became of deliveries."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid6 import uuid7

from service.borders import Borders, literal
from service.errors import Conflict, Fault, InvalidInput, NotFound
from service.intake import MAX_TITLE, address_faults, note_faults
from service.store import deliveries, keys
from service.store import webhooks as stored
from service.store.session import Database
from service.watches import EventKind
from service.webhooks import (
    LONGEST_OVERLAP,
    OVERLAP,
    Delivery,
    DeliveryState,
    NewWebhook,
    Webhook,
    make_secret,
)

MOST_WEBHOOKS: Final = 100


@dataclass(frozen=True, slots=True)
class Revealed:
    """An endpoint with its newest secret, which nobody can read again."""

    webhook: Webhook
    secret: str


async def register_webhook(database: Database, new: NewWebhook, signing_key: str | None, borders: Borders) -> Revealed:
    """Register an endpoint. Raises InvalidInput, and Conflict where there are too many.

    ``borders``: where requests may go. An address beyond them is refused now, a name that leads there when it is asked.
    """
    new = replace(new, url=new.url.strip())
    faults = [*address_faults("/url", new.url), *note_faults("/description", new.description, MAX_TITLE)]
    if not faults and _barred(new.url, borders):
        faults.append(Fault("/url", "must be on the public internet, or listed in FACTCHECK_OUTBOUND_ALLOW"))
    if faults:
        raise InvalidInput(faults)
    key = UUID(bytes=uuid7().bytes)
    secret, kept = make_secret(signing_key, key, 1)
    async with database.write() as connection:
        if new.key_id is not None and await keys.get_key(connection, new.key_id) is None:
            raise InvalidInput([Fault("/key_id", "is not the id of a key")])
        if len(await stored.list_webhooks(connection, MOST_WEBHOOKS)) >= MOST_WEBHOOKS:
            raise Conflict(f"There are {MOST_WEBHOOKS} webhooks: remove one first.")
        await stored.insert_webhook(connection, key, new, kept, datetime.now(UTC))
        return Revealed(await _existing(connection, key), secret)


async def fetch_webhook(database: Database, webhook_id: UUID) -> Webhook:
    """An endpoint. Raises NotFound."""
    async with database.read() as connection:
        return await _existing(connection, webhook_id)


async def fetch_webhooks(database: Database, limit: int, before: UUID | None) -> list[Webhook]:
    """Endpoints, newest first, from the one registered before ``before``."""
    async with database.read() as connection:
        return await stored.list_webhooks(connection, limit, before)


async def remove_webhook(database: Database, webhook_id: UUID) -> None:
    """Forget an endpoint; what waits for it is not delivered. Raises NotFound."""
    async with database.write() as connection:
        await _existing(connection, webhook_id)
        await stored.delete_webhook(connection, webhook_id)


async def rotate_secret(
    database: Database, webhook_id: UUID, signing_key: str | None, overlap: timedelta = OVERLAP
) -> Revealed:
    """Give an endpoint a new secret; the one before it signs too for ``overlap``. Raises NotFound, InvalidInput."""
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        most = int(LONGEST_OVERLAP.total_seconds())
        raise InvalidInput([Fault("/overlap", f"must lie between 0 and {most} seconds")])
    now = datetime.now(UTC)
    async with database.write() as connection:
        await _locked(connection, webhook_id)
        generation = await stored.newest_generation(connection, webhook_id) + 1
        secret, kept = make_secret(signing_key, webhook_id, generation)
        await stored.replace_secret(connection, webhook_id, kept, now + overlap, now)
        return Revealed(await _existing(connection, webhook_id), secret)


async def enable_webhook(database: Database, webhook_id: UUID) -> Webhook:
    """Use an endpoint again, first for what was held meanwhile; one that is enabled stays so. Raises NotFound."""
    async with database.write() as connection:
        await _locked(connection, webhook_id)
        if (await _existing(connection, webhook_id)).disabled_at is not None:
            await stored.enable_webhook(connection, webhook_id, datetime.now(UTC))
        return await _existing(connection, webhook_id)


async def send_test(database: Database, webhook_id: UUID) -> Delivery:
    """Queue an event that tells nothing, to see whether it arrives. Raises NotFound."""
    now = datetime.now(UTC)
    event_id = UUID(bytes=uuid7().bytes)
    body = msgspec.json.encode(
        {"id": event_id, "type": EventKind.TEST, "timestamp": now, "data": {"webhook_id": webhook_id}}
    )
    async with database.write() as connection:
        await _existing(connection, webhook_id)
        delivery = await deliveries.insert_test(connection, webhook_id, event_id, body.decode(), now)
        return await _delivery(connection, webhook_id, delivery)


async def fetch_deliveries(
    database: Database, webhook_id: UUID, limit: int, before: UUID | None, state: DeliveryState | None
) -> list[Delivery]:
    """Deliveries to an endpoint, newest first; in one state where asked for. Raises NotFound."""
    async with database.read() as connection:
        await _existing(connection, webhook_id)
        return await deliveries.list_deliveries(connection, webhook_id, limit, before, state)


async def fetch_delivery(database: Database, webhook_id: UUID, delivery_id: UUID) -> Delivery:
    """A delivery. Raises NotFound."""
    async with database.read() as connection:
        return await _delivery(connection, webhook_id, delivery_id)


async def redeliver(database: Database, webhook_id: UUID, delivery_id: UUID) -> Delivery:
    """Deliver once more, under the same id, whatever became of it before. Raises NotFound."""
    async with database.write() as connection:
        await _locked(connection, webhook_id)
        await _delivery(connection, webhook_id, delivery_id)
        held = (await _existing(connection, webhook_id)).disabled_at is not None
        await deliveries.requeue(connection, webhook_id, delivery_id, datetime.now(UTC), held=held)
        return await _delivery(connection, webhook_id, delivery_id)


def _barred(url: str, borders: Borders) -> bool:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    address = literal(host)
    return address is not None and not borders.admit(host, port, address)


async def _locked(connection: AsyncConnection, webhook_id: UUID) -> None:
    if not await stored.lock_webhook(connection, webhook_id):
        raise NotFound(f"There is no webhook {webhook_id}.")


async def _existing(connection: AsyncConnection, webhook_id: UUID) -> Webhook:
    webhook = await stored.get_webhook(connection, webhook_id)
    if webhook is None:
        raise NotFound(f"There is no webhook {webhook_id}.")
    return webhook


async def _delivery(connection: AsyncConnection, webhook_id: UUID, delivery_id: UUID) -> Delivery:
    delivery = await deliveries.get_delivery(connection, webhook_id, delivery_id)
    if delivery is None:
        raise NotFound(f"The webhook {webhook_id} has no delivery {delivery_id}.")
    return delivery
