"""How often answers are right, as people say who were given them: precision at the thresholds in force."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from service.domain import CheckOptions
from service.evaluation.measures import wilson
from service.judgements import JudgedMatches


@dataclass(frozen=True, slots=True)
class Precision:
    """``right`` of ``n`` judged matches. ``interval``: where the true share lies, by Wilson's score at 95 %; all of
    [0, 1] where nothing was judged.
    """

    right: int
    n: int
    interval: tuple[float, float]

    @property
    def share(self) -> float | None:
        """The precision in [0, 1]; None where nothing was judged."""
        return self.right / self.n if self.n else None


@dataclass(frozen=True, slots=True)
class Tier:
    """The precision of what reached a threshold: of all of it, and by relation and language."""

    threshold: float
    all: Precision
    by_relation: dict[str, Precision]
    by_language: dict[str, Precision]


@dataclass(frozen=True, slots=True)
class FeedbackReport:
    """What the feedback says of matches, and of what was only suggested. ``versions``: judged matches by the version
    of this software that had answered.
    """

    matches: Tier
    suggestions: Tier
    versions: dict[str, int]


def summarise(judged: Iterable[JudgedMatches], options: CheckOptions) -> FeedbackReport:
    """The report on judged matches that were counted at the thresholds of ``options``."""
    tiers: dict[str, list[JudgedMatches]] = defaultdict(list)
    versions: Counter[str] = Counter()
    for each in judged:
        tiers[each.tier].append(each)
        versions[each.version] += each.n
    return FeedbackReport(
        _tier(tiers["match"], options.match_threshold),
        _tier(tiers["suggestion"], options.suggest_threshold),
        dict(sorted(versions.items())),
    )


def as_json(report: FeedbackReport) -> dict[str, Any]:
    """The report as JSON has it; shares rounded to four places, null where nothing was judged."""
    return {
        "matches": _tier_json(report.matches),
        "suggestions": _tier_json(report.suggestions),
        "versions": report.versions,
    }


def _tier(judged: list[JudgedMatches], threshold: float) -> Tier:
    return Tier(
        threshold,
        _precision(judged),
        _grouped(judged, lambda each: each.relation),
        _grouped(judged, lambda each: each.language),
    )


def _grouped(judged: list[JudgedMatches], key: Callable[[JudgedMatches], str]) -> dict[str, Precision]:
    return {name: _precision([each for each in judged if key(each) == name]) for name in sorted({*map(key, judged)})}


def _precision(judged: Iterable[JudgedMatches]) -> Precision:
    counted = list(judged)
    right, n = sum(each.right for each in counted), sum(each.n for each in counted)
    return Precision(right, n, wilson(right, n))


def _tier_json(tier: Tier) -> dict[str, Any]:
    return {
        "threshold": tier.threshold,
        **_json(tier.all),
        "by_relation": {name: _json(each) for name, each in tier.by_relation.items()},
        "by_language": {name: _json(each) for name, each in tier.by_language.items()},
    }


def _json(each: Precision) -> dict[str, Any]:
    low, high = each.interval
    return {
        "precision": None if each.share is None else round(each.share, 4),
        "right": each.right,
        "n": each.n,
        "interval": [round(low, 4), round(high, 4)] if each.n else None,
    }
