"""What answers is told: the state of the corpus, the thresholds in force, the calibration as it was measured."""

from __future__ import annotations

import json

from service.domain import CheckOptions
from service.matching.model import default_model
from tests.api.keyed import CLAIM
from tests.api.test_resources import assert_documented
from tests.conftest import ROOT


async def test_the_engine_is_described(client):
    answer = await client.get("/v1/engine")
    assert answer.status_code == 200, answer.text
    await assert_documented(client, answer, "EngineReport")
    body = answer.json()
    options = CheckOptions()
    assert body["thresholds"] == {"match": options.match_threshold, "suggest": options.suggest_threshold}
    assert (body["retrieval"], body["model"], body["semantic_coverage"]) == (["lexical"], None, None)
    calibrated = {each["tag"]: each["calibration"] for each in body["languages"] if each["calibration"]}
    assert calibrated == {
        tag: {"offset": line.offset, "slope": line.slope} for tag, line in default_model().calibration.items()
    }
    assert {"en", "fa", "ar", "de"} <= {each["tag"] for each in body["languages"]}
    for measured in body["calibration"]["measured"]:
        name = measured["benchmark"] + ("_with_meaning" if measured["model"] else "")
        report = json.loads((ROOT / "docs" / "evaluation" / f"{name}.json").read_text())
        assert measured["expected_calibration_error"] == report["ece"]
        assert measured["bins"] == report["calibration"]
        assert measured["split"] != "train"


async def test_its_etag_lasts_until_a_claim_changes(client):
    first = await client.get("/v1/engine")
    again = {"if-none-match": first.headers["etag"]}
    assert (await client.get("/v1/engine", headers=again)).status_code == 304
    await client.post("/v1/claims", json=CLAIM)
    changed = await client.get("/v1/engine", headers=again)
    assert changed.status_code == 200
    assert changed.json()["corpus_revision"] == first.json()["corpus_revision"] + 1
