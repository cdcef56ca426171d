"""Stored wordings that say perhaps the same as a row of an import: those that share its rarest words.

A check reads thousands of postings to find whatever may be of interest. An import asks a narrower question of very many
texts, so it reads only the postings of each text's rarest terms, and only of terms that few wordings have.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import BigInteger, Double, Integer, Text

from service.domain import Verdict
from service.store.tables import MAX_TERM

RAREST: Final = 8
"""How many of a text's terms are looked up."""

COMMON: Final = 2_000
"""A term that more wordings have leads to none."""

ENOUGH: Final = 0.5
"""Which part of its rarest terms' weight a text must share with another to be compared with it."""

MOST: Final = 5
"""How many wordings a text is compared with."""


@dataclass(frozen=True, slots=True)
class Term:
    """A stored term. ``weight``: its inverse document frequency."""

    id: int
    df: int
    weight: float


@dataclass(frozen=True, slots=True)
class Alike:
    """A stored wording that shares the rare words of the text numbered ``row``, and what its claim says."""

    row: int
    claim_id: UUID
    text: str
    folded: str
    profile: bytes | None
    language: str
    claimant: str | None
    claimed_at: date | None
    verdict: Verdict


_TERMS: Final = text("""
    SELECT asked.term, terms.id, terms.df
    FROM unnest(:terms) AS asked (term)
    CROSS JOIN LATERAL (SELECT id, df FROM terms WHERE terms.term = asked.term LIMIT 1) AS terms
""").bindparams(bindparam("terms", type_=ARRAY(Text)))

_ALIKE: Final = text("""
    WITH asked AS MATERIALIZED (
        SELECT row, term_id, weight, needed
        FROM unnest(:rows, :term_ids, :weights, :needed) AS a (row, term_id, weight, needed)
    ), shared AS (
        SELECT asked.row, posting.phrasing_id, sum(asked.weight) AS weight, min(asked.needed) AS needed
        FROM asked
        CROSS JOIN LATERAL (SELECT phrasing_id FROM postings WHERE term_id = asked.term_id LIMIT :common) AS posting
        GROUP BY asked.row, posting.phrasing_id
        HAVING sum(asked.weight) >= min(asked.needed)
    ), ranked AS (
        SELECT *, row_number() OVER (PARTITION BY row ORDER BY weight DESC, phrasing_id) AS place FROM shared
    )
    SELECT ranked.row, p.claim_id, p.text, p.folded, p.profile, p.language, c.claimant, c.claimed_at, c.verdict
    FROM ranked
    CROSS JOIN LATERAL (
        SELECT claim_id, text, folded, profile, language FROM phrasings WHERE id = ranked.phrasing_id LIMIT 1
    ) AS p
    CROSS JOIN LATERAL (SELECT claimant, claimed_at, verdict FROM claims WHERE id = p.claim_id LIMIT 1) AS c
    WHERE ranked.place <= :most
    ORDER BY ranked.row, ranked.place
""").bindparams(
    bindparam("rows", type_=ARRAY(Integer)),
    bindparam("term_ids", type_=ARRAY(BigInteger)),
    bindparam("weights", type_=ARRAY(Double)),
    bindparam("needed", type_=ARRAY(Double)),
    bindparam("common", COMMON, type_=Integer),
    bindparam("most", MOST, type_=Integer),
)


async def weigh_terms(connection: AsyncConnection, wanted: Collection[str]) -> tuple[dict[str, Term], float]:
    """What is stored of these terms, and the weight of one that no wording has."""
    total = int((await connection.execute(text("SELECT phrasings FROM corpus"))).scalar_one())
    highest = math.log(1 + (total + 0.5) / 0.5)
    rows = await connection.execute(_TERMS, {"terms": sorted({term[:MAX_TERM] for term in wanted})})
    return {
        term: Term(key, df, math.log(1 + (max(0, total - df) + 0.5) / (df + 0.5))) for term, key, df in rows
    }, highest


async def find_alike(
    connection: AsyncConnection, asked: Sequence[tuple[int, Sequence[Term], float]]
) -> dict[int, list[Alike]]:
    """Likely wordings for each text: its number, its rarest terms that are stored, the weight to be shared."""
    flat = [(row, term.id, term.weight, needed) for row, terms, needed in asked for term in terms]
    if not flat:
        return {}
    rows, ids, weights, needed = zip(*flat, strict=True)
    found: dict[int, list[Alike]] = {}
    for row in await connection.execute(
        _ALIKE, {"rows": list(rows), "term_ids": list(ids), "weights": list(weights), "needed": list(needed)}
    ):
        number, claim_id, wording, folded, profile, language, claimant, claimed_at, verdict = row
        found.setdefault(number, []).append(
            Alike(number, claim_id, wording, folded, profile, language, claimant, claimed_at, Verdict(verdict))
        )
    return found
