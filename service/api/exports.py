"""Exports: all claims that are wanted, in one file, in the formats that others read."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import datetime
from hashlib import blake2b
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get
from litestar.datastructures import ResponseHeader
from litestar.di import NamedDependency

from service import editing
from service.api.authorization import caller_id
from service.api.claim_filters import CRITERIA, FILTERS, WANTED
from service.api.claims import NOT_MODIFIED, READING, ClaimId
from service.api.concurrency import IfNoneMatch, answer, has_tag
from service.api.downloads import Download, chosen_media_type
from service.api.paging import DEFAULT_SIZE, PAGING, PageSize, PageToken, place_of
from service.api.paging import page_token as make_token
from service.api.problems import (
    CONFLICT,
    INVALID_INPUT,
    MALFORMED,
    NOT_ACCEPTABLE,
    UNAVAILABLE,
    problem_responses,
)
from service.api.reviews import ReviewId
from service.errors import Conflict, NotFound
from service.exporting import export_claims, fetch_verdict_changes
from service.formats import atom
from service.formats.claimreview import DATA_FEED, MEDIA_TYPE, claim_review, document, encode, published_reviews
from service.formats.format import Format
from service.formats.jsonlines import JSON_LINES
from service.formats.table import TABLE
from service.store.catalogue import ClaimFilter
from service.store.session import Database
from service.verdict_changes import Moment

TOTAL: Final = ResponseHeader(
    name="X-Total-Count", description="How many claims are in the file.", documentation_only=True
)
TAG: Final = ResponseHeader(
    name="ETag", description="The same while the file would be the same to the byte.", documentation_only=True
)
_NAME: Final = ResponseHeader(
    name="Content-Disposition", description="A name to save the file under.", documentation_only=True
)
_ANY_FILE: Final = "application/octet-stream"
_JSON_LD: Final = (MEDIA_TYPE, "application/json")
_REFUSALS: Final = (MALFORMED, NOT_ACCEPTABLE, INVALID_INPUT, UNAVAILABLE)
_REVALIDATED: Final = "private, no-cache"
_WHOLE: Final = (
    "The file is made while it is sent, as of one moment. It is whole if the transfer ends as HTTP has it end: when "
    "anything goes wrong, the connection is closed in the middle of it."
)


@get(
    "/v1/exports/claims.jsonl",
    opt={"query": FILTERS, "produces": ("application/x-ndjson", _ANY_FILE), "lagging": True},
    operation_id="exportClaims",
    tags=["Exports"],
    summary="Export claims as JSON lines",
    description=(
        "A claim a line, the oldest first: the body that `POST /v1/claims` takes, with the claim's `id` and "
        f"`revision`. Another instance takes it in whole. {_WHOLE}"
    ),
    response_description="The claims.",
    response_headers=[TAG, TOTAL, _NAME],
    responses=problem_responses(*_REFUSALS) | NOT_MODIFIED,
)
async def export_json_lines(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    wanted: NamedDependency[ClaimFilter],
    if_none_match: IfNoneMatch = None,
) -> Response[bytes]:
    """Export claims as JSON lines."""
    return await _download(request, database, wanted, JSON_LINES, "claims.jsonl")


@get(
    "/v1/exports/claims.csv",
    opt={"query": FILTERS, "produces": ("text/csv",), "lagging": True},
    operation_id="exportTable",
    tags=["Exports"],
    summary="Export claims as a table",
    description=(
        "CSV for spreadsheets, in UTF-8 with a byte order mark: a row for each review of a claim, and one for a claim "
        "without any; with `publisher`, its reviews only. A cell that a spreadsheet would take for a formula has an "
        f"apostrophe before it. {_WHOLE}"
    ),
    response_description="The table, with a line of headings.",
    response_headers=[TAG, TOTAL, _NAME],
    responses=problem_responses(*_REFUSALS) | NOT_MODIFIED,
)
async def export_table(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    wanted: NamedDependency[ClaimFilter],
    if_none_match: IfNoneMatch = None,
) -> Response[bytes]:
    """Export claims as a table."""
    return await _download(request, database, wanted, TABLE, "claims.csv")


@get(
    "/v1/exports/claimreview",
    opt={"query": FILTERS, "produces": _JSON_LD, "lagging": True},
    operation_id="exportClaimReviews",
    tags=["Exports"],
    summary="Export reviews as ClaimReview",
    description=(
        "A schema.org DataFeed of ClaimReview: an item for each claim with a review that has an address, and with "
        "`publisher` its reviews only. Reviews without an address are not public, and are left out. With "
        f"`status=any`, claims that were withdrawn or merged are items with `dateDeleted`. {_WHOLE}"
    ),
    response_description="The feed.",
    response_headers=[TAG, _NAME],
    responses=problem_responses(*_REFUSALS) | NOT_MODIFIED,
)
async def export_claim_reviews(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    wanted: NamedDependency[ClaimFilter],
    if_none_match: IfNoneMatch = None,
) -> Response[bytes]:
    """Export reviews as ClaimReview."""
    return await _download(request, database, wanted, DATA_FEED, "claimreview.json")


@get(
    "/v1/exports/verdicts.atom",
    opt={"query": (*CRITERIA, *PAGING), "produces": (atom.MEDIA_TYPE, "application/xml", "text/xml")},
    operation_id="exportVerdictChanges",
    tags=["Exports"],
    summary="Follow changes of verdicts",
    description=(
        "An Atom feed (RFC 4287) of the revisions after which a claim's verdict is another, or checks no longer find "
        "it, or find it again; the newest first, of the claims that pass every filter given. The link `next` leads to "
        "those before them. A new claim is no change."
    ),
    response_description="The feed.",
    response_headers=[TAG],
    responses=problem_responses(*_REFUSALS) | NOT_MODIFIED,
)
async def export_verdict_changes(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    criteria: NamedDependency[ClaimFilter],
    page_size: PageSize = DEFAULT_SIZE,
    page_token: PageToken = "",
    if_none_match: IfNoneMatch = None,
) -> Response[Any]:
    """Follow changes of verdicts."""
    asked = {**msgspec.to_builtins(criteria), "feed": True, "caller": caller_id(request)}
    place = place_of(page_token, asked, tuple[datetime, UUID, int])
    before = None if place is None else Moment(*place)
    changes, last = await fetch_verdict_changes(database, criteria, before, page_size)
    following = None
    if last is not None:
        following = _address(request, page_token=make_token(asked, [last.at, last.claim_id, last.revision]))
    name = _address(request, page_token=None, page_size=None)
    body = atom.feed(changes, str(request.base_url), name, str(request.url), following)
    tag = blake2b(body, digest_size=16).hexdigest()
    headers = {"Cache-Control": _REVALIDATED, "ETag": f'"{tag}"'}
    if has_tag(request.headers.get("if-none-match"), tag):
        return Response(None, status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=chosen_media_type(request, request.route_handler.opt["produces"]))


def _address(request: Request[Any, Any, Any], **changed: str | None) -> str:
    """The request's address with other parameters; without those that are None."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in changed]
    kept += [(name, value) for name, value in changed.items() if value is not None]
    return str(request.url.with_replacements(query=urlencode(kept)))


