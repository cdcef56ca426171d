"""Writing claims: each change is one transaction, one revision, and found by the next check."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain import (
    Action,
    Change,
    Claim,
    ClaimDraft,
    Phrasing,
    Review,
    Source,
    Verdict,
    with_visit,
)
from service.errors import Conflict, Fault, InvalidInput, Merged, NotFound, Stale, Withdrawn
from service.intake import draft_faults, validate_draft, validate_reason
from service.labels import verdict_of_label
from service.matching.folding import fold
from service.matching.verdicts import claim_verdict
from service.store.claims import (
    Edit,
    NewClaim,
    get_claim,
    insert_claims,
    lock_corpus,
    save_edits,
    successors,
    wordings_of,
)
from service.store.publishers import identity, name_publishers, new_id
from service.store.session import Database
from service.wordings import (
    REMEDY,
    clash_with,
    clashes,
    index_read,
    index_wording,
    own_wording,
    quoted,
    read_wordings,
    same_wording,
)

Part = Phrasing | Review | Source
PartKind = Literal["phrasings", "reviews", "sources"]


@dataclass(frozen=True, slots=True)
class Editor:
    """Who changes something, why, and which revisions of it they have seen; ``seen`` is None for whatever there is."""

    name: str | None = None
    reason: str | None = None
    seen: frozenset[int] | None = None

    def change(self) -> Change:
        """What the revision records, as of now. Raises InvalidInput for a reason that cannot be kept."""
        validate_reason(self.reason)
        return Change(datetime.now(UTC), self.name, self.reason)

    def insist(self, revision: int) -> None:
        """Raise Stale when ``revision`` is not one the editor has seen."""
        if self.seen is not None and revision not in self.seen:
            raise Stale(f"It has changed since you read it: it is at revision {revision} now. Read it again.")


ANYBODY = Editor()


async def add_claim(database: Database, draft: ClaimDraft, editor: Editor = ANYBODY) -> Claim:
    """Store a claim with its phrasings, reviews and sources; its verdict follows from the reviews.

    Committed, and matched by every later check, when this returns. Raises InvalidInput, also for a phrasing that
    clashes with the claim's own text and is not confirmed; Conflict, Unavailable.
    """
    validate_draft(draft)
    async with database.write() as connection:
        return (await insert_drafts(connection, [draft], editor))[0]


async def insert_drafts(
    connection: AsyncConnection, drafts: Sequence[ClaimDraft], editor: Editor = ANYBODY
) -> list[Claim]:
    """Store several claims in the caller's transaction: all of them or none. Raises as ``add_claim``."""
    indexed = []
    for draft in drafts:
        validate_draft(draft)
        wordings = read_wordings(draft)
        if found := clashes(draft, wordings):
            raise InvalidInput([Fault(each.pointer, f"{each.detail}; {REMEDY}") for each in found])
        indexed.append(index_read(wordings))
    change = editor.change()
    await lock_corpus(connection)
    new = []
    for draft, phrasings in zip(await rated(connection, drafts), indexed, strict=True):
        await _require_successor(connection, draft, None)
        folded = draft.claimant and fold(draft.claimant)
        new.append(NewClaim(draft, verdict_of(draft), phrasings, folded))
    return await insert_claims(connection, new, change.at, change)


async def fetch_claim(database: Database, claim_id: UUID) -> Claim:
    """A stored claim. Raises NotFound, Withdrawn, Merged."""
    async with database.read() as connection:
        return await live_claim(connection, claim_id)


async def edit_claim(
    database: Database, claim_id: UUID, editor: Editor, alter: Callable[[ClaimDraft], ClaimDraft]
) -> Claim:
    """Change a claim; a change that changes nothing makes no revision.

    Raises NotFound, Withdrawn, Merged; Stale when the editor has not seen the newest revision; InvalidInput.
    """
    change = editor.change()
    async with database.write() as connection:
        before = await claim_to_edit(connection, claim_id, editor)
        draft = alter(before.draft)
        validate_draft(draft)
        _require_harmony(before.draft, draft)
        return await store_draft(connection, before, draft, Action.EDITED, change)


async def withdraw_claim(database: Database, claim_id: UUID, editor: Editor) -> Claim:
    """Take a claim out of what checks find; its history stays. Raises as ``edit_claim``."""
    change = editor.change()
    async with database.write() as connection:
        before = await claim_to_edit(connection, claim_id, editor)
        after = replace(following(before, change), withdrawn_at=change.at)
        await save_edits(connection, [edit_of(before, after, Action.WITHDRAWN)], change)
        return after


