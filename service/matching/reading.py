"""A text in, a ``Reading`` out: everything the comparison needs to know of a statement, each part with its place.

Pure: the same text, language hint and anchor give the same reading.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from service.matching.attribution import Attribution, read_attribution
from service.matching.corrections import uncorrected
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
from service.matching.stopwords import is_stopword
from service.matching.synonyms import Concept, canonical, concept_phrases
from service.matching.tokens import SYMBOL, WORD, Token, tokenize
from service.matching.vocabulary import Words, look_up

FEWEST_WORDS: Final = 3
"""A text with fewer words and no figure in it does not say enough to be judged."""


_CHANGES: Final = frozenset({"change", "amount", "outcome", "success", "decision"})

_NONE: Final[frozenset[int]] = frozenset()
_NO_QUALIFIERS: Final[frozenset[str]] = frozenset()

_KNOWN: Final = ("place:", "org:", "person:")
"""Names that the gazetteer knows stand in the content by their key, so that every spelling and language meets."""


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
    tokens = tokens_of(text)
    texts = [token[0] for token in tokens]
    language = identify(text, tokens, hint)
    tag = language.tag
    hits, words = look_up(tokens, texts, tag)
    attribution = read_attribution(tokens, tag, texts) if hits.framing else None
    dates = read_dates(tokens, tag, anchor, hits.dates) if hits.dates else ()
    dated = _covered(dates)
    quantities = read_quantities(tokens, tag, dated, hits.quantities) if hits.quantities else ()
    years = [each for each in quantities if _is_stray_year(each)]
    if years:
        dates += tuple(map(_year, years))
        quantities = tuple(each for each in quantities if not _is_stray_year(each))
        dated = _covered(dates)
    polarity = read_polarity(tokens, tag, texts, hits.directed, hits.denying)
    names = read_names(tokens, tag, text, hits.names)
    accounted = taken = dated | _covered(quantities)
    if attribution is not None:
        frame = range(attribution.first, attribution.last + 1)
        taken = accounted.union(frame)
        names = tuple(name for name in names if name.first not in frame)
    used = _used(tokens, taken, quantities, polarity)
    phrases = concept_phrases(tokens, texts, tag, hits.phrases) if hits.phrases else []
    content, surface, places = _content(tokens, words, phrases, names, used)
    loose = tuple([texts[index] for index in hits.digits if index not in accounted])
    said = len([token for token in tokens if token[3] != SYMBOL])
    too_vague = not content or ((said < FEWEST_WORDS or len(content) < 2) and not quantities and not dates)
    return Reading(
        text, fold(text), language, tuple(tokens), content, surface, places, quantities, dates, names, polarity,
        attribution, loose, _hints(text, tag),
        qualifiers_of(tokens, tag, accounted, texts, hits.qualifying) if hits.qualifying else _NO_QUALIFIERS, too_vague,
    )  # fmt: skip


def tokens_of(text: str) -> list[Token]:
    """The tokens that a text is read from: all but those of links and the like, and of figures taken back at once."""
    noise = noise_spans(text)
    return uncorrected(_outside(tokenize(text), noise) if noise else tokenize(text))


@lru_cache(maxsize=32_768)
def read_known(text: str, hint: str | None, anchor: date | None) -> Reading:
    """``read`` for stored phrasings, which come back often: the last 32,768 readings are kept."""
    return read(text, hint, anchor)


def _covered(parts: Sequence[DateMention] | Sequence[Quantity]) -> frozenset[int]:
    """The indexes of the tokens that parts of a text stand on."""
    return frozenset().union(*[range(each.first, each.last + 1) for each in parts]) if parts else _NONE


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


def _hints(text: str, tag: str) -> tuple[str, ...]:
    tags = tag_words(text)
    if not tags:
        return ()
    words = map(fold_word, tags)
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


def _used(tokens: list[Token], taken: frozenset[int], quantities: tuple[Quantity, ...], polarity: Polarity) -> set[int]:
    """The tokens whose meaning other parts of the reading carry; what a quantity counts is said by its word as well."""
    used = set(taken)
    for quantity in quantities:
        counted = quantity.counted
        if counted:
            for index in range(quantity.first, quantity.last + 1):
                if tokens[index].text in counted:
                    used.discard(index)
    for cue in polarity.cues:
        used.update(range(cue.first, cue.last + 1))
    return used


def _content(
    tokens: list[Token], words: Words, phrases: list[Concept], names: tuple[Name, ...], used: set[int]
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[int, ...]]:
    """Keys, surfaces and places of the words that carry the meaning; a known name stands for the words in it."""
    known = [name for name in names if name.key.startswith(_KNOWN)]
    for name in known:
        used.update(range(name.first, name.last + 1))
    parts: list[tuple[int, str, str]] = []
    if phrases:
        # A name that begins within a phrase has no place of its own.
        inside = {index for _, first, last in phrases for index in range(first + 1, last + 1)}
        known = [name for name in known if name.first not in inside]
        for key, first, last in phrases:
            if first not in used and tokens[first].kind == WORD:
                parts.append((first, key, " ".join([token.original for token in tokens[first : last + 1]])))
            used.update(range(first, last + 1))
    parts += [(name.first, f"@{name.key}", name.text) for name in known]
    parts += [(index, key, tokens[index][4]) for index, key in words if index not in used]
    parts.sort()
    return (
        tuple([key for _, key, _ in parts]),
        tuple([surface for _, _, surface in parts]),
        tuple([place for place, _, _ in parts]),
    )
