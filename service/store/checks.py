"""Checks in the database: receipts, kept exactly as they were answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain import Check
from service.store.session import rows
from service.store.tables import checks
from service.unanswered import Unanswered

# One statement for both, so that a check costs one round trip and one commit.
_INSERT: Final = """
    WITH receipt AS (
        INSERT INTO checks (id, created_at, request, answer) VALUES ($1, $2, $3, $4)
    )
    INSERT INTO inbox_waiting (text, language, claimed_at, asked_at)
    SELECT * FROM unnest($5::text[], $6::text[], $7::date[], $8::timestamptz[])
"""


async def insert_check(
    connection: AsyncConnection, check: Check, request: Mapping[str, Any], unanswered: Sequence[Unanswered] = ()
) -> None:
    """Store an answered check beside the request that caused it. ``request`` holds what JSON can hold.

    ``unanswered``: what the inbox is to gather later.
    """
    asked, answer = msgspec.json.encode(request).decode(), msgspec.json.encode(check).decode()
    waiting = [(each.text, each.language, each.claimed_at, each.asked_at) for each in unanswered]
    columns = [list(column) for column in zip(*waiting, strict=True)] or [[], [], [], []]
    await rows(connection, _INSERT, check.id, check.created_at, asked, answer, *columns)


async def get_request(connection: AsyncConnection, check_id: UUID) -> dict[str, Any] | None:
    """The request of a stored check, as it was handed to ``insert_check``, or None."""
    request: dict[str, Any] | None = await connection.scalar(select(checks.c.request).where(checks.c.id == check_id))
    return request


async def get_check(connection: AsyncConnection, check_id: UUID) -> Check | None:
    """The check as it was answered, or None."""
    answer = (await connection.execute(select(checks.c.answer).where(checks.c.id == check_id))).scalar_one_or_none()
    return None if answer is None else msgspec.convert(answer, Check)
