"""Feedback on matches: kept with what was shown, refused where nothing like it was shown, told as precision."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from service.cli import main
from service.credentials import Scope
from service.domain import CheckOptions
from service.evaluation.feedback import as_json, summarise
from service.feedback import count_judged
from service.judgements import JudgedMatches
from tests.api.conftest import client_of
from tests.api.keyed import bearer, count, new_key
from tests.api.test_bad_input import assert_problem, pointers
from tests.api.test_listing import NOBODY, forged
from tests.api.test_resources import assert_documented

SAID = "39 terrorists were killed by drone strikes in Iraq"
LIGHTS = "The lighthouse of Example Bay was switched off"


async def kept_check(client: httpx.AsyncClient) -> tuple[str, list[dict[str, Any]]]:
    """The path of a check of two claims, each with a match, and their results."""
    for said in (SAID, LIGHTS):
        await client.post("/v1/claims", json={"text": said, "language": "en"})
    claims = [{"text": "93 terrorists were killed by drone strikes in Iraq"}, {"text": LIGHTS, "language": "de"}]
    answer = await client.post("/v1/checks", json={"claims": claims})
    results = answer.json()["results"]
    assert [result["matches"][0]["relation"] for result in results] == ["contradicts", "equivalent"]
    return answer.headers["location"], results


def of(results: list[dict[str, Any]], place: int, judgement: str, **more: Any) -> dict[str, Any]:
    return {"result": place, "claim_id": results[place]["matches"][0]["claim_id"], "judgement": judgement, **more}


async def test_what_is_said_is_kept_and_the_last_word_counts(client, database):
    path, results = await kept_check(client)
    said = [of(results, 0, "wrong", note="Another strike"), of(results, 1, "wrong")]
    given = await client.post(f"{path}/feedback", json={"items": said})
    assert given.status_code == 201, given.text
    await assert_documented(client, given, "GivenFeedback")
    assert given.headers["location"] == f"{path}/feedback"
    first, second = given.json()["items"]
    match = results[0]["matches"][0]
    assert (first["judgement"], first["note"], first["suggested"]) == ("wrong", "Another strike", False)
    assert (first["relation"], first["score"]) == (match["relation"], match["score"])
    again = await client.post(f"{path}/feedback", json={"items": [of(results, 1, "right")]})
    listed = await client.get(f"{path}/feedback")
    await assert_documented(client, listed, "FeedbackPage")
    assert listed.json()["items"] == [*again.json()["items"], second, first]
    pages, query = [], {"page_size": "1"}
    for _ in range(3):
        page = (await client.get(f"{path}/feedback", params=query)).json()
        pages += page["items"]
        query["page_token"] = page["next_page_token"]
    assert (pages, query["page_token"]) == (listed.json()["items"], None)
    judged = await count_judged(database, CheckOptions())
    assert [(each.tier, each.relation, each.language, each.right, each.n) for each in judged] == [
        ("match", "contradicts", "en", 0, 1), ("match", "equivalent", "de", 1, 1),
    ]  # fmt: skip
    # what was shown as a match is none at the thresholds in force, where the check had named lower ones
    for score, tiers in ((0.79, ["match", "suggestion"]), (0.39, ["match"])):
        async with database.write() as connection:
            await connection.execute(
                text("UPDATE feedback SET score = :score WHERE relation = 'contradicts'"), {"score": score}
            )
        assert [each.tier for each in await count_judged(database, CheckOptions())] == tiers
    assert (await client.get(path)).json()["results"] == results


async def test_feedback_on_what_was_not_shown(client, database):
    path, results = await kept_check(client)
    good = of(results, 0, "right")
    for items, expected in [
        ([], ["/items"]),
        ([good] * 501, ["/items", *(f"/items/{place}" for place in range(1, 500))][:100]),
        ([good, good], ["/items/1"]),
        ([good, {**good, "result": 1}], ["/items/1/claim_id"]),
        ([{**good, "claim_id": NOBODY}], ["/items/0/claim_id"]),
        ([{**good, "claim_id": "1"}], ["/items/0/claim_id"]),
        ([{**good, "result": 2}], ["/items/0/result"]),
        ([{**good, "result": -1}], ["/items/0/result"]),
        ([{**good, "result": 10**30}], ["/items/0/result"]),
        ([{**good, "result": "0"}], ["/items/0/result"]),
        ([{**good, "judgement": "maybe"}], ["/items/0/judgement"]),
        ([{**good, "note": " "}, {**good, "result": 9}], ["/items/0/note", "/items/1/result"]),
        ([{**good, "note": "x" * 1001}], ["/items/0/note"]),
        ([{**good, "note": "\0"}], ["/items/0/note"]),
        ([{**good, "ref": "a"}], ["/items/0/ref"]),
    ]:  # fmt: skip
        problem = assert_problem(await client.post(f"{path}/feedback", json={"items": items}), 422)
        assert pointers(problem)[:100] == expected, items
    deep = b'{"items":' + b"[" * 10_000 + b"]" * 10_000 + b"}"
    answer = await client.post(f"{path}/feedback", content=deep, headers={"content-type": "application/json"})
    assert_problem(answer, 400)
    for wrong in (NOBODY, "1", "%27"):
        assert_problem(await client.post(f"/v1/checks/{wrong}/feedback", json={"items": [good]}), 404)
        assert_problem(await client.get(f"/v1/checks/{wrong}/feedback"), 404)
    for token in ("x", forged(["x", NOBODY]), forged([1])):
        answer = await client.get(f"{path}/feedback", params={"page_token": token})
        assert pointers(assert_problem(answer, 422)) == ["/page_token"]
    assert_problem(await client.get(f"{path}/feedback", params={"page_size": 1_000_000}), 422)
    assert await count(database, "feedback") == 0


async def test_whose_feedback_it_is(database):
    key, secret = await new_key(database, Scope.CHECK, Scope.WRITE, name="News desk")
    async with client_of(database) as client:
        client.headers.update(bearer(secret))
        path, results = await kept_check(client)
        body = {"items": [of(results, 0, "right"), of(results, 1, "right")]}
        once = {"idempotency-key": '"once"'}
        answers = [await client.post(f"{path}/feedback", json=body, headers=once) for _ in range(2)]
        assert answers[0].content == answers[1].content
        assert {each["author"] for each in answers[0].json()["items"]} == {f"News desk (fc_{key.prefix})"}
        assert await count(database, "feedback") == 2
        token = (await client.get(f"{path}/feedback", params={"page_size": 1})).json()["next_page_token"]
        _, other = await new_key(database, Scope.CHECK)
        refused = await client.get(f"{path}/feedback", params={"page_token": token}, headers=bearer(other))
        assert pointers(assert_problem(refused, 422)) == ["/page_token"]
    async with database.read() as connection:
        rows = (await connection.execute(text("SELECT operation, resource FROM audit ORDER BY id DESC"))).all()
    assert [tuple(row) for row in rows[:1]] == [("giveFeedback", f"{path}/feedback")]
    assert len(rows) == 3


def test_the_report_is_precision_with_its_interval():
    judged = [
        JudgedMatches("match", "equivalent", "en", "1.0.0", 8, 8),
        JudgedMatches("match", "equivalent", "fa", "1.0.0", 1, 2),
        JudgedMatches("match", "contradicts", "fa", "1.1.0", 0, 0),
    ]
    report = as_json(summarise(judged, CheckOptions()))
    matches = report["matches"]
    assert (matches["threshold"], matches["precision"], matches["right"], matches["n"]) == (0.8, 0.9, 9, 10)
    # as statsmodels and R's binom give it
    assert matches["interval"] == [0.5958, 0.9821]
    assert matches["by_relation"]["equivalent"]["n"] == 10
    assert matches["by_relation"]["contradicts"] == {"precision": None, "right": 0, "n": 0, "interval": None}
    assert {name: each["n"] for name, each in matches["by_language"].items()} == {"en": 8, "fa": 2}
    assert report["suggestions"]["n"] == 0
    assert report["versions"] == {"1.0.0": 10, "1.1.0": 0}


async def test_the_command_reports_it(
    client: httpx.AsyncClient, database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import asyncio

    path, results = await kept_check(client)
    await client.post(f"{path}/feedback", json={"items": [of(results, 0, "wrong"), of(results, 1, "right")]})
    monkeypatch.setenv("FACTCHECK_DATABASE_URL", database_url)
    monkeypatch.setenv("COLUMNS", "120")
    assert await asyncio.to_thread(run, "eval", "--feedback", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["matches"]["precision"], report["matches"]["n"]) == (0.5, 2)
    assert report["matches"]["by_relation"]["contradicts"]["precision"] == 0.0
    assert await asyncio.to_thread(run, "eval", "--feedback") == 0
    shown = capsys.readouterr().out
    assert "matches, score from 0.8" in shown
    assert "50.0%" in shown
    assert "9.5% to 90.5%" in shown
    for wrong in (["eval"], ["eval", "--feedback", "."]):
        assert run(*wrong) == 2
        assert "--feedback" in capsys.readouterr().err


def run(*arguments: str) -> int:
    """A command, whose handlers of signals only the main thread could set."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("signal.signal", lambda *_: None)
        return main(arguments)
