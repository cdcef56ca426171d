"""The ClaimReviews of a web page, in JSON-LD or microdata, from markup that need not be right."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from service.readers.claimreview import Node, reviews_in

_SCRIPT: Final = re.compile(
    rb"<script\b[^>]*\btype\s*=\s*[\"']?\s*application/ld\+json[^>]*>(.*?)</script\s*>", re.DOTALL | re.IGNORECASE
)
_CHARSET: Final = re.compile(rb"<meta\b[^>]*?charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_WRAPPING: Final = re.compile(r"^\s*(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[)|(?:-->|//\s*\]\]>|\]\]>)\s*;?\s*$")


def reviews_of_page(page: bytes, charset: str | None = None) -> Iterator[Node]:
    """Every ClaimReview that a page carries, each once: its JSON-LD's, and then its microdata's where that has none.

    ``charset``: as the server named it, else the page's own word counts, else UTF-8.
    """
    text = _decoded(page, charset)
    found = [review for block in _blocks(text) for review in reviews_in(block)]
    if not found and "itemscope" in text and "ClaimReview" in text:
        found = list(reviews_in(_microdata(text)))
    seen: set[str] = set()
    for review in found:
        key = json.dumps(review, sort_keys=True, default=str)
        if key not in seen:
            seen.add(key)
            yield review


def read_json(text: str) -> Any:
    """JSON, or what was meant to be: raw line breaks, missing commas and quotes, comments, a trailing semicolon."""
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        pass
    import json_repair

    try:
        return json_repair.loads(_WRAPPING.sub("", text), skip_json_loads=True)
    except (ValueError, RecursionError):
        return None


def _blocks(text: str) -> Iterator[Any]:
    for found in _SCRIPT.finditer(text.encode("utf-8", "replace")):
        block = found[1].decode("utf-8")
        # Repairing is slow, and most blocks are about something else.
        if "ClaimReview" in block:
            yield read_json(block)


def _microdata(text: str) -> Any:
    from extruct.uniform import _umicrodata_microformat
    from extruct.w3cmicrodata import MicrodataExtractor

    return _umicrodata_microformat(MicrodataExtractor().extract(text), "https://schema.org")


def _decoded(page: bytes, charset: str | None) -> str:
    own = _CHARSET.search(page[:4096])
    for name in (charset, own[1].decode("ascii", "replace") if own else None, "utf-8"):
        if name is None:
            continue
        try:
            return page.decode(name)
        except (LookupError, UnicodeDecodeError):
            continue
    return page.decode("utf-8", "replace")
