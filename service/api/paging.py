"""Pages of a list: how many, from where. A token goes on after the last thing shown, and only in the same list."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from operator import attrgetter
from typing import Annotated, Any, Final, TypeVar

import msgspec
from litestar.params import QueryParameter
from msgspec import Meta

from service.api.problems import INVALID_INPUT, Refusal
from service.errors import Fault

DEFAULT_SIZE: Final = 20
MAX_SIZE: Final = 100
_LONGEST: Final = 1_000

PAGING: Final = ("page_size", "page_token")
"""The query parameters of every list."""

PageSize = Annotated[
    int, QueryParameter(description="How many at most.", ge=1, le=MAX_SIZE, schema_extra={"default": DEFAULT_SIZE})
]
PageToken = Annotated[
    str,
    QueryParameter(
        description="The `next_page_token` of the page before, with the same filters and order.",
        max_length=_LONGEST,
        schema_extra={"pattern": "^[A-Za-z0-9_-]*$"},
    ),
]
NextPageToken = Annotated[
    str | None, Meta(description="Send it as `page_token` for the next page; null on the last one.", examples=[None])
]

T = TypeVar("T")


def page_token(asked: Mapping[str, Any], place: Any) -> str:
    """A token that goes on after ``place`` in the list that ``asked`` describes."""
    return base64.urlsafe_b64encode(msgspec.json.encode([_digest(asked), place])).decode().rstrip("=")


def cut(
    found: Sequence[T], size: int, asked: Mapping[str, Any], place: Callable[[T], Any] = attrgetter("id")
) -> tuple[Sequence[T], str | None]:
    """What to show of a list of which one more was fetched than is shown, and the token that goes on after it.

    ``place``: what a thing of the list is found again by.
    """
    shown = found[:size]
    return shown, page_token(asked, place(shown[-1])) if len(found) > size else None


def place_of(token: str, asked: Mapping[str, Any], kind: type[T], name: str = "page_token") -> T | None:
    """The place to go on after; None for no token, at the start. Raises a 422 ``Refusal`` for another list's token.

    ``name``: of the parameter.
    """
    if not token:
        return None
    try:
        decoded = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        digest, place = msgspec.json.decode(decoded, type=tuple[str, kind])  # type: ignore[valid-type]
    except (ValueError, binascii.Error, msgspec.MsgspecError, RecursionError) as error:
        raise _refused(name, "is not a page token; send one as it was given") from error
    if digest != _digest(asked):
        raise _refused(name, "belongs to a list with other filters or another order; start that list anew")
    return place


def _digest(asked: Mapping[str, Any]) -> str:
    return blake2b(msgspec.json.encode(sorted(asked.items()), order="sorted"), digest_size=6).hexdigest()


def _refused(name: str, detail: str) -> Refusal:
    return Refusal(INVALID_INPUT, f"/{name}: {detail}", (Fault(f"/{name}", detail),))
