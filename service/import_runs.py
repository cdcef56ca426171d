"""An import under way: the file comes into the database, and goes through row by row until its end.

Both can stop at any moment, and go on where they were: the file counts as here once it is whole, and each batch of rows
is stored together with the position it leads to.
"""

from __future__ import annotations

import asyncio
import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import IO, Final
from uuid import UUID

from service.domain import Change
from service.errors import FactcheckError, InvalidInput, Unavailable, Unreachable
from service.importable import Import, ImportFormat, ImportOrder, ImportState, Prepared, Refused
from service.importing import Outcome, store_rows
from service.jobs import Workplace
from service.preparing import Decode, prepare
from service.processes import in_order
from service.readers.files import recognise, rows_of
from service.readers.rows import Row, Unread
from service.store.imports import (
    PIECE,
    advance,
    change_import,
    delete_pieces,
    get_import,
    insert_faults,
    insert_piece,
    now,
    pieces,
)
from service.store.session import Database

LARGEST_FILE: Final = 2 << 30
"""Bytes of a file."""

BATCH: Final = 500
"""Rows that are stored in one transaction, during which nobody else changes claims."""

_ALONE: Final = 4
"""Batches that are prepared sooner than further processes start."""

_SECONDS: Final = 3_600.0
_SILENCE: Final = 60.0
"""How long the whole of a file may take, and how long its server may say nothing."""

_PAUSES: Final = (1.0, 5.0)
"""Seconds until a server is asked again that could not be reached."""

_LOG: Final = logging.getLogger(__name__)


class _Ended(Exception):
    """Somebody else has taken the import on, or ended it."""


