"""Consonant skeletons: what Latin, Arabic and Cyrillic spellings of one name have in common.

Vowels are written or left out, and long or short, as each script likes; consonants survive. Letters that romanisations
confuse share a class ("Gaddafi", "Qadhafi", قذافي), so equal skeletons mean "may be one name", not more.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from service.matching.titles import word_list

_ARABIC: Final = {
    "ب": "b", "پ": "b", "ت": "t", "ط": "t", "ث": "t", "ج": "j", "ژ": "j", "چ": "s", "ح": "h", "ه": "h", "خ": "x",
    "د": "d", "ذ": "d", "ض": "d", "ظ": "d", "ز": "d", "ر": "r", "س": "s", "ش": "s", "ص": "s", "غ": "k", "ق": "k",
    "ک": "k", "گ": "k", "ف": "f", "ڤ": "f", "ل": "l", "م": "m", "ن": "n", "ٹ": "t", "ڈ": "d", "ڑ": "r", "ں": "n",
}  # fmt: skip
_CYRILLIC: Final = {
    "б": "b", "п": "b", "в": "f", "ф": "f", "г": "k", "ґ": "k", "к": "k", "х": "x", "д": "d", "з": "d",
    "т": "t", "ж": "j", "ш": "s", "щ": "s", "ч": "s", "с": "s", "ц": "s", "л": "l", "м": "m", "н": "n",
    "р": "r", "ј": "j", "ћ": "s", "ђ": "j", "љ": "l", "њ": "n", "џ": "j",
}  # fmt: skip
_GREEK: Final = {
    "β": "f", "γ": "k", "δ": "d", "ζ": "d", "θ": "t", "κ": "k", "λ": "l", "μ": "m", "ν": "n", "ξ": "ks", "π": "b",
    "ρ": "r", "σ": "s", "ς": "s", "τ": "t", "φ": "f", "χ": "x", "ψ": "bs",
}  # fmt: skip
_HEBREW: Final = {
    "ב": "b", "ג": "k", "ד": "d", "ה": "h", "ז": "d", "ח": "x", "ט": "t", "כ": "k", "ך": "k", "ל": "l",
    "מ": "m", "ם": "m", "נ": "n", "ן": "n", "ס": "s", "פ": "b", "ף": "b", "צ": "s", "ץ": "s", "ק": "k",
    "ר": "r", "ש": "s", "ת": "t",
}  # fmt: skip
_LATIN: Final = {
    "b": "b", "p": "b", "c": "k", "d": "d", "f": "f", "g": "k", "h": "h", "j": "j", "k": "k", "l": "l",
    "m": "m", "n": "n", "q": "k", "r": "r", "s": "s", "t": "t", "v": "f", "x": "ks", "z": "d",
}  # fmt: skip
_LATIN_GROUPS: Final = {
    "tsch": "s", "sch": "s", "tch": "s", "kh": "x", "gh": "k", "th": "t", "dh": "d", "zh": "j", "sh": "s", "ch": "s",
    "ph": "f", "ck": "k", "dj": "j", "dz": "d", "cz": "s", "sz": "s", "qu": "k", "ou": "",
}  # fmt: skip

ARTICLES: Final = frozenset({"al", "el", "ul"})
_SUN_ARTICLES: Final = frozenset(
    {"as", "ash", "ad", "adh", "an", "ar", "at", "ath", "az", "es", "ed", "en", "er", "et", "ez"}
)
_PARTICLES: Final = word_list("particles")
_ARABIC_AL_WORDS: Final = word_list("begin with al")

GENERIC: Final = word_list("generic")
"""Words that say what kind of thing a name is, and are no part of its skeleton."""


def _squeeze(text: str) -> str:
    out: list[str] = []
    for char in text:
        if not out or out[-1] != char:
            out.append(char)
    return "".join(out)


def _arabic_letters(word: str) -> str:
    if word.startswith("ال") and len(word) >= 5 and word not in _ARABIC_AL_WORDS:
        word = word[2:]
    out: list[str] = []
    if word[0] in "وف":
        out.append("f")
    elif (word[0] == "ی" and len(word) > 1 and word[1] not in "اوی") or word[0] == "ی":
        out.append("y")
    last = len(word) - 1
    index = 1 if word[0] in "وفی" else 0
    while index <= last:
        char = word[index]
        if char == "ت" and word[index + 1 : index + 2] == "ش":
            out.append("s")
            index += 2
            continue
        if char == "ه" and index == last:
            break
        if char == "و" and index < last and word[index - 1] == "ا" and word[index + 1] in "یا":
            out.append("w")
        else:
            out.append(_ARABIC.get(char, ""))
        index += 1
    return _squeeze("".join(out))


def _latin_letters(word: str) -> str:
    out: list[str] = []
    size = len(word)
    index = 0
    if word[0] in "wv":
        out.append("f")
        index = 1
    elif word[0] == "y":
        out.append("y")
        index = 1
    while index < size:
        for length in (4, 3, 2):
            group = _LATIN_GROUPS.get(word[index : index + length])
            if group is not None and len(word[index : index + length]) == length:
                out.append(group)
                index += length
                break
        else:
            char = word[index]
            if char == "c" and index + 1 < size and word[index + 1] in "eiy":
                out.append("s")
            elif char == "w" and word[index - 1] == "a" and index + 1 < size and word[index + 1] in "aeiy":
                out.append("w")
            elif char == "h" and (index == size - 1 or (index > 0 and word[index - 1] not in "aeiouy")):
                pass
            else:
                out.append(_LATIN.get(char, ""))
            index += 1
    return _squeeze("".join(out))


@lru_cache(maxsize=65_536)
def word_skeleton(word: str) -> str:
    """The consonant classes of one folded word, one ASCII letter each; "" when the word has none.

    A word of a script that is not known here comes back as it is.
    """
    word = word.replace("'", "").replace("`", "")
    if not word:
        return ""
    first = word[0]
    if "\u0600" <= first <= "\u06ff":
        return _arabic_letters(word)
    if first <= "\u024f":
        return _latin_letters(word)
    for table, low, high in (
        (_CYRILLIC, "\u0400", "\u052f"),
        (_GREEK, "\u0370", "\u03ff"),
        (_HEBREW, "\u0590", "\u05ff"),
    ):
        if low <= first <= high:
            return _squeeze("".join(table.get(char, "") for char in word))
    return word


def _split_inner_article(word: str) -> tuple[str, ...]:
    """Cut a compound that lost its space: عینالاسد is عین + اسد, "abdulrahman" is "abd" + "rahman"."""
    if "\u0600" <= word[0] <= "\u06ff":
        at = word.find("ال", 2)
        if at > 1 and len(word) - at >= 5:
            return word[:at], word[at + 2 :]
        return (word,)
    if word in ("abdul", "abdel", "abdal", "abdol"):
        return ("abd",)
    for start in ("abdul", "abdel", "abdal", "abdol"):
        if word.startswith(start) and len(word) > len(start) + 2:
            return "abd", word[len(start) :]
    return (word,)


@lru_cache(maxsize=32_768)
def _skeletons(words: tuple[str, ...]) -> tuple[str, ...]:
    out: list[str] = []
    size = len(words)
    for index, word in enumerate(words):
        if not word or not (word[0].isalpha() or word[0] == "'"):
            continue
        if word in _PARTICLES or word in GENERIC:
            continue
        followed = index + 1 < size
        if followed and (word in ARTICLES or word in _SUN_ARTICLES):
            continue
        for part in _split_inner_article(word):
            made = word_skeleton(part)
            if made:
                out.append(made)
    if not out:
        for word in words:
            made = word_skeleton(word) if word and word[0].isalpha() else ""
            if made:
                out.append(made)
    return tuple(out)


def skeleton(words: Sequence[str], language: str = "und") -> str:
    """The consonant skeleton of a name given as folded words: one part per word that carries it, joined by spaces.

    Articles (al, el, ال), particles (bin, van, de) and words for the kind of thing (air base, قاعدة) are left out
    unless nothing else remains. ``language`` is accepted for callers that know it; the classes are the same for all.
    "" when the words have no consonant.
    """
    return " ".join(_skeletons(tuple(words)))
