"""A corpus into an empty database, read by processes beside the one that writes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from service.domain import ClaimDraft, Phrasing, Verdict
from service.evaluation.dataset import Document, as_claim_text, as_language, is_long_enough
from service.processes import in_order
from service.store.claims import NewClaim, insert_claims
from service.store.session import Database
from service.wordings import index_draft

Progress = Callable[[str, int, int], None]
"""Called with what is going on, how much of it is done, how much of it there is."""

_BATCH: Final = 500
_ALONE: Final = 6
"""Batches that are read sooner than further processes start."""

Indexed = list[tuple[str, NewClaim]]


async def load_corpus(database: Database, corpus: Sequence[Document], progress: Progress) -> dict[UUID, str]:
    """Store a corpus and return the corpus id by claim id. A title becomes a second phrasing.

    A text too short for a claim is replaced by its title; a document without either is left out.
    """
    known: dict[UUID, str] = {}
    done = 0
    batches = (corpus[start : start + _BATCH] for start in range(0, len(corpus), _BATCH))
    async for batch, read in in_order(_index, batches, alone=_ALONE):
        indexed = [item for item in read if item is not None]
        async with database.write() as connection:
            stored = await insert_claims(connection, [new for _, new in indexed], datetime.now(UTC))
        known.update((claim.id, key) for claim, (key, _) in zip(stored, indexed, strict=True))
        done += len(batch)
        progress("loading the corpus", done, len(corpus))
    return known


def draft_of(document: Document) -> ClaimDraft | None:
    """The document as a claim to be stored; None when it has no text that is long enough."""
    language = as_language(document.lang) or "und"
    wordings = [as_claim_text(wording) for wording in (document.text, document.title or "")]
    wordings = [wording for wording in wordings if is_long_enough(wording)]
    if not wordings:
        return None
    first, *others = wordings
    return ClaimDraft(first, language, phrasings=tuple(Phrasing(other, language) for other in others))


def _index(documents: Sequence[Document]) -> list[tuple[str, NewClaim] | None]:
    return [
        None if (draft := draft_of(document)) is None
        else (document.id, NewClaim(draft, Verdict.UNPROVEN, index_draft(draft)))
        for document in documents
    ]  # fmt: skip
