"""Rows into claims: each batch is one transaction, with its progress, so that nothing is taken twice or lost.

A row is known by what tells it from others: its id, the address and words of the review, or its text. One that says
what it said before changes nothing; one that says something else revises the claim it led to; a new one joins the claim
that says the same, or becomes a claim.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain import Action, Change, Claim, ClaimDraft, Phrasing, Review, Source
from service.editing import edit_of, following, rated, verdict_of
from service.errors import Fault
from service.importable import Prepared, Refused, RowFault, Tally
from service.intake import draft_faults
from service.joining import Entrant, find_homes
from service.store.claims import Edit, NewClaim, get_claims, insert_claims, lock_corpus, save_edits
from service.store.provenance import Origin, find_origins, note_effects, save_origins, stored_ids
from service.store.publishers import identity, new_id
from service.wordings import clash_with, own_wording, quoted, same_wording

Part = TypeVar("Part", Phrasing, Review)


@dataclass(slots=True)
class Outcome:
    """What became of rows: how many, and what was wrong with some."""

    tally: Tally = field(default_factory=Tally)
    faults: list[RowFault] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Known:
    """A row whose claim is there: by what is remembered of the row, by the id it names, or since it ``joins`` it."""

    row: Prepared
    claim_id: UUID
    origin: Origin | None
    joins: bool = False


async def store_rows(
    connection: AsyncConnection,
    import_id: UUID,
    rows: Sequence[Prepared | Refused],
    change: Change,
    join_score: float | None,
) -> Outcome:
    """Store rows in the caller's transaction; ``join_score``: see ``ImportOrder``."""
    outcome = Outcome()
    todo: list[Prepared] = []
    for row in rows:
        if isinstance(row, Refused):
            _refuse(outcome, row.line, row.faults)
        else:
            outcome.faults.extend(RowFault(row.line, note, refused=False) for note in row.notes)
            todo.append(row)
    await lock_corpus(connection)
    while todo:
        # What an earlier row of this batch takes in comes to it in the next round, when that is stored.
        todo = await _store_round(connection, import_id, todo, change, join_score, outcome)
    return outcome


async def _store_round(
    connection: AsyncConnection,
    import_id: UUID,
    rows: Sequence[Prepared],
    change: Change,
    join_score: float | None,
    outcome: Outcome,
) -> list[Prepared]:
    origins = await find_origins(connection, [row.key for row in rows])
    there = await stored_ids(connection, [row.id for row in rows if row.id and row.key not in origins])
    known: list[_Known] = []
    fresh: list[Prepared] = []
    waiting: list[Prepared] = []
    seen: set[bytes | UUID] = set()
    unchanged = 0
    for row in rows:
        origin = origins.get(row.key)
        if row.key in seen or (row.id and origin is None and row.id in seen):
            waiting.append(row)
            continue
        seen.update((row.key, row.id) if row.id else (row.key,))
        if origin is not None and origin.digest == row.digest:
            unchanged += 1
        elif origin is not None:
            known.append(_Known(row, origin.claim_id, origin))
        elif row.id is not None and row.id in there:
            known.append(_Known(row, row.id, None))
        else:
            fresh.append(row)
    outcome.tally += Tally(unchanged=unchanged)
    drafts = await rated(connection, [row.draft for row in fresh])
    new: list[tuple[Prepared, ClaimDraft]] = list(zip(fresh, drafts, strict=True))
    if join_score is not None and new:
        # A row that brings an id is a claim of its own: another instance has judged that already.
        strangers = [place for place, row in enumerate(fresh) if row.id is None]
        entrants = [Entrant(fresh[place], verdict_of(drafts[place])) for place in strangers]
        homes = await find_homes(connection, entrants, join_score)
        known += [_Known(fresh[strangers[place]], home, None, joins=True) for place, home in homes.found.items()]
        waiting += [fresh[strangers[place]] for place in sorted(homes.waiting)]
        settled = {strangers[place] for place in (*homes.found, *homes.waiting)}
        new = [each for place, each in enumerate(new) if place not in settled]
    later, apart = await _change(connection, import_id, known, change, outcome)
    waiting += later
    await _create(connection, import_id, [*new, *apart], change, outcome)
    return sorted(waiting, key=lambda row: row.line)


