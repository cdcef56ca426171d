"""What is refused, over HTTP and against the whole application: as a problem, with a pointer, never as a 500."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

GOOD = {"text": "39 terrorists killed by drone strikes"}
CLAIM = {"text": "39 terrorists killed by drone strikes", "language": "en"}


def assert_problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The answer is a complete problem of this status; returns it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert set(problem) == {"type", "title", "status", "detail", "instance", "request_id", "errors"}
    assert problem["status"] == status
    assert problem["type"].startswith("urn:problem-type:factcheck:")
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert problem["instance"] == httpx.URL(str(answer.request.url)).raw_path.decode().split("?")[0]
    assert problem["title"]
    assert problem["detail"]
    return problem


def pointers(problem: dict[str, Any]) -> list[str]:
    return [error["pointer"] for error in problem["errors"]]


CHECKS: list[tuple[str, Any, list[str]]] = [
    ("no claims", {"claims": []}, ["/claims"]),
    ("101 claims", {"claims": [GOOD] * 101}, ["/claims"]),
    ("empty text", {"claims": [{"text": ""}]}, ["/claims/0/text"]),
    ("only spaces", {"claims": [{"text": " \n\t\u3000 "}]}, ["/claims/0/text"]),
    ("short text", {"claims": [GOOD, {"text": " ab "}]}, ["/claims/1/text"]),
    ("long text", {"claims": [{"text": "a" * 2001}]}, ["/claims/0/text"]),
    ("long text of wide characters", {"claims": [{"text": "🙂" * 2001}]}, ["/claims/0/text"]),
    ("NUL", {"claims": [{"text": "abc\0def"}]}, ["/claims/0/text"]),
    ("escape", {"claims": [{"text": "abc\x1b[31m"}]}, ["/claims/0/text"]),
    ("NUL in ref", {"claims": [{**GOOD, "ref": "\0"}]}, ["/claims/0/ref"]),
    ("long ref", {"claims": [{**GOOD, "ref": "r" * 201}]}, ["/claims/0/ref"]),
    ("NUL in claimant", {"claims": [{**GOOD, "claimant": "a\0"}]}, ["/claims/0/claimant"]),
    ("unknown language", {"claims": [{**GOOD, "language": "xq"}]}, ["/claims/0/language"]),
    ("no language tag", {"claims": [{**GOOD, "language": "english please"}]}, ["/claims/0/language"]),
    ("empty language", {"claims": [{**GOOD, "language": ""}]}, ["/claims/0/language"]),
    ("unknown field", {"claims": [{**GOOD, "txt": "x"}]}, ["/claims/0/txt"]),
    ("unknown top field", {"claims": [GOOD], "claim": 1}, ["/claim"]),
    ("unknown option", {"claims": [GOOD], "options": {"limit": 5}}, ["/options/limit"]),
    ("wrong type", {"claims": [{"text": 39}]}, ["/claims/0/text"]),
    ("claims no array", {"claims": GOOD}, ["/claims"]),
    ("null claims", {"claims": None}, ["/claims"]),
    ("null options", {"claims": [GOOD], "options": None}, ["/options"]),
    ("no claims at all", {}, ["/claims"]),
    ("top-level array", [GOOD], [""]),
    ("impossible date", {"claims": [{**GOOD, "claimed_at": "2025-02-30"}]}, ["/claims/0/claimed_at"]),
    ("date with time", {"claims": [{**GOOD, "claimed_at": "2025-02-20T00:00:00Z"}]}, ["/claims/0/claimed_at"]),
    ("date before history", {"claims": [{**GOOD, "claimed_at": "0001-01-01"}]}, ["/claims/0/claimed_at"]),
    ("date after all", {"claims": [{**GOOD, "claimed_at": "9999-12-31"}]}, ["/claims/0/claimed_at"]),
    ("threshold above 1", {"claims": [GOOD], "options": {"match_threshold": 1.01}}, ["/options/match_threshold"]),
    ("threshold below 0", {"claims": [GOOD], "options": {"suggest_threshold": -0.1}}, ["/options/suggest_threshold"]),
    (
        "thresholds reversed",
        {"claims": [GOOD], "options": {"match_threshold": 0.3, "suggest_threshold": 0.5}},
        ["/options/suggest_threshold"],
    ),
    ("no matches", {"claims": [GOOD], "options": {"max_matches": 0}}, ["/options/max_matches"]),
    ("too many matches", {"claims": [GOOD], "options": {"max_matches": 51}}, ["/options/max_matches"]),
    ("huge integer", {"claims": [GOOD], "options": {"max_matches": 10**40}}, ["/options/max_matches"]),
    ("no languages", {"claims": [GOOD], "options": {"languages": []}}, ["/options/languages"]),
    ("unknown languages", {"claims": [GOOD], "options": {"languages": ["en", "qq"]}}, ["/options/languages/1"]),
    (
        "everything at once",
        {"claims": [{"text": "", "language": "xq"}, {"text": "\0"}], "options": {"max_matches": 0}},
        ["/claims/0/text", "/claims/0/language", "/claims/1/text", "/claims/1/text", "/options/max_matches"],
    ),
]


@pytest.mark.parametrize(("body", "expected"), [case[1:] for case in CHECKS], ids=[case[0] for case in CHECKS])
async def test_a_check_that_breaks_the_contract(offline, body, expected):
    problem = assert_problem(await offline.post("/v1/checks", json=body), 422)
    assert pointers(problem) == expected
    assert all(error["detail"] for error in problem["errors"])


CLAIMS: list[tuple[str, dict[str, Any], list[str]]] = [
    ("no language", {"text": "39 terrorists"}, ["/language"]),
    ("no text", {"language": "en"}, ["/text"]),
    ("unknown language", {**CLAIM, "language": "zzz"}, ["/language"]),
    ("unknown field", {**CLAIM, "verdict": "true"}, ["/verdict"]),
    ("empty claimant", {**CLAIM, "claimant": " "}, ["/claimant"]),
    (
        "phrasing",
        {**CLAIM, "phrasings": [{"text": "", "language": "xx-"}]},
        ["/phrasings/0/text", "/phrasings/0/language"],
    ),
    ("topics", {**CLAIM, "topics": ["security", ""]}, ["/topics/1"]),
    ("many topics", {**CLAIM, "topics": ["a"] * 21}, ["/topics"]),
    ("valid before said", {**CLAIM, "claimed_at": "2025-12-31", "valid_until": "2025-12-30"}, ["/valid_until"]),
    ("review without verdict", {**CLAIM, "reviews": [{"publisher": {"name": "x"}}]}, ["/reviews/0/verdict"]),
    (
        "review with bad verdict",
        {**CLAIM, "reviews": [{"publisher": {"name": "x"}, "verdict": "maybe"}]},
        ["/reviews/0/verdict"],
    ),
    ("review without publisher", {**CLAIM, "reviews": [{"verdict": "true"}]}, ["/reviews/0/publisher"]),
    (
        "review with several faults",
        {**CLAIM, "reviews": [{"publisher": {"name": "", "site": "https://afp.com"}, "url": "ftp://afp.com/x"}]},
        ["/reviews/0/verdict", "/reviews/0/url", "/reviews/0/publisher/name", "/reviews/0/publisher/site"],
    ),
    ("source without stance", {**CLAIM, "sources": [{"url": "https://a.example"}]}, ["/sources/0/stance"]),
    *(
        (f"address {url!r}", {**CLAIM, "sources": [{"url": url, "stance": "supports"}]}, ["/sources/0/url"])
        for url in (
            "javascript:alert(1)",
            "file:///etc/passwd",
            "example.org",
            "https://",
            "https://user:secret@example.org/",
            "https://exa mple.org/",
            "https://example.org:99999/",
            "http://[::1",
            "https://example.org/\0",
            "https://example.org/" + "a" * 2048,
        )
    ),
]


@pytest.mark.parametrize(("body", "expected"), [case[1:] for case in CLAIMS], ids=[case[0] for case in CLAIMS])
async def test_a_claim_that_breaks_the_contract(offline, body, expected):
    assert pointers(assert_problem(await offline.post("/v1/claims", json=body), 422)) == expected


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'{"claims":[{"text":"39 terr',
        b'{"claims":[{"text":"\xff\xfe\xfd"}]}',
        b'{"claims":[{"text":"abc"}],"options":{"match_threshold":NaN}}',
        b"[" * 100_000,
        b'{"claims":[{"text":' * 20_000,
    ],
)
@pytest.mark.parametrize("path", ["/v1/checks", "/v1/claims"])
async def test_a_body_that_is_not_json(offline, path, body):
    answer = await offline.post(path, content=body, headers={"content-type": "application/json"})
    assert_problem(answer, 400)


async def test_half_a_surrogate_pair(offline):
    answer = await offline.post(
        "/v1/checks", content=rb'{"claims":[{"text":"abc\ud800"}]}', headers={"content-type": "application/json"}
    )
    assert pointers(assert_problem(answer, 422)) == ["/claims/0/text"]


async def test_duplicate_keys_are_no_fault_of_ours(offline):
    answer = await offline.post(
        "/v1/checks",
        content=b'{"claims":[{"text":""}],"claims":[{"text":"","text":"ab"}]}',
        headers={"content-type": "application/json"},
    )
    assert pointers(assert_problem(answer, 422)) == ["/claims/0/text"]


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml", ""])
async def test_another_media_type(offline, content_type):
    answer = await offline.post("/v1/checks", content=b'{"claims":[]}', headers={"content-type": content_type})
    assert_problem(answer, 415)


async def test_a_body_of_more_than_a_mebibyte(offline):
    body = b'{"claims":[' + b" " * 1_048_576 + b"]}"
    for headers in ({}, {"content-length": "20"}):
        answer = await offline.post("/v1/checks", content=body, headers={"content-type": "application/json", **headers})
        assert_problem(answer, 413)


async def test_a_body_of_just_a_mebibyte_is_read(offline):
    body = b'{"claims":[' + b" " * (1_048_576 - 13) + b"]}"
    answer = await offline.post("/v1/checks", content=body, headers={"content-type": "application/json"})
    assert pointers(assert_problem(answer, 422)) == ["/claims"]


@pytest.mark.parametrize(
    ("query", "status", "pointer"),
    [
        ("", 422, "/text"),
        ("text=", 422, "/text"),
        ("text=ab", 422, "/text"),
        ("text=%20%20%20", 422, "/text"),
        ("text=" + "a" * 2001, 422, "/text"),
        ("text=%ff%fe%fd", 400, "/text"),
        ("text=abc%ed%a0%80", 400, "/text"),
        ("text=abc%00def", 400, "/text"),
        ("text=abc%1bdef", 422, "/text"),
        ("text=abc&text=abd", 400, "/text"),
        ("text=abc&langauge=en", 400, "/langauge"),
        ("text=abc&%ff=en", 400, "/\\xff"),
        ("text=abc&a%2Fb~=en", 400, "/a~1b~0"),
        ("text=abc&language=xq", 422, "/language"),
        ("text=abc&language=", 422, "/language"),
        ("text=abc&claimed_at=yesterday", 422, "/claimed_at"),
        ("text=abc&claimed_at=2025-02-30", 422, "/claimed_at"),
        ("text=abc&claimed_at=9999-12-31", 422, "/claimed_at"),
        ("text=abc&claimant=%00", 400, "/claimant"),
    ],
)
async def test_a_query_that_is_wrong(offline, query, status, pointer):
    problem = assert_problem(await offline.get(f"/v1/check?{query}"), status)
    assert pointers(problem) == [pointer]
    assert "\ufffd" not in problem["detail"]


@pytest.mark.parametrize("name", ["checks", "claims"])
@pytest.mark.parametrize("value", ["1", "not-a-uuid", "0199b1c2", "%00", "%ff", "null", "0" * 5000])
async def test_an_id_that_is_none(offline, name, value):
    problem = assert_problem(await offline.get(f"/v1/{name}/{value}"), 404)
    assert pointers(problem) == [f"/{name[:-1]}_id"]


async def test_good_input_without_a_database_is_unavailable(offline):
    for answer in (
        await offline.post("/v1/checks", json={"claims": [GOOD]}),
        await offline.post("/v1/claims", json=CLAIM),
        await offline.get("/v1/check", params=GOOD),
        await offline.get("/v1/checks/0199b1c2-7a3e-7c11-8f6a-2d1e5b0c9a77"),
        await offline.get("/v1/claims/0199b1c2-7a3e-7c11-8f6a-2d1e5b0c9a77"),
        await offline.get("/readyz"),
    ):
        assert_problem(answer, 503)
        assert int(answer.headers["retry-after"]) > 0
    assert (await offline.get("/healthz")).json()["status"] == "ok"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/v1/claims?verdict=maybe", "must be one of true, mostly_true, mixed"),
        ("/v1/claims?status=all", "must be one of live, withdrawn, merged, any"),
        ("/v1/inbox?state=new", "must be one of open, resolved, dismissed"),
        ("/v1/claims?page_size=101", "must be at most 100"),
    ],
)
async def test_a_parameter_out_of_its_range_is_told_the_range(offline, path, said):
    [error] = assert_problem(await offline.get(path), 422)["errors"]
    assert error["detail"].startswith(said)


async def test_a_number_with_a_point_is_told_its_range_in_words(offline):
    answer = await offline.post("/v1/imports?join_score=2", content=b"{}", headers={"Content-Type": "text/plain"})
    [error] = assert_problem(answer, 422)["errors"]
    assert error == {"pointer": "/join_score", "detail": "must be at most 1"}


async def test_an_id_in_a_body_that_is_none(offline):
    [error] = assert_problem(await offline.post("/v1/claims", json={**CLAIM, "superseded_by": "soon"}), 422)["errors"]
    assert error == {"pointer": "/superseded_by", "detail": "must be an id, a UUID"}
