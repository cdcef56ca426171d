"""Vectors of phrasings, and finding the nearest: pgvector, one table per model, cosine.

A model's vectors live in a table of their own, so that vectors of two models cannot be compared, and a model leaves
with its table. Vectors are stored in half precision, which at these dimensions changes a cosine by less than .001.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ARRAY, REAL, BigInteger, BindParameter, Integer, Text, TextClause, bindparam, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain import Candidate
from service.errors import NoVectors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_DIMENSION: Final = 4_000
"""The longest vector that pgvector indexes in half precision."""

LINKS: Final = 16
"""HNSW's M: neighbours kept per vector and layer (Malkov and Yashunin 2018, arXiv 1603.09320)."""

BUILD_WIDTH: Final = 128
"""HNSW's efConstruction: how many candidates are weighed for each vector's neighbours."""

SEARCH_WIDTH: Final = 280
"""HNSW's ef: how many candidates a search keeps. With LINKS and BUILD_WIDTH it decides recall and time."""

_UNDEFINED_TABLE: Final = "42P01"


@dataclass(frozen=True, slots=True)
class VectorSpace:
    """The vectors of one registered model. ``whole``: indexed and searchable; until then it is being filled.

    ``yardstick``: what the model's cosines mean, as plain data that is not the store's to understand; None until it was
    measured.
    """

    id: int
    name: str
    digest: str
    dimension: int
    whole: bool
    yardstick: Mapping[str, Any] | None = field(default=None, repr=False, hash=False)

    @property
    def table(self) -> str:
        """Name of the table that holds the vectors."""
        return f"embeddings_{self.id}"

    @property
    def index(self) -> str:
        """Name of the table's HNSW index."""
        return f"embeddings_{self.id}_embedding_idx"


Neighbours = list[tuple[int, float]]
"""Phrasing ids with their cosine in [-1, 1], best first."""


async def nearest(
    connection: AsyncConnection,
    space: VectorSpace,
    vectors: NDArray[np.float32],
    limit: int,
    languages: Sequence[str] | None = None,
    also: Sequence[Sequence[int]] | None = None,
) -> list[Neighbours]:
    """For each row of ``vectors`` (n, dimension), the ``limit`` phrasings with the highest cosine, best first.

    One statement for all of them, approximate by HNSW. ``languages``: only phrasings in one of these, compared by
    primary subtag. ``also``: for each row the ids of further phrasings whose (exact) cosine is wanted, whatever their
    language; those without a vector are left out. Raises NoVectors when the space has been removed meanwhile.
    """
    return await _compare(connection, space, vectors, limit, languages, also)


async def cosines(
    connection: AsyncConnection,
    space: VectorSpace,
    vectors: NDArray[np.float32],
    phrasing_ids: Sequence[Sequence[int]],
) -> list[dict[int, float]]:
    """For each row of ``vectors`` (n, dimension), the exact cosine of each phrasing asked for that has a vector.

    Raises NoVectors when the space has been removed meanwhile.
    """
    return [dict(found) for found in await _compare(connection, space, vectors, 0, None, phrasing_ids)]


async def coverage(connection: AsyncConnection, space: VectorSpace) -> float:
    """The share of stored phrasings that have a vector, in [0, 1]; 1 where there are none.

    Counts them, which takes milliseconds per hundred thousand: not for every check. Raises NoVectors.
    """
    embedded, phrasings = await count_vectors(connection, space)
    return min(1.0, embedded / phrasings) if phrasings else 1.0


async def count_vectors(connection: AsyncConnection, space: VectorSpace) -> tuple[int, int]:
    """How many vectors there are, and how many phrasings. Raises NoVectors."""
    statement = text(f"SELECT (SELECT count(*) FROM {space.table}), phrasings FROM corpus")  # noqa: S608
    try:
        embedded, phrasings = (await connection.execute(statement)).one()
    except DBAPIError as error:
        raise _gone(error, space) from error
    return embedded, phrasings


async def store_vectors(
    connection: AsyncConnection,
    space: VectorSpace,
    phrasings: Sequence[tuple[int, str]],
    vectors: NDArray[np.float32],
) -> int:
    """Store the vectors (n, dimension) of phrasings given by id and text; how many were stored.

    Harmless to repeat. A phrasing that was removed meanwhile is passed over, and so is one whose text is no longer the
    one given: whoever changed it has queued it again. Raises NoVectors.
    """
    if not phrasings:
        return 0
    values = {
        "ids": [key for key, _ in phrasings],
        "digests": [_digest(wording) for _, wording in phrasings],
        "flat": _flat(vectors, len(phrasings), space),
    }
    try:
        result = await connection.execute(_store_statement(space.table, space.dimension), values)
    except DBAPIError as error:
        raise _gone(error, space) from error
    return int(result.rowcount)


