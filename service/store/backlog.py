"""What the job queue holds: how much waits and for how long, what has failed for good; when periodic jobs are due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, INTERVAL
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import BigInteger, Text

_KEPT: Final = "14 days"
"""For how long the log of finished jobs is kept."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """The jobs of one kind. ``waiting``: queued, with those whose time has not come; ``running``: taken by a worker;
    ``failed``: given up, and kept; ``oldest``: seconds for which the longest waiting job has been due, 0 for none.
    """

    kind: str
    waiting: int
    running: int
    failed: int
    oldest: float


@dataclass(frozen=True, slots=True)
class FailedJob:
    """A job that was given up: when it was queued and last tried, and what was raised then."""

    id: int
    kind: str
    payload: bytes
    queued_at: datetime
    failed_at: datetime
    error: str


_BACKLOGS: Final = text("""
    SELECT entrypoint AS kind,
           count(*) FILTER (WHERE status = 'queued') AS waiting,
           count(*) FILTER (WHERE status = 'picked') AS running,
           count(*) FILTER (WHERE status = 'failed') AS failed,
           coalesce(extract(epoch FROM now() - min(execute_after)
               FILTER (WHERE status = 'queued' AND execute_after <= now())), 0)::float8 AS oldest
    FROM pgqueuer GROUP BY entrypoint ORDER BY entrypoint
""")

# What is no job of the queue, but waits in tables of its own: see service.noticing and service.delivering.
_STANDING: Final = text("""
    SELECT kind, waiting, running, failed, oldest FROM (
        SELECT 'claim-changes' AS kind, count(*) AS waiting, 0 AS running, 0 AS failed, 0::float8 AS oldest
        FROM claim_changes
        UNION ALL
        SELECT 'watch-answers', count(*), 0, 0,
               coalesce(extract(epoch FROM now() - min(due_at) FILTER (WHERE due_at <= now())), 0)::float8
        FROM watch_subjects WHERE due_at IS NOT NULL
        UNION ALL
        SELECT 'webhook-deliveries', coalesce(sum(waiting), 0)::bigint, coalesce(sum(running), 0)::bigint,
               coalesce(sum(dead), 0)::bigint, coalesce(extract(epoch FROM now() - min(due)), 0)::float8
        FROM webhooks
        CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE leased_until IS NULL) AS waiting, count(leased_until) AS running,
                   min(next_at) FILTER (WHERE next_at <= now()) AS due
            FROM deliveries WHERE webhook_id = webhooks.id AND state = 'pending'
        ) AS pending
        CROSS JOIN LATERAL (
            SELECT count(*) AS dead FROM deliveries WHERE webhook_id = webhooks.id AND state = 'dead'
        ) AS dead
    ) AS standing
    WHERE waiting + running + failed > 0
""")

_FAILED: Final = text("""
    SELECT job.id, job.entrypoint AS kind, coalesce(job.payload, ''::bytea) AS payload, job.created AS queued_at,
           job.updated AS failed_at,
           coalesce((SELECT concat_ws(': ', traceback ->> 'exception_type', traceback ->> 'exception_message')
                     FROM pgqueuer_log log WHERE log.job_id = job.id AND log.status = 'failed'
                     ORDER BY log.created DESC LIMIT 1), '') AS error
    FROM pgqueuer job WHERE job.status = 'failed' ORDER BY job.updated DESC, job.id DESC LIMIT :limit
""")

_RETRY: Final = text("""
    UPDATE pgqueuer job SET status = 'queued', execute_after = now(), updated = now(), attempts = 0
    WHERE status = 'failed' AND (id = ANY(:ids) OR :all)
      AND NOT EXISTS (SELECT FROM pgqueuer live
                      WHERE live.dedupe_key = job.dedupe_key AND live.status IN ('queued', 'picked'))
    RETURNING id
""").bindparams(bindparam("ids", type_=ARRAY(BigInteger)))

_DROP: Final = text(
    "DELETE FROM pgqueuer WHERE status = 'failed' AND (id = ANY(:ids) OR :all) RETURNING id"
).bindparams(bindparam("ids", type_=ARRAY(BigInteger)))

_FORGET: Final = (
    text(f"""
    DELETE FROM pgqueuer_log log WHERE created < now() - interval '{_KEPT}'
      AND NOT EXISTS (SELECT FROM pgqueuer WHERE id = log.job_id)
