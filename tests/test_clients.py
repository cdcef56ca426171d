"""A Python client made from the running server's document by openapi-python-client: complete, typed, and working."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.conftest import Server

PACKAGE = "factcheck_client"

MAIN_REQUEST = """
import datetime
import sys
from uuid import UUID

from factcheck_client import Client
from factcheck_client.api.checks import check_text, create_check, get_check
from factcheck_client.api.claims import get_claim
from factcheck_client.api.health import get_readiness
from factcheck_client.models import Check, CheckOptions, CheckRequest, Claim, IncomingClaim, Problem, Relation, Status
from factcheck_client.models import Readiness, Result


def main(base: str) -> None:
    client = Client(base_url=base)
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
    answer = create_check.sync_detailed(client=client, body=request)
    assert answer.status_code == 201
    check = answer.parsed
    assert isinstance(check, Check)
    assert answer.headers["location"] == f"/v1/checks/{check.id}"
    first, second = check.results
    assert first.ref == "p3"
    assert first.status is Status.UNPROVEN
    assert first.reading.quantities[0].value == 39
    assert first.matches[0].relation is Relation.EQUIVALENT
    assert first.matches[0].claimed_at == datetime.date(2025, 12, 31)
    assert second.status is Status.UNVERIFIED
    assert second.reason is not None
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


main(sys.argv[1])
"""


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
    assert modules == {
        "check_text", "create_check", "create_claim", "get_check", "get_claim", "get_liveness", "get_readiness"
    }  # fmt: skip


def test_the_client_and_its_use_are_typed(generated):
    run = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file", os.devnull, "-p", PACKAGE, "-m", "program"],
        cwd=generated, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout


def test_the_client_makes_the_main_request(generated, server):
    run = subprocess.run(
        [sys.executable, "-W", "error", "program.py", server.base],
        cwd=generated, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
