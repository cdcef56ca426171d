"""Connections that bring requests: how long, and how large, the head of a request may be before it is cut off."""

from __future__ import annotations

from asyncio import TimerHandle, Transport
from http import HTTPStatus
from typing import Any, Final

import msgspec
from uuid6 import uuid7
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service.api.arrival import LEAST_RATE
from service.api.problems import HEADERS_TOO_LARGE, MALFORMED, MEDIA_TYPE, TIMEOUT, Kind, make_problem

LARGEST_HEAD: Final = 65_536
"""Bytes of a request's line and headers together."""

_PAST: Final = 5.0
"""Seconds after which a connection is closed whose body nobody reads any more: whoever does read it answers first."""

_GRACE: Final = 0.1
"""Seconds."""

_DETAILS: Final = {
    MALFORMED: "This is not an HTTP request.",
    TIMEOUT: "The headers did not arrive in time; send the request again.",
    HEADERS_TOO_LARGE: f"The headers of a request may have at most 64 KiB ({LARGEST_HEAD:,} bytes).",
}


def patient_protocol(patience: float) -> type[HttpToolsProtocol]:
    """uvicorn's protocol with an end to its patience: seconds for a head, and for a body after it."""
    return type("PatientProtocol", (_Patient,), {"patience": patience})


class _Patient(HttpToolsProtocol):
    patience: float
    _timer: TimerHandle | None = None
    _head = 0
    _in_head = True
    _closes_at = 0.0

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait(self.patience, self._head_is_late)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            self._head += len(data)
        super().data_received(data)
        if self._in_head and self._head > LARGEST_HEAD and not self.transport.is_closing():
            self._refuse(HEADERS_TOO_LARGE)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        if self._timer is None:
            self._head = 0
            self._wait(self.patience, self._head_is_late)

    def on_headers_complete(self) -> None:
        self._in_head, self._head = False, 0
        if sum(len(name) + len(value) + len(b": \r\n") for name, value in self.headers) + len(self.url) > LARGEST_HEAD:
            raise OverflowError  # the parser stops there, and send_400_response is called
        super().on_headers_complete()
        self._closes_at = self.loop.time() + self.patience + _PAST
        self._wait(self.patience + _PAST, self._body_is_late)

    def on_body(self, body: bytes) -> None:
        self._closes_at += len(body) / LEAST_RATE
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._stop_waiting()
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        self._refuse(MALFORMED if self._in_head else HEADERS_TOO_LARGE)

    def _wait(self, seconds: float, then: Any) -> None:
        self._stop_waiting()
        self._timer = self.loop.call_later(seconds, then)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _head_is_late(self) -> None:
        # The process may have been busy for so long; what has arrived meanwhile is read before the next timers run.
        self._wait(_GRACE, self._head_is_missing)

    def _head_is_missing(self) -> None:
        self._timer = None
        if self.cycle is not None and not self.cycle.response_complete:
            return  # the head of a next request, sent before the answer to this one
        if self._head and not self.transport.is_closing():
            self._refuse(TIMEOUT)
        else:
            self.transport.close()

    def _body_is_late(self) -> None:
        self._timer = None
        left = self._closes_at - self.loop.time()
        if left > 0:
            self._wait(left, self._body_is_late)
        elif self.cycle.response_complete:
            self.transport.close()
        else:
            self._wait(1.0, self._body_is_late)

    def _refuse(self, kind: Kind) -> None:
        """Answer for a request that never reached the application, and hang up."""
        problem = make_problem(kind, _DETAILS[kind], (), "/", str(uuid7()))
        body = msgspec.json.encode(problem)
        self.logger.debug("a connection is refused: %s", kind.code)
        head = (
            f"HTTP/1.1 {kind.status} {HTTPStatus(kind.status).phrase}",
            f"content-type: {MEDIA_TYPE}",
            f"content-length: {len(body)}",
            "cache-control: no-store",
            f"x-request-id: {problem.request_id}",
            "connection: close",
        )
        self.transport.write("\r\n".join((*head, "", "")).encode("ascii") + body)
        self.transport.close()
