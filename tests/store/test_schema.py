"""Migrations: up, down and up again, the same tables as the code's, once however many start at once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from pgqueuer.queries import Queries
from sqlalchemy import Connection, text

from service.domain import Action, LinkStatus, Phrasing, Publisher, Verdict
from service.editing import ANYBODY, edit_claim, withdraw_claim
from service.errors import Unavailable
from service.store import access_tables, inbox_tables, watch_tables  # noqa: F401  # of the same metadata
from service.store.claims import get_claim
from service.store.models import register_model
from service.store.revisions import get_revision
from service.store.schema import current_revision, head_revision, migrate, migration_config
from service.store.session import Database
from service.store.tables import QUEUE_TABLES, metadata
from tests.conftest import ROOT, Cluster, plain

CONSTRAINTS = text("""
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'p', 'u', 'f')
      AND conrelid::regclass::text <> 'alembic_version' AND conrelid::regclass::text NOT LIKE 'pgqueuer%'
    ORDER BY 1, 2
""")


@pytest.fixture
def empty_url(cluster: Cluster) -> Iterator[str]:
    url = cluster.create()
    yield url
    cluster.drop(url)


async def table_names(database: Database) -> set[str]:
    async with database.read() as connection:
        rows = await connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        return set(rows.scalars())


def test_the_head_by_name_is_the_head_by_content() -> None:
    script = ScriptDirectory.from_config(migration_config())
    assert script.get_heads() == [head_revision()]
    assert all(revision.path.rsplit("/", 1)[-1].startswith(revision.revision) for revision in script.walk_revisions())


async def test_up_down_and_up_again(empty_url: str) -> None:
    database = Database(empty_url)
    try:
        assert await migrate(empty_url) is True
        assert await table_names(database) == {*metadata.tables, *QUEUE_TABLES, "alembic_version"}
        assert await migrate(empty_url) is False
        space = await register_model(database, "a model", "0" * 64, 3)
        assert space.table in await table_names(database)
        config = migration_config()
        async with database.write() as connection:
            await connection.run_sync(_downgrade, config)
        assert await table_names(database) == {"alembic_version"}
        assert await migrate(empty_url) is True
        async with database.read() as connection:
            assert await current_revision(connection) == head_revision()
    finally:
        await database.close()


def _downgrade(connection: Connection, config: object) -> None:
    _downgrade_to(connection, config, "base")


async def test_migrations_make_the_tables_of_the_code(database: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        options = {"compare_type": True, "compare_server_default": True, "include_name": _is_ours}
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, metadata))

    async with database.read() as connection:
        assert await connection.run_sync(differences) == []


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "table" or name not in QUEUE_TABLES


async def test_the_queue_library_finds_its_tables_as_it_wants_them(database_url: str) -> None:
    connection = await asyncpg.connect(plain(database_url))
    try:
        plan = await Queries.from_asyncpg_connection(connection).plan_upgrade()
    finally:
        await connection.close()
    assert plan.statements == ()


async def test_migrations_make_the_constraints_of_the_code(database: Database, empty_url: str) -> None:
    direct = Database(empty_url)
    async with direct.write() as connection:
        await connection.run_sync(metadata.create_all)
    async with direct.read() as connection:
        expected = [tuple(row) for row in await connection.execute(CONSTRAINTS)]
    await direct.close()
    async with database.read() as connection:
        assert [tuple(row) for row in await connection.execute(CONSTRAINTS)] == expected
    assert len(expected) > 30


OLDER = """
    INSERT INTO publishers (name, site) VALUES ('Desk', 'desk.example'), ('Nobody', NULL);
    INSERT INTO claims (id, text, language, claimant, claimed_at, topics, verdict, created_at, updated_at)
    VALUES ('0199b1c2-0b52-7d63-9a0e-5f1c2d3e4a5b', 'a claim from before', 'en', 'ÉMILE', '2025-12-31',
            ARRAY['a', 'ب'], 'true', '2026-01-01T00:00:00.123456Z', '2026-01-01T00:00:00.123456Z'),
           ('0199b1c2-0b52-7d63-9a0e-5f1c2d3e4a5c', 'a bare one', 'fa', NULL, NULL, '{}', 'unproven', now(), now());
    INSERT INTO phrasings (claim_id, position, text, language, folded)
    SELECT id, 0, text, language, text FROM claims;
    INSERT INTO phrasings (claim_id, position, text, language, folded)
    SELECT id, 1, 'ادعایی از پیش', 'fa', 'x' FROM claims WHERE verdict = 'true';
    INSERT INTO reviews (claim_id, position, publisher_id, verdict, original_label, published_at)
    SELECT c.id, p.id - 1, p.id, 'true', 'Correct', '2026-01-02' FROM claims c, publishers p WHERE c.verdict = 'true';
    INSERT INTO sources (claim_id, position, url, stance, link_status, checked_at)
    SELECT id, 0, 'https://a.example/?x=1', 'mixed', 'moved', '2026-01-03T00:00:00Z' FROM claims WHERE verdict = 'true';
    UPDATE corpus SET claims = 2, phrasings = 3
