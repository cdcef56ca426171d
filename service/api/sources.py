"""The sources of a claim. Each change of one is a revision of the claim."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter

from service.api.bodies import StrictJson
from service.api.claim_bodies import (
    NewSource,
    StoredSource,
    source_of,
)
from service.api.claim_parts import (
    NextPageToken,
    add_part,
    adding,
    change_part,
    changing,
    list_parts,
    listing,
    read_part,
    reading,
    remove_part,
    removing,
)
from service.api.claim_patches import SourcePatch
from service.api.claims import ClaimId
from service.api.concurrency import EDITORS, IfNoneMatch
from service.editing import Editor
from service.store.session import Database

SourceId = Annotated[UUID, PathParameter(description="The id of a source.", title="source_id")]


class SourceList(msgspec.Struct, frozen=True):
    """The sources of a claim, at most 100."""

    items: list[StoredSource]
    next_page_token: NextPageToken


@get("/v1/claims/{claim_id:str}/sources", operation_id="listSources", **listing("source"))
async def list_sources(
    request: Request[Any, Any, Any],
    claim_id: ClaimId,
    database: NamedDependency[Database],
    if_none_match: IfNoneMatch = None,
) -> Response[SourceList]:
    """List the sources of a claim."""
    return await list_parts(request, database, claim_id, "sources")


@post("/v1/claims/{claim_id:str}/sources", dto=StrictJson[NewSource], operation_id="addSource", **adding("source"))
async def add_source(
    request: Request[Any, Any, Any],
    claim_id: ClaimId,
    data: JSONBody[NewSource],
    database: NamedDependency[Database],
    adder: NamedDependency[Editor],
) -> Response[StoredSource]:
    """Add a source to a claim."""
    return await add_part(request, database, claim_id, "sources", source_of(data), adder)


@get("/v1/claims/{claim_id:str}/sources/{source_id:str}", operation_id="getSource", **reading("source"))
async def get_source(
    request: Request[Any, Any, Any],
    claim_id: ClaimId,
    source_id: SourceId,
    database: NamedDependency[Database],
    if_none_match: IfNoneMatch = None,
) -> Response[StoredSource]:
    """Read a source."""
    return await read_part(request, database, claim_id, "sources", source_id)


@patch(
    "/v1/claims/{claim_id:str}/sources/{source_id:str}",
    dto=StrictJson[SourcePatch],
    operation_id="updateSource",
    **changing("source"),
)
async def update_source(
    request: Request[Any, Any, Any],
    claim_id: ClaimId,
    source_id: SourceId,
    data: JSONBody[SourcePatch],
    database: NamedDependency[Database],
    editor: NamedDependency[Editor],
) -> Response[StoredSource]:
    """Change a source."""
    return await change_part(request, database, claim_id, "sources", source_id, data, editor)


@delete("/v1/claims/{claim_id:str}/sources/{source_id:str}", operation_id="removeSource", **removing("source"))
async def remove_source(
    claim_id: ClaimId, source_id: SourceId, database: NamedDependency[Database], editor: NamedDependency[Editor]
) -> Response[None]:
    """Take a source from a claim."""
    return await remove_part(database, claim_id, "sources", source_id, editor)


sources_router = Router(
    "/", route_handlers=[list_sources, add_source, get_source, update_source, remove_source], dependencies=EDITORS
)
