"""Claims with reviews that the public can read, by publisher, language and age; and which words a wording has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Select, Text, Uuid, and_, any_, bindparam, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from service.store.tables import MAX_TERM, claims, publishers, reviews


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which reviews are wanted, beside having an address.

    ``site``: the publisher's host name, lower case, without ``www.``. ``language``: a primary subtag; a review that
    names no language is in that of its claim. ``since``: reviewed or said on this day or later.
    """

    site: str | None = None
    language: str | None = None
    since: date | None = None

    @property
    def narrows(self) -> bool:
        """Whether anything is asked of a review."""
        return self != Wanted()


async def with_reviews(connection: AsyncConnection, wanted: Wanted, ids: Sequence[UUID]) -> set[UUID]:
    """Those of the live claims ``ids`` that have a review that is wanted."""
    query = _reviewed(wanted).where(claims.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
    return {row.id for row in await connection.execute(query, {"ids": list(ids)})}


async def latest_with_reviews(connection: AsyncConnection, wanted: Wanted, offset: int, limit: int) -> list[UUID]:
    """The live claims that have a review that is wanted; those reviewed last come first, those without a date last."""
    newest = func.max(reviews.c.published_at).desc().nulls_last()
    query = _reviewed(wanted).order_by(newest, claims.c.id.desc()).offset(offset).limit(limit)
    return [row.id for row in await connection.execute(query)]


def _reviewed(wanted: Wanted) -> Select[Any]:
    query = (
        select(claims.c.id)
        .join(reviews, reviews.c.claim_id == claims.c.id)
        .join(publishers, publishers.c.id == reviews.c.publisher_id)
        .where(reviews.c.url.is_not(None), claims.c.withdrawn_at.is_(None), claims.c.merged_into.is_(None))
        .group_by(claims.c.id)
    )
    if wanted.site is not None:
        # A publisher without a site is the host of its review's address.
        host = func.regexp_replace(func.lower(func.substring(reviews.c.url, "://([^/:?#]+)")), r"^www\.", "")
        named = publishers.c.site.in_([wanted.site, f"www.{wanted.site}"])
        query = query.where(or_(named, and_(publishers.c.site.is_(None), host == wanted.site)))
    if wanted.language is not None:
        tag = func.coalesce(func.nullif(reviews.c.language, "und"), claims.c.language)
        query = query.where(func.split_part(func.lower(tag), "-", 1) == wanted.language)
    if wanted.since is not None:
        query = query.where(func.greatest(reviews.c.published_at, claims.c.claimed_at) >= wanted.since)
    return query


_SHARED: Final = text("""
    SELECT posting.phrasing_id, asked.term
    FROM unnest(:terms) AS asked (term)
    CROSS JOIN LATERAL (SELECT id FROM terms WHERE terms.term = asked.term LIMIT 1) AS known
    JOIN postings AS posting ON posting.term_id = known.id AND posting.phrasing_id = ANY (:phrasings)
""").bindparams(bindparam("terms", type_=ARRAY(Text)), bindparam("phrasings", type_=ARRAY(BigInteger)))


async def shared_terms(
    connection: AsyncConnection, phrasings: Sequence[int], terms: Collection[str]
) -> dict[int, set[str]]:
    """By stored phrasing, which of the terms it has; nothing for one that has none."""
    found: dict[int, set[str]] = defaultdict(set)
    asked = {term[:MAX_TERM] for term in terms}
    rows = await connection.execute(_SHARED, {"terms": sorted(asked), "phrasings": list(phrasings)})
    for phrasing, term in rows:
        found[phrasing].add(term)
    return found
