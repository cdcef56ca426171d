"""The wordings of a claim. Each change of one is a revision of the claim."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter
from msgspec import UNSET

from service.api.bodies import StrictJson
from service.api.claim_bodies import (
    NewPhrasing,
    StoredPhrasing,
    phrasing_of,
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
from service.api.claim_patches import PhrasingPatch
from service.api.claims import ClaimId
from service.api.concurrency import EDITORS, IfNoneMatch
from service.editing import Editor
from service.store.session import Database

PhrasingId = Annotated[UUID, PathParameter(description="The id of a wording.", title="phrasing_id")]


class PhrasingList(msgspec.Struct, frozen=True):
    """The further wordings of a claim, at most 100."""

    items: list[StoredPhrasing]
    next_page_token: NextPageToken


@get("/v1/claims/{claim_id:str}/phrasings", operation_id="listPhrasings", **listing("wording"))
async def list_phrasings(
    request: Request[Any, Any, Any],
    claim_id: ClaimId,
    database: NamedDependency[Database],
    if_none_match: IfNoneMatch = None,
) -> Response[PhrasingList]:
    """List the wordings of a claim."""
    return await list_parts(request, database, claim_id, "phrasings")


@post(
    "/v1/claims/{claim_id:str}/phrasings", dto=StrictJson[NewPhrasing], operation_id="addPhrasing", **adding("wording")
)
async def add_phrasing(
    request: Request[Any, Any, Any],
    claim_id: ClaimId,
    data: JSONBody[NewPhrasing],
    database: NamedDependency[Database],
    adder: NamedDependency[Editor],
) -> Response[StoredPhrasing]:
    """Add a wording to a claim."""
    return await add_part(request, database, claim_id, "phrasings", phrasing_of(data), adder)


@get("/v1/claims/{claim_id:str}/phrasings/{phrasing_id:str}", operation_id="getPhrasing", **reading("wording"))
async def get_phrasing(
    request: Request[Any, Any, Any],
    claim_id: ClaimId,
    phrasing_id: PhrasingId,
    database: NamedDependency[Database],
    if_none_match: IfNoneMatch = None,
) -> Response[StoredPhrasing]:
    """Read a wording."""
    return await read_part(request, database, claim_id, "phrasings", phrasing_id)


@patch(
    "/v1/claims/{claim_id:str}/phrasings/{phrasing_id:str}",
    dto=StrictJson[PhrasingPatch],
    operation_id="updatePhrasing",
    **changing("wording"),
)
async def update_phrasing(
    request: Request[Any, Any, Any],
    claim_id: ClaimId,
    phrasing_id: PhrasingId,
    data: JSONBody[PhrasingPatch],
    database: NamedDependency[Database],
    editor: NamedDependency[Editor],
) -> Response[StoredPhrasing]:
    """Change a wording."""
    if data.confirmed is UNSET and (data.text, data.language) != (UNSET, UNSET):
        # Whoever confirmed the wording confirmed another one.
        data = msgspec.structs.replace(data, confirmed=False)
    return await change_part(request, database, claim_id, "phrasings", phrasing_id, data, editor)


@delete("/v1/claims/{claim_id:str}/phrasings/{phrasing_id:str}", operation_id="removePhrasing", **removing("wording"))
async def remove_phrasing(
    claim_id: ClaimId, phrasing_id: PhrasingId, database: NamedDependency[Database], editor: NamedDependency[Editor]
) -> Response[None]:
    """Take a wording from a claim."""
    return await remove_part(database, claim_id, "phrasings", phrasing_id, editor)


phrasings_router = Router(
    "/",
    route_handlers=[list_phrasings, add_phrasing, get_phrasing, update_phrasing, remove_phrasing],
    dependencies=EDITORS,
)
