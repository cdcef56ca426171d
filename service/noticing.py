"""Noticing in the background what became of answers: which watches a change concerns, asking again, telling.

Two steps, each a transaction that takes out what it has done: changes of claims mark the subjects they may concern;
subjects that are due are asked again, by the same check that answered first, and where what is said has changed, an
event is stored and queued for each endpoint. Any number of processes may work at it.

An import that changes very many claims marks a subject once: asking again sees all that changed until then, and no
subject is asked more often than every ``REST``.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid6 import uuid7

from service.checking import check_claims
from service.domain import CheckOptions, RetrievalKind
from service.errors import Unavailable
from service.indexing import Semantics
from service.intake import MAX_MATCHES
from service.jobs import JobKind, Workplace
from service.store.claims import get_claims
from service.store.deliveries import NewDelivery, insert_deliveries
from service.store.session import Database
from service.store.watch_changes import (
    NewEvent,
    Outcome,
    anything_to_notice,
    concerned,
    count_changes,
    drop_changes,
    forget_old,
    insert_events,
    mark_due,
    mark_stale,
    number_events,
    store_outcomes,
    take_changes,
    take_due,
)
from service.store.watches import live_subjects
from service.store.webhooks import endpoints_for
from service.store.work import UnitOfWork
from service.watches import Difference, EventKind, Snapshot, Subject, difference, snapshot_of, snapshot_of_claim
from service.watching import shown_claims

REST: Final = timedelta(seconds=10)
"""The least time between two askings for one subject."""

STALE: Final = timedelta(days=1)
"""A subject is asked again after so long though nothing seems to concern it: what is found by meaning alone, or changes
with the calendar, comes to light then.
"""

KEPT: Final = timedelta(days=30)
"""For how long events and expired watches are kept."""

MAX_PAYLOAD: Final = 65_536
"""Bytes of an event."""

STORM: Final = 1_000
"""From so many changes on that wait to be looked at, everything under watch is asked again, once for all of them: that
takes less than to find out what they concern, which is most of it.
"""

_CHANGES_AT_ONCE: Final = 500
_SUBJECTS_AT_ONCE: Final = 16
_UNTIL_EMBEDDED: Final = timedelta(seconds=60)
_AFTER_DEFECT: Final = timedelta(hours=1)
_MOST_TOLD: Final = 20
_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Told:
    """A change to be told of."""

    subject: Subject
    after: Snapshot
    what: Difference


async def mark_concerned(database: Database, storm: int = STORM) -> bool:
    """Mark the subjects that some changes of claims may concern; whether there was a change. Raises Unavailable.

    ``storm``: how many waiting changes are taken to concern everything.
    """
    now = datetime.now(UTC)
    async with database.write() as connection:
        if await count_changes(connection, storm) == storm:
            await drop_changes(connection)
            await mark_due(connection, await live_subjects(connection, now), now, REST)
            return True
        changed = await take_changes(connection, _CHANGES_AT_ONCE)
        if not changed.ids:
            return False
        await mark_due(connection, await concerned(connection, changed), now, REST)
        return True


async def ask_again(database: Database, semantics: Semantics | None = None) -> bool:
    """Ask again for some of the subjects that are due, and tell what changed; whether any was. Raises Unavailable."""
    work = UnitOfWork(database)
    try:
        now = datetime.now(UTC)
        async with work.write() as connection:
            subjects = await take_due(connection, now, _SUBJECTS_AT_ONCE)
            outcomes = [
                *await _check_again(work, [each for each in subjects if each.asked is not None], semantics, now),
                *await _read_again(connection, [each for each in subjects if each.asked is None]),
            ]
            found = [(each, difference(each.subject.snapshot, each.snapshot)) for each in outcomes]
            told = [Told(each.subject, each.snapshot, what) for each, what in found if what]
            # What was told last stays where nothing is told: that is what the next event begins with.
            kept = [each if what else replace(each, snapshot=each.subject.snapshot) for each, what in found]
            await store_outcomes(connection, kept, now)
            await _tell(connection, told, now)
        await work.commit()
        return bool(subjects)
    finally:
        await work.rollback()


async def keep_fresh(database: Database, now: datetime | None = None) -> None:
    """Have stale subjects asked again, and forget what is old. Raises Unavailable."""
    now = now or datetime.now(UTC)
    async with database.write() as connection:
        await mark_stale(connection, now - STALE, now)
        await forget_old(connection, now - KEPT)


async def _check_again(
    database: Database, subjects: Sequence[Subject], semantics: Semantics | None, now: datetime
) -> list[Outcome]:
    alike: dict[CheckOptions, list[Subject]] = defaultdict(list)
    for subject in subjects:
        # All that matches is looked at, so that a claim which is one place further down has not gone.
        alike[replace(subject.options, max_matches=MAX_MATCHES)].append(subject)
    outcomes = []
    for options, group in alike.items():
        claims = [subject.asked for subject in group if subject.asked is not None]
        try:
            check = await check_claims(database, claims, options, record=False, semantics=semantics)
        except Unavailable:
            raise
        except Exception:
            # A text that cannot be checked must not keep the others from being asked for.
            if len(group) > 1:
                for subject in group:
                    outcomes += await _check_again(database, [subject], semantics, now)
                continue
            _LOG.exception("a text under watch %s cannot be checked", group[0].watch.id)
            outcomes.append(_unchanged(group[0], now + _AFTER_DEFECT))
            continue
        by_meaning = RetrievalKind.SEMANTIC in check.engine.retrieval
        covered = check.engine.semantic_coverage
        for subject, result in zip(group, check.results, strict=True):
            snapshot = snapshot_of(result, MAX_MATCHES, by_meaning=by_meaning)
            if semantics is not None and subject.snapshot.by_meaning and not by_meaning:
                # The vectors are out of reach for now: less is found than there is, and nothing follows from that.
                outcomes.append(_unchanged(subject, now + _UNTIL_EMBEDDED))
            else:
                again_at = now + _UNTIL_EMBEDDED if covered is not None and covered < 1 else None
                outcomes.append(Outcome(subject, snapshot, None, shown_claims(result), again_at))
    return outcomes


def _unchanged(subject: Subject, again_at: datetime) -> Outcome:
    return Outcome(subject, subject.snapshot, None, subject.claim_ids, again_at)


async def _read_again(connection: AsyncConnection, subjects: Sequence[Subject]) -> list[Outcome]:
    """The claims themselves; one that was merged is followed to where it went."""
    found = await get_claims(connection, sorted({subject.claim_id for subject in subjects if subject.claim_id}))
    into = {claim.merged_into for claim in found.values() if claim.merged_into}
    found |= await get_claims(connection, sorted(into))
    outcomes = []
    for subject in subjects:
        assert subject.claim_id is not None  # noqa: S101  # what is not a text is a claim
        claim = found[subject.claim_id]
        claim = found[claim.merged_into] if claim.merged_into else claim
        outcomes.append(Outcome(subject, snapshot_of_claim(claim), claim.id, (claim.id,)))
    return outcomes


async def _tell(connection: AsyncConnection, told: Sequence[Told], now: datetime) -> None:
    if not told:
        return
    watches = {each.subject.watch.id: each.subject.watch for each in told}
    numbers = await number_events(connection, dict(Counter(each.subject.watch.id for each in told)))
    events = []
    for each in sorted(told, key=lambda each: (str(each.subject.watch.id), each.subject.place)):
        watch = each.subject.watch
        numbers[watch.id] += 1
        kind = EventKind.CLAIM_CHANGED if each.subject.asked is None else EventKind.ANSWER_CHANGED
        event_id = UUID(bytes=uuid7().bytes)
        body = event_body(event_id, kind, each, numbers[watch.id], now)
        events.append(NewEvent(event_id, watch.id, numbers[watch.id], kind, each.subject.id, now, body))
    await insert_events(connection, events)
    endpoints = await endpoints_for(connection, sorted({watch.key_id for watch in watches.values()}, key=str))
    await insert_deliveries(
        connection,
        [
            NewDelivery(endpoint, event.id, event.lane)
            for event in events
            for endpoint in endpoints[watches[event.watch_id].key_id]
        ],
        now,
    )


def event_body(event_id: UUID, kind: EventKind, told: Told, number: int, now: datetime) -> str:
    """The event as it is stored, signed and sent: at most ``MAX_PAYLOAD`` bytes.

    One that would be longer shows only the claims that it is about, without their sources, and says so.
    """
    body = _encoded(event_id, kind, told, number, now, told.subject.snapshot, told.after, abridged=False)
    if len(body) > MAX_PAYLOAD:
        before, after = (_abridged(each, told.what) for each in (told.subject.snapshot, told.after))
        body = _encoded(event_id, kind, told, number, now, before, after, abridged=True)
    return body.decode()


def _encoded(
    event_id: UUID,
    kind: EventKind,
    told: Told,
    number: int,
    now: datetime,
    before: Snapshot,
    after: Snapshot,
    *,
    abridged: bool,
) -> bytes:
    watch = told.subject.watch
    asked = told.subject.asked
    event: dict[str, Any] = {
        "id": event_id,
        "type": kind,
        "timestamp": now,
        "data": {
            "watch_id": watch.id,
            "number": number,
            "ref": watch.ref,
            "check_id": watch.check_id,
            "claim_id": watch.claim_id,
            "asked": asked and {"ref": asked.ref, "text": asked.text, "language": asked.language},
            "changed": told.what.parts,
            "before": _shown_snapshot(before),
            "after": _shown_snapshot(after),
            "abridged": abridged,
        },
    }
    return msgspec.json.encode(event)


def _shown_snapshot(snapshot: Snapshot) -> dict[str, Any]:
    return {"status": snapshot.status, "reason": snapshot.reason, "claims": snapshot.claims}


def _abridged(snapshot: Snapshot, what: Difference) -> Snapshot:
    concerned = [claim for claim in snapshot.claims if claim.claim_id in what.claim_ids]
    return replace(snapshot, claims=tuple(replace(claim, sources=()) for claim in concerned[:_MOST_TOLD]))


async def keep_noticing(database: Database, semantics: Semantics | None, pause: float = 1.0) -> None:
    """Notice whatever changes, until cancelled. ``pause``: seconds between two looks. Nothing else ends it.

    No job of the queue: what is to be done is in tables already, in the transaction that caused it.
    """
    while True:
        try:
            async with database.read() as connection:
                busy = await anything_to_notice(connection, datetime.now(UTC))
            while busy:
                marked = await mark_concerned(database)
                busy = await ask_again(database, semantics) or marked
        except Unavailable as error:
            _LOG.debug("watches wait: %s", error.detail)
        except Exception:
            _LOG.exception("watches wait")
        await asyncio.sleep(pause)


async def _keep_fresh(workplace: Workplace, _payload: bytes) -> None:
    await keep_fresh(workplace.database)


WATCH_UPKEEP: Final = JobKind("watch-upkeep", _keep_fresh, every=timedelta(hours=1))
"""Has stale answers asked for again, and forgets what is old."""
