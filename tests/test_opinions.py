"""A second opinion: asked when nothing is known here, judged as what is, and never waited for longer than allowed."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import text

from service.checking import check_claims
from service.domain import Check, CheckOptions, ClaimDraft, IncomingClaim, Reason, SecondOpinion, Status, Verdict
from service.editing import add_claim, fetch_claim
from service.opinions import Circuit, Upstream
from service.outbound.door import Door
from service.outbound.google import Google, search
from service.store.session import Database
from tests.outbound.local_site import Asked, Site, local_site, respond

KEY = "AIza-very-secret"
CLAIM = "The lighthouse of Example Bay was painted green in 2021"
FOUND: dict[str, Any] = {
    "claims": [
        {
            "text": CLAIM,
            "claimant": "Social media",
            "claimDate": "2021-05-03T00:00:00Z",
            "claimReview": [
                {
                    "publisher": {"name": "Bay Facts", "site": "https://www.bayfacts.example/about"},
                    "url": "https://bayfacts.example/green",
                    "title": "Green?",
                    "reviewDate": "2021-05-04T10:00:00Z",
                    "textualRating": "False",
                    "languageCode": "en",
                }
            ],
        },
        {"text": 7},
        {"text": "A claim without any review"},
        {"text": "x", "claimReview": [{"url": "javascript:alert(1)", "publisher": {"name": "Nobody"}}]},
    ],
    "nextPageToken": "CAo",
}


class Api(Site):
    """The API, as far as it is asked."""

    def answer(self, found: object, status: int = 200) -> None:
        self.put("*", json.dumps(found), status, content_type="application/json; charset=UTF-8")


@pytest.fixture
async def api() -> AsyncIterator[Site]:
    async with local_site() as site:
        site.put("*", json.dumps(FOUND), content_type="application/json; charset=UTF-8")
        yield site


@asynccontextmanager
async def asking(api: Site, database: Database, **more: Any) -> AsyncIterator[Upstream]:
    google = Google(api.base, KEY)
    async with Door((api.place,)) as door:
        limits = {"budget": 60.0, "quota": 100, **more}
        upstream = Upstream(database, lambda claim, language: search(door, google, claim, language), **limits)
        yield upstream
        await upstream.close()


async def ask(database: Database, upstream: Upstream | None, *texts: str, record: bool = True) -> Check:
    claims = [IncomingClaim(each, language="en") for each in texts or (CLAIM,)]
    return await check_claims(database, claims, CheckOptions(), record=record, upstream=upstream)


async def test_what_is_not_known_here_is_asked_for_and_kept(
    api: Site, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with asking(api, database) as upstream:
        check = await ask(database, upstream)
        (result,) = check.results
        assert (result.status, check.engine.upstream) == (Status.REFUTED, SecondOpinion.ASKED)
        (match,) = result.matches
        assert match.claimant == "Social media"
        (review,) = match.reviews
        assert (review.via, review.verdict, review.original_label) == ("google", Verdict.FALSE, "False")
        assert (review.publisher.name, review.publisher.site) == ("Bay Facts", "bayfacts.example")
        (asked,) = api.asked
        assert parse_qs(urlsplit(asked.path).query) == {"query": [CLAIM], "pageSize": ["10"], "languageCode": ["en"]}
        assert asked.headers["x-goog-api-key"] == KEY
        # Known here by now, so nobody is asked again; nor about what has been asked about lately.
        again = await ask(database, upstream)
        assert again.engine.upstream is SecondOpinion.NOT_NEEDED
        assert len(api.asked) == 1
        kept = await fetch_claim(database, match.claim_id)
        assert (kept.revision, len(kept.draft.reviews)) == (1, 1)
    assert KEY not in caplog.text
    assert KEY not in repr(Google(api.base, KEY))


async def test_what_somebody_else_calls_a_match_is_judged_here(api: Site, database: Database) -> None:
    async with asking(api, database) as upstream:
        other = "The lighthouse of Example Bay was painted green in 2023"
        check = await ask(database, upstream, other, "Bread is cheaper in Example Bay than elsewhere")
        assert [(result.status, result.reason) for result in check.results] == [
            (Status.UNVERIFIED, Reason.DATE_CONFLICT),
            (Status.UNVERIFIED, Reason.NO_CANDIDATES),
        ]
        assert check.results[0].matches[0].reviews[0].via == "google"
        assert "Google Fact Check Tools knows nothing" in check.results[1].summary
        assert len(api.asked) == 2
        # Nothing found is remembered, too.
        await ask(database, upstream, "Bread is cheaper in Example Bay than elsewhere")
        assert len(api.asked) == 2


async def test_a_claim_that_is_here_gets_the_review(api: Site, database: Database) -> None:
    home = await add_claim(database, ClaimDraft("What was written before", "en"))
    api.put("*", json.dumps({"claims": [{**FOUND["claims"][0], "text": "What was written  BEFORE"}]}),
            content_type="application/json")  # fmt: skip
    async with asking(api, database) as upstream:
        for question in ("Something of which nothing is known", "Another thing of which nothing is known"):
            await ask(database, upstream, question)
    claim = await fetch_claim(database, home.id)
    assert (claim.revision, claim.verdict, [review.via for review in claim.draft.reviews]) == (
        2, Verdict.FALSE, ["google"],
    )  # fmt: skip


async def test_without_a_key_and_without_a_receipt_nobody_is_asked(api: Site, database: Database) -> None:
    async with asking(api, database) as upstream:
        assert (await ask(database, None)).engine.upstream is SecondOpinion.OFF
        assert (await ask(database, upstream, record=False)).engine.upstream is SecondOpinion.OFF
    assert api.asked == []


async def test_a_slow_one_is_waited_for_as_long_as_allowed_and_heard_later(api: Site, database: Database) -> None:
    let_go = asyncio.Event()

    async def slow(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await let_go.wait()
        await respond(asked, writer, json.dumps(FOUND).encode(), content_type="application/json")

    api.pages["*"] = slow
    async with asking(api, database, budget=0.05) as upstream:
        check = await ask(database, upstream)
        assert check.engine.upstream is SecondOpinion.LATE
        assert check.results[0].status is Status.UNVERIFIED
        assert "in time" in check.results[0].summary
        let_go.set()
        await asyncio.gather(*upstream.under_way)
        assert (await ask(database, upstream)).results[0].status is Status.REFUTED


async def _cut(asked: Asked, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
    await writer.drain()
    writer.close()


@pytest.mark.parametrize(
    ("status", "body", "kind", "asked"),
    [
        (500, "{}", "application/json", 3),
        (503, "<html>", "text/html", 3),
        (429, "{}", "application/json", 1),
        (400, '{"error": {"code": 400}}', "application/json", 1),
        (302, "", "text/html", 1),
        (200, '{"claims": "none"}', "application/json", 1),
        (200, "[" * 100_000, "application/json", 1),
        (200, b"\xff\xfe", "application/json", 1),
        (200, "<html>", "text/html", 1),
        (200, "x" * (2 << 20), "application/json", 1),
        (0, "", "", 3),
    ],
)
async def test_whatever_it_does_a_check_is_answered(
    api: Site, database: Database, status: int, body: str | bytes, kind: str, asked: int
) -> None:
    if status:
        api.put("*", body, status, content_type=kind, location="http://169.254.169.254/")
    else:
        api.pages["*"] = _cut
    async with asking(api, database) as upstream:
        check = await ask(database, upstream)
    assert check.engine.upstream is SecondOpinion.FAILED
    assert check.results[0].status is Status.UNVERIFIED
    assert len(api.asked) == asked


async def test_the_quota_is_one_for_all_processes(api: Site, database: Database, database_url: str) -> None:
    other = Database(database_url)
    texts = [f"Nobody knows number {number}" for number in ("one", "two", "three", "four", "five", "six")]
    async with asking(api, database, quota=4) as one, asking(api, other, quota=4) as two:
        first, second = await asyncio.gather(ask(database, one, *texts[:3]), ask(other, two, *texts[3:]))
        assert len(api.asked) == 4
        assert SecondOpinion.OVER_QUOTA in {first.engine.upstream, second.engine.upstream}
        async with database.write() as connection:
            await connection.execute(text("UPDATE upstream_days SET day = day - 1"))
        assert (await ask(database, one, "A new day, a new question")).engine.upstream is SecondOpinion.ASKED
    await other.close()


async def test_who_keeps_failing_is_not_asked_for_a_while(api: Site, database: Database) -> None:
    now = 0.0
    api.put("*", "{}", 429, content_type="application/json", retry_after="300")
    async with asking(api, database, clock=lambda: now) as upstream:
        assert (await ask(database, upstream)).engine.upstream is SecondOpinion.FAILED
        assert (await ask(database, upstream)).engine.upstream is SecondOpinion.PAUSED
        assert len(api.asked) == 1
        now = 301.0
        api.put("*", json.dumps(FOUND), content_type="application/json")
        assert (await ask(database, upstream)).results[0].status is Status.REFUTED


def test_the_circuit_opens_and_one_question_closes_it() -> None:
    now = 0.0
    circuit = Circuit(lambda: now)
    for _ in range(5):
        assert circuit.admits()
        circuit.failed()
    assert not circuit.admits()
    now = 61.0
    assert circuit.admits()
    assert not circuit.admits()
    circuit.failed()
    assert not circuit.admits()
    now = 122.0
    assert circuit.admits()
    circuit.succeeded()
    assert circuit.admits()
    assert circuit.admits()
