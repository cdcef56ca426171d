"""Two claims that are one: what hangs on the one moves to the other, and its address leads there for ever."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar
from uuid import UUID

from service.domain import Action, Change, Claim, ClaimDraft, Phrasing, Review, Source
from service.editing import (
    Editor,
    claim_to_edit,
    edit_of,
    live_claim,
    store_draft,
)
from service.errors import Conflict, Fault, InvalidInput, Merged, NotFound
from service.intake import draft_faults
from service.store.claims import redirect_merged, save_edits
from service.store.publishers import identity
from service.store.session import Database
from service.wordings import clash_with, own_wording, quoted, same_wording

T = TypeVar("T")


async def merge_claims(database: Database, claim_id: UUID, into: UUID, editor: Editor) -> Claim:
    """Make the claim ``claim_id`` part of the claim ``into``, which comes back.

    Phrasings (its own text among them), reviews and sources move, each that ``into`` does not have yet, and so does a
    pinned verdict where ``into`` has none; what else it said stays in its history. Raises as ``edit_claim``; Conflict
    where ``into`` cannot take it, InvalidInput where ``into`` is no claim, the same one, or one that a wording clashes
    with.
    """
    change = editor.change()
    if claim_id == into:
        raise InvalidInput([Fault("/into", "must be another claim")])
    async with database.write() as connection:
        old = await claim_to_edit(connection, claim_id, editor)
        try:
            target = await live_claim(connection, into)
        except Merged as error:
            raise Conflict(f"The claim {into} is itself part of {error.into} now; merge into that.") from error
        except NotFound as error:
            raise InvalidInput([Fault("/into", "is not the id of a claim that checks find")]) from error
        pins = [each.verdict for each in (old.draft.pinned_verdict, target.draft.pinned_verdict) if each]
        if len(set(pins)) > 1:
            raise Conflict("Both have a pinned verdict, and not the same one; take one away first.")
        draft = _united(target.draft, old)
        if faults := draft_faults(draft):
            raise Conflict("Together they hold too much: " + "; ".join(fault.detail for fault in faults))
        _require_agreement(target.draft, draft)
        # The old one leaves first: what it was found by is free then for the other.
        await save_edits(connection, [edit_of(old, _merged(old, into, change), Action.MERGED)], change)
        await redirect_merged(connection, claim_id, into)
        return await store_draft(connection, target, draft, Action.ABSORBED, change)


def _merged(claim: Claim, into: UUID, change: Change) -> Claim:
    return replace(claim, merged_into=into, revision=claim.revision + 1, updated_at=max(change.at, claim.updated_at))


def _require_agreement(target: ClaimDraft, united: ClaimDraft) -> None:
    """Raise InvalidInput where a wording that ``target`` is to take clashes with its own text."""
    faults = [
        Fault("/into", f"contradicts the wording {quoted(each.text)}: {why}; confirm that wording there first")
        for each in united.phrasings[len(target.phrasings) :]
        if (why := clash_with(each, united))
    ]
    if faults:
        raise InvalidInput(faults)


def _united(draft: ClaimDraft, old: Claim) -> ClaimDraft:
    own = own_wording(draft)
    wordings = _added((own, *draft.phrasings), _wordings(old), same_wording)[1:]
    return replace(
        draft,
        phrasings=wordings,
        reviews=_added(draft.reviews, old.draft.reviews, _same_review),
        sources=_added(draft.sources, old.draft.sources, _same_source),
        pinned_verdict=draft.pinned_verdict or old.draft.pinned_verdict,
        superseded_by=None if draft.superseded_by == old.id else draft.superseded_by,
    )


def _wordings(claim: Claim) -> tuple[Phrasing, ...]:
    return (Phrasing(claim.draft.text, claim.draft.language, claim.id), *claim.draft.phrasings)


def _added(there: tuple[T, ...], new: Sequence[T], same: Callable[[T, T], bool]) -> tuple[T, ...]:
    for each in new:
        if not any(same(each, known) for known in there):
            there = (*there, each)
    return there


def _same_review(new: Review, known: Review) -> bool:
    if identity(new.publisher) != identity(known.publisher):
        return False
    if new.url or known.url:
        return new.url == known.url
    return (new.verdict, new.original_label, new.published_at) == (
        known.verdict, known.original_label, known.published_at
    )  # fmt: skip


def _same_source(new: Source, known: Source) -> bool:
    """Whether the new one adds nothing: same link, same stance, and no quotation of its own."""
    return (new.url, new.stance) == (known.url, known.stance) and new.quote in (None, known.quote)
