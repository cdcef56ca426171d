"""Reviews in the vocabulary of schema.org: a ClaimReview each, and a DataFeed of all of them.

Only a review with an address of its own can be a ClaimReview. A claim that is withdrawn or merged has none any more; in
a feed it is an item with ``dateDeleted``, so that whoever has taken it over can drop it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from service.domain import Claim, Review, Verdict
from service.formats.format import Format, Publishers

CONTEXT: Final = "https://schema.org"
MEDIA_TYPE: Final = "application/ld+json"

NAMES: Final = {
    Verdict.TRUE: "True",
    Verdict.MOSTLY_TRUE: "Mostly true",
    Verdict.MIXED: "Mixed",
    Verdict.MISLEADING: "Misleading",
    Verdict.MOSTLY_FALSE: "Mostly false",
    Verdict.FALSE: "False",
    Verdict.UNPROVEN: "Unproven",
    Verdict.OUTDATED: "Outdated",
    Verdict.SATIRE: "Satire",
    Verdict.OTHER: "Other",
}
"""What a verdict is called where its publisher has no words of its own for it."""

_SCALE: Final = {
    Verdict.FALSE: 1,
    Verdict.MOSTLY_FALSE: 2,
    Verdict.MIXED: 3,
    Verdict.MOSTLY_TRUE: 4,
    Verdict.TRUE: 5,
}
"""The verdicts that lie between false and true; the others are beside that scale and have no number."""

_ENCODER: Final = msgspec.json.Encoder()
_IN_SCRIPTS: Final = {b"<": b"\\u003c", b">": b"\\u003e", b"&": b"\\u0026"}


def encode(value: Any) -> bytes:
    """As JSON that can stand in an HTML ``script`` element whatever the texts in it hold."""
    encoded = _ENCODER.encode(value)
    # these characters occur within strings only
    for character, escaped in _IN_SCRIPTS.items():
        encoded = encoded.replace(character, escaped)
    return encoded


def rating_of(review: Review) -> str:
    """A review's verdict in words: its publisher's, or else ours."""
    return review.original_label or NAMES[review.verdict]


def published_reviews(claim: Claim, publishers: Publishers = None) -> tuple[Review, ...]:
    """The reviews of a live claim that the public can read, of these publishers."""
    if not claim.live:
        return ()
    return tuple(
        review
        for review in claim.draft.reviews
        if review.url is not None and (publishers is None or review.publisher in publishers)
    )


def claim_review(claim: Claim, review: Review) -> dict[str, Any]:
    """A review as a ClaimReview, without a context. The review must have an address."""
    draft = claim.draft
    author = {"@type": "Person", "name": draft.claimant} if draft.claimant else None
    site = review.publisher.site
    publisher = {
        "@type": "Organization",
        "name": review.publisher.name,
        "url": f"https://{site}/" if site else None,
    }
    rating: dict[str, Any] = {"@type": "Rating"}
    if review.verdict in _SCALE:
        rating |= {"ratingValue": _SCALE[review.verdict], "bestRating": 5, "worstRating": 1}
    rating["alternateName"] = rating_of(review)
    reviewed = {
        "@type": "Claim",
        "@id": f"urn:uuid:{claim.id}",
        "text": draft.text,
        "inLanguage": draft.language if draft.language != "und" else None,
        "author": author,
        "datePublished": draft.claimed_at,
    }
    return _filled(
        {
            "@type": "ClaimReview",
            "@id": f"urn:uuid:{review.id}" if review.id else None,
            "url": review.url,
            "name": review.title,
            "inLanguage": review.language if review.language != "und" else None,
            "datePublished": review.published_at,
            "author": _filled(publisher),
            "claimReviewed": draft.text,
            "itemReviewed": _filled(reviewed),
            "reviewRating": rating,
        }
    )


def document(reviews: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One ClaimReview as a document of its own, or several as a graph."""
    if len(reviews) == 1:
        return {"@context": CONTEXT, **reviews[0]}
    return {"@context": CONTEXT, "@graph": list(reviews)}


def _begin(changed_at: datetime | None) -> bytes:
    head = {"@context": CONTEXT, "@type": "DataFeed", "name": "Fact-checks", "dateModified": changed_at}
    return encode(_filled(head))[:-1] + b',"dataFeedElement":[\n'


def _pieces(claim: Claim, publishers: Publishers) -> Iterator[bytes]:
    item = {
        "@type": "DataFeedItem",
        "@id": f"urn:uuid:{claim.id}#item",
        "dateCreated": claim.created_at,
        "dateModified": claim.updated_at,
    }
    if not claim.live:
        yield encode({**item, "dateDeleted": claim.withdrawn_at or claim.updated_at})
    elif reviews := published_reviews(claim, publishers):
        yield encode({**item, "item": [claim_review(claim, review) for review in reviews]})


def _filled(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


DATA_FEED: Final = Format("claimreview", MEDIA_TYPE, _begin, _pieces, separator=b",\n", end=b"\n]}\n", published=True)
