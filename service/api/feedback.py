"""What people say of matches: right or wrong, kept with what they were shown."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from service import domain, feedback, intake, judgements
from service.api.authorization import caller_id
from service.api.authorship import author_of
from service.api.bodies import StrictJson
from service.api.checks import CheckId, Probability
from service.api.claim_bodies import Instant
from service.api.concurrency import LOCATION
from service.api.paging import DEFAULT_SIZE, PAGING, NextPageToken, PageSize, PageToken, page_token, place_of
from service.api.problems import (
    INVALID_INPUT,
    MALFORMED,
    NOT_ACCEPTABLE,
    NOT_FOUND,
    TOO_LARGE,
    UNAVAILABLE,
    UNSUPPORTED_MEDIA_TYPE,
    problem_responses,
)
from service.credentials import Scope
from service.judgements import Judgement, KeptFeedback
from service.store.session import Database

Place = Annotated[
    int,
    Meta(
        description="Which result of the check: its place, from 0.",
        examples=[0],
        extra_json_schema={"minimum": 0, "maximum": domain.MAX_CLAIMS - 1},
    ),
]
Judged = Annotated[
    Judgement,
    Meta(description="`right`: it is about the same statement as the text, and stands to it as `relation` says."),
]


class NewFeedback(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What you say of one match or suggestion."""

    result: Place
    claim_id: Annotated[UUID, Meta(description="The claim of the match, as the result shows it.")]
    judgement: Judged
    note: Annotated[
        Annotated[str, Meta(extra_json_schema={"minLength": 1, "maxLength": intake.MAX_REASON})] | None,
        Meta(description="Why.", examples=["Another drone strike, in another year"]),
    ] = None


class FeedbackRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What you say of matches and suggestions of one check."""

    items: Annotated[
        list[NewFeedback],
        Meta(
            description="One for each match; each match once.",
            extra_json_schema={"minItems": 1, "maxItems": feedback.MAX_ITEMS},
        ),
    ]


class Feedback(msgspec.Struct, frozen=True):
    """What somebody said of one match, and what it was."""

    id: UUID
    result: Place
    claim_id: UUID
    judgement: Judged
    note: Annotated[str | None, Meta(description="Why.")]
    suggested: Annotated[bool, Meta(description="Whether it was a suggestion, and no match.")]
    relation: Annotated[domain.Relation, Meta(description="How the claim stood to the text, as the result says.")]
    score: Annotated[Probability, Meta(description="Its score, as the result says.", examples=[0.97])]
    at: Annotated[Instant, Meta(description="When it was said.")]
    author: Annotated[str | None, Meta(description="Who said it; null where nobody has to say who they are.")]


class GivenFeedback(msgspec.Struct, frozen=True):
    """What you have said, as it is kept."""

    items: Annotated[list[Feedback], Meta(description="In the order in which they came.")]


class FeedbackPage(msgspec.Struct, frozen=True):
    """Some of what was said of a check's matches, the newest first."""

    items: list[Feedback]
    next_page_token: NextPageToken


@post(
    "/v1/checks/{check_id:str}/feedback",
    dto=StrictJson[FeedbackRequest],
    return_dto=None,
    opt={"scope": Scope.CHECK, "query": ()},
    operation_id="giveFeedback",
    tags=["Checks"],
    summary="Say which matches were right",
    description=(
        "Keeps whether matches and suggestions of a kept check were right or wrong. It changes no answer; "
        "`factcheck eval --feedback` tells from it how often answers are right. The last word on a match counts."
    ),
    response_description="What was kept.",
    response_headers=[LOCATION],
    responses=problem_responses(
        MALFORMED, NOT_FOUND, NOT_ACCEPTABLE, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, INVALID_INPUT, UNAVAILABLE
    ),
)
async def give_feedback(
    request: Request[Any, Any, Any],
    check_id: CheckId,
    data: JSONBody[FeedbackRequest],
    database: NamedDependency[Database],
) -> Response[GivenFeedback]:
    """Say which matches were right."""
    given = [judgements.MatchFeedback(each.result, each.claim_id, each.judgement, each.note) for each in data.items]
    kept = await feedback.give_feedback(database, check_id, given, author_of(request))
    body = GivenFeedback([_body(each) for each in kept])
    return Response(body, headers={"Location": f"/v1/checks/{check_id}/feedback"})


@get(
    "/v1/checks/{check_id:str}/feedback",
    opt={"scope": Scope.CHECK, "query": PAGING},
    operation_id="listFeedback",
    tags=["Checks"],
    summary="Read what was said of a check's matches",
    description="Everything that was said of the matches and suggestions of a kept check, the newest first.",
    response_description="A page of it.",
    responses=problem_responses(MALFORMED, NOT_FOUND, NOT_ACCEPTABLE, INVALID_INPUT, UNAVAILABLE),
)
async def list_feedback(
    request: Request[Any, Any, Any],
    check_id: CheckId,
    database: NamedDependency[Database],
    page_size: PageSize = DEFAULT_SIZE,
    page_token: PageToken = "",
) -> FeedbackPage:
    """Read what was said of a check's matches."""
    asked = {"feedback": str(check_id), "caller": caller_id(request)}
    found = await feedback.fetch_feedback(database, check_id, place_of(page_token, asked, UUID), page_size + 1)
    shown = found[:page_size]
    return FeedbackPage([_body(each) for each in shown], _token(asked, shown) if len(found) > page_size else None)


def _token(asked: dict[str, str | None], shown: list[KeptFeedback]) -> str:
    return page_token(asked, shown[-1].id)


def _body(kept: KeptFeedback) -> Feedback:
    given = kept.given
    return Feedback(
        kept.id,
        given.result,
        given.claim_id,
        given.judgement,
        given.note,
        kept.suggested,
        domain.Relation(kept.relation),
        kept.score,
        kept.at,
        kept.author,
    )


feedback_router = Router("/", route_handlers=[give_feedback, list_feedback])
