"""Connections to PostgreSQL, and the one place where its errors become ours."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, Final
from weakref import WeakKeyDictionary

import asyncpg
import msgspec
from sqlalchemy import URL, event, make_url, text
from sqlalchemy.exc import DBAPIError, DisconnectionError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from service.errors import Conflict, Unavailable
from service.store.schema import current_revision, head_revision

POOLER: Final = "pooler"
"""Parameter of a database's URL; its only value is ``transaction``."""

_JSON_ENCODER: Final = msgspec.json.Encoder()
_NOT_MIGRATED: Final = "the database is not migrated: run `factcheck migrate`"
_UNDEFINED: Final = frozenset({"42P01", "42703", "3F000"})
"""SQLSTATE of an undefined table, column or schema."""

_UNIQUE_OR_FOREIGN: Final = frozenset({"23505", "23503"})
_GONE: Final = ("08", "57", "25006", "28", "3D", "40001")
"""SQLSTATE prefixes: connection lost, server stopping or statement cancelled, server read-only, wrong credentials, no
such database, a replica that had to cancel."""

_SHORT: Final = "53"
"""SQLSTATE prefix: out of resources."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether requests can be answered; ``detail`` says in a sentence what is missing, or that nothing is."""

    reachable: bool
    migrated: bool
    detail: str

    @property
    def ready(self) -> bool:
        return self.reachable and self.migrated


@dataclass(frozen=True, slots=True)
class _Watch:
    begins: Callable[[str], object]
    ends: Callable[[Any, BaseException | None], None]


_watched: Final[WeakKeyDictionary[Any, _Watch]] = WeakKeyDictionary()
"""By the pool of connections, who wants to hear of the statements that are sent on them."""


@dataclass(frozen=True, slots=True)
class PoolState:
    """How a pool of connections stands: those given out, those open and free, the most there may be, and how many
    callers wait for one.
    """

    used: int
    idle: int
    most: int
    waiting: int


