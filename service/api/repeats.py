"""``Idempotency-Key``, as draft-ietf-httpapi-idempotency-key-header-07 has it: reading it, and repeating an answer.

The header's value is a string of RFC 9651, in quotes; a bare word without them, as many clients send it, is read too.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

import msgspec
from http_sf import StructuredFieldError, parse
from litestar import Request
from litestar.types import Message, Send

from service.api.problems import MALFORMED, Refusal, path_of
from service.errors import Fault, KeyInUse, KeyReused
from service.store.idempotency import Answered, Asked, UnderWay

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotent-Replayed"
PATTERN: Final = r'^("[ !#-\[\]-~]{1,255}"|[A-Za-z0-9._:/+=@-]{1,255})$'
"""For the document: what is accepted, backslashes aside."""

MAX_LENGTH: Final = 255

KEPT_ERRORS: Final = frozenset({404, 409, 410, 422})
"""Errors that the request deserves whenever it comes are kept, as the draft has it. Those that are about the caller,
the moment or the transport (401, 403, 413, 429, 5xx, ...) are not: the request may come again, and is then the first.
"""

_KEPT_HEADERS: Final = frozenset({"content-type", "location", "etag", "last-modified"})
_BARE: Final = re.compile(rb"[A-Za-z0-9._:/+=@-]{1,255}")
_NOBODY: Final = UUID(int=0)


class Answer:
    """A whole answer, held back until what it promises is stored. ``headers``: by their names in lower case."""

    def __init__(self, status: int = 0, headers: Mapping[str, str] | None = None, body: bytes = b"") -> None:
        self.status = status
        self.headers = dict(headers or {})
        self.body = body

    async def take(self, message: Message) -> None:
        """Stands in for ``send``."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {
                bytes(name).decode("latin-1").lower(): bytes(value).decode("latin-1")
                for name, value in message["headers"]
            }
        elif message["type"] == "http.response.body":
            self.body += message["body"]

    async def send(self, send: Send) -> None:
        """Let it go."""
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in self.headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": False})

    def kept(self, shown_once: str | None) -> tuple[Mapping[str, str], bytes]:
        """Headers and body as they are to be repeated. ``shown_once``: a field that a repetition shows as null."""
        headers = {name: value for name, value in self.headers.items() if name in _KEPT_HEADERS}
        if shown_once is None or self.status >= 300:
            return headers, self.body
        return headers, msgspec.json.encode({**msgspec.json.decode(self.body), shown_once: None})


def read_key(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The request's idempotency key, or None. Raises a 400 Refusal for one that breaks the rules."""
    given = [value for name, value in headers if name == b"idempotency-key"]
    if not given:
        return None
    if len(given) > 1:
        raise _refusal("must be given once")
    raw = given[0].strip(b" \t")
    if _BARE.fullmatch(raw):
        return raw.decode("ascii")
    try:
        parsed: Any = parse(raw, tltype="item")
    except StructuredFieldError:
        parsed = (None, {})
    value = parsed[0]
    if type(value) is not str or not 1 <= len(value) <= MAX_LENGTH:
        raise _refusal(f'must be a string of 1 to {MAX_LENGTH} ASCII characters in quotes, such as "8e03978e-40d5"')
    return value


async def asked_by(request: Request[Any, Any, Any], key: str, owner: UUID | None) -> Asked:
    """The request under its key. Reads the body, but for a file's, which counts by its length."""
    digest = hashlib.sha256()
    for part in (request.method.encode(), path_of(request.scope).encode(), request.scope["query_string"]):
        digest.update(part + b"\0")
    headers = request.headers
    if request.route_handler.opt.get("upload") and not headers.get("content-type", "").startswith("application/json"):
        digest.update(f"{headers.get('content-type')} {headers.get('content-length')}".encode())
    else:
        digest.update(await request.body())
    return Asked(owner or _NOBODY, key, digest.digest())


def repeated(found: UnderWay | Answered, asked: Asked) -> Answer:
    """The first answer again. Raises KeyReused where it was to another request, KeyInUse while there is none."""
    if found.fingerprint != asked.fingerprint:
        raise KeyReused("This Idempotency-Key came with another request before; give every request a key of its own.")
    if isinstance(found, UnderWay):
        raise KeyInUse("The first request under this Idempotency-Key is still being answered.", 1)
    headers = {**found.headers, "content-length": str(len(found.body)), REPLAYED.lower(): "true"}
    return Answer(found.status, headers, found.body)


def _refusal(rule: str) -> Refusal:
    return Refusal(MALFORMED, f"/{HEADER}: {rule}", [Fault(f"/{HEADER}", rule)])
