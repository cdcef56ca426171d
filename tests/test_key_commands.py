"""``factcheck keys``: made, listed and revoked on the database itself."""

from __future__ import annotations

import asyncio
import json
import re

import pytest

from service.access import Doorkeeper, Limits, Visitor, fetch_audit
from service.cli import main
from service.credentials import Scope
from service.store.session import Database
from tests.conftest import Cluster

SECRET = re.compile(r"fc_[a-z2-7]{10}_[A-Za-z0-9_-]{43}")


@pytest.fixture(autouse=True)
def _own_database(monkeypatch: pytest.MonkeyPatch, database_url: str) -> None:
    monkeypatch.setenv("FACTCHECK_DATABASE_URL", database_url)


def refusal(url: str, secret: str) -> str | None:
    """Why the key is refused for reading, or None."""

    async def ask() -> str | None:
        database = Database(url)
        ruling = await Doorkeeper(database, Limits(), opens=True).admit(secret, Visitor("192.0.2.1", False), Scope.READ)
        await database.close()
        return ruling.refusal.detail if ruling.refusal else None

    return asyncio.run(ask())


def test_a_key_from_its_making_to_its_end(database_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keys", "list"]) == 0
    assert "open to this machine" in capsys.readouterr().err
    assert main(["keys", "create", "--scope", "admin"]) == 0
    captured = capsys.readouterr()
    secret = captured.out.removesuffix("\n")
    assert SECRET.fullmatch(secret), "only the secret is on standard output"
    assert secret not in captured.err
    assert refusal(database_url, secret) is None
    assert main(["keys", "create", "--scope", "check", "--scope", "read", "--name", "News desk", "--json",
                 "--expires", "2096-01-31", "--rate-limit", "100"]) == 0  # fmt: skip
    made = json.loads(capsys.readouterr().out)
    assert SECRET.fullmatch(made["secret"])
    assert (made["name"], made["scopes"], made["rate_limit"]) == ("News desk", ["check", "read"], 100)
    assert made["expires_at"] == "2096-01-31T00:00:00Z"
    assert main(["keys", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert re.fullmatch(rf"fc_{made['prefix']} +check,read +expires 2096-01-31 +{made['id']} +News desk", lines[0])
    assert lines[1].startswith(f"{secret[:13]}  admin")
    assert main(["keys", "list", "--json"]) == 0
    out = capsys.readouterr().out
    assert json.loads(out)[0]["id"] == made["id"]
    assert secret not in out
    assert main(["keys", "revoke", made["id"]]) == 0
    assert "revoked" in capsys.readouterr().out
    assert refusal(database_url, made["secret"]) == "This API key has been revoked."
    assert main(["keys", "revoke", secret[:13], "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["revoked_at"]
    assert refusal(database_url, secret) == "This API key has been revoked."

    async def audited() -> list[tuple[str, str | None]]:
        database = Database(database_url)
        entries = await fetch_audit(database, 10)
        await database.close()
        return [(entry.operation, entry.address) for entry in entries]

    assert asyncio.run(audited()) == [("revokeKey", None)] * 2 + [("createKey", None)] * 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["create", "--scope", "check"], "/scopes: must include admin in the first key"),
        (["create", "--scope", "admin", "--name", " "], "/name"),
        (["create", "--scope", "admin", "--expires", "soon"], "/expires_at"),
        (["create", "--scope", "admin", "--expires", "2020-01-01"], "/expires_at"),
        (["create", "--scope", "admin", "--rate-limit", "0"], "/rate_limit"),
    ],
)
def test_what_cannot_be_made(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keys", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert said in captured.err


@pytest.mark.parametrize("arguments", [["create"], ["create", "--scope", "root"], [], ["remove"], ["revoke"]])
def test_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["keys", *arguments])
    assert stopped.value.code == 2
    assert "usage: factcheck keys" in capsys.readouterr().err


@pytest.mark.parametrize("named", ["0199b1c2-7a3e-7c11-8f6a-2d1e5b0c9a77", "fc_aaaaaaaaaa", "nonsense"])
def test_a_key_that_is_not_there(named: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keys", "revoke", named]) == 1
    assert f"There is no key {named}." in capsys.readouterr().err


def test_a_database_that_is_not_migrated(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = cluster.create()
    monkeypatch.setenv("FACTCHECK_DATABASE_URL", url)
    assert main(["keys", "create", "--scope", "admin"]) == 1
    assert "factcheck migrate" in capsys.readouterr().err
    cluster.drop(url)
