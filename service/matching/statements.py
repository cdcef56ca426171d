"""A post or paragraph cut into the statements it makes, each with its place in the original text."""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import sentencex

from service.matching.clauses import clause_breaks
from service.matching.noise import noise_spans, urls

__all__ = ["Statement", "noise_spans", "split_statements", "urls"]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement: ``text`` is the original's ``start`` to ``end`` (code points, end excluded)."""

    text: str
    start: int
    end: int


_ENDING: Final = re.compile(r"[.!?؟۔…।॥。！？][\"'»”’)\]]*(?=\s|[^\W\d_])|[\n\r\u2028\u2029]|[。！？]")
_JOINT: Final = re.compile(
    r"[;؛；]|\b(?:and|but|و|اما|ولی|لیکن|لكن|ولكن|لکن|ولکن|aber|doch|pero|mais|mas|ma|ama|fakat|maar|men|но|але|ale)\b",
    re.IGNORECASE,
)
_LINES: Final = re.compile(r"[\n\r\u2028\u2029]+")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_WORD: Final = re.compile(r"[^\W_]")
_EDGE: Final = " \t\n\r\x0b\x0c\x85\xa0\u2028\u2029\u200b\u200c\u200e\u200f\ufeff"
_LEADING: Final = _EDGE + "-–—•*·|>:,،;؛.!?؟…~"
_TRAILING: Final = _EDGE + "-–—•*·|>:,،;؛~"
_BLOCK: Final = 4_000
"""The splitter gets a line in blocks of at most so many characters, so that the whole stays linear."""


def split_statements(text: str, language: str) -> tuple[Statement, ...]:
    """The statements of ``text``, in order, without overlaps.

    ``language`` is a primary subtag or "und". Sentences first (by sentencex), then clauses joined by "and", "but", a
    semicolon and their like where each side can stand alone; in doubt a sentence stays whole. Noise at the edges of a
    statement is left outside its span. At least one statement, none of them empty, unless ``text`` is blank.
    """
    noise = noise_spans(text)
    ending = _ENDING.search(text)
    if ending is None or not _WORD.search(text, ending.end()):
        pieces = [(0, len(text))]
    else:
        pieces = list(_sentences(_masked(text, noise), language))
    if _JOINT.search(text) is not None:
        pieces = [clause for start, end in pieces for clause in _clauses(text, start, end, language)]
    found = []
    for start, end in pieces:
        start, end = _trimmed(text, start, end, noise)
        if start < end:
            found.append(Statement(text[start:end], start, end))
    if found:
        return tuple(found)
    stripped = text.strip()
    if not stripped:
        return ()
    start = text.index(stripped)
    return (Statement(stripped, start, start + len(stripped)),)


def _masked(text: str, noise: tuple[tuple[int, int], ...]) -> str:
    """``text`` at its own length without what would mislead the splitter: full stops in addresses, lone surrogates."""
    pieces: list[str] = []
    place = 0
    for start, end in noise:
        pieces += (
            text[place:start],
            re.sub(r"\S", "x", text[start:end]) if "/" in text[start:end] else text[start:end],
        )
        place = end
    masked = "".join(pieces) + text[place:]
    return _SURROGATE.sub("\ufffd", masked)


def _sentences(text: str, language: str) -> Iterator[tuple[int, int]]:
    """Places of the sentences, line by line; a line that only goes on (lower case) belongs to the one before it."""
    place = 0
    opened = 0
    for line in _LINES.finditer(text):
        after = text[line.end() : line.end() + 1]
        if (after.islower() and text[max(0, line.start() - 1) : line.start()].isalnum()) or len(
            text[place : line.start()].split()
        ) < 2:
            place = line.end()
            continue
        yield from _of_line(text, opened, line.start(), language)
        opened = place = line.end()
    yield from _of_line(text, opened, len(text), language)


def _of_line(text: str, start: int, end: int, language: str) -> Iterator[tuple[int, int]]:
    while start < end:
        stop = end
        if end - start > _BLOCK:
            gap = text.rfind(" ", start, start + _BLOCK)
            stop = gap + 1 if gap > start else start + _BLOCK
        block = text[start:stop].replace("\n", " ")
        place = start
        opened = start
        for sentence in sentencex.segment(language, block):
            place += len(sentence)
            if _goes_on(text, place, stop):
                continue
            yield opened, place
            opened = place
        if opened < stop:
            yield opened, stop
        start = stop


def _goes_on(text: str, place: int, stop: int) -> bool:
    """Whether the splitter cut within a sentence: what follows begins in lower case, or is punctuation only."""
    rest = text[place : place + 20].lstrip()
    return place < stop and (
        not rest or (rest[0].islower() and text[max(0, place - 3) : place].rstrip()[-1:] not in ("!", "?"))
    )


def _clauses(text: str, start: int, end: int, language: str) -> Iterator[tuple[int, int]]:
    if not _JOINT.search(text, start, end):
        yield start, end
        return
    for low, high in clause_breaks(text[start:end], language):
        yield start, start + low
        start += high
    yield start, end


def _trimmed(text: str, start: int, end: int, noise: tuple[tuple[int, int], ...]) -> tuple[int, int]:
    """The piece without the noise, blanks and stray punctuation at its edges; empty when nothing says anything."""
    while start < end:
        if text[start] in _LEADING and not _signs_number(text, start):
            start += 1
            continue
        span = _covering(noise, start)
        if span is None:
            break
        start = span[1]
    while start < end:
        if text[end - 1] in _TRAILING:
            end -= 1
            continue
        span = _covering(noise, end - 1)
        if span is None:
            break
        end = span[0]
    if start >= end or _WORD.search(text, start, end) is None:
        return start, start
    return start, end


def _covering(noise: tuple[tuple[int, int], ...], place: int) -> tuple[int, int] | None:
    index = bisect_right(noise, (place, sys.maxsize)) - 1
    return noise[index] if index >= 0 and place < noise[index][1] else None


def _signs_number(text: str, place: int) -> bool:
    return text[place] in "-.~>" and text[place + 1 : place + 2].isdecimal()
