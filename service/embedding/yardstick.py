"""What a cosine of an embedding model is worth: measured, for each two languages, on sentences whose meaning is known.

Models put unrelated texts at different cosines (around .1 the one, around .75 the other), know some languages and not
others, and of those that know two not all connect them. So a model is asked for the vectors of some hundred sentences
once (``data/yardstick.toml``), and cosines are then told as likeness: 0 as two unrelated texts have it, 1 as a typical
paraphrase has it.
"""

from __future__ import annotations

import asyncio
import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Protocol

from service.embedding.model import TextKind

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LEAST_SEPARATION: Final = 2.5
"""Spreads of unrelated texts that must lie between these and a typical paraphrase. Where cosines are distributed
normally, one unrelated text in 160 is beyond that, which other features can still tell apart; with less, they are many.
"""

LEAST_ACCURACY: Final = 0.7
"""The least share of sentences that must be nearer to their own paraphrase than to all others. The separation alone can
be fooled by a few words or characters in common, which a model that does not know the language sees as well.

Neither bound is a close call, though these paraphrases are hard ones: two models came to .8 and 3.4 or more where they
know the languages; English MiniLM has .6 and 2.4 at most elsewhere, between English and French, by the words that both
took from Latin, and below .1 and .7 in Persian and Arabic.
"""

LIKENESS_RANGE: Final = (-0.5, 2.0)
"""Beyond these a likeness says nothing more. The yardstick's paraphrases share few words, so that closer ones lie above
1; a text and itself come to about 2.
"""

UNKNOWN: Final = "und"
"""The tag of a text whose language is not known."""

_EDITION: Final = 1
"""To be raised when measuring changes, so that what was measured before is measured anew."""

Pair = tuple[str, str]
"""Two primary language subtags in alphabetical order; twice the same for one language with itself."""


class Embeds(Protocol):
    """What is needed of an embedder: rows of L2 norm 1, in the order of the texts."""

    async def embed(self, texts: Sequence[str], kind: TextKind) -> NDArray[np.float32]:
        """The vectors of ``texts``, float32."""
        ...


@dataclass(frozen=True, slots=True)
class Scale:
    """Cosines in [-1, 1] between two languages: the mean of ``unrelated`` texts and their standard deviation
    (``spread``), and the median of ``related`` ones, which say the same in other words.
    """

    unrelated: float
    spread: float
    related: float

    @property
    def separation(self) -> float:
        """How many spreads related texts lie above unrelated ones; infinite where unrelated ones do not differ."""
        distance = self.related - self.unrelated
        if self.spread > 0:
            return distance / self.spread
        return float("inf") if distance > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Measured:
    """A scale, and in [0, 1] the share of the yardstick's sentences that found their own paraphrase (``accuracy``)."""

    scale: Scale
    accuracy: float

    @property
    def reliable(self) -> bool:
        """Whether the model tells related from unrelated texts between these languages."""
        return self.scale.separation >= LEAST_SEPARATION and self.accuracy >= LEAST_ACCURACY


class Yardstick:
    """The scales of a model, for those pairs of languages in which its cosines mean something.

    Languages are BCP 47 tags of which the primary subtag counts. A text of unknown language ("und") is taken for one in
    the other text's language; where both are unknown, the scale with the highest ``unrelated`` is taken, so that a
    likeness is rather too low. A language that the yardstick has no sentences in is not covered.
    """

    def __init__(self, scales: Mapping[Pair, Scale]) -> None:
        self._scales = {_pair(one, other): scale for (one, other), scale in scales.items()}
        own = [scale for (one, other), scale in self._scales.items() if one == other]
        self._unknown = max(own, key=lambda scale: scale.unrelated, default=None)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Yardstick) and self._scales == other._scales

    def __hash__(self) -> int:
        return hash(frozenset(self._scales.items()))

    def __repr__(self) -> str:
        return f"Yardstick({self._scales!r})"

    @property
    def scales(self) -> Mapping[Pair, Scale]:
        """Every scale, by the two languages in alphabetical order."""
        return MappingProxyType(self._scales)

    def scale(self, one: str, other: str) -> Scale | None:
        """The scale of cosines between texts in these languages, in either order; None where not covered."""
        pair = _pair(one, other)
        if UNKNOWN in pair:
            (known,) = set(pair) - {UNKNOWN} or {UNKNOWN}
            return self._unknown if known == UNKNOWN else self._scales.get((known, known))
        return self._scales.get(pair)

    def covers(self, one: str, other: str) -> bool:
        """Whether the model's cosines between texts in these languages mean anything."""
        return self.scale(one, other) is not None

    def likeness(self, cosine: float, one: str, other: str) -> float | None:
        """What a cosine says whatever the model: 0 for unrelated texts, 1 for a typical paraphrase.

        In LIKENESS_RANGE; None where the languages are not covered.
        """
        scale = self.scale(one, other)
        if scale is None:
            return None
        least, most = LIKENESS_RANGE
        return min(most, max(least, (cosine - scale.unrelated) / (scale.related - scale.unrelated)))

    def languages(self) -> list[str]:
        """The languages that are covered with themselves, in alphabetical order."""
        return sorted(one for one, other in self._scales if one == other)

    def across(self) -> list[Pair]:
        """The pairs of two different languages that are covered, in alphabetical order."""
        return sorted(pair for pair in self._scales if pair[0] != pair[1])

    def to_plain(self) -> dict[str, Any]:
        """The yardstick as JSON takes it, for ``from_plain``."""
        return {" ".join(pair): asdict(scale) for pair, scale in sorted(self._scales.items())}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Yardstick:
        """The yardstick that ``to_plain`` gave this. Raises ValueError for anything else."""
        try:
            scales = {tuple(pair.split(" ")): Scale(**scale) for pair, scale in plain.items()}
            return cls({(one, other): scale for (one, other), scale in scales.items()})
        except (AttributeError, TypeError, ValueError) as error:
            raise ValueError("this is not a yardstick's plain form") from error


