"""The page with the figures: complete, made by its script, and without a word of the benchmarks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from service.cli import parser
from tests.conftest import ROOT, Cluster
from tests.evaluation.folders import CORPUS, PAIRS, write_pairs, write_retrieval

PAGE = ROOT / "docs" / "evaluation.md"


def test_the_script_writes_the_page(tmp_path: Path, cluster: Cluster) -> None:
    data, docs = tmp_path / "data", tmp_path / "docs"
    data.mkdir()
    docs.mkdir()
    write_pairs(write_retrieval(data / "little"))
    (data / "without_the_split").mkdir()
    page = docs / "evaluation.md"
    page.write_text(PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    command = [sys.executable, ROOT / "bench" / "report.py", data, "--docs", docs]
    done = subprocess.run(
        command, env={**os.environ, "FACTCHECK_DATABASE_URL": cluster.url}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    text = page.read_text(encoding="utf-8")
    assert "| little | 5 | 7 | 0.600 | 0.600 |" in text
    assert "| different, other | 100.0% of 1 | 100.0% of 1 |" in text
    assert "| different, number | 0 | 1 | 0 | 0 | 0 |" in text
    assert "](evaluation/little.svg)" in text
    assert text.startswith("# How good the answers are")
    assert (docs / "evaluation" / "little.svg").read_text(encoding="utf-8").startswith("<svg")
    report = (docs / "evaluation" / "little.json").read_text(encoding="utf-8")
    assert json.loads(report)["map_at_5"] == 0.6
    written = text + json.dumps(json.loads(report), ensure_ascii=False)
    for wording in (*(row["text"] for row in CORPUS), *(row["a"] for row in PAIRS)):
        assert len(wording) < 10 or wording not in written
    absent = subprocess.run([*command, "--split", "absent"], capture_output=True, text=True, check=False)
    assert absent.returncode == 2
    assert "holds nothing" in absent.stderr


def test_the_page_explains_every_option_and_every_key() -> None:
    text = PAGE.read_text(encoding="utf-8")
    options = [word for word in parser().parse_args(["eval", "x"]).__dict__ if word not in {"run", "folders", "json"}]
    assert len(options) >= 5
    for option in options:
        assert f"`--{option.replace('_', '-')}" in text
    keys = (
        "map_at_5 mrr p_at_1 recall_at_50 match_recall false_match_rate ece latency_ms calibration precision_recall "
        "matches_by_relation by_stance different_called_equivalent same_called_equivalent by_language by_sub relations"
    )
    for key in keys.split():
        assert f"`{key}`" in text
