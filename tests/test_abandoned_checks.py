"""A check that nobody waits for any more stops being worked on, in the thread where it is judged too."""

from __future__ import annotations

import asyncio
import threading

import pytest

from service import checking, hits
from service.domain import CheckOptions, IncomingClaim
from service.store.session import Database


async def test_an_abandoned_check_stops_at_the_next_claim(
    seeded_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on, ended = threading.Event(), threading.Event(), threading.Event()
    judged: list[str] = []
    real = hits._hits

    def slow(inquiry: hits.Inquiry, *others: object) -> hits.Hits:
        judged.append(inquiry.claim.text)
        begun.set()
        assert go_on.wait(30)
        return real(inquiry, *others)  # type: ignore[arg-type]

    async def to_thread(work: object) -> object:
        def run() -> object:
            try:
                return work()  # type: ignore[operator]
            finally:
                ended.set()

        return await real_to_thread(run)

    real_to_thread = asyncio.to_thread
    monkeypatch.setattr(hits, "_hits", slow)
    monkeypatch.setattr(hits, "_MANY", 0)
    monkeypatch.setattr(hits.asyncio, "to_thread", to_thread)
    claims = [IncomingClaim(f"{number} terrorists killed by drone strikes") for number in range(3, 9)]
    check = asyncio.create_task(checking.check_claims(seeded_database, claims, CheckOptions(), record=False))
    await real_to_thread(begun.wait, 30)
    check.cancel()
    with pytest.raises(asyncio.CancelledError):
        await check
    go_on.set()
    assert await real_to_thread(ended.wait, 30)
    assert judged == [claims[0].text]
