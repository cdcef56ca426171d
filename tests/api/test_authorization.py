"""Who is let in: with which key, from where, to what, and how often."""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import httpx
import pytest
from litestar import Request
from litestar.types import Scope as Connection

from service.access import Caller, Visitor, revoke_key
from service.api.authorization import presented_secret, visitor_of
from service.api.authorship import author_of
from service.credentials import ApiKey, Scope, make_secret
from service.store.session import Database
from tests.api.conftest import client_of
from tests.api.keyed import CHECK, CLAIM, bearer, count, expire, new_key
from tests.api.test_bad_input import assert_problem

SOME_ID = "0199b1c2-7a3e-7c11-8f6a-2d1e5b0c9a77"
OTHER_ID = "0199b1c2-7a3e-7c11-8f6a-2d1e5b0c9a78"
REVIEW = {"publisher": {"name": "A Daily"}, "verdict": "false"}
FEEDBACK = {"items": [{"result": 0, "claim_id": OTHER_ID, "judgement": "right"}]}
OPERATIONS = [
    ("POST", "/v1/checks", CHECK, Scope.CHECK),
    ("GET", f"/v1/checks/{SOME_ID}", None, Scope.CHECK),
    ("GET", "/v1/check?text=39+terrorists+killed", None, Scope.CHECK),
    ("POST", f"/v1/checks/{SOME_ID}/replay", None, Scope.CHECK),
    ("POST", f"/v1/checks/{SOME_ID}/feedback", FEEDBACK, Scope.CHECK),
    ("GET", f"/v1/checks/{SOME_ID}/feedback", None, Scope.CHECK),
    ("GET", "/v1/engine", None, Scope.CHECK),
    ("POST", "/v1/claims", CLAIM, Scope.WRITE),
    ("GET", "/v1/claims", None, Scope.READ),
    ("GET", f"/v1/claims/{SOME_ID}", None, Scope.READ),
    ("PATCH", f"/v1/claims/{SOME_ID}", {"claimant": "A"}, Scope.WRITE),
    ("DELETE", f"/v1/claims/{SOME_ID}", None, Scope.WRITE),
    ("GET", f"/v1/claims/{SOME_ID}/phrasings", None, Scope.READ),
    ("POST", f"/v1/claims/{SOME_ID}/phrasings", {"text": "39 terrorists died", "language": "en"}, Scope.WRITE),
    ("GET", f"/v1/claims/{SOME_ID}/phrasings/{SOME_ID}", None, Scope.READ),
    ("PATCH", f"/v1/claims/{SOME_ID}/phrasings/{SOME_ID}", {"language": "en"}, Scope.WRITE),
    ("DELETE", f"/v1/claims/{SOME_ID}/phrasings/{SOME_ID}", None, Scope.WRITE),
    ("GET", f"/v1/claims/{SOME_ID}/reviews", None, Scope.READ),
    ("POST", f"/v1/claims/{SOME_ID}/reviews", REVIEW, Scope.WRITE),
    ("GET", f"/v1/claims/{SOME_ID}/reviews/{SOME_ID}", None, Scope.READ),
    ("PATCH", f"/v1/claims/{SOME_ID}/reviews/{SOME_ID}", {"verdict": "false"}, Scope.WRITE),
    ("DELETE", f"/v1/claims/{SOME_ID}/reviews/{SOME_ID}", None, Scope.WRITE),
    ("GET", f"/v1/claims/{SOME_ID}/sources", None, Scope.READ),
    ("POST", f"/v1/claims/{SOME_ID}/sources", {"url": "https://example.org/a", "stance": "supports"}, Scope.WRITE),
    ("GET", f"/v1/claims/{SOME_ID}/sources/{SOME_ID}", None, Scope.READ),
    ("PATCH", f"/v1/claims/{SOME_ID}/sources/{SOME_ID}", {"title": "A"}, Scope.WRITE),
    ("DELETE", f"/v1/claims/{SOME_ID}/sources/{SOME_ID}", None, Scope.WRITE),
    ("GET", f"/v1/claims/{SOME_ID}/history", None, Scope.READ),
    ("POST", f"/v1/claims/{SOME_ID}/merge", {"into": OTHER_ID}, Scope.WRITE),
    ("GET", "/v1/exports/claims.jsonl", None, Scope.READ),
    ("GET", "/v1/exports/claims.csv", None, Scope.READ),
    ("GET", "/v1/exports/claimreview", None, Scope.READ),
    ("GET", "/v1/exports/verdicts.atom", None, Scope.READ),
    ("GET", f"/v1/claims/{SOME_ID}/claimreview", None, Scope.READ),
    ("GET", f"/v1/claims/{SOME_ID}/reviews/{SOME_ID}/claimreview", None, Scope.READ),
    ("GET", "/v1/publishers", None, Scope.READ),
    ("POST", "/v1/publishers", {"name": "A Daily"}, Scope.WRITE),
    ("GET", f"/v1/publishers/{SOME_ID}", None, Scope.READ),
    ("PATCH", f"/v1/publishers/{SOME_ID}", {"name": "B Daily"}, Scope.WRITE),
    ("POST", "/v1/watches", {"claim": {"text": "39 terrorists died"}}, Scope.CHECK),
    ("GET", "/v1/watches", None, Scope.CHECK),
    ("GET", f"/v1/watches/{SOME_ID}", None, Scope.CHECK),
    ("DELETE", f"/v1/watches/{SOME_ID}", None, Scope.CHECK),
    ("GET", f"/v1/watches/{SOME_ID}/events", None, Scope.CHECK),
    ("GET", f"/v1/watches/{SOME_ID}/events/stream", None, Scope.CHECK),
    ("POST", "/v1/webhooks", {"url": "https://cms.example.org/hook"}, Scope.ADMIN),
    ("GET", "/v1/webhooks", None, Scope.ADMIN),
    ("GET", f"/v1/webhooks/{SOME_ID}", None, Scope.ADMIN),
    ("DELETE", f"/v1/webhooks/{SOME_ID}", None, Scope.ADMIN),
    ("POST", f"/v1/webhooks/{SOME_ID}/rotate", {}, Scope.ADMIN),
    ("POST", f"/v1/webhooks/{SOME_ID}/enable", None, Scope.ADMIN),
    ("POST", f"/v1/webhooks/{SOME_ID}/test", None, Scope.ADMIN),
    ("GET", f"/v1/webhooks/{SOME_ID}/deliveries", None, Scope.ADMIN),
    ("GET", f"/v1/webhooks/{SOME_ID}/deliveries/{SOME_ID}", None, Scope.ADMIN),
    ("POST", f"/v1/webhooks/{SOME_ID}/deliveries/{SOME_ID}/redeliver", None, Scope.ADMIN),
    ("GET", "/v1/inbox", None, Scope.READ),
    ("GET", f"/v1/inbox/{SOME_ID}", None, Scope.READ),
    ("POST", f"/v1/inbox/{SOME_ID}/resolve", {"claim_id": OTHER_ID}, Scope.WRITE),
    ("POST", f"/v1/inbox/{SOME_ID}/dismiss", {"reason": "An opinion"}, Scope.WRITE),
    ("POST", "/v1/imports", {"url": "https://example.org/feed.json"}, Scope.WRITE),
    ("GET", "/v1/imports", None, Scope.READ),
    ("GET", f"/v1/imports/{SOME_ID}", None, Scope.READ),
    ("GET", f"/v1/imports/{SOME_ID}/errors", None, Scope.READ),
    ("POST", f"/v1/imports/{SOME_ID}/cancel", None, Scope.WRITE),
    ("POST", f"/v1/imports/{SOME_ID}/undo", None, Scope.WRITE),
    ("GET", "/v1/links", None, Scope.READ),
    ("GET", "/v1/keys", None, Scope.ADMIN),
    ("POST", "/v1/keys", {"name": "a", "scopes": ["read"]}, Scope.ADMIN),
    ("GET", f"/v1/keys/{SOME_ID}", None, Scope.ADMIN),
    ("DELETE", f"/v1/keys/{SOME_ID}", None, Scope.ADMIN),
    ("GET", "/v1/audit", None, Scope.ADMIN),
]
OPEN = ["/healthz", "/readyz", "/docs", "/schema/openapi.json", "/$discovery/rest"]


