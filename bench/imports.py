"""How many rows a second an import takes in, on an embedded database of its own, and where the time goes.

    python bench/imports.py --data FOLDER [--rows 20000] [--json FILE]

The rows are claims of FOLDER/scale/claims.jsonl.gz, each with a review, as JSON lines; the same file is then imported
again, which changes nothing, and once more with every label changed, which revises every claim.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import multiprocessing
import os
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from service.api.import_rows import claim_of_line
from service.import_runs import run_import
from service.importable import Import, ImportOrder
from service.imports import fetch_import, order_import
from service.jobs import Workplace
from service.settings import Settings
from service.store.embedded import embedded_postgres
from service.store.schema import migrate
from service.store.session import Database

PUBLISHERS = 40


def rows_of(data: Path, count: int, label: str) -> bytes:
    """``count`` claims as JSON lines, each reviewed as ``label``."""
    lines = []
    with gzip.open(data / "scale" / "claims.jsonl.gz", "rt", encoding="utf-8") as file:
        for number, line in enumerate(file):
            if len(lines) == count:
                break
            claim = json.loads(line)
            if not 3 <= len(claim["text"].strip()) <= 2_000 or number % 3:
                continue
            site = f"desk{number % PUBLISHERS}.example.org"
            review = {
                "publisher": {"name": f"Desk {number % PUBLISHERS}", "site": site},
                "url": f"https://{site}/{number}",
                "original_label": label,
                "published_at": "2025-12-31",
            }
            row = {"text": claim["text"], "language": claim["lang"], "claimant": "Somebody", "reviews": [review]}
            lines.append(json.dumps(row).encode())
    return b"\n".join(lines)


async def run(url: str, folder: Path, content: bytes, join: bool) -> tuple[Import, dict[str, float]]:
    """Import a file; how it went, with seconds of the wall, and of processor time by who spent it."""
    database = Database(url, timeout=60)
    workplace = Workplace(Settings(Path("unused")), database, url)

    async def pieces() -> AsyncIterator[bytes]:
        yield content

    order = ImportOrder(name="bench.jsonl", join_score=0.95 if join else None)
    found = await order_import(database, order, None, pieces)
    before, began = _spent(folder), time.perf_counter()
    await run_import(claim_of_line, workplace, found.id.bytes)
    wall = time.perf_counter() - began
    while multiprocessing.active_children():  # noqa: ASYNC110  # nobody tells
        # Only of processes that have ended is it known what they have spent.
        await asyncio.sleep(0.05)
    after = _spent(folder)
    found = await fetch_import(database, found.id)
    await database.close()
    return found, {"wall": wall, **{name: after[name] - before.get(name, 0.0) for name in after}}


def _spent(folder: Path) -> dict[str, float]:
    """Seconds of processor time so far: of this process, of those that read for it, and of its own PostgreSQL."""
    own = os.times()
    postmaster = psutil.Process(int((folder / "postgres" / "postmaster.pid").read_text().split()[0]))
    times = postmaster.cpu_times()
    server = times.user + times.system + times.children_user + times.children_system
    for child in postmaster.children():
        with suppress(psutil.NoSuchProcess):
            server += child.cpu_times().user + child.cpu_times().system
    return {
        "storing": own.user + own.system,
        "reading": own.children_user + own.children_system,
        "postgresql": server,
    }


def _told(what: str, join: bool, found: Import, seconds: dict[str, float]) -> dict[str, Any]:
    """The figures of an import, which are printed as well."""
    count, wall = found.tally.rows, seconds["wall"]
    spent = {name: 1e3 * each / count for name, each in seconds.items() if name != "wall"}
    figures = {
        "what": what,
        "join": join,
        "rows": count,
        "rows_per_second": count / wall,
        "rows_per_second_of_two_idle_cores": 2e3 / sum(spent.values()),
        "cpu_ms_per_row": spent,
    }
    print(
        f"{what:8} join={join!s:5} {count / wall:6.0f} rows/s; by processor time, two idle cores would do "
        f"{figures['rows_per_second_of_two_idle_cores']:6.0f}; ms a row: "
        + ", ".join(f"{name} {each:.2f}" for name, each in spent.items()),
        flush=True,
    )
    return figures


def main() -> None:
    """Run it all, and print a line for each import."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder of benchmark data")
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    chosen = parser.parse_args()
    figures: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="import") as folder:
        os.chmod(folder, 0o755)
        for join in (False, True):
            root = Path(folder) / str(join)
            with embedded_postgres(root) as url:
                asyncio.run(migrate(url))
                for what, label in (("new", "False"), ("again", "False"), ("changed", "True")):
                    found, seconds = asyncio.run(run(url, root, rows_of(chosen.data, chosen.rows, label), join))
                    figures.append(_told(what, join, found, seconds))
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
