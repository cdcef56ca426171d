"""Keeping watches: on what a check answered, on a text, on a stored claim; and what they have had to tell."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import md5
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from uuid6 import uuid7

from service.checking import check_claims
from service.domain import Check, CheckOptions, IncomingClaim, Result, RetrievalKind
from service.editing import live_claim
from service.errors import Conflict, Fault, InvalidInput, NotFound
from service.indexing import Semantics
from service.intake import MAX_MATCHES, MAX_REF, note_faults
from service.matching.noise import urls
from service.matching.plan import terms_of
from service.matching.profile import edition
from service.matching.reading import read
from service.matching.statements import split_statements
from service.opinions import Upstream
from service.replaying import fetch_receipt
from service.store import watches as kept
from service.store.phrasings import stored_terms
from service.store.rarity import term_rarity
from service.store.session import Database
from service.store.watches import StoredEvent
from service.watches import (
    LIFETIME,
    LONGEST_LIFETIME,
    NewSubject,
    NewWatch,
    Statement,
    Subject,
    Watch,
    snapshot_of,
    snapshot_of_claim,
)

MOST_WATCHED: Final = 10_000
"""How many texts and claims a key may have under watch, unless the operator says otherwise."""

_OFF_LOOP_FROM: Final = 8
"""From so many texts on, reading them leaves the event loop free."""


@dataclass(frozen=True, slots=True)
class Watcher:
    """Who watches: a key, or None where there are none. ``everything``: they see the watches of all.

    ``most``: how many texts and claims they may have under watch.
    """

    key_id: UUID | None
    everything: bool
    most: int = MOST_WATCHED


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the watcher says of a watch: their own key for it, and when it ends (aware; None for ``LIFETIME``)."""

    ref: str | None = None
    expires_at: datetime | None = None


DEFAULT: Final = Conditions()


async def check_and_watch(
    database: Database,
    claims: Sequence[IncomingClaim],
    options: CheckOptions,
    watcher: Watcher,
    semantics: Semantics | None,
    upstream: Upstream | None = None,
) -> Check:
    """Check claims as ``check_claims`` does, keep the receipt, and watch its answers under the id of the check.

    Raises as ``check_claims`` and ``watch_check`` do.
    """
    # Within one transaction, where ``database`` is a unit of work: the receipt and its watch are kept together or not.
    async with database.write():
        check = await check_claims(database, claims, options, record=True, semantics=semantics, upstream=upstream)
        await watch_check(database, check, claims, options, watcher, watch_id=check.id)
    return check


async def watch_check(
    database: Database,
    check: Check,
    claims: Sequence[IncomingClaim],
    options: CheckOptions,
    watcher: Watcher,
    conditions: Conditions = DEFAULT,
    watch_id: UUID | None = None,
) -> Watch:
    """Watch each answer of a check that was kept. ``watch_id``: the watch's own id, else a new one.

    Raises InvalidInput, and Conflict where the watcher has too much under watch.
    """
    by_meaning = RetrievalKind.SEMANTIC in check.engine.retrieval
    snapshots = [snapshot_of(each, options.max_matches, by_meaning=by_meaning) for each in check.results]
    shown = [shown_claims(each) for each in check.results]
    subjects = [
        NewSubject(claim, None, snapshot, ids) for claim, snapshot, ids in zip(claims, snapshots, shown, strict=True)
    ]
    return await _keep(database, subjects, options, watcher, conditions, watch_id=watch_id, check_id=check.id)


async def watch_kept_check(database: Database, check_id: UUID, watcher: Watcher, conditions: Conditions) -> Watch:
    """``watch_check`` for a check from earlier: what has changed since is told first."""
    try:
        receipt = await fetch_receipt(database, check_id)
    except NotFound as error:
        raise InvalidInput([Fault("/check_id", "is not the id of a check")]) from error
    return await watch_check(database, receipt.check, receipt.claims, receipt.options, watcher, conditions)


