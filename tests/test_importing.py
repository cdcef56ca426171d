"""Files into claims: what becomes of rows, once and again, changed, joined, undone; and what a dry run leaves."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from service.api.import_rows import claim_of_line
from service.checking import check_claims
from service.domain import CheckOptions, Claim, ClaimDraft, IncomingClaim, Phrasing, Status, Verdict
from service.editing import Editor, add_claim, edit_claim, fetch_claim, withdraw_claim
from service.errors import Conflict, InvalidInput, NotFound, Withdrawn
from service.history import fetch_history
from service.import_runs import run_import
from service.importable import Import, ImportFormat, ImportOrder, ImportState, Tally
from service.imports import cancel_import, fetch_faults, fetch_import, fetch_imports, order_import, undo_import
from service.jobs import Workplace
from service.settings import Settings
from service.store.session import Database
from service.undoing import run_undoing
from tests.outbound.local_site import local_site

ORDER = ImportOrder(name="test.jsonl")


def review(label: str, site: str = "desk.example.org", number: int = 1) -> dict[str, Any]:
    return {"publisher": {"name": site, "site": site}, "url": f"https://{site}/{number}", "original_label": label}


def row(wording: str, label: str = "False", **fields: Any) -> dict[str, Any]:
    return {"text": wording, "language": "en", "reviews": [review(label)], **fields}


def workplace(database: Database, **settings: Any) -> Workplace:
    return Workplace(Settings(Path("unused"), **settings), database, database.url)


async def take_in(database: Database, rows: list[Any] | bytes, order: ImportOrder = ORDER, **settings: Any) -> Import:
    """Import rows and wait for it."""
    content = rows if isinstance(rows, bytes) else b"".join(json.dumps(each).encode() + b"\n" for each in rows)

    async def file() -> AsyncIterator[bytes]:
        yield content

    found = await order_import(database, order, "Tests", None if order.url else file)
    await run_import(claim_of_line, workplace(database, **settings), found.id.bytes)
    return await fetch_import(database, found.id)


async def undo(database: Database, import_id: UUID) -> Import:
    await undo_import(database, import_id)
    await run_undoing(workplace(database), import_id.bytes)
    return await fetch_import(database, import_id)


async def claims(database: Database) -> list[Claim]:
    """The claims that checks find, in the order of their making."""
    async with database.read() as connection:
        ids = (await connection.execute(text("SELECT id FROM claims WHERE withdrawn_at IS NULL ORDER BY id"))).scalars()
    return [await fetch_claim(database, each) for each in ids]


SAME = "In 2025, 39 terrorists were killed in Iraq by drone strikes"
STRIKES = "39 terrorists were killed by drone strikes in Iraq in 2025"


async def test_rows_that_say_the_same_join_and_others_do_not(database: Database) -> None:
    done = await take_in(
        database,
        [
            row(STRIKES),
            row(
                SAME,
                reviews=[review("Wrong", "b.example.org")],
            ),
            row("93 terrorists were killed by drone strikes in Iraq in 2025"),
            row("39 terrorists were not killed by drone strikes in Iraq in 2025"),
            row(STRIKES, claimant="Somebody", reviews=[review("False", "c.example.org")]),
            row(STRIKES, claimant="The general", reviews=[review("False", "d.example.org")]),
        ],
    )
    assert (done.state, done.tally) == (ImportState.DONE, Tally(created=4, joined=2))
    first, figure, negated, other = await claims(database)
    assert [each.publisher.site for each in first.draft.reviews] == [
        "desk.example.org", "b.example.org", "c.example.org",
    ]  # fmt: skip
    assert [each.text for each in first.draft.phrasings] == [SAME]
    assert (figure.draft.text[:2], " not " in negated.draft.text) == ("93", True)
    assert other.draft.claimant == "The general"
    again = await take_in(database, [row("Drone strikes killed 39 terrorists in Iraq in 2025", "Untrue")], ORDER)
    assert again.tally == Tally(joined=1)
    apart = await take_in(
        database, [row("Drone strikes in Iraq killed 39 terrorists in 2025")], replace(ORDER, join_score=None)
    )
    assert apart.tally == Tally(created=1)
    (result,) = (
        await check_claims(database, [IncomingClaim(STRIKES, language="en")], CheckOptions(), record=False)
    ).results
    assert result.status is Status.REFUTED


async def test_a_row_like_one_wording_that_contradicts_the_claim_becomes_a_claim_of_its_own(database: Database) -> None:
    """An editor may insist that a wording belongs to a claim; what says the same as that wording need not."""
    rounded = Phrasing("40 terrorists were killed by drone strikes in Iraq in 2025", "en", confirmed=True)
    kept = await add_claim(database, ClaimDraft(STRIKES, "en", phrasings=(rounded,)))
    done = await take_in(database, [row("In 2025, 40 terrorists were killed in Iraq by drone strikes"), row(SAME)])
    assert done.tally == Tally(created=1, joined=1)
    claim, apart = await claims(database)
    assert claim.id == kept.id
    assert [each.text for each in claim.draft.phrasings] == [rounded.text, SAME]
    assert (apart.draft.text[:11], len(apart.draft.reviews)) == ("In 2025, 40", 1)


async def test_the_same_file_again_changes_nothing_and_a_changed_row_makes_a_revision(database: Database) -> None:
    rows = [
        row(STRIKES, topics=["iraq"]),
        row("Bread costs twice as much in Baghdad as last year", "Mixture", reviews=[review("Mixture", number=2)]),
    ]
    await take_in(database, rows)
    before = await claims(database)
    assert (await take_in(database, rows)).tally == Tally(unchanged=2)
    assert await claims(database) == before
    rows[1] = {**rows[1], "reviews": [review("True", number=2)], "claimant": "The baker"}
    done = await take_in(database, rows)
    assert done.tally == Tally(unchanged=1, joined=1)
    rows[0] = {**rows[0], "reviews": [review("True")], "topics": ["drones"]}
    assert (await take_in(database, rows)).tally == Tally(unchanged=1, revised=1)
    strikes = (await claims(database))[0]
    assert (strikes.revision, strikes.verdict, strikes.draft.topics) == (2, Verdict.TRUE, ("drones",))
    assert strikes.draft.reviews[0].id == before[0].draft.reviews[0].id
    newest, oldest = (await fetch_history(database, strikes.id, None, 5))[0]
    last = (await fetch_imports(database, 1))[0]
    assert (newest.revision.change.author, newest.revision.change.reason) == ("Tests", f"Import {last.id}")
    assert oldest.revision.claim.verdict is Verdict.FALSE


async def test_a_claim_that_an_editor_has_changed_is_only_added_to(database: Database) -> None:
    await take_in(database, [row(STRIKES)])
    (claim,) = await claims(database)
    await edit_claim(database, claim.id, Editor("An editor"), lambda draft: replace(draft, claimant="The general"))
    await take_in(database, [row(STRIKES, reviews=[review("True")], topics=["drones"], valid_until="2026-01-01")])
    (changed,) = await claims(database)
    assert (changed.draft.claimant, changed.draft.topics, changed.verdict) == ("The general", (), Verdict.TRUE)
    await withdraw_claim(database, claim.id, Editor("An editor"))
    done = await take_in(database, [row(STRIKES, "Half true")])
    assert done.tally == Tally(refused=1)
    assert "withdrawn here" in (await fetch_faults(database, done.id, 5))[0][1].fault.detail


async def test_ids_of_another_instance_are_kept(database: Database) -> None:
    key = UUID("0199b1c2-0b52-7d63-9a0e-5f1c2d3e4a5b")
    exported = row(STRIKES, id=str(key), revision=7)
    gone = row("An old tale of no use any more", id=str(UUID(int=key.int + 1)), withdrawn_at="2026-01-01T00:00:00Z")
    done = await take_in(database, [exported, gone])
    assert done.tally == Tally(created=1, refused=1)
    assert (await fetch_claim(database, key)).draft.text == STRIKES
    assert (await take_in(database, [exported])).tally == Tally(unchanged=1)
    changed = {**exported, "text": "40 terrorists were killed by drone strikes in Iraq in 2025"}
    assert (await take_in(database, [changed])).tally == Tally(revised=1)
    assert (await fetch_claim(database, key)).draft.text.startswith("40")
    table = f"claim_id,text,review_publisher,review_label\n{key},{changed['text']},Third Desk,False\n".encode()
    assert (await take_in(database, table, ImportOrder(name="t.csv"))).tally == Tally(revised=1)
    both = await fetch_claim(database, key)
    assert len(both.draft.reviews) == 2
    assert (await take_in(database, table, ImportOrder(name="t.csv"))).tally == Tally(unchanged=1)


FIGURE = "93 terrorists were killed by drone strikes in Iraq in 2025"
DENIED = "در سال ۲۰۲۵ در حملات پهپادی در عراق ۳۹ تروریست کشته نشدند"


async def test_wordings_that_contradict_their_row_are_left_out_and_reported(database: Database) -> None:
    said = [
        {"text": SAME, "language": "en"}, {"text": FIGURE, "language": "en"}, {"text": DENIED, "language": "fa"},
        {"text": "قتل 93 إرهابيا في غارات بطائرات مسيرة في العراق عام 2025", "language": "ar", "confirmed": True},
    ]  # fmt: skip
    rows = [row(STRIKES, phrasings=said)]
    done = await take_in(database, rows)
    assert done.tally == Tally(created=1)
    (claim,) = await claims(database)
    assert [each.text for each in claim.draft.phrasings] == [said[0]["text"], said[3]["text"]]
    assert [each.confirmed for each in claim.draft.phrasings] == [False, True]
    found = [each for _, each in await fetch_faults(database, done.id, 20)]
    assert [(each.line, each.fault.pointer, each.refused) for each in found] == [
        (1, "/phrasings/1/text", False), (1, "/phrasings/2/text", False),
    ]  # fmt: skip
    assert '"39"' in found[0].fault.detail
    assert (await take_in(database, rows)).tally == Tally(unchanged=1)


async def test_a_row_that_contradicts_the_claim_it_led_to_is_refused(database: Database) -> None:
    key = UUID("0199b1c2-0b52-7d63-9a0e-5f1c2d3e4a5b")
    await take_in(database, [row(STRIKES, id=str(key))])
    await edit_claim(database, key, Editor("An editor"), lambda draft: replace(draft, claimant="The general"))
    done = await take_in(database, [row(FIGURE, id=str(key))])
    assert done.tally == Tally(refused=1)
    ((_, fault),) = await fetch_faults(database, done.id, 20)
    assert (fault.line, fault.refused) == (1, True)
    assert "contradicts" in fault.fault.detail
    added = row(STRIKES, id=str(key), phrasings=[{"text": DENIED, "language": "fa"}, {"text": SAME, "language": "en"}])
    assert (await take_in(database, [added])).tally == Tally(revised=1)
    assert [each.text for each in (await fetch_claim(database, key)).draft.phrasings] == [SAME]


async def test_wrong_rows_are_refused_with_line_and_pointer_and_the_others_taken(database: Database) -> None:
    lines = [row(STRIKES), {"text": "x"}, {"text": "A language nobody knows", "language": "qq"}, {**row("abc"), "a": 1}]
    content = b"\n".join(json.dumps(each).encode() for each in lines) + b"\n\nnot json\n"
    content += b'{"text": "The earth is flat", "language": "en", "text": "The earth is round"}\n'
    done = await take_in(database, content)
    assert done.tally == Tally(created=1, refused=5)
    found = [(each.line, each.fault.pointer) for _, each in await fetch_faults(database, done.id, 20)]
    assert found == [(2, "/text"), (3, "/language"), (4, "/a"), (6, ""), (7, "")]


async def test_a_dry_run_says_what_would_come_and_leaves_nothing(database: Database) -> None:
    order = replace(ORDER, dry_run=True)
    done = await take_in(database, [row(STRIKES), row(STRIKES + "."), {"text": ""}], order)
    assert (done.state, done.tally) == (ImportState.DONE, Tally(created=1, joined=1, refused=1))
    assert len(await fetch_faults(database, done.id, 5)) == 1
    assert await claims(database) == []
    with pytest.raises(Conflict):
        await undo_import(database, done.id)


async def test_an_import_undone_withdraws_what_it_made_and_puts_back_what_it_changed(database: Database) -> None:
    await take_in(
        database, [row(STRIKES), row("Bread is twice as dear in Baghdad", reviews=[review("True", number=2)])]
    )
    before = await claims(database)
    second = await take_in(
        database,
        [
            row(STRIKES, "True", reviews=[review("True")]),
            row(
                SAME,
                reviews=[review("Untrue", "b.example.org")],
            ),
            row("Bread is twice as dear in Baghdad!", reviews=[review("False", "b.example.org", 2)]),
            row("The river Tigris has dried up", reviews=[review("False", "b.example.org", 3)]),
            row("Elephants cannot jump", reviews=[review("True", "b.example.org", 4)]),
        ],
    )
    assert second.tally == Tally(revised=1, joined=2, created=2)
    strikes, bread, tigris, elephants = await claims(database)
    await edit_claim(database, bread.id, Editor("An editor"), lambda draft: replace(draft, claimant="The baker"))
    await edit_claim(database, elephants.id, Editor("An editor"), lambda draft: replace(draft, topics=("animals",)))
    undone = await undo(database, second.id)
    assert (undone.state, undone.undone, undone.kept) == (ImportState.UNDONE, 3, 1)
    assert (await fetch_claim(database, strikes.id)).draft == before[0].draft
    # What the editor said stays, what the import had added to it goes.
    assert (await fetch_claim(database, bread.id)).draft == replace(before[1].draft, claimant="The baker")
    with pytest.raises(Withdrawn):
        await fetch_claim(database, tigris.id)
    assert (await fetch_claim(database, elephants.id)).draft.topics == ("animals",)
    history = (await fetch_history(database, strikes.id, None, 9))[0]
    assert history[0].revision.change.reason == f"Import {second.id} undone"
    assert len(history) == 4
    # And it may all come again.
    again = await take_in(
        database, [row("The river Tigris has dried up", reviews=[review("False", "b.example.org", 3)])]
    )
    assert again.tally == Tally(created=1)


async def test_an_import_is_cancelled_between_two_batches(database: Database) -> None:
    async def file() -> AsyncIterator[bytes]:
        yield json.dumps(row(STRIKES)).encode()

    found = await order_import(database, ORDER, None, file)
    with pytest.raises(Conflict, match="under way"):
        await undo_import(database, found.id)
    assert (await cancel_import(database, found.id)).state is ImportState.CANCELLED
    await run_import(claim_of_line, workplace(database), found.id.bytes)
    assert await claims(database) == []
    async with database.read() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM import_pieces")) == 0
    with pytest.raises(NotFound):
        await fetch_import(database, UUID(int=7))


async def test_orders_that_cannot_be_carried_out_are_refused(database: Database) -> None:
    async def file() -> AsyncIterator[bytes]:
        if False:
            yield b""

    for order in (replace(ORDER, language="qq"), replace(ORDER, join_score=0.2), replace(ORDER, columns={"a": "b"})):
        with pytest.raises(InvalidInput):
            await order_import(database, order, None, file)
    with pytest.raises(InvalidInput, match="empty"):
        await order_import(database, ORDER, None, file)


PAGE = """<script type="application/ld+json">[
{"@type": "ClaimReview", "claimReviewed": "%s", "author": {"name": "Desk"}, "reviewRating": {"alternateName": "%s"}},
{"@type": "ClaimReview", "claimReviewed": "میزان نفوذ از مرزهای عراق صفر درصد ثبت شده است",
 "author": {"name": "Desk"}, "reviewRating": {"ratingValue": 3, "bestRating": 5, "worstRating": 1}},
{"@type": "ClaimReview", "claimReviewed": "Without a rating", "author": {"name": "Desk"}}]</script>"""


async def test_a_page_is_fetched_through_the_door_and_its_changed_review_is_a_revision(database: Database) -> None:
    async with local_site() as site:
        site.put("/robots.txt", "User-agent: *\nDisallow: /private", content_type="text/plain")
        site.put("/page", PAGE % (STRIKES, "False"), content_type="text/html; charset=utf-8")
        order = ImportOrder(name="a page", url=f"{site.base}/page")
        barred = await take_in(database, [], order)
        assert (barred.state, "public internet" in (barred.error or "")) == (ImportState.FAILED, True)
        allowed = {"outbound_allow": (site.place,)}
        done = await take_in(database, [], order, **allowed)
        assert (done.state, done.order.format, done.tally) == (
            ImportState.DONE, ImportFormat.PAGE, Tally(created=2, refused=1),
        )  # fmt: skip
        strikes, border = await claims(database)
        assert (strikes.verdict, strikes.draft.reviews[0].url) == (Verdict.FALSE, order.url)
        assert (border.verdict, border.draft.language) == (Verdict.MIXED, "fa")
        site.put("/page", PAGE % (STRIKES, "True"))
        again = await take_in(database, [], order, **allowed)
        assert again.tally == Tally(revised=1, unchanged=1, refused=1)
        assert (await fetch_claim(database, strikes.id)).verdict is Verdict.TRUE
        left_alone = await take_in(database, [], replace(order, url=f"{site.base}/private"), **allowed)
        assert "robots.txt" in (left_alone.error or "")
        missing = await take_in(database, [], replace(order, url=f"{site.base}/nowhere"), **allowed)
        assert (missing.state, "404" in (missing.error or "")) == (ImportState.FAILED, True)


async def test_a_feed_that_breaks_off_keeps_what_it_gave_and_says_where(database: Database) -> None:
    review_of = {
        "@type": "ClaimReview", "url": "https://desk.example.org/1", "claimReviewed": STRIKES,
        "author": {"name": "Desk"}, "reviewRating": {"alternateName": "False"},
    }  # fmt: skip
    content = json.dumps({"@type": "DataFeed", "dataFeedElement": [{"item": [review_of]}, {"item": [None]}]}).encode()
    broken = await take_in(database, content[:-3], ImportOrder(name="feed.json"))
    assert (broken.state, broken.order.format, broken.tally.created) == (ImportState.FAILED, ImportFormat.FEED, 1)
    assert "after 1 reviews" in (broken.error or "")
    unknown = await take_in(database, b"%PDF-1.7 nothing to see", ImportOrder(name="x.pdf"))
    assert "say which format" in (unknown.error or "")
    whole = await take_in(database, content, ImportOrder(name="feed.json"))
    assert (whole.state, whole.tally) == (ImportState.DONE, Tally(unchanged=1))
