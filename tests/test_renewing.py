"""Profiles of wordings after an update: not believed, made anew, and the answers are the same all the while."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert, text

from service.checking import check_claims
from service.domain import Check, CheckOptions, ClaimDraft, IncomingClaim, Phrasing
from service.editing import add_claim
from service.gathering import gather
from service.jobs import Workplace
from service.matching import profile as profiles
from service.renewing import RENEWAL, queue_renewal, renew_inbox, renew_profiles, renew_watches
from service.settings import Settings
from service.store.inbox_tables import waiting
from service.store.session import Database
from tests.watches.steps import TEXT, settle, stored, told, watched

ASKED = (
    IncomingClaim("39 bridges were closed in Leeds last year", claimed_at=date(2025, 3, 1)),
    IncomingClaim("The ferry to the island carried 412 people"),
)


async def _store(database: Database) -> None:
    draft = ClaimDraft(
        "39 bridges were closed last year in Leeds", "en", claimed_at=date(2025, 2, 1),
        phrasings=(Phrasing("Leeds closed 39 bridges", "en"),),
    )  # fmt: skip
    await add_claim(database, draft)
    await add_claim(database, replace(draft, text="412 people took the ferry to the island", phrasings=()))


async def _answers(database: Database) -> object:
    check: Check = await check_claims(database, ASKED, CheckOptions(suggest_threshold=0.0), record=False)
    return check.results


async def _profiles(database: Database) -> list[bytes | None]:
    async with database.read() as connection:
        return list((await connection.execute(text("SELECT profile FROM phrasings ORDER BY id"))).scalars())


async def test_a_claim_is_stored_with_profiles_of_this_edition(database: Database) -> None:
    await _store(database)
    assert all(each and each.startswith(profiles.edition()) for each in await _profiles(database))
    assert await renew_profiles(database) == 0


async def test_what_another_edition_kept_is_read_again(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    await _store(database)
    before = await _answers(database)
    async with database.write() as connection:
        await connection.execute(text("UPDATE phrasings SET profile = NULL WHERE position = 1"))
    assert await _answers(database) == before
    monkeypatch.setattr(profiles, "edition", lambda: b"another!")
    monkeypatch.setattr("service.renewing.edition", lambda: b"another!")
    assert await _answers(database) == before
    assert await renew_profiles(database) == 3
    assert all(each and each.startswith(b"another!") for each in await _profiles(database))
    assert await _answers(database) == before


async def test_the_job_leaves_what_is_not_its_own_edition_s(database: Database, tmp_path: Path) -> None:
    await _store(database)
    async with database.write() as connection:
        await connection.execute(text("UPDATE phrasings SET profile = NULL"))
        await queue_renewal(connection)
        await queue_renewal(connection)
        queued = (
            await connection.execute(text("SELECT payload FROM pgqueuer WHERE entrypoint = 'renew-profiles'"))
        ).all()
    assert [bytes(payload) for (payload,) in queued] == [profiles.edition()]
    workplace = Workplace(Settings(tmp_path), database, "")
    await RENEWAL.run(workplace, b"another!")
    assert await _profiles(database) == [None, None, None]
    await _ask_in_vain(database, "The bridge of Example Bay will be closed in 2027")
    await watched(database, TEXT)
    tables = ("inbox_wordings", "watch_subjects")
    await _do(database, *(f"UPDATE {table} SET edition = NULL" for table in tables))
    await RENEWAL.run(workplace, profiles.edition())
    assert None not in await _profiles(database)
    for table in tables:
        assert await _told(database, f"SELECT edition FROM {table}") == [(profiles.edition(),)]


async def _told(database: Database, statement: str) -> list[tuple[object, ...]]:
    async with database.read() as connection:
        return [tuple(row) for row in await connection.execute(text(statement))]


async def _do(database: Database, *statements: str) -> None:
    async with database.write() as connection:
        for statement in statements:
            await connection.execute(text(statement))


async def _ask_in_vain(database: Database, *texts: str) -> None:
    asked = [
        {"text": each, "language": "en", "claimed_at": None, "asked_at": datetime(2026, 1, 2, tzinfo=UTC)}
        for each in texts
    ]
    async with database.write() as connection:
        await connection.execute(insert(waiting), asked)
    assert await gather(database, patient=True) == len(texts)


async def test_the_inbox_s_wordings_are_found_by_what_this_edition_reads(database: Database) -> None:
    await _ask_in_vain(database, "The bridge of Example Bay will be closed in 2027", "Leeds has 39 bridges")
    index = "SELECT term, wording_id FROM inbox_terms ORDER BY 1, 2"
    keys = "SELECT key, edition FROM inbox_wordings ORDER BY id"
    before, known = await _told(database, index), await _told(database, keys)
    assert await renew_inbox(database) == 0
    # As an edition with other stems, and with other digests, left them.
    await _do(
        database,
        "UPDATE inbox_terms SET term = term || 'x'",
        "UPDATE inbox_wordings SET key = 'old' || key, edition = NULL",
    )
    assert await renew_inbox(database) == 2
    assert await _told(database, index) == before
    assert await _told(database, keys) == known
    await _ask_in_vain(database, "The bridge of Example Bay will be closed in 2027")
    assert await _told(database, "SELECT asked FROM inbox_items ORDER BY 1") == [(1,), (2,)]


async def test_two_wordings_that_have_become_one_are_both_kept(database: Database) -> None:
    await _ask_in_vain(database, "Leeds has 39 bridges", "Leeds has 41 bridges")
    await _do(database, "UPDATE inbox_wordings SET text = 'Leeds has 39 bridges', edition = 'another!'")
    await _do(database, "UPDATE inbox_wordings SET key = 'a' || id::text::bytea")
    assert await renew_inbox(database) == 2
    known = await _told(database, "SELECT count(*), count(DISTINCT key), count(DISTINCT edition) FROM inbox_wordings")
    assert known == [(2, 2, 1)]


async def test_what_is_under_watch_is_found_by_what_this_edition_reads(database: Database) -> None:
    _, watch = await watched(database, TEXT, "Leeds has 39 bridges")
    index = "SELECT subject_id, unit, language, term FROM watch_postings ORDER BY 1, 2, 4"
    due = "SELECT count(*) FROM watch_subjects WHERE due_at IS NOT NULL"
    before = await _told(database, index)
    assert await renew_watches(database) == 0
    await _do(database, "UPDATE watch_subjects SET edition = 'another!'")
    assert await renew_watches(database) == 2
    assert await _told(database, due) == [(0,)], "what is found as before is not asked again"
    await _do(
        database,
        "UPDATE watch_postings SET term = 'x' || term",
        "UPDATE watch_subjects SET edition = 'another!'",
    )
    # A claim comes in before the terms are renewed, and passes the watch by.
    await stored(database, reviews=())
    await settle(database)
    assert await told(database, watch) == []
    assert await renew_watches(database) == 2
    assert await _told(database, index) == before
    assert [event["asked"]["text"] for event in await told(database, watch)] == [TEXT]


async def test_terms_that_an_update_reads_differently_are_indexed_anew(database: Database) -> None:
    await _store(database)
    index = (
        "SELECT terms.term, terms.df, posting.phrasing_id, posting.weight FROM terms "
        "LEFT JOIN postings AS posting ON posting.term_id = terms.id WHERE terms.df > 0 ORDER BY 1, 3"
    )
    revision = "SELECT revision FROM corpus"

    before, ferry = await _told(database, index), "(SELECT id FROM terms WHERE term = 'ferri')"
    assert any(row[0] == "ferri" for row in before)
    async with database.write() as connection:  # as an edition with other stems and other weights would have it
        await connection.execute(text(f"UPDATE terms SET df = df - 1 WHERE id = {ferry}"))
        await connection.execute(text(f"DELETE FROM postings WHERE term_id = {ferry}"))
        await connection.execute(text("UPDATE postings SET weight = weight * 2"))
        await connection.execute(text("UPDATE phrasings SET profile = NULL"))
    (then,) = await _told(database, revision)
    await renew_profiles(database)
    assert await _told(database, index) == before
    assert await _told(database, revision) > [then]
    async with database.write() as connection:
        await connection.execute(text("UPDATE phrasings SET profile = NULL"))
    (then,) = await _told(database, revision)
    await renew_profiles(database)
    assert await _told(database, revision) == [then]
