"""Words that change what a sentence commits to: "may", "if", "almost", "only", "planned to", "accused of".

A sentence with one and the same sentence without it have other truth conditions, however few letters lie between.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from service.matching.folding import fold_word
from service.matching.tokens import Token

_WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "possibility": "may might could perhaps possibly probably likely maybe allegedly supposedly",
        "condition": "if unless whether",
        "nearness": "almost nearly barely hardly",
        "restriction": "only solely merely",
        "intention": "plans planned planning promised promises pledged vowed threatened threatens intends intended "
        "wants wanted hopes hoped proposed proposes tried attempted attempts applied refused",
        "accusation": "accused accuses suspected charged alleged",
        "pretence": "pretend pretends pretended pretending feigned",
        "help": "helped helps",
        "repetition": "again re-elected rejoined another second twice",
    },
    "fa": {
        "possibility": "شاید احتمالا احتمالاً ممکن گویا ظاهرا ظاهراً",
        "condition": "اگر چنانچه",
        "nearness": "تقریبا تقریباً نزدیک",
        "restriction": "فقط تنها صرفا صرفاً",
        "intention": "وعده تهدید قصد پیشنهاد تلاش",
        "accusation": "متهم مظنون",
    },
    "ar": {
        "possibility": "ربما يحتمل محتمل المحتمل يمكن",
        "condition": "إذا لو",
        "nearness": "كاد تكاد يكاد",
        "restriction": "فقط مجرد",
        "intention": "وعد وعدت تعهد هدد هددت يعتزم تعتزم اقترح حاول",
        "accusation": "اتهم اتهمت متهم يشتبه",
    },
}


@lru_cache(maxsize=64)
def _kinds(language: str) -> dict[str, str]:
    languages = ("en", "fa", "ar") if language == "und" else (language,)
    return {
        fold_word(word): kind
        for tag in languages
        for kind, words in _WORDS.get(tag, {}).items()
        for word in words.split()
    }


def qualifies(word: str, language: str) -> bool:
    """Whether a folded word is one of those that ``qualifiers_of`` looks for."""
    return word in _kinds(language)


def qualifiers_of(tokens: Sequence[Token], language: str, taken: frozenset[int]) -> frozenset[str]:
    """The kinds of qualification in a text. ``taken``: token indexes that a figure or a date already accounts for."""
    kinds = _kinds(language)
    found = {kinds[token.text] for index, token in enumerate(tokens) if token.text in kinds and index not in taken}
    return frozenset(found)


def known_language(language: str) -> bool:
    """Whether there are words for this language, so that their absence from a text means something."""
    return language in _WORDS or language == "und"
