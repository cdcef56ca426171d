"""Webhooks as values: an endpoint, a delivery to it, its secrets, and how patient deliveries are.

A secret is ``whsec_`` and 32 bytes in base64, as Standard Webhooks has it. It has to be at hand whenever something is
signed, so a digest alone will not do. With a signing key (``FACTCHECK_SIGNING_KEY``) nothing secret is stored: each
secret is derived from that key, the webhook and its generation. Without one it is random, and stored as it is.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from service.errors import FactcheckError
from service.watches import EventKind

_PREFIX: Final = "whsec_"

OVERLAP: Final = timedelta(days=1)
"""For how long the old secret signs beside the new one, unless a rotation says otherwise."""

LONGEST_OVERLAP: Final = timedelta(days=7)


class DeliveryState(StrEnum):
    """Where a delivery stands. ``held``: its endpoint is disabled; ``dead``: given up after the last attempt."""

    PENDING = "pending"
    DELIVERED = "delivered"
    HELD = "held"
    DEAD = "dead"


class SecretLost(FactcheckError):
    """What signed before cannot be derived any more: ``FACTCHECK_SIGNING_KEY`` is not what it was."""

    code = "secret-lost"


@dataclass(frozen=True, slots=True)
class NewWebhook:
    """An endpoint about to be registered. ``key_id``: only events of this key's watches; None for those of all."""

    url: str
    key_id: UUID | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Webhook:
    """An endpoint, without its secrets.

    ``failing_since``: the first failure after the last success; ``last_error``: what the latest attempt came to.
    ``secret_expires_at``: until when an earlier secret signs too.
    """

    id: UUID
    url: str
    key_id: UUID | None
    description: str | None
    created_at: datetime
    disabled_at: datetime | None
    disabled_reason: str | None
    failing_since: datetime | None
    last_error: str | None
    last_delivered_at: datetime | None
    secret_expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class StoredSecret:
    """A secret as it is stored. ``key``: None where it is derived; ``digest``: SHA-256 of the 32 bytes."""

    generation: int
    key: bytes | None
    digest: bytes


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one endpoint. ``status``, ``error``: what the latest attempt came to."""

    id: UUID
    webhook_id: UUID
    event_id: UUID
    watch_id: UUID | None
    kind: EventKind
    state: DeliveryState
    attempts: int
    status: int | None
    error: str | None
    created_at: datetime
    attempted_at: datetime | None
    next_attempt_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Parcel:
    """A delivery taken to be attempted now: what is sent, and where."""

    id: UUID
    webhook_id: UUID
    url: str
    event_id: UUID
    body: str
    attempts: int
    first_at: datetime


@dataclass(frozen=True, slots=True)
class Reply:
    """What an endpoint answered, or why there is no answer. ``retry_after``: seconds it asks for before the next."""

    status: int | None
    error: str | None = None
    retry_after: int | None = None


@dataclass(frozen=True, slots=True)
class Patience:
    """How deliveries are attempted. All of it is data, so that tests need not wait.

    ``pauses``: after each failed attempt but the last; then the delivery is dead. ``lease``: how long a delivery
    belongs to a process that gives no sign of life, which must exceed ``timeout``, the seconds an attempt may take. An
    endpoint that fails rests for ``rest``, twice that after the next failure, and so on to ``longest_rest``; when it
    has failed for ``gives_up`` without a success, it is disabled. ``each``: attempts under way at one endpoint,
    ``total``: in one process. ``longest_wait``: how far a ``Retry-After`` is heeded.
    """

    pauses: tuple[timedelta, ...]
    timeout: float = 15.0
    lease: timedelta = timedelta(seconds=45)
    rest: timedelta = timedelta(seconds=1)
    longest_rest: timedelta = timedelta(minutes=5)
    gives_up: timedelta = timedelta(days=3)
    each: int = 4
    total: int = 32
    longest_wait: timedelta = timedelta(hours=24)


SCHEDULE: Final = Patience(
    (
        timedelta(seconds=5),
        timedelta(minutes=1),
        timedelta(minutes=5),
        timedelta(minutes=30),
        timedelta(hours=2),
        timedelta(hours=5),
        timedelta(hours=10),
        timedelta(hours=14),
        timedelta(hours=18),
        timedelta(hours=23),
    )
)
"""Eleven attempts in three days: 72 hours and 36 minutes, and up to a tenth more."""


def make_secret(signing_key: str | None, webhook_id: UUID, generation: int) -> tuple[str, StoredSecret]:
    """A new secret to be shown once, and what is stored of it."""
    stored = None if signing_key else secrets.token_bytes(32)
    key = stored or _derived(signing_key or "", webhook_id, generation)
    shown = _PREFIX + base64.b64encode(key).decode("ascii")
    return shown, StoredSecret(generation, stored, hashlib.sha256(key).digest())


def recover_secret(signing_key: str | None, webhook_id: UUID, stored: StoredSecret) -> bytes:
    """The 32 bytes to sign with. Raises SecretLost."""
    key = stored.key or _derived(signing_key or "", webhook_id, stored.generation)
    if not hmac.compare_digest(hashlib.sha256(key).digest(), stored.digest):
        raise SecretLost("FACTCHECK_SIGNING_KEY is not the one that this webhook's secret was made with")
    return key


def sign(keys: list[bytes], event_id: str, now: datetime, body: str) -> str:
    """The ``webhook-signature`` header: one signature for each key. ``now``: aware, UTC."""
    from standardwebhooks import Webhook as Signer

    return " ".join(Signer(key).sign(event_id, now, body) for key in keys)


def _derived(signing_key: str, webhook_id: UUID, generation: int) -> bytes:
    about = b"factcheck webhook secret\0" + webhook_id.bytes + generation.to_bytes(4, "big")
    return hmac.digest(signing_key.encode(), about, "sha256")
