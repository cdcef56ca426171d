"""Which model made a vector, and what a text is to it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """A model as far as its vectors go: two with one ``digest`` make the same vectors, others must not be compared.

    ``digest`` is a SHA-256 in lower-case hexadecimal over everything that decides a vector: the weights, the tokenizer,
    the pooling, the prefixes and the length at which texts are cut. ``name`` is for people, and may repeat.
    """

    name: str
    digest: str
    dimension: int


class TextKind(StrEnum):
    """Whether a text asks or is asked for: some models were trained with a prefix for each."""

    QUERY = "query"
    PASSAGE = "passage"


@dataclass(frozen=True, slots=True)
class Tally:
    """Texts embedded since the model was opened, and how many of them were too long for it and lost their end."""

    embedded: int = 0
    truncated: int = 0
