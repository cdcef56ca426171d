"""Claims as JSON lines: each row is what ``POST /v1/claims`` takes, with ``id`` and ``revision`` before it.

A claim that is withdrawn or merged also says so, in ``withdrawn_at`` or ``merged_into``, which no other row has.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import msgspec

from service.domain import Claim
from service.formats.format import Format, Publishers

_ENCODER: Final = msgspec.json.Encoder()
_SENT: Final = {
    "phrasings": ("text", "language", "confirmed"),
    "reviews": ("publisher", "url", "title", "verdict", "original_label", "language", "published_at"),
    "sources": ("url", "stance", "title", "publisher", "published_at", "quote", "archived_url"),
}
"""What of a stored part is sent: neither its id nor what became of it here."""


def row(claim: Claim) -> dict[str, Any]:
    """A claim as a row, in JSON types. What it does not have is left out."""
    sent = msgspec.to_builtins(claim.draft)
    for name, fields in _SENT.items():
        sent[name] = [_filled({field: part[field] for field in fields}) for part in sent[name]]
    for review in sent["reviews"]:
        review["publisher"] = _filled(review["publisher"])
    ended = {"withdrawn_at": claim.withdrawn_at, "merged_into": claim.merged_into}
    return {"id": claim.id, "revision": claim.revision, **_filled(sent), **_filled(ended)}


def _filled(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, False, [], ())}


def _begin(_changed_at: datetime | None) -> bytes:
    return b""


def _pieces(claim: Claim, _publishers: Publishers) -> Iterator[bytes]:
    yield _ENCODER.encode(row(claim)) + b"\n"


JSON_LINES: Final = Format("jsonl", "application/x-ndjson", _begin, _pieces)
