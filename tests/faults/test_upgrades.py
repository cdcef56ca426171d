"""A new release beside the one before it: migrations on a filled database, up under traffic, and down again."""

from __future__ import annotations

import asyncio
import io
import os
import re
import subprocess
import sys
import tarfile
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
from alembic import command

from service.store.schema import head_revision, migration_config
from service.store.session import Database
from tests.conftest import ROOT, Cluster, plain
from tests.faults.postgres import query
from tests.faults.servers import served
from tests.faults.traffic import Traffic


def previous_release(folder: Path) -> str:
    """Unpack the last state of the project before its newest migration; the revision its database was at."""
    (newest,) = (ROOT / "migrations" / "versions").glob(f"{head_revision()}_*.py")
    name = str(newest.relative_to(ROOT))
    added = _git("log", "--diff-filter=A", "--format=%H", "-1", "--", name).decode().strip()
    if not added:
        pytest.skip("the project's history is not at hand: the release before this one comes from there")
    files = io.BytesIO(_git("archive", "--format=tar", f"{added}^"))
    with tarfile.open(fileobj=files) as archive:
        archive.extractall(folder, filter="data")
    there = [re.match(r"\d{4}", path.name) for path in (folder / "migrations" / "versions").glob("*.py")]
    return max(found[0] for found in there if found)


def _git(*arguments: str) -> bytes:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else b""


async def test_a_new_release_takes_over_under_traffic(cluster: Cluster, tmp_path: Path) -> None:
    """The old release goes on answering when the new one has migrated the database, then both do, then the new one."""
    old_root = tmp_path / "old"
    old_root.mkdir()
    before = await asyncio.to_thread(previous_release, old_root)
    assert before < head_revision()
    url = cluster.create()
    async with AsyncExitStack() as stack:
        old = await stack.enter_async_context(served(tmp_path, "--seed", root=old_root, FACTCHECK_DATABASE_URL=url))
        stored = await asyncio.to_thread(query, plain(url), "SELECT version_num FROM alembic_version")
        assert stored == [before]
        traffic = Traffic([old.base])
        async with traffic.flowing(writers=3, checkers=3):
            await traffic.more()
            await asyncio.to_thread(_migrate, url)
            await traffic.more()
            # A load balancer would take it away otherwise, before there is anything in its place.
            new = await stack.enter_async_context(served(tmp_path, FACTCHECK_DATABASE_URL=url))
            traffic.bases.append(new.base)
            await traffic.more()
            traffic.bases.remove(old.base)
            await asyncio.to_thread(_stop, old.process)
            await traffic.more()
        assert not traffic.failures
        await traffic.nothing_lost(new.base)
    cluster.drop(url)


def _migrate(url: str) -> None:
    environment = {**os.environ, "FACTCHECK_DATABASE_URL": url}
    subprocess.run([sys.executable, "-m", "service", "migrate"], cwd=ROOT, env=environment, check=True, timeout=120)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    assert process.wait(30) == 0


async def test_down_and_up_on_a_filled_database(cluster: Cluster, seeded_url: str, tmp_path: Path) -> None:
    """Step by step to the first revision and back: what is found and what was answered is the same afterwards."""
    url = cluster.create(seeded_url)
    config = migration_config()
    asked = {"text": "39 terrorists killed by drone strikes", "language": "en"}

    async def answer() -> dict[str, object]:
        async with served(tmp_path, FACTCHECK_DATABASE_URL=url) as server, httpx.AsyncClient(timeout=30) as client:
            answered = await client.get(f"{server.base}/v1/check", params=asked)
            await client.post(f"{server.base}/v1/checks", json={"claims": [asked]})
        return dict(answered.json())

    def down(connection: object) -> None:
        config.attributes["connection"] = connection
        command.downgrade(config, "-1")

    def up(connection: object) -> None:
        config.attributes["connection"] = connection
        command.upgrade(config, "+1")

    first = await answer()
    contents = "SELECT text FROM phrasings UNION ALL SELECT id::text FROM checks ORDER BY 1"
    held = await asyncio.to_thread(query, plain(url), contents)
    database = Database(url, pool_size=1, timeout=60)
    for step in [down] * (int(head_revision()) - 1) + [up] * (int(head_revision()) - 1):
        async with database.write() as connection:
            await connection.run_sync(step)
        assert await asyncio.to_thread(query, plain(url), contents) == held
    await database.close()
    second = await answer()
    changing = ("engine",)
    assert {key: second[key] for key in second if key not in changing} == {
        key: first[key] for key in first if key not in changing
    }
    cluster.drop(url)
