"""The OpenAPI document: Litestar lists the operations, msgspec describes the bodies, the examples are real ones.

msgspec's schemas are used for the bodies because they say what msgspec does: unknown fields are refused, null is
allowed where it is allowed, constraints and descriptions stand at their fields.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from enum import Enum
from typing import Any, Final

import msgspec
from litestar import Litestar, Request, Router
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import OpenAPIRenderPlugin
from litestar.openapi.spec import License, Server, Tag

from service import __version__, domain, importable, judgements, unanswered
from service.api import (
    audit,
    checks,
    claim_bodies,
    claim_history,
    claim_patches,
    deliveries,
    engine,
    examples,
    feedback,
    google,
    health,
    imports,
    inbox,
    keys,
    links,
    phrasings,
    problems,
    publishers,
    repeats,
    replays,
    reviews,
    sources,
    watch_bodies,
    webhooks,
)
from service.api.authorization import needed_scope
from service.api.google_dialect import GoogleError, error_body, speaks_google, status_of
from service.api.openapi_fields import describe_fields
from service.api.openapi_parts import answer, example_of, example_problem, headers_of, tidy_parameter
from service.api.openapi_sharing import share
from service.credentials import Scope
from service.errors import Fault
from service.store import catalogue
from service.watches import EventKind, Part
from service.webhooks import DeliveryState

_REFERENCE: Final = "#/components/schemas/{name}"
_ANSWERED: Final = frozenset({"200", "201", "204", "304"})
"""The statuses that are no problem."""

_JSON_TYPES: Final = {"application/json": "object", "application/ld+json": "object"}
"""What an answer in a media type is; a string where it is not here."""

_STRUCTS: Final = (
    checks.CheckRequest,
    checks.Check,
    replays.Replay,
    feedback.FeedbackRequest,
    feedback.GivenFeedback,
    feedback.FeedbackPage,
    engine.EngineReport,
    claim_bodies.NewClaim,
    claim_bodies.Claim,
    claim_bodies.ClaimPage,
    claim_patches.ClaimPatch,
    phrasings.PhrasingList,
    claim_patches.PhrasingPatch,
    reviews.ReviewList,
    claim_patches.ReviewPatch,
    sources.SourceList,
    claim_patches.SourcePatch,
    claim_history.History,
    claim_history.MergeRequest,
    publishers.NewPublisherEntry,
    publishers.PublisherEntry,
    publishers.PublisherEntryPatch,
    publishers.PublisherPage,
    watch_bodies.NewWatch,
    watch_bodies.WatchDetails,
    watch_bodies.WatchPage,
    watch_bodies.WatchEventPage,
    webhooks.NewWebhook,
    webhooks.RevealedWebhook,
    webhooks.Webhook,
    webhooks.WebhookPage,
    webhooks.Rotation,
    deliveries.Delivery,
    deliveries.DeliveryPage,
    inbox.InboxPage,
    links.LinkPage,
    inbox.InboxItem,
    inbox.Resolution,
    inbox.Dismissal,
    imports.NewImport,
    imports.ImportReport,
    imports.ImportPage,
    imports.RowErrorPage,
    keys.NewKey,
    keys.Key,
    keys.CreatedKey,
    keys.KeyPage,
    audit.AuditPage,
    google.GoogleSearchResponse,
    GoogleError,
    health.Health,
    health.Readiness,
    problems.Problem,
)
_ENUMS: Final[tuple[type[Enum], ...]] = (
    domain.Action,
    domain.Comparator,
    domain.ConflictKind,
    domain.DatePrecision,
    unanswered.ItemState,
    judgements.Judgement,
    importable.ImportFormat,
    importable.ImportState,
    domain.LinkStatus,
    domain.NameKind,
    domain.Reason,
    domain.Relation,
    domain.RetrievalKind,
    Scope,
    domain.SecondOpinion,
    domain.Stance,
    domain.Status,
    domain.Verdict,
    DeliveryState,
    EventKind,
    Part,
    catalogue.ClaimOrder,
    catalogue.ClaimState,
)
_DESCRIPTION: Final = """\
Give it a claim, and it answers whether the claim is known to be true or false, by whose finding, and on what evidence.

* **claim**: a statement that can be true or false. It has wordings in one or more languages; matching looks at all.
* **review**: a fact-check of a claim by a publisher. **source**: a link to evidence.
* **check**: one request to verify claims, kept with its answer.

A claim that is known under the same truth conditions is `equivalent`; one that cannot be true together with it, because
of another number, date, name or a negation, `contradicts` it, and its verdict is not handed on.
`unverified` is an answer too, and says why in `reason`.

Every operation below `/v1` wants an API key, `Authorization: Bearer fc_...`, with the scope that it names; a server
that has no keys yet serves only its own machine, and wants none. A key may ask for so much a minute, as `RateLimit`
and `RateLimit-Policy` tell. A POST with an `Idempotency-Key` may be sent again: it is carried out once.

