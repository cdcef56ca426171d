"""The commands of docs/embeddings.md are run in order, in one shell, against a hub on this machine."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.pulling import DEFAULT_MODEL
from tests.conftest import ROOT, Cluster, serving
from tests.local_hub import LocalHub, local_hub
from tests.test_docs_examples import assert_shown
from tests.tiny_models import build_model

PAGE = (ROOT / "docs" / "embeddings.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"^```sh\n(.*?)^```\n(?:\n^```json\n(.*?)^```$)?", re.DOTALL | re.MULTILINE)
OTHER_MODEL = "intfloat/multilingual-e5-small"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalHub]:
    """The models of the page as far as their files go; what they hold is tiny."""
    with local_hub() as hub:
        for name in (DEFAULT_MODEL, OTHER_MODEL):
            folder = build_model(
                tmp_path_factory.mktemp("model"), model_file="onnx/model.onnx", dimension=384, max_tokens=128
            )
            for stem in ("model_quint8_avx2", "model_qint8_arm64"):
                (folder / "onnx" / f"{stem}.onnx").write_bytes((folder / "onnx" / "model.onnx").read_bytes())
            hub.put(name, folder)
        yield hub


def test_the_page_from_top_to_bottom(models: LocalHub, tmp_path: Path, cluster: Cluster, seeded_url: str) -> None:
    blocks = [(found[1], found[2]) for found in _BLOCK.finditer(PAGE) if "curl" not in found[1]]
    assert sum(block.count("factcheck model") for block, _ in blocks) >= 5
    url = cluster.create(seeded_url)
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "FACTCHECK_MODEL_HUB": models.address,
        "FACTCHECK_DATA_DIR": ".factcheck",
        "FACTCHECK_DATABASE_URL": url,
    }
    marked = "".join(f"{block}\necho; echo '--- next'\n" for block, _ in blocks)
    run = subprocess.run(
        ["bash", "-e", "-c", marked],
        env=environment, cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    outputs = run.stdout.split("--- next\n")
    for output, (_, shown) in zip(outputs, blocks, strict=False):
        if shown:
            assert_shown(json.loads(shown), json.loads(output[output.index("{") :]))
    # What the first command printed is what the page tells to set, and a server takes it.
    (printed,) = re.findall(r"^  FACTCHECK_EMBEDDING_MODEL=(.+)$", outputs[0], re.MULTILINE)
    (told,) = re.findall(r"^export FACTCHECK_EMBEDDING_MODEL=(.+)$", PAGE, re.MULTILINE)
    assert Path(printed) == tmp_path / told
    with serving(tmp_path, FACTCHECK_DATABASE_URL=url, FACTCHECK_EMBEDDING_MODEL=printed) as server:
        with urllib.request.urlopen(f"{server.base}/readyz", timeout=30) as answer:
            ready = json.load(answer)
        assert ready["semantic"] == {"model": Path(told).name, "covered": 1.0}
    cluster.drop(url)


def test_the_lines_of_output_that_are_shown(
    models: LocalHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from service.cli import main

    monkeypatch.setenv("FACTCHECK_DATA_DIR", str(tmp_path / ".factcheck"))
    monkeypatch.setenv("FACTCHECK_MODEL_HUB", models.address)
    assert main(["model", "pull"]) == 0
    said = re.sub(r"commit \w+", "commit", capsys.readouterr().out).replace(str(tmp_path), "...")
    (shown,) = re.findall(r"^```text\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    for line in re.sub(r"commit \w+", "commit", shown).splitlines():
        assert line in said


def test_every_setting_of_models_is_on_the_page() -> None:
    from service.settings import VARIABLES

    for variable in VARIABLES:
        if "MODEL" in variable.name or "EMBEDDING" in variable.name:
            assert variable.name in PAGE
