"""A server on this machine that takes webhooks, and misbehaves when told to."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec


@dataclass
class Received:
    """A request: its headers by their names in lower case."""

    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        """What tells one event from another."""
        return self.headers["webhook-id"]

    @property
    def event(self) -> Any:
        """The event."""
        return msgspec.json.decode(self.body)


@dataclass
class Receiver:
    """Answers each request with the next of ``answers``, then with ``usual``: a status, with headers where there are
    some, ``"hang"`` for no answer at all, ``"close"`` for a connection that ends.
    """

    url: str = ""
    usual: int | str = 204
    answers: deque[int | str | tuple[int, str]] = field(default_factory=deque)
    received: list[Received] = field(default_factory=list)
    _more: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def until(self, count: int) -> list[Received]:
        """All requests, once there are so many."""
        async with asyncio.timeout(60), self._more:
            await self._more.wait_for(lambda: len(self.received) >= count)
        return self.received

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one request."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            answer = self.answers.popleft() if self.answers else self.usual
            async with self._more:
                self.received.append(Received(headers, body))
                self._more.notify_all()
            if answer == "hang":
                await reader.read()
            elif answer != "close":
                status, further = answer if isinstance(answer, tuple) else (answer, "")
                writer.write(f"HTTP/1.1 {status} Whatever\r\n{further}Content-Length: 0\r\n\r\n".encode())
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver, while the block lasts."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.handle, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    try:
        yield receiver
    finally:
        server.close()
