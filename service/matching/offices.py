"""Words that tell whether somebody holds an office or did once: "former minister", «وزیر سابق», "المدير بالوكالة"."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from service.matching.folding import fold_word
from service.matching.reading import Reading

_MODIFIERS: Final[dict[str, dict[str, str]]] = {
    "en": {"former": "former ex erstwhile onetime", "acting": "acting interim caretaker", "elect": "elect"},
    "fa": {"former": "سابق پیشین اسبق", "acting": "موقت", "elect": "منتخب"},
    "ar": {
        "former": "السابق السابقة سابق سابقة سابقا السابقين السابقون الأسبق",
        "acting": "بالوكالة بالنيابة بالإنابة المؤقت المؤقتة مؤقت",
        "elect": "المنتخب المنتخبة",
    },
}
_BEHIND: Final = frozenset({"elect"})
"""English words that stand behind what they modify, as all do in Persian and Arabic."""

_REACH: Final = 4
"""How many tokens lie at most between such a word and the office: "former Iraqi oil minister"."""


@lru_cache(maxsize=8)
def _modifiers(language: str) -> dict[str, str]:
    return {fold_word(word): kind for kind, words in _MODIFIERS.get(language, {}).items() for word in words.split()}


def other_tenure(query: Reading, candidate: Reading) -> bool:
    """Whether one side alone says of an office, which both name, that it was held once, or only for the time being.

    "Former minister" against "minister"; who leaves the office out ("Obama") says nothing of the kind.
    """
    ours, theirs = list(_held(query)), list(_held(candidate))
    return _one_sided(ours, theirs, candidate) or _one_sided(theirs, ours, query)


def _one_sided(ours: list[tuple[str, set[str]]], theirs: list[tuple[str, set[str]]], other: Reading) -> bool:
    told = {kind for kind, _ in theirs}
    return any(kind not in told and not offices.isdisjoint(other.content) for kind, offices in ours)


def _held(reading: Reading) -> Iterator[tuple[str, set[str]]]:
    """Each modifier's kind with the concepts near it that it may be said of; names hold no offices."""
    tag = reading.language.tag
    known = _modifiers("en" if tag == "und" else tag)
    if not known:
        return
    keys = {place: key for place, key in zip(reading.places, reading.content, strict=True) if key[0] != "@"}
    for index, token in enumerate(reading.tokens):
        kind = known.get(token.text)
        if kind is None:
            continue
        behind = tag in ("fa", "ar") or token.text in _BEHIND
        span = range(index - _REACH, index) if behind else range(index + 1, index + 1 + _REACH)
        yield kind, {keys[place] for place in span if place in keys}
