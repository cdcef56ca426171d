"""Node and what tests/clients/package.json asks for, where they are there: `make test` installs the latter."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

CLIENTS = ROOT / "tests" / "clients"
MODULES = CLIENTS / "node_modules"
NODE = shutil.which("node")

needs_node = pytest.mark.skipif(
    NODE is None or not (MODULES / ".bin" / "redocly").exists(),
    reason="Node, or what `make clients` installs for it, is not there",
)


def run(tool: str, *arguments: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """A tool of tests/clients/node_modules, run in a folder."""
    return subprocess.run(
        [MODULES / ".bin" / tool, *arguments],
        cwd=folder,
        env={"PATH": str(Path(NODE or "").parent), "HOME": str(folder), "REDOCLY_TELEMETRY": "off", "CI": "true"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
