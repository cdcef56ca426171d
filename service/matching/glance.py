"""What two statements show before their words are aligned: all that the score is made of, and nothing of the relation.

A glance costs a small part of a comparison. It also tells how high the score can get at most, so that of the wordings
found for a text only those are compared that can be part of the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from service.matching.dates import DateMention
from service.matching.model import SAME, Features, with_names
from service.matching.name_comparison import compare_names
from service.matching.name_values import Name, NameComparison
from service.matching.pairing import NOTHING, Pairing, pair_dates, pair_quantities
from service.matching.profile import Profile
from service.matching.quantity_comparison import Quantity
from service.matching.relevance import Incoming, regardless_of_clashes, relevance


class Glance(NamedTuple):
    """``repeats``: both are one text, but for what folding takes away."""

    features: Features
    quantities: Pairing[Quantity]
    dates: Pairing[DateMention]
    names: NameComparison
    repeats: bool

    @property
    def clashes(self) -> bool:
        """Whether the features depend on the relation: statements that contradict each other speak of one thing."""
        return bool(self.features.figures_clash or self.features.dates_clash)

    @property
    def most(self) -> Features:
        """The features that make for the highest score which any relation can give."""
        return regardless_of_clashes(self.features)


class Glimpse(NamedTuple):
    """A glance before names are compared. ``features``: as if neither side had any; ``ours`` and ``theirs``: them."""

    features: Features
    quantities: Pairing[Quantity]
    dates: Pairing[DateMention]
    ours: Sequence[Name]
    theirs: Sequence[Name]
    repeats: bool

    def with_names(self, kinds: tuple[bool, bool]) -> Features:
        """``Glance.most`` with as many names as there can be that both have, and that exclude each other, or with none.

        ``kinds``: which of the two.
        """
        paired = min(len(self.ours), len(self.theirs))
        shared, clash = kinds
        return with_names(regardless_of_clashes(self.features), paired * shared, paired * clash)

    def glance(self) -> Glance:
        """The same with the names compared."""
        if self.repeats:
            return _REPEATED
        names = compare_names(self.ours, self.theirs)
        features = with_names(self.features, len(names.shared), len(names.conflicts))
        return Glance(features, self.quantities, self.dates, names, False)


def glimpse(
    query: Incoming, candidate: Profile, retrieved: float | None = None, letters: float | None = None
) -> Glimpse:
    """Set a stored statement beside an incoming one. ``letters``: the cosine of their letters, where it is known.

    ``retrieved``: the BM25 score that found the candidate.
    """
    ours = query.profile
    if ours.folded == candidate.folded and _same_beneath(ours, candidate):
        return _SEEN_BEFORE
    quantities = pair_quantities(ours.quantities, candidate.quantities, ours.language, candidate.language)
    dates = pair_dates(ours.dates, candidate.dates)
    if letters is None:
        letters = query.alike(candidate)
    features = relevance(query, candidate, letters, quantities, dates, retrieved)
    return Glimpse(features, quantities, dates, ours.names, candidate.names, False)


_SEEN_BEFORE: Final = Glimpse(SAME, NOTHING, NOTHING, (), (), True)
_REPEATED: Final = Glance(SAME, NOTHING, NOTHING, NameComparison((), (), (), ()), True)


def _same_beneath(query: Profile, candidate: Profile) -> bool:
    """Whether texts that fold alike also read alike: capitals can tell names apart, and "last year" moves."""
    if query.anchored:
        return all(one.earliest == other.earliest for one, other in zip(query.dates, candidate.dates, strict=False))
    return query.text == candidate.text or [each.key for each in query.names] == [each.key for each in candidate.names]