async def phrasing_texts(connection: AsyncConnection, ids: Sequence[int]) -> list[tuple[int, str]]:
    """Id and text of the phrasings asked for that exist."""
    return [(key, wording) for key, wording in await connection.execute(_TEXTS, {"ids": list(ids)})]


async def missing_phrasings(
    connection: AsyncConnection, space: VectorSpace, after: int, limit: int
) -> list[tuple[int, str]]:
    """Id and text of the next phrasings without a vector, in the order of their ids, from beyond ``after``.

    Raises NoVectors.
    """
    try:
        rows = await connection.execute(_missing_statement(space.table), {"after": after, "size": limit})
    except DBAPIError as error:
        raise _gone(error, space) from error
    return [(key, wording) for key, wording in rows]


async def candidates_by_id(connection: AsyncConnection, phrasing_ids: Sequence[int]) -> dict[int, Candidate]:
    """The phrasings asked for that exist, as candidates without a retrieval score."""
    if not phrasing_ids:
        return {}
    found: dict[int, Candidate] = {}
    for row in await connection.execute(_CANDIDATES, {"ids": sorted(set(phrasing_ids))}):
        claim_id, phrasing_id, wording, language, claimed_at, folded, profile = row
        found[phrasing_id] = Candidate(claim_id, phrasing_id, wording, language, claimed_at, None, folded, profile)
    return found


async def _compare(
    connection: AsyncConnection,
    space: VectorSpace,
    vectors: NDArray[np.float32],
    limit: int,
    languages: Sequence[str] | None,
    also: Sequence[Sequence[int]] | None,
) -> list[Neighbours]:
    found: list[Neighbours] = [[] for _ in range(len(vectors))]
    if not found:
        return found
    if also is not None and len(also) != len(found):
        raise ValueError(f"{len(found)} vectors, but phrasings for {len(also)}")
    pairs = [(number, key) for number, keys in enumerate(also or (), 1) for key in dict.fromkeys(keys)]
    values: dict[str, Any] = {"flat": _flat(vectors, len(vectors), space), "count": len(vectors)}
    if limit > 0:
        values |= {"size": limit, "width": str(max(limit, SEARCH_WIDTH))}
    if pairs:
        values |= {"owners": [number for number, _ in pairs], "ids": [key for _, key in pairs]}
    if limit > 0 and languages is not None:
        values["languages"] = sorted({tag.lower().partition("-")[0] for tag in languages})
    if limit <= 0 and not pairs:
        return found
    statement = _compare_statement(space.table, space.dimension, limit > 0, bool(pairs), "languages" in values)
    try:
        rows = await connection.execute(statement, values)
    except DBAPIError as error:
        raise _gone(error, space) from error
    for number, phrasing_id, cosine in rows:
        if not math.isnan(cosine):  # a vector of zeros, from a text that says nothing, points nowhere
            found[number - 1].append((phrasing_id, min(1.0, max(-1.0, cosine))))
    return found


def _flat(vectors: NDArray[np.float32], rows: int, space: VectorSpace) -> list[float]:
    """The rows one after another: the server cuts them apart again, which is faster than an array of arrays."""
    if vectors.shape != (rows, space.dimension):
        raise ValueError(f"vectors of shape {vectors.shape} where ({rows}, {space.dimension}) was due")
    flat: list[float] = vectors.ravel().tolist()
    return flat


def _nth(dimension: int) -> str:
    """SQL for the vector ``number``, from 1, of those in ``flat``."""
    return f"CAST((:flat)[(number - 1) * {dimension} + 1 : number * {dimension}] AS halfvec({dimension}))"


def _digest(wording: str) -> str:
    return hashlib.md5(wording.encode(), usedforsecurity=False).hexdigest()


def _gone(error: DBAPIError, space: VectorSpace) -> Exception:
    """NoVectors where the table is not there (any more), the error itself for everything else."""
    if getattr(error.orig, "sqlstate", None) == _UNDEFINED_TABLE:
        return NoVectors(f"the vectors of the model {space.name} have been removed")
    return error


