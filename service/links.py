"""Links that are looked after: visited on a polite schedule, shown as they are, with a copy that stays.

A link is one address, wherever sources and reviews of claims link to it. What visits find is no revision of a claim,
since nobody has changed what it says: it is shown in answers, and its changes are counted where the link is.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from service.domain import LinkStatus
from service.editing import live_claim
from service.errors import OutboundError, Throttled
from service.jobs import Workplace
from service.outbound.archive import Archive, find_copy, request_copy
from service.outbound.door import Door
from service.outbound.visits import LONGEST, Visit, visit
from service.settings import Settings
from service.store.links import (
    Link,
    add_links,
    adopt_visits,
    links_of_claim,
    make_due,
    next_copy_turn,
    next_turn,
    save_copy,
    save_visit,
    take_copy_turn,
    take_turn,
    unknown_urls,
    urls_of_claim,
)
from service.store.session import Database

_LOG: Final = logging.getLogger(__name__)

_AT_ONCE: Final = 4
"""How many hosts one process visits at the same time."""

_LEASE: Final = timedelta(seconds=LONGEST + 60)
"""For how long a host is taken: longer than any visit, so that only one that died is visited by another process."""

_RUN: Final = 600.0
"""Seconds after which a job ends; the next one goes on."""

_LOOK: Final = 1.0
"""Seconds between two looks whether another process has left a host."""

_BATCH: Final = 1_000

_SURE_AFTER: Final = {LinkStatus.GONE: 2, LinkStatus.ERROR: 3}
"""How many visits in a row have to find nothing before a link is called so. One failure says little."""

_FIRST_RETRY: Final = timedelta(hours=1)
_LEFT_ALONE: Final = timedelta(hours=1)
_LOOKED_FOR_AGAIN: Final = timedelta(days=30)
_ARCHIVE_PAUSE: Final = 4.0
"""Seconds between two questions to the archive."""


@dataclass(frozen=True, slots=True)
class LinkPlan:
    """How links are looked after. ``every``: time between two visits of a link that is as it was.

    ``delay``: seconds between two visits to one host, at the least. ``archive`` None: no copies are looked for.
    """

    every: timedelta = timedelta(days=7)
    delay: float = 5.0
    archive: Archive | None = None
    archive_delay: float = _ARCHIVE_PAUSE

    @classmethod
    def of(cls, settings: Settings) -> LinkPlan:
        """As the settings have it."""
        archive = None
        if settings.archive != "off":
            archive = Archive(settings.archive_url, settings.archive_save_url, settings.archive == "save")
        return cls(timedelta(days=settings.check_links or 7), settings.link_delay, archive)


@dataclass(slots=True)
class Tally:
    """What a run did: visits by what links were called after them, and copies found."""

    visits: dict[LinkStatus, int] = field(default_factory=dict)
    changed: int = 0
    copies: int = 0


Seen = Callable[[Link], None]
"""Hears of each link that was visited."""


async def look_after_links(
    database: Database,
    door: Door,
    plan: LinkPlan,
    *,
    only: Sequence[int] | None = None,
    seconds: float | None = None,
    seen: Seen = lambda link: None,
) -> Tally:
    """Visit every link that is due, or ``only`` those of them with these ids; ends when none is, or after ``seconds``.

    Each host has one visit at a time, whichever process makes it, and then is left alone for ``plan.delay``, or for as
    long as it asks. Raises Unavailable.
    """
    tally = Tally()
    ends = None if seconds is None else asyncio.get_running_loop().time() + seconds
    await _learn(database)
    round_ = _Round(database, door, plan, only, ends, seen, tally)
    async with asyncio.TaskGroup() as tasks:
        for _ in range(_AT_ONCE):
            tasks.create_task(round_.visit_links())
        if plan.archive is not None:
            tasks.create_task(round_.find_copies(plan.archive))
    return tally


async def links_of(database: Database, claim_id: UUID) -> list[int]:
    """The links of a claim, made due. Raises NotFound, Withdrawn, Merged, Unavailable."""
    now = datetime.now(UTC)
    async with database.write() as connection:
        await live_claim(connection, claim_id)
        urls = await urls_of_claim(connection, claim_id)
        await add_links(connection, {url: host_of(url) for url in urls}, now)
        ids = await links_of_claim(connection, claim_id)
        await make_due(connection, ids, now)
    return ids


def host_of(url: str) -> str:
    """The host of an address, in lower case; the same for all whose host cannot be told."""
    try:
        return (urlsplit(url).hostname or "?").rstrip(".")
    except ValueError:
        return "?"


def after_visit(link: Link, found: Visit, now: datetime, plan: LinkPlan) -> Link:
    """The link as a visit left it: called otherwise only once that is sure, and due again the sooner if it is not."""
    if found.status is None:
        wait = timedelta(seconds=found.retry_after) if found.retry_after else _LEFT_ALONE
        return replace(
            link, http_status=found.http_status, checked_at=now, due_at=now + min(max(wait, _LEFT_ALONE), plan.every)
        )
    nothing = found.status in _SURE_AFTER
    failures = link.failures + 1 if nothing else 0
    sure = not nothing or link.status is found.status or found.http_status == 410
    status = found.status if sure or failures >= _SURE_AFTER[found.status] else link.status
    pause = min(plan.every, _FIRST_RETRY * 4 ** min(failures - 1, 8)) if nothing else plan.every
    # Not all on the same day for ever.
    pause *= random.uniform(0.95, 1.05)  # noqa: S311
    kept = not nothing
    return replace(
        link,
        status=status,
        http_status=found.http_status,
        final_url=found.final_url if status is found.status else link.final_url,
        checked_at=now,
        changed_at=now if status is not link.status else link.changed_at,
        failures=failures,
        etag=found.etag or (link.etag if found.http_status == 304 else None) if kept else None,
        last_modified=found.last_modified or (link.last_modified if found.http_status == 304 else None)
        if kept
        else None,
        due_at=now + pause,
        copy_due_at=now if plan.archive is not None else None,
    )


@dataclass(slots=True)
class _Round:
    """One run: the tasks that make visits, until nothing is due."""

    database: Database
    door: Door
    plan: LinkPlan
    only: Sequence[int] | None
    ends: float | None
    seen: Seen
    tally: Tally
    freed: asyncio.Event = field(default_factory=asyncio.Event)

    async def visit_links(self) -> None:
        """Make visits, one after the other."""
        while not self._over():
            now = datetime.now(UTC)
            async with self.database.write() as connection:
                link = await take_turn(connection, now, _LEASE, self.only)
            if link is not None:
                await self._visit(link)
                continue
            async with self.database.read() as connection:
                due = await next_turn(connection, self.only)
            if not await self._wait_until(due):
                return

    async def find_copies(self, archive: Archive) -> None:
        """Ask the archive, one question after the other."""
        while not self._over():
            now = datetime.now(UTC)
            async with self.database.write() as connection:
                link = await take_copy_turn(connection, now, _LEASE, self.only)
            if link is not None:
                await self._find_copy(archive, link)
                continue
            async with self.database.read() as connection:
                due = await next_copy_turn(connection, self.only)
                visit_due = await next_turn(connection, self.only)
            # A visit may be what brings the next question.
            if not await self._wait_until(min((each for each in (due, visit_due) if each), default=None)):
                return

    async def _visit(self, link: Link) -> None:
        try:
            async with asyncio.timeout(LONGEST):
                found = await visit(self.door, link.url, link.etag, link.last_modified)
        except TimeoutError:
            found = Visit(LinkStatus.ERROR)
        now = datetime.now(UTC)
        after = after_visit(link, found, now, self.plan)
        pause = max(self.plan.delay, min(found.delay, 60.0), min(found.retry_after or 0.0, 86_400.0))
        async with self.database.write() as connection:
            await save_visit(connection, after, now + timedelta(seconds=pause))
        self.tally.visits[after.status] = self.tally.visits.get(after.status, 0) + 1
        self.tally.changed += after.status is not link.status
        self._tell_others()
        self.seen(after)

    async def _find_copy(self, archive: Archive, link: Link) -> None:
        copy, pause, again = link.copy_url, self.plan.archive_delay, _LOOKED_FOR_AGAIN
        try:
            copy = await find_copy(self.door, archive, link.url) or copy
            if copy is None and archive.saves and link.status in {LinkStatus.OK, LinkStatus.REDIRECTED}:
                await request_copy(self.door, archive, link.url)
                again = timedelta(days=1)
        except Throttled as error:
            pause, again = max(pause, min(error.retry_after or 300.0, 86_400.0)), timedelta(hours=1)
        except OutboundError as error:
            _LOG.info("the archive cannot be asked: %s", error.detail)
            pause, again = 15 * pause, timedelta(hours=6)
        now = datetime.now(UTC)
        after = replace(link, copy_url=copy, copy_due_at=now + again)
        async with self.database.write() as connection:
            await save_copy(connection, after, now + timedelta(seconds=pause))
        self.tally.copies += copy is not None and copy != link.copy_url

    def _tell_others(self) -> None:
        self.freed.set()
        self.freed = asyncio.Event()

    def _over(self) -> bool:
        return self.ends is not None and asyncio.get_running_loop().time() >= self.ends

    async def _wait_until(self, due: datetime | None) -> bool:
        """Wait for the next turn; False where there is none that would be worth waiting for."""
        if due is None:
            return False
        pause = max((due - datetime.now(UTC)).total_seconds(), 0.05)
        longest = _LEASE.total_seconds() if self.ends is None else 60.0
        if pause > longest:
            return False
        # Another task here, or another process, may free a host long before it has to.
        with suppress(TimeoutError):
            await asyncio.wait_for(self.freed.wait(), min(pause, _LOOK))
        return True


async def _learn(database: Database) -> None:
    """Put the links of new sources and reviews among those that are looked after."""
    while True:
        async with database.write() as connection:
            urls = await unknown_urls(connection, _BATCH)
            if not urls:
                await adopt_visits(connection)
                return
            await add_links(connection, {url: host_of(url) for url in urls}, datetime.now(UTC))


async def run_links(workplace: Workplace) -> None:
    """Visit what is due, for a while; nothing where the settings do not want it."""
    settings = workplace.settings
    if settings.check_links is None:
        return
    async with Door.of(settings) as door:
        tally = await look_after_links(workplace.database, door, LinkPlan.of(settings), seconds=_RUN)
    if tally.visits:
        told = ", ".join(f"{count} {status}" for status, count in sorted(tally.visits.items()))
        _LOG.info("links visited: %s; %d changed; %d copies found", told, tally.changed, tally.copies)
