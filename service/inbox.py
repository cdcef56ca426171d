"""The inbox for editors: what is asked most and found nothing, made wordings of a claim or put aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain import Action, Claim, ClaimDraft, Phrasing
from service.editing import Editor, insert_drafts, live_claim, store_draft
from service.errors import Conflict, Fault, InvalidInput, Merged, NotFound
from service.gathering import gather_some
from service.intake import MAX_PHRASINGS, validate_draft, validate_reason
from service.store.claims import lock_corpus
from service.store.inbox import (
    InboxFilter,
    count_inbox,
    decide_item,
    get_item,
    get_wordings,
    hold_inbox,
    list_items,
    split_off,
)
from service.store.publishers import new_id
from service.store.session import Database
from service.unanswered import AskedWording, Decision, InboxItem, ItemState, Rank
from service.wordings import clash_with, own_wording, quoted, same_wording

SHOWN: Final = 200
"""How many wordings of an item are shown, and may be left out of a claim."""


@dataclass(frozen=True, slots=True)
class InboxPage:
    """Some items. ``total``: of all pages, None where it is more than is counted; ``waiting``: texts yet to gather."""

    items: tuple[InboxItem, ...]
    next: Rank | None
    total: int | None
    waiting: int


async def browse_inbox(database: Database, wanted: InboxFilter, after: Rank | None, limit: int) -> InboxPage:
    """A page of the inbox, most asked first; at most ``limit`` items. What waits is gathered first, if it is not much.

    An item that is asked again between two pages moves up, and may be missed by the later one; none is shown twice.
    """
    waiting = await gather_some(database)
    async with database.read() as connection:
        found = await list_items(connection, wanted, after, limit + 1)
        total = await count_inbox(connection, wanted)
    shown = found[:limit]
    following = None
    if len(found) > limit:
        following = Rank(shown[-1].asked, shown[-1].last_asked_at, shown[-1].id)
    return InboxPage(tuple(shown), following, total, waiting)


async def fetch_item(database: Database, item_id: UUID) -> tuple[InboxItem, list[AskedWording]]:
    """An item with its wordings, most asked first, at most SHOWN. Raises NotFound."""
    async with database.read() as connection:
        return await _item(connection, item_id), await get_wordings(connection, item_id, SHOWN)


async def resolve_item(
    database: Database, item_id: UUID, target: UUID | ClaimDraft, leave_out: Sequence[UUID], editor: Editor
) -> tuple[InboxItem, list[AskedWording]]:
    """Make the wordings of an item phrasings of a claim: of the one named, or of a new one. As ``fetch_item`` after it.

    ``leave_out``: ids of wordings that say something else; they become an open item of their own. A claim has room for
    MAX_PHRASINGS wordings: those asked most go first, and the rest stays with the item. All of it is one transaction,
    and one revision of the claim.

    Raises NotFound; Conflict when it is resolved already, Stale; InvalidInput, with pointers to ``/claim_id``,
    ``/claim`` and ``/leave_out``, also where the claim says the opposite of a wording: a check of that wording would
    get the verdict of the opposite.
    """
    change = editor.change()
    async with database.write() as connection:
        item, wordings = await _to_decide(connection, item_id, editor)
        if item.state is ItemState.RESOLVED and item.decision is not None:
            raise Conflict(f"It was resolved already, into the claim {item.decision.claim_id}.")
        taken = await _without(connection, item, wordings, leave_out)
        said = replace(editor, reason=editor.reason or f"From the inbox, where it was asked {item.asked} times.")
        phrasings = [Phrasing(each.text, each.language) for each in taken]
        if isinstance(target, ClaimDraft):
            claim = await _new_claim(connection, target, phrasings, said)
        else:
            claim = await _known_claim(connection, target, phrasings, said)
        await decide_item(
            connection, item_id, ItemState.RESOLVED, Decision(change.at, change.author, claim_id=claim.id)
        )
        return await _item(connection, item_id), await get_wordings(connection, item_id, SHOWN)


async def dismiss_item(
    database: Database, item_id: UUID, reason: str, editor: Editor
) -> tuple[InboxItem, list[AskedWording]]:
    """Put an item aside; it is counted on, and can still be resolved. Raises as ``resolve_item``."""
    validate_reason(reason)
    change = editor.change()
    async with database.write() as connection:
        item, wordings = await _to_decide(connection, item_id, editor)
        if item.state is not ItemState.OPEN:
            raise Conflict(f"It was {item.state.value} already.")
        await decide_item(connection, item_id, ItemState.DISMISSED, Decision(change.at, change.author, reason=reason))
        return await _item(connection, item_id), wordings


async def _item(connection: AsyncConnection, item_id: UUID) -> InboxItem:
    item = await get_item(connection, item_id)
    if item is None:
        raise NotFound(f"There is no item {item_id} in the inbox.")
    return item


async def _to_decide(
    connection: AsyncConnection, item_id: UUID, editor: Editor
) -> tuple[InboxItem, list[AskedWording]]:
    """The item, which nothing joins until the transaction ends. The inbox is held before the corpus, always."""
    await hold_inbox(connection, patient=True)
    item = await _item(connection, item_id)
    editor.insist(item.revision)
    return item, await get_wordings(connection, item_id, SHOWN)


async def _without(
    connection: AsyncConnection, item: InboxItem, wordings: Sequence[AskedWording], leave_out: Sequence[UUID]
) -> list[AskedWording]:
    """The wordings that are taken; the others have an item of their own from now on."""
    known = {each.id for each in wordings}
    if faults := [
        Fault(f"/leave_out/{place}", "is not the id of a wording of this item")
        for place, key in enumerate(leave_out)
        if key not in known
    ]:
        raise InvalidInput(faults)
    left = set(leave_out)
    if left:
        if len(left) == item.wordings:
            raise InvalidInput([Fault("/leave_out", "must leave at least one wording")])
        await split_off(connection, item.id, sorted(left))
    return [each for each in wordings if each.id not in left]


async def _new_claim(
    connection: AsyncConnection, draft: ClaimDraft, phrasings: Sequence[Phrasing], editor: Editor
) -> Claim:
    try:
        validate_draft(draft)
        _refuse_opposites(draft, phrasings, "/text")
        (claim,) = await insert_drafts(connection, [_with_wordings(draft, phrasings)], editor)
    except InvalidInput as error:
        raise InvalidInput([Fault(f"/claim{fault.pointer}", fault.detail) for fault in error.faults]) from error
    return claim


async def _known_claim(
    connection: AsyncConnection, claim_id: UUID, phrasings: Sequence[Phrasing], editor: Editor
) -> Claim:
    await lock_corpus(connection)
    try:
        claim = await live_claim(connection, claim_id)
    except Merged as error:
        raise InvalidInput([Fault("/claim_id", f"is part of the claim {error.into} now; name that")]) from error
    except NotFound as error:
        raise InvalidInput([Fault("/claim_id", "is not the id of a claim that checks find")]) from error
    _refuse_opposites(claim.draft, phrasings, "/claim_id")
    draft = _with_wordings(claim.draft, [replace(each, id=new_id()) for each in phrasings])
    return await store_draft(connection, claim, draft, Action.EDITED, editor.change())


def _refuse_opposites(draft: ClaimDraft, phrasings: Sequence[Phrasing], pointer: str) -> None:
    """Raise InvalidInput where a wording clashes with the claim, which does not have it as a confirmed one."""
    for each in phrasings:
        if not any(same_wording(each, known) for known in draft.phrasings) and (why := clash_with(each, draft)):
            detail = f"contradicts the wording {quoted(each.text)}, which would get its verdict: {why}; leave it out"
            raise InvalidInput([Fault(pointer, detail)])


def _with_wordings(draft: ClaimDraft, phrasings: Sequence[Phrasing]) -> ClaimDraft:
    """The draft with those wordings that it does not have yet, as far as it has room for them."""
    own = own_wording(draft)
    there = list(draft.phrasings)
    for each in phrasings:
        if len(there) < MAX_PHRASINGS and not any(same_wording(each, known) for known in (own, *there)):
            there.append(each)
    return replace(draft, phrasings=tuple(there))
