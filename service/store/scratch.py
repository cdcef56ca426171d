"""Databases for one run: made beside the one at hand, filled, measured, and dropped again."""

from __future__ import annotations

import secrets

from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError

from service.errors import Unavailable
from service.store.session import Database

_PATIENCE = 600.0
"""Seconds for a statement: dropping a large database takes its time."""


def scratch_url(url: str, prefix: str = "factcheck_eval") -> str:
    """The URL of a database beside the one at ``url``, under a name nobody uses; it is not made yet."""
    return make_url(url).set(database=f"{prefix}_{secrets.token_hex(6)}").render_as_string(hide_password=False)


async def create_scratch(url: str, scratch: str) -> None:
    """Make the database at ``scratch``, empty, on the server at ``url``. Nothing in it survives a crash of the server.

    Raises Unavailable, also when the server's account may not make databases.
    """
    name = make_url(scratch).database
    # template0, since nobody can be connected to it; what is written may be lost in a crash, and nobody would mind.
    await _run(url, f'CREATE DATABASE "{name}" TEMPLATE template0')
    await _run(url, f'ALTER DATABASE "{name}" SET synchronous_commit = off')


async def drop_scratch(url: str, scratch: str) -> None:
    """Remove the database at ``scratch``, if it is there, whoever is connected to it. Raises Unavailable."""
    await _run(url, f'DROP DATABASE IF EXISTS "{make_url(scratch).database}" WITH (FORCE)')


async def settle(database: Database) -> None:
    """Do at once what PostgreSQL does by itself some time after a load: visibility map and statistics."""
    async with database.read() as connection:
        await connection.execute(text("VACUUM ANALYZE"))


async def _run(url: str, statement: str) -> None:
    database = Database(url, pool_size=1, timeout=_PATIENCE)
    try:
        async with database.read() as connection:
            await connection.execute(text(statement))
    except DBAPIError as error:
        raise Unavailable(f"the database server refuses {statement.split()[0]}: {error.orig}") from error
    finally:
        await database.close()
