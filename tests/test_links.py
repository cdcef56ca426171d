"""Links: what visits find and when it is believed, who visits, and where it shows."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from service.app import create_app
from service.cli import main
from service.domain import Claim, ClaimDraft, LinkStatus, Publisher, Review, Source, Stance, Verdict
from service.editing import ANYBODY, add_claim, edit_claim, edit_part, fetch_claim, withdraw_claim
from service.history import fetch_history
from service.links import LinkPlan, after_visit, host_of, links_of, look_after_links
from service.outbound.archive import Archive
from service.outbound.door import Door
from service.outbound.visits import Visit, visit
from service.settings import Settings
from service.store.links import Link, count_links, get_links, list_links, make_due
from service.store.session import Database
from tests.api.conftest import connect
from tests.outbound.local_site import Asked, Site, local_site, respond

QUICK = LinkPlan(delay=0.0, archive_delay=0.0)
NOW = datetime(2026, 1, 2, tzinfo=UTC)
LINK = Link(
    1, "https://a.example/", "a.example", LinkStatus.OK, 200, None, NOW, None, 0, '"1"', None, NOW, None, None
)  # fmt: skip


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with local_site() as running:
        yield running


@pytest.fixture
async def door(site: Site) -> AsyncIterator[Door]:
    async with Door((site.place,)) as opened:
        yield opened


def claim_with(site: Site, *paths: str) -> ClaimDraft:
    return ClaimDraft(
        "The lighthouse of Example Bay is dark",
        "en",
        sources=tuple(Source(site.base + path, Stance.SUPPORTS) for path in paths),
        reviews=(Review(Publisher("Desk", "desk.example"), Verdict.TRUE, site.base + "/review"),),
    )


def statuses(claim: Claim) -> list[str]:
    return [source.link_status.value for source in claim.draft.sources]


async def test_what_a_visit_finds(site: Site, door: Door) -> None:
    async def no_head(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await respond(asked, writer, b"x", 405 if asked.method == "HEAD" else 200, etag='"7"')

    site.put("/robots.txt", "User-agent: *\nDisallow: /private\nCrawl-delay: 2\n")
    site.put("/ok", "x", etag='"7"', last_modified="Fri, 02 Jan 2026 00:00:00 GMT")
    site.put("/old", status=301, location="/ok")
    site.put("/busy", status=429, retry_after="120")
    site.put("/down", status=503)
    for path, status in (("/gone", 410), ("/closed", 403), ("/broken", 500), ("/same", 304)):
        site.put(path, status=status)
    site.pages["/no-head"] = no_head
    found = {path: await visit(door, site.base + path) for path in ("/ok", "/old", "/busy", "/no-head")}
    assert found["/ok"] == Visit(LinkStatus.OK, 200, None, '"7"', "Fri, 02 Jan 2026 00:00:00 GMT", delay=2.0)
    assert found["/old"].status is LinkStatus.REDIRECTED
    assert found["/old"].final_url == site.base + "/ok"
    assert found["/busy"] == Visit(None, 429, retry_after=120.0, delay=2.0)
    assert found["/no-head"] == Visit(LinkStatus.OK, 200, etag='"7"', delay=2.0)
    for path, expected in {
        "/gone": LinkStatus.GONE, "/none": LinkStatus.GONE, "/closed": LinkStatus.BLOCKED,
        "/private": LinkStatus.BLOCKED, "/broken": LinkStatus.ERROR, "/down": LinkStatus.ERROR,
        "/same": LinkStatus.OK,
    }.items():  # fmt: skip
        assert (await visit(door, site.base + path)).status is expected, path
    assert "GET /ok" not in site.paths()
    assert "HEAD /private" not in site.paths()
    assert (await visit(door, "http://169.254.169.254/")).status is LinkStatus.BLOCKED
    assert (await visit(door, "http://user:secret@a.example/")).status is LinkStatus.BLOCKED
    await visit(door, site.base + "/ok", '"7"', "Fri, 02 Jan 2026 00:00:00 GMT")
    assert site.asked[-1].headers["if-none-match"] == '"7"'
    assert site.asked[-1].headers["if-modified-since"] == "Fri, 02 Jan 2026 00:00:00 GMT"


def test_one_failure_is_not_believed() -> None:
    def run(*visits: Visit, link: Link = LINK) -> list[tuple[str, float]]:
        told = []
        for found in visits:
            link = after_visit(link, found, NOW, QUICK)
            told.append((link.status.value, round((link.due_at - NOW) / timedelta(hours=1) * 10) / 10))
        return told

    lost, missing, ok = Visit(LinkStatus.ERROR), Visit(LinkStatus.GONE, 404), Visit(LinkStatus.OK, 200)
    assert [status for status, _ in run(lost, lost, lost, ok)] == ["ok", "ok", "error", "ok"]
    assert [status for status, _ in run(lost, missing, lost)] == ["ok", "gone", "error"]
    assert [status for status, _ in run(missing, missing)] == ["ok", "gone"]
    assert run(Visit(LinkStatus.GONE, 410))[0][0] == "gone"
    new = replace(LINK, status=LinkStatus.UNCHECKED)
    assert [status for status, _ in run(missing, missing, link=new)] == ["unchecked", "gone"]
    hours = [due for _, due in run(*[lost] * 6)]
    for due, meant in zip(hours, (1, 4, 16, 64, 168, 168), strict=True):
        assert 0.94 * meant <= due <= 1.06 * meant


def test_whoever_wants_to_be_left_alone_is() -> None:
    after = after_visit(LINK, Visit(None, 429, retry_after=7200.0), NOW, QUICK)
    assert (after.status, after.due_at, after.checked_at) == (LinkStatus.OK, NOW + timedelta(hours=2), NOW)
    assert after_visit(LINK, Visit(None, 429), NOW, QUICK).due_at == NOW + timedelta(hours=1)
    assert after_visit(LINK, Visit(None, 503, retry_after=1e12), NOW, QUICK).due_at == NOW + QUICK.every


def test_validators_are_kept_while_they_hold() -> None:
    assert after_visit(LINK, Visit(LinkStatus.OK, 304), NOW, QUICK).etag == '"1"'
    assert after_visit(LINK, Visit(LinkStatus.OK, 200), NOW, QUICK).etag is None
    assert after_visit(LINK, Visit(LinkStatus.ERROR), NOW, QUICK).etag is None


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://A.example:8443/x", "a.example"),
        ("https://a.example./", "a.example"),
        ("http://[::1]:80/", "::1"),
        ("http://[/", "?"),
    ],
)
def test_hosts(url: str, host: str) -> None:
    assert host_of(url) == host


async def test_what_visits_find_shows_in_answers_and_is_no_revision(site: Site, door: Door, database: Database) -> None:
    site.put("/ok", "x", etag='"7"')
    site.put("/old", status=301, location="/ok")
    site.put("/review", "x")
    site.put("/gone", status=410)
    stored = await add_claim(database, claim_with(site, "/ok", "/old", "/gone", "/lost"))
    assert statuses(stored) == ["unchecked"] * 4
    tally = await look_after_links(database, door, QUICK)
    assert tally.visits == {LinkStatus.OK: 2, LinkStatus.REDIRECTED: 1, LinkStatus.GONE: 1, LinkStatus.UNCHECKED: 1}
    claim = await fetch_claim(database, stored.id)
    # A 404 has to be met twice.
    assert statuses(claim) == ["ok", "redirected", "gone", "unchecked"]
    assert claim.draft.sources[1].final_url == site.base + "/ok"
    assert all(source.checked_at for source in claim.draft.sources)
    assert claim.draft.reviews[0].link_status is LinkStatus.OK
    assert (claim.revision, claim.updated_at) == (1, stored.updated_at)

    ids = await links_of(database, stored.id)
    await look_after_links(database, door, QUICK, only=ids)
    claim = await fetch_claim(database, stored.id)
    assert statuses(claim) == ["ok", "redirected", "gone", "gone"]
    assert [asked.headers.get("if-none-match") for asked in site.asked if asked.path == "/ok"][-1] == '"7"'
    assert (await look_after_links(database, door, QUICK)).visits == {}

    # An edit keeps what is known of the same link, drops it for another, and says nothing of it in the history.
    def rewrite(draft: ClaimDraft) -> ClaimDraft:
        unvisited = tuple(replace(each, link_status=LinkStatus.UNCHECKED, checked_at=None) for each in draft.sources)
        return replace(draft, claimant="The keeper", sources=unvisited)

    await edit_claim(database, stored.id, ANYBODY, rewrite)
    moved = claim.draft.sources[3].id
    assert moved is not None
    await edit_part(
        database, stored.id, "sources", moved, ANYBODY,
        lambda part: replace(part, url=site.base + "/ok") if isinstance(part, Source) else part,
    )  # fmt: skip
    claim = await fetch_claim(database, stored.id)
    assert statuses(claim) == ["ok", "redirected", "gone", "unchecked"]
    entries, _ = await fetch_history(database, stored.id, None, 10)
    assert [each.path for each in entries[1].differences] == ["/claimant"]
    assert [each.path for each in entries[0].differences] == [f"/sources/{moved}/url"]
    # A known link needs no other visit.
    before = len(site.asked)
    await look_after_links(database, door, QUICK)
    assert statuses(await fetch_claim(database, stored.id))[3] == "ok"
    assert len(site.asked) == before
    async with database.read() as connection:
        assert await count_links(connection) == {LinkStatus.OK: 2, LinkStatus.REDIRECTED: 1, LinkStatus.GONE: 2}
        assert [link.url for link in await list_links(connection, LinkStatus.REDIRECTED, None, 9)] == [
            site.base + "/old"
        ]


async def test_two_processes_never_visit_one_host_at_once(
    site: Site, door: Door, database: Database, database_url: str
) -> None:
    there = most = 0

    async def page(asked: Asked, writer: asyncio.StreamWriter) -> None:
        nonlocal there, most
        there += 1
        most = max(most, there)
        await asyncio.sleep(0)
        await respond(asked, writer, b"x")
        there -= 1

    site.pages["*"] = page
    await add_claim(database, claim_with(site, *(f"/{number}" for number in range(12))))
    other = Database(database_url)
    async with Door((site.place,)) as second:
        tallies = await asyncio.gather(look_after_links(database, door, QUICK), look_after_links(other, second, QUICK))
    await other.close()
    heads = [path for path in site.paths() if path.startswith("HEAD")]
    assert sorted(heads) == sorted({f"HEAD /{number}" for number in range(12)} | {"HEAD /review"})
    assert sum(tally.visits[LinkStatus.OK] for tally in tallies if tally.visits) == 13
    assert most == 1


async def test_copies_are_looked_for_and_asked_for(site: Site, door: Door, database: Database) -> None:
    copies: dict[str, str] = {site.base + "/kept": "http://web.archive.org/web/20260101000000/kept"}

    async def available(asked: Asked, writer: asyncio.StreamWriter) -> None:
        found = next((copy for url, copy in copies.items() if url.rpartition("/")[2] in asked.path), None)
        closest = {"closest": {"available": True, "status": "200", "url": found}} if found else {}
        body = json.dumps({"url": "x", "archived_snapshots": closest}).encode()
        await respond(asked, writer, body, content_type="application/json")

    async with local_site() as archive_site, Door((site.place, archive_site.place)) as both:
        archive_site.pages["*"] = available
        archive = Archive(archive_site.base + "/available", archive_site.base + "/save/", saves=True)
        plan = replace(QUICK, archive=archive)
        for path in ("/kept", "/new", "/review"):
            site.put(path, "x")
        stored = await add_claim(database, claim_with(site, "/kept", "/new", "/lost"))
        tally = await look_after_links(database, both, plan)
        assert tally.copies == 1
        claim = await fetch_claim(database, stored.id)
        assert [source.copy_url for source in claim.draft.sources] == [
            "https://web.archive.org/web/20260101000000/kept", None, None,
        ]  # fmt: skip
        assert claim.draft.sources[0].archived_url is None
        saved = [asked.path for asked in archive_site.asked if asked.path.startswith("/save/")]
        assert sorted(saved) == [f"/save/{site.base}/new", f"/save/{site.base}/review"]
        # An archive that talks nonsense is asked again later, and nothing is lost.
        archive_site.pages["*"] = lambda asked, writer: respond(asked, writer, b"<html>", content_type="text/html")
        ids = await links_of(database, stored.id)
        await look_after_links(database, both, plan, only=ids)
        async with database.read() as connection:
            links = await get_links(connection, ids)
        assert {link.copy_url for link in links if link.url.endswith("/kept")} == {
            "https://web.archive.org/web/20260101000000/kept"
        }


async def test_a_process_that_died_hands_its_host_on(site: Site, door: Door, database: Database) -> None:
    from service.store.links import take_turn

    site.put("/review", "x")
    stored = await add_claim(database, claim_with(site))
    ids = await links_of(database, stored.id)
    now = datetime.now(UTC)
    async with database.write() as connection:
        await make_due(connection, ids, now)
        assert await take_turn(connection, now, timedelta(minutes=1), None) is not None
    async with database.write() as connection:
        assert await take_turn(connection, now + timedelta(seconds=59), timedelta(minutes=1), None) is None
        assert await take_turn(connection, now + timedelta(seconds=61), timedelta(minutes=1), None) is not None


def test_the_command_visits_the_links_of_a_claim(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def store() -> Claim:
        database = Database(database_url)
        draft = ClaimDraft("A dark lighthouse", "en", sources=(Source("http://192.168.0.1/", Stance.NEUTRAL),))
        claim = await add_claim(database, draft)
        await database.close()
        return claim

    monkeypatch.setenv("FACTCHECK_DATABASE_URL", database_url)
    monkeypatch.setenv("FACTCHECK_ARCHIVE", "off")
    claim = asyncio.run(store())
    assert main(["links", "check", "--claim", str(claim.id)]) == 0
    assert capsys.readouterr().out == "blocked  http://192.168.0.1/\n"
    assert main(["links", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["link_status"] == "blocked"
    assert main(["links", "check", "--claim", "nonsense"]) == 2


async def test_links_are_listed_with_the_claims_that_link_there(site: Site, door: Door, database: Database) -> None:
    for path, status in (("/ok", 200), ("/gone", 410), ("/review", 200)):
        site.put(path, "x", status)
    first = await add_claim(database, claim_with(site, "/ok", "/gone"))
    other = await add_claim(database, replace(claim_with(site, "/gone"), text="The lighthouse is dark no more"))
    withdrawn = await add_claim(database, replace(claim_with(site, "/gone"), text="The lighthouse never was"))
    await withdraw_claim(database, withdrawn.id, ANYBODY)
    await look_after_links(database, door, QUICK)
    async with connect(create_app(Settings(data_dir=Path("unused")), database)) as client:
        page = (await client.get("/v1/links", params={"page_size": 2})).json()
        rest = (await client.get("/v1/links", params={"page_size": 2, "page_token": page["next_page_token"]})).json()
        (gone,) = (await client.get("/v1/links", params={"status": "gone"})).json()["items"]
        assert (await client.get("/v1/links", params={"status": "lost"})).status_code == 422
    assert {each["url"] for each in page["items"] + rest["items"]} == {
        site.base + path for path in ("/ok", "/gone", "/review")
    }
    assert rest["next_page_token"] is None
    assert page["counts"] == {"unchecked": 0, "ok": 2, "redirected": 0, "gone": 1, "blocked": 0, "error": 0}
    assert (gone["http_status"], gone["link_status"]) == (410, "gone")
    assert gone["claim_ids"] == [str(first.id), str(other.id)]
