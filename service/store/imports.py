"""Imports in the database: orders, files in pieces, progress, faults."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, delete, func, insert, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import BigInteger, Boolean, Integer, Text

from service.errors import Fault
from service.importable import Import, ImportFormat, ImportOrder, ImportState, RowFault, Tally
from service.store.import_tables import import_faults, import_pieces, imports

PIECE: Final = 1_048_576
"""Bytes of a file that are stored in one row."""

FAULTS_KEPT: Final = 10_000
"""How many faults of one import are kept; those of further rows are only counted."""

_ADD_FAULTS: Final = text("""
    INSERT INTO import_faults (import_id, line, place, pointer, detail, refused)
    SELECT :id, line, place, pointer, detail, refused
    FROM unnest(:lines, :places, :pointers, :details, :refused) AS f (line, place, pointer, detail, refused)
    WHERE (SELECT count(*) FROM import_faults WHERE import_id = :id) < :kept
    ON CONFLICT DO NOTHING
""").bindparams(
    bindparam("lines", type_=ARRAY(BigInteger)),
    bindparam("places", type_=ARRAY(Integer)),
    bindparam("pointers", type_=ARRAY(Text)),
    bindparam("details", type_=ARRAY(Text)),
    bindparam("refused", type_=ARRAY(Boolean)),
)


async def insert_import(connection: AsyncConnection, import_id: UUID, order: ImportOrder, author: str | None) -> Import:
    """Store an order."""
    values = {
        "id": import_id,
        "name": order.name,
        "url": order.url,
        "media_type": order.media_type,
        "format": order.format,
        "dry_run": order.dry_run,
        "language": order.language,
        "columns": dict(order.columns),
        "join_score": order.join_score,
        "author": author,
        "state": ImportState.QUEUED.value,
    }
    row = (await connection.execute(insert(imports).values(values).returning(*imports.c))).one()
    return _import(row)


async def get_import(connection: AsyncConnection, import_id: UUID, *, lock: bool = False) -> Import | None:
    """An import as it stands, or None. With ``lock``, nobody else changes it until the transaction ends."""
    wanted = select(imports).where(imports.c.id == import_id)
    row = (await connection.execute(wanted.with_for_update() if lock else wanted)).first()
    return None if row is None else _import(row)


async def list_imports(connection: AsyncConnection, before: UUID | None, limit: int) -> list[Import]:
    """Imports, newest first, after the one that is given."""
    wanted = select(imports).order_by(imports.c.id.desc()).limit(limit)
    if before is not None:
        wanted = wanted.where(imports.c.id < before)
    return [_import(row) for row in await connection.execute(wanted)]


async def change_import(connection: AsyncConnection, import_id: UUID, **values: Any) -> None:
    """Set columns of an import."""
    await connection.execute(update(imports).where(imports.c.id == import_id).values(**values))


async def advance(
    connection: AsyncConnection, import_id: UUID, position: int, read: int, tally: Tally, error: str | None = None
) -> None:
    """Note that the rows up to ``position`` have been dealt with."""
    column = imports.c
    await change_import(
        connection,
        import_id,
        position=position,
        read=read,
        created=column.created + tally.created,
        joined=column.joined + tally.joined,
        revised=column.revised + tally.revised,
        unchanged=column.unchanged + tally.unchanged,
        refused=column.refused + tally.refused,
        error=error,
    )


async def count_undone(connection: AsyncConnection, import_id: UUID, undone: int, kept: int) -> None:
    """Note how many more claims were put back, and how many left."""
    await change_import(connection, import_id, undone=imports.c.undone + undone, kept=imports.c.kept + kept)


async def insert_piece(connection: AsyncConnection, import_id: UUID, number: int, data: bytes) -> None:
    """Store one piece of a file."""
    await connection.execute(insert(import_pieces).values(import_id=import_id, number=number, data=data))


async def delete_pieces(connection: AsyncConnection, import_id: UUID) -> None:
    """Forget a file."""
    await connection.execute(delete(import_pieces).where(import_pieces.c.import_id == import_id))


async def pieces(connection: AsyncConnection, import_id: UUID) -> AsyncGenerator[bytes]:
    """A file, piece by piece."""
    number = 0
    wanted = select(import_pieces.c.data).where(import_pieces.c.import_id == import_id)
    while (data := await connection.scalar(wanted.where(import_pieces.c.number == number))) is not None:
        yield data
        number += 1


async def insert_faults(connection: AsyncConnection, import_id: UUID, faults: Sequence[RowFault]) -> None:
    """Keep what was wrong with rows, as far as there is room."""
    if not faults:
        return
    places: dict[int, int] = {}
    numbered = []
    for each in faults:
        numbered.append(places.setdefault(each.line, 0))
        places[each.line] += 1
    await connection.execute(
        _ADD_FAULTS,
        {
            "id": import_id,
            "lines": [each.line for each in faults],
            "places": numbered,
            "pointers": [each.fault.pointer for each in faults],
            "details": [each.fault.detail for each in faults],
            "refused": [each.refused for each in faults],
            "kept": FAULTS_KEPT,
        },
    )


async def list_faults(
    connection: AsyncConnection, import_id: UUID, after: tuple[int, int] | None, limit: int
) -> list[tuple[tuple[int, int], RowFault]]:
    """What was wrong with rows, in the order of the file, each with its place in this list."""
    column = import_faults.c
    wanted = select(import_faults).where(column.import_id == import_id).order_by(column.line, column.place).limit(limit)
    if after is not None:
        wanted = wanted.where(tuple_(column.line, column.place) > tuple_(*after))
    return [
        ((row.line, row.place), RowFault(row.line, Fault(row.pointer, row.detail), row.refused))
        for row in await connection.execute(wanted)
    ]


async def now(connection: AsyncConnection) -> datetime:
    """The database's time."""
    found: datetime = (await connection.execute(select(func.now()))).scalar_one()
    return found


def _import(row: Any) -> Import:
    order = ImportOrder(
        name=row.name,
        url=row.url,
        media_type=row.media_type,
        format=None if row.format is None else ImportFormat(row.format),
        dry_run=row.dry_run,
        language=row.language,
        columns=row.columns,
        join_score=row.join_score,
    )
    return Import(
        id=row.id,
        order=order,
        author=row.author,
        state=ImportState(row.state),
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        size=row.size,
        read=row.read,
        position=row.position,
        tally=Tally(row.created, row.joined, row.revised, row.unchanged, row.refused),
        undone=row.undone,
        kept=row.kept,
        error=row.error,
    )
