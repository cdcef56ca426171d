"""Which names of two texts mean the same, and which cannot both be meant."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from rapidfuzz.distance import Levenshtein

from service.matching.gazetteer import given_names, person_parts
from service.matching.name_values import Name, NameComparison
from service.matching.transliteration import word_skeleton

_WITHIN: Final = {
    "org:unsc": "org:un", "org:unga": "org:un", "org:unicef": "org:un", "org:unesco": "org:un",
    "org:unhcr": "org:un", "org:unrwa": "org:un", "org:who": "org:un", "org:wfp": "org:un",
    "org:iaea": "org:un", "org:icj": "org:un", "org:ilo": "org:un", "org:kataib-hezbollah": "org:pmf",
    "org:quds-force": "org:irgc", "org:european-commission": "org:eu", "org:european-parliament": "org:eu",
    "org:white-house": "place:US", "org:pentagon": "place:US", "org:us-congress": "place:US",
    "org:us-senate": "org:us-congress", "org:us-supreme-court": "place:US", "org:centcom": "org:pentagon",
    "org:kremlin": "place:RU", "org:idf": "place:IL", "org:mossad": "place:IL", "org:irgc": "place:IR",
    "org:cia": "place:US", "org:fbi": "place:US", "org:cdc": "place:US", "org:fda": "place:US",
    "org:pmf": "place:IQ", "org:joint-operations-command": "place:IQ", "org:coalition": "place:US",
    "place:persian-gulf": "place:middle-east", "place:IQ": "place:middle-east", "place:IR": "place:middle-east",
    "place:SY": "place:middle-east", "place:IL": "place:middle-east", "place:PS": "place:middle-east",
    "place:LB": "place:middle-east", "place:JO": "place:middle-east", "place:SA": "place:middle-east",
    "place:YE": "place:middle-east", "place:KW": "place:middle-east", "place:QA": "place:middle-east",
    "place:AE": "place:middle-east", "place:BH": "place:middle-east", "place:OM": "place:middle-east",
    "place:EG": "place:middle-east", "place:TR": "place:middle-east",
    "place:GB:london": "place:GB:england", "place:GB:manchester": "place:GB:england",
}  # fmt: skip
_WIDE: Final = frozenset(
    {"place:africa", "place:europe", "place:asia", "place:americas", "place:north-america", "place:south-america",
     "place:oceania", "place:latin-america", "place:western-asia", "place:middle-east", "place:persian-gulf",
     "place:red-sea", "place:hormuz"}
)  # fmt: skip
"""Regions: which countries they hold is not written down here, so they are never in conflict with a place."""


@lru_cache(maxsize=65_536)
def _related(one: str, other: str) -> bool:
    """Whether one of two keys lies in the other, or is an organ of it."""
    return _within(one, other) or _within(other, one)


def _within(key: str, other: str) -> bool:
    """Whether the first lies in, or is an organ of, the second."""
    while True:
        if key == other or key.startswith(other + ":"):
            return True
        parent = _WITHIN.get(key)
        if parent is None and key.startswith("place:") and key.count(":") > 1:
            parent = key.rpartition(":")[0]
        if parent is None:
            return False
        key = parent


def _near(one: str, other: str) -> bool:
    """Two word skeletons that may be one name: equal, or one letter apart in five or more."""
    if one == other:
        return True
    shorter = min(len(one), len(other))
    return (
        shorter >= 4
        and one[0] == other[0]
        and Levenshtein.distance(one, other, score_cutoff=1) <= 1
        and len(one) + len(other) >= 9
    )


@lru_cache(maxsize=1)
def _common_parts() -> frozenset[str]:
    """Skeletons of given names: sharing one of those is not sharing a name."""
    return frozenset(word_skeleton(word) for word in given_names())


def _part_of(small: tuple[str, ...], large: tuple[str, ...]) -> bool:
    """Whether every part of the shorter name is in the longer one, and one of them says who is meant."""
    if not all(any(_near(part, whole) for whole in large) for part in small):
        return False
    if len(small) == len(large):
        return sum(map(len, small)) >= 3
    common = _common_parts()
    return any(len(part) >= 3 and (part not in common or part == large[-1]) for part in small)


@lru_cache(maxsize=65_536)
def same_key(one: str, other: str) -> bool:
    """Whether two keys mean the same person, place or organisation."""
    if one == other:
        return True
    if one.startswith("name:") and other.startswith("name:"):
        first, second = tuple(one[5:].split()), tuple(other[5:].split())
        if len(first) == len(second):
            return _part_of(first, second) and _part_of(second, first)
        return _part_of(first, second) if len(first) < len(second) else _part_of(second, first)
    for unknown, known in ((one, other), (other, one)):
        if unknown.startswith("name:") and known.startswith("person:"):
            parts = person_parts(known)
            own = tuple(unknown[5:].split())
            common = _common_parts()
            return (
                bool(own)
                and all(any(_near(part, whole) for whole in parts) for part in own)
                and any(len(part) >= 3 and part not in common for part in own)
            )
    return False


def _first_alike(key: str, names: Sequence[Name]) -> int | None:
    """The place of the first name whose key, another one than this, means the same; never so of two that are known."""
    named = key.startswith("name:")
    for place, name in enumerate(names):
        if (named or name.key.startswith("name:")) and same_key(key, name.key):
            return place
    return None


def _distinct(names: Sequence[Name]) -> Sequence[Name]:
    if len(names) < 2:
        return names
    seen: dict[str, Name] = {}
    for name in names:
        seen.setdefault(name.key, name)
    return list(seen.values())


def _is_arabic(name: Name) -> bool:
    return any("\u0600" <= char <= "\u06ff" for char in name.text)


def _unexplained(names: Sequence[Name], others: Sequence[Name]) -> list[Name]:
    """The names that neither hold nor lie in any name of the other side."""
    keys = [other.key for other in others]
    return [name for name in names if name.key not in _WIDE and not any(_related(name.key, key) for key in keys)]


def _implied(name: Name, others: Sequence[Name]) -> bool:
    """Whether the other text says it by naming a place inside: who says Baghdad says Iraq."""
    return name.kind == "place" and any(
        other.key.startswith(name.key + ":") or _WITHIN.get(other.key) == name.key for other in others
    )


def _in_one_role(kind: str, one: Name, other: Name, a: Sequence[Name], b: Sequence[Name]) -> bool:
    """Whether two names of a kind stand for the same part of the two statements.

    They do when each is the first of its kind in its text, or the words beside them agree; otherwise "beat France" and
    "won in Qatar" would be in conflict.
    """
    if next(name for name in a if name.kind == kind) is one and next(name for name in b if name.kind == kind) is other:
        return True
    return one.before == other.before != "" or one.after == other.after != ""


def _conflicts(
    only_a: Sequence[Name], only_b: Sequence[Name], a: Sequence[Name], b: Sequence[Name]
) -> list[tuple[Name, Name]]:
    left, right = _unexplained(only_a, b), _unexplained(only_b, a)
    found: list[tuple[Name, Name]] = []
    if not left or not right:
        return found
    for kind in ("place", "organisation", "person"):
        ours = [name for name in left if name.kind == kind]
        theirs = [name for name in right if name.kind == kind]
        if len(ours) == 1 and len(theirs) == 1 and _in_one_role(kind, ours[0], theirs[0], a, b):
            found.append((ours[0], theirs[0]))
    if found or len(left) != 1 or len(right) != 1:
        return found
    one, other = left[0], right[0]
    if {one.kind, other.kind} <= {"person", "unknown"} and _is_arabic(one) == _is_arabic(other):
        first, second = one.key.partition(":")[2], other.key.partition(":")[2]
        acronyms = one.key.startswith("acronym:") + other.key.startswith("acronym:")
        if acronyms == 2 or (
            acronyms == 0
            and min(len(first), len(second)) >= 3
            and Levenshtein.normalized_similarity(first, second) < 0.6
        ):
            found.append((one, other))
    return found


def compare_names(a: Sequence[Name], b: Sequence[Name]) -> NameComparison:
    """Pair the names of two texts.

    Shared: keys are equal, skeletons equal or a letter apart, or one name is a part of the other ("Sudani" in
    "Mohammed Shia al-Sudani"); a given name alone is not enough.

    A country is not among the names of one side only when the other names a place in it.

    A conflict needs two names of one kind that are different, each the only one of its kind that the other text leaves
    unexplained, in one role: both first of their kind, or with the same word beside them. A place explains the places
    in it and the country it lies in ("Baghdad", "Iraq"), an organisation its organs; continents and seas are never in
    conflict. Names of unknown kind are in conflict only when nothing else is unexplained on either side, both are in
    one script, and their skeletons are far apart.
    """
    if not a and not b:
        return _EMPTY
    ours, theirs = _distinct(a), _distinct(b)
    if not ours or not theirs:
        return NameComparison((), tuple(ours), tuple(theirs), ())
    shared: list[tuple[Name, Name]] = []
    only_a: list[Name] = []
    taken: set[int] = set()
    by_key = {name.key: index for index, name in enumerate(theirs)}
    for name in ours:
        best = by_key.get(name.key)
        if best is None:
            best = _first_alike(name.key, theirs)
        if best is None:
            only_a.append(name)
        else:
            if best not in taken:
                shared.append((name, theirs[best]))
            taken.add(best)
    only_b = [
        other for index, other in enumerate(theirs) if index not in taken and _first_alike(other.key, ours) is None
    ]
    conflicts = _conflicts(only_a, only_b, ours, theirs) if only_a and only_b else []
    only_a = [name for name in only_a if not _implied(name, theirs)]
    only_b = [name for name in only_b if not _implied(name, ours)]
    return NameComparison(tuple(shared), tuple(only_a), tuple(only_b), tuple(conflicts))


_EMPTY: Final = NameComparison((), (), (), ())
