"""What a check costs, stage by stage and over HTTP, beside the bare framework answering the same JSON in the same run.

    python bench/checks.py --phrasings 200000 --data FOLDER --json FILE [--keep FOLDER] [--model FOLDER] [--seconds 8]

FOLDER is that of ``bench/run.py``. Texts are stored as claims with a review and a source each, in an embedded
PostgreSQL of this run; ``--keep`` leaves it there, to be measured again. Asked are three kinds of text: claims (stored
ones with a word left out and two in another order), texts as they are stored, and tweets. Every check is stored. Wall
times depend on what else the machine is doing; the processor times of this process and of PostgreSQL do so much less.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import psutil
import uvloop
from sqlalchemy import make_url, text
from texts import workload

from service import checking
from service.api.checks import check_body
from service.domain import CheckOptions, IncomingClaim
from service.embedding.embedder import Embedder, open_embedder
from service.evaluation.dataset import Document, as_claim_text, is_long_enough, load_retrieval
from service.evaluation.loading import load_corpus
from service.evaluation.measures import percentile
from service.indexing import Semantics, index_corpus
from service.store.embedded import embedded_postgres
from service.store.schema import migrate
from service.store.scratch import settle
from service.store.session import Database

ROOT: Final = Path(__file__).resolve().parent.parent
TWEETS: Final = "checkthat2022_2a_en"
_WARM_UP: Final = 40
_BATCH: Final = 100


def main() -> int:
    chosen = arguments()
    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        place = nullcontext(chosen.url) if chosen.url else embedded_postgres(folder / "factcheck")
        with place as url, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            figures = runner.run(measure(chosen, url, folder))
    written = json.dumps(figures, indent=1)
    if chosen.json:
        chosen.json.write_text(written)
    print(written)
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--phrasings", type=int, default=200_000)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the database here, or find it here")
    parser.add_argument("--url", help="measure this database, which holds claims already")
    parser.add_argument("--model", type=Path, metavar="FOLDER", help="search by meaning too, with this embedding model")
    parser.add_argument("--queries", type=int, default=200, help="of each kind, for the stages")
    parser.add_argument("--seconds", type=float, default=8.0, help="for each figure over HTTP")
    parser.add_argument("--only", nargs="+", choices=["stages", "http"], default=["stages", "http"])
    return parser.parse_args()


async def measure(chosen: argparse.Namespace, url: str, folder: Path) -> dict[str, Any]:
    """All figures, by what was measured."""
    load = workload(chosen.data, chosen.phrasings, 240)
    await migrate(url)
    if not chosen.url:
        await _fill(url, load.texts, load.langs, folder / f"filled-{chosen.phrasings}")
    embedder = open_embedder(chosen.model, threads=2) if chosen.model else None
    found: dict[str, Any] = {"phrasings": chosen.phrasings, "model": embedder.identity.name if embedder else None}
    asked = questions(chosen.data, load.texts, chosen.queries)
    database = Database(url)
    try:
        if embedder is not None:
            await index_corpus(Database(url, timeout=3600), embedder)
        if "stages" in chosen.only:
            found["stages"] = {kind: await stages(database, texts, embedder) for kind, texts in asked.items()}
        if "http" in chosen.only:
            found["http"] = await over_http(chosen, url, asked)
    finally:
        await database.close()
        if embedder is not None:
            await embedder.close()
    return found


async def _fill(url: str, texts: Sequence[str], langs: Sequence[str], mark: Path) -> None:
    """Store the texts, unless an earlier run has done it."""
    if mark.exists():  # noqa: ASYNC240  # nothing else runs on this loop
        return
    database = Database(url, timeout=3600)
    name = make_url(url).database
    async with database.read() as connection:
        await connection.execute(text(f'ALTER DATABASE "{name}" SET synchronous_commit = off'))
    loading = Database(url, timeout=3600)
    documents = [Document(str(n), wording, lang) for n, (wording, lang) in enumerate(zip(texts, langs, strict=True))]
    await load_corpus(loading, documents, lambda *_: None)
    await loading.close()
    async with database.write() as connection:
        for statement in _EVIDENCE:
            await connection.execute(text(statement))
    async with database.read() as connection:
        await connection.execute(text(f'ALTER DATABASE "{name}" RESET synchronous_commit'))
    await settle(database)
    await database.close()
    mark.touch()  # noqa: ASYNC240


_EVIDENCE: Final = (
    "INSERT INTO publishers (public_id, name) VALUES (gen_random_uuid(), 'Example Fact Desk')",
    """INSERT INTO reviews (public_id, claim_id, position, publisher_id, verdict, url, title, original_label, language)
       SELECT gen_random_uuid(), c.id, 0, p.id, 'false', 'https://factdesk.example.org/' || c.id, left(c.text, 120),
              'False', c.language
       FROM claims c CROSS JOIN publishers p""",
    """INSERT INTO sources (public_id, claim_id, position, url, stance, title, publisher)
       SELECT gen_random_uuid(), id, 0, 'https://example.org/' || id, 'refutes', left(text, 120), 'Example News'
       FROM claims""",
    "UPDATE claims SET verdict = 'false'",
)


def questions(data: Path, texts: Sequence[str], count: int) -> dict[str, list[str]]:
    """So many texts of each kind."""
    chance = random.Random(5)
    known = [each for each in texts if is_long_enough(each)]
    claims = []
    for original in chance.sample(known, count):
        words = original.split()
        if len(words) > 4:
            del words[chance.randrange(len(words))]
            here = chance.randrange(len(words) - 1)
            words[here], words[here + 1] = words[here + 1], words[here]
        claims.append(as_claim_text(" ".join(words)))
    found = {"claims": claims, "stored texts": chance.sample(known, count)}
    retrieval = load_retrieval(data / TWEETS, "dev") if (data / TWEETS).is_dir() else None
    if retrieval is not None:
        tweets = [as_claim_text(query.text) for query in retrieval.queries]
        found["tweets"] = [each for each in tweets if is_long_enough(each)][:count]
    return found


class _Clock:
    """Takes the place of the stages' own: this process's processor time for each, in milliseconds."""

    def __init__(self) -> None:
        self.spent: dict[str, list[float]] = defaultdict(list)

    @contextmanager
    def stage(self, which: Any) -> Iterator[None]:
        begun = time.process_time()
        try:
            yield
        finally:
            self.spent[str(which.value)].append((time.process_time() - begun) * 1e3)


async def stages(database: Database, texts: Sequence[str], embedder: Embedder | None) -> dict[str, Any]:
    """One check after the other, within this process: where its processor time goes, and that of PostgreSQL."""
    clock = _Clock()
    semantics = None if embedder is None else Semantics(embedder)
    walls, cpus, encoding, sizes = [], [], [], []

    async def check(wording: str) -> Any:
        claims, options = [IncomingClaim(wording)], CheckOptions()
        return await checking.check_claims(database, claims, options, record=True, semantics=semantics)

    for wording in texts[:_WARM_UP]:
        await check(wording)
    kept, checking.stage = checking.stage, clock.stage  # type: ignore[attr-defined]
    servers = await _backends(database)
    before = _used(servers)
    try:
        for wording in texts:
            cpu, begun = time.process_time(), time.perf_counter()
            answer = await check(wording)
            walls.append((time.perf_counter() - begun) * 1e3)
            cpus.append((time.process_time() - cpu) * 1e3)
            begun = time.process_time()
            sizes.append(len(msgspec.json.encode(check_body(answer))))
            encoding.append((time.process_time() - begun) * 1e3)
    finally:
        checking.stage = kept  # type: ignore[attr-defined]
    return {
        "wall_ms": spread(walls),
        "process_ms": spread(cpus),
        "postgres_ms_mean": round((_used(servers) - before) * 1e3 / len(texts), 2),
        "stages_process_ms": {name: round(statistics.fmean(spent), 3) for name, spent in clock.spent.items()},
        "serialising_process_ms": round(statistics.fmean(encoding), 3),
        "answer_bytes": round(statistics.fmean(sizes)),
    }


async def _backends(database: Database) -> list[psutil.Process]:
    """The processes of PostgreSQL that serve this database, where they run on this machine."""
    async with database.read() as connection:
        found = await connection.execute(text("SELECT pid FROM pg_stat_activity WHERE datname = current_database()"))
        return [psutil.Process(pid) for (pid,) in found if psutil.pid_exists(pid)]


def _used(processes: Sequence[psutil.Process]) -> float:
    """Processor time so far, in seconds."""
    total = 0.0
    for each in processes:
        try:
            times = each.cpu_times()
        except psutil.Error:
            continue
        total += times.user + times.system
    return total


def spread(values: Sequence[float]) -> dict[str, float]:
    """The usual three."""
    return {
        "p50": round(percentile(values, 0.5), 2),
        "p99": round(percentile(values, 0.99), 2),
        "mean": round(statistics.fmean(values), 2),
    }


@dataclass(frozen=True, slots=True)
class _Measured:
    """Requests in some seconds. ``took``: milliseconds of each."""

    took: list[float]
    seconds: float
    claims: int

    def told(self) -> dict[str, float]:
        return {
            "p50_ms": round(percentile(self.took, 0.5), 2),
            "p99_ms": round(percentile(self.took, 0.99), 2),
            "requests_per_s": round(len(self.took) / self.seconds, 1),
            "claims_per_s": round(len(self.took) * self.claims / self.seconds, 1),
        }


async def over_http(chosen: argparse.Namespace, url: str, asked: dict[str, list[str]]) -> dict[str, Any]:
    """The service in a process of its own, and then the bare framework."""
    chance = random.Random(9)
    mixed = [each for texts in asked.values() for each in texts]
    chance.shuffle(mixed)
    found: dict[str, Any] = {}
    environment = {"FACTCHECK_DATABASE_URL": url, "FACTCHECK_LOG_LEVEL": "warning"}
    if chosen.model:
        environment["FACTCHECK_EMBEDDING_MODEL"] = str(chosen.model.resolve())
    async with _served([sys.executable, "-m", "service", "serve", "--port", "0"], environment) as port:
        answer = await _one(port, _request([mixed[0]]))
        await _flood(port, [_request([each]) for each in mixed], 4, 2.0)
        for kind, texts in {**asked, "mixed": mixed}.items():
            measured = await _flood(port, [_request([each]) for each in texts], 1, chosen.seconds)
            found[f"{kind}, concurrency 1"] = measured.told()
        for concurrency in (16, 64):
            measured = await _flood(port, [_request([each]) for each in mixed], concurrency, chosen.seconds)
            found[f"mixed, concurrency {concurrency}"] = measured.told()
        batches = [_request(chance.choices(mixed, k=_BATCH)) for _ in range(20)]
        for concurrency in (1, 4):
            measured = await _flood(port, batches, concurrency, chosen.seconds, _BATCH)
            found[f"batches of {_BATCH}, concurrency {concurrency}"] = measured.told()
        found["mixed, concurrency 1, ten writes a second"] = (
            await _flood(port, [_request([each]) for each in mixed], 1, chosen.seconds, writing=10)
        ).told()
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        file.write(answer)
        file.flush()
        command = [sys.executable, str(ROOT / "bench" / "bare.py"), file.name]
        async with _served(command, {}) as port:
            await _flood(port, [_request([each]) for each in mixed], 4, 1.0)
            for concurrency in (1, 16, 64):
                measured = await _flood(port, [_request([each]) for each in mixed], concurrency, chosen.seconds / 2)
                found[f"bare framework, concurrency {concurrency}"] = measured.told()
    bare = found["bare framework, concurrency 16"]["requests_per_s"]
    found["bare framework over ours, concurrency 16"] = round(
        bare / found["mixed, concurrency 16"]["requests_per_s"], 1
    )
    found["claims a second, batches over singles"] = round(
        found[f"batches of {_BATCH}, concurrency 4"]["claims_per_s"] / found["mixed, concurrency 1"]["claims_per_s"], 2
    )
    found["claims a second, batches over singles at concurrency 16"] = round(
        found[f"batches of {_BATCH}, concurrency 4"]["claims_per_s"] / found["mixed, concurrency 16"]["claims_per_s"], 2
    )
    return found


@asynccontextmanager
async def _served(command: Sequence[str], environment: dict[str, str]) -> AsyncIterator[int]:
    """A server in a process of its own; its port, which it prints after "127.0.0.1:"."""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=subprocess.PIPE, cwd=ROOT, env={**os.environ, **environment}
    )
    try:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            if b"http://127.0.0.1:" in line:
                break
        else:
            raise SystemExit("the server did not start")
        port = int(line.decode().rpartition("127.0.0.1:")[2].strip())
        draining = asyncio.create_task(process.stdout.read())
        yield port
    finally:
        process.terminate()
        await process.wait()
    await draining


def _request(texts: Sequence[str]) -> bytes:
    body = json.dumps({"claims": [{"text": each} for each in texts]}).encode()
    head = (
        "POST /v1/checks HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _claim(number: int) -> bytes:
    body = json.dumps({"text": f"The lamp of lighthouse {number} was lit {number} times", "language": "en"}).encode()
    head = (
        "POST /v1/claims HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _one(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        return await _exchange(reader, writer, request)
    finally:
        writer.close()


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> bytes:
    """The body of the answer. A client of few microseconds, so that the server is what is measured."""
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
    body = await reader.readexactly(length)
    if not head.startswith(b"HTTP/1.1 201"):
        raise SystemExit(f"refused: {body[:500].decode()}")
    return body


async def _flood(
    port: int, requests: Sequence[bytes], concurrency: int, seconds: float, claims: int = 1, writing: int = 0
) -> _Measured:
    """Requests one after another on so many connections. ``writing``: claims stored a second beside them."""
    took: list[float] = []
    begun = time.perf_counter()
    end = begun + seconds

    async def ask(first: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        number = first
        while time.perf_counter() < end:
            sent = time.perf_counter()
            await _exchange(reader, writer, requests[number % len(requests)])
            took.append((time.perf_counter() - sent) * 1e3)
            number += concurrency
        writer.close()

    async def write() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        number = int(begun)
        while time.perf_counter() < end:
            await _exchange(reader, writer, _claim(number))
            number += 1
            await asyncio.sleep(1 / writing)
        writer.close()

    async with asyncio.TaskGroup() as tasks:
        for first in range(concurrency):
            tasks.create_task(ask(first))
        if writing:
            tasks.create_task(write())
    return _Measured(took, time.perf_counter() - begun, claims)


if __name__ == "__main__":
    sys.exit(main())
