"""Feedback: what people say of the matches of a kept check, kept with what they were shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from service.checking import fetch_check
from service.domain import Check, CheckOptions, Match
from service.errors import Fault, InvalidInput
from service.intake import MAX_REASON, short_faults
from service.judgements import JudgedMatches, KeptFeedback, MatchFeedback
from service.store.feedback import count_feedback, insert_feedback, list_feedback
from service.store.publishers import new_id
from service.store.session import Database

MAX_ITEMS: Final = 500
"""How many matches one request may judge."""


async def give_feedback(
    database: Database, check_id: UUID, given: Sequence[MatchFeedback], author: str | None
) -> list[KeptFeedback]:
    """Keep what somebody says of matches and suggestions of a check.

    Raises NotFound, and InvalidInput, with pointers below ``/items``, for what the check does not show.
    """
    check = await fetch_check(database, check_id)
    if faults := list(_faults(check, given)):
        raise InvalidInput(faults)
    now = datetime.now(UTC)
    kept = [_kept(check, each, now, author) for each in given]
    async with database.write() as connection:
        await insert_feedback(connection, kept)
    return kept


async def fetch_feedback(database: Database, check_id: UUID, before: UUID | None, limit: int) -> list[KeptFeedback]:
    """What was said of a check's matches, the newest first. Raises NotFound."""
    await fetch_check(database, check_id)
    async with database.read() as connection:
        return await list_feedback(connection, check_id, before, limit)


async def count_judged(database: Database, options: CheckOptions) -> list[JudgedMatches]:
    """How many judged matches were right, by kind, at the thresholds of ``options``."""
    async with database.read() as connection:
        return await count_feedback(connection, options.match_threshold, options.suggest_threshold)


def _faults(check: Check, given: Sequence[MatchFeedback]) -> Iterator[Fault]:
    if not 1 <= len(given) <= MAX_ITEMS:
        yield Fault("/items", f"must hold 1 to {MAX_ITEMS} items, not {len(given)}")
    seen: set[tuple[int, UUID]] = set()
    for place, each in enumerate(given[:MAX_ITEMS]):
        here = f"/items/{place}"
        if not 0 <= each.result < len(check.results):
            yield Fault(f"{here}/result", f"must lie between 0 and {len(check.results) - 1}: the place of a result")
        elif _shown(check, each) is None:
            yield Fault(f"{here}/claim_id", f"is no match and no suggestion of result {each.result} of this check")
        elif (each.result, each.claim_id) in seen:
            yield Fault(here, "judges a match that another item judges")
        seen.add((each.result, each.claim_id))
        yield from short_faults(f"{here}/note", each.note, MAX_REASON)


def _shown(check: Check, given: MatchFeedback) -> tuple[Match, bool] | None:
    """The match that feedback is about, and whether it was only suggested."""
    result = check.results[given.result]
    for suggested, tier in ((False, result.matches), (True, result.suggestions)):
        for match in tier:
            if match.claim_id == given.claim_id:
                return match, suggested
    return None


def _kept(check: Check, given: MatchFeedback, now: datetime, author: str | None) -> KeptFeedback:
    shown = _shown(check, given)
    assert shown is not None  # noqa: S101  # what is not shown is a fault
    match, suggested = shown
    return KeptFeedback(
        new_id(),
        check.id,
        given,
        suggested,
        match.relation.value,
        match.score,
        check.results[given.result].language,
        check.engine.version,
        now,
        author,
    )