@lru_cache(maxsize=64)
def _compare_statement(table: str, dimension: int, near: bool, given: bool, by_language: bool) -> TextClause:
    """The statement for one combination of what is asked; asyncpg prepares each once per connection.

    The search's width is set within the statement and for it alone, so that it holds behind a pooler, costs no round
    trip and leaks nowhere: pgvector reads it when the index scan starts, which the reference to ``asked.tuned`` keeps
    from happening earlier. Scans go on beyond that width where a language leaves too few (``relaxed_order``).
    """
    tuned = (
        "set_config('hnsw.ef_search', :width, true) || set_config('hnsw.iterative_scan', 'relaxed_order', true)"
        if near
        else "''"
    )
    language = (
        """AND EXISTS (
            SELECT FROM phrasings
            WHERE id = e.phrasing_id AND split_part(lower(language), '-', 1) = ANY (:languages)
        )"""
        if by_language
        else ""
    )
    parts = []
    if near:
        parts.append(f"""
            SELECT asked.number, found.phrasing_id, found.distance FROM asked CROSS JOIN LATERAL (
                SELECT e.phrasing_id, e.embedding <=> asked.vector AS distance FROM {table} AS e
                WHERE asked.tuned IS NOT NULL {language}
                ORDER BY e.embedding <=> asked.vector LIMIT :size
            ) AS found""")  # noqa: S608  # a name of our own making
    if given:
        # LATERAL with a LIMIT: an index lookup for each, whatever the planner thinks of the arrays' sizes.
        parts.append(f"""
            SELECT asked.number, found.phrasing_id, found.embedding <=> asked.vector
            FROM asked
            JOIN unnest(:owners, :ids) AS pair (number, id) ON pair.number = asked.number
            CROSS JOIN LATERAL (
                SELECT phrasing_id, embedding FROM {table} WHERE phrasing_id = pair.id LIMIT 1
            ) AS found""")  # noqa: S608
    together = " UNION ".join(parts)
    binds: list[BindParameter[Any]] = [bindparam("flat", type_=ARRAY(REAL)), bindparam("count", type_=Integer)]
    if near:
        binds += [bindparam("size", type_=Integer), bindparam("width", type_=Text)]
    if given:
        binds += [bindparam("owners", type_=ARRAY(Integer)), bindparam("ids", type_=ARRAY(BigInteger))]
    if by_language:
        binds.append(bindparam("languages", type_=ARRAY(Text)))
    return text(f"""
        WITH tuned AS MATERIALIZED (SELECT {tuned} AS tuned),
        asked AS MATERIALIZED (
            SELECT number, tuned,
                   {_nth(dimension)} AS vector
            FROM tuned CROSS JOIN generate_series(1, :count) AS number
        )
        SELECT number, phrasing_id, 1 - distance AS cosine
        FROM ({together}) AS compared (number, phrasing_id, distance)
        ORDER BY number, distance, phrasing_id
    """).bindparams(*binds)  # noqa: S608


@lru_cache(maxsize=64)
def _store_statement(table: str, dimension: int) -> TextClause:
    # The lock makes a writer who is just changing the text go first or wait: never a vector of the text before.
    return text(f"""
        INSERT INTO {table} (phrasing_id, embedding)
        SELECT p.id, {_nth(dimension)}
        FROM unnest(:ids, :digests) WITH ORDINALITY AS given (id, digest, number)
        JOIN phrasings AS p ON p.id = given.id AND md5(p.text) = given.digest
        ORDER BY p.id
        FOR SHARE OF p
        ON CONFLICT (phrasing_id) DO UPDATE SET embedding = excluded.embedding
    """).bindparams(  # noqa: S608
        bindparam("flat", type_=ARRAY(REAL)),
        bindparam("ids", type_=ARRAY(BigInteger)),
        bindparam("digests", type_=ARRAY(Text)),
    )


@lru_cache(maxsize=64)
def _missing_statement(table: str) -> TextClause:
    return text(f"""
        SELECT p.id, p.text FROM phrasings AS p
        WHERE p.id > :after AND NOT EXISTS (SELECT FROM {table} WHERE phrasing_id = p.id)
        ORDER BY p.id LIMIT :size
    """).bindparams(bindparam("after", type_=BigInteger), bindparam("size", type_=Integer))  # noqa: S608


_TEXTS: Final = text("SELECT id, text FROM phrasings WHERE id = ANY (:ids) ORDER BY id").bindparams(
    bindparam("ids", type_=ARRAY(BigInteger))
)

_CANDIDATES: Final = text("""
    SELECT p.claim_id, p.id, p.text, p.language, c.claimed_at, p.folded, p.profile
    FROM unnest(:ids) AS asked (id)
    CROSS JOIN LATERAL (SELECT * FROM phrasings WHERE id = asked.id LIMIT 1) AS p
    CROSS JOIN LATERAL (SELECT * FROM claims WHERE id = p.claim_id LIMIT 1) AS c
""").bindparams(bindparam("ids", type_=ARRAY(BigInteger)))
