"""The examples in the OpenAPI document, by operation id. Each is a request that works and an answer of its shape."""

from __future__ import annotations

from typing import Any, Final

from service.api import inbox_examples, watch_examples

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
_VISIT: Final = {"link_status": "ok", "checked_at": "2026-01-02T04:00:00Z", "final_url": None}
_STORED_SOURCE: Final = {**_SOURCE, "archived_url": None, **_VISIT}
_STORED_REVIEW: Final = {**_REVIEW, "via": None, **_VISIT}
_REPORT: Final[dict[str, Any]] = {
    "url": "https://www.tabnak.ir/fa/news/1349169/",
    "title": "Coalition forces to leave Ain al-Asad (Persian report of the press conference, via IRNA)",
    "publisher": "Tabnak",
    "published_at": "2025-12-31",
    "stance": "supports",
    "quote": None,
    "archived_url": None,
    **_VISIT,
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
    "engine": {
        "version": "1.0.0",
        "corpus_revision": 5121,
        "retrieval": ["lexical"],
        "semantic_coverage": None,
        "upstream": "off",
    },
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
_PART_ID: Final = "0199b1c2-0b52-7d63-9a0e-5f1c2d3e4a5c"
_PUBLISHER_ID: Final = "0199b1c2-0b52-7d63-9a0e-5f1c2d3e4a5d"
_PIN: Final = {"verdict": "false", "reason": "The agency withdrew the figure on 2026-02-01."}
_STORED_PHRASING: Final = {
    "id": _PART_ID,
    "text": "۳۹ عنصر تروریستی با حملات پهپادی کشته شدند",
    "language": "fa",
    "confirmed": False,
}
_KEPT_REVIEW: Final = {**_STORED_REVIEW, "id": _PART_ID, "from_label": False}
_KEPT_SOURCE: Final = {**_STORED_SOURCE, "id": _PART_ID}
_CLAIM: Final[dict[str, Any]] = {
    **_NEW_CLAIM,
    "id": _CLAIM_ID,
    "verdict": "unproven",
    "pinned_verdict": None,
    "valid_until": None,
    "superseded_by": None,
    "phrasings": [_STORED_PHRASING],
    "reviews": [_KEPT_REVIEW],
    "sources": [_KEPT_SOURCE],
    "revision": 1,
    "created_at": "2026-01-02T07:30:00Z",
    "updated_at": "2026-01-02T07:30:00Z",
    "withdrawn_at": None,
    "merged_into": None,
}
_CORRECTED: Final[dict[str, Any]] = {
    **_CLAIM,
    "verdict": "false",
    "pinned_verdict": _PIN,
    "revision": 2,
    "updated_at": "2026-02-01T12:00:00Z",
}
_HISTORY: Final[dict[str, Any]] = {
    "items": [
        {
            "revision": 2,
            "action": "edited",
            "at": "2026-02-01T12:00:00Z",
            "author": "desk",
            "reason": "The agency corrected itself",
            "changes": [
                {"path": "/pinned_verdict", "before": None, "after": _PIN},
                {"path": "/verdict", "before": "unproven", "after": "false"},
            ],
        }
    ],
    "next_page_token": "WyI3YTNlMmQxZTViMGMiLDJd",
}
_NEW_PUBLISHER: Final[dict[str, Any]] = {
    "name": "Example Fact Desk",
    "site": "factdesk.example.org",
    "labels": {"Three turnips": "mostly_false"},
}
_PUBLISHER: Final[dict[str, Any]] = {
    **_NEW_PUBLISHER,
    "id": _PUBLISHER_ID,
    "revision": 1,
    "created_at": "2026-01-02T07:30:00Z",
    "updated_at": "2026-01-02T07:30:00Z",
}


_FEEDBACK: Final[dict[str, Any]] = {
    "id": "0199b1c2-8d3e-7c11-8f6a-2d1e5b0c9a79",
    "result": 0,
    "claim_id": _CLAIM_ID,
    "judgement": "right",
    "note": None,
    "suggested": False,
    "relation": "equivalent",
    "score": 0.97,
    "at": "2026-01-02T08:05:00Z",
    "author": "News desk (fc_k3v7q2xw5a)",
}
_ENGINE: Final[dict[str, Any]] = {
    **{name: value for name, value in _CHECK["engine"].items() if name != "upstream"},
    "model": None,
    "thresholds": {"match": 0.8, "suggest": 0.4},
    "scores": [
        {
            "name": "by_words",
            "description": "Words alone; its log odds go through the calibration of the incoming text's language.",
            "intercept": -12.2826,
            "features": [
                {
                    "name": "figures_agree",
                    "description": "Number of figures on which both agree.",
                    "weight": 2.015,
                }
            ],
        }
    ],
    "languages": [{"tag": "en", "calibration": {"offset": 0.621, "slope": 1.1669}}, {"tag": "de", "calibration": None}],
    "calibration": {
        "trained_on": ["checkthat2022_2a_en"],
        "otherwise": {"offset": -0.0266, "slope": 0.9883},
        "measured": [
            {
                "benchmark": "checkthat2022_2a_en",
                "split": "dev",
                "version": "1.0.0",
                "model": None,
                "queries": 199,
                "claims": 14231,
                "expected_calibration_error": 0.0314,
                "bins": [{"from": 0.9, "to": 1.0, "n": 97, "mean_score": 0.968, "share_right": 0.969}],
            }
        ],
    },
}


def _list(*items: Any) -> dict[str, Any]:
    return {"items": list(items), "next_page_token": None}


def _parts(name: str, sent: dict[str, Any], stored: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    return {
        f"list{name}s": {"response": _list(stored)},
        f"add{name}": {"request": sent, "response": stored},
        f"get{name}": {"response": stored},
        f"update{name}": {"request": change, "response": {**stored, **change}},
        f"remove{name}": {},
    }


PARAMETERS: Final[dict[str, Any]] = {
    "check_id": _CHECK_ID,
    "claim_id": _CLAIM_ID,
    "phrasing_id": _PART_ID,
    "review_id": _PART_ID,
    "source_id": _PART_ID,
    "item_id": inbox_examples.ITEM_ID,
    "publisher_id": _PUBLISHER_ID,
    "If-Match": '"1-1f0c9a77"',
    "reason": "The agency corrected itself",
    **watch_examples.PARAMETERS,
}
"""By name, for every operation that has it."""

_KEY_ID: Final = "0199b1c1-5e6f-7a8b-9c0d-1e2f3a4b5c6d"
_KEY: Final[dict[str, Any]] = {
    "id": _KEY_ID,
    "name": "News desk",
    "prefix": "k3v7q2xw5a",
    "scopes": ["check", "read"],
    "rate_limit": None,
    "created_at": "2026-01-01T09:00:00Z",
    "expires_at": "2027-01-01T00:00:00Z",
    "revoked_at": None,
}

_CLAIM_REVIEW: Final[dict[str, Any]] = {
    "@type": "ClaimReview",
    "@id": f"urn:uuid:{_PART_ID}",
    "url": _REVIEW["url"],
    "name": _REVIEW["title"],
    "inLanguage": "en",
    "datePublished": "2026-01-01",
    "author": {"@type": "Organization", "name": "Example Fact Desk", "url": "https://factdesk.example.org/"},
    "claimReviewed": _NEW_CLAIM["text"],
    "itemReviewed": {
        "@type": "Claim",
        "@id": f"urn:uuid:{_CLAIM_ID}",
        "text": _NEW_CLAIM["text"],
        "inLanguage": "en",
        "author": {"@type": "Person", "name": "Qais al-Muhammadawi"},
        "datePublished": "2025-12-31",
    },
    "reviewRating": {"@type": "Rating", "alternateName": "Unproven"},
}
_ONE_CLAIM_REVIEW: Final = {"@context": "https://schema.org", **_CLAIM_REVIEW}
_DATA_FEED: Final = {
    "@context": "https://schema.org",
    "@type": "DataFeed",
    "name": "Fact-checks",
    "dateModified": "2026-01-02T07:30:00Z",
    "dataFeedElement": [
        {
            "@type": "DataFeedItem",
            "@id": f"urn:uuid:{_CLAIM_ID}#item",
            "dateCreated": "2026-01-02T07:30:00Z",
            "dateModified": "2026-01-02T07:30:00Z",
            "item": [_CLAIM_REVIEW],
        }
    ],
}
_FEED: Final = f"""\
<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
<id>https://factcheck.example.org/v1/exports/verdicts.atom</id><title>Changed verdicts</title>
<updated>2026-02-01T12:00:00Z</updated><author><name>Factcheck</name></author>
<entry><id>urn:uuid:{_PART_ID}</id><title>Unproven → False: {_NEW_CLAIM["text"]}</title>
<updated>2026-02-01T12:00:00Z</updated></entry>
</feed>
"""
_ROW: Final = f'{{"id":"{_CLAIM_ID}","revision":1,"text":"{_NEW_CLAIM["text"]}","language":"en"}}\n'
_TABLE: Final = f"claim_id,revision,text,language,verdict,...\r\n{_CLAIM_ID},1,{_NEW_CLAIM['text']},en,unproven,...\r\n"

_METRICS: Final = """\
# HELP factcheck_corpus_revision Counts the changes of stored claims.
# TYPE factcheck_corpus_revision gauge
factcheck_corpus_revision 5121.0
# HELP factcheck_check_results_total Incoming claims by the status they were answered, and why.
# TYPE factcheck_check_results_total counter
factcheck_check_results_total{reason="",status="supported"} 12.0
factcheck_check_results_total{reason="quantity_conflict",status="unverified"} 3.0
"""
_IMPORT_ID: Final = "0199b1c2-9e22-7a42-8f0c-3a4b5c6d7e8f"
_IMPORT: Final[dict[str, Any]] = {
    "id": _IMPORT_ID,
    "name": "https://factdesk.example.org/feed.json",
    "url": "https://factdesk.example.org/feed.json",
    "format": "feed",
    "state": "done",
    "dry_run": False,
    "language": None,
    "join_score": 0.95,
    "columns": {},
    "author": "News desk (fc_k3v7q2xw5a)",
    "created_at": "2026-01-02T08:00:00Z",
    "started_at": "2026-01-02T08:00:00Z",
    "finished_at": "2026-01-02T08:00:41Z",
    "size": 189_000_000,
    "read": 189_000_000,
    "rows": {"total": 92_742, "created": 88_211, "joined": 3_107, "revised": 0, "unchanged": 0, "refused": 1_424},
    "undone": 0,
    "kept": 0,
    "error": None,
}
_QUEUED: Final[dict[str, Any]] = {
    **_IMPORT,
    "name": "https://factdesk.example.org/2026/01/drone-strikes",
    "url": "https://factdesk.example.org/2026/01/drone-strikes",
    "format": None,
    "state": "queued",
    "dry_run": True,
    "started_at": None,
    "finished_at": None,
    "size": None,
    "read": 0,
    "rows": {"total": 0, "created": 0, "joined": 0, "revised": 0, "unchanged": 0, "refused": 0},
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
    "getCheck": {"response": _CHECK},
    "replayCheck": {
        "response": {
            "replay_of": _CHECK_ID,
            "changed": True,
            "results": [
                {
                    "ref": "p3",
                    "text": _TEXT,
                    "changed": True,
                    "changes": [
                        {"path": "/status", "before": "unproven", "after": "refuted"},
                        {"path": f"/matches/{_CLAIM_ID}/verdict", "before": "unproven", "after": "false"},
                    ],
                }
            ],
            "check": {
                **_CHECK,
                "id": "0199d2e3-7a3e-7c11-8f6a-2d1e5b0c9a78",
                "results": [
                    {
                        **_RESULT,
                        "status": "refuted",
                        "summary": "Refuted: an editor rates an equivalent claim false, because: " + _PIN["reason"],
                        "matches": [{**_RESULT["matches"][0], "verdict": "false"}],
                    }
                ],
            },
        }
    },
    "giveFeedback": {
        "request": {"items": [{"result": 0, "claim_id": _CLAIM_ID, "judgement": "right"}]},
        "response": {"items": [_FEEDBACK]},
    },
    "listFeedback": {"response": _list(_FEEDBACK)},
    "getEngine": {"response": _ENGINE},
    "checkText": {
        "parameters": {"text": _TEXT, "language": "en", "claimed_at": "2025-12-31"},
        "response": {**_RESULT, "ref": None},
    },
    "getMetrics": {"response": _METRICS},
    "exportClaims": {"response": _ROW},
    "exportTable": {"response": _TABLE},
    "exportClaimReviews": {"parameters": {"publisher": "factdesk.example.org"}, "response": _DATA_FEED},
    "exportVerdictChanges": {"response": _FEED},
    "getClaimReviews": {"response": _ONE_CLAIM_REVIEW},
    "getClaimReview": {"response": _ONE_CLAIM_REVIEW},
    "googleSearch": {
        "parameters": {"query": "drone strikes", "languageCode": "en", "maxAgeDays": 365},
        "response": {
            "claims": [
                {
                    "text": _NEW_CLAIM["text"],
                    "claimant": "Qais al-Muhammadawi",
                    "claimDate": "2025-12-31T00:00:00Z",
                    "claimReview": [
                        {
                            "publisher": {"name": "Example Fact Desk", "site": "factdesk.example.org"},
                            "url": _REVIEW["url"],
                            "title": _REVIEW["title"],
                            "reviewDate": "2026-01-01T00:00:00Z",
                            "textualRating": "Unproven",
                            "languageCode": "en",
                        }
                    ],
                }
            ],
            "nextPageToken": "WyI3YTNlMmQxZTViMGMiLDEwXQ",
        },
    },
    "listClaims": {
        "parameters": {"q": "39 drone", "verdict": "unproven", "sort": "-updated_at", "fields": "id,text,verdict"},
        "response": {
            "items": [{"id": _CLAIM_ID, "text": _NEW_CLAIM["text"], "verdict": "unproven"}],
            "next_page_token": None,
            "total": 1,
        },
    },
    "createClaim": {"request": _NEW_CLAIM, "response": _CLAIM},
    "getClaim": {"response": _CLAIM},
    "updateClaim": {"request": {"pinned_verdict": _PIN}, "response": _CORRECTED},
    "withdrawClaim": {},
    **_parts("Phrasing", _NEW_CLAIM["phrasings"][0], _STORED_PHRASING, {"language": "fa-IR"}),
    **_parts("Review", _REVIEW, _KEPT_REVIEW, {"verdict": "mostly_true"}),
    **_parts("Source", _SOURCE, _KEPT_SOURCE, {"stance": "mixed"}),
    "getClaimHistory": {"response": _HISTORY},
    "mergeClaim": {"request": {"into": "0199b1c2-0b52-7d63-9a0e-5f1c2d3e4a00"}, "response": _CLAIM},
    "listPublishers": {"response": _list(_PUBLISHER)},
    "createPublisher": {"request": _NEW_PUBLISHER, "response": _PUBLISHER},
    "getPublisher": {"response": _PUBLISHER},
    "updatePublisher": {
        "request": {"labels": {"Three turnips": "false"}},
        "response": {**_PUBLISHER, "labels": {"Three turnips": "false"}, "revision": 2},
    },
    **watch_examples.OPERATIONS,
    **inbox_examples.OPERATIONS,
    "listLinks": {
        "response": {
            "items": [
                {
                    "url": _SOURCE["url"],
                    "link_status": "gone",
                    "http_status": 404,
                    "final_url": None,
                    "archived_url": f"https://web.archive.org/web/20260101000000/{_SOURCE['url']}",
                    "checked_at": "2026-02-01T04:00:00Z",
                    "changed_at": "2026-02-01T04:00:00Z",
                    "claim_ids": [_CLAIM_ID],
                }
            ],
            "next_page_token": None,
            "counts": {"unchecked": 3, "ok": 412, "redirected": 20, "gone": 1, "blocked": 9, "error": 0},
        },
    },
    "listKeys": {"response": {"items": [_KEY], "next_page_token": None}},
    "createImport": {
        "request": {"url": "https://factdesk.example.org/2026/01/drone-strikes", "dry_run": True},
        "upload": '{"text": "39 terrorists killed by drone strikes", "language": "en"}',
        "parameters": {"language": "en", "columns": '{"text": "Claim", "review_label": "Rating"}'},
        "response": _QUEUED,
    },
    "listImports": {"response": {"items": [_IMPORT], "next_page_token": None}},
    "getImport": {"parameters": {"import_id": _IMPORT_ID}, "response": _IMPORT},
    "listImportErrors": {
        "parameters": {"import_id": _IMPORT_ID},
        "response": {
            "items": [{"line": 7, "pointer": "/text", "detail": "must not be empty", "refused": True}],
            "next_page_token": None,
        },
    },
    "cancelImport": {"parameters": {"import_id": _IMPORT_ID}, "response": {**_IMPORT, "state": "cancelled"}},
    "undoImport": {"parameters": {"import_id": _IMPORT_ID}, "response": {**_IMPORT, "state": "undoing"}},
    "createKey": {
        "request": {"name": "News desk", "scopes": ["check", "read"], "expires_at": "2027-01-01T00:00:00Z"},
        "response": {**_KEY, "secret": "fc_k3v7q2xw5a_THIS-IS-AN-EXAMPLE-AND-OPENS-NOTHING-000000"},
    },
    "getKey": {"parameters": {"key_id": _KEY_ID}, "response": _KEY},
    "revokeKey": {
        "parameters": {"key_id": _KEY_ID},
        "response": {**_KEY, "revoked_at": "2026-02-01T09:00:00Z"},
    },
    "listAudit": {
        "response": {
            "items": [
                {
                    "id": "0199b1c2-9d11-7a42-8f0c-3a4b5c6d7e8f",
                    "at": "2026-01-02T07:30:00Z",
                    "operation": "createClaim",
                    "resource": f"/v1/claims/{_CLAIM_ID}",
                    "key_id": _KEY_ID,
                    "key_name": "News desk",
                    "key_prefix": "k3v7q2xw5a",
                    "request_id": "0199b1c2-8c04-7f2b-b1d3-6e7f8091a2b3",
                    "address": "192.0.2.7",
                }
            ],
            "next_page_token": "AZmxwp0RekKPDDpLXG1-j7s5Jt0vq0aB",
        }
    },
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

STORED: Final = f"/v1/claims/{_CLAIM_ID}"
ASKED: Final = "/v1/checks"
"""Addresses that examples of problems name."""

PROBLEMS: Final[dict[int, tuple[str, str, str]]] = {
    308: (f"The claim {_CLAIM_ID} is part of 0199b1c2-0b52-7d63-9a0e-5f1c2d3e4a00 now.", "", ""),
    400: (
        "The body is not valid JSON. Input data was truncated.",
        "",
        "The body is not valid JSON. Input data was truncated.",
    ),
    401: ("This API key is not known.", "", ""),
    403: ("This needs a key with the scope `write`.", "", ""),
    404: (f"There is no claim {_CLAIM_ID}.", "", ""),
    406: ("Accept application/json.", "", ""),
    408: ("The body did not arrive in time; send the request again.", "", ""),
    409: ("The claim is already stored.", "", ""),
    410: ("The claim was withdrawn on 2026-02-01, in revision 2; its history is kept.", "", ""),
    412: ("It has changed since you read it: it is at revision 3 now. Read it again.", "", ""),
    413: ("A body may have at most 1 MiB (1,048,576 bytes).", "", ""),
    415: ("Send the body as JSON, with `Content-Type: application/json`.", "", ""),
    422: ("/claims/0/text: must not be empty", "/claims/0/text", "must not be empty"),
    428: (
        "Send If-Match with the ETag of what you have read, or with * to change whatever is there.",
        "/If-Match",
        "is required",
    ),
    429: ("The limit of this key is 6000 units a minute; try again in 3 s.", "", ""),
    500: ("An unexpected error happened; the server's log has it under this request_id.", "", ""),
    503: ("the database cannot be reached", "", ""),
}
"""By status: the detail of a problem, and the pointer and detail of its one fault, empty where it has none."""