async def watch_text(
    database: Database,
    claim: IncomingClaim,
    options: CheckOptions,
    watcher: Watcher,
    conditions: Conditions,
    semantics: Semantics | None,
) -> Watch:
    """Check a text, keep no receipt, and watch what is answered. Raises InvalidInput as ``check_claims``."""
    wide = replace(options, max_matches=MAX_MATCHES) if 1 <= options.max_matches <= MAX_MATCHES else options
    check = await check_claims(database, [claim], wide, record=False, semantics=semantics)
    by_meaning = RetrievalKind.SEMANTIC in check.engine.retrieval
    (result,) = check.results
    subject = NewSubject(claim, None, snapshot_of(result, MAX_MATCHES, by_meaning=by_meaning), shown_claims(result))
    return await _keep(database, [subject], options, watcher, conditions)


async def watch_claim(database: Database, claim_id: UUID, watcher: Watcher, conditions: Conditions) -> Watch:
    """Watch a stored claim. Raises InvalidInput where there is none that checks find."""
    async with database.read() as connection:
        try:
            claim = await live_claim(connection, claim_id)
        except NotFound as error:
            raise InvalidInput(
                [Fault("/claim_id", f"is not the id of a claim that checks find. {error.detail}")]
            ) from error
    subject = NewSubject(None, claim.id, snapshot_of_claim(claim), (claim.id,))
    return await _keep(database, [subject], CheckOptions(), watcher, conditions, claim_id=claim.id)


async def fetch_watch(database: Database, watch_id: UUID, watcher: Watcher) -> Watch:
    """A watch. Raises NotFound, also for somebody else's."""
    async with database.read() as connection:
        return await _visible(connection, watch_id, watcher)


async def fetch_subjects(database: Database, watch_id: UUID) -> list[Subject]:
    """What a watch is about, with the last that is known of each."""
    async with database.read() as connection:
        return await kept.subjects_of(connection, watch_id)


async def fetch_watches(
    database: Database,
    watcher: Watcher,
    limit: int,
    before: UUID | None,
    *,
    check_id: UUID | None = None,
    claim_id: UUID | None = None,
) -> list[Watch]:
    """The watcher's watches, newest first, from the one made before ``before``; of one check or claim."""
    key_id = None if watcher.everything else watcher.key_id
    async with database.read() as connection:
        return await kept.list_watches(connection, limit, before, key_id=key_id, check_id=check_id, claim_id=claim_id)


async def end_watch(database: Database, watch_id: UUID, watcher: Watcher) -> None:
    """End a watch, and forget what it told. Raises NotFound."""
    async with database.write() as connection:
        await _visible(connection, watch_id, watcher)
        await kept.delete_watch(connection, watch_id)


async def fetch_events(
    database: Database, watch_id: UUID, watcher: Watcher, limit: int, after: int
) -> list[StoredEvent]:
    """Events of a watch with a number above ``after``, oldest first. Raises NotFound."""
    async with database.read() as connection:
        await _visible(connection, watch_id, watcher)
        return await kept.list_events(connection, watch_id, after, limit)


