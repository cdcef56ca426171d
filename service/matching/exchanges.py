"""Words that stand in another one's place: what is left over when two statements have paired their words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from service.matching.alignment import Alignment, exchange
from service.matching.kindred import Kindred, kindred
from service.matching.reading import Reading
from service.matching.roles import order_tells
from service.matching.synonyms import MARK

_TOO_MANY: Final = 3
"""With so many words on each side that the other one lacks, one of them is likely to stand for another."""

_VERB_FIRST: Final = frozenset({"ar"})
"""Languages where what belongs to a word follows it, and whole phrases move: only the word before makes a place."""


def exchanged(query: Reading, candidate: Reading, words: Alignment) -> bool:
    """Whether a word of one side stands for another one of the other side.

    Where the order of words differs, or says little in that language, words stand in one place when the same shared
    word is before both, or behind both. The ends of a text count as words. Across languages any word that each side has
    alone counts.
    """
    if not words.only_query or not words.only_candidate:
        return _asks_who(query, candidate, words.only_candidate) or _asks_who(candidate, query, words.only_query)
    if query.language.tag != candidate.language.tag:
        return _stand_in(query, candidate, words)
    if order_tells(query.language.tag) and all(before < after for (_, before), (_, after) in pairwise(words.partners)):
        return words.exchanged
    return _in_one_place(query, candidate, words)


def _asks_who(asking: Reading, other: Reading, alone: Sequence[str]) -> bool:
    """Whether one side says "who" where the other one begins with a word that it has alone, and so says who."""
    return (
        bool(alone)
        and asking.tokens[0].text == "who"
        and other.places[:1] == (0,)
        and other.surface[0] == alone[0]
        and asking.language.tag in ("en", "und")
    )


def _in_one_place(query: Reading, candidate: Reading, words: Alignment) -> bool:
    """Whether words that each side has alone stand beside the same shared words."""
    tag = query.language.tag
    lexicon = kindred(tag)
    ours = _runs_alone(query, [place for place, _ in words.partners])
    theirs = _runs_alone(candidate, sorted([place for _, place in words.partners]))
    alone = [sum(key not in lexicon.empty for _, _, run in runs for key in run) for runs in (ours, theirs)]
    if min(alone) >= _TOO_MANY or (_has_concept(ours, lexicon) and _has_concept(theirs, lexicon)):
        return True
    partners = {-1: -1, len(query.content): len(candidate.content), **dict(words.partners)}
    for first, last, run in ours:
        # A word that was set against a frame has no place on the other side.
        behind, ahead = partners.get(first, -2), partners.get(last, -2)
        for before, after, rival in theirs:
            beside = behind == before or (ahead == after and tag not in _VERB_FIRST)
            # "Gold rises", "rises oil": the subject stands before or after the verb that opens the other text.
            beside = beside or (first == -1 and ahead == before == 0)
            beside = beside or (before == -1 and first == 0 and behind == after)
            if beside and exchange(run, rival, lexicon, lexicon):
                return True
    return False


def _has_concept(runs: Sequence[tuple[int, int, Sequence[str]]], lexicon: Kindred) -> bool:
    """Whether a word without a partner is a known concept: "killed" and "injured" are two, wherever they stand."""
    return any(key.startswith(MARK) and key not in lexicon.light for _, _, run in runs for key in run)


def _runs_alone(reading: Reading, paired: Sequence[int]) -> list[tuple[int, int, Sequence[str]]]:
    """The words without a partner, run by run, each with the places of the shared words around it."""
    ends = [-1, *paired, len(reading.content)]
    return [
        (before, after, reading.content[before + 1 : after]) for before, after in pairwise(ends) if after - before > 1
    ]


def _stand_in(query: Reading, candidate: Reading, words: Alignment) -> bool:
    """Whether any word that one side has alone may stand for one that the other side has alone."""
    ours = {place for place, _ in words.partners}
    theirs = {place for _, place in words.partners}
    return exchange(
        [key for place, key in enumerate(query.content) if place not in ours],
        [key for place, key in enumerate(candidate.content) if place not in theirs],
        kindred(query.language.tag),
        kindred(candidate.language.tag),
    )


_NONE_OF: Final = frozenset({"no", "any", "zero"})


def narrows_denial(query: Reading, candidate: Reading, words: Alignment) -> tuple[bool, bool]:
    """Whether the query, and whether the candidate, denies less: "no exhaust emissions" against "no emissions".

    Under a denial more words make a weaker statement. Only a word that stands directly before the denied noun, in
    English, where that noun on the other side is denied without it.
    """
    if not words.only_query and not words.only_candidate:
        return False, False
    partners = dict(words.partners)
    return (
        _restricts(query, candidate, partners),
        _restricts(candidate, query, {there: here for here, there in words.partners}),
    )


def _restricts(reading: Reading, other: Reading, partners: dict[int, int]) -> bool:
    if reading.language.tag not in ("en", "und") or len(partners) == len(reading.content):
        return False
    places = reading.places
    for place, index in enumerate(places[:-1]):
        if place in partners or place + 1 not in partners or index == 0:
            continue
        if places[place + 1] != index + 1 or reading.tokens[index - 1].text not in _NONE_OF:
            continue
        noun = other.places[partners[place + 1]]
        if noun and other.tokens[noun - 1].text in _NONE_OF:
            return True
    return False
