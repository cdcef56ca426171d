"""OpenTelemetry spans, where the standard OTEL_* variables say that somebody collects them.

A span per request goes on from the caller's ``traceparent``; below it one per stage of a check and per statement of
the database. They carry names, ids, statuses and times: no text, no query, no statement.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import Token
from typing import Any, Final

from opentelemetry import context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode, format_span_id, format_trace_id, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from service import __version__
from service.observing import Listener, Stage
from service.store.session import Database
from service.tracing import Trace

_PROPAGATOR: Final = TraceContextTextMapPropagator()


class Traces:
    """Makes spans and sends them off in the background, as the OTEL_* variables say."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        named = {} if environment.get("OTEL_SERVICE_NAME") else {SERVICE_NAME: "factcheck"}
        # What the variables say of the resource, the sampler and the batches is read by the SDK itself.
        resource = Resource.create({**named, SERVICE_VERSION: __version__})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("factcheck", __version__)

    def request(self, method: str, trace: Trace, further: Listener) -> RequestSpan:
        """The span of a request that has come in; ``further`` hears what it tells too."""
        carrier = {} if trace.traceparent is None else {"traceparent": trace.traceparent}
        span = self._tracer.start_span(
            method,
            context=_PROPAGATOR.extract(carrier, context.Context()),
            kind=SpanKind.SERVER,
            attributes={"http.request.method": method, "factcheck.request_id": trace.request_id},
        )
        return RequestSpan(self, span, method, trace.request_id, further)

    @contextmanager
    def part(self, name: str, kind: SpanKind = SpanKind.INTERNAL, **attributes: str) -> Iterator[None]:
        """A span below the one under way."""
        with self._tracer.start_as_current_span(
            name, kind=kind, attributes=attributes, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield
            except BaseException as error:
                span.set_status(StatusCode.ERROR)
                span.set_attribute("error.type", type(error).__qualname__)
                raise

    def watch(self, database: Database) -> None:
        """Have every statement that is part of a request make a span."""
        database.watch_statements(self._statement_begins, _statement_ends)

    def close(self) -> None:
        """Send what is left. Takes as long as the exporter's timeout at most."""
        self._provider.shutdown()

    def _statement_begins(self, statement: str) -> Span | None:
        if not context.get_current():
            return None
        verb = statement.split(None, 1)[0].upper() if statement.strip() else "STATEMENT"
        return self._tracer.start_span(
            verb, kind=SpanKind.CLIENT, attributes={"db.system.name": "postgresql", "db.operation.name": verb}
        )


class RequestSpan:
    """The span of a request, current in its task until it ends. ``trace``: to be passed on to whoever is asked next."""

    def __init__(self, traces: Traces, span: Span, method: str, request_id: str, further: Listener) -> None:
        self._traces = traces
        self._span = span
        self._method = method
        self._further = further
        self._token: Token[context.Context] = context.attach(set_span_in_context(span, context.Context()))
        made = span.get_span_context()
        flags = f"{int(made.trace_flags):02x}"
        self.trace = Trace(request_id, f"00-{format_trace_id(made.trace_id)}-{format_span_id(made.span_id)}-{flags}")

    def stage(self, stage: Stage) -> AbstractContextManager[Any]:
        """See ``Listener.stage``."""
        return self._stage(stage)

    def retrieved(self, claims: int) -> None:
        """See ``Listener.retrieved``."""
        self._further.retrieved(claims)

    def answered(self, status: str, reason: str | None) -> None:
        """See ``Listener.answered``."""
        self._further.answered(status, reason)

    def end(self, operation: str, route: str, status: int) -> None:
        """The request has been answered."""
        if route:
            self._span.update_name(f"{self._method} {route}")
        self._span.set_attributes({"http.response.status_code": status, "factcheck.operation": operation})
        if route:
            self._span.set_attribute("http.route", route)
        if status >= 500:
            self._span.set_status(StatusCode.ERROR)
        self._span.end()
        context.detach(self._token)

    @contextmanager
    def _stage(self, stage: Stage) -> Iterator[None]:
        with self._further.stage(stage), self._traces.part(f"check.{stage.value}"):
            yield


def _statement_ends(span: Any, error: BaseException | None) -> None:
    if span is None:
        return
    if error is not None:
        span.set_status(StatusCode.ERROR)
        span.set_attribute("error.type", type(error).__qualname__)
    span.end()
