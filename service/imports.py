"""Imports as people deal with them: ordered, looked at, cancelled, undone. The work itself is done by jobs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from service.errors import Conflict, Fault, InvalidInput, NotFound
from service.import_runs import LARGEST_FILE, run_import
from service.importable import Import, ImportOrder, ImportState, RowFault
from service.intake import MAX_TITLE, MAX_URL, address_faults, is_known_language, note_faults
from service.jobs import JobKind
from service.preparing import Decode
from service.readers.tables import check_columns
from service.store.imports import (
    PIECE,
    change_import,
    delete_pieces,
    get_import,
    insert_import,
    insert_piece,
    list_faults,
    list_imports,
    now,
)
from service.store.jobs import NewJob, enqueue
from service.store.publishers import new_id
from service.store.session import Database
from service.undoing import run_undoing

IMPORT: Final = "import"

UNDO: Final = JobKind("import-undo", run_undoing, attempts=50, at_once=1)
"""Undoing an import."""


def import_kind(decode: Decode) -> JobKind:
    """Carrying out an import. ``decode``: what a JSON line says, as the body of ``POST /v1/claims`` would."""
    return JobKind(IMPORT, partial(run_import, decode), attempts=50, at_once=1)


async def order_import(
    database: Database,
    order: ImportOrder,
    author: str | None,
    file: Callable[[], AsyncIterator[bytes]] | None = None,
) -> Import:
    """Take an order, with its file unless that is to be fetched; it is carried out once this is committed.

    Raises InvalidInput for an order that cannot be carried out.
    """
    _validate(order)
    import_id = new_id()
    async with database.write() as connection:
        await insert_import(connection, import_id, order, author)
        if file is not None:
            await change_import(connection, import_id, size=await _keep(connection, import_id, file()))
        await enqueue(connection, [_job(IMPORT, import_id)])
        return await _found(connection, import_id)


async def fetch_import(database: Database, import_id: UUID) -> Import:
    """An import as it stands. Raises NotFound."""
    async with database.read() as connection:
        return await _found(connection, import_id)


async def fetch_imports(database: Database, limit: int, before: UUID | None = None) -> list[Import]:
    """Imports, newest first, after the one that is given."""
    async with database.read() as connection:
        return await list_imports(connection, before, limit)


async def fetch_faults(
    database: Database, import_id: UUID, limit: int, after: tuple[int, int] | None = None
) -> list[tuple[tuple[int, int], RowFault]]:
    """What was wrong with an import's rows, in the order of the file, each with its place here. Raises NotFound."""
    async with database.read() as connection:
        await _found(connection, import_id)
        return await list_faults(connection, import_id, after, limit)


async def cancel_import(database: Database, import_id: UUID) -> Import:
    """Stop an import; what it has stored stays. One that has ended is as it was. Raises NotFound."""
    async with database.write() as connection:
        found = await _found(connection, import_id, lock=True)
        if found.state in (ImportState.QUEUED, ImportState.RUNNING):
            at = await now(connection)
            await change_import(connection, import_id, state=ImportState.CANCELLED.value, finished_at=at)
            await delete_pieces(connection, import_id)
        return await _found(connection, import_id)


async def undo_import(database: Database, import_id: UUID) -> Import:
    """Have an import undone. One that is, or is being undone, is as it was.

    Raises NotFound, and Conflict for one that has not ended or was a dry run.
    """
    async with database.write() as connection:
        found = await _found(connection, import_id, lock=True)
        if found.order.dry_run:
            raise Conflict("It was a dry run: there is nothing to undo.")
        if found.state in (ImportState.QUEUED, ImportState.RUNNING):
            raise Conflict("It is still under way; cancel it first.")
        if found.state not in (ImportState.UNDOING, ImportState.UNDONE):
            await change_import(connection, import_id, state=ImportState.UNDOING.value)
            await enqueue(connection, [_job(UNDO.name, import_id)])
        return await _found(connection, import_id)


async def _found(connection: AsyncConnection, import_id: UUID, *, lock: bool = False) -> Import:
    found = await get_import(connection, import_id, lock=lock)
    if found is None:
        raise NotFound(f"There is no import {import_id}.")
    return found


async def _keep(connection: AsyncConnection, import_id: UUID, file: AsyncIterator[bytes]) -> int:
    """Store a file in pieces; its size in bytes."""
    size = number = 0
    held = bytearray()
    async for data in file:
        size += len(data)
        if size > LARGEST_FILE:
            raise InvalidInput([], f"The file has more than {LARGEST_FILE:,} bytes.")
        held += data
        while len(held) >= PIECE:
            await insert_piece(connection, import_id, number, bytes(held[:PIECE]))
            del held[:PIECE]
            number += 1
    if size == 0:
        raise InvalidInput([], "The file is empty.")
    await insert_piece(connection, import_id, number, bytes(held))
    return size


def _validate(order: ImportOrder) -> None:
    faults: list[Fault] = []
    faults += note_faults("/name", order.name, MAX_URL)
    if order.url is not None:
        faults += address_faults("/url", order.url)
    for field, column in order.columns.items():
        faults += note_faults(f"/columns/{field}", column, MAX_TITLE)
    if order.language is not None and not is_known_language(order.language):
        faults.append(Fault("/language", "must be the tag of a known language, such as en, fa or ar-IQ"))
    if order.join_score is not None and not 0.5 <= order.join_score <= 1.0:
        faults.append(Fault("/join_score", "must lie between 0.5 and 1, or be null for no joining"))
    check_columns(order.columns)
    if faults:
        raise InvalidInput(faults)


def _job(kind: str, import_id: UUID) -> NewJob:
    return NewJob(kind, import_id.bytes)
