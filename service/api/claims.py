"""Claims: what is known, with its wordings, reviews and sources."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.datastructures import ResponseHeader
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter
from msgspec import Meta

from service import domain, editing, intake
from service.api.bodies import StrictJson
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
from service.domain import LinkStatus, Stance, Verdict
from service.errors import Fault, InvalidInput
from service.labels import verdict_of_label
from service.store.session import Database

Instant = Annotated[datetime, Meta(tz=True)]
"""A moment with its offset; always written in UTC."""

ClaimText = Annotated[
    str,
    Meta(
        description="A statement that can be true or false, in plain text of any script.",
        examples=["39 terrorists were killed by drone strikes in Iraq in 2025"],
        extra_json_schema={"minLength": domain.MIN_TEXT, "maxLength": domain.MAX_TEXT},
    ),
]
LanguageTag = Annotated[
    str, Meta(description="A BCP 47 tag; `und` where the language is not known.", examples=["en", "fa", "ar-IQ"])
]
WebAddress = Annotated[
    str,
    Meta(
        description="An http or https address.",
        examples=["https://example.org/2025/12/31/drone-strikes"],
        extra_json_schema={"format": "uri", "maxLength": intake.MAX_URL},
    ),
]
OptionalAddress = Annotated[
    WebAddress | None, Meta(description="An http or https address, or null.", examples=["https://example.org/review/7"])
]
OptionalTitle = Annotated[
    Annotated[str, Meta(extra_json_schema={"maxLength": intake.MAX_TITLE})] | None,
    Meta(description="Its title.", examples=["Were 39 terrorists killed by drones?"]),
]
OptionalDate = Annotated[date | None, Meta(description="The day it was published.", examples=["2026-01-01"])]
Claimant = Annotated[
    Annotated[str, Meta(extra_json_schema={"maxLength": intake.MAX_NAME})] | None,
    Meta(description="Who said it.", examples=["Qais al-Muhammadawi"]),
]
ClaimedAt = Annotated[
    date | None,
    Meta(description="The day it was said; `this year` in the text is read from here.", examples=["2025-12-31"]),
]


class NewPublisher(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who publishes a review."""

    name: Annotated[
        str,
        Meta(
            description="Its name.",
            examples=["Example Fact Desk"],
            extra_json_schema={"minLength": 1, "maxLength": intake.MAX_NAME},
        ),
    ]
    site: Annotated[
        Annotated[str, Meta(extra_json_schema={"maxLength": intake.MAX_SITE})] | None,
        Meta(description="Its host name.", examples=["factdesk.example.org"]),
    ] = None


class NewPhrasing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One more wording of a claim, in any language. Matching looks at all wordings."""

    text: ClaimText
    language: LanguageTag


class NewReview(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fact-check of the claim. It needs a `verdict` or an `original_label`, from which the verdict then follows."""

    publisher: NewPublisher
    url: OptionalAddress = None
    title: OptionalTitle = None
    verdict: Annotated[Verdict | None, Meta(description="What it says of the claim.", examples=["true"])] = None
    original_label: Annotated[
        Annotated[str, Meta(extra_json_schema={"minLength": 1, "maxLength": intake.MAX_LABEL})] | None,
        Meta(description="The publisher's own words for its rating.", examples=["Mostly True"]),
    ] = None
    language: Annotated[LanguageTag | None, Meta(description="The language it is written in.")] = None
    published_at: OptionalDate = None


class NewSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A link to evidence, and what the evidence does to the claim."""

    url: WebAddress
    stance: Annotated[Stance, Meta(description="How it stands towards the claim.")]
    title: OptionalTitle = None
    publisher: Annotated[
        Annotated[str, Meta(extra_json_schema={"maxLength": intake.MAX_NAME})] | None,
        Meta(description="Who published it.", examples=["Example News Agency"]),
    ] = None
    published_at: OptionalDate = None
    quote: Annotated[
        Annotated[str, Meta(extra_json_schema={"maxLength": intake.MAX_QUOTE})] | None,
        Meta(description="The words that matter, as they stand there.", examples=["39 terrorists were killed"]),
    ] = None
    archived_url: OptionalAddress = None


class NewClaim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A claim to store. Without reviews it is `unproven`."""

    text: ClaimText
    language: LanguageTag
    claimant: Claimant = None
    claimed_at: ClaimedAt = None
    valid_until: Annotated[
        date | None,
        Meta(description="The last day on which the reviews hold; later the claim is `outdated`."),
    ] = None
    topics: Annotated[
        list[Annotated[str, Meta(extra_json_schema={"minLength": 1, "maxLength": intake.MAX_TOPIC})]],
        Meta(
            description="Free words to sort it by.",
            examples=[["security"]],
            extra_json_schema={"maxItems": intake.MAX_TOPICS},
        ),
    ] = []
    phrasings: Annotated[
        list[NewPhrasing],
        Meta(description="Further wordings.", extra_json_schema={"maxItems": intake.MAX_PHRASINGS}),
    ] = []
    reviews: Annotated[
        list[NewReview],
        Meta(description="What fact-checkers found.", extra_json_schema={"maxItems": intake.MAX_REVIEWS}),
    ] = []
    sources: Annotated[
        list[NewSource], Meta(description="Evidence.", extra_json_schema={"maxItems": intake.MAX_SOURCES})
    ] = []


class Publisher(msgspec.Struct, frozen=True):
    """Who publishes a review."""

    name: str
    site: Annotated[str | None, Meta(description="Its host name.")]