JSON in UTF-8, times in UTC, unknown fields refused. Every error is an RFC 9457 problem: 400 for what cannot be
read, 422 for what can be read and breaks the contract, with a JSON pointer to each fault.
"""


_BEARER: Final = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "fc_PREFIX_SECRET",
    "description": "An API key. `factcheck keys create --scope admin` makes the first one, and `POST /v1/keys` others. "
    "`write` includes `read`; `admin` includes everything.",
}
_IDEMPOTENCY_KEY: Final = {
    "name": repeats.HEADER,
    "in": "header",
    "required": False,
    "description": "A string of your own, new for each request that is to be carried out, such as a UUID in quotes. "
    "Sent again within 24 hours with the same request, it gets the first answer; with another request, a 422; while "
    "the first is under way, a 409.",
    "schema": {"type": "string", "pattern": repeats.PATTERN},
    "example": '"8e03978e-40d5-43e8-bc93-6894a57f9324"',
}


class DocumentPlugin(OpenAPIRenderPlugin):
    """Serves the document at ``/schema/openapi.json``."""

    def __init__(self) -> None:
        super().__init__(path="/openapi.json", media_type="application/json")  # type: ignore[arg-type]
        self._encoded: bytes | None = None

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The encoded document; it cannot change while the application runs."""
        if self._encoded is None:
            self._encoded = msgspec.json.encode(complete(openapi_schema, request.app))
        return self._encoded

    def receive_router(self, router: Router) -> None:
        """Drop Litestar's own page for unknown paths below ``/schema``: not found is a problem here as elsewhere."""
        router.routes[:] = [route for route in router.routes if "{" not in route.path]


def config() -> OpenAPIConfig:
    """What Litestar is told about the document."""
    return OpenAPIConfig(
        title="Factcheck",
        version=__version__,
        summary="A fact-checking API that newsrooms run themselves",
        description=_DESCRIPTION,
        license=License(name="Apache-2.0", identifier="Apache-2.0"),
        servers=[Server(url="/", description="This server")],
        tags=[
            Tag(name="Checks", description="Claims go in, a status with its reasons and sources comes out."),
            Tag(name="Claims", description="What is known."),
            Tag(name="Publishers", description="Who reviews claims, and what their labels mean."),
            Tag(name="Inbox", description="What was asked and found nothing, most asked first."),
            Tag(name="Exports", description="What is known, in files and in the formats that others read."),
            Tag(name="Watches", description="Word when an answer that was given has changed."),
            Tag(name="Webhooks", description="Endpoints that this word is sent to, signed."),
            Tag(name="Google", description="The search of Google's Fact Check Tools API, from this database."),
            Tag(name="Imports", description="Files of claims, taken in by jobs; they can be undone."),
            Tag(name="Keys", description="Who may use this API, and who changed what."),
            Tag(name="Health", description="For load balancers, supervisors and Prometheus."),
        ],
        create_examples=False,
        path="/schema",
        render_plugins=[DocumentPlugin()],
    )


def document(app: Litestar) -> dict[str, Any]:
    """The OpenAPI document of an application, as JSON types."""
    return complete(app.openapi_schema.to_schema(), app)


def complete(schema: dict[str, Any], app: Litestar) -> dict[str, Any]:
    """Litestar's document with msgspec's schemas, the examples, and what the gate and the envelope do to operations."""
    components = {**schema.get("components", {}), "schemas": _schemas(), "securitySchemes": {"bearer": _BEARER}}
    needs, produced = _needs(app), _produced(app)
    finished = {**schema, "components": components}
    keyless = _keyless(app)
    finished["paths"] = {
        path: {
            method: _spoken(
                _operation(
                    _produce(dict(operation), produced.get(operation["operationId"], ())),
                    path,
                    method,
                    needs.get(operation["operationId"]),
                ),
                path,
            )
            for method, operation in item.items()
        }
        for path, item in schema["paths"].items()
    }
    for item in finished["paths"].values():
        for operation in item.values():
            if operation["operationId"] in keyless:
                operation["security"].append({})
    return share(finished)


def _keyless(app: Litestar) -> set[str]:
    """Operations that callers of the server's own machine need no key for."""
    handlers = [handler for route in app.routes for handler in getattr(route, "route_handlers", ())]
    return {str(handler.operation_id) for handler in handlers if handler.opt.get("local")}


def _needs(app: Litestar) -> dict[str, Scope]:
    """By operation id: the scope of every operation behind the gate."""
    handlers = [handler for route in app.routes for handler in getattr(route, "route_handlers", ())]
    return {
        str(handler.operation_id): needed_scope(handler.opt, method)
        for handler in handlers
        for method in sorted(handler.http_methods - {"OPTIONS"})
        if handler.resolve_middleware()
    }


def _produced(app: Litestar) -> dict[str, tuple[str, ...]]:
    """By operation id: the media types of those that answer in others than JSON."""
    handlers = [handler for route in app.routes for handler in getattr(route, "route_handlers", ())]
    return {str(handler.operation_id): handler.opt["produces"] for handler in handlers if "produces" in handler.opt}


