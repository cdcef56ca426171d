"""A loaded model: texts in, unit vectors out, on the calling thread.

The only module here that imports numpy, onnxruntime and tokenizers; ``open_embedder`` imports it when there is a model.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from service.embedding.folder import ModelFolder, Pooling
from service.embedding.model import TextKind
from service.errors import SettingsError

RUN_TOKENS: Final = 256
"""Tokens with their padding that one run of the model takes, or one text where that alone is longer.

With a small model on two cores a larger run makes a text hardly cheaper, and a query waits behind it the longer.
"""

_POOLED: Final = "sentence_embedding"
_TOKEN_VECTORS: Final = ("last_hidden_state", "token_embeddings")
_INPUTS: Final = frozenset({"input_ids", "attention_mask", "token_type_ids"})
_WHOLE_NUMBERS: Final = {"tensor(int64)": "int64", "tensor(int32)": "int32"}
_PROBES: Final = ("Prices rose by four percent in March.", "The bridge was closed after the storm, the city says.")


@dataclass(frozen=True, slots=True)
class Encoded:
    """Vectors of some texts: float32, ``(texts, dimension)``, rows of L2 norm 1. ``truncated``: texts that were cut."""

    vectors: NDArray[np.float32]
    truncated: int


class Encoder:
    """The onnxruntime session and the tokenizer of one folder. Not for two threads at once."""

    def __init__(self, folder: ModelFolder, *, threads: int) -> None:
        """Load the model and the tokenizer, and embed a little to see that they fit each other and the folder's files.

        ``threads`` is how many compute one run. Raises SettingsError, with a sentence for the operator.
        """
        self.folder = folder
        self._tokenizer, self._pad_token = _open_tokenizer(folder)
        self._session = _open_session(folder, threads)
        self._inputs = _inputs(folder, self._session)
        self._output, self._pooled = _output(folder, self._session)
        if not self._pooled and folder.unsupported:
            raise SettingsError(
                f"{folder.path} cannot be used: {folder.unsupported}. Mean and CLS pooling are known here; for "
                f"anything else export the model with its pooling inside, giving an output named {_POOLED}"
            )
        self.dimension = self._probe()

    def encode(self, texts: Sequence[str], kind: TextKind) -> Encoded:
        """The vectors of ``texts``, in their order.

        A text that the model has no finite direction for (one without tokens, to a tokenizer without special tokens)
        gets a row of zeros, never NaN. Raises whatever onnxruntime does, where memory runs out for example.
        """
        prefix = self.folder.prefix(kind)
        # One by one: a batch would be spread over every core by the tokenizer's own threads.
        rows = [self._tokenizer.encode(prefix + self._readable(text)) for text in texts]
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for run in _runs([len(row.ids) for row in rows]):
            vectors[run] = self._run([rows[index] for index in run])
        return Encoded(vectors, sum(bool(row.overflowing) for row in rows))

    def _readable(self, text: str) -> str:
        # The tokenizer refuses half of a surrogate pair, and would fail the texts beside it too.
        text = text if text.isascii() else text.encode(errors="replace").decode()
        return text.lower() if self.folder.lower_case else text

    def _run(self, rows: Sequence[Encoding]) -> NDArray[np.float32]:
        shape = len(rows), max(len(row.ids) for row in rows)
        ids, mask, types = (
            np.full(shape, self._pad_token),
            np.zeros(shape, dtype=np.int64),
            np.zeros(shape, dtype=np.int64),
        )
        for index, row in enumerate(rows):
            length = len(row.ids)
            ids[index, :length], types[index, :length] = row.ids, row.type_ids
            mask[index, :length] = row.attention_mask
        return self._infer(ids, mask, types)

    def _infer(self, ids: NDArray[Any], mask: NDArray[Any], types: NDArray[Any]) -> NDArray[np.float32]:
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
        feed = {name: given[name].astype(kind, copy=False) for name, kind in self._inputs.items()}
        output: NDArray[Any] = self._session.run([self._output], feed)[0]
        if self._pooled:
            pooled = output.astype(np.float32, copy=False)
        elif self.folder.pooling is Pooling.CLS:
            pooled = output[:, 0].astype(np.float32, copy=False)
        else:
            weights = mask[:, :, np.newaxis].astype(np.float32)
            pooled = (output * weights).sum(axis=1, dtype=np.float32) / np.maximum(weights.sum(axis=1), 1.0)
        return _unit_rows(pooled)

    def _probe(self) -> int:
        """Run the model on short texts, its rarest token and its longest text; the dimension of what it answers.

        Raises SettingsError where a run fails or the answer is none.
        """
        path, model = self.folder.path, self.folder.model_file.name
        rows = [self._tokenizer.encode(text) for text in _PROBES]
        highest = max(self._tokenizer.get_vocab_size(with_added_tokens=True) - 1, 0)
        longest = np.full((1, self.folder.max_tokens), rows[0].ids[0] if rows[0].ids else 0)
        try:
            vectors = self._run(rows)
            long = self._infer(longest, np.ones_like(longest), np.zeros_like(longest))
            rare = self._infer(np.array([[highest]]), np.ones((1, 1)), np.zeros((1, 1)))
        except Exception as error:
            raise SettingsError(
                f"{path / model} does not run on what tokenizer.json gives it, so the two are of different models, or "
                f"it was exported for one size of input: fetch the folder again. onnxruntime says: {_first_line(error)}"
            ) from error
        width = vectors.shape[-1]
        if vectors.shape != (len(rows), width) or not long.shape == rare.shape == (1, width):
            raise SettingsError(
                f"{path / model} does not answer a vector per text or per token: export it with the output "
                f"{_TOKEN_VECTORS[0]} or {_POOLED}"
            )
        dimension = int(width)
        if not self._pooled and self.folder.dimension not in {None, dimension}:
            raise SettingsError(
                f"{path / model} answers vectors of {dimension} dimensions where the folder's settings say "
                f"{self.folder.dimension}: its files are of different models, fetch the folder again"
            )
        if not (vectors.any(axis=1).all() and float(vectors[0] @ vectors[1]) < 0.9999):
            raise SettingsError(
                f"{path / model} answers nothing, or the same for every text: it is damaged, fetch the folder again"
            )
        return dimension


def _open_tokenizer(folder: ModelFolder) -> tuple[Tokenizer, int]:
    """The tokenizer, padding nothing and cutting where the model must, with the id to pad with."""
    try:
        tokenizer = Tokenizer.from_file(str(folder.tokenizer_file))
    except Exception as error:  # the library raises nothing narrower
        raise SettingsError(
            f"{folder.tokenizer_file} is not a tokenizer: fetch the folder again. tokenizers says: {_first_line(error)}"
        ) from error
    # Files come with the padding and the limit of their training, all-MiniLM-L6-v2 with 128 tokens for every text.
    padding = tokenizer.padding or {}
    tokenizer.no_padding()
    tokenizer.enable_truncation(folder.max_tokens)
    pad_token = folder.pad_token if folder.pad_token is not None else padding.get("pad_id", 0)
    return tokenizer, int(pad_token)


def _open_session(folder: ModelFolder, threads: int) -> onnxruntime.InferenceSession:
    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = max(1, min(threads, os.cpu_count() or 1))
    options.inter_op_num_threads = 1
    # Threads that spin while they wait burn a core between requests, and take it from PostgreSQL beside them.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(folder.model_file, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its exceptions have no base of their own
        raise SettingsError(
            f"{folder.model_file} cannot be loaded as an ONNX model: fetch the folder again. "
            f"onnxruntime says: {_first_line(error)}"
        ) from error


def _inputs(folder: ModelFolder, session: onnxruntime.InferenceSession) -> Mapping[str, str]:
    """The inputs the model declares, with the whole-number type of each."""
    inputs = {declared.name: _WHOLE_NUMBERS.get(declared.type, "") for declared in session.get_inputs()}
    if "input_ids" not in inputs or not _INPUTS.issuperset(inputs) or not all(inputs.values()):
        raise SettingsError(
            f"{folder.model_file} is no text encoder: its inputs are {', '.join(inputs) or 'none'}, where input_ids, "
            "attention_mask and token_type_ids are known"
        )
    return inputs


def _output(folder: ModelFolder, session: onnxruntime.InferenceSession) -> tuple[str, bool]:
    """The output to read, and whether it is one vector per text already."""
    outputs = [(declared.name, len(declared.shape or ())) for declared in session.get_outputs()]
    for name, _ in outputs:
        if name == _POOLED:
            return name, True
    for name, axes in outputs:
        if name in _TOKEN_VECTORS and axes in {0, 3}:
            return name, False
    # Without a known name the shape tells: token vectors have three axes, and a lone output of two is pooled.
    for name, axes in outputs:
        if axes == 3:
            return name, False
    if len(outputs) == 1 and outputs[0][1] == 2:
        return outputs[0][0], True
    raise SettingsError(
        f"{folder.model_file} answers {', '.join(name for name, _ in outputs)}, of which none is a vector per text "
        f"or per token: export it with the output {_TOKEN_VECTORS[0]} or {_POOLED}"
    )


def _runs(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Indices of texts to run together, of like length for little padding; texts without tokens are left out."""
    run: list[int] = []
    for index in sorted((index for index, length in enumerate(lengths) if length), key=lengths.__getitem__):
        if run and (lengths[index] * (len(run) + 1) > RUN_TOKENS or lengths[index] > 1.5 * lengths[run[0]] + 4):
            yield run
            run = []
        run.append(index)
    if run:
        yield run


def _unit_rows(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each row at L2 norm 1; rows without a finite direction as zeros."""
    with np.errstate(over="ignore", invalid="ignore"):
        norms = np.sqrt(np.square(vectors).sum(axis=-1, keepdims=True))
    usable = np.isfinite(norms) & (norms > 0)
    return (np.where(usable, vectors, 0) / np.where(usable, norms, 1)).astype(np.float32, copy=False)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].strip()
