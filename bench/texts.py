"""The texts and queries that every peer gets: real claims first, then perturbed copies of them, as many as are wanted.

Every size holds the right claims of all queries, so that quality can be compared between sizes: only what stands beside
them grows. No copy is made of a right claim. Same seed, same texts.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.evaluation.dataset import as_claim_text, is_long_enough, load_retrieval

SETS = ("checkthat2022_2a_en", "checkthat2021_2b_en", "checkthat2021_2a_ar_pooled", "persian_headline_claim")
"""Folders of labelled queries: English tweets and debates, Arabic tweets, Persian headlines."""

_SEED = 7
_NUMBER = re.compile(r"\d+")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Query:
    """A text to look up, and the places of its right claims among the texts."""

    text: str
    lang: str
    right: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Workload:
    """Texts with their languages, by place, and the queries in the order in which every peer gets them."""

    texts: list[str]
    langs: list[str]
    queries: list[Query]
    real: int
    """How many of the texts are real; the rest are perturbed copies."""


def workload(data: Path, size: int, queries: int) -> Workload:
    """``size`` texts; up to ``queries`` queries, the same for every size, evenly from the labelled sets."""
    chance = random.Random(_SEED)
    texts: dict[str, int] = {}
    langs: list[str] = []

    def place(text: str, lang: str) -> int:
        if text not in texts:
            texts[text] = len(langs)
            langs.append(lang)
        return texts[text]

    asked: list[Query] = []
    for name in SETS:
        folder = data / name
        if not folder.is_dir():
            continue
        found = load_retrieval(folder, "dev")
        if found is None:
            continue
        documents = {document.id: document for document in found.corpus}
        usable = [
            (query, [documents[key] for key in sorted(found.relevant[query.id]) if key in documents])
            for query in found.queries
        ]
        usable = [(query, right) for query, right in usable if right and is_long_enough(as_claim_text(query.text))]
        chance.shuffle(usable)
        for query, right in usable[: queries // len(SETS)]:
            places = tuple(place(as_claim_text(document.text), document.lang) for document in right)
            asked.append(Query(as_claim_text(query.text), query.lang, places))
    chance.shuffle(asked)
    protected = len(langs)
    if protected > size:
        raise SystemExit(f"the right claims alone are {protected}; ask for more than that")
    others = list(_real(data / "scale" / "claims.jsonl.gz"))
    chance.shuffle(others)
    for text, lang in others:
        if len(langs) >= size:
            break
        place(text, lang)
    real = len(langs)
    originals = list(zip(list(texts)[protected:], langs[protected:], strict=True))
    words = [word for text, _ in originals[:20_000] for word in text.split() if len(word) > 3]
    while len(langs) < size:
        text, lang = originals[chance.randrange(len(originals))]
        place(perturbed(text, words, chance), lang)
    return Workload(list(texts), langs, asked, real)


def perturbed(text: str, words: list[str], chance: random.Random) -> str:
    """The text with other numbers, a word or two exchanged for others of the corpus, and two neighbours swapped."""
    changed = _NUMBER.sub(lambda found: str(chance.randrange(1, 10 ** len(found[0]))), text)
    parts = changed.split()
    for _ in range(1 + len(parts) // 10):
        parts[chance.randrange(len(parts))] = words[chance.randrange(len(words))]
    if len(parts) > 3:
        here = chance.randrange(len(parts) - 1)
        parts[here], parts[here + 1] = parts[here + 1], parts[here]
    return as_claim_text(" ".join(parts))


def save(load: Workload, path: Path) -> None:
    """Write a workload for the processes that measure."""
    rows: dict[str, Any] = {
        "real": load.real,
        "queries": [[query.text, query.lang, query.right] for query in load.queries],
        "texts": load.texts,
        "langs": load.langs,
    }
    path.write_text(json.dumps(rows, ensure_ascii=False))


def restore(path: Path) -> Workload:
    """What ``save`` wrote."""
    rows = json.loads(path.read_text())
    asked = [Query(text, lang, tuple(right)) for text, lang, right in rows["queries"]]
    return Workload(rows["texts"], rows["langs"], asked, rows["real"])


def _real(path: Path) -> Iterator[tuple[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            text = as_claim_text(_SPACE.sub(" ", row["text"]))
            if is_long_enough(text):
                yield text, row["lang"]
