"""Where a sentence of several clauses may be cut: only where each side has a subject and a verb of its own."""

from __future__ import annotations

import re
from typing import Final

from service.matching.folding import fold_word
from service.matching.negation import persian_imperfects, persian_presents


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_WORDS: Final = re.compile(r"[^\W_](?:[\w\u200c]|['’](?=\w))*|[;؛；,،]")
_FEWEST: Final = 3
"""Words that a clause has to have on either side of "and"; a side of a semicolon as well."""

_SIGHT: Final = 60
"""How many words to either side of a joint are looked at, so that the whole stays linear."""

_ENGLISH_AUXILIARIES: Final = _set(
    "is was were are am be has have had will would can could did does do may might must should isn't wasn't weren't "
    "aren't hasn't haven't hadn't won't wouldn't can't cannot couldn't didn't doesn't don't"
)
_ENGLISH_VERBS: Final = _set(
    "rose fell went became took made gave began won lost grew came left sent spent held met paid sold told fought hit "
    "saw shot flew drew broke spoke wrote bought brought built caught chose struck stole ate beat led ran said says "
    "remains remain causes cause kills contains shows means"
)
_NO_PAST: Final = _set(
    "united red bed need speed seed feed breed indeed hundred sacred wicked naked bleed weed shed wed ted ned fred "
    "alleged so-called unprecedented armed"
)
_ENGLISH_SUBORDINATE: Final = _set(
    "who which whose whom that if because when while although though unless whether between both either not-only said "
    "says claims claimed says saying according"
)
_ENGLISH_OPENERS: Final = _set(
    "the a an he she it they we i you his her its their our my this that these those there no nobody some many most "
    "all several more less"
)
_PERSIAN_JOINTS: Final = frozenset({"و", "اما", "ولی", "لیکن"})
_PERSIAN_VERBS: Final = _set(
    "است هست نیست بود نبود بودند نبودند شد نشد شدند نشدند کرد نکرد کردند نکردند دارد ندارد دارند ندارند داشت "
    "نداشت داشتند گفت گفتند رفت رفتند آمد آمدند گرفت گرفتند داد دادند یافت یافتند رسید رسیدند خورد خوردند زد "
    "زدند هستند نیستند کند کنند شود شوند باخت برد ماند ماندند ساخت ساختند خواهد خواهند باشد باشند درگذشت"
)
_PERSIAN_PREFIXES: Final = frozenset({"می", "نمی", "مي", "نمي"})
_PERSIAN_SHARED: Final = _set("به از در با را برای تا بر که آن‌را سپس بعد همچنین نیز هم یا پس خود خودش")
_ARABIC_JOINTS: Final = frozenset({"لكن", "ولكن", "لکن", "ولکن"})
_BUT: Final[dict[str, frozenset[str]]] = {
    "de": frozenset({"aber", "doch"}), "es": frozenset({"pero"}), "fr": frozenset({"mais"}), "pt": frozenset({"mas"}),
    "it": frozenset({"ma"}), "tr": frozenset({"ama", "fakat"}), "nl": frozenset({"maar"}), "ru": frozenset({"но"}),
    "uk": frozenset({"але"}), "pl": frozenset({"ale"}), "cs": frozenset({"ale"}), "sv": frozenset({"men"}),
    "da": frozenset({"men"}), "no": frozenset({"men"}),
}  # fmt: skip
_SEMICOLONS: Final = frozenset(";؛；")
_COMMAS: Final = frozenset(",،")