class Phrasing(msgspec.Struct, frozen=True):
    """One wording of a claim."""

    text: str
    language: LanguageTag


class Review(msgspec.Struct, frozen=True):
    """A fact-check of a claim by a publisher."""

    url: Annotated[str | None, Meta(description="Where it is published; null for one that is not public.")]
    title: str | None
    publisher: Publisher
    verdict: Annotated[Verdict, Meta(description="What it says of the claim.")]
    original_label: Annotated[str | None, Meta(description="The publisher's own words for its rating.")]
    language: Annotated[str | None, Meta(description="The language it is written in.")]
    published_at: OptionalDate


class Source(msgspec.Struct, frozen=True):
    """A link to evidence."""

    url: str
    title: str | None
    publisher: Annotated[str | None, Meta(description="Who published it.")]
    published_at: OptionalDate
    stance: Annotated[Stance, Meta(description="How it stands towards the claim.")]
    quote: Annotated[str | None, Meta(description="The words that matter, as they stand there.")]
    archived_url: Annotated[str | None, Meta(description="A copy that stays.")]
    link_status: Annotated[LinkStatus, Meta(description="What the last visit to the link found.")]
    checked_at: Annotated[Instant | None, Meta(description="When that visit was.")]


class Claim(msgspec.Struct, frozen=True):
    """A stored claim with everything that hangs on it."""

    id: UUID
    text: str
    language: LanguageTag
    verdict: Annotated[Verdict, Meta(description="What its reviews say together.")]
    claimant: Claimant
    claimed_at: ClaimedAt
    valid_until: Annotated[date | None, Meta(description="The last day on which the reviews hold.")]
    topics: list[str]
    phrasings: Annotated[list[Phrasing], Meta(description="Further wordings.")]
    reviews: list[Review]
    sources: list[Source]
    revision: Annotated[int, Meta(ge=1, description="Counts the changes of the claim, from 1.")]
    created_at: Instant
    updated_at: Instant


ClaimId = Annotated[UUID, PathParameter(description="The id of a claim.", title="claim_id")]


@post(
    "/v1/claims",
    dto=StrictJson[NewClaim],
    return_dto=None,
    operation_id="createClaim",
    tags=["Claims"],
    summary="Store a claim",
    description="Stores a claim with its wordings, reviews and sources in one go. The next check finds it.",
    response_description="The claim as stored.",
    response_headers=[
        ResponseHeader(name="Location", description="The path of the new claim.", documentation_only=True)
    ],
    responses=problem_responses(
        MALFORMED, NOT_ACCEPTABLE, CONFLICT, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, INVALID_INPUT, UNAVAILABLE
    ),
)
async def create_claim(data: JSONBody[NewClaim], database: NamedDependency[Database]) -> Response[Claim]:
    """Store a claim."""
    claim = await editing.add_claim(database, _draft(data))
    return Response(_claim(claim), headers={"Location": f"/v1/claims/{claim.id}"})


@get(
    "/v1/claims/{claim_id:str}",
    operation_id="getClaim",
    tags=["Claims"],
    summary="Read a claim",
    description="A stored claim with its wordings, reviews and sources.",
    response_description="The claim.",
    responses=problem_responses(NOT_FOUND, NOT_ACCEPTABLE, UNAVAILABLE),
)
async def get_claim(claim_id: ClaimId, database: NamedDependency[Database]) -> Claim:
    """Read a claim."""
    return _claim(await editing.fetch_claim(database, claim_id))


def _draft(data: NewClaim) -> domain.ClaimDraft:
    """The body as a draft. A review that says nothing is reported together with every other fault."""
    reviews = []
    silent = []
    for index, review in enumerate(data.reviews):
        verdict = review.verdict
        if verdict is None and review.original_label is not None:
            verdict = verdict_of_label(review.original_label)
        if verdict is None:
            silent.append(Fault(f"/reviews/{index}/verdict", "is required where there is no original_label"))
        reviews.append(
            domain.Review(
                publisher=domain.Publisher(review.publisher.name, review.publisher.site),
                verdict=verdict or Verdict.OTHER,
                url=review.url,
                title=review.title,
                original_label=review.original_label,
                language=review.language,
                published_at=review.published_at,
            )
        )
    draft = domain.ClaimDraft(
        text=data.text,
        language=data.language,
        claimant=data.claimant,
        claimed_at=data.claimed_at,
        valid_until=data.valid_until,
        topics=tuple(data.topics),
        phrasings=tuple(domain.Phrasing(each.text, each.language) for each in data.phrasings),
        reviews=tuple(reviews),
        sources=msgspec.convert(data.sources, tuple[domain.Source, ...], from_attributes=True),
    )
    if silent:
        raise InvalidInput([*silent, *intake.draft_faults(draft)])
    return draft


def _claim(claim: domain.Claim) -> Claim:
    draft = claim.draft
    return Claim(
        id=claim.id,
        text=draft.text,
        language=draft.language,
        verdict=claim.verdict,
        claimant=draft.claimant,
        claimed_at=draft.claimed_at,
        valid_until=draft.valid_until,
        topics=list(draft.topics),
        phrasings=msgspec.convert(draft.phrasings, list[Phrasing], from_attributes=True),
        reviews=msgspec.convert(draft.reviews, list[Review], from_attributes=True),
        sources=msgspec.convert(draft.sources, list[Source], from_attributes=True),
        revision=claim.revision,
        created_at=claim.created_at,
        updated_at=claim.updated_at,
    )


claims_router = Router("/", route_handlers=[create_claim, get_claim])
