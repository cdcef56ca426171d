"""Every acceptance case, asked over HTTP of a server that holds the seeds."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.acceptance.cases import Case, load_cases, seed_wordings
from tests.conftest import Server

CASES = load_cases("cases.toml")
OPEN = load_cases("open_cases.toml")
WORDINGS = seed_wordings()


def _name(case: Case) -> str:
    return case.text[:60]


@pytest.fixture(scope="module")
def answers(server: Server) -> dict[str, dict[str, Any]]:
    """The result for every case, by text."""
    found: dict[str, dict[str, Any]] = {}
    cases = [*CASES, *OPEN]
    with httpx.Client(base_url=server.base, timeout=60) as client:
        for start in range(0, len(cases), 100):
            claims = [
                {"text": case.text} | ({"language": case.language} if case.language else {})
                for case in cases[start : start + 100]
            ]
            response = client.post("/v1/checks", json={"claims": claims})
            assert response.status_code == 201, response.text
            found.update({result["text"]: result for result in response.json()["results"]})
    return found


def _matched(result: dict[str, Any], slug: str) -> dict[str, Any] | None:
    return next((match for match in result["matches"] if match["text"] in WORDINGS[slug]), None)


@pytest.mark.parametrize("case", CASES, ids=_name)
def test_case(case: Case, answers: dict[str, dict[str, Any]]) -> None:
    result = answers[case.text]
    assert result["status"] == case.status, result["summary"]
    if case.reason is not None:
        assert result["reason"] == case.reason
    if case.expect_slug is None:
        deciding = [match for match in result["matches"] if match["relation"] in ("equivalent", "contradicts")]
        assert not deciding, deciding[0]["text"]
        return
    match = _matched(result, case.expect_slug)
    assert match is not None, [other["text"] for other in (*result["matches"], *result["suggestions"])]
    assert match["relation"] == case.relation, match["conflicts"]
    if case.conflict is not None:
        kinds = [(each["kind"], each["claimed"], each["known"]) for each in match["conflicts"]]
        assert (case.conflict.kind, case.conflict.claimed, case.conflict.known) in kinds


@pytest.mark.parametrize("case", OPEN, ids=_name)
def test_a_case_that_is_not_solved_yet_is_no_confident_wrong_answer(
    case: Case, answers: dict[str, dict[str, Any]]
) -> None:
    """What the service cannot tell yet it must not pretend to know."""
    assert answers[case.text]["status"] in ("unverified", case.status)


def test_a_third_of_the_cases_should_find_nothing() -> None:
    nothing = [case for case in CASES if case.expect_slug is None]
    assert len(CASES) >= 60
    assert len(nothing) * 3 >= len(CASES)


def test_cases_are_not_copies_of_stored_wordings() -> None:
    stored = {wording for wordings in WORDINGS.values() for wording in wordings}
    assert not stored.intersection(case.text for case in CASES if case.origin == "contract")
