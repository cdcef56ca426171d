"""Claims as a table for spreadsheets: a row for each review of a claim, and one for a claim without any.

RFC 4180 in UTF-8 with a byte order mark, without which spreadsheets read Persian and Arabic as something else. A cell
that a spreadsheet would take for a formula has an apostrophe before it; so has a cell that begins with an apostrophe,
so that taking one away from the start of a cell always gives back what was there.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from service.domain import Claim, Review
from service.formats.format import Format, Publishers

COLUMNS: Final = (
    "claim_id",
    "revision",
    "text",
    "language",
    "verdict",
    "pinned",
    "claimant",
    "claimed_at",
    "valid_until",
    "topics",
    "created_at",
    "updated_at",
    "withdrawn_at",
    "merged_into",
    "review_url",
    "review_title",
    "review_publisher",
    "review_site",
    "review_verdict",
    "review_label",
    "review_language",
    "review_published_at",
    "sources",
)
"""``topics`` and ``sources`` (their addresses) hold one a line."""

_FORMULA: Final = re.compile(r"[\s\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]*[=+\-@'＝＋－＠−]|[\t\r\n]")
"""What spreadsheets take for the start of a formula, in whatever width, and whatever they do not show before it."""


def cell(value: object) -> str:
    """A value as a cell that is text and nothing else to a spreadsheet; "" for None."""
    text = "" if value is None else str(value)
    return f"'{text}" if _FORMULA.match(text) else text


def _begin(_changed_at: datetime | None) -> bytes:
    return b"\xef\xbb\xbf" + _line(COLUMNS)


def _pieces(claim: Claim, publishers: Publishers) -> Iterator[bytes]:
    listed = [each for each in claim.draft.reviews if publishers is None or each.publisher in publishers]
    rows: list[Review | None] = [*listed] or [None]
    for review in rows:
        yield _line([cell(value) for value in (*_of_claim(claim), *_of_review(review), _addresses(claim))])


def _of_claim(claim: Claim) -> tuple[object, ...]:
    draft = claim.draft
    return (
        claim.id, claim.revision, draft.text, draft.language, claim.verdict.value,
        "true" if draft.pinned_verdict else "false", draft.claimant, draft.claimed_at, draft.valid_until,
        "\n".join(draft.topics), _moment(claim.created_at), _moment(claim.updated_at), _moment(claim.withdrawn_at),
        claim.merged_into,
    )  # fmt: skip


def _of_review(review: Review | None) -> tuple[object, ...]:
    if review is None:
        return (None,) * 8
    return (
        review.url, review.title, review.publisher.name, review.publisher.site, review.verdict.value,
        review.original_label, review.language, review.published_at,
    )  # fmt: skip


def _addresses(claim: Claim) -> str:
    return "\n".join(source.url for source in claim.draft.sources)


def _moment(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat().replace("+00:00", "Z")


def _line(cells: list[str] | tuple[str, ...]) -> bytes:
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue().encode("utf-8")


TABLE: Final = Format("csv", "text/csv; charset=utf-8; header=present", _begin, _pieces)
