"""Whether the process lives, and whether it can answer."""

from __future__ import annotations

import math
from typing import Annotated

import msgspec
from litestar import Router, get
from litestar.di import NamedDependency
from msgspec import Meta

from service import __version__
from service.api.problems import NOT_ACCEPTABLE, UNAVAILABLE, problem_responses
from service.api.queries import refuse_unreadable
from service.errors import Unavailable
from service.indexing import Semantics
from service.store.session import Database


class Health(msgspec.Struct, frozen=True):
    """A sign of life."""

    status: Annotated[str, Meta(description="Always `ok`; trouble is answered as a problem.", examples=["ok"])]
    version: Annotated[str, Meta(description="The version of this software.", examples=["1.0.0"])]


class SemanticHealth(msgspec.Struct, frozen=True):
    """How far claims are found by meaning, beside their words."""

    model: Annotated[str, Meta(description="The embedding model in use.", examples=["all-MiniLM-L6-v2"])]
    covered: Annotated[
        float,
        Meta(
            description="The share of stored phrasings that are found by meaning. 0 while the model's vectors are "
            "being made, or where the database cannot keep any: words alone find claims then.",
            ge=0,
            le=1,
            examples=[0.9994],
        ),
    ]


class Readiness(Health, frozen=True):
    """A sign of life from a process that can answer."""

    semantic: Annotated[
        SemanticHealth | None, Meta(description="Null where no embedding model is set: words alone find claims.")
    ]


@get(
    "/healthz",
    operation_id="getLiveness",
    tags=["Health"],
    summary="Is the process alive?",
    description="Answers without asking the database: whoever gets no answer here may restart the process.",
    response_description="The process is alive.",
    responses=problem_responses(NOT_ACCEPTABLE),
)
async def get_liveness() -> Health:
    """Answer, and that is all."""
    return Health("ok", __version__)


@get(
    "/readyz",
    operation_id="getReadiness",
    tags=["Health"],
    summary="Can requests be answered?",
    description="Asks the database: it must be reachable and migrated. Load balancers send requests only where it is.",
    response_description="Requests can be answered.",
    responses=problem_responses(NOT_ACCEPTABLE, UNAVAILABLE),
)
async def get_readiness(database: NamedDependency[Database], semantics: NamedDependency[Semantics | None]) -> Readiness:
    """Ask the database."""
    readiness = await database.readiness()
    if not readiness.ready:
        raise Unavailable(readiness.detail)
    return Readiness("ok", __version__, None if semantics is None else await _semantic(database, semantics))


async def _semantic(database: Database, semantics: Semantics) -> SemanticHealth:
    async with database.read() as connection:
        reach = await semantics.reach(connection)
    # Cut rather than rounded: what is not whole must not be called so.
    covered = math.floor(reach.covered * 10_000) / 10_000 if reach else 0.0
    return SemanticHealth(semantics.embedder.identity.name, covered)


health_router = Router("/", route_handlers=[get_liveness, get_readiness], before_request=refuse_unreadable)
