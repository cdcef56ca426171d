"""The reviews of a claim. Each change of one is a revision of the claim."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter

from service.api.bodies import StrictJson
from service.api.claim_bodies import (
    NewReview,
    StoredReview,
    review_of,
)
from service.api.claim_parts import (
    NextPageToken,
    add_part,
    adding,
    change_part,
    changing,
    list_parts,
    listing,
    read_part,
    reading,
    remove_part,
    removing,
)
from service.api.claim_patches import ReviewPatch
from service.api.claims import ClaimId
from service.api.concurrency import EDITORS, IfNoneMatch
from service.editing import Editor
from service.store.session import Database

ReviewId = Annotated[UUID, PathParameter(description="The id of a review.", title="review_id")]


class ReviewList(msgspec.Struct, frozen=True):
    """The reviews of a claim, at most 100."""

    items: list[StoredReview]
    next_page_token: NextPageToken


@get("/v1/claims/{claim_id:str}/reviews", operation_id="listReviews", **listing("review"))
async def list_reviews(
    request: Request[Any, Any, Any],
    claim_id: ClaimId,
    database: NamedDependency[Database],
    if_none_match: IfNoneMatch = None,
) -> Response[ReviewList]:
    """List the reviews of a claim."""
    return await list_parts(request, database, claim_id, "reviews")


@post("/v1/claims/{claim_id:str}/reviews", dto=StrictJson[NewReview], operation_id="addReview", **adding("review"))
async def add_review(
    request: Request[Any, Any, Any],
    claim_id: ClaimId,
    data: JSONBody[NewReview],
    database: NamedDependency[Database],
    adder: NamedDependency[Editor],
) -> Response[StoredReview]:
    """Add a review to a claim."""
    return await add_part(request, database, claim_id, "reviews", review_of(data, ""), adder)


@get("/v1/claims/{claim_id:str}/reviews/{review_id:str}", operation_id="getReview", **reading("review"))
async def get_review(
    request: Request[Any, Any, Any],
    claim_id: ClaimId,
    review_id: ReviewId,
    database: NamedDependency[Database],
    if_none_match: IfNoneMatch = None,
) -> Response[StoredReview]:
    """Read a review."""
    return await read_part(request, database, claim_id, "reviews", review_id)


@patch(
    "/v1/claims/{claim_id:str}/reviews/{review_id:str}",
    dto=StrictJson[ReviewPatch],
    operation_id="updateReview",
    **changing("review"),
)
async def update_review(
    request: Request[Any, Any, Any],
    claim_id: ClaimId,
    review_id: ReviewId,
    data: JSONBody[ReviewPatch],
    database: NamedDependency[Database],
    editor: NamedDependency[Editor],
) -> Response[StoredReview]:
    """Change a review."""
    return await change_part(request, database, claim_id, "reviews", review_id, data, editor)


@delete("/v1/claims/{claim_id:str}/reviews/{review_id:str}", operation_id="removeReview", **removing("review"))
async def remove_review(
    claim_id: ClaimId, review_id: ReviewId, database: NamedDependency[Database], editor: NamedDependency[Editor]
) -> Response[None]:
    """Take a review from a claim."""
    return await remove_part(database, claim_id, "reviews", review_id, editor)


reviews_router = Router(
    "/", route_handlers=[list_reviews, add_review, get_review, update_review, remove_review], dependencies=EDITORS
)
