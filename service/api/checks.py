"""Checks: claims go in, a status with its reasons and sources comes out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.datastructures import ResponseHeader
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter, QueryParameter
from msgspec import Meta

from service import checking, domain, intake, watching
from service.api.authorization import charge
from service.api.bodies import StrictJson
from service.api.claim_bodies import Claimant, ClaimedAt, ClaimText, Instant, LanguageTag, Review, Source
from service.api.gate import record_deed
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
from service.api.subscriptions import Subscriptions
from service.credentials import Scope
from service.domain import (
    Comparator,
    ConflictKind,
    DatePrecision,
    NameKind,
    Reason,
    Relation,
    RetrievalKind,
    SecondOpinion,
    Status,
    Verdict,
)
from service.errors import Fault, InvalidInput
from service.indexing import Semantics
from service.opinions import Upstream
from service.store.session import Database

_DEFAULTS = domain.CheckOptions()
_NO_NUL = r"^[^\x00]*$"
"""For the document: a query with a NUL character is refused before anything reads it."""

Probability = Annotated[float, Meta(extra_json_schema={"minimum": 0, "maximum": 1})]


class IncomingClaim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A claim to check. Only `text` is required."""

    text: ClaimText
    ref: Annotated[
        Annotated[str, Meta(extra_json_schema={"maxLength": intake.MAX_REF})] | None,
        Meta(description="Your own key; it comes back untouched.", examples=["p3"]),
    ] = None
    language: Annotated[
        LanguageTag | None,
        Meta(description="The language of the text; it is recognised where this is absent.", examples=["en"]),
    ] = None
    claimant: Claimant = None
    claimed_at: ClaimedAt = None


class CheckOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a caller may choose."""

    max_matches: Annotated[
        int,
        Meta(
            description="How many matches, and how many suggestions, a result shows.",
            extra_json_schema={"minimum": 1, "maximum": intake.MAX_MATCHES},
        ),
    ] = _DEFAULTS.max_matches
    match_threshold: Annotated[
        Probability, Meta(description="From this score on, a stored claim counts as a match and decides the status.")
    ] = _DEFAULTS.match_threshold
    suggest_threshold: Annotated[
        Probability,
        Meta(description="From this score on, it is shown as a suggestion. Not above `match_threshold`."),
    ] = _DEFAULTS.suggest_threshold
    languages: Annotated[
        Annotated[list[LanguageTag], Meta(extra_json_schema={"minItems": 1, "maxItems": intake.MAX_LANGUAGES})] | None,
        Meta(description="Match only wordings in these languages; null means all.", examples=[["en", "fa"]]),
    ] = None


class CheckRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Claims to check, and how."""

    claims: Annotated[
        list[IncomingClaim],
        Meta(
            description="1 to 100 claims; the results keep their order.",
            extra_json_schema={"minItems": 1, "maxItems": domain.MAX_CLAIMS},
        ),
    ]
    options: CheckOptions = CheckOptions()
    watch: Annotated[
        bool,
        Meta(
            description="Tell of it when an answer changes later: makes a watch with the id of the check, "
            "`/v1/watches/{id}`, that lasts 90 days."
        ),
    ] = False


class Engine(msgspec.Struct, frozen=True):
    """What produced an answer."""

    version: Annotated[str, Meta(description="The version of this software.", examples=["1.0.0"])]
    corpus_revision: Annotated[int, Meta(description="Counts the changes of the stored claims.", examples=[5121])]
    retrieval: Annotated[
        list[RetrievalKind],
        Meta(
            description="The kinds of search that took part: by words (`lexical`), by meaning (`semantic`).",
            examples=[["lexical"]],
        ),
    ]
    semantic_coverage: Annotated[
        Annotated[float, Meta(ge=0, le=1)] | None,
        Meta(
            description="The share of stored phrasings that could be found by meaning; null where only words counted.",
            examples=[None],
        ),
    ]
    upstream: Annotated[
        SecondOpinion,
        Meta(
            description="Whether a service elsewhere was asked about claims that are not known here: `off`, "
            "`not_needed`, `asked`; or why it has not answered: `over_quota`, `paused`, `failed`, `late`.",
            examples=["off"],
        ),
    ]


class Span(msgspec.Struct, frozen=True):
    """A stretch of the incoming text, counted in Unicode code points from 0; `end` is excluded."""

    start: Annotated[int, Meta(ge=0)]
    end: Annotated[int, Meta(ge=0)]


