"""The examples in the OpenAPI document, by operation id. Each is a request that works and an answer of its shape."""

from __future__ import annotations

from typing import Any, Final

_CLAIM_ID: Final = "0199b1c2-0b52-7d63-9a0e-5f1c2d3e4a5b"
_CHECK_ID: Final = "0199b1c2-7a3e-7c11-8f6a-2d1e5b0c9a77"
_TEXT: Final = "39 terrorists killed by drone strikes"

_SOURCE: Final[dict[str, Any]] = {
    "url": "https://example.org/iraq/2025/12/31/press-conference",
    "title": "Joint Operations Command: year in review",
    "publisher": "Example News Agency",
    "published_at": "2025-12-31",
    "stance": "supports",
    "quote": "39 terrorists were killed by drone strikes this year",
}
_REVIEW: Final[dict[str, Any]] = {
    "url": "https://factdesk.example.org/2026/01/drone-strikes",
    "title": "Were 39 terrorists killed by drones in Iraq?",
    "publisher": {"name": "Example Fact Desk", "site": "factdesk.example.org"},
    "verdict": "unproven",
    "original_label": "Unproven",
    "language": "en",
    "published_at": "2026-01-01",
}
_STORED_SOURCE: Final = {**_SOURCE, "archived_url": None, "link_status": "unchecked", "checked_at": None}
_REPORT: Final[dict[str, Any]] = {
    "url": "https://www.tabnak.ir/fa/news/1349169/",
    "title": "Coalition forces to leave Ain al-Asad (Persian report of the press conference, via IRNA)",
    "publisher": "Tabnak",
    "published_at": "2025-12-31",
    "stance": "supports",
    "quote": None,
    "archived_url": None,
    "link_status": "unchecked",
    "checked_at": None,
}

_RESULT: Final[dict[str, Any]] = {
    "ref": "p3",
    "text": _TEXT,
    "language": "en",
    "status": "unproven",
    "confidence": 0.97,
    "reason": None,
    "summary": "Unproven: an equivalent claim is known, and no review has rated it.",
    "reading": {
        "quantities": [
            {
                "value": 39,
                "upper": None,
                "unit": "person",
                "comparator": "=",
                "text": "39",
                "span": {"start": 0, "end": 2},
            }
        ],
        "dates": [],
        "names": [],
        "negated": False,
        "folded": _TEXT,
    },
    "matches": [
        {
            "claim_id": _CLAIM_ID,
            "text": "۳۹ عنصر تروریستی با حملات پهپادی کشته شدند",
            "language": "fa",
            "claimant": "Qais al-Muhammadawi",
            "claimed_at": "2025-12-31",
            "verdict": "unproven",
            "relation": "equivalent",
            "score": 0.97,
            "span": {"start": 0, "end": 37},
            "explanation": [{"feature": "quantity", "score": 1.0, "query": "39", "candidate": "۳۹", "detail": "equal"}],
            "conflicts": [],
            "reviews": [],
            "sources": [_REPORT],
        }
    ],
    "suggestions": [],
}
_CHECK: Final[dict[str, Any]] = {
    "id": _CHECK_ID,
    "created_at": "2026-01-02T08:00:00Z",
    "engine": {"version": "1.0.0", "corpus_revision": 5121, "retrieval": ["lexical"], "semantic_coverage": None},
    "results": [_RESULT],
}
_NEW_CLAIM: Final[dict[str, Any]] = {
    "text": "39 terrorists were killed by drone strikes in Iraq in 2025",
    "language": "en",
    "claimant": "Qais al-Muhammadawi",
    "claimed_at": "2025-12-31",
    "topics": ["security"],
    "phrasings": [{"text": "۳۹ عنصر تروریستی با حملات پهپادی کشته شدند", "language": "fa"}],
    "reviews": [_REVIEW],
    "sources": [_SOURCE],
}
_CLAIM: Final[dict[str, Any]] = {
    **_NEW_CLAIM,
    "id": _CLAIM_ID,
    "verdict": "unproven",
    "valid_until": None,
    "sources": [_STORED_SOURCE],
    "revision": 1,
    "created_at": "2026-01-02T07:30:00Z",
    "updated_at": "2026-01-02T07:30:00Z",
}

OPERATIONS: Final[dict[str, dict[str, Any]]] = {
    "createCheck": {
        "request": {
            "claims": [
                {
                    "ref": "p3",
                    "text": _TEXT,
                    "language": "en",
                    "claimant": "Qais al-Muhammadawi",
                    "claimed_at": "2025-12-31",
                }
            ],
            "options": {
                "max_matches": 5,
                "match_threshold": 0.8,
                "suggest_threshold": 0.4,
                "languages": ["en", "fa"],
            },
        },
        "response": _CHECK,
    },
    "getCheck": {"parameters": {"check_id": _CHECK_ID}, "response": _CHECK},
    "checkText": {
        "parameters": {"text": _TEXT, "language": "en", "claimed_at": "2025-12-31"},
        "response": {**_RESULT, "ref": None},
    },
    "createClaim": {"request": _NEW_CLAIM, "response": _CLAIM},
    "getClaim": {"parameters": {"claim_id": _CLAIM_ID}, "response": _CLAIM},
    "getLiveness": {"response": {"status": "ok", "version": "1.0.0"}},
    "getReadiness": {
        "response": {
            "status": "ok",
            "version": "1.0.0",
            "semantic": {"model": "all-MiniLM-L6-v2", "covered": 0.9994},
        }
    },
}
"""By operation id: ``request`` and ``response`` bodies, ``parameters`` by name."""

REQUEST_ID: Final = "0199b1c2-8c04-7f2b-b1d3-6e7f8091a2b3"

PROBLEMS: Final[dict[int, tuple[str, str, str]]] = {
    400: (
        "The body is not valid JSON. Input data was truncated.",
        "",
        "The body is not valid JSON. Input data was truncated.",
    ),
    404: (f"There is no claim {_CLAIM_ID}.", "", ""),
    406: ("Accept application/json.", "", ""),
    409: ("The claim is already stored.", "", ""),
    413: ("A body may have at most 1 MiB (1,048,576 bytes).", "", ""),
    415: ("Send the body as JSON, with `Content-Type: application/json`.", "", ""),
    422: ("/claims/0/text: must not be empty", "/claims/0/text", "must not be empty"),
    500: ("An unexpected error happened; the server's log has it under this request_id.", "", ""),
    503: ("the database cannot be reached", "", ""),
}
"""By status: the detail of a problem, and the pointer and detail of its one fault, empty where it has none."""
