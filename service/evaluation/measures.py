"""The measures, pure: rankings and scores in, rates in [0, 1] out."""

from __future__ import annotations

from collections.abc import Collection, Sequence


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


def calibration_bins(scored: Sequence[tuple[float, bool]], bins: int = 10) -> list[tuple[float, float, int]]:
    """For each bin of equal width that holds anything: mean score, share that was right, count."""
    held: list[list[tuple[float, bool]]] = [[] for _ in range(bins)]
    for score, right in scored:
        held[min(bins - 1, int(score * bins))].append((score, right))
    return [
        (sum(score for score, _ in each) / len(each), sum(right for _, right in each) / len(each), len(each))
        for each in held
        if each
    ]


def expected_calibration_error(scored: Sequence[tuple[float, bool]], bins: int = 10) -> float:
    """Mean distance between score and share that was right, over bins of equal width (Guo et al., ICML 2017)."""
    total = len(scored)
    if not total:
        return 0.0
    return sum(abs(mean - right) * count for mean, right, count in calibration_bins(scored, bins)) / total


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` (in [0, 1]) of ``values`` lie, nearest rank; 0 for no values."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered)) - 1))]


def precision_recall(scored: Sequence[tuple[float, bool]], positives: int) -> list[tuple[float, float, float]]:
    """(threshold, precision, recall) for every distinct score, highest first; ``positives`` is what could be found."""
    curve: list[tuple[float, float, float]] = []
    right = 0
    ordered = sorted(scored, key=lambda each: -each[0])
    for count, (score, hit) in enumerate(ordered, start=1):
        right += hit
        if count == len(ordered) or ordered[count][0] != score:
            curve.append((score, right / count, right / positives if positives else 0.0))
    return curve
