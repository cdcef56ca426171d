"""What servers elsewhere answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx

from service.errors import BadStatus, Missing, Throttled
from service.outbound.patience import asked_wait


@dataclass(frozen=True, slots=True)
class Page:
    """A body, read whole. ``url`` is where it came from, after ``redirects`` (the statuses passed on the way)."""

    url: str
    status: int
    headers: httpx.Headers
    redirects: tuple[int, ...]
    body: bytes

    @property
    def kind(self) -> str:
        """The media type, in lower case and without parameters; empty where the server names none."""
        return kind_of(self.headers)

    @property
    def charset(self) -> str | None:
        """The charset that the server names, whether there is one of that name or not."""
        return httpx.Response(200, headers={"content-type": self.headers.get("content-type", "")}).charset_encoding


@dataclass(slots=True)
class Answer:
    """A server's answer, its body still to come: iterate over it once, for pieces of 64 KiB or so."""

    url: str
    status: int
    headers: httpx.Headers
    redirects: tuple[int, ...]
    _pieces: AsyncIterator[bytes] = field(repr=False)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._pieces

    async def read(self, most: int | None = None) -> Page:
        """The body whole, or with ``most`` no more than its first bytes. Raises OutboundError."""
        body = bytearray()
        async for piece in self._pieces:
            body += piece
            if most is not None and len(body) >= most:
                del body[most:]
                break
        return Page(self.url, self.status, self.headers, self.redirects, bytes(body))


def kind_of(headers: httpx.Headers) -> str:
    """The media type that the headers name, in lower case and without parameters; empty for none."""
    return str(headers.get("content-type", "")).partition(";")[0].strip().lower()


def judge(url: str, status: int, headers: httpx.Headers) -> None:
    """Let 200 and 304 pass. Raises Missing, Throttled, or BadStatus for the rest."""
    host = httpx.URL(url).host
    wait = asked_wait(headers)
    if status in {200, 304}:
        return
    if status in {404, 410}:
        raise Missing(url, f"{host} has no such page ({status})", status)
    if status == 429 or (status == 503 and wait is not None):
        raise Throttled(url, f"{host} asks to be left alone for now ({status})", status, wait)
    raise BadStatus(url, f"{host} answered {status}", status)
