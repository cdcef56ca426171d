"""The search as Google's Fact Check Tools API has it: by its parameters and shapes, and by Google's own client."""

from __future__ import annotations

import asyncio
import json
import warnings
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.api.google_fields import masked, read_mask
from service.app import create_app
from service.errors import InvalidInput
from service.settings import Settings
from service.store.session import Database
from tests.api.conftest import connect
from tests.conftest import Cluster, Server, make_admin, serving

SEARCH = "/v1alpha1/claims:search"
NOW = datetime.now(UTC).date()
DESK = {"name": "Example Fact Desk", "site": "factdesk.example.org"}
SUNS = 23
"""How many claims about the sun there are."""

CLAIMS: list[dict[str, Any]] = [
    {
        "text": "The Moon landings were faked in a studio",
        "language": "en",
        "claimant": "A viral video",
        "claimed_at": "2020-01-05",
        "phrasings": [{"text": "فرود بر ماه در استودیو ساخته شد", "language": "fa"}],
        "reviews": [
            {"publisher": DESK, "url": "https://factdesk.example.org/moon", "title": "Moon", "verdict": "false",
             "original_label": "Pants on Fire", "language": "en", "published_at": "2020-02-01"},
            {"publisher": {"name": "Sitio"}, "url": "https://www.sitio.example/luna", "verdict": "mostly_false",
             "language": "es", "published_at": str(NOW - timedelta(days=3))},
            {"publisher": DESK, "verdict": "true", "title": "A draft that nobody may see"},
        ],
    },
    {
        "text": "A moon of Jupiter was sold at an auction",
        "language": "en",
        "reviews": [{"publisher": DESK, "url": "https://factdesk.example.org/auction", "verdict": "unproven"}],
    },
    {"text": "The Moon landings were watched by nobody", "language": "en"},
    *(
        {
            "text": f"The sun will rise {place} minutes late tomorrow",
            "language": "en",
            "reviews": [{"publisher": {"name": "Sun", "site": "sun.example"}, "verdict": "false",
                         "url": f"https://sun.example/{place}", "published_at": str(NOW - timedelta(days=10 * place))}],
        }
        for place in range(SUNS)
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def reviewed_url(cluster: Cluster, migrated_url: str) -> Iterator[str]:
    """A database with CLAIMS in it, for reading."""

    async def fill() -> None:
        database = Database(url)
        async with connect(create_app(Settings(data_dir=Path("unused")), database)) as client:
            for claim in CLAIMS:
                created = await client.post("/v1/claims", json=claim)
                assert created.status_code == 201, created.text
        await database.close()

    url = cluster.create(migrated_url)
    asyncio.run(fill())
    yield url
    cluster.drop(url)


@pytest.fixture
async def google(reviewed_url: str) -> AsyncIterator[httpx.AsyncClient]:
    database = Database(reviewed_url)
    async with connect(create_app(Settings(data_dir=Path("unused")), database)) as client:
        yield client
    await database.close()


async def found(google: httpx.AsyncClient, **parameters: Any) -> list[dict[str, Any]]:
    answer = await google.get(SEARCH, params=parameters)
    assert answer.status_code == 200, answer.text
    return list(answer.json().get("claims", []))


def assert_error(answer: httpx.Response, code: int, status: str, *fields: str) -> None:
    assert answer.status_code == code, answer.text
    error = answer.json()["error"]
    assert (error["code"], error["status"]) == (code, status)
    assert error["message"]
    violations = [each for detail in error["details"] for each in detail.get("fieldViolations", [])]
    assert tuple(each["field"] for each in violations) == fields


async def test_an_answer_has_the_shape_that_google_documents(google):
    answer = await google.get(SEARCH, params={"query": "were the moon landings faked?"})
    assert answer.json() == {
        "claims": [
            {
                "text": "The Moon landings were faked in a studio",
                "claimant": "A viral video",
                "claimDate": "2020-01-05T00:00:00Z",
                "claimReview": [
                    {
                        "publisher": {"name": "Example Fact Desk", "site": "factdesk.example.org"},
                        "url": "https://factdesk.example.org/moon",
                        "title": "Moon",
                        "reviewDate": "2020-02-01T00:00:00Z",
                        "textualRating": "Pants on Fire",
                        "languageCode": "en",
                    },
                    {
                        "publisher": {"name": "Sitio", "site": "sitio.example"},
                        "url": "https://www.sitio.example/luna",
                        "reviewDate": f"{NOW - timedelta(days=3)}T00:00:00Z",
                        "textualRating": "Mostly false",
                        "languageCode": "es",
                    },
                ],
            }
        ]
    }
    assert (await google.get(SEARCH, params={"query": "penguins of Patagonia"})).json() == {}


async def test_words_are_found_in_any_language_that_is_folded(google):
    moon = "The Moon landings were faked in a studio"
    for query in ("moon landing", "فرود بر ماه", "استودیو", "https://factdesk.example.org/moon"):
        assert [claim["text"] for claim in await found(google, query=query)][:1] == [moon], query
    # one common word of three is no finding
    assert moon not in [claim["text"] for claim in await found(google, query="jupiter auction moon")]
    shown = await found(google, query="فرود بر ماه", languageCode="en-GB")
    assert [claim["text"] for claim in shown] == [moon]


async def test_filters_leave_the_reviews_that_are_wanted(google):
    async def urls(**parameters: Any) -> list[str]:
        claims = await found(google, **parameters)
        return [review["url"].rsplit("/", 1)[1] for claim in claims for review in claim["claimReview"]]

    assert await urls(query="moon landings", languageCode="es-MX") == ["luna"]
    assert await urls(query="moon landings", maxAgeDays=10) == ["luna"]
    assert await urls(query="moon landings", reviewPublisherSiteFilter="www.Sitio.example") == ["luna"]
    assert await urls(reviewPublisherSiteFilter="factdesk.example.org") == ["moon", "auction"]
    assert await urls(reviewPublisherSiteFilter="sun.example", maxAgeDays=25) == ["0", "1", "2"]
    assert await urls(query="moon", reviewPublisherSiteFilter="sun.example") == []
    assert await urls(query="moon landings", reviewPublisherSiteFilter="HTTPS://sitio.example/x", key="") == ["luna"]
    for odd in ("http://[", "://", "[", "/", "\u0130"):
        assert await urls(reviewPublisherSiteFilter=odd) == []
    assert await urls(query="moon landings", maxAgeDays=0, languageCode="") == ["moon", "luna"]


@pytest.mark.parametrize("asked", [{"query": "sun rise tomorrow"}, {"reviewPublisherSiteFilter": "sun.example"}])
async def test_pages(google, asked):
    whole = await found(google, **asked, pageSize=100)
    assert len(whole) == len({claim["text"] for claim in whole}) == SUNS
    first = (await google.get(SEARCH, params=asked)).json()
    assert first["claims"] == whole[:10]
    token = first["nextPageToken"]
    second = (await google.get(SEARCH, params={**asked, "pageToken": token, "offset": 5})).json()
    assert second["claims"] == whole[10:20]
    last = (await google.get(SEARCH, params={**asked, "pageToken": second["nextPageToken"]})).json()
    assert last == {"claims": whole[20:]}
    assert await found(google, **asked, offset=20) == whole[20:]
    assert await found(google, **asked, offset=2_000_000_000) == []
    other = await google.get(SEARCH, params={"query": "moon", "pageToken": token})
    assert_error(other, 400, "INVALID_ARGUMENT", "pageToken")


async def test_errors_are_in_googles_envelope(google):
    for parameters, fields in [
        ({}, ("query",)),
        ({"query": " "}, ("query",)),
        ({"query": "x", "pageSize": -1}, ("pageSize",)),
        ({"query": "x", "pageSize": "ten"}, ("pageSize",)),
        ({"query": "x", "offset": 2**40}, ("offset",)),
        ({"query": "x", "maxAgeDays": "null"}, ("maxAgeDays",)),
        ({"query": "x", "languageCode": "xx-nowhere"}, ("languageCode",)),
        ({"query": "x", "alt": "proto"}, ("alt",)),
        ({"query": "x", "langauge": "en"}, ("langauge",)),
        ({"query": "x", "pageToken": "!"}, ("pageToken",)),
        ({"query": "x", "fields": "claims("}, ("fields",)),
        ({"query": "x" * 2_001}, ("query",)),
    ]:
        assert_error(await google.get(SEARCH, params=parameters), 400, "INVALID_ARGUMENT", *fields)
    assert_error(await google.get(f"{SEARCH}?query=%ff"), 400, "INVALID_ARGUMENT", "query")
    assert_error(await google.get("/v1alpha1/pages"), 404, "NOT_FOUND")
    assert_error(await google.post(SEARCH), 405, "UNIMPLEMENTED")
    assert_error(await google.get("/v1alpha1/claims:imageSearch?imageUri=x"), 501, "UNIMPLEMENTED")
    assert_error(await google.get("/$discovery/rest?version=v2"), 404, "NOT_FOUND")


async def test_an_unreachable_database_is_told_in_googles_envelope(offline):
    answer = await offline.get(SEARCH, params={"query": "moon"})
    assert_error(answer, 503, "UNAVAILABLE")
    assert answer.headers["retry-after"]


async def test_part_of_an_answer(google):
    asked = {"query": "sun rise", "pageSize": 2}
    part = await google.get(SEARCH, params={**asked, "fields": "claims(text, claimReview/publisher(*))"})
    assert [set(claim) for claim in part.json()["claims"]] == [{"text", "claimReview"}] * 2
    assert part.json()["claims"][0]["claimReview"] == [{"publisher": {"name": "Sun", "site": "sun.example"}}]
    pretty = await google.get(SEARCH, params={**asked, "prettyPrint": "true", "quotaUser": "me", "$.xgafv": "2"})
    assert "\n  " in pretty.text
    assert len(pretty.json()["claims"]) == 2


def test_masks():
    assert masked({"a": {"b": 1, "c": 2}, "d": [{"b": 3, "e": 4}]}, read_mask("a/b,d(e)")) == {
        "a": {"b": 1},
        "d": [{"e": 4}],
    }
    assert masked({"a": {"b": 1, "c": 2}, "d": 3}, read_mask("*/b")) == {"a": {"b": 1}, "d": 3}
    for wrong in ("a(", "a)", ",a", "a/", "a((b))", "a b", "a(b" * 30 + ")" * 30, "ü"):
        with pytest.raises(InvalidInput):
            read_mask(wrong)


@pytest.fixture(scope="module")
def keyed(
    tmp_path_factory: pytest.TempPathFactory, reviewed_url: str, cluster: Cluster
) -> Iterator[tuple[Server, str]]:
    """A server over a copy of the database, with a key; it logs all that it can."""
    url = cluster.create(reviewed_url)
    secret = make_admin(url)
    folder = tmp_path_factory.mktemp("google")
    with serving(folder, FACTCHECK_DATABASE_URL=url, FACTCHECK_LOG_LEVEL="debug") as running:
        yield running, secret
    cluster.drop(url)


def build(base: str, secret: str | None, *, ours: bool) -> Any:
    """Google's client: made from our document, or from Google's own with only the address changed."""
    import httplib2
    from googleapiclient.discovery import build, build_from_document

    with warnings.catch_warnings():
        # its dependencies warn of what is theirs to mend
        warnings.simplefilter("ignore")
        http = httplib2.Http(proxy_info=None)
        if ours:
            document = httpx.get(f"{base}/$discovery/rest?version=v1alpha1").raise_for_status().json()
            return build_from_document(document, developerKey=secret, http=http)
        return build(
            "factchecktools", "v1alpha1", developerKey=secret, http=http, client_options={"api_endpoint": f"{base}/"}
        )


@pytest.mark.parametrize("ours", [True, False])
def test_googles_client_pages_through_what_it_finds(keyed, ours):
    from googleapiclient.errors import HttpError

    server, secret = keyed
    with build(server.base, secret, ours=ours) as service:
        claims = service.claims()
        request = claims.search(query="sun rise tomorrow", languageCode="en", pageSize=9)
        pages = []
        while request is not None:
            answer = request.execute()
            pages.append([claim["claimReview"][0]["url"] for claim in answer["claims"]])
            request = claims.search_next(request, answer)
        with pytest.raises(HttpError, match="is required") as refused:
            claims.search().execute()
    assert [len(page) for page in pages] == [9, 9, 5]
    assert len({url for page in pages for url in page}) == SUNS
    assert refused.value.status_code == 400
    with (
        build(server.base, "fc_made_up", ours=ours) as stranger,
        pytest.raises(HttpError, match="not known") as unknown,
    ):
        stranger.claims().search(query="sun").execute()
    assert unknown.value.status_code == 401


def test_our_document_describes_what_googles_does(keyed):
    import googleapiclient

    folder = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents"
    theirs = json.loads((folder / "factchecktools.v1alpha1.json").read_text(encoding="utf-8"))
    server, _ = keyed
    ours = httpx.get(f"{server.base}/discovery/v1/apis/factchecktools/v1alpha1/rest").raise_for_status().json()
    assert ours["rootUrl"] == f"{server.base}/"

    def shape(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: shape(each) for name, each in value.items() if not name.endswith("escription")}
        return value

    wanted, offered = (each["resources"]["claims"]["methods"]["search"] for each in (theirs, ours))
    assert shape(offered) == shape(wanted)
    for name, schema in ours["schemas"].items():
        assert shape(schema) == shape(theirs["schemas"][name])
    assert set(ours["parameters"]) < set(theirs["parameters"])


def test_a_key_in_an_address_reaches_no_log(keyed):
    server, secret = keyed
    with httpx.Client(base_url=server.base) as client:
        for path in (SEARCH, "/v1alpha1/nothing", "/$discovery/rest", "/v1alpha1/claims:imageSearch"):
            for name in ("key", "%6bey"):
                client.get(f"{path}?query=moon&{name}={secret}")
        assert client.get(f"{SEARCH}?key={secret}&query=moon&pageToken=").status_code == 200
        assert client.get(SEARCH, params={"query": "moon"}, headers={"X-Goog-Api-Key": secret}).status_code == 200
        bearer = {"Authorization": f"Bearer {secret}"}
        assert client.get(SEARCH, params={"query": "moon"}, headers=bearer).status_code == 200
        assert_error(client.get(SEARCH, params={"query": "moon"}), 401, "UNAUTHENTICATED")
        # elsewhere a key in the address is refused, and nothing repeats it
        refused = client.get("/v1/claims", params={"key": secret}, headers=bearer)
        assert refused.status_code == 400
        assert secret not in refused.text
        assert client.get("/v1/claims", headers={"X-Goog-Api-Key": secret}).status_code == 401
    log = server.log.read_text()
    assert SEARCH in log
    assert secret.split("_", 2)[2] not in log
