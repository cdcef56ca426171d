"""Who did it and whom it befell, where the other one is not named: "the officer was shot", "the officer shot a man"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from service.matching.reading import Reading

_BE: Final = frozenset({"was", "were", "been", "is", "are", "being", "be", "get", "got"})
_OBJECT: Final = frozenset({"a", "an", "the", "his", "her", "their", "its", "him", "them"})
_TIMES: Final = frozenset({"day", "days", "week", "weeks", "month", "months", "year", "years", "hour", "hours", "time"})
_BY: Final = "by"
_SIGHT: Final = 3


def other_voice(query: Reading, candidate: Reading, partners: Sequence[tuple[int, int]]) -> bool:
    """Whether something was done to the one who did it on the other side: passive here, active with an object there.

    Only in English, and only where the passive does not say by whom, so that the object is not its subject put
    elsewhere. ``partners``: places of the paired words in both contents.
    """
    if not query.language.tag == candidate.language.tag == "en":
        return False
    ours, theirs = [token[0] for token in query.tokens], [token[0] for token in candidate.tokens]
    if _BE.isdisjoint(ours) and _BE.isdisjoint(theirs):
        return False
    pairs = dict(partners)
    for here, there in partners:
        # The subject is the word before the verb on both sides.
        if here == 0 or pairs.get(here - 1) != there - 1:
            continue
        mine, yours = query.places[here], candidate.places[there]
        if ours[mine] != theirs[yours]:
            continue
        if (_befell(ours, mine) and _did(theirs, yours, ours[mine + 1 : mine + 2])) or (
            _befell(theirs, yours) and _did(ours, mine, theirs[yours + 1 : yours + 2])
        ):
            return True
    return False


def _befell(words: Sequence[str], verb: int) -> bool:
    """Whether a verb is in the passive, which does not say by whom."""
    return words[verb - 1] in _BE and _BY not in words[verb + 1 : verb + 1 + _SIGHT]


def _did(words: Sequence[str], verb: int, behind_passive: Sequence[str]) -> bool:
    """Whether a verb is active, with an object directly behind it that does not stand behind the passive as well.

    "He was elected the president" has one; "arrested a day later" has none.
    """
    if not _BE.isdisjoint(words[max(0, verb - 2) : verb]):
        return False
    behind = words[verb + 1 : verb + 3]
    return len(behind) > 1 and behind[0] in _OBJECT and behind[:1] != behind_passive and _TIMES.isdisjoint(behind)
