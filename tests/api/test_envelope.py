"""What every exchange gets, partly over raw sockets: some clients are not as polite as a library."""

from __future__ import annotations

import contextlib
import json
import logging
import re
import socket
import time
from uuid import UUID

import pytest

from service import tracing

CHECK = b'{"claims":[{"text":"ab"}]}'


def exchange(address: tuple[str, int], request: bytes) -> tuple[int, dict[str, str], bytes]:
    """Send bytes as they are; status, headers in lower case and body of the answer."""
    with socket.create_connection(address, timeout=10) as connection:
        # the server may answer early and hang up
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(request)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    return int(lines[0].split()[1]), headers, body


def post(*headers: bytes, body: bytes) -> bytes:
    return b"\r\n".join(
        [
            b"POST /v1/checks HTTP/1.1",
            b"Host: t",
            b"Connection: close",
            b"Content-Type: application/json",
            *headers,
            b"",
            body,
        ]
    )


def chunked(*chunks: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in (*chunks, b""))


async def test_an_id_is_given(offline):
    ids = [(await each).headers["x-request-id"] for each in [offline.get("/healthz"), offline.get("/nope")]]
    assert ids[0] != ids[1]
    assert UUID(ids[0]).version == 7


@pytest.mark.parametrize("given", ["abc-123", "0af7651916cd43dd8448eb211c80319c", "a" * 128, "svc:req/1+2=@_."])
async def test_a_good_id_is_kept(offline, given):
    answer = await offline.get("/nope", headers={"x-request-id": given})
    assert answer.headers["x-request-id"] == given
    assert answer.json()["request_id"] == given


@pytest.mark.parametrize("given", ["", "a" * 129, "a b", "<script>", "é".encode("latin-1"), 'a"b', "a,b"])
async def test_a_bad_id_is_replaced(offline, given):
    answer = await offline.get("/healthz", headers={"x-request-id": given})
    assert UUID(answer.headers["x-request-id"]).version == 7


