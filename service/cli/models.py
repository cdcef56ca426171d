"""``factcheck model``: embedding models are fetched and verified here; their vectors are model_index's."""

from __future__ import annotations

import argparse
import asyncio
import json
import shlex
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from service.cli import model_index
from service.errors import HubError, SettingsError
from service.settings import load_settings

if TYPE_CHECKING:
    from service.embedding.manifest import Manifest
    from service.pulling import Pulled

_DEFAULT: Final = "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2"
"""As ``pulling.DEFAULT_MODEL``, which is too heavy to import for a help text; a test holds them together."""

_SAY_EVERY: Final = 10.0
"""Seconds between two lines about one file where there is no terminal."""


def add_commands(commands: Any) -> None:
    """Add ``model`` and what it can do."""
    model = commands.add_parser(
        "model",
        help="fetch embedding models, and look after their vectors",
        description="Fetch embedding models, and look after their vectors.",
        allow_abbrev=False,
    )
    group = model.add_subparsers(title="commands", required=True, metavar="COMMAND")
    pull = group.add_parser(
        "pull",
        help="fetch an embedding model",
        description="Fetch an embedding model from FACTCHECK_MODEL_HUB into a folder of its own under\n"
        "FACTCHECK_DATA_DIR, and verify it. Run again, it goes on from where it was ended.",
        epilog="Exit code 0 when the model is there and opens, 1 when it is not, 2 for a wrong name or setting.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    pull.add_argument("name", metavar="NAME", nargs="?", default=_DEFAULT, help=f"the model at the hub ({_DEFAULT})")
    pull.add_argument(
        "--revision", metavar="REVISION", default="main", help="a commit, tag or branch of the model (main)"
    )
    kind = pull.add_mutually_exclusive_group()
    kind.add_argument("--file", metavar="PATH", help="its ONNX file, such as onnx/model_O3.onnx (the plain one)")
    kind.add_argument(
        "--quantised", action="store_true", help="the 8-bit file that suits this processor: smaller and faster"
    )
    pull.add_argument("--json", action="store_true", help="print the outcome as JSON")
    pull.set_defaults(run=_pull)
    verify = group.add_parser(
        "verify",
        help="check a fetched model's files",
        description="Check a fetched model's files against the checksums kept with them. Needs no network.",
        allow_abbrev=False,
    )
    verify.add_argument("folder", metavar="FOLDER", type=Path, help="the model's folder")
    verify.add_argument("--json", action="store_true", help="print the outcome as JSON")
    verify.set_defaults(run=_verify)
    model_index.add_subcommands(group)


def _pull(chosen: argparse.Namespace) -> int:
    settings = load_settings()
    from service.outbound.hub import Hub
    from service.pulling import Wanted, pull_model

    wanted = Wanted(chosen.name, chosen.revision, chosen.file, chosen.quantised)
    with (
        _progress() as (moved, say),
        Hub(settings.model_hub, settings.model_hub_token, say=say) as hub,
    ):
        pulled = pull_model(hub, settings.data_dir / "models", wanted, moved)
    setting = f"FACTCHECK_EMBEDDING_MODEL={shlex.quote(str(pulled.folder))}"
    if not chosen.json:
        _show(pulled)
    opened = _open(pulled.folder)
    if chosen.json:
        body = {
            **_as_json(pulled.folder, pulled.manifest),
            "received": pulled.received,
            "dimension": opened.dimension,
            "max_tokens": opened.max_tokens,
            "setting": setting,
        }
        print(json.dumps(body, ensure_ascii=False, indent=2))
        return 0
    print(f"It opens: vectors of {opened.dimension} numbers, from texts of up to {opened.max_tokens} tokens.")
    print(f"To find claims by meaning with it, set\n\n  {setting}\n\nand run 'factcheck model reindex'.")
    return 0


@dataclass(frozen=True, slots=True)
class _Opened:
    """What a model turned out to be: the width of its vectors, and the tokens of the longest text."""

    dimension: int
    max_tokens: int


def _open(folder: Path) -> _Opened:
    """Load the model as a server would. Raises HubError where that fails, with the reason."""
    from service.embedding.embedder import open_embedder

    try:
        embedder = open_embedder(folder, threads=1)
    except SettingsError as error:
        raise HubError(f"the model was fetched whole, but cannot be used: {error.detail}") from None
    asyncio.run(embedder.close())
    return _Opened(embedder.identity.dimension, embedder.folder.max_tokens)


def _show(pulled: Pulled) -> None:
    manifest = pulled.manifest
    print(f"{manifest.name}, commit {manifest.commit}, licence {manifest.licence or 'not stated'}")
    news = f"{_amount(pulled.received)} received" if pulled.received else "nothing had to be fetched"
    print(f"{len(manifest.files)} files, {_amount(manifest.size)}, checksums verified; {news}.", flush=True)


def _verify(chosen: argparse.Namespace) -> int:
    from service.pulling import verify_folder

    folder = chosen.folder.expanduser().absolute()
    manifest, unlisted = verify_folder(folder)
    if chosen.json:
        print(json.dumps({**_as_json(folder, manifest), "unlisted": unlisted}, ensure_ascii=False, indent=2))
        return 0
    print(f"{manifest.name}, commit {manifest.commit}: {len(manifest.files)} files are as they were fetched.")
    if unlisted:
        print(f"Not fetched with it, and not verified: {', '.join(unlisted)}", file=sys.stderr)
    return 0


def _as_json(folder: Path, manifest: Manifest) -> dict[str, Any]:
    import msgspec

    described: dict[str, Any] = msgspec.to_builtins(manifest)
    return {"folder": str(folder), **described}


@contextmanager
def _progress() -> Iterator[tuple[Callable[[str, int, int], None], Callable[[str], None]]]:
    """Bars on standard error where that is a terminal, lines there where it is not; and a way to say something."""
    if not sys.stderr.isatty():
        yield _lines(), lambda sentence: print(sentence, file=sys.stderr, flush=True)
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
    from rich.progress import TransferSpeedColumn as SpeedColumn

    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), SpeedColumn(), TimeRemainingColumn())
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=console, transient=True) as bars:

        def moved(path: str, there: int, size: int) -> None:
            if path not in tasks:
                tasks[path] = bars.add_task(escape(path), total=size)
            bars.update(tasks[path], completed=there)

        yield moved, console.print


def _lines() -> Callable[[str, int, int], None]:
    said: dict[str, float] = {}

    def moved(path: str, there: int, size: int) -> None:
        now = time.monotonic()
        if there == size or now - said.setdefault(path, now) >= _SAY_EVERY:
            said[path] = now
            print(f"{path}: {_amount(there)} of {_amount(size)}", file=sys.stderr, flush=True)

    return moved


def _amount(size: int) -> str:
    from rich.filesize import decimal

    return decimal(size)
