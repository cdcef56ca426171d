"""Talking to a hub: what is asked of it, what is sent to whom, what is received, and what is said when it is not."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from service import __version__
from service.errors import FactcheckError, HubError, InvalidInput, NotFound, SettingsError
from service.outbound.hub import Hub, HubFile, HubModel, part_of
from service.outbound.hub_client import guarded_client
from service.outbound.patience import Patience, asked_wait
from tests.local_hub import LocalHub
from tests.outbound.conftest import NAME

QUICK = Patience(attempts=3, first_wait=0.01, longest_wait=2.0, silence=5.0)
MODEL_FILE = "onnx/model.onnx"


def ask(hub: LocalHub, name: str = NAME, revision: str = "main", **more: Any) -> HubModel:
    with Hub(hub.address, patience=QUICK, **more) as asked:
        return asked.describe(name, revision)


def file_of(model: HubModel, path: str) -> HubFile:
    return next(file for file in model.files if file.path == path)


def fetch(hub: LocalHub, target: Path, path: str = MODEL_FILE, **more: Any) -> int:
    with Hub(hub.address, patience=QUICK, **more) as asked:
        model = asked.describe(NAME, "main")
        return asked.fetch(model, file_of(model, path), target, lambda there: None)


def content(hub: LocalHub, path: str = MODEL_FILE) -> bytes:
    model = hub.models[NAME]
    return model.commits[model.newest][path]


def left(target: Path) -> list[str]:
    return sorted(path.name for path in target.parent.iterdir())


def test_a_model_is_described_at_its_commit(hub: LocalHub) -> None:
    model = ask(hub)
    assert (model.name, model.commit, model.licence) == (NAME, hub.models[NAME].newest, "apache-2.0")
    large, small = file_of(model, MODEL_FILE), file_of(model, "tokenizer.json")
    assert large.size == len(content(hub))
    assert re.fullmatch("[0-9a-f]{64}", large.sha256 or "")
    assert large.git_sha1 is None
    assert small.sha256 is None
    assert re.fullmatch("[0-9a-f]{40}", small.git_sha1 or "")


def test_a_licence_may_be_unstated(hub: LocalHub) -> None:
    hub.models[NAME].licence = None
    assert ask(hub).licence is None


@pytest.mark.parametrize("path", [MODEL_FILE, "tokenizer.json"])
def test_a_file_is_fetched_whole(hub: LocalHub, tmp_path: Path, path: str) -> None:
    target = tmp_path / "folder" / "file"
    assert fetch(hub, target, path) == len(content(hub, path))
    assert target.read_bytes() == content(hub, path)
    assert left(target) == ["file"]


def test_progress_is_told(hub: LocalHub, tmp_path: Path) -> None:
    told: list[int] = []
    with Hub(hub.address, patience=QUICK) as asked:
        model = asked.describe(NAME, "main")
        asked.fetch(model, file_of(model, MODEL_FILE), tmp_path / "file", told.append)
    assert told[0] == 0
    assert told[-1] == len(content(hub))
    assert told == sorted(told)


def test_what_was_received_is_gone_on_from(hub: LocalHub, tmp_path: Path) -> None:
    target = tmp_path / "file"
    file = file_of(ask(hub), MODEL_FILE)
    part_of(target, file).write_bytes(content(hub)[:1000])
    assert fetch(hub, target) == len(content(hub)) - 1000
    assert target.read_bytes() == content(hub)
    (large,) = [asked for asked in hub.asked if asked.large]
    assert large.headers["Range"] == "bytes=1000-"


def test_a_part_that_is_whole_asks_for_nothing(hub: LocalHub, tmp_path: Path) -> None:
    target = tmp_path / "file"
    part_of(target, file_of(ask(hub), MODEL_FILE)).write_bytes(content(hub))
    assert fetch(hub, target) == 0
    assert target.read_bytes() == content(hub)
    assert not any(asked.large for asked in hub.asked)


def test_a_server_without_ranges_sends_it_anew(hub: LocalHub, tmp_path: Path) -> None:
    hub.ranges = False
    target = tmp_path / "file"
    part_of(target, file_of(ask(hub), MODEL_FILE)).write_bytes(b"?" * 1000)
    assert fetch(hub, target) == len(content(hub))
    assert target.read_bytes() == content(hub)


def test_another_part_than_the_one_asked_for_is_not_taken(hub: LocalHub, tmp_path: Path) -> None:
    target = tmp_path / "file"
    part_of(target, file_of(ask(hub), MODEL_FILE)).write_bytes(content(hub)[:1000])
    hub.fail("/repos/", 206, Content_Range="bytes 5-9/10")
    fetch(hub, target)
    assert target.read_bytes() == content(hub)


def test_a_range_that_is_refused_is_given_up(hub: LocalHub, tmp_path: Path) -> None:
    target = tmp_path / "file"
    part_of(target, file_of(ask(hub), MODEL_FILE)).write_bytes(content(hub)[:1000])
    hub.fail("/repos/", 416)
    fetch(hub, target)
    assert target.read_bytes() == content(hub)


def test_a_part_that_is_too_long_is_thrown_away(hub: LocalHub, tmp_path: Path) -> None:
    target = tmp_path / "file"
    part_of(target, file_of(ask(hub), MODEL_FILE)).write_bytes(content(hub) + b"?")
    fetch(hub, target)
    assert target.read_bytes() == content(hub)


def test_a_connection_that_breaks_again_and_again_is_made_again(hub: LocalHub, tmp_path: Path) -> None:
    """Far more often than anything is tried that gets no further."""
    hub.cut_after = len(content(hub)) // 7
    target = tmp_path / "file"
    said: list[str] = []
    fetch(hub, target, say=said.append)
    assert target.read_bytes() == content(hub)
    assert len(said) == 7
    assert all(MODEL_FILE in sentence for sentence in said)


def test_what_gets_no_further_ends(hub: LocalHub, tmp_path: Path) -> None:
    hub.cut_after = 0
    with pytest.raises(HubError, match="run the same command again"):
        fetch(hub, tmp_path / "file")
    assert len([asked for asked in hub.asked if asked.large]) == QUICK.attempts


@pytest.mark.parametrize("path", [MODEL_FILE, "tokenizer.json"])
def test_a_file_that_is_not_what_the_hub_said_is_deleted(hub: LocalHub, tmp_path: Path, path: str) -> None:
    wrong = bytearray(content(hub, path))
    wrong[len(wrong) // 2] ^= 1
    if path == MODEL_FILE:
        (key,) = [key for key, blob in hub.blobs.items() if blob == content(hub)]
        hub.blobs[key] = bytes(wrong)
    else:
        told = hub.describe(NAME, "main")[2]
        hub.models[NAME].commits[told["sha"]][path] = bytes(wrong)
        hub.description = lambda _: told
    target = tmp_path / "file"
    with pytest.raises(HubError, match="and was deleted"):
        fetch(hub, target, path)
    assert left(target) == []


def test_a_file_that_does_not_end_is_not_kept(hub: LocalHub, tmp_path: Path) -> None:
    (key,) = [key for key, blob in hub.blobs.items() if blob == content(hub)]
    hub.blobs[key] += b"and more"
    target = tmp_path / "file"
    with pytest.raises(HubError, match="goes on beyond"):
        fetch(hub, target)
    assert all(path.stat().st_size == 0 for path in tmp_path.iterdir())


@pytest.mark.parametrize("lacking", ["lfs", "size"])
def test_what_could_not_be_verified_is_not_fetched(hub: LocalHub, tmp_path: Path, lacking: str) -> None:
    def change(told: dict[str, Any]) -> dict[str, Any]:
        for sibling in told["siblings"]:
            sibling.pop("blobId")
            sibling.pop("lfs", None)
            if lacking == "size":
                sibling.pop("size")
        return told

    hub.description = change
    with pytest.raises(HubError, match="could not be verified"):
        fetch(hub, tmp_path / "file")
    assert not hub.paths("resolve")


# Who is asked, and what they get to know


def test_the_token_goes_to_the_hub_alone(hub: LocalHub, tmp_path: Path) -> None:
    fetch(hub, tmp_path / "file", token="hf_secret")
    assert {asked.headers.get("Authorization") for asked in hub.asked if not asked.large} == {"Bearer hf_secret"}
    large = [asked for asked in hub.asked if asked.large]
    assert large
    assert not any("secret" in f"{asked.headers}{asked.path}" for asked in large)


def test_no_token_but_ours_and_no_name_but_ours(hub: LocalHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_of_the_machine")
    fetch(hub, tmp_path / "file")
    for asked in hub.asked:
        assert "Authorization" not in asked.headers
        assert "Cookie" not in asked.headers
        assert asked.headers["User-Agent"] == f"factcheck/{__version__}"


def test_nothing_but_the_description_and_the_file_is_asked_for(hub: LocalHub, tmp_path: Path) -> None:
    fetch(hub, tmp_path / "file")
    assert [asked.path.partition("?")[0].split("/")[-1] for asked in hub.asked if not asked.large] == [
        "main",
        "model.onnx",
    ]
    assert len(hub.asked) == 3


@pytest.mark.parametrize("address", ["http://192.0.2.1/blob", "ftp://127.0.0.1/blob", "file:///etc/passwd"])
def test_a_redirect_to_where_it_must_not_go_is_not_followed(hub: LocalHub, tmp_path: Path, address: str) -> None:
    hub.redirect = lambda _: address
    with pytest.raises(HubError, match="not https") as caught:
        fetch(hub, tmp_path / "file", token="hf_secret")
    assert "secret" not in caught.value.detail
    assert left(tmp_path / "file") == []


def test_a_hub_elsewhere_cannot_send_us_into_this_machine(hub: LocalHub) -> None:
    with (
        guarded_client("https://hub.example.org", None, 1.0) as client,
        pytest.raises(HubError, match="not https"),
    ):
        client.get(f"{hub.address}/api/models/{NAME}/revision/main")
    assert hub.asked == []


def test_redirects_in_a_circle_end(hub: LocalHub, tmp_path: Path) -> None:
    hub.fail("/repos/", 302, times=100, Location=f"{hub.large_address}/repos/again")
    with pytest.raises(HubError, match="redirects more than"):
        fetch(hub, tmp_path / "file")


# What is said when it fails


def test_no_such_model(hub: LocalHub) -> None:
    with pytest.raises(NotFound, match="has no model tiny/other: check the name"):
        ask(hub, "tiny/other")


def test_no_such_revision(hub: LocalHub) -> None:
    with pytest.raises(NotFound, match="no revision"):
        ask(hub, revision="v9/é")


def test_what_a_hub_says_cannot_steer_a_terminal(hub: LocalHub) -> None:
    hub.models[NAME].licence = "mit\x1b[2J"
    assert ask(hub).licence is None


def test_another_commit_than_the_one_asked_for(hub: LocalHub) -> None:
    hub.description = lambda told: told | {"sha": "0" * 40}
    with pytest.raises(HubError, match="do not trust it"):
        ask(hub, revision=hub.models[NAME].newest)


@pytest.mark.parametrize("name", ["", "a/b/c", "a b", "../../etc", "a--b", "x" * 200])
def test_no_model_is_called_so(hub: LocalHub, name: str) -> None:
    with pytest.raises(InvalidInput, match="organisation/model"):
        ask(hub, name)
    assert hub.asked == []


def test_gated_models_need_a_token_of_who_accepted(hub: LocalHub, tmp_path: Path) -> None:
    hub.models[NAME].gated = True
    hub.token = "hf_right"
    with pytest.raises(HubError, match=r"is gated: .* set FACTCHECK_MODEL_HUB_TOKEN"):
        fetch(hub, tmp_path / "file")
    with pytest.raises(HubError, match=r"is gated: .* use a token of an account") as caught:
        fetch(hub, tmp_path / "file", token="hf_wrong")
    assert "hf_wrong" not in caught.value.detail
    assert fetch(hub, tmp_path / "file", token="hf_right")


@pytest.mark.parametrize(
    ("status", "token", "message", "kind"),
    [
        (401, None, "without a token", NotFound),
        (401, "hf_secret", "refuses the token", HubError),
        (403, None, "does not allow", HubError),
        (404, None, "has no model", NotFound),
        (418, None, "answered 418", HubError),
        (400, None, "answered 400", HubError),
    ],
)
def test_refusals(hub: LocalHub, status: int, token: str | None, message: str, kind: type[FactcheckError]) -> None:
    hub.fail("/api/models/", status)
    with pytest.raises(kind, match=message) as caught:
        ask(hub, token=token)
    assert "secret" not in caught.value.detail
    assert len(hub.asked) == 1


def test_a_file_that_is_gone(hub: LocalHub, tmp_path: Path) -> None:
    hub.fail("/resolve/", 404, X_Error_Code="EntryNotFound")
    with pytest.raises(NotFound, match=r"has no onnx/model\.onnx any more"):
        fetch(hub, tmp_path / "file")


@pytest.mark.parametrize("within", ["/api/models/", "/resolve/", "/repos/"])
@pytest.mark.parametrize("status", [500, 503, 408])
def test_what_may_pass_is_tried_again(hub: LocalHub, tmp_path: Path, within: str, status: int) -> None:
    hub.fail(within, status, times=QUICK.attempts - 1)
    said: list[str] = []
    fetch(hub, tmp_path / "file", say=said.append)
    assert len(said) == QUICK.attempts - 1
    assert all(str(status) in sentence for sentence in said)


@pytest.mark.parametrize("within", ["/api/models/", "/repos/"])
def test_what_does_not_pass_ends(hub: LocalHub, tmp_path: Path, within: str) -> None:
    hub.fail(within, 503, times=100)
    with pytest.raises(HubError, match=r"fails \(503\).*try again later"):
        fetch(hub, tmp_path / "file")
    assert len(hub.paths(within)) == QUICK.attempts


def test_a_wait_that_is_asked_for_is_kept(hub: LocalHub) -> None:
    hub.fail("/api/models/", 429, Retry_After="1")
    said: list[str] = []
    assert ask(hub, say=said.append).commit
    first, second = hub.asked
    assert second.at - first.at >= 1.0
    assert said == [f"{hub.address} answered 429 for the description; trying again in 1 s"]


def test_too_long_a_wait_is_left_to_the_reader(hub: LocalHub) -> None:
    hub.fail("/api/models/", 429, Retry_After="3600")
    with pytest.raises(HubError, match="asks to wait 3600 seconds"):
        ask(hub)
    assert len(hub.asked) == 1


def test_too_many_requests_for_good(hub: LocalHub) -> None:
    hub.fail("/api/models/", 429, times=100, Retry_After="0")
    with pytest.raises(HubError, match="too many requests"):
        ask(hub)
    assert len(hub.asked) == QUICK.attempts


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": format_datetime(datetime.now(UTC) - timedelta(hours=1), usegmt=True)}, 0),
        ({"RateLimit": '"api";r=0;t=55'}, 55),
        ({"RateLimit": '"api";r=3;t=55'}, None),
        ({}, None),
    ],
)
def test_the_wait_that_is_asked_for(headers: dict[str, str], seconds: float | None) -> None:
    assert asked_wait(headers) == seconds


def test_a_date_to_wait_for() -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    assert 28 <= (asked_wait({"Retry-After": until}) or 0) <= 30


def test_waits_grow_up_to_the_longest() -> None:
    patience = Patience(first_wait=0.5, longest_wait=3.0)
    assert [patience.pause(failures) for failures in (1, 2, 3, 4, 50)] == [0.5, 1.0, 2.0, 3.0, 3.0]


def test_no_server(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
        with (
            Hub(address, patience=QUICK) as asked,
            pytest.raises(HubError, match=r"cannot be reached .* check") as caught,
        ):
            asked.describe(NAME, "main")
    assert address in caught.value.detail


def test_an_address_that_is_none() -> None:
    with pytest.raises(SettingsError, match="FACTCHECK_MODEL_HUB"):
        Hub("https://☃.invalid")


def test_a_server_that_says_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        patience = Patience(attempts=2, first_wait=0.01, silence=0.1)
        with Hub(address, patience=patience) as asked, pytest.raises(HubError, match="cannot be reached"):
            asked.describe(NAME, "main")


def _no_object(_: dict[str, Any]) -> Any:
    return ["no", "model"]


def _no_commit(told: dict[str, Any]) -> Any:
    return told | {"sha": "main"}


def _strange_files(told: dict[str, Any]) -> Any:
    return told | {"siblings": [{"name": "model.onnx"}]}


@pytest.mark.parametrize("change", [_no_object, _no_commit, _strange_files])
def test_a_server_that_is_no_hub(hub: LocalHub, change: Callable[[dict[str, Any]], Any]) -> None:
    hub.description = change
    with pytest.raises(HubError, match="does not answer as a model hub does"):
        ask(hub)


def test_a_page_instead_of_a_description(hub: LocalHub) -> None:
    hub.fail("/api/models/", 200, body=b"<!doctype html><p>Log in", Content_Type="text/html")
    with pytest.raises(HubError, match="does not answer as a model hub does"):
        ask(hub)
