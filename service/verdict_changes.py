"""One change of what is known of a claim, as those hear of it who have relied on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from service.domain import Action, Verdict


@dataclass(frozen=True, slots=True)
class VerdictChange:
    """A revision after which a claim's verdict is another, or checks no longer find it, or find it again.

    ``text`` and ``language`` are the claim's as of then; ``author`` and ``reason`` the revision's.
    """

    claim_id: UUID
    revision: int
    at: datetime
    action: Action
    before: Verdict
    after: Verdict
    text: str
    language: str
    author: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """A revision's place among all of them, by time."""

    at: datetime
    claim_id: UUID
    revision: int
