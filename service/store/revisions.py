"""The history of claims: each as it was after each of its changes. Rows are added here, never changed or removed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain import Action, Change, Claim, Revision
from service.store.bulk import insert_rows
from service.store.tables import revisions

_NEWEST_FIRST: Final = revisions.c.number.desc()


async def insert_revisions(connection: AsyncConnection, new: Sequence[Revision]) -> None:
    """Record changes. Raises Conflict, through the connection, for a revision that is there already."""
    rows = [
        {
            "claim_id": each.claim.id,
            "number": each.claim.revision,
            "at": each.change.at,
            "author": each.change.author,
            "reason": each.change.reason,
            "action": each.action.value,
            "state": msgspec.to_builtins(each.claim),
        }
        for each in new
    ]
    await insert_rows(connection, revisions, rows)


async def get_revision(connection: AsyncConnection, claim_id: UUID, number: int) -> Revision | None:
    """A claim as of one of its revisions, or None."""
    wanted = select(revisions).where(revisions.c.claim_id == claim_id, revisions.c.number == number)
    row = (await connection.execute(wanted)).first()
    return None if row is None else _revision(row)


async def newest_revision(connection: AsyncConnection, claim_id: UUID) -> Revision | None:
    """A claim as of its newest revision, or None when there is no such claim."""
    wanted = select(revisions).where(revisions.c.claim_id == claim_id).order_by(_NEWEST_FIRST).limit(1)
    row = (await connection.execute(wanted)).first()
    return None if row is None else _revision(row)


async def list_revisions(connection: AsyncConnection, claim_id: UUID, before: int | None, limit: int) -> list[Revision]:
    """Revisions of a claim, newest first: those with a number below ``before``, or the newest."""
    wanted = select(revisions).where(revisions.c.claim_id == claim_id).order_by(_NEWEST_FIRST).limit(limit)
    if before is not None:
        wanted = wanted.where(revisions.c.number < before)
    return [_revision(row) for row in await connection.execute(wanted)]


def _revision(row: Any) -> Revision:
    claim = msgspec.convert(row.state, Claim)
    return Revision(claim, Action(row.action), Change(row.at, row.author, row.reason))
