"""Who changed what, for administrators."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Router, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from msgspec import Meta

from service import access
from service.api.authorization import caller_id
from service.api.claim_bodies import Instant
from service.api.paging import DEFAULT_SIZE, PAGING, NextPageToken, PageSize, PageToken, cut, place_of
from service.api.problems import INVALID_INPUT, MALFORMED, NOT_ACCEPTABLE, UNAVAILABLE, problem_responses
from service.credentials import Scope
from service.errors import Fault, InvalidInput
from service.store.session import Database


class AuditEntry(msgspec.Struct, frozen=True):
    """One accepted change."""

    id: UUID
    at: Annotated[Instant, Meta(description="When it was made.")]
    operation: Annotated[str, Meta(description="The operation's id, as in this document.", examples=["createClaim"])]
    resource: Annotated[str, Meta(description="The path of what was changed.")]
    key_id: Annotated[UUID | None, Meta(description="The key it was made with; null where there was none.")]
    key_name: Annotated[str | None, Meta(description="That key's name.", examples=["News desk"])]
    key_prefix: Annotated[str | None, Meta(description="That key's prefix.", examples=["k3v7q2xw5a"])]
    request_id: Annotated[str | None, Meta(description="The `X-Request-Id` of the request.")]
    address: Annotated[
        str | None,
        Meta(description="The caller's address; null for what was done at a terminal.", examples=["192.0.2.7"]),
    ]


class AuditPage(msgspec.Struct, frozen=True):
    """Some of the changes, newest first."""

    items: list[AuditEntry]
    next_page_token: NextPageToken


@get(
    "/v1/audit",
    opt={"scope": Scope.ADMIN, "query": (*PAGING, "key_id", "resource"), "lagging": True},
    operation_id="listAudit",
    tags=["Keys"],
    summary="Who changed what",
    description="Every accepted change of claims, keys and what belongs to them, newest first. Checks change nothing, "
    "and are not listed.",
    response_description="Some of the changes.",
    responses=problem_responses(MALFORMED, NOT_ACCEPTABLE, INVALID_INPUT, UNAVAILABLE),
)
async def list_audit(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    page_size: PageSize = DEFAULT_SIZE,
    page_token: PageToken = "",
    key_id: Annotated[
        str,
        QueryParameter(description="Only what was done with the key of this id.", schema_extra={"format": "uuid"}),
    ] = "",
    resource: Annotated[
        str,
        QueryParameter(
            description="Only what was done to this path.", schema_extra={"min_length": 1, "pattern": r"^[^\x00]*$"}
        ),
    ] = "",
) -> AuditPage:
    """List changes."""
    asked = {"list": "audit", "caller": caller_id(request), "key_id": key_id, "resource": resource}
    before = place_of(page_token, asked, UUID)
    found = await access.fetch_audit(database, page_size + 1, before, _id(key_id), resource or None)
    shown, token = cut(found, page_size, asked)
    return AuditPage(msgspec.convert(shown, list[AuditEntry], from_attributes=True), token)


def _id(text: str) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError as error:
        raise InvalidInput([Fault("/key_id", "must be the id of a key, a UUID")]) from error


audit_router = Router("/", route_handlers=[list_audit])
