"""A model hub as huggingface.co is one: what a model has there, and its files, whole or not at all.

huggingface_hub asks for the description and knows the addresses. Receiving is done here: that library downloads to
names of their own per process, so that what a killed one had received is lost, and it compares sizes alone.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self, TypeVar

import httpx2

from service.errors import HubError, InvalidInput, SettingsError
from service.outbound.hub_client import guarded_client, refusal, unreachable
from service.outbound.patience import Patience, asked_wait, wait

# After hub_client, which decides how it behaves.
from huggingface_hub import HfApi, get_session, hf_hub_url, set_client_factory  # isort: skip
from huggingface_hub.errors import HfHubHTTPError, HFValidationError  # isort: skip

T = TypeVar("T")

_CHUNK: Final = 1 << 20
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_SHA1: Final = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file at the hub: its path, its bytes, and its SHA-256 or else git's object id, both in hexadecimal.

    ``size`` is None where the hub does not tell it; so are both checksums, for a file that cannot be fetched.
    """

    path: str
    size: int | None
    sha256: str | None
    git_sha1: str | None

    @property
    def checksum(self) -> str | None:
        """What tells this content from any other."""
        return self.sha256 or self.git_sha1

    def is_in(self, path: Path) -> bool:
        """Whether the local file has this very content. Reads it whole; raises OSError."""
        if not path.is_file() or path.stat().st_size != self.size:
            return False
        with path.open("rb") as file:
            if self.sha256 is not None:
                return hashlib.file_digest(file, "sha256").hexdigest() == self.sha256
            # Git's object id: of the content behind a header.
            digest = hashlib.sha1(b"blob %d\0" % self.size, usedforsecurity=False)
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
            return digest.hexdigest() == self.git_sha1


@dataclass(frozen=True, slots=True)
class HubModel:
    """A model at one commit. ``licence`` is the hub's name for it, None where its authors name none."""

    name: str
    commit: str
    licence: str | None
    files: tuple[HubFile, ...]


