"""What keeps two statements apart that have their words in common, each with what an editor is told of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from service.matching.changes import moved_otherwise
from service.matching.exchanges import exchanged
from service.matching.guards import (
    Parts,
    counts_another,
    labels_of,
    one_sided_direction,
    other_commitment,
    shifted,
)
from service.matching.offices import other_tenure
from service.matching.plurals import one_against_several
from service.matching.reading import Reading
from service.matching.relators import either_or_both, stands_otherwise
from service.matching.roles import roles_changed
from service.matching.tenses import other_time
from service.matching.voices import other_voice

_Distinction = tuple[str, Callable[[Reading, Reading, Parts], bool]]

_ADDING: Final[tuple[_Distinction, ...]] = (
    ("one side commits to less: may, will, plans, only, forced, by mistake", lambda a, b, _: other_commitment(a, b)),
    ("a word stands for another one", lambda a, b, parts: exchanged(a, b, parts.words)),
    ("one side is about something that belongs to the other", lambda a, b, parts: shifted(a, b, parts.words)),
    (
        "one side alone says which way things went",
        lambda a, b, _: one_sided_direction(a, b) or one_sided_direction(b, a),
    ),
    ("a figure counts other things", counts_another),
    ("an office that is held, and one that was or is for a time", lambda a, b, _: other_tenure(a, b)),
    (
        "a figure is where something came to, or from, or by how much",
        lambda a, b, parts: moved_otherwise(a, b, parts.quantities.pairs),
    ),
)
"""Where one of these holds, one side may still say more than the other."""

_TURNING: Final[tuple[_Distinction, ...]] = (
    ("who does it to whom", lambda a, b, parts: roles_changed(a, b, parts.words.partners, labels_of(parts))),
    (
        "where, when, from where or by whom, as prepositions have it",
        lambda a, b, parts: stands_otherwise(a, b, parts.words.partners),
    ),
    ("both, or one of the two", lambda a, b, parts: either_or_both(a, b, parts.words.partners)),
    ("done to somebody, or by them", lambda a, b, parts: other_voice(a, b, parts.words.partners)),
    ("one, or several", lambda a, b, parts: one_against_several(a, b, parts.words.partners)),
    ("now, or once", lambda a, b, parts: other_time(a, b, parts.words.partners)),
)
"""Where one of these holds, the two say different things."""


def adds(query: Reading, candidate: Reading, parts: Parts) -> str | None:
    """What one side says otherwise than the other that may be more or less of the same; None where there is nothing."""
    return next((told for told, holds in _ADDING if holds(query, candidate, parts)), None)


def turns(query: Reading, candidate: Reading, parts: Parts) -> str | None:
    """What makes another thing of the words that both sides have in common; None where there is nothing."""
    return next((told for told, holds in _TURNING if holds(query, candidate, parts)), None)