class Quantity(msgspec.Struct):
    """A quantity read in the text."""

    value: Annotated[float, Meta(description="In the unit; the lower end of a range.", examples=[39])]
    upper: Annotated[float | None, Meta(description="The upper end of a range.")]
    unit: Annotated[str | None, Meta(description="`percent`, `person`, `USD`, `metre`, ...", examples=["person"])]
    comparator: Annotated[Comparator, Meta(description="How it bounds what it counts; `~`: about.", examples=["="])]
    text: Annotated[str, Meta(description="The words it was read from.", examples=["39"])]
    span: Span

    def __post_init__(self) -> None:
        """Whole numbers are written without a fraction: 39, not 39.0."""
        self.value = _plain(self.value)
        self.upper = None if self.upper is None else _plain(self.upper)


class DateRead(msgspec.Struct, frozen=True):
    """A date or period read in the text: the days from `earliest` to `latest`."""

    earliest: Annotated[date | None, Meta(description="Null where the text leaves it open.")]
    latest: Annotated[date | None, Meta(description="Null where the text leaves it open.")]
    precision: Annotated[DatePrecision, Meta(description="How much the text says of it.", examples=["year"])]
    text: Annotated[str, Meta(description="The words it was read from.", examples=["in 2025"])]
    span: Span


class Name(msgspec.Struct, frozen=True):
    """A name read in the text."""

    key: Annotated[str, Meta(description="Two spellings of one thing share their key.")]
    kind: Annotated[NameKind, Meta(description="What it is the name of.", examples=["place"])]
    text: Annotated[str, Meta(description="The words it was read from.", examples=["Ain al-Asad"])]
    span: Span


class Reading(msgspec.Struct, frozen=True):
    """What was understood of the incoming text."""

    quantities: list[Quantity]
    dates: list[DateRead]
    names: list[Name]
    negated: Annotated[bool, Meta(description="Whether the text denies something.")]
    folded: Annotated[str, Meta(description="The text without case, diacritics and variants of letters and digits.")]


class Explanation(msgspec.Struct, frozen=True):
    """One part of a comparison."""

    feature: Annotated[str, Meta(description="What was compared.", examples=["quantity"])]
    score: Annotated[float, Meta(description="1 where both sides agree, 0 where they do not.", examples=[1.0])]
    query: Annotated[str | None, Meta(description="What the incoming claim says.", examples=["39"])]
    candidate: Annotated[str | None, Meta(description="What the stored claim says.", examples=["۳۹"])]
    detail: Annotated[str, Meta(description="The outcome in words.", examples=["equal"])]


class Conflict(msgspec.Struct, frozen=True):
    """Why both statements cannot be true."""

    kind: Annotated[ConflictKind, Meta(description="Which part of the statements.")]
    claimed: Annotated[str, Meta(description="What the incoming claim says.", examples=["93"])]
    known: Annotated[str, Meta(description="What the stored claim says.", examples=["39"])]
    unit: Annotated[str | None, Meta(description="The unit of a quantity.", examples=["person"])]


class Match(msgspec.Struct, frozen=True):
    """A stored claim beside the incoming one."""

    claim_id: UUID
    text: Annotated[str, Meta(description="The stored wording that matched best.")]
    language: LanguageTag
    claimant: Claimant
    claimed_at: ClaimedAt
    verdict: Annotated[Verdict, Meta(description="What the reviews of the stored claim say together.")]
    relation: Annotated[Relation, Meta(description="How the stored claim stands to the incoming one.")]
    score: Annotated[Probability, Meta(description="How likely both are about the same statement.", examples=[0.97])]
    span: Annotated[Span, Meta(description="Which part of the incoming text this match is about.")]
    explanation: Annotated[list[Explanation], Meta(description="How the score came about.")]
    conflicts: Annotated[list[Conflict], Meta(description="Why it contradicts, where it does.")]
    reviews: list[Review]
    sources: list[Source]


class Result(msgspec.Struct, frozen=True):
    """The answer to one incoming claim."""

    ref: Annotated[str | None, Meta(description="Your own key, as it came in.")]
    text: Annotated[str, Meta(description="The text, as it came in.")]
    language: Annotated[str, Meta(description="The language given, or else recognised.", examples=["en"])]
    status: Annotated[Status, Meta(description="The answer in a word.")]
    confidence: Annotated[Probability, Meta(description="How sure the answer is.", examples=[0.97])]
    reason: Annotated[Reason | None, Meta(description="Why it is `unverified`; null for every other status.")]
    summary: Annotated[str, Meta(description="The answer in a sentence.")]
    reading: Reading
    matches: Annotated[list[Match], Meta(description="What reached `match_threshold`, best first.")]
    suggestions: Annotated[
        list[Match], Meta(description="What reached only `suggest_threshold`. Never decides the status.")
    ]


class Check(msgspec.Struct, frozen=True):
    """An answer, kept as a receipt: reading it again gives the same, whatever was stored since."""

    id: UUID
    created_at: Instant
    engine: Engine
    results: Annotated[list[Result], Meta(description="One for each claim, in their order.")]


