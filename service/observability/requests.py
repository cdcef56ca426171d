"""One request as it is watched: its metrics, and its span where traces are wanted."""

from __future__ import annotations

from contextvars import Token
from time import perf_counter
from typing import TYPE_CHECKING

from service import observing, tracing
from service.observability.metrics import Metrics
from service.observing import Listener
from service.tracing import Trace

if TYPE_CHECKING:
    from service.observability.traces import RequestSpan, Traces


class Watch:
    """Watches all requests of an application. ``traces``: where spans go, if anywhere."""

    def __init__(self, metrics: Metrics, traces: Traces | None = None) -> None:
        self.metrics = metrics
        self.traces = traces

    def begin(self, method: str, trace: Trace) -> Exchange:
        """A request has come in: it is known to all layers from here on, and to be ended in the same task."""
        return Exchange(self, method, trace)


class Exchange:
    """A request under way. ``trace``: with this request's own span in it, where there is one."""

    def __init__(self, watch: Watch, method: str, trace: Trace) -> None:
        self._metrics = watch.metrics
        self._began = perf_counter()
        self._span: RequestSpan | None = None
        listener: Listener = watch.metrics
        if watch.traces is not None:
            listener = self._span = watch.traces.request(method, trace, watch.metrics)
            trace = self._span.trace
        self.trace = trace
        self._metrics.request_begun()
        self._tokens: tuple[Token[Trace | None], Token[Listener | None]] = (
            tracing.CURRENT.set(trace),
            observing.LISTENER.set(listener),
        )

    def end(self, operation: str, route: str, status: int) -> float:
        """It has been answered: by which operation, at which path template, with which status. Milliseconds it took."""
        seconds = perf_counter() - self._began
        tracing.CURRENT.reset(self._tokens[0])
        observing.LISTENER.reset(self._tokens[1])
        self._metrics.request_ended(operation, status, seconds)
        if self._span is not None:
            self._span.end(operation, route, status)
        return seconds * 1000
