"""What every exchange gets, whatever answers it: a request id, headers, an answer to HEAD, a line in the access log,
and a limit to the time that its body may take.

The request id and the W3C ``traceparent`` are read here and nowhere else; ``service.tracing`` has them from then on.

It stands around Litestar's routing, because an address that no route knows passes no middleware.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any, Final

from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from uuid6 import uuid7

from service import tracing
from service.api.arrival import Arrival
from service.api.google_dialect import readied
from service.api.problems import INTERNAL, REQUEST_ID, error_answer, path_of
from service.observability.requests import Watch

_access = logging.getLogger("factcheck.access")
_errors = logging.getLogger("factcheck.errors")

_FURTHER = "further_headers"
_CALLER = "caller_named"
_HEAD = "asked_for_head"

_ACCEPTABLE_ID = re.compile(rb"[A-Za-z0-9._:/+=@-]{1,128}")


_NOBODYS: Final = "none"
"""Stands for the operation where no route knows the address, and for what is none, such as the documentation."""


class Envelope:
    """ASGI application around another. Logs method, path, status and time: never a query, a body or a cookie."""

    def __init__(self, app: ASGIApp, watch: Watch, patience: float) -> None:
        """``patience``: seconds for a body to arrive."""
        self._app = app
        self._watch = watch
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        scope = readied(scope)
        method = str(scope["method"])
        request_id = _request_id(scope)
        scope.setdefault("state", {})[REQUEST_ID] = request_id
        scope["state"][_HEAD] = method == "HEAD"
        exchange = self._watch.begin(method, tracing.Trace(request_id, _traceparent(scope)))
        status = 0

        async def send_enveloped(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _add_headers(message, request_id, scope["state"].get(_FURTHER, {}))
            elif message["type"] == "http.response.body" and method == "HEAD":
                message = {**message, "body": b""}
            await send(message)

        inner: Any = {**scope, "method": "GET"} if method == "HEAD" else scope
        path = path_of(scope)
        try:
            await self._app(inner, Arrival(receive, self._patience), send_enveloped)
        except Exception:
            _errors.exception("%s %s failed, request %s", method, path, request_id)
            if status:
                raise
            await _send_internal(scope, send_enveloped)
        finally:
            operation, route = _served_by(inner)
            caller = scope["state"].get(_CALLER)
            milliseconds = exchange.end(operation, route, status)
            trace_id = exchange.trace.trace_id
            told = " ".join(name for name in (request_id, caller, trace_id) if name)
            fields = {
                "method": method,
                "path": path,
                "operation": operation,
                "status": status,
                "ms": round(milliseconds, 1),
                "request_id": request_id,
                **({"key": caller} if caller else {}),
                **({"trace_id": trace_id} if trace_id else {}),
            }
            _access.info("%s %s %d %.1f ms %s", method, path, status, milliseconds, told, extra=fields)


def add_header(scope: Scope, name: str, value: str) -> None:
    """Have the answer carry a header, whoever makes the answer."""
    scope["state"].setdefault(_FURTHER, {})[name] = value


def wants_head(scope: Scope) -> bool:
    """Whether nobody will see the body of the answer, so that it need not be made."""
    return bool(scope["state"].get(_HEAD))


def name_caller(scope: Scope, name: str) -> None:
    """Have the access log name the caller. ``name``: plain characters, and no secret."""
    scope["state"][_CALLER] = name


def _request_id(scope: Scope) -> str:
    """The caller's ``X-Request-Id`` where it is short and plain, a new one otherwise."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _ACCEPTABLE_ID.fullmatch(value):
            return value.decode("ascii")
    return str(uuid7())


def _traceparent(scope: Scope) -> str | None:
    """The caller's ``traceparent`` where there is just one, and valid."""
    found = [value for name, value in scope["headers"] if name == b"traceparent"]
    return tracing.valid_traceparent(found[0].decode("latin-1")) if len(found) == 1 else None


def _add_headers(message: Any, request_id: str, further: Mapping[str, str]) -> None:
    headers = MutableScopeHeaders.from_message(message)
    for name, value in further.items():
        headers[name] = value
    headers["x-request-id"] = request_id
    headers["x-content-type-options"] = "nosniff"
    headers["referrer-policy"] = "no-referrer"
    if "cache-control" not in headers:
        headers["cache-control"] = "no-store"
    if "content-security-policy" not in headers:
        headers["content-security-policy"] = "default-src 'none'; frame-ancestors 'none'"
    if "allow" in headers:
        methods = {method.strip() for method in headers["allow"].split(",")}
        headers["allow"] = ", ".join(sorted(methods | {"HEAD"} if "GET" in methods else methods))


def _served_by(scope: Any) -> tuple[str, str]:
    """The operation that Litestar's routing has found, and its path template, empty where there is none."""
    handler = scope.get("route_handler")
    if handler is None or not handler.operation_id:
        return _NOBODYS, ""
    return str(handler.operation_id), str(scope.get("path_template", ""))


async def _send_internal(scope: Scope, send: Send) -> None:
    detail = "An unexpected error happened; the server's log has it under this request_id."
    status, media_type, body = error_answer(scope, INTERNAL, detail)
    headers = [(b"content-type", media_type.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
