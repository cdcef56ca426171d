"""A model folder as its small files describe it, in the layout of sentence-transformers, before anything is loaded.

``modules.json`` lists the steps, ``1_Pooling/config.json`` says how token vectors become one,
``sentence_bert_config.json`` where texts are cut, ``config_sentence_transformers.json`` which prefixes queries and
passages get. All of them may be missing: then what sentence-transformers would do holds.
"""

from __future__ import annotations

import hashlib
import json
import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from service.embedding.model import TextKind
from service.errors import SettingsError

MOST_TOKENS: Final = 512
"""Texts are cut here at the latest: what nearly all sentence encoders were trained on, and a bound on memory."""

_POOLING_KEYS: Final = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}
_OFFSET_POSITIONS: Final = frozenset({"camembert", "mpnet", "roberta", "xlm-roberta", "xlm-roberta-xl", "xmod"})
"""Model types that number positions from ``pad_token_id + 1``, so that many fewer tokens fit."""

_E5: Final = re.compile(r"(?<![a-z0-9])e5(?![a-z0-9])")
_PASSAGE_PROMPTS: Final = ("passage", "document", "corpus")
_LENGTH_FILES: Final = "sentence_*_config.json"


class Pooling(StrEnum):
    """How the vectors of a text's tokens become one: their mean, or that of the first token."""

    MEAN = "mean"
    CLS = "cls"


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """What the files beside the weights say.

    ``dimension`` is the declared width of a token vector, None where no file tells. ``max_tokens`` counts special
    tokens. ``pooling`` holds for models that give token vectors; it is the mean where no file tells (``pooling_told``).
    ``unsupported`` is why token vectors cannot be pooled here, None where they can. ``pad_token`` is the id that
    config.json gives to padding.
    """

    path: Path
    name: str
    model_file: Path
    tokenizer_file: Path
    pooling: Pooling
    pooling_told: bool
    unsupported: str | None
    max_tokens: int
    query_prefix: str
    passage_prefix: str
    lower_case: bool
    dimension: int | None
    pad_token: int | None

    def prefix(self, kind: TextKind) -> str:
        """What goes before a text of this kind; may be empty."""
        return self.query_prefix if kind is TextKind.QUERY else self.passage_prefix

    def digest(self) -> str:
        """SHA-256 over all that decides a vector: the bytes of the weights and the tokenizer, and the settings here."""
        total = hashlib.sha256(b"factcheck embedding 1\n")
        for path in (self.model_file, *_external_data(self.model_file), self.tokenizer_file):
            with path.open("rb") as file:
                total.update(hashlib.file_digest(file, "sha256").digest())
        settings = {
            "pooling": self.pooling,
            "max_tokens": self.max_tokens,
            "query_prefix": self.query_prefix,
            "passage_prefix": self.passage_prefix,
            "lower_case": self.lower_case,
        }
        total.update(json.dumps(settings, sort_keys=True).encode())
        return total.hexdigest()


