"""Who sends a request, as its headers and its connection tell, and what an operation asks of them.

An operation says in its ``opt`` what it needs:

* ``scope``: the ``Scope`` a key must have. Without it, ``read`` for GET and ``write`` for everything else.
* ``local``: True where callers of this machine need no key, whether or not there are any.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Any, Final

from http_sf import ser
from http_sf.types import ParamsType
from litestar import Request
from litestar.types import Scope as Connection

from service.access import Caller, Doorkeeper, Quota, Visitor
from service.api.envelope import add_header, name_caller
from service.api.google_dialect import presented_keys, speaks_google
from service.credentials import Scope
from service.store.keys import WINDOW

_CALLER: Final = "caller"
_DOORKEEPER: Final = "doorkeeper"
_GO_BETWEEN: Final = frozenset({b"x-forwarded-for", b"forwarded", b"x-real-ip", b"via"})
"""Headers by which a proxy says that it asks for somebody else."""

_LOCAL_HOST: Final = re.compile(rb"(?i:localhost|127(\.\d{1,3}){3}|\[::1\])(:\d*)?")


async def admit(request: Request[Any, Any, Any], doorkeeper: Doorkeeper) -> Caller:
    """Let the request in, or raise NotAuthenticated, NotAllowed, LimitReached, Unavailable."""
    handler = request.route_handler
    ruling = await doorkeeper.admit(
        presented_secret(request.scope),
        visitor_of(request.scope),
        needed_scope(handler.opt, request.method),
        local=bool(handler.opt.get("local")),
    )
    if ruling.quota is not None:
        _tell_quota(request.scope, ruling.quota)
    if ruling.caller is None:
        raise ruling.refusal or AssertionError("neither admitted nor refused")
    request.scope["state"][_CALLER] = ruling.caller
    request.scope["state"][_DOORKEEPER] = doorkeeper
    if ruling.caller.key is not None:
        name_caller(request.scope, f"fc_{ruling.caller.key.prefix}")
    return ruling.caller


def caller_of(request: Request[Any, Any, Any]) -> Caller:
    """Who was let in with this request."""
    caller: Caller = request.scope["state"][_CALLER]
    return caller


def caller_id(request: Request[Any, Any, Any]) -> str | None:
    """The id of the caller's key, or None; in what a page token stands for, it makes the token the caller's own."""
    key = caller_of(request).key
    return None if key is None else str(key.id)


async def charge(request: Request[Any, Any, Any], units: int) -> None:
    """Charge what the request costs beyond its first unit. Raises LimitReached, and then has charged nothing."""
    doorkeeper: Doorkeeper = request.scope["state"][_DOORKEEPER]
    if quota := await doorkeeper.charge(caller_of(request), units):
        _tell_quota(request.scope, quota)


def needed_scope(opt: dict[str, Any], method: str) -> Scope:
    """The scope that an operation needs."""
    scope: Scope = opt.get("scope", Scope.READ if method in ("GET", "HEAD") else Scope.WRITE)
    return scope


def presented_secret(scope: Connection) -> str | None:
    """What came as a bearer token, or from Google's clients as they send it; None for nothing, "" for no such token."""
    given = [value for name, value in scope["headers"] if name == b"authorization"]
    if not given:
        keys = presented_keys(scope) if speaks_google(scope.get("path", "")) else []
        return keys[0].decode("latin-1") if keys else None
    scheme, _, token = given[0].partition(b" ")
    if len(given) > 1 or scheme.lower() != b"bearer":
        return ""
    return token.strip(b" ").decode("latin-1")


def visitor_of(scope: Connection) -> Visitor:
    """Where a connection comes from. The server has put the client's address in place of a trusted proxy's.

    A request of this machine for a host of another name is not local: a page in a browser here can have its own name
    resolved to this machine, and then asks in the name of whoever looks at it.
    """
    client = scope.get("client")
    host = client[0] if client else "unknown"
    try:
        address: Any = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return Visitor(host, local=False)
    address = getattr(address, "ipv4_mapped", None) or address
    for_others = any(
        name in _GO_BETWEEN or (name == b"host" and not _LOCAL_HOST.fullmatch(value))
        for name, value in scope["headers"]
    )
    return Visitor(str(address), local=bool(address.is_loopback) and not for_others)


def _tell_quota(scope: Connection, quota: Quota) -> None:
    """As draft-ietf-httpapi-ratelimit-headers-10 has it: a named policy, and what is left of it."""
    policy: ParamsType = {"q": quota.rate, "w": WINDOW}
    left: ParamsType = {"r": quota.remaining, "t": quota.reset}
    add_header(scope, "ratelimit-policy", ser([(quota.policy, policy)]))
    add_header(scope, "ratelimit", ser([(quota.policy, left)]))
