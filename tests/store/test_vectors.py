"""Vectors in the database: what is near, in which language, of which model, and where there can be none."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator, Sequence

import asyncpg
import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain import ClaimDraft, Phrasing
from service.editing import insert_drafts
from service.errors import NoVectors
from service.store.models import (
    activate,
    active_model,
    build_index,
    find_space,
    model_states,
    register_model,
    remove_model,
    spaces,
    try_to_fill,
)
from service.store.session import Database
from service.store.vectors import (
    VectorSpace,
    candidates_by_id,
    cosines,
    coverage,
    missing_phrasings,
    nearest,
    store_vectors,
)
from tests.conftest import Cluster, plain

DIGEST = "a" * 64
OTHER = "b" * 64
DIMENSION = 16


def unit(rows: int, seed: int = 0) -> NDArray[np.float32]:
    """Random directions, (rows, DIMENSION)."""
    drawn = np.random.default_rng(seed).normal(size=(rows, DIMENSION))
    return (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)


def drafts(count: int, language: str = "en") -> list[ClaimDraft]:
    return [ClaimDraft(text=f"Claim number {number} in {language}", language=language) for number in range(count)]


async def stored(database: Database, new: Sequence[ClaimDraft]) -> list[tuple[int, str]]:
    """Store the claims; id and text of every phrasing there is, in order."""
    async with database.write() as connection:
        await insert_drafts(connection, new)
    return await all_phrasings(database)


async def all_phrasings(database: Database) -> list[tuple[int, str]]:
    async with database.read() as connection:
        rows = await connection.execute(text("SELECT id, text FROM phrasings ORDER BY id"))
        return [(key, wording) for key, wording in rows]


async def filled(database: Database, space: VectorSpace, known: Sequence[tuple[int, str]], seed: int = 0) -> None:
    async with database.write() as connection:
        assert await store_vectors(connection, space, known, unit(len(known), seed)) == len(known)


@pytest.fixture
async def space(database: Database) -> VectorSpace:
    return await register_model(database, "a model", DIGEST, DIMENSION)


@pytest.fixture
async def reader(database: Database) -> AsyncIterator[AsyncConnection]:
    async with database.read() as connection:
        yield connection


async def test_the_nearest_are_those_of_an_exact_search(database: Database, space: VectorSpace) -> None:
    known = await stored(database, drafts(400))
    vectors, queries = unit(400), unit(5, seed=1)
    await filled(database, space, known)
    async with database.read() as connection:
        assert await build_index(connection, space)
        # On so few the planner would rather look at all of them.
        await connection.execute(text("SET enable_seqscan = off"))
        await connection.execute(text("SET enable_sort = off"))
        found = await nearest(connection, space, queries, 50)
    for query, neighbours in zip(queries, found, strict=True):
        exact = vectors @ query
        best = {known[at][0] for at in np.argsort(-exact)[:50]}
        assert len(best & {key for key, _ in neighbours}) >= 49
        assert [cosine for _, cosine in neighbours] == sorted((cosine for _, cosine in neighbours), reverse=True)
        of = {key: exact[at] for at, (key, _) in enumerate(known)}
        assert all(cosine == pytest.approx(of[key], abs=1e-3) for key, cosine in neighbours)


async def test_the_search_s_width_holds_for_its_statement_alone(
    database: Database, space: VectorSpace, reader: AsyncConnection
) -> None:
    await filled(database, space, await stored(database, drafts(3)))
    await nearest(reader, space, unit(1), 2)
    assert await reader.scalar(text("SHOW hnsw.ef_search")) == "40"
    assert await reader.scalar(text("SHOW hnsw.iterative_scan")) == "off"


async def test_only_the_languages_asked_for_by_primary_subtag(
    database: Database, space: VectorSpace, reader: AsyncConnection
) -> None:
    known = await stored(database, [*drafts(60), *drafts(3, "fa-AF"), *drafts(2, "FA")])
    await filled(database, space, known)
    (found,) = await nearest(reader, space, unit(1, seed=9), 10, languages=["fa-IR"])
    assert {key for key, _ in found} == {key for key, _ in known[60:]}
    assert await nearest(reader, space, unit(1), 10, languages=[]) == [[]]


async def test_phrasings_that_were_found_otherwise_get_their_cosine_too(
    database: Database, space: VectorSpace, reader: AsyncConnection
) -> None:
    known = await stored(database, drafts(30))
    vectors = unit(30)
    await filled(database, space, known[:29])
    ids = [key for key, _ in known]
    queries = vectors[:2]
    found = await nearest(reader, space, queries, 3, also=[[ids[7], ids[7], ids[29], 10**12], []])
    assert len(found[0]) in {3, 4}
    assert len(found[1]) == 3
    assert found[0][0] == (ids[0], pytest.approx(1.0, abs=1e-3))
    assert dict(found[0])[ids[7]] == pytest.approx(float(vectors[7] @ queries[0]), abs=1e-3)
    assert not {ids[29], 10**12} & dict(found[0]).keys()
    alone = await cosines(reader, space, queries, [[ids[7]], [ids[3], ids[29]]])
    assert [set(each) for each in alone] == [{ids[7]}, {ids[3]}]
    assert alone[1][ids[3]] == pytest.approx(float(vectors[3] @ queries[1]), abs=1e-3)
    assert await cosines(reader, space, queries, [[], []]) == [{}, {}]


async def test_a_text_that_says_nothing_is_near_nothing(
    database: Database, space: VectorSpace, reader: AsyncConnection
) -> None:
    known = await stored(database, drafts(3))
    async with database.write() as connection:
        await store_vectors(connection, space, known, np.zeros((3, DIMENSION), dtype=np.float32))
    zero = np.zeros((1, DIMENSION), dtype=np.float32)
    ids = [[key for key, _ in known]]
    assert await nearest(reader, space, unit(1), 3, also=ids) == [[]]
    assert await nearest(reader, space, zero, 3, also=ids) == [[]]


async def test_vectors_of_another_shape_are_refused(space: VectorSpace, reader: AsyncConnection) -> None:
    with pytest.raises(ValueError, match="shape"):
        await nearest(reader, space, np.zeros((1, DIMENSION + 1), dtype=np.float32), 3)
    with pytest.raises(ValueError, match="2 vectors"):
        await cosines(reader, space, unit(2), [[1]])
    assert await nearest(reader, space, np.zeros((0, DIMENSION), dtype=np.float32), 3) == []


async def test_storing_again_replaces_and_what_is_gone_or_changed_is_passed_over(
    database: Database, space: VectorSpace, reader: AsyncConnection
) -> None:
    known = await stored(database, drafts(4))
    await filled(database, space, known)
    await filled(database, space, known, seed=5)
    async with database.write() as connection:
        await connection.execute(text("UPDATE phrasings SET text = 'Another text' WHERE id = :id"), {"id": known[0][0]})
        assert await store_vectors(connection, space, [*known[:2], (10**12, "No such phrasing")], unit(3, seed=6)) == 1
    (found,) = await cosines(reader, space, unit(1, seed=5), [[known[0][0]]])
    assert found[known[0][0]] == pytest.approx(1.0, abs=1e-3)


async def test_vectors_leave_with_their_claim(database: Database, space: VectorSpace, reader: AsyncConnection) -> None:
    await filled(database, space, await stored(database, drafts(3)))
    async with database.write() as connection:
        await connection.execute(text("DELETE FROM phrasings WHERE text LIKE '%number 1%'"))
    (state,) = await model_states(reader)
    assert state.vectors == 2
    (found,) = await nearest(reader, space, unit(1), 10)
    assert len(found) == 2


async def test_what_is_missing_and_what_share_is_covered(
    database: Database, space: VectorSpace, reader: AsyncConnection
) -> None:
    assert await coverage(reader, space) == 1.0
    two_wordings = ClaimDraft(text="One wording", language="en", phrasings=(Phrasing("Another wording", "en"),))
    known = await stored(database, [*drafts(2), two_wordings])
    assert await coverage(reader, space) == 0.0
    await filled(database, space, [known[1]])
    assert await coverage(reader, space) == 0.25
    assert await missing_phrasings(reader, space, 0, 2) == [known[0], known[2]]
    assert await missing_phrasings(reader, space, known[2][0], 2) == [known[3]]


async def test_candidates_by_id(database: Database, reader: AsyncConnection) -> None:
    known = await stored(database, drafts(2))
    found = await candidates_by_id(reader, [known[1][0], 10**12, known[1][0]])
    assert [(key, each.text, each.language) for key, each in found.items()] == [(known[1][0], known[1][1], "en")]
    assert await candidates_by_id(reader, []) == {}


async def test_a_model_is_registered_once_however_many_try(database: Database, reader: AsyncConnection) -> None:
    tries = (register_model(database, "a model", DIGEST, DIMENSION) for _ in range(4))
    found = set(await asyncio.gather(*tries))
    assert found == set(await spaces(reader))
    assert len(found) == 1


async def test_vectors_of_two_models_never_meet(
    database: Database, space: VectorSpace, reader: AsyncConnection
) -> None:
    known = await stored(database, drafts(5))
    other = await register_model(database, "a model", OTHER, DIMENSION)
    await filled(database, space, known)
    assert await nearest(reader, other, unit(1), 5) == [[]]
    async with database.write() as connection:
        await activate(connection, space)
    assert (await active_model(reader, DIGEST)) is not None
    assert await active_model(reader, OTHER) is None
    assert await find_space(reader, OTHER) == other


async def test_a_model_that_was_removed_is_told_apart_from_a_broken_database(
    database: Database, space: VectorSpace, reader: AsyncConnection
) -> None:
    known = await stored(database, drafts(1))
    async with database.write() as connection:
        await remove_model(connection, space)
    assert await spaces(reader) == []
    with pytest.raises(NoVectors, match="a model"):
        await nearest(reader, space, unit(1), 5)
    with pytest.raises(NoVectors):
        await coverage(reader, space)
    with pytest.raises(NoVectors):
        async with database.write() as connection:
            await store_vectors(connection, space, known, unit(1))
    assert await register_model(database, "a model", DIGEST, DIMENSION) != space


async def test_an_index_that_was_left_unfinished_is_made_anew(
    database: Database, space: VectorSpace, reader: AsyncConnection
) -> None:
    await filled(database, space, await stored(database, drafts(3)))
    assert await build_index(reader, space)
    before = await reader.scalar(text("SELECT CAST(to_regclass(:name) AS oid)"), {"name": space.index})
    assert await build_index(reader, space)
    assert await reader.scalar(text("SELECT CAST(to_regclass(:name) AS oid)"), {"name": space.index}) == before
    # What a process that was killed while it built the index leaves behind.
    await reader.execute(
        text("UPDATE pg_index SET indisvalid = false WHERE indexrelid = to_regclass(:name)"), {"name": space.index}
    )
    assert await build_index(reader, space)
    valid = text("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:name)")
    assert await reader.scalar(valid, {"name": space.index}) is True
    assert await reader.scalar(text("SHOW maintenance_work_mem")) == "64MB"


async def test_one_process_at_a_time_goes_through_what_is_missing(database: Database, space: VectorSpace) -> None:
    async with database.write() as first:
        assert await try_to_fill(first, space)
        async with database.write() as second:
            assert not await try_to_fill(second, space)
    async with database.write() as third:
        assert await try_to_fill(third, space)


@pytest.fixture
def powerless(cluster: Cluster, database_url: str) -> Iterator[str]:
    """The test's database, as an account sees it that owns nothing and may use every table and sequence."""
    name, password = f"factcheck_test_{secrets.token_hex(4)}", secrets.token_hex(8)

    async def run(*statements: str) -> None:
        connection = await asyncpg.connect(plain(database_url))
        for statement in statements:
            await connection.execute(statement)
        await connection.close()

    asyncio.run(
        run(
            f"CREATE ROLE {name} LOGIN PASSWORD '{password}'",
            f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {name}",
            f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {name}",
            f"GRANT ALL ON SCHEMA public TO {name}",
        )
    )
    yield make_url(database_url).set(username=name, password=password).render_as_string(hide_password=False)
    asyncio.run(run(f"DROP OWNED BY {name}", f"DROP ROLE {name}"))


def test_without_the_extension_and_the_right_to_create_it(powerless: str) -> None:
    async def run() -> None:
        database = Database(powerless)
        try:
            with pytest.raises(NoVectors, match=r"no pgvector .*permission denied.*CREATE EXTENSION vector"):
                await register_model(database, "a model", DIGEST, DIMENSION)
            async with database.read() as connection:
                assert await spaces(connection) == []
            # Words go on without.
            assert len(await stored(database, drafts(2))) == 2
        finally:
            await database.close()

    asyncio.run(run())


async def test_an_extension_that_is_too_old(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(text("CREATE EXTENSION vector"))
        await connection.execute(text("UPDATE pg_extension SET extversion = '0.7.4' WHERE extname = 'vector'"))
    with pytest.raises(NoVectors, match=r"pgvector 0\.7\.4, and 0\.8 is needed.*ALTER EXTENSION vector UPDATE"):
        await register_model(database, "a model", DIGEST, DIMENSION)


async def test_vectors_too_long_for_an_index(database: Database) -> None:
    with pytest.raises(NoVectors, match="4001 numbers"):
        await register_model(database, "a model", DIGEST, 4001)
