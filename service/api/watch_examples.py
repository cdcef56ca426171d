"""The examples of watches and webhooks in the OpenAPI document; see ``examples``."""

from __future__ import annotations

from typing import Any, Final

_WATCH_ID: Final = "0199b1c2-7a3e-7c11-8f6a-2d1e5b0c9a77"
_CLAIM_ID: Final = "0199b1c2-0b52-7d63-9a0e-5f1c2d3e4a5b"
_WEBHOOK_ID: Final = "0199b1c4-3a10-7b0f-9d2e-6c5b4a392817"
_DELIVERY_ID: Final = "0199b1c4-9f00-7e1d-8c3b-2a1908f7e6d5"
_EVENT_ID: Final = "0199b1c4-9e77-7a6b-8d5c-4e3f2a1b0c9d"
_KEY_ID: Final = "0199b1c1-5e6f-7a8b-9c0d-1e2f3a4b5c6d"
_TEXT: Final = "39 terrorists killed by drone strikes"

_ASKED: Final = {"ref": "p3", "text": _TEXT, "language": "en"}
_BEFORE: Final[dict[str, Any]] = {
    "status": "unproven",
    "reason": None,
    "claims": [
        {
            "claim_id": _CLAIM_ID,
            "text": "39 terrorists were killed by drone strikes in Iraq in 2025",
            "language": "en",
            "relation": "equivalent",
            "verdict": "unproven",
            "sources": [
                {
                    "url": "https://example.org/iraq/2025/12/31/press-conference",
                    "stance": "supports",
                    "publisher": "Example News Agency",
                    "link_status": "ok",
                }
            ],
        }
    ],
}
_AFTER: Final[dict[str, Any]] = {
    **_BEFORE,
    "status": "refuted",
    "claims": [{**_BEFORE["claims"][0], "verdict": "false"}],
}
_WATCH: Final[dict[str, Any]] = {
    "id": _WATCH_ID,
    "key_id": _KEY_ID,
    "check_id": _WATCH_ID,
    "claim_id": None,
    "ref": "article-4711",
    "size": 1,
    "events": 1,
    "created_at": "2026-01-02T08:00:00Z",
    "expires_at": "2026-04-02T08:00:00Z",
}
_EVENT: Final[dict[str, Any]] = {
    "id": _EVENT_ID,
    "type": "answer.changed",
    "timestamp": "2026-02-01T12:00:01Z",
    "data": {
        "watch_id": _WATCH_ID,
        "number": 1,
        "ref": "article-4711",
        "check_id": _WATCH_ID,
        "claim_id": None,
        "asked": _ASKED,
        "changed": ["status", "verdict"],
        "before": _BEFORE,
        "after": _AFTER,
        "abridged": False,
    },
}
_WEBHOOK: Final[dict[str, Any]] = {
    "id": _WEBHOOK_ID,
    "url": "https://cms.example.org/hooks/factcheck",
    "key_id": None,
    "description": "Newsroom CMS",
    "created_at": "2026-01-02T09:00:00Z",
    "disabled_at": None,
    "disabled_reason": None,
    "failing_since": None,
    "last_error": None,
    "last_delivered_at": "2026-02-01T12:00:02Z",
    "secret_expires_at": None,
}
_SECRET: Final = "whsec_VEhJUy1JUy1BTi1FWEFNUExFLUFORC1TSUdOUy1OT1Q="  # noqa: S105  # opens nothing
_DELIVERY: Final[dict[str, Any]] = {
    "id": _DELIVERY_ID,
    "webhook_id": _WEBHOOK_ID,
    "event_id": _EVENT_ID,
    "watch_id": _WATCH_ID,
    "type": "answer.changed",
    "state": "pending",
    "attempts": 2,
    "status": 500,
    "error": "answered 500",
    "created_at": "2026-02-01T12:00:01Z",
    "attempted_at": "2026-02-01T12:00:07Z",
    "next_attempt_at": "2026-02-01T12:01:09Z",
    "finished_at": None,
}

PARAMETERS: Final[dict[str, Any]] = {
    "watch_id": _WATCH_ID,
    "webhook_id": _WEBHOOK_ID,
    "delivery_id": _DELIVERY_ID,
    "Last-Event-ID": "1",
}


def _list(item: Any) -> dict[str, Any]:
    return {"items": [item], "next_page_token": None}


OPERATIONS: Final[dict[str, dict[str, Any]]] = {
    "createWatch": {
        "request": {"check_id": _WATCH_ID, "ref": "article-4711"},
        "response": {**_WATCH, "events": 0, "answers": [{"asked": _ASKED, "now": _BEFORE}]},
    },
    "listWatches": {"response": _list(_WATCH)},
    "getWatch": {"response": {**_WATCH, "answers": [{"asked": _ASKED, "now": _AFTER}]}},
    "deleteWatch": {},
    "listWatchEvents": {"response": _list(_EVENT)},
    "streamWatchEvents": {
        "response": 'retry: 2000\n\nid: 1\nevent: answer.changed\ndata: {"id": "0199b1c4-9e77-...", ...}\n\n'
    },
    "createWebhook": {
        "request": {"url": _WEBHOOK["url"], "description": "Newsroom CMS"},
        "response": {**_WEBHOOK, "last_delivered_at": None, "secret": _SECRET},
    },
    "listWebhooks": {"response": _list(_WEBHOOK)},
    "getWebhook": {"response": _WEBHOOK},
    "deleteWebhook": {},
    "rotateWebhookSecret": {
        "request": {"overlap": 86_400},
        "response": {**_WEBHOOK, "secret_expires_at": "2026-02-02T12:00:00Z", "secret": _SECRET},
    },
    "enableWebhook": {"response": _WEBHOOK},
    "testWebhook": {
        "response": {
            **_DELIVERY,
            "watch_id": None,
            "type": "webhook.test",
            "attempts": 0,
            "status": None,
            "error": None,
            "attempted_at": None,
        }
    },
    "listDeliveries": {"response": _list(_DELIVERY)},
    "getDelivery": {"response": _DELIVERY},
    "redeliver": {"response": {**_DELIVERY, "attempts": 0}},
}
