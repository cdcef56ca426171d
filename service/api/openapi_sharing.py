"""What several operations have in common stands once in the OpenAPI document, under a name, and is referred to.

Most of an operation's description is what every operation answers: problems, their headers, the parameters of pages
and ETags. Written out each time, they would be nine tenths of a document that people read too.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final

_METHODS: Final = ("get", "post", "put", "patch", "delete")
_PROBLEM: Final = "application/problem+json"

Namer = Callable[[str, Any], str]


def share(document: dict[str, Any]) -> dict[str, Any]:
    """The document with headers, parameters, problem responses and examples that occur more than once in components.

    The most frequent form of each name is shared; others stay where they are.
    """
    components = dict(document["components"])
    components["headers"] = _move(list(_header_places(document)), "headers", lambda name, _: _pascal(name))
    components["parameters"] = _move(list(_parameter_places(document)), "parameters", lambda _, it: _pascal(it["name"]))
    components["examples"] = _move(list(_example_places(document)), "examples", _example_name)
    components["responses"] = _move(list(_problem_places(document)), "responses", _problem_name)
    order = ("schemas", "responses", "parameters", "examples", "headers", "securitySchemes")
    return {**document, "components": {name: components[name] for name in order}}


Place = tuple[Any, Any, str]
"""Where something stands: in what, under which key, and what it is called there."""


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for item in document["paths"].values():
        for method in _METHODS:
            if method in item:
                yield item[method]


def _header_places(document: dict[str, Any]) -> Iterator[Place]:
    for operation in _operations(document):
        for response in operation["responses"].values():
            headers = response.get("headers", {})
            yield from ((headers, name, name) for name in headers)


def _parameter_places(document: dict[str, Any]) -> Iterator[Place]:
    for operation in _operations(document):
        parameters = operation.get("parameters", [])
        yield from ((parameters, index, "") for index in range(len(parameters)))


def _example_places(document: dict[str, Any]) -> Iterator[Place]:
    for operation in _operations(document):
        parts = [operation.get("requestBody", {}), *operation["responses"].values()]
        for part in parts:
            for media_type, content in part.get("content", {}).items():
                if media_type != _PROBLEM and "$ref" in content["schema"]:
                    examples = content.get("examples", {})
                    yield from ((examples, name, content["schema"]["$ref"].rsplit("/", 1)[1]) for name in examples)


def _problem_places(document: dict[str, Any]) -> Iterator[Place]:
    for operation in _operations(document):
        responses = operation["responses"]
        for status, response in responses.items():
            if _PROBLEM in response.get("content", {}):
                yield responses, status, status


def _move(places: list[Place], kind: str, name_of: Namer) -> dict[str, Any]:
    """Put what occurs more than once under a name of its own, references in its places; the first use names it."""
    texts = [json.dumps(holder[key]) for holder, key, _ in places]
    first = dict(reversed(list(zip(texts, places, strict=True))))
    named: dict[str, str] = {}
    moved: dict[str, Any] = {}
    for text, number in Counter(texts).most_common():
        holder, key, called = first[text]
        name = name_of(called, holder[key])
        if number > 1 and name not in moved:
            named[text], moved[name] = name, holder[key]
    for text, (holder, key, _) in zip(texts, places, strict=True):
        if text in named:
            holder[key] = {"$ref": f"#/components/{kind}/{named[text]}"}
    return dict(sorted(moved.items()))


def _pascal(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", name))


def _example_name(called: str, _value: Any) -> str:
    return called


def _problem_name(_status: str, response: dict[str, Any]) -> str:
    """After its kind; with what is special about who gets it."""
    (example,) = response["content"][_PROBLEM]["examples"].values()
    name = _pascal(example["value"]["type"].rsplit(":", 1)[1])
    if "Idempotent-Replayed" in response["headers"]:
        return f"Repeatable{name}"
    return name if "RateLimit" in response["headers"] else f"Unmetered{name}"
