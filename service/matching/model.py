"""The scorer: a logistic regression over a handful of named features, small enough to read."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, NamedTuple


class Features(NamedTuple):
    """What the score is made of, each in [0, 1]."""

    query_coverage: float
    """Share of the incoming statement's words, by weight, that the stored one has too."""

    candidate_coverage: float
    """Share of the stored statement's words, by weight, that the incoming one has too."""

    agreement: float
    """Harmonic mean of both coverages."""

    spelling: float
    """rapidfuzz token_sort_ratio over the content words."""

    figures: float
    """Share of all figures on which both sides agree; 0.5 where there are none."""

    names: float
    """Share of all names that both sides have; 0.5 where there are none."""

    breadth: float
    """Number of shared content words over six, at most 1: one shared word proves little."""


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


DEFAULT_MODEL: Final = Model(-6.0, Features(1.5, 1.5, 5.0, 1.0, 0.0, 0.5, 1.5))
