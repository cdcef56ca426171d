"""Finding candidates: the right ones, in order, without reading whole tables."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain import (
    Candidate,
    CandidatePlan,
    ClaimDraft,
    IndexedPhrasing,
    Publisher,
    Review,
    Source,
    Stance,
    Verdict,
)
from service.store import candidates
from service.store.candidates import POSTINGS_BUDGET, SAME_TEXT, SAME_URL, find_candidates
from service.store.claims import NewClaim, insert_claims
from service.store.session import Database, rows
from service.store.tables import phrasings

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def new(*wordings: str, languages: tuple[str, ...] = (), **fields: Any) -> NewClaim:
    tags = languages or ("en",) * len(wordings)
    phrasings = [
        IndexedPhrasing(wording, tag, wording, tuple((word, 1.0) for word in dict.fromkeys(wording.split())))
        for wording, tag in zip(wordings, tags, strict=True)
    ]
    return NewClaim(ClaimDraft(wordings[0], tags[0], **fields), Verdict.TRUE, phrasings)


def plan(words: str, **fields: Any) -> CandidatePlan:
    return CandidatePlan(tuple((word, 1.0) for word in words.split()), **{"folded": "", **fields})


async def store(database: Database, *claims: NewClaim) -> None:
    async with database.write() as connection:
        await insert_claims(connection, claims, NOW)


async def find(database: Database, *plans: CandidatePlan) -> list[list[Candidate]]:
    async with database.read() as connection:
        return (await find_candidates(connection, plans)).candidates


async def texts(database: Database, asked: CandidatePlan) -> list[str]:
    return [candidate.text for candidate in (await find(database, asked))[0]]


async def test_rare_words_count_more(database: Database) -> None:
    await store(database, new("common alpha"), new("common beta"), new("common gamma"), new("rare delta"))
    assert await texts(database, plan("common rare")) == ["rare delta", "common alpha", "common beta", "common gamma"]


async def test_the_score_is_bm25(database: Database) -> None:
    await store(database, new("one two"), new("two three"), new("three four"))
    ((best, *_),) = await find(database, CandidatePlan((("one", 2.0), ("two", 1.0)), ""))
    expected = 2 * math.log(1 + 2.5 / 1.5) + math.log(1 + 1.5 / 2.5)
    assert best.text == "one two"
    assert best.retrieval_score == pytest.approx(expected, rel=1e-6)


async def test_what_a_candidate_carries(database: Database) -> None:
    claim = new("some words", claimant="Who", claimed_at=date(2025, 1, 2), valid_until=date(2026, 1, 2))
    async with database.write() as connection:
        (stored,) = await insert_claims(connection, [claim], NOW)
    ((found,),) = await find(database, plan("words"))
    assert (found.claim_id, found.text, found.language) == (stored.id, "some words", "en")
    assert found.claimed_at == date(2025, 1, 2)


async def test_a_day_is_looked_up_only_where_the_reading_may_depend_on_it(database: Database) -> None:
    wordings = [(b"edition\0...", "some words"), (b"edition\1...", "some words last year"), (None, "some unread words")]
    async with database.write() as connection:
        for profile, wording in wordings:
            (stored,) = await insert_claims(connection, [new(wording, claimed_at=date(2025, 1, 2))], NOW)
            await connection.execute(update(phrasings).where(phrasings.c.claim_id == stored.id).values(profile=profile))
    async with database.read() as connection:
        found = (await find_candidates(connection, [plan("some words")], timeless=b"edition\0")).candidates[0]
        every = (await find_candidates(connection, [plan("some words")])).candidates[0]
    days = {each.text: each.claimed_at for each in found}
    assert days == {"some words": None, "some words last year": date(2025, 1, 2), "some unread words": date(2025, 1, 2)}
    assert {each.claimed_at for each in every} == {date(2025, 1, 2)}


async def test_each_plan_gets_its_own(database: Database) -> None:
    await store(database, new("alpha beta"), new("gamma delta"))
    found = await find(database, plan("gamma"), plan(""), plan("unknown"), plan("alpha"), plan("gamma", limit=1))
    assert [[each.text for each in one] for one in found] == [["gamma delta"], [], [], ["alpha beta"], ["gamma delta"]]
    assert await find(database) == []


async def test_the_limit(database: Database) -> None:
    await store(database, *(new(f"word number{n}") for n in range(10)))
    assert len(await texts(database, plan("word", limit=3))) == 3


async def test_a_text_seen_before_comes_first(database: Database) -> None:
    await store(database, new("a b c d"), new("the very text"), new("a b c d e"))
    found = (await find(database, plan("a b c d", folded="the very text")))[0]
    assert [each.text for each in found] == ["the very text", "a b c d", "a b c d e"]
    assert found[0].retrieval_score >= SAME_TEXT
    assert all(each.retrieval_score < SAME_URL for each in found[1:])


async def test_a_text_longer_than_an_index_entry(database: Database) -> None:
    long = "".join(random.Random(7).choices("abcdefghijklmnopqrstuvwxyzکگچپ", k=2000))
    await store(database, new(long))
    assert await texts(database, CandidatePlan((), long)) == [long]
    assert await texts(database, plan(long)) == [long]


async def test_an_address_that_a_claim_cites(database: Database) -> None:
    url, other = "https://a.example/x", "https://a.example/y"
    await store(
        database,
        new("by source", "by source too", sources=(Source(url, Stance.NEUTRAL),)),
        new("by review", reviews=(Review(Publisher("P"), Verdict.TRUE, url=url),)),
        new("by neither", sources=(Source(other, Stance.NEUTRAL),)),
    )
    found = (await find(database, CandidatePlan((), "", urls=(url, url))))[0]
    assert {each.text for each in found} == {"by source", "by source too", "by review"}
    assert {each.retrieval_score for each in found} == {SAME_URL}


async def test_a_phrasing_found_twice_comes_once(database: Database) -> None:
    await store(database, new("same text", sources=(Source("https://a.example/", Stance.NEUTRAL),)))
    ((found,),) = await find(database, plan("same", folded="same text", urls=("https://a.example/",)))
    assert found.retrieval_score > SAME_TEXT + SAME_URL


@pytest.mark.parametrize(
    ("languages", "expected"),
    [
        (None, {"word en", "word fa", "word ar"}),
        (("fa",), {"word fa"}),
        (("fa-IR", "EN"), {"word en", "word fa"}),
        (("de",), set()),
        ((), set()),
    ],
)
async def test_languages_by_primary_subtag(
    database: Database, languages: tuple[str, ...] | None, expected: set[str]
) -> None:
    url = "https://a.example/"
    claim = new(
        "word en", "word fa", "word ar", languages=("en", "fa-AF", "AR"), sources=(Source(url, Stance.NEUTRAL),)
    )
    await store(database, claim)
    for asked in (plan("word"), CandidatePlan((), "", urls=(url,)), CandidatePlan((), "word fa")):
        wanted = expected & ({"word fa"} if asked.folded else expected)
        limited = CandidatePlan(asked.terms, asked.folded, asked.urls, languages)
        assert set(await texts(database, limited)) == wanted


async def test_words_of_any_kind(database: Database) -> None:
    odd = ["don't", 'quo"te', "back\\slash", "{curly}", "comma,", "NULL", "null", "ی‌ک", "💥", "%s", ":x", "$1"]
    await store(database, new(" ".join(odd)))
    for word in odd:
        assert len(await texts(database, plan(word))) == 1, word


@pytest.fixture
async def crowded(database: Database) -> Database:
    """4,000 phrasings that all share a word, with statistics gathered."""
    await store(database, *(new(f"everywhere half{n % 2} tenth{n % 10} only{n}") for n in range(4_000)))
    async with database.read() as connection:
        await connection.execute(text("ANALYZE"))
    return database


async def test_common_words_are_left_out_when_the_budget_is_spent(crowded: Database) -> None:
    # 1 + 400 + 2,000 postings fit, the 4,000 of "everywhere" do not: a claim that shares only that is not found
    found = (await find(crowded, plan("only7 tenth3 half1 everywhere", limit=4_000)))[0]
    assert found[0].text.endswith("only7")
    assert len(found) == 2_000
    assert POSTINGS_BUDGET < 6_401


async def test_a_single_common_word_is_still_looked_up(crowded: Database) -> None:
    assert len((await find(crowded, plan("everywhere")))[0]) == 50


async def test_no_table_is_read_whole(crowded: Database) -> None:
    plans = [plan(f"only{n} tenth{n} half1", folded=f"only{n}", urls=("https://a.example/",)) for n in range(10)]
    for mode in ("force_custom_plan", "force_generic_plan"):
        async with crowded.read() as connection:
            await connection.execute(text("SET enable_seqscan = on"))
            await connection.execute(text(f"SET plan_cache_mode = {mode}"))
            nodes = list(_nodes(await _explain(connection, plans)))
            await connection.execute(text("RESET ALL"))
        whole = {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"}
        # one row, and two tables that are empty here: a scan of those is the cheapest there is
        assert whole <= {"corpus", "sources", "reviews"}
        used = {node["Index Name"] for node in nodes if "Index Name" in node}
        assert {"terms_term_key", "postings_pkey", "phrasings_pkey", "phrasings_folded_idx", "claims_pkey"} <= used


async def _explain(connection: AsyncConnection, plans: list[CandidatePlan]) -> Mapping[str, Any]:
    ((found,),) = await rows(connection, "EXPLAIN (FORMAT JSON) " + candidates.FIND, *candidates.parameters(plans))
    return dict(found[0]["Plan"])


def _nodes(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)
