"""From a changed claim to the events of the watches that it concerns, and of no others."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from service.checking import check_claims
from service.domain import (
    Check,
    CheckOptions,
    Claim,
    ClaimDraft,
    IncomingClaim,
    Publisher,
    Review,
    Source,
    Stance,
    Verdict,
)
from service.editing import ANYBODY, add_claim, add_part, withdraw_claim
from service.noticing import ask_again, mark_concerned
from service.store.session import Database
from service.watching import Conditions, Watcher, fetch_events, watch_check

ANYONE = Watcher(None, everything=True)
NONE = Conditions()
TEXT = "The ferry to Example Island carried 412 people on its last day"


async def settle(database: Database) -> None:
    """Do all that there is to do in the background, as if every rest were over."""
    while await mark_concerned(database):
        pass
    async with database.write() as connection:
        await connection.execute(text("UPDATE watch_subjects SET due_at = now() WHERE due_at IS NOT NULL"))
    while await ask_again(database):
        pass


async def watched(database: Database, *texts: str, **options: Any) -> tuple[Check, UUID]:
    """A kept check of these texts that is watched, and the watch's id."""
    claims = [IncomingClaim(each) for each in texts]
    chosen = CheckOptions(**options)
    check = await check_claims(database, claims, chosen, record=True)
    watch = await watch_check(database, check, claims, chosen, ANYONE)
    await settle(database)
    return check, watch.id


async def told(database: Database, watch_id: UUID) -> list[dict[str, Any]]:
    await settle(database)
    return [msgspec.json.decode(each.body) for each in await fetch_events(database, watch_id, ANYONE, 100, 0)]


def review(verdict: Verdict, name: str = "Desk") -> Review:
    return Review(Publisher(name), verdict)


async def stored(database: Database, wording: str = TEXT, *, language: str = "en", **fields: Any) -> Claim:
    return await add_claim(database, ClaimDraft(wording, language, **fields))


async def test_a_claim_that_becomes_known_changes_what_was_answered(database: Database) -> None:
    check, watch = await watched(database, TEXT, "Cats can swim across the English Channel")
    assert [result.status.value for result in check.results] == ["unverified", "unverified"]
    claim = await stored(database, reviews=(review(Verdict.FALSE),))
    (event,) = await told(database, watch)
    data = event["data"]
    assert event["type"] == "answer.changed"
    assert data["asked"]["text"] == TEXT
    assert (data["watch_id"], data["check_id"], data["number"]) == (str(watch), str(check.id), 1)
    assert data["changed"] == ["status", "claims"]
    assert (data["before"]["status"], data["after"]["status"]) == ("unverified", "refuted")
    assert [each["claim_id"] for each in data["after"]["claims"]] == [str(claim.id)]


async def test_every_way_in_which_a_claim_changes_is_told_once(database: Database) -> None:
    claim = await stored(database, sources=(Source("https://a.example/1", Stance.SUPPORTS),))
    _, watch = await watched(database, TEXT)
    await add_part(database, claim.id, "reviews", review(Verdict.TRUE), ANYBODY)
    assert [each["data"]["changed"] for each in await told(database, watch)] == [["status", "verdict"]]
    await add_part(database, claim.id, "sources", Source("https://b.example/2", Stance.REFUTES), ANYBODY)
    assert (await told(database, watch))[1]["data"]["changed"] == ["sources"]
    await add_part(database, claim.id, "reviews", review(Verdict.TRUE, "Another"), ANYBODY)
    assert len(await told(database, watch)) == 2
    async with database.write() as connection:
        await connection.execute(text("UPDATE sources SET link_status = 'ok', checked_at = now()"))
    assert len(await told(database, watch)) == 2
    async with database.write() as connection:
        await connection.execute(text("UPDATE sources SET link_status = 'broken' WHERE position = 0"))
    assert (await told(database, watch))[2]["data"]["changed"] == ["sources"]
    await withdraw_claim(database, claim.id, ANYBODY)
    last = (await told(database, watch))[3]["data"]
    assert last["changed"] == ["status", "claims"]
    assert last["after"] == {"status": "unverified", "reason": "no_candidates", "claims": []}
