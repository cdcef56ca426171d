"""The log on standard error: lines for people at a terminal, JSON for whatever collects them elsewhere.

No line has a body, a query, a text that was sent, or a secret in it. So of an exception only its type and its place in
the code are told, and its message where the message is ours or the system's: a driver's may quote what it was given.
"""

from __future__ import annotations

import logging
import sys
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final

from service import tracing
from service.errors import FactcheckError

FORMATS: Final = ("auto", "json", "text")

_TOLD: Final = (FactcheckError, OSError, SystemExit, KeyboardInterrupt)
"""Exceptions whose messages hold nothing that a caller sent."""

_QUIET: Final = ("uvicorn.error", "uvicorn", "httpx", "asyncio", "opentelemetry", "urllib3")
"""Their chatter at info says nothing that the service itself does not."""


def configure_logging(level: str, style: str = "auto") -> None:
    """Log lines of at least this level to standard error.

    ``style``: ``text``, ``json``, or ``auto`` for text at a terminal and JSON elsewhere.
    """
    as_json = style == "json" or (style == "auto" and not sys.stderr.isatty())
    handler = logging.StreamHandler()
    handler.setFormatter(_json_formatter() if as_json else _TextFormatter())
    handler.addFilter(_add_trace)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level.upper())))


def told_exception(error: BaseException) -> str:
    """A traceback of an exception and what led to it, without messages that may quote a caller."""
    earlier = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    before = f"{told_exception(earlier)}\nand then\n" if earlier is not None else ""
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    state = getattr(error, "sqlstate", None)
    told = f": {error}" if isinstance(error, _TOLD) else f" (SQLSTATE {state})" if state else ""
    parts = "".join(f"\n{told_exception(each)}" for each in getattr(error, "exceptions", ()))
    return f"{before}{''.join(traceback.format_tb(error.__traceback__))}{name}{told}{parts}"


def _add_trace(record: logging.LogRecord) -> bool:
    """Have every line that is written while a request is served name the request and its trace."""
    trace = tracing.CURRENT.get()
    if trace is not None:
        record.__dict__.setdefault("request_id", trace.request_id)
        if trace.trace_id is not None:
            record.__dict__.setdefault("trace_id", trace.trace_id)
    return True


class _TextFormatter(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s", "%H:%M:%S")

    def formatException(self, ei: Any) -> str:
        return _told(ei)


def _json_formatter() -> logging.Formatter:
    from pythonjsonlogger.json import JsonFormatter

    class _JsonFormatter(JsonFormatter):
        def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
            time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
            log_data["time"] = time.replace("+00:00", "Z")
            log_data["level"] = record.levelname.lower()
            super().add_fields(log_data, record, message_dict)

        def formatException(self, ei: Any) -> str:
            return _told(ei)

    return _JsonFormatter(
        "{name}{message}",
        style="{",
        rename_fields={"name": "logger", "exc_info": "exception"},
        json_ensure_ascii=False,
    )


def _told(found: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]) -> str:
    return "" if found[1] is None else told_exception(found[1])
