"""Watches as values: what was answered, what is answered now, and whether the difference is worth a word.

A snapshot holds what an answer says that somebody may have published on: the status, and the known claims that it rests
on with their verdicts and sources. Scores are no part of it. Pure: no I/O, no clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from service.domain import (
    BROKEN_LINKS,
    CheckOptions,
    Claim,
    IncomingClaim,
    LinkStatus,
    Match,
    Reason,
    Relation,
    Result,
    Source,
    Stance,
    Status,
    Verdict,
)

LIFETIME: Final = timedelta(days=90)
"""How long a watch lasts that says nothing else."""

LONGEST_LIFETIME: Final = timedelta(days=366)

_DECIDING: Final = frozenset({Relation.EQUIVALENT, Relation.CONTRADICTS})
"""Relations by which a claim decides what an answer says; the others are shown beside it."""


class EventKind(StrEnum):
    """What an event tells."""

    ANSWER_CHANGED = "answer.changed"
    CLAIM_CHANGED = "claim.changed"
    TEST = "webhook.test"


class Part(StrEnum):
    """What has changed in an answer, or in a claim."""

    STATUS = "status"
    CLAIMS = "claims"
    RELATION = "relation"
    VERDICT = "verdict"
    SOURCES = "sources"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class ShownSource:
    """A source as a snapshot has it."""

    url: str
    stance: Stance
    publisher: str | None
    link_status: LinkStatus


@dataclass(frozen=True, slots=True)
class ShownClaim:
    """A stored claim as a snapshot has it. ``relation``: to the text asked; None for a claim watched itself."""

    claim_id: UUID
    text: str
    language: str
    relation: Relation | None
    verdict: Verdict
    sources: tuple[ShownSource, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was answered. ``status`` is None where a claim is watched itself, which then is the only one in ``claims``,
    or, withdrawn, is not there.

    ``cut``: there may have been more claims than are shown. ``by_meaning``: claims were looked for by meaning too.
    """

    status: Status | None
    reason: Reason | None
    claims: tuple[ShownClaim, ...]
    cut: bool = False
    by_meaning: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """What a claim must share with a statement under watch to concern it: each term's share of the weight of them all,
    in (0, 1]. ``language``: the primary subtag.
    """

    language: str
    shares: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class NewSubject:
    """Something about to be watched: a text with what was answered, or a stored claim. ``claim_ids``: what the answer
    showed, in any relation. ``statements``: those of the text.
    """

    asked: IncomingClaim | None
    claim_id: UUID | None
    snapshot: Snapshot
    claim_ids: tuple[UUID, ...]
    statements: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True)
class NewWatch:
    """A watch about to be kept. ``options``: how the texts are checked again."""

    key_id: UUID | None
    check_id: UUID | None
    claim_id: UUID | None
    options: CheckOptions
    ref: str | None
    created_at: datetime
    expires_at: datetime
    subjects: tuple[NewSubject, ...]
    id: UUID


@dataclass(frozen=True, slots=True)
class Watch:
    """A watch. ``size``: how many texts or claims it is about; ``events``: how many events it has had."""

    id: UUID
    key_id: UUID | None
    check_id: UUID | None
    claim_id: UUID | None
    ref: str | None
    size: int
    events: int
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing a watch is about, with the last that was told of it, and the claims that the last answer showed."""

    id: UUID
    watch: Watch
    place: int
    asked: IncomingClaim | None
    claim_id: UUID | None
    options: CheckOptions
    snapshot: Snapshot
    claim_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed between two snapshots: the parts, and the claims concerned."""

    parts: tuple[Part, ...]
    claim_ids: frozenset[UUID] = field(default_factory=frozenset)

    def __bool__(self) -> bool:
        return bool(self.parts)


def snapshot_of(result: Result, most: int, *, by_meaning: bool) -> Snapshot:
    """What a result says. ``most``: how many matches it could show."""
    return Snapshot(
        result.status,
        result.reason,
        tuple(map(_shown_match, result.matches)),
        cut=len(result.matches) >= most,
        by_meaning=by_meaning,
    )


def snapshot_of_claim(claim: Claim) -> Snapshot:
    """What a stored claim says by itself."""
    if not claim.live:
        return Snapshot(None, None, ())
    draft = claim.draft
    sources = tuple(map(_shown_source, draft.sources))
    return Snapshot(None, None, (ShownClaim(claim.id, draft.text, draft.language, None, claim.verdict, sources),))


def difference(before: Snapshot, after: Snapshot) -> Difference:
    """What changed in what is said. A change of scores, of order, or among claims that decide nothing is none."""
    parts = set[Part]()
    concerned = set[UUID]()
    if before.status is not after.status:
        parts.add(Part.STATUS)
    old = {claim.claim_id: claim for claim in before.claims}
    new = {claim.claim_id: claim for claim in after.claims}
    for key in old.keys() | new.keys():
        if found := set(_changed(old.get(key), new.get(key), before, after)):
            parts |= found
            concerned.add(key)
    return Difference(tuple(part for part in Part if part in parts), frozenset(concerned))


def _changed(old: ShownClaim | None, new: ShownClaim | None, before: Snapshot, after: Snapshot) -> Iterable[Part]:
    if old is None or new is None:
        there = old or new
        # Where a list was cut, what is not in it may have been there all the same.
        unseen = before.cut if old is None else after.cut
        if there is not None and _decides(there) and not unseen:
            yield Part.CLAIMS
        return
    if not (_decides(old) or _decides(new)):
        return
    if old.relation is not new.relation:
        yield Part.RELATION
    if old.verdict is not new.verdict:
        yield Part.VERDICT
    if set(map(_essence, old.sources)) != set(map(_essence, new.sources)):
        yield Part.SOURCES
    if old.relation is None and old.text != new.text:
        yield Part.TEXT


def _decides(claim: ShownClaim) -> bool:
    return claim.relation is None or claim.relation in _DECIDING


def _essence(source: ShownSource) -> tuple[str, Stance, bool]:
    """What matters of a source: that a link was found to work is no news, that it no longer does is."""
    return source.url, source.stance, source.link_status in BROKEN_LINKS


def _shown_match(match: Match) -> ShownClaim:
    sources = tuple(map(_shown_source, match.sources))
    return ShownClaim(match.claim_id, match.text, match.language, match.relation, match.verdict, sources)


def _shown_source(source: Source) -> ShownSource:
    return ShownSource(source.url, source.stance, source.publisher, source.link_status)
