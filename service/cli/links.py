"""``factcheck links``: visit links now, and see which are broken."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any
from uuid import UUID

from service.cli.databases import with_database
from service.domain import LinkStatus
from service.errors import InvalidInput, Unavailable
from service.settings import load_settings

if TYPE_CHECKING:
    from service.store.links import Link
    from service.store.session import Database


def add_commands(commands: Any) -> None:
    """Add ``links``."""
    links = commands.add_parser(
        "links", help="visit the links of sources and reviews", description="Look after links.", allow_abbrev=False
    )
    actions = links.add_subparsers(title="commands", required=True, metavar="COMMAND")
    check = actions.add_parser(
        "check",
        help="visit links now",
        description="Visit the links that are due, or with --claim all of one claim, as politely as ever; this may "
        "take a while where many lead to one site. Works whether FACTCHECK_CHECK_LINKS is set or not.",
        allow_abbrev=False,
    )
    check.add_argument("--claim", metavar="ID", help="the links of this claim, due or not")
    check.add_argument("--save", action="store_true", help="ask the archive to copy pages that it has no copy of")
    check.set_defaults(run=_check)
    listed = actions.add_parser(
        "list", help="show links", description="Show links and what visits found.", allow_abbrev=False
    )
    listed.add_argument("--status", choices=[status.value for status in LinkStatus], help="only those of this status")
    for action in (check, listed):
        action.add_argument("--json", action="store_true", help="print JSON, a line for each link")
    listed.set_defaults(run=_list)


def _check(chosen: argparse.Namespace) -> int:
    settings = load_settings()
    claim_id = _uuid(chosen.claim) if chosen.claim else None

    async def visit(database: Database) -> None:
        from dataclasses import replace

        from service.links import LinkPlan, links_of, look_after_links
        from service.outbound.door import Door

        await _require_ready(database)
        plan = LinkPlan.of(replace(settings, archive="save") if chosen.save else settings)
        only = None if claim_id is None else await links_of(database, claim_id)
        async with Door.of(settings) as door:
            await look_after_links(database, door, plan, only=only, seen=lambda link: _print(link, chosen.json))

    with_database(settings, visit)
    return 0


def _list(chosen: argparse.Namespace) -> int:
    async def read(database: Database) -> None:
        from service.store.links import list_links

        await _require_ready(database)
        status, after = LinkStatus(chosen.status) if chosen.status else None, None
        async with database.read() as connection:
            while found := await list_links(connection, status, after, 1_000):
                for link in found:
                    _print(link, chosen.json)
                after = found[-1].id

    with_database(load_settings(), read)
    return 0


def _print(link: Link, as_json: bool) -> None:
    if as_json:
        told = {
            "url": link.url,
            "link_status": link.status,
            "http_status": link.http_status,
            "final_url": link.final_url,
            "archived_url": link.copy_url,
            "checked_at": link.checked_at.isoformat() if link.checked_at else None,
            "changed_at": link.changed_at.isoformat() if link.changed_at else None,
        }
        print(json.dumps(told, ensure_ascii=False), flush=True)
        return
    answered = f" ({link.http_status})" if link.http_status else ""
    leads = f" -> {link.final_url}" if link.final_url else ""
    print(f"{link.status}{answered}  {link.url}{leads}", flush=True)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise InvalidInput([], f"--claim takes the id of a claim, not {text!r}") from None


async def _require_ready(database: Database) -> None:
    if not (state := await database.readiness()).ready:
        raise Unavailable(state.detail)
