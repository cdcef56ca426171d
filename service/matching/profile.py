"""A reading small enough to be kept with the wording that it was read from, and first of all what a score is made of.

Reading a wording takes many times what unpacking its profile does, and of the fifty wordings that a check finds all but
a few are dismissed on their score; only theirs is the rest of the reading unpacked. What is kept carries the edition of
the readers and lexicons that made it: of another edition it counts as absent, and the wording is read anew.
"""

from __future__ import annotations

import hashlib
import struct
from functools import lru_cache
from importlib import metadata, resources
from typing import TYPE_CHECKING, Final

import msgspec

from service.matching.attribution import Attribution
from service.matching.dates import DateMention
from service.matching.language import Language
from service.matching.letters import letters_of
from service.matching.names import Name
from service.matching.polarity import Polarity
from service.matching.quantity_comparison import Quantity
from service.matching.reading import Reading, tokens_of

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_EDITION_SIZE: Final = 8
_MADE_WITH: Final = ("hijridate", "persiantools", "pystemmer")
"""Packages that readings rest on."""


class Profile(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """See ``Reading``. ``language`` is the tag; ``letters``: see ``letters_of``, none twice, ascending, each in four
    bytes, the lowest first. ``rest``: what else there is to the reading, still packed, where the profile was kept.
    """

    text: str
    folded: str
    language: str
    content: tuple[str, ...]
    hints: tuple[str, ...]
    quantities: tuple[Quantity, ...]
    dates: tuple[DateMention, ...]
    names: tuple[Name, ...]
    letters: bytes
    rest: bytes = b""

    @property
    def checksums(self) -> tuple[int, ...]:
        """The letters as numbers."""
        return numbers_of(len(self.letters)).unpack(self.letters)

    @property
    def anchored(self) -> bool:
        """Whether the day from which "last year" is counted makes a difference."""
        return any(day.relative for day in self.dates)


@lru_cache(maxsize=4_096)
def numbers_of(size: int) -> struct.Struct:
    """So many bytes as numbers of four bytes each."""
    return struct.Struct(f"<{size // 4}I")


def profile_of(reading: Reading) -> Profile:
    """What the score needs of a reading."""
    checksums = sorted(letters_of(reading))
    return Profile(
        reading.text,
        reading.folded,
        reading.language.tag,
        reading.content,
        reading.hints,
        reading.quantities,
        reading.dates,
        reading.names,
        numbers_of(4 * len(checksums)).pack(*checksums),
    )


class _Packed(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A profile without what is kept beside it."""

    language: str
    content: tuple[str, ...]
    hints: tuple[str, ...]
    quantities: tuple[Quantity, ...]
    dates: tuple[DateMention, ...]
    names: tuple[Name, ...]
    letters: bytes
    rest: bytes


class _Rest(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A reading without its profile, and without the tokens, which are sooner cut again than unpacked."""

    confidence: float
    script: str
    surface: tuple[str, ...]
    places: tuple[int, ...]
    polarity: Polarity
    attribution: Attribution | None
    loose_digits: tuple[str, ...]
    qualifiers: frozenset[str]
    too_vague: bool


_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(_Packed)
_rest_decoder: Final = msgspec.msgpack.Decoder(_Rest)


def pack(reading: Reading) -> bytes:
    """The reading without its texts, as ``unpack`` of this edition understands it."""
    profile = profile_of(reading)
    rest = _Rest(
        reading.language.confidence,
        reading.language.script,
        reading.surface,
        reading.places,
        reading.polarity,
        reading.attribution,
        reading.loose_digits,
        reading.qualifiers,
        reading.too_vague,
    )
    packed = _Packed(
        profile.language,
        profile.content,
        profile.hints,
        profile.quantities,
        profile.dates,
        profile.names,
        profile.letters,
        _encoder.encode(rest),
    )
    return (_anchored() if profile.anchored else timeless()) + _encoder.encode(packed)


def unpack(packed: bytes, text: str, folded: str) -> Profile | None:
    """The profile of ``text``, or None where another edition packed it."""
    if packed[:_EDITION_SIZE] != edition():
        return None
    kept = _decoder.decode(memoryview(packed)[_EDITION_SIZE + 1 :])
    return Profile(
        text,
        folded,
        kept.language,
        kept.content,
        kept.hints,
        kept.quantities,
        kept.dates,
        kept.names,
        kept.letters,
        kept.rest,
    )


def unpack_reading(profile: Profile) -> Reading:
    """The reading of a profile that was kept. Raises msgspec.DecodeError for any other."""
    rest = _rest_decoder.decode(profile.rest)
    return Reading(
        profile.text,
        profile.folded,
        Language(profile.language, rest.confidence, rest.script),
        tuple(tokens_of(profile.text)),
        profile.content,
        rest.surface,
        rest.places,
        profile.quantities,
        profile.dates,
        profile.names,
        rest.polarity,
        rest.attribution,
        rest.loose_digits,
        profile.hints,
        rest.qualifiers,
        rest.too_vague,
    )


def timeless() -> bytes:
    """How each profile of this edition begins that is the same whatever the day of its claim is: see ``anchored``."""
    return edition() + b"\0"


def _anchored() -> bytes:
    return edition() + b"\1"


@lru_cache(maxsize=1)
def edition() -> bytes:
    """Eight bytes that stand for all that readings depend on: the files of this package, and what it rests on."""
    digest = hashlib.sha256()
    for name in _MADE_WITH:
        digest.update(f"{name} {metadata.version(name)}\n".encode())
    _add(digest, resources.files("service.matching"))
    return digest.digest()[:_EDITION_SIZE]


def _add(digest: hashlib._Hash, folder: Traversable) -> None:
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        if entry.is_dir():
            if entry.name != "__pycache__":
                _add(digest, entry)
        elif entry.name.endswith((".py", ".json", ".toml", ".txt")):
            digest.update(entry.name.encode() + b"\0" + entry.read_bytes())
