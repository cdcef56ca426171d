"""Every curl and httpie line in the README and the docs is run against a real server, and its answer is the one shown.

A line counts when it stands in a fenced ``sh`` or ``console`` block. A ``json`` block right after shows its answer:
keys that are shown must be there with the value shown, ``...`` standing for whatever follows. The commands of one
document run in their order and share the variables they assign.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, Cluster, Server, make_admin, serving

_FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```[ \t]*$", re.DOTALL | re.MULTILINE)
_COMMAND = re.compile(r"(^|[|;&(]\s*)(curl|https?)\s")
_CHANGING = {"id", "claim_id", "request_id", "created_at", "updated_at", "checked_at", "corpus_revision", "version"}
"""Keys whose values differ from one run to the next; their types do not."""


@dataclass(frozen=True)
class Example:
    """A command in a document, and the answer shown after it."""

    place: str
    command: str
    shown: Any = None


def examples_in(text: str, name: str) -> list[Example]:
    """The curl and httpie commands of a Markdown text, in order."""
    found: list[Example] = []
    blocks = [(text.count("\n", 0, match.start()) + 1, match[1], match[2]) for match in _FENCE.finditer(text)]
    for (line, language, content), following in pairwise([*blocks, (0, "", "")]):
        if language not in ("sh", "bash", "console"):
            continue
        commands = [each for each in _commands(content, language == "console") if _COMMAND.search(each)]
        shown = [None] * len(commands)
        if commands and following[1] == "json":
            shown[-1] = json.loads(following[2])
        found += [Example(f"{name}:{line}", *pair) for pair in zip(commands, shown, strict=True)]
    return found


def _commands(content: str, console: bool) -> Iterator[str]:
    """Whole commands: continued lines and quotes over several lines joined, comments and output left out."""
    pending = ""
    for line in content.splitlines():
        if not pending:
            if console and not line.startswith("$ "):
                continue
            line = line.removeprefix("$ ") if console else line
            if not line.strip() or line.lstrip().startswith("#"):
                continue
        pending += line + "\n"
        if line.endswith("\\"):
            continue
        try:
            shlex.split(pending)
        except ValueError:
            continue
        yield pending.strip()
        pending = ""
    assert not pending, f"a command without end: {pending}"


def assert_shown(shown: Any, actual: Any, place: str = "") -> None:
    """What the document shows is in the answer."""
    if isinstance(shown, dict):
        assert isinstance(actual, dict), place
        for key, value in shown.items():
            assert key in actual, f"{place}/{key}"
            if key in _CHANGING:
                assert type(value) is type(actual[key]), f"{place}/{key}"
            else:
                assert_shown(value, actual[key], f"{place}/{key}")
    elif isinstance(shown, list):
        assert isinstance(actual, list), place
        open_ended = shown[-1:] == ["..."]
        expected = shown[:-1] if open_ended else shown
        assert len(actual) >= len(expected) if open_ended else len(actual) == len(expected), place
        for index, value in enumerate(expected):
            assert_shown(value, actual[index], f"{place}/{index}")
    elif isinstance(shown, str) and shown.endswith("..."):
        assert isinstance(actual, str), place
        assert actual.startswith(shown.removesuffix("...")), place
    else:
        assert (type(shown), shown) == (type(actual), actual), place


DOCUMENTS = [path for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))) if path.exists()]
EXAMPLES = [
    example
    for path in DOCUMENTS
    for example in examples_in(path.read_text(encoding="utf-8"), str(path.relative_to(ROOT)))
]


@pytest.fixture(scope="module")
def seeded_server(tmp_path_factory: pytest.TempPathFactory, cluster: Cluster, migrated_url: str) -> Iterator[Server]:
    """A server of its own with the seeds: the documents also show how to write."""
    url = cluster.create(migrated_url)
    # One document registers an endpoint on this machine.
    settings = {"FACTCHECK_DATABASE_URL": url, "FACTCHECK_OUTBOUND_ALLOW": "127.0.0.1"}
    with serving(tmp_path_factory.mktemp("docs"), "--seed", **settings) as running:
        yield running
    cluster.drop(url)


@pytest.fixture(scope="module")
def keyed_server(
    tmp_path_factory: pytest.TempPathFactory, cluster: Cluster, migrated_url: str
) -> Iterator[tuple[Server, str]]:
    """A server with a key, and its secret, for the examples that present ``$KEY``."""
    url = cluster.create(migrated_url)
    secret = make_admin(url)
    with serving(tmp_path_factory.mktemp("keyed"), FACTCHECK_DATABASE_URL=url) as running:
        yield running, secret
    cluster.drop(url)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Makes curl and httpie fail on an error status, and httpie leave the test's input alone."""
    home = tmp_path_factory.mktemp("home")
    (home / ".curlrc").write_text("fail-with-body\nsilent\nshow-error\nmax-time = 30\n")
    (home / "config.json").write_text('{"default_options": ["--check-status", "--ignore-stdin", "--timeout=30"]}')
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "CURL_HOME": str(home), "HTTPIE_CONFIG_DIR": str(home), "PATH": path, "NO_PROXY": "*"}


