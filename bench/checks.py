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
import random
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, Final

import msgspec
import psutil
import uvloop
from over_http import over_http
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
from service.renewing import renew_profiles
from service.store.embedded import embedded_postgres
from service.store.schema import migrate
from service.store.scratch import settle
from service.store.session import Database

TWEETS: Final = "checkthat2022_2a_en"
_WARM_UP: Final = 40


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
    parser.add_argument("--queries", type=int, default=600, help="of each kind")
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
    model = str(chosen.model.resolve()) if chosen.model else None  # nothing else runs on this loop
    database = Database(url)
    # What another edition of the matching core has read is read again, as a serving process does in the background.
    await renew_profiles(database)
    try:
        if embedder is not None:
            await index_corpus(Database(url, timeout=3600), embedder)
        if "stages" in chosen.only:
            found["stages"] = {kind: await stages(database, texts, embedder) for kind, texts in asked.items()}
        if "http" in chosen.only:
            found["http"] = await over_http(url, asked, chosen.seconds, model)
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


if __name__ == "__main__":
    sys.exit(main())