class _Rollback(Exception):
    """Ends the transaction of a dry run."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """Some rows, the place of the last one in the file, and how many bytes had been read then."""

    rows: list[Row | Unread]
    position: int
    read: int


async def run_import(decode: Decode, workplace: Workplace, payload: bytes) -> None:
    """The job: take an import to its end. ``payload``: its id. Raises Unavailable, to be tried again."""
    import_id = UUID(bytes=payload)
    database = workplace.database
    found = await _begin(database, import_id)
    if found is None:
        return
    try:
        if found.size is None:
            found = await _fetch(workplace, found)
        await _go_through(database, found, decode)
    except _Ended:
        _LOG.info("the import %s has been ended, or goes on elsewhere", import_id)
    except Unavailable:
        raise
    except FactcheckError as error:
        await _end(database, import_id, ImportState.FAILED, error.detail)
    except Exception:
        _LOG.exception("the import %s failed", import_id)
        await _end(database, import_id, ImportState.FAILED, "Something went wrong on our side; the log says what.")


async def _begin(database: Database, import_id: UUID) -> Import | None:
    async with database.write() as connection:
        found = await get_import(connection, import_id, lock=True)
        if found is None or found.state not in (ImportState.QUEUED, ImportState.RUNNING):
            return None
        if found.state is ImportState.QUEUED:
            at = await now(connection)
            await change_import(connection, import_id, state=ImportState.RUNNING.value, started_at=at)
    return found


async def _end(database: Database, import_id: UUID, state: ImportState, error: str | None = None) -> None:
    async with database.write() as connection:
        found = await get_import(connection, import_id, lock=True)
        if found is None or found.state is not ImportState.RUNNING:
            return
        await change_import(connection, import_id, state=state.value, finished_at=await now(connection), error=error)
        await delete_pieces(connection, import_id)


async def _fetch(workplace: Workplace, found: Import) -> Import:
    for pause in (*_PAUSES, None):
        try:
            return await _fetch_once(workplace, found)
        except Unreachable as error:
            if pause is None:
                raise
            _LOG.info("an import's file is asked for again: %s", error.detail)
            await asyncio.sleep(pause)
    raise AssertionError


async def _fetch_once(workplace: Workplace, found: Import) -> Import:
    # A service that only serves asks nobody for anything, and need not load the client.
    from service.outbound.answers import judge, kind_of
    from service.outbound.door import Door, Limits

    url, database = found.order.url or "", workplace.database
    limits = Limits(size=LARGEST_FILE, seconds=_SECONDS, silence=_SILENCE)
    # Whoever names the format knows that it is a file for programs; pages are left alone where their site asks for it.
    polite = found.order.format in (None, ImportFormat.PAGE)
    async with database.each() as connection:
        await delete_pieces(connection, found.id)
    async with Door.of(workplace.settings) as door, door.stream(url, limits=limits, robots=polite) as answer:
        judge(answer.url, answer.status, answer.headers)
        size = number = 0
        held = bytearray()
        async for data in answer:
            held += data
            while len(held) >= PIECE:
                async with database.each() as connection:
                    await insert_piece(connection, found.id, number, bytes(held[:PIECE]))
                del held[:PIECE]
                size, number = size + PIECE, number + 1
        media_type = str(answer.headers.get("content-type", ""))[:200] or kind_of(answer.headers)
        async with database.write() as connection:
            known = await get_import(connection, found.id, lock=True)
            if known is None or known.state is not ImportState.RUNNING:
                raise _Ended
            await insert_piece(connection, found.id, number, bytes(held))
            await change_import(connection, found.id, size=size + len(held), media_type=media_type, url=answer.url)
            again = await get_import(connection, found.id)
    assert again is not None  # noqa: S101  # it is locked
    return again


async def _go_through(database: Database, found: Import, decode: Decode) -> None:
    with tempfile.TemporaryFile() as file:
        async with database.read() as connection, aclosing(pieces(connection, found.id)) as stored:
            async for data in stored:
                await asyncio.to_thread(file.write, data)
        file.seek(0)
        order = found.order
        form = order.format or recognise(file.read(65_536), order.url or order.name, order.media_type)
        file.seek(0)
        if form is None:
            raise InvalidInput([], "The file is of no kind that is known; say which format it has.")
        if order.format is None:
            async with database.each() as connection:
                await change_import(connection, found.id, format=form.value)
        work = partial(_prepare, form=form, order=order, decode=decode)
        async with aclosing(in_order(work, _batches(file, form, found), alone=_ALONE)) as prepared:
            position = found.position
            async for batch, rows in prepared:
                await _store(database, found, position, batch, rows)
                position = batch.position
        await _end(database, found.id, ImportState.DONE)


def _prepare(batch: _Batch, form: ImportFormat, order: ImportOrder, decode: Decode) -> list[Prepared | Refused]:
    return prepare(batch.rows, form, order, decode)


def _batches(file: IO[bytes], form: ImportFormat, found: Import) -> Iterator[_Batch]:
    charset = _charset(found.order.media_type)
    rows = islice(rows_of(file, form, found.order.url, charset, found.order.columns), found.position, None)
    position = found.position
    batch: list[Row | Unread] = []
    failed: InvalidInput | None = None
    while failed is None:
        try:
            batch = []
            for row in islice(rows, BATCH):
                batch.append(row)
        except InvalidInput as error:
            failed = error
        if batch:
            position += len(batch)
            yield _Batch(batch, position, os.lseek(file.fileno(), 0, os.SEEK_CUR))
        elif failed is None:
            return
    raise failed


def _charset(media_type: str) -> str | None:
    for parameter in media_type.split(";")[1:]:
        name, _, value = parameter.strip().partition("=")
        if name.lower() == "charset" and value:
            return value.strip("\"'")
    return None


async def _store(
    database: Database, found: Import, position: int, batch: _Batch, rows: list[Prepared | Refused]
) -> None:
    """Store a batch with its progress; of a dry run, only what would come of it."""
    outcome: Outcome
    if found.order.dry_run:
        try:
            async with database.write() as connection:
                change = Change(await now(connection), found.author, _reason(found))
                outcome = await store_rows(connection, found.id, rows, change, found.order.join_score)
                raise _Rollback
        except _Rollback:
            pass
        async with database.write() as connection:
            await _check(await get_import(connection, found.id, lock=True), position)
            await insert_faults(connection, found.id, outcome.faults)
            await advance(connection, found.id, batch.position, batch.read, outcome.tally)
        return
    async with database.write() as connection:
        await _check(await get_import(connection, found.id, lock=True), position)
        change = Change(await now(connection), found.author, _reason(found))
        outcome = await store_rows(connection, found.id, rows, change, found.order.join_score)
        await insert_faults(connection, found.id, outcome.faults)
        await advance(connection, found.id, batch.position, batch.read, outcome.tally)


async def _check(found: Import | None, position: int) -> None:
    if found is None or found.state is not ImportState.RUNNING or found.position != position:
        raise _Ended


def _reason(found: Import) -> str:
    return f"Import {found.id}"
