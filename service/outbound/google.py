"""Google's Fact Check Tools API, asked for reviews of a claim. The key travels in a header, never in an address."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final
from urllib.parse import urlencode, urlsplit

import msgspec

from service.domain import ClaimDraft, Publisher, Review, Verdict
from service.errors import WrongKind
from service.outbound.door import JSON, Door, Limits

VIA: Final = "google"
"""What reviews are marked with that were found here."""

_LIMITS: Final = Limits(size=1 << 20, seconds=10.0, silence=10.0, redirects=0)
_MOST_ASKED: Final = 300
"""Code points of a text that are asked for: an address has to hold them."""

_PAGE: Final = 10


@dataclass(frozen=True, slots=True)
class Google:
    """Where the API is, and the key to it."""

    address: str
    key: str

    def __repr__(self) -> str:
        return f"Google({self.address!r})"


class _Publisher(msgspec.Struct, frozen=True):
    name: str = ""
    site: str = ""


class _Review(msgspec.Struct, frozen=True, rename="camel"):
    publisher: _Publisher = _Publisher()
    url: str | None = None
    title: str | None = None
    review_date: str | None = None
    textual_rating: str | None = None
    language_code: str | None = None


class _Claim(msgspec.Struct, frozen=True, rename="camel"):
    text: str
    claimant: str | None = None
    claim_date: str | None = None
    claim_review: list[_Review] = []


class _Found(msgspec.Struct, frozen=True):
    claims: list[msgspec.Raw] = []


async def search(door: Door, google: Google, text: str, language: str | None) -> list[ClaimDraft]:
    """Claims that the API finds for a text, with their reviews marked ``via``; what makes no sense is left out.

    ``language``: a primary subtag to look in, None for any. Raises OutboundError.
    """
    asked = {"query": text[:_MOST_ASKED], "pageSize": str(_PAGE)}
    if language:
        asked["languageCode"] = language
    page = await door.fetch(
        f"{google.address}/v1alpha1/claims:search?{urlencode(asked)}",
        kinds=JSON,
        headers={"X-Goog-Api-Key": google.key, "Accept": "application/json"},
        limits=_LIMITS,
    )
    try:
        found = msgspec.json.decode(page.body, type=_Found)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise WrongKind(page.url, "The Fact Check Tools API does not answer as it is documented.") from None
    return list(_drafts(found.claims))


def _drafts(claims: list[msgspec.Raw]) -> Iterator[ClaimDraft]:
    for raw in claims:
        try:
            claim = msgspec.json.decode(raw, type=_Claim)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            continue
        reviews = tuple(_reviews(claim.claim_review))
        if reviews:
            language = next((each.language for each in reviews if each.language), None) or "und"
            yield ClaimDraft(
                " ".join(claim.text.split()),
                language,
                claimant=_some(claim.claimant),
                claimed_at=_day(claim.claim_date),
                reviews=reviews,
            )


def _reviews(reviews: list[_Review]) -> Iterator[Review]:
    for review in reviews:
        site = _host(review.publisher.site) or _host(review.url or "")
        name = _some(review.publisher.name) or site
        if name is None or not review.url:
            continue
        label = _some(review.textual_rating)
        yield Review(
            publisher=Publisher(name, site),
            verdict=Verdict.OTHER,
            url=review.url,
            title=_some(review.title),
            original_label=label,
            language=_some(review.language_code),
            published_at=_day(review.review_date),
            from_label=label is not None,
            via=VIA,
        )


def _some(value: str | None) -> str | None:
    return (" ".join(value.split()) or None) if value else None


def _host(value: str) -> str | None:
    try:
        host = urlsplit(value if "//" in value else f"//{value}").hostname
    except ValueError:
        return None
    return host.removeprefix("www.") if host else None


def _day(value: str | None) -> date | None:
    try:
        return date.fromisoformat((value or "")[:10])
    except ValueError:
        return None
