"""Texts read anew after an update, since another edition of the matching core read them: wordings of claims, of the
inbox, and what is under watch.

Checks do not believe the profiles it kept: they read such wordings themselves meanwhile, which takes longer and answers
the same. Where this edition tells other terms of a wording, it is indexed under those. Texts of the
inbox and texts under watch are found by terms alone: until theirs are renewed, one said in other forms of its words may
become an item of its own, and a claim that changes may pass by a watch, which is therefore asked again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from service.gathering import wording_key
from service.jobs import JobKind, Workplace
from service.matching.plan import index_phrasing, terms_of
from service.matching.profile import edition
from service.matching.reading import read
from service.store.inbox import hold_inbox
from service.store.jobs import enqueue
from service.store.rereading import Reread, Unprofiled, save_reread, unprofiled
from service.store.rereading_asked import (
    RereadWording,
    StaleWording,
    save_reread_text,
    save_reread_wordings,
    stale_texts,
    stale_wordings,
)
from service.store.session import Database
from service.watching import read_watched, weigh_watched

_PAGE: Final = 100
"""How many wordings are read at a time: some tens of milliseconds in which requests are answered more slowly."""


async def renew_profiles(database: Database) -> int:
    """Read every wording again whose profile is missing or of another edition; how many there were.

    May be stopped at any time and started again. Raises Unavailable.
    """
    after = renewed = 0
    while True:
        async with database.read() as connection:
            page = await unprofiled(connection, edition(), after, _PAGE)
        if not page:
            return renewed
        reread = await asyncio.to_thread(_read_all, page)
        async with database.write() as connection:
            await save_reread(connection, reread)
        after = page[-1].id
        renewed += len(page)


def _read_all(page: Sequence[Unprofiled]) -> list[Reread]:
    return [
        Reread(each.id, index_phrasing(read(each.text, each.language, each.claimed_at), each.language)) for each in page
    ]


async def renew_inbox(database: Database) -> int:
    """Read every wording of the inbox again that another edition read; how many there were.

    May be stopped at any time and started again. Raises Unavailable.
    """
    after = renewed = 0
    while True:
        async with database.write() as connection:
            await hold_inbox(connection, patient=True)
            page = await stale_wordings(connection, edition(), after, _PAGE)
            if not page:
                return renewed
            await save_reread_wordings(connection, edition(), await asyncio.to_thread(_read_wordings, page))
        after = page[-1].id
        renewed += len(page)


def _read_wordings(page: Sequence[StaleWording]) -> list[RereadWording]:
    readings = [(each.id, read(each.text, each.language, each.claimed_at)) for each in page]
    return [
        RereadWording(key, wording_key(reading), tuple(term for term, _ in terms_of(reading)))
        for key, reading in readings
    ]


async def renew_watches(database: Database) -> int:
    """Read every text under watch again that another edition read; how many there were.

    May be stopped at any time and started again. Raises Unavailable.
    """
    after, renewed = UUID(int=0), 0
    while True:
        async with database.read() as connection:
            page = await stale_texts(connection, edition(), after, _PAGE)
            if not page:
                return renewed
            weighed = await weigh_watched(connection, await read_watched([each.asked for each in page]))
        for each, statements in zip(page, weighed, strict=True):
            async with database.write() as connection:
                await save_reread_text(connection, edition(), each.id, statements)
        after = page[-1].id
        renewed += len(page)


async def _run(workplace: Workplace, payload: bytes) -> None:
    # Where processes of two editions run side by side, each leaves the other's profiles alone.
    if payload == edition():
        await renew_profiles(workplace.database)
        await renew_inbox(workplace.database)
        await renew_watches(workplace.database)


RENEWAL: Final = JobKind("renew-profiles", _run)


async def queue_renewal(connection: AsyncConnection) -> None:
    """Have what another edition read made anew, in the caller's transaction."""
    await enqueue(connection, [RENEWAL.job(edition(), once=edition().hex())])
