"""A web site on the loopback interface, as misbehaved as a test wants it: each page writes its answer byte by byte."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Asked:
    """A request that came in; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Page = Callable[[Asked, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Site:
    """Answers each path with its page, and any other with 404; knows what it was asked."""

    port: int = 0
    host: str = "127.0.0.1"
    pages: dict[str, Page] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0

    @property
    def base(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def place(self) -> str:
        """As FACTCHECK_OUTBOUND_ALLOW lists it."""
        return f"{self.host}:{self.port}"

    def put(self, path: str, body: bytes | str = b"", status: int = 200, **headers: str) -> None:
        """Have a well-behaved page at ``path``; underscores in header names stand for hyphens."""
        raw = body.encode() if isinstance(body, str) else body
        self.pages[path] = lambda asked, writer: respond(asked, writer, raw, status, **headers)

    def paths(self) -> list[str]:
        """What was asked for, in order."""
        return [f"{each.method} {each.path}" for each in self.asked]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                first, *lines = head.decode("latin-1").split("\r\n")
                headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                asked = Asked(first.split()[0], first.split()[1], headers, body)
                self.asked.append(asked)
                page = self.pages.get(asked.path) or self.pages.get("*")
                if page is None:
                    await respond(asked, writer, b"nothing here", 404)
                else:
                    await page(asked, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


async def respond(
    asked: Asked, writer: asyncio.StreamWriter, body: bytes = b"", status: int = 200, **headers: str
) -> None:
    """A whole, well-formed answer."""
    named = {"content-type": "text/html", "content-length": str(len(body))}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    writer.write(f"HTTP/1.1 {status} Such\r\n{lines}\r\n".encode("latin-1"))
    if asked.method != "HEAD":
        writer.write(body)
    await writer.drain()


@asynccontextmanager
async def local_site(
    host: str = "127.0.0.1", port: int = 0, certificate: ssl.SSLContext | None = None
) -> AsyncIterator[Site]:
    """A site that answers while the block lasts."""
    site = Site(host=host)
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(site.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, host, port, ssl=certificate)
    site.port = server.sockets[0].getsockname()[1]
    try:
        yield site
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()
