"""Benchmark folders: a corpus with queries and their right answers, labelled pairs, or both.

``corpus.jsonl`` holds ``{id, text, title?, lang}``, ``queries.SPLIT.jsonl`` ``{id, text, lang}``, ``qrels.SPLIT.tsv``
``query_id<TAB>corpus_id``, ``pairs.SPLIT.jsonl`` ``{a, b, label, kind, sub?, lang}``; each may be gzipped (``.gz``).
Fields not named here are passed over. Every error names the file and the line.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, Literal, TypeVar

import msgspec

from service.domain import MAX_TEXT, MIN_TEXT
from service.errors import InvalidInput
from service.intake import is_known_language
from service.matching.folding import fold

T = TypeVar("T")

Row = TypeVar("Row", "Document", "Query")

_WORDS: Final = re.compile(r"\w+")
_SPLIT: Final = re.compile(r"\w[\w.-]*")
_UNWELCOME: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
"""What a claim may not hold: control characters, and halves of surrogate pairs."""


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
    """Two texts, and whether they say the same, with the kind of the change and a finer one where there is one."""

    a: str
    b: str
    label: Literal["same", "different"]
    kind: str = "other"
    sub: str | None = None
    lang: str = "und"


class _Distractor(msgspec.Struct, frozen=True):
    text: str
    lang: str = "und"


class Retrieval(msgspec.Struct, frozen=True):
    """A corpus, the queries of one split, and for each query the ids of the right documents.

    Ids are unique in ``corpus`` and in ``queries``: of several lines with one id the first holds. Every query has at
    least one right document, which the corpus may lack: it can then not be found, and counts as missed.
    """

    corpus: list[Document]
    queries: list[Query]
    relevant: dict[str, frozenset[str]]


class Benchmark(msgspec.Struct, frozen=True):
    """What a folder holds for one split; at least one of the two parts is there."""

    folder: str
    split: str
    retrieval: Retrieval | None
    pairs: list[LabelledPair] | None


def load_benchmark(folder: Path, split: str) -> Benchmark:
    """Everything a folder holds for ``split``. Raises InvalidInput when that is nothing, or broken."""
    if not _SPLIT.fullmatch(split):
        raise InvalidInput([], f"{split!r} is not the name of a split, such as dev")
    if not folder.is_dir():
        raise InvalidInput([], f"there is no folder {folder}")
    benchmark = Benchmark(folder.resolve().name, split, load_retrieval(folder, split), load_pairs(folder, split))
    if benchmark.retrieval is None and benchmark.pairs is None:
        raise InvalidInput([], f"{folder} holds neither queries.{split}.jsonl nor pairs.{split}.jsonl, plain or .gz")
    return benchmark


def load_retrieval(folder: Path, split: str) -> Retrieval | None:
    """The retrieval part of a folder, or None when it has no ``queries.SPLIT``. Raises InvalidInput on broken files."""
    path = _path(folder, f"queries.{split}.jsonl")
    if path is None:
        return None
    relevant: dict[str, set[str]] = {}
    for query, document in _parsed(_required(folder, f"qrels.{split}.tsv"), _qrel):
        relevant.setdefault(query, set()).add(document)
    queries = _first_of_each(_decode(path, Query))
    corpus = _first_of_each(_decode(_required(folder, "corpus.jsonl"), Document))
    return Retrieval(
        corpus,
        [query for query in queries if query.id in relevant],
        {query: frozenset(ids) for query, ids in relevant.items()},
    )


def load_pairs(folder: Path, split: str) -> list[LabelledPair] | None:
    """The labelled pairs of a folder, or None when it has none for ``split``. Raises InvalidInput on broken files."""
    path = _path(folder, f"pairs.{split}.jsonl")
    return None if path is None else list(_decode(path, LabelledPair))


def load_distractors(path: Path, corpus: Iterable[Document]) -> list[Document]:
    """Claims that answer no query, from a file of ``{text, lang}`` lines, under ids that no corpus uses.

    Texts are left out that a text or a title of ``corpus`` repeats but for case, marks and punctuation. Raises
    InvalidInput.
    """
    if not path.is_file():
        raise InvalidInput([], f"there is no file {path}")
    seen = {_words(wording) for document in corpus for wording in (document.text, document.title) if wording}
    found: list[Document] = []
    for number, line in enumerate(_decode(path, _Distractor), start=1):
        words = _words(line.text)
        if words not in seen:
            seen.add(words)
            found.append(Document(f"\0{number}", line.text, line.lang))
    return found


def sample(items: Sequence[T], limit: int | None) -> list[T]:
    """At most ``limit`` of the items, evenly spread over them and in their order; all of them for None."""
    if limit is None or limit >= len(items):
        return list(items)
    return [items[number * len(items) // limit] for number in range(limit)]


def as_claim_text(text: str) -> str:
    """The text as a claim may have it: no control characters, no half surrogates, at most 2,000 code points."""
    return _UNWELCOME.sub(" ", text).strip()[:MAX_TEXT].strip()


def is_long_enough(text: str) -> bool:
    """Whether a text that ``as_claim_text`` gave is long enough for a claim."""
    return len(text) >= MIN_TEXT


def as_language(tag: str) -> str | None:
    """The tag, or None where the service would refuse it."""
    return tag if is_known_language(tag) else None


def _first_of_each(rows: Iterable[Row]) -> list[Row]:
    found: dict[str, Row] = {}
    for row in rows:
        found.setdefault(row.id, row)
    return list(found.values())


def _words(text: str) -> str:
    return " ".join(_WORDS.findall(fold(text)))


def _qrel(line: bytes) -> tuple[str, str]:
    query, tab, document = line.decode("utf-8").partition("\t")
    if not tab or not query or not document.strip():
        raise ValueError("expected a query's id, a tab and a document's id")
    return query, document.strip()


def _decode(path: Path, kind: type[T]) -> Iterator[T]:
    decoder = msgspec.json.Decoder(kind)

    def decode(line: bytes) -> T:
        try:
            return decoder.decode(line)
        except msgspec.ValidationError:
            raise
        except msgspec.DecodeError:
            # The standard library takes an escaped half of a surrogate pair, which is found in tweets.
            return msgspec.convert(json.loads(line.decode("utf-8")), kind)

    return _parsed(path, decode)


def _parsed(path: Path, parse: Callable[[bytes], T]) -> Iterator[T]:
    number = 0
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
            for line in lines:
                number += 1
                if filled := line.strip(b" \r\n"):
                    yield parse(filled)
    except (ValueError, msgspec.MsgspecError) as error:
        raise InvalidInput([], f"{path}, line {number}: {error}") from error
    except (OSError, EOFError, zlib.error) as error:
        raise InvalidInput([], f"{path}, after line {number}: {error}") from error


def _required(folder: Path, name: str) -> Path:
    path = _path(folder, name)
    if path is None:
        raise InvalidInput([], f"there is no {name} or {name}.gz in {folder}")
    return path


def _path(folder: Path, name: str) -> Path | None:
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    return None
