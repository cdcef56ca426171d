"""Kept checks run again: the answer of today beside what has changed since."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, post
from litestar.di import NamedDependency
from msgspec import Meta

from service import replaying
from service.api.authorization import charge
from service.api.checks import Check, CheckId, check_body
from service.api.concurrency import LOCATION
from service.api.problems import CONFLICT, MALFORMED, NOT_ACCEPTABLE, NOT_FOUND, UNAVAILABLE, problem_responses
from service.credentials import Scope
from service.indexing import Semantics
from service.store.session import Database


class AnswerDifference(msgspec.Struct, frozen=True):
    """One thing that an answer says otherwise."""

    path: Annotated[
        str,
        Meta(
            description="A JSON pointer into the result, with the id of a claim, review or source for its index.",
            examples=["/status"],
        ),
    ]
    before: Annotated[Any, Meta(description="What the kept answer says; null where it has no such thing.")]
    after: Annotated[Any, Meta(description="What the new answer says; null where it has no such thing.")]


class ReplayedResult(msgspec.Struct, frozen=True):
    """What has become of one result."""

    ref: Annotated[str | None, Meta(description="Your own key, as it came in.")]
    text: Annotated[str, Meta(description="The text, as it came in.")]
    changed: Annotated[bool, Meta(description="Whether anything is listed in `changes`.")]
    changes: Annotated[
        list[AnswerDifference],
        Meta(
            description="Status, reason, matches and suggestions that came or went, and of those that stayed verdict, "
            "relation, conflicts, reviews and sources. A score that has moved is not listed: what follows from it is."
        ),
    ]


class Replay(msgspec.Struct, frozen=True):
    """A kept check run again."""

    replay_of: Annotated[UUID, Meta(description="The id of the check that was run again.")]
    changed: Annotated[bool, Meta(description="Whether any result has changed.")]
    results: Annotated[list[ReplayedResult], Meta(description="One for each claim, in their order.")]
    check: Annotated[Check, Meta(description="The answer of today, kept as a receipt of its own.")]


@post(
    "/v1/checks/{check_id:str}/replay",
    opt={"scope": Scope.CHECK, "audit": False, "query": ()},
    operation_id="replayCheck",
    tags=["Checks"],
    summary="Run a kept check again",
    description=(
        "Puts the same claims, with the same options, to today's database, and answers what is otherwise than it was. "
        "The new answer is kept too, under `Location`; the old one stays as it is. Costs as much as the check did."
    ),
    response_description="The new answer, and what has changed.",
    response_headers=[LOCATION],
    responses=problem_responses(MALFORMED, NOT_FOUND, NOT_ACCEPTABLE, CONFLICT, UNAVAILABLE),
)
async def replay_check(
    request: Request[Any, Any, Any],
    check_id: CheckId,
    database: NamedDependency[Database],
    semantics: NamedDependency[Semantics | None],
) -> Response[Replay]:
    """Run a kept check again."""
    receipt = await replaying.fetch_receipt(database, check_id)
    await charge(request, len(receipt.claims) - 1)
    replay = await replaying.replay_check(database, receipt, semantics)
    results = [
        ReplayedResult(
            result.ref,
            result.text,
            bool(changes),
            [AnswerDifference(each.path, each.before, each.after) for each in changes],
        )
        for result, changes in zip(replay.check.results, replay.changes, strict=True)
    ]
    body = Replay(check_id, any(each.changed for each in results), results, check_body(replay.check))
    return Response(body, headers={"Location": f"/v1/checks/{replay.check.id}"})


replays_router = Router("/", route_handlers=[replay_check])
