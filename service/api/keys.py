"""API keys over HTTP, for administrators."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, delete, get, post
from litestar.datastructures import ResponseHeader
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter
from msgspec import Meta

from service import access, credentials
from service.api.authorization import caller_id
from service.api.bodies import StrictJson
from service.api.claim_bodies import Instant
from service.api.paging import DEFAULT_SIZE, PAGING, NextPageToken, PageSize, PageToken, cut, place_of
from service.api.problems import (
    INVALID_INPUT,
    MALFORMED,
    NOT_ACCEPTABLE,
    NOT_FOUND,
    TOO_LARGE,
    UNAVAILABLE,
    UNSUPPORTED_MEDIA_TYPE,
    problem_responses,
)
from service.credentials import Scope
from service.store.session import Database

Scopes = Annotated[
    list[Scope],
    Meta(
        description="What it may do: `check` claims, `read` what is stored, `write` it (which includes `read`), or "
        "`admin`, which includes everything.",
        examples=[["check", "read"]],
        extra_json_schema={"minItems": 1},
    ),
]
RateLimit = Annotated[
    Annotated[int, Meta(extra_json_schema={"minimum": 1, "maximum": credentials.MAX_RATE})] | None,
    Meta(
        description="Units a minute: a request costs one, a check one for each claim. Null for the server's default.",
        examples=[600],
    ),
]


class NewKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key to make."""

    name: Annotated[
        str,
        Meta(
            description="Who or what will use it; it is shown as the author of changes.",
            examples=["News desk"],
            extra_json_schema={"minLength": 1, "maxLength": credentials.MAX_KEY_NAME},
        ),
    ]
    scopes: Scopes
    expires_at: Annotated[
        Instant | None,
        Meta(description="From then on it is refused. Null for never.", examples=["2027-01-01T00:00:00Z"]),
    ] = None
    rate_limit: RateLimit = None


class Key(msgspec.Struct, frozen=True):
    """A key, without its secret."""

    id: UUID
    name: Annotated[str, Meta(description="Who or what uses it.")]
    prefix: Annotated[str, Meta(description="How its secret begins: `fc_`, this, `_`.", examples=["k3v7q2xw5a"])]
    scopes: Scopes
    rate_limit: RateLimit
    created_at: Instant
    expires_at: Annotated[Instant | None, Meta(description="From then on it is refused. Null for never.")]
    revoked_at: Annotated[Instant | None, Meta(description="Since then it is refused.")]


class CreatedKey(Key, frozen=True):
    """A new key with its secret."""

    secret: Annotated[
        str | None,
        Meta(
            description="What to send as `Authorization: Bearer ...`. Shown this once: it is stored only as a digest, "
            "and is null where this answer is repeated under an `Idempotency-Key`.",
        ),
    ]


class KeyPage(msgspec.Struct, frozen=True):
    """Some of the keys, newest first."""

    items: list[Key]
    next_page_token: NextPageToken


KeyId = Annotated[UUID, PathParameter(description="The id of a key.", title="key_id")]


@get(
    "/v1/keys",
    opt={"scope": Scope.ADMIN, "query": PAGING},
    operation_id="listKeys",
    tags=["Keys"],
    summary="List the keys",
    description="All keys there have ever been, newest first, revoked and expired ones included.",
    response_description="Some of them.",
    responses=problem_responses(MALFORMED, NOT_ACCEPTABLE, INVALID_INPUT, UNAVAILABLE),
)
async def list_keys(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    page_size: PageSize = DEFAULT_SIZE,
    page_token: PageToken = "",
) -> KeyPage:
    """List the keys."""
    asked = {"list": "keys", "caller": caller_id(request)}
    found = await access.fetch_keys(database, page_size + 1, place_of(page_token, asked, UUID))
    shown, token = cut(found, page_size, asked)
    return KeyPage([_key(key) for key in shown], token)


@post(
    "/v1/keys",
    dto=StrictJson[NewKey],
    return_dto=None,
    opt={"scope": Scope.ADMIN, "shown_once": "secret"},
    operation_id="createKey",
    tags=["Keys"],
    summary="Make a key",
    description="Makes a key and shows its secret, this once. Every operation wants a key from the first one on, so "
    "the first must have the scope `admin`.",
    response_description="The key and its secret.",
    response_headers=[ResponseHeader(name="Location", description="The path of the new key.", documentation_only=True)],
    responses=problem_responses(
        MALFORMED, NOT_ACCEPTABLE, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, INVALID_INPUT, UNAVAILABLE
    ),
)
async def create_key(data: JSONBody[NewKey], database: NamedDependency[Database]) -> Response[CreatedKey]:
    """Make a key."""
    new = credentials.NewKey(data.name, tuple(data.scopes), data.rate_limit, data.expires_at)
    key, secret = await access.make_key(database, new)
    body = CreatedKey(**msgspec.structs.asdict(_key(key)), secret=secret)
    return Response(body, headers={"Location": f"/v1/keys/{key.id}"})


@get(
    "/v1/keys/{key_id:str}",
    opt={"scope": Scope.ADMIN},
    operation_id="getKey",
    tags=["Keys"],
    summary="Read a key",
    description="A key, without its secret.",
    response_description="The key.",
    responses=problem_responses(NOT_FOUND, NOT_ACCEPTABLE, UNAVAILABLE),
)
async def get_key(key_id: KeyId, database: NamedDependency[Database]) -> Key:
    """Read a key."""
    return _key(await access.fetch_key(database, key_id))


@delete(
    "/v1/keys/{key_id:str}",
    opt={"scope": Scope.ADMIN},
    status_code=200,
    operation_id="revokeKey",
    tags=["Keys"],
    summary="Revoke a key",
    description="Refuses the key from the next request on, everywhere. It stays on record, as the author of what it "
    "changed. Revoking it again changes nothing.",
    response_description="The key as it stands now.",
    responses=problem_responses(NOT_FOUND, NOT_ACCEPTABLE, UNAVAILABLE),
)
async def revoke_key(key_id: KeyId, database: NamedDependency[Database]) -> Key:
    """Revoke a key."""
    return _key(await access.revoke_key(database, key_id))


def _key(key: credentials.ApiKey) -> Key:
    return msgspec.convert(key, Key, from_attributes=True)


keys_router = Router("/", route_handlers=[list_keys, create_key, get_key, revoke_key])
