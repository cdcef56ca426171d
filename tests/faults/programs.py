"""Programs of the system that stand around the service: a pooler, a load balancer. Where one is missing, tests skip."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.faults.postgres import account, free_port


def program(name: str, package: str) -> str:
    """The path of a program, or a skipped test that says which package has it."""
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed: apt-get install {package}")
    return found


@contextmanager
def running(command: Sequence[str | Path], port: int, folder: Path, **keywords: Any) -> Iterator[None]:
    """A program that listens on a loopback port, for as long as the block lasts."""
    log = folder / "output.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=folder, **keywords
        )
    try:
        deadline = time.monotonic() + 30
        while not _listening(port):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.wait(30)


def _listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def pooler(folder: Path, database: int, size: int) -> Iterator[str]:
    """The URL of a database behind PgBouncer in transaction mode, which keeps ``size`` connections to the server."""
    path = program("pgbouncer", "pgbouncer")
    port = free_port()
    folder.mkdir()
    owner = account(folder)
    settings = folder / "pgbouncer.ini"
    # Whatever name comes is let in, and the server is asked under the one that is given here.
    settings.write_text(
        f"[databases]\n* = host=127.0.0.1 port={database} user=factcheck\n[pgbouncer]\npool_mode = transaction\n"
        f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n"
        f"default_pool_size = {size}\nmax_client_conn = 500\n"
    )
    settings.chmod(0o644)
    with running([path, settings], port, folder, **owner):
        yield f"postgresql://factcheck@127.0.0.1:{port}/postgres?pooler=transaction"
