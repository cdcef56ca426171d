"""The acceptance cases as typed values, and the seeds they speak of."""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec

HERE = Path(__file__).parent
SEEDS = HERE.parent.parent / "seeds"


class ExpectedConflict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The conflict that the answer must name."""

    kind: str
    claimed: str
    known: str


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An incoming text with the answer that is right for it; ``expect_slug`` is None where nothing may match."""

    text: str
    origin: str
    status: str
    language: str | None = None
    expect_slug: str | None = None
    relation: str | None = None
    reason: str | None = None
    conflict: ExpectedConflict | None = None
    why: str | None = None


def load_cases(name: str) -> list[Case]:
    """The cases of one file beside this module."""
    with (HERE / name).open("rb") as file:
        return msgspec.convert(tomllib.load(file)["cases"], list[Case])


def seed_wordings() -> dict[str, set[str]]:
    """All wordings of each seed claim, by slug."""
    wordings: dict[str, set[str]] = {}
    for path in sorted(SEEDS.glob("*.toml")):
        for claim in tomllib.loads(path.read_text(encoding="utf-8"))["claims"]:
            texts = {claim["text"], *(phrasing["text"] for phrasing in claim.get("phrasings", []))}
            wordings[claim["slug"]] = texts
    return wordings
