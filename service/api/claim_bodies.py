"""Claims as JSON: what is sent, what is patched, what comes back, and the way from one to the other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from service import domain, intake
from service.api.paging import NextPageToken
from service.domain import LinkStatus, Stance, Verdict
from service.errors import Fault, InvalidInput
from service.store.catalogue import COUNTED

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


class PinnedVerdict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A verdict that an editor gives a claim, whatever its reviews say."""

    verdict: Annotated[Verdict, Meta(description="What checks answer from.")]
    reason: Annotated[
        str,
        Meta(
            description="Why; every answer that rests on it shows this.",
            examples=["The agency withdrew the figure on 2026-02-01."],
            extra_json_schema={"minLength": 1, "maxLength": intake.MAX_REASON},
        ),
    ]


Confirmed = Annotated[
    bool,
    Meta(
        description=(
            "Whether you say that it says what the claim says, though a figure, date, name or denial in it seems to "
            "contradict the claim's own text. Without that such a wording is refused."
        )
    ),
]


class NewPhrasing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One more wording of a claim, in any language. Matching looks at all wordings."""

    text: ClaimText
    language: LanguageTag
    confirmed: Confirmed = False


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


ValidUntil = Annotated[
    date | None, Meta(description="The last day on which the reviews hold; later the claim is `outdated`.")
]
Topic = Annotated[str, Meta(extra_json_schema={"minLength": 1, "maxLength": intake.MAX_TOPIC})]
Topics = Annotated[
    list[Topic],
    Meta(
        description="Free words to sort it by.",
        examples=[["security"]],
        extra_json_schema={"maxItems": intake.MAX_TOPICS},
    ),
]
OptionalPin = Annotated[
    PinnedVerdict | None, Meta(description="A verdict that an editor gave, before what the reviews say.")
]
SupersededBy = Annotated[
    UUID | None, Meta(description="The id of the claim that took its place, as next year's figure does.")
]


class ClaimFields(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a claim says of itself, beside its further wordings, reviews and sources."""

    text: ClaimText
    language: LanguageTag
    claimant: Claimant = None
    claimed_at: ClaimedAt = None
    valid_until: ValidUntil = None
    topics: Topics = []
    pinned_verdict: OptionalPin = None
    superseded_by: SupersededBy = None


class NewClaim(ClaimFields, frozen=True, forbid_unknown_fields=True):
    """A claim to store. Without reviews it is `unproven`."""

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


PartId = Annotated[UUID, Meta(description="Its id, by which it is changed.")]
WithdrawnAt = Annotated[Instant | None, Meta(description="When it was withdrawn; null while checks find it.")]
MergedInto = Annotated[UUID | None, Meta(description="The claim it is part of now.")]


class Publisher(msgspec.Struct, frozen=True):
    """Who publishes a review."""

    name: str
    site: Annotated[str | None, Meta(description="Its host name.")]


class StoredPhrasing(msgspec.Struct, frozen=True):
    """A further wording of a claim."""

    id: PartId
    text: str
    language: LanguageTag
    confirmed: Annotated[bool, Meta(description="Whether it was confirmed to say what the claim says.")]


LinkState = Annotated[LinkStatus, Meta(description="What visits to the link found.")]
VisitedAt = Annotated[Instant | None, Meta(description="When the last visit was.")]
FinalUrl = Annotated[str | None, Meta(description="Where the link leads, if that is another address.")]


class Review(msgspec.Struct, frozen=True):
    """A fact-check of a claim by a publisher."""

    url: Annotated[str | None, Meta(description="Where it is published; null for one that is not public.")]
    title: str | None
    publisher: Publisher
    verdict: Annotated[Verdict, Meta(description="What it says of the claim.")]
    original_label: Annotated[str | None, Meta(description="The publisher's own words for its rating.")]
    language: Annotated[str | None, Meta(description="The language it is written in.")]
    published_at: OptionalDate
    via: Annotated[
        str | None,
        Meta(description="Through which service elsewhere it was found; null where it was written or imported here."),
    ]
    link_status: LinkState
    checked_at: VisitedAt
    final_url: FinalUrl


class Source(msgspec.Struct, frozen=True):
    """A link to evidence."""

    url: str
    title: str | None
    publisher: Annotated[str | None, Meta(description="Who published it.")]
    published_at: OptionalDate
    stance: Annotated[Stance, Meta(description="How it stands towards the claim.")]
    quote: Annotated[str | None, Meta(description="The words that matter, as they stand there.")]
    archived_url: Annotated[
        str | None, Meta(description="A copy that stays: the one an editor named, or else one that an archive has.")
    ]
    link_status: LinkState
    checked_at: VisitedAt
    final_url: FinalUrl


class StoredReview(Review, frozen=True):
    """A review with its id."""

    id: PartId
    from_label: Annotated[
        bool,
        Meta(description="Whether the verdict follows from `original_label`, and changes with its publisher's table."),
    ]


class StoredSource(Source, frozen=True):
    """A source with its id."""

    id: PartId


class Claim(msgspec.Struct, frozen=True):
    """A stored claim with everything that hangs on it."""

    id: UUID
    text: str
    language: LanguageTag
    verdict: Annotated[Verdict, Meta(description="The pinned one, or what its independent reviews say together.")]
    pinned_verdict: OptionalPin
    claimant: Claimant
    claimed_at: ClaimedAt
    valid_until: Annotated[date | None, Meta(description="The last day on which the reviews hold.")]
    superseded_by: SupersededBy
    topics: list[str]
    phrasings: Annotated[list[StoredPhrasing], Meta(description="Further wordings.")]
    reviews: list[StoredReview]
    sources: list[StoredSource]
    revision: Annotated[int, Meta(ge=1, description="Counts the changes of the claim, from 1.")]
    created_at: Instant
    updated_at: Instant
    withdrawn_at: WithdrawnAt
    merged_into: MergedInto


