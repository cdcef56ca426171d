"""robots.txt (RFC 9309): what a site wants left alone, remembered for a day."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from protego import Protego

AGENT: Final = "factcheck"
"""The name under which robots.txt knows us."""

_KEPT: Final = 24 * 3600.0
_FAILURE_KEPT: Final = 600.0
_MOST_SITES: Final = 1_000

Ask = Callable[[str], Awaitable[tuple[int, bytes]]]
"""Fetches a robots.txt: its status and the beginning of its body. Raises OutboundError."""


@dataclass(frozen=True, slots=True)
class _Rules:
    until: float
    status: int
    rules: Protego | None


class Robots:
    """The rules of the sites asked about, for as long as a process cares."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._sites: OrderedDict[str, _Rules] = OrderedDict()

    async def forbids(self, origin: str, url: str) -> str | None:
        """Why ``url`` at ``origin`` must be left alone, as a clause; None where it may be fetched.

        A site without the file forbids nothing. One whose file cannot be had because the server fails forbids all.
        Raises OutboundError.
        """
        site = await self._rules(origin)
        if site.rules is None:
            return f"its robots.txt cannot be read (status {site.status})" if _fails(site.status) else None
        return None if site.rules.can_fetch(url, AGENT) else "its robots.txt asks to leave this page alone"

    async def delay(self, origin: str) -> float:
        """The seconds between two requests that the site asks for; 0 where it asks for none. Raises OutboundError."""
        site = await self._rules(origin)
        return (site.rules.crawl_delay(AGENT) or 0.0) if site.rules is not None else 0.0

    async def _rules(self, origin: str) -> _Rules:
        now = asyncio.get_running_loop().time()
        site = self._sites.get(origin)
        if site is None or site.until < now:
            status, body = await self._ask(f"{origin}/robots.txt")
            site = _read(status, body, now)
            self._sites[origin] = site
        self._sites.move_to_end(origin)
        if len(self._sites) > _MOST_SITES:
            self._sites.popitem(last=False)
        return site


def _fails(status: int) -> bool:
    return status >= 500 or status == 429


def _read(status: int, body: bytes, now: float) -> _Rules:
    if _fails(status):
        return _Rules(now + _FAILURE_KEPT, status, None)
    if status >= 300:
        return _Rules(now + _KEPT, status, None)
    from protego import Protego

    return _Rules(now + _KEPT, status, Protego.parse(body.decode("utf-8-sig", "replace")))
