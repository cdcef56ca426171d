"""Which claims: the filters that lists and exports share, as query parameters."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Final

import msgspec
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter

from service import browsing, intake
from service.api.claim_bodies import Instant
from service.domain import Verdict
from service.errors import Fault, InvalidInput
from service.store.catalogue import ClaimFilter, ClaimState

MOST_WORDS = 200
"""Length of a query, in characters."""

FILTERS: Final = (
    "q",
    "verdict",
    "publisher",
    "language",
    "topic",
    "claimant",
    "claimed_from",
    "claimed_to",
    "updated_since",
    "has_broken_links",
    "status",
)
"""The names of the parameters that ``provide_filter`` reads."""

CRITERIA: Final = tuple(name for name in FILTERS if name != "status")
"""Those of ``provide_criteria``."""

_PLAIN: Final = r"^[^\x00]*$"


def text_filter(description: str, longest: int) -> Any:
    """A query parameter that is text of at most ``longest`` characters."""
    return QueryParameter(
        description=description, max_length=longest, schema_extra={"min_length": 1, "pattern": _PLAIN}
    )


async def provide_criteria(
    q: Annotated[
        str,
        text_filter("Words that one wording of the claim has, all of them, in any order and inflection.", MOST_WORDS),
    ] = "",
    verdict: Annotated[Verdict | None, QueryParameter(description="The claim's verdict.")] = None,
    publisher: Annotated[
        str, text_filter("Name, host name or id of a publisher that reviewed it.", intake.MAX_NAME)
    ] = "",
    language: Annotated[str, text_filter("A language of one of its wordings: `ar` finds `ar-IQ` too.", 35)] = "",
    topic: Annotated[str, text_filter("One of its topics.", intake.MAX_TOPIC)] = "",
    claimant: Annotated[str, text_filter("Part of the claimant's name, folded.", intake.MAX_NAME)] = "",
    claimed_from: Annotated[date | None, QueryParameter(description="Said on this day or later.")] = None,
    claimed_to: Annotated[date | None, QueryParameter(description="Said on this day or earlier.")] = None,
    updated_since: Annotated[
        str,
        QueryParameter(
            description="Changed at this moment or later, such as 2026-01-02T08:00:00Z.",
            schema_extra={"format": "date-time"},
        ),
    ] = "",
    has_broken_links: Annotated[
        bool | None,
        QueryParameter(description="Whether a link of its sources or reviews is broken, `gone` or `error`."),
    ] = None,
) -> ClaimFilter:
    """The claims that the query asks for, in whatever state. Raises InvalidInput."""
    faults = []
    if language and not intake.is_known_language(language):
        faults.append(Fault("/language", "must be the tag of a known language, such as en, fa or ar-IQ"))
    since = None
    if updated_since:
        try:
            since = msgspec.convert(updated_since, Instant)
        except msgspec.ValidationError:
            faults.append(Fault("/updated_since", "must be a moment with its offset, such as 2026-01-02T08:00:00Z"))
    words = browsing.words_to_find(q, language or None) if q and not faults else ()
    if q and not faults and not words:
        faults.append(Fault("/q", "must have a word or a figure"))
    if faults:
        raise InvalidInput(faults)
    return ClaimFilter(
        words, verdict, publisher or None, language or None, topic or None, claimant or None, claimed_from, claimed_to,
        since, has_broken_links, ClaimState.ANY,
    )  # fmt: skip


async def provide_filter(
    criteria: NamedDependency[ClaimFilter],
    status: Annotated[
        ClaimState,
        QueryParameter(
            description="Which claims: those that checks find, or others.",
            schema_extra={"default": ClaimState.LIVE.value},
        ),
    ] = ClaimState.LIVE,
) -> ClaimFilter:
    """The claims that the query asks for, in the state that it asks for. Raises InvalidInput."""
    return replace(criteria, state=status)


WANTED: Final = {"criteria": Provide(provide_criteria), "wanted": Provide(provide_filter)}
