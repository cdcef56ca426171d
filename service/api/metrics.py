"""The numbers that Prometheus asks for."""

from __future__ import annotations

from typing import Any, Final

from litestar import Request, Response, Router, get
from litestar.datastructures import ResponseHeader
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec

from service.api.problems import NOT_ACCEPTABLE, UNAVAILABLE, problem_responses
from service.credentials import Scope
from service.observability.metrics import Metrics
from service.store.session import Database

_TEXT: Final = "text/plain"


@get(
    "/metrics",
    opt={"scope": Scope.READ, "local": True, "produces": (_TEXT, "application/openmetrics-text")},
    operation_id="getMetrics",
    tags=["Health"],
    summary="Numbers for Prometheus",
    description="Requests, checks and connections of this process since its start; the corpus and the job queue as the "
    "database has them now. In Prometheus' text format, or as OpenMetrics where `Accept` prefers that. Callers of this "
    "machine need no key.",
    response_description="The metrics.",
    response_headers=[
        ResponseHeader(name="Content-Type", description="With the format's version.", documentation_only=True)
    ],
    responses={
        200: ResponseSpec(data_container=str, generate_examples=False, description="The metrics.", media_type=_TEXT),
        **problem_responses(NOT_ACCEPTABLE, UNAVAILABLE),
    },
)
async def get_metrics(
    request: Request[Any, Any, Any], database: NamedDependency[Database], metrics: NamedDependency[Metrics]
) -> Response[bytes]:
    """Write the numbers down."""
    body, media_type = await metrics.exposition(database, request.headers.get("accept", ""))
    return Response(body, media_type=media_type)


metrics_router = Router("/", route_handlers=[get_metrics])
