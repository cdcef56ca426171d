"""Publishers, and the tables that say what their labels mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain import Action, Change, Claim, Publisher, StoredPublisher, Verdict
from service.editing import ANYBODY, Editor, edit_of, verdict_of
from service.errors import Conflict, NotFound
from service.intake import validate_publisher
from service.labels import verdict_of_label
from service.store.claims import Edit, get_claims, lock_corpus, save_edits
from service.store.publishers import (
    find_publisher,
    get_publisher,
    identity,
    insert_publisher,
    list_publishers,
    reviewed_claims,
    update_publisher,
)
from service.store.session import Database

_CLAIMS_AT_ONCE: Final = 500


async def add_publisher(
    database: Database, publisher: Publisher, labels: Mapping[str, Verdict], editor: Editor = ANYBODY
) -> StoredPublisher:
    """Store a publisher with its labels. Raises InvalidInput, and Conflict when it is stored already."""
    change = editor.change()
    publisher = _plain(publisher)
    validate_publisher(publisher, labels)
    async with database.write() as connection:
        await lock_corpus(connection)
        await _require_free(connection, publisher, None)
        return await insert_publisher(connection, publisher, labels, change.at)


async def fetch_publisher(database: Database, publisher_id: UUID) -> StoredPublisher:
    """A stored publisher. Raises NotFound."""
    async with database.read() as connection:
        return await _get(connection, publisher_id)


async def fetch_publishers(
    database: Database, part: str | None, after: tuple[str, UUID] | None, limit: int
) -> list[StoredPublisher]:
    """Publishers by name, those after ``after``; ``part``: only those with it in their name or site."""
    async with database.read() as connection:
        return await list_publishers(connection, part, after, limit)


async def edit_publisher(
    database: Database, publisher_id: UUID, editor: Editor, alter: Callable[[StoredPublisher], StoredPublisher]
) -> StoredPublisher:
    """Change a publisher. The verdicts that follow from its labels follow them, each as a revision of its claim.

    Raises NotFound; Stale when the editor has not seen the newest revision; InvalidInput; Conflict.
    """
    change = editor.change()
    async with database.write() as connection:
        await lock_corpus(connection)
        before = await _get(connection, publisher_id)
        editor.insist(before.revision)
        after = alter(before)
        after = replace(after, publisher=_plain(after.publisher))
        validate_publisher(after.publisher, after.labels)
        if (after.publisher, after.labels) == (before.publisher, before.labels):
            return before
        await _require_free(connection, after.publisher, publisher_id)
        after = replace(after, revision=before.revision + 1, updated_at=max(change.at, before.updated_at))
        await update_publisher(connection, after)
        await _relabel(connection, after, change)
        return after


async def _relabel(connection: AsyncConnection, publisher: StoredPublisher, change: Change) -> None:
    said = replace(change, reason=change.reason or f"What the labels of {publisher.publisher.name} mean has changed.")
    reviewed = await reviewed_claims(connection, publisher.id)
    for start in range(0, len(reviewed), _CLAIMS_AT_ONCE):
        claims = await get_claims(connection, reviewed[start : start + _CLAIMS_AT_ONCE])
        edits = [edit for claim in claims.values() if (edit := _relabelled(claim, publisher, change))]
        await save_edits(connection, edits, said)


def _relabelled(claim: Claim, publisher: StoredPublisher, change: Change) -> Edit | None:
    reviews = tuple(
        replace(review, verdict=verdict_of_label(review.original_label, publisher.labels))
        if review.from_label
        and review.original_label is not None
        and identity(review.publisher) == identity(publisher.publisher)
        else review
        for review in claim.draft.reviews
    )
    draft = replace(claim.draft, reviews=reviews)
    verdict = verdict_of(draft)
    if reviews == claim.draft.reviews and verdict is claim.verdict:
        return None
    after = replace(
        claim,
        draft=draft,
        verdict=verdict,
        revision=claim.revision + 1,
        updated_at=max(change.at, claim.updated_at),
    )
    return edit_of(claim, after, Action.RELABELLED)


async def _get(connection: AsyncConnection, publisher_id: UUID) -> StoredPublisher:
    found = await get_publisher(connection, publisher_id)
    if found is None:
        raise NotFound(f"There is no publisher {publisher_id}.")
    return found


async def _require_free(connection: AsyncConnection, publisher: Publisher, own: UUID | None) -> None:
    found = await find_publisher(connection, publisher)
    if found not in (None, own):
        raise Conflict(f"The publisher is stored already, as {found}.")


def _plain(publisher: Publisher) -> Publisher:
    return replace(publisher, site=publisher.site and publisher.site.lower())
