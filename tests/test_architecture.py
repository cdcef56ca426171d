"""Imports point one way, and the matching core is pure: the contract in pyproject.toml holds."""

from __future__ import annotations

import subprocess
import sys

from tests.conftest import ROOT


def test_the_import_contract_holds() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command; lint_imports_command()",
            "--no-cache",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout
