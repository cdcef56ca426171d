"""The wordings of a claim, each read once: whether they can say what its own text says, and what retrieval needs.

Whoever asks a wording gets the claim's verdict. So one that clashes with the claim's own text, the first wording, is
kept only where somebody has confirmed that both say the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from service.domain import ClaimDraft, Conflict, ConflictKind, IndexedPhrasing, Phrasing, Relation
from service.matching.comparison import compare, may_conflict
from service.matching.folding import fold
from service.matching.plan import index_phrasing
from service.matching.reading import Reading, read, read_known

_CLASHING: Final = frozenset({ConflictKind.QUANTITY, ConflictKind.DATE, ConflictKind.NAME})
"""What keeps a wording away however little else the two have in common. Of 491 pairs of a benchmark that say the same
these are read into 7, all of them names; a denial that the other side lacks is read into 24 besides those that
contradict each other.
"""

REMEDY: Final = "leave it out, or confirm by `confirmed` that both say the same"
"""What whoever sends such a wording can do."""

QUOTED: Final = 100
"""How much of a wording a problem quotes, in code points."""


@dataclass(frozen=True, slots=True)
class ReadWording:
    """A wording with its reading."""

    phrasing: Phrasing
    reading: Reading


@dataclass(frozen=True, slots=True)
class Clash:
    """A wording that clashes with its claim. ``pointer`` leads to its text from the claim, ``detail`` says how."""

    wording: ReadWording
    pointer: str
    detail: str


def read_wordings(draft: ClaimDraft) -> list[ReadWording]:
    """Every wording of a claim, its own text first and none twice."""
    wordings: dict[tuple[str, str], Phrasing] = {}
    for each in (own_wording(draft), *draft.phrasings):
        wordings.setdefault((each.text, each.language), each)
    return [ReadWording(each, read(each.text, each.language, draft.claimed_at)) for each in wordings.values()]


def own_wording(draft: ClaimDraft) -> Phrasing:
    """A claim's own text as a wording."""
    return Phrasing(draft.text, draft.language)


def index_read(wordings: Sequence[ReadWording]) -> list[IndexedPhrasing]:
    """The wordings with what retrieval needs to find them."""
    return [index_phrasing(each.reading, each.phrasing.language) for each in wordings]


def index_draft(draft: ClaimDraft) -> list[IndexedPhrasing]:
    """Every wording of a claim, its own text first and none twice, with what retrieval needs to find it."""
    return index_read(read_wordings(draft))


def index_wording(wording: Phrasing, draft: ClaimDraft) -> IndexedPhrasing:
    """One wording of a claim with what retrieval needs to find it."""
    return index_phrasing(read(wording.text, wording.language, draft.claimed_at), wording.language)


def same_wording(one: Phrasing, other: Phrasing) -> bool:
    """Whether two phrasings differ at most in what folding takes away."""
    return fold(one.text) == fold(other.text) and one.language.lower() == other.language.lower()


def clash(wording: Reading, own: Reading) -> str | None:
    """What keeps a wording from saying what a claim's own text says, as a clause; None where nothing does."""
    if not may_conflict(wording, own):
        return None
    found = compare(wording, own)
    if found.relation is not Relation.CONTRADICTS and not any(each.kind in _CLASHING for each in found.conflicts):
        return None
    telling = [each for each in found.conflicts if each.kind in _CLASHING] or found.conflicts
    return _told(telling[0])


def _told(conflict: Conflict) -> str:
    if conflict.kind is ConflictKind.POLARITY:
        return "one of them denies what the other says"
    return f'the claim says "{conflict.known}", the wording "{conflict.claimed}"'


def clashes(draft: ClaimDraft, wordings: Sequence[ReadWording]) -> list[Clash]:
    """Which of a claim's wordings, as ``read_wordings`` gives them, clash with its own text and are not confirmed."""
    own = wordings[0].reading
    return [
        Clash(each, f"/phrasings/{draft.phrasings.index(each.phrasing)}/text", f"contradicts the claim: {why}")
        for each in wordings[1:]
        if not each.phrasing.confirmed and (why := clash(each.reading, own))
    ]


def clash_with(wording: Phrasing, draft: ClaimDraft) -> str | None:
    """What keeps a single wording from being one of a claim's; None where nothing does, or where it is confirmed."""
    if wording.confirmed:
        return None
    own = read_known(draft.text, draft.language, draft.claimed_at)
    return clash(read_known(wording.text, wording.language, draft.claimed_at), own)


def quoted(text: str) -> str:
    """A wording as a problem shows it."""
    return f'"{text}"' if len(text) <= QUOTED else f'"{text[:QUOTED]}..."'
