"""``factcheck model status`` and ``factcheck model reindex``: the vectors that the database keeps of each model."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from service.cli.databases import with_database
from service.errors import SettingsError
from service.settings import Settings, load_settings

if TYPE_CHECKING:
    from service.embedding.embedder import Embedder
    from service.embedding.yardstick import Yardstick
    from service.indexing import Progress, Report
    from service.store.models import ModelState
    from service.store.session import Database

_IN_USE: Final = timedelta(minutes=5)
"""A model of which a server said within this time that it is loaded is in use: servers say so every minute."""

_STATEMENT_TIMEOUT: Final = 300.0
"""Seconds for a statement: nobody waits for these as for a check."""

_SAY_EVERY: Final = 10.0
"""Seconds between two lines of progress where there is no terminal."""


def add_subcommands(group: Any) -> None:
    """Add ``status`` and ``reindex`` to the ``model`` commands."""
    status = group.add_parser(
        "status",
        help="show which models' vectors the database keeps",
        description="Show which models' vectors the database keeps, and how far they cover its claims.",
        allow_abbrev=False,
    )
    status.add_argument("--json", action="store_true", help="print it as JSON")
    status.set_defaults(run=_status)
    reindex = group.add_parser(
        "reindex",
        help="make a model's vectors whole",
        description="Make a model's vectors whole, beside running servers: they go on with the model they have loaded, "
        "and its vectors. Can be stopped and started again at any time.",
        allow_abbrev=False,
    )
    reindex.add_argument("--model", type=Path, metavar="FOLDER", help="the model's folder (FACTCHECK_EMBEDDING_MODEL)")
    reindex.add_argument(
        "--drop-old", action="store_true", help="then remove the vectors of other models that no server uses"
    )
    reindex.add_argument("--json", action="store_true", help="print the outcome as JSON")
    reindex.set_defaults(run=_reindex)


def open_model(settings: Settings) -> Embedder | None:
    """The model that the settings name, loaded; None where they name none. Raises SettingsError."""
    if settings.embedding_model is None:
        return None
    from service.embedding.embedder import open_embedder

    return open_embedder(settings.embedding_model, threads=settings.embedding_threads)


def _status(chosen: argparse.Namespace) -> int:
    settings = load_settings()

    async def ask(database: Database) -> tuple[str | None, int, list[ModelState]]:
        from service.store.claims import phrasing_count
        from service.store.models import model_states, vector_version

        async with database.read() as connection:
            return await vector_version(connection), await phrasing_count(connection), await model_states(connection)

    version, phrasings, states = with_database(replace(settings, database_timeout=_STATEMENT_TIMEOUT), ask)
    configured = None if settings.embedding_model is None else _identity(settings.embedding_model)
    if chosen.json:
        _print_json(
            {
                "pgvector": version,
                "phrasings": phrasings,
                "configured": configured,
                "models": [_as_json(state, phrasings) for state in states],
            }
        )
    else:
        _show(version, phrasings, configured, states)
    return 0


def _identity(folder: Path) -> str:
    from service.embedding.folder import read_folder

    return read_folder(folder).digest()


def _as_json(state: ModelState, phrasings: int) -> dict[str, Any]:
    from service.indexing import read_yardstick

    measured = read_yardstick(state.space) if state.space.yardstick else None
    return {
        "name": state.space.name,
        "digest": state.space.digest,
        "dimension": state.space.dimension,
        "state": "active" if state.space.whole else "building",
        "vectors": state.vectors,
        "covered": _covered(state, phrasings),
        "jobs_waiting": state.waiting,
        "bytes": state.size,
        "used_at": None if state.used_at is None else state.used_at.astimezone(UTC).isoformat(),
        "languages": None if measured is None else measured.languages(),
        "across": None if measured is None else [list(pair) for pair in measured.across()],
    }


def _covered(state: ModelState, phrasings: int) -> float:
    return min(1.0, state.vectors / phrasings) if phrasings else 1.0


def _show(version: str | None, phrasings: int, configured: str | None, states: list[ModelState]) -> None:
    from rich.console import Console
    from rich.table import Table

    from service.indexing import read_yardstick

    console = Console(highlight=False, markup=False, emoji=False)
    console.print(f"pgvector: {version or 'not enabled; it is when a model is first used'}")
    console.print(f"phrasings: {phrasings}")
    if not states:
        console.print("No model has been used yet: FACTCHECK_EMBEDDING_MODEL names one's folder.")
        return
    table = Table()
    for heading in ("model", "digest", "dimension", "state", "covered", "jobs waiting", "size", "last used"):
        table.add_column(heading, justify="right" if heading in {"dimension", "covered", "jobs waiting"} else "left")
    for state in states:
        space = state.space
        mine = "  (set)" if space.digest == configured else ""
        table.add_row(
            f"{space.name}{mine}",
            space.digest[:12],
            str(space.dimension),
            "active" if space.whole else "building",
            # Cut rather than rounded: what is not whole must not look it.
            f"{int(_covered(state, phrasings) * 1_000) / 10:.1f} %",
            str(state.waiting),
            f"{state.size / 1e6:.1f} MB",
            "never" if state.used_at is None else f"{state.used_at.astimezone():%Y-%m-%d %H:%M}",
        )
    console.print(table)
    for state in states:
        said = _languages(read_yardstick(state.space)) if state.space.yardstick else "languages not measured yet"
        console.print(f"{state.space.name}: {said}")


def _languages(yardstick: Yardstick) -> str:
    """In which languages meaning is understood, and between which, listed whichever way is shorter."""
    languages = yardstick.languages()
    if not languages:
        return "understands none of the languages that are tried"
    said = "understands " + ", ".join(languages)
    pairs, across = set(combinations(languages, 2)), yardstick.across()
    if not pairs and not across:
        return said
    missing = sorted(pairs - set(across))
    if not missing:
        return f"{said}, and across all of these"
    if len(missing) < len(across):
        return f"{said}, and across these but for {_joined(missing)}"
    return f"{said}, and {f'across {_joined(across)}' if across else 'none across languages'}"


def _joined(pairs: list[tuple[str, str]]) -> str:
    return ", ".join(f"{one}-{other}" for one, other in pairs)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What reindexing left: the model's state, the models removed, and those kept since somebody uses them."""

    state: ModelState
    phrasings: int
    dropped: list[str]
    kept: list[str]


