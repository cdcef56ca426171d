"""More work than there is time for: refused at once, cut off at its deadline, dropped when nobody waits for it.

Whoever comes while a process has all the requests it may have is told so immediately, and not after a wait that ends
the same way. A request whose answer has not begun by its deadline, or whose caller has hung up, is cancelled where it
stands: its transaction is rolled back, the statement it waits for is cancelled on the server, its connection is free.

An answer that has begun, a long export or a stream of events, has no deadline and takes no place any more. While a body
comes in, the clock starts anew with each part of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

from litestar import Request
from litestar.types import ASGIApp, Receive, Scope, Send

from service.api.problems import handle_error
from service.errors import Overloaded, Unavailable

_FULL: Final = "This process has all the requests it takes at a time. Try again."
_LATE: Final = "There was no answer within {:g} s. Try again, with less in one request."


class Overload:
    """ASGI middleware around everything that costs more than a moment; one instance counts for a process."""

    def __init__(self, places: int, deadline: float) -> None:
        """``places``: requests at a time. ``deadline``: seconds from a request's last byte to its answer's first."""
        self._places = places
        self._deadline = deadline
        self._taken = 0

    def around(self, app: ASGIApp) -> ASGIApp:
        """``app``, kept within the limits."""

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            await self._serve(app, scope, receive, send)

        return serve

    async def _serve(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        if self._taken >= self._places:
            await _refuse(Overloaded(_FULL), scope, receive, send)
            return
        self._taken += 1
        exchange = _Exchange(receive, send, self._deadline, self._leave)
        try:
            await exchange.serve(app, scope)
        finally:
            exchange.end()
        if exchange.late:
            await _refuse(Unavailable(_LATE.format(self._deadline)), scope, receive, send)

    def _leave(self) -> None:
        self._taken -= 1


class _Exchange:
    """One request and its answer, while somebody looks whether the caller is still there."""

    def __init__(self, receive: Receive, send: Send, deadline: float, leave: Callable[[], None]) -> None:
        """``leave``: called once, when the answer begins or is not to come."""
        self._receive = receive
        self._send = send
        self._deadline = deadline
        self._leave: Callable[[], None] | None = leave
        self._limit = asyncio.timeout(None)
        self._watch: asyncio.Task[None] | None = None
        self._first: asyncio.Future[Any] | None = None
        self._answering = False
        self._abandoned = False

    @property
    def late(self) -> bool:
        """Whether it was given up while the caller still waits for the beginning of an answer."""
        return self._limit.expired() and not self._answering and not self._abandoned

    async def serve(self, app: ASGIApp, scope: Scope) -> None:
        """Have ``app`` answer, until the answer is whole or it is not worth going on."""
        try:
            async with self._limit:
                self._start_clock()
                if not _has_body(scope):
                    self._first = asyncio.get_running_loop().create_future()
                    self._watch = asyncio.create_task(self._look(self._first))
                await app(scope, self.receive, self.send)
        except TimeoutError:
            if not self._limit.expired():
                raise

    def end(self) -> None:
        """Look no longer."""
        self._give_place()
        if self._watch is not None:
            self._watch.cancel()

    async def receive(self) -> Any:
        """Stands in for ``receive``."""
        if self._first is not None:
            first, self._first = self._first, None
            return await first
        if self._watch is not None:
            await asyncio.shield(self._watch)
            return {"type": "http.disconnect"}
        message = await self._receive()
        self._start_clock()
        if message["type"] == "http.request" and not message.get("more_body"):
            self._watch = asyncio.create_task(self._look(None))
        return message

    async def send(self, message: Any) -> None:
        """Stands in for ``send``."""
        if not self._answering and not self._limit.expired() and not self._abandoned:
            self._limit.reschedule(None)
        self._answering = True
        self._give_place()
        await self._send(message)

    def _give_place(self) -> None:
        leave, self._leave = self._leave, None
        if leave is not None:
            leave()

    def _start_clock(self) -> None:
        if not self._answering and not self._limit.expired():
            self._limit.reschedule(asyncio.get_running_loop().time() + self._deadline)

    async def _look(self, first: asyncio.Future[Any] | None) -> None:
        message: Any = await self._receive()
        if first is not None:
            # No body was announced, so this is all of it, whatever a transport says that sends it in empty parts.
            first.set_result({**message, "more_body": False} if message["type"] == "http.request" else message)
            while message["type"] == "http.request":
                message = await self._receive()
        if message["type"] == "http.disconnect" and not self._limit.expired():
            self._abandoned = True
            self._limit.reschedule(0)


def _has_body(scope: Scope) -> bool:
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value.strip(b"0 ") != b"")
        for name, value in scope["headers"]
    )


async def _refuse(error: Unavailable, scope: Scope, receive: Receive, send: Send) -> None:
    request: Request[Any, Any, Any] = Request(scope, receive, send)
    response = handle_error(request, error).to_asgi_response(app=None, request=request)
    await response(scope, receive, send)
