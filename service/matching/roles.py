"""Who did it to whom: two statements with the same words and the names changed round say opposite things."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from service.matching.folding import fold_word
from service.matching.names import Name
from service.matching.tokens import Token

_LONGEST_GAP: Final = 6
"""With more words than this between two names, their order says little about their roles."""


def _folded(*words: str) -> frozenset[str]:
    return frozenset(fold_word(word) for word in words)


_LINKS: Final = _folded(
    "and", "or", "with", "between", "from", "in", "into", "to", "at", "near", "on", "of", "for", "than", "both",
    "و", "یا", "با", "بین", "از", "در", "به", "برای", "میان",
    "أو", "مع", "بين", "من", "في", "إلى", "على", "عن", "وبين",
    "y", "o", "con", "entre", "de", "en", "et", "ou", "avec", "dans", "und", "oder", "mit", "zwischen", "von",
)  # fmt: skip
"""Between two names, these make a list, a place or a comparison: the order of the names carries no role."""

_PASSIVE: Final = _folded("by", "توسط", "por", "par", "durch", "قبل", "يد")


def ordered_pairs(names: Sequence[Name], tokens: Sequence[Token]) -> frozenset[tuple[str, str]]:
    """Neighbouring names that act on each other, as (actor, acted on) keys.

    Only names of one kind (two countries, two people) with a word between them that is no mere link; a passive marker
    between them turns the pair round.
    """
    pairs: set[tuple[str, str]] = set()
    for first, second in pairwise(names):
        between = [token.text for token in tokens[first.last + 1 : second.first]]
        if not 0 < len(between) <= _LONGEST_GAP or first.kind != second.kind or first.key == second.key:
            continue
        if not _PASSIVE.isdisjoint(between):
            pairs.add((second.key, first.key))
        elif _LINKS.isdisjoint(between):
            pairs.add((first.key, second.key))
    return frozenset(pairs)


def reversed_pair(
    query: Sequence[Name], query_tokens: Sequence[Token], candidate: Sequence[Name], candidate_tokens: Sequence[Token]
) -> tuple[str, str] | None:
    """The (actor, acted on) of the query whose roles the candidate changes round, or None."""
    if len(query) < 2 or len(candidate) < 2:
        return None
    theirs = ordered_pairs(candidate, candidate_tokens)
    if not theirs:
        return None
    ours = ordered_pairs(query, query_tokens)
    for actor, patient in sorted(ours):
        if (patient, actor) in theirs and (actor, patient) not in theirs and (patient, actor) not in ours:
            return actor, patient
    return None
