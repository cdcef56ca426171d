"""A Python client made from the running server's document by openapi-python-client: complete, typed, and working."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.conftest import ROOT, Cluster, Server, make_admin, serving
from tests.test_openapi import OPERATIONS

PACKAGE = "factcheck_client"
CLIENTS = ROOT / "docs" / "clients.md"

MAIN_REQUEST = """
import datetime
import sys
from uuid import UUID

from factcheck_client import AuthenticatedClient, Client
from factcheck_client.api.checks import check_text, create_check, get_check
from factcheck_client.api.claims import (
    add_phrasing,
    create_claim,
    get_claim,
    get_claim_history,
    list_claims,
    merge_claim,
    update_claim,
    withdraw_claim,
)
from factcheck_client.api.health import get_readiness
from factcheck_client.models import Check, CheckOptions, CheckRequest, Claim, IncomingClaim, Problem, Relation, Status
from factcheck_client.models import ClaimPage, ClaimPatch, History, MergeRequest, NewClaim, NewPhrasing
from factcheck_client.models import Comparator, RetrievalKind
from factcheck_client.models import PinnedVerdictPatch, Readiness, Result, StoredPhrasing, Verdict
from factcheck_client.types import UNSET


def main(base: str, secret: str) -> None:
    nobody = create_check.sync(client=AuthenticatedClient(base_url=base, token="none"), body=CheckRequest(claims=[]))
    assert isinstance(nobody, Problem)
    assert nobody.status == 401
    assert isinstance(get_readiness.sync(client=Client(base_url=base)), Readiness)
    client = AuthenticatedClient(base_url=base, token=secret)
    assert isinstance(get_readiness.sync(client=client), Readiness)
    request = CheckRequest(
        claims=[
            IncomingClaim(
                text="39 terrorists killed by drone strikes",
                ref="p3",
                language="en",
                claimed_at=datetime.date(2025, 12, 31),
            ),
            IncomingClaim(text="The price of bread in Baghdad rose by 12 percent"),
        ],
        options=CheckOptions(max_matches=3, languages=["en", "fa", "ar"]),
    )
    answer = create_check.sync_detailed(client=client, body=request, idempotency_key="only-once")
    assert answer.status_code == 201
    check = answer.parsed
    assert isinstance(check, Check)
    assert answer.headers["location"] == f"/v1/checks/{check.id}"
    first, second = check.results
    assert first.ref == "p3"
    assert first.status is Status.UNPROVEN
    assert first.reading.quantities[0].value == 39
    assert isinstance(first.reading.quantities[0].comparator, Comparator)
    assert check.engine.retrieval == [RetrievalKind.LEXICAL]
    assert first.matches[0].relation is Relation.EQUIVALENT
    assert first.matches[0].claimed_at == datetime.date(2025, 12, 31)
    assert second.status is Status.UNVERIFIED
    assert second.reason is not None
    repeated = create_check.sync_detailed(client=client, body=request, idempotency_key="only-once")
    assert repeated.content == answer.content
    assert repeated.headers["idempotent-replayed"] == "true"
    again = get_check.sync(check.id, client=client)
    assert isinstance(again, Check)
    assert again.to_dict() == check.to_dict()
    claim = get_claim.sync(first.matches[0].claim_id, client=client)
    assert isinstance(claim, Claim)
    assert claim.revision == 1
    one = check_text.sync(client=client, text="\\u06f3\\u06f9 \\u0639\\u0646\\u0635\\u0631", language="fa")
    assert isinstance(one, Result)
    wrong = create_check.sync(client=client, body=CheckRequest(claims=[IncomingClaim(text="")]))
    assert isinstance(wrong, Problem)
    assert [error.pointer for error in wrong.errors] == ["/claims/0/text"]
    missing = get_claim.sync(UUID(int=0), client=client)
    assert isinstance(missing, Problem)
    assert missing.status == 404


