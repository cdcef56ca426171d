"""Texts to vectors on one thread: pooling, prefixes, cutting, and what quantised or odd models make of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper
from onnxruntime import InferenceSession
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer

from service.embedding.encoder import RUN_TOKENS, Encoder, _runs
from service.embedding.folder import read_folder
from service.embedding.model import TextKind
from tests.tiny_models import build_model, write_json

TEXTS = (
    "The doctor bought a car.",
    "A physician purchased an automobile.",
    "Every school in the city was closed.",
    "پزشک خودرو خرید",
)


def opened(folder: Path) -> Encoder:
    return Encoder(read_folder(folder), threads=1)


def vectors(encoder: Encoder, *texts: str, kind: TextKind = TextKind.QUERY) -> NDArray[np.float32]:
    return encoder.encode(texts, kind).vectors


def by_hand(folder: Path, text: str, pooling: str) -> NDArray[Any]:
    """One text alone, unpadded and in double precision: what the encoder should answer."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    ids = np.array([tokenizer.encode(text).ids])
    feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
    rows = InferenceSession(folder / "model.onnx").run(None, feed)[0][0].astype(np.float64)
    pooled = rows.mean(axis=0) if pooling == "mean" else rows[0]
    return np.asarray(pooled / np.linalg.norm(pooled))


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_a_batch_of_texts_has_the_vectors_that_each_has_alone(tmp_path: Path, pooling: str) -> None:
    folder = build_model(tmp_path / "tiny", pooling=pooling, max_tokens=64)
    answer = vectors(opened(folder), *TEXTS)
    assert (answer.dtype.name, answer.shape) == ("float32", (4, 24))
    np.testing.assert_allclose(answer, [by_hand(folder, text, pooling) for text in TEXTS], atol=1e-5)


def test_mean_and_cls_are_not_the_same(tmp_path: Path) -> None:
    mean, cls = (opened(build_model(tmp_path / pooling, pooling=pooling)) for pooling in ("mean", "cls"))
    cosines = (vectors(mean, *TEXTS) * vectors(cls, *TEXTS)).sum(axis=1)
    assert cosines.max() < 0.99


def test_texts_of_one_meaning_are_near_and_others_are_not(tmp_path: Path) -> None:
    answer = vectors(opened(build_model(tmp_path / "tiny")), *TEXTS)
    likeness = answer @ answer.T
    assert likeness[0, 1] > 0.9
    assert likeness[0, 3] > 0.9
    assert likeness[0, 2] < 0.6


def test_the_padding_in_the_tokenizer_file_is_not_taken_over(tmp_path: Path) -> None:
    folder = build_model(tmp_path / "tiny")
    assert len(Tokenizer.from_file(str(folder / "tokenizer.json")).encode("No.").ids) == 16
    encoder = opened(folder)
    seen = _spied(encoder)
    vectors(encoder, "school", "the doctor bought a car")
    assert seen == [(1, 3), (1, 9)]


def _spied(encoder: Encoder) -> list[tuple[int, ...]]:
    """The shapes of what the model is given from now on."""
    shapes: list[tuple[int, ...]] = []
    infer = encoder._infer

    def spy(ids: NDArray[Any], mask: NDArray[Any], types: NDArray[Any]) -> NDArray[np.float32]:
        shapes.append(ids.shape)
        return infer(ids, mask, types)

    encoder._infer = spy  # type: ignore[method-assign]
    return shapes


def test_texts_are_cut_at_the_models_limit_and_counted(tmp_path: Path) -> None:
    encoder = opened(build_model(tmp_path / "tiny", max_tokens=20))
    exact = " ".join(["school"] * 18)
    longer = exact + " doctor"
    answer = encoder.encode([exact, longer, "doctor"], TextKind.QUERY)
    assert answer.truncated == 1
    np.testing.assert_allclose(answer.vectors[0], answer.vectors[1], atol=1e-6)
    assert encoder.encode([exact], TextKind.QUERY).truncated == 0


def test_prefixes_go_before_texts_of_their_kind(tmp_path: Path) -> None:
    plain = opened(build_model(tmp_path / "plain"))
    prefixed = opened(build_model(tmp_path / "prefixed", prompts={"query": "city: ", "document": "car: "}))
    text = "a school"
    for kind, prefix in ((TextKind.QUERY, "city: "), (TextKind.PASSAGE, "car: ")):
        np.testing.assert_allclose(
            vectors(prefixed, text, kind=kind), vectors(plain, prefix + text, kind=kind), atol=1e-6
        )
    apart = vectors(prefixed, text) @ vectors(prefixed, text, kind=TextKind.PASSAGE).T
    assert apart.item() < 0.95


def test_folders_that_ask_for_lower_case_get_it(tmp_path: Path) -> None:
    folder = build_model(tmp_path / "tiny")
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.normalizer = None
    tokenizer.save(str(folder / "tokenizer.json"))
    assert (vectors(opened(folder), "DOCTOR") @ vectors(opened(folder), "doctor").T).item() < 0.9
    write_json(folder / "sentence_bert_config.json", {"max_seq_length": 32, "do_lower_case": True})
    assert (vectors(opened(folder), "DOCTOR") @ vectors(opened(folder), "doctor").T).item() > 0.999


