"""The links of sources and reviews: which to visit next, by one process at a time, and what visits found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import md5
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Text, bindparam, func, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain import LinkStatus
from service.store.claims import lock_corpus
from service.store.tables import link_hosts, links

ARCHIVE: Final = "the archive"
"""What the archive is called among the hosts: no host has a space in its name."""

_UNKNOWN: Final = text("""
    SELECT DISTINCT url FROM (
        (SELECT url FROM sources AS part WHERE link_status = 'unchecked'
             AND NOT EXISTS (SELECT FROM links WHERE md5(links.url) = md5(part.url)) LIMIT :most)
        UNION ALL
        (SELECT url FROM reviews AS part WHERE link_status = 'unchecked' AND url IS NOT NULL
             AND NOT EXISTS (SELECT FROM links WHERE md5(links.url) = md5(part.url)) LIMIT :most)
    ) AS found
""")
_ADOPT: Final = """
    UPDATE {table} AS part SET link_status = links.link_status, checked_at = links.checked_at,
        final_url = links.final_url{more}
    FROM links
    WHERE part.link_status = 'unchecked' AND links.link_status <> 'unchecked'
        AND md5(part.url) = md5(links.url) AND part.url = links.url
"""
_TAKE: Final = text("""
    WITH free AS (
        SELECT host FROM link_hosts WHERE free_at <= :now AND EXISTS (
            SELECT FROM links WHERE links.host = link_hosts.host AND due_at <= :now AND (:all OR links.id = ANY(:only))
        ) ORDER BY free_at LIMIT 1 FOR UPDATE SKIP LOCKED
    ), taken AS (
        UPDATE link_hosts SET free_at = :until FROM free WHERE link_hosts.host = free.host RETURNING link_hosts.host
    )
    SELECT links.* FROM links JOIN taken ON links.host = taken.host
    WHERE due_at <= :now AND (:all OR links.id = ANY(:only)) ORDER BY due_at, links.id LIMIT 1
""").bindparams(bindparam("only", type_=ARRAY(BigInteger)))
_NEXT: Final = text("""
    SELECT min(greatest(free_at, first)) FROM link_hosts JOIN (
        SELECT host, min(due_at) AS first FROM links WHERE :all OR id = ANY(:only) GROUP BY host
    ) AS due USING (host)
""").bindparams(bindparam("only", type_=ARRAY(BigInteger)))
_TAKE_COPY: Final = text("""
    WITH taken AS (
        UPDATE link_hosts SET free_at = :until WHERE host = :archive AND free_at <= :now
            AND EXISTS (SELECT FROM links WHERE copy_due_at <= :now AND (:all OR id = ANY(:only))) RETURNING host
    )
    SELECT links.* FROM links, taken WHERE copy_due_at <= :now AND (:all OR links.id = ANY(:only))
    ORDER BY copy_due_at, links.id LIMIT 1
""").bindparams(bindparam("only", type_=ARRAY(BigInteger)))
_OF_CLAIM: Final = text("""
    SELECT id FROM links WHERE md5(url) IN (
        SELECT md5(url) FROM sources WHERE claim_id = :claim
        UNION SELECT md5(url) FROM reviews WHERE claim_id = :claim AND url IS NOT NULL
    )
""")
_URLS_OF_CLAIM: Final = text("""
    SELECT url FROM sources WHERE claim_id = :claim
    UNION SELECT url FROM reviews WHERE claim_id = :claim AND url IS NOT NULL
""")
_SHOW: Final = """
    UPDATE {table} SET link_status = :status, checked_at = :at, final_url = :final
    WHERE md5(url) = md5(:url) AND url = :url RETURNING claim_id
"""
_LINKING: Final = text("""
    WITH linking AS (
        SELECT url, claim_id FROM sources WHERE md5(url) = ANY (:digests)
        UNION SELECT url, claim_id FROM reviews WHERE md5(url) = ANY (:digests) AND url IS NOT NULL
    )
    SELECT url, (array_agg(claim_id ORDER BY claim_id))[1:CAST(:most AS integer)]
    FROM linking JOIN claims ON claims.id = claim_id
    WHERE withdrawn_at IS NULL AND merged_into IS NULL GROUP BY url
