"""Reading from a copy of the database that may lag behind it, where an operation says that this is all right."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection

from service.errors import Unavailable
from service.store.session import Database, PoolState, Readiness

_log = logging.getLogger(__name__)


class Replicated(Database):
    """A database whose ``read`` and ``snapshot`` go to a replica, and to the database itself while that is gone.

    ``each`` and ``write`` are the database's own. Whoever made the two closes them.
    """

    def __init__(self, database: Database, replica: Database) -> None:
        self._database = database
        self._replica = replica

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """See ``Database.read``; what was committed last may not be seen yet."""
        async with _first(self._replica.read, self._database.read) as connection:
            yield connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """See ``Database.snapshot``; what was committed last may not be seen yet."""
        async with _first(self._replica.snapshot, self._database.snapshot) as connection:
            yield connection

    @asynccontextmanager
    async def each(self) -> AsyncIterator[AsyncConnection]:
        """See ``Database.each``."""
        async with self._database.each() as connection:
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """See ``Database.write``."""
        async with self._database.write() as connection:
            yield connection

    async def readiness(self) -> Readiness:
        """See ``Database.readiness``."""
        return await self._database.readiness()

    def pool(self) -> PoolState:
        """See ``Database.pool``: the database's own."""
        return self._database.pool()

    async def close(self) -> None:
        """The connections are somebody else's to close."""


@asynccontextmanager
async def _first(
    wanted: Callable[[], AbstractAsyncContextManager[AsyncConnection]],
    otherwise: Callable[[], AbstractAsyncContextManager[AsyncConnection]],
) -> AsyncIterator[AsyncConnection]:
    async with AsyncExitStack() as stack:
        try:
            connection = await stack.enter_async_context(wanted())
        except Unavailable as error:
            _log.warning("the replica is passed over: %s", error.detail)
            connection = await stack.enter_async_context(otherwise())
        yield connection
