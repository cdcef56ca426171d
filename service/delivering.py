"""Delivering events to webhooks: attempts, pauses, and when an endpoint is given up.

Whatever an attempt comes to is one transaction. A process that dies in the middle of an attempt leaves the delivery to
the next one, which sends it again under the same id: at least once, never silently not at all.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from service.errors import Unavailable
from service.store.deliveries import (
    Attempt,
    anything_to_deliver,
    give_back,
    let_rest,
    note_failure,
    note_success,
    settle_delivery,
    take_deliveries,
)
from service.store.session import Database
from service.store.webhooks import disable_webhook, secrets_of
from service.webhooks import SCHEDULE, Parcel, Patience, Reply, SecretLost, recover_secret, sign

_LOG: Final = logging.getLogger(__name__)

_GONE: Final = 410
_LOOK: Final = 1.0
"""Seconds between two looks for what has become due, while attempts are under way."""

_JITTER: Final = 0.1
"""By what share a pause may be longer than the schedule says, so that what failed together is not tried together."""


class Courier(Protocol):
    """Whoever brings a parcel to an endpoint. Never raises for what an endpoint does."""

    async def post(self, url: str, body: bytes, headers: dict[str, str], seconds: float) -> Reply:
        """POST, and tell what came of it within ``seconds``."""


def _now() -> datetime:
    return datetime.now(UTC)


class Deliverer:
    """Delivers what is due, some at a time."""

    def __init__(
        self,
        database: Database,
        courier: Courier,
        signing_key: str | None,
        patience: Patience = SCHEDULE,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        """``clock``: the time, aware, UTC, by which deliveries are due."""
        self._database = database
        self._courier = courier
        self._signing_key = signing_key
        self._patience = patience
        self._clock = clock

    async def deliver_due(self) -> int:
        """Attempt all deliveries that are due, and those that become due meanwhile; how many attempts were made.

        Cancelled, it gives back what it has not finished. Raises Unavailable.
        """
        under_way: dict[asyncio.Task[None], Parcel] = {}
        made = 0
        try:
            while True:
                room = self._patience.total - len(under_way)
                taken = await self._take(room) if room else []
                made += len(taken)
                for parcel in taken:
                    under_way[asyncio.create_task(self._attempt(parcel))] = parcel
                if not under_way:
                    return made
                done, _ = await asyncio.wait(under_way, timeout=_LOOK, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    del under_way[task]
                    task.result()
        finally:
            for task in under_way:
                task.cancel()
            if under_way:
                await asyncio.wait(under_way)

    async def _take(self, room: int) -> list[Parcel]:
        async with self._database.write() as connection:
            patience = self._patience
            return await take_deliveries(connection, self._clock(), patience.lease, each=patience.each, most=room)

    async def _attempt(self, parcel: Parcel) -> None:
        try:
            reply = await self._send(parcel)
        except BaseException:
            async with self._database.write() as connection:
                await give_back(connection, parcel, self._clock())
            raise
        if reply is not None:
            await self._settle(parcel, reply)

    async def _send(self, parcel: Parcel) -> Reply | None:
        now = self._clock()
        async with self._database.read() as connection:
            stored = await secrets_of(connection, parcel.webhook_id, now)
        keys, lost = [], ""
        for each in stored:
            try:
                keys.append(recover_secret(self._signing_key, parcel.webhook_id, each))
            except SecretLost as error:
                lost = error.detail
        if not keys:
            _LOG.error("nothing is sent to the webhook %s: %s", parcel.webhook_id, lost)
            await self._wait_for_secret(parcel, lost)
            return None
        event_id = str(parcel.event_id)
        headers = {
            "Content-Type": "application/json",
            "webhook-id": event_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": sign(keys, event_id, now, parcel.body),
        }
        return await self._courier.post(parcel.url, parcel.body.encode(), headers, self._patience.timeout)

    async def _wait_for_secret(self, parcel: Parcel, error: str) -> None:
        now = self._clock()
        async with self._database.write() as connection:
            await note_failure(connection, parcel.webhook_id, error, now)
            await let_rest(connection, parcel.webhook_id, now + self._patience.longest_rest)
            await give_back(connection, parcel, now)

    async def _settle(self, parcel: Parcel, reply: Reply) -> None:
        now = self._clock()
        async with self._database.write() as connection:
            if reply.status is not None and 200 <= reply.status < 300:
                await note_success(connection, parcel.webhook_id, now)
                await settle_delivery(connection, Attempt(parcel, True, reply.status, None, None), now)
                return
            error = reply.error or f"answered {reply.status}"
            next_at = self._next_attempt(parcel, reply, now)
            # The endpoint's row first, everywhere, so that two who settle never wait for each other in a circle.
            failures, since = await note_failure(connection, parcel.webhook_id, error, now)
            await settle_delivery(connection, Attempt(parcel, False, reply.status, error, next_at), now)
            if reply.status == _GONE:
                await disable_webhook(connection, parcel.webhook_id, "It answered 410 Gone.", now)
            elif now - since >= self._patience.gives_up:
                reason = f"Every attempt since {since:%Y-%m-%d %H:%M} UTC has failed; the last: {error}."
                await disable_webhook(connection, parcel.webhook_id, reason, now)
            else:
                rest = min(self._patience.rest * 2 ** min(failures - 1, 20), self._patience.longest_rest)
                await let_rest(connection, parcel.webhook_id, now + rest)

    def _next_attempt(self, parcel: Parcel, reply: Reply, now: datetime) -> datetime | None:
        """When to try again; None once the schedule is at its end. After a 410 the next attempt is the first one."""
        pauses = self._patience.pauses
        if reply.status == _GONE:
            return now
        if parcel.attempts > len(pauses):
            return None
        pause = pauses[parcel.attempts - 1]
        if reply.retry_after is not None:
            pause = max(pause, min(timedelta(seconds=reply.retry_after), self._patience.longest_wait))
        return now + pause * (1 + _JITTER * random.random())  # noqa: S311  # guards nothing


async def keep_delivering(deliverer: Deliverer, pause: float = 1.0) -> None:
    """Deliver whatever becomes due, until cancelled. ``pause``: seconds between two looks. Nothing else ends it.

    No job of the queue: the deliveries are a queue of their own, with an order and a schedule to keep.
    """
    while True:
        try:
            await deliverer.deliver_due()
        except Unavailable as error:
            _LOG.debug("deliveries wait: %s", error.detail)
        except Exception:
            _LOG.exception("deliveries wait")
        await asyncio.sleep(pause)


async def until_needed(database: Database, pause: float = 1.0) -> None:
    """Return once there is something to deliver."""
    while True:
        with suppress(Unavailable):
            async with database.read() as connection:
                if await anything_to_deliver(connection):
                    return
        await asyncio.sleep(pause)
