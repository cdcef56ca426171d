"""The inbox: what found nothing, gathered and counted; made wordings of a claim, or put aside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter, QueryParameter
from msgspec import Meta

from service import browsing, inbox, intake, unanswered
from service.api.authorization import caller_id
from service.api.bodies import StrictJson
from service.api.claim_bodies import Instant, LanguageTag, NewClaim, draft_of
from service.api.claim_filters import MOST_WORDS, text_filter
from service.api.claims import NOT_MODIFIED
from service.api.concurrency import EDITORS, ETAG, REASON, IfNoneMatch, answer
from service.api.paging import DEFAULT_SIZE, PAGING, NextPageToken, PageSize, PageToken, page_token, place_of
from service.api.problems import (
    CONFLICT,
    INVALID_INPUT,
    MALFORMED,
    NOT_ACCEPTABLE,
    NOT_FOUND,
    STALE,
    TOO_LARGE,
    UNAVAILABLE,
    UNSUPPORTED_MEDIA_TYPE,
    problem_responses,
)
from service.domain import ClaimDraft
from service.editing import Editor
from service.errors import Fault, InvalidInput
from service.store.catalogue import COUNTED
from service.store.inbox import InboxFilter
from service.store.session import Database
from service.unanswered import AskedWording, ItemState, Rank

_DECIDING: Final = (
    MALFORMED,
    NOT_FOUND,
    NOT_ACCEPTABLE,
    CONFLICT,
    STALE,
    TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    INVALID_INPUT,
    UNAVAILABLE,
)

Asked = Annotated[int, Meta(ge=1, description="How many times it was asked.", examples=[17])]
FirstAsked = Annotated[Instant, Meta(description="When it was asked first.")]
LastAsked = Annotated[Instant, Meta(description="When it was asked last.")]


class InboxWording(msgspec.Struct, frozen=True):
    """One wording in which it was asked."""

    id: UUID
    text: Annotated[str, Meta(description="As it came in first.")]
    language: Annotated[LanguageTag, Meta(description="The language given, or else recognised.")]
    asked: Asked
    first_asked_at: FirstAsked
    last_asked_at: LastAsked


class InboxEntry(msgspec.Struct, frozen=True):
    """What was asked and found nothing: wordings that say the same, in any languages, counted together."""

    id: UUID
    state: Annotated[ItemState, Meta(description="What became of it.")]
    text: Annotated[str, Meta(description="The wording that was asked most.", examples=["The bridge will be closed"])]
    language: Annotated[LanguageTag, Meta(description="The language of that wording.")]
    languages: Annotated[list[str], Meta(description="The languages of all its wordings.", examples=[["en", "fa"]])]
    wordings_total: Annotated[int, Meta(ge=1, description="How many wordings it has.", examples=[3])]
    asked: Asked
    first_asked_at: FirstAsked
    last_asked_at: LastAsked
    claim_id: Annotated[UUID | None, Meta(description="The claim that has its wordings, where it is resolved.")]
    dismissed_because: Annotated[str | None, Meta(description="Why nobody checks it, where it is dismissed.")]
    decided_by: Annotated[
        str | None, Meta(description="Who decided that; null where it is open, or nobody had to say who they are.")
    ]
    decided_at: Annotated[Instant | None, Meta(description="When that was; null where it is open.")]
    revision: Annotated[int, Meta(ge=1, description="Counts its new wordings and what was decided, from 1.")]


class InboxItem(InboxEntry, frozen=True):
    """What was asked and found nothing, with its wordings."""

    wordings: Annotated[list[InboxWording], Meta(description=f"Asked most first; {inbox.SHOWN} at most.")]


class InboxPage(msgspec.Struct, frozen=True):
    """Some of the inbox: most asked first, of those asked as often the latest first."""

    items: list[InboxEntry]
    next_page_token: NextPageToken
    total: Annotated[
        int | None,
        Meta(description=f"How many there are on all pages; null where they are more than {COUNTED:,}.", examples=[42]),
    ]
    waiting: Annotated[
        int, Meta(ge=0, description=f"How many texts are not in it yet, but soon, counted up to {COUNTED:,}.")
    ]


class Resolution(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The claim that an item's wordings belong to: one that is stored, or a new one."""

    claim_id: Annotated[UUID | None, Meta(description="The id of a stored claim; without it, `claim` is needed.")] = (
        None
    )
    claim: Annotated[NewClaim | None, Meta(description="A claim to store; without it, `claim_id` is needed.")] = None
    leave_out: Annotated[
        list[UUID],
        Meta(
            description="The ids of wordings that do not say the same: they become an open item of their own.",
            extra_json_schema={"maxItems": inbox.SHOWN},
        ),
    ] = msgspec.field(default_factory=list)


