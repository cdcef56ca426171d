from __future__ import annotations

import logging

import pytest
from litestar import get

from service.api.problems import KINDS, problem_responses
from tests.api.conftest import connect, offline_app
from tests.api.test_bad_input import assert_problem


@pytest.mark.parametrize(
    "path",
    ["/nope", "/v1", "/v1/checkz", "/v1/checks/a/b", "/docs/assets/none.js", "/schema/none", "/%F0%9F%99%82", "/a%0Ab"],
)
async def test_an_unknown_address(offline, path):
    problem = assert_problem(await offline.get(path), 404)
    assert problem["errors"] == []


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/checks", "OPTIONS, POST"),
        ("DELETE", "/v1/check", "GET, HEAD, OPTIONS"),
        ("POST", "/v1/claims/0199b1c2-7a3e-7c11-8f6a-2d1e5b0c9a77", "DELETE, GET, HEAD, OPTIONS, PATCH"),
        ("PUT", "/healthz", "GET, HEAD, OPTIONS"),
        ("POST", "/docs", "GET, HEAD, OPTIONS"),
        ("BREW", "/v1/checks", "OPTIONS, POST"),
    ],
)
async def test_another_method(offline, method, path, allowed):
    answer = await offline.request(method, path)
    assert_problem(answer, 405)
    assert answer.headers["allow"] == allowed


async def test_options_says_what_is_allowed(offline):
    answer = await offline.options("/v1/check")
    assert (answer.status_code, answer.headers["allow"]) == (204, "GET, HEAD, OPTIONS")


@pytest.mark.parametrize("accept", ["text/html", "image/png, text/*;q=0.5"])
async def test_an_answer_in_another_form(offline, accept):
    assert_problem(await offline.get("/v1/check?text=abc", headers={"accept": accept}), 406)


@pytest.mark.parametrize(
    "accept", ["*/*", "application/*", "application/json", "text/html, */*;q=0.1", "", ";;;,", "a/b/c, */*"]
)
async def test_accept_headers_that_allow_json(offline, accept):
    answer = await offline.get("/v1/check?text=ab", headers={"accept": accept})
    assert answer.status_code == 422


async def test_an_unexpected_error_says_nothing_of_its_cause(caplog):
    @get("/boom", sync_to_thread=False)
    def boom() -> None:
        raise RuntimeError("postgresql://user:secret@host")

    app = offline_app()
    app.register(boom)
    with caplog.at_level(logging.ERROR, "factcheck.errors"):
        async with connect(app) as client:
            answer = await client.get("/boom")
    problem = assert_problem(answer, 500)
    assert "secret" not in answer.text
    assert "RuntimeError" not in answer.text
    record = caplog.records[-1]
    assert problem["request_id"] in record.getMessage()
    assert record.exc_info is not None


def test_every_kind_has_its_own_code_and_status():
    assert len({kind.code for kind in KINDS.values()}) == len(KINDS) == len({kind.title for kind in KINDS.values()})
    assert all(kind.status == status for status, kind in KINDS.items())


def test_every_operation_may_fail_unexpectedly():
    assert set(problem_responses()) == {500}