def _reindex(chosen: argparse.Namespace) -> int:
    settings = load_settings()
    if chosen.model is not None:
        settings = replace(settings, embedding_model=chosen.model.expanduser().absolute())
    embedder = open_model(settings)
    if embedder is None:
        raise SettingsError("which model? Name its folder with --model or FACTCHECK_EMBEDDING_MODEL")

    async def run(database: Database) -> _Outcome:
        try:
            with _progress() as report:
                return await _bring_whole(database, embedder, report, drop_old=chosen.drop_old)
        finally:
            await embedder.close()

    outcome = with_database(replace(settings, database_timeout=_STATEMENT_TIMEOUT), run)
    if chosen.json:
        body = {**_as_json(outcome.state, outcome.phrasings), "dropped": outcome.dropped, "kept": outcome.kept}
        _print_json(body)
        return 0
    space = outcome.state.space
    print(f"{space.name}: {outcome.state.vectors} vectors of {space.dimension} numbers, searchable.")
    for name in outcome.dropped:
        print(f"{name}: removed.")
    for name in outcome.kept:
        print(f"{name}: kept, a server has used it within the last {_IN_USE.seconds // 60} minutes.", file=sys.stderr)
    return 0


async def _bring_whole(database: Database, embedder: Embedder, report: Report, *, drop_old: bool) -> _Outcome:
    from service.indexing import index_corpus
    from service.store.claims import phrasing_count
    from service.store.models import model_states, remove_model

    space = await index_corpus(database, embedder, report)
    dropped, kept = [], []
    async with database.read() as connection:
        states = await model_states(connection)
        phrasings = await phrasing_count(connection)
    for state in states if drop_old else ():
        if state.space.id == space.id:
            continue
        if state.used_at is not None and datetime.now(UTC) - state.used_at < _IN_USE:
            kept.append(state.space.name)
            continue
        async with database.write() as connection:
            await remove_model(connection, state.space)
        dropped.append(state.space.name)
    (mine,) = [state for state in states if state.space.id == space.id]
    return _Outcome(mine, phrasings, dropped, kept)


@contextmanager
def _progress() -> Iterator[Report]:
    """A bar on standard error where that is a terminal, a line there now and then where it is not."""
    if not sys.stderr.isatty():
        yield _lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("", total=None)
        yield lambda progress: bars.update(
            task, description=_described(progress), completed=progress.done, total=progress.total
        )


def _lines() -> Callable[[Progress], None]:
    import time

    said: tuple[str, float] = ("", 0.0)

    def report(progress: Progress) -> None:
        nonlocal said
        what = _described(progress)
        if what != said[0] or time.monotonic() - said[1] >= _SAY_EVERY:
            said = (what, time.monotonic())
            print(f"{what}: {progress.done} of {progress.total}", file=sys.stderr, flush=True)

    return report


def _described(progress: Progress) -> str:
    return f"{progress.stage.value} (another process)" if progress.elsewhere else progress.stage.value


def _print_json(body: dict[str, Any]) -> None:
    print(json.dumps(body, ensure_ascii=False, indent=2))
