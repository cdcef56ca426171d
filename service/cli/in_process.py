"""An HTTP client's way to an application in this process, which hands on an answer while it is being made.

httpx's own collects the whole answer first, and an export would not fit.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import httpx


class InProcess(httpx.AsyncBaseTransport):
    """Sends each request to ``app``, from this machine's own address."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer, with a body that comes as the application makes it. Raises what the application does."""
        exchange = _Exchange(self._app, request, await request.aread())
        status, headers = await exchange.start()
        return httpx.Response(status, headers=headers, stream=exchange)


class _Exchange(httpx.AsyncByteStream):
    def __init__(self, app: Any, request: httpx.Request, body: bytes) -> None:
        url = request.url
        self._body: bytes | None = body
        self._messages: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue(1)
        self._left = asyncio.Event()
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "scheme": url.scheme,
            "path": url.path,
            "raw_path": url.raw_path.split(b"?")[0],
            "query_string": url.query,
            "server": (url.host, url.port),
            "client": ("127.0.0.1", 1),
            "root_path": "",
        }
        self._task = asyncio.ensure_future(self._run(app, scope))

    async def start(self) -> tuple[int, Any]:
        """Status and headers."""
        message = await self._messages.get()
        if message is None:
            await self._task
            raise httpx.RemoteProtocolError("there was no answer")
        return message["status"], message["headers"]

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            message = await self._messages.get()
            if message is None:
                try:
                    await self._task
                except Exception as error:
                    raise httpx.RemoteProtocolError("the answer broke off") from error
                raise httpx.RemoteProtocolError("the answer has no end")
            if message["body"]:
                yield message["body"]
            if not message.get("more_body"):
                return

    async def aclose(self) -> None:
        """Nobody will read on."""
        self._left.set()
        self._task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await self._task

    async def _run(self, app: Any, scope: dict[str, Any]) -> None:
        try:
            await app(scope, self._receive, self._messages.put)
        finally:
            if not self._left.is_set():
                await self._messages.put(None)

    async def _receive(self) -> dict[str, Any]:
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self._left.wait()
        return {"type": "http.disconnect"}
