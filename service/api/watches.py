"""Watches: word when an answer that was given has changed."""

from __future__ import annotations

from operator import attrgetter
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, delete, get, post
from litestar.di import NamedDependency
from litestar.params import HeaderParameter, JSONBody, PathParameter, QueryParameter
from litestar.response import Stream

from service import domain, watching
from service.api.authorization import caller_id
from service.api.bodies import StrictJson
from service.api.concurrency import LOCATION
from service.api.envelope import wants_head
from service.api.event_streams import MEDIA_TYPE
from service.api.paging import DEFAULT_SIZE, PAGING, PageSize, PageToken, cut, place_of
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
from service.api.queries import uuid_of
from service.api.subscriptions import Subscriptions
from service.api.watch_bodies import (
    NewWatch,
    WatchDetails,
    WatchEvent,
    WatchEventPage,
    WatchPage,
    watch_body,
    watch_details,
)
from service.credentials import Scope
from service.errors import Fault, InvalidInput
from service.indexing import Semantics
from service.store.session import Database
from service.watching import Conditions

WatchId = Annotated[UUID, PathParameter(description="The id of a watch.", title="watch_id")]
MAX_NUMBER: Final = 2**53 - 1
"""The largest number that every JSON reader understands."""

After = Annotated[
    int,
    QueryParameter(
        description="Only events with a number above this one.", ge=0, le=MAX_NUMBER, schema_extra={"default": 0}
    ),
]


@post(
    "/v1/watches",
    dto=StrictJson[NewWatch],
    return_dto=None,
    opt={"scope": Scope.CHECK},
    operation_id="createWatch",
    tags=["Watches"],
    summary="Watch an answer or a claim",
    description="From now on there is an event whenever what is answered changes: in its status, in the claims that it "
    "rests on, or in their verdicts and sources. `watch: true` in a check does the same for its answers.",
    response_description="The watch, with what is answered now.",
    response_headers=[LOCATION],
    responses=problem_responses(
        MALFORMED, NOT_ACCEPTABLE, CONFLICT, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, INVALID_INPUT, UNAVAILABLE
    ),
)
async def create_watch(
    request: Request[Any, Any, Any],
    data: JSONBody[NewWatch],
    database: NamedDependency[Database],
    semantics: NamedDependency[Semantics | None],
    subscriptions: NamedDependency[Subscriptions],
) -> Response[WatchDetails]:
    """Watch an answer or a claim."""
    watcher = subscriptions.watcher(request)
    conditions = Conditions(data.ref, data.expires_at)
    if sum(each is not None for each in (data.check_id, data.claim_id, data.claim)) != 1:
        raise InvalidInput([Fault("", "must have exactly one of check_id, claim_id and claim")])
    if data.options is not None and data.claim is None:
        raise InvalidInput([Fault("/options", "says how a claim is checked, and there is none")])
    if data.check_id is not None:
        watch = await watching.watch_kept_check(database, data.check_id, watcher, conditions)
    elif data.claim_id is not None:
        watch = await watching.watch_claim(database, data.claim_id, watcher, conditions)
    else:
        claim = msgspec.convert(data.claim, domain.IncomingClaim, from_attributes=True)
        options = msgspec.convert(data.options, domain.CheckOptions | None, from_attributes=True)
        try:
            watch = await watching.watch_text(
                database, claim, options or domain.CheckOptions(), watcher, conditions, semantics
            )
        except InvalidInput as error:
            faults = [Fault(each.pointer.replace("/claims/0", "/claim", 1), each.detail) for each in error.faults]
            raise InvalidInput(faults) from error
    body = watch_details(watch, await watching.fetch_subjects(database, watch.id))
    return Response(body, headers={"Location": f"/v1/watches/{watch.id}"})


@get(
    "/v1/watches",
    opt={"scope": Scope.CHECK, "query": (*PAGING, "check_id", "claim_id")},
    operation_id="listWatches",
    tags=["Watches"],
    summary="List watches",
    description="Your own watches, newest first; with an administrator's key, everybody's.",
    response_description="Some of them.",
    responses=problem_responses(MALFORMED, NOT_ACCEPTABLE, INVALID_INPUT, UNAVAILABLE),
)
async def list_watches(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    subscriptions: NamedDependency[Subscriptions],
    page_size: PageSize = DEFAULT_SIZE,
    page_token: PageToken = "",
    check_id: Annotated[
        str, QueryParameter(description="Only those of this check.", schema_extra={"format": "uuid"})
    ] = "",
    claim_id: Annotated[
        str, QueryParameter(description="Only those of this claim.", schema_extra={"format": "uuid"})
    ] = "",
) -> WatchPage:
    """List watches."""
    asked = {"list": "watches", "caller": caller_id(request), "check_id": check_id, "claim_id": claim_id}
    found = await watching.fetch_watches(
        database,
        subscriptions.watcher(request),
        page_size + 1,
        place_of(page_token, asked, UUID),
        check_id=uuid_of(check_id, "check_id"),
        claim_id=uuid_of(claim_id, "claim_id"),
    )
    shown, token = cut(found, page_size, asked)
    return WatchPage([watch_body(each) for each in shown], token)


