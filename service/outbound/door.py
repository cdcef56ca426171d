"""The one door through which this service asks servers elsewhere for anything.

    async with Door.of(settings) as door:
        page = await door.fetch(url, kinds=PAGES, robots=True)      # a Page, or an OutboundError
        async with door.stream(url, limits=Limits(size=2 << 30)) as answer:
            async for piece in answer: ...

Addresses, redirects, sizes, times, kinds and robots.txt are guarded here, so that whoever goes through need not think
of them. Nothing is sent that was not asked for: no cookies, no credentials of this machine, no Referer. Proxies of the
environment are not used: behind one, nobody could say where a connection goes.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, Awaitable, Iterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from types import TracebackType
from typing import Final, Self, TypeVar

import httpcore
import httpx

from service import __version__
from service.borders import Borders, literal
from service.errors import OutboundRefused, OutOfTime, TooBig, Unreachable, WrongKind
from service.outbound.answers import Answer, Page, judge, kind_of
from service.outbound.network import Barred, GuardedNetwork, Resolve, resolve
from service.outbound.robots import AGENT, Robots
from service.outbound.unpacking import ACCEPTED, Unpacker
from service.settings import Settings

T = TypeVar("T")

PAGES: Final = ("text/html", "application/xhtml+xml")
"""Media types of pages that people read."""

JSON: Final = ("application/json", "application/*+json")
"""Media types of JSON."""

_LONGEST_URL: Final = 4_096
_MOST_CONNECTIONS: Final = 50
_ROBOTS_SIZE: Final = 512 << 10
"""Bytes of a robots.txt that are read, which RFC 9309 wants to be at least 500 KiB."""

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Limits:
    """How far one request may go.

    ``size``: bytes of the body, as received and as unpacked. ``seconds``: waiting for servers in all, redirects
    included; what the caller does with the pieces does not count. ``silence``: seconds of any single wait.
    ``redirects``: how many are followed; with 0, the redirect itself is the answer.
    """

    size: int = 10 << 20
    seconds: float = 30.0
    silence: float = 10.0
    redirects: int = 5


class Door:
    """Outbound HTTP, while the ``async with`` block lasts. Safe to share between the tasks of one event loop.

    ``contact`` (an address or a URL) tells the servers asked whom to write to; ``resolve`` finds addresses of names,
    and ``trust`` says whose certificates are good. Raises ValueError for an ``allow`` that cannot be read.
    """

    def __init__(
        self,
        allow: Sequence[str] = (),
        contact: str | None = None,
        *,
        resolve: Resolve = resolve,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._borders = Borders.of(allow)
        self._agent = f"{AGENT}/{__version__}" + (f" (+{contact})" if contact else "")
        self._robots = Robots(self._robots_txt)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=trust or _trust(),
            max_connections=_MOST_CONNECTIONS,
            max_keepalive_connections=20,
            keepalive_expiry=5.0,
            network_backend=GuardedNetwork(self._borders, resolve),
        )

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The door that the settings describe."""
        return cls(settings.outbound_allow, settings.contact)

    async def __aenter__(self) -> Self:
        await self._pool.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pool.__aexit__(kind, error, trace)

    async def close(self) -> None:
        """End every connection: what leaving an ``async with`` block does."""
        await self._pool.aclose()

    def vet(self, url: str) -> str:
        """The URL as it would be asked for. Raises OutboundRefused for one that never can be, whatever DNS says."""
        return str(self._vetted(url))

    async def delay(self, url: str) -> float:
        """The seconds between two requests that robots.txt asks for, 0 for none. Raises OutboundError."""
        return await self._robots.delay(_origin(self._vetted(url)))

    async def fetch(
        self,
        url: str,
        *,
        kinds: Sequence[str] | None = None,
        headers: Mapping[str, str] | None = None,
        limits: Limits = Limits(),
        robots: bool = False,
    ) -> Page:
        """GET the whole body of a 200 (or a 304, where ``headers`` make it conditional).

        ``kinds`` are the media types wanted, with ``*`` for any characters. Raises OutboundError: Refused, Missing,
        Throttled, Failed, WrongKind, TooBig, OutOfTime, Unreachable.
        """
        async with self.stream(url, kinds=kinds, headers=headers, limits=limits, robots=robots) as answer:
            judge(answer.url, answer.status, answer.headers)
            return await answer.read()

    @asynccontextmanager
    async def stream(
        self,
        url: str,
        *,
        method: str = "GET",
        kinds: Sequence[str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        limits: Limits = Limits(),
        robots: bool = False,
    ) -> AsyncGenerator[Answer]:
        """Ask, and give the answer, whatever its status; ``kinds`` are required of 2xx answers only.

        Redirects of GET and HEAD are followed; ``headers`` go along within one origin. With a ``body``, the redirect is
        the answer. Raises OutboundError, here and while the pieces are read.
        """
        patience = _Patience(url, limits)
        at, passed = self._vetted(url), list[int]()
        sent = dict(headers or {})
        follow = limits.redirects if method in {"GET", "HEAD"} and body is None else 0
        while True:
            if robots and (why := await self._robots.forbids(_origin(at), str(at))):
                raise OutboundRefused(str(at), f"{_origin(at)} is left alone: {why}", by_site=True)
            response = await self._send(patience, at, method, sent, body)
            try:
                answer_headers = httpx.Headers(response.headers)
                location = answer_headers.get("location")
                if follow and response.status in _REDIRECTS and location is not None:
                    if len(passed) >= follow:
                        raise Unreachable(url, f"{_origin(at)} redirects more than {follow} times")
                    there = self._vetted(_joined(at, location))
                    if _origin(there) != _origin(at):
                        sent = {}
                    passed.append(response.status)
                    at = there
                    continue
                kind = kind_of(answer_headers)
                if (
                    kinds is not None
                    and 200 <= response.status < 300
                    and not any(fnmatchcase(kind, wanted) for wanted in kinds)
                ):
                    raise WrongKind(
                        str(at), f"{_origin(at)} sent {kind[:60] or 'something unnamed'}, not {' or '.join(kinds)}"
                    )
                pieces = self._pieces(patience, at, response, answer_headers, limits)
                async with aclosing(pieces):
                    yield Answer(str(at), response.status, answer_headers, tuple(passed), pieces)
                return
            finally:
                await response.aclose()

    def _vetted(self, url: str) -> httpx.URL:
        if len(url) > _LONGEST_URL:
            raise OutboundRefused(url, f"A URL may have at most {_LONGEST_URL:,} characters.")
        try:
            parsed = httpx.URL(url.strip()).copy_with(fragment=None)
        except (httpx.InvalidURL, UnicodeError, ValueError):
            raise OutboundRefused(url, "This is not a URL.") from None
        if parsed.scheme not in {"http", "https"}:
            raise OutboundRefused(url, "Only http and https URLs are fetched.")
        if not parsed.host:
            raise OutboundRefused(url, "This URL names no host.")
        if parsed.userinfo:
            raise OutboundRefused(url, "A URL must not hold a user name or password.")
        address = literal(parsed.host)
        if address is not None and not self._borders.admit(parsed.host, _port(parsed), address):
            raise _barred(url, parsed.host)
        return parsed

    async def _send(
        self, patience: _Patience, url: httpx.URL, method: str, headers: Mapping[str, str], body: bytes | None
    ) -> httpcore.Response:
        sent = {"Host": url.netloc.decode("ascii"), "User-Agent": self._agent, "Accept": "*/*"}
        sent |= {"Accept-Encoding": ACCEPTED, **headers}
        if body is not None:
            sent["Content-Length"] = str(len(body))
        request = httpcore.Request(
            method,
            httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=[(name.encode("ascii"), value.encode("latin-1")) for name, value in sent.items()],
            content=body,
            extensions={"timeout": {"connect": patience.silence}},
        )
        with _told(url):
            return await patience.spend(self._pool.handle_async_request(request))

    async def _pieces(
        self, patience: _Patience, url: httpx.URL, response: httpcore.Response, headers: httpx.Headers, limits: Limits
    ) -> AsyncGenerator[bytes]:
        too_big = TooBig(str(url), f"{_origin(url)} sent more than {limits.size:,} bytes")
        announced = headers.get("content-length", "")
        if announced.isascii() and announced.isdigit() and int(announced[:18]) > limits.size:
            raise too_big
        received = unpacked = 0
        raw = aiter(response.aiter_stream())
        try:
            unpacker = Unpacker(headers.get("content-encoding", ""))
            while True:
                with _told(url):
                    data = await patience.spend(anext(raw, None))
                if data is None:
                    break
                received += len(data)
                if received > limits.size:
                    raise too_big
                for piece in unpacker.feed(data):
                    unpacked += len(piece)
                    if unpacked > limits.size:
                        raise too_big
                    yield piece
            unpacker.finish()
        except ValueError as error:
            raise WrongKind(str(url), f"The body of {_origin(url)} cannot be read: {error}") from None

    async def _robots_txt(self, url: str) -> tuple[int, bytes]:
        async with self.stream(url, limits=Limits(size=8 << 20, seconds=15.0)) as answer:
            return answer.status, (await answer.read(_ROBOTS_SIZE)).body if answer.status < 300 else b""


class _Patience:
    """The seconds that may still be waited for one request."""

    def __init__(self, url: str, limits: Limits) -> None:
        self._url = url
        self._limits = limits
        self._left = limits.seconds

    @property
    def silence(self) -> float:
        """The longest that a single wait may take now."""
        return max(0.0, min(self._left, self._limits.silence))

    async def spend(self, waiting: Awaitable[T]) -> T:
        """Wait for it. Raises OutOfTime."""
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            async with asyncio.timeout(self.silence):
                return await waiting
        except TimeoutError:
            raise OutOfTime(
                self._url,
                f"{_host(self._url)} took more than {self._limits.seconds:g} seconds in all, or "
                f"{self._limits.silence:g} for one part",
            ) from None
        finally:
            self._left -= clock() - began


@cache
def _trust() -> ssl.SSLContext:
    """Whom TLS trusts: certifi's list, or SSL_CERT_FILE and SSL_CERT_DIR. Read once: it takes a tenth of a second."""
    return httpx.create_ssl_context()


@contextmanager
def _told(url: httpx.URL) -> Iterator[None]:
    """Turn what can go wrong on the way into OutboundError. The sentences name the origin, never a path or query."""
    try:
        yield
    except Barred:
        raise _barred(str(url), url.host) from None
    except httpcore.TimeoutException:
        raise OutOfTime(str(url), f"{_origin(url)} does not answer") from None
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol) as error:
        raise Unreachable(str(url), f"{_origin(url)} cannot be asked: {str(error) or type(error).__name__}") from error


def _barred(url: str, host: str) -> OutboundRefused:
    return OutboundRefused(
        url, f"{host} is not on the public internet; FACTCHECK_OUTBOUND_ALLOW lists what may be asked besides."
    )


def _joined(url: httpx.URL, location: str) -> str:
    try:
        return str(url.join(location))
    except (httpx.InvalidURL, UnicodeError, ValueError):
        raise Unreachable(str(url), f"{_origin(url)} redirects to what is no URL") from None


def _origin(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode('ascii')}"


def _host(url: str) -> str:
    return httpx.URL(url.strip()).host


def _port(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)
