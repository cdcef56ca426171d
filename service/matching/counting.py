"""What is counted: nouns for persons, words that are never counted, words for none, names that carry a number."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

from service.matching.quantity_words import folded_words


class Counting(NamedTuple):
    """The word lists of one language, folded."""

    persons: frozenset[str]
    casualty_verbs: frozenset[str]
    stop: frozenset[str]
    zero: frozenset[str]
    nobody: frozenset[str]
    not_none: frozenset[str]
    duals: frozenset[str]


LABEL_NAMES: Final = folded_words("labels", "")
"""Names whose number is part of the name: "Article 5", "Boeing 737"."""

AFTER_ONE: Final = folded_words("after_one", "en")
"""English words after "one" that show it is a pronoun, not a count."""


@lru_cache(maxsize=64)
def counting(language: str) -> Counting:
    """The word lists for a primary subtag; empty for languages without any."""
    persons = set(folded_words("persons", language))
    if language in ("ar", "und"):
        persons |= {"ال" + word for word in folded_words("persons", "ar")}
    if language in ("fa", "und"):
        persons |= {word + "ی" for word in folded_words("persons", "fa")}
    return Counting(
        frozenset(persons),
        folded_words("casualty_verbs", language),
        folded_words("stop", language),
        folded_words("zero", language),
        folded_words("nobody", language),
        folded_words("not_none", language),
        folded_words("duals", language),
    )
