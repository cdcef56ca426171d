"""What answers, for those who want to know why an answer is as it is."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from msgspec import Meta

from service import describing, domain
from service.api.checks import Probability
from service.api.claims import NOT_MODIFIED
from service.api.concurrency import ETAG, IfNoneMatch, answer
from service.api.problems import MALFORMED, NOT_ACCEPTABLE, UNAVAILABLE, problem_responses
from service.credentials import Scope
from service.describing import EngineDescription
from service.indexing import Semantics
from service.matching.model import Line
from service.store.session import Database


class Thresholds(msgspec.Struct, frozen=True):
    """The thresholds of a check that names none."""

    match: Annotated[Probability, Meta(description="From this score on, a stored claim is a match.", examples=[0.8])]
    suggest: Annotated[Probability, Meta(description="From this score on, it is a suggestion.", examples=[0.4])]


class Feature(msgspec.Struct, frozen=True):
    """One of the values that a score is made of."""

    name: Annotated[str, Meta(examples=["coverage"])]
    description: Annotated[
        str, Meta(description="What it measures. Shares lie between 0 and 1; counts are as counted.")
    ]
    weight: Annotated[float, Meta(description="What each unit of it adds to the log odds.", examples=[1.5178])]


class Score(msgspec.Struct, frozen=True):
    """A logistic regression: the log odds that a stored claim is about the same thing as the incoming one."""

    name: Annotated[str, Meta(examples=["by_words"])]
    description: Annotated[str, Meta(description="When it is used.")]
    intercept: Annotated[float, Meta(description="The log odds where every feature is 0.", examples=[-12.2826])]
    features: list[Feature]


class CalibrationLine(msgspec.Struct, frozen=True):
    """A straight line from the log odds of words to those of being right."""

    offset: Annotated[float, Meta(examples=[0.621])]
    slope: Annotated[float, Meta(examples=[1.1669])]


class EngineLanguage(msgspec.Struct, frozen=True):
    """A language whose words are read. Texts in any other are compared by their letters, figures and names."""

    tag: Annotated[str, Meta(description="Its primary subtag.", examples=["fa"])]
    calibration: Annotated[
        CalibrationLine | None,
        Meta(description="Its own calibration; null where it has that of all other languages."),
    ]


class CalibrationBin(msgspec.Struct, frozen=True, rename={"low": "from", "high": "to"}):
    """Answers with a score in [`from`, `to`)."""

    low: Annotated[Probability, Meta(examples=[0.9])]
    high: Annotated[Probability, Meta(examples=[1.0])]
    n: Annotated[int, Meta(ge=1, description="How many answers.", examples=[113])]
    mean_score: Annotated[Probability, Meta(description="What their scores promise.", examples=[0.974])]
    share_right: Annotated[Probability, Meta(description="What they kept.", examples=[0.951])]


class Measurement(msgspec.Struct, frozen=True):
    """How well scores were calibrated on a benchmark, by `factcheck eval`."""

    benchmark: Annotated[str, Meta(examples=["checkthat2022_2a_en"])]
    split: Annotated[str, Meta(description="Which part of it; never one that was trained on.", examples=["dev"])]
    version: Annotated[str, Meta(description="The version of this software that was measured.", examples=["1.0.0"])]
    model: Annotated[str | None, Meta(description="The embedding model that took part; null where words were alone.")]
    queries: Annotated[int, Meta(ge=0, description="How many texts were checked.", examples=[199])]
    claims: Annotated[int, Meta(ge=0, description="Against how many claims.", examples=[14231])]
    expected_calibration_error: Annotated[
        Probability,
        Meta(description="Mean distance between score and share right, over the bins.", examples=[0.0314]),
    ]
    bins: list[CalibrationBin]


class Calibration(msgspec.Struct, frozen=True):
    """Where scores come from, and how far they may be trusted."""

    trained_on: Annotated[
        list[str],
        Meta(
            description="The benchmarks on whose train splits weights and lines were fitted.",
            examples=[["checkthat2022_2a_en"]],
        ),
    ]
    otherwise: Annotated[CalibrationLine, Meta(description="For languages without a calibration of their own.")]
    measured: Annotated[list[Measurement], Meta(description="As measured on the development splits of benchmarks.")]


class EngineReport(msgspec.Struct, frozen=True):
    """What answers checks now."""

    version: Annotated[str, Meta(description="The version of this software.", examples=["1.0.0"])]
    corpus_revision: Annotated[int, Meta(ge=0, description="Counts the changes of the stored claims.", examples=[5121])]
    retrieval: Annotated[
        list[domain.RetrievalKind],
        Meta(
            description="How claims are found now: by words (`lexical`), by meaning (`semantic`).",
            examples=[["lexical"]],
        ),
    ]
    model: Annotated[str | None, Meta(description="The embedding model that is loaded; null where there is none.")]
    semantic_coverage: Annotated[
        Annotated[float, Meta(ge=0, le=1)] | None,
        Meta(description="The share of stored phrasings that are found by meaning; null where none are."),
    ]
    thresholds: Thresholds
    scores: Annotated[list[Score], Meta(description="What a score is made of; later ones build on the first.")]
    languages: list[EngineLanguage]
    calibration: Calibration


@get(
    "/v1/engine",
    opt={"scope": Scope.CHECK, "query": ()},
    operation_id="getEngine",
    tags=["Checks"],
    summary="Read what answers",
    description=(
        "The features and weights that score, the thresholds, the languages, the calibration as it was measured, and "
        "the state of what is searched. A score says how likely two texts are about the same statement; whether they "
        "say the same is told by the relation, which no score decides."
    ),
    response_description="What answers.",
    response_headers=[ETAG],
    responses=problem_responses(MALFORMED, NOT_ACCEPTABLE, UNAVAILABLE) | NOT_MODIFIED,
)
async def get_engine(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    semantics: NamedDependency[Semantics | None],
    if_none_match: IfNoneMatch = None,
) -> Response[EngineReport]:
    """Read what answers."""
    found = await describing.describe_engine(database, semantics)
    return answer(request, _report(found), found.engine.corpus_revision)


def _report(found: EngineDescription) -> EngineReport:
    options: domain.CheckOptions = found.options
    return EngineReport(
        found.engine.version,
        found.engine.corpus_revision,
        list(found.engine.retrieval),
        found.model,
        found.engine.semantic_coverage,
        Thresholds(options.match_threshold, options.suggest_threshold),
        msgspec.convert(found.scores, list[Score], from_attributes=True),
        [EngineLanguage(each.tag, each.calibration and _line(each.calibration)) for each in found.languages],
        Calibration(
            list(found.trained_on),
            _line(found.otherwise),
            [
                Measurement(
                    each.folder,
                    each.split,
                    each.version,
                    each.model,
                    each.queries,
                    each.corpus,
                    each.ece,
                    msgspec.convert(each.calibration, list[CalibrationBin], from_attributes=True),
                )
                for each in found.measurements
            ],
        ),
    )


def _line(line: Line) -> CalibrationLine:
    return CalibrationLine(line.offset, line.slope)


engine_router = Router("/", route_handlers=[get_engine])
