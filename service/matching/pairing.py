"""Setting figures against figures and dates against dates: which agree, which exclude each other, which stand alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Generic, NamedTuple, TypeVar

from service.matching.dates import DateMention, compare_dates
from service.matching.quantity_comparison import Quantity, compare_quantities
from service.matching.synonyms import canonical

T = TypeVar("T")

_ORDER: Final = {
    "equal": 0, "compatible": 1, "overlap": 2, "inside": 3, "contains": 3, "unknown": 4, "conflict": 5,
}  # fmt: skip
"""Best agreement first; the same from both sides, so that two texts pair alike whichever comes first."""


class Pair(NamedTuple, Generic[T]):
    """Two parts of the same kind, and how the query's stands to the candidate's."""

    query: T
    candidate: T
    outcome: str


class Pairing(NamedTuple, Generic[T]):
    """All parts of one kind: the pairs, and what only one side says."""

    pairs: tuple[Pair[T], ...]
    only_query: tuple[T, ...]
    only_candidate: tuple[T, ...]

    @property
    def conflicts(self) -> tuple[Pair[T], ...]:
        """The pairs that cannot both be true."""
        return tuple([pair for pair in self.pairs if pair.outcome == "conflict"])


NOTHING: Final[Pairing[Any]] = Pairing((), (), ())
"""Where neither side says anything of a kind."""


def pair_quantities(
    query: Sequence[Quantity], candidate: Sequence[Quantity], language: str, candidate_language: str | None = None
) -> Pairing[Quantity]:
    """Pair quantities of the same kind, the best agreement first; what is counted breaks ties.

    Two quantities that exclude each other are a conflict only when they can be about the same thing: comparable
    units, and counted words that overlap or are missing on one side. ``language`` is that of the query, and of the
    candidate where it has none of its own.
    """
    if not query or not candidate:
        return Pairing((), tuple(query), tuple(candidate)) if query or candidate else NOTHING
    languages = language, candidate_language or language
    lone = len(query) == len(candidate) == 1

    def outcome(left: Quantity, right: Quantity) -> tuple[str, float]:
        how = compare_quantities(left, right)
        if how == "different":
            return how, 0.0
        if how == "conflict" and _may_be_year(left) != _may_be_year(right):
            return "different", 0.0
        # Where there is but one pair no tie has to be broken.
        likeness = 0.0 if lone and how != "conflict" else _counted_alike(left, right, languages)
        if how == "conflict" and likeness < 0.0:
            return "different", 0.0
        if how == "compatible" and left.comparator == right.comparator == "~" and not _near(left.value, right.value):
            return "unknown", likeness
        return how, likeness

    return _pair(query, candidate, outcome)


def pair_dates(query: Sequence[DateMention], candidate: Sequence[DateMention]) -> Pairing[DateMention]:
    """Pair dates, the best agreement first. Two dates left over that exclude each other are a conflict.

    Where one side has more dates than the other, nobody knows which of them the other one leaves out: what excludes
    each other there is ``unknown``.
    """
    if not query or not candidate:
        return Pairing((), tuple(query), tuple(candidate)) if query or candidate else NOTHING
    uneven = len(query) != len(candidate)

    def outcome(left: DateMention, right: DateMention) -> tuple[str, float]:
        how = compare_dates(left, right)
        return ("unknown" if uneven and how == "conflict" else how), 0.0

    return _pair(query, candidate, outcome)


def _pair(query: Sequence[T], candidate: Sequence[T], outcome: Callable[[T, T], tuple[str, float]]) -> Pairing[T]:
    """Pair two sides of which neither is empty."""
    if len(query) == len(candidate) == 1:
        how, _ = outcome(query[0], candidate[0])
        return (
            Pairing((Pair(query[0], candidate[0], how),), (), ())
            if how in _ORDER
            else Pairing((), tuple(query), tuple(candidate))
        )
    ranked: list[tuple[int, float, int, int, int, int, str]] = []
    for left_place, left in enumerate(query):
        for right_place, right in enumerate(candidate):
            how, likeness = outcome(left, right)
            order = _ORDER.get(how)
            if order is not None:
                apart = abs(left_place - right_place)
                ranked.append((order, -likeness, apart, left_place + right_place, left_place, right_place, how))
    ranked.sort()
    pairs: list[Pair[T]] = []
    left_used: set[int] = set()
    right_used: set[int] = set()
    for *_, left_place, right_place, how in ranked:
        if left_place not in left_used and right_place not in right_used:
            left_used.add(left_place)
            right_used.add(right_place)
            pairs.append(Pair(query[left_place], candidate[right_place], how))
    return Pairing(
        tuple(pairs),
        tuple(each for place, each in enumerate(query) if place not in left_used),
        tuple(each for place, each in enumerate(candidate) if place not in right_used),
    )


MEMBERS: Final = frozenset({"عنصر", "عناصر", "عنصرا"})
"""Persian and Arabic words for members of whatever the next word names: «۳۹ عنصر تروریستی» are 39 terrorists."""


def _near(one: float, other: float) -> bool:
    return abs(one - other) <= 0.01 * max(abs(one), abs(other))


def _may_be_year(quantity: Quantity) -> bool:
    """Whether a number reads like a year ("Biden's 2020 total"), so that it is no rival of a count."""
    return quantity.unit is None and 1900 <= quantity.value <= 2100 and quantity.text.strip().isdigit()


def _counted_alike(left: Quantity, right: Quantity, languages: tuple[str, str]) -> float:
    """1 for shared counted words, 0 where a side is silent, -1 where they count different things."""
    if not left.counted or not right.counted:
        return 0.0
    if not MEMBERS.isdisjoint(left.counted) or not MEMBERS.isdisjoint(right.counted):
        return 0.0
    ours = {canonical(word, languages[0]) for word in left.counted}
    theirs = {canonical(word, languages[1]) for word in right.counted}
    if ours & theirs:
        return 1.0
    if left.unit is not None and left.unit == right.unit and left.unit not in ("person", "label", "ordinal"):
        return 0.0
    return -1.0
