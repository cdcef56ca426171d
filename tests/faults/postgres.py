"""PostgreSQL servers that are stopped, killed and cut off, and what stands between them and the service."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import psutil

from service.store import embedded


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def account(folder: Path) -> dict[str, Any]:
    """Whom to run a server of Debian's as, for ``subprocess``: they refuse to run as root. ``folder`` becomes its own.

    The folders above are opened for passing through, as the embedded server opens those above its data.
    """
    owner = embedded._owner(folder / "absent")
    if owner is None:
        return {}
    embedded._open_to(owner, folder, embedded._binaries())
    shutil.chown(folder, owner.uid, owner.gid)
    return {"user": owner.uid, "group": owner.gid, "extra_groups": []}


@dataclass
class Postgres:
    """A server on a loopback port that can be stopped and started again; it is as careful as in production."""

    folder: Path
    binaries: Path
    port: int = field(default_factory=free_port)
    options: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._account = account(self.folder)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def url(self) -> str:
        return f"postgresql://factcheck@127.0.0.1:{self.port}/postgres"

    def create(self) -> None:
        """Make the cluster."""
        self._run("initdb", "-U", "factcheck", "--encoding=UTF8", "--locale=C", "--auth=trust", "--no-instructions")

    def start(self) -> None:
        """Start it, and return once it takes connections."""
        places = {"port": str(self.port), "listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
        # What the embedded server says too; the loopback interface needs no more.
        options = {"jit": "off", "shared_buffers": "64MB", **self.options, **places}
        told = " ".join(f"-c {name}={value}" for name, value in options.items())
        self._run("pg_ctl", "start", "-w", "-t", "60", "-l", str(self.folder / "log"), "-o", told)

    def stop(self, mode: str) -> None:
        """Stop it: ``fast`` tells its clients, ``immediate`` is a crash."""
        self._run("pg_ctl", "stop", "-w", "-t", "60", "-m", mode)

    def kill(self) -> None:
        """End the server's main process without a warning; its children end when they notice."""
        psutil.Process(int((self.data / "postmaster.pid").read_text().splitlines()[0])).kill()
        embedded._clear_remains(self.data, None)

    @property
    def running(self) -> bool:
        return embedded._running(self.data) is not None

    def _run(self, program: str, *arguments: str) -> None:
        with (self.folder / "commands.log").open("ab") as log:
            done = subprocess.run(
                [self.binaries / program, *arguments, "-D", self.data],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={"PATH": os.environ["PATH"], "LC_ALL": "C", **self.environment},
                cwd="/",
                check=False,
                **self._account,
            )
        assert done.returncode == 0, (self.folder / "commands.log").read_text() + self.said()

    def said(self) -> str:
        """The end of its log."""
        log = self.folder / "log"
        return log.read_text(errors="replace")[-4000:] if log.exists() else ""


@contextmanager
def postgres(folder: Path, environment: Mapping[str, str] | None = None, **options: str) -> Iterator[Postgres]:
    """A running server of this test's own, from the binaries of the embedded one."""
    server = Postgres(folder / "postgres", embedded._binaries(), options=options, environment=environment or {})
    server.create()
    server.start()
    try:
        yield server
    finally:
        if server.running:
            server.stop("immediate")


def query(url: str, statement: str, *values: Any) -> list[Any]:
    """The first column of what a statement returns, asked over a connection of its own."""

    async def run() -> list[Any]:
        connection = await asyncpg.connect(url)
        try:
            return [record[0] for record in await connection.fetch(statement, *values)]
        finally:
            await connection.close()

    return asyncio.run(run())


async def until(connection: Any, condition: str, count: int, seconds: float = 30) -> None:
    """Wait until exactly so many other connections to this database meet a condition on ``pg_stat_activity``."""
    question = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        f"AND backend_type = 'client backend' AND pid <> pg_backend_pid() AND {condition}"
    )
    async with asyncio.timeout(seconds):
        while await connection.fetchval(question) != count:  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(0.02)


class Wire:
    """A line to a server that can be cut at the worst moment."""

    def __init__(self, port: int) -> None:
        """``port``: where the server listens, on the loopback interface."""
        self._port = port
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._fatal: Callable[[bytes], bool] | None = None
        self.cut = asyncio.Event()
        """Set once it has been cut."""

    async def __aenter__(self) -> Wire:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def port(self) -> int:
        """Where to connect instead."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    def cut_after(self, fatal: Callable[[bytes], bool]) -> None:
        """Once: pass on the message for which ``fatal`` is true, wait for the server's answer, and lose that."""
        self._fatal = fatal
        self.cut.clear()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        doomed = asyncio.Event()

        async def there() -> None:
            while data := await reader.read(65_536):
                if self._fatal is not None and self._fatal(data):
                    self._fatal = None
                    doomed.set()
                far_writer.write(data)
                await far_writer.drain()

        async def back() -> None:
            while data := await far_reader.read(65_536):
                if doomed.is_set():
                    self.cut.set()
                    return
                writer.write(data)
                await writer.drain()

        tasks = {asyncio.create_task(there()), asyncio.create_task(back())}
        self._tasks |= tasks
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks -= tasks
        for end in (writer, far_writer):
            end.transport.abort()
            with suppress(OSError):
                await end.wait_closed()