def read_folder(path: Path) -> ModelFolder:
    """Read the folder's settings; the weights and the tokenizer are found, not opened.

    Raises SettingsError, with a sentence for the operator, for a missing folder or file and for settings that make no
    sense.
    """
    if not path.is_dir():
        raise SettingsError(
            f"{path} is not a folder: set FACTCHECK_EMBEDDING_MODEL to a folder with model.onnx and tokenizer.json, "
            "fetch one with 'factcheck model pull', or leave it unset to match by words alone"
        )
    path = path.resolve()
    model_file = _model_file(path)
    tokenizer_file = next(
        (file for file in (path / "tokenizer.json", model_file.parent / "tokenizer.json") if file.is_file()), None
    )
    if tokenizer_file is None:
        raise SettingsError(
            f"{path} has no tokenizer.json: fetch the folder again, or save the model's tokenizer there as a fast one"
        )
    config = _json(path / "config.json")
    modules = _modules(path)
    pooling_config = _json(path / _pooling_folder(modules) / "config.json")
    pooling, unsupported = _pooling(path, modules, pooling_config)
    query_prefix, passage_prefix = _prefixes(path, config)
    length_config = next((_json(file) for file in sorted(path.glob(_LENGTH_FILES)) if _is_length_file(file)), {})
    return ModelFolder(
        path=path,
        name=path.name,
        model_file=model_file,
        tokenizer_file=tokenizer_file,
        pooling=pooling or Pooling.MEAN,
        pooling_told=pooling is not None,
        unsupported=unsupported,
        max_tokens=_max_tokens(path, length_config, config),
        query_prefix=query_prefix,
        passage_prefix=passage_prefix,
        lower_case=length_config.get("do_lower_case") is True,
        dimension=_first_whole(
            (pooling_config, "embedding_dimension"),
            (pooling_config, "word_embedding_dimension"),
            (config, "hidden_size"),
        ),
        pad_token=_first_whole((config, "pad_token_id"), least=0),
    )


def _model_file(path: Path) -> Path:
    """The plain model where there is one, else the quantised one that suits this processor best."""
    for plain in (path / "model.onnx", path / "onnx" / "model.onnx"):
        if plain.is_file():
            return plain
    others = sorted([*path.glob("*.onnx"), *path.glob("onnx/*.onnx")])
    for stem in quantised_stems(platform.machine()):
        for file in others:
            if file.stem == stem:
                return file
    if len(others) == 1:
        return others[0]
    if others:
        names = ", ".join(str(file.relative_to(path)) for file in others)
        raise SettingsError(f"{path} has several models, {names}: rename the one to use to model.onnx")
    raise SettingsError(
        f"{path} has no model.onnx (nor onnx/model.onnx, nor a quantised one): fetch a model with 'factcheck model "
        "pull', or export yours to ONNX"
    )


def quantised_stems(machine: str) -> tuple[str, ...]:
    """Usual names of 8-bit models, without ``.onnx``, best first for a processor as ``platform.machine()`` calls it.

    Before VNNI, signed weights overflow on x86, so unsigned ones lead there.
    """
    arm = ("model_qint8_arm64",)
    x86 = ("model_quint8_avx2", "model_qint8_avx512_vnni", "model_qint8_avx512")
    made_for = arm + x86 if machine.lower() in {"arm64", "aarch64"} else x86 + arm
    return ("model_quantized", "model_int8", "model_uint8", *made_for)


def _external_data(model_file: Path) -> list[Path]:
    """The files with the weights of a model too large for one, by the names that exporters give them."""
    names = (f"{model_file.name}_data*", f"{model_file.name}.data*")
    return sorted(file for name in names for file in model_file.parent.glob(name))


def _json(path: Path) -> Mapping[str, Any]:
    """The object in a file; empty where there is no such file. Raises SettingsError for anything else in it."""
    content = _content(path)
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise SettingsError(f"{path} should hold a JSON object: fetch the folder again")
    return content


def _content(path: Path) -> object:
    try:
        content: object = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError:
        raise SettingsError(f"{path} is not JSON: it is damaged, fetch the folder again") from None
    return content


def _modules(path: Path) -> list[tuple[str, str]]:
    """``(type, folder)`` of each step in modules.json, the type without its package; empty without the file."""
    content = _content(path / "modules.json")
    if content is None:
        return []
    if not isinstance(content, list) or not all(isinstance(module, dict) for module in content):
        raise SettingsError(f"{path / 'modules.json'} should list modules: fetch the folder again")
    return [(str(module.get("type", "")).rpartition(".")[2], str(module.get("path", ""))) for module in content]


def _pooling_folder(modules: Sequence[tuple[str, str]]) -> str:
    return next((folder for kind, folder in modules if kind == "Pooling"), "1_Pooling")


