"""From a model's folder to claims found by meaning: indexing, resuming, other models, and databases without vectors."""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from service import indexing, worker
from service.domain import ClaimDraft
from service.editing import add_claim, insert_drafts
from service.embedding.embedder import Embedder, open_embedder
from service.embedding.model import TextKind
from service.embedding.yardstick import Yardstick, measure
from service.errors import NoVectors, Unavailable
from service.indexing import (
    Progress,
    Semantics,
    Stage,
    embed_phrasings,
    index_corpus,
    read_yardstick,
    register_embedder,
)
from service.store.jobs import WorkerOptions
from service.store.models import active_model, model_states, remove_model, spaces, try_to_fill, try_to_measure
from service.store.session import Database
from service.store.vectors import VectorSpace, candidates_by_id, coverage, nearest
from service.worker import keep_indexed
from tests.conftest import ROOT, Cluster, serving
from tests.tiny_models import MEANINGS, build_model, yardstick_meanings

QUICK = WorkerOptions(poll=timedelta(seconds=0.2), lease=timedelta(seconds=2))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module")
def other_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_model(tmp_path_factory.mktemp("models") / "other", seed=1, dimension=12)


@pytest.fixture
async def embedder(folder: Path) -> AsyncIterator[Embedder]:
    opened = open_embedder(folder, threads=1)
    yield opened
    await opened.close()


@pytest.fixture
async def other(other_folder: Path) -> AsyncIterator[Embedder]:
    opened = open_embedder(other_folder, threads=1)
    yield opened
    await opened.close()


def drafts(count: int) -> list[ClaimDraft]:
    return [ClaimDraft(text=f"The school number {number} closed", language="en") for number in range(count)]


async def put(database: Database, count: int) -> None:
    async with database.write() as connection:
        await insert_drafts(connection, drafts(count))


async def covered(database: Database, embedder: Embedder) -> float:
    async with database.read() as connection:
        space = await active_model(connection, embedder.identity.digest)
        return 0.0 if space is None else await coverage(connection, space)