@pytest.fixture
async def client(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(database) as client:
        yield client


@pytest.fixture
async def open_client(open_database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(open_database) as client:
        yield client


@pytest.mark.parametrize(("method", "path", "body", "needed"), OPERATIONS, ids=[f"{m} {p}" for m, p, *_ in OPERATIONS])
async def test_every_operation_wants_a_key_with_its_scope(client, database, method, path, body, needed):
    for scope in Scope:
        key, secret = await new_key(database, scope)
        # no two publishers have the same name
        sent = {**body, "name": f"{body['name']} of {scope}"} if body and "name" in body else body
        answer = await client.request(method, path, json=sent, headers={**bearer(secret), "If-Match": "*"})
        if key.allows(needed):
            assert answer.status_code in (200, 201, 404), answer.text
        else:
            problem = assert_problem(answer, 403)
            assert f"`{needed.value}`" in problem["detail"]
            challenge = answer.headers["www-authenticate"]
            assert challenge == f'Bearer realm="factcheck", error="insufficient_scope", scope="{needed.value}"'
    nobody = await client.request(method, path, json=body)
    assert_problem(nobody, 401)
    assert nobody.headers["www-authenticate"] == 'Bearer realm="factcheck"'


async def test_the_list_of_operations_above_is_whole(client):
    document = (await client.get("/schema/openapi.json")).json()
    known = {(method, re.sub(SOME_ID, "*", path.split("?")[0])) for method, path, *_ in OPERATIONS}
    documented = {
        (method.upper(), re.sub(r"\{\w+\}", "*", path)) for path, item in document["paths"].items() for method in item
    }
    # what refuses in Google's words has its own test
    elsewhere = {("GET", "/healthz"), ("GET", "/readyz"), ("GET", "/metrics"), ("GET", "/v1alpha1/claims:search")}
    assert documented == known | elsewhere


@pytest.mark.parametrize("path", OPEN)
async def test_what_is_open_stays_open(client, database, path):
    await new_key(database, Scope.ADMIN)
    assert (await client.get(path)).status_code == 200
    assert (await client.get(path, headers={"Authorization": "nonsense"})).status_code == 200


async def test_without_keys_this_machine_may_do_everything_until_there_is_one(client, database):
    assert (await client.post("/v1/claims", json=CLAIM)).status_code == 201
    made = await client.post("/v1/keys", json={"name": "first", "scopes": ["admin"]})
    assert made.status_code == 201
    assert_problem(await client.post("/v1/claims", json=CLAIM), 401)
    answer = await client.post("/v1/claims", json=CLAIM, headers=bearer(made.json()["secret"]))
    assert answer.status_code == 201
    await client.delete(made.headers["location"], headers=bearer(made.json()["secret"]))
    assert_problem(await client.post("/v1/claims", json=CLAIM), 401)


@pytest.mark.parametrize("address", ["192.0.2.7", "::ffff:192.0.2.7", "10.0.0.1", "fe80::1%eth0", "elsewhere", ""])
async def test_without_keys_no_other_machine_gets_in(open_database, address):
    async with client_of(open_database, address) as client:
        assert_problem(await client.get("/v1/check?text=39+terrorists"), 401)


@pytest.mark.parametrize("name", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
async def test_without_keys_nobody_gets_in_through_a_proxy(open_client, name):
    assert_problem(await open_client.get("/v1/check?text=39+terrorists", headers={name: "127.0.0.1"}), 401)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200), ("LOCALHOST:8000", 200), ("127.0.0.1:8000", 200), ("127.8.8.8", 200), ("[::1]:8000", 200),
        ("evil.example", 401), ("evil.example:8000", 401), ("localhost.evil.example", 401),
        ("127.0.0.1.evil.example", 401), ("192.0.2.7", 401), ("", 401),
    ],
)  # fmt: skip
async def test_without_keys_a_page_that_borrows_this_machines_address_gets_nothing(open_client, host, status):
    answer = await open_client.get("/v1/check?text=39+terrorists", headers={"Host": host})
    assert answer.status_code == status


