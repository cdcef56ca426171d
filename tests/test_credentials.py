"""API keys as values."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from uuid import UUID

import pytest

from service.credentials import ApiKey, Credential, Scope, make_secret, ordered, read_secret


def key(*scopes: Scope) -> ApiKey:
    return ApiKey(UUID(int=1), "a key", "abcdefghij", scopes, datetime(2026, 1, 1, tzinfo=UTC))


def test_a_secret_is_long_random_and_read_back() -> None:
    secrets = {make_secret() for _ in range(1_000)}
    assert len(secrets) == 1_000
    for secret in secrets:
        read = read_secret(secret)
        assert read is not None
        assert secret.startswith(f"fc_{read.prefix}_")
        # 43 characters of base64 hold the 256 bits
        assert len(secret.removeprefix(f"fc_{read.prefix}_")) == 43
        assert read.digest == hashlib.sha256(secret.encode()).digest()
    assert len({secret[3:13] for secret in secrets}) == 1_000


def test_what_can_be_no_key() -> None:
    good = make_secret()
    assert read_secret(good) is not None
    for wrong in (
        "",
        good[:-1],
        good + "a",
        good.upper(),
        good[1:],
        " " + good,
        good + "\n",
        good[:-1] + "é",
        "fc_" * 99,
    ):
        assert read_secret(wrong) is None


def test_a_digest_proves_only_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    right = read_secret(make_secret())
    assert right is not None
    assert right.proves(right.digest)
    assert not right.proves(bytes(32))
    assert not Credential(right.prefix, right.digest[:-1]).proves(right.digest)

    # How to take the same time wherever two digests differ is the standard library's to know.
    compared = []
    monkeypatch.setattr("hmac.compare_digest", lambda one, other: compared.append((one, other)) or True)
    assert right.proves(bytes(32))
    assert compared == [(right.digest, bytes(32))]


@pytest.mark.parametrize(
    ("granted", "reached"),
    [
        ((Scope.CHECK,), {Scope.CHECK}),
        ((Scope.READ,), {Scope.READ}),
        ((Scope.WRITE,), {Scope.READ, Scope.WRITE}),
        ((Scope.ADMIN,), set(Scope)),
        ((Scope.CHECK, Scope.WRITE), {Scope.CHECK, Scope.READ, Scope.WRITE}),
        ((), set()),
    ],
)
def test_what_scopes_include(granted: tuple[Scope, ...], reached: set[Scope]) -> None:
    assert {scope for scope in Scope if key(*granted).allows(scope)} == reached


def test_scopes_have_an_order() -> None:
    assert ordered([Scope.ADMIN, Scope.CHECK, Scope.ADMIN]) == (Scope.CHECK, Scope.ADMIN)
