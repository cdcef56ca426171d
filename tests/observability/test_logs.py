"""What a line of the log says, and what it leaves out."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Iterator

import pytest
from sqlalchemy.exc import StatementError

from service import tracing
from service.errors import SettingsError, Unavailable
from service.observability.logs import configure_logging, told_exception


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def restored() -> Iterator[None]:
    """The root logger as it was."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def line_of(monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, style: str) -> str:
    monkeypatch.setattr(sys, "stderr", stream)
    configure_logging("info", style)
    logging.getLogger("factcheck.some").info("%d of %d", 3, 7, extra={"operation": "createCheck"})
    logging.getLogger("factcheck.some").debug("not at this level")
    return stream.getvalue()


@pytest.mark.usefixtures("restored")
@pytest.mark.parametrize(
    ("stream", "style", "is_json"),
    [
        (io.StringIO, "auto", True),
        (Terminal, "auto", False),
        (io.StringIO, "text", False),
        (Terminal, "json", True),
    ],
)
def test_json_for_programs_and_lines_for_people(monkeypatch, stream, style, is_json):
    line = line_of(monkeypatch, stream(), style)
    if is_json:
        told = json.loads(line)
        assert told.pop("time").endswith("Z")
        assert told == {
            "level": "info",
            "logger": "factcheck.some",
            "message": "3 of 7",
            "operation": "createCheck",
        }
    else:
        assert line.endswith(" INFO factcheck.some 3 of 7\n")


@pytest.mark.usefixtures("restored")
def test_every_line_of_a_request_names_it(monkeypatch):
    token = tracing.CURRENT.set(tracing.Trace("desk-42", f"00-{'ab' * 16}-{'cd' * 8}-01"))
    try:
        told = json.loads(line_of(monkeypatch, io.StringIO(), "json"))
    finally:
        tracing.CURRENT.reset(token)
    assert (told["request_id"], told["trace_id"]) == ("desk-42", "ab" * 16)


@pytest.mark.usefixtures("restored")
@pytest.mark.parametrize("style", ["json", "text"])
def test_an_exception_is_told_by_its_place_and_not_by_what_it_quotes(monkeypatch, style):
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    configure_logging("info", style)
    planted = "39 terrorists"
    try:
        try:
            raise KeyError(planted)
        except KeyError as error:
            raise StatementError(planted, f"SELECT '{planted}'", {"text": planted}, error) from error
    except StatementError:
        logging.getLogger("factcheck.some").exception("it failed")
    said = stream.getvalue()
    assert planted not in said
    assert "KeyError" in said
    assert "sqlalchemy.exc.StatementError" in said
    assert "test_an_exception_is_told_by_its_place" in said


def test_messages_of_ours_and_the_systems_are_told():
    assert told_exception(SettingsError("it must be a port")).endswith(": it must be a port")
    assert told_exception(ConnectionRefusedError(111, "Connection refused")).endswith("Connection refused")
    assert told_exception(ValueError("who said what")) == "ValueError"
    error = Unavailable("the database is gone")
    error.__cause__ = ValueError("who said what")
    assert told_exception(error) == "ValueError\nand then\nservice.errors.Unavailable: the database is gone"
    both = told_exception(ExceptionGroup("who said what", [ValueError("who"), OSError("gone")]))
    assert both == "ExceptionGroup\nValueError\nOSError: gone"
