"""Claims in the database: written whole, with the index that finds them and the revision that records the change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import ARRAY, Uuid, any_, bindparam, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain import (
    Action,
    Change,
    Claim,
    ClaimDraft,
    IndexedPhrasing,
    Phrasing,
    Revision,
    Verdict,
    with_visit,
)
from service.store.bulk import insert_rows
from service.store.evidence import (
    Parts,
    claims_evidence,
    review_row,
    save_parts,
    source_row,
    with_publisher,
)
from service.store.phrasings import Placed, insert_phrasings, remove_phrasings, terms_of_claim
from service.store.publishers import Identity, Named, identity, name_publishers, new_id
from service.store.revisions import insert_revisions
from service.store.tables import claims, corpus, reviews, revisions, sources
from service.store.tables import phrasings as wordings


@dataclass(frozen=True, slots=True)
class NewClaim:
    """A claim about to be stored. ``phrasings`` are all its wordings, its own text first, none twice.

    ``claimant``: the claimant's name folded, by which it is found. ``id``: the id it is to have, None for a new one.
    """

    draft: ClaimDraft
    verdict: Verdict
    phrasings: Sequence[IndexedPhrasing]
    claimant: str | None = None
    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of one stored claim. ``indexed``: the wordings of ``after`` that ``before`` did not have so, by id.

    ``claimant``: the claimant's name folded, by which it is found.
    """

    before: Claim
    after: Claim
    action: Action
    indexed: Mapping[UUID, IndexedPhrasing]
    claimant: str | None = None


_IDS: Final = bindparam("ids", type_=ARRAY(Uuid))
_CURRENT: Final = (
    select(claims.c.id, claims.c.merged_into, revisions.c.state)
    .join(revisions, (revisions.c.claim_id == claims.c.id) & (revisions.c.number == claims.c.revision))
    .where(claims.c.id == any_(_IDS))
)
_SUCCESSORS: Final = text("""
    WITH RECURSIVE line (id, superseded_by) AS (
        SELECT id, superseded_by FROM claims WHERE id = :id
        UNION
        SELECT c.id, c.superseded_by FROM claims c JOIN line ON c.id = line.superseded_by
    )
    SELECT id FROM line
""").bindparams(bindparam("id", type_=Uuid))
_PLACES: Final = select(wordings.c.claim_id, wordings.c.public_id, wordings.c.position, wordings.c.id).where(
    wordings.c.claim_id == any_(_IDS)
)


async def lock_corpus(connection: AsyncConnection) -> None:
    """Become the only writer of claims until this transaction ends. Every change of claims does this first."""
    await connection.execute(select(corpus.c.revision).with_for_update())


async def corpus_revision(connection: AsyncConnection) -> int:
    """How many times the stored claims have changed. Two equal numbers mean the same claims."""
    return int((await connection.execute(select(corpus.c.revision))).scalar_one())


async def claim_count(connection: AsyncConnection) -> int:
    """How many claims checks may find."""
    return int((await connection.execute(select(corpus.c.claims))).scalar_one())


async def phrasing_count(connection: AsyncConnection) -> int:
    """How many phrasings checks may find."""
    return int((await connection.execute(select(corpus.c.phrasings))).scalar_one())


async def insert_claim(
    connection: AsyncConnection,
    draft: ClaimDraft,
    verdict: Verdict,
    phrasings: Sequence[IndexedPhrasing],
    now: datetime,
) -> Claim:
    """Store one claim; see ``insert_claims``."""
    (claim,) = await insert_claims(connection, [NewClaim(draft, verdict, phrasings)], now)
    return claim


async def insert_claims(
    connection: AsyncConnection, new: Sequence[NewClaim], now: datetime, change: Change | None = None
) -> list[Claim]:
    """Store claims and make them findable, in the caller's transaction; the corpus revision rises by one.

    ``now``: aware, UTC; ``change`` says who and why. A review's publisher is the stored one of the same site (or,
    without a site, of the same name), and comes back under its stored name. Raises ValueError when a first phrasing is
    not the claim's own text.
    """
    if any(not item.phrasings or item.phrasings[0].text != item.draft.text for item in new):
        raise ValueError("the first phrasing is the claim's own text")
    if not new:
        return []
    await lock_corpus(connection)
    known = await name_publishers(connection, [review.publisher for item in new for review in item.draft.reviews])
    stored = [Claim(item.id or new_id(), _numbered(item, known), item.verdict, 1, now, now) for item in new]
    await insert_rows(
        connection,
        claims,
        [
            {"id": claim.id, "created_at": now, **_row(claim, item.claimant)}
            for claim, item in zip(stored, new, strict=True)
        ],
    )
    await insert_phrasings(
        connection,
        [
            Placed(claim.id, key, position, phrasing)
            for claim, item in zip(stored, new, strict=True)
            for position, (key, phrasing) in enumerate(zip(wordings_of(claim), item.phrasings, strict=True))
        ],
    )
    review_rows = [
        {"claim_id": claim.id, "public_id": review.id, "position": place, **review_row(review, known)}
        for claim in stored
        for place, review in enumerate(claim.draft.reviews)
    ]
    await insert_rows(connection, reviews, review_rows)
    source_rows = [
        {"claim_id": claim.id, "public_id": source.id, "position": place, **source_row(source)}
        for claim in stored
        for place, source in enumerate(claim.draft.sources)
    ]
    await insert_rows(connection, sources, source_rows)
    change = change or Change(now)
    await insert_revisions(connection, [Revision(claim, Action.CREATED, change) for claim in stored])
    await count_change(connection, len(new), sum(len(item.phrasings) for item in new))
    return stored


