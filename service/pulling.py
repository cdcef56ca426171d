"""Fetching an embedding model from a hub into a folder of its own, which is there only once it is whole."""

from __future__ import annotations

import errno
import os
import platform
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Final

import fasteners

from service.embedding.folder import quantised_stems
from service.embedding.manifest import (
    MANIFEST,
    Manifest,
    ManifestFile,
    file_faults,
    file_sha256,
    local_path,
    read_manifest,
    unlisted_files,
    write_manifest,
)
from service.errors import HubError, InvalidInput
from service.outbound.hub import Hub, HubFile, HubModel, part_of

DEFAULT_MODEL: Final = "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2"
"""Sentences of some fifty languages, English, Persian and Arabic among them, in one space of 384 numbers."""

DEFAULT_REVISION: Final = "main"

_PLAIN: Final = ("model.onnx", "onnx/model.onnx")
_SETTINGS: Final = re.compile(
    r"config\.json|modules\.json|config_sentence_transformers\.json|sentence_[a-z0-9-]+_config\.json"
    r"|special_tokens_map\.json|tokenizer_config\.json|[0-9]+_[A-Za-z]+/config\.json"
)
"""The settings that a folder may have: JSON, no code."""

_SPARE: Final = 32 << 20
"""Bytes that stay free on the disk."""

Moved = Callable[[str, int, int], None]
"""Hears of a file's path, how many of its bytes are there, and how many it has."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which model to fetch. ``file`` is the path of its ONNX file, None for the plain one.

    ``quantised`` asks for the 8-bit one that suits this processor instead.
    """

    name: str = DEFAULT_MODEL
    revision: str = DEFAULT_REVISION
    file: str | None = None
    quantised: bool = False


@dataclass(frozen=True, slots=True)
class Pulled:
    """A folder that holds what its manifest says, and the bytes received for it in this run."""

    folder: Path
    manifest: Manifest
    received: int


def pull_model(hub: Hub, models: Path, wanted: Wanted, moved: Moved) -> Pulled:
    """Fetch a model into a folder of its own within ``models``, going on from where an earlier run was ended.

    The folder is replaced as a whole where the hub has another commit by now, and left alone where it is whole.
    Raises HubError, NotFound and InvalidInput, each with a sentence for the operator.
    """
    model = hub.describe(wanted.name, wanted.revision)
    model_file = choose_model_file(model, wanted)
    files = needed_files(model, model_file)
    name = wanted.name.replace("/", "--")
    if model_file not in _PLAIN:
        name += f"--{PurePosixPath(model_file).stem}"
    folder = local_path(models, name)
    try:
        models.mkdir(parents=True, exist_ok=True)
        with _alone(models / f".{name}.lock"):
            return _pull(hub, model, model_file, files, folder, wanted.revision, moved)
    except OSError as error:
        raise _local_failure(error, folder) from error


def verify_folder(folder: Path) -> tuple[Manifest, list[str]]:
    """A fetched folder's manifest, and the files beside those that were fetched. Needs no network.

    Raises HubError, naming every fault, where the folder is not as it was fetched.
    """
    manifest = read_manifest(folder)
    if manifest is None:
        raise HubError(
            f"{folder} has no {MANIFEST}: 'factcheck model pull' writes one, other folders have no checksums"
        )
    if faults := file_faults(folder, manifest):
        raise HubError(f"{folder} is not as it was fetched: {'; '.join(faults)}. Run 'factcheck model pull' again")
    return manifest, unlisted_files(folder, manifest)


def choose_model_file(model: HubModel, wanted: Wanted) -> str:
    """The path of the ONNX file to fetch. Raises HubError where the model has none that fits, telling which it has."""
    there = sorted(file.path for file in model.files if file.path.endswith(".onnx") and file.path.isprintable())
    listed = f": choose one with --file from {', '.join(there)}" if there else ", so it cannot be used here"
    if wanted.file is not None:
        path = PurePosixPath(wanted.file)
        if path.suffix != ".onnx" or path.parent not in {PurePosixPath(), PurePosixPath("onnx")}:
            raise InvalidInput([], f"--file takes NAME.onnx or onnx/NAME.onnx, not {wanted.file}")
        if wanted.file not in there:
            raise HubError(f"{model.name} has no {wanted.file}{listed}")
        return wanted.file
    if wanted.quantised:
        for stem in quantised_stems(platform.machine()):
            for path_ in (f"{stem}.onnx", f"onnx/{stem}.onnx"):
                if path_ in there:
                    return path_
        raise HubError(f"{model.name} has no quantised ONNX file for {platform.machine()}{listed}")
    for plain in _PLAIN:
        if plain in there:
            return plain
    raise HubError(f"{model.name} has no model.onnx or onnx/model.onnx{listed}")


