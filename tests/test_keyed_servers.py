"""Servers with keys, as processes: what bites on all of them at once, survives a kill, and never leaks."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from sqlalchemy import make_url

from service.cli import main
from tests.conftest import Cluster, Server, plain, serving

CLAIM = {"text": "A claim of this test, 7 of 7", "language": "en"}
PASSWORD = "pa55word-of-the-database"
ONE_KEY = {"Idempotency-Key": '"one and the same"'}


@pytest.fixture(scope="module")
def url(cluster: Cluster, migrated_url: str) -> Iterator[str]:
    """A database whose URL holds a password, which the test cluster does not ask for."""
    url = cluster.create(migrated_url)
    yield (
        make_url(url)
        .set(username=make_url(url).username or "factcheck", password=PASSWORD)
        .render_as_string(hide_password=False)
    )
    cluster.drop(url)


@pytest.fixture(scope="module")
def admin(url: str) -> str:
    """The secret of an administrator's key, made before any server runs."""
    return made_by_hand(url, "--scope", "admin", "--rate-limit", "1000000")["secret"]


def made_by_hand(url: str, *arguments: str) -> dict[str, Any]:
    import contextlib
    import io

    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()) as out:
        patch.setenv("FACTCHECK_DATABASE_URL", url)
        assert main(["keys", "create", "--json", *arguments]) == 0
    made: dict[str, Any] = json.loads(out.getvalue())
    return made


@pytest.fixture(scope="module")
def pair(url: str, admin: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Server]]:
    """Two servers over one database, which say all they have to say; the second believes this machine's proxies."""
    settings = {"FACTCHECK_DATABASE_URL": url, "FACTCHECK_LOG_LEVEL": "debug"}
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("pair")
        servers = [
            stack.enter_context(serving(folder, **settings)),
            stack.enter_context(serving(folder, **settings, FACTCHECK_TRUSTED_PROXIES="127.0.0.1")),
        ]
        yield servers


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def query(url: str, statement: str, *values: Any) -> list[Any]:
    async def run() -> list[Any]:
        connection = await asyncpg.connect(plain(url))
        try:
            return [record[0] for record in await connection.fetch(statement, *values)]
        finally:
            await connection.close()

    return asyncio.run(run())


def test_a_revoked_key_is_refused_everywhere_at_once(pair: list[Server], url: str, admin: str) -> None:
    made = made_by_hand(url, "--scope", "read", "--scope", "check")
    address = "/v1/check?text=39+terrorists"
    with ExitStack() as stack:
        sessions = [
            stack.enter_context(httpx.Client(base_url=server.base, headers=bearer(made["secret"]), timeout=30))
            for server in pair
        ]
        for _ in range(3):
            assert [session.get(address).status_code for session in sessions] == [200, 200]
        first = httpx.Client(base_url=pair[0].base, headers=bearer(admin), timeout=30)
        assert stack.enter_context(first).delete(f"/v1/keys/{made['id']}").status_code == 200
        # over the connections that were open all the while
        assert [session.get(address).status_code for session in sessions] == [401, 401]


async def test_a_thousand_creates_under_one_idempotency_key_are_one_claim(
    pair: list[Server], url: str, admin: str
) -> None:
    gate = asyncio.Semaphore(50)
    headers = {**bearer(admin), **ONE_KEY}
    async with (
        httpx.AsyncClient(base_url=pair[0].base, headers=headers, timeout=60) as one,
        httpx.AsyncClient(base_url=pair[1].base, headers=headers, timeout=60) as other,
    ):

        async def send(number: int) -> httpx.Response:
            async with gate:
                return await (one if number % 2 else other).post("/v1/claims", json=CLAIM)

        answers = await asyncio.gather(*(send(number) for number in range(1_000)))
        last = await one.post("/v1/claims", json=CLAIM)
    assert {answer.status_code for answer in answers} <= {201, 409}
    created = [answer for answer in answers if answer.status_code == 201]
    assert len({answer.content for answer in [*created, last]}) == 1
    assert len([answer for answer in created if "idempotent-replayed" not in answer.headers]) == 1
    assert all("retry-after" in answer.headers for answer in answers if answer.status_code == 409)
    connection = await asyncpg.connect(plain(url))
    try:
        assert await connection.fetchval("SELECT count(*) FROM claims WHERE text = $1", CLAIM["text"]) == 1
        assert await connection.fetchval("SELECT count(*) FROM audit WHERE operation = 'createClaim'") == 1
    finally:
        await connection.close()


