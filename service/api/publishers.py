"""Publishers: who reviews claims, and what their labels mean."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, patch, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter, QueryParameter
from msgspec import UNSET, Meta, UnsetType

from service import domain, intake, publishing
from service.api.authorization import caller_id
from service.api.bodies import StrictJson
from service.api.claim_bodies import Instant, NewPublisher
from service.api.claims import NOT_MODIFIED
from service.api.concurrency import EDITORS, ETAG, LOCATION, REASON, IfNoneMatch, answer
from service.api.paging import DEFAULT_SIZE, PAGING, NextPageToken, PageSize, PageToken, page_token, place_of
from service.api.patches import patched
from service.api.problems import (
    CONFLICT,
    INVALID_INPUT,
    MALFORMED,
    NOT_ACCEPTABLE,
    NOT_FOUND,
    PRECONDITION_REQUIRED,
    STALE,
    TOO_LARGE,
    UNAVAILABLE,
    UNSUPPORTED_MEDIA_TYPE,
    problem_responses,
)
from service.domain import StoredPublisher, Verdict
from service.editing import Editor
from service.store.session import Database

Site = Annotated[
    Annotated[str, Meta(extra_json_schema={"maxLength": intake.MAX_SITE})] | None,
    Meta(description="Its host name; publishers are told apart by it.", examples=["factdesk.example.org"]),
]


class NewPublisherEntry(NewPublisher, frozen=True, forbid_unknown_fields=True):
    """A publisher to store."""

    labels: Annotated[
        dict[str, Verdict],
        Meta(
            description="What its labels mean; case, hyphens and diacritics do not matter. A label that is not here "
            "means what it commonly does, or `other`.",
            examples=[{"Three turnips": "mostly_false"}],
            extra_json_schema={"maxProperties": intake.MAX_LABELS},
        ),
    ] = msgspec.field(default_factory=dict)


class PublisherEntryPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A JSON merge patch of a publisher: a label with null leaves the table, other labels stay."""

    name: Annotated[
        Annotated[str, Meta(extra_json_schema={"minLength": 1, "maxLength": intake.MAX_NAME})] | UnsetType,
        Meta(description="Its name."),
    ] = UNSET
    site: Site | UnsetType = UNSET
    labels: Annotated[
        dict[str, Verdict | None] | UnsetType | None,
        Meta(
            description="What labels mean; null takes a label out, and null for all of them empties the table.",
            examples=[{"Three turnips": "false", "Old turnip": None}],
        ),
    ] = UNSET


class PublisherEntry(msgspec.Struct, frozen=True):
    """A publisher with the table from its labels to verdicts."""

    id: UUID
    name: str
    site: Annotated[str | None, Meta(description="Its host name; publishers are told apart by it.")]
    labels: Annotated[dict[str, Verdict], Meta(description="What its labels mean, beside those in common use.")]
    revision: Annotated[int, Meta(ge=1, description="Counts its changes, from 1.")]
    created_at: Instant
    updated_at: Instant


class PublisherPage(msgspec.Struct, frozen=True):
    """Some publishers, by name."""

    items: list[PublisherEntry]
    next_page_token: NextPageToken


PublisherId = Annotated[UUID, PathParameter(description="The id of a publisher.", title="publisher_id")]


@get(
    "/v1/publishers",
    opt={"query": ("q", *PAGING), "lagging": True},
    operation_id="listPublishers",
    tags=["Publishers"],
    summary="List publishers",
    description="Those whose reviews are stored, and those that were stored themselves, by name.",
    response_description="A page of publishers.",
    responses=problem_responses(MALFORMED, NOT_ACCEPTABLE, INVALID_INPUT, UNAVAILABLE),
)
async def list_publishers(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    q: Annotated[
        str,
        QueryParameter(
            description="Part of the name or the host name.",
            max_length=intake.MAX_NAME,
            schema_extra={"min_length": 1, "pattern": r"^[^\x00]*$"},
        ),
    ] = "",
    page_size: PageSize = DEFAULT_SIZE,
    page_token: PageToken = "",
) -> PublisherPage:
    """List publishers."""
    asked = {"publishers": q, "caller": caller_id(request)}
    after = place_of(page_token, asked, tuple[str, UUID])
    found = await publishing.fetch_publishers(database, q or None, after, page_size + 1)
    shown = found[:page_size]
    return PublisherPage([_body(each) for each in shown], _token(asked, shown) if len(found) > page_size else None)


