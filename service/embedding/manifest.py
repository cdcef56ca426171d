"""``factcheck-model.json``: what a fetched model folder holds, where it is from, and the checksums to verify it by."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path, PurePosixPath
from typing import Final

import msgspec

from service.errors import HubError

MANIFEST: Final = "factcheck-model.json"

_RESERVED: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


class ManifestFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file: its path with slashes, its bytes, its SHA-256 in hexadecimal, and what the hub gave to compare.

    ``compared`` is ``sha256`` where the hub gave that of the file itself, ``git-sha1`` where only git's object id.
    """

    path: str
    size: int
    sha256: str
    compared: str


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A model as it was fetched: ``commit`` is what the asked-for ``revision`` was at that time."""

    name: str
    revision: str
    commit: str
    hub: str
    licence: str | None
    model_file: str
    size: int
    files: tuple[ManifestFile, ...]


def read_manifest(folder: Path) -> Manifest | None:
    """What the folder says of itself; None where it has no manifest. Raises HubError for a damaged one."""
    try:
        manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise HubError(f"{folder / MANIFEST} cannot be read: {error.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise HubError(f"{folder / MANIFEST} is damaged: move {folder} away and pull the model again") from None
    for file in manifest.files:
        local_path(folder, file.path)
    return manifest


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, whole or not at all. Raises OSError."""
    written = folder / f"{MANIFEST}.part"
    with written.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    written.replace(folder / MANIFEST)


def file_faults(folder: Path, manifest: Manifest) -> list[str]:
    """A sentence for each file that is not as it was fetched; empty where all are. Reads every byte."""
    faults = []
    for file in manifest.files:
        path = local_path(folder, file.path)
        try:
            size = path.stat().st_size
            if size != file.size:
                faults.append(f"{file.path} has {size} bytes, and had {file.size} when it was fetched")
            elif file_sha256(path) != file.sha256:
                faults.append(f"{file.path} has changed since it was fetched: its SHA-256 is another")
        except FileNotFoundError:
            faults.append(f"{file.path} is missing")
        except OSError as error:
            faults.append(f"{file.path} cannot be read: {error.strerror}")
    return faults


def unlisted_files(folder: Path, manifest: Manifest) -> list[str]:
    """Files in the folder that were not fetched with it, by path: some may change which vectors the model gives."""
    known = {file.path for file in manifest.files} | {MANIFEST}
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(set(found) - known)


def local_path(folder: Path, path: str) -> Path:
    """Where a file that is called ``path`` elsewhere lies in ``folder``.

    Raises HubError for a path that leads out of the folder, or that means something else on some file system.
    """
    parts = path.split("/")
    strange = any(
        part in {"", ".", ".."}
        or part != part.strip()
        or part.endswith(".")
        or not part.isprintable()
        or any(sign in part for sign in '\\:*?"<>|')
        or _RESERVED.fullmatch(part)
        for part in parts
    )
    if strange:
        raise HubError(f"{path!r} is no file name to keep in a model folder; nothing is fetched under it")
    return folder / PurePosixPath(*parts)


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
