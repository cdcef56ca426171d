"""What ``/metrics`` says, to whom, and what it never grows by."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as plain_text

from service.credentials import Scope
from service.store.jobs import NewJob, enqueue
from service.store.session import Database
from tests.api.conftest import client_of
from tests.api.keyed import CHECK, CLAIM, bearer, new_key
from tests.api.test_bad_input import assert_problem

LOCAL = "127.0.0.1"


@pytest.fixture
async def client(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    # A pool of another size than elsewhere: an application of this module's own, which has counted nothing before.
    async with client_of(database, pool_size=7) as client:
        yield client


async def numbers(client: httpx.AsyncClient) -> dict[str, float]:
    """Every sample by its name and labels, as Prometheus writes them."""
    answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    found = {}
    for family in plain_text(answer.text):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}"] = sample.value
    return found


async def test_requests_checks_and_the_database_are_counted(client, database):
    before = await numbers(client)
    assert (await client.post("/v1/claims", json=CLAIM)).status_code == 201
    result = (await client.post("/v1/checks", json=CHECK)).json()["results"][0]
    assert (await client.post("/v1/checks", json={"claims": []})).status_code == 422
    async with database.write() as connection:
        await enqueue(connection, [NewJob("nobody does this", b"")] * 3)
    after = await numbers(client)

    def more(name: str) -> float:
        return after[name] - before.get(name, 0)

    assert more("factcheck_request_duration_seconds_count{operation=createClaim,status=201}") == 1
    assert more("factcheck_request_duration_seconds_count{operation=createCheck,status=201}") == 1
    assert more("factcheck_request_duration_seconds_count{operation=createCheck,status=422}") == 1
    assert after["factcheck_requests_under_way{}"] == 1  # this one
    for stage in ("read", "retrieve", "judge", "evidence", "record"):
        assert more(f"factcheck_check_stage_duration_seconds_count{{stage={stage}}}") == 1
        assert more(f"factcheck_check_stage_duration_seconds_sum{{stage={stage}}}") > 0
    told = f"reason={result['reason'] or ''},status={result['status']}"
    assert more(f"factcheck_check_results_total{{{told}}}") == 1
    assert more("factcheck_check_claims_compared_sum{}") == 1
    assert after["factcheck_database_up{}"] == 1
    assert after["factcheck_database_connections{state=used}"] == 0
    assert after["factcheck_database_connections{state=most}"] == 10
    assert after["factcheck_database_waiting{}"] == 0
    assert after["factcheck_corpus_size{of=claims}"] == 1
    assert more("factcheck_corpus_revision{}") == 1
    assert after["factcheck_jobs{kind=nobody does this,state=waiting}"] == 3
    assert after["factcheck_jobs_oldest_due_seconds{kind=nobody does this}"] > 0


async def test_nothing_a_caller_sends_becomes_a_label(client):
    for number in range(3):
        await client.get(f"/v1/nothing-{number}?secret-{number}")
        await client.request(f"ODD{number}", "/v1/claims")
        await client.get(f"/v1/claims/secret-{number}")
    after = await numbers(client)
    named = [name for name in after if "nothing" in name or "secret" in name or "ODD" in name]
    assert named == []
    assert after["factcheck_request_duration_seconds_count{operation=none,status=404}"] == 3
    assert after["factcheck_request_duration_seconds_count{operation=none,status=405}"] == 3


async def test_openmetrics_for_those_who_prefer_it(client):
    answer = await client.get("/metrics", headers={"accept": "application/openmetrics-text;version=1.0.0,*/*;q=0.1"})
    assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert "factcheck_build" in {family.name for family in open_metrics(answer.text)}
    assert_problem(await client.get("/metrics", headers={"accept": "image/png"}), 406)


async def test_this_machine_needs_no_key_and_others_do(database):
    _, reader = await new_key(database, Scope.READ)
    _, checker = await new_key(database, Scope.CHECK)
    async with client_of(database) as here, client_of(database, "192.0.2.7", host="0.0.0.0") as elsewhere:
        assert (await here.get("/metrics")).status_code == 200
        assert_problem(await elsewhere.get("/metrics"), 401)
        assert_problem(await elsewhere.get("/metrics", headers=bearer(checker)), 403)
        assert (await elsewhere.get("/metrics", headers=bearer(reader))).status_code == 200


async def test_without_a_database_the_process_still_tells_its_own(offline):
    found = await numbers(offline)
    assert found["factcheck_database_up{}"] == 0
    assert "factcheck_requests_under_way{}" in found
    assert not any(name.startswith("factcheck_corpus_size") for name in found)
