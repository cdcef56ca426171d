"""What became of a claim: its revisions, and merging it into another."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from service import history, merging
from service.api.authorization import caller_id
from service.api.bodies import StrictJson
from service.api.claim_bodies import Claim, Instant, claim_body
from service.api.claims import ADDING, ClaimId
from service.api.concurrency import EDITORS, ETAG, REASON, answer
from service.api.paging import DEFAULT_SIZE, PAGING, NextPageToken, PageSize, PageToken, page_token, place_of
from service.api.problems import (
    INVALID_INPUT,
    MALFORMED,
    NOT_ACCEPTABLE,
    NOT_FOUND,
    UNAVAILABLE,
    problem_responses,
)
from service.domain import Action
from service.editing import Editor
from service.store.session import Database


class Difference(msgspec.Struct, frozen=True):
    """One thing that a revision changed."""

    path: Annotated[
        str,
        Meta(
            description="A JSON pointer into the claim, with the id of a wording, review or source for its index.",
            examples=["/claimant"],
        ),
    ]
    before: Annotated[Any, Meta(description="What was there; null where nothing was.")]
    after: Annotated[Any, Meta(description="What is there since; null where nothing is.")]


class Revision(msgspec.Struct, frozen=True):
    """One change of a claim."""

    revision: Annotated[int, Meta(ge=1, description="Its number, from 1 without a gap.")]
    action: Annotated[Action, Meta(description="What it did.")]
    at: Annotated[Instant, Meta(description="When it was.")]
    author: Annotated[str | None, Meta(description="Whose it is; null where nobody had to say who they are.")]
    reason: Annotated[str | None, Meta(description="Why, as its author put it.", examples=["The agency corrected it"])]
    changes: Annotated[list[Difference], Meta(description="What it changed.")]


class History(msgspec.Struct, frozen=True):
    """Revisions of a claim, newest first."""

    items: list[Revision]
    next_page_token: NextPageToken


class MergeRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where to merge a claim."""

    into: Annotated[UUID, Meta(description="The id of the claim that stays.")]


@get(
    "/v1/claims/{claim_id:str}/history",
    opt={"query": PAGING},
    operation_id="getClaimHistory",
    tags=["Claims"],
    summary="Read the history of a claim",
    description=(
        "Every revision with its author, time, reason and what it changed, newest first. It can be read when the claim "
        "is withdrawn, and under its old id when it is merged."
    ),
    response_description="A page of revisions.",
    responses=problem_responses(MALFORMED, NOT_FOUND, NOT_ACCEPTABLE, INVALID_INPUT, UNAVAILABLE),
)
async def get_history(
    request: Request[Any, Any, Any],
    claim_id: ClaimId,
    database: NamedDependency[Database],
    page_size: PageSize = DEFAULT_SIZE,
    page_token: PageToken = "",
) -> History:
    """Read the history of a claim."""
    asked = {"history": str(claim_id), "caller": caller_id(request)}
    entries, following = await history.fetch_history(database, claim_id, place_of(page_token, asked, int), page_size)
    return History([_revision(entry) for entry in entries], _token(asked, following))


def _token(asked: dict[str, str | None], following: int | None) -> str | None:
    return None if following is None else page_token(asked, following)


def _revision(entry: history.HistoryEntry) -> Revision:
    revision = entry.revision
    return Revision(
        revision.claim.revision,
        revision.action,
        revision.change.at,
        revision.change.author,
        revision.change.reason,
        [Difference(each.path, each.before, each.after) for each in entry.differences],
    )


@post(
    "/v1/claims/{claim_id:str}/merge",
    status_code=200,
    dto=StrictJson[MergeRequest],
    return_dto=None,
    opt={"query": (REASON,)},
    operation_id="mergeClaim",
    tags=["Claims"],
    summary="Merge a claim into another",
    description=(
        "Its wordings, reviews and sources move to the other claim, each that the other does not have yet, and so does "
        "a pinned verdict; the next check finds them there. Its address answers 308 with the other's from now on."
    ),
    response_description="The other claim as it is now.",
    response_headers=[ETAG],
    responses=problem_responses(*ADDING),
)
async def merge_claim(
    request: Request[Any, Any, Any],
    claim_id: ClaimId,
    data: JSONBody[MergeRequest],
    database: NamedDependency[Database],
    adder: NamedDependency[Editor],
) -> Response[Claim]:
    """Merge a claim into another."""
    claim = await merging.merge_claims(database, claim_id, data.into, adder)
    return answer(request, claim_body(claim), claim.revision)


claim_history_router = Router("/", route_handlers=[get_history, merge_claim], dependencies=EDITORS)
