"""What a text names, and what two texts' names say about each other."""

from __future__ import annotations

from typing import Literal, NamedTuple

Kind = Literal["place", "person", "organisation", "unknown"]
"""What a name is the name of."""


class Name(NamedTuple):
    """A name in a text.

    ``start`` and ``end`` are code points of the original text (end excluded), ``first`` and ``last`` token indexes
    (included). ``before`` and ``after`` are the folded words beside it, "" where there is none: what role it plays.
    """

    key: str
    kind: Kind
    text: str
    start: int
    end: int
    first: int
    last: int
    before: str = ""
    after: str = ""


class NameComparison(NamedTuple):
    """``shared``: pairs that mean the same; ``conflicts``: pairs of different names in corresponding roles.

    A name in a conflict is also in ``only_a`` or ``only_b``. Of repeated names only the first is kept.
    """

    shared: tuple[tuple[Name, Name], ...]
    only_a: tuple[Name, ...]
    only_b: tuple[Name, ...]
    conflicts: tuple[tuple[Name, Name], ...]
