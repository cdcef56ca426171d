"""What every reader gives: rows in the order of the file, each readable or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from service.errors import Fault


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it stands in the file. ``line``: counted from 1; that of the line it begins on in a text of lines, its
    place among the reviews elsewhere. ``content``: the bytes of a JSON line, the cells of a table by their column, or a
    ClaimReview as JSON types. ``base``: the address of the page it was found on.
    """

    line: int
    content: bytes | Mapping[str, Any]
    base: str | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """A row that cannot even be taken apart."""

    line: int
    faults: tuple[Fault, ...] = field(default_factory=tuple)
