"""What became of the events on their way to an endpoint."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter
from msgspec import Meta

from service import subscribing, webhooks
from service.api.authorization import caller_id
from service.api.claim_bodies import Instant
from service.api.concurrency import LOCATION
from service.api.paging import DEFAULT_SIZE, PAGING, NextPageToken, PageSize, PageToken, cut, place_of
from service.api.problems import (
    INVALID_INPUT,
    MALFORMED,
    NOT_ACCEPTABLE,
    NOT_FOUND,
    UNAVAILABLE,
    problem_responses,
)
from service.api.webhooks import WebhookId
from service.credentials import Scope
from service.store.session import Database
from service.watches import EventKind
from service.webhooks import DeliveryState


class Delivery(msgspec.Struct, frozen=True):
    """One event on its way to one endpoint."""

    id: UUID
    webhook_id: UUID
    event_id: Annotated[UUID, Meta(description="What the request carries as `webhook-id`.")]
    watch_id: Annotated[UUID | None, Meta(description="The watch that the event is of; null for a test.")]
    type: Annotated[EventKind, Meta(description="What kind of event.")]
    state: Annotated[
        DeliveryState,
        Meta(
            description="`pending`: to be attempted, or to be attempted again; `delivered`; `held`: its endpoint is "
            "disabled; `dead`: given up after the last attempt."
        ),
    ]
    attempts: Annotated[int, Meta(description="How often it has been sent.", ge=0)]
    status: Annotated[int | None, Meta(description="What the latest attempt was answered; null for no answer.")]
    error: Annotated[str | None, Meta(description="Why the latest attempt failed.", examples=["answered 500"])]
    created_at: Instant
    attempted_at: Annotated[Instant | None, Meta(description="The latest attempt.")]
    next_attempt_at: Annotated[Instant | None, Meta(description="The next attempt, at the earliest.")]
    finished_at: Annotated[Instant | None, Meta(description="When it was delivered, or given up.")]


class DeliveryPage(msgspec.Struct, frozen=True):
    """Some of the deliveries, newest first."""

    items: list[Delivery]
    next_page_token: NextPageToken


DeliveryId = Annotated[UUID, PathParameter(description="The id of a delivery.", title="delivery_id")]


@get(
    "/v1/webhooks/{webhook_id:str}/deliveries",
    opt={"scope": Scope.ADMIN, "query": (*PAGING, "state")},
    operation_id="listDeliveries",
    tags=["Webhooks"],
    summary="List deliveries",
    description="What was sent to an endpoint, or is to be, newest first. `state=dead` lists what was given up.",
    response_description="Some of them.",
    responses=problem_responses(MALFORMED, NOT_FOUND, NOT_ACCEPTABLE, INVALID_INPUT, UNAVAILABLE),
)
async def list_deliveries(
    request: Request[Any, Any, Any],
    webhook_id: WebhookId,
    database: NamedDependency[Database],
    page_size: PageSize = DEFAULT_SIZE,
    page_token: PageToken = "",
    in_state: Annotated[
        DeliveryState | None, QueryParameter(name="state", description="Only those in this state.")
    ] = None,
) -> DeliveryPage:
    """List deliveries."""
    asked = {"list": "deliveries", "caller": caller_id(request), "webhook": str(webhook_id), "state": in_state}
    before = place_of(page_token, asked, UUID)
    found = await subscribing.fetch_deliveries(database, webhook_id, page_size + 1, before, in_state)
    shown, token = cut(found, page_size, asked)
    return DeliveryPage([_body(each) for each in shown], token)


@get(
    "/v1/webhooks/{webhook_id:str}/deliveries/{delivery_id:str}",
    opt={"scope": Scope.ADMIN},
    operation_id="getDelivery",
    tags=["Webhooks"],
    summary="Read a delivery",
    description="Where an event stands on its way to an endpoint.",
    response_description="The delivery.",
    responses=problem_responses(NOT_FOUND, NOT_ACCEPTABLE, UNAVAILABLE),
)
async def get_delivery(webhook_id: WebhookId, delivery_id: DeliveryId, database: NamedDependency[Database]) -> Delivery:
    """Read a delivery."""
    return _body(await subscribing.fetch_delivery(database, webhook_id, delivery_id))


@post(
    "/v1/webhooks/{webhook_id:str}/deliveries/{delivery_id:str}/redeliver",
    status_code=200,
    opt={"scope": Scope.ADMIN, "query": ()},
    operation_id="redeliver",
    tags=["Webhooks"],
    summary="Deliver once more",
    description="Sends an event again, under the same `webhook-id`, whatever became of it, and as often as a new one.",
    response_description="The delivery.",
    responses=problem_responses(MALFORMED, NOT_FOUND, NOT_ACCEPTABLE, UNAVAILABLE),
)
async def redeliver(webhook_id: WebhookId, delivery_id: DeliveryId, database: NamedDependency[Database]) -> Delivery:
    """Deliver once more."""
    return _body(await subscribing.redeliver(database, webhook_id, delivery_id))


@post(
    "/v1/webhooks/{webhook_id:str}/test",
    opt={"scope": Scope.ADMIN, "query": ()},
    operation_id="testWebhook",
    tags=["Webhooks"],
    summary="Send a test event",
    description="Queues an event of type `webhook.test`, which tells nothing. `Location` shows what becomes of it.",
    response_description="The delivery.",
    response_headers=[LOCATION],
    responses=problem_responses(MALFORMED, NOT_FOUND, NOT_ACCEPTABLE, UNAVAILABLE),
)
async def test_webhook(webhook_id: WebhookId, database: NamedDependency[Database]) -> Response[Delivery]:
    """Send a test event."""
    delivery = await subscribing.send_test(database, webhook_id)
    return Response(_body(delivery), headers={"Location": f"/v1/webhooks/{webhook_id}/deliveries/{delivery.id}"})


def _body(delivery: webhooks.Delivery) -> Delivery:
    shown = {name: getattr(delivery, "kind" if name == "type" else name) for name in Delivery.__struct_fields__}
    return Delivery(**shown)


deliveries_router = Router("/", route_handlers=[list_deliveries, get_delivery, redeliver, test_webhook])
