"""Vectors for whoever asks, without the event loop waiting: concurrent requests share the model in small batches."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from service.embedding.folder import ModelFolder, read_folder
from service.embedding.model import ModelIdentity, Tally, TextKind
from service.errors import Unavailable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from service.embedding.encoder import Encoded, Encoder

logger = logging.getLogger(__name__)

BATCH_TEXTS: Final = 32
BATCH_CHARACTERS: Final = 1_000
"""A batch takes no further text beyond this, so that a query behind a batch of passages waits some tens of ms."""

SHARE: Final = 8
"""Texts that one request puts into a batch before the next request has its turn."""

QUERIES_PER_PASSAGE: Final = 8
"""Batches of queries that may go before waiting passages. Claims that are being written must get their vectors too."""


@dataclass(eq=False, slots=True)
class _Request:
    """A call of ``embed``: its texts by length, how many of them are in a batch by now, how many lack their vector."""

    texts: Sequence[str]
    order: Sequence[int]
    vectors: NDArray[np.float32]
    answer: asyncio.Future[None]
    missing: int
    taken: int = 0


@dataclass(slots=True)
class _Batch:
    kind: TextKind
    texts: list[str] = field(default_factory=list)
    places: list[tuple[_Request, int]] = field(default_factory=list)


class Embedder:
    """A model that is open. One event loop at a time may use it."""

    def __init__(self, encoder: Encoder, identity: ModelIdentity) -> None:
        self.identity = identity
        self.folder: ModelFolder = encoder.folder
        self.tally = Tally()
        self._encoder = encoder
        self._waiting: dict[TextKind, deque[_Request]] = {kind: deque() for kind in TextKind}
        self._queries_in_a_row = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._running = False
        self._idle: asyncio.Future[None] | None = None
        self._closed = False
        # One thread: the model's own threads share out each batch, and two batches at once would fight for the cores.
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="embedding")

    async def embed(self, texts: Sequence[str], kind: TextKind) -> NDArray[np.float32]:
        """The vectors of ``texts``: float32, ``(len(texts), identity.dimension)``, rows of L2 norm 1, in their order.

        A text without any token has a row of zeros. Texts longer than the model takes lose their end, and are counted
        in ``tally``. Queries go before passages. Cancelling the call drops what is not computed yet.
        Raises Unavailable where the model fails, and after ``close``.
        """
        import numpy as np

        if self._closed:
            raise Unavailable("The embedding model is closed.")
        vectors = np.zeros((len(texts), self.identity.dimension), dtype=np.float32)
        if not texts:
            return vectors
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._forget(loop)
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        request = _Request(texts, order, vectors, loop.create_future(), len(texts))
        self._waiting[kind].append(request)
        # Not at once: calls made in the same turn of the loop then share a batch.
        loop.call_soon(self._start_batch)
        await request.answer
        return vectors

    async def close(self) -> None:
        """Answer what was asked before, then end the thread. A second call does nothing."""
        self._closed = True
        if asyncio.get_running_loop() is not self._loop:
            self._forget(asyncio.get_running_loop())
        while self._running or any(self._waiting.values()):
            if self._idle is None or self._idle.done():
                self._idle = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._idle)
        await asyncio.to_thread(self._executor.shutdown)

    def _forget(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin anew on ``loop``: what another loop left behind as it was closed has nobody to answer."""
        self._loop, self._running = loop, False
        for queue in self._waiting.values():
            queue.clear()

    def _start_batch(self) -> None:
        if self._running:
            return
        batch = self._next_batch()
        if batch is None:
            if self._idle is not None and not self._idle.done():
                self._idle.set_result(None)
            return
        self._running = True
        work = asyncio.get_running_loop().run_in_executor(self._executor, self._encoder.encode, batch.texts, batch.kind)
        work.add_done_callback(lambda done: self._finish_batch(batch, done))

    def _next_batch(self) -> _Batch | None:
        for queue in self._waiting.values():
            while queue and queue[0].answer.done():
                queue.popleft()
        passages_wait = bool(self._waiting[TextKind.PASSAGE])
        if self._waiting[TextKind.QUERY] and not (passages_wait and self._queries_in_a_row >= QUERIES_PER_PASSAGE):
            kind = TextKind.QUERY
            self._queries_in_a_row = self._queries_in_a_row + 1 if passages_wait else 0
        elif passages_wait:
            kind = TextKind.PASSAGE
            self._queries_in_a_row = 0
        else:
            return None
        batch, queue, characters = _Batch(kind), self._waiting[kind], 0
        while queue and len(batch.texts) < BATCH_TEXTS and characters < BATCH_CHARACTERS:
            request = queue.popleft()
            if request.answer.done():
                continue
            share = min(SHARE, BATCH_TEXTS - len(batch.texts))
            while share and request.taken < len(request.order) and characters < BATCH_CHARACTERS:
                index = request.order[request.taken]
                batch.texts.append(request.texts[index])
                batch.places.append((request, index))
                characters += len(request.texts[index])
                request.taken += 1
                share -= 1
            if request.taken < len(request.order):
                queue.append(request)
        return batch

    def _finish_batch(self, batch: _Batch, done: asyncio.Future[Encoded]) -> None:
        self._running = False
        failure = Unavailable("The embedding is cancelled.") if done.cancelled() else done.exception()
        if failure is None:
            self._hand_out(batch, done.result())
        else:
            logger.error("Embedding %d texts failed", len(batch.texts), exc_info=failure)
            for request in dict.fromkeys(request for request, _ in batch.places):
                if not request.answer.done():
                    request.answer.set_exception(_unavailable(failure))
        self._start_batch()

    def _hand_out(self, batch: _Batch, encoded: Encoded) -> None:
        if encoded.truncated and not self.tally.truncated:
            logger.info(
                "A text is longer than the %d tokens that the model %s takes, and was embedded without its end; "
                "from here on such texts are only counted",
                self.folder.max_tokens, self.identity.name,
            )  # fmt: skip
        self.tally = Tally(self.tally.embedded + len(batch.texts), self.tally.truncated + encoded.truncated)
        for (request, index), vector in zip(batch.places, encoded.vectors, strict=True):
            request.vectors[index] = vector
            request.missing -= 1
            if not request.missing and not request.answer.done():
                request.answer.set_result(None)


def open_embedder(folder: Path, *, threads: int) -> Embedder:
    """Load the model in ``folder`` and try it; takes a second or so, on the calling thread.

    ``threads``, at least 1, is how many compute one batch; more than there are cores are not used. Raises
    SettingsError with a sentence that says what to do where the folder lacks something, is damaged, or holds a model
    that cannot be used.
    """
    described = read_folder(folder)
    from service.embedding.encoder import Encoder

    with ThreadPoolExecutor(max_workers=1) as aside:
        digest = aside.submit(described.digest)
        encoder = Encoder(described, threads=threads)
        identity = ModelIdentity(described.name, digest.result(), encoder.dimension)
    logger.info(
        "Embedding with %s: file %s, dimensions %d, pooling %s, tokens at most %d, prefixes %r and %r, threads %d",
        identity.name, described.model_file.relative_to(described.path), identity.dimension,
        described.pooling if described.pooling_told else f"{described.pooling} (not told)",
        described.max_tokens, described.query_prefix, described.passage_prefix, threads,
    )  # fmt: skip
    return Embedder(encoder, identity)


def _unavailable(failure: BaseException) -> Unavailable:
    """A new error for each caller: one shared between tasks would collect all of their tracebacks."""
    error = Unavailable("The embedding model failed; the log says how.")
    error.__cause__ = failure
    return error
