"""Files of claims as rows, whatever their format and size: what has been read is forgotten."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import PurePath
from typing import IO, Any, Final

from service.errors import Fault, InvalidInput
from service.importable import ImportFormat
from service.readers.claimreview import reviews_in
from service.readers.pages import reviews_of_page
from service.readers.rows import Row, Unread

LONGEST_LINE: Final = 1_048_576
"""Bytes of a JSON line, and characters of a cell: as much as the body of a request may have."""

LARGEST_PAGE: Final = 20_971_520
"""Bytes of a page, or of a JSON document that is no feed, which are read whole."""

_SHOWN: Final = 20
"""How many columns are named where the one that is needed is missing."""

_HEAD: Final = 65_536
_FEED: Final = re.compile(rb'"dataFeedElement"\s*:')
_REVIEW: Final = re.compile(rb"ClaimReview")
_BOM: Final = b"\xef\xbb\xbf"


def recognise(head: bytes, name: str = "", media_type: str = "") -> ImportFormat | None:
    """The format of a file by its first bytes, its name and the media type it was sent as; None for none known."""
    kind = media_type.partition(";")[0].strip().lower()
    suffix = PurePath(name.partition("?")[0]).suffix.lower()
    start = head.removeprefix(_BOM).lstrip()[:1]
    if kind in ("text/csv", "text/tab-separated-values") or suffix in (".csv", ".tsv"):
        return ImportFormat.CSV
    if start == b"<":
        return ImportFormat.PAGE
    if start in (b"{", b"["):
        if kind in ("application/x-ndjson", "application/jsonl") or suffix in (".jsonl", ".ndjson"):
            return ImportFormat.CLAIMS
        if _FEED.search(head):
            return ImportFormat.FEED
        first = head.removeprefix(_BOM).lstrip().partition(b"\n")[0]
        if start == b"{" and _is_claim(first):
            return ImportFormat.CLAIMS
        return ImportFormat.PAGE if _REVIEW.search(head) else ImportFormat.FEED if start == b"{" else None
    if b"," in head.partition(b"\n")[0] and kind in ("", "text/plain", "application/octet-stream"):
        return ImportFormat.CSV
    return None


def _is_claim(line: bytes) -> bool:
    try:
        found = json.loads(line)
    except ValueError:
        return False
    return isinstance(found, dict) and "text" in found and "@type" not in found


def rows_of(
    file: IO[bytes],
    form: ImportFormat,
    base: str | None = None,
    charset: str | None = None,
    columns: Mapping[str, str] | None = None,
) -> Iterator[Row | Unread]:
    """The rows of a file, from its start. ``base``: the address it was fetched from; ``columns``: see ``ImportOrder``.

    Raises InvalidInput where the file as a whole is not what it is said to be; rows before that point have been given.
    """
    match form:
        case ImportFormat.CLAIMS:
            return _lines(file)
        case ImportFormat.CSV:
            return _table(file, (columns or {}).get("text", "text"))
        case ImportFormat.FEED:
            return _feed(file)
        case ImportFormat.PAGE:
            return _page(file, base, charset)


def _lines(file: IO[bytes]) -> Iterator[Row | Unread]:
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            while line and not line.endswith(b"\n"):
                line = file.readline(LONGEST_LINE)
            yield Unread(number, (Fault("", f"The line has more than {LONGEST_LINE:,} bytes."),))
            continue
        if number == 1:
            line = line.removeprefix(_BOM)
        if content := line.strip():
            yield Row(number, content)


def _table(file: IO[bytes], needed: str) -> Iterator[Row | Unread]:
    text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="")
    try:
        first = text.readline(LONGEST_LINE)
        if not first.strip():
            raise InvalidInput([Fault("", "is empty: a table needs a line with the names of its columns")])
        reader = csv.reader(chain([first], text), delimiter=_delimiter(first), strict=True)
        csv.field_size_limit(LONGEST_LINE)
        header = [name.strip() for name in next(reader)]
        if len(set(header)) < len(header):
            raise InvalidInput([Fault("", "has two columns of one name")])
        if needed not in header:
            there = ", ".join(header[:_SHOWN]) + (", ..." if len(header) > _SHOWN else "")
            raise InvalidInput([Fault("", f"has no column {needed}, which holds the claims; its columns are: {there}")])
        while True:
            line = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield Unread(line, (Fault("", f"The row cannot be taken apart: {error}."),))
                continue
            if not any(cell.strip() for cell in cells):
                continue
            if any("\udc80" <= letter <= "\udcff" for cell in cells for letter in cell):
                yield Unread(line, (Fault("", "The row is not in UTF-8."),))
            elif len(cells) > len(header):
                yield Unread(line, (Fault("", f"The row has {len(cells)} cells, the header {len(header)}."),))
            else:
                yield Row(line, dict(zip(header, cells, strict=False)))
    finally:
        text.detach()


def _delimiter(header: str) -> str:
    return max(",;\t|", key=header.count)


def _feed(file: IO[bytes]) -> Iterator[Row | Unread]:
    import ijson

    number = 0
    try:
        for element in ijson.items(file, "dataFeedElement.item", use_float=True):
            for review in reviews_in(element):
                number += 1
                yield Row(number, review)
    except (ijson.JSONError, UnicodeDecodeError) as error:
        raise InvalidInput([Fault("", f"The file is not valid JSON after {number} reviews: {error}.")]) from error


def _page(file: IO[bytes], base: str | None, charset: str | None) -> Iterator[Row | Unread]:
    page = file.read(LARGEST_PAGE + 1)
    if len(page) > LARGEST_PAGE:
        raise InvalidInput([Fault("", f"has more than {LARGEST_PAGE:,} bytes, which is too much for a page")])
    found: Iterator[Mapping[str, Any]]
    if page.removeprefix(_BOM).lstrip()[:1] in (b"{", b"["):
        from service.readers.pages import read_json

        found = reviews_in(read_json(page.removeprefix(_BOM).decode("utf-8", "replace")))
    else:
        found = reviews_of_page(page, charset)
    number = 0
    for number, review in enumerate(found, 1):
        yield Row(number, review, base)
    if number == 0:
        raise InvalidInput([Fault("", "holds no ClaimReview")])
