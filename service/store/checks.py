"""Checks in the database: receipts, kept exactly as they were answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain import Check
from service.store.tables import checks


async def insert_check(connection: AsyncConnection, check: Check, request: Mapping[str, Any]) -> None:
    """Store an answered check beside the request that caused it. ``request`` holds what JSON can hold."""
    row = {
        "id": check.id,
        "created_at": check.created_at,
        "request": dict(request),
        "answer": msgspec.to_builtins(check),
    }
    await connection.execute(insert(checks).values(row))


async def get_request(connection: AsyncConnection, check_id: UUID) -> dict[str, Any] | None:
    """The request of a stored check, as it was handed to ``insert_check``, or None."""
    request: dict[str, Any] | None = await connection.scalar(select(checks.c.request).where(checks.c.id == check_id))
    return request


async def get_check(connection: AsyncConnection, check_id: UUID) -> Check | None:
    """The check as it was answered, or None."""
    answer = (await connection.execute(select(checks.c.answer).where(checks.c.id == check_id))).scalar_one_or_none()
    return None if answer is None else msgspec.convert(answer, Check)
