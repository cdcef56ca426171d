"""schema.org ClaimReview, as sites really write it, into claims.

A rating's words (``alternateName``) become the review's label, and the verdict follows from the publisher's table as it
does everywhere. Its number is asked only where there are no words: between the worst and the best rating, which are 1
and 5 unless said, it is read in fifths of Google's scale. Numbers that lie outside, or on no scale, say nothing.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from service.domain import ClaimDraft, Publisher, Review, Verdict
from service.errors import Fault, InvalidInput
from service.intake import MAX_LABEL, MAX_NAME, MAX_TITLE, MAX_TOPIC, MAX_TOPICS, is_known_language

Node = Mapping[str, Any]

_DEEPEST: Final = 50
"""Levels of nesting within which reviews are looked for."""

_TAG: Final = re.compile(r"<[a-zA-Z/!][^<>]*>")
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_NUMBER: Final = re.compile(r"[+-]?\d+(?:[.,]\d+)?")

_FIFTHS: Final = (Verdict.FALSE, Verdict.MOSTLY_FALSE, Verdict.MIXED, Verdict.MOSTLY_TRUE, Verdict.TRUE)


def reviews_in(document: Any) -> Iterator[Node]:
    """Every ClaimReview in a JSON document, wherever it stands, with what it refers to by ``@id`` in its place."""
    known: dict[str, Node] = {}
    found: list[Node] = []
    _look(document, known, found, _DEEPEST)
    for node in found:
        yield {key: _resolved(value, known) for key, value in node.items()}


def draft_of(node: Node, base: str | None = None) -> tuple[ClaimDraft, list[Fault]]:
    """The claim that a ClaimReview reviews, with the review; and what was left out of it, and why.

    ``base``: the address of the page. The claim's language is empty where nothing says it. Raises InvalidInput for
    what cannot be taken.
    """
    faults: list[Fault] = []
    notes: list[Fault] = []
    reviewed = _first(node.get("itemReviewed"))
    text = _text(node.get("claimReviewed")) or _text(reviewed.get("claimReviewed"))
    if not text and _is_a(reviewed, "Claim"):
        text = _text(reviewed.get("text")) or _text(reviewed.get("name"))
    if not text:
        faults.append(Fault("/claimReviewed", "is required"))
    url = _address(node.get("url"), base) or _address(node.get("mainEntityOfPage"), base) or base
    if url is None:
        faults.append(Fault("/url", "is required, and must be an http or https address"))
    publisher = _publisher(node, url)
    if publisher is None:
        faults.append(Fault("/author", "must have a name, or the review an address"))
    label, verdict = _rating(node.get("reviewRating"))
    if label is None and verdict is None:
        faults.append(Fault("/reviewRating", "must have an alternateName, or a ratingValue on a scale"))
    if faults or publisher is None:
        raise InvalidInput(faults)
    language = _language(node.get("inLanguage"), notes)
    title = _text(node.get("headline")) or _text(node.get("name"))
    review = Review(
        publisher=publisher,
        verdict=verdict or Verdict.OTHER,
        url=url,
        title=_cut(title, MAX_TITLE) if title and title != text else None,
        original_label=label,
        language=language,
        published_at=_day(node, "/datePublished", notes),
        from_label=verdict is None,
    )
    claim = ClaimDraft(
        text=text or "",
        language=language or "",
        claimant=_cut(_claimant(reviewed), MAX_NAME),
        claimed_at=_day(reviewed, "/itemReviewed/datePublished", notes),
        topics=_topics(node),
        reviews=(review,),
    )
    return claim, notes


def _look(value: Any, known: dict[str, Node], found: list[Node], deeper: int) -> None:
    if deeper == 0:
        return
    if isinstance(value, list | tuple):
        for each in value:
            _look(each, known, found, deeper - 1)
    elif isinstance(value, Mapping):
        name = value.get("@id")
        if isinstance(name, str) and len(value) > 1:
            known.setdefault(name, value)
        if _is_a(value, "ClaimReview"):
            found.append(value)
            return
        for each in value.values():
            _look(each, known, found, deeper - 1)


def _resolved(value: Any, known: Mapping[str, Node]) -> Any:
    if isinstance(value, list):
        return [_resolved(each, known) for each in value]
    if isinstance(value, Mapping) and len(value) == 1 and isinstance(name := value.get("@id"), str):
        return known.get(name, value)
    return value


def _is_a(node: Node, kind: str) -> bool:
    kinds = node.get("@type")
    return any(
        isinstance(each, str) and each.rstrip("/").rpartition("/")[2].rpartition(":")[2] == kind
        for each in (kinds if isinstance(kinds, list) else [kinds])
    )


def _first(value: Any) -> Node:
    """A value as one node: the first of several, a bare text as a name."""
    if isinstance(value, list):
        value = next((each for each in value if each), None)
    if isinstance(value, Mapping):
        return value
    return {"name": value} if isinstance(value, str) else {}


def _all(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _text(value: Any) -> str | None:
    """A text without markup and with single spaces; None for none."""
    if isinstance(value, list):
        value = next((each for each in value if isinstance(each, str | Mapping) and each), None)
    if isinstance(value, Mapping):
        value = value.get("@value", value.get("name"))
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = str(value)
    if "&" in text:
        text = html.unescape(text)
    if "<" in text:
        text = _TAG.sub(" ", text)
    return " ".join(_CONTROL.sub(" ", text).split()) or None


def _cut(text: str | None, longest: int) -> str | None:
    return text if text is None or len(text) <= longest else text[: longest - 1].rstrip() + "…"


def _address(value: Any, base: str | None) -> str | None:
    if isinstance(value, list):
        value = next(iter(value), None)
    if isinstance(value, Mapping):
        value = value.get("@id") or value.get("url")
    if not isinstance(value, str) or not value.strip():
        return None
    try:
        address = urljoin(base or "", value.strip())
        parts = urlsplit(address)
    except ValueError:
        return None
    return address if parts.scheme in ("http", "https") and parts.hostname else None


def _publisher(node: Node, url: str | None) -> Publisher | None:
    """The organisation that publishes the review; its site is the review's, which nobody else can write on."""
    authors = [_first(each) for each in _all(node.get("author"))]
    organisations = [each for each in authors if not _is_a(each, "Person")]
    publishers = [_first(each) for each in _all(node.get("publisher"))]
    named = (_text(each.get("name")) for each in (*organisations, *publishers, *authors))
    name = next((each for each in named if each), None)
    site = _site(url) or next(
        (site for each in (*organisations, *publishers) if (site := _site(each.get("url")))), None
    )
    if name is None and site is None:
        return None
    return Publisher(_cut(name or site, MAX_NAME) or "", site)