def needed_files(model: HubModel, model_file: str) -> list[HubFile]:
    """The files that a folder with this ONNX file needs, the smallest first: JSON and ONNX, never pickles or code.

    Raises HubError for a model without a tokenizer, and for a path that leads out of the folder.
    """
    beside = str(PurePosixPath(model_file).parent / "tokenizer.json")
    paths = {file.path for file in model.files}
    tokenizer = next((path for path in ("tokenizer.json", beside) if path in paths), None)
    if tokenizer is None:
        raise HubError(
            f"{model.name} has no tokenizer.json, which is needed beside its ONNX file: choose another model"
        )
    needed = [
        file
        for file in model.files
        if file.path in {model_file, tokenizer}
        or _SETTINGS.fullmatch(file.path)
        or file.path.startswith((f"{model_file}_data", f"{model_file}.data"))
    ]
    for file in needed:
        local_path(Path(), file.path)
    return sorted(needed, key=lambda file: (file.size or 0, file.path))


def _pull(
    hub: Hub,
    model: HubModel,
    model_file: str,
    files: Sequence[HubFile],
    folder: Path,
    revision: str,
    moved: Moved,
) -> Pulled:
    staging, old = folder.with_name(f".{folder.name}.part"), folder.with_name(f".{folder.name}.old")
    if old.exists() and not folder.exists():
        old.rename(folder)  # an earlier run ended between the two renames below
    if folder.exists():
        manifest = read_manifest(folder)
        if manifest is None:
            raise HubError(
                f"{folder} is there but has no {MANIFEST}, so it is not replaced: move it away and run again"
            )
        same = (manifest.name, manifest.commit, manifest.model_file) == (model.name, model.commit, model_file)
        if same and not file_faults(folder, manifest):
            return Pulled(folder, manifest, 0)
    targets = {file: local_path(staging, file.path) for file in files}
    _tidy(staging, {path for file, target in targets.items() for path in (target, part_of(target, file))})
    missing = [file for file, target in targets.items() if not _is_here(file, target, local_path(folder, file.path))]
    _require_space(staging, [(file, part_of(targets[file], file)) for file in missing])
    received = 0
    for file in missing:
        received += hub.fetch(model, file, targets[file], partial(_tell, moved, file))
    listed = tuple(
        ManifestFile(file.path, target.stat().st_size, file_sha256(target), "sha256" if file.sha256 else "git-sha1")
        for file, target in sorted(targets.items(), key=lambda item: item[0].path)
    )
    size = sum(file.size for file in listed)
    manifest = Manifest(model.name, revision, model.commit, hub.address, model.licence, model_file, size, listed)
    write_manifest(staging, manifest)
    if folder.exists():
        shutil.rmtree(old, ignore_errors=True)
        folder.rename(old)
    staging.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
    return Pulled(folder, manifest, received)


def _tell(moved: Moved, file: HubFile, there: int) -> None:
    moved(file.path, there, file.size or 0)


def _tidy(staging: Path, wanted: set[Path]) -> None:
    """Delete what an earlier run left for another commit or another choice of files."""
    staging.mkdir(exist_ok=True)
    for path in [path for path in staging.rglob("*") if not path.is_dir()]:
        if path not in wanted:
            path.unlink()


def _is_here(file: HubFile, target: Path, before: Path) -> bool:
    """Whether the file is whole already: from a run that was ended, or in the folder that is to be replaced."""
    if file.is_in(target):
        return True
    if not file.is_in(before):
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    try:
        os.link(before, target)
    except OSError:  # a file system without hard links
        shutil.copyfile(before, target)
    return True


def _require_space(staging: Path, missing: Sequence[tuple[HubFile, Path]]) -> None:
    needed = sum((file.size or 0) - (part.stat().st_size if part.exists() else 0) for file, part in missing)
    free = shutil.disk_usage(staging).free
    if missing and needed + _SPARE > free:
        raise HubError(
            f"{staging.parent} has {free / 1e6:.0f} MB free, and {needed / 1e6:.0f} MB are to be fetched: make room, "
            "choose a smaller file (--quantised), or set FACTCHECK_DATA_DIR to a folder on another disk"
        )


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the lock, or raise HubError where another process does. The system frees it when its holder dies."""
    lock = fasteners.InterProcessLock(path)
    if not lock.acquire(blocking=False):
        lock.lockfile.close()
        raise HubError("another 'factcheck model pull' is fetching this model: wait until it has ended")
    try:
        yield
    finally:
        lock.release()


def _local_failure(error: OSError, folder: Path) -> HubError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return HubError(
            f"{folder.parent} has no room for the rest ({error.strerror}): make room and run the same command again, "
            "it goes on from where it was, or set FACTCHECK_DATA_DIR to a folder on another disk"
        )
    return HubError(
        f"{error.filename or folder.parent} cannot be written ({error.strerror or error}): check its permissions, or "
        "set FACTCHECK_DATA_DIR to another folder"
    )
