"""``factcheck eval``: how good the answers are, on a benchmark folder, in a database made for the run."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from service.cli.databases import database_url, open_database, with_database
from service.cli.model_index import open_model
from service.errors import InvalidInput, Unavailable
from service.settings import Settings, load_settings

if TYPE_CHECKING:
    from service.embedding.embedder import Embedder
    from service.evaluation.dataset import Benchmark, Document
    from service.evaluation.loading import Progress
    from service.evaluation.running import Report
    from service.judgements import JudgedMatches
    from service.store.session import Database

_STATEMENT_TIMEOUT = 600.0
"""Seconds: filling and vacuuming a database takes longer than a request may."""


def add_command(commands: Any) -> None:
    """Add ``eval``."""
    command = commands.add_parser(
        "eval",
        help="measure the answers on a benchmark",
        description="Measure the answers on benchmark folders: every query goes through the code that answers\n"
        "POST /v1/checks, on a database made for the run and dropped after it, beside FACTCHECK_DATABASE_URL's\n"
        "or on the embedded server. Where FACTCHECK_EMBEDDING_MODEL names a model, it takes part.",
        epilog="Exit code 0 when measured, 1 when the database is not available, 2 for a folder that cannot be read.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.add_argument(
        "folders",
        metavar="FOLDER",
        nargs="*",
        type=Path,
        help="corpus.jsonl with queries.SPLIT.jsonl and qrels.SPLIT.tsv, or pairs.SPLIT.jsonl, or both; plain or .gz",
    )
    command.add_argument("--split", default="dev", help="which queries and pairs (default: dev)")
    command.add_argument("--json", action="store_true", help="print the report as JSON")
    command.add_argument("--figures-only", action="store_true", help="leave out the texts of the benchmark")
    command.add_argument("--svg", metavar="FILE", type=Path, help="draw precision against recall")
    command.add_argument("--distractors", metavar="FILE", type=Path, help="JSONL of {text, lang}: added to each corpus")
    command.add_argument("--limit", metavar="N", type=_positive, help="at most N queries and N pairs of each folder")
    command.add_argument("--words-only", action="store_true", help="leave FACTCHECK_EMBEDDING_MODEL out")
    command.add_argument(
        "--feedback",
        action="store_true",
        help="no folder: how often people called the matches right that they were given",
    )
    command.set_defaults(run=_evaluate)


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) < 1:
        raise argparse.ArgumentTypeError("must be a whole number from 1")
    return int(text)


def _evaluate(chosen: argparse.Namespace) -> int:
    from service.evaluation.dataset import load_benchmark
    from service.evaluation.report import as_json

    settings = load_settings()
    if chosen.feedback == bool(chosen.folders):
        raise InvalidInput([], "name benchmark folders to measure, or --feedback alone")
    if chosen.feedback:
        return _report_feedback(settings, as_json=chosen.json)
    # All of it before a database is started: a mistyped name should cost nothing.
    if chosen.svg is not None and not chosen.svg.parent.is_dir():
        raise InvalidInput([], f"there is no folder {chosen.svg.parent} to write {chosen.svg.name} into")
    if chosen.distractors is not None and not chosen.distractors.is_file():
        raise InvalidInput([], f"there is no file {chosen.distractors}")
    benchmarks = [load_benchmark(folder, chosen.split) for folder in chosen.folders]
    reports = _measure(settings, benchmarks, chosen)
    if chosen.svg is not None:
        _draw(reports, chosen.svg)
    if chosen.json:
        bodies = [as_json(report, texts=not chosen.figures_only) for report in reports]
        print(json.dumps(bodies[0] if len(bodies) == 1 else {"reports": bodies}, ensure_ascii=False, indent=2))
    else:
        from service.cli.reports import show

        for report in reports:
            show(report, texts=not chosen.figures_only)
    return 0


def _report_feedback(settings: Settings, *, as_json: bool) -> int:
    from service.domain import CheckOptions
    from service.evaluation import feedback
    from service.feedback import count_judged

    options = CheckOptions()

    async def count(database: Database) -> list[JudgedMatches]:
        if not (state := await database.readiness()).ready:
            raise Unavailable(state.detail)
        return await count_judged(database, options)

    report = feedback.summarise(with_database(settings, count), options)
    if as_json:
        print(json.dumps(feedback.as_json(report), ensure_ascii=False, indent=2))
    else:
        from service.cli.reports import show_feedback

        show_feedback(report)
    return 0


def _measure(settings: Settings, benchmarks: Sequence[Benchmark], chosen: argparse.Namespace) -> list[Report]:
    from service.evaluation.dataset import load_distractors

    reports = []
    chosen_model = replace(settings, embedding_model=None) if chosen.words_only else settings
    embedder = open_model(chosen_model)
    with database_url(settings) as url, _progress() as progress:
        for benchmark in benchmarks:
            added: list[Document] = []
            if chosen.distractors is not None and benchmark.retrieval is not None:
                added = load_distractors(chosen.distractors, benchmark.retrieval.corpus)
            reports.append(_measure_one(settings, url, benchmark, added, chosen.limit, progress, embedder))
    return reports


def _measure_one(
    settings: Settings,
    url: str,
    benchmark: Benchmark,
    distractors: Sequence[Document],
    limit: int | None,
    progress: Progress,
    embedder: Embedder | None,
) -> Report:
    from service.evaluation.running import evaluate
    from service.store.schema import migrate
    from service.store.scratch import create_scratch, drop_scratch, scratch_url

    scratch = scratch_url(url)

    async def run() -> Report:
        await create_scratch(url, scratch)
        await migrate(scratch)
        database = open_database(replace(settings, database_timeout=_STATEMENT_TIMEOUT), scratch)
        try:
            return await evaluate(
                benchmark, database, progress, distractors=distractors, limit=limit, embedder=embedder
            )
        finally:
            await database.close()

    try:
        return asyncio.run(run())
    finally:
        with _undisturbed():
            asyncio.run(drop_scratch(url, scratch))


@contextmanager
def _undisturbed() -> Iterator[None]:
    """An impatient second Ctrl-C must not leave the scratch database behind."""
    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), signal.SIG_IGN) for name in names}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


@contextmanager
def _progress() -> Iterator[Progress]:
    """A bar on standard error, where that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _what, _done, _total: None
        return
    from rich.console import Console
    from rich.progress import Progress as Bars

    with Bars(console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("", total=None)
        yield lambda what, done, total: bars.update(task, description=what, completed=done, total=total)


def _draw(reports: Sequence[Report], path: Path) -> None:
    from service.evaluation.chart import Curve, precision_recall_svg

    curves = [Curve(report.folder, report.retrieval.curve) for report in reports if report.retrieval is not None]
    try:
        path.write_text(precision_recall_svg(curves), encoding="utf-8")
    except OSError as error:
        raise InvalidInput([], f"{path} cannot be written: {error.strerror}") from error
