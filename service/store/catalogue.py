"""Listing claims: filters, orders, and going on after a claim without losing one or meeting one twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Integer,
    Text,
    and_,
    bindparam,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    text,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain import BROKEN_LINKS, Verdict
from service.store.tables import claims, phrasings, publishers, reviews, sources

COUNTED: Final = 10_000
"""Up to so many claims are counted."""

_EARLIEST, _LATEST = date(1, 1, 1), date(9999, 12, 31)


class ClaimState(StrEnum):
    """Which claims: those that checks find, those that were withdrawn, those that are part of another now, or any."""

    LIVE = "live"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"
    ANY = "any"


class ClaimOrder(StrEnum):
    """In which order; those with a minus begin with the newest. Claims of unknown date come last."""

    NEWEST = "-created_at"
    OLDEST = "created_at"
    LAST_CHANGED = "-updated_at"
    FIRST_CHANGED = "updated_at"
    LAST_CLAIMED = "-claimed_at"
    FIRST_CLAIMED = "claimed_at"

    @property
    def descending(self) -> bool:
        """Whether it begins with the newest."""
        return self.value.startswith("-")


@dataclass(frozen=True, slots=True)
class ClaimFilter:
    """Which claims are wanted. ``words``: for each word the terms it may be stored as; one wording must have all."""

    words: tuple[tuple[str, ...], ...] = ()
    verdict: Verdict | None = None
    publisher: str | None = None
    language: str | None = None
    topic: str | None = None
    claimant: str | None = None
    claimed_from: date | None = None
    claimed_to: date | None = None
    updated_since: datetime | None = None
    has_broken_links: bool | None = None
    state: ClaimState = ClaimState.LIVE


@dataclass(frozen=True, slots=True)
class Place:
    """A claim's place in an order: what it is ordered by (None where its id alone is), and its id."""

    key: datetime | date | None
    id: UUID


async def list_claims(
    connection: AsyncConnection, wanted: ClaimFilter, order: ClaimOrder, after: Place | None, limit: int
) -> list[Place]:
    """The places of the claims that are wanted, in order, after ``after``; at most ``limit``."""
    key = _key(order)
    columns = [claims.c.id] if key is None else [key, claims.c.id]
    if after is not None:
        here = tuple_(*columns)
        there = tuple_(*([after.id] if key is None else [after.key, after.id]))
        beyond = [here < there if order.descending else here > there]
    else:
        beyond = []
    sorting = [column.desc() if order.descending else column.asc() for column in columns]
    found = select(*columns).where(*conditions(wanted), *beyond).order_by(*sorting).limit(limit)
    rows = await connection.execute(found)
    return [Place(None if key is None else row[0], row[-1]) for row in rows]


async def count_claims(connection: AsyncConnection, wanted: ClaimFilter) -> int | None:
    """How many claims are wanted, or None where they are more than COUNTED."""
    found = select(literal(1)).select_from(claims).where(*conditions(wanted)).limit(COUNTED + 1)
    count = int(await connection.scalar(select(func.count()).select_from(found.subquery())) or 0)
    return count if count <= COUNTED else None


def _key(order: ClaimOrder) -> ColumnElement[Any] | None:
    """What the order is by, beside the id; ids follow the time of creation by themselves."""
    match order:
        case ClaimOrder.NEWEST | ClaimOrder.OLDEST:
            return None
        case ClaimOrder.LAST_CHANGED | ClaimOrder.FIRST_CHANGED:
            return claims.c.updated_at
        case ClaimOrder.LAST_CLAIMED:
            return func.coalesce(claims.c.claimed_at, _EARLIEST)
        case ClaimOrder.FIRST_CLAIMED:
            return func.coalesce(claims.c.claimed_at, _LATEST)


def conditions(wanted: ClaimFilter) -> list[ColumnElement[bool]]:
    """What must hold of a row of ``claims`` that is wanted."""
    found: list[ColumnElement[bool]] = []
    match wanted.state:
        case ClaimState.LIVE:
            found += [claims.c.withdrawn_at.is_(None), claims.c.merged_into.is_(None)]
        case ClaimState.WITHDRAWN:
            found.append(claims.c.withdrawn_at.is_not(None))
        case ClaimState.MERGED:
            found.append(claims.c.merged_into.is_not(None))
    if wanted.verdict is not None:
        found.append(claims.c.verdict == wanted.verdict.value)
    if wanted.topic is not None:
        found.append(claims.c.topics.contains([wanted.topic]))
    if wanted.claimant is not None:
        found.append(func.strpos(claims.c.claimant_folded, wanted.claimant) > 0)
    if wanted.claimed_from is not None:
        found.append(claims.c.claimed_at >= wanted.claimed_from)
    if wanted.claimed_to is not None:
        found.append(claims.c.claimed_at <= wanted.claimed_to)
    if wanted.updated_since is not None:
        found.append(claims.c.updated_at >= wanted.updated_since)
    if wanted.publisher is not None:
        found.append(_reviewed_by(wanted.publisher))
    if wanted.language is not None:
        found.append(_in_language(wanted.language))
    if wanted.has_broken_links is not None:
        broken = or_(
            *(
                exists().where(table.c.claim_id == claims.c.id, table.c.link_status.in_(BROKEN_LINKS))
                for table in (sources, reviews)
            )
        )
        found.append(broken if wanted.has_broken_links else ~broken)
    if wanted.words:
        found.append(_with_words(wanted.words, wanted.state))
    return found


def publisher_named(publisher: str) -> ColumnElement[bool]:
    """What must hold of a row of ``publishers`` whose name, host name or id this is."""
    name = publisher.lower()
    return or_(
        publishers.c.site == name,
        func.lower(publishers.c.name) == name,
        cast(publishers.c.public_id, Text) == name,
    )


def _reviewed_by(publisher: str) -> ColumnElement[bool]:
    return exists().where(
        reviews.c.claim_id == claims.c.id,
        reviews.c.publisher_id == publishers.c.id,
        publisher_named(publisher),
    )


def _in_language(tag: str) -> ColumnElement[bool]:
    """Claims with a wording in a language, whatever its script and region."""
    primary = tag.lower().partition("-")[0]
    wording = exists().where(
        phrasings.c.claim_id == claims.c.id, func.split_part(func.lower(phrasings.c.language), "-", 1) == primary
    )
    return or_(func.split_part(func.lower(claims.c.language), "-", 1) == primary, wording)


_FOUND: Final = """
    SELECT wording.claim_id
    FROM (
        SELECT posting.phrasing_id
        FROM unnest(:terms, :numbers) AS asked (term, number)
        JOIN terms ON terms.term = asked.term
        JOIN postings AS posting ON posting.term_id = terms.id
        GROUP BY posting.phrasing_id
        HAVING count(DISTINCT asked.number) = :count
    ) AS hit
    JOIN phrasings AS wording ON wording.id = hit.phrasing_id
"""


def _with_words(words: Sequence[Sequence[str]], state: ClaimState) -> ColumnElement[bool]:
    now = text(_FOUND).bindparams(
        bindparam("terms", [term for group in words for term in group], type_=ARRAY(Text)),
        bindparam("numbers", [number for number, group in enumerate(words) for _ in group], type_=ARRAY(Integer)),
        bindparam("count", len(words), type_=Integer),
    )
    live = claims.c.id.in_(now.columns(claim_id=claims.c.id.type).subquery().select())
    former = and_(*[claims.c.former_terms.overlap(list(group)) for group in words])
    match state:
        case ClaimState.LIVE:
            return live
        case ClaimState.ANY:
            return or_(live, former)
        case _:
            return former
