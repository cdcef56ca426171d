"""What answers: the features and weights that score, the thresholds, the languages, and how well scores are calibrated.

The calibration that is told was measured: it is read from the reports that ``make eval`` commits.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import msgspec

from service import __version__
from service.domain import CheckOptions, Engine, RetrievalKind
from service.indexing import Semantics
from service.locations import companion
from service.matching.model import Line, default_model, training_sets
from service.matching.published import PublishedScore, published
from service.matching.stopwords import stopword_languages
from service.store.claims import corpus_revision
from service.store.session import Database

_REPORTS: Final = "docs/evaluation"


class MeasuredBin(msgspec.Struct, frozen=True, rename={"low": "from", "high": "to"}):
    """Answers whose score lies in [low, high): how many, their mean score, and the share of them that was right."""

    low: float
    high: float
    n: int
    mean_score: float
    share_right: float


class Measurement(msgspec.Struct, frozen=True):
    """What one report says about scores. ``ece``: the expected calibration error, in [0, 1]; ``version``: of this
    software when it was measured; ``model``: the embedding model that took part.
    """

    folder: str
    split: str
    version: str
    queries: int
    corpus: int
    ece: float
    calibration: tuple[MeasuredBin, ...]
    model: str | None = None


@dataclass(frozen=True, slots=True)
class ReadLanguage:
    """A language whose words are read. ``calibration``: its own line over the log odds; None where it has none."""

    tag: str
    calibration: Line | None


@dataclass(frozen=True, slots=True)
class EngineDescription:
    """``otherwise``: the calibration of languages without their own; ``model``: the embedding model that is loaded."""

    engine: Engine
    model: str | None
    options: CheckOptions
    scores: tuple[PublishedScore, ...]
    languages: tuple[ReadLanguage, ...]
    otherwise: Line
    trained_on: tuple[str, ...]
    measurements: tuple[Measurement, ...]


async def describe_engine(database: Database, semantics: Semantics | None) -> EngineDescription:
    """What would answer a check now. Raises Unavailable."""
    async with database.read() as connection:
        revision = await corpus_revision(connection)
        reach = None if semantics is None else await semantics.reach(connection)
    model = default_model()
    kinds = (RetrievalKind.LEXICAL,) if reach is None else tuple(RetrievalKind)
    covered = None if reach is None else round(reach.covered, 4)
    return EngineDescription(
        Engine(__version__, revision, kinds, covered),
        None if semantics is None else semantics.embedder.identity.name,
        CheckOptions(),
        published(model),
        tuple(ReadLanguage(tag, model.calibration.get(tag)) for tag in stopword_languages()),
        model.otherwise,
        training_sets(),
        measurements(),
    )


@cache
def measurements() -> tuple[Measurement, ...]:
    """What the reports of the benchmarks say about scores, by name."""
    found = []
    for path in sorted(companion(_REPORTS).glob("*.json")):
        report = path.read_bytes()
        if "ece" in msgspec.json.decode(report):
            found.append(msgspec.json.decode(report, type=Measurement))
    return tuple(found)
