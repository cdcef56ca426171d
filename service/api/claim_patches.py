"""What may be patched of a claim and of what hangs on it: JSON merge patches, in which absent and null differ."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from service import intake
from service.api.claim_bodies import (
    Claimant,
    ClaimedAt,
    ClaimText,
    Confirmed,
    LanguageTag,
    OptionalAddress,
    OptionalDate,
    OptionalTitle,
    SupersededBy,
    Topic,
    ValidUntil,
    WebAddress,
)
from service.domain import Stance, Verdict


class PublisherPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change of who publishes a review."""

    name: Annotated[
        Annotated[str, Meta(extra_json_schema={"minLength": 1, "maxLength": intake.MAX_NAME})] | UnsetType,
        Meta(description="Its name."),
    ] = UNSET
    site: Annotated[
        Annotated[str, Meta(extra_json_schema={"maxLength": intake.MAX_SITE})] | UnsetType | None,
        Meta(description="Its host name."),
    ] = UNSET


class PinnedVerdictPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change of a pinned verdict. One that is new needs both."""

    verdict: Annotated[Verdict | UnsetType, Meta(description="What checks answer from.")] = UNSET
    reason: Annotated[
        Annotated[str, Meta(extra_json_schema={"minLength": 1, "maxLength": intake.MAX_REASON})] | UnsetType,
        Meta(description="Why; every answer that rests on it shows this."),
    ] = UNSET


class ClaimPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A JSON merge patch of a claim: what is absent stays, what is null goes, `topics` are replaced as a whole."""

    text: ClaimText | UnsetType = UNSET
    language: LanguageTag | UnsetType = UNSET
    claimant: Claimant | UnsetType = UNSET
    claimed_at: ClaimedAt | UnsetType = UNSET
    valid_until: ValidUntil | UnsetType = UNSET
    topics: Annotated[
        list[Topic] | UnsetType | None,
        Meta(description="Free words to sort it by, all of them.", extra_json_schema={"maxItems": intake.MAX_TOPICS}),
    ] = UNSET
    pinned_verdict: Annotated[
        PinnedVerdictPatch | UnsetType | None, Meta(description="null lets the verdict follow the reviews again.")
    ] = UNSET
    superseded_by: SupersededBy | UnsetType = UNSET
    withdrawn_at: Annotated[
        UnsetType | None, Meta(description="null, and nothing beside it, brings a withdrawn claim back.")
    ] = UNSET


class PhrasingPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A JSON merge patch of a wording. Another text is confirmed anew, or not at all."""

    text: ClaimText | UnsetType = UNSET
    language: LanguageTag | UnsetType = UNSET
    confirmed: Confirmed | UnsetType = UNSET


class ReviewPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A JSON merge patch of a review. Without a `verdict` of its own it follows from the label again."""

    publisher: Annotated[PublisherPatch | UnsetType, Meta(description="Who publishes it.")] = UNSET
    url: OptionalAddress | UnsetType = UNSET
    title: OptionalTitle | UnsetType = UNSET
    verdict: Annotated[
        Verdict | UnsetType | None, Meta(description="What it says of the claim; null for what its label says.")
    ] = UNSET
    original_label: Annotated[
        Annotated[str, Meta(extra_json_schema={"minLength": 1, "maxLength": intake.MAX_LABEL})] | UnsetType | None,
        Meta(description="The publisher's own words for its rating."),
    ] = UNSET
    language: Annotated[LanguageTag | UnsetType | None, Meta(description="The language it is written in.")] = UNSET
    published_at: OptionalDate | UnsetType = UNSET


class SourcePatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A JSON merge patch of a source."""

    url: WebAddress | UnsetType = UNSET
    stance: Annotated[Stance | UnsetType, Meta(description="How it stands towards the claim.")] = UNSET
    title: OptionalTitle | UnsetType = UNSET
    publisher: Annotated[
        Annotated[str, Meta(extra_json_schema={"maxLength": intake.MAX_NAME})] | UnsetType | None,
        Meta(description="Who published it."),
    ] = UNSET
    published_at: OptionalDate | UnsetType = UNSET
    quote: Annotated[
        Annotated[str, Meta(extra_json_schema={"maxLength": intake.MAX_QUOTE})] | UnsetType | None,
        Meta(description="The words that matter, as they stand there."),
    ] = UNSET
    archived_url: OptionalAddress | UnsetType = UNSET
