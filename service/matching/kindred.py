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
    ``shift``: keys of words that make another thing of what they stand with. ``roots``: the language makes its words
    from roots of consonants.
    """

    groups: dict[str, frozenset[int]]
    light: frozenset[str]
    empty: frozenset[str]
    shift: frozenset[str]
    roots: bool


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
        language == "ar",
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


_ARABIC_PARTICLES: Final = frozenset({"و", "ف", "ب", "ل", "ک", "ال", "لل", "وال", "بال", "فال", "ول", "وب", "ولل"})
_ARABIC_CONJUNCTIONS: Final = ("و", "ب", "ل")
_LEAST_STEM: Final = 3


@lru_cache(maxsize=65_536)
def one_arabic_word(one: str, other: str) -> bool:
    """Whether two Arabic stems are one word: one carries a particle, or both are forms of one verb or noun.

    A letter that may be a particle or part of the word is known for a particle where the rest is the other side's word.
    """
    if len(one) > len(other):
        one, other = other, one
    bare = one.rstrip("ه") or one
    if len(bare) >= _LEAST_STEM - 1 and len(other) > len(bare):
        place = other.find(bare)
        # The ending of the feminine and the accusative may be on one side alone.
        if place > 0 and other[place + len(bare) :] in ("", "ه", "ا") and other[:place] in _ARABIC_PARTICLES:
            return len(bare) >= _LEAST_STEM or place == 1
        if place == 0 and other[len(bare) :] == "ا":
            return True
    if one_arabic_verb(one, other) or one_arabic_noun(one, other):
        return True
    for word, against in ((one, other), (other, one)):
        if word[0] in _ARABIC_CONJUNCTIONS and len(word) > _LEAST_STEM and one_arabic_verb(word[1:], against):
            return True
    return False


def one_arabic_verb(one: str, other: str) -> bool:
    """Whether two Arabic stems are a verb and another form, or the verbal noun, of the same verb.

    By their consonants, and only where one of the two carries a verb's prefix: two nouns of one root mean different
    things.
    """
    if one[0] in "یت" and other[0] in "یت" and one[1:] == other[1:] and len(one) >= _LEAST_STEM:
        return True
    whole, bare = _arabic_consonants(one)
    their_whole, their_bare = _arabic_consonants(other)
    # "ی" begins no noun of three consonants, and is one of the letters left out above.
    verbal = bare != whole or their_bare != their_whole or "ی" in (one[0], other[0])
    if bare and bare in (their_whole, their_bare) and verbal:
        return True
    return bool(their_bare) and their_bare == whole and verbal


def one_arabic_noun(one: str, other: str) -> bool:
    """Whether two Arabic stems of one root name the same: "planting" in two forms, but not who plants or where."""
    whole, _ = _arabic_consonants(one)
    if not whole or whole != _arabic_consonants(other)[0] or "م" in (one[0], other[0]):
        return False
    return _arabic_pattern(one) == _arabic_pattern(other)


def _arabic_pattern(word: str) -> str:
    """Who does it ("طالب"), whom it befell or what it is ("سجين"), or neither: by the long vowel in a stem of four."""
    if len(word) != _LEAST_CONSONANTS + 1:
        return ""
    return "agent" if word[1] == "ا" else "patient" if word[2] == "ی" else ""


_VOWELS: Final = frozenset("aeiou")


def shortened(one: str, other: str) -> bool:
    """Whether one of two Latin words is the other one without its vowels ("bldng", "building")."""
    short, full = (one, other) if len(one) < len(other) else (other, one)
    if len(short) < _LEAST_CONSONANTS or short[0] != full[0] or not short.isascii():
        return False
    if not _VOWELS.isdisjoint(short[1:]):
        return False
    return short == full[0] + "".join(letter for letter in full[1:] if letter not in _VOWELS)
