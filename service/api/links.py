"""The links of sources and reviews, and what visits found."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from msgspec import Meta

from service import browsing
from service.api.claim_bodies import FinalUrl, Instant, LinkState, VisitedAt
from service.api.paging import DEFAULT_SIZE, PAGING, NextPageToken, PageSize, PageToken, cut, place_of
from service.api.problems import INVALID_INPUT, MALFORMED, NOT_ACCEPTABLE, UNAVAILABLE, problem_responses
from service.credentials import Scope
from service.domain import LinkStatus
from service.store.session import Database


class LinkItem(msgspec.Struct, frozen=True):
    """An address that sources or reviews link to."""

    url: str
    link_status: LinkState
    http_status: Annotated[
        int | None, Meta(description="What the last visit was answered; null where nothing was.", examples=[410])
    ]
    final_url: FinalUrl
    archived_url: Annotated[str | None, Meta(description="The copy that the archive has, where one was found.")]
    checked_at: VisitedAt
    changed_at: Annotated[Instant | None, Meta(description="When `link_status` last became another.")]
    claim_ids: Annotated[
        list[UUID], Meta(description=f"Claims that link to it, at most {browsing.MOST_CLAIMS} of them.")
    ]


class LinkCounts(msgspec.Struct, frozen=True):
    """How many links there are of each status, whatever the filter."""

    unchecked: Annotated[int, Meta(ge=0, description="Not visited yet, or not often enough to be sure.")]
    ok: Annotated[int, Meta(ge=0, description="The page is there.")]
    redirected: Annotated[int, Meta(ge=0, description="It leads to another address.")]
    gone: Annotated[int, Meta(ge=0, description="There is no such page.")]
    blocked: Annotated[int, Meta(ge=0, description="The site does not let us see, or must not be asked.")]
    error: Annotated[int, Meta(ge=0, description="Nothing that could be read came, several times in a row.")]


class LinkPage(msgspec.Struct, frozen=True):
    """Some of the links, in the order they became known."""

    items: list[LinkItem]
    next_page_token: NextPageToken
    counts: LinkCounts


@get(
    "/v1/links",
    opt={"scope": Scope.READ, "query": (*PAGING, "status"), "lagging": True},
    operation_id="listLinks",
    tags=["Claims"],
    summary="List links and what visits found",
    description="Every address that sources and reviews link to, once, with the claims that do. Addresses become known "
    "when links are first visited: see `FACTCHECK_CHECK_LINKS`.",
    response_description="Some of the links.",
    responses=problem_responses(MALFORMED, NOT_ACCEPTABLE, INVALID_INPUT, UNAVAILABLE),
)
async def list_links(
    database: NamedDependency[Database],
    page_size: PageSize = DEFAULT_SIZE,
    page_token: PageToken = "",
    status: Annotated[LinkStatus | None, QueryParameter(description="Only links of this status.")] = None,
) -> LinkPage:
    """List links."""
    asked = {"list": "links", "status": status}
    after = place_of(page_token, asked, int)
    found = await browsing.browse_links(database, status, after, page_size + 1)
    shown, token = cut(found.links, page_size, asked)
    items = [
        LinkItem(
            url=link.url,
            link_status=link.status,
            http_status=link.http_status,
            final_url=link.final_url,
            archived_url=link.copy_url,
            checked_at=link.checked_at,
            changed_at=link.changed_at,
            claim_ids=list(found.claims.get(link.url, ())),
        )
        for link in shown
    ]
    return LinkPage(items, token, LinkCounts(**{each.value: found.counts.get(each, 0) for each in LinkStatus}))


links_router = Router("/", route_handlers=[list_links])