"""),  # noqa: S608  # a fixed interval
    text(f"DELETE FROM pgqueuer_statistics WHERE created < now() - interval '{_KEPT}'"),  # noqa: S608
)

_EVERY: Final = "unnest(:kinds, :every) AS wanted (kind, every)"
_NEW_PERIODS: Final = (
    f"INSERT INTO periods (kind, due) SELECT kind, now() + every FROM {_EVERY} "  # noqa: S608  # fixed names
    "ON CONFLICT (kind) DO UPDATE SET due = excluded.due WHERE periods.due > excluded.due"
)
_TAKE_DUE: Final = (
    f"UPDATE periods SET due = now() + every FROM {_EVERY} "  # noqa: S608
    "WHERE periods.kind = wanted.kind AND periods.due <= now() RETURNING periods.kind"
)
_NEXT_DUE: Final = text(
    "SELECT extract(epoch FROM min(due) - now())::float8 FROM periods WHERE kind = ANY(:kinds)"
).bindparams(bindparam("kinds", type_=ARRAY(Text)))


async def backlogs(connection: AsyncConnection) -> list[Backlog]:
    """How the queue stands, by kind, and what waits beside it; kinds without a job are left out."""
    found = []
    for statement in (_BACKLOGS, _STANDING):
        found += [Backlog(**row) for row in (await connection.execute(statement)).mappings()]
    return found


async def failed_jobs(connection: AsyncConnection, limit: int = 100) -> list[FailedJob]:
    """The jobs that were given up, the latest first, at most ``limit``."""
    rows = await connection.execute(_FAILED, {"limit": limit})
    return [FailedJob(**row) for row in rows.mappings()]


async def retry_failed(connection: AsyncConnection, ids: Sequence[int] | None = None) -> list[int]:
    """Queue jobs again that were given up, all of them for None; the ids of those that were.

    One whose place another job has taken meanwhile stays as it is.
    """
    return await _changed(connection, _RETRY, ids)


async def drop_failed(connection: AsyncConnection, ids: Sequence[int] | None = None) -> list[int]:
    """Forget jobs that were given up, all of them for None; the ids of those that were."""
    return await _changed(connection, _DROP, ids)


async def forget_finished(connection: AsyncConnection) -> None:
    """Remove what the queue's log says about jobs that were finished long ago."""
    for statement in _FORGET:
        await connection.execute(statement)


async def register_periods(connection: AsyncConnection, periods: Mapping[str, timedelta]) -> None:
    """Have kinds of jobs fall due for the first time after ``periods`` from now; due times known already stay,
    unless they would now come later than that.
    """
    await connection.execute(_with_periods(_NEW_PERIODS), _columns(periods))


async def take_due(connection: AsyncConnection, periods: Mapping[str, timedelta]) -> list[str]:
    """The kinds that are due, of which the next is due after ``periods`` from now. No other transaction gets them."""
    return list((await connection.execute(_with_periods(_TAKE_DUE), _columns(periods))).scalars())


async def seconds_until_due(connection: AsyncConnection, kinds: Sequence[str]) -> float:
    """Seconds until the first of these kinds is due, 0 or less for now; infinite where none ever is."""
    found = await connection.scalar(_NEXT_DUE, {"kinds": list(kinds)})
    return float("inf") if found is None else float(found)


def _with_periods(statement: str) -> Any:
    return text(statement).bindparams(bindparam("kinds", type_=ARRAY(Text)), bindparam("every", type_=ARRAY(INTERVAL)))


def _columns(periods: Mapping[str, timedelta]) -> dict[str, Any]:
    return {"kinds": list(periods), "every": list(periods.values())}


async def _changed(connection: AsyncConnection, statement: Any, ids: Sequence[int] | None) -> list[int]:
    rows = await connection.execute(statement, {"ids": list(ids or ()), "all": ids is None})
    return list(rows.scalars())
