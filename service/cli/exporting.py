"""``factcheck export``: what is known as a file, from a running server or from this machine's own database.

Both ways go through the HTTP application, so that they cannot give different files. A file appears under its name when
it is whole, and not before.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from service.cli.databases import with_database
from service.cli.servers import open_server, refusal
from service.errors import Unavailable
from service.settings import Settings, load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from service.store.session import Database

PATHS: Final = {
    "jsonl": "/v1/exports/claims.jsonl",
    "csv": "/v1/exports/claims.csv",
    "claimreview": "/v1/exports/claimreview",
    "atom": "/v1/exports/verdicts.atom",
}
_FILTERS: Final = {
    "q": "words that one wording has",
    "verdict": "the claim's verdict",
    "publisher": "name, host name or id of a publisher that reviewed it",
    "language": "a language of one of its wordings",
    "topic": "one of its topics",
    "claimant": "part of the claimant's name",
    "claimed_from": "said on this day or later",
    "claimed_to": "said on this day or earlier",
    "updated_since": "changed at this moment or later, such as 2026-01-02T08:00:00Z",
    "has_broken_links": "true or false: whether the link of one of its sources is broken",
    "status": "live, withdrawn, merged or any",
}
_SILENCE: Final = 60.0
"""Seconds without a byte, after which a server is held to be gone."""


def add_command(commands: Any) -> None:
    """Add ``export``."""
    export = commands.add_parser(
        "export",
        help="write claims to a file",
        description="Write claims, or the latest changes of verdicts (atom), to a file that is there when it is whole.",
        allow_abbrev=False,
    )
    export.add_argument("format", metavar="FORMAT", choices=PATHS, help=", ".join(PATHS))
    export.add_argument("--out", metavar="FILE", help="the file to write; standard output if absent")
    export.add_argument("--server", metavar="BASE", help="ask a running server, such as http://127.0.0.1:8000")
    for name, told in _FILTERS.items():
        export.add_argument(f"--{name.replace('_', '-')}", dest=name, metavar="VALUE", help=f"only claims: {told}")
    export.set_defaults(run=_export)


def _export(chosen: argparse.Namespace) -> int:
    asked = {name: getattr(chosen, name) for name in _FILTERS if getattr(chosen, name) is not None}
    settings = load_settings()
    with _target(chosen.out) as file:
        if chosen.server:
            asyncio.run(_from_server(settings, chosen.server, chosen.format, asked, file))
        else:
            with_database(settings, lambda database: _from_database(settings, database, chosen.format, asked, file))
    return 0


@contextmanager
def _target(name: str | None) -> Iterator[IO[bytes]]:
    """Where to write: standard output, or a file beside ``name`` that takes its place when all went well."""
    if name is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = Path(name)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        try:
            with part.open("xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise Unavailable(f"{path} cannot be written: {error.strerror or error}") from error


async def _from_server(settings: Settings, base: str, form: str, asked: dict[str, str], file: IO[bytes]) -> None:
    async with open_server(settings, base, _SILENCE) as client:
        await _copy(client, form, asked, file)


async def _from_database(
    settings: Settings, database: Database, form: str, asked: dict[str, str], file: IO[bytes]
) -> None:
    import httpx

    from service.access import Trusting
    from service.app import create_app
    from service.cli.in_process import InProcess

    # Whoever may open the database needs no key to it.
    app = create_app(settings, database, doorkeeper=Trusting(database))
    async with httpx.AsyncClient(base_url="http://factcheck", transport=InProcess(app)) as client:
        await _copy(client, form, asked, file)


async def _copy(client: httpx.AsyncClient, form: str, asked: dict[str, str], file: IO[bytes]) -> None:
    """Write the answer as it comes. Raises InvalidInput for what is refused, Unavailable for what is not whole."""
    import httpx

    try:
        async with client.stream("GET", PATHS[form], params=asked) as answer:
            if answer.status_code != 200:
                raise refusal(client, answer.status_code, _decoded(await answer.aread()))
            async for chunk in answer.aiter_bytes():
                file.write(chunk)
    except httpx.HTTPError as error:
        detail = str(error) or type(error).__name__
        raise Unavailable(f"{client.base_url} did not answer to the end, so there is no file: {detail}") from error


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