class Database:
    """A pool of connections to one PostgreSQL. Cheap to make: nothing connects before the first use.

    ``url``: ``postgresql://user:password@host:port/database``, with libpq's ``sslmode`` and ``host`` parameters
    understood, and ``pooler=transaction`` where a pooler gives a connection of the server to each transaction.
    ``timeout``: seconds to wait for a free connection, for a new one, and for a statement.
    """

    def __init__(self, url: str, *, pool_size: int = 10, timeout: float = 10.0) -> None:
        self.url = url
        self._engine = _engine(url, pool_size, timeout)
        self._plain = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._frozen = self._engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._snapshots = asyncio.Semaphore(max(1, pool_size // 2))
        # The pool would give a connection that comes back to whoever asks next, past those who wait already.
        self._turns = asyncio.Semaphore(pool_size)
        self._timeout = timeout
        self._size = pool_size
        self._waiting = 0

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection for reading; every statement sees what was committed before it.

        Raises Unavailable when the database cannot be reached or is not migrated.
        """
        async with self._connected(self._plain) as connection:
            yield connection

    @asynccontextmanager
    async def each(self) -> AsyncIterator[AsyncConnection]:
        """A connection for statements that may write, each committed by itself. Raises as ``write`` does."""
        async with self._connected(self._plain) as connection:
            yield connection

    @asynccontextmanager
    async def single(self) -> AsyncIterator[AsyncConnection]:
        """A connection for one statement that writes, committed by itself unless its request writes more.

        Raises as ``write`` does.
        """
        async with self.each() as connection:
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A connection within a transaction, committed when the block ends and rolled back when it raises.

        Raises Conflict when a uniqueness or a reference is broken, Unavailable as in ``read``.
        """
        async with self._connected(self._engine) as connection, connection.begin():
            yield connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """A connection on which every statement sees what was committed before the first one, and nothing later.

        For what takes long: at most half of the pool's connections are given out like this, so that whoever reads
        slowly leaves some to the others. Raises as ``read`` does, and Unavailable when none is to be had in time.
        """
        try:
            await asyncio.wait_for(self._snapshots.acquire(), self._timeout)
        except TimeoutError as error:
            raise Unavailable("as many exports are being read as there may be at once") from error
        try:
            async with self._connected(self._frozen) as connection, connection.begin():
                yield connection
        finally:
            self._snapshots.release()

    async def readiness(self) -> Readiness:
        """Never raises for the state of the database."""
        try:
            async with self.read() as connection:
                found = await current_revision(connection)
        except Unavailable as error:
            return Readiness(reachable=False, migrated=False, detail=error.detail)
        # A newer release may have migrated it already: its migrations leave this one at work, as it does the next.
        if found is None or found < head_revision():
            return Readiness(reachable=True, migrated=False, detail=_NOT_MIGRATED)
        return Readiness(reachable=True, migrated=True, detail="ready")

    def pool(self) -> PoolState:
        """How the pool stands at this moment."""
        pool: Any = self._engine.sync_engine.pool
        return PoolState(pool.checkedout(), pool.checkedin(), self._size, self._waiting)

    def watch_statements(
        self, begins: Callable[[str], object], ends: Callable[[Any, BaseException | None], None]
    ) -> None:
        """Have ``begins`` called with every statement before it is sent, and ``ends`` with what that returned."""
        engine = self._engine.sync_engine
        _watched[engine.pool] = _Watch(begins, ends)

        @event.listens_for(engine, "before_cursor_execute")
        def before(_connection: Any, _cursor: Any, statement: str, _values: Any, execution: Any, _many: bool) -> None:
            execution.watched = begins(statement)

        @event.listens_for(engine, "after_cursor_execute")
        def after(_connection: Any, _cursor: Any, _statement: str, _values: Any, execution: Any, _many: bool) -> None:
            ends(execution.watched, None)

        @event.listens_for(engine, "handle_error")
        def failed(failure: Any) -> None:
            if failure.execution_context is not None:
                ends(getattr(failure.execution_context, "watched", None), failure.original_exception)

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    @asynccontextmanager
    async def _connected(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        self._waiting += 1
        try:
            await self._turn()
        finally:
            self._waiting -= 1
        try:
            try:
                connection = await engine.connect()
            except (
                OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError,
                SQLAlchemyError,
            ) as error:  # fmt: skip
                raise Unavailable(f"the database cannot be reached ({type(error).__name__})") from error
            try:
                with translated_errors():
                    try:
                        yield connection
                    except asyncpg.InternalClientError:
                        # The server said goodbye while nobody was listening, and the driver has lost count: a
                        # connection that still passes for open would be handed out again.
                        await connection.invalidate()
                        raise
            finally:
                await connection.close()
        finally:
            self._turns.release()

    async def _turn(self) -> None:
        """Wait until one of the connections is free, behind those who have asked before."""
        if not self._turns.locked():
            await self._turns.acquire()
            return
        try:
            async with asyncio.timeout(self._timeout):
                await self._turns.acquire()
        except TimeoutError as error:
            raise Unavailable("all connections to the database are in use") from error


def asyncpg_url(url: str) -> URL:
    """The URL as SQLAlchemy and asyncpg want it: the driver named, libpq's ``sslmode`` under asyncpg's name.

    ``pooler`` is left out: it is for this module alone.
    """
    parsed = make_url(url.replace("postgres://", "postgresql://", 1) if url.startswith("postgres://") else url)
    query = dict(parsed.query)
    if "sslmode" in query:
        query["ssl"] = query.pop("sslmode")
    query.pop(POOLER, None)
    return parsed.set(drivername="postgresql+asyncpg", query=query)


def behind_pooler(url: str) -> bool:
    """Whether each transaction may run on another connection of the server than the one before."""
    return make_url(url).query.get(POOLER) == "transaction"


# What is prepared under a name would stay behind on one of the server's connections. asyncpg sends a nameless statement
# again with each execution, in one go that no pooler takes apart.
_NAMELESS: Final = {
    "statement_cache_size": 0,
    "prepared_statement_cache_size": 0,
    "prepared_statement_name_func": str,
}


def _engine(url: str, pool_size: int, timeout: float) -> AsyncEngine:
    pooled = behind_pooler(url)
    engine = create_async_engine(
        asyncpg_url(url),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=timeout,
        pool_use_lifo=True,
        connect_args={"timeout": timeout, "command_timeout": timeout, **(_NAMELESS if pooled else {})},
        json_serializer=lambda value: _JSON_ENCODER.encode(value).decode(),
        json_deserializer=msgspec.json.decode,
        # what an error quotes would end up in the log
        hide_parameters=True,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(dbapi_connection: Any, _record: object) -> None:
        # Compiling a plan takes hundreds of milliseconds, running the short ones here takes two. A pooler forgets it.
        if not pooled:
            dbapi_connection.run_async(lambda connection: connection.execute("SET jit = off"))

    @event.listens_for(engine.sync_engine, "checkout")
    def refuse_closed(dbapi_connection: Any, _record: object, _proxy: object) -> None:
        # asyncpg knows when its socket was closed; asking it costs no round trip, unlike a ping.
        if dbapi_connection.driver_connection.is_closed():
            raise DisconnectionError

    return engine


async def rows(connection: AsyncConnection, statement: str, *values: Any) -> list[Any]:
    """The rows of a statement that is run for every request: by the driver itself, which costs a seventh of what it
    does by way of SQLAlchemy. ``$1`` stands for the first of ``values``; a row is a tuple whose columns have names too.

    In a ``write`` block it belongs to the transaction. Raises what the block that gave the connection translates.
    """
    held: Any = connection.sync_connection
    driver = held.connection.driver_connection
    if held.get_execution_options().get("isolation_level") != "AUTOCOMMIT" and not driver.is_in_transaction():
        # A block that writes begins its transaction with its first statement.
        await connection.execute(text("SELECT 1"))
    watch = _watched.get(connection.sync_engine.pool) if _watched else None
    begun = None if watch is None else watch.begins(statement)
    try:
        found: list[Any] = await driver.fetch(statement, *values)
    except BaseException as error:
        if watch is not None:
            watch.ends(begun, error)
        raise
    if watch is not None:
        watch.ends(begun, None)
    return found


@contextmanager
def translated_errors() -> Iterator[None]:
    """Raises our errors for the driver's, out of a block that talks to the database."""
    try:
        yield
    except TimeoutError as error:
        raise Unavailable("the database took too long to answer") from error
    except DBAPIError as error:
        translated = _translated(error.orig, gone=error.connection_invalidated)
        if translated is None:
            raise
        raise translated from error
    except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, ConnectionError) as error:
        # What the driver says of a closed connection has no SQLSTATE; what it says of bad values is a DataError.
        gone = not isinstance(error, (asyncpg.PostgresError, asyncpg.DataError))
        translated = _translated(error, gone=gone)
        if translated is None:
            raise
        raise translated from error


def _translated(error: BaseException | None, *, gone: bool) -> Exception | None:
    """Our error for the driver's, or None for one that only a defect of ours explains."""
    state = str(getattr(error, "sqlstate", None) or "")
    if state in _UNIQUE_OR_FOREIGN:
        return Conflict("the change contradicts what is stored already")
    if state in _UNDEFINED:
        return Unavailable(_NOT_MIGRATED)
    if state.startswith(_SHORT):
        return Unavailable("the database server is out of disk, memory or connections")
    if gone or state.startswith(_GONE):
        return Unavailable("the connection to the database was lost")
    return None
