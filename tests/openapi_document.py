"""The OpenAPI document of this code as it is committed; run as a program, it writes ``docs/openapi.json`` anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from service.api import openapi
from service.app import create_app
from service.settings import Settings
from service.store.session import Database

COMMITTED = Path(__file__).resolve().parent.parent / "docs" / "openapi.json"


def current() -> str:
    """The document, indented."""
    app = create_app(Settings(data_dir=Path("unused")), Database("postgresql://nobody@127.0.0.1:1/nothing"))
    return msgspec.json.format(msgspec.json.encode(openapi.document(app)), indent=2).decode() + "\n"


def resolved(document: dict[str, Any]) -> dict[str, Any]:
    """The document with every reference followed, those to schemas aside."""

    def follow(value: Any) -> Any:
        if isinstance(value, list):
            return [follow(each) for each in value]
        if not isinstance(value, dict):
            return value
        place = value.get("$ref")
        if isinstance(place, str) and not place.startswith("#/components/schemas/"):
            _, _, kind, name = place.split("/")
            return follow(document["components"][kind][name])
        return {key: follow(each) for key, each in value.items()}

    return {**document, "paths": follow(document["paths"])}


if __name__ == "__main__":
    COMMITTED.write_text(current(), encoding="utf-8")
