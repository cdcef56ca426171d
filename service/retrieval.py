"""Stored wordings that may match incoming texts, found by words and, where a model is used, by meaning."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain import Candidate, CandidatePlan
from service.embedding.model import TextKind
from service.errors import NoVectors
from service.indexing import Reach, Semantics
from service.matching.plan import plan_candidates
from service.matching.profile import Profile, profile_of, timeless, unpack, unpack_reading
from service.matching.reading import Reading, read_known
from service.matching.relevance import Corpus
from service.store.candidates import find_candidates
from service.store.rarity import term_rarity
from service.store.vectors import candidates_by_id, nearest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_BESIDES: Final = 3
"""How many further wordings of a claim are looked at beside those that were found."""

_NEAREST: Final = 100
"""How many wordings are looked up by meaning: the second wording of a claim tells, so more than are shown."""

_LEAST_LIKENESS: Final = 0.25
"""Below it, on a scale where unrelated texts have 0 and paraphrases 1, meaning alone makes no candidate."""


@dataclass(frozen=True, slots=True)
class Question:
    """What to look for: the readings of a text, first as a whole and then by statement, and the links in it."""

    text: str
    units: tuple[Reading, ...]
    links: tuple[str, ...]


@dataclass(slots=True)
class Found:
    """A stored wording with its profile.

    ``scores``: by the place of each unit that led to it, its BM25 score, or None where words did not lead to it.
    ``likeness``: that of the whole text by meaning, 0 for unrelated texts and 1 for a usual paraphrase.
    """

    candidate: Candidate
    profile: Profile
    scores: dict[int, float | None]
    likeness: float | None = None

    def reading(self) -> Reading:
        """All of its reading; few of those found are wanted whole."""
        return unpack_reading(self.profile) if self.profile.rest else _read(self.candidate)


Pool = dict[UUID, list[Found]]
"""What was found for one text, by claim."""


@dataclass(frozen=True, slots=True)
class Supply:
    """What was found for each text, and what the corpus tells about words. ``revision``: of the corpus that was
    searched. ``covered``: the share of phrasings in [0, 1] that could be found by meaning; None where words alone were
    searched.
    """

    pools: tuple[Pool, ...]
    corpus: Corpus
    revision: int
    covered: float | None


@dataclass(slots=True)
class _Net:
    """What was found for one text, by phrasing."""

    found: dict[int, Found] = field(default_factory=dict)

    def take(self, unit: int, candidates: Sequence[Candidate]) -> None:
        for candidate in candidates:
            known = self.found.get(candidate.phrasing_id)
            if known is None:
                known = self.found[candidate.phrasing_id] = Found(candidate, _profile(candidate), {})
            known.scores[unit] = candidate.retrieval_score

    def by_claim(self) -> Pool:
        claims: Pool = {}
        for each in self.found.values():
            claims.setdefault(each.candidate.claim_id, []).append(each)
        return claims


def _profile(candidate: Candidate) -> Profile:
    """The profile that is kept with the wording; a new one where that is missing, or of no use for this claim's day."""
    if candidate.profile is not None:
        profile = unpack(candidate.profile, candidate.text, candidate.folded)
        if profile is not None and not (candidate.claimed_at and profile.anchored):
            return profile
    return profile_of(_read(candidate))


def _read(candidate: Candidate) -> Reading:
    return read_known(candidate.text, candidate.language, candidate.claimed_at)


async def find(
    connection: AsyncConnection,
    questions: Sequence[Question],
    languages: tuple[str, ...] | None,
    semantics: Semantics | None,
) -> Supply:
    """Wordings that may match each text. ``languages``: only wordings in one of these.

    Without a model, or while its vectors are not whole, words alone are searched.
    """
    reach = None if semantics is None else await semantics.reach(connection)
    embedding = (
        None
        if semantics is None or reach is None
        else asyncio.ensure_future(semantics.embedder.embed([each.text for each in questions], TextKind.QUERY))
    )
    try:
        plans = [_plan(question, place, languages) for question in questions for place in range(len(question.units))]
        lookup = await find_candidates(connection, plans, timeless=timeless())
        supply = iter(lookup.candidates)
        nets = []
        for question in questions:
            net = _Net()
            for place in range(len(question.units)):
                net.take(place, next(supply))
            nets.append(net)
        if semantics is not None and reach is not None and embedding is not None:
            try:
                await _by_meaning(connection, reach, await embedding, questions, nets, languages)
            except NoVectors:
                semantics.forget()
                reach = None
    finally:
        if embedding is not None:
            embedding.cancel()
    corpus = Corpus(*await term_rarity(connection, _terms(plans, nets), lookup.revision))
    covered = None if reach is None else reach.covered
    return Supply(tuple(net.by_claim() for net in nets), corpus, lookup.revision, covered)


def _plan(question: Question, place: int, languages: tuple[str, ...] | None) -> CandidatePlan:
    """Only the text as a whole asks for the other wordings of a claim: they tell how the claim stands to it."""
    besides = 0 if place else _BESIDES
    return plan_candidates(question.units[place], urls=question.links, languages=languages, besides=besides)


async def _by_meaning(
    connection: AsyncConnection,
    reach: Reach,
    vectors: NDArray[np.float32],
    questions: Sequence[Question],
    nets: Sequence[_Net],
    languages: tuple[str, ...] | None,
) -> None:
    """Give what was found by words its likeness, and add what is near by meaning alone."""
    near = await nearest(connection, reach.space, vectors, _NEAREST, languages, [list(net.found) for net in nets])
    news = {key for net, found in zip(nets, near, strict=True) for key, _ in found if key not in net.found}
    further = await candidates_by_id(connection, sorted(news))
    for question, net, found in zip(questions, nets, near, strict=True):
        language = question.units[0].language.tag
        for key, cosine in found:
            if key in net.found:
                each = net.found[key]
                each.likeness = reach.yardstick.likeness(cosine, language, each.profile.language)
            elif key in further:
                likeness = reach.yardstick.likeness(cosine, language, further[key].language)
                if likeness is not None and likeness >= _LEAST_LIKENESS:
                    net.take(0, [further[key]])
                    net.found[key].likeness = likeness


def _terms(plans: Sequence[CandidatePlan], nets: Sequence[_Net]) -> set[str]:
    """Every word whose rarity is asked for: those looked up, and those of the wordings found."""
    terms = {term for plan in plans for term, _ in plan.terms}
    for net in nets:
        for each in net.found.values():
            terms.update(each.profile.content)
    return terms
