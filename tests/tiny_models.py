"""Embedding models of a few kilobytes, built on the spot: real ONNX, real tokenizers, laid out as a real folder.

A token's vector follows from its text, and words that ``meanings`` lists together share one, so that texts are alike
which share words or meanings and no others: enough to see a paraphrase, or a text in another language, find its claim.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, decoders, normalizers, pre_tokenizers, processors
from tokenizers.models import WordPiece

from service.embedding import yardstick

MEANINGS: Final = (
    ("doctor", "doctors", "physician", "physicians", "پزشک", "پزشکان", "طبيب"),
    ("buy", "buys", "bought", "purchase", "purchased", "acquired", "خرید"),
    ("car", "cars", "automobile", "automobiles", "خودرو", "سيارة"),
    ("school", "schools", "مدرسه", "مدرسة"),
    ("closed", "shut", "shuttered", "تعطیل", "أغلقت"),
    ("city", "town", "شهر", "مدينة"),
)
"""Words of one meaning, in the languages that the tests speak."""

SPECIAL: Final = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
LETTERS: Final = (
    "abcdefghijklmnopqrstuvwxyz0123456789.,%-'’آابپتثجچحخدذرزژسشصضطظعغفقکكگلمنوهیيىةءأإؤئ۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩"
)


def build_model(
    folder: Path,
    *,
    meanings: Sequence[Sequence[str]] = MEANINGS,
    words: Iterable[str] = (),
    dimension: int = 24,
    seed: int = 0,
    pooling: str | None = "mean",
    output: str = "last_hidden_state",
    token_types: bool = True,
    max_tokens: int = 32,
    prompts: Mapping[str, str] | None = None,
    model_file: str = "model.onnx",
) -> Path:
    """Write a model folder and return it. Another ``seed`` is another model: its vectors have nothing in common.

    ``words`` get a vector each, beside those of ``meanings``; other words are spelled out in letters. ``pooling`` None
    leaves modules.json and the pooling out. ``output`` ``sentence_embedding`` puts the mean into the graph.
    """
    (folder / model_file).parent.mkdir(parents=True, exist_ok=True)
    tokenizer = build_tokenizer(meanings, words)
    # As all-MiniLM-L6-v2 has it, whatever the model's own limit: every text padded to the same length.
    tokenizer.enable_padding(length=16, pad_id=0, pad_token="[PAD]")
    tokenizer.enable_truncation(16)
    tokenizer.save(str(folder / "tokenizer.json"))
    vocabulary = tokenizer.get_vocab()
    meaning_of = {word: group[0] for group in meanings for word in group}
    table = np.zeros((len(vocabulary), dimension), dtype=np.float32)
    for token, index in vocabulary.items():
        size = 0.1 if token in SPECIAL or len(token.removeprefix("##")) == 1 else 1.0
        table[index] = size * _vector(f"{seed} {meaning_of.get(token, token)}", dimension)
    onnx.save(build_graph(table, seed=seed, output=output, token_types=token_types), str(folder / model_file))
    write_json(folder / "config.json", {"model_type": "bert", "hidden_size": dimension, "pad_token_id": 0})
    write_json(folder / "sentence_bert_config.json", {"max_seq_length": max_tokens, "do_lower_case": False})
    if pooling is not None:
        steps = (("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize"))
        modules = [
            {"idx": index, "name": str(index), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for index, (path, kind) in enumerate(steps)
        ]
        write_json(folder / "modules.json", modules)
        modes = {f"pooling_mode_{name}": name == pooling_key(pooling) for name in ("cls_token", "mean_tokens")}
        write_json(folder / "1_Pooling" / "config.json", {"word_embedding_dimension": dimension, **modes})
    if prompts is not None:
        write_json(folder / "config_sentence_transformers.json", {"prompts": dict(prompts)})
    return folder


def yardstick_meanings(*languages: str) -> list[list[str]]:
    """Groups of words that make a model understand these languages, and connect them, as far as the yardstick asks.

    Each topic's words, as far as they occur in no other and in none of MEANINGS, mean the same. To be given to
    ``build_model`` together with those.
    """
    path = Path(yardstick.__file__).parent / "data" / "yardstick.toml"
    topics = tomllib.loads(path.read_text(encoding="utf-8"))["topics"]
    where: dict[str, set[int]] = defaultdict(set)
    for number, topic in enumerate(topics):
        for word in re.findall(r"\w+", " ".join(w for language in languages for w in topic.get(language, ())).lower()):
            where[word].add(number)
    taken = {word for group in MEANINGS for word in group}
    groups: dict[int, list[str]] = defaultdict(list)
    for word, numbers in where.items():
        if len(numbers) == 1 and word not in taken:
            groups[min(numbers)].append(word)
    return list(groups.values())


def build_tokenizer(meanings: Sequence[Sequence[str]] = MEANINGS, words: Iterable[str] = ()) -> Tokenizer:
    """Words in lower case, each a token where it is known and else its letters, between [CLS] and [SEP]."""
    known = dict.fromkeys([*SPECIAL, *LETTERS, *(f"##{letter}" for letter in LETTERS)])
    known |= dict.fromkeys(word.lower() for group in (*meanings, tuple(words)) for word in group)
    tokenizer = Tokenizer(WordPiece({token: index for index, token in enumerate(known)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True, strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return tokenizer


def build_graph(
    table: NDArray[np.float32], *, seed: int = 0, output: str = "last_hidden_state", token_types: bool = True
) -> onnx.ModelProto:
    """A graph in which each token sees the mean of the text's other tokens, as an encoder's do, padding left out."""
    dimension = table.shape[1]
    # A rotation keeps cosines, and is a matrix product for a quantiser to find.
    rotation, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(dimension, dimension)))
    axes = ["batch", "tokens"]
    inputs = ["input_ids", "attention_mask", *(["token_type_ids"] if token_types else [])]
    constants: dict[str, NDArray[Any]] = {
        "table": table,
        "rotation": rotation.astype(np.float32),
        "share": np.array(0.2, dtype=np.float32),
        "least": np.array(1.0, dtype=np.float32),
        "along_tokens": np.array([1], dtype=np.int64),
        "last_axis": np.array([2], dtype=np.int64),
        "types": np.zeros((2, dimension), dtype=np.float32),
    }
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["rows"]),
        helper.make_node("MatMul", ["rows", "rotation"], ["turned"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "last_axis"], ["weights"]),
        helper.make_node("Mul", ["turned", "weights"], ["seen"]),
        helper.make_node("ReduceSum", ["seen", "along_tokens"], ["sum"], keepdims=1),
        helper.make_node("ReduceSum", ["weights", "along_tokens"], ["count"], keepdims=1),
        helper.make_node("Max", ["count", "least"], ["divisor"]),
        helper.make_node("Div", ["sum", "divisor"], ["context"]),
    ]
    if output == "sentence_embedding":
        shape: list[str | int] = ["batch", dimension]
        nodes.append(helper.make_node("Squeeze", ["context", "along_tokens"], ["pooled"]))
        last = "pooled"
    else:
        shape = [*axes, dimension]
        nodes.append(helper.make_node("Mul", ["context", "share"], ["little"]))
        nodes.append(helper.make_node("Add", ["turned", "little"], ["vectors"]))
        last = "vectors"
    if token_types:
        # Adds nothing, but makes the graph use the input.
        axis = "along_tokens" if output == "sentence_embedding" else ""
        nodes.append(helper.make_node("Gather", ["types", "token_type_ids"], ["typed"]))
        if axis:
            nodes.append(helper.make_node("ReduceSum", ["typed", axis], ["typed_once"], keepdims=0))
        nodes.append(helper.make_node("Add", [last, "typed_once" if axis else "typed"], [output]))
    else:
        nodes.append(helper.make_node("Identity", [last], [output]))
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(name, TensorProto.INT64, axes) for name in inputs],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.checker.check_model(model)
    return model


def pooling_key(pooling: str) -> str:
    """``mean`` and ``cls`` as pooling files call them."""
    return {"mean": "mean_tokens", "cls": "cls_token"}[pooling]


def write_json(path: Path, content: Any) -> None:
    """Write ``content``, with the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


def _vector(text: str, dimension: int) -> NDArray[np.float32]:
    """A direction that follows from the text alone, so that a vocabulary can grow without changing it."""
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    vector = np.random.default_rng(seed).normal(size=dimension)
    return (vector / np.linalg.norm(vector)).astype(np.float32)
