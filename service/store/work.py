"""All that one request changes, in one transaction that ends when its answer is ready."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection

from service.store.session import Database, Readiness, translated_errors


class _Abandoned(Exception):
    """Ends a transaction without its changes."""


class UnitOfWork(Database):
    """A database as a use case knows it, whose ``write`` blocks share one transaction.

    The first ``write`` begins it, later ones join it by a savepoint each, and ``read`` sees what was written. Nothing
    is committed before ``commit``. For one task at a time; whoever makes one must end it with ``commit`` or
    ``rollback``, which do nothing where nothing was begun.
    """

    def __init__(self, database: Database, *, alone: bool = False) -> None:
        """``alone``: nothing but what the use case writes is to be committed."""
        self._database = database
        self._alone = alone
        self.url = database.url
        self._open: AsyncExitStack | None = None
        self._connection: AsyncConnection | None = None

    @property
    def begun(self) -> bool:
        """Whether there is anything to commit."""
        return self._connection is not None

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """See ``Database.read``."""
        if self._connection is not None:
            with translated_errors():
                yield self._connection
            return
        async with self._database.read() as connection:
            yield connection

    @asynccontextmanager
    async def each(self) -> AsyncIterator[AsyncConnection]:
        """See ``Database.each``: what is done here is outside the transaction."""
        async with self._database.each() as connection:
            yield connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """See ``Database.snapshot``: what was written in the transaction is not in it."""
        async with self._database.snapshot() as connection:
            yield connection

    @asynccontextmanager
    async def single(self) -> AsyncIterator[AsyncConnection]:
        """See ``Database.single``: a part of the transaction where there is one, or is to be one."""
        async with self.each() if self._alone and self._connection is None else self.write() as connection:
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """See ``Database.write``; the changes of a block that raises are undone, those of earlier blocks stay."""
        if self._connection is not None:
            with translated_errors():
                async with self._connection.begin_nested():
                    yield self._connection
            return
        self._open = AsyncExitStack()
        self._connection = await self._open.enter_async_context(self._database.write())
        try:
            yield self._connection
        except BaseException as error:
            await self._end(error)
            raise

    async def commit(self, last: Callable[[AsyncConnection], Awaitable[None]] | None = None) -> None:
        """Make everything lasting, together with what ``last`` changes; nothing of it where ``last`` raises.

        Raises as ``Database.write`` does. Begins a transaction for ``last`` where there is none.
        """
        if self._connection is None:
            if last is not None:
                async with self._database.write() as connection:
                    await last(connection)
            return
        if last is not None:
            try:
                await last(self._connection)
            except BaseException as error:
                await self._end(error)
                raise
        opened, self._open, self._connection = self._open, None, None
        if opened is not None:
            await opened.aclose()

    async def rollback(self) -> None:
        """Undo everything."""
        if self._connection is not None:
            await self._end(_Abandoned())

    async def readiness(self) -> Readiness:
        """See ``Database.readiness``."""
        return await self._database.readiness()

    async def close(self) -> None:
        """The connections are somebody else's to close."""

    async def _end(self, error: BaseException) -> None:
        """Leave the transaction as ``error`` does; raises what the database makes of it, where that is another."""
        opened, self._open, self._connection = self._open, None, None
        if opened is not None:
            await opened.__aexit__(type(error), error, error.__traceback__)
