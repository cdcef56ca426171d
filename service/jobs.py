"""Work in the background: what a kind of job is, and a process that does them.

A use case that has something done in the background defines its kind beside the function that does it, queues jobs of
it in the transaction that causes them, and adds it to ``KINDS`` in ``service.background``::

    GREET = JobKind("greet", greet)                                # greet(workplace, payload): awaited once per job
    await enqueue(connection, [GREET.job(b"Ada")])                 # from service.store.jobs
    KINDS = (..., GREET)                                           # in service.background

A job is done at least once, by one worker at a time: on any process over the database that runs workers, again where
the function raised (``attempts`` times, with growing pauses) and where the process died (30 seconds later). So it must
not mind being done twice, or half and then again. It may be cancelled, when its process is to stop and it takes longer
than a few seconds: it is queued again then, and should have kept what it had reached. A job that fails for good is
kept, and listed by ``factcheck jobs list``. CPU-bound work belongs on a thread or in a process: the function runs on
the event loop that answers requests.

``JobKind(..., every=timedelta(hours=1))`` is queued by itself, whenever its time has come, once for all processes; its
times are the database's, and the first comes a period after the first start. ``every`` may be a function of the
settings, and answer None for never. With ``GREET.job(once="Ada")`` nothing is queued while a job of that key waits or
is under way.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

from service.errors import Unavailable
from service.settings import Settings
from service.store.backlog import forget_finished, register_periods, seconds_until_due, take_due
from service.store.jobs import Duty, NewJob, WorkerOptions, enqueue, work
from service.store.session import Database

_LOG: Final = logging.getLogger(__name__)

_LOOK: Final = 60.0
"""The most seconds between two looks for periodic jobs that are due."""

_AGAIN: Final = 5.0
"""Seconds until the next look where the database did not answer."""


@dataclass(frozen=True, slots=True)
class Workplace:
    """What every job has at hand. ``url``: that of ``database``, for what needs a connection of its own."""

    settings: Settings
    database: Database
    url: str


@dataclass(frozen=True, slots=True)
class JobKind:
    """A kind of job. ``name``: stable, since it is stored. ``run``: does one, given its payload; see the module.

    ``every``: the time between two that are queued by themselves, or a function that tells it, None for never.
    ``attempts``: how often one that raises is tried again. ``at_once``: how many are done at the same time by all
    processes together, 0 for no limit.
    """

    name: str
    run: Callable[[Workplace, bytes], Awaitable[None]]
    every: timedelta | Callable[[Settings], timedelta | None] | None = None
    attempts: int = 8
    at_once: int = 0

    def job(self, payload: bytes = b"", *, once: str | None = None, after: timedelta | None = None) -> NewJob:
        """A job of this kind, to be queued; see ``NewJob``, whose ``once`` is shared by all kinds."""
        return NewJob(self.name, payload, None if once is None else f"{self.name} {once}", after)

    def period(self, settings: Settings) -> timedelta | None:
        """The time between two that are queued by themselves."""
        return self.every(settings) if callable(self.every) else self.every


async def do_jobs(workplace: Workplace, kinds: Sequence[JobKind], options: WorkerOptions | None = None) -> None:
    """Do jobs of these kinds, and queue the periodic ones, until cancelled. The database's state never ends it."""
    duties = {kind.name: Duty(partial(kind.run, workplace), kind.attempts, kind.at_once) for kind in kinds}
    periods = {kind.name: period for kind in kinds if (period := kind.period(workplace.settings)) is not None}
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(work(workplace.url, duties, options))
        tasks.create_task(_queue_periodic(workplace.database, periods))


async def queue_due(database: Database, periods: Mapping[str, timedelta]) -> float:
    """Queue a job of each kind that is due; seconds until the next one is. Raises Unavailable."""
    async with database.read() as connection:
        pause = await seconds_until_due(connection, list(periods))
    if pause > 0:
        return pause
    async with database.write() as connection:
        due = await take_due(connection, periods)
        await enqueue(connection, [NewJob(kind, once=kind) for kind in due])
        return await seconds_until_due(connection, list(periods))


async def _queue_periodic(database: Database, periods: Mapping[str, timedelta]) -> None:
    known = False
    while periods:
        try:
            if not known:
                async with database.write() as connection:
                    await register_periods(connection, periods)
                known = True
            pause = await queue_due(database, periods)
        except Unavailable as error:
            _LOG.debug("periodic jobs wait: %s", error.detail)
            pause = _AGAIN
        await asyncio.sleep(min(max(pause, 0.0), _LOOK))


async def _forget_finished(workplace: Workplace, _payload: bytes) -> None:
    async with workplace.database.write() as connection:
        await forget_finished(connection)


QUEUE_UPKEEP: Final = JobKind("queue-upkeep", _forget_finished, every=timedelta(hours=6))
"""The queue's own: its log does not grow for ever."""
