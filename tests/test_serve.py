"""``factcheck serve`` as a process: starting, stopping, being killed, and what is left of it."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
import httpx
import psutil
import pytest

from tests.conftest import ROOT, plain, serving

CLAIM = {"text": "A claim of this test, 7 of 7", "language": "en"}

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and process groups")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose database the tests of this module share, as one operator's runs would."""
    return tmp_path_factory.mktemp("serve")


def postmaster(folder: Path) -> psutil.Process | None:
    file = folder / "data" / "postgres" / "postmaster.pid"
    if not file.exists():
        return None
    try:
        process = psutil.Process(int(file.read_text().splitlines()[0]))
    except psutil.NoSuchProcess:
        return None
    return None if process.status() == psutil.STATUS_ZOMBIE else process


def first_answer(base: str) -> httpx.Response:
    return httpx.get(f"{base}/readyz", timeout=30)


def test_from_nothing_it_migrates_seeds_and_says_what_to_try(folder: Path) -> None:
    with serving(folder, "--seed") as server:
        assert first_answer(server.base).status_code == 200
        said = server.log.read_text()
        assert f"{server.base}/docs" in said
        assert re.search(r"\d+ claims stored", said)
        shown = re.search(r"(curl .+?)\n\n", said, re.DOTALL)
        assert shown
        done = subprocess.run(["sh", "-c", shown[1]], capture_output=True, text=True, timeout=60, check=True)
        assert '"status":"unproven"' in done.stdout
    assert postmaster(folder) is None


def test_the_second_start_keeps_the_data(folder: Path) -> None:
    with serving(folder) as server:
        stored = httpx.post(f"{server.base}/v1/claims", json=CLAIM, timeout=30)
        assert stored.status_code == 201
    with serving(folder, "--seed") as server:
        assert first_answer(server.base).status_code == 200
        assert httpx.get(f"{server.base}{stored.headers['location']}", timeout=30).json()["text"] == CLAIM["text"]
        assert "claims stored" not in server.log.read_text()


def test_ctrl_c_stops_everything_that_was_started(folder: Path) -> None:
    with serving(folder) as server:
        database = postmaster(folder)
        assert database is not None
        assert os.getpgid(database.pid) != server.process.pid, "the terminal's Ctrl-C must not reach the database"
        os.killpg(server.process.pid, signal.SIGINT)
        assert server.process.wait(30) == 0
        assert "Traceback" not in server.log.read_text()
    assert postmaster(folder) is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_polite_request_stops_everything(folder: Path, number: signal.Signals) -> None:
    with serving(folder) as server:
        server.process.send_signal(number)
        assert server.process.wait(30) == 0
        assert "Traceback" not in server.log.read_text()
    assert postmaster(folder) is None


def test_an_impatient_second_ctrl_c_leaves_nothing_behind(folder: Path) -> None:
    with serving(folder) as server:
        for _ in range(5):
            if server.process.poll() is None:
                os.killpg(server.process.pid, signal.SIGINT)
            time.sleep(0.03)
        server.process.wait(30)
    assert postmaster(folder) is None


def test_a_kill_loses_nothing_that_was_answered(folder: Path) -> None:
    with serving(folder) as server, httpx.Client(base_url=server.base, timeout=30) as client:
        answered = [client.post("/v1/claims", json=CLAIM).headers["location"] for _ in range(20)]
        server.process.kill()
        server.process.wait(30)
    left = postmaster(folder)
    assert left is not None
    left.kill()  # and the database with it, as when the machine stops
    psutil.wait_procs([left], timeout=10)
    with serving(folder) as server, httpx.Client(base_url=server.base, timeout=30) as client:
        assert [client.get(path).status_code for path in answered] == [200] * 20
    assert postmaster(folder) is None


def test_commands_run_beside_it_and_leave_it_running(folder: Path) -> None:
    with serving(folder) as server:
        database = postmaster(folder)
        done = subprocess.run(
            [sys.executable, "-m", "service", "check", CLAIM["text"]],
            cwd=ROOT,
            env={**os.environ, "FACTCHECK_DATA_DIR": str(folder / "data")},
            capture_output=True,
            text=True,
            check=True,
        )
        assert "equivalent" in done.stdout
        assert postmaster(folder) == database
        assert first_answer(server.base).status_code == 200


def test_a_port_in_use(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "service", "serve", "--port", str(port)],
            cwd=ROOT,
            env={**os.environ, "FACTCHECK_DATA_DIR": str(folder / "data")},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 1
    assert f"port {port} on 127.0.0.1 is in use" in done.stderr
    assert "Traceback" not in done.stderr


def run(*arguments: str, database_url: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "service", *arguments],
        cwd=ROOT,
        env={**os.environ, "FACTCHECK_DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_it_serves_others_only_with_keys(folder: Path, database_url: str) -> None:
    refused = run("serve", "--host", "0.0.0.0", "--port", "0", database_url=database_url)
    assert refused.returncode == 2
    assert "factcheck keys create --scope admin" in refused.stderr
    assert "Traceback" not in refused.stderr
    secret = run("keys", "create", "--scope", "admin", database_url=database_url).stdout.strip()
    with serving(folder, "--host", "0.0.0.0", FACTCHECK_DATABASE_URL=database_url) as server:
        assert first_answer(server.base).json()["status"] == "ok"
        address = f"{server.base}/v1/keys"
        assert httpx.get(address, timeout=30).status_code == 401
        assert httpx.get(address, headers={"Authorization": f"Bearer {secret}"}, timeout=30).status_code == 200
        # The keys are gone, as after restoring an old copy: it does not open itself.
        plain_url = plain(database_url)
        asyncio.run(empty_keys(plain_url))
        assert httpx.get(address, timeout=30).status_code == 401


async def empty_keys(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("TRUNCATE api_keys CASCADE")
    finally:
        await connection.close()


def test_the_log_names_no_claim(folder: Path) -> None:
    with serving(folder) as server:
        httpx.get(f"{server.base}/v1/check", params={"text": "A private matter of 12 people"}, timeout=30)
        httpx.post(f"{server.base}/v1/checks", json={"claims": [{"text": "A private matter"}]}, timeout=30)
    assert "private" not in server.log.read_text()
    assert "/v1/checks" in server.log.read_text()
