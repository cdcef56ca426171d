"""What a process does in the background for the model it has loaded: the vectors are made whole and kept so."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Final

from service.embedding.embedder import Embedder
from service.errors import NoVectors, Unavailable
from service.indexing import Progress, embed_phrasings, index_corpus, register_embedder
from service.store.jobs import Duty, WorkerOptions, work
from service.store.models import job_kind, mark_used, read_job
from service.store.session import Database
from service.store.vectors import VectorSpace

_LOG: Final = logging.getLogger(__name__)

_SIGN_OF_LIFE: Final = 60.0
"""Seconds between two notes in the database that this model is in use."""

_SWEEP: Final = 600.0
"""Seconds between two looks for phrasings that no job has embedded: there should be none."""

_AGAIN: Final = 60.0
"""Seconds until the next attempt where the database cannot keep vectors."""

_SOON: Final = 5.0
"""Seconds until the next attempt where the database did not answer."""

_SAY_EVERY: Final = 30.0
"""Seconds between two lines of progress in the log."""


async def keep_indexed(database: Database, url: str, embedder: Embedder, options: WorkerOptions | None = None) -> None:
    """Embed what has no vector, and what is written from now on, until cancelled. The database's state never ends it.

    ``url``: that of ``database``, for a connection that listens for jobs.
    """
    while True:
        space = await _register(database, embedder)
        tasks = [
            asyncio.create_task(_sweep(database, embedder)),
            asyncio.create_task(_work(database, url, embedder, space, options)),
        ]
        try:
            await _stay(database, space)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _register(database: Database, embedder: Embedder) -> VectorSpace:
    said = ""
    while True:
        try:
            return await register_embedder(database, embedder)
        except NoVectors as error:
            if error.detail != said:
                said = error.detail
                _LOG.warning("claims are found by their words alone: %s", said)
            await asyncio.sleep(_AGAIN)
        except Unavailable:
            await asyncio.sleep(_SOON)


async def _stay(database: Database, space: VectorSpace) -> None:
    """Return once the model has been removed from the database."""
    while True:
        try:
            async with database.write() as connection:
                if not await mark_used(connection, space):
                    _LOG.warning("the vectors of the model %s have been removed", space.name)
                    return
        except Unavailable as error:
            _LOG.debug("no sign of life: %s", error.detail)
        await asyncio.sleep(_SIGN_OF_LIFE)


async def _sweep(database: Database, embedder: Embedder) -> None:
    while True:
        try:
            await index_corpus(database, embedder, _Teller())
            pause = _SWEEP
        except NoVectors:
            return
        except Unavailable as error:
            _LOG.info("embedding waits: %s", error.detail)
            pause = _SOON
        except Exception:
            # What is left to do is still known; a defect must not end the server's background work for good.
            _LOG.exception("embedding failed")
            pause = _AGAIN
        await asyncio.sleep(pause)


async def _work(
    database: Database, url: str, embedder: Embedder, space: VectorSpace, options: WorkerOptions | None
) -> None:
    async def embed(payload: bytes) -> None:
        try:
            await embed_phrasings(database, embedder, space, read_job(payload))
        except NoVectors:
            _LOG.debug("a job for the model %s, which has been removed", space.name)

    await work(url, {job_kind(space): Duty(embed)}, options)


class _Teller:
    """Puts progress into the log, now and then."""

    def __init__(self) -> None:
        self._next = 0.0

    def __call__(self, progress: Progress) -> None:
        if progress.done >= progress.total or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _SAY_EVERY
        where = " by another process" if progress.elsewhere else ""
        _LOG.info("%s%s: %d of %d phrasings", progress.stage.value, where, progress.done, progress.total)
