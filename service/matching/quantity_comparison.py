"""A quantity as a value, and what two of them say about each other."""

from __future__ import annotations

import math
import unicodedata
from typing import Final, Literal, NamedTuple

TOLERANCE: Final = 1e-9
"""Relative difference up to which two values written in different units are equal."""

EXACT: Final = 5e-16
"""The same for two values written in one unit: the rounding of one multiplication, and less than a fifteenth digit."""

APPROXIMATE: Final = 0.05
"""Half width of "about", relative, where the written digits do not allow more."""

APPROXIMATE_MOST: Final = 0.125
"""Half width of "about" at most, however round the number is: "about 1000" is not 700."""

ROUNDED: Final = 0.01
"""How far "1.5 million" may be from a figure that rounds to it."""

Sign = Literal["=", "<", "<=", ">", ">=", "~"]
"""How a number bounds an amount; ``~`` is about."""


class Quantity(NamedTuple):
    """An amount that a text states.

    ``value`` is in ``unit``'s canonical scale; ``upper`` closes a range (both ends belong to it). ``comparator`` is a
    ``Sign``. ``unit`` is "percent", "percentage_point", "ratio" (a part of one), "person", "ordinal", "label" (a number
    that belongs to a name), "score", "clock" (minutes since midnight), an ISO 4217 code, a canonical unit such as
    "metre" or "second", or None for a bare count. ``counted``: up to three folded words that say what is counted.
    ``start`` and ``end`` are code points of the original (end excluded), ``first`` and ``last`` token indexes (last
    included). ``step`` is the place value of the last written digit in the canonical unit; ``measure`` the unit as
    written ("mile"); ``rounded``: written with a magnitude word ("1.5 million").
    """

    value: float
    upper: float | None
    comparator: Sign
    unit: str | None
    counted: tuple[str, ...]
    text: str
    start: int
    end: int
    first: int
    last: int
    step: float = 1.0
    measure: str | None = None
    rounded: bool = False


Interval = tuple[float, bool, float, bool]
"""Low end, whether it belongs, high end, whether it belongs."""


def _kind(quantity: Quantity) -> tuple[str | None, float]:
    """Unit and the factor to the scale in which two quantities of one kind are compared."""
    if quantity.unit == "ratio":
        return "percent", 100.0
    if quantity.unit == "person":
        return None, 1.0
    return quantity.unit, 1.0


def _interval(quantity: Quantity, factor: float, slack: float) -> Interval:
    low = quantity.value * factor
    high = low if quantity.upper is None else quantity.upper * factor
    if quantity.comparator == ">":
        return low, False, math.inf, False
    if quantity.comparator == ">=":
        return low, True, math.inf, False
    if quantity.comparator == "<":
        return -math.inf, False, high, False
    if quantity.comparator == "<=":
        return -math.inf, False, high, True
    if quantity.comparator == "~":
        step = quantity.step * factor
        wide = max(APPROXIMATE * abs(low), min(step / 2, APPROXIMATE_MOST * abs(low)))
        return low - wide - slack, True, high + wide + slack, True
    return low - slack, True, high + slack, True


def _below(a: Interval, b: Interval) -> bool:
    """Whether every value of ``a`` is less than every value of ``b``."""
    return a[2] < b[0] or (a[2] == b[0] and not (a[3] and b[1]))


def _within(a: Interval, b: Interval) -> bool:
    """Whether every value of ``a`` is one of ``b``."""
    low = a[0] > b[0] or (a[0] == b[0] and (b[1] or not a[1]))
    high = a[2] < b[2] or (a[2] == b[2] and (b[3] or not a[3]))
    return low and high


def _close(a: float, b: float, tolerance: float = TOLERANCE) -> bool:
    return a == b or math.isclose(a, b, rel_tol=tolerance, abs_tol=1e-12 if tolerance == TOLERANCE else 0.0)


