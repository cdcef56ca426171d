"""Imports over HTTP: addresses and files go in, and what has become of them comes out, page by page."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from service.api.import_rows import claim_of_line
from service.import_runs import run_import
from service.jobs import Workplace
from service.settings import Settings
from service.store.session import Database
from service.undoing import run_undoing
from tests.api.conftest import client_of

CLAIMS = b"".join(
    json.dumps({"text": wording, "language": "en"}).encode() + b"\n"
    for wording in ("Water boils at 100 degrees at sea level", "x", "", "The Tigris has dried up")
)


@pytest.fixture
async def client(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(database) as client:
        yield client


async def carry_out(database: Database, report: dict[str, Any]) -> None:
    workplace = Workplace(Settings(Path("unused")), database, database.url)
    await run_import(claim_of_line, workplace, UUID(report["id"]).bytes)
    await run_undoing(workplace, UUID(report["id"]).bytes)


async def test_a_file_goes_in_and_comes_out_as_claims(client: httpx.AsyncClient, database: Database) -> None:
    sent = await client.post(
        "/v1/imports",
        params={"name": "week 1.jsonl", "format": "claims"},
        content=CLAIMS,
        headers={"Content-Type": "application/x-ndjson"},
    )
    assert sent.status_code == 201
    report = sent.json()
    assert sent.headers["location"] == f"/v1/imports/{report['id']}"
    assert (report["state"], report["size"], report["name"]) == ("queued", len(CLAIMS), "week 1.jsonl")
    await carry_out(database, report)
    done = (await client.get(sent.headers["location"])).json()
    assert (done["state"], done["read"]) == ("done", len(CLAIMS))
    assert done["rows"] == {"total": 4, "created": 2, "joined": 0, "revised": 0, "unchanged": 0, "refused": 2}
    first = (await client.get(f"{sent.headers['location']}/errors", params={"page_size": 1})).json()
    assert first["items"] == [
        {"line": 2, "pointer": "/text", "detail": "must have at least 3 characters", "refused": True}
    ]
    second = (
        await client.get(f"{sent.headers['location']}/errors", params={"page_token": first["next_page_token"]})
    ).json()
    assert [each["line"] for each in second["items"]] == [3]
    assert second["next_page_token"] is None
    undoing = await client.post(f"{sent.headers['location']}/undo")
    assert (undoing.status_code, undoing.json()["state"]) == (200, "undoing")
    await carry_out(database, report)
    undone = (await client.get(sent.headers["location"])).json()
    assert (undone["state"], undone["undone"]) == ("undone", 2)
    assert (await client.get("/v1/claims")).json()["total"] == 0
    listed = (await client.get("/v1/imports")).json()
    assert [each["id"] for each in listed["items"]] == [report["id"]]


async def test_an_address_goes_in_with_all_that_is_to_be_done_with_it(client: httpx.AsyncClient) -> None:
    body = {
        "url": "https://example.org/claims.csv", "format": "csv", "dry_run": True, "language": "fa", "join": False,
        "columns": {"text": "Claim"},
    }  # fmt: skip
    report = (await client.post("/v1/imports", json=body)).json()
    assert {key: report[key] for key in ("url", "format", "dry_run", "language", "join_score", "columns")} == {
        "url": body["url"], "format": "csv", "dry_run": True, "language": "fa", "join_score": None,
        "columns": {"text": "Claim"},
    }  # fmt: skip
    cancelled = await client.post(f"/v1/imports/{report['id']}/cancel")
    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    undone = await client.post(f"/v1/imports/{report['id']}/undo")
    assert undone.status_code == 409


@pytest.mark.parametrize(
    ("query", "media_type", "body", "status", "pointer"),
    [
        ("", "application/json", b"{", 400, ""),
        ("", "application/json", b'{"url": 7}', 422, "/url"),
        ("", "application/json", b'{"url": "https://example.org", "columns": {"txet": "a"}}', 422, "/columns/txet"),
        ("", "application/json", b'{"url": "https://example.org", "join_score": 2}', 422, "/join_score"),
        ("", "application/json", b'{"url": "gopher://example.org"}', 422, "/url"),
        ("?dry_run=true", "application/json", b'{"url": "https://example.org"}', 422, ""),
        ("", "application/json", b'{"url": "' + b"x" * 1_100_000 + b'"}', 413, None),
        ("", "multipart/form-data; boundary=x", b"--x--", 415, None),
        ("", "", b"text\nabc", 415, None),
        ("", "text/csv", b"", 422, None),
        ("?language=qq", "text/csv", b"text\nabc", 422, "/language"),
        ("?columns=nothing", "text/csv", b"text\nabc", 422, "/columns"),
        ("?format=docx", "text/csv", b"text\nabc", 422, "/format"),
        ("?join_score=0.1", "text/csv", b"text\nabc", 422, "/join_score"),
        ("?colour=red", "text/csv", b"text\nabc", 400, "/colour"),
    ],
)
async def test_what_cannot_be_carried_out_is_refused(
    client: httpx.AsyncClient, query: str, media_type: str, body: bytes, status: int, pointer: str | None
) -> None:
    headers = {"Content-Type": media_type} if media_type else {}
    answer = await client.post(f"/v1/imports{query}", content=body, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert [each["pointer"] for each in answer.json()["errors"]] == ([] if pointer is None else [pointer])
    assert (await client.get("/v1/imports")).json()["items"] == []


async def test_a_file_sent_again_under_its_idempotency_key_is_one_import(client: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "text/csv", "Idempotency-Key": '"week-1"'}
    answers = [await client.post("/v1/imports", content=b"text\nabcdef", headers=headers) for _ in range(2)]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    other = await client.post("/v1/imports", content=b"text\nabcdefg", headers=headers)
    assert other.status_code == 422
