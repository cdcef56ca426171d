"""``factcheck worker`` and ``factcheck jobs``: background work apart from the server, and what waits or has failed."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from service.cli.databases import database_url, with_database
from service.cli.model_index import open_model
from service.errors import Unavailable
from service.settings import Settings, load_settings

if TYPE_CHECKING:
    from service.embedding.embedder import Embedder
    from service.store.backlog import Backlog, FailedJob
    from service.store.session import Database

_AT_ONCE = 4
"""Jobs a worker does at once where the setting leaves them to it without saying how many."""


def add_commands(commands: Any) -> None:
    """Add ``worker`` and ``jobs``."""
    worker = commands.add_parser(
        "worker",
        help="do background jobs, apart from any server",
        description="Do background jobs until stopped, apart from any server: as many at once as FACTCHECK_WORKERS "
        f"says, {_AT_ONCE} where it says 0. Any number of workers and servers share the jobs.",
        allow_abbrev=False,
    )
    worker.set_defaults(run=_work)
    jobs = commands.add_parser("jobs", help="show background jobs", description="Look after background jobs.")
    actions = jobs.add_subparsers(title="commands", required=True, metavar="COMMAND")
    listed = actions.add_parser(
        "list",
        help="show how many jobs wait, and which have failed",
        description="Show how many jobs wait and for how long, and which were given up.",
        allow_abbrev=False,
    )
    listed.add_argument("--json", action="store_true", help="print it as JSON")
    listed.set_defaults(run=_list)
    for name, meaning in (("retry", "try jobs again that were given up"), ("drop", "forget jobs that were given up")):
        action = actions.add_parser(name, help=meaning, description=f"{meaning.capitalize()}.", allow_abbrev=False)
        action.add_argument("job", nargs="*", type=int, metavar="ID", help="which; all of them without any")
        action.set_defaults(run=_retry if name == "retry" else _drop)


def _work(_chosen: argparse.Namespace) -> int:
    settings = load_settings()
    settings = replace(settings, workers=settings.workers or _AT_ONCE)
    embedder = open_model(settings)
    with database_url(settings) as url:
        asyncio.run(_work_until_stopped(settings, url, embedder))
    return 0


async def _work_until_stopped(settings: Settings, url: str, embedder: Embedder | None) -> None:
    from service.background import working
    from service.observability.logs import configure_logging
    from service.store.schema import migrate

    await migrate(url)
    configure_logging(settings.log_level, settings.log_format)
    stopped = asyncio.Event()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            asyncio.get_running_loop().add_signal_handler(getattr(signal, name), stopped.set)
    try:
        async with working(settings, url, embedder):
            print(f"Factcheck works on jobs, {settings.workers} at once. Ctrl-C stops it.", flush=True)
            await stopped.wait()
    finally:
        if embedder is not None:
            await embedder.close()


def _list(chosen: argparse.Namespace) -> int:
    async def ask(database: Database) -> tuple[list[Backlog], list[FailedJob]]:
        from service.store.backlog import backlogs, failed_jobs

        await _require_ready(database)
        async with database.read() as connection:
            return await backlogs(connection), await failed_jobs(connection)

    kinds, failed = with_database(load_settings(), ask)
    if chosen.json:
        print(
            json.dumps({"kinds": [asdict(kind) for kind in kinds], "failed": [_plain(job) for job in failed]}, indent=2)
        )
        return 0
    for kind in kinds:
        print(
            f"{kind.kind}: {kind.waiting} waiting (the oldest for {kind.oldest:.0f} s), {kind.running} running, "
            f"{kind.failed} failed"
        )
    for job in failed:
        print(f"{job.id}  {job.kind}  failed {job.failed_at:%Y-%m-%d %H:%M}  {job.error}")
    if not kinds:
        print("No job waits, and none has failed.")
    return 0


def _plain(job: FailedJob) -> dict[str, Any]:
    return {
        "id": job.id,
        "kind": job.kind,
        "queued_at": job.queued_at.isoformat(),
        "failed_at": job.failed_at.isoformat(),
        "error": job.error,
    }


def _retry(chosen: argparse.Namespace) -> int:
    async def retry(database: Database) -> list[int]:
        from service.store.backlog import retry_failed

        await _require_ready(database)
        async with database.write() as connection:
            return await retry_failed(connection, chosen.job or None)

    print(f"{_jobs(with_database(load_settings(), retry))} queued again.")
    return 0


def _drop(chosen: argparse.Namespace) -> int:
    async def drop(database: Database) -> list[int]:
        from service.store.backlog import drop_failed

        await _require_ready(database)
        async with database.write() as connection:
            return await drop_failed(connection, chosen.job or None)

    print(f"{_jobs(with_database(load_settings(), drop))} dropped.")
    return 0


def _jobs(ids: list[int]) -> str:
    return "1 job" if len(ids) == 1 else f"{len(ids)} jobs"


async def _require_ready(database: Database) -> None:
    if not (state := await database.readiness()).ready:
        raise Unavailable(state.detail)
