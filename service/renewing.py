"""Wordings read anew after an update, since another edition of the matching core read them.

Checks do not believe the profiles it kept: they read such wordings themselves meanwhile, which takes longer and answers
the same. Where this edition tells other terms of a wording, it is indexed under those.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from service.jobs import JobKind, Workplace
from service.matching.plan import index_phrasing
from service.matching.profile import edition
from service.matching.reading import read
from service.store.jobs import enqueue
from service.store.rereading import Reread, Unprofiled, save_reread, unprofiled
from service.store.session import Database

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


async def _run(workplace: Workplace, payload: bytes) -> None:
    # Where processes of two editions run side by side, each leaves the other's profiles alone.
    if payload == edition():
        await renew_profiles(workplace.database)


RENEWAL: Final = JobKind("renew-profiles", _run)


async def queue_renewal(connection: AsyncConnection) -> None:
    """Have the profiles that this edition cannot use made anew, in the caller's transaction."""
    await enqueue(connection, [RENEWAL.job(edition(), once=edition().hex())])
