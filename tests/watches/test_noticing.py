"""From a changed claim to the events of the watches that it concerns, and of no others."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from service.checking import check_claims
from service.domain import CheckOptions, ClaimDraft, IncomingClaim, Phrasing, PinnedVerdict, Source, Stance, Verdict
from service.editing import (
    ANYBODY,
    add_part,
    edit_claim,
    insert_drafts,
    remove_part,
    restore_claim,
    withdraw_claim,
)
from service.errors import Conflict, NotFound
from service.merging import merge_claims
from service.noticing import KEPT, MAX_PAYLOAD, STALE, ask_again, keep_fresh, mark_concerned
from service.publishing import edit_publisher
from service.seeding import read_seeds
from service.store.backlog import backlogs
from service.store.publishers import list_publishers
from service.store.session import Database
from service.watching import (
    Conditions,
    Watcher,
    end_watch,
    fetch_events,
    fetch_watch,
    watch_check,
    watch_claim,
    watch_kept_check,
    watch_text,
)
from tests.watches.steps import ANYONE, TEXT, review, settle, stored, told, watched

NONE = Conditions()


async def test_a_claim_that_becomes_known_changes_what_was_answered(database: Database) -> None:
    check, watch = await watched(database, TEXT, "Cats can swim across the English Channel")
    assert [result.status.value for result in check.results] == ["unverified", "unverified"]
    claim = await stored(database, reviews=(review(Verdict.FALSE),))
    (event,) = await told(database, watch)
    assert event["asked"]["text"] == TEXT
    assert (event["watch_id"], event["check_id"], event["number"]) == (str(watch), str(check.id), 1)
    assert event["changed"] == ["status", "claims"]
    assert event["before"] == {"status": "unverified", "reason": "no_candidates", "claims": []}
    assert event["after"]["status"] == "refuted"
    assert [each["claim_id"] for each in event["after"]["claims"]] == [str(claim.id)]


async def test_every_way_in_which_a_claim_changes_is_told_once(database: Database) -> None:
    claim = await stored(database, sources=(Source("https://a.example/1", Stance.SUPPORTS),))
    _, watch = await watched(database, TEXT)
    await add_part(database, claim.id, "reviews", review(Verdict.TRUE, original_label="Aye", from_label=True), ANYBODY)
    assert (await told(database, watch))[0]["changed"] == ["status", "verdict"]
    await add_part(database, claim.id, "sources", Source("https://b.example/2", Stance.REFUTES), ANYBODY)
    assert (await told(database, watch))[1]["changed"] == ["sources"]
    # A second review that says the same, a link that turns out to work: nothing that was said is otherwise now.
    await add_part(database, claim.id, "reviews", review(Verdict.OTHER, original_label="Aye", from_label=True), ANYBODY)
    async with database.write() as connection:
        await connection.execute(text("UPDATE sources SET link_status = 'ok', checked_at = now()"))
    assert len(await told(database, watch)) == 2
    async with database.write() as connection:
        await connection.execute(text("UPDATE sources SET link_status = 'gone' WHERE position = 0"))
    assert (await told(database, watch))[2]["changed"] == ["sources"]
    async with database.read() as connection:
        (desk,) = await list_publishers(connection, None, None, 10)
    await edit_publisher(database, desk.id, ANYBODY, lambda entry: replace(entry, labels={"Aye": Verdict.TRUE}))
    relabelled = (await told(database, watch))[3]
    assert relabelled["changed"] == ["status", "verdict"]
    pin = PinnedVerdict(Verdict.FALSE, "The log book has 214.")
    await edit_claim(database, claim.id, ANYBODY, lambda draft: replace(draft, pinned_verdict=pin))
    assert (await told(database, watch))[4]["after"]["status"] == "refuted"
    other = await stored(database, "412 passengers took the last ferry to Example Island")
    await merge_claims(database, claim.id, other.id, ANYBODY)
    merged = (await told(database, watch))[5]
    assert "claims" in merged["changed"]
    assert str(other.id) in {each["claim_id"] for each in merged["after"]["claims"]}
    await withdraw_claim(database, other.id, ANYBODY)
    assert (await told(database, watch))[6]["after"] == {
        "status": "unverified",
        "reason": "no_candidates",
        "claims": [],
    }
    await restore_claim(database, other.id, ANYBODY)
    assert (await told(database, watch))[7]["changed"] == ["status", "claims"]


async def test_a_claim_that_is_watched_itself_is_followed(database: Database) -> None:
    claim = await stored(database)
    watch = (await watch_claim(database, claim.id, ANYONE, Conditions(ref="mine"))).id
    assert await told(database, watch) == []
    await edit_claim(database, claim.id, ANYBODY, lambda draft: replace(draft, text="The ferry carried 413 people"))
    (worded,) = await told(database, watch)
    assert (worded["changed"], worded["ref"], worded["asked"]) == (["text"], "mine", None)
    assert (worded["before"]["status"], worded["before"]["claims"][0]["text"]) == (None, TEXT)
    await add_part(database, claim.id, "reviews", review(Verdict.TRUE), ANYBODY)
    assert (await told(database, watch))[1]["changed"] == ["verdict"]
    other = await stored(database, "413 passengers took the last ferry to Example Island")
    await merge_claims(database, claim.id, other.id, ANYBODY)
    assert [each["claim_id"] for each in (await told(database, watch))[2]["after"]["claims"]] == [str(other.id)]
    await edit_claim(database, other.id, ANYBODY, lambda draft: replace(draft, claimant="The harbour master"))
    assert len(await told(database, watch)) == 3
    await withdraw_claim(database, other.id, ANYBODY)
    last = (await told(database, watch))[3]
    assert (last["changed"], last["claim_id"], last["after"]["claims"]) == (["claims"], str(claim.id), [])


async def test_a_change_of_score_alone_is_not_told(database: Database) -> None:
    claim = await stored(database, reviews=(review(Verdict.TRUE),))
    asked = "On its last day, the ferry to Example Island has carried 412 people"
    check, watch = await watched(database, asked)
    drafts = [ClaimDraft(f"The ferry to Island number {n} was late by {n + 3} minutes", "en") for n in range(40)]
    async with database.write() as connection:
        await insert_drafts(connection, drafts)
    await add_part(database, claim.id, "phrasings", Phrasing("412 people were on the ferry's last trip", "en"), ANYBODY)
    assert await told(database, watch) == []
    again = await check_claims(database, [IncomingClaim(asked)], CheckOptions(), record=False)
    scores = [each.results[0].matches[0].score for each in (check, again)]
    assert scores[0] != scores[1]


async def test_what_changes_while_a_watch_is_made_is_told(database: Database) -> None:
    claims = [IncomingClaim(TEXT)]
    check = await check_claims(database, claims, CheckOptions(), record=True)
    await stored(database, reviews=(review(Verdict.TRUE),))
    while await mark_concerned(database):
        pass
    watch = await watch_check(database, check, claims, CheckOptions(), ANYONE)
    assert (await told(database, watch.id))[0]["after"]["status"] == "supported"
    late = await watch_kept_check(database, check.id, ANYONE, NONE)
    assert (await told(database, late.id))[0]["before"]["status"] == "unverified"
    now = await watch_text(database, IncomingClaim(TEXT), CheckOptions(), ANYONE, NONE, None)
    assert await told(database, now.id) == []


async def asked_at(database: Database, watch: UUID) -> datetime:
    async with database.read() as connection:
        query = text("SELECT max(asked_at) FROM watch_subjects WHERE watch_id = :id")
        found: datetime = (await connection.execute(query, {"id": watch})).scalar_one()
        return found


async def test_an_import_asks_once_for_whom_it_concerns_and_not_for_others(database: Database) -> None:
    _, mine = await watched(database, TEXT)
    _, other = await watched(database, "Vaccines cause autism in children")
    before = await asked_at(database, other), await asked_at(database, mine)
    for part in range(3):
        drafts = [ClaimDraft(f"Reservoir number {n} held {part} per cent more water", "en") for n in range(200)]
        drafts.append(ClaimDraft(TEXT, "en", reviews=(review(Verdict.TRUE),)))
        async with database.write() as connection:
            await insert_drafts(connection, drafts)
    while await mark_concerned(database):
        pass
    # Asked a moment ago, so not before its rest is over.
    assert await ask_again(database) is False
    async with database.read() as connection:
        assert [(each.kind, each.waiting) for each in await backlogs(connection)] == [("watch-answers", 1)]
    (event,) = await told(database, mine)
    assert len(event["after"]["claims"]) == 3
    assert await asked_at(database, other) == before[0]
    assert await asked_at(database, mine) > before[1]


async def test_a_storm_of_changes_asks_for_everything_once(database: Database) -> None:
    _, mine = await watched(database, TEXT)
    _, other = await watched(database, "Vaccines cause autism in children")
    before = await asked_at(database, other)
    drafts = [ClaimDraft(f"Reservoir number {n} held {n + 5} per cent more water", "en") for n in range(30)]
    async with database.write() as connection:
        await insert_drafts(connection, [*drafts, ClaimDraft(TEXT, "en", reviews=(review(Verdict.TRUE),))])
    assert await mark_concerned(database, storm=31) is True
    assert await mark_concerned(database, storm=31) is False
    assert len(await told(database, mine)) == 1
    assert await told(database, other) == []
    assert await asked_at(database, other) > before


async def test_what_nothing_seemed_to_concern_comes_to_light_within_a_day(database: Database) -> None:
    claim = await stored(database, reviews=(review(Verdict.TRUE),), valid_until=date(2999, 1, 1))
    _, watch = await watched(database, TEXT)
    async with database.write() as connection:
        await connection.execute(text("UPDATE claims SET valid_until = '2020-01-01'"))
    assert await told(database, watch) == []
    await keep_fresh(database, datetime.now(UTC) + STALE - timedelta(minutes=1))
    assert await told(database, watch) == []
    await keep_fresh(database, datetime.now(UTC) + STALE + timedelta(minutes=1))
    (event,) = await told(database, watch)
    assert (event["before"]["status"], event["after"]["status"]) == ("supported", "outdated")
    assert event["after"]["claims"][0]["claim_id"] == str(claim.id)


async def test_a_watch_ends_when_it_expires_and_is_forgotten_later(database: Database) -> None:
    soon = Conditions(expires_at=datetime.now(UTC) + timedelta(seconds=60))
    watch = await watch_text(database, IncomingClaim(TEXT), CheckOptions(), ANYONE, soon, None)
    await settle(database)
    async with database.write() as connection:
        await connection.execute(text("UPDATE watches SET created_at = '2020-01-01', expires_at = '2020-01-02'"))
    await stored(database)
    assert await told(database, watch.id) == []
    await fetch_watch(database, watch.id, ANYONE)
    await keep_fresh(database, datetime(2020, 1, 2, tzinfo=UTC) + KEPT - timedelta(hours=1))
    await fetch_watch(database, watch.id, ANYONE)
    await keep_fresh(database)
    with pytest.raises(NotFound):
        await fetch_watch(database, watch.id, ANYONE)


async def test_an_event_has_a_size_that_every_consumer_can_take(database: Database) -> None:
    sources = tuple(Source(f"https://a.example/{n}/{'x' * 1000}", Stance.SUPPORTS) for n in range(90))
    claim = await stored(database, sources=sources)
    _, watch = await watched(database, TEXT)
    await add_part(database, claim.id, "reviews", review(Verdict.TRUE), ANYBODY)
    (event,) = await told(database, watch)
    assert event["abridged"] is True
    assert event["after"]["claims"][0]["verdict"] == "true"
    (kept,) = await fetch_events(database, watch, ANYONE, 10, 0)
    assert len(kept.body.encode()) <= MAX_PAYLOAD


async def test_a_key_has_so_much_under_watch_and_no_more(database: Database) -> None:
    few = Watcher(None, everything=True, most=2)
    first = await watch_text(database, IncomingClaim(TEXT), CheckOptions(), few, NONE, None)
    claims = [IncomingClaim(TEXT), IncomingClaim("Cats can swim")]
    check = await check_claims(database, claims, CheckOptions(), record=True)
    with pytest.raises(Conflict, match="would exceed 2"):
        await watch_check(database, check, claims, CheckOptions(), few)
    await end_watch(database, first.id, few)
    await watch_check(database, check, claims, CheckOptions(), few)


async def test_every_other_wording_of_the_seeds_is_noticed_and_addresses_are(database: Database) -> None:
    """A text is under watch, and later the same is stored in other words and languages: that has to be noticed."""
    drafts = [draft for draft in (seed.draft() for seed in read_seeds()) if len(draft.phrasings) > 2][:12]
    watches = {}
    for draft in drafts:
        incoming = IncomingClaim(draft.text, language=draft.language)
        watches[draft.text] = (await watch_text(database, incoming, CheckOptions(), ANYONE, NONE, None)).id
    linked = "Look at this https://a.example/ferry"
    by_link = (await watch_text(database, IncomingClaim(linked), CheckOptions(), ANYONE, NONE, None)).id
    await settle(database)
    before = {text: await asked_at(database, watch) for text, watch in watches.items()}
    link_before = await asked_at(database, by_link)
    async with database.write() as connection:
        for draft in drafts:
            own, *others = draft.phrasings
            await insert_drafts(
                connection, [replace(draft, text=own.text, language=own.language, phrasings=tuple(others))]
            )
        await insert_drafts(
            connection,
            [ClaimDraft("قایق دیر رسید", "fa", sources=(Source("https://a.example/ferry", Stance.NEUTRAL),))],
        )
    await settle(database)
    assert [text for text, watch in watches.items() if await asked_at(database, watch) == before[text]] == []
    assert await asked_at(database, by_link) > link_before


async def test_a_wording_that_goes_takes_the_answer_with_it(database: Database) -> None:
    claim = await stored(database, "قایق جزیره در روز آخر ۴۱۲ مسافر داشت", language="fa")
    claim, part = await add_part(database, claim.id, "phrasings", Phrasing(TEXT, "en"), ANYBODY)
    _, watch = await watched(database, TEXT, languages=("en",))
    await remove_part(database, claim.id, "phrasings", part, ANYBODY)
    assert (await told(database, watch))[0]["changed"] == ["status", "claims"]
