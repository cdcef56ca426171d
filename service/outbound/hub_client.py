"""The HTTP client for a model hub: who may be asked, what is sent to whom, and what refusals mean.

Everything that huggingface_hub sends goes through it too. It goes to the hub and to where the hub redirects, over
https, or over http between loopback addresses; the token goes to the hub's own origin and nowhere else.
"""

from __future__ import annotations

import os
from typing import Final

import httpx2

from service import __version__
from service.errors import HubError, NotFound
from service.settings import is_loopback

# Read when huggingface_hub is imported: no telemetry, no token of whoever is logged in here, no transfers by another
# protocol than HTTPS.
os.environ |= {"HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1", "HF_HUB_DISABLE_XET": "1"}

_MOST_REDIRECTS: Final = 5


def guarded_client(hub: str, token: str | None, silence: float) -> httpx2.Client:
    """A client for the hub at this address, which waits ``silence`` seconds for each answer and each part of it.

    Its requests raise HubError instead of going where they must not.
    """
    origin = httpx2.URL(hub).origin
    local = _is_local(httpx2.URL(hub))

    def guard(request: httpx2.Request) -> None:
        if request.url.scheme != "https" and not (local and _is_local(request.url) and request.url.scheme == "http"):
            raise HubError(
                f"{hub} redirects to {_short(request.url)}, which is not https, so nothing was fetched from there: "
                "ask whoever runs the hub, or set FACTCHECK_MODEL_HUB to another"
            )
        for name in ("Authorization", "Cookie", "X-Amzn-Trace-Id"):
            request.headers.pop(name, None)
        request.headers["User-Agent"] = f"factcheck/{__version__}"
        if token is not None and request.url.origin == origin:
            request.headers["Authorization"] = f"Bearer {token}"

    return httpx2.Client(
        event_hooks={"request": [guard]},
        follow_redirects=True,
        max_redirects=_MOST_REDIRECTS,
        timeout=silence,
        # Proxies of the environment are for servers elsewhere.
        trust_env=not local,
    )


def _is_local(url: httpx2.URL) -> bool:
    return is_loopback(url.host)


def _short(url: httpx2.URL) -> str:
    """An address without its path and query, which may be signed."""
    return f"{url.scheme}://{url.netloc.decode('ascii', 'replace')}"


def unreachable(hub: str, error: httpx2.HTTPError) -> HubError:
    """What to say where no answer came; ``error`` is why."""
    try:
        place = _short(error.request.url)
    except RuntimeError:
        place = hub
    if isinstance(error, httpx2.TooManyRedirects):
        return HubError(f"{hub} redirects more than {_MOST_REDIRECTS} times: check FACTCHECK_MODEL_HUB")
    why = str(error) or type(error).__name__
    return HubError(
        f"{place} cannot be reached ({why}): check this machine's network, its proxy settings and "
        "FACTCHECK_MODEL_HUB, then run the same command again; it goes on from where it was"
    )


def refusal(hub: str, name: str, what: str, response: httpx2.Response, *, with_token: bool) -> HubError | NotFound:
    """What to say of an answer that is none; ``what`` is what was asked for of the model ``name``."""
    status, code = response.status_code, response.headers.get("X-Error-Code", "")
    if code == "GatedRepo":
        remedy = (
            "use a token of an account that has accepted them"
            if with_token
            else "set FACTCHECK_MODEL_HUB_TOKEN to a token of an account that has accepted them"
        )
        return HubError(f"{name} is gated: read and accept its terms at {hub}/{name}, then {remedy}")
    if code == "RevisionNotFound":
        return NotFound(f"{name} has no revision of that name: {hub}/{name}/tree/main shows which there are")
    if code == "EntryNotFound":
        return NotFound(f"{name} has no {what} any more: run the same command again")
    if code == "RepoNotFound" or (status == 404 and not code):
        private = (
            "the token may not see it"
            if with_token
            else "if it is private, FACTCHECK_MODEL_HUB_TOKEN must hold a token"
        )
        return NotFound(f"{hub} has no model {name}: check the name, which is case-sensitive; {private}")
    if status == 401:
        if with_token:
            return HubError(f"{hub} refuses the token: check FACTCHECK_MODEL_HUB_TOKEN, or unset it for public models")
        # What the public hub says of models that do not exist, too.
        return NotFound(
            f"{hub} shows no model {name} without a token: check the name, or set FACTCHECK_MODEL_HUB_TOKEN if it is "
            "private or gated"
        )
    if status == 403:
        return HubError(
            f"{_short(response.url)} does not allow to read {what} of {name} (403): see {hub}/{name} for what it asks, "
            "and whether FACTCHECK_MODEL_HUB_TOKEN may read it"
        )
    if status == 429:
        return HubError(f"{_short(response.url)} has had too many requests from here: run the same command again later")
    if status >= 500:
        return HubError(f"{_short(response.url)} fails ({status}), {what} cannot be fetched now: try again later")
    return HubError(
        f"{_short(response.url)} answered {status} when asked for {what} of {name}: check FACTCHECK_MODEL_HUB"
    )
