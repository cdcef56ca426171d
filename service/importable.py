"""Imports as values: what was asked for, how far it has come, what a row has become."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from service.domain import ClaimDraft, IndexedPhrasing
from service.errors import Fault

JOIN_SCORE = 0.95
"""From which score on an equivalent claim takes a row in, unless the import says otherwise."""


class ImportState(StrEnum):
    """How an import stands.

    ``queued`` and ``running`` lead to ``done``, ``failed`` (the file cannot be had or read; what came before is
    stored) or ``cancelled``; ``undoing`` leads from any of these to ``undone``.
    """

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNDOING = "undoing"
    UNDONE = "undone"

    @property
    def ended(self) -> bool:
        """Whether nothing goes on any more."""
        return self not in (ImportState.QUEUED, ImportState.RUNNING, ImportState.UNDOING)


class ImportFormat(StrEnum):
    """What a file of claims can be.

    ``claims``: JSON lines, each the body of ``POST /v1/claims``; ``csv``: a table; ``feed``: a schema.org DataFeed of
    ClaimReviews in JSON; ``page``: a web page or a JSON document that holds ClaimReviews.
    """

    CLAIMS = "claims"
    CSV = "csv"
    FEED = "feed"
    PAGE = "page"


@dataclass(frozen=True, slots=True)
class ImportOrder:
    """What is to be imported, and how. ``url``: where it is fetched; None for a file that was handed in.

    ``name``: what people call it; ``media_type``: what it was sent as. ``format``: None to be recognised. ``language``:
    of claims that do not say theirs, None to be recognised. ``columns``: by field, the columns of a table that are not
    named after theirs. ``join_score`` in [0, 1]: at least which score an equivalent claim takes a row in.
    """

    name: str
    url: str | None = None
    media_type: str = ""
    format: ImportFormat | None = None
    dry_run: bool = False
    language: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    join_score: float | None = JOIN_SCORE


@dataclass(frozen=True, slots=True)
class Tally:
    """How many rows have become what. ``created``: claims of their own; ``joined``: taken in by another claim;
    ``revised``: a claim that an earlier row had made or joined was changed; ``unchanged``; ``refused``.
    """

    created: int = 0
    joined: int = 0
    revised: int = 0
    unchanged: int = 0
    refused: int = 0

    @property
    def rows(self) -> int:
        """How many rows that are."""
        return self.created + self.joined + self.revised + self.unchanged + self.refused

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.created + other.created,
            self.joined + other.joined,
            self.revised + other.revised,
            self.unchanged + other.unchanged,
            self.refused + other.refused,
        )


@dataclass(frozen=True, slots=True)
class Import:
    """An import as it stands. ``position``: rows that have been dealt with; ``size``: bytes of the file, None before it
    is here; ``read``: of these, how many have been read. ``undone``, ``kept``: claims that undoing has put back, and
    claims that it left since somebody had changed them. ``error``: why it failed.
    """

    id: UUID
    order: ImportOrder
    author: str | None
    state: ImportState
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    size: int | None
    read: int
    position: int
    tally: Tally
    undone: int
    kept: int
    error: str | None


@dataclass(frozen=True, slots=True)
class RowFault:
    """What was wrong with a row, or with a part of it. ``refused``: whether the row was left out because of it, or
    taken without the part.
    """

    line: int
    fault: Fault
    refused: bool


@dataclass(frozen=True, slots=True)
class Prepared:
    """A row that can be stored. ``key`` tells which row of which source it is, ``digest`` what it says.

    ``id``: the claim that it says it is about. ``whole``: whether it is all that is to be said of its claim, or one
    review of it. ``wordings`` and ``claimant`` are indexed and folded; ``notes``: what was left out of it.
    """

    line: int
    key: bytes
    digest: bytes
    draft: ClaimDraft
    wordings: tuple[IndexedPhrasing, ...]
    claimant: str | None
    id: UUID | None
    whole: bool
    notes: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that cannot be stored, and why."""

    line: int
    faults: tuple[Fault, ...]
