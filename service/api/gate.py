"""What every request to a resource passes, in this order: key, limit, scope; idempotency key; the operation; the books.

A request that may change something runs in one transaction: what the operation changes, the audit row, and the answer
to be repeated under its idempotency key are committed together once the answer is ready, and before it is sent. So a
caller who has an answer can rely on all of it, and a process that dies at any moment leaves all of it or nothing.

An operation's ``opt`` may say ``audit: False`` (it changes nothing that anybody answers for), and ``shown_once``: the
name of a field of its answer that is never stored. What ``scope`` and ``local`` mean is in ``authorization``.
"""

from __future__ import annotations

import logging
from typing import Any, Final
from uuid import UUID

from litestar import Request
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, Receive, Scope, Send

from service import recording
from service.access import Caller, Doorkeeper
from service.api.authorization import admit
from service.api.problems import handle_error, request_id_of
from service.api.repeats import KEPT_ERRORS, Answer, asked_by, read_key, repeated
from service.errors import Unavailable
from service.recording import KeptAnswer, Upkeep
from service.store.audit import Deed
from service.store.idempotency import Asked, Reserved
from service.store.session import Database
from service.store.work import UnitOfWork

_log = logging.getLogger("factcheck.gate")

_WORK: Final = "unit_of_work"
_DEED: Final = "deed"

_UNRELEASED: Final = 10_000
"""How many failed attempts are remembered whose keys could not be freed; those of others are free after their lease."""


class Gate:
    """ASGI middleware around the resources' operations."""

    def __init__(self, app: ASGIApp, doorkeeper: Doorkeeper, database: Database, upkeep: Upkeep) -> None:
        self._app = app
        self._doorkeeper = doorkeeper
        self._database = database
        self._upkeep = upkeep
        self._unreleased: dict[tuple[UUID, str], tuple[Asked, UUID]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request: Request[Any, Any, Any] = Request(scope, receive, send)
        if request.method == "OPTIONS":
            await _tell_methods(request, send)
            return
        try:
            caller = await admit(request, self._doorkeeper)
            answer = None if request.method == "GET" else await self._answer(request, caller)
        except Exception as error:
            response = handle_error(request, error).to_asgi_response(app=None, request=request)
            await response(scope, receive, send)
            return
        if answer is None:
            await self._app(scope, receive, send)
        else:
            await answer.send(send)
            await self._upkeep.tidy_when_due()

    async def _answer(self, request: Request[Any, Any, Any], caller: Caller) -> Answer:
        """The answer to a request that may change something: its own, or the one that was given before."""
        key = read_key(request.scope["headers"]) if request.method == "POST" else None
        if key is None:
            return await self._carry_out(request, caller, None, None)
        asked = await asked_by(request, key, caller.key.id if caller.key else None)
        if failed := self._unreleased.pop((asked.owner, asked.key), None):
            await self._release(*failed)
        found = await recording.reserve(self._database, asked)
        if isinstance(found, Reserved):
            return await self._carry_out(request, caller, asked, found.attempt)
        return repeated(found, asked)

    async def _carry_out(
        self, request: Request[Any, Any, Any], caller: Caller, asked: Asked | None, attempt: UUID | None
    ) -> Answer:
        """Run the operation and write the books. Raises what ``recording.settle`` does."""
        answer = Answer()
        opt = request.route_handler.opt
        work = UnitOfWork(self._database, alone=asked is None and not opt.get("audit", True))
        request.scope["state"][_WORK] = work
        settled = False
        try:
            await self._app(request.scope, request.receive, answer.take)
            accepted = answer.status < 300  # a redirection has changed nothing
            if not accepted:
                await work.rollback()
            if accepted or answer.status in KEPT_ERRORS:
                audited = opt.get("audit", True) or _DEED in request.scope["state"]
                deed = _deed(request, caller, answer) if work.begun and audited else None
                kept = None
                if asked is not None and attempt is not None:
                    kept = KeptAnswer(asked, attempt, answer.status, *answer.kept(opt.get("shown_once")))
                await recording.settle(work, deed, kept)
                settled = True
            return answer
        finally:
            await work.rollback()
            if asked is not None and attempt is not None and not settled:
                await self._release(asked, attempt)

    async def _release(self, asked: Asked, attempt: UUID) -> None:
        """Free the key of an attempt that failed; where the database is away, when its request comes again."""
        try:
            await recording.release(self._database, asked, attempt)
        except Unavailable as error:
            _log.warning("an idempotency key stays reserved for a while: %s", error.detail)
            if len(self._unreleased) < _UNRELEASED:
                self._unreleased[asked.owner, asked.key] = (asked, attempt)


def working_database(request: Request[Any, Any, Any], database: Database) -> Database:
    """What an operation is to use: its transaction's view where it may change something, ``database`` elsewhere."""
    work: Database = request.scope["state"].get(_WORK, database)
    return work


def record_deed(request: Request[Any, Any, Any]) -> None:
    """Have this request in the audit though its operation says ``audit: False``: this time it does change something."""
    request.scope["state"][_DEED] = True


async def _tell_methods(request: Request[Any, Any, Any], send: Send) -> None:
    """Answer OPTIONS, to everybody: Litestar's own answer forgets the methods that were added after the first."""
    here = request.scope["path_template"]
    routes = [route for route in request.app.routes if isinstance(route, HTTPRoute) and route.path_format == here]
    methods = {method for route in routes for handler in route.route_handlers for method in handler.http_methods}
    headers = [(b"allow", ", ".join(sorted(map(str, methods))).encode("ascii"))]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _deed(request: Request[Any, Any, Any], caller: Caller, answer: Answer) -> Deed:
    return Deed(
        operation=str(request.route_handler.operation_id),
        resource=answer.headers.get("location", request.url.path),
        key_id=caller.key.id if caller.key else None,
        request_id=request_id_of(request.scope),
        address=caller.visitor.address,
    )