@pytest.fixture(scope="module")
def document_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the commands of the documents run."""
    return tmp_path_factory.mktemp("documents")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.place)
def test_example(
    example: Example, request: pytest.FixtureRequest, environment: dict[str, str], document_folder: Path
) -> None:
    if "$KEY" in example.command:
        server, environment["KEY"] = request.getfixturevalue("keyed_server")
    else:
        server = request.getfixturevalue("seeded_server")
    port = server.base.rsplit(":", 1)[1]
    assert re.search(r":8000|\$\w", example.command), "examples speak to port 8000"
    command = example.command.replace(":8000", f":{port}")
    variables = document_folder / f"{Path(example.place).name.split(':')[0]}.variables"
    variables.touch()
    # what a command assigns goes into the environment of the next one
    session = f". '{variables}'; set -a; {command}\nstatus=$?; export -p > '{variables}'; exit $status"
    run = subprocess.run(
        ["bash", "-o", "pipefail", "-c", session],
        env=environment, cwd=document_folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    refused = isinstance(example.shown, dict) and str(example.shown.get("type", "")).startswith("urn:problem-type:")
    assert (run.returncode != 0) == refused, f"{command}\n{run.stdout}\n{run.stderr}"
    if example.shown is not None:
        assert_shown(example.shown, json.loads(run.stdout[run.stdout.index("{") :]))


def test_there_are_examples_of_both_tools() -> None:
    commands = " ".join(f"\n{example.command}" for example in EXAMPLES)
    assert "\ncurl " in commands
    assert re.search(r"\nhttps? ", commands)
    assert any(example.shown for example in EXAMPLES)


def test_commands_are_found_whole() -> None:
    text = (
        "```sh\nmake run\n# curl no\ncurl -d '{\n \"a\": 1}' \\\n  localhost:8000/x\nhttp :8000/y\n```\ntext\n"
        "```json\n{\"a\": 1}\n```\n```console\n$ http :8000/z\nHTTP/1.1 200 OK\n```\n```json\n{}\n```\n"
        "```python\ncurl(1)\n```\n"
    )  # fmt: skip
    found = examples_in(text, "t.md")
    assert [example.command.split(":8000")[1] for example in found] == ["/x", "/y", "/z"]
    assert found[0].command.startswith("curl -d '{\n")
    assert [example.shown for example in found] == [None, {"a": 1}, {}]


@pytest.mark.parametrize(
    ("shown", "actual", "same"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, True),
        ({"a": 1}, {"a": 2}, False),
        ({"a": 1}, {"b": 1}, False),
        ({"a": 1}, {"a": 1.0}, False),
        ({"id": "x"}, {"id": "y"}, True),
        ({"id": "x"}, {"id": 1}, False),
        ([1], [1, 2], False),
        ([1, "..."], [1, 2], True),
        ("abc...", "abcdef", True),
        ("abc...", "abdef", False),
        ({"a": None}, {"a": None}, True),
        ({"a": None}, {"a": False}, False),
    ],
)
def test_answers_are_compared_for_what_is_shown(shown: Any, actual: Any, same: bool) -> None:
    if same:
        assert_shown(shown, actual)
    else:
        with pytest.raises(AssertionError):
            assert_shown(shown, actual)