async def restore_claim(database: Database, claim_id: UUID, editor: Editor) -> Claim:
    """Let checks find a withdrawn claim again, as it was. One that is not withdrawn stays as it is."""
    change = editor.change()
    async with database.write() as connection:
        await lock_corpus(connection)
        before = await any_claim(connection, claim_id)
        editor.insist(before.revision)
        if before.withdrawn_at is None:
            return before
        restored = replace(following(before, change), withdrawn_at=None)
        (draft,) = await rated(connection, [restored.draft])
        after = replace(restored, draft=draft, verdict=verdict_of(draft))
        await save_edits(connection, [edit_of(before, after, Action.RESTORED)], change)
        return after


async def add_part(
    database: Database, claim_id: UUID, kind: PartKind, part: Part, editor: Editor
) -> tuple[Claim, UUID]:
    """Add a phrasing, a review or a source to a claim; the claim, and the new part's id. Raises as ``edit_claim``."""
    change = editor.change()
    key = new_id()
    async with database.write() as connection:
        before = await claim_to_edit(connection, claim_id, editor)
        parts = (*_parts(before, kind), replace(part, id=key))
        draft = _with_parts(before.draft, kind, parts)
        _validate_part(draft, kind, len(parts) - 1)
        _require_agreement(part, draft)
        return await store_draft(connection, before, draft, Action.EDITED, change), key


async def edit_part(
    database: Database,
    claim_id: UUID,
    kind: PartKind,
    part_id: UUID,
    editor: Editor,
    alter: Callable[[Part], Part],
) -> Claim:
    """Change a phrasing, a review or a source of a claim. Raises as ``edit_claim``; NotFound for the part as well."""
    change = editor.change()
    async with database.write() as connection:
        before = await claim_to_edit(connection, claim_id, editor)
        place, known = find_part(before, kind, part_id)
        altered = replace(alter(known), id=part_id)
        if isinstance(altered, Source) and isinstance(known, Source):
            altered = with_visit(altered, known)
        elif isinstance(altered, Review) and isinstance(known, Review):
            altered = with_visit(replace(altered, via=known.via), known)
        parts = list(_parts(before, kind))
        parts[place] = altered
        draft = _with_parts(before.draft, kind, parts)
        _validate_part(draft, kind, place)
        if altered != known:
            _require_agreement(altered, draft)
        return await store_draft(connection, before, draft, Action.EDITED, change)


async def remove_part(database: Database, claim_id: UUID, kind: PartKind, part_id: UUID, editor: Editor) -> Claim:
    """Take a phrasing, a review or a source from a claim; its history keeps it. Raises as ``edit_part``."""
    change = editor.change()
    async with database.write() as connection:
        before = await claim_to_edit(connection, claim_id, editor)
        place, _ = find_part(before, kind, part_id)
        parts = [part for index, part in enumerate(_parts(before, kind)) if index != place]
        return await store_draft(connection, before, _with_parts(before.draft, kind, parts), Action.EDITED, change)


async def any_claim(connection: AsyncConnection, claim_id: UUID) -> Claim:
    """A claim, withdrawn or not. Raises NotFound, Merged."""
    claim = await get_claim(connection, claim_id)
    if claim is None:
        raise NotFound(f"There is no claim {claim_id}.")
    if claim.merged_into:
        raise Merged(claim_id, claim.merged_into)
    return claim


async def live_claim(connection: AsyncConnection, claim_id: UUID) -> Claim:
    """A claim that checks find. Raises NotFound, Withdrawn, Merged."""
    claim = await any_claim(connection, claim_id)
    if claim.withdrawn_at:
        day = claim.withdrawn_at.date().isoformat()
        raise Withdrawn(f"The claim was withdrawn on {day}, in revision {claim.revision}; its history is kept.")
    return claim


async def claim_to_edit(connection: AsyncConnection, claim_id: UUID, editor: Editor) -> Claim:
    """The claim, with nobody else writing until the transaction ends. Raises as ``live_claim``, and Stale."""
    await lock_corpus(connection)
    claim = await live_claim(connection, claim_id)
    editor.insist(claim.revision)
    return claim


async def store_draft(
    connection: AsyncConnection, before: Claim, draft: ClaimDraft, action: Action, change: Change
) -> Claim:
    """Store what a claim's draft has become, as its next revision; the claim as it was where nothing changed."""
    (draft,) = await rated(connection, [draft])
    if draft == before.draft and action is Action.EDITED:
        return before
    if draft.superseded_by != before.draft.superseded_by:
        await _require_successor(connection, draft, before.id)
    after = replace(following(before, change), draft=draft, verdict=verdict_of(draft))
    await save_edits(connection, [edit_of(before, after, action)], change)
    return after


def edit_of(before: Claim, after: Claim, action: Action) -> Edit:
    """The edit, with those wordings read that checks are to find anew.

    A wording is read from the day the claim was made, so a change of that day reads them all again.
    """
    known = wordings_of(before) if before.draft.claimed_at == after.draft.claimed_at else {}
    indexed = {
        key: index_wording(wording, after.draft)
        for key, wording in wordings_of(after).items()
        if known.get(key) != wording
    }
    return Edit(before, after, action, indexed, after.draft.claimant and fold(after.draft.claimant))