@get(
    "/v1/claims/{claim_id:str}/claimreview",
    opt={"query": (), "produces": _JSON_LD},
    operation_id="getClaimReviews",
    tags=["Exports"],
    summary="Read the reviews of a claim as ClaimReview",
    description=(
        "The ClaimReview of each review that has an address, for a page to carry in a `script` element of the type "
        "`application/ld+json`: the only one by itself, else all of them as a `@graph`."
    ),
    response_description="JSON-LD.",
    response_headers=[TAG],
    responses=problem_responses(*READING) | NOT_MODIFIED,
)
async def get_claim_reviews(
    request: Request[Any, Any, Any],
    claim_id: ClaimId,
    database: NamedDependency[Database],
    if_none_match: IfNoneMatch = None,
) -> Response[Any]:
    """Read the reviews of a claim as ClaimReview."""
    claim = await editing.fetch_claim(database, claim_id)
    found = document([claim_review(claim, review) for review in published_reviews(claim)])
    return answer(request, encode(found), claim.revision, media_type=chosen_media_type(request, _JSON_LD))


@get(
    "/v1/claims/{claim_id:str}/reviews/{review_id:str}/claimreview",
    opt={"query": (), "produces": _JSON_LD},
    operation_id="getClaimReview",
    tags=["Exports"],
    summary="Read a review as ClaimReview",
    description=(
        "One review in schema.org's vocabulary. A review without an address is not public yet, and is answered with "
        "409."
    ),
    response_description="JSON-LD.",
    response_headers=[TAG],
    responses=problem_responses(*READING, CONFLICT) | NOT_MODIFIED,
)
async def get_claim_review(
    request: Request[Any, Any, Any],
    claim_id: ClaimId,
    review_id: ReviewId,
    database: NamedDependency[Database],
    if_none_match: IfNoneMatch = None,
) -> Response[Any]:
    """Read a review as ClaimReview."""
    claim = await editing.fetch_claim(database, claim_id)
    review = next((each for each in claim.draft.reviews if each.id == review_id), None)
    if review is None:
        raise NotFound(f"The claim {claim_id} has no review {review_id}.")
    if review.url is None:
        raise Conflict("The review has no address (`url`), and a ClaimReview must have one: give it one first.")
    found = document([claim_review(claim, review)])
    return answer(request, encode(found), claim.revision, media_type=chosen_media_type(request, _JSON_LD))


async def _download(
    request: Request[Any, Any, Any], database: Database, wanted: ClaimFilter, form: Format, name: str
) -> Response[bytes]:
    """The file, or 304 for a reader who has it."""
    async with AsyncExitStack() as stack:
        export = await stack.enter_async_context(export_claims(database, wanted, form))
        headers = {"Cache-Control": _REVALIDATED}
        if export.tag is not None:
            headers["ETag"] = f'"{export.tag}"'
            if has_tag(request.headers.get("if-none-match"), export.tag):
                return Response(None, status_code=304, headers=headers)  # type: ignore[arg-type]
        if export.claims is not None:
            headers["X-Total-Count"] = str(export.claims)
        headers["Content-Type"] = _content_type(request, form)
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
        # What goes wrong before the first chunk can still be answered as a problem.
        first = await anext(export.chunks)
        return Download(first, export.chunks, stack.pop_all(), headers)
    raise AssertionError("unreachable")


def _content_type(request: Request[Any, Any, Any], form: Format) -> str:
    offered = request.route_handler.opt["produces"]
    chosen = chosen_media_type(request, offered)
    return form.media_type if chosen == offered[0] else chosen


exports_router = Router(
    "/",
    route_handlers=[
        Router(
            "/",
            route_handlers=[export_json_lines, export_table, export_claim_reviews, export_verdict_changes],
            dependencies=WANTED,
        ),
        get_claim_reviews,
        get_claim_review,
    ],
)
