"""The OpenAPI document: whole, valid, and true to what the service does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from service.api import checks, claim_bodies, openapi
from service.api.bodies import decode
from service.api.openapi_fields import refers
from service.app import create_app
from service.settings import Settings
from service.store.session import Database
from tests.openapi_document import COMMITTED, current, resolved

OPERATIONS = {
    ("post", "/v1/checks"): "createCheck",
    ("get", "/v1/checks/{check_id}"): "getCheck",
    ("post", "/v1/checks/{check_id}/replay"): "replayCheck",
    ("post", "/v1/checks/{check_id}/feedback"): "giveFeedback",
    ("get", "/v1/checks/{check_id}/feedback"): "listFeedback",
    ("get", "/v1/engine"): "getEngine",
    ("get", "/v1/check"): "checkText",
    ("post", "/v1/claims"): "createClaim",
    ("get", "/v1/claims/{claim_id}"): "getClaim",
    ("get", "/v1/claims"): "listClaims",
    ("patch", "/v1/claims/{claim_id}"): "updateClaim",
    ("delete", "/v1/claims/{claim_id}"): "withdrawClaim",
    ("get", "/v1/claims/{claim_id}/phrasings"): "listPhrasings",
    ("post", "/v1/claims/{claim_id}/phrasings"): "addPhrasing",
    ("get", "/v1/claims/{claim_id}/phrasings/{phrasing_id}"): "getPhrasing",
    ("patch", "/v1/claims/{claim_id}/phrasings/{phrasing_id}"): "updatePhrasing",
    ("delete", "/v1/claims/{claim_id}/phrasings/{phrasing_id}"): "removePhrasing",
    ("get", "/v1/claims/{claim_id}/reviews"): "listReviews",
    ("post", "/v1/claims/{claim_id}/reviews"): "addReview",
    ("get", "/v1/claims/{claim_id}/reviews/{review_id}"): "getReview",
    ("patch", "/v1/claims/{claim_id}/reviews/{review_id}"): "updateReview",
    ("delete", "/v1/claims/{claim_id}/reviews/{review_id}"): "removeReview",
    ("get", "/v1/claims/{claim_id}/sources"): "listSources",
    ("post", "/v1/claims/{claim_id}/sources"): "addSource",
    ("get", "/v1/claims/{claim_id}/sources/{source_id}"): "getSource",
    ("patch", "/v1/claims/{claim_id}/sources/{source_id}"): "updateSource",
    ("delete", "/v1/claims/{claim_id}/sources/{source_id}"): "removeSource",
    ("get", "/v1/claims/{claim_id}/history"): "getClaimHistory",
    ("post", "/v1/claims/{claim_id}/merge"): "mergeClaim",
    ("get", "/v1/exports/claims.jsonl"): "exportClaims",
    ("get", "/v1/exports/claims.csv"): "exportTable",
    ("get", "/v1/exports/claimreview"): "exportClaimReviews",
    ("get", "/v1/exports/verdicts.atom"): "exportVerdictChanges",
    ("get", "/v1/claims/{claim_id}/claimreview"): "getClaimReviews",
    ("get", "/v1/claims/{claim_id}/reviews/{review_id}/claimreview"): "getClaimReview",
    ("get", "/v1alpha1/claims:search"): "googleSearch",
    ("get", "/v1/publishers"): "listPublishers",
    ("post", "/v1/publishers"): "createPublisher",
    ("get", "/v1/publishers/{publisher_id}"): "getPublisher",
    ("patch", "/v1/publishers/{publisher_id}"): "updatePublisher",
    ("post", "/v1/watches"): "createWatch",
    ("get", "/v1/watches"): "listWatches",
    ("get", "/v1/watches/{watch_id}"): "getWatch",
    ("delete", "/v1/watches/{watch_id}"): "deleteWatch",
    ("get", "/v1/watches/{watch_id}/events"): "listWatchEvents",
    ("get", "/v1/watches/{watch_id}/events/stream"): "streamWatchEvents",
    ("post", "/v1/webhooks"): "createWebhook",
    ("get", "/v1/webhooks"): "listWebhooks",
    ("get", "/v1/webhooks/{webhook_id}"): "getWebhook",
    ("delete", "/v1/webhooks/{webhook_id}"): "deleteWebhook",
    ("post", "/v1/webhooks/{webhook_id}/rotate"): "rotateWebhookSecret",
    ("post", "/v1/webhooks/{webhook_id}/enable"): "enableWebhook",
    ("post", "/v1/webhooks/{webhook_id}/test"): "testWebhook",
    ("get", "/v1/webhooks/{webhook_id}/deliveries"): "listDeliveries",
    ("get", "/v1/webhooks/{webhook_id}/deliveries/{delivery_id}"): "getDelivery",
    ("post", "/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver"): "redeliver",
    ("get", "/v1/inbox"): "listInbox",
    ("get", "/v1/inbox/{item_id}"): "getInboxItem",
    ("post", "/v1/inbox/{item_id}/resolve"): "resolveInboxItem",
    ("post", "/v1/inbox/{item_id}/dismiss"): "dismissInboxItem",
    ("post", "/v1/imports"): "createImport",
    ("get", "/v1/imports"): "listImports",
    ("get", "/v1/imports/{import_id}"): "getImport",
    ("get", "/v1/imports/{import_id}/errors"): "listImportErrors",
    ("post", "/v1/imports/{import_id}/cancel"): "cancelImport",
    ("post", "/v1/imports/{import_id}/undo"): "undoImport",
    ("get", "/v1/keys"): "listKeys",
    ("post", "/v1/keys"): "createKey",
    ("get", "/v1/keys/{key_id}"): "getKey",
    ("delete", "/v1/keys/{key_id}"): "revokeKey",
    ("get", "/v1/audit"): "listAudit",
    ("get", "/v1/links"): "listLinks",
    ("get", "/healthz"): "getLiveness",
    ("get", "/readyz"): "getReadiness",
    ("get", "/metrics"): "getMetrics",
}
PRODUCED = {
    "exportClaims": {"application/x-ndjson", "application/octet-stream"},
    "exportTable": {"text/csv"},
    "exportClaimReviews": {"application/ld+json", "application/json"},
    "exportVerdictChanges": {"application/atom+xml", "application/xml", "text/xml"},
    "getClaimReviews": {"application/ld+json", "application/json"},
    "getClaimReview": {"application/ld+json", "application/json"},
    "streamWatchEvents": {"text/event-stream"},
    "getMetrics": {"text/plain", "application/openmetrics-text"},
}
"""What answers in something else than JSON alone."""

BLIND = {"revokeKey", "deleteWatch", "deleteWebhook"}
"""Changes that nobody can make with an old state in mind: what is revoked or ended stays so."""

CHANGING = {
    "mergeClaim",
    "cancelImport",
    "undoImport",
    "resolveInboxItem",
    "dismissInboxItem",
    "rotateWebhookSecret",
    "enableWebhook",
    "redeliver",
}
"""POSTs that create nothing."""


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    app = create_app(Settings(data_dir=Path("unused")), Database("postgresql://nobody@127.0.0.1:1/nothing"))
    schema = openapi.document(app)
    assert schema == msgspec.json.decode(msgspec.json.encode(schema))
    return resolved(schema)


def test_the_committed_document_is_this_one():
    assert COMMITTED.read_text(encoding="utf-8") == current(), "write it anew: make openapi"


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method, path, operation


def schema_of(document: dict[str, Any], schema: dict[str, Any]) -> jsonschema.Draft202012Validator:
    whole = {"components": document["components"], **schema}
    return jsonschema.Draft202012Validator(whole, format_checker=jsonschema.FormatChecker())


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from nodes(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from nodes(inner)


def test_operation_ids_are_the_ones_that_clients_were_built_on(document):
    assert {(method, path): operation["operationId"] for method, path, operation in operations(document)} == OPERATIONS


def test_every_operation_says_what_it_is(document):
    tags = {tag["name"] for tag in document["tags"]}
    for _, _, operation in operations(document):
        assert operation["summary"]
        assert operation["description"].endswith(".")
        assert len(operation["tags"]) == 1
        assert set(operation["tags"]) <= tags
        for parameter in operation.get("parameters", ()):
            assert parameter["description"]


def test_every_error_is_documented_as_a_problem(document):
    for method, _, operation in operations(document):
        statuses = set(operation["responses"])
        assert "500" in statuses
        assert len([status for status in statuses if status.startswith("2")]) == 1
        if method in ("post", "patch"):
            assert statuses >= {"400", "406", "422", "503"}
            assert ({"413", "415"} <= statuses) == ("requestBody" in operation)
        if method in ("patch", "delete") and operation["operationId"] not in BLIND:
            assert statuses >= {"404", "412", "428"}
        if method == "post":
            assert "409" in statuses
            assert ("201" in statuses) == (operation["operationId"] not in CHANGING)
        for status, response in operation["responses"].items():
            assert response["description"]
            assert "X-Request-Id" in response["headers"]
            if status in ("204", "304"):
                assert "content" not in response
                continue
            if status.startswith("2"):
                assert set(response["content"]) == PRODUCED.get(operation["operationId"], {"application/json"})
                continue
            if operation["operationId"] == "googleSearch":
                google = response["content"]["application/json"]["schema"]
                assert google == {"$ref": "#/components/schemas/GoogleError"}
                continue
            assert set(response["content"]) == {"application/problem+json"}
            problem = response["content"]["application/problem+json"]["schema"]
            assert problem == {"$ref": "#/components/schemas/Problem"}


def test_what_was_created_or_moved_has_an_address(document):
    for _, _, operation in operations(document):
        for status in {"201", "308"} & set(operation["responses"]):
            assert operation["responses"][status]["headers"]["Location"]["schema"] == {"type": "string"}


def test_whoever_changes_something_says_what_they_have_seen(document):
    for method, path, operation in operations(document):
        needed = {each["name"]: each["required"] for each in operation.get("parameters", ()) if each["in"] == "header"}
        if method in ("patch", "delete") and operation["operationId"] not in BLIND:
            assert needed == {"If-Match": True}, path
            assert "ETag" in operation["responses"]["204" if method == "delete" else "200"]["headers"]
        if "304" in operation["responses"]:
            assert needed == {"If-None-Match": False}, path


def test_every_reference_leads_somewhere_and_nothing_is_left_over(document):
    whole = msgspec.json.decode(COMMITTED.read_bytes())
    parts = {(kind, name) for kind, found in whole["components"].items() for name in found}
    used = {tuple(node["$ref"].split("/")[2:]) for node in nodes(whole) if isinstance(node.get("$ref"), str)}
    assert used | {("securitySchemes", "bearer")} == parts
    assert all(name.isalnum() for _, name in parts)


def test_what_operations_have_in_common_is_written_once():
    whole = msgspec.json.decode(COMMITTED.read_bytes())
    problems = [
        response
        for _, _, operation in operations(whole)
        for response in operation["responses"].values()
        if "$ref" in response or "application/problem+json" in response.get("content", {})
    ]
    shared = [response for response in problems if "$ref" in response]
    assert len(shared) > 0.95 * len(problems)
    assert {"Unauthorized", "NotFound", "RepeatableConflict"} <= set(whole["components"]["responses"])
    assert {"IfMatch", "IdempotencyKey", "PageToken"} <= set(whole["components"]["parameters"])


def test_schemas_are_valid_and_name_their_types(document):
    for name, schema in document["components"]["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema["type"] in ("object", "string"), name
        assert schema["description"], name
        assert not re.search(r"``|\n +|[^\n]\n[^\n]", schema["description"]), name


def test_every_field_says_what_it_is(document):
    for name, schema in document["components"]["schemas"].items():
        for field, kind in schema.get("properties", {}).items():
            assert "description" in kind or refers(kind), f"{name}.{field}"


def test_bodies_refuse_unknown_fields_and_answers_always_have_theirs(document):
    schemas = document["components"]["schemas"]
    closed = {name for name, schema in schemas.items() if schema.get("additionalProperties") is False}
    assert closed == {
        "CheckOptions",
        "CheckRequest",
        "ClaimPatch",
        "Dismissal",
        "FeedbackRequest",
        "IncomingClaim",
        "MergeRequest",
        "NewClaim",
        "NewFeedback",
        "NewImport",
        "NewKey",
        "NewPhrasing",
        "NewPublisher",
        "NewPublisherEntry",
        "NewReview",
        "NewSource",
        "NewWatch",
        "NewWebhook",
        "PhrasingPatch",
        "PinnedVerdict",
        "PinnedVerdictPatch",
        "PublisherEntryPatch",
        "PublisherPatch",
        "Resolution",
        "ReviewPatch",
        "Rotation",
        "SourcePatch",
    }
    # a list shows the fields that were asked for, and Google's shapes leave out what is empty
    assert schemas["ClaimItem"]["required"] == []
    partial = {"ClaimItem", "GoogleClaim", "GoogleClaimReview", "GooglePublisher", "GoogleSearchResponse"}
    for name, schema in schemas.items():
        if schema["type"] == "object" and name not in closed | partial:
            assert set(schema["required"]) == set(schema["properties"]), name


def test_examples_are_what_they_illustrate(document):
    seen = 0
    for _, _, operation in operations(document):
        medias = [response.get("content") for response in operation["responses"].values()]
        medias += [operation["requestBody"]["content"]] if "requestBody" in operation else []
        for media in filter(None, medias):
            for content in media.values():
                for example in content["examples"].values():
                    schema_of(document, content["schema"]).validate(example["value"])
                    seen += 1
        for parameter in operation.get("parameters", ()):
            if parameter["required"]:
                schema_of(document, parameter["schema"]).validate(parameter["example"])
    assert seen >= 40


@pytest.mark.parametrize(
    ("path", "model"), [("/v1/checks", checks.CheckRequest), ("/v1/claims", claim_bodies.NewClaim)]
)
def test_example_bodies_are_accepted(document, path, model):
    content = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]
    body = decode(msgspec.json.encode(content["examples"]["example"]["value"]), model)
    assert "39 terrorists" in msgspec.json.encode(body).decode()


def test_limits_are_in_the_document(document):
    schemas = document["components"]["schemas"]
    assert schemas["CheckRequest"]["properties"]["claims"]["maxItems"] == 100
    text = schemas["IncomingClaim"]["properties"]["text"]
    assert (text["minLength"], text["maxLength"]) == (3, 2000)
    assert schemas["CheckOptions"]["properties"]["match_threshold"]["default"] == 0.8


def test_what_is_behind_the_gate_says_what_it_wants(document):
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    scopes = {}
    for method, path, operation in operations(document):
        if path == "/metrics":
            assert operation["security"] == [{"bearer": ["read"]}, {}]
            continue
        if not path.startswith("/v1"):
            assert operation["security"] == []
            assert not {"401", "403", "429"} & set(operation["responses"])
            continue
        ((scope,),) = [each["bearer"] for each in operation["security"]]
        scopes[operation["operationId"]] = scope
        assert operation["description"].endswith(f"Needs the scope `{scope}`.")
        assert {"401", "403", "429", "503"} <= set(operation["responses"])
        assert "WWW-Authenticate" in operation["responses"]["401"]["headers"]
        assert "Retry-After" in operation["responses"]["429"]["headers"]
        for response in operation["responses"].values():
            assert {"RateLimit", "RateLimit-Policy"} <= set(response["headers"])
        names = [parameter["name"] for parameter in operation.get("parameters", ())]
        assert ("Idempotency-Key" in names) == (method == "post")
    assert scopes == {
        "createCheck": "check", "getCheck": "check", "checkText": "check", "replayCheck": "check", "getEngine": "check",
        "giveFeedback": "check", "listFeedback": "check",
        "listClaims": "read", "createClaim": "write", "getClaim": "read", "updateClaim": "write",
        "withdrawClaim": "write", "getClaimHistory": "read", "mergeClaim": "write",
        "listPhrasings": "read", "addPhrasing": "write", "getPhrasing": "read", "updatePhrasing": "write",
        "removePhrasing": "write",
        "listReviews": "read", "addReview": "write", "getReview": "read", "updateReview": "write",
        "removeReview": "write",
        "listSources": "read", "addSource": "write", "getSource": "read", "updateSource": "write",
        "removeSource": "write",
        "listPublishers": "read", "createPublisher": "write", "getPublisher": "read", "updatePublisher": "write",
        "exportClaims": "read", "exportTable": "read", "exportClaimReviews": "read", "getClaimReviews": "read",
        "getClaimReview": "read",
        "createWatch": "check", "listWatches": "check", "getWatch": "check", "deleteWatch": "check",
        "listWatchEvents": "check", "streamWatchEvents": "check",
        "createWebhook": "admin", "listWebhooks": "admin", "getWebhook": "admin", "deleteWebhook": "admin",
        "rotateWebhookSecret": "admin", "enableWebhook": "admin", "testWebhook": "admin",
        "listDeliveries": "admin", "getDelivery": "admin", "redeliver": "admin",
        "listInbox": "read", "getInboxItem": "read", "resolveInboxItem": "write", "dismissInboxItem": "write",
        "listLinks": "read",
        "googleSearch": "read", "exportVerdictChanges": "read",
        "createImport": "write", "listImports": "read", "getImport": "read", "listImportErrors": "read",
        "cancelImport": "write", "undoImport": "write",
        "listKeys": "admin", "createKey": "admin", "getKey": "admin", "revokeKey": "admin", "listAudit": "admin",
    }  # fmt: skip
