"""Claims in the database: written whole, with the index that finds them, in one transaction."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import uuid6
from sqlalchemy import ARRAY, REAL, BigInteger, Integer, Text, Uuid, any_, bindparam, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain import (
    Claim,
    ClaimDraft,
    IndexedPhrasing,
    LinkStatus,
    Phrasing,
    Publisher,
    Review,
    Source,
    Stance,
    Verdict,
)
from service.store.models import queue_embedding
from service.store.tables import MAX_TERM, claims, corpus, postings, publishers, reviews, sources
from service.store.tables import phrasings as wordings

Evidence = tuple[tuple[Review, ...], tuple[Source, ...]]


@dataclass(frozen=True, slots=True)
class NewClaim:
    """A claim about to be stored. ``phrasings`` are all its wordings, its own text first."""

    draft: ClaimDraft
    verdict: Verdict
    phrasings: Sequence[IndexedPhrasing]


_COUNT_TERMS: Final = text("""
    WITH incoming AS (
        SELECT term, df FROM unnest(:terms, :counts) AS i (term, df)
    ), raised AS (
        UPDATE terms SET df = terms.df + i.df FROM incoming i WHERE terms.term = i.term RETURNING terms.id, terms.term
    ), added AS (
        INSERT INTO terms (term, df)
        SELECT term, df FROM incoming i WHERE NOT EXISTS (SELECT FROM terms t WHERE t.term = i.term) ORDER BY term
        RETURNING id, term
    )
    SELECT id, term FROM raised UNION ALL SELECT id, term FROM added
""").bindparams(bindparam("terms", type_=ARRAY(Text)), bindparam("counts", type_=ARRAY(Integer)))
"""Nobody else writes meanwhile: the writer holds the corpus row, so what is not there now is not there later."""

_ADD_PUBLISHERS: Final = text("""
    WITH incoming AS (
        SELECT DISTINCT ON (coalesce(site, ''), CASE WHEN site IS NULL THEN name END) name, site
        FROM unnest(:names, :sites) WITH ORDINALITY AS i (name, site, place)
        ORDER BY coalesce(site, ''), CASE WHEN site IS NULL THEN name END, place
    )
    INSERT INTO publishers (name, site) SELECT name, site FROM incoming ON CONFLICT DO NOTHING
