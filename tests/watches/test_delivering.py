"""Deliveries to an endpoint that does everything wrong that endpoints do; time is data here, nobody waits for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError
from uuid6 import uuid7

from service.borders import Borders
from service.delivering import Deliverer
from service.outbound.door import Door
from service.outbound.webhooks import DoorCourier
from service.store.backlog import backlogs
from service.store.deliveries import NewDelivery, insert_deliveries, take_deliveries
from service.store.session import Database
from service.subscribing import (
    Revealed,
    enable_webhook,
    fetch_deliveries,
    fetch_webhook,
    redeliver,
    register_webhook,
    rotate_secret,
    send_test,
)
from service.webhooks import SCHEDULE, Delivery, DeliveryState, NewWebhook
from tests.watches.receiver import Receiver, receiving

LOCAL = ("127.0.0.1",)
PATIENCE = replace(SCHEDULE, timeout=0.3)


@dataclass
class Desk:
    """A database, an endpoint, and a deliverer whose clock stands still unless it is set."""

    database: Database
    receiver: Receiver
    door: Door
    hook: Revealed
    now: datetime
    signing_key: str | None = None

    @property
    def id(self) -> UUID:
        return self.hook.webhook.id

    async def deliver(self, later: timedelta = timedelta(0)) -> int:
        """Deliver what is due, ``later``; how many attempts that took."""
        self.now += later
        deliverer = Deliverer(self.database, DoorCourier(self.door), self.signing_key, PATIENCE, clock=lambda: self.now)
        return await deliverer.deliver_due()

    async def queue(self, lane: UUID | None = None) -> UUID:
        """Queue an event of its own lane, or of this one; its id."""
        event = UUID(bytes=uuid7().bytes)
        async with self.database.write() as connection:
            await connection.execute(
                text("INSERT INTO watch_events (id, kind, at, body) VALUES (:id, 'webhook.test', :now, :body)"),
                {"id": event, "now": self.now, "body": '{"text": "متن"}'},
            )
            await insert_deliveries(connection, [NewDelivery(self.id, event, lane or event)], self.now)
        return event

    async def deliveries(self, state: DeliveryState | None = None) -> list[Delivery]:
        return await fetch_deliveries(self.database, self.id, 100, None, state)

    def arrived(self) -> list[str]:
        """The ids of all that was sent, in order."""
        return [each.id for each in self.receiver.received]


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with receiving() as receiver, Door(LOCAL) as door:
        hook = await register_webhook(database, NewWebhook(receiver.url), None, Borders.of(LOCAL))
        yield Desk(database, receiver, door, hook, datetime.now(UTC) + timedelta(seconds=1))


async def test_an_event_is_signed_as_the_library_verifies_it(desk: Desk) -> None:
    sent = await send_test(desk.database, desk.id)
    assert await desk.deliver() == 1
    (request,) = desk.receiver.received
    verified = Verifier(desk.hook.secret).verify(request.body, request.headers)
    assert verified["type"] == "webhook.test"
    assert request.id == verified["id"] == str(sent.event_id)
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"].startswith("factcheck/")
    with pytest.raises(WebhookVerificationError):
        Verifier(desk.hook.secret).verify(request.body + b" ", request.headers)
    (delivery,) = await desk.deliveries()
    assert (delivery.state, delivery.attempts, delivery.status, delivery.error) == ("delivered", 1, 204, None)
    assert (await fetch_webhook(desk.database, desk.id)).last_delivered_at == desk.now
    assert await desk.deliver(timedelta(days=1)) == 0


async def test_two_secrets_sign_until_the_overlap_is_over(desk: Desk) -> None:
    new = await rotate_secret(desk.database, desk.id, None, timedelta(minutes=2))
    assert new.secret != desk.hook.secret
    await desk.queue()
    await desk.deliver()
    desk.now += timedelta(minutes=2)
    await desk.queue()
    await desk.deliver()
    both, last = desk.receiver.received
    for secret in (new.secret, desk.hook.secret):
        Verifier(secret).verify(both.body, both.headers)
    Verifier(new.secret).verify(last.body, last.headers)
    with pytest.raises(WebhookVerificationError):
        Verifier(desk.hook.secret).verify(last.body, last.headers)


async def test_a_failing_endpoint_is_tried_for_three_days_and_then_disabled(desk: Desk) -> None:
    desk.receiver.answers.extend([500, "close", "hang", (302, f"Location: {desk.receiver.url}/other\r\n"), 404])
    desk.receiver.usual = 503
    event = await desk.queue()
    errors = []
    for pause in (timedelta(0), *PATIENCE.pauses):
        assert await desk.deliver(pause * 1.1) == 1
        (delivery,) = await desk.deliveries()
        errors.append(delivery.error)
        assert await desk.deliver() == 0
    assert len(errors) == 11
    assert [delivery.state, delivery.attempts, delivery.status] == ["dead", 11, 503]
    assert sum(PATIENCE.pauses, timedelta(0)) > PATIENCE.gives_up
    assert errors[0] == "answered 500"
    assert "cannot be asked" in str(errors[1])
    assert "took more than" in str(errors[2])
    assert "redirects are not followed" in str(errors[3])
    assert errors[4:] == ["answered 404", *["answered 503"] * 6]
    assert set(desk.arrived()) == {str(event)}
    assert await desk.deliveries(DeliveryState.DEAD) == [delivery]
    async with desk.database.read() as connection:
        assert [(each.kind, each.failed) for each in await backlogs(connection)] == [("webhook-deliveries", 1)]
    disabled = await fetch_webhook(desk.database, desk.id)
    assert disabled.disabled_at == desk.now
    assert disabled.disabled_reason
    assert "has failed; the last: answered 503" in disabled.disabled_reason
    # What comes meanwhile is held, and sent once the endpoint is used again, after what is redelivered by hand.
    held = await desk.queue()
    desk.receiver.usual = 204
    assert await desk.deliver(timedelta(days=1)) == 0
    assert [each.event_id for each in await desk.deliveries(DeliveryState.HELD)] == [held]
    await enable_webhook(desk.database, desk.id)
    assert (await redeliver(desk.database, desk.id, delivery.id)).state is DeliveryState.PENDING
    assert await desk.deliver() == 2
    assert sorted(desk.arrived()[11:]) == sorted([str(event), str(held)])


async def test_gone_disables_an_endpoint_at_once_and_loses_nothing(desk: Desk) -> None:
    desk.receiver.answers.append(410)
    lane = UUID(bytes=uuid7().bytes)
    events = [await desk.queue(lane) for _ in range(3)]
    assert await desk.deliver() == 1
    webhook = await fetch_webhook(desk.database, desk.id)
    assert webhook.disabled_reason == "It answered 410 Gone."
    assert {each.state for each in await desk.deliveries()} == {DeliveryState.HELD}
    assert await desk.deliver(timedelta(hours=1)) == 0
    await enable_webhook(desk.database, desk.id)
    assert await desk.deliver() == 3
    assert desk.arrived() == [str(events[0]), *map(str, events)]


async def test_what_is_told_of_one_thing_arrives_in_order_and_holds_up_nothing_else(desk: Desk) -> None:
    desk.receiver.answers.append(500)
    lane = UUID(bytes=uuid7().bytes)
    first, second, third = [await desk.queue(lane) for _ in range(3)]
    assert await desk.deliver() == 1
    other = await desk.queue()
    assert await desk.deliver(timedelta(seconds=2)) == 1
    assert desk.arrived() == [str(first), str(other)]
    assert await desk.deliver(timedelta(seconds=4)) == 3
    assert desk.arrived()[2:] == [str(first), str(second), str(third)]


async def test_an_endpoint_that_fails_rests_instead_of_hearing_all_that_waits(desk: Desk) -> None:
    desk.receiver.usual = 500
    for _ in range(20):
        await desk.queue()
    assert await desk.deliver() <= PATIENCE.each
    failures = len(desk.receiver.received)
    assert await desk.deliver(timedelta(milliseconds=500)) == 0
    assert await desk.deliver(timedelta(minutes=1)) == 1
    assert await desk.deliver(timedelta(seconds=1)) == 0
    desk.receiver.usual = 200
    assert await desk.deliver(timedelta(minutes=5)) >= 20 - failures - 1


async def test_an_endpoint_says_when_to_come_back(desk: Desk) -> None:
    desk.receiver.answers.append((429, "Retry-After: 3600\r\n"))
    await desk.queue()
    assert await desk.deliver() == 1
    assert await desk.deliver(timedelta(minutes=59)) == 0
    assert await desk.deliver(timedelta(minutes=10)) == 1


async def test_what_a_process_took_to_its_grave_is_sent_by_another_under_the_same_id(desk: Desk) -> None:
    event = await desk.queue()
    async with desk.database.write() as connection:
        (parcel,) = await take_deliveries(connection, desk.now, PATIENCE.lease, each=4, most=10)
    assert parcel.event_id == event
    assert await desk.deliver(PATIENCE.lease / 2) == 0
    assert await desk.deliver(PATIENCE.lease / 2) == 1
    assert desk.arrived() == [str(event)]


async def test_an_answer_to_an_attempt_that_was_taken_over_changes_nothing(desk: Desk) -> None:
    desk.receiver.answers.append(500)
    await desk.queue()
    await desk.deliver()
    (failed,) = await desk.deliveries()
    await redeliver(desk.database, desk.id, failed.id)
    assert (await desk.deliveries())[0].attempts == 0


async def test_an_address_of_this_machine_is_not_asked_unless_it_is_listed(desk: Desk) -> None:
    await desk.queue()
    async with Door() as closed:
        desk.door = closed
        assert await desk.deliver() == 1
    (delivery,) = await desk.deliveries()
    assert delivery.error
    assert "FACTCHECK_OUTBOUND_ALLOW" in delivery.error
    assert desk.receiver.received == []


async def test_with_a_signing_key_no_secret_is_stored_and_another_key_sends_nothing(desk: Desk) -> None:
    key = "k" * 32
    hook = desk.hook = await register_webhook(desk.database, NewWebhook(desk.receiver.url), key, Borders.of(LOCAL))
    async with desk.database.read() as connection:
        stored = text("SELECT key FROM webhook_secrets WHERE webhook_id = :id")
        assert (await connection.execute(stored, {"id": hook.webhook.id})).scalar_one() is None
    desk.now -= PATIENCE.longest_rest
    await desk.queue()
    desk.signing_key = "x" * 32
    await desk.deliver()
    assert desk.receiver.received == []
    waiting = await fetch_webhook(desk.database, desk.id)
    assert waiting.last_error
    assert "FACTCHECK_SIGNING_KEY" in waiting.last_error
    desk.signing_key = key
    assert await desk.deliver(PATIENCE.longest_rest) == 1
    (request,) = desk.receiver.received
    Verifier(hook.secret).verify(request.body, request.headers)
    # With another key for good, a rotation sets it right.
    desk.signing_key = "x" * 32
    rotated = await rotate_secret(desk.database, desk.id, desk.signing_key)
    await desk.queue()
    assert await desk.deliver() == 1
    Verifier(rotated.secret).verify(desk.receiver.received[1].body, desk.receiver.received[1].headers)