"""


async def test_claims_from_before_revisions_are_read_whole_and_have_their_first(empty_url: str) -> None:
    await migrate(empty_url, "0002")
    database = Database(empty_url)
    try:
        async with database.write() as connection:
            for statement in OLDER.split(";"):
                await connection.execute(text(statement))
        await migrate(empty_url)
        async with database.read() as connection:
            claim = await get_claim(connection, UUID("0199b1c2-0b52-7d63-9a0e-5f1c2d3e4a5b"))
            bare = await get_claim(connection, UUID("0199b1c2-0b52-7d63-9a0e-5f1c2d3e4a5c"))
            assert claim is not None
            assert bare is not None
            first = await get_revision(connection, claim.id, 1)
            assert first is not None
        assert (first.claim, first.action) == (claim, Action.CREATED)
        draft = claim.draft
        assert (claim.revision, claim.verdict, draft.topics) == (1, Verdict.TRUE, ("a", "ب"))
        assert claim.created_at == datetime(2026, 1, 1, 0, 0, 0, 123456, tzinfo=UTC)
        assert draft.phrasings == (Phrasing("ادعایی از پیش", "fa"),)
        assert [review.publisher for review in draft.reviews] == [
            Publisher("Desk", "desk.example"),
            Publisher("Nobody"),
        ]
        assert [review.from_label for review in draft.reviews] == [False, False]
        assert [each.draft.sources[0].link_status for each in (claim, first.claim)] == [LinkStatus.REDIRECTED] * 2
        ids = [part.id for part in (*draft.phrasings, *draft.reviews, *draft.sources)]
        assert [each.version for each in ids if each] == [7, 7, 7, 7]
        assert (bare.draft.phrasings, bare.draft.reviews, bare.draft.sources) == ((), (), ())
        edited = await edit_claim(database, claim.id, ANYBODY, lambda before: replace(before, claimant=None))
        assert edited.revision == 2
        await withdraw_claim(database, bare.id, ANYBODY)
        config = migration_config()
        async with database.write() as connection:
            await connection.run_sync(_downgrade_to, config, "0002")
        async with database.read() as connection:
            # what was withdrawn would be found again
            assert list((await connection.execute(text("SELECT id FROM claims"))).scalars()) == [claim.id]
    finally:
        await database.close()


def _downgrade_to(connection: Connection, config: object, revision: str) -> None:
    from alembic import command
    from alembic.config import Config

    assert isinstance(config, Config)
    config.attributes["connection"] = connection
    command.downgrade(config, revision)


def test_several_processes_migrating_at_once(empty_url: str) -> None:
    environment = {**os.environ, "FACTCHECK_DATABASE_URL": empty_url}
    command = [sys.executable, "-m", "service", "migrate"]
    processes = [
        subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    outputs = [process.communicate(timeout=120)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert all(f"revision {head_revision()}" in output for output in outputs)


async def test_a_database_from_the_future_is_refused(database: Database, database_url: str) -> None:
    async with database.write() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Unavailable, match="newer release"):
        await migrate(database_url)
    assert (await database.readiness()).ready, "who serves already goes on while the newer release takes over"
