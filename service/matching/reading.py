"""A text in, a ``Reading`` out: everything the comparison needs to know of a statement, each part with its place.

Pure: the same text, language hint and anchor give the same reading.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from service.matching.attribution import Attribution, read_attribution
from service.matching.dates import DateMention, read_dates
from service.matching.directions import Direction
from service.matching.folding import fold, fold_word
from service.matching.language import Language, identify
from service.matching.names import Name, read_names
from service.matching.noise import noise_spans, tag_words
from service.matching.polarity import Polarity, read_polarity
from service.matching.qualifiers import qualifiers_of
from service.matching.quantities import read_quantities
from service.matching.quantity_comparison import Quantity
from service.matching.stopwords import is_stopword, stopwords
from service.matching.synonyms import canonical, read_concepts
from service.matching.tokens import NUMBER, SYMBOL, Token, tokenize

FEWEST_WORDS: Final = 3
"""A text with fewer words and no figure in it does not say enough to be judged."""


_CHANGES: Final = frozenset({"change", "amount", "outcome", "success", "decision"})

_KNOWN: Final = ("place:", "org:", "person:")
"""Names that the gazetteer knows stand in the content by their key, so that every spelling and language meets."""


_DIGITS: Final = frozenset("0123456789")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a statement says.

    ``content``: concept keys of the words that carry the meaning, in order, without function words, figures, dates and
    negations; ``surface``: the words behind them, and ``places`` the index of the first token of each, same length.
    ``loose_digits``: figures, and words with a digit, that no reader took, so that a changed digit is never overlooked.
    ``hints``: concept keys of the words in hashtags and @names, which state nothing but tell the topic. ``negated`` is
    the net polarity of the statement. ``too_vague``: the text is too short to be judged, unless it repeats a known
    phrasing. ``qualifiers``: the kinds of words that change what the sentence commits to ("may", "only").
    """

    text: str
    folded: str
    language: Language
    tokens: tuple[Token, ...]
    content: tuple[str, ...]
    surface: tuple[str, ...]
    places: tuple[int, ...]
    quantities: tuple[Quantity, ...]
    dates: tuple[DateMention, ...]
    names: tuple[Name, ...]
    polarity: Polarity
    attribution: Attribution | None
    loose_digits: tuple[str, ...]
    hints: tuple[str, ...]
    qualifiers: frozenset[str]
    too_vague: bool

    @property
    def negated(self) -> bool:
        """Whether the statement as a whole denies what its words name."""
        return self.polarity.negated

    @property
    def directions_of_change(self) -> tuple[Direction, ...]:
        """The words that say which way something went: up or down, won or lost, passed or failed."""
        return tuple(each for each in self.polarity.directions if each.axis in _CHANGES)


def read(text: str, hint: str | None = None, anchor: date | None = None) -> Reading:
    """Read one statement.

    ``hint`` is a BCP 47 tag the caller believes in; ``anchor`` the day from which "last year" is counted. Any string
    is accepted; the time taken is proportional to its length.
    """
    noise = noise_spans(text)
    tokens = _outside(tokenize(text), noise) if noise else tokenize(text)
    language = identify(text, tokens, hint)
    tag = language.tag
    attribution = read_attribution(tokens, tag)
    dates = read_dates(tokens, tag, anchor)
    taken = frozenset(index for each in dates for index in range(each.first, each.last + 1)) if dates else frozenset()
    quantities = read_quantities(tokens, tag, taken)
    if any(_is_stray_year(each) for each in quantities):
        dates += tuple(_year(each) for each in quantities if _is_stray_year(each))
        quantities = tuple(each for each in quantities if not _is_stray_year(each))
        taken = frozenset(index for each in dates for index in range(each.first, each.last + 1))
    polarity = read_polarity(tokens, tag)
    names = read_names(tokens, tag, text)
    figures = taken
    if attribution is not None:
        frame = range(attribution.first, attribution.last + 1)
        taken |= frozenset(frame)
        names = tuple(name for name in names if name.first not in frame)
    content, surface, places, loose = _content(tokens, tag, taken, figures, quantities, polarity, names)
    words = sum(1 for token in tokens if token.kind != SYMBOL)
    too_vague = not content or ((words < FEWEST_WORDS or len(content) < 2) and not quantities and not dates)
    return Reading(
        text, fold(text), language, tuple(tokens), content, surface, places, quantities, dates, names, polarity,
        attribution, loose, _hints(text, tag), qualifiers_of(tokens, tag, _accounted(figures, quantities)),
        too_vague,
    )  # fmt: skip


