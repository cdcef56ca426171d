"""Files that are made while they are sent, and how their readers can tell a whole one from a part.

A file has no length beforehand. HTTP/1.1 sends it in chunks, of which the last one says that it is the last; where
anything goes wrong on the way, the connection is closed without it, and every client calls that an error.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, aclosing, suppress
from typing import Any, Final

from litestar import Request, Response
from litestar.types import Message, Receive, Scope, Send

from service.api.envelope import wants_head
from service.api.problems import path_of

PATIENCE: Final = 60.0
"""Seconds in which a reader must take what was sent last; then it is held to be gone, and its snapshot is let go."""

_log = logging.getLogger("factcheck.exports")


class Download(Response[bytes]):
    """An answer whose body comes out of ``chunks``, of which ``first`` was the first. ``held`` is closed at the end."""

    def __init__(
        self, first: bytes, chunks: AsyncGenerator[bytes], held: AsyncExitStack, headers: Mapping[str, str]
    ) -> None:
        super().__init__(b"")
        self._first = first
        self._chunks = chunks
        self._held = held
        self._sent_headers = headers

    def to_asgi_response(self, *_: Any, **__: Any) -> Any:
        """The answer as an ASGI application."""
        return self._answer

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._held, aclosing(self._chunks):
            headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in self._sent_headers.items()]
            start: Any = {"type": "http.response.start", "status": 200, "headers": headers}
            await send(start)
            if wants_head(scope):
                await send(_body(b"", more=False))
                return
            gone = asyncio.ensure_future(_hung_up(receive))
            try:
                await self._send_chunks(send, gone)
            except TimeoutError:
                _log.warning("%s was left half read for %.0f s and is cut off", path_of(scope), PATIENCE)
                raise
            finally:
                gone.cancel()
                with suppress(asyncio.CancelledError):
                    await gone

    async def _send_chunks(self, send: Send, gone: asyncio.Future[None]) -> None:
        chunk = self._first
        while not gone.done():
            async with asyncio.timeout(PATIENCE):
                await send(_body(chunk, more=True))
            try:
                chunk = await anext(self._chunks)
            except StopAsyncIteration:
                await send(_body(b"", more=False))
                return


async def _hung_up(receive: Receive) -> None:
    """Returns when the reader is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _body(content: bytes, *, more: bool) -> Message:
    return {"type": "http.response.body", "body": content, "more_body": more}


def chosen_media_type(request: Request[Any, Any, Any], offered: tuple[str, ...]) -> str:
    """The media type, of those an operation produces, that the request likes best."""
    accepted = request.headers.get("accept", "")
    return (request.accept.best_match(list(offered)) if "/" in accepted else None) or offered[0]
