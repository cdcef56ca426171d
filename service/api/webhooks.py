"""Webhooks: endpoints that events are sent to, signed."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, delete, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter
from msgspec import Meta

from service import intake, subscribing, webhooks
from service.api.authorization import caller_id
from service.api.bodies import StrictJson
from service.api.claim_bodies import Instant, WebAddress
from service.api.concurrency import LOCATION
from service.api.paging import DEFAULT_SIZE, PAGING, NextPageToken, PageSize, PageToken, cut, place_of
from service.api.problems import (
    CONFLICT,
    INVALID_INPUT,
    MALFORMED,
    NOT_ACCEPTABLE,
    NOT_FOUND,
    TOO_LARGE,
    UNAVAILABLE,
    UNSUPPORTED_MEDIA_TYPE,
    problem_responses,
)
from service.api.subscriptions import Subscriptions
from service.credentials import Scope
from service.store.session import Database

_LONGEST_OVERLAP = int(webhooks.LONGEST_OVERLAP.total_seconds())

Description = Annotated[
    Annotated[str, Meta(extra_json_schema={"minLength": 1, "maxLength": intake.MAX_TITLE})] | None,
    Meta(description="What it is, for people.", examples=["Newsroom CMS"]),
]
KeyFilter = Annotated[
    UUID | None, Meta(description="Only events of this key's watches are sent; null for those of all watches.")
]


class NewWebhook(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An endpoint to register."""

    url: WebAddress
    key_id: KeyFilter = None
    description: Description = None


class Webhook(msgspec.Struct, frozen=True):
    """An endpoint, without its secret."""

    id: UUID
    url: WebAddress
    key_id: KeyFilter
    description: Description
    created_at: Instant
    disabled_at: Annotated[Instant | None, Meta(description="Since then nothing is sent: what waits is held.")]
    disabled_reason: Annotated[str | None, Meta(description="Why nothing is sent.", examples=["It answered 410 Gone."])]
    failing_since: Annotated[Instant | None, Meta(description="The first failure after the last success.")]
    last_error: Annotated[
        str | None,
        Meta(description="What the latest attempt came to; null after a success.", examples=["answered 500"]),
    ]
    last_delivered_at: Annotated[Instant | None, Meta(description="The last success.")]
    secret_expires_at: Annotated[
        Instant | None, Meta(description="Until then an earlier secret signs too; null where there is just one.")
    ]


class RevealedWebhook(Webhook, frozen=True):
    """An endpoint with a new secret."""

    secret: Annotated[
        str | None,
        Meta(
            description="What signatures are verified with. Shown this once, and null where this answer is repeated "
            "under an `Idempotency-Key`.",
        ),
    ]


class WebhookPage(msgspec.Struct, frozen=True):
    """Some of the endpoints, newest first."""

    items: list[Webhook]
    next_page_token: NextPageToken


