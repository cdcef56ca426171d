"""Words around names: titles before a person, and words that begin no name though they have a capital."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

from service.matching.folding import fold_word


@cache
def _lists() -> dict[str, frozenset[str]]:
    text = files("service.matching").joinpath("data", "name_words.txt").read_text(encoding="utf-8")
    rows = (line.partition(":") for line in text.splitlines() if line and not line.startswith("#"))
    return {name: frozenset(fold_word(word) for word in words.split()) for name, _, words in rows}


def word_list(name: str) -> frozenset[str]:
    """The folded words of one list of ``data/name_words.txt``. KeyError when there is no such list."""
    return _lists()[name]


HONORIFICS: Final = word_list("honorifics")
"""Titles after which the next word is a name, in any script."""

TITLES: Final = HONORIFICS | word_list("titles")
"""Words that may stand before a person's name and are no part of it."""

NOT_NAMES: Final = word_list("not names")
"""Months, abbreviations, ordinary words of institutions: a capital there is no name."""

NOT_NAMES_ARABIC: Final = word_list("not names in arabic script")
"""Words in Arabic script that may follow a title or a given name and are no part of the name."""
