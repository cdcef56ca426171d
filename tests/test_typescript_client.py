"""A TypeScript client made from the running server's document: compiled by the strictest rules, and working."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.conftest import ROOT, Cluster, make_admin, serving
from tests.node import CLIENTS, MODULES, NODE, needs_node, run

pytestmark = needs_node


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory, cluster: Cluster, seeded_url: str):
    """A server of its own with the seeds and a key, and the key's secret."""
    url = cluster.create(seeded_url)
    secret = make_admin(url)
    with serving(tmp_path_factory.mktemp("keyed"), FACTCHECK_DATABASE_URL=url) as running:
        yield running, secret
    cluster.drop(url)


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory, keyed) -> Path:
    """A folder with the compiled programs: the one of the tests, and the one in the documentation."""
    folder = tmp_path_factory.mktemp("typescript")
    (folder / "node_modules").symlink_to(MODULES, target_is_directory=True)
    (folder / "package.json").write_text('{"type": "module"}')
    for name in ("claim.ts", "tsconfig.json"):
        shutil.copy(CLIENTS / name, folder)
    (shown,) = re.findall(r"^```ts\n(.*?)^```", (ROOT / "docs" / "clients.md").read_text(), re.DOTALL | re.MULTILINE)
    (folder / "documented.ts").write_text(shown)
    document = httpx.get(f"{keyed[0].base}/schema/openapi.json", timeout=30).raise_for_status()
    (folder / "openapi.json").write_bytes(document.content)
    # what has a default may be left out of a request
    options = ("--default-non-nullable", "false", "--output", "factcheck.d.ts")
    made = run("openapi-typescript", "openapi.json", *options, folder=folder)
    assert made.returncode == 0, made.stdout + made.stderr
    done = run("tsc", "--project", ".", "--outDir", "out", folder=folder)
    assert done.returncode == 0, done.stdout
    (folder / "out" / "package.json").write_text('{"type": "module"}')
    return folder


def node(folder: Path, program: str, *arguments: str, **environment: str) -> str:
    """What a compiled program prints, which ends well."""
    done = subprocess.run(
        [NODE, folder / "out" / program, *arguments],
        env=environment, cwd=folder, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_client_leads_a_claim_through_its_life(compiled, keyed):
    server, secret = keyed
    assert node(compiled, "claim.js", server.base, secret) == "whole\n"


def test_the_documented_program_prints_the_answer(compiled, keyed):
    server, secret = keyed
    printed = node(compiled, "documented.js", FACTCHECK=server.base, KEY=secret)
    assert printed.startswith("p3 unverified quantity_conflict Unverified: ")