async def measure(embedder: Embeds) -> Yardstick:
    """The yardstick of a model: some seconds of its time, and little of the event loop's. Raises Unavailable."""
    measured = await compare_languages(embedder)
    return Yardstick({pair: found.scale for pair, found in measured.items() if found.reliable})


async def compare_languages(embedder: Embeds) -> dict[Pair, Measured]:
    """What is measured for each two languages, reliable or not. Raises Unavailable."""
    wordings = await asyncio.to_thread(_wordings)
    places = [(language, topic) for language, topics in wordings.items() for topic in topics]
    first = [wordings[language][topic][0] for language, topic in places]
    second = [wordings[language][topic][1] for language, topic in places]
    queries = await embedder.embed(first, TextKind.QUERY)
    passages = await embedder.embed(second, TextKind.PASSAGE)
    return await asyncio.to_thread(_compare, places, queries, passages)


@cache
def yardstick_digest() -> str:
    """SHA-256 in hexadecimal over all that a yardstick depends on beside the model."""
    return hashlib.sha256(f"{_EDITION}\n".encode() + _source()).hexdigest()


def _compare(
    places: Sequence[tuple[str, int]], queries: NDArray[np.float32], passages: NDArray[np.float32]
) -> dict[Pair, Measured]:
    rows: dict[str, dict[int, int]] = {}
    for row, (language, topic) in enumerate(places):
        rows.setdefault(language, {})[topic] = row
    found: dict[Pair, Measured] = {}
    for one in sorted(rows):
        for other in sorted(language for language in rows if language >= one):
            common = [topic for topic in rows[one] if topic in rows[other]]
            ones, others = [rows[one][topic] for topic in common], [rows[other][topic] for topic in common]
            tables = [queries[ones] @ passages[others].T]
            if one != other:
                tables.append(queries[others] @ passages[ones].T)
            found[one, other] = _measured(tables)
    return found


def _measured(tables: Sequence[NDArray[np.float32]]) -> Measured:
    """From square tables of cosines, with related texts on the diagonal and unrelated ones elsewhere."""
    import numpy as np

    topics = len(tables[0])
    aside = ~np.eye(topics, dtype=bool)
    unrelated = np.concatenate([table[aside] for table in tables])
    related = np.concatenate([table.diagonal() for table in tables])
    nearest: list[NDArray[np.bool_]] = []
    for table in tables:
        own = table.diagonal()
        rivals = np.where(aside, table, -np.inf)
        nearest += [own > rivals.max(axis=1), own > rivals.max(axis=0)]
    # To four digits, which is more than so few sentences can tell: the same model comes out the same anywhere.
    figures = (round(float(figure), 4) for figure in (unrelated.mean(), unrelated.std(), np.median(related)))
    return Measured(Scale(*figures), float(np.mean(nearest)))


@cache
def _wordings() -> dict[str, dict[int, tuple[str, str]]]:
    """For each language the two wordings of each topic that it has."""
    found: dict[str, dict[int, tuple[str, str]]] = {}
    for number, topic in enumerate(tomllib.loads(_source().decode())["topics"]):
        for language, (first, second) in topic.items():
            found.setdefault(language, {})[number] = (first, second)
    return found


def _source() -> bytes:
    return resources.files("service.embedding").joinpath("data", "yardstick.toml").read_bytes()


def _pair(one: str, other: str) -> Pair:
    first, second = sorted((_primary(one), _primary(other)))
    return first, second


def _primary(tag: str) -> str:
    return tag.partition("-")[0].lower() or UNKNOWN
