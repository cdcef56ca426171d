"""Vectors for every phrasing: what is missing is embedded page by page, what is written is embedded by the job queue.

The state is the database's. Whoever has a model loaded can go on where another stopped, several at once get in nobody's
way, and a process that is killed loses the page it was at. Vectors of a model are searched once every phrasing has one;
until then its processes answer from words alone, and those with another model go on with theirs.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from service.embedding.embedder import Embedder
from service.embedding.model import TextKind
from service.embedding.yardstick import Yardstick, measure, yardstick_digest
from service.errors import NoVectors
from service.store.models import (
    activate,
    active_model,
    build_index,
    find_space,
    indexed_so_far,
    keep_yardstick,
    register_model,
    try_to_fill,
    try_to_measure,
)
from service.store.session import Database
from service.store.vectors import (
    VectorSpace,
    count_vectors,
    coverage,
    missing_phrasings,
    phrasing_texts,
    store_vectors,
)

PAGE: Final = 128
"""How many phrasings are embedded and stored at a time: what a crash costs."""

_POLL: Final = 0.5
"""Seconds between two looks at what another process does."""

_FRESH: Final = 5.0
"""Seconds for which what is known about the vectors is taken for true."""

_SHARE: Final = 0.005
"""The most of the time that counting vectors may take."""


class Stage(StrEnum):
    """What making a model's vectors whole is busy with."""

    EMBEDDING = "embedding"
    INDEXING = "indexing"


@dataclass(frozen=True, slots=True)
class Progress:
    """``done`` of ``total`` phrasings have come through this stage. ``elsewhere``: another process is at it."""

    stage: Stage
    done: int
    total: int
    elsewhere: bool = False


Report = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Reach:
    """What can be searched by meaning now: the vectors, the share of phrasings in [0, 1] that have one (``covered``),
    and what their cosines mean in which languages.
    """

    space: VectorSpace
    covered: float
    yardstick: Yardstick


class Semantics:
    """The model that this process has loaded, and what is known about its vectors in the database."""

    def __init__(self, embedder: Embedder) -> None:
        self.embedder = embedder
        self._reach: Reach | None = None
        self._ask_again = 0.0

    async def reach(self, connection: AsyncConnection) -> Reach | None:
        """What can be searched now, or None where words alone must do. Known for seconds, so mostly no round trip."""
        now = time.monotonic()
        if now < self._ask_again:
            return self._reach
        # Whoever comes while the answer is under way takes the last one.
        self._ask_again = now + _FRESH
        self._reach = await self._ask(connection)
        took = time.monotonic() - now
        self._ask_again = now + (max(_FRESH, took / _SHARE) if self._reach else _FRESH / 5)
        return self._reach

    def forget(self) -> None:
        """Ask anew next time: the vectors turned out to be gone."""
        self._reach, self._ask_again = None, 0.0

    async def _ask(self, connection: AsyncConnection) -> Reach | None:
        try:
            space = await active_model(connection, self.embedder.identity.digest)
            if space is None:
                return None
            return Reach(space, await coverage(connection, space), read_yardstick(space))
        except NoVectors:
            return None


async def register_embedder(database: Database, embedder: Embedder) -> VectorSpace:
    """The place for this model's vectors, made where there is none, with what its cosines mean.

    The latter is measured once for each model and edition of the yardstick, by one process. Raises NoVectors, saying
    what to do, and Unavailable.
    """
    identity = embedder.identity
    space = await register_model(database, identity.name, identity.digest, identity.dimension)
    while not _is_measured(space):
        async with database.write() as connection:
            if mine := await try_to_measure(connection, space):
                space = await _find(connection, embedder)
                if not _is_measured(space):
                    scales = (await measure(embedder)).to_plain()
                    await keep_yardstick(connection, space, {"digest": yardstick_digest(), "scales": scales})
                    space = await _find(connection, embedder)
        if not mine:
            await asyncio.sleep(_POLL)
            async with database.read() as connection:
                space = await _find(connection, embedder)
    return space


def read_yardstick(space: VectorSpace) -> Yardstick:
    """What the model's cosines mean; covers no language where that was not measured."""
    return Yardstick.from_plain(space.yardstick["scales"] if space.yardstick else {})


def _is_measured(space: VectorSpace) -> bool:
    return space.yardstick is not None and space.yardstick["digest"] == yardstick_digest()


async def _find(connection: AsyncConnection, embedder: Embedder) -> VectorSpace:
    space = await find_space(connection, embedder.identity.digest)
    if space is None:
        raise NoVectors(f"the model {embedder.identity.name} has been removed")
    return space


async def index_corpus(database: Database, embedder: Embedder, report: Report | None = None) -> VectorSpace:
    """Give every phrasing a vector of this model, index the vectors, and let them be searched.

    Takes up what was begun, by whomever, and returns at once where nothing is missing. Where another process is at it,
    follows that one, and takes over should it die. Raises NoVectors, Unavailable.
    """
    tell = report or _say_nothing
    space = await register_embedder(database, embedder)
    await _fill(database, embedder, space, tell)
    await _index(database, space, tell)
    async with database.write() as connection:
        await activate(connection, space)
    return replace(space, whole=True)


async def embed_phrasings(database: Database, embedder: Embedder, space: VectorSpace, ids: Sequence[int]) -> int:
    """Embed phrasings, anew if need be; how many vectors were stored. Those that are gone are passed over.

    Raises NoVectors when the model has been removed meanwhile.
    """
    async with database.read() as connection:
        found = await phrasing_texts(connection, ids)
    if not found:
        return 0
    vectors = await embedder.embed([wording for _, wording in found], TextKind.PASSAGE)
    async with database.write() as connection:
        return await store_vectors(connection, space, found, vectors)


async def _fill(database: Database, embedder: Embedder, space: VectorSpace, tell: Report) -> None:
    after, stored = 0, 0
    async with database.read() as connection:
        done, total = await count_vectors(connection, space)
    while True:
        tell(Progress(Stage.EMBEDDING, min(done + stored, total), total))
        async with database.write() as connection:
            # The lock goes with the transaction, so that a pooler may sit in between and a crash leaves nothing.
            if mine := await try_to_fill(connection, space):
                page = await missing_phrasings(connection, space, after, PAGE)
                if page:
                    vectors = await embedder.embed([wording for _, wording in page], TextKind.PASSAGE)
                    stored += await store_vectors(connection, space, page, vectors)
        if not mine:
            async with database.read() as connection:
                done, total = await count_vectors(connection, space)
            stored = 0
            tell(Progress(Stage.EMBEDDING, min(done, total), total, elsewhere=True))
            await asyncio.sleep(_POLL)
        elif page:
            after = page[-1][0]
        elif after == 0:
            return
        else:
            # Once more from the start: a text may have changed under the page that read it.
            after = 0


async def _index(database: Database, space: VectorSpace, tell: Report) -> None:
    async with database.read() as connection:
        total, _ = await count_vectors(connection, space)
    building = asyncio.ensure_future(_build(database, space))
    try:
        while not (await asyncio.wait({building}, timeout=_POLL))[0]:
            async with database.read() as connection:
                tell(Progress(Stage.INDEXING, min(total, await indexed_so_far(connection, space)), total))
    finally:
        building.cancel()
        await asyncio.wait({building})
    building.result()


async def _build(database: Database, space: VectorSpace) -> None:
    while True:
        async with database.read() as connection:
            if await build_index(connection, space):
                return
        await asyncio.sleep(_POLL)


def _say_nothing(_progress: Progress) -> None:
    pass
