"""``factcheck keys``: API keys, made and revoked on the database itself, with or without a running server."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from service.cli.databases import with_database
from service.credentials import ApiKey, NewKey, Scope
from service.errors import Fault, InvalidInput, Unavailable
from service.settings import load_settings

if TYPE_CHECKING:
    from service.store.session import Database


def add_command(commands: Any) -> None:
    """Add ``keys`` with its own commands."""
    keys = commands.add_parser("keys", help="make, list and revoke API keys", description="Manage API keys.")
    actions = keys.add_subparsers(title="commands", required=True, metavar="COMMAND")
    create = actions.add_parser(
        "create",
        help="make a key and print its secret, this once",
        description="Make a key. Its secret goes to standard output, this once; everything else to standard error.",
        allow_abbrev=False,
    )
    create.add_argument(
        "--scope",
        action="append",
        required=True,
        choices=[scope.value for scope in Scope],
        help="what it may do; may be given several times. write includes read, admin includes everything",
    )
    create.add_argument("--name", help="who or what will use it [its scopes]")
    create.add_argument("--expires", metavar="TIME", help="when it ends, such as 2027-01-31 or 2027-01-31T12:00:00Z")
    create.add_argument("--rate-limit", metavar="N", type=int, help="units a minute it may spend (FACTCHECK_KEY_RATE)")
    create.add_argument("--json", action="store_true", help="print the key with its secret as JSON")
    create.set_defaults(run=_create)
    shown = actions.add_parser("list", help="list the keys, newest first", description="List the keys, newest first.")
    shown.add_argument("--json", action="store_true", help="print them as JSON")
    shown.set_defaults(run=_list)
    revoke = actions.add_parser(
        "revoke", help="refuse a key from now on", description="Refuse a key from now on, on every server."
    )
    revoke.add_argument("key", metavar="KEY", help="its id or its prefix")
    revoke.add_argument("--json", action="store_true", help="print the key as JSON")
    revoke.set_defaults(run=_revoke)


def _create(chosen: argparse.Namespace) -> int:
    new = NewKey(
        name=" ".join(chosen.scope) if chosen.name is None else chosen.name,
        scopes=tuple(Scope(scope) for scope in chosen.scope),
        rate_limit=chosen.rate_limit,
        expires_at=None if chosen.expires is None else _moment(chosen.expires),
    )

    async def create(database: Database) -> tuple[ApiKey, str]:
        from service.access import make_key_by_hand

        await _require_ready(database)
        return await make_key_by_hand(database, new)

    key, secret = with_database(load_settings(), create)
    if chosen.json:
        print(json.dumps({**_plain(key), "secret": secret}, ensure_ascii=False, indent=2))
    else:
        print(f"{_line(key)}\nIts secret, shown this once:", file=sys.stderr, flush=True)
        print(secret)
    return 0


def _list(chosen: argparse.Namespace) -> int:
    async def fetch(database: Database) -> list[ApiKey]:
        from service.access import fetch_keys

        await _require_ready(database)
        return await fetch_keys(database)

    keys = with_database(load_settings(), fetch)
    if chosen.json:
        print(json.dumps([_plain(key) for key in keys], ensure_ascii=False, indent=2))
    else:
        for key in keys:
            print(_line(key))
        if not keys:
            print("There are no keys: the service is open to this machine, and to no other.", file=sys.stderr)
    return 0


def _revoke(chosen: argparse.Namespace) -> int:
    async def revoke(database: Database) -> ApiKey:
        from service.access import revoke_key_by_hand

        await _require_ready(database)
        return await revoke_key_by_hand(database, chosen.key)

    key = with_database(load_settings(), revoke)
    print(json.dumps(_plain(key), ensure_ascii=False, indent=2) if chosen.json else _line(key))
    return 0


async def _require_ready(database: Database) -> None:
    if not (state := await database.readiness()).ready:
        raise Unavailable(state.detail)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput([Fault("/expires_at", "must be a time such as 2027-01-31T12:00:00Z")]) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _plain(key: ApiKey) -> dict[str, Any]:
    import msgspec

    fields: dict[str, Any] = msgspec.to_builtins(key)
    return fields


def _line(key: ApiKey) -> str:
    now = datetime.now(UTC)
    state = "valid"
    if key.revoked_at is not None:
        state = f"revoked {key.revoked_at:%Y-%m-%d}"
    elif key.expires_at is not None:
        state = f"{'expired' if key.expires_at <= now else 'expires'} {key.expires_at:%Y-%m-%d}"
    return f"fc_{key.prefix}  {','.join(key.scopes):<10}  {state:<18}  {key.id}  {key.name}"
