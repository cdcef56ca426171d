"""The W3C's ``traceparent``: what is one."""

from __future__ import annotations

import pytest

from service.tracing import Trace, valid_traceparent

GOOD = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (GOOD, GOOD),
        ("cc" + GOOD[2:] + "-what-comes-later", "cc" + GOOD[2:]),
        ("", None),
        (GOOD.upper(), None),
        (GOOD + "-more", None),
        ("ff" + GOOD[2:], None),
        (GOOD.replace("0af7651916cd43dd8448eb211c80319c", "0" * 32), None),
        (GOOD.replace("b7ad6b7169203331", "0" * 16), None),
        (GOOD[:-1], None),
        (GOOD + "\n", None),
        ("00-" + "g" * 32 + "-b7ad6b7169203331-01", None),
    ],
)
def test_what_is_one(given: str, read: str | None) -> None:
    assert valid_traceparent(given) == read


def test_the_trace_id_is_its_second_part() -> None:
    assert Trace("a", GOOD).trace_id == "0af7651916cd43dd8448eb211c80319c"
    assert Trace("a").trace_id is None
