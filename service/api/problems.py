"""Every error as an RFC 9457 problem. The only module that knows which error has which HTTP status.

400 is for what cannot be read at all (not JSON, not UTF-8); 422 for what can be read and breaks the contract.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin
from urllib.parse import quote

import msgspec
from litestar import Request, Response
from litestar.enums import ParamType
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi.datastructures import ResponseSpec
from litestar.types import Scope
from msgspec import Meta

from service.api.google_dialect import error_body, speaks_google
from service.errors import (
    Conflict,
    FactcheckError,
    Fault,
    InvalidInput,
    KeyInUse,
    KeyReused,
    LimitReached,
    Merged,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    Stale,
    Unavailable,
    Withdrawn,
)

MEDIA_TYPE = "application/problem+json"
REQUEST_ID = "request_id"
"""Where the request's id is kept in the connection's state."""

CHALLENGE = 'Bearer realm="factcheck"'
"""What 401 and 403 say in ``WWW-Authenticate``, as RFC 6750 has it."""

_log = logging.getLogger("factcheck.errors")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: its stable code, its status, and its name for people."""

    code: str
    status: int
    title: str

    @property
    def type(self) -> str:
        """The URI that identifies this kind."""
        return f"urn:problem-type:factcheck:{self.code}"


MERGED = Kind("merged", 308, "It is part of something else now")
MALFORMED = Kind("malformed", 400, "The request cannot be read")
UNAUTHORIZED = Kind("unauthorized", 401, "A valid API key is needed")
FORBIDDEN = Kind("forbidden", 403, "The API key does not reach this far")
NOT_FOUND = Kind("not-found", 404, "There is no such thing here")
METHOD_NOT_ALLOWED = Kind("method-not-allowed", 405, "This address does not answer that method")
NOT_ACCEPTABLE = Kind("not-acceptable", 406, "The answer does not exist in that form")
TIMEOUT = Kind("timeout", 408, "The request did not arrive in time")
CONFLICT = Kind("conflict", 409, "The stored state forbids this")
GONE = Kind("gone", 410, "It was withdrawn")
STALE = Kind("stale", 412, "It has changed since it was read")
TOO_LARGE = Kind("too-large", 413, "The body is too large")
UNSUPPORTED_MEDIA_TYPE = Kind("unsupported-media-type", 415, "The body is not JSON")
INVALID_INPUT = Kind("invalid-input", 422, "The input breaks the contract")
PRECONDITION_REQUIRED = Kind("precondition-required", 428, "The request must say what it changes")
RATE_LIMITED = Kind("rate-limited", 429, "Too much was asked in too short a time")
HEADERS_TOO_LARGE = Kind("headers-too-large", 431, "The headers are too large")
NOT_IMPLEMENTED = Kind("not-implemented", 501, "This service does not do that")
INTERNAL = Kind("internal", 500, "Something went wrong on our side")
UNAVAILABLE = Kind("unavailable", 503, "The service cannot answer now")

IDEMPOTENCY_KEY_IN_USE = Kind("idempotency-key-in-use", 409, "The first request under this key is under way")
IDEMPOTENCY_KEY_REUSED = Kind("idempotency-key-reused", 422, "This key stands for another request")

_KINDS = (
    MERGED,
    MALFORMED,
    UNAUTHORIZED,
    FORBIDDEN,
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    NOT_ACCEPTABLE,
    TIMEOUT,
    CONFLICT,
    GONE,
    STALE,
    TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    INVALID_INPUT,
    PRECONDITION_REQUIRED,
    RATE_LIMITED,
    HEADERS_TOO_LARGE,
    INTERNAL,
    UNAVAILABLE,
)
KINDS = {kind.status: kind for kind in _KINDS}
"""By status, the one that most answers of this status have."""

_OF_ERROR: Mapping[type[FactcheckError], Kind] = {
    # what is more special first
    Merged: MERGED,
    Withdrawn: GONE,
    Stale: STALE,
    InvalidInput: INVALID_INPUT,
    NotFound: NOT_FOUND,
    Conflict: CONFLICT,
    NotAuthenticated: UNAUTHORIZED,
    NotAllowed: FORBIDDEN,
    LimitReached: RATE_LIMITED,
    KeyInUse: IDEMPOTENCY_KEY_IN_USE,
    KeyReused: IDEMPOTENCY_KEY_REUSED,
    Unavailable: UNAVAILABLE,
}

_MISSING = re.compile(r"Missing required \w+ parameter '([^']*)'")
_EXPECTED = re.compile(r"Expected `([^`]*)`, got `([^`]*)`")
_BOUND = re.compile(r"Expected `\w+`( of length)? ([<>]=) (\d+(?:\.\d+)?)")
_TYPE_NAMES = {
    "str": "a string",
    "int": "an integer",
    "float": "a number",
    "bool": "a boolean",
    "array": "an array",
    "object": "an object",
}

_DETAILS = {
    404: "Nothing answers at this address.",
    405: "Use one of the methods in the Allow header.",
    413: "A body may have at most 1 MiB (1,048,576 bytes).",
}


