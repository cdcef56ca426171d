"""Files into rows: recognised by what they hold, and read to the end whatever single rows look like."""

from __future__ import annotations

import io
import json
from uuid import UUID

import pytest

from service.domain import Stance, Verdict
from service.errors import InvalidInput
from service.formats.table import cell
from service.importable import ImportFormat
from service.readers.files import LONGEST_LINE, recognise, rows_of
from service.readers.rows import Row, Unread
from service.readers.tables import check_columns, draft_of_cells

FEED = {"@context": "https://schema.org", "@type": "DataFeed", "dataFeedElement": []}
CLAIM = b'{"text": "A claim", "language": "en"}'


@pytest.mark.parametrize(
    ("head", "name", "media_type", "form"),
    [
        (CLAIM + b"\n" + CLAIM, "", "", ImportFormat.CLAIMS),
        (b"\xef\xbb\xbf" + CLAIM, "export.jsonl", "", ImportFormat.CLAIMS),
        (b'{"broken', "x", "application/x-ndjson", ImportFormat.CLAIMS),
        (json.dumps(FEED).encode(), "data.json", "application/json", ImportFormat.FEED),
        (b"\n <!doctype html><html>", "", "text/html; charset=utf-8", ImportFormat.PAGE),
        (b'[{"@type": "ClaimReview"}]', "", "application/ld+json", ImportFormat.PAGE),
        (b"text;language\n", "claims.csv", "", ImportFormat.CSV),
        (b"text,language\n", "upload", "text/plain", ImportFormat.CSV),
        (b"text\n", "upload", "text/csv; header=present", ImportFormat.CSV),
        (b"%PDF-1.7", "", "application/pdf", None),
        (b"", "", "", None),
    ],
)
def test_formats_are_recognised(head: bytes, name: str, media_type: str, form: ImportFormat | None) -> None:
    assert recognise(head, name, media_type) is form


def test_lines_are_read_one_by_one() -> None:
    long = b'{"text": "' + b"x" * LONGEST_LINE + b'"}'
    file = io.BytesIO(b"\xef\xbb\xbf" + CLAIM + b"\r\n\n" + long + b"\n" + b"rubbish\n" + CLAIM)
    found = list(rows_of(file, ImportFormat.CLAIMS))
    assert [each.line for each in found] == [1, 3, 4, 5]
    assert [isinstance(each, Unread) for each in found] == [False, True, False, False]
    assert isinstance(found[3], Row)
    assert found[3].content == CLAIM


def test_a_table_keeps_its_lines_whatever_its_cells_hold() -> None:
    table = b'text;claimant\n"Two\nlines; one claim";"A ""cow"""\n\na;b;c\nlast one\n' + b"\xff\xfe;x\n"
    found = list(rows_of(io.BytesIO(table), ImportFormat.CSV))
    assert [each.line for each in found] == [2, 5, 6, 7]
    assert isinstance(found[0], Row)
    assert found[0].content == {"text": "Two\nlines; one claim", "claimant": 'A "cow"'}
    assert isinstance(found[1], Unread)
    assert "3 cells" in found[1].faults[0].detail
    assert isinstance(found[2], Row)
    assert isinstance(found[3], Unread)
    for broken in (b"", b"text,text\n"):
        with pytest.raises(InvalidInput):
            list(rows_of(io.BytesIO(broken), ImportFormat.CSV))


def test_a_table_without_a_column_of_claims_is_refused_whole() -> None:
    table = b"Claim,Rating\nThe earth is flat,False\n"
    with pytest.raises(InvalidInput, match=r"has no column text, .* its columns are: Claim, Rating"):
        list(rows_of(io.BytesIO(table), ImportFormat.CSV))
    with pytest.raises(InvalidInput, match="has no column Statement"):
        list(rows_of(io.BytesIO(table), ImportFormat.CSV, columns={"text": "Statement"}))
    assert len(list(rows_of(io.BytesIO(table), ImportFormat.CSV, columns={"text": "Claim"}))) == 1


def test_a_feed_is_read_element_by_element_up_to_where_it_breaks() -> None:
    review = {"@type": "ClaimReview", "url": "https://desk.example.org/1"}
    elements = [{"item": [review, review]}, {"item": None}, {"item": review}]
    whole = json.dumps({**FEED, "dataFeedElement": elements}).encode()
    assert [each.line for each in rows_of(io.BytesIO(whole), ImportFormat.FEED)] == [1, 2, 3]
    read = []
    with pytest.raises(InvalidInput, match="after 3 reviews"):
        for each in rows_of(io.BytesIO(whole[:-2]), ImportFormat.FEED):
            read.append(each)
    assert len(read) == 3


def test_a_page_without_reviews_says_so() -> None:
    with pytest.raises(InvalidInput, match="no ClaimReview"):
        list(rows_of(io.BytesIO(b"<html></html>"), ImportFormat.PAGE))


def test_cells_become_a_claim() -> None:
    key = "0199b1c2-0b52-7d63-9a0e-5f1c2d3e4a5b"
    draft, found = draft_of_cells(
        {
            "claim_id": key, "Statement": cell("=1+1 is 3"), "language": "en", "topics": "a; b\na", "Rating": "Faux",
            "review_site": "desk.example.org", "review_url": "https://desk.example.org/1", "claimed_at": "2025-12-31",
            "sources": "https://a.example.org https://b.example.org", "source_stance": "Refutes", "unheard": "of",
        },
        {"text": "Statement", "review_label": "Rating"},
    )  # fmt: skip
    assert found == UUID(key)
    assert (draft.text, draft.topics) == ("=1+1 is 3", ("a", "b"))
    assert (draft.reviews[0].publisher.name, draft.reviews[0].from_label) == ("desk.example.org", True)
    assert [(each.url, each.stance) for each in draft.sources] == [
        ("https://a.example.org", Stance.REFUTES), ("https://b.example.org", Stance.REFUTES),
    ]  # fmt: skip
    plain, _ = draft_of_cells({"text": "abc", "review_verdict": "FALSE", "review_publisher": "D"}, {})
    assert (plain.reviews[0].verdict, plain.language) == (Verdict.FALSE, "")
    assert draft_of_cells({"text": "abc"}, {})[0].reviews == ()


def test_wrong_cells_are_pointed_to_by_their_columns() -> None:
    with pytest.raises(InvalidInput) as caught:
        draft_of_cells(
            {"day/said": "31.12.2025", "review_verdict": "flase", "claim_id": "7", "review_url": "https://d.org"},
            {"claimed_at": "day/said"},
        )
    assert {fault.pointer for fault in caught.value.faults} == {
        "/text", "/day~1said", "/review_verdict", "/claim_id", "/review_publisher",
    }  # fmt: skip
    with pytest.raises(InvalidInput, match="is not a field"):
        check_columns({"txet": "Claim"})
