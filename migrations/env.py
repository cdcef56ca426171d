"""How alembic reaches the database.

The service hands in its own connection; by hand (``alembic upgrade head``) the connection is made here, from
FACTCHECK_DATABASE_URL or to the embedded PostgreSQL.
"""

from __future__ import annotations

import asyncio
import re
from contextlib import nullcontext
from typing import Any

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from service.settings import load_settings
from service.store import access_tables, import_tables, inbox_tables, watch_tables  # noqa: F401  # of the same metadata
from service.store.embedded import embedded_postgres
from service.store.session import asyncpg_url
from service.store.tables import QUEUE_TABLES, metadata

LOCK = 4_702_111_234_240_102
"""Key of the advisory lock that lets one process migrate at a time: any number that nobody else would take."""


def is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """Whether a comparison with the code's tables looks at this: not at the queue's, nor at a model's vectors."""
    return kind != "table" or not (name in QUEUE_TABLES or re.fullmatch(r"embeddings_\d+", name or ""))


SETTINGS: dict[str, Any] = {
    "target_metadata": metadata,
    "compare_type": True,
    "compare_server_default": True,
    "include_name": is_ours,
}


def run(connection: Connection) -> None:
    """Migrate over ``connection``, within its transaction."""
    connection.execute(text("SET LOCAL lock_timeout = '60s'"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
    # Better to give up than to queue every reader of a table behind a migration that waits for one of them.
    connection.execute(text("SET LOCAL lock_timeout = '5s'"))
    connection.execute(text("SET LOCAL statement_timeout = '10min'"))
    context.configure(connection=connection, **SETTINGS)
    with context.begin_transaction():
        context.run_migrations()


async def run_by_hand() -> None:
    """Migrate the database that the settings name."""
    settings = load_settings()
    place = nullcontext(settings.database_url) if settings.database_url else embedded_postgres(settings.data_dir)
    with place as url:
        engine = create_async_engine(asyncpg_url(url), poolclass=NullPool)
        async with engine.begin() as connection:
            await connection.run_sync(run)


def print_sql() -> None:
    """The statements instead of their effects (``--sql``)."""
    context.configure(dialect_name="postgresql", literal_binds=True, **SETTINGS)
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    print_sql()
elif (handed := context.config.attributes.get("connection")) is not None:
    run(handed)
else:
    asyncio.run(run_by_hand())
