"""The inbox in the database: texts that wait, the wordings they are counted under, and the items of these.

Whoever changes items holds the inbox, one at a time, so that no text is counted twice and no wording joins an item that
an editor is deciding on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    DateTime,
    Integer,
    LargeBinary,
    Text,
    any_,
    bindparam,
    exists,
    func,
    insert,
    literal,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from service.store.inbox_tables import items, terms, waiting, wordings
from service.store.publishers import new_id
from service.unanswered import AskedWording, Decision, InboxItem, ItemState, Rank, Unanswered

COUNTED: Final = 10_000
"""Up to so many items are counted."""

_LOCK: Final = 4_702_111_234_240_117
"""Key of the advisory lock that the holder of the inbox has."""

_READ: Final = 1_000
"""How many wordings a single term leads to at most: a word that more have tells nothing about which is meant."""


@dataclass(frozen=True, slots=True)
class InboxFilter:
    """Which items are wanted. ``words``: for each word the terms it may be stored as; one wording must have all.
    ``language``: of one of the wordings, its primary subtag compared; ``since``: asked then or later.
    """

    state: ItemState = ItemState.OPEN
    words: tuple[tuple[str, ...], ...] = ()
    language: str | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A wording that is counted already, and what it belongs to."""

    wording: int
    item: UUID


@dataclass(frozen=True, slots=True)
class KnownWording:
    """A wording as it is compared with another."""

    item: UUID
    text: str
    language: str
    claimed_at: date | None


@dataclass(frozen=True, slots=True)
class Tally:
    """How often something was asked, and when first and last."""

    asked: int
    first: datetime
    last: datetime

    def more(self, at: datetime) -> Tally:
        """The same, and once more."""
        return Tally(self.asked + 1, min(self.first, at), max(self.last, at))


async def count_waiting(connection: AsyncConnection) -> int:
    """How many texts wait to be gathered, counted up to COUNTED."""
    some = select(literal(1)).select_from(waiting).limit(COUNTED).subquery()
    return int(await connection.scalar(select(func.count()).select_from(some)) or 0)


async def hold_inbox(connection: AsyncConnection, *, patient: bool) -> bool:
    """Become the only one who changes the inbox until this transaction ends; False where another is, unless patient."""
    if patient:
        await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        return True
    return bool(await connection.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _LOCK}))


_TAKE: Final = text("""
    DELETE FROM inbox_waiting WHERE id IN (SELECT id FROM inbox_waiting ORDER BY id LIMIT :most)
    RETURNING id, text, language, claimed_at, asked_at
""").bindparams(bindparam("most", type_=Integer))


async def take_waiting(connection: AsyncConnection, most: int) -> list[Unanswered]:
    """Texts that have waited longest, which wait no more once the caller's transaction is committed."""
    rows = sorted((await connection.execute(_TAKE, {"most": most})).all(), key=lambda row: int(row.id))
    return [Unanswered(row.text, row.language, row.claimed_at, row.asked_at) for row in rows]


async def places_of(connection: AsyncConnection, keys: Iterable[bytes]) -> dict[bytes, Place]:
    """The wordings of these keys, as far as there are any."""
    found = select(wordings.c.key, wordings.c.id, wordings.c.item_id).where(
        wordings.c.key == any_(bindparam("keys", type_=ARRAY(LargeBinary)))
    )
    rows = await connection.execute(found, {"keys": list(set(keys))})
    return {bytes(key): Place(wording, item) for key, wording, item in rows}


_ALIKE: Final = text("""
    SELECT w.item_id, w.text, w.language, w.claimed_at
    FROM (
        SELECT met.wording_id, sum(ln(1 + :read / met.df::float8)) AS score
        FROM (
            SELECT found.wording_id, count(*) OVER (PARTITION BY asked.term) AS df
            FROM unnest(:terms) AS asked (term)
            CROSS JOIN LATERAL (
                SELECT wording_id FROM inbox_terms WHERE inbox_terms.term = asked.term LIMIT :read
            ) AS found
        ) AS met
        GROUP BY met.wording_id
        ORDER BY score DESC, met.wording_id
        LIMIT :most
    ) AS best
    JOIN inbox_wordings w ON w.id = best.wording_id
    ORDER BY best.score DESC, w.id
""").bindparams(
    bindparam("terms", type_=ARRAY(Text)), bindparam("read", _READ, type_=Integer), bindparam("most", type_=Integer)
)


async def alike(connection: AsyncConnection, looked_for: Sequence[str], most: int) -> list[KnownWording]:
    """Wordings that share terms, those with the rarest and the most of them first."""
    rows = await connection.execute(_ALIKE, {"terms": list(looked_for), "most": most})
    return [KnownWording(*row) for row in rows]


async def wordings_to_compare(connection: AsyncConnection, item: UUID, most: int) -> list[KnownWording]:
    """Wordings of an item, those asked most first."""
    wanted = (
        select(wordings.c.item_id, wordings.c.text, wordings.c.language, wordings.c.claimed_at)
        .where(wordings.c.item_id == item)
        .order_by(wordings.c.asked.desc(), wordings.c.id)
        .limit(most)
    )
    return [KnownWording(*row) for row in await connection.execute(wanted)]


