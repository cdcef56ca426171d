"""What the small files of a model folder say, and what an operator reads where they are broken."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import pytest
from onnx import TensorProto, helper

from service.embedding.embedder import open_embedder
from service.embedding.folder import MOST_TOKENS, Pooling, read_folder
from service.embedding.model import TextKind
from service.errors import SettingsError
from tests.tiny_models import build_model, build_tokenizer, write_json


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return build_model(tmp_path / "tiny")


def change(path: Path, **entries: Any) -> None:
    """Change entries of a JSON object in a file; None takes one out."""
    content = json.loads(path.read_text()) if path.exists() else {}
    write_json(path, {key: value for key, value in (content | entries).items() if value is not None})


def test_a_folder_is_described_as_its_files_say(folder: Path) -> None:
    described = read_folder(folder)
    assert described.name == "tiny"
    assert described.model_file == folder / "model.onnx"
    assert (described.pooling, described.pooling_told, described.unsupported) == (Pooling.MEAN, True, None)
    assert (described.max_tokens, described.dimension, described.pad_token) == (32, 24, 0)
    assert (described.query_prefix, described.passage_prefix) == ("", "")


def test_without_pooling_files_the_mean_holds_and_is_known_to_be_a_guess(tmp_path: Path) -> None:
    described = read_folder(build_model(tmp_path / "tiny", pooling=None))
    assert (described.pooling, described.pooling_told, described.unsupported) == (Pooling.MEAN, False, None)


def test_the_newer_way_to_write_a_pooling_is_read(folder: Path) -> None:
    write_json(folder / "1_Pooling" / "config.json", {"embedding_dimension": 24, "pooling_mode": "cls"})
    described = read_folder(folder)
    assert (described.pooling, described.dimension) == (Pooling.CLS, 24)


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["model.onnx", "model_quantized.onnx"], "model.onnx"),
        (["onnx/model.onnx", "onnx/model_int8.onnx", "model_quantized.onnx"], "onnx/model.onnx"),
        (["onnx/model_int8.onnx", "onnx/model_q4.onnx"], "onnx/model_int8.onnx"),
        (["onnx/model_fp16.onnx"], "onnx/model_fp16.onnx"),
    ],
)
def test_the_plain_model_goes_before_quantised_ones(folder: Path, names: list[str], chosen: str) -> None:
    content = (folder / "model.onnx").read_bytes()
    (folder / "model.onnx").unlink()
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    assert read_folder(folder).model_file == folder / chosen


@pytest.mark.parametrize(
    ("machine", "chosen"),
    [("x86_64", "model_quint8_avx2"), ("AMD64", "model_quint8_avx2"), ("arm64", "model_qint8_arm64")],
)
def test_of_models_for_several_processors_that_of_this_one_is_chosen(
    folder: Path, monkeypatch: pytest.MonkeyPatch, machine: str, chosen: str
) -> None:
    for name in ("model_qint8_arm64", "model_quint8_avx2", "model_qint8_avx512_vnni"):
        shutil.copy(folder / "model.onnx", folder / f"{name}.onnx")
    (folder / "model.onnx").unlink()
    monkeypatch.setattr("platform.machine", lambda: machine)
    assert read_folder(folder).model_file.stem == chosen


@pytest.mark.parametrize(
    ("settings", "query", "passage"),
    [
        ({"prompts": {"query": "query: ", "passage": "passage: "}}, "query: ", "passage: "),
        ({"prompts": {"query": "ask: ", "document": "doc: "}}, "ask: ", "doc: "),
        ({"prompts": {"query": "ask: "}}, "ask: ", ""),
        ({"prompts": {"query": "ask: ", "passage": ""}, "default_prompt_name": "query"}, "ask: ", ""),
        ({"prompts": {"sts": "compare: "}, "default_prompt_name": "sts"}, "compare: ", "compare: "),
        ({"prompts": {"sts": "compare: "}}, "", ""),
        ({"prompts": {"query": "", "document": ""}}, "", ""),
        ({}, "", ""),
    ],
)
def test_prefixes_come_from_the_prompts(folder: Path, settings: dict[str, Any], query: str, passage: str) -> None:
    write_json(folder / "config_sentence_transformers.json", settings)
    described = read_folder(folder)
    assert (described.prefix(TextKind.QUERY), described.prefix(TextKind.PASSAGE)) == (query, passage)


@pytest.mark.parametrize(
    ("name", "told", "expected"),
    [
        ("multilingual-e5-small", {}, ("query: ", "passage: ")),
        ("E5_base", {"query": "", "document": ""}, ("query: ", "passage: ")),
        ("multilingual-e5-small", {"query": "ask: "}, ("ask: ", "")),
        ("multilingual-e5-large-instruct", {}, ("", "")),
        ("base512e5x", {}, ("", "")),
    ],
)
def test_e5_models_get_their_prefixes_where_no_prompt_is_told(
    tmp_path: Path, name: str, told: dict[str, str], expected: tuple[str, str]
) -> None:
    described = read_folder(build_model(tmp_path / name, prompts=told))
    assert (described.query_prefix, described.passage_prefix) == expected


def test_e5_is_known_by_the_name_in_its_configuration_too(folder: Path) -> None:
    change(folder / "config.json", _name_or_path="intfloat/multilingual-e5-small")
    assert read_folder(folder).passage_prefix == "passage: "


@pytest.mark.parametrize(
    ("length", "tokenizer", "config", "expected"),
    [
        (128, 512, {"max_position_embeddings": 512}, 128),
        (None, 100, {"max_position_embeddings": 512}, 100),
        (None, 10**30, {"max_position_embeddings": 256}, 256),
        (None, 1e30, {}, MOST_TOKENS),
        (4096, None, {"max_position_embeddings": 256}, 256),
        (8192, None, {"max_position_embeddings": 8192}, MOST_TOKENS),
        (None, None, {"model_type": "xlm-roberta", "pad_token_id": 1, "max_position_embeddings": 130}, 128),
    ],
)
def test_texts_are_cut_at_the_lowest_limit_told(
    folder: Path, length: int | None, tokenizer: float | None, config: dict[str, Any], expected: int
) -> None:
    change(folder / "sentence_bert_config.json", max_seq_length=length)
    change(folder / "tokenizer_config.json", model_max_length=tokenizer)
    change(folder / "config.json", **config)
    assert read_folder(folder).max_tokens == expected


def test_the_digest_follows_everything_that_decides_a_vector_and_nothing_else(tmp_path: Path) -> None:
    digests = [
        read_folder(build_model(tmp_path / "plain")).digest(),
        read_folder(build_model(tmp_path / "weights", seed=1)).digest(),
        read_folder(build_model(tmp_path / "words", words=["zebra"])).digest(),
        read_folder(build_model(tmp_path / "cls", pooling="cls")).digest(),
        read_folder(build_model(tmp_path / "length", max_tokens=16)).digest(),
        read_folder(build_model(tmp_path / "prompts", prompts={"query": "query: "})).digest(),
        read_folder(build_model(tmp_path / "other", prompts={"document": "query: "})).digest(),
    ]
    lowered = build_model(tmp_path / "lowered")
    change(lowered / "sentence_bert_config.json", do_lower_case=True)
    outside = build_model(tmp_path / "outside")
    (outside / "model.onnx_data").write_bytes(b"weights")
    digests += [read_folder(lowered).digest(), read_folder(outside).digest()]
    assert len(set(digests)) == len(digests)
    same = build_model(tmp_path / "plain under another name")
    (same / "README.md").write_text("A model.")
    assert read_folder(same).digest() == digests[0]
    assert len(digests[0]) == 64


def remove(*names: str) -> Callable[[Path], None]:
    def act(folder: Path) -> None:
        for name in names:
            (folder / name).unlink()

    return act


def write(name: str, content: bytes) -> Callable[[Path], None]:
    def act(folder: Path) -> None:
        (folder / name).write_bytes(content)

    return act


def settings(name: str, **entries: Any) -> Callable[[Path], None]:
    return lambda folder: change(folder / name, **entries)


def two_quantised(folder: Path) -> None:
    for name in ("model_q4.onnx", "model_bnb4.onnx"):
        shutil.copy(folder / "model.onnx", folder / name)
    (folder / "model.onnx").unlink()


def a_dense_step(folder: Path) -> None:
    modules = json.loads((folder / "modules.json").read_text())
    modules.append({"idx": 3, "path": "3_Dense", "type": "sentence_transformers.models.Dense"})
    write_json(folder / "modules.json", modules)


def no_pooling_step(folder: Path) -> None:
    modules = json.loads((folder / "modules.json").read_text())
    write_json(folder / "modules.json", [module for module in modules if "Pooling" not in module["type"]])


def a_tokenizer_with_more_words(folder: Path) -> None:
    build_tokenizer(words=[f"word{index}" for index in range(50)]).save(str(folder / "tokenizer.json"))


def graph(folder: Path, nodes: list[onnx.NodeProto], answers: dict[str, int], *, inputs: str = "input_ids") -> None:
    """Replace the model by one of these nodes, whose outputs have the given numbers of axes."""
    made = helper.make_graph(
        nodes,
        "other",
        [helper.make_tensor_value_info(inputs, TensorProto.INT64, ["batch", "tokens"])],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", "second", "third"][:axes])
            for name, axes in answers.items()
        ],
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, folder / "model.onnx")


def cast(source: str, answer: str) -> onnx.NodeProto:
    return helper.make_node("Cast", [source], [answer], to=TensorProto.FLOAT)


def an_image_model(folder: Path) -> None:
    graph(folder, [cast("pixels", "answer")], {"answer": 2}, inputs="pixels")


def a_model_of_as_many_figures_as_tokens(folder: Path) -> None:
    graph(folder, [cast("input_ids", "answer")], {"answer": 2})


def a_question_answerer(folder: Path) -> None:
    nodes = [cast("input_ids", "start_logits"), cast("input_ids", "end_logits")]
    graph(folder, nodes, {"start_logits": 2, "end_logits": 2})


def a_model_of_floats(folder: Path) -> None:
    model = onnx.load(folder / "model.onnx")
    model.graph.input[1].type.tensor_type.elem_type = TensorProto.FLOAT
    onnx.save(model, folder / "model.onnx")


def fixed_sizes(folder: Path) -> None:
    model = onnx.load(folder / "model.onnx")
    for declared in model.graph.input:
        declared.type.tensor_type.shape.dim[0].dim_value = 1
        declared.type.tensor_type.shape.dim[1].dim_value = 128
    onnx.save(model, folder / "model.onnx")


def weights_of(value: float) -> Callable[[Path], None]:
    def act(folder: Path) -> None:
        model = onnx.load(folder / "model.onnx")
        for tensor in model.graph.initializer:
            if tensor.name == "table":
                flat = onnx.numpy_helper.to_array(tensor) * 0 + value
                tensor.CopyFrom(onnx.numpy_helper.from_array(flat, "table"))
        onnx.save(model, folder / "model.onnx")

    return act


@pytest.mark.parametrize(
    ("breaking", "said"),
    [
        (remove("model.onnx"), "has no model.onnx"),
        (remove("tokenizer.json"), "has no tokenizer.json"),
        (two_quantised, "model_bnb4.onnx, model_q4.onnx: rename the one to use to model.onnx"),
        (write("model.onnx", b"not a model"), "model.onnx cannot be loaded as an ONNX model"),
        (write("model.onnx", b""), "model.onnx cannot be loaded as an ONNX model"),
        (write("tokenizer.json", b"{}"), "tokenizer.json is not a tokenizer"),
        (write("tokenizer.json", b"version https://git-lfs"), "tokenizer.json is not a tokenizer"),
        (write("config.json", b"{"), "config.json is not JSON"),
        (write("config.json", b"\xff\xfe"), "config.json is not JSON"),
        (write("config.json", b"[]"), "config.json should hold a JSON object"),
        (write("modules.json", b"{}"), "modules.json should list modules"),
        (write("modules.json", b"[1]"), "modules.json should list modules"),
        (settings("config_sentence_transformers.json", prompts={"query": 5}), "should give each prompt as a text"),
        (settings("config_sentence_transformers.json", prompts=["query: "]), "should give each prompt as a text"),
        (settings("sentence_bert_config.json", max_seq_length=2), "limits texts to 2 tokens"),
        (settings("1_Pooling/config.json", word_embedding_dimension=384), "24 dimensions where the folder's settings"),
        (settings("1_Pooling/config.json", pooling_mode_max_tokens=True), "joins several poolings"),
        (settings("1_Pooling/config.json", pooling_mode="lasttoken"), "asks for the pooling 'lasttoken'"),
        (settings("1_Pooling/config.json", include_prompt=False), "leaves the prefix out of the pooling"),
        (a_dense_step, "modules.json has a Dense step"),
        (no_pooling_step, "modules.json has no Pooling step"),
        (a_tokenizer_with_more_words, "the two are of different models"),
        (fixed_sizes, "exported for one size of input"),
        (an_image_model, "is no text encoder: its inputs are pixels"),
        (a_model_of_floats, "is no text encoder: its inputs are input_ids, attention_mask"),
        (a_model_of_as_many_figures_as_tokens, "does not answer a vector per text or per token"),
        (a_question_answerer, "answers start_logits, end_logits, of which none is a vector per text"),
        (weights_of(0.0), "answers nothing, or the same for every text"),
        (weights_of(1.0), "answers nothing, or the same for every text"),
        (weights_of(float("nan")), "answers nothing, or the same for every text"),
    ],
)
def test_a_broken_folder_stops_the_start_with_a_sentence_that_names_it(
    folder: Path, breaking: Callable[[Path], None], said: str
) -> None:
    breaking(folder)
    with pytest.raises(SettingsError) as raised:
        open_embedder(folder, threads=1)
    assert said in raised.value.detail
    assert str(folder) in raised.value.detail
    assert "\n" not in raised.value.detail


def test_a_folder_that_is_not_there_says_how_to_get_one(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere", build_model(tmp_path / "tiny") / "model.onnx"):
        with pytest.raises(
            SettingsError, match=r"is not a folder: set FACTCHECK_EMBEDDING_MODEL .*'factcheck model pull'"
        ):
            open_embedder(path, threads=1)
