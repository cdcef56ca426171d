"""A line of a file of claims: the body of ``POST /v1/claims``, or a line of another instance's export."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from service.api.bodies import decode
from service.api.claim_bodies import NewClaim, draft_of
from service.api.problems import Refusal
from service.errors import Fault, InvalidInput
from service.preparing import ReadClaim


def _without_repeats(pairs: list[tuple[str, Any]]) -> None:
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        name = next(name for name in names if names.count(name) > 1)
        raise InvalidInput([Fault("", f"has the name {name!r} twice in one object")])


class ImportedClaim(NewClaim, frozen=True, forbid_unknown_fields=True):
    """A claim in a file. Its language may be left out, and is recognised then; the rest is the export's."""

    language: str = ""
    id: UUID | None = None
    revision: int | None = None
    withdrawn_at: datetime | None = None
    merged_into: UUID | None = None


def claim_of_line(line: bytes) -> ReadClaim:
    """The claim of a line. Raises InvalidInput, also for an object that has a name twice: which one is meant?"""
    try:
        row = decode(line, ImportedClaim)
        json.loads(line, object_pairs_hook=_without_repeats)
    except Refusal as refusal:
        faults = [Fault(each.pointer, each.detail.replace("The body", "The line")) for each in refusal.faults]
        raise InvalidInput(faults, refusal.detail) from refusal
    if row.withdrawn_at or row.merged_into:
        ended = "withdrawn" if row.withdrawn_at else "merged into another"
        raise InvalidInput([Fault("", f"The claim was {ended} where it comes from.")])
    return ReadClaim(draft_of(row), row.id)
