"""Events of a watch as they come: server-sent events, as the HTML standard has them.

A process asks the database for all its streams at once, every second. A stream ends when its watch does, when its key
is revoked, when the database cannot be reached, and when the process is to stop; whoever follows it asks again with
the number of the last event they have, which browsers do by themselves.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from time import monotonic
from typing import Final
from uuid import UUID

import msgspec

from service.access import key_is_valid
from service.errors import LimitReached, NotFound, Unavailable
from service.store.session import Database
from service.watching import Watcher, count_events, fetch_events

MEDIA_TYPE: Final = "text/event-stream"
MOST_STREAMS: Final = 200
"""In one process."""

_PAGE: Final = 100
_HEARTBEAT: Final = b": here\n\n"
"""A comment: no event, but a sign of life."""


class Streams:
    """The streams that this process has open."""

    def __init__(self, database: Database, *, look: float = 1.0, heartbeat: float = 15.0) -> None:
        """``look``: seconds between two looks for news; ``heartbeat``: the longest that a stream is silent."""
        self._database = database
        self._look = look
        self._heartbeat = heartbeat
        self._open = 0
        self._waiting: dict[asyncio.Event, tuple[UUID, int]] = {}
        self._looking: asyncio.Task[None] | None = None
        self._stopped = asyncio.Event()

    def stop(self) -> None:
        """End every stream, and open no more: the process is to stop."""
        self._stopped.set()
        for waiting in self._waiting:
            waiting.set()

    def open(self, watch_id: UUID, watcher: Watcher, after: int) -> AsyncIterator[bytes]:
        """The events of a watch with a number above ``after``, and then what comes. Raises LimitReached."""
        if self._open >= MOST_STREAMS or self._stopped.is_set():
            raise LimitReached(f"{MOST_STREAMS} streams are open already, or the server is about to stop.", 5)
        return self._follow(watch_id, watcher, after)

    async def _follow(self, watch_id: UUID, watcher: Watcher, after: int) -> AsyncIterator[bytes]:
        self._open += 1
        try:
            yield _HEARTBEAT
            let_in = monotonic()
            while not self._stopped.is_set():
                if watcher.key_id is not None and monotonic() - let_in >= self._heartbeat:
                    if not await key_is_valid(self._database, watcher.key_id):
                        return
                    let_in = monotonic()
                found = await fetch_events(self._database, watch_id, watcher, _PAGE, after)
                for event in found:
                    after = event.number
                    kind = msgspec.json.decode(event.body, type=_Typed).type
                    yield f"id: {event.number}\nevent: {kind}\ndata: {event.body}\n\n".encode()
                if not found and not await self._news(watch_id, after):
                    yield _HEARTBEAT
        except (NotFound, Unavailable):
            return
        finally:
            self._open -= 1

    async def _news(self, watch_id: UUID, after: int) -> bool:
        """Wait until there is something to look for; False when it is time to give a sign of life."""
        news = asyncio.Event()
        self._waiting[news] = (watch_id, after)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_out())
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._heartbeat):
                    await news.wait()
            return news.is_set()
        finally:
            del self._waiting[news]

    async def _look_out(self) -> None:
        """Wake whoever has something to look for, as long as anybody waits."""
        while self._waiting and not self._stopped.is_set():
            with suppress(Unavailable):
                counts = await count_events(self._database, [watch_id for watch_id, _ in self._waiting.values()])
                for news, (watch_id, after) in self._waiting.items():
                    # A watch that is gone is something to look for too.
                    if counts.get(watch_id, after + 1) > after:
                        news.set()
            await asyncio.sleep(self._look)


class _Typed(msgspec.Struct):
    type: str
