"""Claims go out whole: a file of all that are wanted, as of one moment, made while it is being read."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from service import __version__
from service.browsing import folded
from service.formats.claimreview import DATA_FEED
from service.formats.format import Format
from service.formats.jsonlines import JSON_LINES
from service.formats.table import TABLE
from service.store.catalogue import ClaimFilter
from service.store.session import Database
from service.store.snapshots import current_edition, extent, publishers_named, stream_claims
from service.store.verdict_changes import list_verdict_changes
from service.verdict_changes import Moment, VerdictChange

FORMATS: Final = {each.name: each for each in (JSON_LINES, TABLE, DATA_FEED)}

_CHUNK: Final = 65_536
"""Bytes that are collected before they go out."""


@dataclass(frozen=True, slots=True)
class Export:
    """A file that has not been made yet. ``tag``: two files with the same tag are the same to the byte; None where
    nothing can promise that. ``claims``: how many go into it; None for a format that leaves some out.
    """

    tag: str | None
    claims: int | None
    chunks: AsyncGenerator[bytes]


@asynccontextmanager
async def export_claims(database: Database, wanted: ClaimFilter, form: Format) -> AsyncIterator[Export]:
    """The claims that are wanted as a file. Its chunks are to be read within the block, which holds their snapshot.

    Raises Unavailable, here or out of the chunks; a file is whole when they have come to their end.
    """
    async with database.snapshot() as connection:
        edition = await current_edition(connection)
        told = (form.name, __version__, msgspec.to_builtins(edition), msgspec.to_builtins(wanted))
        # The state of links changes without an edition.
        tag = None if wanted.has_broken_links is not None else blake2b(_encoded(told), digest_size=16).hexdigest()
        wanted = folded(wanted)
        size = await extent(connection, wanted, published=form.published)
        begun = form.begin(size.changed_at)
        yield Export(tag, None if form.published else size.claims, _chunks(connection, wanted, form, begun))


async def fetch_verdict_changes(
    database: Database, wanted: ClaimFilter, before: Moment | None, limit: int
) -> tuple[list[VerdictChange], Moment | None]:
    """The newest changes of the claims that are wanted, or those before a moment; and the last one's moment, if there
    are more. Raises Unavailable.
    """
    async with database.read() as connection:
        found = await list_verdict_changes(connection, folded(wanted), before, limit + 1)
    shown = found[:limit]
    last = shown[-1] if len(found) > limit else None
    return shown, None if last is None else Moment(last.at, last.claim_id, last.revision)


async def _chunks(
    connection: AsyncConnection, wanted: ClaimFilter, form: Format, begun: bytes
) -> AsyncGenerator[bytes]:
    publishers = None if wanted.publisher is None else await publishers_named(connection, wanted.publisher)
    collected = bytearray(begun)
    separator = b""
    async for claims in stream_claims(connection, wanted, published=form.published):
        for claim in claims:
            for piece in form.pieces(claim, publishers):
                collected += separator + piece
                separator = form.separator
        if len(collected) >= _CHUNK:
            yield bytes(collected)
            collected.clear()
    yield bytes(collected + form.end)


def _encoded(told: object) -> bytes:
    return msgspec.json.encode(told, order="deterministic")
