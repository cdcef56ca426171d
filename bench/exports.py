"""What exporting costs: a server over 100,000 claims, its memory while it streams, the first byte, and the rate.

Each claim has a review with an address, two wordings and a source. The claims are put into a scratch database by SQL,
without what finds them, since exports do not look at that; ``factcheck serve`` runs as a process of its own.

    PYTHONPATH=. .venv/bin/python bench/exports.py [--claims 100000]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx
import psutil
from sqlalchemy import text

from service.store.embedded import embedded_postgres
from service.store.schema import migrate
from service.store.scratch import settle
from service.store.session import Database

PATHS = ("/v1/exports/claims.jsonl", "/v1/exports/claims.csv", "/v1/exports/claimreview")
_FILL = """
    WITH desk AS (
        INSERT INTO publishers (public_id, name, site) VALUES (gen_random_uuid(), 'Desk', 'desk.example.org')
        RETURNING id
    ), numbers AS (
        SELECT n, gen_random_uuid() AS claim, gen_random_uuid() AS review, gen_random_uuid() AS source
        FROM generate_series(1, :claims) AS n
    ), new AS (
        INSERT INTO claims (id, text, language, verdict, created_at, updated_at)
        SELECT claim, 'Claim ' || n || ': 39 people were killed in the mountains by drones last year', 'en', 'false',
               now(), now()
        FROM numbers RETURNING id, text, created_at
    ), reviewed AS (
        INSERT INTO reviews (public_id, claim_id, position, publisher_id, verdict, url, title, published_at)
        SELECT review, claim, 0, desk.id, 'false', 'https://desk.example.org/' || n, 'Were they?', '2026-01-01'
        FROM numbers, desk
    ), sourced AS (
        INSERT INTO sources (public_id, claim_id, position, url, stance)
        SELECT source, claim, 0, 'https://example.org/' || n, 'refutes' FROM numbers
    )
    INSERT INTO revisions (claim_id, number, at, action, state)
    SELECT new.id, 1, now(), 'created', jsonb_build_object(
        'id', new.id, 'verdict', 'false', 'revision', 1, 'created_at', created_at, 'updated_at', created_at,
        'draft', jsonb_build_object(
            'text', text, 'language', 'en', 'claimant', 'A ministry', 'claimed_at', '2025-12-31',
            'phrasings', jsonb_build_array(
                jsonb_build_object('text', 'One more wording of the claim ' || n, 'language', 'en', 'id', review),
                jsonb_build_object('text', 'And a third wording of it: ' || n, 'language', 'en', 'id', source)),
            'reviews', jsonb_build_array(jsonb_build_object(
                'publisher', jsonb_build_object('name', 'Desk', 'site', 'desk.example.org'), 'verdict', 'false',
                'url', 'https://desk.example.org/' || n, 'title', 'Were they?', 'published_at', '2026-01-01',
                'id', review)),
            'sources', jsonb_build_array(jsonb_build_object(
                'url', 'https://example.org/' || n, 'stance', 'refutes', 'id', source))))
    FROM new JOIN numbers ON numbers.claim = new.id
"""


async def fill(url: str, claims: int) -> None:
    await migrate(url)
    database = Database(url, timeout=600)
    async with database.write() as connection:
        await connection.execute(text(_FILL), {"claims": claims})
    await settle(database)
    await database.close()


class Memory:
    """The most that a process holds at any time, looked at a hundred times a second."""

    def __init__(self, process: int) -> None:
        self._process = psutil.Process(process)
        self._done = threading.Event()
        self.before = self.most = self._process.memory_info().rss
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._done.wait(0.01):
            self.most = max(self.most, self._process.memory_info().rss)


def measure(base: str, process: int, claims: int) -> None:
    print(f"| | first byte | whole | claims/s | MiB | memory before | memory at most |\n|{'---|' * 7}")
    with httpx.Client(base_url=base, timeout=600) as client:
        client.get("/v1/exports/claims.jsonl?verdict=true")
        for path in PATHS:
            size = 0
            with Memory(process) as memory:
                started = time.perf_counter()
                with client.stream("GET", path) as answer:
                    first = 0.0
                    for chunk in answer.iter_raw():
                        first = first or time.perf_counter() - started
                        size += len(chunk)
                whole = time.perf_counter() - started
            print(
                f"| `{path}` | {first * 1000:.0f} ms | {whole:.1f} s | {claims / whole:,.0f} | {size / 2**20:.1f} "
                f"| {memory.before / 2**20:.0f} MiB | {memory.most / 2**20:.0f} MiB |"
            )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--claims", type=int, default=100_000)
    claims = arguments.parse_args().claims
    with tempfile.TemporaryDirectory(prefix="factcheck-bench-") as folder:
        os.chmod(folder, 0o711)  # the embedded database's own account goes through it
        with embedded_postgres(Path(folder) / "data") as url:
            asyncio.run(fill(url, claims))
            server = subprocess.Popen(
                [sys.executable, "-m", "service", "serve", "--port", "0"],
                env={**os.environ, "FACTCHECK_DATABASE_URL": url},
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            try:
                assert server.stdout is not None
                for line in server.stdout:
                    if found := re.search(r"listens on (http://\S+)", line):
                        measure(found[1], server.pid, claims)
                        break
            finally:
                server.terminate()
                server.wait(30)


if __name__ == "__main__":
    main()
