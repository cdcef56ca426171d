"""The examples of the inbox in the OpenAPI document; see ``examples``."""

from __future__ import annotations

from typing import Any, Final

_CLAIM_ID: Final = "0199b1c2-0b52-7d63-9a0e-5f1c2d3e4a5b"
ITEM_ID: Final = "0199b1c2-0b52-7d63-9a0e-5f1c2d3e4a5f"
_INBOX_ENTRY: Final[dict[str, Any]] = {
    "id": ITEM_ID,
    "state": "open",
    "text": "The bridge of Example Bay will be closed in 2027",
    "language": "en",
    "languages": ["en", "fa"],
    "wordings_total": 2,
    "asked": 17,
    "first_asked_at": "2026-01-02T08:00:00Z",
    "last_asked_at": "2026-01-05T19:30:00Z",
    "claim_id": None,
    "dismissed_because": None,
    "decided_by": None,
    "decided_at": None,
    "revision": 2,
}
_INBOX_ITEM: Final[dict[str, Any]] = {
    **_INBOX_ENTRY,
    "wordings": [
        {
            "id": "0199b1c2-0b52-7d63-9a0e-5f1c2d3e4a60",
            "text": "The bridge of Example Bay will be closed in 2027",
            "language": "en",
            "asked": 12,
            "first_asked_at": "2026-01-02T08:00:00Z",
            "last_asked_at": "2026-01-05T19:30:00Z",
        },
        {
            "id": "0199b1c2-0b52-7d63-9a0e-5f1c2d3e4a61",
            "text": "پل خلیج نمونه در سال ۲۰۲۷ بسته می‌شود",
            "language": "fa",
            "asked": 5,
            "first_asked_at": "2026-01-03T10:00:00Z",
            "last_asked_at": "2026-01-05T11:00:00Z",
        },
    ],
}
_DECIDED: Final = {"decided_by": "News desk (fc_k3v7q2xw5a)", "decided_at": "2026-01-06T09:00:00Z", "revision": 3}


OPERATIONS: Final[dict[str, dict[str, Any]]] = {
    "listInbox": {
        "parameters": {"q": "bridge", "language": "en", "since": "2026-01-01T00:00:00Z", "state": "open"},
        "response": {"items": [_INBOX_ENTRY], "next_page_token": None, "total": 1, "waiting": 0},
    },
    "getInboxItem": {"response": _INBOX_ITEM},
    "resolveInboxItem": {
        "request": {"claim_id": _CLAIM_ID, "leave_out": [_INBOX_ITEM["wordings"][1]["id"]]},
        "response": {
            **_INBOX_ITEM,
            **_DECIDED,
            "state": "resolved",
            "claim_id": _CLAIM_ID,
            "asked": 12,
            "languages": ["en"],
            "wordings_total": 1,
            "wordings": _INBOX_ITEM["wordings"][:1],
        },
    },
    "dismissInboxItem": {
        "request": {"reason": "An opinion"},
        "response": {**_INBOX_ITEM, **_DECIDED, "state": "dismissed", "dismissed_because": "An opinion"},
    },
}
