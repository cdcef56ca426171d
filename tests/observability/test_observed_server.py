"""A server as its operators see it: log, spans and metrics, and what becomes of requests that dribble in."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import ROOT, Cluster, Server, make_admin, serving
from tests.observability.collector import Collector, collecting

PATIENCE = 1.0
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
PLANTED = "Planted-Qx7"
"""Part of whatever the log must not have."""


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with collecting() as collector:
        yield collector


@pytest.fixture(scope="module")
def keyed(
    tmp_path_factory: pytest.TempPathFactory, cluster: Cluster, seeded_url: str, collector: Collector
) -> Iterator[tuple[Server, str]]:
    """A server with the seeds and a key, and the key's secret; impatient, talkative, and traced."""
    url = cluster.create(seeded_url)
    secret = make_admin(url)
    settings = {
        "FACTCHECK_DATABASE_URL": url,
        "FACTCHECK_RECEIVE_TIMEOUT": str(PATIENCE),
        "FACTCHECK_LOG_LEVEL": "debug",
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.address,
        "OTEL_EXPORTER_OTLP_HEADERS": "x-tenant=newsroom",
        "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment=test",
        "OTEL_BSP_SCHEDULE_DELAY": "50",
    }
    with serving(tmp_path_factory.mktemp("observed"), **settings) as server:
        yield server, secret
    cluster.drop(url)


@pytest.fixture
def client(keyed: tuple[Server, str]) -> Iterator[httpx.Client]:
    server, secret = keyed
    with httpx.Client(base_url=server.base, headers={"Authorization": f"Bearer {secret}"}, timeout=30) as client:
        yield client


def access_line(server: Server, request_id: str) -> dict[str, Any]:
    """The log's line about a request, once it is written: that may be after the answer."""
    for _ in range(600):
        for line in server.log.read_text().splitlines():
            if line.startswith("{") and line.endswith("}") and request_id in line:
                found: dict[str, Any] = json.loads(line)
                if found["logger"] == "factcheck.access":
                    return found
        time.sleep(0.05)
    raise AssertionError(request_id)


def test_a_request_is_a_line_of_json_with_all_that_finds_it_again(keyed, client):
    server, secret = keyed
    headers = {"x-request-id": "desk-42", "traceparent": f"00-{TRACE}-{PARENT}-00"}
    assert client.get("/v1/claims", params={"q": PLANTED}, headers=headers).status_code == 200
    line = access_line(server, "desk-42")
    assert {
        key: line[key] for key in ("level", "logger", "method", "path", "operation", "status", "key", "trace_id")
    } == {
        "level": "info",
        "logger": "factcheck.access",
        "method": "GET",
        "path": "/v1/claims",
        "operation": "listClaims",
        "status": 200,
        "key": secret[:13],
        "trace_id": TRACE,
    }
    assert line["ms"] > 0
    assert line["time"].endswith("Z")


def test_the_log_never_has_what_was_sent(keyed, client):
    server, secret = keyed
    said = f"{PLANTED} said that 12 ships were lost"
    quiet = {"Authorization": f"Bearer {PLANTED}"}
    answers = [
        client.get("/v1/check", params={"text": said, "claimant": PLANTED}),
        client.post("/v1/checks", json={"claims": [{"text": said, "ref": PLANTED}]}),
        client.post("/v1/claims", json={"text": said, "language": "en"}, headers={"Idempotency-Key": f'"{PLANTED}"'}),
        client.post("/v1/claims", json={"text": said, "language": PLANTED}),
        client.post(
            "/v1/claims", content=f'{{"text": "{PLANTED}'.encode(), headers={"content-type": "application/json"}
        ),
        client.post("/v1/claims", json={PLANTED: PLANTED}),
        client.get("/v1/claims", params={"q": PLANTED, PLANTED: "1"}),
        client.get("/v1/claims", params={"page_token": PLANTED}),
        client.get("/healthz", headers={"cookie": PLANTED, "referer": PLANTED, "user-agent": PLANTED, **quiet}),
        client.get("/v1/keys", headers=quiet),
    ]
    assert [answer.status_code for answer in answers] == [200, 201, 201, 422, 400, 422, 400, 422, 200, 401]
    lines = [access_line(server, answer.headers["x-request-id"]) for answer in answers]
    assert [line["status"] for line in lines] == [answer.status_code for answer in answers]
    assert PLANTED not in server.log.read_text()
    assert secret[14:] not in server.log.read_text()


def test_a_check_is_a_span_with_its_stages_and_statements_below_the_callers(client, collector):
    sampled = f"00-{TRACE}-{PARENT}-01"
    text = f"39 terrorists killed by drone strikes, {PLANTED}"
    answer = client.post("/v1/checks", json={"claims": [{"text": text}]}, headers={"traceparent": sampled})
    assert answer.status_code == 201
    collector.wait_for(lambda: [each for each in collector.of(TRACE) if each.parent_span_id.hex() == PARENT])
    spans = {span.span_id: span for span in collector.of(TRACE)}
    (root,) = [span for span in spans.values() if span.parent_span_id.hex() == PARENT]
    told = {each.key: each.value.string_value or each.value.int_value for each in root.attributes}
    assert root.name == "POST /v1/checks"
    assert root.kind == root.SPAN_KIND_SERVER
    assert (told["http.response.status_code"], told["factcheck.operation"]) == (201, "createCheck")
    assert told["factcheck.request_id"] == answer.headers["x-request-id"]
    stages = {span.name: span for span in spans.values() if span.name.startswith("check.")}
    assert set(stages) == {"check.read", "check.retrieve", "check.judge", "check.evidence", "check.record"}
    assert {span.parent_span_id for span in stages.values()} == {root.span_id}
    statements = [span for span in spans.values() if span.kind == span.SPAN_KIND_CLIENT]
    assert {span.name for span in statements} <= {"SELECT", "WITH", "INSERT", "UPDATE"}
    assert {spans[span.parent_span_id].name for span in statements} >= {"check.retrieve", "check.record", root.name}
    for span in spans.values():
        assert span.start_time_unix_nano <= span.end_time_unix_nano
    assert collector.resources[0]["service.name"] == "factcheck"
    assert collector.resources[0]["deployment.environment"] == "test"
    assert collector.headers[0]["x-tenant"] == "newsroom"
    assert not any(PLANTED.encode() in body for body in collector.bodies)


