"""Words that mean one thing share one concept key, within a language and across languages.

The groups stand in ``data/synonyms.toml``. A key is ``=`` and the group's name, such as ``=drone``; a word that is in
no group is represented by its stem, which never begins with ``=``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any, Final

from service.matching.inflection import expand
from service.matching.phrasebook import Phrasebook
from service.matching.stems import stem
from service.matching.tokens import NUMBER, Token, words_of

UNDETERMINED: Final = ("en", "fa", "ar")

MARK: Final = "="
"""What a concept key begins with."""

_CAPITALS: Final = "_capitals"


Concept = tuple[str, int, int]
"""A concept key or stem with the first and last token (included) that it stands for. A plain tuple, for speed."""


@dataclass(frozen=True, slots=True)
class _Table:
    words: dict[str, str]
    stems: dict[str, str]
    capitals: dict[str, str]
    phrases: Phrasebook[str]
    phrase_heads: frozenset[str]


@lru_cache(maxsize=1)
def _data() -> dict[str, dict[str, Any]]:
    source = resources.files("service.matching").joinpath("data", "synonyms.toml")
    return tomllib.loads(source.read_text(encoding="utf-8"))


def _forms(languages: Sequence[str]) -> list[tuple[str, str, str]]:
    """(language, form, key) of every group, words as listed before inflected ones so that a listing decides."""
    listed: list[tuple[str, str, str]] = []
    inflected: list[tuple[str, str, str]] = []
    for name, group in _data().items():
        for column, words in group.items():
            if column.partition("_")[0] in languages and not column.endswith(_CAPITALS):
                target = listed if "_" not in column and column != "ar" else inflected
                target += [(language, form, MARK + name) for language, form in expand(column, words)]
    return listed + inflected


@lru_cache(maxsize=64)
def _table(language: str) -> _Table:
    languages = UNDETERMINED if language == "und" else (language,)
    words: dict[str, str] = {}
    stems: dict[str, str | None] = {}
    phrases: list[tuple[str, str]] = []
    for tongue, form, key in _forms(languages):
        tokens = words_of(form)
        if len(tokens) > 1:
            phrases.append((form, key))
            continue
        if not tokens:
            continue
        word = tokens[0]
        if words.setdefault(word, key) != key:
            continue
        base = stem(word, tongue)
        # A stem that two groups share says nothing about which one is meant.
        if stems.setdefault(base, key) != key:
            stems[base] = None
    capitals = {
        word.lower(): MARK + name
        for name, group in _data().items()
        for tongue in languages
        for word in group.get(tongue + _CAPITALS, ())
    }
    book = Phrasebook(phrases)
    known = {base: key for base, key in stems.items() if key is not None and len(base) > 2}
    return _Table(words, known, capitals, book, book.first_words)


def canonical(word: str, language: str) -> str:
    """The concept key of one folded word or stem, or its stem where it is in no group. Never raises."""
    # Figures are not remembered: there is no end to them, and most come once.
    return _remembered(word, language) if word[:1].isalpha() else _canonical(word, language)


def _canonical(word: str, language: str) -> str:
    table = _table(language)
    key = table.words.get(word)
    if key is not None:
        return key
    base = stem(word, language)
    return table.stems.get(base) or table.words.get(base) or base


_remembered: Final = lru_cache(maxsize=65_536)(_canonical)


def listed(word: str, language: str) -> str:
    """As ``canonical``, but a concept only where the word itself is in its group, and not a word with its stem."""
    return _table(language).words.get(word) or stem(word, language)


def in_capitals(word: str, language: str) -> str | None:
    """The concept key that a folded word has where it is written in capitals alone ("WHO"); None for most words."""
    return _table(language).capitals.get(word)


def heads_phrase(word: str, language: str) -> bool:
    """Whether a phrase of several words that is one concept may begin with this folded word."""
    return word in _table(language).phrase_heads


def concept_phrases(
    tokens: Sequence[Token], texts: list[str], language: str, hits: Sequence[int] | None = None
) -> list[Concept]:
    """The concepts of several words, in order and without overlaps.

    ``texts`` is ``[token.text for token in tokens]``; ``hits``: which of them ``heads_phrase``, where that is known.
    """
    return _table(language).phrases.scan(tokens, texts, hits)


def read_concepts(tokens: Sequence[Token], language: str) -> list[Concept]:
    """The concepts of a list of tokens, in order; the longest phrase wins, every token belongs to exactly one.

    ``language`` is a primary subtag; a language without groups gives stems. Symbols come back as they are, so a
    caller that wants words only hands in words only.
    """
    table = _table(language)
    texts = [token.text for token in tokens]
    phrases = concept_phrases(tokens, texts, language)
    phrases.append(("", len(texts), -1))
    found: list[Concept] = []
    capitals = table.capitals
    index = 0
    for phrase, first, last in phrases:
        for place in range(index, first):
            text = texts[place]
            token = tokens[place]
            if text in capitals and token.original.isupper():
                found.append((capitals[text], place, place))
            else:
                found.append((text if token.kind == NUMBER else canonical(text, language), place, place))
        if last >= first:
            found.append((phrase, first, last))
        index = last + 1
    return found


def concepts(tokens: Sequence[Token], language: str) -> list[str]:
    """The keys of ``read_concepts``: concept keys where the lexicon knows the words, else stems."""
    return [key for key, _, _ in read_concepts(tokens, language)]
