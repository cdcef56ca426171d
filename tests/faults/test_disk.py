"""The disk of the embedded database is full."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import asyncpg
import httpx
import pytest

from tests.faults.servers import served
from tests.faults.traffic import Traffic

SIZE = 160 << 20
"""Bytes: a new cluster and its first log take half of them."""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own that is soon full."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=755", "tmpfs", place], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a small file system is not permitted here")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


def fill(place: Path, leaving: int) -> Path:
    """A file that takes what is free but for so many bytes."""
    ballast = place / "ballast"
    free = int(
        subprocess.run(["df", "-B1", "--output=avail", place], capture_output=True, check=True).stdout.split()[1]
    )
    with ballast.open("wb") as file, suppress(OSError):
        for _ in range((free - leaving) >> 16):
            file.write(bytes(1 << 16))
    return ballast


async def break_log(data: Path) -> None:
    """Have the database write more of its log than there is room for, which ends it."""
    socket = (data / "postmaster.pid").read_text().splitlines()[4]
    async with asyncio.timeout(60):
        while True:
            with suppress(ConnectionError, asyncpg.PostgresError, asyncpg.InterfaceError):
                try:
                    connection = await asyncpg.connect(host=socket, user="factcheck", database="postgres", timeout=10)
                except FileNotFoundError:
                    return  # its socket goes when it does
                await connection.execute("SELECT pg_logical_emit_message(false, '', repeat('.', 4000000))")
                await connection.execute("SELECT pg_switch_wal()")
                await connection.close()
            await asyncio.sleep(0.05)


async def test_a_full_disk_refuses_writes_and_loses_nothing(small_disk: Path, tmp_path: Path) -> None:
    """Writes are answered 503; once there is room again they go on, and everything that was answered is there."""
    async with served(tmp_path, FACTCHECK_DATA_DIR=str(small_disk / "data")) as service:
        traffic = Traffic([service.base])
        async with traffic.flowing(writers=4, checkers=2), httpx.AsyncClient(base_url=service.base) as client:
            await traffic.more(10, 10)
            ballast = await asyncio.to_thread(fill, small_disk, 1 << 20)
            await traffic.refused()
            assert (await client.get("/healthz")).status_code == 200
            ballast.unlink()
            await traffic.more(10, 10)
            # So full that PostgreSQL cannot even keep its log: it dies, and is started again when it can run.
            ballast = await asyncio.to_thread(fill, small_disk, 0)
            await break_log(small_disk / "data" / "postgres")
            await traffic.refused()
            ballast.unlink()
            await traffic.more(10, 10)
        assert not traffic.failures
        await traffic.nothing_lost(service.base)
        assert "it was started again" in service.log.read_text()