def clause_breaks(sentence: str, language: str) -> list[tuple[int, int]]:
    """The joints between clauses: for each, where the clause before it ends, and, counted from the beginning of that
    clause, where the next one begins.

    "39 killed and 12 wounded" and "Ali and Reza met" have none; "He was killed and the army was blamed" has one.
    """
    found = list(_WORDS.finditer(sentence))
    words = [match.group() for match in found]
    lowered = [word.lower().replace("’", "'") for word in words]
    breaks: list[tuple[int, int]] = []
    opened = 0
    origin = 0
    ends = _ends(lowered)
    for index, word in enumerate(lowered):
        if index <= opened or index + 1 >= len(lowered):
            continue
        if not _is_joint(word, language):
            continue
        stop = ends[index]
        if _joins(lowered, words, opened, index, stop, language, word):
            low = found[index].start() - origin
            high = (found[index].end() if word not in _ARABIC_JOINTS else found[index].start()) - origin
            breaks.append((low, high))
            origin += high
            opened = index + 1
    return breaks


def _ends(lowered: list[str]) -> list[int]:
    """For each word the end of what may be its clause: the next semicolon, or the end of the sentence."""
    ends = [len(lowered)] * len(lowered)
    stop = len(lowered)
    for index in range(len(lowered) - 1, -1, -1):
        ends[index] = stop
        if lowered[index] in _SEMICOLONS:
            stop = index
    return ends


def _is_joint(word: str, language: str) -> bool:
    return (
        word in _SEMICOLONS
        or (word in ("and", "but") and language in ("en", "und"))
        or (word in _PERSIAN_JOINTS and language in ("fa", "und"))
        or word in _ARABIC_JOINTS
        or word in _BUT.get(language, ())
    )


def _joins(lowered: list[str], words: list[str], opened: int, index: int, stop: int, language: str, word: str) -> bool:
    comma = lowered[index - 1] in _COMMAS
    if index - opened - comma < _FEWEST or stop - index - 1 < _FEWEST:
        return False
    left = lowered[max(opened, index - _SIGHT) : index]
    right = lowered[index + 1 : min(stop, index + 1 + _SIGHT)]
    if word in _SEMICOLONS:
        return True
    if word in ("and", "but"):
        return _english(left, right, words[index + 1], comma)
    if word in _PERSIAN_JOINTS and language != "ar":
        end = stop - 1 if lowered[stop - 1] in _COMMAS else stop
        return _persian(left, right, lowered[end - 2 : end])
    return len(left) - comma > _FEWEST and len(right) > _FEWEST and (comma or language == "ar")


def _english(left: list[str], right: list[str], opener: str, comma: bool) -> bool:
    if any(word in _ENGLISH_SUBORDINATE for word in left):
        return False
    if not any(_is_english_verb(word) for word in left[1:]):
        return False
    first = right[0]
    if _is_english_verb(first) or not (first in _ENGLISH_OPENERS or opener[0].isupper() or first[0].isdigit() or comma):
        return False
    for word in right[1:12]:
        if word in ("and", "who", "which", "that", "but", ","):
            return False
        if word in _ENGLISH_AUXILIARIES:
            return True
        if _is_english_verb(word):
            return not first[0].isdigit()
    return False


def _is_english_verb(word: str) -> bool:
    return (
        word in _ENGLISH_AUXILIARIES
        or word in _ENGLISH_VERBS
        or (word.endswith("ed") and len(word) > 4 and word not in _NO_PAST)
    )


def _persian(left: list[str], right: list[str], closing: list[str]) -> bool:
    last = left[-3:-1] if left[-1] in _COMMAS and len(left) > 1 else left[-2:]
    if not (_ends_in_persian_verb(last) and _ends_in_persian_verb(closing)):
        return False
    return len(right) > _FEWEST and right[0] not in _PERSIAN_SHARED and "که" not in left


def _ends_in_persian_verb(words: list[str]) -> bool:
    """Whether the last of one or two words is a verb, or what follows a prefix of verbs that stands apart."""
    word = words[-1]
    return (
        words[0] in _PERSIAN_PREFIXES
        or word.replace("ي", "ی").replace("ك", "ک") in _PERSIAN_VERBS
        or word.startswith(("می‌", "نمی‌"))
        or (
            word.startswith(("می", "نمی", "مي", "نمي"))
            and (fold_word(word) in persian_presents() or fold_word(word) in persian_imperfects())
        )
    )