class Dismissal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why nobody is going to check it."""

    reason: Annotated[
        str,
        Meta(
            description="Kept with the item.",
            examples=["An opinion"],
            extra_json_schema={"minLength": 1, "maxLength": intake.MAX_REASON},
        ),
    ]


ItemId = Annotated[UUID, PathParameter(description="The id of an item of the inbox.", title="item_id")]


@get(
    "/v1/inbox",
    opt={"query": ("q", "language", "since", "state", *PAGING)},
    operation_id="listInbox",
    tags=["Inbox"],
    summary="List what found nothing",
    description=(
        "Statements of kept checks that no stored claim judges: none is equivalent to them, and none contradicts them. "
        "Those that say the same, by the matcher's own judgement, are one item, whatever their language. Most asked "
        "first. What is asked again while you turn pages moves up; nothing is shown twice."
    ),
    response_description="A page of the inbox.",
    responses=problem_responses(MALFORMED, NOT_ACCEPTABLE, INVALID_INPUT, UNAVAILABLE),
)
async def list_inbox(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    q: Annotated[
        str,
        text_filter("Words that one wording has, all of them, in any order and inflection.", MOST_WORDS),
    ] = "",
    language: Annotated[str, text_filter("A language of one of its wordings: `ar` finds `ar-IQ` too.", 35)] = "",
    since: Annotated[
        str,
        QueryParameter(
            description="Asked at this moment or later, such as 2026-01-02T08:00:00Z.",
            schema_extra={"format": "date-time"},
        ),
    ] = "",
    item_state: Annotated[
        ItemState,
        QueryParameter(name="state", description="What became of it.", schema_extra={"default": ItemState.OPEN.value}),
    ] = ItemState.OPEN,
    page_size: PageSize = DEFAULT_SIZE,
    page_token: PageToken = "",
) -> InboxPage:
    """List what found nothing."""
    wanted = _filter(q, language, since, item_state)
    asked = {"list": "inbox", **msgspec.to_builtins(wanted), "caller": caller_id(request)}
    after = place_of(page_token, asked, Rank)
    page = await inbox.browse_inbox(database, wanted, after, page_size)
    return InboxPage(
        [InboxEntry(**_fields(each)) for each in page.items], _token(asked, page.next), page.total, page.waiting
    )


def _filter(q: str, language: str, since: str, state: ItemState) -> InboxFilter:
    faults = []
    if language and not intake.is_known_language(language):
        faults.append(Fault("/language", "must be the tag of a known language, such as en, fa or ar-IQ"))
    moment = None
    if since:
        try:
            moment = msgspec.convert(since, Instant)
        except msgspec.ValidationError:
            faults.append(Fault("/since", "must be a moment with its offset, such as 2026-01-02T08:00:00Z"))
    words = browsing.words_to_find(q, language or None) if q and not faults else ()
    if q and not faults and not words:
        faults.append(Fault("/q", "must have a word or a figure"))
    if faults:
        raise InvalidInput(faults)
    return InboxFilter(state, words, language or None, moment)


def _token(asked: dict[str, Any], following: Rank | None) -> str | None:
    return None if following is None else page_token(asked, following)


@get(
    "/v1/inbox/{item_id:str}",
    opt={"query": ()},
    operation_id="getInboxItem",
    tags=["Inbox"],
    summary="Read an item of the inbox",
    description="What found nothing, with the wordings in which it was asked.",
    response_description="The item.",
    response_headers=[ETAG],
    responses=problem_responses(MALFORMED, NOT_FOUND, NOT_ACCEPTABLE, UNAVAILABLE) | NOT_MODIFIED,
)
async def get_inbox_item(
    request: Request[Any, Any, Any],
    item_id: ItemId,
    database: NamedDependency[Database],
    if_none_match: IfNoneMatch = None,
) -> Response[InboxItem]:
    """Read an item of the inbox."""
    return _answer(request, *await inbox.fetch_item(database, item_id))


@post(
    "/v1/inbox/{item_id:str}/resolve",
    status_code=200,
    dto=StrictJson[Resolution],
    return_dto=None,
    opt={"query": (REASON,)},
    operation_id="resolveInboxItem",
    tags=["Inbox"],
    summary="Make an item's wordings those of a claim",
    description=(
        "Its wordings become wordings of a stored claim, as a revision of it, or of a new one; the next check of any "
        "of them finds that claim. A wording that the claim contradicts is refused: it would get the verdict of its "
        "opposite. Send the item's ETag in `If-Match`, and no wording is taken that you have not seen."
    ),
    response_description="The item as it is now.",
    response_headers=[ETAG],
    responses=problem_responses(*_DECIDING),
)
async def resolve_inbox_item(
    request: Request[Any, Any, Any],
    item_id: ItemId,
    data: JSONBody[Resolution],
    database: NamedDependency[Database],
    adder: NamedDependency[Editor],
) -> Response[InboxItem]:
    """Make an item's wordings those of a claim."""
    found = await inbox.resolve_item(database, item_id, _target(data), data.leave_out, adder)
    return _answer(request, *found)


