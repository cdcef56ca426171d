"""Other ways of finding a text among many, each behind the same two calls, each as its own documentation advises.

A peer is built once over all texts, and then asked for the places of the best 50. Nothing is tuned to the queries.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from tests.faults.postgres import Postgres

DEPTH = 50
_WORD = re.compile(r"\w+")
DEBIAN = Path("/usr/lib/postgresql")


class Peer(Protocol):
    """What is measured. ``memory_of``: ids of the processes besides this one whose memory counts."""

    memory_of: list[int]

    def build(self, texts: Sequence[str], langs: Sequence[str]) -> None:
        """Take the texts in."""

    def search(self, query: str, lang: str) -> list[int]:
        """The places of the best texts, best first."""

    def on_disk(self) -> int:
        """Bytes of files that the peer keeps; 0 where it keeps everything in memory."""

    def close(self) -> None:
        """Stop what was started."""


class Absent(Exception):
    """What a peer needs is not on this machine."""


class InMemory:
    """What needs no closing."""

    def __init__(self, _folder: Path) -> None:
        self.memory_of: list[int] = []

    def on_disk(self) -> int:
        return 0

    def close(self) -> None:
        pass


class Rapidfuzz(InMemory):
    """``process.extract`` over everything, with its default scorer."""

    scorer = "WRatio"

    def build(self, texts: Sequence[str], _langs: Sequence[str]) -> None:
        from rapidfuzz import fuzz, utils

        self._scorer = getattr(fuzz, self.scorer)
        self._clean = utils.default_process
        # Processed once, as its documentation advises for choices that are searched many times.
        self._choices = [self._clean(text) for text in texts]

    def search(self, query: str, _lang: str) -> list[int]:
        from rapidfuzz import process

        found = process.extract(self._clean(query), self._choices, scorer=self._scorer, processor=None, limit=DEPTH)
        return [place for _, _, place in found]


class RapidfuzzTokenSet(Rapidfuzz):
    """The same with the scorer that is usual for claims, which minds neither order nor further words."""

    scorer = "token_set_ratio"


class Bm25s(InMemory):
    """BM25 as bm25s has it, with a stemmer and English stop words."""

    def build(self, texts: Sequence[str], _langs: Sequence[str]) -> None:
        import bm25s
        import Stemmer

        self._module = bm25s
        self._stemmer = Stemmer.Stemmer("english")
        self._index = bm25s.BM25()
        self._index.index(self._tokens(list(texts)), show_progress=False)
        self._most = min(DEPTH, len(texts))

    def _tokens(self, texts: list[str]) -> Any:
        return self._module.tokenize(texts, stopwords="en", stemmer=self._stemmer, show_progress=False)

    def search(self, query: str, _lang: str) -> list[int]:
        found, _ = self._index.retrieve(self._tokens([query]), k=self._most, show_progress=False)
        return [int(place) for place in found[0]]


class Tantivy:
    """An index of tantivy's on disk, with its English stemmer, any of the words."""

    def __init__(self, folder: Path) -> None:
        self.memory_of: list[int] = []
        self._folder = folder / "tantivy"

    def build(self, texts: Sequence[str], _langs: Sequence[str]) -> None:
        import tantivy

        self._folder.mkdir()
        builder = tantivy.SchemaBuilder()
        builder.add_integer_field("place", stored=True)
        builder.add_text_field("text", stored=False, tokenizer_name="en_stem")
        self._index = tantivy.Index(builder.build(), path=str(self._folder))
        writer = self._index.writer(heap_size=200_000_000)
        for place, text in enumerate(texts):
            writer.add_document(tantivy.Document(place=place, text=text))
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()
        self._searcher = self._index.searcher()

    def search(self, query: str, _lang: str) -> list[int]:
        words = " ".join(_WORD.findall(query.lower()))
        if not words:
            return []
        found = self._searcher.search(self._index.parse_query(words, ["text"]), limit=DEPTH)
        return [int(self._searcher.doc(address)["place"][0]) for _, address in found.hits]

    def on_disk(self) -> int:
        return size_of(self._folder)

    def close(self) -> None:
        pass


