"""Finding published reviews by the words of their claims, best first: for people and programs that search.

Candidates are those of a check, in its order. A search promises no verdict, but what shares one common word with the
query is not found by it: a wording must have at least a certain part of the query, each word weighed by its rarity.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from service.browsing import words_to_find
from service.domain import Candidate, CandidatePlan, Claim, Review
from service.formats.claimreview import published_reviews
from service.matching.noise import urls
from service.matching.plan import plan_candidates
from service.matching.reading import read
from service.store.candidates import POSTINGS_BUDGET, SAME_URL, find_candidates
from service.store.claims import get_claims
from service.store.published import Wanted, latest_with_reviews, shared_terms, with_reviews
from service.store.rarity import term_rarity
from service.store.session import Database

LEAST_SHARE: Final = 0.5
"""The part of a query, by the rarity of its words, that a wording must have, in [0, 1]."""

_RETRIEVED: Final = 1_000
"""How many wordings are looked at for a query."""


@dataclass(frozen=True, slots=True)
class Search:
    """What is searched for. Without a ``query`` the reviews that pass the rest, the newest first.

    ``language``: a BCP 47 tag, of which the region does not count; ``site``: a host name; ``max_age``: days since the
    review or the claim, whichever is newer.
    """

    query: str | None = None
    language: str | None = None
    site: str | None = None
    max_age: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A claim with the reviews of it that were searched for, at least one. ``text``: its wording in the language asked
    for, where there is one.
    """

    claim: Claim
    text: str
    reviews: tuple[Review, ...]


async def search_reviews(database: Database, search: Search, offset: int, limit: int) -> tuple[list[Finding], bool]:
    """The findings from the place ``offset`` on, at most ``limit``, and whether there are more. Raises Unavailable."""
    wanted = Wanted(
        None if search.site is None else host_of(search.site),
        None if search.language is None else _primary(search.language),
        None if search.max_age is None else _days_ago(search.max_age),
    )
    async with database.read() as connection:
        if search.query is None:
            found = await latest_with_reviews(connection, wanted, offset, limit + 1)
        else:
            ranked = await _ranked(connection, search.query, POSTINGS_BUDGET if wanted.narrows else _RETRIEVED)
            passing = await with_reviews(connection, wanted, ranked)
            found = [key for key in ranked if key in passing][offset : offset + limit + 1]
        claims = await get_claims(connection, found[:limit])
    findings = [_finding(claims[key], wanted) for key in found[:limit] if key in claims]
    # What was changed between two statements may have lost its last review meanwhile.
    return [each for each in findings if each.reviews], len(found) > limit


def host_of(site: str) -> str:
    """A site as it is compared: its host name in lower case, without ``www.``; "" for what has none."""
    try:
        named = (urlsplit(site if "://" in site else f"//{site}").hostname or "").lower()
    except ValueError:
        return ""
    return named.removeprefix("www.")


def site_of(review: Review) -> str | None:
    """The host of a review's publisher, or else of its address."""
    return host_of(review.publisher.site or review.url or "") or None


async def _ranked(connection: AsyncConnection, query: str, most: int) -> list[UUID]:
    """The claims that a query finds, best first."""
    words = words_to_find(query)
    candidates = await _candidates(connection, query, words, most)
    terms = {term for group in words for term in group}
    rarity, _ = await term_rarity(connection, terms)
    # A word is as common as the most common of the terms under which it may be stored.
    weights = [min((rarity[term] for term in group if term in rarity), default=1.0) for group in words]
    shared = await shared_terms(connection, [each.phrasing_id for each in candidates], terms)
    return list(
        dict.fromkeys(
            each.claim_id
            for each in candidates
            if each.retrieval_score is not None
            and (
                each.retrieval_score >= SAME_URL
                or _share(words, weights, shared.get(each.phrasing_id, ())) >= LEAST_SHARE
            )
        )
    )


async def _candidates(
    connection: AsyncConnection, query: str, words: Sequence[Sequence[str]], most: int
) -> list[Candidate]:
    """As a check would find them; and a word alone, which seldom tells its language, in the languages it may be in."""
    plan: CandidatePlan = plan_candidates(read(query), urls=urls(query), limit=most)
    known = {term for term, _ in plan.terms}
    further = sorted({term for group in words for term in group} - known)
    wider = replace(plan, terms=(*plan.terms, *((term, 1.0) for term in further)))
    return (await find_candidates(connection, [wider])).candidates[0]


def _share(words: Sequence[Sequence[str]], weights: Sequence[float], has: Collection[str]) -> float:
    total = sum(weights)
    met = sum(weight for group, weight in zip(words, weights, strict=True) if any(term in has for term in group))
    return met / total if total else 0.0


def _finding(claim: Claim, wanted: Wanted) -> Finding:
    wordings = [
        (claim.draft.text, claim.draft.language),
        *((each.text, each.language) for each in claim.draft.phrasings),
    ]
    text = next((text for text, tag in wordings if _primary(tag) == wanted.language), claim.draft.text)
    return Finding(claim, text, tuple(each for each in published_reviews(claim) if _passes(claim, each, wanted)))


def _passes(claim: Claim, review: Review, wanted: Wanted) -> bool:
    """As the store judges it."""
    tag = review.language if review.language not in (None, "und") else claim.draft.language
    dates = [each for each in (review.published_at, claim.draft.claimed_at) if each is not None]
    return (
        (wanted.site is None or site_of(review) == wanted.site)
        and (wanted.language is None or _primary(tag or "und") == wanted.language)
        and (wanted.since is None or max(dates, default=date.min) >= wanted.since)
    )


def _primary(tag: str) -> str:
    return tag.lower().replace("_", "-").partition("-")[0]


def _days_ago(days: int) -> date:
    today = datetime.now(UTC).date()
    return today - timedelta(days=min(days, today.toordinal() - 1))
