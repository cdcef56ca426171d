"""Profiles of wordings after an update: not believed, made anew, and the answers are the same all the while."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from service.checking import check_claims
from service.domain import Check, CheckOptions, ClaimDraft, IncomingClaim, Phrasing
from service.editing import add_claim
from service.jobs import Workplace
from service.matching import profile as profiles
from service.renewing import RENEWAL, queue_renewal, renew_profiles
from service.settings import Settings
from service.store.session import Database

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
    await RENEWAL.run(workplace, profiles.edition())
    assert None not in await _profiles(database)


async def test_terms_that_an_update_reads_differently_are_indexed_anew(database: Database) -> None:
    await _store(database)
    index = (
        "SELECT terms.term, terms.df, posting.phrasing_id, posting.weight FROM terms "
        "LEFT JOIN postings AS posting ON posting.term_id = terms.id WHERE terms.df > 0 ORDER BY 1, 3"
    )
    revision = "SELECT revision FROM corpus"

    async def told(statement: str) -> list[tuple[object, ...]]:
        async with database.read() as connection:
            return [tuple(row) for row in await connection.execute(text(statement))]

    before, ferry = await told(index), "(SELECT id FROM terms WHERE term = 'ferri')"
    assert any(row[0] == "ferri" for row in before)
    async with database.write() as connection:  # as an edition with other stems and other weights would have it
        await connection.execute(text(f"UPDATE terms SET df = df - 1 WHERE id = {ferry}"))
        await connection.execute(text(f"DELETE FROM postings WHERE term_id = {ferry}"))
        await connection.execute(text("UPDATE postings SET weight = weight * 2"))
        await connection.execute(text("UPDATE phrasings SET profile = NULL"))
    (then,) = await told(revision)
    await renew_profiles(database)
    assert await told(index) == before
    assert await told(revision) > [then]
    async with database.write() as connection:
        await connection.execute(text("UPDATE phrasings SET profile = NULL"))
    (then,) = await told(revision)
    await renew_profiles(database)
    assert await told(revision) == [then]
