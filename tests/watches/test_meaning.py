"""Answers that were found by meaning too are not told to have changed because vectors are out of reach for a while."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sqlalchemy import text

from service.domain import CheckOptions, IncomingClaim
from service.embedding.embedder import open_embedder
from service.indexing import Semantics
from service.noticing import ask_again
from service.store.session import Database
from service.watching import Conditions, fetch_events, watch_text
from tests.tiny_models import build_model
from tests.watches.steps import ANYONE, TEXT


async def due_at(database: Database) -> datetime | None:
    async with database.read() as connection:
        found: datetime | None = await connection.scalar(text("SELECT due_at FROM watch_subjects"))
        return found


async def test_without_the_vectors_of_then_nothing_is_concluded(database: Database, tmp_path: Path) -> None:
    watch = await watch_text(database, IncomingClaim(TEXT), CheckOptions(), ANYONE, Conditions(), None)
    # As if a claim had been found, by meaning too.
    async with database.write() as connection:
        await connection.execute(
            text("""
            UPDATE watch_subjects SET snapshot = snapshot || '{"by_meaning": true, "status": "refuted", "reason": null}'
            """)
        )
    embedder = open_embedder(build_model(tmp_path / "model"), threads=1)
    try:
        # The model is loaded, and no vector of it is in the database.
        assert await ask_again(database, Semantics(embedder)) is True
        assert await fetch_events(database, watch.id, ANYONE, 10, 0) == []
        later = await due_at(database)
        assert later is not None
        assert later > watch.created_at
    finally:
        await embedder.close()
    # Where the operator has taken the model away, words alone are what answers rest on from now on.
    async with database.write() as connection:
        await connection.execute(text("UPDATE watch_subjects SET due_at = now()"))
    assert await ask_again(database, None) is True
    assert len(await fetch_events(database, watch.id, ANYONE, 10, 0)) == 1
    assert await due_at(database) is None
