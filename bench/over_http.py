"""Checks over HTTP: a server in a process of its own, or two, and a client of few microseconds that waits for it."""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil

from service.evaluation.measures import percentile

ROOT: Final = Path(__file__).resolve().parent.parent
_BATCH: Final = 100


@dataclass(frozen=True, slots=True)
class _Measured:
    """Requests in some seconds. ``took``: milliseconds of each."""

    took: list[float]
    seconds: float
    claims: int

    def told(self) -> dict[str, float]:
        return {
            "p50_ms": round(percentile(self.took, 0.5), 2),
            "p99_ms": round(percentile(self.took, 0.99), 2),
            "requests_per_s": round(len(self.took) / self.seconds, 1),
            "claims_per_s": round(len(self.took) * self.claims / self.seconds, 1),
        }


@dataclass(frozen=True, slots=True)
class _Server:
    """``started_in``: seconds from its start to its first answer."""

    port: int
    process: psutil.Process
    started_in: float


async def over_http(url: str, asked: dict[str, list[str]], seconds: float, model: str | None = None) -> dict[str, Any]:
    """The service in a process of its own, in two, and then the bare framework; ``seconds`` for each figure.

    ``asked``: texts by their kind, of which "claims" are asked alone and all of them "mixed".
    """
    chance = random.Random(9)
    mixed = [each for texts in asked.values() for each in texts]
    chance.shuffle(mixed)
    singles = [_request([each]) for each in mixed]
    found: dict[str, Any] = {}
    environment = {"FACTCHECK_DATABASE_URL": url, "FACTCHECK_LOG_LEVEL": "warning"}
    if model:
        environment["FACTCHECK_EMBEDDING_MODEL"] = model
    command = [sys.executable, "-m", "service", "serve", "--port", "0"]
    async with _served(command, environment, singles[0]) as server:
        found["first answer after the start, s"] = round(server.started_in, 2)
        found["memory after the first answer, MiB"] = _memory(server)
        await _flood([server], singles, 4, 2.0)
        for kind, texts in {**asked, "mixed": mixed}.items():
            measured = await _flood([server], [_request([each]) for each in texts], 1, seconds)
            found[f"{kind}, concurrency 1"] = measured.told()
        for concurrency in (16, 64):
            found[f"mixed, concurrency {concurrency}"] = (await _flood([server], singles, concurrency, seconds)).told()
        batches = [_request(chance.choices(mixed, k=_BATCH)) for _ in range(20)]
        for concurrency in (1, 4):
            measured = await _flood([server], batches, concurrency, seconds, _BATCH)
            found[f"batches of {_BATCH}, concurrency {concurrency}"] = measured.told()
        found["mixed, concurrency 1, ten writes a second"] = (
            await _flood([server], singles, 1, seconds, writing=10)
        ).told()
        found["memory at the end, MiB"] = _memory(server)
        answer = await _one(server.port, singles[0])
        async with _served(command, environment, singles[0]) as second:
            await _flood([second], singles, 4, 2.0)
            for concurrency in (2, 16, 64):
                measured = await _flood([server, second], singles, concurrency, seconds)
                found[f"two processes, mixed, concurrency {concurrency}"] = measured.told()
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        file.write(answer)
        file.flush()
        async with _served([sys.executable, str(ROOT / "bench" / "bare.py"), file.name], {}, singles[0]) as bare:
            await _flood([bare], singles, 4, 1.0)
            for concurrency in (1, 16, 64):
                measured = await _flood([bare], singles, concurrency, seconds / 2)
                found[f"bare framework, concurrency {concurrency}"] = measured.told()
    return {**found, **_ratios(found)}


def _ratios(found: dict[str, Any]) -> dict[str, float]:
    bare = found["bare framework, concurrency 16"]["requests_per_s"]
    batches = found[f"batches of {_BATCH}, concurrency 4"]["claims_per_s"]
    return {
        "bare framework over ours, concurrency 16": round(bare / found["mixed, concurrency 16"]["requests_per_s"], 1),
        "bare framework over two processes of ours, concurrency 16": round(
            bare / found["two processes, mixed, concurrency 16"]["requests_per_s"], 1
        ),
        "claims a second, batches over singles": round(batches / found["mixed, concurrency 1"]["claims_per_s"], 2),
        "claims a second, batches over singles at concurrency 16": round(
            batches / found["mixed, concurrency 16"]["claims_per_s"], 2
        ),
    }


def _memory(server: _Server) -> float:
    """What the process holds, what it shares with others counted in part, in MiB."""
    return round(server.process.memory_full_info().pss / 2**20, 1)


@asynccontextmanager
async def _served(command: Sequence[str], environment: dict[str, str], request: bytes) -> AsyncIterator[_Server]:
    """A server in a process of its own, which prints its port after "127.0.0.1:", once it has answered a request."""
    begun = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *command, stdout=subprocess.PIPE, cwd=ROOT, env={**os.environ, **environment}
    )
    draining = None
    try:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            if b"http://127.0.0.1:" in line:
                break
        else:
            raise SystemExit("the server did not start")
        port = int(line.decode().rpartition("127.0.0.1:")[2].strip())
        draining = asyncio.create_task(process.stdout.read())
        await _one(port, request)
        yield _Server(port, psutil.Process(process.pid), time.perf_counter() - begun)
    finally:
        process.terminate()
        await process.wait()
        if draining:
            await draining


def _request(texts: Sequence[str]) -> bytes:
    body = json.dumps({"claims": [{"text": each} for each in texts]}).encode()
    head = (
        "POST /v1/checks HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _claim(number: int) -> bytes:
    body = json.dumps({"text": f"The lamp of lighthouse {number} was lit {number} times", "language": "en"}).encode()
    head = (
        "POST /v1/claims HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _one(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        return await _exchange(reader, writer, request)
    finally:
        writer.close()


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> bytes:
    """The body of the answer. A client of few microseconds, so that the server is what is measured."""
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
    body = await reader.readexactly(length)
    if not head.startswith(b"HTTP/1.1 201"):
        raise SystemExit(f"refused: {body[:500].decode()}")
    return body


async def _flood(
    servers: Sequence[_Server],
    requests: Sequence[bytes],
    concurrency: int,
    seconds: float,
    claims: int = 1,
    writing: int = 0,
) -> _Measured:
    """Requests one after another on so many connections, which the servers share. ``writing``: claims stored a second
    beside them.
    """
    took: list[float] = []
    begun = time.perf_counter()
    end = begun + seconds

    async def ask(first: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", servers[first % len(servers)].port)
        number = first
        while time.perf_counter() < end:
            sent = time.perf_counter()
            await _exchange(reader, writer, requests[number % len(requests)])
            took.append((time.perf_counter() - sent) * 1e3)
            number += concurrency
        writer.close()

    async def write() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", servers[0].port)
        number = int(begun)
        while time.perf_counter() < end:
            await _exchange(reader, writer, _claim(number))
            number += 1
            await asyncio.sleep(1 / writing)
        writer.close()

    async with asyncio.TaskGroup() as tasks:
        for first in range(concurrency):
            tasks.create_task(ask(first))
        if writing:
            tasks.create_task(write())
    return _Measured(took, time.perf_counter() - begun, claims)
