"""Rows of a table into claims: which column is what, and what its cells may hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Final, TypeVar
from uuid import UUID

from service.domain import ClaimDraft, Publisher, Review, Source, Stance, Verdict
from service.errors import Fault, InvalidInput

FIELDS: Final = (
    "claim_id", "text", "language", "claimant", "claimed_at", "valid_until", "topics", "review_url", "review_title",
    "review_publisher", "review_site", "review_verdict", "review_label", "review_language", "review_published_at",
    "source_stance", "sources",
)  # fmt: skip
"""What a row can say. The export's columns have these names, so that it needs no map."""

_QUOTED: Final = re.compile(r"'(?=[\s\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]*[=+\-@'＝＋－＠−]|[\t\r\n])")
"""The apostrophe that the export puts before what a spreadsheet would take for a formula."""

T = TypeVar("T")


def check_columns(columns: Mapping[str, str]) -> None:
    """Raise InvalidInput for a map from fields to columns that names a field there is none of."""
    faults = [
        Fault(f"/columns/{name}", f"is not a field; these are: {', '.join(FIELDS)}")
        for name in columns
        if name not in FIELDS
    ]
    if faults:
        raise InvalidInput(faults)


def draft_of_cells(cells: Mapping[str, str], columns: Mapping[str, str]) -> tuple[ClaimDraft, UUID | None]:
    """The claim of a row, and its id where the row says one; ``columns`` names the columns of fields that have others.

    The claim's language is empty where no cell says it. Raises InvalidInput; pointers name columns.
    """
    faults: list[Fault] = []

    def said(field: str) -> str | None:
        cell = cells.get(columns.get(field, field), "").strip()
        return _QUOTED.sub("", cell, count=1) or None if cell.startswith("'") else cell or None

    def read(field: str, reader: Callable[[str], T], rule: str) -> T | None:
        text = said(field)
        if text is None:
            return None
        try:
            return reader(text)
        except ValueError:
            faults.append(Fault(_pointer(columns.get(field, field)), rule))
            return None

    text = said("text")
    if text is None:
        faults.append(Fault(_pointer(columns.get("text", "text")), "is required"))
    verdict: Verdict | None = read(
        "review_verdict", lambda cell: Verdict(cell.lower()), f"must be one of {', '.join(Verdict)}"
    )
    label, name, site, url = said("review_label"), said("review_publisher"), said("review_site"), said("review_url")
    published: date | None = read("review_published_at", _day, "must be a date such as 2025-12-31")
    reviews: tuple[Review, ...] = ()
    if any((verdict, label, name, site, url)):
        if name is None and site is None:
            faults.append(
                Fault(_pointer(columns.get("review_publisher", "review_publisher")), "is required of a review")
            )
        if verdict is None and label is None and said("review_verdict") is None:
            faults.append(
                Fault(_pointer(columns.get("review_verdict", "review_verdict")), "is required without a label")
            )
        reviews = (
            Review(
                Publisher(name or site or "", site), verdict or Verdict.OTHER, url, said("review_title"), label,
                said("review_language"), published, verdict is None,
            ),
        )  # fmt: skip
    stance: Stance | None = read(
        "source_stance", lambda cell: Stance(cell.lower()), f"must be one of {', '.join(Stance)}"
    )
    draft = ClaimDraft(
        text=text or "",
        language=said("language") or "",
        claimant=said("claimant"),
        claimed_at=read("claimed_at", _day, "must be a date such as 2025-12-31"),
        valid_until=read("valid_until", _day, "must be a date such as 2025-12-31"),
        topics=tuple(dict.fromkeys(part.strip() for part in re.split(r"[\n;]", said("topics") or "") if part.strip())),
        reviews=reviews,
        sources=tuple(
            Source(each, stance or Stance.NEUTRAL) for each in dict.fromkeys((said("sources") or "").split())
        ),
    )
    key: UUID | None = read("claim_id", UUID, "must be the id of a claim")
    if faults:
        raise InvalidInput(faults)
    return draft, key


def _day(text: str) -> date:
    return datetime.fromisoformat(text).date()


def _pointer(column: str) -> str:
    return "/" + column.replace("~", "~0").replace("/", "~1")
