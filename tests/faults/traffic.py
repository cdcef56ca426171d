"""Callers that keep asking whatever happens, and remember every answer they got."""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

PAUSE: Final = 0.02
"""Seconds a caller waits before it asks again: far less than Retry-After says, to ask in every moment of a fault."""

_AGAIN: Final = frozenset({409, 429, 503})
"""What a caller who repeats a request under its Idempotency-Key is told to come again for."""


@dataclass
class Traffic:
    """Writers and checkers. ``bases``: the servers, asked in turn, so that another attempt goes to another one.

    A writer stores claims, each under an Idempotency-Key; a checker has one claim checked at a time. Both repeat what
    got no answer, or one that says when to come again, until it is done; any other answer is a failure.
    """

    bases: list[str]
    headers: dict[str, str] = field(default_factory=dict)
    stored: dict[str, str] = field(default_factory=dict)
    """The text of each claim that was answered 201, by its path."""
    checked: list[str] = field(default_factory=list)
    """The path of each check that was answered 201."""
    answers: Counter[int] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)
    """What came instead of an answer, by the name of the error."""
    failures: list[str] = field(default_factory=list)
    _name: str = field(default_factory=lambda: secrets.token_hex(6))
    """Tells what these callers store from what others do in the same database."""
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    @asynccontextmanager
    async def flowing(self, writers: int = 4, checkers: int = 2) -> AsyncIterator[Traffic]:
        """Ask for as long as the block lasts; what was begun by then is asked to its end."""
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for _ in range(writers):
                group.create_task(self._repeat(self._write, stop))
            for _ in range(checkers):
                group.create_task(self._repeat(self._check, stop))
            try:
                yield self
            finally:
                stop.set()

    async def until(self, condition: Callable[[], bool], seconds: float = 60) -> None:
        """Wait until what was answered so far meets a condition."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(condition)

    async def more(self, stored: int = 30, checked: int = 30, seconds: float = 60) -> None:
        """Wait for so many further claims and checks."""
        claims, checks = len(self.stored) + stored, len(self.checked) + checked
        await self.until(lambda: len(self.stored) >= claims and len(self.checked) >= checks, seconds)

    async def refused(self, count: int = 20, seconds: float = 60) -> None:
        """Wait for so many further 503s."""
        most = self.answers[503] + count
        await self.until(lambda: self.answers[503] >= most, seconds)

    async def nothing_lost(self, base: str) -> None:
        """Every claim and every check that was answered 201 is there."""
        async with httpx.AsyncClient(base_url=base, headers=self.headers, timeout=30) as client:
            for path, text in list(self.stored.items()):
                answer = await client.get(path)
                assert (answer.status_code, answer.json().get("text")) == (200, text), path
            for path in list(self.checked):
                assert (await client.get(path)).status_code == 200, path

    async def _repeat(self, work: Callable[[httpx.AsyncClient, int], Any], stop: asyncio.Event) -> None:
        async with httpx.AsyncClient(headers=self.headers, timeout=30) as client:
            while not stop.is_set():
                await work(client, next(self._numbers))
                async with self._changed:
                    self._changed.notify_all()

    async def _write(self, client: httpx.AsyncClient, number: int) -> None:
        text = f"Reservoir {number} of {self._name} held {number + 3} million litres of water in the dry season"
        key = {"Idempotency-Key": f"{self._name}-{number}"}
        if location := await self._insist(client, number, "/v1/claims", {"text": text, "language": "en"}, key):
            self.stored[location] = text

    async def _check(self, client: httpx.AsyncClient, number: int) -> None:
        claims = [{"text": f"Reservoir {number % 50} held {number % 50 + 3} million litres of water"}]
        if location := await self._insist(client, number, "/v1/checks", {"claims": claims}, {}):
            self.checked.append(location)

    async def _insist(
        self, client: httpx.AsyncClient, number: int, path: str, body: Any, headers: dict[str, str]
    ) -> str | None:
        """The ``Location`` of what was made; None for a failure."""
        for attempt in itertools.count(number):
            try:
                answer = await client.post(self.bases[attempt % len(self.bases)] + path, json=body, headers=headers)
            except httpx.TransportError as error:
                self.broken[type(error).__name__] += 1
            else:
                self.answers[answer.status_code] += 1
                if answer.status_code == 201:
                    return answer.headers["location"]
                if answer.status_code not in _AGAIN or not _says_when(answer):
                    self.failures.append(f"{answer.status_code} {dict(answer.headers)} {answer.text}")
                    return None
            async with self._changed:
                self._changed.notify_all()
            await asyncio.sleep(PAUSE)
        raise AssertionError("unreachable")


def _says_when(answer: httpx.Response) -> bool:
    """Whether it is a problem as RFC 9457 has it, and says when to come again."""
    return (
        answer.headers["content-type"] == "application/problem+json"
        and answer.json()["status"] == answer.status_code
        and int(answer.headers.get("retry-after", "0")) >= 1
    )
