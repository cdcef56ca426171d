"""``factcheck export``: the same file from the database and from a server, and no file that is not whole."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from service.cli import main
from service.seeding import read_seeds
from tests.conftest import Server


@pytest.fixture
def seeded(monkeypatch: pytest.MonkeyPatch, seeded_url: str) -> None:
    monkeypatch.setenv("FACTCHECK_DATABASE_URL", seeded_url)


@pytest.mark.parametrize("form", ["jsonl", "csv", "claimreview", "atom"])
def test_database_and_server_give_the_same(
    form: str, seeded: None, server: Server, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    path = tmp_path / "claims"
    assert main(["export", form, "--out", str(path), "--topic", "health"]) == 0
    assert main(["export", form, "--server", server.base, "--topic", "health"]) == 0
    printed = capfdbinary.readouterr().out
    # ids and times differ between the two databases
    assert len(printed.splitlines()) == len(path.read_bytes().splitlines()) >= 1
    if form == "jsonl":
        texts = [json.loads(line)["text"] for line in printed.splitlines()]
        assert texts == [json.loads(line)["text"] for line in path.read_bytes().splitlines()]
        assert 1 < len(texts) < len(read_seeds())
    assert [each.name for each in tmp_path.iterdir()] == ["claims"]


def test_what_is_refused_leaves_the_old_file(seeded: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "claims.csv"
    path.write_text("old")
    assert main(["export", "csv", "--out", str(path), "--language", "xx-nowhere"]) == 2
    assert "/language" in capsys.readouterr().err
    assert main(["export", "atom", "--out", str(path), "--status", "any"]) == 2
    assert main(["export", "csv", "--out", str(tmp_path / "nowhere" / "claims.csv")]) == 1
    assert "cannot be written" in capsys.readouterr().err
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["claims.csv"]


@contextmanager
def cut_off(answer: bytes) -> Iterator[str]:
    """The base address of a server that sends this and closes the connection."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65_536)
            connection.sendall(answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    with listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(10)


def test_half_a_file_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = b'{"id":"x"}\n'
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
    with cut_off(head + b"b\r\n" + row + b"\r\n") as base:
        assert main(["export", "jsonl", "--out", str(tmp_path / "claims"), "--server", base]) == 1
    assert "there is no file" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_an_answer_in_this_process_is_handed_on_as_it_is_made() -> None:
    import httpx

    from service.cli.in_process import InProcess

    made: list[int] = []

    async def app(scope: dict[str, object], receive: object, send: object) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})  # type: ignore[operator]
        for number in range(10):
            made.append(number)
            await send({"type": "http.response.body", "body": b"x", "more_body": True})  # type: ignore[operator]
        raise RuntimeError("lost")

    async def read() -> None:
        async with httpx.AsyncClient(transport=InProcess(app), base_url="http://x") as client:
            async with client.stream("GET", "/") as answer:
                parts = answer.aiter_raw()
                assert await anext(parts) == b"x"
                assert len(made) < 5
                with pytest.raises(httpx.RemoteProtocolError, match="broke off"):
                    async for _ in parts:
                        pass
            async with client.stream("GET", "/") as answer:
                assert answer.status_code == 200

    asyncio.run(read())
