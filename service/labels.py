"""From a publisher's own words for a rating to a verdict: by the publisher's table, then by everybody's.

Everybody's table is ``labels.toml``. A label outside both says nothing certain, so it becomes ``other``; its words stay
beside it as ``original_label``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from service.domain import Verdict
from service.matching.folding import fold_word

_TRIMMED = " \t\r\n.,:;!?()[]\"'«»“”‘’*،؛؟…-–—।¡¿"


def label_key(label: str) -> str:
    """What two spellings of one label share: case, punctuation around it, hyphens and diacritics do not matter."""
    return " ".join(fold_word(label.replace("-", " ").replace("_", " ").strip(_TRIMMED)).split())


@cache
def common_labels() -> dict[str, dict[Verdict, tuple[str, ...]]]:
    """The labels that many publishers share, by language and verdict."""
    text = files("service").joinpath("labels.toml").read_text(encoding="utf-8")
    return {
        language: {Verdict(verdict): tuple(labels) for verdict, labels in table.items()}
        for language, table in tomllib.loads(text).items()
    }


@cache
def _common_verdicts() -> dict[str, Verdict]:
    return {
        label_key(label): verdict
        for table in common_labels().values()
        for verdict, labels in table.items()
        for label in labels
    }


def verdict_of_label(label: str, table: Mapping[str, Verdict] | None = None) -> Verdict:
    """The verdict that a publisher's label stands for; ``Verdict.OTHER`` for a label that no table holds.

    ``table`` is the publisher's own, which goes before everybody's. Case, surrounding punctuation, hyphens, diacritics
    and Persian/Arabic letter variants do not matter.
    """
    key = label_key(label)
    for own, verdict in (table or {}).items():
        if label_key(own) == key:
            return verdict
    return _common_verdicts().get(key, Verdict.OTHER)
