"""Everything that is done in the background: the only module that knows every kind of job."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from service.api.import_rows import claim_of_line
from service.delivering import Deliverer, keep_delivering, until_needed
from service.embedding.embedder import Embedder
from service.gathering import GATHER_INBOX
from service.imports import UNDO, import_kind
from service.indexing import Semantics
from service.jobs import QUEUE_UPKEEP, JobKind, Workplace, do_jobs
from service.link_jobs import LINKS
from service.noticing import WATCH_UPKEEP, keep_noticing
from service.renewing import RENEWAL, queue_renewal
from service.settings import Settings
from service.store.jobs import WorkerOptions
from service.store.session import Database
from service.worker import keep_indexed

IMPORT: Final = import_kind(claim_of_line)

KINDS: Final[tuple[JobKind, ...]] = (QUEUE_UPKEEP, RENEWAL, WATCH_UPKEEP, GATHER_INBOX, LINKS, IMPORT, UNDO)
"""Every kind of job but the embedding of claims, of which each model has a kind of its own."""

_SPARE: Final = 8
"""Connections beside one for each job: for what looks after periodic jobs, for embedding, for watches and webhooks."""

_PATIENCE: Final = 60.0
"""Seconds for a statement: nobody waits for these as for a check."""


@asynccontextmanager
async def working(settings: Settings, url: str, embedder: Embedder | None) -> AsyncIterator[None]:
    """Work in the background while the block runs, as far as the settings want it: ``workers`` jobs at once, beside
    them noticing what became of watched answers, and delivering word of it.

    The connections are others than those that answer requests. With a model, its vectors are kept whole too.
    """
    if settings.workers == 0:
        yield
        return
    database = Database(url, pool_size=settings.workers + _SPARE, timeout=max(_PATIENCE, settings.database_timeout))
    workplace = Workplace(settings, database, url)
    async with database.write() as connection:
        await queue_renewal(connection)
    tasks = [asyncio.create_task(do_jobs(workplace, KINDS, WorkerOptions(at_once=settings.workers)))]
    semantics = None if embedder is None else Semantics(embedder)
    tasks.append(asyncio.create_task(keep_noticing(database, semantics)))
    tasks.append(asyncio.create_task(_deliver(settings, database)))
    if embedder is not None:
        tasks.append(asyncio.create_task(keep_indexed(database, url, embedder)))
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await database.close()


async def _deliver(settings: Settings, database: Database) -> None:
    # Until there is something to send, the client for it need not be loaded.
    await until_needed(database)
    from service.outbound.door import Door
    from service.outbound.webhooks import DoorCourier

    async with Door.of(settings) as door:
        await keep_delivering(Deliverer(database, DoorCourier(door), settings.signing_key))
