"""Claims and checks: stored whole, read back the same, counted exactly."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from uuid6 import uuid7

from service.domain import (
    Check,
    ClaimDraft,
    Comparator,
    Engine,
    IndexedPhrasing,
    LinkStatus,
    Phrasing,
    Publisher,
    ReadingSummary,
    ReadQuantity,
    Reason,
    Result,
    RetrievalKind,
    Review,
    Source,
    Span,
    Stance,
    Status,
    Verdict,
)
from service.store.checks import get_check, insert_check
from service.store.claims import (
    NewClaim,
    claim_count,
    corpus_revision,
    get_claim,
    insert_claim,
    insert_claims,
)
from service.store.evidence import Backing, Standing, claims_evidence, claims_standing
from service.store.phrasings import stored_terms
from service.store.session import Database
from service.store.tables import MAX_TERM

NOW = datetime(2026, 1, 2, 8, 0, 0, 123456, tzinfo=UTC)

FULL = ClaimDraft(
    text="39 terrorists were killed",
    language="en",
    claimant="Qais",
    claimed_at=date(2025, 12, 31),
    valid_until=date(2026, 12, 31),
    topics=("security", "iraq"),
    phrasings=(Phrasing("۳۹ تروریست کشته شدند", "fa"), Phrasing("مقتل 39 إرهابياً", "ar-IQ")),
    reviews=(
        Review(
            Publisher("Agence", "agence.example"),
            Verdict.MOSTLY_TRUE,
            url="https://agence.example/1",
            title="A title",
            original_label="Plutôt vrai",
            language="fr",
            published_at=date(2026, 1, 1),
        ),
        Review(Publisher("Desk"), Verdict.UNPROVEN),
    ),
    sources=(
        Source("https://b.example/?a=1&b=2", Stance.SUPPORTS),
        Source(
            "https://a.example/",
            Stance.MIXED,
            title="T",
            publisher="P",
            published_at=date(2025, 12, 31),
            quote="“Q”",
            archived_url="https://archive.example/x",
            link_status=LinkStatus.OK,
            checked_at=NOW,
        ),
    ),
)


def indexed(draft: ClaimDraft) -> list[IndexedPhrasing]:
    wordings = (Phrasing(draft.text, draft.language), *draft.phrasings)
    return [
        IndexedPhrasing(
            each.text, each.language, each.text.lower(), tuple((word, 1.5) for word in set(each.text.lower().split()))
        )
        for each in wordings
    ]


async def store(database: Database, *drafts: ClaimDraft) -> None:
    async with database.write() as connection:
        for draft in drafts:
            await insert_claim(connection, draft, Verdict.UNPROVEN, indexed(draft), NOW)


async def frequencies(database: Database) -> dict[str, int]:
    async with database.read() as connection:
        return {row.term: row.df for row in await connection.execute(text("SELECT term, df FROM terms"))}


async def counted(database: Database) -> dict[str, int]:
    """How many phrasings have each term, counted from the postings themselves."""
    query = text("SELECT term, count(*) AS n FROM postings JOIN terms ON terms.id = term_id GROUP BY term")
    async with database.read() as connection:
        return {row.term: row.n for row in await connection.execute(query)}


async def test_a_claim_comes_back_as_it_went_in(database: Database) -> None:
    async with database.write() as connection:
        stored = await insert_claim(connection, FULL, Verdict.MOSTLY_TRUE, indexed(FULL), NOW)
    assert (stored.draft, stored.verdict, stored.revision) == (FULL, Verdict.MOSTLY_TRUE, 1)
    assert stored.created_at == stored.updated_at == NOW
    assert stored.id.version == 7
    async with database.read() as connection:
        assert await get_claim(connection, stored.id) == stored
        assert await get_claim(connection, uuid4()) is None


async def test_the_smallest_claim(database: Database) -> None:
    draft = ClaimDraft("abc", "en")
    async with database.write() as connection:
        stored = await insert_claim(connection, draft, Verdict.UNPROVEN, [IndexedPhrasing("abc", "en", "", ())], NOW)
    async with database.read() as connection:
        assert await get_claim(connection, stored.id) == stored


async def test_ids_follow_time(database: Database) -> None:
    new = [
        NewClaim(draft, Verdict.TRUE, indexed(draft)) for draft in (ClaimDraft(f"claim {n}", "en") for n in range(5))
    ]
    async with database.write() as connection:
        stored = await insert_claims(connection, new, NOW)
    assert [claim.id for claim in stored] == sorted(claim.id for claim in stored)
    assert [claim.draft.text for claim in stored] == [f"claim {n}" for n in range(5)]


async def test_nothing_to_store_changes_nothing(database: Database) -> None:
    async with database.write() as connection:
        assert await insert_claims(connection, [], NOW) == []
    async with database.read() as connection:
        assert await corpus_revision(connection) == 0


async def test_the_first_phrasing_is_the_claims_own(database: Database) -> None:
    with pytest.raises(ValueError, match="first phrasing"):
        async with database.write() as connection:
            await insert_claim(connection, FULL, Verdict.TRUE, indexed(FULL)[1:], NOW)


async def test_counts_and_revision(database: Database) -> None:
    await store(database, FULL, ClaimDraft("terrorists were seen", "en"))
    async with database.read() as connection:
        assert await claim_count(connection) == 2
        assert await corpus_revision(connection) == 2
        assert await connection.scalar(text("SELECT phrasings FROM corpus")) == 4
    found = await frequencies(database)
    assert found["terrorists"] == 2
    assert found["killed"] == 1
    assert found == await counted(database)


async def test_a_write_undone_leaves_the_counts(database: Database) -> None:
    await store(database, FULL)
    before = await frequencies(database)
    with pytest.raises(RuntimeError):
        async with database.write() as connection:
            await insert_claim(connection, FULL, Verdict.TRUE, indexed(FULL), NOW)
            raise RuntimeError
    assert await frequencies(database) == before
    async with database.read() as connection:
        assert (await claim_count(connection), await corpus_revision(connection)) == (1, 1)


async def test_writers_at_once_count_exactly(database: Database) -> None:
    words = ["alpha", "beta", "gamma", "delta", "epsilon"]
    drafts = [ClaimDraft(" ".join(words[n % 5 :] + words[: n % 5][::-1]), "en") for n in range(20)]
    await asyncio.gather(*(store(database, draft) for draft in drafts))
    assert await frequencies(database) == await counted(database) == dict.fromkeys(words, 20)
    async with database.read() as connection:
        assert (await claim_count(connection), await corpus_revision(connection)) == (20, 20)


async def test_one_publisher_for_one_site(database: Database) -> None:
    def reviewed(*publishers: Publisher) -> ClaimDraft:
        return ClaimDraft("a claim", "en", reviews=tuple(Review(each, Verdict.TRUE) for each in publishers))

    async with database.write() as connection:
        first = await insert_claim(
            connection,
            reviewed(Publisher("First", "site.example"), Publisher("Other", "SITE.example"), Publisher("First")),
            Verdict.TRUE,
            indexed(reviewed()),
            NOW,
        )
        again = await insert_claim(
            connection, reviewed(Publisher("Renamed", "site.example")), Verdict.TRUE, indexed(reviewed()), NOW
        )
    known = Publisher("First", "site.example")
    assert [review.publisher for review in first.draft.reviews] == [known, known, Publisher("First")]
    assert [review.publisher for review in again.draft.reviews] == [known]
    async with database.read() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM publishers")) == 2
        assert await get_claim(connection, again.id) == again


async def test_evidence_of_several_claims(database: Database) -> None:
    bare = ClaimDraft("nothing known", "en")
    async with database.write() as connection:
        full = await insert_claim(connection, FULL, Verdict.TRUE, indexed(FULL), NOW)
        empty = await insert_claim(connection, bare, Verdict.TRUE, indexed(bare), NOW)
    absent = uuid4()
    async with database.read() as connection:
        found = await claims_evidence(connection, [empty.id, full.id, full.id, absent])
        standing = await claims_standing(connection, [empty.id, full.id, full.id, absent])
        assert await claims_evidence(connection, []) == await claims_standing(connection, []) == {}
    assert found == {
        empty.id: Backing(),
        full.id: Backing(FULL.reviews, FULL.sources),
        absent: Backing(),
    }
    assert standing == {
        empty.id: Standing(True, None, None, None, Verdict.TRUE, found[empty.id]),
        full.id: Standing(True, FULL.claimant, FULL.claimed_at, FULL.valid_until, Verdict.TRUE, found[full.id]),
    }


def test_terms_are_cut_and_merged() -> None:
    long = "x" * MAX_TERM
    assert dict(stored_terms([(long + "a", 1.0), (long + "b", 2.0), ("", 1.0), ("ok", 0.5), ("zero", 0.0)])) == {
        long: 3.0,
        "ok": 0.5,
    }


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE claims SET text = 'ab'",
        "UPDATE claims SET text = repeat('x', 2001)",
        "UPDATE claims SET verdict = 'maybe'",
        "UPDATE claims SET revision = 0",
        "UPDATE claims SET updated_at = created_at - interval '1 second'",
        "UPDATE claims SET topics = ARRAY[NULL]",
        "UPDATE claims SET language = ''",
        "UPDATE claims SET claimant = ''",
        "UPDATE phrasings SET text = ''",
        "UPDATE phrasings SET position = 0",
        "UPDATE phrasings SET claim_id = gen_random_uuid()",
        "UPDATE reviews SET verdict = 'maybe'",
        "UPDATE reviews SET url = 'javascript:alert(1)'",
        "UPDATE reviews SET publisher_id = -1",
        "UPDATE sources SET stance = 'against'",
        "UPDATE sources SET url = 'ftp://a.example'",
        "UPDATE sources SET link_status = 'broken', checked_at = now()",
        "UPDATE sources SET link_status = 'gone', checked_at = NULL",
        "UPDATE reviews SET link_status = 'gone', checked_at = NULL",
        "UPDATE reviews SET via = ''",
        "UPDATE sources SET link_status = 'ok', checked_at = NULL",
        "UPDATE publishers SET site = 'UPPER.example'",
        "UPDATE publishers SET name = ''",
        "UPDATE postings SET weight = 0",
        "UPDATE postings SET term_id = -1",
        "UPDATE terms SET df = -1",
        "UPDATE terms SET term = repeat('x', 101)",
        "UPDATE corpus SET phrasings = 0",
        "INSERT INTO corpus DEFAULT VALUES",
        "INSERT INTO checks VALUES (gen_random_uuid(), now(), '[]', '{}')",
        "DELETE FROM publishers",
    ],
)
async def test_the_database_itself_refuses(database: Database, statement: str) -> None:
    await store(database, FULL)
    async with database.read() as connection:
        with pytest.raises(DBAPIError) as caught:
            await connection.execute(text(statement))
    assert str(getattr(caught.value.orig, "sqlstate", "")).startswith("23")


def check(results: Sequence[Result] = ()) -> Check:
    return Check(uuid7(), NOW, Engine("1.0.0", 7, (RetrievalKind.LEXICAL,)), tuple(results))


async def test_a_check_comes_back_as_it_was_answered(database: Database) -> None:
    reading = ReadingSummary(
        (
            ReadQuantity(39.1, None, "person", Comparator.EQUAL, "٣٩", Span(0, 2)),
            ReadQuantity(1e-7, 1e300, None, Comparator.ABOUT, "x", Span(3, 4)),
        ),
        (),
        (),
        negated=False,
        folded="39 \N{ZERO WIDTH NON-JOINER}",
    )
    result = Result(
        None, "٣٩ x", "ar", Status.UNVERIFIED, 0.1 + 0.2, Reason.NO_CANDIDATES, "Nothing “known”.", reading, (), ()
    )
    given = check([result, replace(result, ref="p\u2028")])
    async with database.write() as connection:
        await insert_check(connection, given, {"claims": [{"text": "٣٩ x"}]})
    async with database.read() as connection:
        assert await get_check(connection, given.id) == given
        assert await get_check(connection, uuid4()) is None
        assert await connection.scalar(text("SELECT request -> 'claims' -> 0 ->> 'text' FROM checks")) == "٣٩ x"
