"""The embedding models whose vectors the database keeps, and the tables that hold them.

A model is registered when it is first used: that takes pgvector, which a migration must not ask for. It is ``building``
until every phrasing has a vector and the index over them stands, then ``active``. Several can be active: each process
searches the vectors of the model that it has loaded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg
import msgspec
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from service.errors import NoVectors, Unavailable
from service.store.jobs import NewJob, drop_jobs, enqueue, waiting_jobs
from service.store.session import Database
from service.store.tables import embedding_models
from service.store.vectors import BUILD_WIDTH, LINKS, MAX_DIMENSION, VectorSpace

OLDEST: Final = (0, 8)
"""The oldest usable pgvector: halfvec came with 0.7, searches that go on where a filter leaves too few with 0.8."""

_KEYS: Final = 1_178_944_321
"""First key of the advisory locks here, the second being a model's id: any number that nobody else would take."""

_MEASURING_KEYS: Final = 1_178_944_322
"""First key of the locks on a model's yardstick, which is measured beside whatever else is done."""

_REGISTERING: Final = 0
"""Second key while a model is being registered."""

_BUILD_TIME: Final = 24 * 3600.0
"""Seconds that building an index may take."""

_BUILD_MEMORY: Final = (64, 2_048)
"""Megabytes: the least and the most to give to building an index."""


_PHRASINGS_PER_JOB: Final = 128
"""How many phrasings one job embeds at most: seconds of work, so that little is done again after a crash."""


@dataclass(frozen=True, slots=True)
class ModelState:
    """A registered model. ``used_at``: when a process that has it loaded last said so; ``size``: bytes on disk;
    ``waiting``: jobs that are still to embed something.
    """

    space: VectorSpace
    vectors: int
    waiting: int
    size: int
    created_at: datetime
    used_at: datetime | None


async def find_space(connection: AsyncConnection, digest: str) -> VectorSpace | None:
    """The vectors of the model with this digest, whole or not; None when it was never registered."""
    row = (await connection.execute(_SPACES.where(embedding_models.c.digest == digest))).one_or_none()
    return None if row is None else _space(row)


async def active_model(connection: AsyncConnection, digest: str) -> VectorSpace | None:
    """The vectors of the model with this digest where they can be searched: indexed, and whole but for news."""
    space = await find_space(connection, digest)
    return space if space is not None and space.whole else None


async def spaces(connection: AsyncConnection) -> list[VectorSpace]:
    """Every registered model."""
    return [_space(row) for row in await connection.execute(_SPACES.order_by(embedding_models.c.id))]


async def register_model(database: Database, name: str, digest: str, dimension: int) -> VectorSpace:
    """The vectors of this model, empty where it was not known; pgvector is enabled where that was not done.

    Raises NoVectors, with a sentence saying what to do, where the database cannot keep vectors.
    """
    if not 1 <= dimension <= MAX_DIMENSION:
        raise NoVectors(f"the model {name} makes vectors of {dimension} numbers, and pgvector indexes {MAX_DIMENSION}")
    async with database.read() as connection:
        known = await find_space(connection, digest)
    if known is not None:
        return known
    await enable_vectors(database)
    try:
        async with database.write() as connection:
            return await _create(connection, name, digest, dimension)
    except DBAPIError as error:
        raise NoVectors(f"the database refuses a table for vectors: {_said(error)}") from error


async def enable_vectors(database: Database) -> None:
    """Make sure that pgvector is there, as new as it must be. Raises NoVectors, saying what to do, where it is not."""
    async with database.read() as connection:
        found = await vector_version(connection)
    if found is None:
        try:
            async with database.write() as connection:
                await _lock(connection, _REGISTERING)
                await connection.execute(text("CREATE EXTENSION IF NOT EXISTS vector"))
                found = await vector_version(connection)
        except DBAPIError as error:
            raise NoVectors(
                f"the database has no pgvector ({_said(error)}): install it on the server, and let an administrator "
                "run `CREATE EXTENSION vector` in this database"
            ) from error
    if _version(found) < OLDEST:
        needed = ".".join(map(str, OLDEST))
        raise NoVectors(
            f"the database has pgvector {found}, and {needed} is needed: update it on the server, and let an "
            "administrator run `ALTER EXTENSION vector UPDATE` in this database"
        )


