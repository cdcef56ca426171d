"""Exports: what goes out is what is stored, in the shapes that others read, whole or visibly not."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4
from xml.etree import ElementTree

import httpx
import pytest
from sqlalchemy import text

from service.api.bodies import decode
from service.api.claim_bodies import NewClaim
from service.app import create_app
from service.domain import Action, Publisher, Review, Verdict
from service.formats.atom import feed
from service.formats.claimreview import NAMES, rating_of
from service.formats.table import COLUMNS, cell
from service.labels import verdict_of_label
from service.settings import Settings
from service.store.session import Database
from service.verdict_changes import VerdictChange
from tests.api.conftest import connect
from tests.api.test_bad_input import assert_problem
from tests.api.test_resources import CLAIM
from tests.conftest import Cluster
from tests.schema_org import faults

EXPORTS = ("/v1/exports/claims.jsonl", "/v1/exports/claims.csv", "/v1/exports/claimreview")
ANY = {"If-Match": "*"}
DESK = {"name": "Example Fact Desk", "site": "factdesk.example.org"}
OTHER = {"name": "=Rechner"}
CLAIMS: list[dict[str, Any]] = [
    {**CLAIM, "reviews": [*CLAIM["reviews"], {"publisher": OTHER, "verdict": "false", "url": "https://r.example/1"}]},
    {
        "text": '=HYPERLINK("https://evil.example","39") ist\'s </script>',
        "language": "de",
        "claimant": "@somebody",
        "reviews": [
            {"publisher": DESK, "verdict": "unproven", "url": "https://factdesk.example.org/2"},
            {"publisher": DESK, "original_label": "Five anchors", "title": "+1", "language": "und"},
        ],
    },
    {
        "text": '\'Tis the third day of rain, "so they say",\nand nobody knows',
        "language": "en",
        "topics": ["=1", "rain"],
    },
    {
        "text": "میزان نفوذ از مرزهای عراق صفر درصد ثبت شده است",
        "language": "fa",
        "reviews": [{"publisher": OTHER, "original_label": "نادرست", "url": "https://r.example/3", "language": "fa"}],
        "pinned_verdict": {"verdict": "false", "reason": "The log book."},
    },
    {"text": "A hoax that was taken back later", "language": "en"},
    {"text": "39 terrorists were killed in Iraq by drones", "language": "en"},
]


@pytest.fixture(scope="module")
def library_url(cluster: Cluster, migrated_url: str) -> Any:
    """A database with CLAIMS in it, the last two withdrawn and merged, for reading."""

    async def fill() -> None:
        database = Database(url)
        async with connect(create_app(Settings(data_dir=Path("unused")), database)) as client:
            ids = []
            for claim in CLAIMS:
                created = await client.post("/v1/claims", json=claim)
                assert created.status_code == 201, created.text
                ids.append(created.json()["id"])
            assert (await client.delete(f"/v1/claims/{ids[4]}", headers=ANY)).status_code == 204
            assert (await client.post(f"/v1/claims/{ids[5]}/merge", json={"into": ids[0]})).status_code == 200
        await database.close()

    url = cluster.create(migrated_url)
    asyncio.run(fill())
    yield url
    cluster.drop(url)


@pytest.fixture
async def library(library_url: str) -> AsyncIterator[httpx.AsyncClient]:
    database = Database(library_url)
    async with connect(create_app(Settings(data_dir=Path("unused")), database)) as client:
        yield client
    await database.close()


def rows(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def table(answer: httpx.Response) -> list[dict[str, str]]:
    """The table as whoever minds the rule about apostrophes reads it."""
    assert answer.status_code == 200, answer.text
    assert answer.content.startswith(b"\xef\xbb\xbf")
    read = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
    return [{name: value.removeprefix("'") for name, value in each.items()} for each in read]


async def everything(client: httpx.AsyncClient, **filters: str) -> list[dict[str, Any]]:
    answer = await client.get("/v1/claims", params={"sort": "created_at", **filters})
    return list(answer.json()["items"])


async def test_json_lines_are_what_another_instance_takes(library, client):
    exported = rows(await library.get("/v1/exports/claims.jsonl"))
    assert [row["text"] for row in exported] == [claim["text"] for claim in CLAIMS[:4]]
    for row, stored in zip(exported, await everything(library), strict=True):
        body = {name: value for name, value in row.items() if name not in ("id", "revision")}
        decode(json.dumps(body).encode(), NewClaim)
        assert (row["id"], row["revision"]) == (stored["id"], stored["revision"])
        assert (await client.post("/v1/claims", json=body)).status_code == 201
    again = rows(await client.get("/v1/exports/claims.jsonl"))
    assert [{**row, "id": 0, "revision": 0} for row in again] == [{**row, "id": 0, "revision": 0} for row in exported]


async def test_what_is_no_longer_live_says_so(library):
    ended = rows(await library.get("/v1/exports/claims.jsonl?status=any"))[4:]
    assert [("withdrawn_at" in row, "merged_into" in row) for row in ended] == [(True, False), (False, True)]


async def test_the_table_gives_back_what_is_stored_and_computes_nothing(library):
    answer = await library.get("/v1/exports/claims.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    listed = table(answer)
    assert tuple(listed[0]) == COLUMNS
    assert [row["text"] for row in listed] == [CLAIMS[place]["text"] for place in (0, 0, 1, 1, 2, 3)]
    assert [row["review_verdict"] for row in listed] == ["true", "false", "unproven", "other", "", "false"]
    assert listed[3]["review_title"] == "+1"
    assert listed[4]["topics"].splitlines() == ["=1", "rain"]
    assert (listed[5]["pinned"], listed[5]["review_label"]) == ("true", "نادرست")
    for line in csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")):
        for each in line:
            assert each.lstrip()[:1] not in {"=", "+", "-", "@", "\t", "\r"}


@pytest.mark.parametrize("given", ["=1", "+1", "-1", "@x", "\t=1", " =1", "\u200f=1", "＝1", "'=1", "''", "\n=1", "−1"])
def test_cells_that_would_compute_are_text(given):
    assert cell(given) == f"'{given}"
    assert cell(f"a{given}") == f"a{given}"


async def test_the_feed_has_the_shapes_of_schema_org(library):
    answer = await library.get("/v1/exports/claimreview")
    assert answer.headers["content-type"] == "application/ld+json"
    feed = answer.json()
    assert feed["@context"] == "https://schema.org"
    assert list(faults(feed)) == []
    reviews = [review for item in feed["dataFeedElement"] for review in item["item"]]
    assert [review["url"].rsplit("/", 1)[1] for review in reviews] == ["1", "1", "2", "3"]
    assert reviews[0] == {
        "@type": "ClaimReview",
        "@id": reviews[0]["@id"],
        "url": "https://factdesk.example.org/1",
        "name": "Drones",
        "inLanguage": "en",
        "datePublished": "2026-01-01",
        "author": {
            "@type": "Organization",
            "name": "Example Fact Desk",
            "url": "https://factdesk.example.org/",
        },
        "claimReviewed": CLAIM["text"],
        "itemReviewed": {
            "@type": "Claim",
            "@id": reviews[0]["itemReviewed"]["@id"],
            "text": CLAIM["text"],
            "inLanguage": "en",
            "author": {"@type": "Person", "name": "Qais al-Muhammadawi"},
            "datePublished": "2025-12-31",
        },
        "reviewRating": {
            "@type": "Rating",
            "ratingValue": 5,
            "bestRating": 5,
            "worstRating": 1,
            "alternateName": "Correct",
        },
    }
    assert reviews[2]["reviewRating"] == {"@type": "Rating", "alternateName": "Unproven"}
    assert reviews[3]["reviewRating"]["alternateName"] == "نادرست"
    # a text cannot end the script element that carries it
    assert b"</script" not in answer.content


def test_the_judge_of_shapes_sees_what_is_wrong():
    good = {
        "@type": "ClaimReview",
        "claimReviewed": "x",
        "url": "https://x.example",
        "reviewRating": {"@type": "Rating"},
    }
    assert list(faults(good)) == ["$/reviewRating/0: Rating without alternateName"]
    wrong = {**good, "author": "somebody", "datePublished": "yesterday", "verdict": "true", "url": "x"}
    assert len(list(faults(wrong))) == 5


def test_our_own_words_for_a_verdict_are_read_as_that_verdict():
    for verdict in Verdict:
        assert verdict_of_label(NAMES[verdict]) is verdict
        assert rating_of(Review(Publisher("x"), verdict)) == NAMES[verdict]


async def test_a_feed_tells_what_to_drop(library):
    feed = (await library.get("/v1/exports/claimreview?status=any")).json()
    assert list(faults(feed)) == []
    ended = [item for item in feed["dataFeedElement"] if "dateDeleted" in item]
    assert len(ended) == 2
    assert not any("item" in item for item in ended)


async def test_one_publishers_reviews_are_its_own(library):
    feed = (await library.get("/v1/exports/claimreview?publisher=factdesk.example.org")).json()
    authors = [review["author"]["name"] for item in feed["dataFeedElement"] for review in item["item"]]
    assert authors == ["Example Fact Desk"] * 2
    listed = table(await library.get("/v1/exports/claims.csv?publisher=%3Drechner"))
    assert [row["review_publisher"] for row in listed] == ["=Rechner"] * 2


async def test_filters_are_those_of_the_list(library):
    for filters in (
        {"q": "۳۹ killed"},
        {"language": "fa"},
        {"verdict": "false"},
        {"claimant": "QAIS"},
        {"topic": "rain"},
    ):
        wanted = [claim["id"] for claim in await everything(library, **filters)]
        answer = await library.get("/v1/exports/claims.jsonl", params=filters)
        assert [row["id"] for row in rows(answer)] == wanted
        assert wanted
        assert answer.headers["x-total-count"] == str(len(wanted))
    assert (await library.get("/v1/exports/claims.jsonl?q=nowhere")).content == b""
    assert (await library.get("/v1/exports/claimreview?q=nowhere")).json()["dataFeedElement"] == []
    assert table(await library.get("/v1/exports/claims.csv?q=nowhere")) == []


@pytest.mark.parametrize("path", EXPORTS)
async def test_bad_input_is_a_problem(library, path):
    assert_problem(await library.get(f"{path}?langauge=en"), 400)
    assert_problem(await library.get(f"{path}?language=xx-nowhere"), 422)
    assert_problem(await library.get(path, headers={"Accept": "image/png"}), 406)
    head = await library.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-disposition"].startswith("attachment; filename=")


async def test_a_program_gets_the_media_type_it_asks_for(library):
    for path, wanted in zip(EXPORTS, ("application/octet-stream", "text/csv", "application/json"), strict=True):
        answer = await library.get(path, headers={"Accept": wanted})
        assert answer.headers["content-type"].startswith(wanted)


@pytest.mark.parametrize("path", EXPORTS)
async def test_a_reader_who_has_it_gets_nothing(client, path):
    created = await client.post("/v1/claims", json=CLAIM)
    first = await client.get(path)
    has = {"If-None-Match": f'"other", W/{first.headers["etag"]}'}
    same = await client.get(path, headers=has)
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", first.headers["etag"])
    assert (await client.get(f"{path}?language=fa", headers=has)).status_code == 200
    assert "etag" not in (await client.get(f"{path}?has_broken_links=false")).headers
    (desk,) = (await client.get("/v1/publishers?q=factdesk")).json()["items"]
    renamed = await client.patch(f"/v1/publishers/{desk['id']}", json={"name": "The Desk"}, headers=ANY)
    assert renamed.status_code == 200
    second = await client.get(path, headers=has)
    assert second.status_code == 200
    assert "The Desk" in second.text or path.endswith("jsonl")
    assert (await client.delete(f"/v1/claims/{created.json()['id']}", headers=ANY)).status_code == 204
    third = await client.get(path, headers={"If-None-Match": second.headers["etag"]})
    assert third.status_code == 200
    assert CLAIM["text"] not in third.text


async def test_a_claims_own_reviews(library):
    first, second, third, fourth = await everything(library)
    both = (await library.get(f"/v1/claims/{first['id']}/claimreview")).json()
    assert [list(faults(each)) for each in both["@graph"]] == [[], []]
    one = await library.get(f"/v1/claims/{fourth['id']}/claimreview")
    assert one.json()["@type"] == "ClaimReview"
    tag = {"If-None-Match": one.headers["etag"]}
    assert (await library.get(f"/v1/claims/{fourth['id']}/claimreview", headers=tag)).status_code == 304
    assert (await library.get(f"/v1/claims/{third['id']}/claimreview")).json()["@graph"] == []
    public, internal = (f"/v1/claims/{second['id']}/reviews/{each['id']}/claimreview" for each in second["reviews"])
    assert list(faults((await library.get(public)).json())) == []
    assert_problem(await library.get(internal), 409)
    assert_problem(await library.get(public.replace(second["id"], first["id"])), 404)


ATOM = "{http://www.w3.org/2005/Atom}"


def feed_of(answer: httpx.Response) -> ElementTree.Element:
    """The feed, with what RFC 4287 asks of one (sections 4.1.1, 4.1.2, 4.2.6, 4.2.7 and 3.3)."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/atom+xml"
    root = ElementTree.fromstring(answer.content)
    assert root.tag == f"{ATOM}feed"
    entries = root.findall(f"{ATOM}entry")
    for element in (root, *entries):
        for name in ("id", "title", "updated"):
            (only,) = element.findall(f"{ATOM}{name}")
            assert only.text
        assert ":" in (element.findtext(f"{ATOM}id") or "")
        assert datetime.fromisoformat(element.findtext(f"{ATOM}updated") or "").tzinfo is not None
        assert all(author.findtext(f"{ATOM}name") for author in element.findall(f"{ATOM}author"))
        for link in element.findall(f"{ATOM}link"):
            assert urlsplit(link.get("href") or "").scheme == "http"
    assert root.find(f"{ATOM}author") is not None
    assert [link.get("rel") for link in root.findall(f"{ATOM}link")][:1] == ["self"]
    ids = [entry.findtext(f"{ATOM}id") for entry in entries]
    assert len(set(ids)) == len(ids)
    moments = [entry.findtext(f"{ATOM}updated") or "" for entry in entries]
    assert moments == sorted(moments, reverse=True)
    return root


