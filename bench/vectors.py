"""Time and recall of the search by meaning, beside an exact scan by PostgreSQL and by numpy in the same run.

``python bench/vectors.py --model FOLDER --texts FILE [--queries FILE] [--rows 200000] [--embed 20000] [--json]``

FILE holds JSON lines with a ``text``, gzipped or not. ``--embed`` of the texts are embedded, others up to ``--rows``
are made from those: a vector with some of another and some noise, as claims of one subject lie near each other.
Queries are embedded from ``--queries``, or else from texts that were left out. Everything is in a database of this
run's own, in the embedded PostgreSQL and dropped at the end. Nothing is sent. A machine is fast or slow, and its
neighbours busy or not: what travels are recall, size and the ratios within one run.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text

from service.domain import ClaimDraft, IndexedPhrasing, Verdict
from service.embedding.embedder import Embedder, open_embedder
from service.embedding.model import TextKind
from service.indexing import PAGE, register_embedder
from service.store import vectors as search
from service.store.claims import NewClaim, insert_claims
from service.store.embedded import embedded_postgres
from service.store.models import activate, build_index, model_states
from service.store.schema import migrate
from service.store.scratch import create_scratch, drop_scratch, scratch_url, settle
from service.store.session import Database
from service.store.vectors import VectorSpace, cosines, coverage, nearest, store_vectors

LIMIT: Final = 50
WIDTHS: Final = (100, 150, 200, 240, 280, 320, 400)
Vectors = NDArray[np.float32]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--texts", type=Path, required=True)
    parser.add_argument("--queries", type=Path)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--embed", type=int, default=20_000)
    parser.add_argument("--count", type=int, default=150, help="how many queries")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, embedded_postgres(Path(folder)) as url:
        figures = asyncio.run(measure(chosen, url))
    if chosen.json:
        print(json.dumps(figures, indent=2))
        return
    for name, figure in figures.items():
        print(f"{name:<44} {figure}")


async def measure(chosen: argparse.Namespace, url: str) -> dict[str, Any]:
    """Everything, in one database."""
    texts = read_texts(chosen.texts)
    random.Random(7).shuffle(texts)
    asked = read_texts(chosen.queries)[: chosen.count] if chosen.queries else texts[-chosen.count :]
    embedder = open_embedder(chosen.model, threads=chosen.threads)
    scratch = scratch_url(url)
    await create_scratch(url, scratch)
    await migrate(scratch)
    database = Database(scratch, timeout=600)
    figures: dict[str, Any] = {"rows": chosen.rows, "embedded": min(chosen.embed, chosen.rows)}
    try:
        began = time.perf_counter()
        real = await embedder.embed(texts[: figures["embedded"]], TextKind.PASSAGE)
        figures["texts embedded per second"] = round(len(real) / (time.perf_counter() - began), 1)
        queries = await embedder.embed(asked, TextKind.QUERY)
        vectors = spread(real, chosen.rows)
        space = await fill(database, embedder, vectors, figures)
        await settle(database)
        async with database.read() as connection:
            figures |= await compare(connection, space, vectors, queries)
    finally:
        await embedder.close()
        await database.close()
        await drop_scratch(url, scratch)
    return figures


def read_texts(path: Path) -> list[str]:
    """The distinct texts of a file."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        return list(dict.fromkeys(json.loads(line)["text"] for line in file if line.strip()))


def spread(real: Vectors, rows: int) -> Vectors:
    """The vectors, and others near them, (rows, dimension)."""
    source = np.random.default_rng(3)
    parts = [real]
    while (missing := rows - sum(map(len, parts))) > 0:
        count = min(missing, len(real))
        chosen, others = source.permutation(len(real))[:count], source.integers(0, len(real), count)
        noise = source.normal(size=(count, real.shape[1])).astype(np.float32)
        noise /= np.linalg.norm(noise, axis=1, keepdims=True)
        mixed = real[chosen] + 0.45 * noise + 0.35 * real[others]
        parts.append((mixed / np.linalg.norm(mixed, axis=1, keepdims=True)).astype(np.float32))
    return np.concatenate(parts)


