"""Judges JSON-LD by schema.org's own definitions: which properties a type has, and what their values may be.

Taken from the pages of the terms used here (https://schema.org/ClaimReview and so on: "Properties from ...", "Values
expected to be one of these types", "Used on these types"). A term that is not in these tables is not valid here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

PARENTS = {
    "Thing": (),
    "Intangible": ("Thing",),
    "CreativeWork": ("Thing",),
    "Person": ("Thing",),
    "Organization": ("Thing",),
    "Dataset": ("CreativeWork",),
    "DataFeed": ("Dataset",),
    "DataFeedItem": ("Intangible",),
    "Claim": ("CreativeWork",),
    "Review": ("CreativeWork",),
    "ClaimReview": ("Review",),
    "Rating": ("Intangible",),
}
"""By class, what it is a subclass of."""

PROPERTIES = {
    "name": (("Thing",), ("Text",)),
    "alternateName": (("Thing",), ("Text",)),
    "url": (("Thing",), ("URL",)),
    "author": (("CreativeWork", "Rating"), ("Organization", "Person")),
    "text": (("CreativeWork",), ("Text",)),
    "inLanguage": (("CreativeWork",), ("Language", "Text")),
    "datePublished": (("CreativeWork",), ("Date", "DateTime")),
    "dateCreated": (("CreativeWork", "DataFeedItem"), ("Date", "DateTime")),
    "dateModified": (("CreativeWork", "DataFeedItem"), ("Date", "DateTime")),
    "dateDeleted": (("DataFeedItem",), ("Date", "DateTime")),
    "dataFeedElement": (("DataFeed",), ("DataFeedItem", "Text", "Thing")),
    "item": (("DataFeedItem",), ("Thing",)),
    "claimReviewed": (("ClaimReview",), ("Text",)),
    "itemReviewed": (("Review",), ("Thing",)),
    "reviewRating": (("Review",), ("Rating",)),
    "ratingValue": (("Rating",), ("Number", "Text")),
    "bestRating": (("Rating",), ("Number", "Text")),
    "worstRating": (("Rating",), ("Number", "Text")),
}
"""By property, the classes that have it (domainIncludes) and the types of its values (rangeIncludes)."""

REQUIRED_BY_GOOGLE = {"ClaimReview": ("claimReviewed", "reviewRating", "url"), "Rating": ("alternateName",)}
"""What https://developers.google.com/search/docs/appearance/structured-data/factcheck calls required."""


def faults(node: Any, path: str = "$") -> Iterator[str]:
    """Everything about a JSON-LD node, and the nodes in it, that the definitions do not allow."""
    if not isinstance(node, dict) or node.get("@type") not in PARENTS:
        yield f"{path}: no node of a known type"
        return
    kind = node["@type"]
    for name in REQUIRED_BY_GOOGLE.get(kind, ()):
        if name not in node:
            yield f"{path}: {kind} without {name}"
    for name, value in node.items():
        if name.startswith("@"):
            if name not in ("@type", "@context", "@id") or (name == "@id" and not urlsplit(value).scheme):
                yield f"{path}/{name}: no such keyword, or no IRI"
            continue
        if name not in PROPERTIES or not any(_is_a(kind, owner) for owner in PROPERTIES[name][0]):
            yield f"{path}/{name}: {kind} has no such property"
            continue
        for place, each in enumerate(value if isinstance(value, list) else [value]):
            here = f"{path}/{name}/{place}"
            if isinstance(each, dict):
                if not any(_is_a(str(each.get("@type")), wanted) for wanted in PROPERTIES[name][1]):
                    yield f"{here}: {name} cannot be a {each.get('@type')}"
                yield from faults(each, here)
            elif not any(_JUDGES[wanted](each) for wanted in PROPERTIES[name][1] if wanted in _JUDGES):
                yield f"{here}: {each!r} is none of {PROPERTIES[name][1]}"


def _is_a(kind: str, wanted: str) -> bool:
    return kind == wanted or any(_is_a(parent, wanted) for parent in PARENTS.get(kind, ()))


def _is_date(value: Any) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(r"\d{4}-\d\d-\d\d", value)) and bool(date.fromisoformat(value))


def _is_moment(value: Any) -> bool:
    return isinstance(value, str) and "T" in value and datetime.fromisoformat(value).tzinfo is not None


def _is_url(value: Any) -> bool:
    return isinstance(value, str) and urlsplit(value).scheme in ("http", "https") and bool(urlsplit(value).hostname)


_JUDGES = {
    "Text": lambda value: isinstance(value, str) and bool(value.strip()),
    "URL": _is_url,
    "Number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "Date": _is_date,
    "DateTime": _is_moment,
}