class ClaimItem(msgspec.Struct, frozen=True):
    """A claim in a list: all of it, or the fields that were asked for."""

    id: UUID | UnsetType = UNSET
    text: str | UnsetType = UNSET
    language: LanguageTag | UnsetType = UNSET
    verdict: Verdict | UnsetType = UNSET
    pinned_verdict: OptionalPin | UnsetType = UNSET
    claimant: Claimant | UnsetType = UNSET
    claimed_at: ClaimedAt | UnsetType = UNSET
    valid_until: ValidUntil | UnsetType = UNSET
    superseded_by: SupersededBy | UnsetType = UNSET
    topics: list[str] | UnsetType = UNSET
    phrasings: list[StoredPhrasing] | UnsetType = UNSET
    reviews: list[StoredReview] | UnsetType = UNSET
    sources: list[StoredSource] | UnsetType = UNSET
    revision: int | UnsetType = UNSET
    created_at: Instant | UnsetType = UNSET
    updated_at: Instant | UnsetType = UNSET
    withdrawn_at: WithdrawnAt | UnsetType = UNSET
    merged_into: MergedInto | UnsetType = UNSET


class ClaimPage(msgspec.Struct, frozen=True):
    """Some of the claims that were asked for."""

    items: list[ClaimItem]
    next_page_token: NextPageToken
    total: Annotated[
        int | None,
        Meta(description=f"How many the whole list has; null where they are more than {COUNTED:,}.", examples=[1]),
    ]


def review_of(review: NewReview, here: str) -> domain.Review:
    """A review as the service knows it; ``here`` points to it. Raises InvalidInput for one that says nothing."""
    from_label = review.verdict is None and review.original_label is not None
    if review.verdict is None and not from_label:
        raise InvalidInput([Fault(f"{here}/verdict", "is required where there is no original_label")])
    return domain.Review(
        publisher=domain.Publisher(review.publisher.name, review.publisher.site),
        verdict=review.verdict or Verdict.OTHER,
        url=review.url,
        title=review.title,
        original_label=review.original_label,
        language=review.language,
        published_at=review.published_at,
        from_label=from_label,
    )


def phrasing_of(phrasing: NewPhrasing) -> domain.Phrasing:
    """A wording as the service knows it."""
    return domain.Phrasing(phrasing.text, phrasing.language, confirmed=phrasing.confirmed)


def source_of(source: NewSource) -> domain.Source:
    """A source as the service knows it."""
    return msgspec.convert(source, domain.Source, from_attributes=True)


def stored_source(source: domain.Source) -> StoredSource:
    """A source as JSON shows it."""
    shown = replace(source, archived_url=source.archived_url or source.copy_url)
    return msgspec.convert(shown, StoredSource, from_attributes=True)


def draft_of(data: NewClaim) -> domain.ClaimDraft:
    """The body as a draft. A review that says nothing is reported together with every other fault."""
    silent: list[Fault] = []
    draft = domain.ClaimDraft(
        text=data.text,
        language=data.language,
        phrasings=tuple(phrasing_of(each) for each in data.phrasings),
        reviews=tuple(_reviews(data.reviews, silent)),
        sources=tuple(source_of(each) for each in data.sources),
    )
    draft = with_fields(draft, data)
    if silent:
        raise InvalidInput([*silent, *intake.draft_faults(draft)])
    return draft


def fields_of(draft: domain.ClaimDraft) -> ClaimFields:
    """What a claim says of itself, as it could be sent."""
    return msgspec.convert(draft, ClaimFields, from_attributes=True)


def with_fields(draft: domain.ClaimDraft, fields: ClaimFields) -> domain.ClaimDraft:
    """The draft with what ``fields`` says."""
    pin = fields.pinned_verdict
    return replace(
        draft,
        text=fields.text,
        language=fields.language,
        claimant=fields.claimant,
        claimed_at=fields.claimed_at,
        valid_until=fields.valid_until,
        topics=tuple(fields.topics),
        pinned_verdict=domain.PinnedVerdict(pin.verdict, pin.reason) if pin else None,
        superseded_by=fields.superseded_by,
    )


def claim_body(claim: domain.Claim) -> Claim:
    """The claim as JSON shows it."""
    draft, pin = claim.draft, claim.draft.pinned_verdict
    return Claim(
        id=claim.id,
        text=draft.text,
        language=draft.language,
        verdict=claim.verdict,
        pinned_verdict=PinnedVerdict(pin.verdict, pin.reason) if pin else None,
        claimant=draft.claimant,
        claimed_at=draft.claimed_at,
        valid_until=draft.valid_until,
        superseded_by=draft.superseded_by,
        topics=list(draft.topics),
        phrasings=msgspec.convert(draft.phrasings, list[StoredPhrasing], from_attributes=True),
        reviews=msgspec.convert(draft.reviews, list[StoredReview], from_attributes=True),
        sources=[stored_source(each) for each in draft.sources],
        revision=claim.revision,
        created_at=claim.created_at,
        updated_at=claim.updated_at,
        withdrawn_at=claim.withdrawn_at,
        merged_into=claim.merged_into,
    )


def _reviews(reviews: Iterable[NewReview], silent: list[Fault]) -> Iterable[domain.Review]:
    for index, review in enumerate(reviews):
        try:
            yield review_of(review, f"/reviews/{index}")
        except InvalidInput as error:
            silent.extend(error.faults)
            yield domain.Review(
                domain.Publisher(review.publisher.name, review.publisher.site), Verdict.OTHER, review.url, review.title,
                None, review.language, review.published_at,
            )  # fmt: skip
