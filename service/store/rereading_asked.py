"""What was asked, read anew after an update: the wordings of the inbox and the texts under watch, with their terms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import ARRAY, BigInteger, Integer, LargeBinary, Text, bindparam, text
from sqlalchemy import Uuid as UuidType
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain import IncomingClaim
from service.store.watches import insert_postings
from service.watches import Statement


@dataclass(frozen=True, slots=True)
class StaleWording:
    """A wording of the inbox that another edition of the matching core read."""

    id: int
    text: str
    language: str
    claimed_at: date | None


@dataclass(frozen=True, slots=True)
class RereadWording:
    """What a wording is found by now. ``key``: as ``service.gathering.wording_key`` has it."""

    id: int
    key: bytes
    terms: tuple[str, ...]


_STALE_WORDINGS: Final = text("""
    SELECT id, text, language, claimed_at FROM inbox_wordings
    WHERE id > :after AND edition IS DISTINCT FROM :edition ORDER BY id LIMIT :size
""").bindparams(
    bindparam("edition", type_=LargeBinary), bindparam("after", type_=BigInteger), bindparam("size", type_=Integer)
)

_FORGET_TERMS: Final = text("DELETE FROM inbox_terms WHERE wording_id = ANY (:ids)").bindparams(
    bindparam("ids", type_=ARRAY(BigInteger))
)
_INSERT_TERMS: Final = text("""
    INSERT INTO inbox_terms (term, wording_id) SELECT * FROM unnest(:terms, :ids)
""").bindparams(bindparam("terms", type_=ARRAY(Text)), bindparam("ids", type_=ARRAY(BigInteger)))

# Two wordings that were two may be one to this edition: the later one keeps the key that it had.
_REPLACE_KEYS: Final = text("""
    UPDATE inbox_wordings AS w SET key = new.key
    FROM (SELECT DISTINCT ON (key) id, key FROM unnest(:ids, :keys) AS given (id, key) ORDER BY key, id) AS new
    WHERE w.id = new.id AND w.key <> new.key
    AND NOT EXISTS (SELECT FROM inbox_wordings AS other WHERE other.key = new.key)
""").bindparams(bindparam("ids", type_=ARRAY(BigInteger)), bindparam("keys", type_=ARRAY(LargeBinary)))

_MARK_WORDINGS: Final = text("UPDATE inbox_wordings SET edition = :edition WHERE id = ANY (:ids)").bindparams(
    bindparam("edition", type_=LargeBinary), bindparam("ids", type_=ARRAY(BigInteger))
)


async def stale_wordings(connection: AsyncConnection, edition: bytes, after: int, limit: int) -> list[StaleWording]:
    """The next wordings that another edition than ``edition`` read, in the order of ids, from beyond ``after``."""
    rows = await connection.execute(_STALE_WORDINGS, {"edition": edition, "after": after, "size": limit})
    return [StaleWording(*row) for row in rows]


async def save_reread_wordings(connection: AsyncConnection, edition: bytes, reread: Sequence[RereadWording]) -> None:
    """Store what wordings are found by. The caller holds the inbox."""
    ids = [each.id for each in reread]
    await connection.execute(_FORGET_TERMS, {"ids": ids})
    rows = [(term, each.id) for each in reread for term in sorted(set(each.terms))]
    await connection.execute(_INSERT_TERMS, {"terms": [term for term, _ in rows], "ids": [key for _, key in rows]})
    await connection.execute(_REPLACE_KEYS, {"ids": ids, "keys": [each.key for each in reread]})
    await connection.execute(_MARK_WORDINGS, {"ids": ids, "edition": edition})


@dataclass(frozen=True, slots=True)
class StaleText:
    """A text under watch that another edition of the matching core read. ``id``: of the subject."""

    id: UUID
    asked: IncomingClaim


_STALE_TEXTS: Final = text("""
    SELECT id, asked FROM watch_subjects
    WHERE id > :after AND asked IS NOT NULL AND edition IS DISTINCT FROM :edition ORDER BY id LIMIT :size
""").bindparams(
    bindparam("edition", type_=LargeBinary), bindparam("after", type_=UuidType), bindparam("size", type_=Integer)
)

_LOCK_SUBJECT: Final = text("SELECT id FROM watch_subjects WHERE id = :id FOR UPDATE").bindparams(
    bindparam("id", type_=UuidType)
)
_TERMS_OF_SUBJECT: Final = text("SELECT unit, term FROM watch_postings WHERE subject_id = :id").bindparams(
    bindparam("id", type_=UuidType)
)
_FORGET_POSTINGS: Final = text("DELETE FROM watch_postings WHERE subject_id = :id").bindparams(
    bindparam("id", type_=UuidType)
)
_MARK_SUBJECT: Final = text("UPDATE watch_subjects SET edition = :edition WHERE id = :id").bindparams(
    bindparam("edition", type_=LargeBinary), bindparam("id", type_=UuidType)
)
_ASK_AGAIN: Final = text("UPDATE watch_subjects SET due_at = least(due_at, now()) WHERE id = :id").bindparams(
    bindparam("id", type_=UuidType)
)


async def stale_texts(connection: AsyncConnection, edition: bytes, after: UUID, limit: int) -> list[StaleText]:
    """The next texts under watch that another edition than ``edition`` read, in the order of ids, beyond ``after``."""
    rows = await connection.execute(_STALE_TEXTS, {"edition": edition, "after": after, "size": limit})
    return [StaleText(row.id, msgspec.convert(row.asked, IncomingClaim)) for row in rows]


async def save_reread_text(
    connection: AsyncConnection, edition: bytes, subject: UUID, statements: Sequence[Statement]
) -> None:
    """Store the terms of a text under watch; where they are others, it is asked again.

    Claims that changed since the update were looked for by the old terms. A subject that is gone is passed over. In a
    transaction of its own, which waits for no second subject while it holds the first.
    """
    key = {"id": subject}
    if not (await connection.execute(_LOCK_SUBJECT, key)).all():
        return
    before = {(row.unit, row.term) for row in await connection.execute(_TERMS_OF_SUBJECT, key)}
    now = {(unit, term) for unit, statement in enumerate(statements) for term in statement.shares}
    if now != before:
        await connection.execute(_FORGET_POSTINGS, key)
        await insert_postings(connection, [(subject, statements)])
        await connection.execute(_ASK_AGAIN, key)
    await connection.execute(_MARK_SUBJECT, {**key, "edition": edition})
