"""One peer at one size, in a process of its own: ``python bench/timing.py PEER WORKLOAD FOLDER --seconds N``.

Prints one line of JSON. Called by ``bench/run.py``, which makes the workload.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
from peers import (
    Absent,
    Bm25s,
    FullText,
    Rapidfuzz,
    RapidfuzzTokenSet,
    SqliteFts5,
    Tantivy,
    Trigrams,
)
from texts import Query, restore

from service.evaluation.measures import percentile

_WARM_UP = 3


def peers() -> dict[str, Any]:
    """Every peer by its name in the tables; ours import much, so the others' processes do without."""
    return {
        "ours": lambda folder: _ours("Ours", folder),
        "ours, retrieval alone": lambda folder: _ours("OursRetrieval", folder),
        "rapidfuzz WRatio": Rapidfuzz,
        "rapidfuzz token_set_ratio": RapidfuzzTokenSet,
        "bm25s": Bm25s,
        "tantivy": Tantivy,
        "SQLite FTS5": SqliteFts5,
        "pg_trgm": Trigrams,
        "PostgreSQL full text": FullText,
    }


def _ours(name: str, folder: Path) -> Any:
    import ours

    return getattr(ours, name)(folder)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("peer", choices=list(peers()))
    parser.add_argument("workload", type=Path)
    parser.add_argument("--keep", type=Path, help="folder of a peer that an earlier run may have built")
    parser.add_argument("--seconds", type=float, required=True, help="for the queries, the building not included")
    chosen = parser.parse_args()
    bare = psutil.Process().memory_info().rss
    load = restore(chosen.workload)
    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            peer = peers()[chosen.peer](folder)
        except Absent as error:
            print(json.dumps({"skipped": str(error)}))
            return 0
        try:
            begun = time.perf_counter()
            peer.build(load.texts, load.langs)
            built = getattr(peer, "built_in", None) or time.perf_counter() - begun
            size, queries = len(load.texts), load.queries
            del load
            figures = {"size": size, "build_s": round(built, 2), **measure(peer, queries, chosen.seconds)}
            figures["memory_mib"] = round((memory() - bare + sum(map(shared, peer.memory_of))) / 2**20, 1)
            figures["disk_mib"] = round(peer.on_disk() / 2**20, 1)
        finally:
            peer.close()
    print(json.dumps(figures))
    return 0


def measure(peer: Any, queries: list[Query], seconds: float) -> dict[str, Any]:
    """Times one query after another until that has taken so many seconds, and what the answers were worth.

    What is only asked for the sake of quality has as much time again.
    """
    for query in queries[-_WARM_UP:]:
        peer.search(query.text, query.lang)
    taken, first, among = [], [], []
    rank = getattr(peer, "rank", None)
    until = time.perf_counter() + 2 * seconds
    for query in queries:
        begun = time.perf_counter()
        found = peer.search(query.text, query.lang)
        taken.append((time.perf_counter() - begun) * 1000)
        ranking = rank(query.text) if rank is not None else found
        first.append(bool(ranking) and ranking[0] in query.right)
        among.append(any(place in query.right for place in ranking))
        if sum(taken) > 1000 * seconds or time.perf_counter() > until:
            break
    return {
        "queries": len(taken),
        "p50_ms": round(percentile(taken, 0.5), 3),
        "p99_ms": round(percentile(taken, 0.99), 3),
        "per_second": round(1000 * len(taken) / sum(taken), 2),
        "p_at_1": round(sum(first) / len(first), 4),
        "recall_at_50": round(sum(among) / len(among), 4),
    }


def memory() -> int:
    """Bytes this process really holds, once what it has freed is given back."""
    gc.collect()
    if sys.platform == "linux":
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    return int(psutil.Process().memory_info().rss)


def shared(pid: int) -> int:
    """Bytes of a server's processes, what they share counted once."""
    process = psutil.Process(pid)
    family = [process, *process.children(recursive=True)]
    return sum(int(getattr(each.memory_full_info(), "pss", each.memory_info().rss)) for each in family)


if __name__ == "__main__":
    sys.exit(main())
