"""What the wordings, reviews and sources of a claim have in common: how they are listed, read, added and changed."""

from __future__ import annotations

from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Request, Response
from msgspec import Meta

from service import domain, editing
from service.api.claim_bodies import (
    NewPhrasing,
    NewReview,
    NewSource,
    StoredPhrasing,
    StoredReview,
    StoredSource,
    phrasing_of,
    review_of,
    source_of,
    stored_source,
)
from service.api.claims import ADDING, CHANGING, NOT_MODIFIED, READING, REMOVING
from service.api.concurrency import ETAG, LOCATION, REASON, answer, removed
from service.api.patches import patched
from service.api.problems import problem_responses
from service.editing import Editor, Part, PartKind
from service.store.session import Database

NextPageToken = Annotated[None, Meta(description="Always null: they all fit one page.")]


_STORED: Final[dict[PartKind, type[msgspec.Struct]]] = {
    "phrasings": StoredPhrasing,
    "reviews": StoredReview,
    "sources": StoredSource,
}


def _as_sent(part: Part) -> NewPhrasing | NewReview | NewSource:
    """A part as it could be sent; a review whose verdict follows from its label says none of its own."""
    match part:
        case domain.Phrasing():
            return msgspec.convert(part, NewPhrasing, from_attributes=True)
        case domain.Review():
            sent = msgspec.convert(part, NewReview, from_attributes=True)
            return msgspec.structs.replace(sent, verdict=None) if part.from_label else sent
        case domain.Source():
            return msgspec.convert(part, NewSource, from_attributes=True)


def _received(data: NewPhrasing | NewReview | NewSource, known: Part) -> Part:
    match data:
        case NewPhrasing():
            return phrasing_of(data)
        case NewReview():
            return review_of(data, "")
        case NewSource():
            return source_of(data)


def _stored(kind: PartKind, part: Part) -> msgspec.Struct:
    if isinstance(part, domain.Source):
        return stored_source(part)
    return msgspec.convert(part, _STORED[kind], from_attributes=True)


async def list_parts(
    request: Request[Any, Any, Any], database: Database, claim_id: UUID, kind: PartKind
) -> Response[Any]:
    """Every part of one kind that a claim has."""
    claim = await editing.fetch_claim(database, claim_id)
    items = [_stored(kind, part) for part in getattr(claim.draft, kind)]
    return answer(request, {"items": items, "next_page_token": None}, claim.revision)


async def read_part(
    request: Request[Any, Any, Any], database: Database, claim_id: UUID, kind: PartKind, part_id: UUID
) -> Response[Any]:
    """One part of a claim."""
    claim = await editing.fetch_claim(database, claim_id)
    _, part = editing.find_part(claim, kind, part_id)
    return answer(request, _stored(kind, part), claim.revision)


async def add_part(
    request: Request[Any, Any, Any], database: Database, claim_id: UUID, kind: PartKind, part: Part, editor: Editor
) -> Response[Any]:
    """Add a part to a claim."""
    claim, key = await editing.add_part(database, claim_id, kind, part, editor)
    _, stored = editing.find_part(claim, kind, key)
    location = {"Location": f"/v1/claims/{claim_id}/{kind}/{key}"}
    return answer(request, _stored(kind, stored), claim.revision, status=201, headers=location)


async def change_part(
    request: Request[Any, Any, Any],
    database: Database,
    claim_id: UUID,
    kind: PartKind,
    part_id: UUID,
    data: msgspec.Struct,
    editor: Editor,
) -> Response[Any]:
    """Change a part of a claim by a merge patch."""

    def alter(known: Part) -> Part:
        return _received(patched(_as_sent(known), data), known)

    claim = await editing.edit_part(database, claim_id, kind, part_id, editor, alter)
    _, stored = editing.find_part(claim, kind, part_id)
    return answer(request, _stored(kind, stored), claim.revision)


async def remove_part(
    database: Database, claim_id: UUID, kind: PartKind, part_id: UUID, editor: Editor
) -> Response[None]:
    """Take a part from a claim."""
    claim = await editing.remove_part(database, claim_id, kind, part_id, editor)
    return removed(claim.revision)


_CHANGES: Final = "The change is a revision of the claim, and the next check knows it."


def listing(noun: str) -> dict[str, Any]:
    """What the operation is told and documented as; ``noun`` names the part."""
    return {
        "opt": {"query": ()},
        "tags": ["Claims"],
        "summary": f"List the {noun}s of a claim",
        "description": f"All {noun}s of a claim, in the order they were added, with their ids.",
        "response_description": f"The {noun}s.",
        "response_headers": [ETAG],
        "responses": problem_responses(*READING) | NOT_MODIFIED,
    }


def reading(noun: str) -> dict[str, Any]:
    """What the operation is told and documented as; ``noun`` names the part."""
    return listing(noun) | {
        "summary": f"Read a {noun}",
        "description": f"One {noun} of a claim.",
        "response_description": f"The {noun}.",
    }


def adding(noun: str) -> dict[str, Any]:
    """What the operation is told and documented as; ``noun`` names the part."""
    return {
        "opt": {"query": (REASON,)},
        "return_dto": None,
        "tags": ["Claims"],
        "summary": f"Add a {noun} to a claim",
        "description": f"Adds a {noun}. {_CHANGES}",
        "response_description": f"The {noun} as stored.",
        "response_headers": [LOCATION, ETAG],
        "responses": problem_responses(*ADDING),
    }


def changing(noun: str) -> dict[str, Any]:
    """What the operation is told and documented as; ``noun`` names the part."""
    return {
        "opt": {"query": (REASON,)},
        "return_dto": None,
        "tags": ["Claims"],
        "summary": f"Change a {noun}",
        "description": f"A JSON merge patch: what is absent stays, what is null goes. {_CHANGES}",
        "response_description": f"The {noun} as it is now.",
        "response_headers": [ETAG],
        "responses": problem_responses(*CHANGING),
    }


def removing(noun: str) -> dict[str, Any]:
    """What the operation is told and documented as; ``noun`` names the part."""
    return {
        "opt": {"query": (REASON,)},
        "tags": ["Claims"],
        "summary": f"Take a {noun} from a claim",
        "description": f"The {noun} stays in the claim's history. {_CHANGES}",
        "response_description": "It is gone.",
        "response_headers": [ETAG],
        "responses": problem_responses(*REMOVING),
    }
