"""How rare terms are, asked of the database once for each revision of the corpus.

A check weighs the words of all wordings that were found for it, some hundreds, most of which earlier checks have asked
for. What is remembered belongs to one revision: after the next change of the corpus all of it is asked for again, so
that every process weighs alike.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from itertools import islice
from typing import Any, Final
from weakref import WeakKeyDictionary

from sqlalchemy.ext.asyncio import AsyncConnection

from service.store.session import rows
from service.store.tables import MAX_TERM

_MOST: Final = 65_536
"""How many terms are remembered for a database."""

_STATEMENT: Final = """
    SELECT corpus.revision, corpus.phrasings, found.term, found.df
    FROM corpus
    LEFT JOIN LATERAL (
        SELECT terms.term, terms.df
        FROM unnest($1::text[]) AS asked (term)
        CROSS JOIN LATERAL (SELECT term, df FROM terms WHERE terms.term = asked.term LIMIT 1) AS terms
    ) AS found ON true
"""

_ABSENT: Final = 1.0
"""What counts for a term that is not stored."""


class _Remembered:
    """The rarities of one revision. Whoever has the mapping keeps it whole: what is forgotten goes by a new one."""

    def __init__(self, revision: int) -> None:
        self.revision = revision
        self.scale = 0.0
        self.rarities: dict[str, float] = {}

    def add(self, rarities: Mapping[str, float], scale: float) -> None:
        if len(self.rarities) + len(rarities) > _MOST:
            self.rarities = dict(islice(self.rarities.items(), _MOST // 2, None))
        self.rarities.update(rarities)
        self.scale = scale


_newest: Final[WeakKeyDictionary[Any, _Remembered]] = WeakKeyDictionary()
"""By the pool of connections to a database."""


async def term_rarity(
    connection: AsyncConnection, terms: Collection[str], revision: int | None = None
) -> tuple[Mapping[str, float], float]:
    """How rare each term is, and on what scale. ``revision``: that of the corpus in which the terms were found.

    The first is inverse document frequency over the highest possible one, in (0, 1], and 1 for a term that is not
    stored; the second that highest one: ln(1 + (N + .5) / .5) for N phrasings. The mapping may hold other terms too.
    """
    if revision is None:
        _, rarities, scale = await _ask(connection, terms)
        return rarities, scale
    pool = connection.sync_engine.pool
    known = _newest.get(pool)
    if known is None or known.revision != revision:
        known = _Remembered(revision)
    held = known.rarities
    missing = set(terms).difference(held)
    if not missing and known.scale:
        return held, known.scale
    found_at, rarities, scale = await _ask(connection, missing)
    if found_at != known.revision:
        # The corpus has changed meanwhile: all of it as it is now.
        if len(missing) < len(terms):
            found_at, rarities, scale = await _ask(connection, terms)
        known = _Remembered(found_at)
        held = known.rarities
    known.add(rarities, scale)
    newest = _newest.get(pool)
    if newest is None or newest.revision < known.revision:
        _newest[pool] = known
    elif newest is not known and newest.revision == known.revision:
        newest.add(rarities, scale)
    return (held if known.rarities is held else {**held, **rarities}), scale


async def _ask(connection: AsyncConnection, terms: Collection[str]) -> tuple[int, dict[str, float], float]:
    """The revision, each term's rarity and the scale, as of one moment."""
    wanted = sorted({term[:MAX_TERM] for term in terms})
    found = await rows(connection, _STATEMENT, wanted)
    revision, total = found[0][:2]
    scale = math.log(1 + (total + 0.5) / 0.5)
    counts = {term: df for _, _, term, df in found if term is not None}
    rarities: dict[str, float] = {}
    for term in terms:
        df = counts.get(term[:MAX_TERM])
        rarities[term] = _ABSENT if df is None else math.log(1 + (max(0, total - df) + 0.5) / (df + 0.5)) / scale
    return revision, rarities, scale
