"""Gathering what found nothing into the inbox: texts that say the same, by the matcher's own judgement, are one item.

A check only leaves its texts waiting. They are gathered in the background, and by whoever looks into the inbox; one at
a time, in transactions that can be cut off anywhere.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from hashlib import blake2b
from itertools import groupby
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain import Relation
from service.jobs import JobKind, Workplace
from service.matching.comparison import compare
from service.matching.judging import Encounter, judge, wording_of
from service.matching.plan import terms_of
from service.matching.profile import edition
from service.matching.reading import Reading, read, read_known
from service.matching.relevance import Corpus
from service.store.inbox import (
    KnownWording,
    Place,
    Tally,
    add_wording,
    alike,
    count_items,
    count_waiting,
    count_wordings,
    hold_inbox,
    places_of,
    take_waiting,
    wordings_to_compare,
)
from service.store.rarity import term_rarity
from service.store.session import Database
from service.unanswered import Unanswered

LIKENESS: Final = 0.8
"""Two texts are of one item where their relation is ``equivalent`` and their score is at least this."""

AT_ONCE: Final = 32
"""How many texts one transaction gathers."""

_COMPARED: Final = 30
"""With how many wordings a text is compared that nobody has asked before."""

_MOST_OF_ONE: Final = 50
"""How many wordings of an item must not contradict a text that joins it."""

_STOPS: Final = " .!…。۔"
"""What may end a statement and says nothing; a question mark may."""


async def gather(database: Database, *, patient: bool) -> int:
    """Gather up to AT_ONCE of the texts that wait; how many there were.

    Where another process is at it, nothing is done, unless ``patient``. Raises Unavailable.
    """
    async with database.write() as connection:
        if not await hold_inbox(connection, patient=patient):
            return 0
        asked = await take_waiting(connection, AT_ONCE)
        if asked:
            await _gather(connection, asked)
        return len(asked)


async def gather_some(database: Database, batches: int = 2) -> int:
    """Gather what waits, a few batches of it at most, for a reader who wants to see it; how many are left waiting."""
    for _ in range(batches):
        async with database.read() as connection:
            left = await count_waiting(connection)
        if not left:
            return 0
        await gather(database, patient=True)
    async with database.read() as connection:
        return await count_waiting(connection)


async def _gather_all(workplace: Workplace, _payload: bytes) -> None:
    """Gather until nothing waits, or another process is at it; at most half of the time, since who asks comes first."""
    while True:
        started = time.monotonic()
        if await gather(workplace.database, patient=False) < AT_ONCE:
            return
        await asyncio.sleep(time.monotonic() - started)


GATHER_INBOX: Final = JobKind("gather_inbox", _gather_all, every=timedelta(seconds=30), at_once=1)


def wording_key(reading: Reading) -> bytes:
    """What two texts share where one repeats the other, but for what folding takes away and a full stop: 16 bytes.

    Folding takes capitals away, which may tell names apart, and "last year" moves with the day it is said on.
    """
    names = [name.key for name in reading.names]
    days = [(day.earliest, day.latest) for day in reading.dates if day.relative]
    return blake2b(msgspec.json.encode([reading.folded.rstrip(_STOPS), names, days]), digest_size=16).digest()


async def _gather(connection: AsyncConnection, asked: Sequence[Unanswered]) -> None:
    readings = await asyncio.to_thread(lambda: [read(each.text, each.language, each.claimed_at) for each in asked])
    keys = [wording_key(reading) for reading in readings]
    places = await places_of(connection, keys)
    items: dict[UUID, Tally] = {}
    wordings: dict[int, Tally] = {}
    for each, reading, key in zip(asked, readings, keys, strict=True):
        place = places.get(key)
        if place is None:
            places[key] = await _place(connection, each, reading, key)
            continue
        none = Tally(0, each.asked_at, each.asked_at)
        items[place.item] = items.get(place.item, none).more(each.asked_at)
        wordings[place.wording] = wordings.get(place.wording, none).more(each.asked_at)
    await count_items(connection, items)
    await count_wordings(connection, wordings)


async def _place(connection: AsyncConnection, asked: Unanswered, reading: Reading, key: bytes) -> Place:
    """Store a wording that is new, in the item that says the same, or in one of its own."""
    found_by = [term for term, _ in terms_of(reading)]
    known = await alike(connection, found_by, _COMPARED)
    rarity: set[str] = set(reading.content)
    for each in known:
        rarity.update(_reading(each).content)
    corpus = Corpus(*await term_rarity(connection, rarity)) if known else Corpus()
    for item in await asyncio.to_thread(lambda: list(_same(reading, known, corpus))):
        others = await wordings_to_compare(connection, item, _MOST_OF_ONE)
        if not any(compare(reading, _reading(each)).relation is Relation.CONTRADICTS for each in others):
            return await add_wording(connection, asked, key, found_by, item, edition())
    return await add_wording(connection, asked, key, found_by, None, edition())


def _same(reading: Reading, known: Sequence[KnownWording], corpus: Corpus) -> Iterator[UUID]:
    """The items that a text says the same as, the likeliest first."""
    found: list[tuple[float, UUID]] = []
    by_item = sorted(known, key=lambda each: each.item)
    for item, group in groupby(by_item, key=lambda each: each.item):
        wordings = [wording_of(_reading(each)) for each in group]
        judgement = judge([reading], wordings, [Encounter(0, place, None) for place in range(len(wordings))], corpus)
        if judgement.comparison.relation is Relation.EQUIVALENT and judgement.score >= LIKENESS:
            found.append((judgement.score, item))
    found.sort(key=lambda each: (-each[0], each[1]))
    return iter([item for _, item in found])


def _reading(known: KnownWording) -> Reading:
    return read_known(known.text, known.language, known.claimed_at)
