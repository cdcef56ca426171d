"""What can go wrong, as a tree. No HTTP here: ``api.problems`` gives each code its status.

FactcheckError
├── InvalidInput        the caller sent something that cannot be right; carries pointers
├── NotFound            no such claim, check, ...
│   ├── Withdrawn       it was there, and is kept as history only
│   └── Merged          it is part of another now; carries which
├── Conflict            true of the request, but not of the state: a duplicate, a circle
│   └── Stale           it has changed since the caller read it
├── NotAuthenticated    no key came with the request, or none that is valid
├── NotAllowed          the key is valid, and lacks a scope
├── LimitReached        the caller has asked for too much; knows when to come back
├── KeyInUse            the first request under this Idempotency-Key is still being answered
├── KeyReused           this Idempotency-Key stands for another request
├── Unavailable         the database cannot be reached, or is not migrated
│   ├── Overloaded      it has more to do than there is time for
│   └── NoVectors       it answers, but cannot keep vectors, or not this model's
├── OutboundError       a server elsewhere did not give what was asked of it; carries the URL
│   ├── OutboundRefused it was not asked: the address, the URL or robots.txt forbids it
│   ├── Unreachable     no such name, no connection, no HTTP, or redirects without end
│   │   └── OutOfTime   it took too long
│   ├── TooBig          the body is larger than was to be read
│   ├── WrongKind       the body is of another kind than was asked for, or broken
│   └── BadStatus       it answered with a status that is no success
│       ├── Missing     404 or 410
│       └── Throttled   it has been asked too often, or is overloaded; may say when to come back
├── HubError            a model cannot be had from the hub, or does not lie in its folder as it should
└── SettingsError       a FACTCHECK_* variable cannot be used
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with an input: an RFC 6901 JSON pointer to it, and a sentence about it."""

    pointer: str
    detail: str


class FactcheckError(Exception):
    """Base of every error this service raises on purpose. ``code`` is stable and public."""

    code = "error"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class InvalidInput(FactcheckError):
    """The input breaks the contract; ``faults`` says where."""

    code = "invalid-input"

    def __init__(self, faults: Sequence[Fault], detail: str | None = None) -> None:
        super().__init__(detail or "; ".join(f"{fault.pointer}: {fault.detail}" for fault in faults))
        self.faults = tuple(faults)


class NotFound(FactcheckError):
    """The thing asked for is not there."""

    code = "not-found"


class Withdrawn(NotFound):
    """It was there and was withdrawn; its history is kept."""

    code = "withdrawn"


class Merged(NotFound):
    """The claim ``old`` became part of the claim ``into``, for good."""

    code = "merged"

    def __init__(self, old: UUID, into: UUID) -> None:
        super().__init__(f"The claim {old} is part of {into} now.")
        self.old = old
        self.into = into


class Conflict(FactcheckError):
    """The request is well-formed but the stored state forbids it."""

    code = "conflict"


class Stale(Conflict):
    """Somebody else was faster: what is stored is not what the caller has seen."""

    code = "stale"


class NotAuthenticated(FactcheckError):
    """Nobody is known to be asking. ``presented``: whether a key came with the request, and was not accepted."""

    code = "unauthorized"

    def __init__(self, detail: str, *, presented: bool) -> None:
        super().__init__(detail)
        self.presented = presented


class NotAllowed(FactcheckError):
    """The caller's key lacks the scope ``scope``."""

    code = "forbidden"

    def __init__(self, detail: str, scope: str) -> None:
        super().__init__(detail)
        self.scope = scope


class LimitReached(FactcheckError):
    """The caller's quota does not reach; it will in ``retry_after`` seconds."""

    code = "rate-limited"

    def __init__(self, detail: str, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class KeyInUse(FactcheckError):
    """The first request under an Idempotency-Key is under way; ``retry_after`` seconds are worth waiting."""

    code = "idempotency-key-in-use"

    def __init__(self, detail: str, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class KeyReused(FactcheckError):
    """An Idempotency-Key came again with another request than its first."""

    code = "idempotency-key-reused"


class Unavailable(FactcheckError):
    """The service cannot answer now. ``retry_after``: seconds worth waiting."""

    code = "unavailable"
    retry_after = 5


class Overloaded(Unavailable):
    """The service has more to do than there is time for."""

    retry_after = 1


class NoVectors(Unavailable):
    """The database has no usable pgvector, or none of the vectors asked for: words alone still find claims."""


class OutboundError(FactcheckError):
    """A server elsewhere did not give what was asked of it. ``url`` may hold secrets; ``detail`` does not."""

    code = "outbound"

    def __init__(self, url: str, detail: str) -> None:
        super().__init__(detail)
        self.url = url


class OutboundRefused(OutboundError):
    """The URL was not asked for: it must not be, or, with ``by_site``, the site's robots.txt asks not to."""

    code = "outbound-refused"

    def __init__(self, url: str, detail: str, *, by_site: bool = False) -> None:
        super().__init__(url, detail)
        self.by_site = by_site


class Unreachable(OutboundError):
    """Nothing that is an answer came from there."""

    code = "outbound-unreachable"


class OutOfTime(Unreachable):
    """It took longer than there was time."""

    code = "outbound-out-of-time"


class TooBig(OutboundError):
    """The body is larger than was to be read, as sent or as unpacked."""

    code = "outbound-too-big"


class WrongKind(OutboundError):
    """The body is of another media type or encoding than was asked for, or is broken."""

    code = "outbound-wrong-kind"


class BadStatus(OutboundError):
    """The answer's ``status`` says that this is not what was asked for."""

    code = "outbound-status"

    def __init__(self, url: str, detail: str, status: int) -> None:
        super().__init__(url, detail)
        self.status = status


class Missing(BadStatus):
    """There is no such thing there, or no longer."""

    code = "outbound-missing"


class Throttled(BadStatus):
    """The server wants to be left alone for now: ``retry_after`` seconds, where it says how long."""

    code = "outbound-throttled"

    def __init__(self, url: str, detail: str, status: int, retry_after: float | None) -> None:
        super().__init__(url, detail, status)
        self.retry_after = retry_after


class HubError(FactcheckError):
    """A model cannot be fetched from the model hub, or its folder does not hold what was fetched."""

    code = "model-hub"


class SettingsError(FactcheckError):
    """A setting is missing or makes no sense."""

    code = "settings"