def test_a_callers_decision_not_to_sample_is_kept(client, collector):
    other = "0af7651916cd43dd8448eb211c80319c"
    assert client.get("/v1/publishers", headers={"traceparent": f"00-{other}-{PARENT}-00"}).status_code == 200
    made = client.get("/v1/publishers", headers={"traceparent": f"00-{TRACE[::-1]}-{PARENT}-01"})
    assert made.status_code == 200
    collector.wait_for(lambda: collector.of(TRACE[::-1]))
    assert collector.of(other) == []


def exchange(server: Server, *parts: bytes, dribble: bytes = b"") -> bytes:
    """What comes back for bytes sent over a connection of their own, then of ``dribble``s until it is closed."""
    host, port = server.base.removeprefix("http://").split(":")
    answer = b""
    with socket.create_connection((host, int(port)), timeout=PATIENCE / 10) as connection:
        try:
            for part in parts:
                connection.sendall(part)
            for _ in range(600):
                try:
                    if not (more := connection.recv(65_536)):
                        break
                    answer += more
                except TimeoutError:
                    connection.sendall(dribble)
            else:
                raise AssertionError("it was never closed")
        except ConnectionError:
            pass
    return answer


POST = b"POST /v1/checks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAuthorization: Bearer %s\r\n"


@pytest.mark.parametrize("length", [b"Content-Length: 100000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n"])
def test_a_body_that_dribbles_is_cut_off_and_holds_no_connection(keyed, client, length):
    server, secret = keyed
    byte = b"1\r\n{\r\n" if b"chunked" in length else b"{"
    answer = exchange(server, POST % secret.encode(), length, dribble=byte)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 ")
    assert b"\r\nconnection: close" in head
    assert json.loads(body)["type"] == "urn:problem-type:factcheck:timeout"


def test_while_a_body_dribbles_no_connection_of_the_database_is_held(keyed, client):
    server, secret = keyed
    host, port = server.base.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(POST % secret.encode() + b'Idempotency-Key: "slow"\r\nContent-Length: 1000\r\n\r\n{')
        seen = {}
        while seen.get("factcheck_requests_under_way{}") != 2:
            seen = {
                f"{sample.name}{{{''.join(sample.labels.values())}}}": sample.value
                for family in text_string_to_metric_families(client.get("/metrics").text)
                for sample in family.samples
            }
        assert seen["factcheck_database_connections{used}"] == 0
        assert connection.recv(65_536).startswith(b"HTTP/1.1 408 ")


def test_headers_that_dribble_and_silence_are_cut_off(keyed):
    server, _ = keyed
    answer = exchange(server, b"GET /healthz HTTP/1.1\r\nX-Slow: ", dribble=b"a")
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["type"] == "urn:problem-type:factcheck:timeout"
    assert exchange(server) == b""


@pytest.mark.parametrize("flood", [b"X-Large: " + b"a" * 70_000, b"X-Small: a\r\n" * 10_000 + b"\r\n"])
def test_headers_beyond_64_kib_are_refused(keyed, flood):
    server, _ = keyed
    answer = exchange(server, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n", flood)
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert httpx.get(f"{server.base}/healthz", timeout=30).status_code == 200


def test_what_is_slow_and_comes_nevertheless_is_served(keyed):
    server, secret = keyed
    body = json.dumps({"claims": [{"text": "39 terrorists killed by drone strikes"}]}).encode()
    parts = [bytes([byte]) for byte in body[:20]] + [body[20:]]
    request = POST % secret.encode() + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
    assert exchange(server, request, *parts).startswith(b"HTTP/1.1 201 ")


def test_a_service_that_asks_nobody_and_tells_nobody_loads_no_client():
    program = (
        "import sys; from pathlib import Path; from service.app import create_app; import service.background;"
        "from service.settings import Settings;"
        "from service.observability.collecting import open_traces; from service.store.session import Database;"
        "assert open_traces({}) is None; assert open_traces({'OTEL_SDK_DISABLED': 'true',"
        " 'OTEL_EXPORTER_OTLP_ENDPOINT': 'http://127.0.0.1:1'}) is None;"
        "create_app(Settings(data_dir=Path('x')), Database('postgresql://nobody@127.0.0.1:1/nothing'));"
        "heavy = {'opentelemetry', 'requests', 'pydantic', 'httpx', 'httpcore', 'lxml', 'numpy'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_protocol_that_is_not_spoken_is_said_at_the_start(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-m", "service", "serve", "--port", "0"],
        cwd=ROOT,
        env={
            "PATH": "",
            "FACTCHECK_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "OTEL_EXPORTER_OTLP_PROTOCOL must be http/protobuf" in done.stderr