def test_a_model_without_token_types_is_not_given_any(tmp_path: Path) -> None:
    with_types, without = (
        opened(build_model(tmp_path / str(token_types), token_types=token_types)) for token_types in (True, False)
    )
    np.testing.assert_allclose(vectors(with_types, *TEXTS), vectors(without, *TEXTS), atol=1e-6)


def test_a_model_that_pools_within_is_taken_at_its_word(tmp_path: Path) -> None:
    folder = build_model(tmp_path / "tiny", output="sentence_embedding")
    # Steps that are unknown here do not matter, being in the graph already.
    write_json(folder / "modules.json", [{"path": "", "type": "Transformer"}, {"path": "1_Dense", "type": "x.Dense"}])
    answer = vectors(opened(folder), *TEXTS)
    np.testing.assert_allclose(np.linalg.norm(answer, axis=1), 1.0, atol=1e-6)
    assert (answer[0] @ answer[1]) > 0.9


def test_a_quantised_model_answers_nearly_the_same(tmp_path: Path) -> None:
    folder = build_model(tmp_path / "tiny")
    exact = vectors(opened(folder), *TEXTS)
    quantize_dynamic(folder / "model.onnx", folder / "model_quantized.onnx", weight_type=QuantType.QUInt8)
    (folder / "model.onnx").unlink()
    encoder = opened(folder)
    assert encoder.folder.model_file.name == "model_quantized.onnx"
    cosines = (vectors(encoder, *TEXTS) * exact).sum(axis=1)
    assert cosines.min() > 0.99
    assert cosines.max() < 1 - 1e-7


def test_inputs_of_32_bits_and_answers_of_16_are_converted(tmp_path: Path) -> None:
    folder = build_model(tmp_path / "tiny", token_types=False)
    exact = vectors(opened(folder), *TEXTS)
    model = onnx.load(folder / "model.onnx")
    for declared in model.graph.input:
        declared.type.tensor_type.elem_type = TensorProto.INT32
    answer = model.graph.output[0]
    model.graph.node[-1].output[0] = "wide"
    model.graph.node.append(helper.make_node("Cast", ["wide"], [answer.name], to=TensorProto.FLOAT16))
    answer.type.tensor_type.elem_type = TensorProto.FLOAT16
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, folder / "model.onnx")
    converted = vectors(opened(folder), *TEXTS)
    assert converted.dtype == np.float32
    np.testing.assert_allclose(converted, exact, atol=1e-2)


def test_weights_beside_the_model_are_loaded_and_belong_to_the_digest(tmp_path: Path) -> None:
    folder = build_model(tmp_path / "tiny")
    exact, whole = vectors(opened(folder), *TEXTS), read_folder(folder).digest()
    onnx.save(
        onnx.load(folder / "model.onnx"), folder / "model.onnx",
        save_as_external_data=True, location="model.onnx_data", size_threshold=64,
    )  # fmt: skip
    assert (folder / "model.onnx_data").stat().st_size > 1_000
    np.testing.assert_array_equal(vectors(opened(folder), *TEXTS), exact)
    assert read_folder(folder).digest() != whole


def test_a_text_without_tokens_has_a_row_of_zeros(tmp_path: Path) -> None:
    folder = build_model(tmp_path / "tiny")
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.post_processor = None
    tokenizer.save(str(folder / "tokenizer.json"))
    answer = vectors(opened(folder), "", "school", "  ")
    np.testing.assert_array_equal(answer[[0, 2]], np.zeros((2, 24)))
    assert np.linalg.norm(answer[1]) == pytest.approx(1.0)


def test_a_vector_that_is_no_number_becomes_zeros_and_spoils_no_other(tmp_path: Path) -> None:
    folder = build_model(tmp_path / "tiny")
    token = Tokenizer.from_file(str(folder / "tokenizer.json")).get_vocab()["doctor"]
    model = onnx.load(folder / "model.onnx")
    table = next(tensor for tensor in model.graph.initializer if tensor.name == "table")
    rows = onnx.numpy_helper.to_array(table).copy()
    rows[token] = np.inf
    table.CopyFrom(onnx.numpy_helper.from_array(rows, "table"))
    onnx.save(model, folder / "model.onnx")
    answer = vectors(opened(folder), "a school", "a doctor")
    assert np.linalg.norm(answer[0]) == pytest.approx(1.0)
    np.testing.assert_array_equal(answer[1], np.zeros(24))


def test_half_a_surrogate_pair_spoils_nothing(tmp_path: Path) -> None:
    answer = vectors(opened(build_model(tmp_path / "tiny")), "a school \ud83d", "a doctor")
    np.testing.assert_allclose(np.linalg.norm(answer, axis=1), 1.0, atol=1e-6)


def test_runs_are_small_and_of_like_lengths() -> None:
    lengths = [5, 200, 9, 0, 6, 300, 8, 40, 7] + [20] * 40
    runs = list(_runs(lengths))
    assert sorted(index for run in runs for index in run) == [i for i, length in enumerate(lengths) if length]
    for run in runs:
        longest, shortest = max(lengths[i] for i in run), min(lengths[i] for i in run)
        assert len(run) == 1 or longest * len(run) <= RUN_TOKENS
        assert longest <= 1.5 * shortest + 4
    assert max(len(run) for run in runs) >= 12
