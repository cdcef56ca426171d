"""Servers that break. ``make test-faults`` runs these tests, ``make test`` does not; they speak to loopback only."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.store.schema import migrate
from tests.faults.postgres import Postgres, postgres


@pytest.fixture(scope="module")
def broken_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A migrated server that the tests of a module may stop, kill and start; it runs when a test begins."""
    with postgres(tmp_path_factory.mktemp("faults")) as server:
        asyncio.run(migrate(server.url))
        yield server


@pytest.fixture
def own_postgres(broken_postgres: Postgres) -> Iterator[Postgres]:
    """``broken_postgres``, running at the beginning and at the end."""
    if not broken_postgres.running:
        broken_postgres.start()
    yield broken_postgres
    if not broken_postgres.running:
        broken_postgres.start()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a server of this test keeps its log."""
    return tmp_path
