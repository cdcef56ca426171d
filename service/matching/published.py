"""What scores, for readers: every feature with its weight and what it measures, which is its docstring in ``model``."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any, Final

from service.matching import model as definitions
from service.matching.model import BETWEEN, LEXICAL, SEMANTIC, Features, Meaning, Model, Together, Weights

_BY_WORDS: Final = "by_words"
_BY_WORDS_MEANS: Final = (
    f"Calibrated log odds from words alone, but no lower than {definitions.LEAST_BY_WORDS:g}: "
    "a paraphrase may share no word at all."
)


@dataclass(frozen=True, slots=True)
class WeighedFeature:
    """A feature of a score, what it measures, and what it adds to the log odds for each unit of it."""

    name: str
    description: str
    weight: float


@dataclass(frozen=True, slots=True)
class PublishedScore:
    """A logistic regression: log odds are ``intercept`` plus the weighed features."""

    name: str
    description: str
    intercept: float
    features: tuple[WeighedFeature, ...]


def published(model: Model) -> tuple[PublishedScore, ...]:
    """The regressions of a model, in the order in which they build on each other."""
    return (
        _score(
            _BY_WORDS,
            "Words alone; its log odds go through the calibration of the incoming text's language.",
            model.lexical,
            LEXICAL,
        ),
        _score("with_meaning", "Words and an embedding model, for texts of one language.", model.semantic, SEMANTIC),
        _score(
            "by_meaning",
            "An embedding model with what can be compared in any language, for texts of two languages; it counts where "
            "it is higher than with_meaning.",
            model.across,
            BETWEEN,
        ),
    )


@cache
def feature_documentation() -> Mapping[str, str]:
    """What each feature measures, by name."""
    found = {_BY_WORDS: _BY_WORDS_MEANS}
    for group in (Features, Together, Meaning):
        found.update(_field_docstrings(group))
    return found


def _score(name: str, description: str, weights: Weights, features: Sequence[str]) -> PublishedScore:
    documentation = feature_documentation()
    weighed = zip(features, weights.weights, strict=True)
    return PublishedScore(
        name,
        description,
        weights.intercept,
        tuple(WeighedFeature(each, documentation[each], weight) for each, weight in weighed),
    )


def _field_docstrings(group: type[Any]) -> dict[str, str]:
    """The strings that stand below the fields of a class; Python itself keeps none of them."""
    (body,) = ast.parse(inspect.getsource(group)).body
    assert isinstance(body, ast.ClassDef)  # noqa: S101  # the source of a class is one
    found = {}
    for field, below in pairwise(body.body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            match below:
                case ast.Expr(value=ast.Constant(value=str(said))):
                    found[field.target.id] = inspect.cleandoc(said)
    return found