def _site(url: Any) -> str | None:
    if not isinstance(url, str):
        return None
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return None
    return host.removeprefix("www.") if host and "." in host else None


def _rating(value: Any) -> tuple[str | None, Verdict | None]:
    """The words of a rating, or else the verdict that its number stands for."""
    rating = _first(value)
    label = _text(rating.get("alternateName"))
    given = _text(rating.get("ratingValue"))
    if label is None and given and _NUMBER.fullmatch(given) is None:
        label = given
    if label is None and isinstance(value, str):
        label = _text(value)
    if label is not None and _NUMBER.fullmatch(label) is None and any(each.isalpha() for each in label):
        return _cut(label, MAX_LABEL), None
    return None, _of_number(given or label, _text(rating.get("worstRating")), _text(rating.get("bestRating")))


def _of_number(given: str | None, worst: str | None, best: str | None) -> Verdict | None:
    value, low, high = _number(given), _number(worst or "1"), _number(best or "5")
    if value is None or low is None or high is None or not low <= value <= high or low == high:
        return None
    return _FIFTHS[min(4, max(0, math.floor((value - low) / (high - low) * 4 + 0.5)))]


def _number(text: str | None) -> float | None:
    return float(text.replace(",", ".")) if text and _NUMBER.fullmatch(text) else None


def _language(value: Any, notes: list[Fault]) -> str | None:
    node = _first(value)
    tag = _text(node.get("alternateName")) or _text(node.get("name"))
    if tag is None:
        return None
    tag = tag.replace("_", "-")
    if is_known_language(tag):
        return tag
    notes.append(Fault("/inLanguage", "was left out: it is not the tag of a known language"))
    return None


def _day(node: Node, pointer: str, notes: list[Fault]) -> date | None:
    text = _text(node.get("datePublished"))
    if text is None:
        return None
    for read in (_iso, _internet):
        if (day := read(text)) is not None and day.year >= 1000:
            return day
    notes.append(Fault(pointer, "was left out: it is not a date such as 2025-12-31"))
    return None


def _iso(text: str) -> date | None:
    try:
        return datetime.fromisoformat(text[:10]).date()
    except ValueError:
        return None


def _internet(text: str) -> date | None:
    try:
        return parsedate_to_datetime(text).date()
    except (ValueError, TypeError, IndexError):
        return None


def _claimant(reviewed: Node) -> str | None:
    """Who said it: the author of what was reviewed, or else of where it appeared."""
    places = [
        reviewed,
        *(_first(each) for key in ("firstAppearance", "appearance") for each in _all(reviewed.get(key))),
    ]
    for place in places:
        for each in _all(place.get("author")):
            name = _text(_first(each).get("name"))
            if name and any(letter.isalnum() for letter in name):
                return name
    return None


def _topics(node: Node) -> tuple[str, ...]:
    given = node.get("keywords")
    parts = given.split(",") if isinstance(given, str) else _all(given)
    topics = [topic for each in parts if (topic := _text(each)) and len(topic) <= MAX_TOPIC]
    return tuple(dict.fromkeys(topics))[:MAX_TOPICS]
