"""One benchmark folder through the code that answers ``/v1/checks``: every figure comes from real answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from service.embedding.embedder import Embedder
from service.evaluation import pairs, retrieval
from service.evaluation.dataset import Benchmark, Document, Retrieval, sample
from service.evaluation.loading import Progress, load_corpus
from service.indexing import Semantics, index_corpus
from service.store.scratch import settle
from service.store.session import Database


@dataclass(frozen=True, slots=True)
class Report:
    """What a folder showed, its parts None where the folder has none. ``distractors``: claims added to its corpus;
    ``model``: the embedding model that took part, if any.
    """

    folder: str
    split: str
    distractors: int
    model: str | None
    retrieval: retrieval.RetrievalReport | None
    pairs: pairs.PairReport | None


async def evaluate(
    benchmark: Benchmark,
    database: Database,
    progress: Progress,
    *,
    distractors: Sequence[Document] = (),
    limit: int | None = None,
    embedder: Embedder | None = None,
) -> Report:
    """Measure everything a folder holds, on an empty, migrated database. ``limit``: so many queries and pairs at most.

    With an ``embedder`` the corpus is embedded and searched by meaning too.

    Raises Unavailable when the database does not answer, NoVectors where it cannot keep vectors.
    """
    found, called = None, None
    if benchmark.retrieval is not None:
        found = await _retrieve(benchmark.retrieval, database, progress, distractors, limit, embedder)
    if benchmark.pairs is not None:
        called = pairs.summarise(pairs.compare_pairs(sample(benchmark.pairs, limit), progress))
    model = None if embedder is None else embedder.identity.name
    added = len(distractors) if benchmark.retrieval is not None else 0
    return Report(benchmark.folder, benchmark.split, added, model, found, called)


async def _retrieve(
    data: Retrieval,
    database: Database,
    progress: Progress,
    distractors: Sequence[Document],
    limit: int | None,
    embedder: Embedder | None,
) -> retrieval.RetrievalReport:
    known = await load_corpus(database, [*data.corpus, *distractors], progress)
    semantics = None
    if embedder is not None:
        await index_corpus(database, embedder, lambda news: progress(news.stage.value, news.done, news.total))
        semantics = Semantics(embedder)
    await settle(database)
    outcomes = await retrieval.check_queries(database, sample(data.queries, limit), known, progress, semantics)
    return retrieval.summarise(outcomes, data.relevant, len(known))