""").bindparams(bindparam("digests", type_=ARRAY(Text)))
_COUNT: Final = text("SELECT link_status, count(*) FROM links GROUP BY link_status")


@dataclass(frozen=True, slots=True)
class Link:
    """A link as its last visit left it. ``failures``: visits in a row that found nothing; times are aware, UTC."""

    id: int
    url: str
    host: str
    status: LinkStatus
    http_status: int | None
    final_url: str | None
    checked_at: datetime | None
    changed_at: datetime | None
    failures: int
    etag: str | None
    last_modified: str | None
    due_at: datetime
    copy_url: str | None
    copy_due_at: datetime | None


async def unknown_urls(connection: AsyncConnection, most: int) -> list[str]:
    """Addresses that sources and reviews link to and that are not among the links yet."""
    return list((await connection.execute(_UNKNOWN, {"most": most})).scalars())


async def urls_of_claim(connection: AsyncConnection, claim_id: UUID) -> list[str]:
    """The addresses that a claim's sources and reviews link to."""
    return list((await connection.execute(_URLS_OF_CLAIM, {"claim": claim_id})).scalars())


async def add_links(connection: AsyncConnection, hosts: Mapping[str, str], now: datetime) -> None:
    """Put addresses among the links, to be visited at once; ``hosts`` names the host of each."""
    rows = [{"url": url, "host": host, "due_at": now} for url, host in hosts.items()]
    if rows:
        await connection.execute(upsert(links).on_conflict_do_nothing(), rows)
    await free_hosts(connection, {*hosts.values(), ARCHIVE}, now)


async def free_hosts(connection: AsyncConnection, hosts: set[str], now: datetime) -> None:
    """Make hosts known, to be visited from now on; those known already stay as they are."""
    await connection.execute(
        upsert(link_hosts).on_conflict_do_nothing(), [{"host": host, "free_at": now} for host in sorted(hosts)]
    )


async def adopt_visits(connection: AsyncConnection) -> None:
    """Give sources and reviews that are new what is known of their links already."""
    await lock_corpus(connection)
    await connection.execute(text(_ADOPT.format(table="sources", more=", copy_url = links.copy_url")))
    await connection.execute(text(_ADOPT.format(table="reviews", more="")))


async def links_of_claim(connection: AsyncConnection, claim_id: UUID) -> list[int]:
    """The ids of a claim's links."""
    return list((await connection.execute(_OF_CLAIM, {"claim": claim_id})).scalars())


async def make_due(connection: AsyncConnection, ids: Sequence[int], now: datetime) -> None:
    """Have these links visited now, and looked for in the archive."""
    await connection.execute(update(links).where(links.c.id.in_(ids)).values(due_at=now, copy_due_at=now))


async def take_turn(
    connection: AsyncConnection, now: datetime, lease: timedelta, only: Sequence[int] | None
) -> Link | None:
    """The link to visit next, if there is one; its host is nobody else's before ``now`` + ``lease``."""
    return await _take(connection, _TAKE, now, lease, only, {})


async def take_copy_turn(
    connection: AsyncConnection, now: datetime, lease: timedelta, only: Sequence[int] | None
) -> Link | None:
    """The link to ask the archive about next, if there is one; the archive is nobody else's meanwhile."""
    return await _take(connection, _TAKE_COPY, now, lease, only, {"archive": ARCHIVE})


async def next_turn(connection: AsyncConnection, only: Sequence[int] | None) -> datetime | None:
    """When the next visit may be made; None where there is no link."""
    found: datetime | None = await connection.scalar(_NEXT, {"all": only is None, "only": list(only or ())})
    return found


async def next_copy_turn(connection: AsyncConnection, only: Sequence[int] | None) -> datetime | None:
    """When the archive may be asked next; None where there is nothing to ask."""
    due = select(links.c.copy_due_at).where(links.c.copy_due_at.is_not(None)).order_by(links.c.copy_due_at).limit(1)
    if only is not None:
        due = due.where(links.c.id.in_(only))
    first: datetime | None = await connection.scalar(due)
    free: datetime | None = await connection.scalar(select(link_hosts.c.free_at).where(link_hosts.c.host == ARCHIVE))
    return max(first, free) if first and free else None


