"""What was asked and found nothing: single texts as they come in, and the items of the inbox they are gathered into."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID


class ItemState(StrEnum):
    """What became of an item: nothing yet, a claim has its wordings, or nobody is going to check it."""

    OPEN = "open"
    RESOLVED = "resolved"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A statement that no stored claim answers. ``language``: a tag that it is read with; ``asked_at``: aware, UTC."""

    text: str
    language: str
    claimed_at: date | None
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class AskedWording:
    """A text that was asked ``asked`` times, in one wording but for what folding takes away."""

    id: UUID
    text: str
    language: str
    asked: int
    first_asked_at: datetime
    last_asked_at: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """What an editor made of an item. ``claim_id`` where it was resolved, ``reason`` where it was dismissed."""

    at: datetime
    author: str | None
    claim_id: UUID | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class InboxItem:
    """Wordings of what is one statement, by the matcher's own judgement, with how often they were asked together.

    ``text`` and ``language`` are those of the wording that was asked most. ``languages``: of all wordings, in order.
    ``revision`` counts what changes the item itself, from 1: new wordings and decisions, not how often it is asked.
    ``decision`` is None exactly while the item is open.
    """

    id: UUID
    state: ItemState
    text: str
    language: str
    languages: tuple[str, ...]
    wordings: int
    asked: int
    first_asked_at: datetime
    last_asked_at: datetime
    revision: int
    decision: Decision | None


@dataclass(frozen=True, slots=True)
class Rank:
    """An item's place in the inbox: most asked first, then the latest."""

    asked: int
    last_asked_at: datetime
    id: UUID