async def until(connection: asyncpg.Connection, state: str, count: int) -> None:
    """Wait until so many other connections to this database are in that state."""
    question = (
        "SELECT count(*) FROM pg_stat_activity "
        f"WHERE datname = current_database() AND pid <> pg_backend_pid() AND {state}"
    )
    async with asyncio.timeout(20):
        while await connection.fetchval(question) != count:  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(0.01)


async def test_a_server_killed_in_the_middle_leaves_nothing_half(
    cluster: Cluster, migrated_url: str, tmp_path: Path
) -> None:
    url = cluster.create(migrated_url)
    connection, blocker = await asyncpg.connect(plain(url)), await asyncpg.connect(plain(url))
    try:
        with serving(tmp_path, FACTCHECK_DATABASE_URL=url) as doomed:
            async with blocker.transaction(), httpx.AsyncClient(base_url=doomed.base, timeout=30) as client:
                await blocker.execute("SELECT FROM corpus FOR UPDATE")  # holds up whoever writes a claim
                first = asyncio.create_task(client.post("/v1/claims", json=CLAIM, headers=ONE_KEY))
                await until(connection, "wait_event_type = 'Lock'", 1)
                doomed.process.send_signal(signal.SIGKILL)
                doomed.process.wait(30)
                with pytest.raises(httpx.HTTPError):
                    await first
        await blocker.close()
        await until(
            connection, "backend_type = 'client backend'", 0
        )  # the dead server's connections end in their own time
        assert await connection.fetchval("SELECT count(*) FROM claims") == 0
        assert await connection.fetchval("SELECT count(*) FROM audit") == 0
        assert await connection.fetchval("SELECT count(*) FROM idempotency_keys WHERE status IS NULL") == 1
        with serving(tmp_path, FACTCHECK_DATABASE_URL=url) as server:
            async with httpx.AsyncClient(base_url=server.base, timeout=30) as client:
                assert (await client.post("/v1/claims", json=CLAIM, headers=ONE_KEY)).status_code == 409
                await connection.execute("UPDATE idempotency_keys SET started_at = started_at - interval '31 seconds'")
                answers = [await client.post("/v1/claims", json=CLAIM, headers=ONE_KEY) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 201]
        assert await connection.fetchval("SELECT count(*) FROM claims") == 1
    finally:
        await connection.close()
        cluster.drop(url)


def test_only_a_listed_proxy_is_believed(pair: list[Server], url: str, admin: str) -> None:
    for server, address in zip(pair, ("127.0.0.1", "198.51.100.7"), strict=True):
        made = httpx.post(
            f"{server.base}/v1/claims",
            json=CLAIM,
            headers={**bearer(admin), "X-Forwarded-For": "203.0.113.9, 198.51.100.7"},
            timeout=30,
        )
        assert query(url, "SELECT address FROM audit WHERE resource = $1", made.headers["location"]) == [address]


