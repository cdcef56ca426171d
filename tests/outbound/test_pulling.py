"""``factcheck model pull`` and ``verify``: folders that are whole or not there, against a hub on this machine."""

from __future__ import annotations

import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import onnx
import pytest

from service.cli import main, parser
from service.embedding.folder import read_folder
from service.embedding.manifest import MANIFEST, local_path
from service.errors import HubError, InvalidInput
from service.outbound.hub import HubFile, HubModel
from service.pulling import DEFAULT_MODEL, DEFAULT_REVISION, Wanted, choose_model_file, needed_files
from tests.conftest import ROOT
from tests.local_hub import LocalHub, sha256
from tests.outbound.conftest import NAME
from tests.tiny_models import build_model, write_json

STEM = "tiny--multilingual-MiniLM"
KEPT = {
    "1_Pooling/config.json",
    "config.json",
    "config_sentence_transformers.json",
    "modules.json",
    "onnx/model.onnx",
    "sentence_bert_config.json",
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer_config.json",
}


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub: LocalHub) -> Iterator[Path]:
    """The folder for data; the commands of this process use it and the hub."""
    monkeypatch.setenv("FACTCHECK_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("FACTCHECK_MODEL_HUB", hub.address)
    return tmp_path / "data"


@pytest.fixture
def folder(data: Path) -> Path:
    return data / "models" / STEM


def pull(*arguments: str) -> int:
    return main(["model", "pull", NAME, *arguments])


def files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def large_requests(hub: LocalHub) -> list[str | None]:
    """The ranges that the server for large files was asked for, in order."""
    return [asked.headers.get("Range") for asked in hub.asked if asked.large]


def starting(*arguments: str, **more: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "service", "model", "pull", NAME, *arguments],
        cwd=ROOT, text=True, **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more},
    )  # fmt: skip