def _one_digit_apart(a: Quantity, b: Quantity) -> bool:
    """Whether both are written with as many digits and only one of them is another."""
    ours, theirs = written_digits(a.text), written_digits(b.text)
    return len(ours) == len(theirs) and sum(map(str.__ne__, ours, theirs)) == 1


def written_digits(text: str) -> str:
    """The digits of ``text``, of any script, as ASCII and without what stands between them."""
    return "".join(str(unicodedata.decimal(char)) for char in text if char.isdecimal())


def _rounds_to(rough: Quantity, precise: Quantity, factor: float) -> bool:
    """Whether "1.5 million" is how one would write ``precise`` (1,493,000) with as many digits."""
    if not rough.rounded or rough.step <= precise.step or rough.upper is not None or precise.upper is not None:
        return False
    if abs(rough.value) < 10 * rough.step:
        return False
    distance = abs(rough.value - precise.value * factor)
    return distance <= rough.step / 2 and distance <= ROUNDED * abs(rough.value)


def _compare_names(a: Quantity, b: Quantity) -> str:
    """Labels, scores, clock times: they agree or they don't; a label only speaks about its own name."""
    if a.unit == "label" and a.counted != b.counted:
        return "different"
    return "equal" if a.value == b.value and a.upper == b.upper else "conflict"


def compare_quantities(a: Quantity, b: Quantity) -> str:
    """What ``a`` and ``b`` say about each other when they speak of the same thing.

    - ``equal``: same comparator and same values (half == 50 percent, 12 months == 1 year).
    - ``compatible``: not the same, but both can hold: values that agree within their written precision after a
      conversion ("5 miles", "8 km"), "about 40" and 39, "1.5 million" and 1,493,000.
    - ``inside``: every value of ``a`` is one of ``b`` (39 against "at least 30"); ``contains``: the reverse.
    - ``conflict``: no value is common to both ("more than 50" against 39).
    - ``different``: not the same kind of thing (percent against kilometres). A count of persons and a bare count are
      the same kind; whether they count the same thing is for the caller, by ``counted``.
    - ``unknown``: a value cannot be compared, or both say something that the other leaves open (">= 30" and "<= 50",
      "about 40" and "about 41").
    """
    kind_a, factor_a = _kind(a)
    kind_b, factor_b = _kind(b)
    if kind_a != kind_b:
        return "different"
    if not (math.isfinite(a.value) and math.isfinite(b.value)):
        return "unknown"
    if a.unit in ("label", "score", "clock"):
        return _compare_names(a, b)
    upper_a = a.value if a.upper is None else a.upper
    upper_b = b.value if b.upper is None else b.upper
    tolerance = EXACT if a.measure == b.measure else TOLERANCE
    same = _close(a.value * factor_a, b.value * factor_b, tolerance) and _close(
        upper_a * factor_a, upper_b * factor_b, tolerance
    )
    if same and a.comparator == b.comparator:
        return "equal"
    slack = 0.0
    if a.measure != b.measure and not same:
        # Only one side was rounded to fit the other's unit; which one is unknown, so the coarser decides.
        slack = max(a.step * factor_a, b.step * factor_b) / 2
        largest = max(abs(a.value * factor_a), abs(b.value * factor_b))
        slack = min(slack, APPROXIMATE * largest) / 2
    first = _interval(a, factor_a, slack)
    second = _interval(b, factor_b, slack)
    if same and a.comparator in "=~" and b.comparator in "=~":
        return "compatible"
    if _below(first, second) or _below(second, first):
        if (
            a.comparator == b.comparator == "="
            and (_rounds_to(a, b, factor_b / factor_a) or _rounds_to(b, a, factor_a / factor_b))
            and not _one_digit_apart(a, b)
        ):
            return "compatible"
        return "conflict"
    ranged = a.upper is not None or b.upper is not None
    if a.comparator in "=~" and b.comparator in "=~" and not ranged:
        changed = a.measure == b.measure and a.comparator == b.comparator and _one_digit_apart(a, b)
        return "unknown" if changed else "compatible"
    if _within(first, second):
        return "inside"
    if _within(second, first):
        return "contains"
    return "unknown"
