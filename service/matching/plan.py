"""From a reading to what retrieval needs: terms with weights, as data.

The weights are the part of BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009) that depends
on the text alone; the store multiplies in how rare a term is. The mean length is a constant, so that a stored weight
stays right while the corpus grows.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Final

from service.domain import CandidatePlan, IndexedPhrasing
from service.matching.profile import pack
from service.matching.reading import Reading
from service.matching.stems import stem
from service.matching.stopwords import is_stopword
from service.matching.tokens import NUMBER, SYMBOL, Token

_K1: Final = 1.2
_B: Final = 0.75
_MEAN_LENGTH: Final = 14.0
_LONGEST_TERM: Final = 64
_QUERY_TERMS: Final = 256

_JOINED: Final = "+"
"""Marks two neighbouring words written as one, so that a lost space or zero-width non-joiner costs nothing."""


def terms_of(reading: Reading) -> tuple[tuple[str, float], ...]:
    """The terms of a reading with their BM25 weights: concept keys, names, figures, and joined neighbours.

    Each term once, ordered by name; weights are positive. At most 256 terms.
    """
    counts: Counter[str] = Counter(reading.content)
    counts.update(_whole_words(reading))
    counts.update({f"@{name.key}" for name in reading.names})
    counts.update(f"#{token.text}" for token in reading.tokens if token.kind == NUMBER)
    counts.update(_joined_neighbours(reading))
    for hint in reading.hints:
        counts.setdefault(hint, 1)
    length = max(1, len(reading.content))
    scale = _K1 * (1 - _B + _B * length / _MEAN_LENGTH)
    weighted = {
        term[:_LONGEST_TERM]: count * (_K1 + 1) / (count + scale) * (0.5 if term[0] == _JOINED else 1.0)
        for term, count in counts.items()
    }
    return tuple(sorted(weighted.items()))[:_QUERY_TERMS]


def index_phrasing(reading: Reading, language: str) -> IndexedPhrasing:
    """A phrasing ready to be stored, with ``language`` as its author gave it."""
    return IndexedPhrasing(reading.text, language, reading.folded, terms_of(reading), pack(reading))


def plan_candidates(
    reading: Reading,
    *,
    urls: tuple[str, ...] = (),
    languages: tuple[str, ...] | None = None,
    limit: int = 50,
    besides: int = 0,
) -> CandidatePlan:
    """What to look for to find phrasings that may match ``reading``, at most ``limit`` of them.

    With ``besides``, up to so many further wordings of each claim found, in the language of ``reading``.
    """
    terms = tuple((term, 0.5 if term[0] == _JOINED else 1.0) for term, _ in terms_of(reading))
    return CandidatePlan(terms, reading.folded, urls, languages, limit, besides, reading.language.tag)


def _words(reading: Reading) -> list[Token]:
    return [token for token in reading.tokens if token.kind not in (NUMBER, SYMBOL)]


def _whole_words(reading: Reading) -> set[str]:
    """Stems beside concept keys: a concept the lexicon reads differently in another language is still found."""
    tag = reading.language.tag
    return {stem(token.text, tag) for token in _words(reading) if not is_stopword(token.text, tag)} - set(
        reading.content
    )


def _joined_neighbours(reading: Reading) -> set[str]:
    if reading.language.script != "Arab":
        return set()
    words = _words(reading)
    joined = {_JOINED + first.text + second.text for first, second in pairwise(words)}
    joined.update(_JOINED + word.text for word in words if len(word.text) >= 6)
    return joined