@pytest.mark.parametrize("path", ["/healthz", "/nope", "/v1/check?text=a", "/schema/openapi.json"])
async def test_headers_that_every_answer_has(offline, path):
    headers = (await offline.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert headers["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("path", ["/healthz", "/docs", "/schema/openapi.json", "/nope"])
async def test_head_is_get_without_a_body(offline, path):
    got, headed = await offline.get(path), await offline.head(path)
    assert headed.status_code == got.status_code
    assert headed.content == b""
    assert headed.headers["content-type"] == got.headers["content-type"]
    assert headed.headers["content-length"] == got.headers["content-length"]


async def test_the_log_has_no_texts(offline, caplog):
    with caplog.at_level(logging.INFO):
        await offline.get("/v1/check?text=secretwords", headers={"cookie": "secretcookie=1"})
        await offline.post("/v1/checks", json={"claims": [{"text": "secretwords", "language": "xq"}]})
        await offline.get("/a%0Aforged%20line?secretwords")
    lines = [record.getMessage() for record in caplog.records if record.name == "factcheck.access"]
    assert len(lines) == 3
    assert all(re.fullmatch(r"(GET|POST) \S+ \d{3} [\d.]+ ms [0-9a-f-]{36}", line) for line in lines)
    assert "secret" not in "".join(record.getMessage() for record in caplog.records if record.name.startswith("fact"))


TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def test_a_trace_is_in_the_log_and_in_the_context_beside_the_requests_own_id(
    offline, offline_application, caplog
):
    seen = []
    handler = offline_application.asgi_handler._app
    offline_application.asgi_handler._app = lambda *given: seen.append(tracing.CURRENT.get()) or handler(*given)
    try:
        with caplog.at_level(logging.INFO):
            answer = await offline.get("/healthz", headers={"traceparent": TRACE, "x-request-id": "mine"})
            await offline.get("/healthz", headers={"traceparent": "nonsense"})
            await offline.get("/healthz", headers=[("traceparent", TRACE), ("traceparent", TRACE)])
    finally:
        offline_application.asgi_handler._app = handler
    assert answer.headers["x-request-id"] == "mine"
    assert seen[0] == tracing.Trace("mine", TRACE)
    assert [trace.traceparent for trace in seen[1:]] == [None, None]
    assert tracing.CURRENT.get() is None
    lines = [record.getMessage() for record in caplog.records if record.name == "factcheck.access"]
    assert lines[0].endswith(" mine 0af7651916cd43dd8448eb211c80319c")
    assert not any("nonsense" in line for line in lines)


def test_a_plain_request(address):
    status, headers, body = exchange(address, post(b"Content-Length: %d" % len(CHECK), body=CHECK))
    assert (status, headers["content-type"]) == (422, "application/problem+json")
    assert json.loads(body)["errors"][0]["pointer"] == "/claims/0/text"


def test_a_chunked_request(address):
    body = chunked(CHECK[:5], CHECK[5:])
    status, _, answer = exchange(address, post(b"Transfer-Encoding: chunked", body=body))
    assert (status, json.loads(answer)["errors"][0]["pointer"]) == (422, "/claims/0/text")


def test_a_chunked_body_without_end_is_cut_off(address):
    request = post(b"Transfer-Encoding: chunked", body=chunked(b'{"claims":[', *[b" " * 65536] * 17))
    status, headers, body = exchange(address, request)
    assert (status, headers["content-type"]) == (413, "application/problem+json")
    assert json.loads(body)["status"] == 413


def test_an_announced_body_is_refused_before_it_is_sent(address):
    status, headers, _ = exchange(address, post(b"Content-Length: 1048577", body=b""))
    assert (status, headers["content-type"]) == (413, "application/problem+json")


def test_a_body_longer_than_announced_is_cut_there(address):
    status, _, body = exchange(address, post(b"Content-Length: 5", body=CHECK))
    assert (status, json.loads(body)["type"]) == (400, "urn:problem-type:factcheck:malformed")


@pytest.mark.parametrize("length", [b"-1", b"abc", b"1e3", b"5, 6"])
def test_a_length_that_is_none(address, length):
    status, _, _ = exchange(address, post(b"Content-Length: " + length, body=CHECK))
    assert status == 400


@pytest.mark.parametrize(
    "target",
    [
        b"/v1/check?text=\xff\xfe\xfd",
        b"/v1/check?text=%ff%fe%fd",
        b"/v1/check?text=a%00b",
        b"/v1/checks/\xff",
        b"/v1/%2e%2e/%00",
        b"/v1/check?&&&=&=1&text",
        b"//healthz//../..",
    ],
)
def test_odd_addresses_are_refused_as_problems(address, target):
    status, headers, body = exchange(address, b"GET %s HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n" % target)
    assert 400 <= status < 500
    if headers["content-type"] == "application/problem+json":
        assert json.loads(body)["status"] == status
    else:
        # bytes that HTTP itself forbids do not get past the server
        assert b"Invalid HTTP request" in body


def test_right_to_left_text_arrives_whole(address):
    text = "۳۹ عنصر\u200cتروریستی"
    target = "/v1/check?language=xq&text=" + "".join(f"%{byte:02X}" for byte in text.encode())
    request = f"GET {target} HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n".encode()
    status, _, body = exchange(address, request)
    assert status == 422
    assert [error["pointer"] for error in json.loads(body)["errors"]] == ["/language"]


def test_a_caller_who_hangs_up_leaves_no_traceback(address, caplog):
    with caplog.at_level(logging.INFO, "factcheck"):
        with socket.create_connection(address, timeout=10) as connection:
            connection.sendall(post(b"Content-Length: 100", body=CHECK))
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline and not any("/v1/checks" in record.getMessage() for record in caplog.records):
            time.sleep(0.01)
    records = [record for record in caplog.records if record.name == "factcheck.errors"]
    assert [(record.levelname, record.exc_info) for record in records] == [("WARNING", None)]