""").bindparams(bindparam("names", type_=ARRAY(Text)), bindparam("sites", type_=ARRAY(Text)))

_FIND_PUBLISHERS: Final = select(publishers).where(
    (publishers.c.site == any_(bindparam("sites", type_=ARRAY(Text))))
    | (publishers.c.site.is_(None) & (publishers.c.name == any_(bindparam("names", type_=ARRAY(Text)))))
)

_ADD_POSTINGS: Final = insert(postings).from_select(
    ["term_id", "phrasing_id", "weight"],
    select(
        func.unnest(
            bindparam("term_ids", type_=ARRAY(BigInteger)),
            bindparam("phrasing_ids", type_=ARRAY(BigInteger)),
            bindparam("weights", type_=ARRAY(REAL)),
        )
        .table_valued("term_id", "phrasing_id", "weight")
        .render_derived()
    ),
)

_IDS: Final = bindparam("ids", type_=ARRAY(Uuid))
_REVIEWS: Final = (
    select(reviews, publishers.c.name.label("publisher_name"), publishers.c.site.label("publisher_site"))
    .join(publishers)
    .where(reviews.c.claim_id == any_(_IDS))
    .order_by(reviews.c.claim_id, reviews.c.position)
)
_SOURCES: Final = (
    select(sources).where(sources.c.claim_id == any_(_IDS)).order_by(sources.c.claim_id, sources.c.position)
)
_WORDINGS: Final = (
    select(wordings.c.text, wordings.c.language)
    .where(wordings.c.claim_id == bindparam("id"), wordings.c.position > 0)
    .order_by(wordings.c.position)
)


async def lock_corpus(connection: AsyncConnection) -> None:
    """Become the only writer of claims until this transaction ends. Every change of claims does this first."""
    await connection.execute(select(corpus.c.revision).with_for_update())


async def corpus_revision(connection: AsyncConnection) -> int:
    """How many times the stored claims have changed. Two equal numbers mean the same claims."""
    return int((await connection.execute(select(corpus.c.revision))).scalar_one())


async def claim_count(connection: AsyncConnection) -> int:
    """How many claims are stored."""
    return int((await connection.execute(select(corpus.c.claims))).scalar_one())


async def phrasing_count(connection: AsyncConnection) -> int:
    """How many phrasings are stored."""
    return int((await connection.execute(select(corpus.c.phrasings))).scalar_one())


async def insert_claim(
    connection: AsyncConnection,
    draft: ClaimDraft,
    verdict: Verdict,
    phrasings: Sequence[IndexedPhrasing],
    now: datetime,
) -> Claim:
    """Store one claim; see ``insert_claims``."""
    (claim,) = await insert_claims(connection, [NewClaim(draft, verdict, phrasings)], now)
    return claim


async def insert_claims(connection: AsyncConnection, new: Sequence[NewClaim], now: datetime) -> list[Claim]:
    """Store claims and make them findable, in the caller's transaction; the corpus revision rises by one.

    ``now``: aware, UTC. A review's publisher is the stored one of the same site (or, without a site, of the same
    name), and comes back under its stored name. Raises ValueError when a first phrasing is not the claim's own text.
    """
    if any(not item.phrasings or item.phrasings[0].text != item.draft.text for item in new):
        raise ValueError("the first phrasing is the claim's own text")
    if not new:
        return []
    await lock_corpus(connection)
    ids = [UUID(bytes=uuid6.uuid7().bytes) for _ in new]
    await connection.execute(insert(claims), [_claim_row(key, item, now) for key, item in zip(ids, new, strict=True)])
    phrasing_ids = await _insert_phrasings(connection, ids, new)
    await queue_embedding(connection, phrasing_ids)
    drafts = await _insert_evidence(connection, ids, [item.draft for item in new])
    await connection.execute(
        update(corpus).values(
            revision=corpus.c.revision + 1,
            claims=corpus.c.claims + len(new),
            phrasings=corpus.c.phrasings + sum(len(item.phrasings) for item in new),
        )
    )
    return [Claim(key, draft, item.verdict, 1, now, now) for key, draft, item in zip(ids, drafts, new, strict=True)]


async def get_claim(connection: AsyncConnection, claim_id: UUID) -> Claim | None:
    """The claim with everything that hangs on it, in the order it was written; None when there is none."""
    row = (await connection.execute(select(claims).where(claims.c.id == claim_id))).one_or_none()
    if row is None:
        return None
    others = (await connection.execute(_WORDINGS, {"id": claim_id})).all()
    found_reviews, found_sources = (await claims_evidence(connection, [claim_id]))[claim_id]
    draft = ClaimDraft(
        text=row.text,
        language=row.language,
        claimant=row.claimant,
        claimed_at=row.claimed_at,
        valid_until=row.valid_until,
        topics=tuple(row.topics),
        phrasings=tuple(Phrasing(other.text, other.language) for other in others),
        reviews=found_reviews,
        sources=found_sources,
    )
    return Claim(claim_id, draft, Verdict(row.verdict), row.revision, row.created_at, row.updated_at)


async def claims_evidence(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, Evidence]:
    """The reviews and the sources of each claim asked for, in the order they were written; empty where it has none."""
    if not ids:
        return {}
    wanted = {"ids": list(dict.fromkeys(ids))}
    found_reviews: dict[UUID, list[Review]] = defaultdict(list)
    for row in await connection.execute(_REVIEWS, wanted):
        found_reviews[row.claim_id].append(_review(row))
    found_sources: dict[UUID, list[Source]] = defaultdict(list)
    for row in await connection.execute(_SOURCES, wanted):
        found_sources[row.claim_id].append(_source(row))
    return {key: (tuple(found_reviews[key]), tuple(found_sources[key])) for key in wanted["ids"]}


def _claim_row(claim_id: UUID, item: NewClaim, now: datetime) -> dict[str, Any]:
    draft = item.draft
    return {
        "id": claim_id,
        "text": draft.text,
        "language": draft.language,
        "claimant": draft.claimant,
        "claimed_at": draft.claimed_at,
        "valid_until": draft.valid_until,
        "topics": list(draft.topics),
        "verdict": item.verdict.value,
        "created_at": now,
        "updated_at": now,
    }


async def _insert_phrasings(connection: AsyncConnection, ids: Sequence[UUID], new: Sequence[NewClaim]) -> Sequence[int]:
    """Store the phrasings and their postings; the phrasings' ids."""
    rows: list[dict[str, Any]] = []
    weights: list[dict[str, float]] = []
    for claim_id, item in zip(ids, new, strict=True):
        for position, phrasing in enumerate(item.phrasings):
            rows.append(
                {
                    "claim_id": claim_id,
                    "position": position,
                    "text": phrasing.text,
                    "language": phrasing.language,
                    "folded": phrasing.folded,
                }
            )
            weights.append(dict(stored_terms(phrasing.terms)))
    statement = insert(wordings).returning(wordings.c.id, sort_by_parameter_order=True)
    phrasing_ids: Sequence[int] = (await connection.execute(statement, rows)).scalars().all()
    counts = Counter(term for terms in weights for term in terms)
    if not counts:
        return phrasing_ids
    ordered = sorted(counts)
    found = await connection.execute(_COUNT_TERMS, {"terms": ordered, "counts": [counts[term] for term in ordered]})
    term_ids = {term: key for key, term in found}
    entries = sorted(
        (term_ids[term], phrasing_id, weight)
        for phrasing_id, terms in zip(phrasing_ids, weights, strict=True)
        for term, weight in terms.items()
    )
    columns = zip(*entries, strict=True)
    names = ("term_ids", "phrasing_ids", "weights")
    await connection.execute(_ADD_POSTINGS, dict(zip(names, map(list, columns), strict=True)))
    return phrasing_ids


