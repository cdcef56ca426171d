"""The search of Google's Fact Check Tools API, answered from this database: its clients change only their address."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final, cast

import msgspec
from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from msgspec import Meta

from service import intake
from service.api.authorization import caller_id
from service.api.google_fields import masked, read_mask
from service.api.paging import page_token, place_of
from service.api.problems import (
    INVALID_INPUT,
    MALFORMED,
    NOT_ACCEPTABLE,
    NOT_IMPLEMENTED,
    UNAVAILABLE,
    Refusal,
    problem_responses,
)
from service.domain import MAX_TEXT, Review
from service.errors import Fault, InvalidInput
from service.formats.claimreview import rating_of
from service.searching import Finding, Search, search_reviews, site_of
from service.store.session import Database

DEFAULT_SIZE: Final = 10
MAX_SIZE: Final = 100
_MOST: Final = 2**31 - 1
_PLACE: Final = cast(type[int], Annotated[int, Meta(ge=0, le=_MOST)])

SEARCH: Final = (
    "query",
    "languageCode",
    "reviewPublisherSiteFilter",
    "maxAgeDays",
    "pageSize",
    "pageToken",
    "offset",
)
IMAGE_SEARCH: Final = ("imageUri", "languageCode", "pageSize", "pageToken", "offset")
SYSTEM: Final = ("alt", "fields", "prettyPrint", "quotaUser", "$.xgafv")
"""Parameters that Google's clients add to any request. The last two are taken and change nothing."""