@get(
    "/v1/watches/{watch_id:str}",
    opt={"scope": Scope.CHECK},
    operation_id="getWatch",
    tags=["Watches"],
    summary="Read a watch",
    description="A watch, with what was answered or told last.",
    response_description="The watch.",
    responses=problem_responses(NOT_FOUND, NOT_ACCEPTABLE, UNAVAILABLE),
)
async def get_watch(
    request: Request[Any, Any, Any],
    watch_id: WatchId,
    database: NamedDependency[Database],
    subscriptions: NamedDependency[Subscriptions],
) -> WatchDetails:
    """Read a watch."""
    watch = await watching.fetch_watch(database, watch_id, subscriptions.watcher(request))
    return watch_details(watch, await watching.fetch_subjects(database, watch_id))


@delete(
    "/v1/watches/{watch_id:str}",
    opt={"scope": Scope.CHECK},
    operation_id="deleteWatch",
    tags=["Watches"],
    summary="End a watch",
    description="Nothing more is told, and the events of the watch are removed, those not delivered yet included.",
    response_description="It has ended.",
    responses=problem_responses(NOT_FOUND, NOT_ACCEPTABLE, UNAVAILABLE),
)
async def delete_watch(
    request: Request[Any, Any, Any],
    watch_id: WatchId,
    database: NamedDependency[Database],
    subscriptions: NamedDependency[Subscriptions],
) -> None:
    """End a watch."""
    await watching.end_watch(database, watch_id, subscriptions.watcher(request))


@get(
    "/v1/watches/{watch_id:str}/events",
    opt={"scope": Scope.CHECK, "query": (*PAGING, "after")},
    operation_id="listWatchEvents",
    tags=["Watches"],
    summary="Read what a watch has told",
    description="Its events, oldest first; they are kept for 30 days. To poll, send the number of the last event that "
    "you have as `after`: nothing comes in between later on.",
    response_description="Some of them.",
    responses=problem_responses(MALFORMED, NOT_FOUND, NOT_ACCEPTABLE, INVALID_INPUT, UNAVAILABLE),
)
async def list_watch_events(
    request: Request[Any, Any, Any],
    watch_id: WatchId,
    database: NamedDependency[Database],
    subscriptions: NamedDependency[Subscriptions],
    after: After = 0,
    page_size: PageSize = DEFAULT_SIZE,
    page_token: PageToken = "",
) -> WatchEventPage:
    """Read what a watch has told."""
    asked = {"list": "events", "caller": caller_id(request), "watch": str(watch_id), "after": after}
    place = place_of(page_token, asked, int)
    watcher = subscriptions.watcher(request)
    found = await watching.fetch_events(
        database, watch_id, watcher, page_size + 1, after if place is None else min(place, MAX_NUMBER)
    )
    shown, token = cut(found, page_size, asked, attrgetter("number"))
    return WatchEventPage([msgspec.json.decode(each.body, type=WatchEvent) for each in shown], token)


@get(
    "/v1/watches/{watch_id:str}/events/stream",
    opt={"scope": Scope.CHECK, "query": ("after",), "produces": (MEDIA_TYPE,)},
    media_type=MEDIA_TYPE,
    operation_id="streamWatchEvents",
    tags=["Watches"],
    summary="Follow a watch",
    description="Server-sent events: those after the number in `Last-Event-ID` or `after`, then each as it comes, with "
    "its number as `id`, its type as `event`, and as `data` what `listWatchEvents` shows. A comment every 15 seconds "
    "says that the stream is alive. It ends when the server stops: connect again with the last `id`.",
    response_description="A stream without an end.",
    responses=problem_responses(MALFORMED, NOT_FOUND, NOT_ACCEPTABLE, INVALID_INPUT, UNAVAILABLE),
)
async def stream_watch_events(
    request: Request[Any, Any, Any],
    watch_id: WatchId,
    database: NamedDependency[Database],
    subscriptions: NamedDependency[Subscriptions],
    after: After = 0,
    last_event_id: Annotated[
        str | None, HeaderParameter(name="Last-Event-ID", description="As a browser sends it when it asks again.")
    ] = None,
) -> Stream:
    """Follow a watch."""
    watcher = subscriptions.watcher(request)
    await watching.fetch_watch(database, watch_id, watcher)
    seen = _seen(last_event_id, after)
    head_only = wants_head(request.scope)
    return Stream(() if head_only else subscriptions.streams.open(watch_id, watcher, seen), media_type=MEDIA_TYPE)


def _seen(last_event_id: str | None, after: int) -> int:
    if last_event_id is None:
        return after
    if not (last_event_id.isascii() and last_event_id.isdigit() and len(last_event_id) <= 15):
        raise InvalidInput([Fault("/Last-Event-ID", "must be the number of an event")])
    return max(after, int(last_event_id))


watches_router = Router(
    "/", route_handlers=[create_watch, list_watches, get_watch, delete_watch, list_watch_events, stream_watch_events]
)