class SqliteFts5:
    """SQLite's full-text index with its stemmer, any of the words, by bm25."""

    def __init__(self, folder: Path) -> None:
        self.memory_of: list[int] = []
        self._file = folder / "texts.sqlite"
        self._connection = sqlite3.connect(self._file)

    def build(self, texts: Sequence[str], _langs: Sequence[str]) -> None:
        self._connection.execute("CREATE VIRTUAL TABLE texts USING fts5(text, tokenize='porter unicode61')")
        with self._connection:
            self._connection.executemany("INSERT INTO texts (rowid, text) VALUES (?, ?)", enumerate(texts))
        self._connection.execute("INSERT INTO texts (texts) VALUES ('optimize')")
        self._connection.commit()

    def search(self, query: str, _lang: str) -> list[int]:
        words = " OR ".join(f'"{word}"' for word in dict.fromkeys(_WORD.findall(query.lower())))
        if not words:
            return []
        statement = "SELECT rowid FROM texts WHERE texts MATCH ? ORDER BY rank LIMIT ?"
        return [place for (place,) in self._connection.execute(statement, (words, DEPTH))]

    def on_disk(self) -> int:
        return self._file.stat().st_size

    def close(self) -> None:
        self._connection.close()


class DebianPostgres:
    """A table on a PostgreSQL with contrib, started here in a folder of its own by an account that is not root."""

    table = "CREATE TABLE texts (place integer PRIMARY KEY, text text NOT NULL)"
    after: tuple[str, ...] = ()
    statement = ""

    def __init__(self, folder: Path) -> None:
        found = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
        if not found or not (DEBIAN.parent.parent / "share/postgresql" / found[-1].parts[-3]).is_dir():
            raise Absent("no PostgreSQL with contrib: apt-get install postgresql-15")
        self.version = found[-1].parts[-3]
        self._server = Postgres(folder / "debian", found[-1].parent, options={"shared_buffers": "1GB"})
        self._server.create()
        self._server.start()
        self._runner: Any = None
        self.memory_of: list[int] = []

    def build(self, texts: Sequence[str], _langs: Sequence[str]) -> None:
        import asyncio

        import asyncpg

        self._runner = asyncio.Runner()

        async def fill() -> Any:
            connection = await asyncpg.connect(self._server.url, command_timeout=3600)
            await connection.execute("SET maintenance_work_mem = '512MB'")
            await connection.execute(self.table)
            rows = ((place, text.replace("\0", " ")) for place, text in enumerate(texts))
            await connection.copy_records_to_table("texts", records=rows, columns=["place", "text"])
            for statement in self.after:
                await connection.execute(statement)
            await connection.execute("VACUUM ANALYZE texts")
            return connection

        self._connection = self._runner.run(fill())
        self.memory_of = [int((self._server.data / "postmaster.pid").read_text().split()[0])]

    def search(self, query: str, _lang: str) -> list[int]:
        asked = self.asked(query)
        if not asked:
            return []
        rows = self._runner.run(self._connection.fetch(self.statement, asked, timeout=600))
        return [row[0] for row in rows]

    def asked(self, query: str) -> str:
        return query.replace("\0", " ")

    def on_disk(self) -> int:
        return int(self._runner.run(self._connection.fetchval("SELECT pg_total_relation_size('texts')")))

    def close(self) -> None:
        if self._runner is not None:
            self._runner.run(self._connection.close())
            self._runner.close()
        self._server.stop("immediate")


class Trigrams(DebianPostgres):
    """``pg_trgm``: what is similar by its own threshold, most similar first, by a GIN index."""

    after = ("CREATE EXTENSION pg_trgm", "CREATE INDEX ON texts USING gin (text gin_trgm_ops)")
    statement = f"SELECT place FROM texts WHERE text % $1 ORDER BY similarity(text, $1) DESC LIMIT {DEPTH}"


class FullText(DebianPostgres):
    """PostgreSQL's full-text search, any of the words, by ``ts_rank``, by a GIN index."""

    after = (
        "ALTER TABLE texts ADD words tsvector GENERATED ALWAYS AS (to_tsvector('english', text)) STORED",
        "CREATE INDEX ON texts USING gin (words)",
    )
    statement = (
        "SELECT place FROM texts, to_tsquery('english', $1) AS asked WHERE words @@ asked "
        f"ORDER BY ts_rank(words, asked) DESC LIMIT {DEPTH}"
    )

    def asked(self, query: str) -> str:
        return " | ".join(dict.fromkeys(_WORD.findall(query.lower())))


def size_of(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(os.path.getsize(path) for path in folder.rglob("*") if path.is_file())