class GooglePublisher(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Who published a review."""

    name: Annotated[str | None, Meta(description="Its name.", examples=["Example Fact Desk"])] = None
    site: Annotated[str | None, Meta(description="Its host name.", examples=["factdesk.example.org"])] = None


class GoogleClaimReview(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A review of a claim."""

    publisher: Annotated[GooglePublisher | None, Meta(description="Who published it.")] = None
    url: Annotated[str | None, Meta(description="Where it is.", examples=["https://factdesk.example.org/7"])] = None
    title: Annotated[str | None, Meta(description="Its title.")] = None
    review_date: Annotated[
        str | None, Meta(description="The day it was published, at midnight.", examples=["2026-01-01T00:00:00Z"])
    ] = None
    textual_rating: Annotated[
        str | None, Meta(description="What it says of the claim, in words.", examples=["Mostly false"])
    ] = None
    language_code: Annotated[str | None, Meta(description="The language it is in.", examples=["en"])] = None


class GoogleClaim(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A claim with reviews that anybody can read."""

    text: Annotated[str | None, Meta(description="The claim.")] = None
    claimant: Annotated[str | None, Meta(description="Who said it.")] = None
    claim_date: Annotated[
        str | None, Meta(description="The day it was said, at midnight.", examples=["2025-12-31T00:00:00Z"])
    ] = None
    claim_review: Annotated[list[GoogleClaimReview], Meta(description="Its reviews.")] = []


class GoogleSearchResponse(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """What was found; empty when nothing was."""

    claims: Annotated[list[GoogleClaim], Meta(description="The claims, best first.")] = []
    next_page_token: Annotated[
        str | None, Meta(description="Send it as `pageToken` for the next page; absent on the last one.")
    ] = None


_Offset = Annotated[
    int,
    QueryParameter(
        description="How many results to pass over. It does not count where there is a `pageToken`.",
        ge=0,
        le=_MOST,
        schema_extra={"default": 0},
    ),
]
_Language = Annotated[str, QueryParameter(description="Only reviews in this language, in any region.", max_length=35)]
_Size = Annotated[
    int,
    QueryParameter(
        description=f"How many results at most; more than {MAX_SIZE} are {MAX_SIZE}.",
        ge=0,
        le=_MOST,
        schema_extra={"default": DEFAULT_SIZE},
    ),
]
_Token = Annotated[
    str,
    QueryParameter(
        description="The `nextPageToken` of the page before; the other parameters as they were.",
        max_length=1_000,
    ),
]
_Alt = Annotated[str, QueryParameter(description="The form of the answer: `json` is the only one.", max_length=10)]
_Fields = Annotated[
    str, QueryParameter(description="Only these fields, as in `claims(text),nextPageToken`.", max_length=500)
]
_Pretty = Annotated[bool, QueryParameter(description="Indent the answer.", schema_extra={"default": False})]


@get(
    "/v1alpha1/claims:search",
    opt={"query": (*SEARCH, *SYSTEM)},
    operation_id="googleSearch",
    tags=["Google"],
    summary="Search reviewed claims as Google's Fact Check Tools API does",
    description=(
        "Claims with reviews that have an address, found by words as a check finds them, best first; without `query` "
        "those of one publisher, the newest first. Answers and errors have Google's shapes. A key is taken as `key` or "
        "`X-Goog-Api-Key` too."
    ),
    response_description="What was found.",
    responses=problem_responses(MALFORMED, INVALID_INPUT, NOT_ACCEPTABLE, UNAVAILABLE),
)
async def search(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    words: Annotated[
        str,
        QueryParameter(
            name="query",
            description="Words of the claim. Required unless `reviewPublisherSiteFilter` is given.",
            schema_extra={"max_length": MAX_TEXT},
        ),
    ] = "",
    languageCode: _Language = "",
    reviewPublisherSiteFilter: Annotated[
        str,
        QueryParameter(
            description="Only reviews of this publisher, such as `factdesk.example.org`.",
            max_length=intake.MAX_SITE,
        ),
    ] = "",
    maxAgeDays: Annotated[
        int,
        QueryParameter(
            description="Only reviews so many days old at most, or of claims that are; 0 for any.",
            ge=0,
            le=_MOST,
            schema_extra={"default": 0},
        ),
    ] = 0,
    pageSize: _Size = DEFAULT_SIZE,
    pageToken: _Token = "",
    offset: _Offset = 0,
    alt: _Alt = "json",
    fields: _Fields = "",
    prettyPrint: _Pretty = False,
) -> Response[GoogleSearchResponse]:
    """Search reviewed claims. The arguments have their parameters' names, by which faults point to them."""
    faults = []
    if len(words) > MAX_TEXT:
        faults.append(Fault("/query", f"must have at most {MAX_TEXT} characters"))
    if not words.strip() and not reviewPublisherSiteFilter:
        faults.append(Fault("/query", "is required where there is no reviewPublisherSiteFilter"))
    if languageCode and not intake.is_known_language(languageCode.replace("_", "-")):
        faults.append(Fault("/languageCode", "must be the tag of a known language, such as en, fa or sr-Latn"))
    if alt != "json":
        faults.append(Fault("/alt", "must be json"))
    if faults:
        raise InvalidInput(faults)
    mask = read_mask(fields) if fields else {}
    wanted = Search(words.strip() or None, languageCode or None, reviewPublisherSiteFilter or None, maxAgeDays or None)
    asked = {**msgspec.to_builtins(wanted), "google": True, "caller": caller_id(request)}
    start = place_of(pageToken, asked, _PLACE, "pageToken") if pageToken else offset
    limit = min(pageSize or DEFAULT_SIZE, MAX_SIZE)
    found, more = await search_reviews(database, wanted, start or 0, limit)
    following = page_token(asked, (start or 0) + limit) if more else None
    answer = msgspec.to_builtins(GoogleSearchResponse([_claim(each) for each in found], following))
    encoded = msgspec.json.encode(masked(answer, mask))
    return Response(
        msgspec.json.format(encoded, indent=2) if prettyPrint else encoded,  # type: ignore[arg-type]
        media_type="application/json",
    )


@get(
    "/v1alpha1/claims:imageSearch",
    opt={"query": (*IMAGE_SEARCH, *SYSTEM)},
    include_in_schema=False,
)
async def search_images() -> None:
    """Say that images are not searched for."""
    raise Refusal(NOT_IMPLEMENTED, "This service knows texts, not images: use claims:search.")


def _claim(found: Finding) -> GoogleClaim:
    draft = found.claim.draft
    return GoogleClaim(
        found.text, draft.claimant, _midnight(draft.claimed_at), [_review(each) for each in found.reviews]
    )


def _review(review: Review) -> GoogleClaimReview:
    return GoogleClaimReview(
        GooglePublisher(review.publisher.name, site_of(review)),
        review.url,
        review.title,
        _midnight(review.published_at),
        rating_of(review),
        review.language,
    )


def _midnight(day: date | None) -> str | None:
    return None if day is None else f"{day.isoformat()}T00:00:00Z"


google_router = Router("/", route_handlers=[search, search_images])
