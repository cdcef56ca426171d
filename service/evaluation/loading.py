"""A corpus into an empty database, read by processes beside the one that writes."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from service.domain import ClaimDraft, Phrasing, Verdict
from service.editing import index_draft
from service.evaluation.dataset import Document, as_claim_text, as_language, is_long_enough
from service.store.claims import NewClaim, insert_claims
from service.store.session import Database

Progress = Callable[[str, int, int], None]
"""Called with what is going on, how much of it is done, how much of it there is."""

_BATCH: Final = 500
_ALONE_UP_TO: Final = 3_000
"""Documents that are read sooner than further processes start."""

Indexed = list[tuple[str, NewClaim]]


async def load_corpus(database: Database, corpus: Sequence[Document], progress: Progress) -> dict[UUID, str]:
    """Store a corpus and return the corpus id by claim id. A title becomes a second phrasing.

    A text too short for a claim is replaced by its title; a document without either is left out.
    """
    known: dict[UUID, str] = {}
    done = 0
    async for batch in _read(corpus):
        indexed = [item for item in batch if item is not None]
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


async def _read(corpus: Sequence[Document]) -> AsyncIterator[list[tuple[str, NewClaim] | None]]:
    batches = (corpus[start : start + _BATCH] for start in range(0, len(corpus), _BATCH))
    if len(corpus) <= _ALONE_UP_TO:
        for batch in batches:
            yield _index(batch)
        return
    workers = max(1, min(4, os.cpu_count() or 1))
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=_follow_parent)
    try:
        async for indexed in _in_order(pool, batches, ahead=2 * workers):
            yield indexed
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


async def _in_order(
    pool: Executor, batches: Iterator[Sequence[Document]], ahead: int
) -> AsyncIterator[list[tuple[str, NewClaim] | None]]:
    loop = asyncio.get_running_loop()
    pending: deque[asyncio.Future[list[tuple[str, NewClaim] | None]]] = deque()
    for batch in batches:
        pending.append(loop.run_in_executor(pool, _index, batch))
        if len(pending) > ahead:
            yield await pending.popleft()
    while pending:
        yield await pending.popleft()


def _follow_parent() -> None:
    """An interrupt is the parent's to handle; when the parent is gone, however it went, so is this process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def wait() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
