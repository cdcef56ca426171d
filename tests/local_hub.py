"""A model hub on the loopback interface, with a second server for large files, as huggingface.co has one.

It answers the model's description and the addresses of files with the statuses and headers of the real one: large
files (Git LFS) by a redirect to the other server, small ones by a redirect within, ranges, commits in headers.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

_LARGE = (".onnx", ".onnx_data", ".bin", ".safetensors")


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def git_sha1(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


@dataclass
class Asked:
    """A request as it arrived; ``large`` where it came to the server for large files."""

    path: str
    headers: dict[str, str]
    large: bool
    at: float = field(default_factory=time.monotonic)


@dataclass
class Fault:
    """What becomes of the next ``times`` requests whose path holds ``within``: this answer instead."""

    within: str
    status: int
    headers: dict[str, str]
    times: int
    body: bytes


@dataclass
class HeldModel:
    """Commits, newest last, each the files it has; and how the hub speaks of them."""

    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    licence: str | None = "apache-2.0"
    gated: bool = False

    @property
    def newest(self) -> str:
        return list(self.commits)[-1]


@dataclass
class LocalHub:
    """A running hub. Its attributes may be changed while it runs."""

    address: str = ""
    large_address: str = ""
    token: str | None = None
    models: dict[str, HeldModel] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    description: Callable[[dict[str, Any]], dict[str, Any]] = lambda told: told
    """Changes what is said of a model."""
    redirect: Callable[[str], str] = lambda address: address
    """Changes where large files are said to be."""
    blobs: dict[str, bytes] = field(default_factory=dict)
    """What the server for large files has, by SHA-256."""
    ranges: bool = True
    stop_after: int | None = None
    """The server for large files stops there, once, in the middle of a file: sets ``stopped``, waits for ``go_on``."""
    cut_after: int | None = None
    """It closes the connection there, each time."""
    stopped: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)

    def put(self, name: str, folder: Path, **more: bytes) -> str:
        """Add the folder as a commit of the model, and return the commit. ``more`` has files besides, by path."""
        files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        files |= more
        model = self.models.setdefault(name, HeldModel())
        listed = sorted((path, git_sha1(content)) for path, content in files.items())
        commit = git_sha1(repr((name, len(model.commits), listed)).encode())
        model.commits[commit] = files
        self.blobs |= {sha256(content): content for path, content in files.items() if path.endswith(_LARGE)}
        return commit

    def fail(self, within: str, status: int, *, times: int = 1, body: bytes = b"{}", **headers: str) -> None:
        """Answer the next ``times`` requests whose path holds ``within`` with this status instead."""
        spelled = {name.replace("_", "-"): value for name, value in headers.items()}
        self.faults.append(Fault(within, status, spelled, times, body))

    def paths(self, within: str = "") -> list[str]:
        """The paths that were asked for, in order."""
        return [asked.path for asked in self.asked if within in asked.path]

    def describe(self, name: str, revision: str) -> tuple[int, dict[str, str], dict[str, Any]]:
        model = self.models.get(name)
        if model is None:
            return 401, {"X-Error-Code": "RepoNotFound"}, {"error": "Repository not found"}
        commit = model.newest if revision == "main" else revision
        if commit not in model.commits:
            return 404, {"X-Error-Code": "RevisionNotFound"}, {"error": f"Invalid rev id: {revision}"}
        told: dict[str, Any] = {
            "_id": "0", "id": name, "modelId": name, "sha": commit, "private": False, "downloads": 1, "likes": 0,
            "gated": "auto" if model.gated else False,
            "tags": ["onnx", "multilingual", *([f"license:{model.licence}"] if model.licence else [])],
            "siblings": [_sibling(path, content) for path, content in model.commits[commit].items()],
        }  # fmt: skip
        return 200, {}, self.description(told)


def _sibling(path: str, content: bytes) -> dict[str, Any]:
    told: dict[str, Any] = {"rfilename": path, "size": len(content), "blobId": git_sha1(content)}
    if path.endswith(_LARGE):
        pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + sha256(content).encode()
        lfs = {"sha256": sha256(content), "size": len(content), "pointerSize": len(pointer)}
        told |= {"blobId": git_sha1(pointer), "lfs": lfs}
    return told


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: LocalHub
    large: bool

    def do_GET(self) -> None:
        hub = self.hub
        hub.asked.append(Asked(self.path, dict(self.headers.items()), self.large))
        for fault in hub.faults:
            if fault.times and fault.within in self.path:
                fault.times -= 1
                self._send(fault.status, fault.headers, fault.body)
                return
        path = unquote(urlsplit(self.path).path)
        if self.large:
            self._send_large(hub.blobs.get(path.rpartition("/")[2]))
        elif found := re.fullmatch(r"/api/models/(.+)/revision/(.+)", path):
            status, headers, body = hub.describe(found[1], found[2])
            self._send(status, {"Content-Type": "application/json", **headers}, json.dumps(body).encode())
        elif found := re.fullmatch(r"/api/resolve-cache/models/(.+)/([0-9a-f]{40})/(.+)", path):
            self._send(200, {}, hub.models[found[1]].commits[found[2]][found[3]])
        elif found := re.fullmatch(r"/(.+)/resolve/([0-9a-f]{40})/(.+)", path):
            self._resolve(*found.groups())
        else:
            self._send(404, {}, b"")

    def _resolve(self, name: str, commit: str, path: str) -> None:
        model = self.hub.models[name]
        if model.gated and self.headers.get("Authorization") != f"Bearer {self.hub.token}":
            self._send(401, {"X-Error-Code": "GatedRepo", "X-Error-Message": f"Access to model {name} is restricted."})
            return
        content = model.commits[commit].get(path)
        if content is None:
            self._send(404, {"X-Error-Code": "EntryNotFound"})
            return
        headers = {"X-Repo-Commit": commit, "Accept-Ranges": "bytes", "X-Linked-Size": str(len(content))}
        if path.endswith(_LARGE):
            there = self.hub.redirect(f"{self.hub.large_address}/repos/{sha256(content)}?Signature=abc")
            self._send(302, {**headers, "X-Linked-Etag": f'"{sha256(content)}"', "Location": there})
        else:
            there = f"/api/resolve-cache/models/{name}/{commit}/{path}"
            self._send(307, {**headers, "ETag": f'"{git_sha1(content)}"', "Location": there})

    def _send_large(self, content: bytes | None) -> None:
        if content is None:
            self._send(403, {}, b"<Error>AccessDenied</Error>")
            return
        start = 0
        headers = {"ETag": f'"{sha256(content)}"', "Accept-Ranges": "bytes"}
        if self.hub.ranges and (asked := re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))):
            start = int(asked[1])
            if start >= len(content):
                self._send(416, {"Content-Range": f"bytes */{len(content)}"})
                return
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        self._send(206 if start else 200, headers, content[start:], paced=True)

    def _send(self, status: int, headers: dict[str, str], body: bytes = b"", *, paced: bool = False) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        hub = self.hub
        try:
            if paced and hub.cut_after is not None:
                self.wfile.write(body[: hub.cut_after])
                self.close_connection = hub.cut_after < len(body)
                return
            if paced and hub.stop_after is not None and len(body) > hub.stop_after:
                self.wfile.write(body[: hub.stop_after])
                body, hub.stop_after = body[hub.stop_after :], None
                hub.stopped.set()
                hub.go_on.wait(60)
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nobody reads it."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed is no fault of the server."""


@contextmanager
def local_hub() -> Iterator[LocalHub]:
    """A hub without models, on two free ports."""
    hub = LocalHub()
    servers = []
    for large in (False, True):
        handler = type("Handler", (_Handler,), {"hub": hub, "large": large})
        server = _Server(("127.0.0.1", 0), handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    hub.address, hub.large_address = (f"http://127.0.0.1:{server.server_address[1]}" for server in servers)
    try:
        yield hub
    finally:
        hub.go_on.set()
        for server in servers:
            server.shutdown()
            server.server_close()
