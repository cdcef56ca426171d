"""The OpenAPI document of this code as it is committed; run as a program, it writes ``docs/openapi.json`` anew."""

from __future__ import annotations

from pathlib import Path

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


if __name__ == "__main__":
    COMMITTED.write_text(current(), encoding="utf-8")
