"""An import undone: what it made is withdrawn, what it changed is put back, each as a further revision.

Where somebody has changed a claim since, only what the import added to it goes; a claim that it made stays then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain import Action, Change, Claim, ClaimDraft, Phrasing, Review, Source
from service.editing import edit_of, following, rated, verdict_of
from service.importable import Import, ImportState
from service.jobs import Workplace
from service.store.claims import Edit, get_claims, lock_corpus, save_edits
from service.store.imports import change_import, count_undone, get_import, now
from service.store.provenance import forget_effects, forget_origins, some_effects
from service.store.revisions import get_revision

_BATCH: Final = 200
"""Claims that are put back in one transaction."""


async def run_undoing(workplace: Workplace, payload: bytes) -> None:
    """The job: undo an import. ``payload``: its id. Raises Unavailable, to be tried again."""
    import_id = UUID(bytes=payload)
    while True:
        async with workplace.database.write() as connection:
            found = await get_import(connection, import_id, lock=True)
            if found is None or found.state is not ImportState.UNDOING:
                return
            if not await undo_some(connection, found):
                await change_import(connection, import_id, state=ImportState.UNDONE.value)
                return


async def undo_some(connection: AsyncConnection, found: Import, limit: int = _BATCH) -> int:
    """Undo what an import did to some claims, in the caller's transaction; to how many it was, 0 for none left."""
    await lock_corpus(connection)
    effects = await some_effects(connection, found.id, limit)
    if not effects:
        return 0
    change = Change(await now(connection), found.author, f"Import {found.id} undone")
    claims = await get_claims(connection, list(effects))
    edits: list[Edit] = []
    gone: list[UUID] = []
    kept = 0
    for claim_id, numbers in effects.items():
        before = claims[claim_id]
        edit = await _edit(connection, before, numbers, change)
        if edit is None:
            kept += 1
            continue
        edits.append(edit)
        if not edit.after.live:
            gone.append(claim_id)
    await save_edits(connection, edits, change)
    await forget_effects(connection, found.id, list(effects))
    await forget_origins(connection, gone, [each for each in effects if each not in gone])
    await count_undone(connection, found.id, len(edits), kept)
    return len(effects)


async def _edit(connection: AsyncConnection, before: Claim, numbers: Sequence[int], change: Change) -> Edit | None:
    """What undoing does to a claim; None where there is nothing left to be done, or somebody has made it theirs."""
    if not before.live:
        return None
    made = numbers[0] == 1
    alone = list(numbers) == list(range(numbers[0], before.revision + 1))
    after = following(before, change)
    if alone and made:
        return edit_of(before, replace(after, withdrawn_at=change.at), Action.WITHDRAWN)
    draft = (
        await _draft_at(connection, before.id, numbers[0] - 1)
        if alone
        else await _without(connection, before, [number for number in numbers if number > 1])
    )
    if draft is None:
        return None
    (draft,) = await rated(connection, [draft])
    if draft == before.draft:
        return None
    return edit_of(before, replace(after, draft=draft, verdict=verdict_of(draft)), Action.EDITED)


async def _draft_at(connection: AsyncConnection, claim_id: UUID, number: int) -> ClaimDraft | None:
    found = await get_revision(connection, claim_id, number)
    return None if found is None else found.claim.draft


async def _without(connection: AsyncConnection, before: Claim, numbers: Sequence[int]) -> ClaimDraft | None:
    """The claim's draft without the parts that these revisions added to it."""
    added: set[UUID | None] = set()
    for number in numbers:
        later = await _draft_at(connection, before.id, number)
        earlier = await _draft_at(connection, before.id, number - 1)
        if later is not None and earlier is not None:
            added |= _parts(later) - _parts(earlier)
    draft = before.draft
    return replace(
        draft,
        phrasings=tuple(each for each in draft.phrasings if each.id not in added),
        reviews=tuple(each for each in draft.reviews if each.id not in added),
        sources=tuple(each for each in draft.sources if each.id not in added),
    )


def _parts(draft: ClaimDraft) -> set[UUID | None]:
    parts: tuple[Phrasing | Review | Source, ...] = (*draft.phrasings, *draft.reviews, *draft.sources)
    return {each.id for each in parts}