def _pooling(
    path: Path, modules: Sequence[tuple[str, str]], config: Mapping[str, Any]
) -> tuple[Pooling | None, str | None]:
    """The pooling the folder asks for, None where it says nothing; and why it cannot be done, None where it can."""
    strange = [kind for kind, _ in modules if kind not in {"Transformer", "Pooling", "Normalize", "Dropout"}]
    if strange:
        return None, f"modules.json has a {strange[0]} step"
    if modules and not any(kind == "Pooling" for kind, _ in modules):
        return None, "modules.json has no Pooling step"
    if not config:
        return None, None
    modes = config.get("pooling_mode")
    if modes is None:
        modes = [mode for key, mode in _POOLING_KEYS.items() if config.get(key) is True] or ["mean"]
    modes = [modes] if isinstance(modes, str) else modes
    file = f"{_pooling_folder(modules)}/config.json"
    if not isinstance(modes, list) or len(modes) != 1:
        return None, f"{file} joins several poolings"
    if config.get("include_prompt") is False:
        return None, f"{file} leaves the prefix out of the pooling"
    # A sum over the square root of the length points where the mean points, and only the direction is kept.
    pooling = {"mean": Pooling.MEAN, "mean_sqrt_len_tokens": Pooling.MEAN, "cls": Pooling.CLS}.get(modes[0])
    return pooling, None if pooling else f"{file} asks for the pooling {modes[0]!r}"


def _prefixes(path: Path, config: Mapping[str, Any]) -> tuple[str, str]:
    """What queries and passages begin with, as ``(query, passage)``."""
    file = path / "config_sentence_transformers.json"
    settings = _json(file)
    prompts = settings.get("prompts") or {}
    if not isinstance(prompts, dict) or not all(isinstance(text, str | None) for text in prompts.values()):
        raise SettingsError(f"{file} should give each prompt as a text: correct it, or fetch the folder again")
    if any(prompts.values()):
        fallback = prompts.get(settings.get("default_prompt_name") or "") or ""
        passage = next((prompts[name] for name in _PASSAGE_PROMPTS if name in prompts), fallback)
        return prompts.get("query", fallback) or "", passage or ""
    # The E5 models (Wang et al. 2022, arXiv:2212.03533) lose much without the prefixes of their training, which only
    # their model cards tell. The instructed ones take a sentence of instruction instead, which no file tells either.
    names = f"{path.name} {config.get('_name_or_path', '')}".lower()
    if _E5.search(names) and "instruct" not in names:
        return "query: ", "passage: "
    return "", ""


def _is_length_file(path: Path) -> bool:
    """Older folders name it after the architecture: sentence_roberta_config.json, sentence_xlm-roberta_config.json."""
    return re.fullmatch(r"sentence_[a-z0-9-]+_config\.json", path.name) is not None


def _max_tokens(path: Path, length_config: Mapping[str, Any], config: Mapping[str, Any]) -> int:
    """Tokens of the longest text: the folder's own limit, never more than the model has positions for."""
    told = _first_whole(
        (length_config, "max_seq_length"),
        (_json(path / "tokenizer_config.json"), "model_max_length"),
    )
    positions = _first_whole((config, "max_position_embeddings"))
    if positions is not None and config.get("model_type") in _OFFSET_POSITIONS:
        positions -= (_first_whole((config, "pad_token_id"), least=0) or 0) + 1
    limits = [limit for limit in (told, positions, MOST_TOKENS) if limit is not None]
    if min(limits) < 4:
        raise SettingsError(f"{path} limits texts to {min(limits)} tokens, which holds no text: correct its settings")
    return min(limits)


def _first_whole(*places: tuple[Mapping[str, Any], str], least: int = 1) -> int | None:
    """The first of these entries that is a whole number. Limits without meaning are written as 1e30, a float or not."""
    for mapping, key in places:
        value = mapping.get(key)
        if isinstance(value, int) and not isinstance(value, bool) and value >= least:
            return value
    return None
