"""Words that may stand for each other in a sentence, and words that add next to nothing to one.

Wider than ``synonyms``: a word can be kin to several others ("open" to "start" and to "launch"), and kinship never
changes a concept key, so that nothing that is stored or looked up depends on it. The groups stand in
``data/kindred.txt``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final

from service.matching.folding import fold_word
from service.matching.synonyms import MARK, listed

UNDETERMINED: Final = ("en", "fa", "ar")


@dataclass(frozen=True, slots=True)
class Kindred:
    """The lexicon of one language: by content key the groups that a word belongs to.

    ``light``: keys of words that weigh little; ``empty``: those of them that also stand in no other word's place;
    ``shift``: keys of words that make another thing of what they stand with.
    """

    groups: dict[str, frozenset[int]]
    light: frozenset[str]
    empty: frozenset[str]
    shift: frozenset[str]


@lru_cache(maxsize=1)
def _lines() -> tuple[tuple[tuple[str, tuple[str, ...]], ...], ...]:
    """Each line as its columns: a language ("en", "en light") with its folded words."""
    text = files("service.matching").joinpath("data", "kindred.txt").read_text(encoding="utf-8")
    lines = []
    for line in text.splitlines():
        if line.startswith("#") or not line.strip():
            continue
        columns = []
        for column in line.split("|"):
            language, _, words = column.partition(":")
            columns.append((language.strip(), tuple(fold_word(word) for word in words.split())))
        lines.append(tuple(columns))
    return tuple(lines)


@lru_cache(maxsize=64)
def kindred(language: str) -> Kindred:
    """The lexicon of a primary language subtag; an unknown language has an empty one, "und" one of several."""
    tongues = UNDETERMINED if language == "und" else (language,)
    groups: dict[str, set[int]] = {}
    light: set[str] = set()
    empty: set[str] = set()
    shift: set[str] = set()
    for number, columns in enumerate(_lines()):
        for column, words in columns:
            tongue, _, kind = column.partition(" ")
            if tongue not in tongues:
                continue
            for word in words:
                key = word if word.startswith(MARK) else listed(word, tongue)
                if kind == "shift":
                    shift.add(key)
                elif kind:
                    # A whole concept is light only where the list names it.
                    keys = {key} if key == word else {word} if key.startswith(MARK) else {word, key}
                    light |= keys
                    if kind == "empty":
                        empty |= keys
                else:
                    groups.setdefault(key, set()).add(number)
    return Kindred(
        {key: frozenset(numbers) for key, numbers in groups.items()},
        frozenset(light),
        frozenset(empty),
        frozenset(shift),
    )


_ARABIC_PREFIXES: Final = ("است", "یست", "تست", "ان", "ین", "سی", "ست", "ی", "ت", "ا", "ن")
_ARABIC_WEAK: Final = str.maketrans("", "", "اویه")
_LEAST_CONSONANTS: Final = 3


@lru_cache(maxsize=65_536)
def _arabic_consonants(word: str) -> tuple[str, str]:
    """The consonants of a stem, with and without the letters that conjugate a verb; "" below three."""
    whole = word.translate(_ARABIC_WEAK)
    if len(whole) > _LEAST_CONSONANTS and whole.endswith("ت"):
        whole = whole[:-1]
    bare = next((word[len(start) :] for start in _ARABIC_PREFIXES if word.startswith(start)), word)
    bare = bare.translate(_ARABIC_WEAK)
    if len(bare) > _LEAST_CONSONANTS and bare.endswith("ت"):
        bare = bare[:-1]
    return (
        whole if len(whole) >= _LEAST_CONSONANTS else "",
        bare if len(bare) >= _LEAST_CONSONANTS and not bare.startswith("م") else "",
    )


def one_arabic_verb(one: str, other: str) -> bool:
    """Whether two Arabic stems are a verb and another form, or the verbal noun, of the same verb.

    By their consonants, and only where one of the two carries a verb's prefix: two nouns of one root mean different
    things.
    """
    whole, bare = _arabic_consonants(one)
    their_whole, their_bare = _arabic_consonants(other)
    if bare and bare in (their_whole, their_bare) and (bare != whole or their_bare != their_whole):
        return True
    return bool(their_bare) and their_bare == whole and their_bare != their_whole


_VOWELS: Final = frozenset("aeiou")


def shortened(one: str, other: str) -> bool:
    """Whether one of two Latin words is the other one without its vowels ("bldng", "building")."""
    short, full = (one, other) if len(one) < len(other) else (other, one)
    if len(short) < _LEAST_CONSONANTS or short[0] != full[0] or not short.isascii():
        return False
    if not _VOWELS.isdisjoint(short[1:]):
        return False
    return short == full[0] + "".join(letter for letter in full[1:] if letter not in _VOWELS)
