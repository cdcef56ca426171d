"""What the tests of this folder do again and again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from service.checking import check_claims
from service.domain import Check, CheckOptions, Claim, ClaimDraft, IncomingClaim, Publisher, Review, Verdict
from service.editing import add_claim
from service.noticing import ask_again, mark_concerned
from service.store.session import Database
from service.watching import Watcher, fetch_events, watch_check

ANYONE = Watcher(None, everything=True)
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
    """The data of all events of a watch, once everything is settled."""
    await settle(database)
    found = await fetch_events(database, watch_id, ANYONE, 100, 0)
    assert [each.number for each in found] == list(range(1, len(found) + 1))
    return [msgspec.json.decode(each.body)["data"] for each in found]


async def stored(database: Database, wording: str = TEXT, *, language: str = "en", **fields: Any) -> Claim:
    """A stored claim."""
    return await add_claim(database, ClaimDraft(wording, language, **fields))


def review(verdict: Verdict, name: str = "Desk", **fields: Any) -> Review:
    """A review by a publisher of this name."""
    return Review(Publisher(name), verdict, **fields)