class Refusal(Exception):
    """The HTTP request itself cannot be served: what kind of problem it is, and where it lies."""

    def __init__(self, kind: Kind, detail: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.faults = tuple(faults)


class ProblemError(msgspec.Struct, frozen=True):
    """One thing that is wrong with a request."""

    pointer: Annotated[
        str,
        Meta(
            description="Where: an RFC 6901 JSON pointer into the body; for a parameter, `/` and its name.",
            examples=["/claims/0/text"],
        ),
    ]
    detail: Annotated[str, Meta(description="What, in a sentence.", examples=["must not be empty"])]


class Problem(msgspec.Struct, frozen=True):
    """An error, as RFC 9457 describes it."""

    type: Annotated[
        str,
        Meta(
            description="Which kind of problem this is. Stable: programs may compare it.",
            examples=["urn:problem-type:factcheck:invalid-input"],
        ),
    ]
    title: Annotated[str, Meta(description="The kind of problem in words.", examples=[INVALID_INPUT.title])]
    status: Annotated[int, Meta(description="The HTTP status, once more.", examples=[422])]
    detail: Annotated[str, Meta(description="What happened this time.", examples=["/claims/0/text: must not be empty"])]
    instance: Annotated[str, Meta(description="The path that was asked for.", examples=["/v1/checks"])]
    request_id: Annotated[
        str,
        Meta(
            description="The id of this request, as in the `X-Request-Id` header and in the server's log.",
            examples=["0199b1c2-7a3e-7c11-8f6a-2d1e5b0c9a77"],
        ),
    ]
    errors: Annotated[
        list[ProblemError], Meta(description="Each single fault, where the problem is with the input; else empty.")
    ]


def handle_error(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Litestar's handler for every exception."""
    kind, detail, faults = _describe(error, request)
    headers = _headers_of(request.scope, error)
    if kind.status >= 500 and kind is not NOT_IMPLEMENTED:
        # an outage, or a caller who hung up, is no fault in the code that a traceback would help to find
        expected = kind is UNAVAILABLE or "client disconnected" in str(error)
        _log.log(
            logging.WARNING if expected else logging.ERROR,
            "%s answered %d, request %s: %s",
            path_of(request.scope),
            kind.status,
            request_id_of(request.scope),
            detail,
            exc_info=None if expected else error,
        )
    status, media_type, body = error_answer(request.scope, kind, detail, faults)
    return Response(body, status_code=status, media_type=media_type, headers=headers)


def _headers_of(scope: Scope, error: Exception) -> dict[str, str]:
    match error:
        case Merged():
            return {"location": _redirected(scope, error)}
        case Refusal(kind=kind) if kind is TIMEOUT:
            return {"connection": "close"}
        case Unavailable() | LimitReached() | KeyInUse():
            return {"retry-after": str(error.retry_after)}
        case NotAuthenticated():
            return {"www-authenticate": CHALLENGE + (', error="invalid_token"' if error.presented else "")}
        case NotAllowed():
            return {"www-authenticate": f'{CHALLENGE}, error="insufficient_scope", scope="{error.scope}"'}
        case _:
            given = {name.lower(): value for name, value in (getattr(error, "headers", None) or {}).items()}
            return {"allow": given["allow"]} if "allow" in given else {}


def error_answer(scope: Scope, kind: Kind, detail: str, faults: Sequence[Fault] = ()) -> tuple[int, str, bytes]:
    """Status, media type and body of an error for a connection: a problem, except to Google's clients."""
    if speaks_google(scope["path"]):
        shown = error_body(kind.status, _encodable(detail), faults, request_id_of(scope))
        return shown.error.code, "application/json", msgspec.json.encode(shown)
    problem = make_problem(kind, detail, faults, path_of(scope), request_id_of(scope))
    return kind.status, MEDIA_TYPE, msgspec.json.encode(problem)


def make_problem(kind: Kind, detail: str, faults: Sequence[Fault], path: str, request_id: str) -> Problem:
    """A problem of a kind."""
    return Problem(
        type=kind.type,
        title=kind.title,
        status=kind.status,
        detail=_encodable(detail),
        instance=path,
        request_id=request_id,
        errors=[ProblemError(_encodable(fault.pointer), _encodable(fault.detail)) for fault in faults],
    )


def path_of(scope: Scope) -> str:
    """The path asked for, percent-encoded, so that it is a valid URI reference and safe in a log line."""
    raw = scope.get("raw_path") or quote(scope["path"]).encode("ascii")
    return quote(raw, safe="/%:@!$&'()*+,;=-._~")


def _redirected(scope: Scope, error: Merged) -> str:
    """The address asked for, with the claim that took the other in; its query included."""
    before, _, rest = path_of(scope).partition("/claims/")
    _, slash, below = rest.partition("/")
    query = scope["query_string"].decode("ascii", "ignore")
    return f"{before}/claims/{error.into}{slash}{below}" + (f"?{query}" if query else "")


def request_id_of(scope: Scope) -> str:
    """The id that the envelope gave this request; empty outside it."""
    return str(scope.get("state", {}).get(REQUEST_ID, ""))


def summary(faults: Sequence[Fault]) -> str:
    """The first faults in one line, for those who read only ``detail``."""
    return "; ".join(f"{fault.pointer or 'body'}: {fault.detail}" for fault in faults[:10])


def problem_responses(*kinds: Kind) -> dict[int, ResponseSpec]:
    """What an operation documents about its errors: those given, and the one that any operation may answer."""
    documented = {kind.status: kind for kind in (*kinds, INTERNAL)}
    return {
        status: ResponseSpec(
            data_container=Problem, generate_examples=False, description=f"{kind.title}.", media_type=MEDIA_TYPE
        )
        for status, kind in sorted(documented.items())
    }


def _describe(error: Exception, request: Request[Any, Any, Any]) -> tuple[Kind, str, tuple[Fault, ...]]:
    match error:
        case Refusal():
            return error.kind, error.detail, error.faults
        case FactcheckError():
            kind = next((kind for cls, kind in _OF_ERROR.items() if isinstance(error, cls)), INTERNAL)
            faults = error.faults if isinstance(error, InvalidInput) else ()
            if faults:
                return kind, summary(faults), faults
            return kind, error.detail if kind is not INTERNAL else _unexpected(), ()
        case ValidationException():
            return _describe_parameters(error, request)
        case HTTPException() if error.status_code in KINDS and error.status_code < 500:
            kind = KINDS[error.status_code]
            return kind, _DETAILS.get(kind.status, error.detail), ()
        case HTTPException() if 400 <= error.status_code < 500:
            return MALFORMED, error.detail, ()
        case _:
            return INTERNAL, _unexpected(), ()


def _describe_parameters(
    error: ValidationException, request: Request[Any, Any, Any]
) -> tuple[Kind, str, tuple[Fault, ...]]:
    """Path, query and body faults found by Litestar: its detail echoes the whole URL, so it is not passed on."""
    found = error.extra if isinstance(error.extra, list) else []
    faults = []
    kind = INVALID_INPUT
    for item in found:
        name, source = _name_sent(str(item.get("key", "")), request), item.get("source")
        if source == "body":
            return MALFORMED, "The body is empty; send a JSON object.", (Fault("", "must be a JSON object"),)
        if source == ParamType.PATH:
            kind = NOT_FOUND
            faults.append(Fault(f"/{name}", "is not an id: ids are UUIDs"))
        else:
            said = sentence(str(item.get("message", "is not valid")))
            faults.append(Fault(f"/{name}", _choices_of(str(item.get("key", "")), request) or said))
    if missing := _MISSING.match(error.detail):
        faults.append(Fault(f"/{missing[1]}", "is required"))
    return kind, summary(faults) or kind.title, tuple(faults)


def _name_sent(argument: str, request: Request[Any, Any, Any]) -> str:
    """The name under which a handler's argument is sent, where that is another."""
    found = request.route_handler.parsed_fn_signature.parameters.get(argument)
    return str(getattr(found and found.kwarg_definition, "name", None) or argument)


def _choices_of(argument: str, request: Request[Any, Any, Any]) -> str:
    """What a parameter of a handler, or of what it depends on, may be."""
    handler = request.route_handler
    needed = handler.resolve_dependencies().values()
    signatures = [handler.parsed_fn_signature, *(each.parsed_fn_signature for each in needed)]
    found = [each.parameters[argument] for each in signatures if argument in each.parameters]
    return choices(found[0].annotation) if found else ""


def choices(kind: Any) -> str:
    """What a value of a vocabulary may be, as a fault says it; "" for any other type."""
    if isinstance(kind, type) and issubclass(kind, Enum):
        return f"must be one of {', '.join(str(member.value) for member in kind)}"
    if get_origin(kind) in (Annotated, Union, UnionType):
        return next((said for each in get_args(kind) if (said := choices(each))), "")
    return ""


def sentence(message: str) -> str:
    """What msgspec says of a value, put as the other faults are, without its notation of the place."""
    message = message.split(" - at `$", 1)[0]
    if found := _EXPECTED.fullmatch(message):
        return f"must be {_in_words(found[1])}, not {_in_words(found[2])}"
    if found := _BOUND.fullmatch(message):
        bound = f"at {'most' if found[2] == '<=' else 'least'} {found[3].removesuffix('.0')}"
        return f"must have {bound} characters" if found[1] else f"must be {bound}"
    if "RFC3339 encoded date" in message:
        return "must be a date such as 2025-12-31"
    if message == "Invalid UUID":
        return "must be an id, a UUID"
    return message[:1].lower() + message[1:]


def _in_words(types: str) -> str:
    return " or ".join(_TYPE_NAMES.get(name, name) for name in types.split(" | "))


def _unexpected() -> str:
    return "An unexpected error happened; the server's log has it under this request_id."


def _encodable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
