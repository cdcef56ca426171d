"""Which row of which source has led to which claim, and which revisions an import has made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import Uuid, any_, bindparam, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Boolean, Integer

from service.store.import_tables import import_effects, import_keys
from service.store.tables import claims


@dataclass(frozen=True, slots=True)
class Origin:
    """An imported row: what it said, the claim it led to and its revision then. ``sole``: the row made the claim."""

    key: bytes
    digest: bytes
    claim_id: UUID
    revision: int
    sole: bool


_SAVE: Final = text("""
    INSERT INTO import_keys (key, digest, claim_id, revision, sole, import_id)
    SELECT key, digest, claim_id, revision, sole, :import_id
    FROM unnest(:keys, :digests, :claims, :revisions, :sole) AS o (key, digest, claim_id, revision, sole)
    ON CONFLICT (key) DO UPDATE SET digest = excluded.digest, claim_id = excluded.claim_id,
        revision = excluded.revision, sole = import_keys.sole AND import_keys.claim_id = excluded.claim_id,
        import_id = excluded.import_id
""").bindparams(
    bindparam("keys", type_=ARRAY(BYTEA)),
    bindparam("digests", type_=ARRAY(BYTEA)),
    bindparam("claims", type_=ARRAY(Uuid)),
    bindparam("revisions", type_=ARRAY(Integer)),
    bindparam("sole", type_=ARRAY(Boolean)),
)
_NOTE: Final = text("""
    INSERT INTO import_effects (import_id, claim_id, revision)
    SELECT :import_id, claim_id, revision FROM unnest(:claims, :revisions) AS e (claim_id, revision)
""").bindparams(bindparam("claims", type_=ARRAY(Uuid)), bindparam("revisions", type_=ARRAY(Integer)))
_KEYS: Final = bindparam("keys", type_=ARRAY(BYTEA))
_IDS: Final = bindparam("ids", type_=ARRAY(Uuid))


async def find_origins(connection: AsyncConnection, keys: Sequence[bytes]) -> dict[bytes, Origin]:
    """What is known of rows, by key."""
    rows = await connection.execute(
        select(
            import_keys.c.key, import_keys.c.digest, import_keys.c.claim_id, import_keys.c.revision, import_keys.c.sole
        ).where(import_keys.c.key == any_(_KEYS)),
        {"keys": list(keys)},
    )
    return {row.key: Origin(row.key, row.digest, row.claim_id, row.revision, row.sole) for row in rows}


async def save_origins(connection: AsyncConnection, import_id: UUID, origins: Sequence[Origin]) -> None:
    """Remember rows, or what has become of them."""
    if not origins:
        return
    await connection.execute(
        _SAVE,
        {
            "import_id": import_id,
            "keys": [each.key for each in origins],
            "digests": [each.digest for each in origins],
            "claims": [each.claim_id for each in origins],
            "revisions": [each.revision for each in origins],
            "sole": [each.sole for each in origins],
        },
    )


async def note_effects(connection: AsyncConnection, import_id: UUID, effects: Sequence[tuple[UUID, int]]) -> None:
    """Remember the revisions that an import has made."""
    if effects:
        ids, numbers = zip(*effects, strict=True)
        await connection.execute(_NOTE, {"import_id": import_id, "claims": list(ids), "revisions": list(numbers)})


async def stored_ids(connection: AsyncConnection, ids: Sequence[UUID]) -> set[UUID]:
    """Which of these are ids of claims, whatever has become of them."""
    if not ids:
        return set()
    rows = await connection.execute(select(claims.c.id).where(claims.c.id == any_(_IDS)), {"ids": list(ids)})
    return set(rows.scalars())


async def some_effects(connection: AsyncConnection, import_id: UUID, limit: int) -> dict[UUID, list[int]]:
    """The revisions an import has made of some claims that are not put back yet, in order."""
    column = import_effects.c
    some = select(column.claim_id).where(column.import_id == import_id).distinct().limit(limit)
    rows = await connection.execute(
        select(column.claim_id, func.array_agg(column.revision))
        .where(column.import_id == import_id, column.claim_id.in_(some))
        .group_by(column.claim_id)
    )
    return {claim_id: sorted(numbers) for claim_id, numbers in rows}


async def forget_effects(connection: AsyncConnection, import_id: UUID, ids: Sequence[UUID]) -> None:
    """Claims that have been dealt with."""
    column = import_effects.c
    await connection.execute(
        delete(import_effects).where(column.import_id == import_id, column.claim_id == any_(_IDS)), {"ids": list(ids)}
    )


async def forget_origins(connection: AsyncConnection, gone: Sequence[UUID], changed: Sequence[UUID]) -> None:
    """Let rows that led to ``gone`` be new again, and those that led to ``changed`` be compared anew."""
    column = import_keys.c
    await connection.execute(delete(import_keys).where(column.claim_id == any_(_IDS)), {"ids": list(gone)})
    await connection.execute(
        update(import_keys).where(column.claim_id == any_(_IDS)).values(digest=b""), {"ids": list(changed)}
    )
