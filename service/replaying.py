"""A kept check, run again on today's database, and what its answer has become."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

import msgspec

from service.checking import check_claims, fetch_check
from service.domain import Check, CheckOptions, IncomingClaim, Match, Result
from service.errors import Conflict, InvalidInput, NotFound
from service.history import Difference
from service.indexing import Semantics
from service.store.checks import get_request, insert_check
from service.store.session import Database

_OF_A_VISIT: Final = "checked_at"
"""When a link was last visited says nothing about the claim."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A kept check with the request that caused it."""

    check: Check
    claims: tuple[IncomingClaim, ...]
    options: CheckOptions


@dataclass(frozen=True, slots=True)
class Replay:
    """``check``: the new answer, a receipt of its own; ``changes``: what each of its results says otherwise."""

    check: Check
    changes: tuple[tuple[Difference, ...], ...]


async def fetch_receipt(database: Database, check_id: UUID) -> Receipt:
    """A kept check, to be run again. Raises NotFound."""
    check = await fetch_check(database, check_id)
    async with database.read() as connection:
        request = await get_request(connection, check_id)
    if request is None:
        raise NotFound(f"There is no check {check_id}.")
    claims = msgspec.convert(request["claims"], tuple[IncomingClaim, ...])
    return Receipt(check, claims, msgspec.convert(request["options"], CheckOptions))


async def replay_check(database: Database, receipt: Receipt, semantics: Semantics | None) -> Replay:
    """Run a kept check again, keep the new answer too, and say what has changed.

    A claim without ``claimed_at`` speaks from today, as it did then. Raises Conflict where what was asked may not be
    asked any more, and Unavailable.
    """
    try:
        check = await check_claims(database, receipt.claims, receipt.options, record=False, semantics=semantics)
    except InvalidInput as error:
        raise Conflict(f"The request of this check breaks the contract of today: {error.detail}") from error
    request = {
        "claims": msgspec.to_builtins(receipt.claims),
        "options": msgspec.to_builtins(receipt.options),
        "replay_of": str(receipt.check.id),
    }
    async with database.single() as connection:
        await insert_check(connection, check, request)
    pairs = zip(receipt.check.results, check.results, strict=True)
    return Replay(check, tuple(result_differences(before, after) for before, after in pairs))


def result_differences(before: Result, after: Result) -> tuple[Difference, ...]:
    """What one answer says otherwise than another to the same claim.

    Paths are JSON pointers into a result, with the id of a claim, review or source in place of its index. A score or a
    confidence that has moved is no difference: what follows from it is.
    """
    return tuple(_differences(before, after))


def _differences(before: Result, after: Result) -> Iterator[Difference]:
    for name in ("status", "reason"):
        yield from _changed(f"/{name}", getattr(before, name), getattr(after, name))
    for tier in ("matches", "suggestions"):
        old: dict[UUID, Match] = {match.claim_id: match for match in getattr(before, tier)}
        new: dict[UUID, Match] = {match.claim_id: match for match in getattr(after, tier)}
        for key in (*old, *(key for key in new if key not in old)):
            here = f"/{tier}/{key}"
            if key not in old or key not in new:
                yield Difference(here, _named(old.get(key)), _named(new.get(key)))
            else:
                yield from _match_differences(here, old[key], new[key])


def _match_differences(here: str, before: Match, after: Match) -> Iterator[Difference]:
    for name in ("verdict", "relation"):
        yield from _changed(f"{here}/{name}", getattr(before, name), getattr(after, name))
    if before.conflicts != after.conflicts:
        yield Difference(
            f"{here}/conflicts", msgspec.to_builtins(before.conflicts), msgspec.to_builtins(after.conflicts)
        )
    for name in ("reviews", "sources"):
        old, new = _parts(getattr(before, name)), _parts(getattr(after, name))
        for key in (*old, *(key for key in new if key not in old)):
            if key not in old or key not in new:
                yield Difference(f"{here}/{name}/{key}", old.get(key), new.get(key))
                continue
            for field in old[key]:
                yield from _changed(f"{here}/{name}/{key}/{field}", old[key][field], new[key][field])


def _changed(path: str, before: Any, after: Any) -> Iterator[Difference]:
    if before != after:
        yield Difference(path, before, after)


def _named(match: Match | None) -> dict[str, Any] | None:
    """What tells a reader which claim came or went."""
    if match is None:
        return None
    return {"text": match.text, "verdict": match.verdict.value, "relation": match.relation.value}


def _parts(parts: Iterable[Any]) -> Mapping[str, dict[str, Any]]:
    """Reviews or sources by their ids, without what differs from visit to visit."""
    found = {}
    for place, part in enumerate(parts):
        said = msgspec.to_builtins(replace(part, id=None))
        said.pop("id")
        said.pop(_OF_A_VISIT, None)
        found[str(part.id or place)] = said
    return found