async def test_without_keys_a_server_for_others_lets_nobody_in(open_database):
    async with client_of(open_database, host="0.0.0.0") as client:
        assert_problem(await client.get("/v1/check?text=39+terrorists"), 401)


NO_BEARER = "Only a bearer token is understood: `Authorization: Bearer fc_...`, once."


@pytest.mark.parametrize("secret", ["fc_aaaaaaaaaa_" + "A" * 43, "nonsense"])
async def test_without_keys_one_that_is_presented_is_refused_all_the_same(open_client, secret):
    assert_problem(await open_client.get("/v1/check?text=39+terrorists", headers=bearer(secret)), 401)


@pytest.mark.parametrize(
    "value",
    [
        "", " ", "Bearer", "Bearer ", "bearer  ", "Basic YTpi", "Digest a=b", "Token {secret}", "{secret}",
        "Bearer {secret} more", "Bearer {secret},Bearer {secret}", "Bearer: {secret}", 'Bearer "{secret}"',
        "Bearer\t{secret}", "Bearer {secret}\u00e9", "Bearer \u00ff\u00fe", "Bearer {prefix}", "Bearer {prefix}_",
        "Bearer fc__", "Bearer fc_{other}", "Bearer {prefix}_{other}", "Bearer " + "A" * 60_000,
        "Bearer ' OR 1=1 --", "Bearer %00", "Bearer {upper}",
    ],
)  # fmt: skip
async def test_headers_that_present_no_key(keyed_database, value):
    database, secret = keyed_database
    prefix, other = secret[:13], secrets.token_urlsafe(32)
    value = value.format(secret=secret, prefix=prefix, other=other, upper=secret.upper())
    async with client_of(database, address_rate=1_000) as client:
        answer = await client.get("/v1/keys", headers=[(b"authorization", value.encode("latin-1"))])
    problem = assert_problem(answer, 401)
    assert answer.headers["www-authenticate"] == 'Bearer realm="factcheck", error="invalid_token"'
    assert secret not in answer.text + str(answer.headers)
    scheme, _, token = value.partition(" ")
    understood = scheme.lower() == "bearer" and token.strip()
    assert problem["detail"] == ("This API key is not known." if understood else NO_BEARER)