def test_a_folder_is_fetched_verified_and_opens(
    hub: LocalHub, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert pull() == 0
    held = hub.models[NAME]
    assert files_in(folder) == KEPT | {MANIFEST}
    for path in KEPT:
        assert (folder / path).read_bytes() == held.commits[held.newest][path]
    assert read_folder(folder).dimension == 480
    manifest = json.loads((folder / MANIFEST).read_text())
    files = manifest.pop("files")
    assert manifest == {
        "name": NAME, "revision": "main", "commit": held.newest, "hub": hub.address, "licence": "apache-2.0",
        "model_file": "onnx/model.onnx", "size": sum(file["size"] for file in files),
    }  # fmt: skip
    assert {file["path"] for file in files} == KEPT
    for file in files:
        assert file["sha256"] == sha256((folder / file["path"]).read_bytes())
        assert file["compared"] == ("sha256" if file["path"].endswith(".onnx") else "git-sha1")
    captured = capsys.readouterr()
    assert f"\n  FACTCHECK_EMBEDDING_MODEL={folder}\n" in captured.out
    assert "licence apache-2.0" in captured.out
    assert "vectors of 480 numbers, from texts of up to 32 tokens" in captured.out
    assert "onnx/model.onnx: 1." in captured.err
    assert "\x1b" not in captured.err
    assert [path.name for path in folder.parent.iterdir() if not path.name.endswith(".lock")] == [STEM]


def test_the_outcome_as_json(hub: LocalHub, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert pull("--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["name"], said["folder"], said["dimension"], said["max_tokens"]) == (NAME, str(folder), 480, 32)
    assert said["commit"] == hub.models[NAME].newest
    assert said["received"] == said["size"]
    assert said["setting"] == f"FACTCHECK_EMBEDDING_MODEL={folder}"


def test_a_whole_folder_is_left_alone(hub: LocalHub, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pull()
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    hub.asked.clear()
    capsys.readouterr()
    assert pull() == 0
    assert len(hub.asked) == 1
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    assert "nothing had to be fetched" in capsys.readouterr().out


def test_what_was_damaged_is_fetched_again_and_nothing_else(hub: LocalHub, folder: Path) -> None:
    pull()
    hub.asked.clear()
    (folder / "tokenizer.json").write_bytes(b"{}")
    assert pull() == 0
    assert hub.paths("/resolve/") == [f"/{NAME}/resolve/{hub.models[NAME].newest}/tokenizer.json"]
    assert main(["model", "verify", str(folder)]) == 0


def test_a_newer_commit_replaces_the_folder(hub: LocalHub, folder: Path, tiny: Path, tmp_path: Path) -> None:
    pull()
    first = hub.models[NAME].newest
    newer = build_model(shutil.copytree(tiny, tmp_path / "newer"), model_file="onnx/model.onnx", seed=7)
    (newer / "special_tokens_map.json").unlink()
    second = hub.put(NAME, newer)
    hub.asked.clear()
    assert pull() == 0
    assert files_in(folder) == (KEPT | {MANIFEST}) - {"special_tokens_map.json"}
    assert (folder / "onnx" / "model.onnx").read_bytes() == (newer / "onnx" / "model.onnx").read_bytes()
    asked = {path.rpartition(f"{second}/")[2] for path in hub.paths("/resolve/")}
    assert asked == {"onnx/model.onnx", "config.json", "1_Pooling/config.json"}  # the others are the same
    assert pull("--revision", first) == 0
    assert json.loads((folder / MANIFEST).read_text())["commit"] == first
    assert files_in(folder) == KEPT | {MANIFEST}


def test_a_run_that_ended_between_two_renames(hub: LocalHub, folder: Path) -> None:
    pull()
    folder.rename(folder.with_name(f".{STEM}.old"))
    hub.asked.clear()
    assert pull() == 0
    assert len(hub.asked) == 1
    assert files_in(folder) == KEPT | {MANIFEST}


def test_a_folder_of_someone_else_is_not_replaced(
    hub: LocalHub, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build_model(folder)
    assert pull() == 1
    assert "move it away" in capsys.readouterr().err
    assert (folder / "model.onnx").is_file()
    assert not hub.paths("/resolve/")


def received(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.with_name(f".{STEM}.part").rglob("*.part"))


def wait_for(folder: Path, size: int) -> None:
    """Until so many bytes of a file that is being received are on the disk; no event tells of another process's."""
    deadline = time.monotonic() + 30
    while received(folder) < size:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_run_that_was_killed_is_gone_on_from(hub: LocalHub, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hub.stop_after = 700_000
    process = starting()
    assert hub.stopped.wait(60)
    wait_for(folder, 500_000)
    assert pull() == 1  # beside it
    assert "another 'factcheck model pull'" in capsys.readouterr().err
    process.kill()
    process.communicate(timeout=30)
    assert not folder.exists()
    there = received(folder)
    hub.go_on.set()
    hub.asked.clear()
    assert pull("--json") == 0
    assert large_requests(hub) == [f"bytes={there}-"]
    assert len(hub.paths("/resolve/")) == 1
    said = json.loads(capsys.readouterr().out)
    held = hub.models[NAME].commits[said["commit"]]
    assert said["received"] == len(held["onnx/model.onnx"]) - there
    assert all((folder / path).read_bytes() == held[path] for path in KEPT)


def test_a_file_that_changes_while_we_are_away_is_not_mixed(
    hub: LocalHub, folder: Path, tiny: Path, tmp_path: Path
) -> None:
    hub.stop_after = 700_000
    process = starting()
    assert hub.stopped.wait(60)
    wait_for(folder, 500_000)
    process.kill()
    process.communicate(timeout=30)
    hub.go_on.set()
    newer = build_model(shutil.copytree(tiny, tmp_path / "newer"), model_file="onnx/model.onnx", dimension=480, seed=7)
    hub.put(NAME, newer)
    hub.asked.clear()
    assert pull() == 0
    assert large_requests(hub) == [None]
    assert (folder / "onnx" / "model.onnx").read_bytes() == (newer / "onnx" / "model.onnx").read_bytes()
    assert files_in(folder) == KEPT | {MANIFEST}


def test_an_interrupt_ends_it_without_a_traceback(hub: LocalHub, folder: Path) -> None:
    hub.stop_after = 700_000
    process = starting()
    assert hub.stopped.wait(60)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert not folder.exists()


# Which files


def test_the_quantised_file_that_suits_this_machine(
    hub: LocalHub, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert pull("--quantised") == 0
    arm = platform.machine().lower() in {"arm64", "aarch64"}
    stem = "model_qint8_arm64" if arm else "model_quint8_avx2"
    folder = data / "models" / f"{STEM}--{stem}"
    assert {path for path in files_in(folder) if path.endswith(".onnx")} == {f"onnx/{stem}.onnx"}
    assert read_folder(folder).model_file == folder / "onnx" / f"{stem}.onnx"


def test_a_file_of_ones_own_choice(hub: LocalHub, data: Path) -> None:
    assert pull("--file", "onnx/model_qint8_arm64.onnx") == 0
    folder = data / "models" / f"{STEM}--model_qint8_arm64"
    assert {path for path in files_in(folder) if path.endswith(".onnx")} == {"onnx/model_qint8_arm64.onnx"}


@pytest.mark.parametrize("path", ["../model.onnx", "/model.onnx", "pytorch_model.bin", "onnx/deep/model.onnx"])
def test_what_can_be_no_model_file(hub: LocalHub, folder: Path, path: str) -> None:
    assert pull("--file", path) == 2
    assert not hub.paths("/resolve/")


def test_a_file_that_is_not_there(hub: LocalHub, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert pull("--file", "onnx/model_O4.onnx") == 1
    assert "choose one with --file from onnx/model.onnx, onnx/model_qint8_arm64.onnx" in capsys.readouterr().err


def test_weights_beside_the_graph_come_along(hub: LocalHub, data: Path, tmp_path: Path) -> None:
    source = build_model(tmp_path / "source", model_file="onnx/model.onnx", dimension=64)
    graph = onnx.load(source / "onnx" / "model.onnx")
    (source / "onnx" / "model.onnx").unlink()
    onnx.save(
        graph,
        source / "onnx" / "model.onnx",
        save_as_external_data=True,
        location="model.onnx_data",
        size_threshold=1024,
    )
    hub.put("tiny/two-files", source)
    assert main(["model", "pull", "tiny/two-files"]) == 0
    assert (data / "models" / "tiny--two-files" / "onnx" / "model.onnx_data").stat().st_size > 10_000


def described(*paths: str) -> HubModel:
    return HubModel(NAME, "0" * 40, None, tuple(HubFile(path, 1, None, "0" * 40) for path in paths))


def test_the_plain_model_is_the_default() -> None:
    assert choose_model_file(described("onnx/model.onnx", "onnx/model_O1.onnx"), Wanted()) == "onnx/model.onnx"
    assert choose_model_file(described("onnx/model.onnx", "model.onnx"), Wanted()) == "model.onnx"
    with pytest.raises(HubError, match=r"no model\.onnx or onnx/model\.onnx: choose one with --file from a\.onnx"):
        choose_model_file(described("a.onnx"), Wanted())
    with pytest.raises(HubError, match="cannot be used here"):
        choose_model_file(described("model.safetensors"), Wanted())
    with pytest.raises(HubError, match="no quantised"):
        choose_model_file(described("model.onnx"), Wanted(quantised=True))
    with pytest.raises(InvalidInput):
        choose_model_file(described("model.onnx"), Wanted(file="model.bin"))


def test_no_pickles_and_no_code() -> None:
    paths = {file.path for file in needed_files(
        described("model.onnx", "tokenizer.json", "onnx/tokenizer.json", "sentence_roberta_config.json", "model.bin",
                  "model.onnx.data", "2_Pooling/config.json", "2_Dense/model.safetensors", "custom.py", "x/config.json",
                  "training_args.bin", "tokenizer.model", "config.json.py"), "model.onnx")}  # fmt: skip
    assert paths == {
        "model.onnx", "model.onnx.data", "tokenizer.json", "sentence_roberta_config.json", "2_Pooling/config.json",
    }  # fmt: skip


def test_a_tokenizer_beside_the_model_will_do() -> None:
    files = needed_files(described("onnx/model.onnx", "onnx/tokenizer.json"), "onnx/model.onnx")
    assert {file.path for file in files} == {"onnx/model.onnx", "onnx/tokenizer.json"}
    with pytest.raises(HubError, match=r"no tokenizer\.json"):
        needed_files(described("model.onnx", "vocab.txt"), "model.onnx")


def test_a_path_that_climbs_is_refused(
    hub: LocalHub, data: Path, tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.put(NAME, tiny, **{"onnx/model.onnx_data/../../../../evil": b"evil"})
    assert pull() == 1
    assert "no file name" in capsys.readouterr().err
    assert not hub.paths("/resolve/")
    assert not list(data.parent.rglob("*evil*"))


def test_a_path_that_climbs_is_refused_before_anything_is_made() -> None:
    with pytest.raises(HubError, match="no file name"):
        needed_files(described("model.onnx", "tokenizer.json", "model.onnx_data/../../evil"), "model.onnx")


@pytest.mark.parametrize(
    "path",
    [
        "..",
        "a/../b",
        "/a",
        "a//b",
        "a/",
        "",
        ".",
        "C:/a",
        "a\\..\\b",
        "a:b",
        "a\0b",
        "a\nb",
        "nul",
        "con.json",
        "a.",
        " a",
    ],
)
def test_paths_that_no_folder_should_hold(path: str) -> None:
    with pytest.raises(HubError, match="no file name"):
        local_path(Path("folder"), path)


# What goes wrong


def test_a_model_that_is_whole_but_of_no_use(
    hub: LocalHub, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = build_model(tmp_path / "source")
    steps = [("Transformer", ""), ("Dense", "1_Dense")]
    modules = [{"type": f"sentence_transformers.models.{kind}", "path": path} for kind, path in steps]
    write_json(source / "modules.json", modules)
    hub.put("tiny/dense", source)
    assert main(["model", "pull", "tiny/dense"]) == 1
    captured = capsys.readouterr()
    assert "was fetched whole, but cannot be used" in captured.err
    assert "FACTCHECK_EMBEDDING_MODEL=" not in captured.out


def test_a_disk_that_is_too_small_is_told_before(
    hub: LocalHub, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def swell(told: dict[str, Any]) -> dict[str, Any]:
        for sibling in told["siblings"]:
            if "lfs" in sibling:
                sibling["lfs"]["size"] = 10**17
        return told

    hub.description = swell
    assert pull() == 1
    assert "make room" in capsys.readouterr().err
    assert not hub.paths("/resolve/")


@pytest.mark.skipif(sys.platform == "win32", reason="files have no limit to be set there")
def test_a_file_that_cannot_grow_is_told_and_gone_on_from(hub: LocalHub, folder: Path) -> None:
    import resource

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, resource.RLIM_INFINITY))

    process = starting(preexec_fn=limit)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "has no room for the rest" in err
    assert "Traceback" not in err
    there = received(folder)
    assert there > 0
    hub.asked.clear()
    assert pull() == 0
    assert large_requests(hub) == [f"bytes={there}-"]


def test_a_place_that_cannot_be_written(hub: LocalHub, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data.write_text("a file where a folder should be")
    assert pull() == 1
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("within", "status", "headers", "message"),
    [
        ("/api/models/", 404, {}, "check the name"),
        ("/resolve/", 403, {"X_Error_Code": "GatedRepo"}, "accept its terms"),
        ("/api/models/", 429, {"Retry_After": "999"}, "asks to wait 999 seconds"),
    ],
)
def test_refusals_are_sentences(
    hub: LocalHub, folder: Path, capsys: pytest.CaptureFixture[str], within: str, status: int, headers: dict[str, str],
    message: str,
) -> None:  # fmt: skip
    hub.fail(within, status, **headers)
    assert pull() == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert captured.err.splitlines()[-1].startswith("factcheck: ")


def test_no_network(data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("FACTCHECK_MODEL_HUB", "http://127.0.0.1:1")
    assert pull() == 1
    assert "cannot be reached" in capsys.readouterr().err


def test_the_token_is_used_and_not_told(hub: LocalHub, folder: Path) -> None:
    hub.models[NAME].gated = True
    hub.token = "hf_secret_of_ours"
    refused = starting(env={**os.environ, "HF_TOKEN": hub.token, "HF_DEBUG": "1"})
    _, err = refused.communicate(timeout=60)
    assert (refused.returncode, "is gated" in err) == (1, True)
    taken = starting("--json", env={**os.environ, "FACTCHECK_MODEL_HUB_TOKEN": hub.token, "HF_DEBUG": "1"})
    out, err = taken.communicate(timeout=60)
    assert taken.returncode == 0, err
    assert "secret" not in out + err
    assert not any("secret" in path.read_text(errors="replace") for path in folder.rglob("*.json"))


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals there")
def test_a_terminal_gets_bars(hub: LocalHub, folder: Path) -> None:
    import pty

    ours, theirs = pty.openpty()
    hub.stop_after = 700_000
    process = starting(stderr=theirs, env={**os.environ, "TERM": "xterm", "COLUMNS": "120"})
    os.close(theirs)
    assert hub.stopped.wait(60)
    shown = b""
    # What is not drawn yet will be, several times a second, for as long as the file is held back.
    while b"onnx/model.onnx" not in shown or b"MB" not in shown:
        shown += os.read(ours, 4096)
    hub.go_on.set()
    try:
        while chunk := os.read(ours, 4096):
            shown += chunk
    except OSError:
        pass  # how Linux says that the other side is closed
    out, _ = process.communicate(timeout=60)
    os.close(ours)
    assert process.returncode == 0
    assert "━" in shown.decode(errors="replace")
    assert "\x1b" not in out


# Verifying


def test_verify_tells_what_changed(hub: LocalHub, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pull()
    hub.asked.clear()
    capsys.readouterr()
    assert main(["model", "verify", str(folder)]) == 0
    assert "9 files are as they were fetched" in capsys.readouterr().out
    assert main(["model", "verify", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["unlisted"] == []
    (folder / "model.onnx").write_bytes(b"of someone else")
    assert main(["model", "verify", str(folder)]) == 0
    assert "not verified: model.onnx" in capsys.readouterr().err
    weights = folder / "onnx" / "model.onnx"
    content = bytearray(weights.read_bytes())
    content[1000] ^= 1
    weights.write_bytes(content)
    (folder / "modules.json").unlink()
    with (folder / "config.json").open("ab") as file:
        file.write(b" ")
    assert main(["model", "verify", str(folder)]) == 1
    err = capsys.readouterr().err
    for fault in ("onnx/model.onnx has changed", "modules.json is missing", "config.json has "):
        assert fault in err
    assert hub.asked == []


def test_verify_needs_a_fetched_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["model", "verify", str(build_model(tmp_path / "own"))]) == 1
    assert "has no factcheck-model.json" in capsys.readouterr().err
    (tmp_path / "own" / MANIFEST).write_text("{")
    assert main(["model", "verify", str(tmp_path / "own")]) == 1
    assert "is damaged" in capsys.readouterr().err
    assert main(["model", "verify", str(tmp_path / "nowhere")]) == 1


def test_the_default_is_the_same_everywhere() -> None:
    chosen = parser().parse_args(["model", "pull"])
    assert (chosen.name, chosen.revision) == (DEFAULT_MODEL, DEFAULT_REVISION)
