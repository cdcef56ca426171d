"""This project as a peer: a whole check of each query, read, looked up and compared, in an embedded PostgreSQL."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import text

from service.checking import check_claims
from service.domain import CheckOptions, IncomingClaim
from service.evaluation.dataset import Document
from service.evaluation.loading import load_corpus
from service.matching.plan import plan_candidates
from service.matching.reading import read
from service.renewing import renew_profiles
from service.store.candidates import find_candidates
from service.store.embedded import embedded_postgres
from service.store.schema import migrate
from service.store.scratch import settle
from service.store.session import Database

_ELSEWHERE = -1
"""The place of a claim that is none of the texts: it is never the right one."""

_RANKED = CheckOptions(max_matches=50, suggest_threshold=0.0)


class Ours:
    """A check as a caller gets it, with the default options; nothing is stored."""

    def __init__(self, folder: Path) -> None:
        self._stack = ExitStack()
        self._folder = folder
        self._url = self._stack.enter_context(embedded_postgres(folder / "factcheck"))
        self._database = Database(self._url, timeout=600)
        self._runner = self._stack.enter_context(asyncio.Runner())
        postmaster = folder / "factcheck" / "postgres" / "postmaster.pid"
        self.memory_of = [int(postmaster.read_text().split()[0])]
        self.built_in: float | None = None
        """Seconds that loading took, where an earlier run has done it."""

    def build(self, texts: Sequence[str], langs: Sequence[str]) -> None:
        """Store every text as a claim, and do what PostgreSQL would do by itself a while later.

        What an earlier run has stored in the folder already stays, with the time that it took; also where that run was
        ended in the middle.
        """
        self._runner.run(migrate(self._url))
        clock = self._folder / "seconds"
        before = float(clock.read_text()) if clock.exists() else 0.0
        begun = time.perf_counter()

        def progress(*_: object) -> None:
            clock.write_text(str(before + time.perf_counter() - begun))

        self._places = self._runner.run(self._load(texts, langs, progress))
        self.built_in = float(clock.read_text())

    async def _load(self, texts: Sequence[str], langs: Sequence[str], progress: Callable[..., None]) -> dict[UUID, int]:
        stored = {wording for wording, _ in await self._stored()}
        missing = [
            Document(str(place), wording, lang)
            for place, (wording, lang) in enumerate(zip(texts, langs, strict=True))
            if wording not in stored
        ]
        if missing:
            async with self._database.read() as connection:
                # As the other peers' tables: loaded in one go, and safe on disk when that is done.
                await connection.execute(text("ALTER SYSTEM SET synchronous_commit = off"))
                await connection.execute(text("ALTER SYSTEM SET max_wal_size = '8GB'"))
                await connection.execute(text("SELECT pg_reload_conf()"))
            await load_corpus(self._database, missing, progress)
            await settle(self._database)
            async with self._database.read() as connection:
                await connection.execute(text("ALTER SYSTEM RESET ALL"))
                await connection.execute(text("SELECT pg_reload_conf()"))
                await connection.execute(text("CHECKPOINT"))
            progress()
        # What another edition of the matching core has read is read again, as a serving process does in the background.
        await renew_profiles(self._database)
        places = {wording: place for place, wording in enumerate(texts)}
        # A run that was ended may have left a text twice, and a measurement over HTTP claims of its own.
        return {key: places.get(wording, _ELSEWHERE) for wording, key in await self._stored()}

    async def _stored(self) -> list[tuple[str, UUID]]:
        async with self._database.read() as connection:
            rows = await connection.execute(text("SELECT text, id FROM claims"))
            return [(row.text, row.id) for row in rows]

    def search(self, query: str, _lang: str) -> list[int]:
        """A check with the default options, at most five matches and five suggestions."""
        return self._ask(query, CheckOptions())

    def rank(self, query: str) -> list[int]:
        """The best 50, whatever their scores: for the measures of quality, not timed."""
        return self._ask(query, _RANKED)

    def _ask(self, query: str, options: CheckOptions) -> list[int]:
        check = self._runner.run(check_claims(self._database, [IncomingClaim(query)], options, record=False))
        (result,) = check.results
        return [self._places[each.claim_id] for each in (*result.matches, *result.suggestions)][:50]

    def on_disk(self) -> int:
        """Bytes of the database: claims, revisions, index."""

        async def size() -> Any:
            async with self._database.read() as connection:
                return await connection.scalar(text("SELECT pg_database_size(current_database())"))

        return int(self._runner.run(size()))

    def close(self) -> None:
        """Stop the server."""
        self._runner.run(self._database.close())
        self._stack.close()


class OursRetrieval(Ours):
    """The first half alone: the text read, and what may match looked up by words; nothing compared."""

    def search(self, query: str, _lang: str) -> list[int]:
        """The candidates by BM25."""

        async def find() -> list[int]:
            async with self._database.read() as connection:
                found = await find_candidates(connection, [plan_candidates(read(query))])
            return [self._places[each.claim_id] for each in found.candidates[0]]

        return self._runner.run(find())[:50]

    rank = None  # type: ignore[assignment]
