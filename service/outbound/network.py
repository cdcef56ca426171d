"""Connections that go where they may and nowhere else: the check is made on the address that is then connected to."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from ipaddress import ip_address
from typing import Any, Final

import httpcore

from service.borders import Address, Borders, literal

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host, the preferred one first; raises OSError where there are none."""

_MOST_ADDRESSES: Final = 4
_SECONDS_PER_ADDRESS: Final = 5.0
"""How long one of several addresses may take: one of them may be dead."""


class Barred(Exception):
    """The host has no address that may be connected to."""


async def resolve(host: str, port: int) -> Sequence[str]:
    """What the system's resolver says."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


class GuardedNetwork(httpcore.AsyncNetworkBackend):
    """Opens connections for httpcore: resolves once, checks each address, and connects to that very address.

    TLS names and Host headers stay the host's: httpcore takes them from the request, not from here.
    """

    def __init__(self, borders: Borders, resolve: Resolve = resolve) -> None:
        self._borders = borders
        self._resolve = resolve
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # httpcore's interface
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to the first address of ``host`` that answers. Raises Barred, and httpcore's own errors."""
        open_to = [each for each in await self._addresses(host, port) if self._borders.admit(host, port, each)]
        if not open_to:
            raise Barred(host)
        open_to = open_to[:_MOST_ADDRESSES]
        for address in open_to[:-1]:
            try:
                return await self._connect(address, port, _SECONDS_PER_ADDRESS, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._connect(open_to[-1], port, timeout, socket_options)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Never."""
        raise Barred(path)

    async def sleep(self, seconds: float) -> None:
        """Wait, as httpcore asks."""
        await asyncio.sleep(seconds)

    async def _addresses(self, host: str, port: int) -> Sequence[Address]:
        spelled = literal(host)
        if spelled is not None:
            return [spelled]
        try:
            return [ip_address(each) for each in await self._resolve(host, port)]
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"{host} has no address: {error}") from error

    async def _connect(
        self, address: Address, port: int, seconds: float | None, options: Iterable[httpcore.SOCKET_OPTION] | None
    ) -> httpcore.AsyncNetworkStream:
        return _Stream(await self._network.connect_tcp(str(address), port, timeout=seconds, socket_options=options))


class _Stream(httpcore.AsyncNetworkStream):
    """A connection that is closed, too, where the wait for its TLS handshake is cancelled: httpcore leaves it open."""

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        """As httpcore has it."""
        return await self._stream.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """As httpcore has it."""
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        """As httpcore has it."""
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore.AsyncNetworkStream:
        """As httpcore has it, but for the closing."""
        try:
            return _Stream(await self._stream.start_tls(ssl_context, server_hostname, timeout))
        except asyncio.CancelledError:
            await asyncio.shield(self._stream.aclose())
            raise

    def get_extra_info(self, info: str) -> Any:
        """As httpcore has it."""
        return self._stream.get_extra_info(info)
