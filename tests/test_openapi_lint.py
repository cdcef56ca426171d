"""The OpenAPI document as redocly's linter sees it, by rules stricter than those it recommends."""

from __future__ import annotations

import json

from tests.node import CLIENTS, needs_node, run
from tests.openapi_document import COMMITTED

RULES = CLIENTS / "redocly.yaml"


@needs_node
def test_the_document_has_neither_errors_nor_warnings(tmp_path):
    done = run("redocly", "lint", "--config", RULES, COMMITTED, "--format", "json", folder=tmp_path)
    found = json.loads(done.stdout)
    assert [(each["ruleId"], each["message"], each["location"]) for each in found["problems"]] == []
    assert found["totals"] == {"errors": 0, "warnings": 0, "ignored": 0}
    assert done.returncode == 0


@needs_node
def test_the_linter_would_say_so(tmp_path):
    document = json.loads(COMMITTED.read_bytes())
    operation = document["paths"]["/v1/checks"]["post"]
    operation["operationId"] = "createClaim"
    del operation["description"]
    (tmp_path / "broken.json").write_text(json.dumps(document))
    done = run("redocly", "lint", "--config", RULES, "broken.json", "--format", "json", folder=tmp_path)
    rules = {each["ruleId"] for each in json.loads(done.stdout)["problems"]}
    assert {"operation-operationId-unique", "operation-description"} <= rules
    assert done.returncode != 0
