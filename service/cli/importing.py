"""``factcheck import``: a file of claims into this machine's own database, or into a running server's.

Both are the same job. On its own database the command does it itself, or watches the server that has it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from service.cli.databases import with_database
from service.errors import Fault, InvalidInput, Unavailable
from service.importable import JOIN_SCORE, ImportFormat, ImportOrder
from service.settings import Settings, load_settings

if TYPE_CHECKING:
    import httpx

    from service.store.session import Database

DATA_COMMONS: Final = "datacommons"

_PIECE: Final = 1 << 20
_PATIENCE: Final = 60.0
"""Seconds to wait for a sign of life of a server."""

_LOOK: Final = 0.5
"""Seconds between two looks at how far it has come."""

_SAY_EVERY: Final = 10.0
"""Seconds between two lines of progress where there is no terminal."""

_SHOWN: Final = 20
"""How many faults are printed."""


@dataclass(frozen=True, slots=True)
class _State:
    """How an import stands, wherever it is: what ``ImportReport`` says."""

    report: dict[str, Any]

    @property
    def ended(self) -> bool:
        return self.report["state"] not in ("queued", "running", "undoing")


def add_command(commands: Any) -> None:
    """Add ``import``."""
    command = commands.add_parser(
        "import",
        help="take in claims: a file, a page, a feed",
        description="Take in claims from a file or an address: JSON lines, a table, a ClaimReview page or feed. What "
        "came before and says the same changes nothing; an import that was interrupted goes on where it was.",
        allow_abbrev=False,
    )
    command.add_argument(
        "source", metavar="FILE|URL", help="a file, an address, or datacommons for the Data Commons fact-check feed"
    )
    command.add_argument("--format", choices=[each.value for each in ImportFormat], help="recognised where absent")
    command.add_argument("--dry-run", action="store_true", help="only say what would become of it")
    command.add_argument("--language", metavar="TAG", help="of claims that do not say theirs; recognised where absent")
    command.add_argument(
        "--column", action="append", default=[], metavar="FIELD=NAME", help="which column of a table holds a field"
    )
    command.add_argument(
        "--join-score",
        type=float,
        default=JOIN_SCORE,
        metavar="S",
        help=f"join equivalent claims from S on [{JOIN_SCORE}]",
    )
    command.add_argument("--no-join", action="store_true", help="make a claim of every new row")
    command.add_argument("--json", action="store_true", help="print the outcome as JSON")
    command.add_argument("--server", metavar="BASE", help="a running server, such as http://127.0.0.1:8000")
    command.set_defaults(run=_import)


def _import(chosen: argparse.Namespace) -> int:
    settings = load_settings()
    order, path = _order(chosen, settings)
    if chosen.server:
        report, faults = asyncio.run(_on_server(settings, chosen.server, order, path))
    else:
        report, faults = _on_own_database(settings, order, path)
    if chosen.json:
        print(json.dumps({**report, "errors": faults}, ensure_ascii=False, indent=2))
    else:
        _show(report, faults)
    return 0 if report["state"] == "done" else 1


def _order(chosen: argparse.Namespace, settings: Settings) -> tuple[ImportOrder, Path | None]:
    columns = {}
    for each in chosen.column:
        field, equals, name = each.partition("=")
        if not equals or not name:
            raise InvalidInput([Fault("/columns", f"{each} is not a field and a column, such as text=Claim")])
        columns[field] = name
    form = ImportFormat(chosen.format) if chosen.format else None
    order = ImportOrder(
        name=chosen.source,
        format=form,
        dry_run=chosen.dry_run,
        language=chosen.language,
        columns=columns,
        join_score=None if chosen.no_join else chosen.join_score,
    )
    if chosen.source == DATA_COMMONS:
        return replace(order, url=settings.datacommons_feed, format=form or ImportFormat.FEED), None
    if urlsplit(chosen.source).scheme in ("http", "https"):
        return replace(order, url=chosen.source), None
    path = Path(chosen.source)
    if not path.is_file():
        raise InvalidInput([], f"{path} is not a file")
    return replace(order, name=path.name), path


def _on_own_database(
    settings: Settings, order: ImportOrder, path: Path | None
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    async def run(database: Database) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        import msgspec

        from service.api.imports import report_of
        from service.background import IMPORT
        from service.imports import fetch_faults, fetch_import, order_import
        from service.jobs import Workplace, do_jobs
        from service.store.jobs import WorkerOptions

        if not (state := await database.readiness()).ready:
            raise Unavailable(state.detail)
        found = await order_import(database, order, None, None if path is None else lambda: _pieces(path))
        workplace = Workplace(settings, database, database.url)
        working = asyncio.create_task(do_jobs(workplace, [IMPORT], WorkerOptions(at_once=1)))

        async def look() -> dict[str, Any]:
            if working.done():
                await working
            report: dict[str, Any] = msgspec.to_builtins(report_of(await fetch_import(database, found.id)))
            return report

        try:
            report = await _watch(look)
        finally:
            working.cancel()
            await asyncio.wait({working})
        faults = await fetch_faults(database, found.id, _SHOWN)
        return report, [{"line": each.line, **asdict(each.fault), "refused": each.refused} for _, each in faults]

    return with_database(replace(settings, database_timeout=max(60.0, settings.database_timeout)), run)


async def _on_server(
    settings: Settings, base: str, order: ImportOrder, path: Path | None
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    import httpx

    from service.cli.servers import open_server

    try:
        async with open_server(settings, base, _PATIENCE) as client:
            report = await _send(client, order, path)
            address = f"/v1/imports/{report['id']}"

            async def look() -> dict[str, Any]:
                return _answered(client, await client.get(address), 200)

            report = await _watch(look)
            listed = _answered(client, await client.get(f"{address}/errors", params={"page_size": _SHOWN}), 200)
            return report, listed["items"]
    except httpx.HTTPError as error:
        raise Unavailable(f"{base} does not answer: {error or type(error).__name__}") from error


async def _send(client: httpx.AsyncClient, order: ImportOrder, path: Path | None) -> dict[str, Any]:
    options: dict[str, Any] = {"dry_run": order.dry_run, "join": order.join_score is not None}
    if order.join_score is not None:
        options["join_score"] = order.join_score
    options |= {"language": order.language} if order.language else {}
    options |= {"format": order.format.value} if order.format else {}
    if path is None:
        body = {"url": order.url, **options, "columns": order.columns}
        answer = await client.post("/v1/imports", json=body)
    else:
        query = {key: str(value).lower() if isinstance(value, bool) else value for key, value in options.items()}
        query |= {"name": order.name} | ({"columns": json.dumps(order.columns)} if order.columns else {})
        size = await asyncio.to_thread(os.path.getsize, path)
        answer = await client.post(
            "/v1/imports",
            params=query,
            content=_pieces(path),
            headers={"Content-Type": "application/octet-stream", "Content-Length": str(size)},
        )
    return _answered(client, answer, 201)


def _answered(client: httpx.AsyncClient, answer: httpx.Response, wanted: int) -> dict[str, Any]:
    from service.cli.servers import refusal

    try:
        body = answer.json()
    except ValueError as error:
        raise Unavailable(f"{client.base_url} answered {answer.status_code}, and not in JSON") from error
    if answer.status_code != wanted or not isinstance(body, dict):
        raise refusal(client, answer.status_code, body)
    return body


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while data := await asyncio.to_thread(file.read, _PIECE):
            yield data


async def _watch(look: Callable[[], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
    """Show how an import gets on until it has ended; how it stands then."""
    with _progress() as tell:
        while True:
            report = await look()
            tell(report)
            if _State(report).ended:
                return report
            await asyncio.sleep(_LOOK)


@contextmanager
def _progress() -> Iterator[Callable[[dict[str, Any]], None]]:
    """A bar on standard error where that is a terminal, a line there now and then where it is not."""
    if not sys.stderr.isatty():
        yield _lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("", total=None)
        yield lambda report: bars.update(
            task, description=_described(report), completed=report["read"], total=report["size"]
        )


def _lines() -> Callable[[dict[str, Any]], None]:
    import time

    said = time.monotonic()

    def tell(report: dict[str, Any]) -> None:
        nonlocal said
        if time.monotonic() - said >= _SAY_EVERY:
            said = time.monotonic()
            print(_described(report), file=sys.stderr, flush=True)

    return tell


def _described(report: dict[str, Any]) -> str:
    return f"{report['state']}: {report['rows']['total']:,} rows"


def _show(report: dict[str, Any], faults: list[dict[str, Any]]) -> None:
    rows = report["rows"]
    for fault in faults:
        where = f" {fault['pointer']}" if fault["pointer"] else ""
        left = "" if fault["refused"] else " (the rest was taken)"
        print(f"line {fault['line']}{where}: {fault['detail']}{left}", file=sys.stderr)
    if len(faults) == _SHOWN:
        print(f"... and more: GET /v1/imports/{report['id']}/errors lists all that are kept.", file=sys.stderr)
    said = ", ".join(f"{rows[each]:,} {each}" for each in ("created", "joined", "revised", "unchanged", "refused"))
    print(f"{'Would be: ' if report['dry_run'] else ''}{rows['total']:,} rows: {said}.")
    if report["error"]:
        print(f"{report['state']}: {report['error']}", file=sys.stderr)
    if not report["dry_run"] and rows["created"] + rows["joined"] + rows["revised"]:
        print(f"Import {report['id']}; POST /v1/imports/{report['id']}/undo takes it back.", file=sys.stderr)
