"""A running server as a command meets it: its address, the key, and what it says when it refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from service.errors import FactcheckError, InvalidInput, Unavailable
from service.settings import Settings

if TYPE_CHECKING:
    import httpx


def open_server(settings: Settings, base: str, patience: float) -> httpx.AsyncClient:
    """A client of the server at ``base``, which waits ``patience`` seconds for a sign of life.

    Raises InvalidInput for what is no address.
    """
    import httpx

    parts = urlsplit(base)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise InvalidInput([], f"{base} is not the base address of a server, such as http://127.0.0.1:8000")
    headers = {"Authorization": f"Bearer {settings.api_key}"} if settings.api_key else {}
    return httpx.AsyncClient(base_url=base, timeout=patience, headers=headers)


def refusal(client: httpx.AsyncClient, status: int, answer: Any) -> FactcheckError:
    """What to raise for an answer that is none. ``answer``: its body, decoded."""
    detail = str(answer.get("detail") or answer.get("title")) if isinstance(answer, dict) else ""
    if status in {401, 403}:
        return Unavailable(f"{client.base_url} wants an API key (FACTCHECK_API_KEY): {detail}")
    if 400 <= status < 500 and status not in {404, 408, 429}:
        return InvalidInput([], detail)
    return Unavailable(f"{client.base_url} answered {status}: {detail}")
