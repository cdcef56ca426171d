"""The measures, pure: rankings and scores in, rates in [0, 1] out."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """A share in [0, 1] of ``n`` cases; 0 of none."""

    rate: float
    n: int


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers whose score lies in [low, high): how many, their mean score, and the share of them that was right."""

    low: float
    high: float
    n: int
    score: float
    right: float


@dataclass(frozen=True, slots=True)
class Point:
    """What taking every answer from ``threshold`` on gives: how much of it is right, how much of the right it is."""

    threshold: float
    precision: float
    recall: float


Scored = Sequence[tuple[float, bool]]
"""Answers: a score in [0, 1], and whether the answer was right."""


def average_precision(ranking: Sequence[str], relevant: Collection[str], depth: int) -> float:
    """Average precision of one ranking at ``depth``, over min(depth, number of relevant documents).

    Source: the CheckThat! labs' scorer for previously fact-checked claims (CLEF 2020 to 2022).
    """
    hits, total = 0, 0.0
    for place, document in enumerate(ranking[:depth], start=1):
        if document in relevant:
            hits += 1
            total += hits / place
    return total / min(depth, len(relevant)) if relevant else 0.0


def reciprocal_rank(ranking: Sequence[str], relevant: Collection[str]) -> float:
    """One over the place of the first right document, 0 where there is none."""
    for place, document in enumerate(ranking, start=1):
        if document in relevant:
            return 1.0 / place
    return 0.0


def rate(cases: Collection[bool]) -> Rate:
    """The share of the cases that is true."""
    return Rate(sum(cases) / len(cases) if cases else 0.0, len(cases))


def wilson(right: int, n: int, z: float = 1.959964) -> tuple[float, float]:
    """Where the true share lies of which ``right`` of ``n`` cases are a sample, in [0, 1]; all of it for no cases.

    ``z``: how many standard deviations, 95 % by default. The score interval of Wilson (JASA, 1927).
    """
    if n == 0:
        return 0.0, 1.0
    share, spread = right / n, z * z / n
    middle = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * math.sqrt(share * (1 - share) / n + spread / (4 * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def mean(values: Collection[float]) -> float:
    """The arithmetic mean; 0 for no values."""
    return math.fsum(values) / len(values) if values else 0.0


def calibration_bins(scored: Scored, bins: int = 10) -> list[Bin]:
    """The bins of equal width over [0, 1] that hold anything, lowest first; a score of 1 belongs to the last."""
    held: list[list[tuple[float, bool]]] = [[] for _ in range(bins)]
    for score, right in scored:
        held[min(bins - 1, int(score * bins))].append((score, right))
    return [
        Bin(
            number / bins,
            (number + 1) / bins,
            len(each),
            mean([score for score, _ in each]),
            rate([right for _, right in each]).rate,
        )
        for number, each in enumerate(held)
        if each
    ]


def expected_calibration_error(scored: Scored, bins: int = 10) -> float:
    """Mean distance between score and share that was right, over bins of equal width (Guo et al., ICML 2017)."""
    return sum(abs(each.score - each.right) * each.n for each in calibration_bins(scored, bins)) / max(1, len(scored))


def percentile(values: Sequence[float], share: float) -> float:
    """The least value that at least ``share`` (in [0, 1]) of ``values`` do not exceed (nearest rank); 0 for none."""
    if not values:
        return 0.0
    return sorted(values)[max(1, math.ceil(share * len(values))) - 1]


def precision_recall(scored: Scored, positives: int) -> list[Point]:
    """A point for every distinct score, highest first. ``positives``: how many right answers could be found."""
    curve: list[Point] = []
    right = 0
    ordered = sorted(scored, key=lambda each: -each[0])
    for count, (score, hit) in enumerate(ordered, start=1):
        right += hit
        if count == len(ordered) or ordered[count][0] != score:
            curve.append(Point(score, right / count, right / positives if positives else 0.0))
    return curve


def at_threshold(curve: Sequence[Point], threshold: float) -> Point | None:
    """Where a curve of ``precision_recall`` stands at ``threshold``; None when no score reaches it."""
    reached = [point for point in curve if point.threshold >= threshold]
    return reached[-1] if reached else None