def _produce(operation: dict[str, Any], media_types: tuple[str, ...]) -> dict[str, Any]:
    """An operation whose good answer has these media types: an object where they are JSON, a string else."""
    if media_types:
        content = {each: {"schema": {"type": _JSON_TYPES.get(each, "string")}} for each in media_types}
        good = {**operation["responses"]["200"], "content": content}
        operation["responses"] = {**operation["responses"], "200": good}
    return operation


def _spoken(operation: dict[str, Any], path: str) -> dict[str, Any]:
    """An operation as Google's clients meet it, where they do: with errors in Google's shape."""
    if not speaks_google(path):
        return operation
    responses: dict[str, Any] = {}
    for status, response in operation["responses"].items():
        if status in _ANSWERED:
            responses[status] = response
            continue
        detail, pointer, fault = examples.PROBLEMS[int(status)]
        faults = [Fault(pointer, fault)] if fault else []
        shown = msgspec.to_builtins(error_body(int(status), detail, faults, examples.REQUEST_ID))
        media = {"schema": {"$ref": _REFERENCE.format(name="GoogleError")}, **example_of(shown)}
        told = {**response, "content": {"application/json": media}}
        responses.setdefault(str(status_of(int(status))), told)
    return {**operation, "responses": responses}


def _guarded(operation: dict[str, Any], method: str, scope: Scope) -> dict[str, Any]:
    """An operation with what the gate asks and answers."""
    operation["security"] = [{"bearer": [scope.value]}]
    operation["description"] = f"{operation['description']} Needs the scope `{scope.value}`."
    kinds = [problems.UNAUTHORIZED, problems.FORBIDDEN, problems.RATE_LIMITED]
    if "requestBody" in operation:
        kinds.append(problems.TIMEOUT)
    if method == "post":
        operation["parameters"] = [*operation.get("parameters", ()), dict(_IDEMPOTENCY_KEY)]
        kinds += [problems.MALFORMED, problems.CONFLICT, problems.INVALID_INPUT]
    answer = {"schema": {"$ref": _REFERENCE.format(name="Problem")}}
    operation["responses"] = {
        **{
            str(kind.status): {"description": f"{kind.title}.", "content": {problems.MEDIA_TYPE: dict(answer)}}
            for kind in kinds
        },
        **operation["responses"],
    }
    return operation


def _operation(operation: dict[str, Any], path: str, method: str, scope: Scope | None) -> dict[str, Any]:
    operation = {"security": [], **operation} if scope is None else _guarded(operation, method, scope)
    shown = examples.OPERATIONS.get(operation["operationId"], {})
    if "parameters" in operation:
        operation["parameters"] = [
            tidy_parameter(dict(parameter), {**examples.PARAMETERS, **shown.get("parameters", {})})
            for parameter in operation["parameters"]
        ]
        for parameter in operation["parameters"]:
            # without it the answer is 428
            parameter["required"] |= parameter["name"] == "If-Match" and "428" in operation["responses"]
    if operation["operationId"] == "createImport":
        operation["requestBody"] = _address_or_file(shown)
    elif "requestBody" in operation:
        media = {"schema": operation["requestBody"]["content"]["application/json"]["schema"]}
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {**media, **example_of(shown.get("request"))}},
        }
    operation["responses"] = {
        status: answer(
            dict(response),
            status,
            shown.get("response")
            if status in _ANSWERED
            else example_problem(int(status), path, guarded=scope is not None),
            headers_of(status, method, guarded=scope is not None),
        )
        for status, response in sorted(operation["responses"].items())
        # Litestar adds a 400 of its own shape wherever a parameter is converted; no such answer is ever given
        if status in _ANSWERED or problems.MEDIA_TYPE in response.get("content", {})
    }
    return operation


def _address_or_file(shown: dict[str, Any]) -> dict[str, Any]:
    """The body of the only operation that takes either JSON or a file."""
    address = {"schema": {"$ref": _REFERENCE.format(name="NewImport")}, **example_of(shown["request"])}
    file = {"schema": {"type": "string", "format": "binary"}, **example_of(shown["upload"])}
    return {"required": True, "content": {"application/json": address, imports.UPLOAD: file}}


def _schemas() -> dict[str, Any]:
    _, components = msgspec.json.schema_components((*_STRUCTS, *_ENUMS), ref_template=_REFERENCE)
    for enum in _ENUMS:
        # in the order of their definition, and typed, which generators want
        components[enum.__name__]["enum"] = [member.value for member in enum]
        components[enum.__name__]["type"] = "string"
    # signs make no names, so that generators are told some
    components[domain.Comparator.__name__]["x-enum-varnames"] = [member.name for member in domain.Comparator]
    for schema in components.values():
        schema["description"] = _as_markdown(schema["description"])
        for node in _nodes(schema):
            # absent and empty mean the same, and some generators cannot write such a default
            if "default" in node and node["default"] in (None, []):
                del node["default"]
    describe_fields(components)
    return dict(sorted(components.items()))


def _as_markdown(docstring: str) -> str:
    """What a docstring says, each paragraph on a line of its own, as the document's other texts are written."""
    paragraphs = inspect.cleandoc(docstring).replace("``", "`").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _nodes(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from _nodes(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _nodes(value)