async def fill(database: Database, embedder: Embedder, vectors: Vectors, figures: dict[str, Any]) -> VectorSpace:
    """Store a phrasing for each vector, and the vectors; index them."""
    now = datetime.now(UTC)
    for start in range(0, len(vectors), 2_000):
        numbers = range(start, min(start + 2_000, len(vectors)))
        new = [
            NewClaim(
                ClaimDraft(text=f"Claim number {number}", language="en"),
                Verdict.UNPROVEN,
                [IndexedPhrasing(f"Claim number {number}", "en", f"claim number {number}", ())],
            )
            for number in numbers
        ]
        async with database.write() as connection:
            await insert_claims(connection, new, now)
    space = await register_embedder(database, embedder)
    async with database.read() as connection:
        known = [(key, wording) for key, wording in await connection.execute(text("SELECT id, text FROM phrasings"))]
    known.sort()
    began = time.perf_counter()
    for start in range(0, len(known), PAGE):
        async with database.write() as connection:
            await store_vectors(connection, space, known[start : start + PAGE], vectors[start : start + PAGE])
    figures["storing, ms per vector"] = round((time.perf_counter() - began) / len(known) * 1e3, 3)
    began = time.perf_counter()
    async with database.read() as connection:
        await build_index(connection, space)
    figures["building the index, s"] = round(time.perf_counter() - began, 1)
    async with database.write() as connection:
        await activate(connection, space)
    async with database.read() as connection:
        (state,) = await model_states(connection)
    figures["on disk, MB"] = round(state.size / 1e6, 1)
    return space


async def compare(connection: Any, space: VectorSpace, vectors: Vectors, queries: Vectors) -> dict[str, Any]:
    """Recall of each width against an exact search, and times; ids count from 1 in the order of ``vectors``."""
    figures: dict[str, Any] = {}
    exact: list[set[int]] = []
    times = []
    for query in queries:
        began = time.perf_counter()
        best = np.argpartition(-(vectors @ query), LIMIT)[:LIMIT]
        times.append(time.perf_counter() - began)
        exact.append({int(place) + 1 for place in best})
    by_numpy = statistics.median(times)
    figures["numpy over everything, p50 ms"] = round(by_numpy * 1e3, 2)

    async def near(query: Vectors) -> None:
        await nearest(connection, space, query[None], LIMIT)

    default = search.SEARCH_WIDTH
    for width in sorted({*WIDTHS, default}):
        search.SEARCH_WIDTH = width  # type: ignore[misc]
        found = [(await nearest(connection, space, query[None], LIMIT))[0] for query in queries]
        p50, p99 = await timed(near, queries)
        recall = statistics.mean(len({key for key, _ in a} & b) / LIMIT for a, b in zip(found, exact, strict=True))
        name = f"width {width}{' (default)' if width == default else ''}"
        figures[name] = f"recall@{LIMIT} {recall:.4f}, p50 {p50:.2f} ms, p99 {p99:.2f} ms"
        if width == default:
            figures["numpy / default"] = round(by_numpy * 1e3 / p50, 1)
    search.SEARCH_WIDTH = default  # type: ignore[misc]
    source = np.random.default_rng(5)
    ids = [[int(key) for key in source.integers(1, len(vectors), 60)] for _ in queries]

    async def given(place: int) -> None:
        await cosines(connection, space, queries[place][None], [ids[place]])

    async def both(place: int) -> None:
        await nearest(connection, space, queries[place][None], LIMIT, also=[ids[place]])

    async def share(_place: int) -> None:
        await coverage(connection, space)

    places = range(len(queries))
    figures["cosines of 60 given, p50 ms"] = (await timed(given, places))[0]
    figures["nearest and 60 given, p50 ms"] = (await timed(both, places))[0]
    figures["coverage, p50 ms"] = (await timed(share, places[:20]))[0]
    await connection.execute(text("SET enable_indexscan = off"))
    figures["exact scan by PostgreSQL, p50 ms"] = (await timed(near, queries[:20]))[0]
    await connection.execute(text("RESET enable_indexscan"))
    return figures


async def timed(work: Callable[[Any], Awaitable[None]], over: Sequence[Any] | Vectors) -> tuple[float, float]:
    """Median and 99th percentile in ms, after a few rounds that warm up."""
    times = []
    for each in over[:5]:
        await work(each)
    for each in over:
        began = time.perf_counter()
        await work(each)
        times.append((time.perf_counter() - began) * 1e3)
    return round(statistics.median(times), 2), round(float(np.quantile(times, 0.99)), 2)


if __name__ == "__main__":
    main()