def stored_terms(terms: Sequence[tuple[str, float]]) -> Iterator[tuple[str, float]]:
    """The terms as they are stored and looked up: cut to MAX_TERM, equal ones added up, empty ones gone."""
    cut: dict[str, float] = {}
    for term, weight in terms:
        key = term[:MAX_TERM]
        if key and weight > 0:
            cut[key] = cut.get(key, 0.0) + weight
    return iter(cut.items())


async def _insert_evidence(
    connection: AsyncConnection, ids: Sequence[UUID], drafts: Sequence[ClaimDraft]
) -> list[ClaimDraft]:
    """Store reviews and sources; the drafts come back with the publishers as they are stored."""
    known = await _publishers(connection, [review.publisher for draft in drafts for review in draft.reviews])
    stored: list[ClaimDraft] = []
    review_rows: list[dict[str, Any]] = []
    source_rows: list[dict[str, Any]] = []
    for claim_id, draft in zip(ids, drafts, strict=True):
        kept = []
        for position, review in enumerate(draft.reviews):
            publisher_id, publisher = known[_identity(review.publisher)]
            kept.append(replace(review, publisher=publisher))
            review_rows.append(_review_row(claim_id, position, publisher_id, review))
        source_rows.extend(_source_row(claim_id, position, source) for position, source in enumerate(draft.sources))
        stored.append(replace(draft, reviews=tuple(kept)))
    if review_rows:
        await connection.execute(insert(reviews), review_rows)
    if source_rows:
        await connection.execute(insert(sources), source_rows)
    return stored


def _identity(publisher: Publisher) -> tuple[str | None, str | None]:
    site = publisher.site.lower() if publisher.site else None
    return (None, site) if site else (publisher.name, None)


async def _publishers(
    connection: AsyncConnection, named: Sequence[Publisher]
) -> dict[tuple[str | None, str | None], tuple[int, Publisher]]:
    if not named:
        return {}
    sites = [_identity(publisher)[1] for publisher in named]
    names = [publisher.name for publisher in named]
    await connection.execute(_ADD_PUBLISHERS, {"names": names, "sites": sites})
    rows = await connection.execute(_FIND_PUBLISHERS, {"names": names, "sites": [site for site in sites if site]})
    found = ((row.id, Publisher(row.name, row.site)) for row in rows)
    return {_identity(publisher): (key, publisher) for key, publisher in found}


def _review_row(claim_id: UUID, position: int, publisher_id: int, review: Review) -> dict[str, Any]:
    return {
        "claim_id": claim_id,
        "position": position,
        "publisher_id": publisher_id,
        "verdict": review.verdict.value,
        "url": review.url,
        "title": review.title,
        "original_label": review.original_label,
        "language": review.language,
        "published_at": review.published_at,
    }


def _source_row(claim_id: UUID, position: int, source: Source) -> dict[str, Any]:
    return {
        "claim_id": claim_id,
        "position": position,
        "url": source.url,
        "stance": source.stance.value,
        "title": source.title,
        "publisher": source.publisher,
        "published_at": source.published_at,
        "quote": source.quote,
        "archived_url": source.archived_url,
        "link_status": source.link_status.value,
        "checked_at": source.checked_at,
    }


def _review(row: Any) -> Review:
    return Review(
        publisher=Publisher(row.publisher_name, row.publisher_site),
        verdict=Verdict(row.verdict),
        url=row.url,
        title=row.title,
        original_label=row.original_label,
        language=row.language,
        published_at=row.published_at,
    )


def _source(row: Any) -> Source:
    return Source(
        url=row.url,
        stance=Stance(row.stance),
        title=row.title,
        publisher=row.publisher,
        published_at=row.published_at,
        quote=row.quote,
        archived_url=row.archived_url,
        link_status=LinkStatus(row.link_status),
        checked_at=row.checked_at,
    )
