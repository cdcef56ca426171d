"""What people said of matches. Rows are added, never changed: the last one about a match is what counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Double, bindparam, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from service.judgements import JudgedMatches, Judgement, KeptFeedback, MatchFeedback
from service.store.tables import feedback


async def insert_feedback(connection: AsyncConnection, kept: Sequence[KeptFeedback]) -> None:
    """Store what somebody said."""
    await connection.execute(
        insert(feedback),
        [
            {
                "id": each.id,
                "check_id": each.check_id,
                "result": each.given.result,
                "claim_id": each.given.claim_id,
                "judgement": each.given.judgement.value,
                "note": each.given.note,
                "suggested": each.suggested,
                "relation": each.relation,
                "score": each.score,
                "language": each.language,
                "version": each.version,
                "at": each.at,
                "author": each.author,
            }
            for each in kept
        ],
    )


async def list_feedback(
    connection: AsyncConnection, check_id: UUID, before: UUID | None, limit: int
) -> list[KeptFeedback]:
    """What was said of a check's matches, the newest first, from the one before ``before``."""
    wanted = select(feedback).where(feedback.c.check_id == check_id).order_by(feedback.c.id.desc()).limit(limit)
    if before is not None:
        wanted = wanted.where(feedback.c.id < before)
    return [_kept(row) for row in await connection.execute(wanted)]


_COUNT: Final = text("""
    SELECT tier, relation, language, version, count(*) FILTER (WHERE judgement = 'right') AS right, count(*) AS n
    FROM (
        SELECT DISTINCT ON (check_id, result, claim_id)
               CASE WHEN score >= :match THEN 'match' ELSE 'suggestion' END AS tier,
               relation, language, version, judgement, score
        FROM feedback
        ORDER BY check_id, result, claim_id, id DESC
    ) AS last
    WHERE score >= :suggest
    GROUP BY tier, relation, language, version
    ORDER BY tier, relation, language, version
""").bindparams(bindparam("match", type_=Double), bindparam("suggest", type_=Double))


async def count_feedback(
    connection: AsyncConnection, match_threshold: float, suggest_threshold: float
) -> list[JudgedMatches]:
    """How many of the judged matches with a score from ``suggest_threshold`` on were right, by kind."""
    rows = await connection.execute(_COUNT, {"match": match_threshold, "suggest": suggest_threshold})
    return [JudgedMatches(*row) for row in rows]


def _kept(row: Any) -> KeptFeedback:
    return KeptFeedback(
        row.id,
        row.check_id,
        MatchFeedback(row.result, row.claim_id, Judgement(row.judgement), row.note),
        row.suggested,
        row.relation,
        row.score,
        row.language,
        row.version,
        row.at,
        row.author,
    )
