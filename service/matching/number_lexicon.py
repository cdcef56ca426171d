"""The number words of each language.

They come from ``data/number_words.json``, which ``bench/generate_number_words.py`` makes from the spell-out rules of
Unicode CLDR, and from a small table of abbreviations; a language's words are unpacked when its first text is read.
"""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import resources
from typing import Any, Final, NamedTuple

from service.matching.quantity_words import folded_values

ATOM: Final = 0
"""A word with a value of its own: "nine", "thirty", "دویست", "neununddreißig"."""
SCALE: Final = 1
"""A word that multiplies what stands before it: "hundred", "million", "هزار"."""
LINKED_ATOM: Final = 2
"""An ATOM with an "and" grown onto it: "وثلاثون"."""
LINKED_SCALE: Final = 3


Word = tuple[int, float]


class Lexicon(NamedTuple):
    """The number words of one language, folded.

    ``phrases`` maps a first word to (following words, value) for what adding and multiplying cannot explain
    ("quatre vingt" = 80). ``joints`` are scale words that languages such as German write inside a longer word.
    ``units_first``: units precede tens ("تسعة وثلاثون").
    """

    words: dict[str, Word]
    phrases: dict[str, tuple[tuple[tuple[str, ...], float], ...]]
    links: frozenset[str]
    joints: tuple[str, ...]
    units_first: bool
    ordinals: dict[str, int]
    abbreviations: frozenset[str]
    digits_link: bool = False


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    text = resources.files("service.matching").joinpath("data/number_words.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


@lru_cache(maxsize=1)
def decimal_comma() -> frozenset[str]:
    """Languages that write 1.5 as "1,5"."""
    return frozenset(_data()["decimal_comma"])


@lru_cache(maxsize=1)
def group_space() -> frozenset[str]:
    """Languages that write 1000 as "1 000"."""
    return frozenset(_data()["group_space"])


def known_languages() -> tuple[str, ...]:
    """Languages whose number words are known, as primary subtags."""
    return tuple(sorted(_data()["languages"]))


_WHOLE_WORDS: Final = frozenset({"lakh", "الاف", "الفا", "لاک", "ribu", "juta", "mil", "mie", "mii"})

_ALIASES: Final = {"no": "nb", "nn": "nb", "fil": "fil", "tl": "fil", "iw": "he", "in": "id", "bs": "hr", "prs": "fa"}


def _arabic_variants(words: dict[str, Word]) -> None:
    for word, (kind, value) in list(words.items()):
        if len(word) >= 4:
            for prefix in ("ال", "ب", "ل"):
                words.setdefault(prefix + word, (kind, value))
            words.setdefault("وال" + word, (kind + 2, value))
        words.setdefault("و" + word, (kind + 2, value))


@lru_cache(maxsize=64)
def lexicon(language: str) -> Lexicon:
    """The number words for a primary subtag; a language without any has only the abbreviations all share."""
    language = _ALIASES.get(language, language)
    entry: dict[str, Any] = _data()["languages"].get(language, {})
    words: dict[str, Word] = {}
    for word, value in entry.get("atoms", {}).items():
        words[word] = (ATOM, float(value))
    for word, value in entry.get("scales", {}).items():
        words[word] = (SCALE, float(value))
    magnitudes = folded_values("magnitudes", language)
    words |= {word: (SCALE, value) for word, value in magnitudes.items()}
    if language == "ar":
        _arabic_variants(words)
    elif language == "he":
        for word, (kind, value) in list(words.items()):
            words.setdefault("ו" + word, (kind + 2, value))
    phrases: dict[str, list[tuple[tuple[str, ...], float]]] = {}
    for phrase, value in entry.get("phrases", {}).items():
        first, *rest = phrase.split(" ")
        starts = {"ar": (first, "و" + first, "ال" + first), "he": (first, "ו" + first)}
        for start in starts.get(language, (first,)):
            phrases.setdefault(start, []).append((tuple(rest), float(value)))
    ordered = {first: tuple(sorted(found, key=lambda item: -len(item[0]))) for first, found in phrases.items()}
    return Lexicon(
        words,
        ordered,
        frozenset(entry.get("links", ())),
        tuple(entry.get("joints", ())),
        bool(entry.get("units_first", False)),
        {word: int(value) for word, value in entry.get("ordinals", {}).items()},
        frozenset(word for word in magnitudes if len(word) <= 4) - _WHOLE_WORDS,
        language in ("fa", "ar"),
    )
