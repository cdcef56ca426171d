"""What became of a claim: its revisions, what each changed, and the claim as of any of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final
from uuid import UUID

import msgspec

from service.domain import Claim, Revision
from service.errors import NotFound
from service.store.revisions import get_revision, list_revisions
from service.store.session import Database

_PARTS: Final = ("phrasings", "reviews", "sources")
_NO_CHANGE: Final = frozenset({"id", "link_status", "checked_at", "final_url", "copy_url"})
"""What no editor writes: a part's id, and what visits to its link found."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that a revision changed: where, what was there, and what is there now; None where nothing is.

    ``path`` is a JSON pointer into the claim, with the id of a phrasing, review or source in place of its index.
    """

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """A revision with what it changed."""

    revision: Revision
    differences: tuple[Difference, ...]


async def fetch_revision(database: Database, claim_id: UUID, number: int) -> Claim:
    """A claim as it was at a revision, withdrawn or merged since or not. Raises NotFound."""
    async with database.read() as connection:
        found = await get_revision(connection, claim_id, number)
    if found is None:
        raise NotFound(f"There is no revision {number} of a claim {claim_id}.")
    return found.claim


async def fetch_history(
    database: Database, claim_id: UUID, before: int | None, limit: int
) -> tuple[list[HistoryEntry], int | None]:
    """Revisions of a claim with what they changed, newest first, and the number to go on from, if there are more.

    ``before``: only revisions with a lower number. Raises NotFound when there is no such claim.
    """
    async with database.read() as connection:
        # One more than is shown, to compare the last one with.
        found = await list_revisions(connection, claim_id, before, limit + 1)
        if not found and await get_revision(connection, claim_id, 1) is None:
            raise NotFound(f"There is no claim {claim_id}.")
    entries = [
        HistoryEntry(newer, differences(older.claim if older else None, newer.claim))
        for newer, older in pairwise([*found, None])
        if newer is not None
    ]
    shown = entries[:limit]
    return shown, shown[-1].revision.claim.revision if len(found) > limit else None


def differences(before: Claim | None, after: Claim) -> tuple[Difference, ...]:
    """What changed between two revisions of a claim; against nothing, everything that is there."""
    return tuple(_differences(_fields(before) if before else {}, _fields(after)))


def _fields(claim: Claim) -> dict[str, Any]:
    """A claim as its readers see it, without what every revision changes."""
    found: dict[str, Any] = msgspec.to_builtins(claim)
    return {
        **found["draft"],
        "verdict": found["verdict"],
        "withdrawn_at": found["withdrawn_at"],
        "merged_into": found["merged_into"],
    }


def _differences(before: dict[str, Any], after: dict[str, Any]) -> Iterator[Difference]:
    for name, new in after.items():
        old = before.get(name)
        if name in _PARTS:
            yield from _parts_differences(f"/{name}", old or (), new)
        elif (old or None) != (new or None):
            yield Difference(f"/{name}", old, new)


def _parts_differences(
    path: str, before: Sequence[dict[str, Any]], after: Sequence[dict[str, Any]]
) -> Iterator[Difference]:
    old, new = ({part["id"]: _said(part) for part in parts} for parts in (before, after))
    for key in old.keys() - new.keys():
        yield Difference(f"{path}/{key}", old[key], None)
    for key, part in new.items():
        if key not in old:
            yield Difference(f"{path}/{key}", None, part)
            continue
        for name in sorted(part.keys() | old[key].keys()):
            if old[key].get(name) != part.get(name):
                yield Difference(f"{path}/{key}/{name}", old[key].get(name), part.get(name))


def _said(part: dict[str, Any]) -> dict[str, Any]:
    """What a part says: its fields, without those that are empty."""
    return {name: value for name, value in part.items() if name not in _NO_CHANGE and value is not None}
