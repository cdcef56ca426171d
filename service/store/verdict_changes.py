"""When what is known of claims changed: revisions after which their verdict, or their being found, is another."""

from __future__ import annotations

from typing import Final

from sqlalchemy import or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain import Action, Verdict
from service.store.catalogue import ClaimFilter, conditions
from service.store.tables import claims, revisions
from service.verdict_changes import Moment, VerdictChange

_ENDINGS: Final = (Action.WITHDRAWN.value, Action.RESTORED.value, Action.MERGED.value)


async def list_verdict_changes(
    connection: AsyncConnection, wanted: ClaimFilter, before: Moment | None, limit: int
) -> list[VerdictChange]:
    """The newest changes of the claims that are wanted, or those before a moment; at most ``limit``."""
    earlier = revisions.alias("earlier")
    place = (revisions.c.at, revisions.c.claim_id, revisions.c.number)
    after, former = revisions.c.state["verdict"].astext, earlier.c.state["verdict"].astext
    draft = revisions.c.state["draft"]
    query = (
        select(*place, revisions.c.action, revisions.c.author, revisions.c.reason, former.label("former"),
               after.label("verdict"), draft["text"].astext.label("text"), draft["language"].astext.label("language"))
        .join(earlier, (earlier.c.claim_id == revisions.c.claim_id) & (earlier.c.number == revisions.c.number - 1))
        .join(claims, claims.c.id == revisions.c.claim_id)
        .where(
            revisions.c.action != Action.CREATED.value,
            or_(after != former, revisions.c.action.in_(_ENDINGS)),
            *conditions(wanted),
        )
        .order_by(*(each.desc() for each in place))
        .limit(limit)
    )  # fmt: skip
    if before is not None:
        query = query.where(tuple_(*place) < tuple_(before.at, before.claim_id, before.revision))
    return [
        VerdictChange(
            row.claim_id, row.number, row.at, Action(row.action), Verdict(row.former), Verdict(row.verdict), row.text,
            row.language, row.author, row.reason,
        )
        for row in await connection.execute(query)
    ]  # fmt: skip
