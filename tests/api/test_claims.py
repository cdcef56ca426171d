"""The life of a claim over HTTP: changed by merge patches, each a revision, by those who saw what they change."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from service.store.session import Database
from tests.api.test_bad_input import assert_problem, pointers
from tests.api.test_resources import assert_documented

TEXT = "39 terrorists were killed by drone strikes in Iraq in 2025"
CLAIM: dict[str, Any] = {
    "text": TEXT,
    "language": "en",
    "claimant": "Qais",
    "claimed_at": "2025-12-31",
    "phrasings": [{"text": "۳۹ عنصر تروریستی با حملات پهپادی کشته شدند", "language": "fa"}],
    "reviews": [{"publisher": {"name": "Desk", "site": "desk.example.org"}, "original_label": "Correct"}],
    "sources": [{"url": "https://example.org/2", "stance": "supports", "quote": "39 terrorists"}],
}
ANY = {"if-match": "*"}


async def store(client: httpx.AsyncClient, **fields: Any) -> tuple[str, dict[str, Any], str]:
    """The path of a new claim, the claim, and its ETag."""
    answer = await client.post("/v1/claims", json={**CLAIM, **fields})
    assert answer.status_code == 201, answer.text
    return answer.headers["location"], answer.json(), answer.headers["etag"]


async def result(client: httpx.AsyncClient, wording: str = TEXT, **query: str) -> dict[str, Any]:
    answer = await client.get("/v1/check", params={"text": wording, **query})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def history(client: httpx.AsyncClient, path: str) -> list[dict[str, Any]]:
    """Every revision, oldest first."""
    answer = await client.get(f"{path}/history", params={"page_size": 100})
    assert answer.status_code == 200, answer.text
    await assert_documented(client, answer, "History")
    items: list[dict[str, Any]] = answer.json()["items"]
    assert [item["revision"] for item in items] == list(range(len(items), 0, -1))
    return items[::-1]


async def test_absent_stays_and_null_goes(client):
    path, before, etag = await store(client, valid_until="2030-01-01", topics=["a", "b"])
    answer = await client.patch(
        path, json={"claimant": None, "topics": ["c"]}, params={"reason": "اشتباه بود"}, headers={"if-match": etag}
    )
    assert answer.status_code == 200, answer.text
    await assert_documented(client, answer, "Claim")
    after = answer.json()
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"claimant", "topics", "revision", "updated_at"}
    assert (after["claimant"], after["topics"], after["revision"]) == (None, ["c"], 2)
    assert (await client.get(path)).json() == after
    _, second = await history(client, path)
    assert (second["action"], second["author"], second["reason"]) == ("edited", None, "اشتباه بود")
    assert second["at"] == after["updated_at"]
    assert second["changes"] == [
        {"path": "/claimant", "before": "Qais", "after": None},
        {"path": "/topics", "before": ["a", "b"], "after": ["c"]},
    ]


@pytest.mark.parametrize(
    ("patch", "pointer"),
    [
        ({"text": None}, "/text"),
        ({"text": "ab"}, "/text"),
        ({"language": "xq"}, "/language"),
        ({"txt": "abc"}, "/txt"),
        ({"revision": 7}, "/revision"),
        ({"verdict": "true"}, "/verdict"),
        ({"phrasings": []}, "/phrasings"),
        ({"topics": [""]}, "/topics/0"),
        ({"claimed_at": "yesterday"}, "/claimed_at"),
        ({"valid_until": "2020-01-01"}, "/valid_until"),
        ({"pinned_verdict": {"verdict": "true"}}, "/pinned_verdict/reason"),
        ({"pinned_verdict": {"reason": "x"}}, "/pinned_verdict/verdict"),
        ({"pinned_verdict": {"verdict": "true", "reason": " "}}, "/pinned_verdict/reason"),
        ({"superseded_by": "x"}, "/superseded_by"),
        ({"superseded_by": "0199b1c2-7a3e-7c11-8f6a-2d1e5b0c9a77"}, "/superseded_by"),
        ({"withdrawn_at": "2026-01-01T00:00:00Z"}, "/withdrawn_at"),
        ({"withdrawn_at": None, "claimant": "x"}, "/withdrawn_at"),
    ],
)
async def test_a_patch_that_is_wrong_changes_nothing(client, patch, pointer):
    path, before, etag = await store(client)
    problem = assert_problem(await client.patch(path, json=patch, headers={"if-match": etag}), 422)
    assert pointers(problem) == [pointer]
    assert (await client.get(path)).json() == before
    assert len(await history(client, path)) == 1


async def test_a_patch_that_changes_nothing_makes_no_revision(client):
    path, before, etag = await store(client)
    for patch in ({}, {"claimant": "Qais", "language": "en", "pinned_verdict": None}):
        answer = await client.patch(path, json=patch, headers={"if-match": etag})
        assert (answer.status_code, answer.json(), answer.headers["etag"]) == (200, before, etag)


async def test_nobody_overwrites_what_they_have_not_seen(client):
    path, _, etag = await store(client)
    first = await client.patch(path, json={"claimant": "A"}, headers={"if-match": etag})
    assert first.status_code == 200
    assert first.headers["etag"] != etag
    for stale in (etag, f'"0", {etag}', 'W/"2"', '"9"', '"abc"', '""', f"W/{first.headers['etag']}"):
        problem = assert_problem(await client.patch(path, json={"claimant": "B"}, headers={"if-match": stale}), 412)
        assert "revision 2" in problem["detail"]
        assert_problem(await client.delete(path, headers={"if-match": stale}), 412)
    for part in ("phrasings", "reviews", "sources"):
        item = f"{path}/{part}/{first.json()[part][0]['id']}"
        assert_problem(await client.patch(item, json={}, headers={"if-match": etag}), 412)
        assert_problem(await client.delete(item, headers={"if-match": etag}), 412)
    assert (await client.get(path)).json() == first.json()
    several = await client.patch(path, json={"claimant": "C"}, headers={"if-match": f'"1", {first.headers["etag"]}'})
    assert several.json()["revision"] == 3
    assert (await client.patch(path, json={"claimant": "D"}, headers=ANY)).json()["revision"] == 4


@pytest.mark.parametrize("header", ["abc", "1", '"1', "'1'", '"1" "2"', "*, *", ""])
async def test_a_precondition_that_cannot_be_read(client, header):
    path, _, _ = await store(client)
    problem = assert_problem(await client.patch(path, json={"claimant": "B"}, headers={"if-match": header}), 400)
    assert pointers(problem) == ["/If-Match"]


async def test_a_change_without_a_precondition_is_refused(client):
    path, claim, _ = await store(client)
    part = f"{path}/sources/{claim['sources'][0]['id']}"
    for answer in (
        await client.patch(path, json={"claimant": "B"}),
        await client.delete(path),
        await client.patch(part, json={"stance": "refutes"}),
        await client.delete(part),
    ):
        assert pointers(assert_problem(answer, 428)) == ["/If-Match"]
    assert (await client.get(path)).json() == claim


async def test_what_a_reader_has_is_not_sent_again(client, database):
    path, _, etag = await store(client)
    for known in (etag, f"W/{etag}", f'"x", {etag}', "*"):
        again = await client.get(path, headers={"if-none-match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert (await client.get(path, headers={"if-none-match": '"1"'})).status_code == 200
    async with database.write() as connection:
        await connection.execute(text("UPDATE sources SET link_status = 'gone', checked_at = now()"))
    seen = await client.get(path, headers={"if-none-match": etag})
    assert (seen.status_code, seen.json()["sources"][0]["link_status"]) == (200, "gone")
    assert seen.json()["revision"] == 1
    # a link that broke is nothing that an editor overwrites
    assert (await client.patch(path, json={"claimant": None}, headers={"if-match": etag})).status_code == 200


async def test_another_text_is_matched_at_once_and_the_old_one_no_more(client):
    path, _, etag = await store(client, phrasings=[])
    other = "The lighthouse of Example Bay was switched off in 1987"
    assert (await client.patch(path, json={"text": other}, headers={"if-match": etag})).status_code == 200
    assert (await result(client, other))["matches"][0]["relation"] == "equivalent"
    assert (await result(client))["reason"] == "no_candidates"


async def test_another_day_reads_the_wordings_anew(client, database):
    path, _, etag = await store(client, text="This year 39 people were killed in Basra", phrasings=[])
    before = await terms(database)
    assert (await client.patch(path, json={"claimed_at": "2024-12-31"}, headers={"if-match": etag})).status_code == 200
    await assert_counts(database)
    assert before == await terms(database)
    found = await result(client, "In 2024, 39 people were killed in Basra", claimed_at="2026-05-05")
    assert found["matches"][0]["claim_id"] == path.rsplit("/", 1)[1]


async def terms(database: Database) -> dict[str, int]:
    async with database.read() as connection:
        rows = await connection.execute(text("SELECT term, df FROM terms WHERE df > 0"))
        return {row.term: row.df for row in rows}


async def assert_counts(database: Database) -> None:
    """Every count that retrieval weighs by is what counting gives."""
    counted = text("SELECT term, count(*) AS n FROM postings JOIN terms ON terms.id = term_id GROUP BY term")
    async with database.read() as connection:
        assert {row.term: row.n for row in await connection.execute(counted)} == await terms(database)
        row = (await connection.execute(text("SELECT claims, phrasings FROM corpus"))).one()
        live = "SELECT count(*) FROM claims WHERE withdrawn_at IS NULL AND merged_into IS NULL"
        assert row.claims == await connection.scalar(text(live))
        assert row.phrasings == await connection.scalar(text("SELECT count(*) FROM phrasings"))


async def test_a_pinned_verdict_is_what_checks_answer_and_shows_its_reason(client):
    path, claim, _ = await store(client)
    assert claim["verdict"] == "true"
    pin = {"verdict": "false", "reason": "The agency withdrew the figure."}
    pinned = (await client.patch(path, json={"pinned_verdict": pin}, headers=ANY)).json()
    assert (pinned["verdict"], pinned["pinned_verdict"]) == ("false", pin)
    found = await result(client)
    assert found["status"] == "refuted"
    assert found["summary"].endswith("because: The agency withdrew the figure.")
    assert found["matches"][0]["verdict"] == "false"
    other = (await client.patch(path, json={"pinned_verdict": {"verdict": "outdated"}}, headers=ANY)).json()
    assert other["pinned_verdict"] == {**pin, "verdict": "outdated"}
    assert (await result(client))["status"] == "outdated"
    review = {"publisher": {"name": "Other"}, "verdict": "false"}
    assert (await client.post(f"{path}/reviews", json=review)).status_code == 201
    assert (await client.get(path)).json()["verdict"] == "outdated"
    free = (await client.patch(path, json={"pinned_verdict": None}, headers=ANY)).json()
    assert (free["verdict"], free["pinned_verdict"]) == ("mixed", None)
    assert (await result(client))["status"] == "conflicting"


async def test_a_pin_decides_though_reviews_are_opposed(client):
    reviews = [
        {"publisher": {"name": "One"}, "verdict": "true"},
        {"publisher": {"name": "Two"}, "verdict": "false"},
    ]
    await store(client, reviews=reviews, pinned_verdict={"verdict": "misleading", "reason": "Both have a point."})
    found = await result(client)
    assert (found["status"], "Both have a point." in found["summary"]) == ("mixed", True)


async def test_copies_of_one_publisher_count_once(client):
    desk = {"name": "Desk", "site": "desk.example.org"}
    reviews = [
        {"publisher": desk, "verdict": "false", "published_at": "2026-01-01"},
        {"publisher": desk, "verdict": "false", "published_at": "2026-01-02"},
        {"publisher": desk, "verdict": "true", "published_at": "2026-01-03"},
    ]
    _, claim, _ = await store(client, reviews=reviews)
    assert claim["verdict"] == "true"
    assert (await result(client))["status"] == "supported"


async def test_a_claim_that_no_longer_holds_is_outdated(client):
    await store(client, valid_until="2026-01-31")
    assert (await result(client, claimed_at="2026-01-31"))["status"] == "supported"
    assert (await result(client, claimed_at="2026-02-01"))["status"] == "outdated"


async def test_a_claim_names_the_one_that_took_its_place(client):
    old, new = (await store(client))[0], (await store(client))[0]
    newest, _, _ = await store(client)
    ids = [path.rsplit("/", 1)[1] for path in (old, new, newest)]
    for path, successor in ((old, ids[1]), (new, ids[2])):
        answer = await client.patch(path, json={"superseded_by": successor}, headers=ANY)
        assert answer.json()["superseded_by"] == successor
    for path in (newest, old):
        problem = assert_problem(await client.patch(path, json={"superseded_by": ids[0]}, headers=ANY), 422)
        assert pointers(problem) == ["/superseded_by"]
    await client.delete(new, headers=ANY)
    assert_problem(await client.patch(newest, json={"superseded_by": ids[1]}, headers=ANY), 422)
    assert_problem(await client.post("/v1/claims", json={**CLAIM, "superseded_by": ids[1]}), 422)


async def test_withdrawn_is_gone_from_checks_and_kept_whole(client, database):
    path, claim, etag = await store(client)
    for wording in (TEXT, CLAIM["phrasings"][0]["text"], f"{TEXT} https://example.org/2"):
        assert (await result(client, wording))["matches"]
    answer = await client.delete(path, params={"reason": "A hoax of ours"}, headers={"if-match": etag})
    assert (answer.status_code, answer.content) == (204, b"")
    for wording in (TEXT, CLAIM["phrasings"][0]["text"], f"{TEXT} https://example.org/2"):
        assert (await result(client, wording))["reason"] == "no_candidates"
    await assert_counts(database)
    assert "revision 2" in assert_problem(await client.get(path), 410)["detail"]
    for gone in (
        await client.delete(path, headers=ANY),
        await client.patch(path, json={"claimant": "x"}, headers=ANY),
        await client.get(f"{path}/sources"),
        await client.post(f"{path}/sources", json={"url": "https://example.org/3", "stance": "mixed"}),
        await client.post(f"{path}/merge", json={"into": str(uuid4())}),
    ):
        assert_problem(gone, 410)
    assert (await client.get(path, params={"revision": 1})).json() == claim
    last = (await client.get(path, params={"revision": 2})).json()
    assert last["withdrawn_at"] == last["updated_at"]
    assert last["phrasings"] == claim["phrasings"]
    created, withdrawn = await history(client, path)
    assert (created["action"], withdrawn["action"], withdrawn["reason"]) == ("created", "withdrawn", "A hoax of ours")


async def test_a_withdrawn_claim_comes_back_as_it_was(client, database):
    path, claim, _ = await store(client)
    withdrawn = await client.delete(path, headers=ANY)
    assert_problem(await client.patch(path, json={"withdrawn_at": None}, headers={"if-match": '"1"'}), 412)
    back = await client.patch(path, json={"withdrawn_at": None}, headers={"if-match": withdrawn.headers["etag"]})
    assert back.status_code == 200, back.text
    kept = {name: value for name, value in claim.items() if name not in ("revision", "updated_at")}
    assert {name: back.json()[name] for name in kept} == kept
    assert back.json()["revision"] == 3
    await assert_counts(database)
    assert (await result(client))["status"] == "supported"
    again = await client.patch(path, json={"withdrawn_at": None}, headers=ANY)
    assert again.json()["revision"] == 3
    assert [item["action"] for item in await history(client, path)] == ["created", "withdrawn", "restored"]


async def test_a_claim_as_of_each_revision(client):
    path, claim, _ = await store(client)
    seen = [claim]
    await client.post(f"{path}/phrasings", json={"text": "Drones killed 39 terrorists in Iraq", "language": "en"})
    seen.append((await client.get(path)).json())
    review = f"{path}/reviews/{claim['reviews'][0]['id']}"
    await client.patch(review, json={"verdict": "mostly_true"}, headers=ANY)
    seen.append((await client.get(path)).json())
    await client.delete(review, headers=ANY)
    seen.append((await client.get(path)).json())
    assert [each["verdict"] for each in seen] == ["true", "true", "mostly_true", "unproven"]
    for number, expected in enumerate(seen, 1):
        assert (await client.get(path, params={"revision": number})).json() == expected
    assert_problem(await client.get(path, params={"revision": 5}), 404)
    for number in (0, -1, 2**31, 10**30, "x", 1.5):
        problem = assert_problem(await client.get(path, params={"revision": number}), 422)
        assert pointers(problem) == ["/revision"]


async def test_history_comes_in_pages_newest_first(client):
    path, _, _ = await store(client)
    for number in range(6):
        assert (await client.patch(path, json={"claimant": f"{number}"}, headers=ANY)).status_code == 200
    seen: list[int] = []
    token = ""
    while True:
        page = await client.get(f"{path}/history", params={"page_size": 3, **({"page_token": token} if token else {})})
        items = page.json()["items"]
        seen += [item["revision"] for item in items]
        assert [item["changes"][0]["after"] for item in items if item["revision"] > 1] == [
            f"{item['revision'] - 2}" for item in items if item["revision"] > 1
        ]
        token = page.json()["next_page_token"]
        if not token:
            break
    assert seen == [7, 6, 5, 4, 3, 2, 1]
    assert_problem(await client.get(f"/v1/claims/{uuid4()}/history"), 404)


PARTS: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("phrasings", {"text": "Drones killed 39 terrorists", "language": "en"}, {"language": "en-GB"}, "PhrasingList"),
    ("reviews", {"publisher": {"name": "Other"}, "verdict": "false", "title": "T"}, {"title": None}, "ReviewList"),
    ("sources", {"url": "https://example.org/9", "stance": "mixed", "quote": "Q"}, {"quote": None}, "SourceList"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "new", "patch", "shape"), PARTS, ids=[each[0] for each in PARTS])
async def test_the_parts_of_a_claim(client, kind, new, patch, shape):
    path, claim, _ = await store(client)
    added = await client.post(f"{path}/{kind}", json=new, params={"reason": "more"})
    assert added.status_code == 201, added.text
    part = added.json()
    assert part.items() >= new.items() - patch.items() if kind != "reviews" else part["title"] == "T"
    location = added.headers["location"]
    assert location == f"{path}/{kind}/{part['id']}"
    read = await client.get(location)
    assert (read.json(), read.headers["etag"]) == (part, added.headers["etag"])
    listed = await client.get(f"{path}/{kind}")
    await assert_documented(client, listed, shape)
    assert listed.json() == {"items": [*claim[kind], part], "next_page_token": None}
    changed = await client.patch(location, json=patch, headers={"if-match": added.headers["etag"]})
    assert changed.status_code == 200, changed.text
    assert changed.json() == {**part, **patch}
    removed = await client.delete(location, headers={"if-match": changed.headers["etag"]})
    assert (removed.status_code, removed.content) == (204, b"")
    assert_problem(await client.get(location), 404)
    assert_problem(await client.delete(location, headers=ANY), 404)
    assert_problem(await client.patch(location, json={}, headers=ANY), 404)
    after = (await client.get(path)).json()
    assert after[kind] == claim[kind]
    assert after["revision"] == 4
    _, second, third, fourth = await history(client, path)
    here = f"/{kind}/{part['id']}"
    assert (second["reason"], second["changes"][0]["path"], second["changes"][0]["before"]) == ("more", here, None)
    assert [change["path"] for change in third["changes"]] == [f"{here}/{name}" for name in patch]
    assert (fourth["changes"][0]["path"], fourth["changes"][0]["after"]) == (here, None)


async def test_a_wording_added_is_matched_at_once_and_once_only(client, database):
    path, claim, _ = await store(client, phrasings=[])
    wording = {"text": "Unmanned aircraft hit 39 militants near Mosul", "language": "en"}
    added = await client.post(f"{path}/phrasings", json=wording)
    found = await result(client, wording["text"])
    assert (found["matches"][0]["claim_id"], found["matches"][0]["text"]) == (claim["id"], wording["text"])
    for again in (
        wording,
        {**wording, "text": "UNMANNED  aircraft hit ۳۹ militants near Mosul"},
        {**wording, "text": TEXT},
    ):
        assert_problem(await client.post(f"{path}/phrasings", json=again), 409)
    await client.delete(added.headers["location"], headers=ANY)
    await assert_counts(database)
    assert claim["id"] not in [match["claim_id"] for match in (await result(client, wording["text"]))["matches"]]


async def test_a_claim_holds_a_hundred_of_each(client):
    wordings = [{"text": f"Wording number {number}", "language": "en"} for number in range(100)]
    path, claim, _ = await store(client, phrasings=wordings)
    assert len(claim["phrasings"]) == 100
    problem = assert_problem(await client.post(f"{path}/phrasings", json={"text": "One more", "language": "en"}), 409)
    assert "100" in problem["detail"]


@pytest.mark.parametrize(
    ("kind", "body", "pointer"),
    [
        ("phrasings", {"text": "ab", "language": "en"}, "/text"),
        ("phrasings", {"text": "abc"}, "/language"),
        ("reviews", {"publisher": {"name": "Desk"}}, "/verdict"),
        ("reviews", {"publisher": {"name": " "}, "verdict": "true"}, "/publisher/name"),
        ("reviews", {"publisher": {"name": "Desk", "site": "no"}, "verdict": "true"}, "/publisher/site"),
        ("sources", {"url": "ftp://example.org", "stance": "mixed"}, "/url"),
        ("sources", {"url": "https://example.org", "stance": "against"}, "/stance"),
        ("sources", {"url": "https://example.org", "stance": "mixed", "quote": "a\0"}, "/quote"),
    ],
)
async def test_a_part_that_is_wrong(client, kind, body, pointer):
    path, claim, _ = await store(client)
    assert pointers(assert_problem(await client.post(f"{path}/{kind}", json=body), 422)) == [pointer]
    part = f"{path}/{kind}/{claim[kind][0]['id']}"
    if pointer in ("/text", "/url", "/stance", "/quote"):
        name = pointer[1:]
        problem = assert_problem(await client.patch(part, json={name: body[name]}, headers=ANY), 422)
        assert pointers(problem) == [pointer]
    assert (await client.get(path)).json() == claim


async def test_a_review_without_a_verdict_of_its_own_follows_its_label(client):
    path, claim, _ = await store(client)
    review = f"{path}/reviews/{claim['reviews'][0]['id']}"
    assert claim["reviews"][0]["from_label"] is True

    async def patch(**fields: Any) -> tuple[str, bool]:
        answer = (await client.patch(review, json=fields, headers=ANY)).json()
        return answer["verdict"], answer["from_label"]

    assert await patch(original_label="Faux") == ("false", True)
    assert (await client.get(path)).json()["verdict"] == "false"
    assert await patch(verdict="mixed") == ("mixed", False)
    assert await patch(original_label="Vrai") == ("mixed", False)
    assert await patch(verdict=None) == ("true", True)
    problem = assert_problem(await client.patch(review, json={"original_label": None}, headers=ANY), 422)
    assert pointers(problem) == ["/verdict"]
    assert await patch(publisher={"name": "Renamed"}) == ("true", True)
    # the site tells publishers apart, so the one stored first keeps its name
    assert (await client.get(review)).json()["publisher"] == {"name": "Desk", "site": "desk.example.org"}


async def test_another_link_has_not_been_visited(client, database):
    path, claim, _ = await store(client)
    async with database.write() as connection:
        await connection.execute(text("UPDATE sources SET link_status = 'gone', checked_at = now()"))
    source = f"{path}/sources/{claim['sources'][0]['id']}"
    same = (await client.patch(source, json={"stance": "mixed"}, headers=ANY)).json()
    assert (same["link_status"], same["checked_at"] is None) == ("gone", False)
    other = (await client.patch(source, json={"url": "https://example.org/other"}, headers=ANY)).json()
    assert (other["link_status"], other["checked_at"]) == ("unchecked", None)


OPPOSITES = [
    {"text": "93 terrorists were killed by drone strikes in Iraq in 2025", "language": "en"},
    {"text": "در سال ۲۰۲۵ در حملات پهپادی در عراق ۳۹ تروریست کشته نشدند", "language": "fa"},
    {"text": "قتل 93 إرهابياً في غارات بطائرات مسيرة في العراق عام 2025", "language": "ar"},
]


@pytest.mark.parametrize("opposite", OPPOSITES, ids=[each["language"] for each in OPPOSITES])
async def test_a_wording_that_contradicts_the_claim_is_refused_unless_it_is_confirmed(client, opposite):
    refused = await client.post("/v1/claims", json={**CLAIM, "phrasings": [*CLAIM["phrasings"], opposite]})
    problem = assert_problem(refused, 422)
    assert pointers(problem) == ["/phrasings/1/text"]
    path, claim, _ = await store(client)
    problem = assert_problem(await client.post(f"{path}/phrasings", json=opposite), 422)
    assert pointers(problem) == ["/text"]
    assert "contradicts the claim" in problem["detail"]
    assert "confirmed" in problem["detail"]
    there = f"{path}/phrasings/{claim['phrasings'][0]['id']}"
    assert pointers(assert_problem(await client.patch(there, json=opposite, headers=ANY), 422)) == ["/text"]
    assert (await client.get(path)).json() == claim
    meant = {**opposite, "confirmed": True}
    added = await client.post(f"{path}/phrasings", json=meant)
    assert added.status_code == 201, added.text
    assert added.json().items() >= meant.items()
    _, second, _ = await store(client, phrasings=[meant])
    assert second["phrasings"][0]["confirmed"] is True


async def test_what_was_confirmed_is_confirmed_anew_when_it_says_something_else(client):
    path, _, _ = await store(client, phrasings=[{**OPPOSITES[0], "confirmed": True}])
    (wording,) = (await client.get(f"{path}/phrasings")).json()["items"]
    there = f"{path}/phrasings/{wording['id']}"
    taken_back = await client.patch(there, json={"confirmed": False}, headers=ANY)
    assert pointers(assert_problem(taken_back, 422)) == ["/text"]
    other = {"text": "94 terrorists were killed by drone strikes in Iraq in 2025"}
    assert pointers(assert_problem(await client.patch(there, json=other, headers=ANY), 422)) == ["/text"]
    same = await client.patch(there, json={"text": TEXT + ", it is said"}, headers=ANY)
    assert (same.status_code, same.json()["confirmed"]) == (200, False)


async def test_a_claim_is_not_given_a_text_that_its_wordings_contradict(client):
    path, claim, _ = await store(client)
    problem = assert_problem(await client.patch(path, json={"text": OPPOSITES[0]["text"]}, headers=ANY), 422)
    assert pointers(problem) == ["/text"]
    assert CLAIM["phrasings"][0]["text"] in problem["detail"]
    wording = f"{path}/phrasings/{claim['phrasings'][0]['id']}"
    assert (await client.patch(wording, json={"confirmed": True}, headers=ANY)).status_code == 200
    assert (await client.patch(path, json={"text": OPPOSITES[0]["text"]}, headers=ANY)).status_code == 200