def entries_of(root: ElementTree.Element) -> list[tuple[str, ...]]:
    """By entry: the verdict, the former one, what was done, and the text."""
    return [
        (*(each.get("term") or "" for each in entry.findall(f"{ATOM}category")), entry.findtext(f"{ATOM}content") or "")
        for entry in root.findall(f"{ATOM}entry")
    ]


async def test_a_feed_follows_the_verdicts(client):
    path = "/v1/exports/verdicts.atom"
    assert entries_of(feed_of(await client.get(path))) == []
    ids = {}
    for claim in (CLAIM, {"text": "باران & <b>تگرگ</b> فردا", "language": "fa"}):
        ids[claim["text"]] = (await client.post("/v1/claims", json=claim)).json()["id"]
    first, second = ids
    assert entries_of(feed_of(await client.get(path))) == [], "a new claim is no change"
    pin = {"pinned_verdict": {"verdict": "false", "reason": "The log book is out."}}
    one = f"/v1/claims/{ids[first]}"
    assert (await client.patch(f"{one}?reason=Look+again", json=pin, headers=ANY)).status_code == 200
    assert (await client.patch(one, json={"claimant": None}, headers=ANY)).status_code == 200
    assert (await client.delete(f"/v1/claims/{ids[second]}", headers=ANY)).status_code == 204
    whole = await client.get(path)
    root = feed_of(whole)
    assert entries_of(root) == [
        ("unproven", "unproven", "withdrawn", second),
        ("false", "true", "edited", first),
    ]
    newest, older = root.findall(f"{ATOM}entry")
    assert (newest.findtext(f"{ATOM}title") or "").startswith("Withdrawn: باران")
    assert older.findtext(f"{ATOM}title") == f"True → False: {first}"
    assert older.findtext(f"{ATOM}summary") == "True → False. Reason: Look again"
    for entry in (newest, older):
        link = entry.find(f"{ATOM}link")
        assert link is not None
        shown = await client.get((link.get("href") or "").removeprefix("http://localhost"))
        assert shown.json()["text"] == entry.findtext(f"{ATOM}content")
    same = await client.get(path, headers={"If-None-Match": whole.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    page = feed_of(await client.get(f"{path}?page_size=1"))
    (following,) = [link.get("href") for link in page.findall(f"{ATOM}link") if link.get("rel") == "next"]
    last = feed_of(await client.get((following or "").removeprefix("http://localhost")))
    assert entries_of(page) + entries_of(last) == entries_of(root)
    assert page.findtext(f"{ATOM}id") == last.findtext(f"{ATOM}id") == f"http://localhost{path}"
    assert entries_of(feed_of(await client.get(f"{path}?language=fa&claimed_from=2026-02-01"))) == []
    assert entries_of(feed_of(await client.get(f"{path}?verdict=false&q=drones"))) == entries_of(root)[1:]
    assert_problem(await client.get(f"{path}?status=live"), 400)


def test_what_xml_cannot_hold_is_replaced():
    change = VerdictChange(
        uuid4(), 2, datetime.now(UTC), Action.EDITED, Verdict.TRUE, Verdict.FALSE, "a\x0bb\ufffe", "en"
    )  # fmt: skip
    root = ElementTree.fromstring(feed([change], "http://x/", "http://x/f", "http://x/f", None))
    assert entries_of(root)[0][-1] == "a\ufffdb\ufffd"


class Reader:
    """One request to an application, whose body is taken when the reader likes."""

    def __init__(self, app: Any, path: str) -> None:
        self.chunks: list[bytes] = []
        self.whole = False
        self.taken = asyncio.Event()
        self.more = asyncio.Event()
        self._left = asyncio.Event()
        scope = {
            "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b"",
            "headers": [(b"host", b"localhost")], "client": ("127.0.0.1", 1), "server": ("localhost", 80),
            "scheme": "http", "http_version": "1.1", "root_path": "", "asgi": {"version": "3.0"},
        }  # fmt: skip
        self.task = asyncio.ensure_future(app(scope, self._receive, self._send))

    def leave(self) -> None:
        self._left.set()
        self.more.set()

    async def _receive(self) -> dict[str, Any]:
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if message["type"] != "http.response.body":
            return
        self.chunks.append(message["body"])
        self.whole = not message["more_body"]
        self.taken.set()
        await self.more.wait()


@pytest.fixture(scope="module")
def thousand_url(cluster: Cluster, migrated_url: str) -> Any:
    """A database with a thousand long claims, put there without what finds them."""

    async def fill() -> None:
        database = Database(url)
        async with database.write() as connection:
            await connection.execute(text(
                """
                WITH new AS (
                    INSERT INTO claims (id, text, language, verdict, created_at, updated_at)
                    SELECT gen_random_uuid(), 'Claim ' || n || repeat(' words', 300), 'en', 'unproven', now(), now()
                    FROM generate_series(1, 1000) n RETURNING *
                )
                INSERT INTO revisions (claim_id, number, at, action, state)
                SELECT id, 1, now(), 'created', jsonb_build_object(
                    'id', id, 'verdict', verdict, 'revision', 1, 'created_at', created_at, 'updated_at', updated_at,
                    'draft', jsonb_build_object('text', text, 'language', language)
                ) FROM new
                """
            ))  # fmt: skip
        await database.close()

    url = cluster.create(migrated_url)
    asyncio.run(fill())
    yield url
    cluster.drop(url)


@pytest.fixture
async def thousand(thousand_url: str) -> AsyncIterator[Database]:
    database = Database(thousand_url, pool_size=2, timeout=0.2)
    yield database
    await database.close()


async def test_a_file_is_of_one_moment_and_made_as_it_is_read(thousand):
    app = create_app(Settings(data_dir=Path("unused")), thousand)
    reader = Reader(app, "/v1/exports/claims.jsonl")
    await reader.taken.wait()
    assert 0 < len(b"".join(reader.chunks)) < 300_000
    async with thousand.write() as connection:
        await connection.execute(text("UPDATE claims SET withdrawn_at = now()"))
    reader.more.set()
    await reader.task
    assert reader.whole
    assert len(b"".join(reader.chunks).splitlines()) == 1000
    assert max(len(chunk) for chunk in reader.chunks) < 400_000
    async with thousand.write() as connection:
        await connection.execute(text("UPDATE claims SET withdrawn_at = NULL"))


async def test_a_reader_who_leaves_or_never_reads_holds_nobody_up(thousand):
    app = create_app(Settings(data_dir=Path("unused")), thousand)
    slow = Reader(app, "/v1/exports/claims.jsonl")
    await slow.taken.wait()
    async with connect(app) as client:
        # a check still gets its connection, another export does not: the slow reader has the only one
        assert (await client.get("/v1/claims?page_size=1")).status_code == 200
        busy = await client.get("/v1/exports/claims.csv")
        assert_problem(busy, 503)
        assert "retry-after" in busy.headers
        slow.leave()
        await slow.task
        assert not slow.whole
        assert len(slow.chunks) < 5
        assert (await client.get("/v1/exports/claims.csv")).status_code == 200


async def test_a_lost_database_does_not_look_like_the_end(thousand):
    app = create_app(Settings(data_dir=Path("unused")), thousand)
    reader = Reader(app, "/v1/exports/claims.jsonl")
    await reader.taken.wait()
    async with thousand.each() as connection:
        await connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'idle in transaction'"
            )
        )
    reader.more.set()
    # a server closes the connection on this, before the chunk that says that it was the last
    with pytest.raises(Exception, match="after response started"):
        await reader.task
    assert not reader.whole
