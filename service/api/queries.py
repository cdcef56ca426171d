"""Query strings and Accept headers, before Litestar reads them.

Litestar decodes a query leniently: a broken byte becomes a replacement character, and the claim is checked in a wording
that nobody sent. An unknown parameter would be ignored, and a misspelt ``langauge`` with it.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import unquote_to_bytes
from uuid import UUID

from litestar import Request

from service.api.problems import INVALID_INPUT, MALFORMED, NOT_ACCEPTABLE, Refusal, summary
from service.errors import Fault, InvalidInput

WORDS: Final = frozenset(
    (
        "text",
        "language",
        "claimant",
        "q",
        "query",
        "publisher",
        "topic",
        "fields",
        "page_token",
        "reason",
        "resource",
        "updated_since",
        "since",
        "name",
    )
)
"""Parameters that are text, in which ``null`` is a word; in any other it would pass for an absent one."""


_JSON: Final = ("application/json",)


async def refuse_unreadable(request: Request[Any, Any, Any]) -> None:
    """Litestar's ``before_request`` hook: raise ``Refusal`` for what cannot be read as meant, or answered as wanted.

    It waits for nothing: a hook that is no coroutine is given a thread for each request.

    A handler names the parameters it knows in its ``opt`` as ``query``; the others do not look at the query at all. It
    names what it answers in as ``produces`` where that is not JSON alone.
    """
    known = request.route_handler.opt.get("query")
    if known is not None:
        _refuse_query(request.scope["query_string"], known)
    # a header without any media range says nothing
    produced = request.route_handler.opt.get("produces", _JSON)
    if "/" in request.headers.get("accept", "") and request.accept.best_match(list(produced)) is None:
        raise Refusal(NOT_ACCEPTABLE, f"Accept {' or '.join(produced)}.")


def uuid_of(text: str, name: str) -> UUID | None:
    """A parameter that is an id; None where it is absent. Raises InvalidInput for what is no UUID."""
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError as error:
        raise InvalidInput([Fault(f"/{name}", "must be an id, a UUID")]) from error


def _refuse_query(query: bytes, known: tuple[str, ...]) -> None:
    faults: list[Fault] = []
    empty: list[Fault] = []
    seen: set[str] = set()
    for pair in query.split(b"&"):
        if not pair:
            continue
        raw_name, _, raw_value = pair.partition(b"=")
        name = _decoded(raw_name)
        if name is None or name not in known:
            faults.append(Fault(_pointer(raw_name), "is not a known parameter"))
            continue
        value = _decoded(raw_value)
        if value is None:
            faults.append(Fault(f"/{name}", "must be percent-encoded UTF-8"))
        elif "\0" in value:
            faults.append(Fault(f"/{name}", "must not contain a NUL character"))
        elif not value:
            empty.append(Fault(f"/{name}", "must not be empty; leave it out"))
        elif value.lower() == "null" and name not in WORDS:
            empty.append(Fault(f"/{name}", "must not be null; leave it out"))
        if name in seen:
            faults.append(Fault(f"/{name}", "must be given once"))
        seen.add(name)
    if faults:
        raise Refusal(MALFORMED, summary(faults), faults[:100])
    if empty:
        raise Refusal(INVALID_INPUT, summary(empty), empty)


def _decoded(raw: bytes) -> str | None:
    try:
        return unquote_to_bytes(raw.replace(b"+", b" ")).decode("utf-8")
    except UnicodeDecodeError:
        return None


def _pointer(raw_name: bytes) -> str:
    name = unquote_to_bytes(raw_name.replace(b"+", b" ")).decode("utf-8", "backslashreplace")
    return "/" + name[:100].replace("~", "~0").replace("/", "~1")
