"""API keys as values: how one is made and recognised, and what its scopes allow. No I/O but the system's randomness.

A key reads ``fc_PREFIX_SECRET``. The prefix is public: it finds the key's row and names the key in logs. The secret has
256 random bits, and only the SHA-256 digest of the whole is ever stored. A slow password hash would add nothing: it
makes guessing a *guessable* secret dear, and nobody guesses 256 bits, while every request would pay for it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

PREFIX_PATTERN: Final = "^[a-z2-7]{10}$"
"""50 bits: two keys practically never draw the same one, and the database refuses it if they do."""

MAX_KEY_NAME: Final = 100
"""Code points."""

MAX_RATE: Final = 1_000_000
"""Units a minute: the largest limit that can be set."""

_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz234567"
_TOKEN: Final = re.compile(r"fc_([a-z2-7]{10})_[A-Za-z0-9_-]{43}")


class Scope(StrEnum):
    """What a key may do. ``write`` includes ``read``, ``admin`` includes all; ``check`` stands for itself."""

    CHECK = "check"
    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


_INCLUDING: Final = {
    Scope.CHECK: frozenset({Scope.CHECK, Scope.ADMIN}),
    Scope.READ: frozenset({Scope.READ, Scope.WRITE, Scope.ADMIN}),
    Scope.WRITE: frozenset({Scope.WRITE, Scope.ADMIN}),
    Scope.ADMIN: frozenset({Scope.ADMIN}),
}


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as everybody may see it who may see keys at all: nothing in it opens anything."""

    id: UUID
    name: str
    prefix: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    rate_limit: int | None = None
    """Units a minute; None for the service's own default."""
    expires_at: datetime | None = None
    revoked_at: datetime | None = None

    def allows(self, needed: Scope) -> bool:
        """Whether the key's scopes include the one that is needed."""
        return bool(_INCLUDING[needed].intersection(self.scopes))


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that is to be made."""

    name: str
    scopes: tuple[Scope, ...]
    rate_limit: int | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Credential:
    """What a caller presents: the prefix that finds the key, and the digest that proves it."""

    prefix: str
    digest: bytes

    def proves(self, stored: bytes) -> bool:
        """Whether the digest is the stored one, in a time that does not depend on where they differ."""
        return hmac.compare_digest(self.digest, stored)


def make_secret() -> str:
    """A new ``fc_PREFIX_SECRET``, to be shown once and forgotten."""
    prefix = "".join(secrets.choice(_ALPHABET) for _ in range(10))
    return f"fc_{prefix}_{secrets.token_urlsafe(32)}"


def read_secret(secret: str) -> Credential | None:
    """What the secret says, or None for a text that no key can be."""
    found = _TOKEN.fullmatch(secret)
    return None if found is None else Credential(found[1], hashlib.sha256(secret.encode("ascii")).digest())


def ordered(scopes: Iterable[Scope]) -> tuple[Scope, ...]:
    """Scopes in the order of their definition, none twice."""
    return tuple(sorted(set(scopes), key=list(Scope).index))
