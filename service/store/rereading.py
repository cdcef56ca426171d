"""Phrasings read anew after an update: their profiles replaced, and where that changed, the terms that find them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import ARRAY, BigInteger, Integer, LargeBinary, Text, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain import IndexedPhrasing
from service.store.claims import count_change, lock_corpus
from service.store.phrasings import replace_terms, stored_terms


@dataclass(frozen=True, slots=True)
class Unprofiled:
    """A phrasing whose profile is missing or of no use. ``claimed_at``: the day its claim was made."""

    id: int
    text: str
    language: str
    claimed_at: date | None


@dataclass(frozen=True, slots=True)
class Reread:
    """What is stored of a phrasing beside its text. ``id``: of its row."""

    id: int
    indexed: IndexedPhrasing


_UNPROFILED: Final = text("""
    SELECT p.id, p.text, p.language, c.claimed_at
    FROM phrasings AS p JOIN claims AS c ON c.id = p.claim_id
    WHERE p.id > :after AND (p.profile IS NULL OR substring(p.profile FOR octet_length(:edition)) <> :edition)
    ORDER BY p.id LIMIT :size
""").bindparams(
    bindparam("edition", type_=LargeBinary), bindparam("after", type_=BigInteger), bindparam("size", type_=Integer)
)

_REPLACE_PROFILES: Final = text("""
    UPDATE phrasings AS p SET folded = i.folded, profile = i.profile
    FROM unnest(:ids, :folded, :profiles) AS i (id, folded, profile)
    WHERE p.id = i.id
""").bindparams(
    bindparam("ids", type_=ARRAY(BigInteger)),
    bindparam("folded", type_=ARRAY(Text)),
    bindparam("profiles", type_=ARRAY(LargeBinary)),
)

_TERMS: Final = text("""
    SELECT p.id, coalesce(
        (SELECT jsonb_object_agg(terms.term, posting.weight)
         FROM postings AS posting JOIN terms ON terms.id = posting.term_id WHERE posting.phrasing_id = p.id), '{}'
    ) AS terms
    FROM phrasings AS p WHERE p.id = ANY (:ids)
""").bindparams(bindparam("ids", type_=ARRAY(BigInteger)))


async def unprofiled(connection: AsyncConnection, edition: bytes, after: int, limit: int) -> list[Unprofiled]:
    """The next phrasings whose profile does not begin with ``edition``, in the order of ids, from beyond ``after``."""
    rows = await connection.execute(_UNPROFILED, {"edition": edition, "after": after, "size": limit})
    return [Unprofiled(*row) for row in rows]


async def save_reread(connection: AsyncConnection, reread: Sequence[Reread]) -> None:
    """Store what phrasings were read as. A text never changes under its id; those that are gone are passed over.

    Where other terms find them than before, the index is changed and the corpus revision rises: the caller's
    transaction has changed no claim before.
    """
    if await _with_other_terms(connection, reread):
        await lock_corpus(connection)
        changed = await _with_other_terms(connection, reread)
        await replace_terms(connection, changed)
        await count_change(connection)
    values = {
        "ids": [each.id for each in reread],
        "folded": [each.indexed.folded for each in reread],
        "profiles": [each.indexed.profile for each in reread],
    }
    await connection.execute(_REPLACE_PROFILES, values)


async def _with_other_terms(connection: AsyncConnection, reread: Sequence[Reread]) -> dict[int, dict[str, float]]:
    """Of those that are there the ones that are stored with other terms, or other weights, than they were read with."""
    stored = {row.id: row.terms for row in await connection.execute(_TERMS, {"ids": [each.id for each in reread]})}
    read = {each.id: dict(stored_terms(each.indexed.terms)) for each in reread if each.id in stored}
    return {key: terms for key, terms in read.items() if not _same(terms, stored[key])}


def _same(read: Mapping[str, float], stored: Mapping[str, float]) -> bool:
    # Weights are kept in four bytes.
    return read.keys() == stored.keys() and all(
        math.isclose(weight, stored[term], rel_tol=1e-5) for term, weight in read.items()
    )
