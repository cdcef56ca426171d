"""``factcheck check``: one claim from a terminal, against a running server or on this machine's own database.

Both ways go through the HTTP application, so that they cannot answer differently.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from service.cli.databases import with_database
from service.cli.model_index import open_model
from service.cli.servers import open_server, refusal
from service.errors import InvalidInput, Unavailable
from service.settings import Settings, load_settings

if TYPE_CHECKING:
    import httpx
    from rich.console import Console

    from service.store.session import Database

_PATIENCE = 60.0
"""Seconds to wait for an answer."""

_ARGUMENTS = {
    "/claims/0/text": "the text",
    "/claims/0/language": "--language",
    "/claims/0/claimant": "--claimant",
    "/claims/0/claimed_at": "--claimed-at",
}
"""Fields of the request, and what people give for them here."""

_COLOURS = {
    "supported": "green",
    "refuted": "red",
    "conflicting": "magenta",
    "mixed": "yellow",
    "outdated": "yellow",
    "unproven": "cyan",
}


def add_command(commands: Any) -> None:
    """Add ``check``."""
    check = commands.add_parser(
        "check",
        help="check a claim",
        description="Check a claim. Exit code 0 whatever the answer, 1 when there is none, 2 for bad input.",
        allow_abbrev=False,
    )
    check.add_argument("text", metavar="TEXT", help="the claim; - reads it from standard input")
    check.add_argument(
        "--language", metavar="TAG", help="language of the claim (en, fa, ar, ...); recognised if absent"
    )
    check.add_argument("--claimant", metavar="NAME", help="who said it")
    check.add_argument("--claimed-at", metavar="YYYY-MM-DD", help="when it was said")
    check.add_argument("--json", action="store_true", help="print the response as JSON")
    check.add_argument("--server", metavar="BASE", help="ask a running server, such as http://127.0.0.1:8000")
    check.set_defaults(run=_check)


def _check(chosen: argparse.Namespace) -> int:
    claim = {
        "text": _text(chosen.text),
        "language": chosen.language,
        "claimant": chosen.claimant,
        "claimed_at": chosen.claimed_at,
    }
    body = {"claims": [{name: value for name, value in claim.items() if value is not None}]}
    settings = load_settings()
    answer = _ask_server(settings, chosen.server, body) if chosen.server else _ask_own_database(settings, body)
    if chosen.json:
        print(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        _show(answer)
    return 0


def _text(given: str) -> str:
    if given != "-":
        return given
    try:
        return sys.stdin.buffer.read().decode("utf-8").strip()
    except UnicodeDecodeError as error:
        raise InvalidInput([], "standard input is not UTF-8") from error


def _ask_server(settings: Settings, base: str, body: dict[str, Any]) -> dict[str, Any]:
    import asyncio

    async def ask() -> dict[str, Any]:
        async with open_server(settings, base, _PATIENCE) as client:
            return await _post(client, body)

    return asyncio.run(ask())


def _ask_own_database(settings: Settings, body: dict[str, Any]) -> dict[str, Any]:
    async def ask(database: Database) -> dict[str, Any]:
        import httpx

        from service.access import Trusting
        from service.app import create_app
        from service.asking import open_upstream
        from service.indexing import Semantics

        embedder = open_model(settings)
        semantics = None if embedder is None else Semantics(embedder)
        # Whoever may open the database needs no key to it.
        upstream = open_upstream(settings, database)
        app = create_app(settings, database, semantics, Trusting(database), upstream=upstream)
        transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
        try:
            async with httpx.AsyncClient(base_url="http://factcheck", transport=transport, timeout=_PATIENCE) as client:
                return await _post(client, body)
        finally:
            if embedder is not None:
                await embedder.close()
            if upstream is not None:
                await upstream.close()

    return with_database(settings, ask)


async def _post(client: httpx.AsyncClient, body: dict[str, Any]) -> dict[str, Any]:
    """The server's answer. Raises InvalidInput for what it refuses, Unavailable when there is no answer to be had."""
    import httpx

    try:
        # Escaped, so that a half surrogate from a broken argument reaches the check for one.
        content = json.dumps(body).encode("ascii")
        response = await client.post("/v1/checks", content=content, headers={"Content-Type": "application/json"})
        answer = response.json()
    except httpx.HTTPError as error:
        raise Unavailable(f"{client.base_url} does not answer: {error or type(error).__name__}") from error
    except ValueError as error:
        raise Unavailable(f"{client.base_url} answered {response.status_code}, and not in JSON") from error
    if response.status_code == 201 and isinstance(answer, dict):
        return answer
    if response.status_code == 422 and isinstance(answer, dict) and answer.get("errors"):
        raise InvalidInput([], "; ".join(_sentence(error) for error in answer["errors"]))
    raise refusal(client, response.status_code, answer)


def _sentence(error: dict[str, Any]) -> str:
    """What is wrong, in the words of the command line."""
    pointer = str(error["pointer"])
    return f"{_ARGUMENTS.get(pointer, pointer)} {error['detail']}"


def _show(answer: dict[str, Any]) -> None:
    from rich.console import Console

    console = Console(highlight=False, markup=False, emoji=False)
    for result in answer["results"]:
        status = result["status"]
        console.print(f"{status}", style=f"bold {_COLOURS.get(status, 'white')}", end="")
        console.print(
            f"  confidence {result['confidence']:.2f}" + (f"  {result['reason']}" if result["reason"] else "")
        )
        console.print(result["summary"])
        shown = [("match", match) for match in result["matches"]]
        shown += [("suggestion", match) for match in result["suggestions"]]
        if shown:
            _show_matches(console, status, shown)


def _show_matches(console: Console, status: str, shown: list[tuple[str, dict[str, Any]]]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(show_lines=True)
    for heading in ("status", "matched claim", "score", "sources"):
        table.add_column(heading, justify="right" if heading == "score" else "left", overflow="fold")
    for number, (kind, match) in enumerate(shown):
        table.add_row(
            Text(status if number == 0 and kind == "match" else kind),
            Text("\n".join(_matched(match))),
            Text(f"{match['score']:.2f}"),
            Text("\n".join(_sources(match)) or "none"),
        )
    console.print(table)


def _matched(match: dict[str, Any]) -> list[str]:
    lines = [match["text"], f"{match['relation']}, {match['verdict']}"]
    if match["claimant"]:
        lines.append(f"said by {match['claimant']}" + (f" on {match['claimed_at']}" if match["claimed_at"] else ""))
    lines += [
        f"{conflict['kind']}: claimed {conflict['claimed']}, known {conflict['known']}"
        for conflict in match["conflicts"]
    ]
    return lines


def _sources(match: dict[str, Any]) -> list[str]:
    reviews = [review["url"] or review["publisher"]["name"] for review in match["reviews"]]
    return list(dict.fromkeys([*reviews, *(source["url"] for source in match["sources"])]))
