"""The scorer: logistic regressions over named features, small enough to read.

Its weights stand in ``data/model.json``, written by ``bench/train_model.py`` from the train splits alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from operator import mul
from typing import Final, NamedTuple

import msgspec


class Features(NamedTuple):
    """What the score is made of, for one statement and one wording. Shares are in [0, 1]; counts are as they are."""

    evidence: float
    """BM25 score over three times the weight of the rarest possible term: how much the two share at all; at most 5."""

    coverage: float
    """Share of the stored words, by rarity, that the incoming text has too, hashtags and @names included."""

    told: float
    """Share of the incoming words, by rarity, that the stored text has too."""

    spelling: float
    """Similarity by letters of the content words, sorted: rapidfuzz's token_sort_ratio, as a share."""

    letters: float
    """Cosine of the n-grams within words."""

    rarest: float
    """Rarity of the rarest shared word."""

    second: float
    """Rarity of the second rarest shared word."""

    third: float
    """Rarity of the third rarest shared word."""

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

    candidate_length: float
    """Natural logarithm of one plus the number of stored content words."""


class Together(NamedTuple):
    """What the wordings of a claim show together, against the whole incoming text. Shares in [0, 1]."""

    second_letters: float
    """Cosine of the n-grams within words for the wording that comes second in it; the first where there is one."""


class Meaning(NamedTuple):
    """What an embedding model says: 0 for unrelated texts, 1 for a usual paraphrase, on the model's own yardstick."""

    likeness: float
    """Likeness of the wording nearest to the whole incoming text."""

    second_likeness: float
    """Likeness of the wording that comes second; of the first where there is one."""


class Line(NamedTuple):
    """A straight line over log odds."""

    offset: float
    slope: float


@dataclass(frozen=True, slots=True)
class Weights:
    """A logistic regression over named values. ``weights``: as many as there are values."""

    intercept: float
    weights: tuple[float, ...]

    def logit(self, values: Sequence[float]) -> float:
        """The log odds for values in the order of the weights."""
        weighed: float = sum(map(mul, self.weights, values))
        return self.intercept + weighed


@dataclass(frozen=True, slots=True)
class Model:
    """Weights and cut-offs as values, so that an answer can be replayed.

    ``lexical`` weighs ``Features`` and ``Together`` in order. ``calibration`` turns its log odds into those of being
    right, by language of the incoming text, ``otherwise`` for all others. ``semantic`` weighs these log odds and
    ``Meaning``; ``across``, for texts of two languages, weighs ``Meaning`` and ``ACROSS``. The other figures are word
    coverages in [0, 1] at which a relation begins: they belong to the guards, not to the score.
    """

    lexical: Weights
    calibration: Mapping[str, Line]
    otherwise: Line
    semantic: Weights
    across: Weights
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

    def by_words(self, features: Features, together: Together, language: str) -> float:
        """The calibrated log odds that a claim is about what the incoming text is about, from words alone."""
        line = self.calibration.get(language, self.otherwise)
        return line.offset + line.slope * self.lexical.logit((*features, *together))

    @property
    def names_at_best(self) -> tuple[bool, bool]:
        """Whether names that both sides have, and names that exclude each other, raise the log odds by words."""
        weights = self.lexical.weights
        return weights[_NAMES_SHARED] > 0.0, weights[_NAMES_CLASH] > 0.0

    @property
    def names_at_worst(self) -> tuple[bool, bool]:
        """Whether names that both sides have, and names that exclude each other, lower the log odds by words."""
        weights = self.lexical.weights
        return weights[_NAMES_SHARED] < 0.0, weights[_NAMES_CLASH] < 0.0

    def with_meaning(self, by_words: float, meaning: Meaning) -> float:
        """The calibrated log odds from words and meaning, for texts of one language."""
        return self.semantic.logit((max(LEAST_BY_WORDS, by_words), *meaning))

    def by_meaning(self, features: Features, meaning: Meaning) -> float:
        """The calibrated log odds for texts of two languages, whose words cannot be compared."""
        return self.across.logit((*meaning, *[getattr(features, name) for name in ACROSS]))


LEAST_BY_WORDS: Final = -6.0
"""Beside meaning, log odds by words count no lower: a paraphrase may share no word at all."""

ACROSS: Final = (
    "figures_agree",
    "figures_clash",
    "figures_missing",
    "dates_agree",
    "dates_clash",
    "names_shared",
    "names_clash",
)
"""The features that mean the same in every language."""


def probability(logit: float) -> float:
    """Log odds as a probability, in (0, 1)."""
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, logit))))


class _StoredWeights(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    intercept: float
    weights: dict[str, float]

    def of(self, names: Sequence[str]) -> Weights:
        """In the order of ``names``. Raises ValueError where there is one for no name, or none for one."""
        if set(self.weights) != set(names):
            raise ValueError(f"the weights are not those of {', '.join(names)}")
        return Weights(self.intercept, tuple(self.weights[name] for name in names))


class _Stored(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    lexical: _StoredWeights
    calibration: dict[str, Line]
    otherwise: Line
    semantic: _StoredWeights
    across: _StoredWeights
    trained_on: list[str]


LEXICAL: Final = (*Features._fields, *Together._fields)
SEMANTIC: Final = ("by_words", *Meaning._fields)
BETWEEN: Final = (*Meaning._fields, *ACROSS)
"""The names of what each set of weights weighs, in order."""


@lru_cache(maxsize=1)
def _stored() -> _Stored:
    source = resources.files("service.matching").joinpath("data", "model.json")
    return msgspec.json.decode(source.read_bytes(), type=_Stored)


def training_sets() -> tuple[str, ...]:
    """The benchmarks on whose train splits the model in the package was fitted and calibrated."""
    return tuple(_stored().trained_on)


@lru_cache(maxsize=1)
def default_model() -> Model:
    """The model in the package."""
    stored = _stored()
    return Model(
        stored.lexical.of(LEXICAL),
        stored.calibration,
        stored.otherwise,
        stored.semantic.of(SEMANTIC),
        stored.across.of(BETWEEN),
    )


_NAMES_SHARED: Final = Features._fields.index("names_shared")
_NAMES_CLASH: Final = Features._fields.index("names_clash")


def with_names(features: Features, shared: int, clash: int) -> Features:
    """The features of two statements, ``shared`` of whose names are the same, and ``clash`` exclude each other."""
    if not shared and not clash:
        return features
    return features_of((*features[:_NAMES_SHARED], float(shared), float(clash), *features[_NAMES_CLASH + 1 :]))


def features_of(values: tuple[float, ...]) -> Features:
    """``values`` in the order of the fields; naming sixteen of them would cost as much as computing them."""
    return tuple.__new__(Features, values)


SAME: Final = Features(*([1.0] * len(Features._fields)))
"""Stands for a text that repeats a stored one."""


def alone(features: Features) -> Together:
    """What a single wording shows, where there is no other."""
    return Together(features.letters)


def together(letters: Sequence[float]) -> Together:
    """What at least one wording shows, each by the cosine of its letters with those of the whole incoming text."""
    ranked = sorted(letters, reverse=True)
    return Together(ranked[:2][-1])


def strongest(all_features: Sequence[Features]) -> Features:
    """The features of a claim from those of its wordings: of each the greatest. Raises ValueError on none."""
    if not all_features:
        raise ValueError("no wording to judge by")
    if len(all_features) == 1:
        return all_features[0]
    return Features(*map(max, *all_features))
