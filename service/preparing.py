"""Rows of a file into claims that can be stored: decoded, checked, read and indexed. The part of an import that costs.

It needs neither database nor network, so that processes beside the one that stores can do it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any, Final
from uuid import UUID

import msgspec

from service.domain import ClaimDraft
from service.errors import Fault, InvalidInput
from service.importable import ImportFormat, ImportOrder, Prepared, Refused
from service.intake import draft_faults
from service.matching.folding import fold
from service.matching.language import identify
from service.matching.tokens import tokenize
from service.readers.claimreview import draft_of
from service.readers.rows import Row, Unread
from service.readers.tables import draft_of_cells
from service.wordings import clashes, index_read, read_wordings

_ENCODER: Final = msgspec.json.Encoder(order="deterministic")


@dataclass(frozen=True, slots=True)
class ReadClaim:
    """A JSON line as a claim, with the id that it gives itself. The language may be empty."""

    draft: ClaimDraft
    id: UUID | None


Decode = Callable[[bytes], ReadClaim]
"""A JSON line into a claim. Raises InvalidInput. A function of a module, so that other processes can be told of it."""


def prepare(
    rows: Sequence[Row | Unread], form: ImportFormat, order: ImportOrder, decode: Decode
) -> list[Prepared | Refused]:
    """Each row as it can be stored, or why it cannot."""
    return [
        Refused(row.line, row.faults) if isinstance(row, Unread) else _prepared(row, form, order, decode)
        for row in rows
    ]


def _prepared(row: Row, form: ImportFormat, order: ImportOrder, decode: Decode) -> Prepared | Refused:
    try:
        draft, key, notes, parts = _taken(row, form, order, decode)
        draft = _spoken(draft, order.language)
        if faults := draft_faults(draft):
            return Refused(row.line, tuple(faults))
    except InvalidInput as error:
        return Refused(row.line, error.faults or (Fault("", error.detail),))
    digest = _hash(draft)
    wordings = read_wordings(draft)
    if found := clashes(draft, wordings):
        notes = [*notes, *(Fault(each.pointer, f"was left out: it {each.detail}") for each in found)]
        wordings = [each for each in wordings if each not in [clash.wording for clash in found]]
        draft = replace(draft, phrasings=tuple(each.phrasing for each in wordings[1:]))
    return Prepared(
        line=row.line,
        key=_hash(parts or (fold(draft.text), draft.language, draft.claimant, draft.claimed_at)),
        digest=digest,
        draft=draft,
        wordings=tuple(index_read(wordings)),
        claimant=draft.claimant and fold(draft.claimant),
        id=key,
        whole=form is ImportFormat.CLAIMS,
        notes=tuple(notes),
    )


def _taken(
    row: Row, form: ImportFormat, order: ImportOrder, decode: Decode
) -> tuple[ClaimDraft, UUID | None, list[Fault], tuple[Any, ...]]:
    """The claim, the id it gives itself, what was left out, and what tells the row from others, if not its words."""
    if isinstance(row.content, bytes):
        read = decode(row.content)
        return read.draft, read.id, [], ("id", read.id) if read.id else ()
    if form is ImportFormat.CSV:
        draft, key = draft_of_cells(row.content, order.columns)
        of = tuple((each.publisher.site or each.publisher.name, each.url) for each in draft.reviews)
        return draft, key, [], ("row", key, of) if key else ("row", fold(draft.text), draft.claimed_at, of)
    draft, notes = draft_of(row.content, row.base)
    review = draft.reviews[0]
    return draft, None, notes, ("review", review.url, review.publisher.site, fold(draft.text))


def _spoken(draft: ClaimDraft, given: str | None) -> ClaimDraft:
    """The claim with a language: its own, the one that was given, the one it is recognised to be in."""
    language = draft.language or given or identify(draft.text, tokenize(draft.text), None).tag
    reviews = tuple(replace(each, language=each.language or None) for each in draft.reviews)
    return replace(draft, language=language, reviews=reviews)


def _hash(said: Any) -> bytes:
    return blake2b(_ENCODER.encode(said), digest_size=16).digest()