async def add_wording(
    connection: AsyncConnection,
    asked: Unanswered,
    key: bytes,
    found_by: Iterable[str],
    item: UUID | None,
    edition: bytes,
) -> Place:
    """Store a wording with its first asking, in ``item`` or in a new one. The caller holds the inbox.

    ``edition``: of the matching core that told ``key`` and ``found_by``.
    """
    times = {"asked": 1, "first_asked_at": asked.asked_at, "last_asked_at": asked.asked_at}
    if item is None:
        item = new_id()
        await connection.execute(insert(items).values(id=item, state=ItemState.OPEN.value, revision=1, **times))
    else:
        await connection.execute(update(items).where(items.c.id == item).values(revision=items.c.revision + 1))
        await count_items(connection, {item: Tally(1, asked.asked_at, asked.asked_at)})
    row = insert(wordings).values(
        public_id=new_id(),
        item_id=item,
        key=key,
        text=asked.text,
        language=asked.language,
        claimed_at=asked.claimed_at,
        edition=edition,
        **times,
    )
    wording = int((await connection.execute(row.returning(wordings.c.id))).scalar_one())
    found = sorted(set(found_by))
    if found:
        await connection.execute(insert(terms), [{"term": term, "wording_id": wording} for term in found])
    return Place(wording, item)


_COUNT_ITEMS: Final = text("""
    UPDATE inbox_items i SET
        asked = i.asked + new.asked,
        first_asked_at = least(i.first_asked_at, new.first),
        last_asked_at = greatest(i.last_asked_at, new.last)
    FROM unnest(:ids, :asked, :firsts, :lasts) AS new (id, asked, first, last)
    WHERE i.id = new.id
""")
_COUNT_WORDINGS: Final = text("""
    UPDATE inbox_wordings w SET
        asked = w.asked + new.asked,
        first_asked_at = least(w.first_asked_at, new.first),
        last_asked_at = greatest(w.last_asked_at, new.last)
    FROM unnest(:ids, :asked, :firsts, :lasts) AS new (id, asked, first, last)
    WHERE w.id = new.id
""")
_REOPEN: Final = text("""
    UPDATE inbox_items i SET
        state = 'open', claim_id = NULL, reason = NULL, decided_by = NULL, decided_at = NULL, revision = i.revision + 1
    FROM unnest(:ids, :lasts) AS asked (id, last)
    WHERE i.id = asked.id AND i.state = 'resolved' AND i.decided_at < asked.last
""")


async def count_items(connection: AsyncConnection, tallies: Mapping[UUID, Tally]) -> None:
    """Count items up. One that was resolved before it was asked again, and found nothing, is open again."""
    if not tallies:
        return
    statement = _COUNT_ITEMS.bindparams(bindparam("ids", type_=ARRAY(items.c.id.type)), *_TALLIES)
    await connection.execute(statement, _columns(tallies))
    again = _REOPEN.bindparams(
        bindparam("ids", type_=ARRAY(items.c.id.type)), bindparam("lasts", type_=ARRAY(DateTime(timezone=True)))
    )
    await connection.execute(again, {"ids": list(tallies), "lasts": [tally.last for tally in tallies.values()]})


async def count_wordings(connection: AsyncConnection, tallies: Mapping[int, Tally]) -> None:
    """Count wordings up."""
    if not tallies:
        return
    statement = _COUNT_WORDINGS.bindparams(bindparam("ids", type_=ARRAY(BigInteger)), *_TALLIES)
    await connection.execute(statement, _columns(tallies))


_TALLIES: Final = (
    bindparam("asked", type_=ARRAY(Integer)),
    bindparam("firsts", type_=ARRAY(DateTime(timezone=True))),
    bindparam("lasts", type_=ARRAY(DateTime(timezone=True))),
)


def _columns(tallies: Mapping[Any, Tally]) -> dict[str, list[Any]]:
    return {
        "ids": list(tallies),
        "asked": [tally.asked for tally in tallies.values()],
        "firsts": [tally.first for tally in tallies.values()],
        "lasts": [tally.last for tally in tallies.values()],
    }


_SHOWN: Final = text("""
    SELECT i.id, i.state, i.asked, i.first_asked_at, i.last_asked_at, i.revision,
           i.claim_id, i.reason, i.decided_by, i.decided_at,
           most.text, most.language, every.count, every.languages
    FROM inbox_items i
    CROSS JOIN LATERAL (
        SELECT text, language FROM inbox_wordings WHERE item_id = i.id ORDER BY asked DESC, id LIMIT 1
    ) AS most
    CROSS JOIN LATERAL (
        SELECT count(*) AS count, array_agg(DISTINCT language ORDER BY language) AS languages
        FROM inbox_wordings WHERE item_id = i.id
    ) AS every
    WHERE i.id = ANY (:ids)
    ORDER BY i.asked DESC, i.last_asked_at DESC, i.id DESC
""").bindparams(bindparam("ids", type_=ARRAY(items.c.id.type)))


