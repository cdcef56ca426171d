"""The state of the schema: which revision the database is at, which one the code needs, and the way between them."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from service.errors import Unavailable
from service.locations import companion

if TYPE_CHECKING:
    from alembic.config import Config

_REVISION_FILE = re.compile(r"(\d{4})_\w+\.py")


@cache
def head_revision() -> str:
    """The newest revision in the migrations folder. Its files are named after their revisions: ``0001_....py``.

    Found from the names alone, since importing the migration machinery takes longer than a start should.
    """
    names = (_REVISION_FILE.fullmatch(path.name) for path in (companion("migrations") / "versions").iterdir())
    return max(match[1] for match in names if match)


async def current_revision(connection: AsyncConnection) -> str | None:
    """The revision the database is at, or None when it has never been migrated."""
    known = await connection.scalar(text("SELECT to_regclass('alembic_version') IS NOT NULL"))
    if not known:
        return None
    found: Any = await connection.scalar(text("SELECT version_num FROM alembic_version"))
    return None if found is None else str(found)


def migration_config() -> Config:
    """What alembic's commands need, without a file."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(companion("migrations")).replace("%", "%%"))
    return config


async def migrate(url: str, revision: str = "head") -> bool:
    """Bring the database at ``url`` to ``revision``; False when it was there already.

    Safe to run from several processes at once: one migrates, the others wait for it and find nothing to do.
    Raises Unavailable when the database cannot be reached or a newer release has migrated it.
    """
    from service.store.session import Database

    database = Database(url, pool_size=1, timeout=60.0)
    try:
        async with database.read() as connection:
            found = await current_revision(connection)
        target = head_revision() if revision == "head" else revision
        if found == target:
            return False
        if revision == "head" and found is not None and found > target:
            raise Unavailable(f"a newer release has migrated the database: it is at {found}, this one knows {target}")
        async with database.write() as connection:
            await connection.run_sync(_upgrade, revision)
        return True
    finally:
        await database.close()


def _upgrade(connection: Any, revision: str) -> None:
    from alembic import command

    config = migration_config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
