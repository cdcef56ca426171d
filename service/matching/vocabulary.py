"""What the readers want to know of a word before they look at it, worked out once for each word and language.

A text goes through one table once; each reader then starts from the places where it has something to look at, and the
words in between cost it nothing. The table only saves time: a reader that is handed no places finds the same ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from service.matching.attribution import frames_claim
from service.matching.dates import begins_date
from service.matching.directions import may_tell_direction
from service.matching.names import begins_name
from service.matching.negation import may_deny
from service.matching.qualifiers import qualifies
from service.matching.quantities import begins_quantity
from service.matching.stopwords import is_stopword
from service.matching.synonyms import canonical, heads_phrase, in_capitals
from service.matching.tokens import WORD, Token

_DIGITS: Final = frozenset("0123456789")
_LONGEST_WORD: Final = 48
_MOST_WORDS: Final = 32_768
"""What is remembered for a language: words up to so many characters, and so many of them."""


class Hits(NamedTuple):
    """Where the readers of a text have something to look at: indexes of tokens, ascending.

    ``dates``, ``quantities``, ``names``, ``phrases``: where one may begin, phrases being concepts of several words;
    ``directed`` and ``denying``: where a direction word or a denial may; ``framing``: words that could say who makes
    the claim; ``qualifying``: words that change what the sentence commits to; ``digits``: tokens that hold a digit;
    ``capitals``: words that mean something else in capitals.
    """

    dates: list[int]
    quantities: list[int]
    names: list[int]
    phrases: list[int]
    directed: list[int]
    denying: list[int]
    framing: list[int]
    qualifying: list[int]
    digits: list[int]
    capitals: list[int]


_NAMES: Final = Hits._fields.index("names")

Words = list[tuple[int, str]]
"""The words of a text that are no function words: index and concept key of each."""

_Entry = tuple[tuple[int, ...], str]
"""The fields of ``Hits`` that a word belongs to, and its concept key, "" for a function word."""


class _Vocabulary(dict[str, _Entry]):
    """The words of one language, added when they are first met."""

    def __init__(self, language: str, arabic: bool) -> None:
        super().__init__()
        self._language = language
        self._arabic = arabic

    def __missing__(self, word: str) -> _Entry:
        language = self._language
        belongs = (
            begins_date(word, language, self._arabic),
            begins_quantity(word, language),
            begins_name(word, language),
            heads_phrase(word, language),
            may_tell_direction(word, language),
            may_deny(word, language),
            frames_claim(word, language),
            qualifies(word, language),
            not _DIGITS.isdisjoint(word),
            in_capitals(word, language) is not None,
        )
        key = "" if is_stopword(word, language) else canonical(word, language)
        entry = tuple(field for field, member in enumerate(belongs) if member), key
        if len(word) <= _LONGEST_WORD:
            if len(self) >= _MOST_WORDS:
                self.clear()
            self[word] = entry
        return entry


@lru_cache(maxsize=24)
def _vocabulary(language: str, arabic: bool) -> _Vocabulary:
    return _Vocabulary(language, arabic)


def look_up(tokens: Sequence[Token], texts: Sequence[str], language: str) -> tuple[Hits, Words]:
    """Look up every token once; ``texts`` is ``[token.text for token in tokens]``.

    ``language`` is a primary subtag or "und". Linear in the number of tokens.
    """
    known = _vocabulary(language, language == "und" and _in_arabic_script(tokens))
    lists: list[list[int]] = [[] for _ in Hits._fields]
    words: Words = []
    for index, word in enumerate(texts):
        fields, key = known[word]
        for field in fields:
            lists[field].append(index)
        token = tokens[index]
        original = token[4]
        # A word that is written as it is folded has no capital; the tokenizer gives it but one string.
        if word is not original and original[0].isupper() and _NAMES not in fields:
            lists[_NAMES].append(index)
        if key and token[3] == WORD:
            words.append((index, key))
    hits = Hits._make(lists)
    shouted = {index for index in hits.capitals if tokens[index].original.isupper()} if hits.capitals else ()
    if shouted:
        words = [(at, in_capitals(texts[at], language) or key) if at in shouted else (at, key) for at, key in words]
    return hits, words


def _in_arabic_script(tokens: Sequence[Token]) -> bool:
    """Whether the first word is in Arabic script."""
    return next(("\u0600" <= token[0][0] <= "\u06ff" for token in tokens if token[3] == WORD), False)