def _target(data: Resolution) -> UUID | ClaimDraft:
    if data.claim is not None and data.claim_id is None:
        try:
            return draft_of(data.claim)
        except InvalidInput as error:
            raise InvalidInput([Fault(f"/claim{fault.pointer}", fault.detail) for fault in error.faults]) from error
    if data.claim_id is not None and data.claim is None:
        return data.claim_id
    raise InvalidInput([Fault("", "must have either claim_id or claim")])


@post(
    "/v1/inbox/{item_id:str}/dismiss",
    status_code=200,
    dto=StrictJson[Dismissal],
    return_dto=None,
    opt={"query": ()},
    operation_id="dismissInboxItem",
    tags=["Inbox"],
    summary="Put an item of the inbox aside",
    description=(
        "Nobody is going to check it, and the reason is kept. It is counted on where it is asked again, without coming "
        "back; it can still be resolved."
    ),
    response_description="The item as it is now.",
    response_headers=[ETAG],
    responses=problem_responses(*_DECIDING),
)
async def dismiss_inbox_item(
    request: Request[Any, Any, Any],
    item_id: ItemId,
    data: JSONBody[Dismissal],
    database: NamedDependency[Database],
    decider: NamedDependency[Editor],
) -> Response[InboxItem]:
    """Put an item of the inbox aside."""
    return _answer(request, *await inbox.dismiss_item(database, item_id, data.reason, decider))


def _answer(
    request: Request[Any, Any, Any], item: unanswered.InboxItem, wordings: Sequence[AskedWording]
) -> Response[InboxItem]:
    shown = msgspec.convert(list(wordings), list[InboxWording], from_attributes=True)
    return answer(request, InboxItem(**_fields(item), wordings=shown), item.revision)


def _fields(item: unanswered.InboxItem) -> dict[str, Any]:
    decision = item.decision
    return {
        "id": item.id,
        "state": item.state,
        "text": item.text,
        "language": item.language,
        "languages": list(item.languages),
        "wordings_total": item.wordings,
        "asked": item.asked,
        "first_asked_at": item.first_asked_at,
        "last_asked_at": item.last_asked_at,
        "claim_id": decision and decision.claim_id,
        "dismissed_because": decision and decision.reason,
        "decided_by": decision and decision.author,
        "decided_at": decision and decision.at,
        "revision": item.revision,
    }


inbox_router = Router(
    "/", route_handlers=[list_inbox, get_inbox_item, resolve_inbox_item, dismiss_inbox_item], dependencies=EDITORS
)
