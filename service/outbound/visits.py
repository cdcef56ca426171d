"""A visit to a link: does it still lead somewhere, and what may be said of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from service.domain import LinkStatus
from service.errors import OutboundError, OutboundRefused
from service.outbound.answers import Answer
from service.outbound.door import Door, Limits
from service.outbound.patience import asked_wait

_LIMITS: Final = Limits(seconds=25.0, silence=15.0)

LONGEST: Final = 90.0
"""Seconds within which a visit has ended, robots.txt and both attempts included."""

_CLOSED: Final = frozenset({401, 402, 403, 407, 451})
_GONE: Final = frozenset({404, 410})


@dataclass(frozen=True, slots=True)
class Visit:
    """What one visit found.

    ``status`` is None where the site wants to be left alone for now, ``retry_after`` how many seconds if it says so.
    ``final_url``: where the link leads, if that is elsewhere. ``delay``: the seconds between two visits that its
    robots.txt asks for. ``etag`` and ``last_modified`` make the next visit conditional.
    """

    status: LinkStatus | None
    http_status: int | None = None
    final_url: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    retry_after: float | None = None
    delay: float = 0.0


async def visit(door: Door, url: str, etag: str | None = None, last_modified: str | None = None) -> Visit:
    """Visit a link: HEAD, and GET where that is no success, since many servers answer HEAD wrongly. No body is read.

    What goes wrong is what the visit found; raises nothing.
    """
    headers = {}
    if etag:
        headers["If-None-Match"] = etag
    if last_modified:
        headers["If-Modified-Since"] = last_modified
    try:
        delay = await door.delay(url)
        found = await _ask(door, "HEAD", url, headers)
        if found.status in {LinkStatus.GONE, LinkStatus.BLOCKED, LinkStatus.ERROR}:
            found = await _ask(door, "GET", url, headers)
    except OutboundRefused:
        return Visit(LinkStatus.BLOCKED)
    except (OutboundError, UnicodeError):
        return Visit(LinkStatus.ERROR)
    return Visit(
        found.status, found.http_status, found.final_url, found.etag, found.last_modified, found.retry_after, delay
    )


async def _ask(door: Door, method: str, url: str, headers: dict[str, str]) -> Visit:
    async with door.stream(url, method=method, headers=headers, limits=_LIMITS, robots=True) as answer:
        wait = asked_wait(answer.headers)
        throttled = answer.status == 429 or (answer.status == 503 and wait is not None)
        status = None if throttled else _status(answer, door.vet(url))
        final = answer.url if status is LinkStatus.REDIRECTED else None
        return Visit(
            status,
            answer.status,
            final,
            _kept(answer.headers.get("etag")),
            _kept(answer.headers.get("last-modified")),
            wait if throttled else None,
        )


def _status(answer: Answer, url: str) -> LinkStatus:
    if 200 <= answer.status < 300 or answer.status == 304:
        return LinkStatus.OK if answer.url == url else LinkStatus.REDIRECTED
    if answer.status in _GONE:
        return LinkStatus.GONE
    return LinkStatus.BLOCKED if answer.status in _CLOSED else LinkStatus.ERROR


def _kept(value: str | None) -> str | None:
    """A validator, if it is one that can be sent back."""
    return value if value and len(value) <= 200 and value.isascii() and value.isprintable() else None