async def save_visit(connection: AsyncConnection, link: Link, free_at: datetime) -> set[UUID]:
    """Store what became of a link, show it wherever it stands, and free its host; the claims where it stands."""
    # Edits write sources whole: they must not lay an older visit over this one.
    await lock_corpus(connection)
    values = {
        "link_status": link.status.value,
        "http_status": link.http_status,
        "final_url": link.final_url,
        "checked_at": link.checked_at,
        "changed_at": link.changed_at,
        "failures": link.failures,
        "etag": link.etag,
        "last_modified": link.last_modified,
        "due_at": link.due_at,
        # Whoever asks the archive meanwhile knows better.
        "copy_due_at": func.coalesce(links.c.copy_due_at, link.copy_due_at),
    }
    await connection.execute(update(links).where(links.c.id == link.id).values(values))
    await connection.execute(update(link_hosts).where(link_hosts.c.host == link.host).values(free_at=free_at))
    return await _show(connection, link)


async def save_copy(connection: AsyncConnection, link: Link, free_at: datetime) -> None:
    """Store what the archive said about a link, show it wherever it stands, and free the archive."""
    await lock_corpus(connection)
    values = {"copy_url": link.copy_url, "copy_due_at": link.copy_due_at}
    await connection.execute(update(links).where(links.c.id == link.id).values(values))
    await connection.execute(update(link_hosts).where(link_hosts.c.host == ARCHIVE).values(free_at=free_at))
    await connection.execute(
        text("UPDATE sources SET copy_url = :copy WHERE md5(url) = md5(:url) AND url = :url"),
        {"copy": link.copy_url, "url": link.url},
    )


async def get_links(connection: AsyncConnection, ids: Sequence[int]) -> list[Link]:
    """Links by their ids, by host and address."""
    wanted = select(links).where(links.c.id.in_(ids)).order_by(links.c.host, links.c.url)
    return [_link(row) for row in await connection.execute(wanted)]


async def list_links(
    connection: AsyncConnection, status: LinkStatus | None, after: int | None, limit: int
) -> list[Link]:
    """Links in the order they became known, those of one status or all, from behind the one with the id ``after``."""
    wanted = select(links).order_by(links.c.id).limit(limit)
    if status is not None:
        wanted = wanted.where(links.c.link_status == status.value)
    if after is not None:
        wanted = wanted.where(links.c.id > after)
    return [_link(row) for row in await connection.execute(wanted)]


async def claims_linking(connection: AsyncConnection, urls: Sequence[str], most: int) -> dict[str, list[UUID]]:
    """The first claims, in the order they were stored, that checks find and that link to each address."""
    digests = [md5(url.encode(), usedforsecurity=False).hexdigest() for url in urls]
    rows = await connection.execute(_LINKING, {"digests": digests, "most": most})
    return {url: list(ids) for url, ids in rows}


async def count_links(connection: AsyncConnection) -> dict[LinkStatus, int]:
    """How many links there are of each status that occurs."""
    return {LinkStatus(status): count for status, count in await connection.execute(_COUNT)}


async def _take(
    connection: AsyncConnection,
    statement: Any,
    now: datetime,
    lease: timedelta,
    only: Sequence[int] | None,
    more: dict[str, Any],
) -> Link | None:
    values = {"now": now, "until": now + lease, "all": only is None, "only": list(only or ()), **more}
    row = (await connection.execute(statement, values)).first()
    return None if row is None else _link(row)


async def _show(connection: AsyncConnection, link: Link) -> set[UUID]:
    values = {"status": link.status.value, "at": link.checked_at, "final": link.final_url, "url": link.url}
    shown: set[UUID] = set()
    for table in ("sources", "reviews"):
        shown |= set((await connection.execute(text(_SHOW.format(table=table)), values)).scalars())
    return shown


def _link(row: Any) -> Link:
    return Link(
        id=row.id,
        url=row.url,
        host=row.host,
        status=LinkStatus(row.link_status),
        http_status=row.http_status,
        final_url=row.final_url,
        checked_at=row.checked_at,
        changed_at=row.changed_at,
        failures=row.failures,
        etag=row.etag,
        last_modified=row.last_modified,
        due_at=row.due_at,
        copy_url=row.copy_url,
        copy_due_at=row.copy_due_at,
    )
