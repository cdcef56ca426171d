"""The hand-kept word tables for quantities, per language: ``data/quantity_words.json``.

Each table maps a primary subtag, or "shared" for what every language has, to words or to groups of words. Words
stand there as people write them and are folded when a language is first read.
"""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import resources
from typing import Any

from service.matching.folding import fold_word


@lru_cache(maxsize=1)
def _tables() -> dict[str, dict[str, Any]]:
    text = resources.files("service.matching").joinpath("data/quantity_words.json").read_text(encoding="utf-8")
    loaded: dict[str, dict[str, Any]] = json.loads(text)
    return loaded


def _names(language: str) -> tuple[str, ...]:
    """The tables that a language reads; an unknown one ("und") reads English, Persian and Arabic."""
    return ("shared", "en", "fa", "ar") if language == "und" else ("shared", language)


def folded_words(table: str, language: str) -> frozenset[str]:
    """A list of single words, folded."""
    entries = _tables()[table]
    return frozenset(fold_word(word) for name in _names(language) for word in entries.get(name, ()))


def folded_values(table: str, language: str) -> dict[str, float]:
    """Single words with a value each, folded."""
    entries = _tables()[table]
    return {fold_word(word): float(value) for name in _names(language) for word, value in entries.get(name, {}).items()}


def phrases(table: str, language: str) -> tuple[str, ...]:
    """A list of phrases as people write them."""
    entries = _tables()[table]
    return tuple(phrase for name in _names(language) for phrase in entries.get(name, ()))


def grouped_phrases(table: str, language: str, *, fallback: str | None = None) -> tuple[tuple[str, str], ...]:
    """(group, phrase) pairs; those of ``fallback``, a language, follow the language's own."""
    entries = _tables()[table]
    names = _names(language)
    if fallback is not None and fallback not in names:
        names = (*names, fallback)
    return tuple(
        (group, phrase) for name in names for group, found in entries.get(name, {}).items() for phrase in found
    )