class Hub:
    """A model hub, while the ``with`` block lasts; one at a time in a process, since huggingface_hub keeps one client.

    ``say`` gets a sentence whenever there is something to wait for. Raises SettingsError for an address that is none.
    """

    def __init__(
        self,
        address: str,
        token: str | None = None,
        *,
        patience: Patience | None = None,
        say: Callable[[str], None] = lambda sentence: None,
    ) -> None:
        try:
            httpx2.URL(address)
        except httpx2.InvalidURL as error:
            raise SettingsError(f"FACTCHECK_MODEL_HUB is not the address of a server: {error}") from None
        self.address = address
        self._token = token
        self._patience = patience or Patience()
        self._say = say
        self._received = 0

    def __enter__(self) -> Self:
        set_client_factory(lambda: guarded_client(self.address, self._token, self._patience.silence))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        from huggingface_hub import close_session

        close_session()

    def describe(self, name: str, revision: str) -> HubModel:
        """The model at the commit that ``revision`` (a branch, a tag, a commit) is now.

        Raises InvalidInput for what can be no model's name, NotFound, and HubError.
        """
        api = HfApi(endpoint=self.address, token=False)

        def ask() -> HubModel:
            try:
                told = api.model_info(name, revision=revision, files_metadata=True, timeout=self._patience.silence)
            except HfHubHTTPError as error:
                raise self._refused(name, "the description", error.response) from None
            commit = told.sha or ""
            if not _SHA1.fullmatch(commit):
                raise ValueError("no commit")
            if _SHA1.fullmatch(revision) and commit != revision:
                raise HubError(
                    f"{self.address} answers with commit {commit} when asked for {revision}: do not trust it"
                )
            siblings = told.siblings or []
            files = tuple(
                HubFile(
                    path=str(each.rfilename),
                    size=_size(each.size if each.lfs is None else each.lfs.size),
                    sha256=None if each.lfs is None else _checksum(_SHA256, each.lfs.sha256),
                    git_sha1=None if each.lfs is not None else _checksum(_SHA1, each.blob_id),
                )
                for each in siblings
            )
            tags = [tag for tag in told.tags or [] if isinstance(tag, str) and tag.isprintable()]
            licence = next((tag.removeprefix("license:") for tag in tags if tag.startswith("license:")), None)
            return HubModel(name, commit, licence, files)

        try:
            return self._persist(ask, of="the description", first=True)
        except HFValidationError:
            raise InvalidInput([], f"{name!r} can be no model's name: names look like organisation/model") from None
        except (AttributeError, KeyError, TypeError, ValueError):
            # ValueError is what JSON that is none raises, too.
            raise HubError(f"{self.address} does not answer as a model hub does: check FACTCHECK_MODEL_HUB") from None

    def fetch(self, model: HubModel, file: HubFile, target: Path, moved: Callable[[int], None]) -> int:
        """Have ``file`` at ``target``, and return the bytes received for that; ``moved`` hears how many are there.

        What an earlier call received stays in a ``.part`` beside ``target``, known by the content it is of, and is
        gone on from. Nothing is at ``target`` before its checksum is right; a file whose checksum is wrong is deleted.
        Raises HubError, NotFound and OSError.
        """
        size = file.size
        if size is None or file.checksum is None:
            lacks = "size" if size is None else "checksum"
            raise HubError(
                f"{self.address} gives no {lacks} for {file.path}, so what it sends could not be verified: set "
                "FACTCHECK_MODEL_HUB to a hub that does"
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        part = part_of(target, file)
        url = hf_hub_url(model.name, file.path, revision=model.commit, endpoint=self.address)
        before = self._received

        def receive() -> None:
            had = progress()
            if had > size:
                part.unlink()
                had = 0
            if had < size or not had:
                self._receive(url, model, file, part, had, moved)

        def progress() -> int:
            return part.stat().st_size if part.exists() else 0

        self._persist(receive, of=file.path, progress=progress)
        if not file.is_in(part):
            part.unlink()
            kind = "SHA-256" if file.sha256 else "git object id"
            raise HubError(
                f"{file.path} is not what {self.address} says it is (its {kind} is another) and was deleted: run the "
                "same command again; if it happens again, do not trust the source"
            )
        part.replace(target)
        return self._received - before

    def _receive(
        self, url: str, model: HubModel, file: HubFile, part: Path, had: int, moved: Callable[[int], None]
    ) -> None:
        headers = {"Accept-Encoding": "identity"}
        if had:
            headers["Range"] = f"bytes={had}-"
        with get_session().stream("GET", url, headers=headers) as response:
            if had and response.status_code == 416:
                part.unlink()
                raise _Again(f"{file.path} cannot be gone on from where it was, and is fetched anew")
            if response.status_code not in {200, 206}:
                raise self._refused(model.name, file.path, response)
            begins = response.headers.get("Content-Range", "")
            if response.status_code == 206 and not begins.startswith(f"bytes {had}-"):
                part.unlink(missing_ok=True)
                raise _Again(f"{file.path} came from the wrong place on, and is fetched anew")
            # 200 is the whole file, whatever was asked for.
            goes_on = had > 0 and response.status_code == 206
            with part.open("ab" if goes_on else "wb") as output:
                self._copy(response, output, file, had if goes_on else 0, moved)

    def _copy(
        self, response: httpx2.Response, output: BinaryIO, file: HubFile, there: int, moved: Callable[[int], None]
    ) -> None:
        size = file.size or 0
        moved(there)
        for chunk in response.iter_bytes():
            there += len(chunk)
            self._received += len(chunk)
            if there > size:
                output.truncate(0)
                raise HubError(
                    f"{file.path} goes on beyond the {size} bytes that {self.address} gave for it, and was deleted: "
                    "run the same command again"
                )
            output.write(chunk)
            moved(there)
        output.flush()
        os.fsync(output.fileno())
        if there < size:
            raise _Again(f"{file.path} ended after {there} of {size} bytes")

    def _refused(self, name: str, what: str, response: httpx2.Response) -> Exception:
        error = refusal(self.address, name, what, response, with_token=self._token is not None)
        if response.status_code not in {408, 429} and response.status_code < 500:
            return error
        asked = asked_wait(response.headers)
        if asked is not None and asked > self._patience.longest_wait:
            return HubError(f"{self.address} asks to wait {asked:.0f} seconds: run the same command again after that")
        return _Again(f"{self.address} answered {response.status_code} for {what}", error, asked)

    def _persist(
        self, work: Callable[[], T], *, of: str, first: bool = False, progress: Callable[[], int] = lambda: 0
    ) -> T:
        """Do ``work`` until it is done, or has failed too often in a row without getting further.

        ``first`` contact is not tried again where there is no server: that is a wrong address, or no network.
        """
        failures, reached = 0, progress()
        while True:
            asked: float | None = None
            try:
                return work()
            except _Again as error:
                final: Exception = error.final or HubError(
                    f"{error}; run the same command again, it goes on from there"
                )
                why, asked = str(error), error.asked
            except httpx2.HTTPError as error:
                final, why = unreachable(self.address, error), f"{of}: {error or type(error).__name__}"
                nobody = first and isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout)
                if nobody or isinstance(error, httpx2.TooManyRedirects):
                    raise final from None
            failures = 1 if progress() > reached else failures + 1
            reached = progress()
            if failures >= self._patience.attempts:
                raise final
            pause = self._patience.pause(failures) if asked is None else asked
            self._say(f"{why}; trying again" + (f" in {pause:.0f} s" if pause >= 1 else ""))
            wait(pause)


class _Again(Exception):
    """Something that may pass: to be tried again, in ``asked`` seconds where the server says so, and then ``final``."""

    def __init__(self, why: str, final: Exception | None = None, asked: float | None = None) -> None:
        super().__init__(why)
        self.final = final
        self.asked = asked


def part_of(target: Path, file: HubFile) -> Path:
    """Where what has been received of ``file`` lies until it is whole: another content has another name."""
    return target.with_name(f"{target.name}.{(file.checksum or '')[:16]}.part")


def _size(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _checksum(pattern: re.Pattern[str], value: object) -> str | None:
    return value if isinstance(value, str) and pattern.fullmatch(value) else None