async def vector_version(connection: AsyncConnection) -> str | None:
    """The version of pgvector that is enabled in the database, or None."""
    found: str | None = await connection.scalar(text("SELECT extversion FROM pg_extension WHERE extname = 'vector'"))
    return found


async def model_states(connection: AsyncConnection) -> list[ModelState]:
    """Every registered model with what it holds, oldest first. Counts the vectors."""
    found = []
    rows = (await connection.execute(select(embedding_models).order_by(embedding_models.c.id))).all()
    for row in rows:
        space = _space(row)
        counted = await connection.execute(
            text(f"SELECT count(*), pg_total_relation_size('{space.table}') FROM {space.table}")  # noqa: S608
        )
        vectors, size = counted.one()
        waiting = await waiting_jobs(connection, job_kind(space))
        found.append(ModelState(space, vectors, waiting, size, row.created_at, row.used_at))
    return found


def job_kind(space: VectorSpace) -> str:
    """The kind of the jobs that embed phrasings for this model: only a process that has it loaded can do them."""
    return f"embed_{space.id}"


async def queue_embedding(connection: AsyncConnection, phrasing_ids: Sequence[int]) -> None:
    """Have phrasings embedded that this transaction has stored or changed, for every registered model.

    To be called after they were written: whoever registers a model waits for such writers, so that each phrasing is
    found either by the one or by the other.
    """
    known = await spaces(connection)
    pages = [phrasing_ids[at : at + _PHRASINGS_PER_JOB] for at in range(0, len(phrasing_ids), _PHRASINGS_PER_JOB)]
    await enqueue(
        connection, [NewJob(job_kind(space), msgspec.json.encode(list(page))) for space in known for page in pages]
    )


def read_job(payload: bytes) -> list[int]:
    """The ids of the phrasings that a job is to embed."""
    return msgspec.json.decode(payload, type=list[int])


async def mark_used(connection: AsyncConnection, space: VectorSpace) -> bool:
    """Say that a process has this model loaded; False when the model has been removed."""
    statement = update(embedding_models).where(embedding_models.c.id == space.id).values(used_at=func.now())
    return (await connection.execute(statement)).rowcount > 0


async def try_to_fill(connection: AsyncConnection, space: VectorSpace) -> bool:
    """Become, until this transaction ends, the only one who goes through what has no vector; False if another is."""
    return await _try_lock(connection, _KEYS, space)


async def try_to_measure(connection: AsyncConnection, space: VectorSpace) -> bool:
    """Become, until this transaction ends, the only one who measures this model; False if another is."""
    return await _try_lock(connection, _MEASURING_KEYS, space)


async def keep_yardstick(connection: AsyncConnection, space: VectorSpace, yardstick: Mapping[str, Any]) -> None:
    """Store what the model's cosines mean, in place of what was stored before. ``yardstick``: as JSON takes it."""
    statement = update(embedding_models).where(embedding_models.c.id == space.id)
    await connection.execute(statement.values(yardstick=dict(yardstick)))


