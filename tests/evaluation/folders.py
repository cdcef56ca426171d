"""Small benchmark folders, written for these tests."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

CORPUS = [
    {"id": "bridge", "text": "The old bridge in Lyon was closed for repairs in 2019", "lang": "en"},
    {
        "id": "vaccine",
        "text": "The vaccine contains 12 milligrams of aluminium",
        "lang": "en",
        "title": "Aluminium dose",
    },
    {"id": "river", "text": "ok", "lang": "en", "title": "The river Karun has dried up completely"},
    {"id": "nothing", "text": "a", "lang": "en"},
    {"id": "dam", "text": "سد کرخه در سال ۱۳۹۸ سرریز شد", "lang": "fa"},
    {"id": "hospital", "text": "افتتاح مستشفى جديد في البصرة بسعة 400 سرير", "lang": "ar"},
    {"id": "bridge", "text": "A second line under an id that is taken", "lang": "en"},
    {"id": "long", "text": "wheat harvest " * 400, "lang": "zz"},
    {"id": "control", "text": "Salt\u0000 prices\u0001 doubled in the port of Odessa", "lang": "en"},
]

QUERIES = [
    {"id": "1", "text": "The old bridge in Lyon was closed for repairs in 2019", "lang": "en"},
    {"id": "2", "text": "سد کرخه در سال ۱۳۹۸ سرریز شد", "lang": "fa", "stance": "Agree"},
    {"id": "3", "text": "افتتاح مستشفى جديد في البصرة بسعة 400 سرير", "lang": "ar"},
    {"id": "4", "text": "Penguins have learnt to play the violin", "lang": "en"},
    {"id": "5", "text": "x", "lang": "en"},
    {"id": "unjudged", "text": "A query without a right answer is no query", "lang": "en"},
]

QRELS = [("1", "bridge"), ("2", "dam"), ("3", "hospital"), ("4", "absent"), ("5", "bridge")]

PAIRS = [
    {"a": "The fire killed 39 people", "b": "The fire killed 93 people", "label": "different", "kind": "number",
     "lang": "en"},
    {"a": "The fire killed 39 people", "b": "The fire killed 39 people", "label": "same", "kind": "other",
     "lang": "en"},
    {"a": "در آتش‌سوزی ۳۹ نفر کشته شدند", "b": "در آتش‌سوزی ۳۹ نفر کشته نشدند", "label": "different",
     "kind": "negation", "lang": "fa"},
    {"a": "قتل 39 شخصا في الحريق", "b": "قتل 39 شخصا في الحريق", "label": "different", "kind": "mislabelled",
     "sub": "copy", "lang": "ar"},
    {"a": "The fire killed 39 people", "b": "Penguins play the violin", "label": "same", "kind": "other", "lang": "en"},
]  # fmt: skip


def write_jsonl(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """One row per line, gzipped where the name says so."""
    write(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def write(path: Path, text: str) -> None:
    data = text.encode("utf-8")
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


def write_retrieval(folder: Path, ending: str = "") -> Path:
    """The retrieval set above; ``ending`` is "" or ".gz"."""
    folder.mkdir(exist_ok=True)
    write_jsonl(folder / f"corpus.jsonl{ending}", CORPUS)
    write_jsonl(folder / f"queries.dev.jsonl{ending}", QUERIES)
    write(folder / "qrels.dev.tsv", "".join(f"{query}\t{document}\n" for query, document in QRELS))
    return folder


def write_pairs(folder: Path, ending: str = "") -> Path:
    """The labelled pairs above."""
    folder.mkdir(exist_ok=True)
    write_jsonl(folder / f"pairs.dev.jsonl{ending}", PAIRS)
    return folder