def exchange(server: Server, *chunks: bytes) -> bytes:
    """What a server sends to these bytes before it hangs up; it may hang up before it has them all."""
    received = b""
    port = int(server.base.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        try:
            for chunk in chunks:
                connection.sendall(chunk)
            while data := connection.recv(65_536):
                received += data
        except (BrokenPipeError, ConnectionResetError):
            pass
    return received


REQUEST = b"GET /v1/keys HTTP/1.1\r\nHost: t\r\nConnection: close\r\n"
FLOODS = {
    "one long authorization": [REQUEST, b"Authorization: Bearer " + b"a" * 2_000_000, b"\r\n\r\n"],
    "many authorizations": [REQUEST, b"Authorization: Bearer fc_a_b\r\n" * 20_000, b"\r\n"],
    "many headers": [REQUEST, *(b"X-%d: a\r\n" % number for number in range(20_000)), b"\r\n"],
    "many idempotency keys": [REQUEST.replace(b"GET", b"POST"), b'Idempotency-Key: "a"\r\n' * 20_000, b"\r\n"],
    "bytes": [REQUEST, b"Authorization: Bearer \xff\x00\x01\r\n\r\n"],
    "a folded line": [REQUEST, b"Authorization: Bearer\r\n fc_a_b\r\n\r\n"],
}


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS)
def test_floods_of_headers_open_nothing_and_harm_nobody(pair: list[Server], admin: str, flood: list[bytes]) -> None:
    started = time.monotonic()
    answer = exchange(pair[0], *flood)
    assert not answer or answer.split(b" ", 2)[1] in (b"400", b"401", b"429", b"431"), answer[:500]
    assert time.monotonic() - started < 10
    assert httpx.get(f"{pair[0].base}/v1/keys", headers=bearer(admin), timeout=30).status_code == 200


def test_a_command_presents_the_key_of_its_settings(
    pair: list[Server], admin: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["check", CLAIM["text"], "--json", "--server", pair[0].base]
    assert main(arguments) == 1
    assert "FACTCHECK_API_KEY" in capsys.readouterr().err
    monkeypatch.setenv("FACTCHECK_API_KEY", admin)
    assert main(arguments) == 0
    assert len(json.loads(capsys.readouterr().out)["results"]) == 1


def test_no_secret_is_in_a_log_or_an_answer(cluster: Cluster, migrated_url: str, tmp_path: Path) -> None:
    made_url = cluster.create(migrated_url)
    url = make_url(made_url).set(username=make_url(made_url).username or "factcheck", password=PASSWORD)
    text = url.render_as_string(hide_password=False)
    secret = made_by_hand(text, "--scope", "admin")["secret"]
    heard = []
    with (
        serving(tmp_path, FACTCHECK_DATABASE_URL=text, FACTCHECK_LOG_LEVEL="debug") as server,
        httpx.Client(base_url=server.base, timeout=30) as client,
    ):
        made = client.post("/v1/keys", json={"name": "a", "scopes": ["check"]}, headers=bearer(secret))
        other = made.json()["secret"]
        requests: list[tuple[str, str, dict[str, Any]]] = [
            ("GET", "/v1/keys", {"headers": bearer(secret)}),
            ("GET", "/v1/keys", {"headers": bearer(other)}),
            ("GET", "/v1/keys", {"headers": {"Authorization": f"Basic {secret}"}}),
            ("GET", "/v1/keys", {"headers": bearer(secret[:-1])}),
            ("GET", f"/v1/keys?key={secret}", {}),
            ("POST", "/v1/claims", {"headers": bearer(secret), "json": {"text": "", "language": "en"}}),
            ("POST", "/v1/claims", {"headers": bearer(secret), "content": b"\xff"}),
            ("DELETE", "/v1/keys/nothing", {"headers": bearer(secret)}),
            ("PUT", "/v1/keys", {"headers": bearer(secret)}),
            ("GET", "/v1/audit", {"headers": bearer(secret)}),
        ]
        heard += [client.request(method, path, **given) for method, path, given in requests]
        cluster.drop(made_url)
        heard += [client.request(method, path, **given) for method, path, given in requests]
        assert heard[-1].status_code == 503
    said = server.log.read_text() + "".join(answer.text + str(answer.headers) for answer in heard)
    for hidden in (secret, secret[14:], other, other[14:], PASSWORD):
        assert hidden not in said
    assert f"fc_{secret[3:13]}" in server.log.read_text(), "the log names the key by its prefix"


def test_the_pair_has_kept_its_secrets(pair: list[Server], admin: str) -> None:
    for server in pair:
        assert admin[14:] not in server.log.read_text()
        assert PASSWORD not in server.log.read_text()
