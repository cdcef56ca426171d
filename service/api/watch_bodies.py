"""Watches and their events as JSON."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from service import intake, watches
from service.api.checks import CheckOptions, IncomingClaim
from service.api.claim_bodies import Instant, LanguageTag, WebAddress
from service.api.paging import NextPageToken
from service.domain import LinkStatus, Reason, Relation, Stance, Status, Verdict
from service.watches import EventKind, Part

Ref = Annotated[
    Annotated[str, Meta(extra_json_schema={"minLength": 1, "maxLength": intake.MAX_REF})] | None,
    Meta(description="Your own key for the watch; every event carries it.", examples=["article-4711"]),
]
ExpiresAt = Annotated[
    Instant | None,
    Meta(
        description=f"When it ends: at most {watches.LONGEST_LIFETIME.days} days from now. "
        f"Null for {watches.LIFETIME.days} days.",
        examples=["2026-06-30T00:00:00Z"],
    ),
]


class NewWatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to watch: exactly one of `check_id`, `claim_id` and `claim`."""

    check_id: Annotated[
        UUID | None,
        Meta(description="A kept check: each of its answers is watched; what has changed since is told first."),
    ] = None
    claim_id: Annotated[UUID | None, Meta(description="A stored claim.")] = None
    claim: Annotated[
        IncomingClaim | None, Meta(description="A text: it is checked now, and the answer is watched.")
    ] = None
    options: Annotated[CheckOptions | None, Meta(description="With `claim`: how it is checked.")] = None
    ref: Ref = None
    expires_at: ExpiresAt = None


class WatchedSource(msgspec.Struct, frozen=True):
    """A source, as it was or is shown."""

    url: WebAddress
    stance: Stance
    publisher: Annotated[str | None, Meta(description="Who published it.", examples=["Example News Agency"])]
    link_status: LinkStatus


class WatchedClaim(msgspec.Struct, frozen=True):
    """A stored claim, as it was or is shown."""

    claim_id: UUID
    text: Annotated[str, Meta(description="Its wording that matched best.")]
    language: LanguageTag
    relation: Annotated[
        Relation | None, Meta(description="To the text that is watched; null where the claim itself is watched.")
    ]
    verdict: Verdict
    sources: list[WatchedSource]


class WatchedState(msgspec.Struct, frozen=True):
    """What an answer says that somebody may rely on. Scores are no part of it."""

    status: Annotated[Status | None, Meta(description="The answer; null where a claim itself is watched.")]
    reason: Annotated[Reason | None, Meta(description="Why it is `unverified`; null for every other status.")]
    claims: Annotated[
        list[WatchedClaim],
        Meta(description="The claims that match. Of a watched claim: that claim, or nothing once it was withdrawn."),
    ]


class Asked(msgspec.Struct, frozen=True):
    """A text that is watched."""

    ref: Annotated[str | None, Meta(description="Your own key for the text, from the check.", examples=["p3"])]
    text: Annotated[str, Meta(description="The text.")]
    language: Annotated[LanguageTag | None, Meta(description="The language given; null where none was.")]


class WatchedAnswer(msgspec.Struct, frozen=True):
    """One of the things that a watch is about, and what is said of it now."""

    asked: Annotated[Asked | None, Meta(description="The text; null where a claim itself is watched.")]
    now: Annotated[WatchedState, Meta(description="What was answered, or told last.")]


class Watch(msgspec.Struct, frozen=True):
    """A watch."""

    id: UUID
    key_id: Annotated[UUID | None, Meta(description="Whose it is; null where there were no keys.")]
    check_id: Annotated[UUID | None, Meta(description="The check whose answers are watched.")]
    claim_id: Annotated[UUID | None, Meta(description="The claim that is watched.")]
    ref: Ref
    size: Annotated[int, Meta(description="How many texts or claims it is about.", ge=1, examples=[1])]
    events: Annotated[int, Meta(description="How many events it has had; the newest has this number.", ge=0)]
    created_at: Instant
    expires_at: Annotated[Instant, Meta(description="When it ends.")]


class WatchDetails(Watch, frozen=True):
    """A watch with what it is about."""

    answers: Annotated[list[WatchedAnswer], Meta(description="In the order of the check.")]


class WatchPage(msgspec.Struct, frozen=True):
    """Some of the watches, newest first."""

    items: list[Watch]
    next_page_token: NextPageToken


class WatchEventData(msgspec.Struct, frozen=True):
    """What has changed."""

    watch_id: UUID
    number: Annotated[int, Meta(description="Counts the events of the watch from 1, without a gap.", ge=1)]
    ref: Ref
    check_id: Annotated[UUID | None, Meta(description="The check whose answer has changed.")]
    claim_id: Annotated[UUID | None, Meta(description="The watched claim, as it was named when the watch was made.")]
    asked: Annotated[Asked | None, Meta(description="The text whose answer has changed.")]
    changed: Annotated[
        list[Part],
        Meta(
            description="What: `status`; `claims` that came or went; of a claim that stayed its `relation`, `verdict` "
            "or `sources`; the `text` of a watched claim. A change of scores alone is no event.",
            examples=[["status", "verdict"]],
        ),
    ]
    before: WatchedState
    after: WatchedState
    abridged: Annotated[
        bool,
        Meta(description="Whether only the claims concerned are shown, without sources, to stay below 64 KiB."),
    ]


class WatchEvent(msgspec.Struct, frozen=True):
    """Word that an answer has changed. Webhooks are sent exactly this."""

    id: Annotated[UUID, Meta(description="The same however often it is sent; `webhook-id` in a webhook's request.")]
    type: Annotated[EventKind, Meta(description="What kind of event.")]
    timestamp: Annotated[Instant, Meta(description="When the change was noticed.")]
    data: WatchEventData


class WatchEventPage(msgspec.Struct, frozen=True):
    """Some of the events of a watch, oldest first."""

    items: list[WatchEvent]
    next_page_token: NextPageToken


def watch_body(watch: watches.Watch) -> Watch:
    """A watch as JSON."""
    return msgspec.convert(watch, Watch, from_attributes=True)


def watch_details(watch: watches.Watch, subjects: list[watches.Subject]) -> WatchDetails:
    """A watch with what it is about, as JSON."""
    answers = [
        WatchedAnswer(
            None if each.asked is None else msgspec.convert(each.asked, Asked, from_attributes=True),
            msgspec.convert(each.snapshot, WatchedState, from_attributes=True),
        )
        for each in subjects
    ]
    return WatchDetails(**msgspec.structs.asdict(watch_body(watch)), answers=answers)
