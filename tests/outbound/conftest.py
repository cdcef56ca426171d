"""A local hub with a tiny model in it, as most tests here want it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.local_hub import LocalHub, local_hub
from tests.tiny_models import build_model, write_json

NAME = "tiny/multilingual-MiniLM"


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository as authors publish them: several models, and files that a folder does not need."""
    folder = tmp_path_factory.mktemp("repository")
    for name in ("model_quint8_avx2", "model_qint8_arm64"):
        build_model(folder, model_file=f"onnx/{name}.onnx", dimension=480, seed=2)
    # More than a megabyte, so that there is a middle to be interrupted in.
    build_model(folder, model_file="onnx/model.onnx", dimension=480, prompts={"query": "", "passage": ""})
    write_json(folder / "special_tokens_map.json", {"pad_token": "[PAD]"})
    write_json(folder / "tokenizer_config.json", {"model_max_length": 32})
    (folder / "README.md").write_text("# Tiny\n")
    (folder / "modeling.py").write_text("raise SystemExit\n")
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04pickle")
    (folder / "model.safetensors").write_bytes(b"weights")
    write_json(folder / "openvino" / "config.json", {})
    return folder


@pytest.fixture
def hub(tiny: Path) -> Iterator[LocalHub]:
    with local_hub() as running:
        running.put(NAME, tiny)
        yield running
