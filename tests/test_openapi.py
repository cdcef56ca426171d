"""The OpenAPI document: whole, valid, and true to what the service does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from service.api import checks, claims, openapi
from service.api.bodies import decode
from service.app import create_app
from service.settings import Settings
from service.store.session import Database

OPERATIONS = {
    ("post", "/v1/checks"): "createCheck",
    ("get", "/v1/checks/{check_id}"): "getCheck",
    ("get", "/v1/check"): "checkText",
    ("post", "/v1/claims"): "createClaim",
    ("get", "/v1/claims/{claim_id}"): "getClaim",
    ("get", "/healthz"): "getLiveness",
    ("get", "/readyz"): "getReadiness",
}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    app = create_app(Settings(data_dir=Path("unused")), Database("postgresql://nobody@127.0.0.1:1/nothing"))
    schema = openapi.document(app)
    assert schema == msgspec.json.decode(msgspec.json.encode(schema))
    return schema


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
        if method == "post":
            assert statuses >= {"201", "400", "406", "413", "415", "422", "503"}
        for status, response in operation["responses"].items():
            media_type = "application/json" if status.startswith("2") else "application/problem+json"
            assert set(response["content"]) == {media_type}
            assert response["description"]
            assert "X-Request-Id" in response["headers"]
            if not status.startswith("2"):
                assert response["content"][media_type]["schema"] == {"$ref": "#/components/schemas/Problem"}


def test_what_was_created_has_an_address(document):
    for _, _, operation in operations(document):
        if "201" in operation["responses"]:
            assert operation["responses"]["201"]["headers"]["Location"]["schema"] == {"type": "string"}


def test_every_reference_leads_somewhere_and_nothing_is_left_over(document):
    names = set(document["components"]["schemas"])
    used = {node["$ref"].rsplit("/", 1)[1] for node in nodes(document) if isinstance(node.get("$ref"), str)}
    assert used == names
    assert all(name.isalnum() for name in names)


def test_schemas_are_valid_and_name_their_types(document):
    for name, schema in document["components"]["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema["type"] in ("object", "string"), name
        assert schema["description"], name


def test_bodies_refuse_unknown_fields_and_answers_always_have_theirs(document):
    schemas = document["components"]["schemas"]
    closed = {name for name, schema in schemas.items() if schema.get("additionalProperties") is False}
    assert closed == {
        "CheckOptions",
        "CheckRequest",
        "IncomingClaim",
        "NewClaim",
        "NewPhrasing",
        "NewPublisher",
        "NewReview",
        "NewSource",
    }
    for name, schema in schemas.items():
        if schema["type"] == "object" and name not in closed:
            assert set(schema["required"]) == set(schema["properties"]), name


def test_examples_are_what_they_illustrate(document):
    seen = 0
    for _, _, operation in operations(document):
        medias = [response["content"] for response in operation["responses"].values()]
        medias += [operation["requestBody"]["content"]] if "requestBody" in operation else []
        for media in medias:
            for content in media.values():
                for example in content["examples"].values():
                    schema_of(document, content["schema"]).validate(example["value"])
                    seen += 1
        for parameter in operation.get("parameters", ()):
            if parameter["required"]:
                schema_of(document, parameter["schema"]).validate(parameter["example"])
    assert seen >= 40


@pytest.mark.parametrize(("path", "model"), [("/v1/checks", checks.CheckRequest), ("/v1/claims", claims.NewClaim)])
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