def life_of_a_claim(base: str, secret: str) -> None:
    # create, check, correct, check again, history; then merge and withdraw
    client = AuthenticatedClient(base_url=base, token=secret)
    text = "The Example Bay ferry carried 412 passengers on its last day"
    created = create_claim.sync_detailed(
        client=client,
        reason="Seen in print",
        body=NewClaim(text=text, language="en", claimant="The harbour master", claimed_at=datetime.date(2026, 1, 5)),
    )
    claim = created.parsed
    assert created.status_code == 201
    assert isinstance(claim, Claim)
    first = check_text.sync(client=client, text=text)
    assert isinstance(first, Result)
    assert (first.status, first.matches[0].claim_id) == (Status.UNPROVEN, claim.id)
    pin = PinnedVerdictPatch(verdict=Verdict.FALSE, reason="The log book says 214.")
    correction = ClaimPatch(claimant=None, pinned_verdict=pin)
    assert "text" not in correction.to_dict()
    assert correction.to_dict()["claimant"] is None
    seen = created.headers["etag"]
    corrected = update_claim.sync_detailed(
        claim.id, client=client, if_match=seen, reason="Log book", body=correction
    )
    assert isinstance(corrected.parsed, Claim)
    assert (corrected.parsed.claimant, corrected.parsed.revision) == (None, 2)
    stale = update_claim.sync_detailed(claim.id, client=client, if_match=seen, body=ClaimPatch(claimant="Nobody"))
    assert isinstance(stale.parsed, Problem)
    assert stale.status_code == 412
    second = check_text.sync(client=client, text=text)
    assert isinstance(second, Result)
    assert second.status is Status.REFUTED
    assert "The log book says 214." in second.summary
    wording = add_phrasing.sync(
        claim.id, client=client, body=NewPhrasing(text="Last ferry: 412 people aboard", language="en")
    )
    assert isinstance(wording, StoredPhrasing)
    history = get_claim_history.sync(claim.id, client=client)
    assert isinstance(history, History)
    reasons = [(each.revision, each.reason) for each in history.items]
    assert reasons == [(3, None), (2, "Log book"), (1, "Seen in print")]
    assert {each.path for each in history.items[1].changes} == {"/claimant", "/pinned_verdict", "/verdict"}
    before = get_claim.sync(claim.id, client=client, revision=1)
    assert isinstance(before, Claim)
    assert before.to_dict() == claim.to_dict()
    page = list_claims.sync(client=client, q="ferry \\u0664\\u0661\\u0662", verdict=Verdict.FALSE, fields="id,text")
    assert isinstance(page, ClaimPage)
    assert [each.id for each in page.items] == [claim.id]
    assert page.items[0].reviews is UNSET
    other = create_claim.sync(client=client, body=NewClaim(text="The ferry had 412 people on board", language="en"))
    assert isinstance(other, Claim)
    merged = merge_claim.sync(other.id, client=client, body=MergeRequest(into=claim.id))
    assert isinstance(merged, Claim)
    assert len(merged.phrasings) == 2
    moved = get_claim.sync(other.id, client=client)
    assert isinstance(moved, Problem)
    assert moved.status == 308
    following = AuthenticatedClient(base_url=base, token=secret, follow_redirects=True)
    followed = get_claim.sync(other.id, client=following)
    assert isinstance(followed, Claim)
    assert followed.id == claim.id
    assert withdraw_claim.sync_detailed(claim.id, client=client, if_match="*").status_code == 204
    gone = get_claim.sync(claim.id, client=client)
    assert isinstance(gone, Problem)
    assert gone.status == 410


main(*sys.argv[1:])
life_of_a_claim(*sys.argv[1:])
"""


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory, cluster: Cluster, seeded_url: str) -> Iterator[tuple[Server, str]]:
    """A server of its own with the seeds and a key, and the key's secret."""
    url = cluster.create(seeded_url)
    secret = make_admin(url)
    with serving(tmp_path_factory.mktemp("keyed"), FACTCHECK_DATABASE_URL=url) as running:
        yield running, secret
    cluster.drop(url)


@pytest.fixture(scope="module")
def server(keyed: tuple[Server, str]) -> Server:
    return keyed[0]


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory, server: Server) -> Path:
    """A folder with the generated package and a program that uses it."""
    folder = tmp_path_factory.mktemp("client")
    document = folder / "openapi.json"
    document.write_bytes(httpx.get(f"{server.base}/schema/openapi.json").raise_for_status().content)
    settings = folder / "settings.yaml"
    settings.write_text("post_hooks: []\n")
    run = subprocess.run(
        [Path(sys.executable).parent / "openapi-python-client", "generate", "--path", document, "--meta", "none",
         "--config", settings, "--fail-on-warning", "--output-path", folder / PACKAGE],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Warning" not in run.stdout
    (folder / "program.py").write_text(MAIN_REQUEST)
    return folder


def test_every_operation_has_its_function(generated):
    modules = {path.stem for path in (generated / PACKAGE / "api").rglob("*.py")} - {"__init__"}
    assert modules == {re.sub("([A-Z])", r"_\1", name).lower() for name in OPERATIONS.values()}


def test_the_client_and_its_use_are_typed(generated):
    run = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file", os.devnull, "-p", PACKAGE, "-m", "program"],
        cwd=generated, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout


def test_the_client_makes_the_main_request(generated, keyed):
    server, secret = keyed
    run = subprocess.run(
        [sys.executable, "-W", "error", "program.py", server.base, secret],
        cwd=generated, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr


def test_the_documented_program_prints_the_answer(generated, keyed):
    server, secret = keyed
    (shown,) = re.findall(r"^```python\n(.*?)^```", CLIENTS.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    (generated / "documented.py").write_text(shown, encoding="utf-8")
    typed = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file", os.devnull, "-m", "documented"],
        cwd=generated, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert typed.returncode == 0, typed.stdout
    run = subprocess.run(
        [sys.executable, "-W", "error", "documented.py"],
        cwd=generated, env={**os.environ, "FACTCHECK": server.base, "KEY": secret},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    first, second = run.stdout.splitlines()
    assert first.startswith("p3 unverified quantity_conflict Unverified: ")
    assert second.startswith("p4 unproven  Unproven: ")
