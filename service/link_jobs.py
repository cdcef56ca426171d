"""The job that looks after links. What it needs is imported when it first runs: HTTP costs a start some time."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from service.jobs import JobKind, Workplace
from service.settings import Settings


async def _run(workplace: Workplace, _payload: bytes) -> None:
    from service.links import run_links

    await run_links(workplace)


def _period(settings: Settings) -> timedelta | None:
    return timedelta(minutes=1) if settings.check_links is not None else None


LINKS: Final = JobKind("links", _run, every=_period)
"""Visits the links that are due, where the settings want it."""