async def test_two_keys_at_once_are_none(client, database):
    _, secret = await new_key(database, Scope.ADMIN)
    twice = [(b"authorization", f"Bearer {secret}".encode())] * 2
    assert assert_problem(await client.get("/v1/keys", headers=twice), 401)["detail"] == NO_BEARER


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_the_scheme_has_no_case(client, database, scheme):
    _, secret = await new_key(database, Scope.ADMIN)
    answer = await client.get("/v1/keys", headers={"Authorization": f"{scheme}  {secret} "})
    assert answer.status_code == 200


async def test_only_who_has_the_whole_secret_learns_what_became_of_a_key(client, database):
    await new_key(database, Scope.ADMIN)
    key, secret = await new_key(database, Scope.CHECK)
    expired_key, expired = await new_key(database, Scope.CHECK)
    assert (await client.get("/v1/check?text=39+terrorists", headers=bearer(secret))).status_code == 200
    await revoke_key(database, key.id)
    await expire(database, expired_key)
    details = []
    unknown = [make_secret(), secret[:14] + make_secret()[14:], expired[:14] + make_secret()[14:]]
    for presented in (secret, expired, *unknown):
        problem = assert_problem(await client.get("/v1/check?text=39+terrorists", headers=bearer(presented)), 401)
        details.append(problem["detail"])
    assert (
        details == ["This API key has been revoked.", "This API key has expired."] + ["This API key is not known."] * 3
    )


async def test_ids_of_keys_tell_nothing_to_who_may_not_see_them(client, database):
    key, _ = await new_key(database, Scope.ADMIN)
    _, secret = await new_key(database, Scope.WRITE)
    for method in ("GET", "DELETE"):
        there = await client.request(method, f"/v1/keys/{key.id}", headers=bearer(secret))
        absent = await client.request(method, f"/v1/keys/{SOME_ID}", headers=bearer(secret))
        none = await client.request(method, "/v1/keys/no-id", headers=bearer(secret))
        assert {each.status_code for each in (there, absent, none)} == {403}
        assert there.json()["detail"] == absent.json()["detail"] == none.json()["detail"]


async def test_a_limit_is_told_and_kept(client, database):
    _, secret = await new_key(database, Scope.CHECK, rate_limit=3)
    for left in (2, 1, 0):
        answer = await client.get("/v1/check?text=39+terrorists", headers=bearer(secret))
        assert answer.status_code == 200
        assert answer.headers["ratelimit-policy"] == '"key";q=3;w=60'
        told = re.fullmatch(r'"key";r=(\d+);t=(\d+)', answer.headers["ratelimit"])
        assert told
        assert int(told[1]) == left
        assert (3 - left) * 20 - 5 < int(told[2]) <= (3 - left) * 20
    refused = await client.get("/v1/check?text=39+terrorists", headers=bearer(secret))
    problem = assert_problem(refused, 429)
    assert problem["type"].endswith(":rate-limited")
    wait = int(refused.headers["retry-after"])
    assert 15 < wait <= 20
    assert refused.headers["ratelimit"] == f'"key";r=0;t={wait}'
    _, other = await new_key(database, Scope.CHECK)
    assert (await client.get("/v1/check?text=39+terrorists", headers=bearer(other))).status_code == 200