def verdict_of(draft: ClaimDraft) -> Verdict:
    """A claim's verdict: the pinned one, or what its independent reviews say together."""
    return draft.pinned_verdict.verdict if draft.pinned_verdict else claim_verdict(draft.reviews)


def find_part(claim: Claim, kind: PartKind, part_id: UUID) -> tuple[int, Part]:
    """A part of a claim and its place among those of its kind. Raises NotFound."""
    for place, part in enumerate(_parts(claim, kind)):
        if part.id == part_id:
            return place, part
    raise NotFound(f"The claim {claim.id} has no {kind[:-1]} {part_id}.")


def _parts(claim: Claim, kind: PartKind) -> tuple[Part, ...]:
    parts: tuple[Part, ...] = getattr(claim.draft, kind)
    return parts


def _with_parts(draft: ClaimDraft, kind: PartKind, parts: Sequence[Part]) -> ClaimDraft:
    changed: dict[str, tuple[Part, ...]] = {kind: tuple(parts)}
    return replace(draft, **changed)  # type: ignore[arg-type]


def _validate_part(draft: ClaimDraft, kind: PartKind, place: int) -> None:
    """Check a claim after one of its parts changed; the faults of that part are pointed to from the part itself."""
    here = f"/{kind}/{place}"
    faults = draft_faults(draft)
    if own := [fault for fault in faults if fault.pointer.startswith(f"{here}/")]:
        raise InvalidInput([Fault(fault.pointer.removeprefix(here), fault.detail) for fault in own])
    if faults:
        raise Conflict("; ".join(f"{fault.pointer.lstrip('/')} {fault.detail}" for fault in faults))
    if kind == "phrasings":
        changed = draft.phrasings[place]
        others = [own_wording(draft), *draft.phrasings[:place], *draft.phrasings[place + 1 :]]
        if any(same_wording(changed, other) for other in others):
            raise Conflict("The claim has this wording already.")


def _require_agreement(part: Part, draft: ClaimDraft) -> None:
    """Raise InvalidInput for a wording that clashes with the claim's own text and is not confirmed."""
    if isinstance(part, Phrasing) and (why := clash_with(part, draft)):
        raise InvalidInput([Fault("/text", f"contradicts the claim: {why}; {REMEDY}")])


def _require_harmony(before: ClaimDraft, draft: ClaimDraft) -> None:
    """Raise InvalidInput where a claim is given another text or day that clashes with one of its wordings."""
    pointer = "/text" if own_wording(draft) != own_wording(before) else "/claimed_at"
    if pointer == "/claimed_at" and draft.claimed_at == before.claimed_at:
        return
    faults = [
        Fault(
            pointer, f"contradicts the wording {quoted(each.text)}: {why}; take that wording away or confirm it first"
        )
        for each in draft.phrasings
        if (why := clash_with(each, draft))
    ]
    if faults:
        raise InvalidInput(faults)


def following(before: Claim, change: Change) -> Claim:
    """The claim at its next revision."""
    # A clock set back must not make a claim older than it was.
    return replace(before, revision=before.revision + 1, updated_at=max(change.at, before.updated_at))


async def rated(connection: AsyncConnection, drafts: Sequence[ClaimDraft]) -> list[ClaimDraft]:
    """The drafts with their publishers as they are stored, and the verdicts that follow from labels."""
    known = await name_publishers(connection, [review.publisher for draft in drafts for review in draft.reviews])
    rated = []
    for draft in drafts:
        reviews = []
        for review in draft.reviews:
            named = known[identity(review.publisher)]
            verdict = review.verdict
            if review.from_label and review.original_label is not None:
                verdict = verdict_of_label(review.original_label, named.labels)
            reviews.append(replace(review, publisher=named.publisher, verdict=verdict))
        rated.append(replace(draft, reviews=tuple(reviews)))
    return rated


async def _require_successor(connection: AsyncConnection, draft: ClaimDraft, claim_id: UUID | None) -> None:
    """Raise InvalidInput where ``superseded_by`` names no claim that could take this one's place."""
    if draft.superseded_by is None:
        return
    try:
        successor = await live_claim(connection, draft.superseded_by)
        if claim_id is not None and claim_id in await successors(connection, successor.id):
            raise InvalidInput([Fault("/superseded_by", "must be another claim, and not one that this one supersedes")])
    except Merged as error:
        raise InvalidInput([Fault("/superseded_by", f"is part of the claim {error.into} now; name that")]) from error
    except NotFound as error:
        raise InvalidInput([Fault("/superseded_by", "is not the id of a claim that checks find")]) from error
