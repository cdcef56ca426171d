"""Whether traces are wanted: read from the environment without importing what makes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from service.errors import SettingsError

if TYPE_CHECKING:
    from service.observability.traces import Traces

_ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_PROTOCOLS: Final = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_PROTOCOL: Final = "http/protobuf"


def open_traces(environment: Mapping[str, str]) -> Traces | None:
    """What makes spans and sends them, or None where no endpoint is named or OTEL_* switches it off.

    Raises SettingsError for a protocol other than OTLP over HTTP.
    """
    if not any(environment.get(name, "").strip() for name in _ENDPOINTS):
        return None
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return None
    if environment.get("OTEL_TRACES_EXPORTER", "").strip().lower() not in ("", "otlp"):
        return None
    for name in _PROTOCOLS:
        if environment.get(name, "").strip() not in ("", _PROTOCOL):
            raise SettingsError(f"{name} must be {_PROTOCOL}: traces are sent by OTLP over HTTP only")
    from service.observability.traces import Traces

    return Traces(environment)