async def test_a_check_costs_a_unit_for_each_claim(client, database):
    _, secret = await new_key(database, Scope.CHECK, rate_limit=10)
    four = {"claims": CHECK["claims"] * 4}
    for left in (6, 2):
        answer = await client.post("/v1/checks", json=four, headers=bearer(secret))
        assert answer.status_code == 201
        assert answer.headers["ratelimit"].startswith(f'"key";r={left};')
    assert_problem(await client.post("/v1/checks", json=four, headers=bearer(secret)), 429)
    assert await count(database, "checks") == 2
    one = await client.post("/v1/checks", json=CHECK, headers=bearer(secret))
    assert one.status_code == 201, "what was refused has cost one unit, not four"


async def test_a_check_larger_than_a_quota_takes_a_whole_one(client, database):
    _, secret = await new_key(database, Scope.CHECK, rate_limit=2)
    answer = await client.post("/v1/checks", json={"claims": CHECK["claims"] * 20}, headers=bearer(secret))
    assert answer.status_code == 201
    assert answer.headers["ratelimit"].startswith('"key";r=0;')


async def test_an_address_that_guesses_is_slowed_and_the_key_is_not(database):
    _, secret = await new_key(database, Scope.CHECK)
    async with client_of(database, "192.0.2.7", address_rate=3) as client, client_of(database, "192.0.2.8") as other:
        for _ in range(3):
            guess = await client.get("/v1/check?text=39+terrorists", headers=bearer(make_secret()))
            assert_problem(guess, 401)
            assert guess.headers["ratelimit-policy"] == '"address";q=3;w=60'
        assert_problem(await client.get("/v1/check?text=39+terrorists"), 429)
        assert (await client.get("/v1/check?text=39+terrorists", headers=bearer(secret))).status_code == 200
        assert_problem(await other.get("/v1/check?text=39+terrorists"), 401)


async def test_a_subscribers_ipv6_addresses_count_as_one(database):
    await new_key(database, Scope.CHECK)
    for host in ("2001:db8::1", "2001:db8::2"):
        async with client_of(database, host, address_rate=2) as client:
            assert_problem(await client.get("/v1/check?text=39+terrorists"), 401)
    async with client_of(database, "2001:db8::3", address_rate=2) as client:
        assert_problem(await client.get("/v1/check?text=39+terrorists"), 429)
    async with client_of(database, "2001:db8:0:1::1", address_rate=2) as client:
        assert_problem(await client.get("/v1/check?text=39+terrorists"), 401)


async def test_open_and_unlimited_nothing_is_counted(client, database):
    answer = await client.get("/v1/check?text=39+terrorists")
    assert "ratelimit" not in answer.headers
    assert await count(database, "rate_limits") == 0


async def test_open_and_limited_by_address(database):
    async with client_of(database, address_rate=1) as client:
        assert (await client.get("/v1/check?text=39+terrorists")).status_code == 200
        assert_problem(await client.get("/v1/check?text=39+terrorists"), 429)


def connection(*headers: tuple[bytes, bytes], client: tuple[str, int] | None = ("127.0.0.1", 1)) -> Connection:
    return {"type": "http", "headers": list(headers), "client": client}  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("host", "address", "local"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("127.8.9.10", "127.8.9.10", True),
        ("::1", "::1", True),
        ("::ffff:127.0.0.1", "127.0.0.1", True),
        ("::ffff:192.0.2.1", "192.0.2.1", False),
        ("fe80::1%eth0", "fe80::1", False),
        ("0.0.0.0", "0.0.0.0", False),
        ("localhost", "localhost", False),
    ],
)
def test_addresses(host: str, address: str, local: bool) -> None:
    visitor = visitor_of(connection(client=(host, 1)))
    assert (visitor.address, visitor.local) == (address, local)


def test_a_connection_without_an_address_is_not_local() -> None:
    assert not visitor_of(connection(client=None)).local


def test_what_a_connection_presents() -> None:
    assert presented_secret(connection()) is None
    assert presented_secret(connection((b"authorization", b"Bearer abc"))) == "abc"
    assert presented_secret(connection((b"authorization", b"abc"))) == ""


def test_the_author_of_a_change_is_the_key_by_name_and_prefix() -> None:
    key = ApiKey(UUID(int=1), "News desk", "abcdefghij", (Scope.WRITE,), datetime(2026, 1, 1, tzinfo=UTC))
    authors = []
    for each in (key, None):
        scope = {**connection(), "state": {"caller": Caller(each, Visitor("127.0.0.1", local=True))}}
        authors.append(author_of(Request(scope)))  # type: ignore[arg-type]
    assert authors == ["News desk (fc_abcdefghij)", None]