async def list_items(
    connection: AsyncConnection, wanted: InboxFilter, after: Rank | None, limit: int
) -> list[InboxItem]:
    """The items that are wanted, most asked first and then the latest, after ``after``; at most ``limit``."""
    rank = (items.c.asked, items.c.last_asked_at, items.c.id)
    found = select(items.c.id).where(*_conditions(wanted)).order_by(*(column.desc() for column in rank)).limit(limit)
    if after is not None:
        found = found.where(tuple_(*rank) < tuple_(after.asked, after.last_asked_at, after.id))
    ids = list((await connection.execute(found)).scalars())
    return [_item(row) for row in await connection.execute(_SHOWN, {"ids": ids})]


async def count_inbox(connection: AsyncConnection, wanted: InboxFilter) -> int | None:
    """How many items are wanted, or None where they are more than COUNTED."""
    found = select(literal(1)).select_from(items).where(*_conditions(wanted)).limit(COUNTED + 1)
    count = int(await connection.scalar(select(func.count()).select_from(found.subquery())) or 0)
    return count if count <= COUNTED else None


async def get_item(connection: AsyncConnection, item: UUID) -> InboxItem | None:
    """An item, or None."""
    row = (await connection.execute(_SHOWN, {"ids": [item]})).first()
    return None if row is None else _item(row)


async def get_wordings(connection: AsyncConnection, item: UUID, most: int) -> list[AskedWording]:
    """The wordings of an item, most asked first, at most ``most``."""
    wanted = (
        select(wordings).where(wordings.c.item_id == item).order_by(wordings.c.asked.desc(), wordings.c.id).limit(most)
    )
    return [
        AskedWording(row.public_id, row.text, row.language, row.asked, row.first_asked_at, row.last_asked_at)
        for row in await connection.execute(wanted)
    ]


async def decide_item(connection: AsyncConnection, item: UUID, state: ItemState, decision: Decision) -> None:
    """Store what an editor made of an item. The caller holds the inbox."""
    await connection.execute(
        update(items)
        .where(items.c.id == item)
        .values(
            state=state.value,
            claim_id=decision.claim_id,
            reason=decision.reason,
            decided_by=decision.author,
            decided_at=decision.at,
            revision=items.c.revision + 1,
        )
    )


_RECOUNT: Final = text("""
    UPDATE inbox_items i SET asked = sums.asked, first_asked_at = sums.first, last_asked_at = sums.last
    FROM (
        SELECT sum(asked) AS asked, min(first_asked_at) AS first, max(last_asked_at) AS last
        FROM inbox_wordings WHERE item_id = :id
    ) AS sums
    WHERE i.id = :id
""").bindparams(bindparam("id", type_=items.c.id.type))


async def split_off(connection: AsyncConnection, item: UUID, leaving: Sequence[UUID]) -> None:
    """Make some wordings of an item, not all of them, an open item of their own. The caller holds the inbox."""
    now = func.now()
    other = new_id()
    await connection.execute(
        insert(items).values(
            id=other, state=ItemState.OPEN.value, revision=1, asked=1, first_asked_at=now, last_asked_at=now
        )
    )
    await connection.execute(
        update(wordings).where(wordings.c.item_id == item, wordings.c.public_id.in_(leaving)).values(item_id=other)
    )
    for each in (item, other):
        await connection.execute(_RECOUNT, {"id": each})


def _item(row: Any) -> InboxItem:
    decision = None
    if row.decided_at is not None:
        decision = Decision(row.decided_at, row.decided_by, row.claim_id, row.reason)
    return InboxItem(
        row.id,
        ItemState(row.state),
        row.text,
        row.language,
        tuple(row.languages),
        row.count,
        row.asked,
        row.first_asked_at,
        row.last_asked_at,
        row.revision,
        decision,
    )


_WITH_WORDS: Final = """
    SELECT wording.item_id
    FROM (
        SELECT found.wording_id
        FROM unnest(:terms, :numbers) AS asked (term, number)
        JOIN inbox_terms AS found ON found.term = asked.term
        GROUP BY found.wording_id
        HAVING count(DISTINCT asked.number) = :count
    ) AS hit
    JOIN inbox_wordings AS wording ON wording.id = hit.wording_id
"""


def _conditions(wanted: InboxFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [items.c.state == wanted.state.value]
    if wanted.since is not None:
        found.append(items.c.last_asked_at >= wanted.since)
    if wanted.language is not None:
        primary = wanted.language.lower().partition("-")[0]
        found.append(
            exists().where(
                wordings.c.item_id == items.c.id,
                func.split_part(func.lower(wordings.c.language), "-", 1) == primary,
            )
        )
    if wanted.words:
        groups = wanted.words
        hits = text(_WITH_WORDS).bindparams(
            bindparam("terms", [term for group in groups for term in group], type_=ARRAY(Text)),
            bindparam("numbers", [number for number, group in enumerate(groups) for _ in group], type_=ARRAY(Integer)),
            bindparam("count", len(groups), type_=Integer),
        )
        found.append(items.c.id.in_(hits.columns(item_id=items.c.id.type).subquery().select()))
    return found
