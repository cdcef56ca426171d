"""What people say of the matches they were shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Judgement(StrEnum):
    """Whether a match is right: about the same statement as the incoming text, and related to it as it says."""

    RIGHT = "right"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class MatchFeedback:
    """What somebody says of one match or suggestion. ``result``: its place in the check, from 0."""

    result: int
    claim_id: UUID
    judgement: Judgement
    note: str | None = None


@dataclass(frozen=True, slots=True)
class KeptFeedback:
    """Feedback with what it is about, as it was shown. ``suggested``: it was a suggestion, no match. ``language``: of
    the incoming text. ``relation``, ``score`` and ``version`` are the receipt's. ``at``: aware, UTC.
    """

    id: UUID
    check_id: UUID
    given: MatchFeedback
    suggested: bool
    relation: str
    score: float
    language: str
    version: str
    at: datetime
    author: str | None


@dataclass(frozen=True, slots=True)
class JudgedMatches:
    """How many matches of one kind were judged, the last word on each counted, and how many of them were right.

    ``tier``: "match" or "suggestion", by the thresholds asked for, whatever those of the check were.
    """

    tier: str
    relation: str
    language: str
    version: str
    right: int
    n: int