@dataclass(frozen=True, slots=True)
class Means:
    """What a check is made with; one dependency, since several are each resolved in a task of their own."""

    database: Database
    semantics: Semantics | None
    upstream: Upstream | None
    subscriptions: Subscriptions


CheckId = Annotated[UUID, PathParameter(description="The id of a check.", title="check_id")]


@post(
    "/v1/checks",
    dto=StrictJson[CheckRequest],
    return_dto=None,
    opt={"scope": Scope.CHECK, "audit": False},
    operation_id="createCheck",
    tags=["Checks"],
    summary="Check claims",
    description=(
        "Compares each claim with the stored ones and answers with a status, the claims that match, why they match, "
        "and their reviews and sources. The answer is kept and can be read again under `Location`."
    ),
    response_description="One result for each claim, in their order.",
    response_headers=[
        ResponseHeader(name="Location", description="The path of the kept answer.", documentation_only=True)
    ],
    responses=problem_responses(
        MALFORMED, NOT_ACCEPTABLE, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, INVALID_INPUT, UNAVAILABLE
    ),
)
async def create_check(
    request: Request[Any, Any, Any],
    data: JSONBody[CheckRequest],
    means: NamedDependency[Means],
) -> Response[Check]:
    """Check claims and keep the answer."""
    claims = msgspec.convert(data.claims, tuple[domain.IncomingClaim, ...], from_attributes=True)
    options = msgspec.convert(data.options, domain.CheckOptions, from_attributes=True)
    await charge(request, len(claims) - 1)
    if data.watch:
        record_deed(request)
        watcher = means.subscriptions.watcher(request)
        check = await watching.check_and_watch(
            means.database, claims, options, watcher, means.semantics, means.upstream
        )
    else:
        check = await checking.check_claims(
            means.database, claims, options, record=True, semantics=means.semantics, upstream=means.upstream
        )
    return Response(check_body(check), headers={"Location": f"/v1/checks/{check.id}"})


@get(
    "/v1/checks/{check_id:str}",
    opt={"scope": Scope.CHECK},
    operation_id="getCheck",
    tags=["Checks"],
    summary="Read a kept answer",
    description="The answer of an earlier check, exactly as it was given.",
    response_description="The answer.",
    responses=problem_responses(NOT_FOUND, NOT_ACCEPTABLE, UNAVAILABLE),
)
async def get_check(check_id: CheckId, database: NamedDependency[Database]) -> Check:
    """Read a kept answer."""
    return check_body(await checking.fetch_check(database, check_id))


@get(
    "/v1/check",
    opt={"scope": Scope.CHECK, "query": ("text", "language", "claimant", "claimed_at")},
    operation_id="checkText",
    tags=["Checks"],
    summary="Check one claim without keeping the answer",
    description="For terminals and bookmarks: one claim in the address, one result, nothing stored.",
    response_description="The result.",
    responses=problem_responses(MALFORMED, NOT_ACCEPTABLE, INVALID_INPUT, UNAVAILABLE),
)
async def check_text(
    database: NamedDependency[Database],
    semantics: NamedDependency[Semantics | None],
    text: Annotated[
        str,
        QueryParameter(
            description="The claim.",
            schema_extra={"min_length": domain.MIN_TEXT, "max_length": domain.MAX_TEXT, "pattern": _NO_NUL},
        ),
    ],
    language: Annotated[
        str,
        QueryParameter(
            description="Its language, a BCP 47 tag; recognised where absent.", schema_extra={"pattern": _NO_NUL}
        ),
    ] = "",
    claimant: Annotated[
        str,
        QueryParameter(description="Who said it.", schema_extra={"max_length": intake.MAX_NAME, "pattern": _NO_NUL}),
    ] = "",
    claimed_at: Annotated[date | None, QueryParameter(description="The day it was said.")] = None,
) -> Result:
    """Check one claim and keep nothing."""
    claim = domain.IncomingClaim(text=text, language=language or None, claimant=claimant or None, claimed_at=claimed_at)
    try:
        check = await checking.check_claims(database, [claim], domain.CheckOptions(), record=False, semantics=semantics)
    except InvalidInput as error:
        prefix = "/claims/0"
        raise InvalidInput(
            [Fault(fault.pointer.removeprefix(prefix), fault.detail) for fault in error.faults]
        ) from error
    return check_body(check).results[0]


def _plain(value: float) -> float:
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def check_body(check: domain.Check) -> Check:
    """A check as it is answered."""
    return msgspec.convert(check, Check, from_attributes=True)


checks_router = Router("/", route_handlers=[create_check, get_check, check_text])
