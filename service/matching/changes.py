"""Whether a figure tells where something came to, where it came from, or by how much it changed.

"Fell to 5 percent" and "fell by 5 percent" have their words and their figure in common, and say different things.
"""

from __future__ import annotations

from typing import Final

from service.matching.folding import folded_words
from service.matching.pairing import Pair
from service.matching.quantity_comparison import Quantity
from service.matching.reading import Reading

_TO, _FROM, _BY = "to", "from", "by"


_BEFORE: Final = {
    "en": {_TO: folded_words("to at reached hit"), _FROM: folded_words("from"), _BY: folded_words("by")},
    "fa": {_TO: folded_words("به تا"), _FROM: folded_words("از"), _BY: frozenset[str]()},
    "ar": {
        _TO: folded_words("إلى الى لتصل ليصل ليبلغ لتبلغ عند"),
        _FROM: folded_words("من"),
        _BY: folded_words("بنسبة بمقدار بواقع بمعدل بنحو بحوالي ب"),
    },
}
_PASSED_OVER: Final = {
    "en": folded_words("about around nearly almost a an the just only some over under more less than record at least"),
    "fa": folded_words("حدود تقریبا نزدیک حدودا"),
    "ar": folded_words("نحو حوالي قرابة"),
}
"""Words between the preposition and the figure."""

_COMPARING: Final = folded_words("بیش بیشتر کمتر پس پیش أكثر أقل أكبر")
"""Before «از» and "من" these make a comparison, and no place that something came from."""

_SIGHT: Final = 4
_SHARES: Final = frozenset({"percent", "percentage_point", "ratio"})


def moved_otherwise(query: Reading, candidate: Reading, pairs: tuple[Pair[Quantity], ...]) -> bool:
    """Whether an equal figure is the end of a change on one side, and its beginning or its size on the other."""
    if not query.directions_of_change or not candidate.directions_of_change:
        return False
    for pair in pairs:
        if pair.outcome == "conflict":
            continue
        ours, theirs = _part(query, pair.query), _part(candidate, pair.candidate)
        if ours and theirs and ours != theirs:
            return True
    return False


def _part(reading: Reading, quantity: Quantity) -> str | None:
    """What part in a change a figure has; None where that is not plain."""
    tag = reading.language.tag
    tag = "en" if tag == "und" else tag
    if tag not in _BEFORE:
        return None
    words = [token.text for token in reading.tokens]
    moves = {each.first for each in reading.directions_of_change}
    place = quantity.first
    for index in range(quantity.first, max(-1, quantity.first - _SIGHT), -1):
        # A preposition may have been read as a part of the figure ("from 5", "at least").
        for part, heads in _BEFORE[tag].items():
            if words[index] in heads:
                compared = index and words[index - 1] in _COMPARING
                return None if compared else part
        if index < quantity.first and words[index] not in _PASSED_OVER[tag]:
            break
        place = index
    if quantity.unit not in _SHARES:
        return None
    near = {place - 1, quantity.last + 1} if tag == "fa" else {place - 1}
    return _BY if near & moves else None