async def save_edits(connection: AsyncConnection, edits: Sequence[Edit], change: Change) -> None:
    """Store what became of claims, each as a new revision, in the caller's transaction, who holds the corpus.

    Checks find the changed wordings, and no longer those that are gone, from the next statement on.
    """
    if not edits:
        return
    edits = [replace(edit, after=_with_visits(edit)) for edit in edits]
    named = [review.publisher for edit in edits for review in edit.after.draft.reviews]
    known = await name_publishers(connection, named)
    rows = [
        {"key": edit.after.id, **_row(edit.after, edit.claimant), "former_terms": await _former_terms(connection, edit)}
        for edit in edits
    ]
    await connection.execute(update(claims).where(claims.c.id == bindparam("key")), rows)
    claims_more = sum(edit.after.live - edit.before.live for edit in edits)
    phrasings_more = sum(len(wordings_of(edit.after)) - len(wordings_of(edit.before)) for edit in edits)
    await _save_phrasings(connection, edits)
    await save_parts(connection, reviews, [_review_parts(edit, known) for edit in edits])
    await save_parts(connection, sources, [_source_parts(edit) for edit in edits])
    await insert_revisions(connection, [Revision(edit.after, edit.action, change) for edit in edits])
    await count_change(connection, claims_more, phrasings_more)


async def redirect_merged(connection: AsyncConnection, claim_id: UUID, into: UUID) -> None:
    """Let the claims that were merged into ``claim_id`` lead straight to ``into``: no address takes two steps."""
    await connection.execute(update(claims).where(claims.c.merged_into == claim_id).values(merged_into=into))


async def successors(connection: AsyncConnection, claim_id: UUID) -> set[UUID]:
    """The claim itself, the one that superseded it, the one that superseded that, and so on."""
    return set((await connection.execute(_SUCCESSORS, {"id": claim_id})).scalars())


async def get_claim(connection: AsyncConnection, claim_id: UUID) -> Claim | None:
    """The claim with everything that hangs on it, in the order it was written; None when there is none."""
    return (await get_claims(connection, [claim_id])).get(claim_id)


async def get_claims(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, Claim]:
    """Each claim asked for that there is, whole, as of one revision of it.

    Only what is no part of a claim's revisions is younger: a publisher's name, and what a visit to a link found.
    """
    found = {row.id: row for row in await connection.execute(_CURRENT, {"ids": list(ids)})}
    evidence = await claims_evidence(connection, list(found))
    result = {}
    for key, row in found.items():
        claim = msgspec.convert(row.state, Claim)
        reviewed = {review.id: review for review in evidence[key][0]}
        cited = {source.id: source for source in evidence[key][1]}
        draft = replace(
            claim.draft,
            reviews=tuple(
                with_visit(replace(review, publisher=now.publisher), now)
                if (now := reviewed.get(review.id))
                else review
                for review in claim.draft.reviews
            ),
            sources=tuple(
                with_visit(source, live) if (live := cited.get(source.id)) else source for source in claim.draft.sources
            ),
        )
        result[key] = replace(claim, draft=draft, merged_into=row.merged_into)
    return result


def wordings_of(claim: Claim) -> dict[UUID, Phrasing]:
    """What checks find the claim by, by id: its own text under the claim's id, then the others; none unless live."""
    if not claim.live:
        return {}
    own = Phrasing(claim.draft.text, claim.draft.language)
    return {claim.id: own, **{each.id: each for each in claim.draft.phrasings if each.id}}