async def until(what: Callable[[], Awaitable[object]], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not await what():  # noqa: ASYNC110  # what is waited for is in the database
            await asyncio.sleep(0.02)


@asynccontextmanager
async def background(database: Database, url: str, embedder: Embedder) -> AsyncIterator[None]:
    task = asyncio.create_task(keep_indexed(database, url, embedder, QUICK))
    try:
        yield
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.wait({task}, timeout=20)
        assert task.done()


async def found(database: Database, embedder: Embedder, query: str) -> list[str]:
    """What is stored, by nearness to ``query``."""
    vectors = await embedder.embed([query], TextKind.QUERY)
    async with database.read() as connection:
        space = await active_model(connection, embedder.identity.digest)
        assert space is not None
        (neighbours,) = await nearest(connection, space, vectors, 10)
        candidates = await candidates_by_id(connection, [key for key, _ in neighbours])
    return [candidates[key].text for key, _ in neighbours]


async def test_a_claim_is_found_by_its_meaning(database: Database, embedder: Embedder) -> None:
    for wording in ("The doctor bought a car", "The school was shut", "A town without name"):
        await add_claim(database, ClaimDraft(text=wording, language="en"))
    space = await index_corpus(database, embedder)
    assert (space.whole, space.dimension, space.digest) == (True, 24, embedder.identity.digest)
    assert (await found(database, embedder, "physicians purchased automobiles"))[0] == "The doctor bought a car"
    assert (await found(database, embedder, "مدرسه تعطیل"))[0] == "The school was shut"


async def test_nothing_missing_means_nothing_to_do(database: Database, embedder: Embedder) -> None:
    await put(database, 3)
    await index_corpus(database, embedder)
    done = embedder.tally.embedded
    await index_corpus(database, embedder)
    assert embedder.tally.embedded == done


async def test_an_empty_database_is_whole(database: Database, embedder: Embedder) -> None:
    assert (await index_corpus(database, embedder)).whole
    assert await covered(database, embedder) == 1.0


class Failing:
    """An embedder that fails once it was asked ``calls`` times: what a crash would look like from outside."""

    def __init__(self, embedder: Embedder, calls: int) -> None:
        self.identity = embedder.identity
        self._embedder = embedder
        self._left = calls

    async def embed(self, texts: list[str], kind: TextKind) -> Any:
        if not self._left:
            raise Unavailable("the power went")
        self._left -= 1
        return await self._embedder.embed(texts, kind)


async def test_indexing_goes_on_where_it_stopped(database: Database, embedder: Embedder) -> None:
    await put(database, 300)
    await register_embedder(database, embedder)
    before = embedder.tally.embedded
    with pytest.raises(Unavailable, match="the power went"):
        await index_corpus(database, Failing(embedder, 2))  # type: ignore[arg-type]
    async with database.read() as connection:
        (state,) = await model_states(connection)
        assert await active_model(connection, embedder.identity.digest) is None
    assert (state.vectors, state.space.whole) == (256, False)
    seen: list[Progress] = []
    await index_corpus(database, embedder, seen.append)
    assert embedder.tally.embedded - before == 300
    assert (seen[0].stage, seen[0].done, seen[0].total) == (Stage.EMBEDDING, 256, 300)
    assert all(0 <= progress.done <= progress.total == 300 for progress in seen)
    assert await covered(database, embedder) == 1.0


async def test_two_at_once_share_the_work(database: Database, embedder: Embedder) -> None:
    await put(database, 300)
    await register_embedder(database, embedder)
    before = embedder.tally.embedded
    both = await asyncio.gather(index_corpus(database, embedder), index_corpus(database, embedder))
    assert both[0] == both[1]
    assert embedder.tally.embedded - before == 300
    assert await covered(database, embedder) == 1.0


async def test_a_second_one_follows_and_takes_over(database: Database, embedder: Embedder) -> None:
    await put(database, 5)
    space = await register_embedder(database, embedder)
    before = embedder.tally.embedded
    seen: list[Progress] = []
    async with database.write() as connection:
        assert await try_to_fill(connection, space)
        second = asyncio.create_task(index_corpus(database, embedder, seen.append))
        async with asyncio.timeout(10):
            while not any(progress.elsewhere for progress in seen):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        assert embedder.tally.embedded == before
    # The first has died: its transaction has ended, and nothing of it is left.
    assert (await second).whole
    assert await covered(database, embedder) == 1.0


async def test_a_text_that_changes_while_it_is_embedded(database: Database, embedder: Embedder) -> None:
    await put(database, 1)
    space = await index_corpus(database, embedder)

    class Slow(Failing):
        async def embed(self, texts: list[str], kind: TextKind) -> Any:
            async with database.write() as connection:
                await connection.execute(text("UPDATE phrasings SET text = 'Another text altogether'"))
            return await super().embed(texts, kind)

    async with database.read() as connection:
        key = await connection.scalar(text("SELECT id FROM phrasings"))
    assert await embed_phrasings(database, Slow(embedder, 9), space, [int(key or 0)]) == 0  # type: ignore[arg-type]
    assert await embed_phrasings(database, embedder, space, [int(key or 0), 10**12]) == 1


async def test_new_claims_are_embedded_in_the_background(
    database: Database, database_url: str, embedder: Embedder
) -> None:
    await put(database, 3)
    async with background(database, database_url, embedder):

        async def whole() -> bool:
            return await covered(database, embedder) == 1.0

        await until(whole)
        await add_claim(database, ClaimDraft(text="The doctor bought a car", language="en"))
        await until(whole)
        assert (await found(database, embedder, "physician purchase"))[0] == "The doctor bought a car"
    async with database.read() as connection:
        (state,) = await model_states(connection)
    assert (state.vectors, state.waiting) == (4, 0)
    assert state.used_at is not None


async def test_another_model_beside_the_first(database: Database, embedder: Embedder, other: Embedder) -> None:
    await put(database, 2)
    await index_corpus(database, embedder)
    async with database.read() as connection:
        assert await active_model(connection, other.identity.digest) is None
    await index_corpus(database, other)
    assert await covered(database, embedder) == await covered(database, other) == 1.0
    await add_claim(database, ClaimDraft(text="The doctor bought a car", language="en"))
    async with database.read() as connection:
        states = await model_states(connection)
    assert [(state.vectors, state.waiting, state.space.dimension) for state in states] == [(2, 1, 24), (2, 1, 12)]


async def test_a_model_that_is_removed_under_a_running_server(
    database: Database, database_url: str, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_SIGN_OF_LIFE", 0.1)
    await put(database, 2)
    semantics = Semantics(embedder)
    async with background(database, database_url, embedder):

        async def whole() -> bool:
            return await covered(database, embedder) == 1.0

        await until(whole)
        async with database.read() as connection:
            reach = await semantics.reach(connection)
            assert reach is not None
        async with database.write() as connection:
            await remove_model(connection, reach.space)
        async with database.read() as connection:
            with pytest.raises(NoVectors):
                await coverage(connection, reach.space)
            semantics.forget()
            again = await semantics.reach(connection)
            assert again is None or again.space != reach.space
        await until(whole)


async def test_what_can_be_searched_is_known_for_a_while(
    database: Database, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "_FRESH", 600.0)  # longer than all of this takes, on whatever machine
    semantics = Semantics(embedder)
    async with database.read() as connection:
        assert await semantics.reach(connection) is None
    await put(database, 4)
    await index_corpus(database, embedder)
    await put(database, 1)
    async with database.read() as connection:
        assert await semantics.reach(connection) is None
        semantics.forget()
        reach = await semantics.reach(connection)
        assert reach is not None
        assert reach.covered == 0.8
        assert await semantics.reach(connection) is reach


async def test_what_cosines_mean_is_measured_once_for_all_processes(database: Database, folder: Path) -> None:
    embedders = [open_embedder(folder, threads=1) for _ in range(3)]
    try:
        spaces = await asyncio.gather(*(register_embedder(database, embedder) for embedder in embedders))
        assert spaces[0].yardstick
        assert spaces[0] == spaces[1] == spaces[2]
        assert sorted(embedder.tally.embedded > 0 for embedder in embedders) == [False, False, True]
        await index_corpus(database, embedders[0])
        assert sorted(embedder.tally.embedded > 0 for embedder in embedders) == [False, False, True]
    finally:
        for embedder in embedders:
            await embedder.close()


@pytest.mark.parametrize("stored", ["NULL", """'{"digest": "another", "scales": {}}'"""])
async def test_an_outdated_yardstick_is_measured_anew(database: Database, embedder: Embedder, stored: str) -> None:
    space = await register_embedder(database, embedder)
    once = embedder.tally.embedded
    async with database.write() as connection:
        await connection.execute(text(f"UPDATE embedding_models SET yardstick = {stored}"))
    assert await register_embedder(database, embedder) == space
    assert embedder.tally.embedded == 2 * once
    await register_embedder(database, embedder)
    assert embedder.tally.embedded == 2 * once


async def test_a_failed_measurement_leaves_it_to_the_next(database: Database, embedder: Embedder) -> None:
    with pytest.raises(Unavailable, match="the power went"):
        await register_embedder(database, Failing(embedder, 1))  # type: ignore[arg-type]
    async with database.read() as connection:
        (space,) = await spaces(connection)
    assert (space.yardstick, read_yardstick(space)) == (None, Yardstick({}))
    assert (await register_embedder(database, embedder)).yardstick


async def test_a_model_that_is_removed_while_another_process_measures_it(
    database: Database, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    trying = asyncio.Event()

    async def noted(connection: AsyncConnection, space: VectorSpace) -> bool:
        trying.set()
        return await try_to_measure(connection, space)

    space = await register_embedder(database, embedder)
    monkeypatch.setattr(indexing, "try_to_measure", noted)
    async with database.write() as connection:
        await connection.execute(text("UPDATE embedding_models SET yardstick = NULL"))
    async with database.write() as connection:
        assert await try_to_measure(connection, space)
        waiting = asyncio.create_task(register_embedder(database, embedder))
        await trying.wait()
        await remove_model(connection, space)
    with pytest.raises(NoVectors):
        await waiting


async def test_what_can_be_searched_says_in_which_languages(database: Database, tmp_path: Path) -> None:
    meanings = (*MEANINGS, *yardstick_meanings("en", "fa"))
    embedder = open_embedder(build_model(tmp_path / "two", meanings=meanings), threads=1)
    try:
        await index_corpus(database, embedder)
        async with database.read() as connection:
            reach = await Semantics(embedder).reach(connection)
        assert reach is not None
        assert reach.yardstick.scales.keys() == {("en", "en"), ("en", "fa"), ("fa", "fa")}
        assert reach.yardstick == await measure(embedder)
    finally:
        await embedder.close()


async def test_a_database_that_cannot_keep_vectors(
    database: Database, database_url: str, embedder: Embedder, caplog: pytest.LogCaptureFixture
) -> None:
    async with database.write() as connection:
        await connection.execute(text("CREATE EXTENSION vector"))
        await connection.execute(text("UPDATE pg_extension SET extversion = '0.6.0' WHERE extname = 'vector'"))
    with pytest.raises(NoVectors):
        await index_corpus(database, embedder)
    with caplog.at_level(logging.WARNING, "service.worker"):
        async with background(database, database_url, embedder):
            async with asyncio.timeout(10):
                while "by their words alone" not in caplog.text:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
    await put(database, 1)
    async with database.read() as connection:
        assert await Semantics(embedder).reach(connection) is None
        assert await spaces(connection) == []


def readiness(base: str) -> Any:
    return httpx.get(f"{base}/readyz", timeout=30).json()["semantic"]


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_server_with_a_model(cluster: Cluster, migrated_url: str, folder: Path, tmp_path: Path) -> None:
    url = cluster.create(migrated_url)
    settings = {"FACTCHECK_DATABASE_URL": url, "FACTCHECK_EMBEDDING_MODEL": str(folder)}
    claim = {"text": "The physician purchased an automobile", "language": "en"}
    with serving(tmp_path, "--seed", **settings) as server:
        deadline = time.monotonic() + 60
        while (state := readiness(server.base)) != {"model": "tiny", "covered": 1.0} and time.monotonic() < deadline:
            time.sleep(0.1)
        assert state == {"model": "tiny", "covered": 1.0}, server.log.read_text()
        assert httpx.post(f"{server.base}/v1/claims", json=claim, timeout=30).status_code == 201
    said = server.log.read_text()
    assert "Traceback" not in said
    assert "ERROR" not in said
    cluster.drop(url)


def test_a_server_without_a_model_loads_none_of_it(cluster: Cluster, migrated_url: str, tmp_path: Path) -> None:
    url = cluster.create(migrated_url)
    with serving(tmp_path, FACTCHECK_DATABASE_URL=url) as server:
        assert readiness(server.base) is None
    program = (
        "import sys; import service.app, service.cli.serving;"
        "print([name for name in ('numpy', 'onnxruntime', 'tokenizers', 'pgqueuer') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    cluster.drop(url)


def test_a_broken_folder_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    environment = {"FACTCHECK_DATA_DIR": str(tmp_path / "data"), "FACTCHECK_EMBEDDING_MODEL": str(tmp_path / "empty")}

    done = subprocess.run(
        [sys.executable, "-m", "service", "serve", "--port", "0"],
        cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("factcheck: ")
    assert "empty" in done.stderr
    assert not (tmp_path / "data").exists()
