"""A web archive that speaks as the Wayback Machine does: which copy it has of a page, and a request to make one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final
from urllib.parse import quote, urlencode

import msgspec

from service.errors import WrongKind
from service.outbound.answers import judge
from service.outbound.door import JSON, Door, Limits

_LOOK: Final = Limits(size=1 << 20, seconds=30.0, silence=30.0, redirects=2)
_SAVE: Final = Limits(size=1 << 20, seconds=90.0, silence=90.0, redirects=3)


class _Closest(msgspec.Struct, frozen=True):
    url: str
    available: bool = False
    status: str | None = None


class _Snapshots(msgspec.Struct, frozen=True):
    closest: _Closest | None = None


class _Availability(msgspec.Struct, frozen=True):
    archived_snapshots: Annotated[_Snapshots, msgspec.Meta(description="Empty where there is none.")]


@dataclass(frozen=True, slots=True)
class Archive:
    """Where copies are asked about, and where they are asked for; ``saves``: whether to do the latter."""

    lookup: str = "https://archive.org/wayback/available"
    save: str = "https://web.archive.org/save/"
    saves: bool = False


async def find_copy(door: Door, archive: Archive, url: str) -> str | None:
    """The address of the archive's copy of a page that answered 200 then, or None. Raises OutboundError."""
    page = await door.fetch(f"{archive.lookup}?{urlencode({'url': url})}", kinds=JSON, limits=_LOOK)
    try:
        closest = msgspec.json.decode(page.body, type=_Availability).archived_snapshots.closest
    except msgspec.MsgspecError as error:
        raise WrongKind(page.url, f"The archive does not answer as the Wayback Machine does: {error}") from None
    if closest is None or not closest.available or closest.status not in {None, "200"}:
        return None
    copy = closest.url
    if copy.startswith("http://web.archive.org/"):
        copy = copy.replace("http://", "https://", 1)
    # It is shown to readers: it must be what it claims to be.
    if not copy.lower().startswith(("https://", "http://")) or len(copy) > 4_096:
        raise WrongKind(page.url, "The archive names a copy that is no web address.")
    return copy


async def request_copy(door: Door, archive: Archive, url: str) -> None:
    """Ask the archive to copy a page; a later ``find_copy`` finds what came of it. Raises OutboundError."""
    asked = archive.save + quote(url, safe="/:?&=%#+,;@!$'()*~[]")
    async with door.stream(asked, limits=_SAVE) as answer:
        if answer.status >= 400:
            judge(answer.url, answer.status, answer.headers)
