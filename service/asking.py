"""Whom a check asks for a second opinion, as the settings have it."""

from __future__ import annotations

from service.opinions import Upstream
from service.settings import Settings
from service.store.session import Database


def open_upstream(settings: Settings, database: Database) -> Upstream | None:
    """The second opinion that the settings want, to be closed by the caller; None without a key."""
    if settings.google_api_key is None:
        return None
    # HTTP costs a start some time, and the first retries are no time to import anything.
    import stamina  # noqa: F401

    from service.outbound.door import Door
    from service.outbound.google import Google, search

    door, google = Door.of(settings), Google(settings.google_api_url, settings.google_api_key)
    return Upstream(
        database,
        lambda text, language: search(door, google, text, language),
        budget=settings.upstream_budget,
        quota=settings.google_quota,
        hang_up=door.close,
    )
