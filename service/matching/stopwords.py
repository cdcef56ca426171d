"""Function words: words that a sentence can lose or change without saying anything else.

The lists leave out, on purpose, negations, quantifiers, comparators and words of direction or order ("not", "some",
"than", "after", "up"): two sentences that differ in one of those differ in meaning.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

from service.matching.folding import fold_word


@cache
def _lists() -> dict[str, frozenset[str]]:
    lists: dict[str, frozenset[str]] = {}
    text = files("service.matching").joinpath("data", "stopwords.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith("#") or not line.strip():
            continue
        language, _, words = line.partition(":")
        lists[language] = frozenset(fold_word(word) for word in words.split()) - {""}
    lists["und"] = lists["en"] | lists["fa"] | lists["ar"]
    return lists


_EMPTY: Final[frozenset[str]] = frozenset()
_ALIASES: Final = {"nb": "no", "nn": "no", "bs": "hr", "ckb": "ku", "prs": "fa", "arz": "ar", "in": "id", "iw": "he"}


@cache
def stopwords(language: str) -> frozenset[str]:
    """The function words of a language (a primary subtag), folded; empty for a language without a list."""
    lists = _lists()
    return lists.get(_ALIASES.get(language, language), _EMPTY)


def stopword_languages() -> tuple[str, ...]:
    """The languages that have a list, in alphabetical order."""
    return tuple(sorted(set(_lists()) - {"und"}))


def is_stopword(token: str, language: str) -> bool:
    """Whether a folded token is a function word of ``language``; "und" uses English, Persian and Arabic together."""
    return token in stopwords(language)
