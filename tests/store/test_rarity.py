"""How rare terms are: exact for the revision at hand, and asked for once."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain import ClaimDraft, IndexedPhrasing, Verdict
from service.store import rarity
from service.store.claims import NewClaim, corpus_revision, insert_claims
from service.store.rarity import term_rarity
from service.store.session import Database


async def store(database: Database, *wordings: str) -> None:
    new = [
        NewClaim(
            ClaimDraft(each, "en"),
            Verdict.TRUE,
            [IndexedPhrasing(each, "en", each, tuple((word, 1.0) for word in each.split()))],
        )
        for each in wordings
    ]
    async with database.write() as connection:
        await insert_claims(connection, new, datetime(2026, 1, 2, tzinfo=UTC))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What the database was asked for, in turn."""
    seen: list[list[str]] = []
    rows = rarity.rows

    async def recorded(connection: AsyncConnection, statement: str, terms: list[str]) -> list[object]:
        seen.append(terms)
        return await rows(connection, statement, terms)

    monkeypatch.setattr(rarity, "rows", recorded)
    return seen


def expected(df: int, total: int) -> float:
    return math.log(1 + (total - df + 0.5) / (df + 0.5)) / math.log(1 + (total + 0.5) / 0.5)


async def test_a_term_is_asked_for_once_in_a_revision(database: Database, asked: list[list[str]]) -> None:
    await store(database, "one two", "two three", "two four")
    async with database.read() as connection:
        revision = await corpus_revision(connection)
        first, scale = await term_rarity(connection, ["one", "two", "absent"], revision)
        assert (first["one"], first["two"], first["absent"]) == (expected(1, 3), expected(3, 3), 1.0)
        assert scale == math.log(1 + 3.5 / 0.5)
        again, _ = await term_rarity(connection, ["two", "absent", "three"], revision)
        assert (again["two"], again["absent"], again["three"]) == (expected(3, 3), 1.0, expected(1, 3))
        await term_rarity(connection, ["one", "three"], revision)
    assert asked == [["absent", "one", "two"], ["three"]]


async def test_the_next_revision_is_weighed_anew(database: Database, asked: list[list[str]]) -> None:
    await store(database, "one two", "two three")
    async with database.read() as connection:
        before = await corpus_revision(connection)
        await term_rarity(connection, ["one", "two"], before)
    await store(database, "one four")
    async with database.read() as connection:
        now, _ = await term_rarity(connection, ["one", "two"], before + 1)
        assert (now["one"], now["two"]) == (expected(2, 3), expected(2, 3))
        # Whoever still holds the revision before gets all of its words as of one moment, the newest.
        late, _ = await term_rarity(connection, ["one", "four"], before)
        assert (late["one"], late["four"]) == (expected(2, 3), expected(1, 3))
        still, _ = await term_rarity(connection, ["one", "two", "four"], before + 1)
        assert (still["one"], still["four"]) == (expected(2, 3), expected(1, 3))
    assert asked == [["one", "two"], ["one", "two"], ["four", "one"]]


async def test_a_corpus_that_changes_in_between_is_weighed_as_it_is_then(database: Database) -> None:
    await store(database, "one two")
    async with database.read() as connection:
        before = await corpus_revision(connection)
        await term_rarity(connection, ["one"], before)
        await store(database, "one four")
        found, _ = await term_rarity(connection, ["one", "four"], before)
        assert (found["one"], found["four"]) == (expected(2, 2), expected(1, 2))


async def test_what_is_remembered_is_bounded_and_readers_keep_theirs(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rarity, "_MOST", 4)
    await store(database, "one two three four five six")
    async with database.read() as connection:
        revision = await corpus_revision(connection)
        first, _ = await term_rarity(connection, ["one", "two", "three"], revision)
        second, _ = await term_rarity(connection, ["three", "four", "five", "six"], revision)
        assert {"one", "two", "three"} <= first.keys()
        assert {"three", "four", "five", "six"} <= second.keys()
        third, _ = await term_rarity(connection, ["one", "six"], revision)
        assert {"one", "six"} <= third.keys()


async def test_without_a_revision_it_is_as_of_now(database: Database) -> None:
    await store(database, "one two")
    async with database.read() as connection:
        found, _ = await term_rarity(connection, ["one"])
        assert found == {"one": expected(1, 1)}