@lru_cache(maxsize=32_768)
def read_known(text: str, hint: str | None, anchor: date | None) -> Reading:
    """``read`` for stored phrasings, which come back often: the last 32,768 readings are kept."""
    return read(text, hint, anchor)


def _outside(tokens: list[Token], spans: tuple[tuple[int, int], ...]) -> list[Token]:
    """The tokens that do not begin in one of ``spans``; both are in order."""
    kept: list[Token] = []
    following = iter(spans)
    start, end = next(following)
    for token in tokens:
        while end <= token.start:
            start, end = next(following, (sys.maxsize, sys.maxsize))
        if token.start < start:
            kept.append(token)
    return kept


def _accounted(dates: frozenset[int], quantities: tuple[Quantity, ...]) -> frozenset[int]:
    return dates.union(index for each in quantities for index in range(each.first, each.last + 1))


def _hints(text: str, tag: str) -> tuple[str, ...]:
    words = (fold_word(word) for word in tag_words(text))
    return tuple(dict.fromkeys(canonical(word, tag) for word in words if word and not is_stopword(word, tag)))


def _is_stray_year(quantity: Quantity) -> bool:
    """Whether a bare number that counts nothing can only be a year ("2024 was the warmest on record")."""
    return (
        quantity.unit is None
        and not quantity.counted
        and quantity.comparator == "="
        and quantity.upper is None
        and quantity.first == quantity.last
        and quantity.end - quantity.start == 4
        and 1900 <= quantity.value <= 2100
    )


def _year(quantity: Quantity) -> DateMention:
    year = int(quantity.value)
    return DateMention(
        year, None, None, "year", date(year, 1, 1), date(year, 12, 31), "=", False,
        quantity.text, quantity.start, quantity.end, quantity.first, quantity.last,
    )  # fmt: skip


def _content(
    tokens: list[Token],
    tag: str,
    taken: frozenset[int],
    figures: frozenset[int],
    quantities: tuple[Quantity, ...],
    polarity: Polarity,
    names: tuple[Name, ...],
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[int, ...], tuple[str, ...]]:
    used = set(taken)
    in_figures = set(figures)
    for quantity in quantities:
        span = range(quantity.first, quantity.last + 1)
        used.update(span)
        in_figures.update(span)
    for quantity in quantities:
        if quantity.counted:
            used.difference_update(
                index for index in range(quantity.first, quantity.last + 1) if tokens[index].text in quantity.counted
            )
    for cue in polarity.cues:
        used.update(range(cue.first, cue.last + 1))
    stop = stopwords(tag)
    known = {index: name for name in names if name.key.startswith(_KNOWN) for index in range(name.first, name.last + 1)}
    keys: list[str] = []
    surfaces: list[str] = []
    places: list[int] = []
    loose = [
        token.text
        for index, token in enumerate(tokens)
        if not token.text.isalpha() and index not in in_figures and not _DIGITS.isdisjoint(token.text)
    ]
    for key, first, last in read_concepts(tokens, tag):
        token = tokens[first]
        name = known.get(first)
        if name is not None:
            if name.first == first:
                keys.append(f"@{name.key}")
                surfaces.append(name.text)
                places.append(first)
        elif first in used or token.kind in (SYMBOL, NUMBER):
            continue
        elif first == last:
            if token.text not in stop:
                keys.append(key)
                surfaces.append(token.original)
                places.append(first)
        else:
            keys.append(key)
            surfaces.append(" ".join(each.original for each in tokens[first : last + 1]))
            places.append(first)
    return tuple(keys), tuple(surfaces), tuple(places), tuple(loose)