async def _create(
    connection: AsyncConnection,
    import_id: UUID,
    new: Sequence[tuple[Prepared, ClaimDraft]],
    change: Change,
    outcome: Outcome,
) -> None:
    fitting = []
    for row, draft in new:
        if draft.superseded_by is not None:
            # Its successor may stand further down, so nothing can be said of it here.
            note = Fault("/superseded_by", "was left out: an import does not say which claim supersedes which")
            outcome.faults.append(RowFault(row.line, note, refused=False))
            draft = replace(draft, superseded_by=None)
        fitting.append(NewClaim(draft, verdict_of(draft), row.wordings, row.claimant, row.id))
    stored = await insert_claims(connection, fitting, change.at, change)
    made = list(zip((row for row, _ in new), stored, strict=True))
    origins = [Origin(row.key, row.digest, claim.id, claim.revision, sole=True) for row, claim in made]
    await save_origins(connection, import_id, origins)
    await note_effects(connection, import_id, [(claim.id, claim.revision) for claim in stored])
    outcome.tally += Tally(created=len(stored))


async def _change(
    connection: AsyncConnection, import_id: UUID, known: Sequence[_Known], change: Change, outcome: Outcome
) -> tuple[list[Prepared], list[tuple[Prepared, ClaimDraft]]]:
    """Let rows change claims, one each.

    Two kinds of rows come back: those whose claim another row is changing already, and those that say what one wording
    of a claim says but contradict the claim's own text, so that each has to be a claim of its own.
    """
    if not known:
        return [], []
    drafts = dict(
        zip((each.row.line for each in known), await rated(connection, [each.row.draft for each in known]), strict=True)
    )
    claims = await _living(connection, [each.claim_id for each in known])
    edits: list[Edit] = []
    origins: list[Origin] = []
    waiting: list[Prepared] = []
    apart: list[tuple[Prepared, ClaimDraft]] = []
    touched: set[UUID] = set()
    for each in known:
        before = claims.get(each.claim_id)
        if before is None:
            detail = "The claim was withdrawn here; restore it first, or leave the row out."
            _refuse(outcome, each.row.line, [Fault("", detail)])
            continue
        if before.id in touched:
            waiting.append(each.row)
            continue
        said = drafts[each.row.line]
        if not _owned(before, each):
            why = _clash(before, each.row.draft)
            if why and each.joins:
                apart.append((each.row, said))
                continue
            if why:
                _refuse(outcome, each.row.line, [Fault("", f"The row contradicts the claim it led to: {why}.")])
                continue
            said, notes = _fitting(before, said)
            outcome.faults.extend(RowFault(each.row.line, note, refused=False) for note in notes)
        draft = _altered(before, each, said)
        if faults := draft_faults(draft):
            _refuse(outcome, each.row.line, faults)
            continue
        after = before
        if draft != before.draft:
            touched.add(before.id)
            after = replace(following(before, change), draft=draft, verdict=verdict_of(draft))
            edits.append(edit_of(before, after, Action.EDITED))
        if each.joins:
            outcome.tally += Tally(joined=1)
        else:
            outcome.tally += Tally(revised=1) if after is not before else Tally(unchanged=1)
        sole = each.origin is not None and each.origin.sole
        origins.append(Origin(each.row.key, each.row.digest, before.id, after.revision, sole))
    await save_edits(connection, edits, change)
    await save_origins(connection, import_id, origins)
    await note_effects(connection, import_id, [(edit.after.id, edit.after.revision) for edit in edits])
    return waiting, apart


async def _living(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, Claim]:
    """The claims that checks find now under these ids: those that took them in for those that are merged."""
    found = await get_claims(connection, ids)
    heirs = await get_claims(connection, [claim.merged_into for claim in found.values() if claim.merged_into])
    result = {}
    for key, claim in found.items():
        now = heirs.get(claim.merged_into) if claim.merged_into else claim
        if now is not None and now.live:
            result[key] = now
    return result


def _owned(before: Claim, known: _Known) -> bool:
    """Whether the row made the claim, and nobody has changed it since."""
    return known.origin is not None and known.origin.sole and known.origin.revision == before.revision


