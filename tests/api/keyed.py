"""A database with keys, and clients that present them, for the tests of this folder."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text

from service.access import make_key
from service.credentials import ApiKey, NewKey, Scope
from service.store.session import Database

CLAIM = {"text": "39 terrorists were killed by drone strikes in Iraq in 2025", "language": "en"}
CHECK = {"claims": [{"text": "39 terrorists were killed by drone strikes"}]}


def bearer(secret: str) -> dict[str, str]:
    """The header that presents a key."""
    return {"Authorization": f"Bearer {secret}"}


async def new_key(database: Database, *scopes: Scope, **fields: Any) -> tuple[ApiKey, str]:
    """A key with these scopes, and its secret; an administrator's before it, where it is the first."""
    async with database.read() as connection:
        first = not await connection.scalar(text("SELECT EXISTS (SELECT FROM api_keys)"))
    if first and Scope.ADMIN not in scopes:
        await make_key(database, NewKey("first", (Scope.ADMIN,)))
    return await make_key(database, NewKey(fields.pop("name", "a key"), scopes, **fields))


async def expire(database: Database, key: ApiKey) -> None:
    """As if the key's time were over."""
    async with database.each() as connection:
        await connection.execute(
            text("UPDATE api_keys SET expires_at = :then WHERE id = :id"),
            {"then": datetime(2026, 1, 1, tzinfo=UTC), "id": key.id},
        )


async def count(database: Database, table: str) -> int:
    """How many rows a table has."""
    async with database.read() as connection:
        return int((await connection.exec_driver_sql(f"SELECT count(*) FROM {table}")).scalar_one())
