"""Writing claims: one body in, a stored claim out, found by the next check."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain import Claim, ClaimDraft, IndexedPhrasing, Phrasing
from service.errors import NotFound
from service.intake import validate_draft
from service.matching.plan import index_phrasing
from service.matching.reading import read
from service.matching.verdicts import claim_verdict
from service.store.claims import NewClaim, get_claim, insert_claims
from service.store.session import Database


async def add_claim(database: Database, draft: ClaimDraft) -> Claim:
    """Store a claim with its phrasings, reviews and sources; its verdict follows from the reviews.

    Committed, and matched by every later check, when this returns. Raises InvalidInput, Conflict, Unavailable.
    """
    validate_draft(draft)
    async with database.write() as connection:
        return (await insert_drafts(connection, [draft]))[0]


async def insert_drafts(connection: AsyncConnection, drafts: Sequence[ClaimDraft]) -> list[Claim]:
    """Store several claims in the caller's transaction: all of them or none."""
    for draft in drafts:
        validate_draft(draft)
    now = datetime.now(UTC)
    new = [NewClaim(draft, claim_verdict(draft.reviews), index_draft(draft)) for draft in drafts]
    return await insert_claims(connection, new, now)


async def fetch_claim(database: Database, claim_id: UUID) -> Claim:
    """A stored claim. Raises NotFound."""
    async with database.read() as connection:
        claim = await get_claim(connection, claim_id)
    if claim is None:
        raise NotFound(f"There is no claim {claim_id}.")
    return claim


def index_draft(draft: ClaimDraft) -> list[IndexedPhrasing]:
    """Every wording of a claim, its own text first and none twice, with what retrieval needs to find it."""
    wordings = dict.fromkeys((Phrasing(draft.text, draft.language), *draft.phrasings))
    return [index_phrasing(read(each.text, each.language, draft.claimed_at), each.language) for each in wordings]
