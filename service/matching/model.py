"""The scorer: a logistic regression over a handful of named features, small enough to read.

Its weights stand in ``data/model.json``, written by ``bench/train_model.py`` from the train splits alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Final, NamedTuple

import msgspec


class Features(NamedTuple):
    """What the score is made of. Shares are in [0, 1]; counts are as they are, small numbers."""

    evidence: float
    """BM25 score over three times the weight of the rarest possible term: how much the two share at all; at most 5."""

    coverage: float
    """Share of the stored words, by rarity, that the incoming text has too, hashtags and @names included."""

    agreement: float
    """Harmonic mean of both word coverages by length, near spellings included."""

    spelling: float
    """rapidfuzz token_sort_ratio over the content words."""

    breadth: float
    """Number of shared words over six."""

    rarest: float
    """Rarity of the rarest shared word."""

    second: float
    """Rarity of the second rarest shared word."""

    third: float
    """Rarity of the third rarest shared word."""

    missing: float
    """Rarity of the rarest stored word that the incoming statement lacks."""

    figures_agree: float
    """Number of figures on which both agree."""

    figures_clash: float
    """Number of figures on which they clash."""

    figures_missing: float
    """Number of figures that only the stored statement has."""

    dates_agree: float
    """Number of dates on which both agree, or of which one holds the other."""

    dates_clash: float
    """Number of dates on which they clash."""

    names_shared: float
    """Number of names that both have."""

    names_clash: float
    """Number of names that exclude each other."""

    query_length: float
    """Natural logarithm of one plus the number of incoming content words."""

    candidate_length: float
    """Natural logarithm of one plus the number of stored content words."""


@dataclass(frozen=True, slots=True)
class Model:
    """Weights and cut-offs as values, so that an answer can be replayed.

    ``weights`` go with ``Features`` in order. The other figures are word coverages in [0, 1] at which a relation
    begins: they belong to the guards, not to the score.
    """

    intercept: float
    weights: Features
    equivalent_from: float = 0.7
    equivalent_coverage: float = 0.55
    vague_from: float = 0.95
    contradicts_from: float = 0.65
    contained_from: float = 0.8
    exchange_from: float = 0.8
    across_languages: float = 0.12
    denial_from: float = 0.9
    date_clash_from: float = 0.75
    several_clashes_from: float = 0.85

    def probability(self, features: Features) -> float:
        """The calibrated probability, in (0, 1), that two statements are about the same thing."""
        logit = self.intercept
        for weight, value in zip(self.weights, features, strict=True):
            logit += weight * value
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, logit))))


class _Stored(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    intercept: float
    weights: dict[str, float]
    trained_on: list[str]


@lru_cache(maxsize=1)
def default_model() -> Model:
    """The model in the package."""
    source = resources.files("service.matching").joinpath("data", "model.json")
    stored = msgspec.json.decode(source.read_bytes(), type=_Stored)
    return Model(stored.intercept, Features(**stored.weights))


SAME: Final = Features(*([1.0] * len(Features._fields)))
"""Stands for a text that repeats a stored one."""


def strongest(all_features: Sequence[Features]) -> Features:
    """The features of a claim from those of its wordings: of each the greatest. Raises ValueError on none."""
    if not all_features:
        raise ValueError("no wording to judge by")
    if len(all_features) == 1:
        return all_features[0]
    return Features(*map(max, *all_features))
