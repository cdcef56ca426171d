"""What a format is: how a file of it begins, goes on from claim to claim, and ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from service.domain import Claim, Publisher

Publishers = frozenset[Publisher] | None
"""Whose reviews are wanted; None for everybody's."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format of files of claims.

    ``begin`` is given when the youngest claim was changed, None where there are no claims. ``pieces`` yields what a
    claim contributes, in none, one or several pieces, between which ``separator`` stands. ``published``: only reviews
    that have an address are told, and claims without one are left out.
    """

    name: str
    media_type: str
    begin: Callable[[datetime | None], bytes]
    pieces: Callable[[Claim, Publishers], Iterator[bytes]]
    separator: bytes = b""
    end: bytes = b""
    published: bool = False
