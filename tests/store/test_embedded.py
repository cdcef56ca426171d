"""The embedded PostgreSQL: shared, stopped by its last user, started after whatever happened before."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest

from service.errors import Unavailable
from service.store import embedded
from service.store.embedded import embedded_postgres

FAST = {"fsync": "off"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a cluster in it, stopped; tests take turns on it, since making one takes half a second."""
    folder = tmp_path_factory.mktemp("embedded")
    with embedded_postgres(folder, options=FAST):
        pass
    return folder


@pytest.fixture
def data_dir(made: Path) -> Iterator[Path]:
    yield made
    assert postmaster(made) is None, "a test left its server running"


def postmaster(folder: Path) -> int | None:
    """The pid of the server on this folder, read independently of the code under test."""
    file = folder / "postgres" / "postmaster.pid"
    if not file.exists():
        return None
    pid = int(file.read_text().splitlines()[0])
    if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
        return None
    return pid


def ask(url: str, query: str) -> object:
    async def run() -> object:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()

    return asyncio.run(run())


def holder(folder: Path) -> subprocess.Popen[str]:
    """Another process that uses the server until its standard input closes."""
    program = """
        import sys
        from pathlib import Path
        from service.store.embedded import embedded_postgres
        with embedded_postgres(Path(sys.argv[1]), options={"fsync": "off"}):
            print("up", flush=True)
            sys.stdin.read()
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    return process


def release(process: subprocess.Popen[str]) -> None:
    process.communicate(timeout=60)
    assert process.returncode == 0


def test_it_runs_inside_the_block_and_not_after(data_dir: Path) -> None:
    with embedded_postgres(data_dir, options=FAST) as url:
        assert ask(url, "SELECT 6 * 7") == 42
    assert postmaster(data_dir) is None


def test_what_was_written_is_there_next_time(data_dir: Path) -> None:
    with embedded_postgres(data_dir, options=FAST) as url:
        ask(url, "CREATE TABLE IF NOT EXISTS kept AS SELECT 7 AS number")
    with embedded_postgres(data_dir, options=FAST) as url:
        assert ask(url, "SELECT number FROM kept") == 7


def test_safe_defaults_unless_asked_otherwise(data_dir: Path) -> None:
    with embedded_postgres(data_dir) as url:
        shown = {name: ask(url, f"SHOW {name}") for name in ("fsync", "synchronous_commit", "jit", "listen_addresses")}
    assert shown == {"fsync": "on", "synchronous_commit": "on", "jit": "off", "listen_addresses": ""}


def test_text_is_compared_by_code_point_whatever_the_locale(data_dir: Path) -> None:
    with embedded_postgres(data_dir, options=FAST) as url:
        assert ask(url, "SELECT 'Z' < 'a' AND 'ی' > 'z' AND upper('é') = 'É' AND char_length('عین') = 3") is True


def test_nested_use_in_one_process(data_dir: Path) -> None:
    with embedded_postgres(data_dir, options=FAST) as outer:
        with embedded_postgres(data_dir, options=FAST) as inner:
            assert inner == outer
        assert ask(outer, "SELECT 1") == 1


def test_whoever_leaves_first_does_not_stop_it(data_dir: Path) -> None:
    with embedded_postgres(data_dir, options=FAST) as url:
        pid = postmaster(data_dir)
        release(holder(data_dir))
        assert postmaster(data_dir) == pid
        assert ask(url, "SELECT 1") == 1


def test_the_one_who_started_it_may_leave_first(data_dir: Path) -> None:
    with embedded_postgres(data_dir, options=FAST):
        other = holder(data_dir)
        pid = postmaster(data_dir)
    assert postmaster(data_dir) == pid
    release(other)


def test_a_killed_user_keeps_nobody_from_stopping_it(data_dir: Path) -> None:
    killed = holder(data_dir)
    pid = postmaster(data_dir)
    killed.kill()
    killed.communicate(timeout=30)
    assert postmaster(data_dir) == pid, "the server outlives its killed user"
    with embedded_postgres(data_dir, options=FAST) as url:
        assert postmaster(data_dir) == pid, "and the next one adopts it"
        assert ask(url, "SELECT 1") == 1


def test_the_server_itself_killed(data_dir: Path) -> None:
    with embedded_postgres(data_dir, options=FAST) as url:
        ask(url, "CREATE TABLE IF NOT EXISTS survives AS SELECT 1 AS one")
        pid = postmaster(data_dir)
        assert pid is not None
        server = psutil.Process(pid)
        server.kill()
        deadline = time.monotonic() + 10
        while postmaster(data_dir) is not None and time.monotonic() < deadline:
            time.sleep(0.01)
    with embedded_postgres(data_dir, options=FAST) as url:
        assert ask(url, "SELECT one FROM survives") == 1


def test_a_pid_file_whose_pid_is_another_program_by_now(data_dir: Path) -> None:
    stale = data_dir / "postgres" / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{data_dir / 'postgres'}\n1\n5432\n{data_dir}\n\n1 1\nready\n")
    with embedded_postgres(data_dir, options=FAST) as url:
        assert postmaster(data_dir) != os.getpid()
        assert ask(url, "SELECT 1") == 1


def test_a_garbled_pid_file(data_dir: Path) -> None:
    (data_dir / "postgres" / "postmaster.pid").write_text("what\n")
    with embedded_postgres(data_dir, options=FAST) as url:
        assert ask(url, "SELECT 1") == 1


def test_two_processes_starting_at_once(data_dir: Path) -> None:
    program = (
        "import sys\nfrom pathlib import Path\nfrom service.store.embedded import embedded_postgres\n"
        "with embedded_postgres(Path(sys.argv[1]), options={'fsync': 'off'}) as url: print(url)"
    )
    both = [
        subprocess.Popen([sys.executable, "-c", program, str(data_dir)], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    outputs = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert all(output.startswith("postgresql://") for output in outputs)


@pytest.mark.skipif(sys.platform == "win32", reason="Unix sockets and modes")
def test_only_the_owner_reaches_the_socket(data_dir: Path) -> None:
    with embedded_postgres(data_dir, options=FAST):
        assert stat.S_IMODE((data_dir / "postgres").stat().st_mode) == 0o700
        assert stat.S_IMODE((data_dir / "postgres.password").stat().st_mode) == 0o600


@pytest.mark.skipif(sys.platform == "win32", reason="Unix sockets and modes")
def test_a_path_too_long_for_a_socket(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 30)
    with embedded_postgres(folder, options=FAST) as url:
        assert ask(url, "SELECT 1") == 1
        assert str(folder) not in url


@pytest.mark.skipif(sys.platform == "win32", reason="Unix modes")
def test_parents_are_not_opened_for_listing(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with embedded_postgres(closed / "data", options=FAST):
        pass
    assert not stat.S_IMODE(closed.stat().st_mode) & (stat.S_IRGRP | stat.S_IROTH)


def test_over_tcp_it_wants_the_password(data_dir: Path) -> None:
    with embedded_postgres(data_dir, options=FAST, over_tcp=True) as url:
        assert "127.0.0.1" in url
        assert ask(url, "SELECT 1") == 1
        with pytest.raises(asyncpg.InvalidPasswordError):
            ask(url.replace(":", ":wrong", 2).replace("postgresql:wrong", "postgresql:"), "SELECT 1")


def test_a_half_made_cluster_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "postgres.unfinished").mkdir()
    (tmp_path / "postgres.unfinished" / "PG_VERSION").write_text("18\n")
    with embedded_postgres(tmp_path, options=FAST) as url:
        assert ask(url, "SELECT 1") == 1


def test_a_cluster_of_another_version_is_left_alone(tmp_path: Path) -> None:
    cluster = tmp_path / "postgres"
    cluster.mkdir()
    (cluster / "PG_VERSION").write_text("9\n")
    with pytest.raises(Unavailable, match="made by PostgreSQL 9"), embedded_postgres(tmp_path):
        pass


def test_a_server_that_cannot_start_says_why(data_dir: Path) -> None:
    with (
        pytest.raises(Unavailable, match="max_connections"),
        embedded_postgres(data_dir, options={"max_connections": "none"}),
    ):
        pass


def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="cannot be used"), embedded_postgres(tmp_path / "file"):
        pass


def test_no_wheel_no_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(Unavailable, match="FACTCHECK_DATABASE_URL"), embedded_postgres(tmp_path):
        pass
