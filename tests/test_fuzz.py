"""Schemathesis over the document: whatever it sends, right or wrong, gets an answer that the document announces."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Cluster, Server, make_admin, serving
from tests.test_openapi import OPERATIONS

# A schema cannot say which languages exist, or that one threshold lies below another, so good data may meet a 422; nor
# what is stored: that a claim was withdrawn (410), merged (308), changed since (412), is as the caller has it (304), or
# has a wording already, or that an idempotency key is not new (409). An ETag that is stale is said before what is wrong
# with the body. The history of a claim outlives it, on purpose. Google's search wants a query or a publisher's site.
CONFIGURATION = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", 304, 308, 404, 409, 410, 412, 422]

[checks.negative_data_rejection]
expected-statuses = [308, 400, 404, 405, 406, 409, 410, 412, 413, 415, 422, 428]

[checks.missing_required_header]
expected-statuses = [428]

[[operations]]
include-operation-id = "getClaimHistory"
checks.use_after_free.enabled = false

[[operations]]
include-operation-id = "googleSearch"
checks.positive_data_acceptance.expected-statuses = ["2xx", 304, 308, 400, 404, 409, 410, 412, 422]
"""


TOTAL = len(OPERATIONS)
ENDLESS = ("--exclude-operation-id", "streamWatchEvents")
"""What is answered without an end cannot be waited for."""


@pytest.fixture(scope="module")
def scratch_url(cluster: Cluster, migrated_url: str) -> Iterator[str]:
    """A database without seeds: what is written here is nonsense."""
    url = cluster.create(migrated_url)
    yield url
    cluster.drop(url)


@pytest.fixture(scope="module")
def scratch_server(tmp_path_factory: pytest.TempPathFactory, scratch_url: str) -> Iterator[Server]:
    # Webhooks of any address are registered here: nothing is sent to them.
    settings = {
        "FACTCHECK_DATABASE_URL": scratch_url,
        "FACTCHECK_ADDRESS_RATE": "1000000",
        "FACTCHECK_WORKERS": "0",
    }
    with serving(tmp_path_factory.mktemp("fuzz"), **settings) as running:
        yield running


def schemathesis(server: Server, folder: Path, *options: str, configuration: str = CONFIGURATION) -> str:
    """The report of a run that found no fault."""
    (folder / "schemathesis.toml").write_text(configuration)
    run = subprocess.run(
        [Path(sys.executable).parent / "schemathesis", "run", f"{server.base}/schema/openapi.json",
         "--checks", "all", "--seed", "39", "--generation-deterministic", "--warnings", "off", *options],
        cwd=folder, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def test_without_keys_no_answer_is_an_error_or_undocumented(scratch_server: Server, tmp_path: Path) -> None:
    # A key that is made here would end this; and what needs no key yet cannot insist on one.
    report = schemathesis(
        scratch_server, tmp_path, "--exclude-operation-id", "createKey", *ENDLESS, "--exclude-checks", "ignored_auth",
        "--phases", "examples,fuzzing", "--max-examples", "10",
        configuration=f"[generation]\nwith-security-parameters = false\n{CONFIGURATION}",
    )  # fmt: skip
    assert f"{TOTAL - 2} selected / {TOTAL} total" in report


def test_with_a_key_no_answer_is_an_error_or_undocumented(
    scratch_server: Server, scratch_url: str, tmp_path: Path
) -> None:
    key = ("--header", f"Authorization: Bearer {make_admin(scratch_url)}")
    # A run that goes from what it reads to what it may do would revoke its own key.
    report = schemathesis(
        scratch_server, tmp_path, *key, "--exclude-operation-id", "revokeKey", *ENDLESS,
        "--phases", "examples,coverage,fuzzing,stateful", "--max-examples", "20",
    )  # fmt: skip
    assert f"{TOTAL - 2} selected / {TOTAL} total" in report
    report = schemathesis(
        scratch_server, tmp_path, *key, "--include-operation-id", "revokeKey",
        "--phases", "examples,coverage,fuzzing", "--max-examples", "30",
    )  # fmt: skip
    assert f"1 selected / {TOTAL} total" in report