class Rotation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a secret is replaced."""

    overlap: Annotated[
        int,
        Meta(
            description="For how many seconds the secret of today signs beside the new one.",
            extra_json_schema={"minimum": 0, "maximum": _LONGEST_OVERLAP},
        ),
    ] = int(webhooks.OVERLAP.total_seconds())


WebhookId = Annotated[UUID, PathParameter(description="The id of a webhook.", title="webhook_id")]


@post(
    "/v1/webhooks",
    dto=StrictJson[NewWebhook],
    return_dto=None,
    opt={"scope": Scope.ADMIN, "shown_once": "secret"},
    operation_id="createWebhook",
    tags=["Webhooks"],
    summary="Register an endpoint",
    description="Events of watches are sent to it from now on by POST, signed as Standard Webhooks has it, at least "
    "once each, and those about one text or claim under watch in their order. An answer of 2xx within 15 seconds takes "
    "an event; otherwise it is sent again, up to ten times within three days. Redirects are not followed.",
    response_description="The endpoint and its secret.",
    response_headers=[LOCATION],
    responses=problem_responses(
        MALFORMED, NOT_ACCEPTABLE, CONFLICT, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, INVALID_INPUT, UNAVAILABLE
    ),
)
async def create_webhook(
    data: JSONBody[NewWebhook],
    database: NamedDependency[Database],
    subscriptions: NamedDependency[Subscriptions],
) -> Response[RevealedWebhook]:
    """Register an endpoint."""
    new = webhooks.NewWebhook(data.url, data.key_id, data.description)
    revealed = await subscribing.register_webhook(database, new, subscriptions.signing_key, subscriptions.borders)
    return Response(_revealed(revealed), headers={"Location": f"/v1/webhooks/{revealed.webhook.id}"})


@get(
    "/v1/webhooks",
    opt={"scope": Scope.ADMIN, "query": PAGING},
    operation_id="listWebhooks",
    tags=["Webhooks"],
    summary="List endpoints",
    description="All endpoints, newest first.",
    response_description="Some of them.",
    responses=problem_responses(MALFORMED, NOT_ACCEPTABLE, INVALID_INPUT, UNAVAILABLE),
)
async def list_webhooks(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    page_size: PageSize = DEFAULT_SIZE,
    page_token: PageToken = "",
) -> WebhookPage:
    """List endpoints."""
    asked = {"list": "webhooks", "caller": caller_id(request)}
    found = await subscribing.fetch_webhooks(database, page_size + 1, place_of(page_token, asked, UUID))
    shown, token = cut(found, page_size, asked)
    return WebhookPage([_body(each) for each in shown], token)


@get(
    "/v1/webhooks/{webhook_id:str}",
    opt={"scope": Scope.ADMIN},
    operation_id="getWebhook",
    tags=["Webhooks"],
    summary="Read an endpoint",
    description="An endpoint, without its secret, and how it fares.",
    response_description="The endpoint.",
    responses=problem_responses(NOT_FOUND, NOT_ACCEPTABLE, UNAVAILABLE),
)
async def get_webhook(webhook_id: WebhookId, database: NamedDependency[Database]) -> Webhook:
    """Read an endpoint."""
    return _body(await subscribing.fetch_webhook(database, webhook_id))


@delete(
    "/v1/webhooks/{webhook_id:str}",
    opt={"scope": Scope.ADMIN},
    operation_id="deleteWebhook",
    tags=["Webhooks"],
    summary="Remove an endpoint",
    description="Nothing more is sent to it, what waits included.",
    response_description="It is removed.",
    responses=problem_responses(NOT_FOUND, NOT_ACCEPTABLE, UNAVAILABLE),
)
async def delete_webhook(webhook_id: WebhookId, database: NamedDependency[Database]) -> None:
    """Remove an endpoint."""
    await subscribing.remove_webhook(database, webhook_id)


@post(
    "/v1/webhooks/{webhook_id:str}/rotate",
    dto=StrictJson[Rotation],
    return_dto=None,
    status_code=200,
    opt={"scope": Scope.ADMIN, "shown_once": "secret"},
    operation_id="rotateWebhookSecret",
    tags=["Webhooks"],
    summary="Replace the secret",
    description="Shows a new secret, this once. Until the overlap is over, every request carries a signature by each.",
    response_description="The endpoint and its new secret.",
    responses=problem_responses(
        MALFORMED, NOT_FOUND, NOT_ACCEPTABLE, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, INVALID_INPUT, UNAVAILABLE
    ),
)
async def rotate_webhook_secret(
    webhook_id: WebhookId,
    data: JSONBody[Rotation],
    database: NamedDependency[Database],
    subscriptions: NamedDependency[Subscriptions],
) -> Response[RevealedWebhook]:
    """Replace the secret."""
    # Beyond what a timedelta holds it is refused all the same.
    overlap = timedelta(seconds=max(-1, min(data.overlap, _LONGEST_OVERLAP + 1)))
    revealed = await subscribing.rotate_secret(database, webhook_id, subscriptions.signing_key, overlap)
    return Response(_revealed(revealed))


@post(
    "/v1/webhooks/{webhook_id:str}/enable",
    status_code=200,
    opt={"scope": Scope.ADMIN, "query": ()},
    operation_id="enableWebhook",
    tags=["Webhooks"],
    summary="Use an endpoint again",
    description="After it was disabled, because it answered 410 Gone or failed for three days: sends what was held, in "
    "its order. One that is enabled stays so.",
    response_description="The endpoint.",
    responses=problem_responses(MALFORMED, NOT_FOUND, NOT_ACCEPTABLE, UNAVAILABLE),
)
async def enable_webhook(webhook_id: WebhookId, database: NamedDependency[Database]) -> Webhook:
    """Use an endpoint again."""
    return _body(await subscribing.enable_webhook(database, webhook_id))


def _body(webhook: webhooks.Webhook) -> Webhook:
    return msgspec.convert(webhook, Webhook, from_attributes=True)


def _revealed(revealed: subscribing.Revealed) -> RevealedWebhook:
    return RevealedWebhook(**msgspec.structs.asdict(_body(revealed.webhook)), secret=revealed.secret)


webhooks_router = Router(
    "/",
    route_handlers=[
        create_webhook,
        list_webhooks,
        get_webhook,
        delete_webhook,
        rotate_webhook_secret,
        enable_webhook,
    ],
)
