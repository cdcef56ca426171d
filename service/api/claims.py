"""Claims: listing them, storing one, reading it, changing it, withdrawing it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody, PathParameter, QueryParameter

from service import browsing, editing, history
from service.api.authorization import caller_id
from service.api.bodies import StrictJson
from service.api.claim_bodies import (
    Claim,
    ClaimItem,
    ClaimPage,
    NewClaim,
    claim_body,
    draft_of,
    fields_of,
    with_fields,
)
from service.api.claim_filters import FILTERS, WANTED, text_filter
from service.api.claim_patches import ClaimPatch
from service.api.concurrency import EDITORS, ETAG, LOCATION, REASON, IfNoneMatch, answer, removed
from service.api.paging import DEFAULT_SIZE, PAGING, PageSize, PageToken, page_token, place_of
from service.api.patches import patched
from service.api.problems import (
    CONFLICT,
    GONE,
    INVALID_INPUT,
    MALFORMED,
    MERGED,
    NOT_ACCEPTABLE,
    NOT_FOUND,
    PRECONDITION_REQUIRED,
    STALE,
    TOO_LARGE,
    UNAVAILABLE,
    UNSUPPORTED_MEDIA_TYPE,
    problem_responses,
)
from service.domain import ClaimDraft
from service.editing import Editor
from service.errors import Fault, InvalidInput
from service.store.catalogue import ClaimFilter, ClaimOrder, Place
from service.store.session import Database

_FIELDS: Final = tuple(field.name for field in msgspec.structs.fields(ClaimItem))

NOT_MODIFIED: Final = {
    304: ResponseSpec(data_container=None, generate_examples=False, description="It is as you have it.")
}
READING: Final = (MERGED, MALFORMED, NOT_FOUND, NOT_ACCEPTABLE, GONE, INVALID_INPUT, UNAVAILABLE)
ADDING: Final = (*READING, CONFLICT, STALE, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE)
CHANGING: Final = (*ADDING, PRECONDITION_REQUIRED)
REMOVING: Final = (*READING, CONFLICT, STALE, PRECONDITION_REQUIRED)

ClaimId = Annotated[UUID, PathParameter(description="The id of a claim.", title="claim_id")]


@get(
    "/v1/claims",
    opt={"query": (*FILTERS, "sort", "fields", *PAGING), "lagging": True},
    operation_id="listClaims",
    tags=["Claims"],
    summary="List claims",
    description=(
        "The claims that pass every filter given, a page at a time. Pages are stable: a claim stored or withdrawn "
        "meanwhile makes no other appear twice or be left out."
    ),
    response_description="A page of claims.",
    responses=problem_responses(MALFORMED, NOT_ACCEPTABLE, INVALID_INPUT, UNAVAILABLE),
)
async def list_claims(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    wanted: NamedDependency[ClaimFilter],
    sort: Annotated[
        ClaimOrder,
        QueryParameter(
            description="The order; with a minus the newest come first.",
            schema_extra={"default": ClaimOrder.NEWEST.value},
        ),
    ] = ClaimOrder.NEWEST,
    fields: Annotated[
        str,
        text_filter("Only these fields of each claim, separated by commas, such as `id,text,verdict`.", 300),
    ] = "",
    page_size: PageSize = DEFAULT_SIZE,
    page_token: PageToken = "",
) -> Response[ClaimPage]:
    """List claims."""
    shown = _shown_fields(fields)
    asked = {**msgspec.to_builtins(wanted), "sort": sort.value, "caller": caller_id(request)}
    page = await browsing.browse_claims(database, wanted, sort, _place(page_token, asked, sort), page_size)
    return _page(page, asked, shown)


def _page(page: browsing.ClaimPage, asked: dict[str, Any], shown: frozenset[str]) -> Response[ClaimPage]:
    items = [msgspec.to_builtins(claim_body(claim)) for claim in page.claims]
    following = page.next and page_token(
        asked, page.next.id if page.next.key is None else [page.next.key, page.next.id]
    )
    body = {
        "items": [{name: value for name, value in item.items() if name in shown} for item in items],
        "next_page_token": following,
        "total": page.total,
    }
    return Response(msgspec.json.encode(body), media_type="application/json")  # type: ignore[arg-type]


def _place(token: str, asked: dict[str, Any], order: ClaimOrder) -> Place | None:
    match order:
        case ClaimOrder.NEWEST | ClaimOrder.OLDEST:
            key = place_of(token, asked, UUID)
            return None if key is None else Place(None, key)
        case ClaimOrder.LAST_CHANGED | ClaimOrder.FIRST_CHANGED:
            changed = place_of(token, asked, tuple[datetime, UUID])
            return None if changed is None else Place(*changed)
        case _:
            claimed = place_of(token, asked, tuple[date, UUID])
            return None if claimed is None else Place(*claimed)


def _shown_fields(fields: str) -> frozenset[str]:
    if not fields:
        return frozenset(_FIELDS)
    named = [name.strip() for name in fields.split(",")]
    if unknown := [name for name in named if name not in _FIELDS]:
        detail = f"knows no {unknown[0][:50]!r}; the fields are {', '.join(_FIELDS)}"
        raise InvalidInput([Fault("/fields", detail)])
    return frozenset(named)


@post(
    "/v1/claims",
    dto=StrictJson[NewClaim],
    return_dto=None,
    opt={"query": (REASON,)},
    operation_id="createClaim",
    tags=["Claims"],
    summary="Store a claim",
    description="Stores a claim with its wordings, reviews and sources in one go. The next check finds it.",
    response_description="The claim as stored.",
    response_headers=[LOCATION, ETAG],
    responses=problem_responses(
        MALFORMED, NOT_ACCEPTABLE, CONFLICT, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, INVALID_INPUT, UNAVAILABLE
    ),
)
async def create_claim(
    request: Request[Any, Any, Any],
    data: JSONBody[NewClaim],
    database: NamedDependency[Database],
    creator: NamedDependency[Editor],
) -> Response[Claim]:
    """Store a claim."""
    claim = await editing.add_claim(database, draft_of(data), creator)
    return answer(
        request, claim_body(claim), claim.revision, status=201, headers={"Location": f"/v1/claims/{claim.id}"}
    )


@get(
    "/v1/claims/{claim_id:str}",
    opt={"query": ("revision",)},
    operation_id="getClaim",
    tags=["Claims"],
    summary="Read a claim",
    description=(
        "A stored claim with its wordings, reviews and sources, as it is or as it was at a revision. A withdrawn claim "
        "is answered with 410 and a merged one leads to the other with 308; their revisions can still be read."
    ),
    response_description="The claim.",
    response_headers=[ETAG],
    responses=problem_responses(*READING) | NOT_MODIFIED,
)
async def get_claim(
    request: Request[Any, Any, Any],
    claim_id: ClaimId,
    database: NamedDependency[Database],
    revision: Annotated[
        int | None,
        QueryParameter(description="Show the claim as it was at this revision.", ge=1, le=2**31 - 1),
    ] = None,
    if_none_match: IfNoneMatch = None,
) -> Response[Claim]:
    """Read a claim."""
    if revision is None:
        claim = await editing.fetch_claim(database, claim_id)
    else:
        claim = await history.fetch_revision(database, claim_id, revision)
    return answer(request, claim_body(claim), claim.revision)


@patch(
    "/v1/claims/{claim_id:str}",
    dto=StrictJson[ClaimPatch],
    return_dto=None,
    opt={"query": (REASON,)},
    operation_id="updateClaim",
    tags=["Claims"],
    summary="Change a claim",
    description=(
        "A JSON merge patch (RFC 7396): what is absent stays, what is null goes. The change is a revision, and the "
        "next check knows it. Wordings, reviews and sources are changed under their own addresses."
    ),
    response_description="The claim as it is now.",
    response_headers=[ETAG],
    responses=problem_responses(*CHANGING),
)
async def update_claim(
    request: Request[Any, Any, Any],
    claim_id: ClaimId,
    data: JSONBody[ClaimPatch],
    database: NamedDependency[Database],
    editor: NamedDependency[Editor],
) -> Response[Claim]:
    """Change a claim."""

    def alter(draft: ClaimDraft) -> ClaimDraft:
        return with_fields(draft, patched(fields_of(draft), data))

    if data.withdrawn_at is None:
        if msgspec.to_builtins(data) != {"withdrawn_at": None}:
            raise InvalidInput([Fault("/withdrawn_at", "must stand alone: bring the claim back, then change it")])
        claim = await editing.restore_claim(database, claim_id, editor)
    else:
        claim = await editing.edit_claim(database, claim_id, editor, alter)
    return answer(request, claim_body(claim), claim.revision)


@delete(
    "/v1/claims/{claim_id:str}",
    opt={"query": (REASON,)},
    operation_id="withdrawClaim",
    tags=["Claims"],
    summary="Withdraw a claim",
    description=(
        "From now on no check finds it, and reading it is answered with 410. Nothing is lost: its history and every "
        "revision can still be read, and `withdrawn_at: null` in a patch brings it back."
    ),
    response_description="It is withdrawn.",
    response_headers=[ETAG],
    responses=problem_responses(*REMOVING),
)
async def withdraw_claim(
    claim_id: ClaimId, database: NamedDependency[Database], editor: NamedDependency[Editor]
) -> Response[None]:
    """Withdraw a claim."""
    claim = await editing.withdraw_claim(database, claim_id, editor)
    return removed(claim.revision)


claims_router = Router(
    "/",
    route_handlers=[list_claims, create_claim, get_claim, update_claim, withdraw_claim],
    dependencies=EDITORS | WANTED,
)
