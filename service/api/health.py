"""Whether the process lives, and whether it can answer."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Router, get
from litestar.di import NamedDependency
from msgspec import Meta

from service import __version__
from service.api.problems import UNAVAILABLE, problem_responses
from service.errors import Unavailable
from service.store.session import Database


class Health(msgspec.Struct, frozen=True):
    """A sign of life."""

    status: Annotated[str, Meta(description="Always `ok`; trouble is answered as a problem.", examples=["ok"])]
    version: Annotated[str, Meta(description="The version of this software.", examples=["1.0.0"])]


@get(
    "/healthz",
    operation_id="getLiveness",
    tags=["Health"],
    summary="Is the process alive?",
    description="Answers without asking the database: whoever gets no answer here may restart the process.",
    response_description="The process is alive.",
    responses=problem_responses(),
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
    responses=problem_responses(UNAVAILABLE),
)
async def get_readiness(database: NamedDependency[Database]) -> Health:
    """Ask the database."""
    readiness = await database.readiness()
    if not readiness.ready:
        raise Unavailable(readiness.detail)
    return Health("ok", __version__)


health_router = Router("/", route_handlers=[get_liveness, get_readiness])
