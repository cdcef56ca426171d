"""Schemathesis over the document: whatever it sends, right or wrong, gets an answer that the document announces."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Cluster, Server, serving

# A schema cannot say which languages exist, or that one threshold lies below another, so good data may meet a 422; nor
# what is stored: that a claim was withdrawn (410), merged (308), changed since (412), is as the caller has it (304), or
# has a wording already (409). An ETag that is stale is said before what is wrong with the body.
# The history of a claim outlives it, on purpose.
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
"""


@pytest.fixture(scope="module")
def scratch_server(tmp_path_factory: pytest.TempPathFactory, cluster: Cluster, migrated_url: str) -> Iterator[Server]:
    """A server of its own, without seeds: what is written here is nonsense."""
    url = cluster.create(migrated_url)
    with serving(tmp_path_factory.mktemp("fuzz"), FACTCHECK_DATABASE_URL=url) as running:
        yield running
    cluster.drop(url)


def test_no_answer_is_an_error_or_undocumented(scratch_server: Server, tmp_path: Path) -> None:
    (tmp_path / "schemathesis.toml").write_text(CONFIGURATION)
    run = subprocess.run(
        [Path(sys.executable).parent / "schemathesis", "run", f"{scratch_server.base}/schema/openapi.json",
         "--checks", "all", "--phases", "examples,coverage,fuzzing,stateful", "--max-examples", "20",
         "--seed", "39", "--generation-deterministic", "--warnings", "off"],
        cwd=tmp_path, capture_output=True, text=True, timeout=200,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    assert "31 selected / 31 total" in run.stdout
