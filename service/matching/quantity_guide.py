"""What one language needs for its quantities to be read, gathered once."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

from service.matching.comparators import bounding_heads
from service.matching.counting import Counting, counting
from service.matching.number_forms import (
    VAGUE,
    ordinal_endings,
    ordinal_words,
    range_words,
)
from service.matching.number_lexicon import Lexicon, lexicon
from service.matching.quantity_words import folded_words
from service.matching.ratios import denominators, out_of_heads, whole_parts
from service.matching.units import unit_heads

AND_HALF: Final = frozenset({"ونصف", "ونیم"})
MILLIONS: Final = {"m": 1e6, "b": 1e9}
WHOLE_PERSONS: Final = frozenset({"نفر", "person", "people"})
BEFORE_UNIT: Final = frozenset({"de", "d", "di", "of"})


class Guide(NamedTuple):
    """What one language needs to be read.

    ``continues``: the words behind a number that may belong to its quantity; after any other one nothing does.
    """

    language: str
    lexicon: Lexicon
    counting: Counting
    triggers: frozenset[str]
    compounds: bool
    weak: frozenset[str]
    ordinals: dict[str, int]
    parts: dict[str, float]
    denominators: dict[str, float]
    continues: frozenset[str]


def _continues(lex: Lexicon, language: str) -> frozenset[str]:
    return lex.links.union(
        {".", "-"}, AND_HALF, MILLIONS, WHOLE_PERSONS, BEFORE_UNIT, ordinal_endings(language), range_words(language),
        denominators(language), out_of_heads(language), unit_heads(language), bounding_heads(language),
    )  # fmt: skip


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
        denominators(language), _continues(lex, language),
    )  # fmt: skip
