"""The measures against values worked out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.evaluation.measures import (
    Bin,
    Point,
    Rate,
    at_threshold,
    average_precision,
    calibration_bins,
    expected_calibration_error,
    percentile,
    precision_recall,
    rate,
    reciprocal_rank,
)


@pytest.mark.parametrize(
    ("ranking", "relevant", "expected"),
    [
        ("abcde", "a", 1.0),
        ("abcde", "c", 1 / 3),
        ("abcde", "ac", (1 + 2 / 3) / 2),
        ("abcdef", "f", 0.0),
        ("abcde", "az", 0.5),
        ("abcde", "abcdefgh", 1.0),
        ("", "a", 0.0),
        ("abcde", "", 0.0),
    ],
)
def test_average_precision_at_five(ranking: str, relevant: str, expected: float) -> None:
    assert average_precision(ranking, relevant, 5) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("ranking", "relevant", "expected"), [("abc", "a", 1), ("abc", "bc", 0.5), ("abc", "z", 0), ("", "a", 0)]
)
def test_reciprocal_rank(ranking: str, relevant: str, expected: float) -> None:
    assert reciprocal_rank(ranking, relevant) == expected


def test_rate() -> None:
    assert rate([True, False, False, False]) == Rate(0.25, 4)
    assert rate([]) == Rate(0.0, 0)


def test_calibration() -> None:
    scored = [(0.91, True), (0.99, True), (1.0, False), (0.05, False), (0.5, True)]
    lowest, middle, highest = calibration_bins(scored)
    assert lowest == Bin(0.0, 0.1, 1, 0.05, 0.0)
    assert middle == Bin(0.5, 0.6, 1, 0.5, 1.0)
    assert (highest.low, highest.high, highest.n) == (0.9, 1.0, 3)
    assert highest.score == pytest.approx(2.9 / 3)
    assert highest.right == pytest.approx(2 / 3)
    assert expected_calibration_error(scored) == pytest.approx((0.05 + 0.5 + 0.9) / 5)
    assert expected_calibration_error([]) == 0.0


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans())))
def test_calibration_error_is_a_rate_over_all_answers(scored: list[tuple[float, bool]]) -> None:
    assert 0.0 <= expected_calibration_error(scored) <= 1.0
    assert sum(each.n for each in calibration_bins(scored)) == len(scored)


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([5.0, 1.0, 3.0], 0.5, 3.0),
        ([4.0, 1.0, 2.0, 3.0], 0.5, 2.0),
        (list(map(float, range(1, 101))), 0.99, 99.0),
        ([7.0], 0.99, 7.0),
        ([1.0, 2.0], 1.0, 2.0),
        ([], 0.5, 0.0),
    ],
)
def test_percentile(values: list[float], share: float, expected: float) -> None:
    assert percentile(values, share) == expected


def test_precision_against_recall() -> None:
    curve = precision_recall([(0.9, True), (0.4, True), (0.8, False), (0.4, False)], positives=4)
    assert curve == [Point(0.9, 1.0, 0.25), Point(0.8, 0.5, 0.25), Point(0.4, 0.5, 0.5)]
    assert at_threshold(curve, 0.8) == curve[1]
    assert at_threshold(curve, 0.5) == curve[1]
    assert at_threshold(curve, 0.0) == curve[2]
    assert at_threshold(curve, 0.95) is None
    assert precision_recall([], positives=3) == []
    assert precision_recall([(0.5, False)], positives=0) == [Point(0.5, 0.0, 0.0)]