def _numbered(item: NewClaim, known: Mapping[Identity, Named]) -> ClaimDraft:
    """The draft with an id for each of its parts, and its publishers as they are stored."""
    draft = item.draft
    confirmed = {(each.text, each.language) for each in draft.phrasings if each.confirmed}
    return replace(
        draft,
        phrasings=tuple(
            Phrasing(each.text, each.language, new_id(), (each.text, each.language) in confirmed)
            for each in item.phrasings[1:]
        ),
        reviews=tuple(replace(with_publisher(each, known), id=new_id()) for each in draft.reviews),
        sources=tuple(replace(each, id=new_id()) for each in draft.sources),
    )


def _row(claim: Claim, claimant: str | None) -> dict[str, Any]:
    draft = claim.draft
    return {
        "text": draft.text,
        "language": draft.language,
        "claimant": draft.claimant,
        "claimant_folded": claimant,
        "claimed_at": draft.claimed_at,
        "valid_until": draft.valid_until,
        "topics": list(draft.topics),
        "verdict": claim.verdict.value,
        "pinned_verdict": draft.pinned_verdict.verdict.value if draft.pinned_verdict else None,
        "pinned_reason": draft.pinned_verdict.reason if draft.pinned_verdict else None,
        "superseded_by": draft.superseded_by,
        "withdrawn_at": claim.withdrawn_at,
        "merged_into": claim.merged_into,
        "revision": claim.revision,
        "updated_at": claim.updated_at,
    }


async def _former_terms(connection: AsyncConnection, edit: Edit) -> list[str] | None:
    """What a claim that checks no longer find was found by, so that its editors still find it."""
    if edit.after.live or not edit.before.live:
        return None
    return await terms_of_claim(connection, edit.before.id)


async def _save_phrasings(connection: AsyncConnection, edits: Sequence[Edit]) -> None:
    changed = [edit for edit in edits if edit.indexed or wordings_of(edit.before).keys() != wordings_of(edit.after)]
    if not changed:
        return
    places: dict[UUID, dict[UUID, tuple[int, int]]] = {edit.after.id: {} for edit in changed}
    for claim_id, key, position, row_id in await connection.execute(_PLACES, {"ids": list(places)}):
        places[claim_id][key] = (position, row_id)
    gone: list[int] = []
    placed: list[Placed] = []
    for edit in changed:
        claim_id, there = edit.after.id, places[edit.after.id]
        kept = wordings_of(edit.after).keys() - edit.indexed.keys()
        gone += [row_id for key, (_, row_id) in there.items() if key not in kept]
        following = max((position for position, _ in there.values()), default=0)
        for key, phrasing in edit.indexed.items():
            if key == claim_id:
                position = 0
            elif key in there:
                position = there[key][0]
            else:
                position = following = following + 1
            placed.append(Placed(claim_id, key, position, phrasing))
    await remove_phrasings(connection, gone)
    await insert_phrasings(connection, placed)


def _with_visits(edit: Edit) -> Claim:
    """The claim after the edit, with what is known of its links: no editor knows of visits, and none undoes them."""
    draft = edit.after.draft
    reviews = {each.id: each for each in edit.before.draft.reviews}
    sources = {each.id: each for each in edit.before.draft.sources}
    visited = replace(
        draft,
        reviews=tuple(with_visit(each, reviews[each.id]) if each.id in reviews else each for each in draft.reviews),
        sources=tuple(with_visit(each, sources[each.id]) if each.id in sources else each for each in draft.sources),
    )
    return replace(edit.after, draft=visited)


def _review_parts(edit: Edit, known: Mapping[Identity, Named]) -> Parts:
    def rows(claim: Claim) -> dict[UUID, dict[str, Any]]:
        listed = () if claim.merged_into else claim.draft.reviews
        return {each.id: review_row(each, known) for each in listed if each.id and identity(each.publisher) in known}

    # A review of a publisher that is gone from the claim counts as altered or gone all the same.
    before: dict[UUID, dict[str, Any]] = {each.id: {} for each in edit.before.draft.reviews if each.id}
    return Parts(edit.after.id, before | rows(edit.before), rows(edit.after))


def _source_parts(edit: Edit) -> Parts:
    def rows(claim: Claim) -> dict[UUID, dict[str, Any]]:
        listed = () if claim.merged_into else claim.draft.sources
        return {each.id: source_row(each) for each in listed if each.id}

    return Parts(edit.after.id, rows(edit.before), rows(edit.after))


async def count_change(connection: AsyncConnection, more_claims: int = 0, more_phrasings: int = 0) -> None:
    """Tell of a change of what checks find. The caller holds the corpus."""
    await connection.execute(
        update(corpus).values(
            revision=corpus.c.revision + 1,
            claims=corpus.c.claims + more_claims,
            phrasings=corpus.c.phrasings + more_phrasings,
        )
    )
