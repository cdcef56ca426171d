"""Benchmark folders: a corpus with queries and their right answers, or labelled pairs.

``corpus.jsonl`` holds ``{id, text, title?, lang}``, ``queries.SPLIT.jsonl`` ``{id, text, lang}``, ``qrels.SPLIT.tsv``
``query_id<TAB>corpus_id``, ``pairs.SPLIT.jsonl`` ``{a, b, label, kind, lang}``; each may be gzipped.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from service.errors import Fault, InvalidInput

T = TypeVar("T")


class Document(msgspec.Struct, frozen=True):
    """A claim of a corpus."""

    id: str
    text: str
    lang: str = "und"
    title: str | None = None


class Query(msgspec.Struct, frozen=True):
    """A text to look up. ``stance`` is kept where a set has it: only "Agree" asserts the claim."""

    id: str
    text: str
    lang: str = "und"
    stance: str | None = None


class LabelledPair(msgspec.Struct, frozen=True):
    """Two texts, and whether they say the same (``label`` "same" or "different"), with the kind of the change."""

    a: str
    b: str
    label: str
    kind: str = "other"
    sub: str | None = None
    lang: str = "und"


class Retrieval(msgspec.Struct, frozen=True):
    """A corpus, the queries of one split, and for each query the ids of the right documents."""

    corpus: list[Document]
    queries: list[Query]
    relevant: dict[str, frozenset[str]]


def load_retrieval(folder: Path, split: str) -> Retrieval | None:
    """The retrieval part of a folder, or None when it has no ``queries.SPLIT``. Raises InvalidInput on broken files."""
    if _path(folder, f"queries.{split}.jsonl") is None:
        return None
    relevant: dict[str, set[str]] = {}
    for line in _lines(folder, f"qrels.{split}.tsv"):
        query, _, document = line.partition("\t")
        relevant.setdefault(query, set()).add(document.strip())
    queries = _decode(folder, f"queries.{split}.jsonl", Query)
    return Retrieval(
        _decode(folder, "corpus.jsonl", Document),
        [query for query in queries if query.id in relevant],
        {query: frozenset(ids) for query, ids in relevant.items()},
    )


def load_pairs(folder: Path, split: str) -> list[LabelledPair] | None:
    """The labelled pairs of a folder, or None when it has none for ``split``. Raises InvalidInput on broken files."""
    if _path(folder, f"pairs.{split}.jsonl") is None:
        return None
    return _decode(folder, f"pairs.{split}.jsonl", LabelledPair)


def _decode(folder: Path, name: str, kind: type[T]) -> list[T]:
    rows = []
    for number, line in enumerate(_lines(folder, name), start=1):
        try:
            rows.append(msgspec.json.decode(line, type=kind))
        except msgspec.MsgspecError as error:
            raise InvalidInput([Fault(f"/{name}/{number}", str(error))]) from error
    return rows


def _lines(folder: Path, name: str) -> Iterator[str]:
    path = _path(folder, name)
    if path is None:
        raise InvalidInput([Fault(f"/{name}", f"there is no {name} or {name}.gz in {folder}")])
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield line.rstrip("\n")


def _path(folder: Path, name: str) -> Path | None:
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    return None
