"""Bodies as they were before they were compressed, a bounded piece at a time."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Final

_PIECE: Final = 64 << 10
_GZIP: Final = 16 + zlib.MAX_WBITS

ACCEPTED: Final = "gzip"
"""What requests accept: zlib can be told to stop in the middle, so that no body unpacks into more than a piece."""


class Unpacker:
    """Undoes one Content-Encoding. Raises ValueError for one that was not asked for, and for data that are broken."""

    def __init__(self, encoding: str) -> None:
        encoding = encoding.strip().lower()
        if encoding not in {"", "identity", "gzip", "x-gzip"}:
            raise ValueError(f"it is encoded as {encoding[:40]!r}, which was not asked for")
        self._gzip = zlib.decompressobj(_GZIP) if encoding in {"gzip", "x-gzip"} else None
        self._fed = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What these bytes unpack into, in pieces of at most 64 KiB; nothing is unpacked before it is asked for."""
        if self._gzip is None:
            yield data
            return
        self._fed = self._fed or bool(data)
        try:
            while data:
                if self._gzip.eof:
                    # Several members one after the other are one file.
                    self._gzip = zlib.decompressobj(_GZIP)
                piece = self._gzip.decompress(data, _PIECE)
                if piece:
                    yield piece
                data = self._gzip.unused_data if self._gzip.eof else self._gzip.unconsumed_tail
                if not data and len(piece) == _PIECE and not self._gzip.eof:
                    yield from self._held_back()
        except zlib.error as error:
            raise ValueError(f"its gzip is broken: {error}") from None

    def finish(self) -> None:
        """Say that this was all. Raises ValueError where more had to come."""
        if self._gzip is not None and self._fed and not self._gzip.eof:
            raise ValueError("its gzip ends in the middle")

    def _held_back(self) -> Iterator[bytes]:
        """What zlib has read but not yet put out, since the last piece was full."""
        assert self._gzip is not None  # noqa: S101
        while piece := self._gzip.decompress(b"", _PIECE):
            yield piece
