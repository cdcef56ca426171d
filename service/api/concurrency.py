"""ETags: what a reader saw, and that nobody changes what they have not seen.

An ETag is the revision and a digest of the answer. A reader who has it gets 304 while the answer is the same to the
byte; an editor who has it may change the thing while the revision is the same, since what else an answer shows (whether
a link still works, how a publisher is called) is nothing that two editors could overwrite.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import blake2b
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response
from litestar.datastructures import ResponseHeader
from litestar.di import Provide
from litestar.params import HeaderParameter, QueryParameter

from service import intake
from service.api.authorship import author_of
from service.api.problems import MALFORMED, PRECONDITION_REQUIRED, Refusal
from service.editing import Editor
from service.errors import Fault

_TAG: Final = re.compile(r'(W/)?"([!#-~\x80-\xff]*)"')
_TAGS: Final = re.compile(r'\s*(?:W/)?"[!#-~\x80-\xff]*"(?:\s*,\s*(?:W/)?"[!#-~\x80-\xff]*")*\s*')
_REVISION: Final = re.compile(r"([0-9]{1,9})(?:-[0-9a-f]+)?")

REASON: Final = "reason"
"""The query parameter that every operation which changes a claim or publisher knows."""

ETAG: Final = ResponseHeader(
    name="ETag", description="The revision; send it back in `If-Match` with a change.", documentation_only=True
)
LOCATION: Final = ResponseHeader(name="Location", description="The path of what was created.", documentation_only=True)

Reason = Annotated[
    str,
    QueryParameter(
        description="Why: kept in the history, with the change.",
        max_length=intake.MAX_REASON,
        schema_extra={"min_length": 1, "pattern": r"^[^\x00]*$"},
    ),
]
IfMatch = Annotated[
    str | None,
    HeaderParameter(
        name="If-Match",
        description='The ETag you have read, such as `"3-1f0c9a77"`: if it is not the newest, nothing changes and the '
        "answer is 412. `*` stands for any.",
    ),
]
IfNoneMatch = Annotated[
    str | None,
    HeaderParameter(
        name="If-None-Match", description="ETags of answers you have: if it would be the same again, it is 304."
    ),
]


async def provide_creator(request: Request[Any, Any, Any], reason: Reason = "") -> Editor:
    """Whoever stores something new: there was nothing to see."""
    return Editor(author_of(request), reason or None)


async def provide_adder(request: Request[Any, Any, Any], if_match: IfMatch = None, reason: Reason = "") -> Editor:
    """Whoever adds something: they need not have seen what is there, but may say what they have seen."""
    return Editor(author_of(request), reason or None, None if if_match is None else _seen(if_match))


async def provide_decider(request: Request[Any, Any, Any], if_match: IfMatch = None) -> Editor:
    """Like ``provide_adder``, for what takes its reason elsewhere."""
    return Editor(author_of(request), None, None if if_match is None else _seen(if_match))


async def provide_editor(request: Request[Any, Any, Any], if_match: IfMatch = None, reason: Reason = "") -> Editor:
    """Whoever changes or removes something: they must say which revision they have seen, so that none is lost."""
    if if_match is None:
        raise Refusal(
            PRECONDITION_REQUIRED,
            "Send If-Match with the ETag of what you have read, or with * to change whatever is there.",
            (Fault("/If-Match", "is required"),),
        )
    return Editor(author_of(request), reason or None, _seen(if_match))


EDITORS: Final = {
    "creator": Provide(provide_creator),
    "adder": Provide(provide_adder),
    "decider": Provide(provide_decider),
    "editor": Provide(provide_editor),
}


def answer(
    request: Request[Any, Any, Any],
    body: msgspec.Struct | Mapping[str, Any] | bytes,
    revision: int,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    media_type: str = "application/json",
) -> Response[Any]:
    """The body, encoded where it is not yet, with its ETag, or 304 for a reader who has it."""
    encoded = body if isinstance(body, bytes) else msgspec.json.encode(body)
    tag = f"{revision}-{blake2b(encoded, digest_size=4).hexdigest()}"
    sent = {"ETag": f'"{tag}"', **(headers or {})}
    if request.method == "GET" and has_tag(request.headers.get("if-none-match"), tag):
        return Response(None, status_code=304, headers=sent)
    return Response(encoded, status_code=status, headers=sent, media_type=media_type)


def removed(revision: int) -> Response[None]:
    """Nothing, and the ETag of what it was removed from."""
    return Response(None, status_code=204, headers={"ETag": f'"{revision}"'})


def _seen(header: str) -> frozenset[int] | None:
    """The revisions that an If-Match header names; None for any. Weak tags name none (RFC 9110, section 13.1.1)."""
    if header.strip() == "*":
        return None
    if not _TAGS.fullmatch(header):
        detail = 'must be an ETag in double quotes, such as "3-1f0c9a77", or *'
        raise Refusal(MALFORMED, f"If-Match {detail}.", (Fault("/If-Match", detail),))
    named = (_REVISION.fullmatch(tag) for weak, tag in _TAG.findall(header) if not weak)
    return frozenset(int(match[1]) for match in named if match)


def has_tag(header: str | None, tag: str) -> bool:
    """Whether an If-None-Match header names the tag, or any."""
    if header is None:
        return False
    return header.strip() == "*" or any(known == tag for _, known in _TAG.findall(header))