async def count_events(database: Database, ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many events each of these watches has had, for those there are."""
    async with database.read() as connection:
        return await kept.event_counts(connection, ids)


async def _visible(connection: AsyncConnection, watch_id: UUID, watcher: Watcher) -> Watch:
    watch = await kept.get_watch(connection, watch_id)
    if watch is None or not (watcher.everything or watch.key_id == watcher.key_id):
        raise NotFound(f"There is no watch {watch_id}.")
    return watch


async def _keep(
    database: Database,
    subjects: Sequence[NewSubject],
    options: CheckOptions,
    watcher: Watcher,
    conditions: Conditions,
    *,
    watch_id: UUID | None = None,
    check_id: UUID | None = None,
    claim_id: UUID | None = None,
) -> Watch:
    now = datetime.now(UTC)
    expires_at = _expiry(conditions, now)
    found = await read_watched([subject.asked for subject in subjects])
    async with database.write() as connection:
        already = await kept.watched_by(connection, watcher.key_id, now)
        if already + len(subjects) > watcher.most:
            raise Conflict(
                f"{already} texts and claims are under watch with this key, and {len(subjects)} more would exceed "
                f"{watcher.most}: end some watches, or let them expire sooner."
            )
        statements = await weigh_watched(connection, found)
        new = NewWatch(
            watcher.key_id,
            check_id,
            claim_id,
            options,
            conditions.ref,
            now,
            expires_at,
            tuple(replace(subject, statements=said) for subject, said in zip(subjects, statements, strict=True)),
            watch_id or UUID(bytes=uuid7().bytes),
        )
        return await kept.insert_watch(connection, new, edition())


def _expiry(conditions: Conditions, now: datetime) -> datetime:
    faults = note_faults("/ref", conditions.ref, MAX_REF)
    expires_at = conditions.expires_at or now + LIFETIME
    if not now < expires_at <= now + LONGEST_LIFETIME:
        faults.append(Fault("/expires_at", f"must lie in the future, at most {LONGEST_LIFETIME.days} days from now"))
    if faults:
        raise InvalidInput(faults)
    return expires_at.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class ReadStatement:
    """A statement's terms with their weights, and the keys each of which is enough by itself."""

    language: str
    weights: Mapping[str, float]
    keys: frozenset[str]


async def read_watched(texts: Sequence[IncomingClaim | None]) -> list[list[ReadStatement]]:
    """The statements of each text, with their terms; of None, none."""

    def work() -> list[list[ReadStatement]]:
        return [[] if text is None else _read_text(text) for text in texts]

    return work() if len(texts) < _OFF_LOOP_FROM else await asyncio.to_thread(work)


def _read_text(claim: IncomingClaim) -> list[ReadStatement]:
    """The statements of a text, as a check reads it; the text as a whole where it is just one."""
    whole = read(claim.text, claim.language, claim.claimed_at)
    tag = whole.language.tag
    language = tag.lower().partition("-")[0]
    statements = split_statements(claim.text, tag)
    several = len(statements) > 1
    readings = [read(each.text, tag, claim.claimed_at) for each in statements] if several else [whole]
    cited = {f"url {_digest(url)}" for url in urls(claim.text)}
    found = [
        ReadStatement(
            language,
            dict(stored_terms(terms_of(each))),
            frozenset({f"text {_digest(each.folded)}", *(() if place else cited)}),
        )
        for place, each in enumerate(readings)
    ]
    if several:
        found.append(ReadStatement(language, {}, frozenset({f"text {_digest(whole.folded)}"})))
    return found


def _digest(text: str) -> str:
    """As PostgreSQL's ``md5`` has it, which guards nothing here."""
    return md5(text.encode(), usedforsecurity=False).hexdigest()


async def weigh_watched(
    connection: AsyncConnection, found: Sequence[Sequence[ReadStatement]]
) -> list[tuple[Statement, ...]]:
    """For each statement, what share of its weight each term has, by how rare the terms are today."""
    terms = {term for text in found for each in text for term in each.weights}
    rarity, _ = await term_rarity(connection, terms) if terms else ({}, 1.0)

    def weigh(each: ReadStatement) -> Statement:
        weighed = {term: weight * rarity.get(term, 1.0) for term, weight in each.weights.items()}
        total = sum(weighed.values()) or 1.0
        shares = {term: min(weight / total, 1.0) for term, weight in weighed.items()}
        return Statement(each.language, {**shares, **dict.fromkeys(each.keys, 1.0)})

    return [tuple(map(weigh, text)) for text in found]


def shown_claims(result: Result) -> tuple[UUID, ...]:
    """Every claim that a result shows, in any relation, matches and suggestions alike."""
    return tuple(dict.fromkeys(match.claim_id for match in (*result.matches, *result.suggestions)))
