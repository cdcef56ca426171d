"""Two API processes behind a load balancer, a worker, a pooler and a replica: docker-compose's profile by hand."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

import httpx

from tests.conftest import ROOT, Server, make_admin
from tests.faults.postgres import Postgres, account, free_port, postgres
from tests.faults.programs import pooler, program, running
from tests.faults.servers import served
from tests.faults.traffic import Traffic


@contextmanager
def load_balancer(folder: Path, ports: list[int]) -> Iterator[str]:
    """The address of HAProxy before two processes, with the configuration that docker-compose uses."""
    path = program("haproxy", "haproxy")
    port = free_port()
    folder.mkdir()
    addresses = {f"API_{number}": f"127.0.0.1:{each}" for number, each in enumerate(ports, start=1)}
    environment = {**os.environ, "LISTEN": f"127.0.0.1:{port}", **addresses}
    command = [path, "-db", "-f", ROOT / "deploy" / "haproxy.cfg"]
    with running(command, port, folder, env=environment):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def replica(folder: Path, primary: Postgres) -> Iterator[Postgres]:
    """A server that follows another one, started by the script that docker-compose uses."""
    follower = Postgres(folder / "replica", primary.binaries)
    script = shutil.copy(ROOT / "deploy" / "replica.sh", follower.folder)
    where = {"PGHOST": "127.0.0.1", "PGPORT": str(primary.port), "PGUSER": "factcheck", "PGDATA": str(follower.data)}
    path = f"{primary.binaries}:{os.environ['PATH']}"
    options = ("-c", f"port={follower.port}", "-c", "unix_socket_directories=", "-c", "listen_addresses=127.0.0.1")
    command = ["sh", script, *options]
    owner = account(follower.folder)
    with running(command, follower.port, follower.folder, env={"PATH": path, "LC_ALL": "C", **where}, **owner):
        yield follower


@contextmanager
def worker(folder: Path, **environment: str) -> Iterator[None]:
    """``factcheck worker``, which must still run at the end and stop when it is asked to."""
    log = folder / "worker.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "service", "worker"],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        yield
        assert process.poll() is None, log.read_text()
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0, log.read_text()
        assert "Traceback" not in log.read_text()
    finally:
        process.kill()
        process.wait(30)


async def listed(client: httpx.AsyncClient, base: str) -> int:
    """How many claims of the traffic a list counts."""
    return int((await client.get(f"{base}/v1/claims", params={"q": "reservoir"})).json()["total"])


async def test_a_rolling_restart_behind_a_load_balancer(tmp_path: Path) -> None:
    """Each process is replaced in its turn under load; no request of a caller who repeats what he must has failed."""
    async with AsyncExitStack() as stack:

        async def enter(manager: object) -> object:
            """A synchronous context, beside the loop."""
            entered = await asyncio.to_thread(manager.__enter__)  # type: ignore[attr-defined]
            stack.push_async_callback(asyncio.to_thread, manager.__exit__, None, None, None)  # type: ignore[attr-defined]
            return entered

        ports = [free_port(), free_port()]
        balancer = str(await enter(load_balancer(tmp_path / "balancer", ports)))
        primary: Postgres = await enter(postgres(tmp_path))  # type: ignore[assignment]
        url = str(await enter(pooler(tmp_path / "pooler", primary.port, size=8)))
        settings = {"FACTCHECK_DATABASE_URL": url, "FACTCHECK_TRUSTED_PROXIES": "127.0.0.1", "FACTCHECK_WORKERS": "0"}
        follower: Postgres = await enter(replica(tmp_path, primary))  # type: ignore[assignment]
        settings["FACTCHECK_READ_DATABASE_URL"] = follower.url

        async def start(port: int) -> tuple[AsyncExitStack, Server]:
            running = AsyncExitStack()
            server = await running.enter_async_context(served(tmp_path, "--port", str(port), "--seed", **settings))
            return running, server

        processes = [await start(port) for port in ports]
        for number in range(2):
            stack.push_async_callback(lambda number=number: processes[number][0].aclose())
        secret = await asyncio.to_thread(make_admin, primary.url)
        await enter(worker(tmp_path, **{**settings, "FACTCHECK_WORKERS": "2"}))
        traffic = Traffic([balancer], headers={"Authorization": f"Bearer {secret}"})
        async with traffic.flowing(writers=3, checkers=5):
            await traffic.more(10, 20)
            for number, port in enumerate(ports):
                await processes[number][0].aclose()  # SIGTERM, and a good end
                await traffic.more(10, 10)
                processes[number] = await start(port)
                await traffic.more(10, 20)
        assert not traffic.failures
        await traffic.nothing_lost(balancer)
        async with httpx.AsyncClient(headers=traffic.headers, timeout=30) as client:
            async with asyncio.timeout(30):  # lists come from the replica, which follows in its own time
                while await listed(client, balancer) != len(traffic.stored):  # noqa: ASYNC110  # nobody tells
                    await asyncio.sleep(0.05)
            audit = (await client.get(f"{balancer}/v1/audit", params={"page_size": 1})).json()
        assert audit["items"][0]["address"] == "127.0.0.1"
        assert not any("Traceback" in server.log.read_text() for _, server in processes)
    # What the process that was about to stop could not take any more was taken by the other one.
    assert set(traffic.answers) == {201}, traffic.answers
