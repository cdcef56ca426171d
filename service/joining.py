"""Which stored claim says what a row of an import says, by the matcher's own judgement.

A row joins a claim when one of the claim's wordings is equivalent to it at the score asked for: the guards hold as they
do in a check, so figures, dates, names and negations agree. It does not join where two claimants are named, and not the
same, nor where the two were said more than a month apart and their verdicts differ: the words alone do not tell then.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain import Relation, Verdict
from service.importable import Prepared
from service.matching.folding import fold
from service.matching.judging import Encounter, Judge, Wording
from service.matching.profile import Profile, profile_of, unpack
from service.matching.reading import Reading, read_known
from service.matching.relevance import Corpus
from service.store.likenesses import COMMON, ENOUGH, MOST, RAREST, Alike, Term, find_alike, weigh_terms
from service.store.rarity import term_rarity

_SAME_TIME: Final = timedelta(days=31)
_NONE: Final = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Entrant:
    """A row that looks for a claim. ``verdict``: what its own reviews say together."""

    row: Prepared
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Homes:
    """``found``: the claims that take rows in, by the rows' places. ``waiting``: the rows that an earlier one of these
    would take in, once it is stored.
    """

    found: dict[int, UUID] = field(default_factory=dict)
    waiting: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class _Pair:
    """A row beside a wording that may say the same: a stored one, or that of an earlier row."""

    place: int
    alike: Alike
    earlier: int | None = None


async def find_homes(connection: AsyncConnection, entrants: Sequence[Entrant], least: float) -> Homes:
    """The claims that take rows in, at a score of ``least`` or more."""
    found = await _pairs(connection, entrants)
    pairs = [pair for pair in found if not _at_odds(entrants[pair.place], pair.alike)]
    if not pairs:
        return Homes()
    pairs.sort(key=lambda pair: (pair.place, pair.earlier is not None))
    profiles = await asyncio.to_thread(lambda: {pair: _profile(pair.alike) for pair in pairs})
    corpus = await _corpus(connection, entrants, pairs, profiles)
    return await asyncio.to_thread(_judged, entrants, pairs, profiles, corpus, least)


async def _pairs(connection: AsyncConnection, entrants: Sequence[Entrant]) -> list[_Pair]:
    told = [[term for term, _ in each.row.wordings[0].terms] for each in entrants]
    known, highest = await weigh_terms(connection, {term for terms in told for term in terms})
    rarest = [_rarest(terms, known, highest) for terms in told]
    asked: list[tuple[int, list[Term], float]] = []
    for place, (terms, needed) in enumerate(rarest):
        stored = [found for term, _ in terms if (found := known.get(term)) and 0 < found.df <= COMMON]
        if sum(term.weight for term in stored) >= needed:
            asked.append((place, stored, needed))
    likely = await find_alike(connection, asked)
    pairs = [_Pair(place, alike) for place, each in likely.items() for alike in each]
    return pairs + _pairs_within(entrants, told, rarest)


def _rarest(terms: Sequence[str], known: dict[str, Term], highest: float) -> tuple[list[tuple[str, float]], float]:
    """A text's rarest terms with their weights, and how much of it another has to share."""
    weights = {term: known[term].weight if term in known else highest for term in terms}
    chosen = sorted(weights.items(), key=lambda each: (-each[1], each[0]))[:RAREST]
    return chosen, ENOUGH * sum(weight for _, weight in chosen)


def _pairs_within(
    entrants: Sequence[Entrant], told: Sequence[Sequence[str]], rarest: Sequence[tuple[list[tuple[str, float]], float]]
) -> list[_Pair]:
    """Rows beside earlier rows, which are not stored yet."""
    pairs: list[_Pair] = []
    holding: defaultdict[str, list[int]] = defaultdict(list)
    for place, (terms, needed) in enumerate(rarest):
        shared: defaultdict[int, float] = defaultdict(float)
        for term, weight in terms:
            for earlier in holding[term]:
                shared[earlier] += weight
        likely = sorted((each for each in shared if shared[each] >= needed), key=lambda each: (-shared[each], each))
        pairs += [_Pair(place, _as_alike(place, entrants[each]), each) for each in likely[:MOST]]
        for term in told[place]:
            holding[term].append(place)
    return pairs


def _as_alike(place: int, entrant: Entrant) -> Alike:
    draft, wording = entrant.row.draft, entrant.row.wordings[0]
    return Alike(
        place, _NONE, draft.text, wording.folded, wording.profile, draft.language, draft.claimant, draft.claimed_at,
        entrant.verdict,
    )  # fmt: skip


async def _corpus(
    connection: AsyncConnection, entrants: Sequence[Entrant], pairs: Sequence[_Pair], profiles: Mapping[_Pair, Profile]
) -> Corpus:
    terms = {term for profile in profiles.values() for term in profile.content}
    for place in {pair.place for pair in pairs}:
        terms.update(term for term, _ in entrants[place].row.wordings[0].terms)
    return Corpus(*await term_rarity(connection, terms))


def _judged(
    entrants: Sequence[Entrant],
    pairs: Sequence[_Pair],
    profiles: Mapping[_Pair, Profile],
    corpus: Corpus,
    least: float,
) -> Homes:
    best: dict[int, tuple[float, UUID]] = {}
    waiting: set[int] = set()
    judges: dict[int, Judge] = {}
    for pair in pairs:
        within = pair.earlier is not None
        if within and (pair.place in best or pair.place in waiting or pair.earlier in waiting):
            continue
        draft = entrants[pair.place].row.draft
        if pair.place not in judges:
            judges = {pair.place: Judge([read_known(draft.text, draft.language, draft.claimed_at)], corpus)}
        judge = judges[pair.place]
        wording = Wording(profiles[pair], partial(_reading, pair.alike))
        prospect = judge.look([wording], [Encounter(0, 0, None)], levels=(least, least))
        if prospect.ceiling < least:
            continue
        judged = judge.judge(prospect)
        if judged.comparison.relation is not Relation.EQUIVALENT or judged.score < least:
            continue
        if within:
            waiting.add(pair.place)
        elif pair.place not in best or judged.score > best[pair.place][0]:
            best[pair.place] = (judged.score, pair.alike.claim_id)
    return Homes({place: home for place, (_, home) in best.items()}, frozenset(waiting))


def _at_odds(entrant: Entrant, alike: Alike) -> bool:
    """Whether something besides the words says that these are two claims."""
    draft = entrant.row.draft
    if draft.claimant and alike.claimant:
        one, other = fold(draft.claimant), fold(alike.claimant)
        if one not in other and other not in one:
            return True
    if draft.claimed_at and alike.claimed_at and entrant.verdict is not alike.verdict:
        return abs(draft.claimed_at - alike.claimed_at) > _SAME_TIME
    return False


def _profile(alike: Alike) -> Profile:
    if alike.profile is not None:
        profile = unpack(alike.profile, alike.text, alike.folded)
        if profile is not None:
            return profile
    return profile_of(_reading(alike))


def _reading(alike: Alike) -> Reading:
    return read_known(alike.text, alike.language, alike.claimed_at)
