"""Who may do what, and how often: keys are made and revoked, callers admitted, and their limits kept.

Without a single key the service is open to this machine: every caller from a loopback address may do everything, the
making of the first key included. From the first key on, every operation wants one. Keys are revoked and never removed,
so a service that was closed never opens again by itself.
"""

from __future__ import annotations

import ipaddress
import math
import unicodedata
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from service.credentials import (
    MAX_KEY_NAME,
    MAX_RATE,
    ApiKey,
    Credential,
    NewKey,
    Scope,
    make_secret,
    ordered,
    read_secret,
)
from service.errors import (
    FactcheckError,
    Fault,
    InvalidInput,
    LimitReached,
    NotAllowed,
    NotAuthenticated,
    NotFound,
)
from service.store import audit, keys
from service.store.session import Database
from service.store.work import UnitOfWork

STRANGER_RATE: Final = 60
"""Requests a minute that one address may make without a valid key, once there are keys: refusals cost something too."""


_NOT_IN_NAMES: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})

_SEND_ONE: Final = "Send an API key: `Authorization: Bearer fc_...`."
_NO_BEARER: Final = "Only a bearer token is understood: `Authorization: Bearer fc_...`, once."
_MAKE_ONE: Final = (
    "There are no API keys, so this machine alone is answered, asked by its own name: make a key with "
    "`factcheck keys create --scope admin`."
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Units a minute: of a key without a limit of its own, and of an address without a key (None: ``STRANGER_RATE``
    once there are keys, no limit before).
    """

    key_rate: int = 6_000
    address_rate: int | None = None


@dataclass(frozen=True, slots=True)
class Visitor:
    """Where a request comes from. ``address``: the caller's, for its limit and the audit. ``local``: from this machine,
    and for nobody else.
    """

    address: str
    local: bool


@dataclass(frozen=True, slots=True)
class Quota:
    """A limit as it stands after this request. ``policy``: ``key`` or ``address``. ``reset``: seconds until it is
    whole again, or, where the request was refused, until it would be granted.
    """

    policy: str
    rate: int
    remaining: int
    reset: int


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a request is from: the key, or None in open mode. ``account`` pays for what the request costs beyond one."""

    key: ApiKey | None
    visitor: Visitor
    account: keys.Account | None = None


@dataclass(frozen=True, slots=True)
class Ruling:
    """Whether a request may go on: a caller, or why not. The quota is told either way, where there is one."""

    caller: Caller | None
    refusal: FactcheckError | None
    quota: Quota | None


class Doorkeeper:
    """Admits requests, by what the database says at that moment."""

    def __init__(self, database: Database, limits: Limits, *, opens: bool) -> None:
        """``opens``: whether callers of this machine may go in without a key while there is none."""
        self._database = database
        self._limits = limits
        self._opens = opens

    async def admit(self, secret: str | None, visitor: Visitor, needed: Scope, *, local: bool = False) -> Ruling:
        """Decide on a request, and charge one unit for it. ``secret``: what came as a key, "" for what can be none.

        ``local``: a caller of this machine needs no key here, whether or not there are any. Raises Unavailable.
        """
        if local and visitor.local and secret is None:
            return Ruling(Caller(None, visitor), None, None)
        credential = None if secret is None else read_secret(secret)
        async with self._database.each() as connection:
            found = await keys.admit(
                connection,
                credential,
                f"address {_shared(visitor.address)}",
                key_rate=self._limits.key_rate,
                stranger_rate=self._limits.address_rate or STRANGER_RATE,
                open_rate=self._limits.address_rate,
            )
        quota = None if found.payment is None else _quota(found.payment)
        refusal = self._refusal(secret, credential, visitor, needed, found)
        if found.payment is not None and not found.payment.granted:
            refusal = _limit_reached(found.payment)
        if refusal is not None:
            return Ruling(None, refusal, quota)
        account = None if found.payment is None else found.payment.account
        return Ruling(Caller(found.key, visitor, account), None, quota)

    async def charge(self, caller: Caller, units: int) -> Quota | None:
        """Take further units from the caller's quota. Raises LimitReached, and then has taken none, and Unavailable."""
        if caller.account is None or units < 1:
            return None
        # The first unit of the request is paid: what remains must fit into a whole quota, or it could never be granted.
        units = min(units, max(caller.account.rate - 1, 1))
        async with self._database.each() as connection:
            payment = await keys.spend(connection, caller.account, units)
        if not payment.granted:
            raise _limit_reached(payment)
        return _quota(payment)

    def _refusal(
        self, secret: str | None, credential: Credential | None, visitor: Visitor, needed: Scope, found: keys.Admission
    ) -> FactcheckError | None:
        if secret is None:
            if not found.keyed and self._opens and visitor.local:
                return None
            return NotAuthenticated(_SEND_ONE if found.keyed else _MAKE_ONE, presented=False)
        if not secret:
            return NotAuthenticated(_NO_BEARER, presented=True)
        known = credential is not None and found.digest is not None and credential.proves(found.digest)
        if not known or found.key is None:
            return NotAuthenticated("This API key is not known.", presented=True)
        if found.key.revoked_at is not None:
            return NotAuthenticated("This API key has been revoked.", presented=True)
        if found.key.expires_at is not None and found.key.expires_at <= found.now:
            return NotAuthenticated("This API key has expired.", presented=True)
        if not found.key.allows(needed):
            return NotAllowed(f"This needs a key with the scope `{needed.value}`.", needed.value)
        return None


class Trusting(Doorkeeper):
    """Admits everybody, unlimited: for an application inside the process of whoever owns the database."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, Limits(), opens=True)

    async def admit(self, secret: str | None, visitor: Visitor, needed: Scope, *, local: bool = False) -> Ruling:
        """Yes."""
        return Ruling(Caller(None, visitor), None, None)


async def make_key(database: Database, new: NewKey) -> tuple[ApiKey, str]:
    """Store a new key; the key, and its secret, which nobody can read again.

    The first key must be an administrator's, or the service would close with nobody inside to make another. Raises
    InvalidInput, Unavailable.
    """
    now = datetime.now(UTC)
    new = replace(new, name=new.name.strip(), scopes=ordered(new.scopes))
    if faults := list(_faults(new, now)):
        raise InvalidInput(faults)
    if new.expires_at is not None:
        new = replace(new, expires_at=new.expires_at.astimezone(UTC))
    secret = make_secret()
    credential = read_secret(secret)
    assert credential is not None  # noqa: S101  # made here, by the rules by which it is read
    async with database.write() as connection:
        if Scope.ADMIN not in new.scopes and not await keys.any_key(connection):
            raise InvalidInput([Fault("/scopes", "must include admin in the first key, which makes the others")])
        return await keys.insert_key(connection, new, credential, now), secret


async def fetch_key(database: Database, key_id: UUID) -> ApiKey:
    """A key. Raises NotFound, Unavailable."""
    async with database.read() as connection:
        return _existing(await keys.get_key(connection, key_id), str(key_id))


async def key_is_valid(database: Database, key_id: UUID) -> bool:
    """Whether a key would still be let in. Raises Unavailable."""
    async with database.read() as connection:
        key = await keys.get_key(connection, key_id)
    return key is not None and key.revoked_at is None and (key.expires_at is None or key.expires_at > datetime.now(UTC))


async def fetch_keys(database: Database, limit: int | None = None, before: UUID | None = None) -> list[ApiKey]:
    """Keys, newest first, from the one made before ``before``. Raises Unavailable."""
    async with database.read() as connection:
        return await keys.list_keys(connection, limit, before)


async def revoke_key(database: Database, key_id: UUID) -> ApiKey:
    """Refuse a key from now on; one that is revoked already stays as it is. Raises NotFound, Unavailable."""
    async with database.write() as connection:
        return _existing(await keys.revoke_key(connection, key_id, datetime.now(UTC)), str(key_id))


async def find_key(database: Database, named: str) -> ApiKey:
    """The key with this id, prefix, or ``fc_`` and prefix. Raises NotFound, Unavailable."""
    async with database.read() as connection:
        try:
            return _existing(await keys.get_key(connection, UUID(named)), named)
        except ValueError:
            return _existing(await keys.find_key(connection, named.removeprefix("fc_")), named)


async def make_key_by_hand(database: Database, new: NewKey) -> tuple[ApiKey, str]:
    """``make_key`` at a terminal: with its audit row, which names no key and no address."""
    work = UnitOfWork(database)
    try:
        key, secret = await make_key(work, new)
        deed = audit.Deed("createKey", f"/v1/keys/{key.id}")
        await work.commit(lambda connection: audit.record(connection, deed, key.created_at))
        return key, secret
    finally:
        await work.rollback()


async def revoke_key_by_hand(database: Database, named: str) -> ApiKey:
    """``revoke_key`` at a terminal, by id or prefix: with its audit row, which names no key and no address."""
    work = UnitOfWork(database)
    try:
        key = await revoke_key(work, (await find_key(work, named)).id)
        deed = audit.Deed("revokeKey", f"/v1/keys/{key.id}")
        await work.commit(lambda connection: audit.record(connection, deed, datetime.now(UTC)))
        return key
    finally:
        await work.rollback()


async def service_is_keyed(database: Database) -> bool:
    """Whether there has ever been a key, so that nobody goes in without one. Raises Unavailable."""
    async with database.read() as connection:
        return await keys.any_key(connection)


async def fetch_audit(
    database: Database, limit: int, before: UUID | None = None, key_id: UUID | None = None, resource: str | None = None
) -> list[audit.Entry]:
    """Recorded changes, newest first; of one key, or of one resource. Raises Unavailable."""
    async with database.read() as connection:
        return await audit.list_entries(connection, limit, before, key_id, resource)


def _shared(address: str) -> str:
    """What a limit counts as one address: a subscriber has a whole /64 of IPv6 addresses to send from."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 6:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return address


def _existing(key: ApiKey | None, named: str) -> ApiKey:
    if key is None:
        raise NotFound(f"There is no key {named}.")
    return key


def _faults(new: NewKey, now: datetime) -> list[Fault]:
    faults = []
    if not 1 <= len(new.name) <= MAX_KEY_NAME:
        faults.append(Fault("/name", f"must have 1 to {MAX_KEY_NAME} characters"))
    # Not ``isprintable``: that refuses the joiners which Persian and Hindi are written with.
    if any(unicodedata.category(character) in _NOT_IN_NAMES for character in new.name):
        faults.append(Fault("/name", "must not contain control characters or line breaks"))
    if not new.scopes:
        faults.append(Fault("/scopes", "must name at least one scope"))
    if new.rate_limit is not None and not 1 <= new.rate_limit <= MAX_RATE:
        faults.append(Fault("/rate_limit", f"must lie between 1 and {MAX_RATE}"))
    if new.expires_at is not None and not now < new.expires_at < now + timedelta(days=36_525):
        faults.append(Fault("/expires_at", "must lie in the future, at most a hundred years from now"))
    return faults


def _quota(payment: keys.Payment) -> Quota:
    policy = payment.account.bucket.split(" ", 1)[0]
    away = payment.whole_in if payment.granted else payment.wait
    return Quota(policy, payment.account.rate, payment.remaining, math.ceil(away.total_seconds()))


def _limit_reached(payment: keys.Payment) -> LimitReached:
    seconds = max(math.ceil(payment.wait.total_seconds()), 1)
    who = "key" if payment.account.bucket.startswith("key ") else "address"
    return LimitReached(
        f"The limit of this {who} is {payment.account.rate} units a minute; try again in {seconds} s.", seconds
    )
