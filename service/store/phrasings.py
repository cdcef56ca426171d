"""Phrasings in the database with the postings that find them, and exact counts of how many hold each term."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    REAL,
    BigInteger,
    Integer,
    Text,
    any_,
    bindparam,
    delete,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain import IndexedPhrasing
from service.store.bulk import copy_rows
from service.store.models import queue_embedding
from service.store.tables import MAX_TERM, postings, terms
from service.store.tables import phrasings as wordings


@dataclass(frozen=True, slots=True)
class Placed:
    """A phrasing in its place among those of its claim; the claim's own text has place 0 and the claim's id."""

    claim_id: UUID
    id: UUID
    position: int
    phrasing: IndexedPhrasing


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

_DISCOUNT_TERMS: Final = text("""
    UPDATE terms SET df = terms.df - gone.df
    FROM (SELECT term_id, count(*) AS df FROM postings WHERE phrasing_id = ANY (:ids) GROUP BY term_id) AS gone
    WHERE terms.id = gone.term_id
""").bindparams(bindparam("ids", type_=ARRAY(BigInteger)))

_IDS: Final = bindparam("ids", type_=ARRAY(BigInteger))

_NEW_IDS: Final = text(
    "SELECT nextval(pg_get_serial_sequence('phrasings', 'id')) FROM generate_series(1, :count)"
).bindparams(bindparam("count", type_=Integer))

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


async def insert_phrasings(connection: AsyncConnection, placed: Sequence[Placed]) -> None:
    """Store phrasings with their postings and have them embedded. The caller holds the corpus."""
    if not placed:
        return
    rows: list[dict[str, Any]] = []
    weights: list[dict[str, float]] = []
    for each in placed:
        rows.append(
            {
                "public_id": each.id,
                "claim_id": each.claim_id,
                "position": each.position,
                "text": each.phrasing.text,
                "language": each.phrasing.language,
                "folded": each.phrasing.folded,
                "profile": each.phrasing.profile,
            }
        )
        weights.append(dict(stored_terms(each.phrasing.terms)))
    phrasing_ids: Sequence[int]
    if len(rows) == 1:
        statement = insert(wordings).returning(wordings.c.id)
        phrasing_ids = (await connection.execute(statement, rows)).scalars().all()
    else:
        phrasing_ids = (await connection.execute(_NEW_IDS, {"count": len(rows)})).scalars().all()
        numbered = [{"id": key, **row} for key, row in zip(phrasing_ids, rows, strict=True)]
        await copy_rows(connection, wordings, list(numbered[0]), [tuple(row.values()) for row in numbered])
    await _insert_postings(connection, phrasing_ids, weights)
    await queue_embedding(connection, phrasing_ids)


async def remove_phrasings(connection: AsyncConnection, row_ids: Sequence[int]) -> None:
    """Forget phrasings: from now on nothing finds them. The caller holds the corpus."""
    if not row_ids:
        return
    await connection.execute(_DISCOUNT_TERMS, {"ids": list(row_ids)})
    await connection.execute(delete(wordings).where(wordings.c.id == any_(_IDS)), {"ids": list(row_ids)})


async def replace_terms(connection: AsyncConnection, terms_of: Mapping[int, Mapping[str, float]]) -> None:
    """Give stored phrasings other terms, by their row ids; see ``stored_terms``. The caller holds the corpus."""
    ids = sorted(terms_of)
    await connection.execute(_DISCOUNT_TERMS, {"ids": ids})
    await connection.execute(delete(postings).where(postings.c.phrasing_id == any_(_IDS)), {"ids": ids})
    await _insert_postings(connection, ids, [terms_of[each] for each in ids])


async def terms_of_claim(connection: AsyncConnection, claim_id: UUID) -> list[str]:
    """Every term of a claim's phrasings, once, in order."""
    found = select(terms.c.term).distinct().select_from(wordings.join(postings).join(terms))
    rows = await connection.execute(found.where(wordings.c.claim_id == claim_id).order_by(terms.c.term))
    return list(rows.scalars())


def stored_terms(terms: Sequence[tuple[str, float]]) -> Iterator[tuple[str, float]]:
    """The terms as they are stored and looked up: cut to MAX_TERM, equal ones added up, empty ones gone."""
    cut: dict[str, float] = {}
    for term, weight in terms:
        key = term[:MAX_TERM]
        if key and weight > 0:
            cut[key] = cut.get(key, 0.0) + weight
    return iter(cut.items())


async def _insert_postings(
    connection: AsyncConnection, phrasing_ids: Sequence[int], weights: Sequence[Mapping[str, float]]
) -> None:
    counts = Counter(term for found in weights for term in found)
    if not counts:
        return
    ordered = sorted(counts)
    found = await connection.execute(_COUNT_TERMS, {"terms": ordered, "counts": [counts[term] for term in ordered]})
    term_ids = {term: key for key, term in found}
    entries = sorted(
        (term_ids[term], phrasing_id, weight)
        for phrasing_id, by_term in zip(phrasing_ids, weights, strict=True)
        for term, weight in by_term.items()
    )
    if len(phrasing_ids) > 1:
        await copy_rows(connection, postings, ("term_id", "phrasing_id", "weight"), entries)
        return
    columns = zip(*entries, strict=True)
    names = ("term_ids", "phrasing_ids", "weights")
    await connection.execute(_ADD_POSTINGS, dict(zip(names, map(list, columns), strict=True)))
