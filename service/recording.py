"""The books of a change: who made it, and what its request was answered, stored with the change or not at all."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from service.errors import KeyInUse, Unavailable
from service.store import audit, idempotency, keys
from service.store.audit import Deed
from service.store.idempotency import Answered, Asked, Reserved, UnderWay
from service.store.session import Database
from service.store.work import UnitOfWork

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What the first request under an idempotency key was answered, to be given to every other one."""

    asked: Asked
    attempt: UUID
    status: int
    headers: Mapping[str, str]
    body: bytes


async def reserve(database: Database, asked: Asked) -> Reserved | UnderWay | Answered:
    """Become the first request under an idempotency key, or learn what came of the first. Raises Unavailable."""
    async with database.each() as connection:
        return await idempotency.reserve(connection, asked)


async def settle(work: UnitOfWork, deed: Deed | None, answer: KeptAnswer | None) -> None:
    """Commit what a request has changed, with its audit row and its answer, all or nothing.

    Raises KeyInUse where the request took so long that another was let in under its idempotency key, Conflict and
    Unavailable.
    """

    async def write(connection: AsyncConnection) -> None:
        if deed is not None:
            await audit.record(connection, deed, datetime.now(UTC))
        if answer is not None and not await idempotency.complete(
            connection, answer.asked, answer.attempt, answer.status, answer.headers, answer.body
        ):
            raise KeyInUse("This took too long: another request under its Idempotency-Key has begun.", 1)

    await work.commit(write if deed is not None or answer is not None else None)


async def release(database: Database, asked: Asked, attempt: UUID) -> None:
    """Let the next request under the idempotency key be the first. Raises Unavailable."""
    async with database.each() as connection:
        await idempotency.release(connection, asked, attempt)


class Upkeep:
    """Removes limits and answers that have had their time, now and then, in each process that serves."""

    def __init__(self, database: Database, every: float = 600.0) -> None:
        """``every``: seconds."""
        self._database = database
        self._every = every
        self._due = monotonic() + every

    async def tidy_when_due(self) -> None:
        """Tidy if it has been long enough. Never raises for the state of the database: there is a next time."""
        if monotonic() < self._due:
            return
        self._due = monotonic() + self._every
        try:
            async with self._database.each() as connection:
                await keys.forget_spent(connection)
                await idempotency.forget_answers(connection)
        except Unavailable as error:
            _log.warning("old limits and answers stay for now: %s", error.detail)
