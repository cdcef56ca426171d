"""The parts of an operation in the OpenAPI document: parameters, answers, their headers and examples."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from service.api import examples, problems, repeats
from service.errors import Fault

_ABOUT_WHAT_IS_STORED: Final = frozenset({308, 404, 409, 410, 412, 428})


def tidy_parameter(parameter: dict[str, Any], shown: dict[str, Any]) -> dict[str, Any]:
    """A parameter without Litestar's noise. ``shown``: examples, by name."""
    schema = dict(parameter["schema"])
    members = [member for member in schema.pop("oneOf", ()) if member.get("type") != "null"]
    for member in members:
        # a parameter is left out, never null
        schema = {**member, **schema}
    if len(schema.get("allOf", ())) == 1:
        schema = {**schema.pop("allOf")[0], **schema}
    parameter["schema"] = {
        key: int(value) if isinstance(value, float) and value.is_integer() else value
        for key, value in schema.items()
        if key not in ("title", "description") and not (key == "default" and value == "")
    }
    if parameter["name"] in shown:
        parameter["example"] = shown[parameter["name"]]
    for noise in ("deprecated", "allowEmptyValue", "allowReserved"):
        if not parameter.get(noise):
            parameter.pop(noise, None)
    return parameter


def answer(response: dict[str, Any], status: str, shown: Any, headers: dict[str, Any]) -> dict[str, Any]:
    """An answer with an example, and with further headers beside its own."""
    response["headers"] = {
        **{
            name: {**{key: value for key, value in header.items() if value}, "schema": {"type": "string"}}
            for name, header in sorted(response.get("headers", {}).items())
        },
        **headers,
    }
    if status in ("204", "304"):
        response.pop("content", None)
    elif "content" in response:
        response["content"] = {
            media_type: {"schema": media["schema"] or {"type": "string"}, **example_of(shown)}
            for media_type, media in response["content"].items()
        }
    return response


def headers_of(status: str, method: str, *, guarded: bool) -> dict[str, Any]:
    """The headers that the envelope, the gate and the problems put on answers of this status."""
    headers = {
        "X-Request-Id": _header("The id of this request: yours where you sent one of up to 128 plain characters.")
    }
    if guarded:
        headers["RateLimit-Policy"] = _header('What may be asked, as in `"key";q=6000;w=60`: units, seconds.')
        headers["RateLimit"] = _header(
            'What is left of it, as in `"key";r=5999;t=1`: units, seconds until it is whole.'
        )
    if guarded and method == "post" and (status.startswith("2") or int(status) in repeats.KEPT_ERRORS):
        headers[repeats.REPLAYED] = _header("`true` where this repeats the answer to an earlier request.")
    if status == "308":
        headers["Location"] = _header("The same address below the claim that took this one in.")
    if status in ("401", "403"):
        headers["WWW-Authenticate"] = _header("`Bearer`, and what is wrong with the key that was sent.")
    if status in ("429", "503") or (guarded and status == "409"):
        headers["Retry-After"] = _header("Seconds to wait, where waiting helps.", "integer")
    return headers


def _header(description: str, kind: str = "string") -> dict[str, Any]:
    return {"description": description, "schema": {"type": kind}}


def example_problem(status: int, path: str, *, guarded: bool) -> Any:
    """A problem of this status: at an address where it is common, so that operations can share it."""
    path = path if not guarded else examples.STORED if status in _ABOUT_WHAT_IS_STORED else examples.ASKED
    detail, pointer, fault = examples.PROBLEMS[status]
    faults = [Fault(pointer, fault)] if fault else []
    problem = problems.make_problem(problems.KINDS[status], detail, faults, path, examples.REQUEST_ID)
    return msgspec.to_builtins(problem)


def example_of(example: Any) -> dict[str, Any]:
    """An example as a body's description holds it, where there is one."""
    return {} if example is None else {"examples": {"example": {"value": example}}}
