"""The numbers at ``/metrics``: of this process since its start, and of the database as it is when they are asked for.

Each process counts for itself; whoever scrapes several adds them up. No label takes what a caller sends.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from time import perf_counter
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, disable_created_metrics
from prometheus_client.exposition import choose_encoder

from service import __version__
from service.errors import Unavailable
from service.observing import Stage
from service.store.backlog import Backlog, backlogs
from service.store.claims import claim_count, corpus_revision, phrasing_count
from service.store.session import Database

_REQUEST_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_STAGE_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_SIZE_BUCKETS: Final = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


@dataclass(frozen=True, slots=True)
class _Stored:
    """What the database holds: the corpus, and jobs by kind."""

    claims: int
    phrasings: int
    revision: int
    jobs: list[Backlog]


# When a series began is in the series itself, for whoever scrapes it.
disable_created_metrics()  # type: ignore[no-untyped-call]


class Metrics:
    """Counts what requests tell, as a ``Listener`` to all of them, and writes it down for Prometheus."""

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        Info("factcheck_build", "The software that answers.", registry=registry).info({"version": __version__})
        requests = Histogram(
            "factcheck_request_duration_seconds",
            "Time from a request's headers to the end of its answer.",
            ("operation", "status"),
            buckets=_REQUEST_BUCKETS,
            registry=registry,
        )
        self._under_way = Gauge("factcheck_requests_under_way", "Requests being served now.", registry=registry)
        stages = Histogram(
            "factcheck_check_stage_duration_seconds",
            "Time of a stage of a check, for all of its claims.",
            ("stage",),
            buckets=_STAGE_BUCKETS,
            registry=registry,
        )
        retrieved = Histogram(
            "factcheck_check_claims_compared",
            "Stored claims that were compared with an incoming one.",
            buckets=_SIZE_BUCKETS,
            registry=registry,
        )
        answers = Counter(
            "factcheck_check_results",
            "Incoming claims by the status they were answered, and why.",
            ("status", "reason"),
            registry=registry,
        )
        # Looking a label up takes longer than counting.
        self._request: Callable[[str, int], Any] = cache(lambda operation, status: requests.labels(operation, status))
        self._stage = {stage: stages.labels(stage) for stage in Stage}
        self._retrieved = retrieved
        self._answer: Callable[[str, str | None], Any] = cache(
            lambda status, reason: answers.labels(status, reason or "")
        )
        self._pool = Gauge(
            "factcheck_database_connections", "Connections of the pool, by state.", ("state",), registry=registry
        )
        self._waiting = Gauge(
            "factcheck_database_waiting", "Requests that wait for a connection now.", registry=registry
        )
        self._reachable = Gauge(
            "factcheck_database_up", "1 where the database has just answered, else 0.", registry=registry
        )
        self._corpus = Gauge(
            "factcheck_corpus_size", "What checks may find: claims, and their wordings.", ("of",), registry=registry
        )
        self._revision = Gauge("factcheck_corpus_revision", "Counts the changes of stored claims.", registry=registry)
        self._jobs = Gauge(
            "factcheck_jobs", "Background jobs, by kind and state.", ("kind", "state"), registry=registry
        )
        self._oldest = Gauge(
            "factcheck_jobs_oldest_due_seconds",
            "For how long the longest waiting job has been due.",
            ("kind",),
            registry=registry,
        )

    def stage(self, stage: Stage) -> AbstractContextManager[Any]:
        """See ``Listener.stage``."""
        return _Timer(self._stage[stage])

    def retrieved(self, claims: int) -> None:
        """See ``Listener.retrieved``."""
        self._retrieved.observe(claims)

    def answered(self, status: str, reason: str | None) -> None:
        """See ``Listener.answered``."""
        self._answer(status, reason).inc()

    def request_begun(self) -> None:
        """A request has come in."""
        self._under_way.inc()

    def request_ended(self, operation: str, status: int, seconds: float) -> None:
        """It was answered. ``operation``: its operation id, or a fixed word for what has none."""
        self._under_way.dec()
        self._request(operation, status).observe(seconds)

    async def exposition(self, database: Database, accept: str) -> tuple[bytes, str]:
        """Everything, and its media type: as Prometheus' text format, or OpenMetrics where ``accept`` wants that.

        A database that does not answer costs its own numbers, and no others.
        """
        pool = database.pool()
        self._pool.labels("used").set(pool.used)
        self._pool.labels("idle").set(pool.idle)
        self._pool.labels("most").set(pool.most)
        self._waiting.set(pool.waiting)
        self._corpus.clear()
        self._jobs.clear()
        self._oldest.clear()
        try:
            stored = await _stored(database)
        except Unavailable:
            self._reachable.set(0)
        else:
            self._reachable.set(1)
            self._write(stored)
        encoder, media_type = choose_encoder(accept)
        return encoder(self._registry), media_type

    def _write(self, stored: _Stored) -> None:
        self._corpus.labels("claims").set(stored.claims)
        self._corpus.labels("phrasings").set(stored.phrasings)
        self._revision.set(stored.revision)
        for jobs in stored.jobs:
            for state, number in (("waiting", jobs.waiting), ("running", jobs.running), ("failed", jobs.failed)):
                self._jobs.labels(jobs.kind, state).set(number)
            self._oldest.labels(jobs.kind).set(jobs.oldest)


async def _stored(database: Database) -> _Stored:
    async with database.read() as connection:
        return _Stored(
            await claim_count(connection),
            await phrasing_count(connection),
            await corpus_revision(connection),
            list(await backlogs(connection)),
        )


class _Timer:
    """Times a block into a histogram."""

    __slots__ = ("_began", "_histogram")

    def __init__(self, histogram: Any) -> None:
        self._histogram = histogram

    def __enter__(self) -> None:
        self._began = perf_counter()

    def __exit__(self, *_: object) -> None:
        self._histogram.observe(perf_counter() - self._began)
