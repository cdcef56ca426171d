"""What fields mean that many schemas share, said once, wherever a schema says nothing of its own."""

from __future__ import annotations

from typing import Any, Final

_BY_NAME: Final = {
    "id": "Its id, a UUID of version 7.",
    "claim_id": "The id of the stored claim.",
    "watch_id": "The id of the watch.",
    "webhook_id": "The id of the endpoint.",
    "created_at": "When it was stored, in UTC.",
    "updated_at": "When it was last changed, in UTC.",
    "started_at": "When work on it began, in UTC; null before.",
    "finished_at": "When it ended, in UTC; null before.",
    "title": "Its title, where it is known.",
    "url": "Its address, with `http` or `https`.",
    "name": "Its name.",
    "text": "The wording.",
    "topics": "What it is about, in words of your own.",
    "revision": "Counts its changes, from 1.",
    "dry_run": "Whether it was only tried: nothing is stored.",
    "benchmark": "The name of the benchmark.",
    "slope": "By how much the log odds rise with those of words.",
    "offset": "The log odds where those of words are 0.",
    "start": "The place of the first character.",
    "end": "The place after the last character.",
    "from": "The lowest score, included.",
    "to": "The highest score, excluded.",
}


def describe_fields(schemas: dict[str, Any]) -> None:
    """Give every field of the schemas a description that has none and no schema of a name to speak for it."""
    for schema in schemas.values():
        for name, field in schema.get("properties", {}).items():
            if "description" not in field and not refers(field):
                field.update({"description": _BY_NAME[name]} if name in _BY_NAME else {})


def refers(field: dict[str, Any]) -> bool:
    """Whether a field's values are described under a name: each of them, or the items of a list."""
    if "$ref" in field:
        return True
    parts = [*field.get("anyOf", ()), *field.get("allOf", ()), field.get("items")]
    return any(refers(each) for each in parts if each)