async def build_index(connection: AsyncConnection, space: VectorSpace) -> bool:
    """Index the vectors, without keeping anybody from reading or writing them; False while another process does.

    ``connection`` outside of a transaction. Takes minutes where there are hundreds of thousands. Safe to repeat: an
    index that an earlier process left unfinished is made anew. Raises Unavailable when it cannot be built.
    """
    state = await connection.scalar(_INDEX_STATE, {"table": space.table, "index": space.index})
    if state == "valid":
        return True
    if state == "building":
        return False
    driver: Any = (await connection.get_raw_connection()).driver_connection
    vectors = await connection.scalar(text(f"SELECT count(*) FROM {space.table}"))  # noqa: S608
    # The graph is built in memory as far as that goes, and much slower beyond; in one process, since the shared memory
    # that several need is what containers are short of, and checks want the other processors.
    least, most = _BUILD_MEMORY
    megabytes = max(least, min(most, int(vectors or 0) * (2 * space.dimension + 1_000) * 3 // 2 // 1_000_000))
    try:
        for setting in (f"maintenance_work_mem = '{megabytes}MB'", "max_parallel_maintenance_workers = 0"):
            await driver.execute(f"SET {setting}")
        await driver.execute("SET statement_timeout = 0")
        await driver.execute(f"DROP INDEX IF EXISTS {space.index}")
        await driver.execute(
            f"CREATE INDEX CONCURRENTLY {space.index} ON {space.table} USING hnsw (embedding halfvec_cosine_ops) "
            f"WITH (m = {LINKS}, ef_construction = {BUILD_WIDTH})",
            timeout=_BUILD_TIME,
        )
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise Unavailable(f"the vectors of {space.name} could not be indexed: {error}") from error
    finally:
        if not driver.is_closed():
            for setting in ("maintenance_work_mem", "max_parallel_maintenance_workers", "statement_timeout"):
                await driver.execute(f"RESET {setting}")
    return True


async def indexed_so_far(connection: AsyncConnection, space: VectorSpace) -> int:
    """How many vectors the index that is being built holds by now; 0 when none is."""
    found = await connection.scalar(
        text("SELECT tuples_done FROM pg_stat_progress_create_index WHERE relid = to_regclass(:table)"),
        {"table": space.table},
    )
    return int(found or 0)


async def activate(connection: AsyncConnection, space: VectorSpace) -> None:
    """Let the vectors be searched."""
    await connection.execute(update(embedding_models).where(embedding_models.c.id == space.id).values(state="active"))


async def remove_model(connection: AsyncConnection, space: VectorSpace) -> None:
    """Forget the model, its vectors, and the jobs that would add to them."""
    await drop_jobs(connection, job_kind(space))
    await connection.execute(delete(embedding_models).where(embedding_models.c.id == space.id))
    await connection.execute(text(f"DROP TABLE IF EXISTS {space.table}"))


async def _create(connection: AsyncConnection, name: str, digest: str, dimension: int) -> VectorSpace:
    await _lock(connection, _REGISTERING)
    known = await find_space(connection, digest)
    if known is not None:
        return known
    statement = insert(embedding_models).values(
        name=name, digest=digest, dimension=dimension, state="building", created_at=func.now()
    )
    key = await connection.scalar(statement.returning(embedding_models.c.id))
    space = VectorSpace(int(key or 0), name, digest, dimension, whole=False)
    # The reference waits for writers of phrasings, and those behind it wait too: rather give up soon.
    await connection.execute(text("SET LOCAL lock_timeout = '5s'"))
    await connection.execute(
        text(f"""
            CREATE TABLE {space.table} (
                phrasing_id bigint PRIMARY KEY REFERENCES phrasings (id) ON DELETE CASCADE,
                embedding halfvec({dimension}) NOT NULL
            )
        """)
    )
    # Compressing them gains nothing, and a row fits its page: no vector is worth a second look-up.
    await connection.execute(text(f"ALTER TABLE {space.table} ALTER COLUMN embedding SET STORAGE PLAIN"))
    return space


async def _lock(connection: AsyncConnection, second: int) -> None:
    await connection.execute(text("SELECT pg_advisory_xact_lock(:first, :second)"), {"first": _KEYS, "second": second})


async def _try_lock(connection: AsyncConnection, first: int, space: VectorSpace) -> bool:
    locked = await connection.scalar(
        text("SELECT pg_try_advisory_xact_lock(:first, :second)"), {"first": first, "second": space.id}
    )
    return bool(locked)


def _space(row: Any) -> VectorSpace:
    return VectorSpace(row.id, row.name, row.digest, row.dimension, row.state == "active", row.yardstick)


def _version(found: str | None) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", found or "")[:2])


def _said(error: DBAPIError) -> str:
    return str(getattr(error.orig, "__cause__", None) or error.orig).splitlines()[0]


_SPACES: Final = select(
    embedding_models.c.id,
    embedding_models.c.name,
    embedding_models.c.digest,
    embedding_models.c.dimension,
    embedding_models.c.state,
    embedding_models.c.yardstick,
)

_INDEX_STATE: Final = text("""
    SELECT CASE
        WHEN EXISTS (
            SELECT FROM pg_index WHERE indexrelid = to_regclass(:index) AND indisvalid
        ) THEN 'valid'
        WHEN EXISTS (
            SELECT FROM pg_stat_progress_create_index WHERE relid = to_regclass(:table)
        ) THEN 'building'
        ELSE 'none'
    END
""")
