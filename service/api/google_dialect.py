"""What differs below ``/v1alpha1``, where this service speaks as Google's Fact Check Tools API does.

Google's clients send an API key in the address, as ``?key=``. An address ends up in logs, traces and metrics, so the
key is taken out of it before anything here has seen it, and goes on as the header ``X-Goog-Api-Key``, which those
clients can send as well. Empty parameters are absent ones there. Errors have the shape of ``google.rpc.Status``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final, cast
from urllib.parse import unquote_to_bytes

import msgspec
from litestar.types import HTTPScope, Scope
from msgspec import Meta

from service.errors import Fault

API: Final = "/v1alpha1/"
_SPOKEN_BELOW: Final = (API, "/$discovery/", "/discovery/v1/")
_KEY_HEADER: Final = b"x-goog-api-key"

_CODES: Final = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "UNIMPLEMENTED",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
}
"""The codes of google.rpc.Code by HTTP status; what has none here is the caller's mistake, 400."""


class GoogleErrorBody(msgspec.Struct, frozen=True):
    """What went wrong, as `google.rpc.Status` has it."""

    code: Annotated[int, Meta(description="The HTTP status, once more.", examples=[400])]
    message: Annotated[str, Meta(description="What happened.", examples=["/pageSize: must be at least 0"])]
    status: Annotated[str, Meta(description="Its code in `google.rpc.Code`.", examples=["INVALID_ARGUMENT"])]
    details: Annotated[
        list[dict[str, Any]],
        Meta(description="Messages of `google.rpc`: the parameters at fault, and the id of this request."),
    ]


class GoogleError(msgspec.Struct, frozen=True):
    """An error in Google's envelope."""

    error: GoogleErrorBody


def speaks_google(path: str) -> bool:
    """Whether Google's clients ask at this path."""
    return path.startswith(_SPOKEN_BELOW)


def readied(scope: HTTPScope) -> HTTPScope:
    """The connection with its key in a header instead of in its address, and without empty parameters."""
    if not speaks_google(scope["path"]):
        return scope
    kept = []
    headers = list(scope["headers"])
    for pair in scope["query_string"].split(b"&"):
        name, _, value = pair.partition(b"=")
        if unquote_to_bytes(name) == b"key":
            headers += [(_KEY_HEADER, unquote_to_bytes(value))] if value else []
        elif value:
            kept.append(pair)
    changed: Any = {**scope, "query_string": b"&".join(kept), "headers": headers}
    return cast(HTTPScope, changed)


def presented_keys(scope: Scope) -> list[bytes]:
    """What came as ``X-Goog-Api-Key``."""
    return [value for name, value in scope["headers"] if name == _KEY_HEADER]


def status_of(status: int) -> int:
    """The HTTP status that Google's API would answer with."""
    return status if status in _CODES else 400


def error_body(status: int, detail: str, faults: Sequence[Fault], request_id: str) -> GoogleError:
    """An error of one of our statuses as Google's clients read it."""
    status = status_of(status)
    details: list[dict[str, Any]] = []
    if faults:
        violations = [{"field": each.pointer.removeprefix("/"), "description": each.detail} for each in faults]
        details.append({"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations})
    details.append({"@type": "type.googleapis.com/google.rpc.RequestInfo", "requestId": request_id})
    return GoogleError(GoogleErrorBody(status, detail, _CODES[status], details))