def _clash(before: Claim, said: ClaimDraft) -> str | None:
    """How a row's own text, which is to become a wording of a claim, contradicts it; None where it does not."""
    own = own_wording(said)
    if any(same_wording(own, each) for each in (own_wording(before.draft), *before.draft.phrasings)):
        return None
    return clash_with(own, before.draft)


def _fitting(before: Claim, said: ClaimDraft) -> tuple[ClaimDraft, list[Fault]]:
    """What a row says without those wordings that contradict the claim it is to add them to, and what was left out."""
    kept: list[Phrasing] = []
    notes: list[Fault] = []
    for each in said.phrasings:
        if why := clash_with(each, before.draft):
            detail = f"{quoted(each.text)} was left out: it contradicts the claim the row led to: {why}"
            notes.append(Fault("/phrasings", detail))
        else:
            kept.append(each)
    return replace(said, phrasings=tuple(kept)), notes


def _altered(before: Claim, known: _Known, said: ClaimDraft) -> ClaimDraft:
    """A claim's draft with what a row says of it.

    A row that made its claim, which nobody has changed since, says what the claim is; any other only adds to it, and
    changes its own review.
    """
    draft, row = before.draft, known.row
    owned = _owned(before, known)
    if owned and row.whole:
        return replace(
            said,
            phrasings=_kept(said.phrasings, draft.phrasings, same_wording),
            reviews=_kept(said.reviews, draft.reviews, _same_review),
            sources=_kept_sources(said.sources, draft.sources),
            superseded_by=draft.superseded_by,
        )
    if owned:
        draft = replace(
            draft, text=said.text, language=said.language, claimant=said.claimant, claimed_at=said.claimed_at,
            valid_until=said.valid_until, topics=said.topics,
        )  # fmt: skip
    elif known.joins and draft.claimant is None:
        # So that what another has said does not join as well.
        draft = replace(draft, claimant=said.claimant)
    wordings = [own_wording(draft), *draft.phrasings]
    for wording in (own_wording(said), *said.phrasings):
        if not any(same_wording(wording, other) for other in wordings):
            wordings.append(replace(wording, id=new_id()))
    reviews = list(draft.reviews)
    for review in said.reviews:
        place = next((place for place, each in enumerate(reviews) if _same_review(each, review)), None)
        if place is None:
            reviews.append(replace(review, id=new_id()))
        else:
            reviews[place] = replace(review, id=reviews[place].id)
    sources = list(draft.sources)
    for source in said.sources:
        if not any((each.url, each.stance) == (source.url, source.stance) for each in sources):
            sources.append(replace(source, id=new_id()))
    return replace(draft, phrasings=tuple(wordings[1:]), reviews=tuple(reviews), sources=tuple(sources))


def _same_review(one: Review, other: Review) -> bool:
    """Whether two are one review, whatever it says now."""
    if identity(one.publisher) != identity(other.publisher):
        return False
    if one.url or other.url:
        return one.url == other.url
    return one.published_at == other.published_at


def _kept(said: Sequence[Part], there: Sequence[Part], same: Callable[[Part, Part], bool]) -> tuple[Part, ...]:
    """The parts as a row says them, those that are there already under the ids they have."""
    left = list(there)
    result = []
    for each in said:
        old = next((part for part in left if same(part, each)), None)
        if old is not None:
            left.remove(old)
        result.append(replace(each, id=new_id() if old is None else old.id))
    return tuple(result)


def _kept_sources(said: Sequence[Source], there: Sequence[Source]) -> tuple[Source, ...]:
    """So with sources, which keep what visits to their links have found."""
    known = {(each.url, each.stance): each for each in there}
    result = []
    for each in said:
        old = known.pop((each.url, each.stance), None)
        if old is None:
            result.append(replace(each, id=new_id()))
        else:
            result.append(replace(each, id=old.id, link_status=old.link_status, checked_at=old.checked_at))
    return tuple(result)


def _refuse(outcome: Outcome, line: int, faults: Sequence[Fault]) -> None:
    outcome.faults.extend(RowFault(line, fault, refused=True) for fault in faults)
    outcome.tally += Tally(refused=1)
