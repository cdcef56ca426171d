"""What one language needs for its quantities to be read, gathered once."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from service.matching.counting import Counting, counting
from service.matching.number_forms import (
    VAGUE,
    ordinal_words,
)
from service.matching.number_lexicon import Lexicon, lexicon
from service.matching.quantity_words import folded_words
from service.matching.ratios import denominators, whole_parts


class Guide(NamedTuple):
    """What one language needs to be read."""

    language: str
    lexicon: Lexicon
    counting: Counting
    triggers: frozenset[str]
    compounds: bool
    weak: frozenset[str]
    ordinals: dict[str, int]
    parts: dict[str, float]
    denominators: dict[str, float]


@lru_cache(maxsize=64)
def guide_for(language: str) -> Guide:
    if language == "und":
        english, persian, arabic = lexicon("en"), lexicon("fa"), lexicon("ar")
        phrases = arabic.phrases | persian.phrases | english.phrases
        lex = Lexicon(
            arabic.words | persian.words | english.words,
            phrases,
            english.links | persian.links,
            persian.joints,
            True,
            arabic.ordinals | persian.ordinals | english.ordinals,
            english.abbreviations,
        )
        weak = folded_words("weak", "und")
    else:
        lex, weak = lexicon(language), folded_words("weak", language)
    count = counting(language)
    ordinals = ordinal_words(lex, language)
    words = {word for word in lex.words if word not in lex.abbreviations}
    if language == "ko":
        words = {word for word in words if len(word) > 1}
    triggers = words | set(lex.phrases) | set(ordinals) | count.zero | count.nobody | count.duals
    triggers |= set(whole_parts(language)) | set(VAGUE) | {"ii", "iii", "iv", "quarter"}
    if language in ("ar", "und"):
        triggers |= {"احد", "لا"}
    return Guide(
        language, lex, count, frozenset(triggers), bool(lex.joints), weak, ordinals, whole_parts(language),
        denominators(language),
    )  # fmt: skip