def _token(asked: dict[str, str | None], shown: list[StoredPublisher]) -> str:
    return page_token(asked, [shown[-1].publisher.name, shown[-1].id])


@post(
    "/v1/publishers",
    dto=StrictJson[NewPublisherEntry],
    return_dto=None,
    opt={"query": (REASON,)},
    operation_id="createPublisher",
    tags=["Publishers"],
    summary="Store a publisher",
    description="Stores a publisher before a review of it is, to say what its labels mean.",
    response_description="The publisher as stored.",
    response_headers=[LOCATION, ETAG],
    responses=problem_responses(
        MALFORMED, NOT_ACCEPTABLE, CONFLICT, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, INVALID_INPUT, UNAVAILABLE
    ),
)
async def create_publisher(
    request: Request[Any, Any, Any],
    data: JSONBody[NewPublisherEntry],
    database: NamedDependency[Database],
    creator: NamedDependency[Editor],
) -> Response[PublisherEntry]:
    """Store a publisher."""
    publisher = domain.Publisher(data.name, data.site)
    stored = await publishing.add_publisher(database, publisher, data.labels, creator)
    location = {"Location": f"/v1/publishers/{stored.id}"}
    return answer(request, _body(stored), stored.revision, status=201, headers=location)


@get(
    "/v1/publishers/{publisher_id:str}",
    opt={"query": ()},
    operation_id="getPublisher",
    tags=["Publishers"],
    summary="Read a publisher",
    description="A publisher with the table from its labels to verdicts.",
    response_description="The publisher.",
    response_headers=[ETAG],
    responses=problem_responses(MALFORMED, NOT_FOUND, NOT_ACCEPTABLE, UNAVAILABLE) | NOT_MODIFIED,
)
async def get_publisher(
    request: Request[Any, Any, Any],
    publisher_id: PublisherId,
    database: NamedDependency[Database],
    if_none_match: IfNoneMatch = None,
) -> Response[PublisherEntry]:
    """Read a publisher."""
    found = await publishing.fetch_publisher(database, publisher_id)
    return answer(request, _body(found), found.revision)


@patch(
    "/v1/publishers/{publisher_id:str}",
    dto=StrictJson[PublisherEntryPatch],
    return_dto=None,
    opt={"query": (REASON,)},
    operation_id="updatePublisher",
    tags=["Publishers"],
    summary="Change a publisher",
    description=(
        "A JSON merge patch. Where labels mean something else now, the verdicts that follow from them change with "
        "them, each as a revision of its claim; a verdict that a review states itself stays."
    ),
    response_description="The publisher as it is now.",
    response_headers=[ETAG],
    responses=problem_responses(
        MALFORMED,
        NOT_FOUND,
        NOT_ACCEPTABLE,
        CONFLICT,
        STALE,
        TOO_LARGE,
        UNSUPPORTED_MEDIA_TYPE,
        INVALID_INPUT,
        PRECONDITION_REQUIRED,
        UNAVAILABLE,
    ),
)
async def update_publisher(
    request: Request[Any, Any, Any],
    publisher_id: PublisherId,
    data: JSONBody[PublisherEntryPatch],
    database: NamedDependency[Database],
    editor: NamedDependency[Editor],
) -> Response[PublisherEntry]:
    """Change a publisher."""

    def alter(known: StoredPublisher) -> StoredPublisher:
        entry = patched(NewPublisherEntry(known.publisher.name, known.publisher.site, known.labels), data)
        return replace(known, publisher=domain.Publisher(entry.name, entry.site), labels=entry.labels)

    changed = await publishing.edit_publisher(database, publisher_id, editor, alter)
    return answer(request, _body(changed), changed.revision)


def _body(stored: StoredPublisher) -> PublisherEntry:
    return PublisherEntry(
        stored.id,
        stored.publisher.name,
        stored.publisher.site,
        dict(sorted(stored.labels.items())),
        stored.revision,
        stored.created_at,
        stored.updated_at,
    )


publishers_router = Router(
    "/",
    route_handlers=[list_publishers, create_publisher, get_publisher, update_publisher],
    dependencies=EDITORS,
)
