from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.api.bodies import MAX_FAULTS, decode, pointer_of, refuse_other_media_types
from service.api.checks import CheckRequest
from service.api.claim_bodies import NewClaim
from service.api.problems import Refusal


def refusal(body: bytes, model: type[Any] = CheckRequest) -> Refusal:
    with pytest.raises(Refusal) as caught:
        decode(body, model)
    return caught.value


def pointers(body: Any, model: type[Any] = CheckRequest) -> list[str]:
    found = refusal(json.dumps(body).encode(), model)
    assert found.kind.status == 422
    return [fault.pointer for fault in found.faults]


def test_a_good_body_is_decoded():
    request = decode('{"claims":[{"text":"۳۹ عنصر تروریستی","claimed_at":"2025-12-31"}]}'.encode(), CheckRequest)
    assert request.claims[0].text == "۳۹ عنصر تروریستی"
    assert request.claims[0].claimed_at.isoformat() == "2025-12-31"
    assert request.options.max_matches == 5


def test_every_structural_fault_is_reported_at_once():
    body = {
        "claims": [{"text": "fine"}, {"text": 5, "ref": []}, {}, "text"],
        "options": {"max_matches": "3", "languages": ["en", 1]},
        "extra": 1,
    }
    assert sorted(pointers(body)) == [
        "/claims/1/ref",
        "/claims/1/text",
        "/claims/2/text",
        "/claims/3",
        "/extra",
        "/options/languages/1",
        "/options/max_matches",
    ]


@pytest.mark.parametrize("key", ["a/b", "a~b", "~1", "", "x` - at `$.claims[0]", "\u200f", "claims ", "🙂"])
def test_an_unknown_key_is_named_exactly(key):
    escaped = key.replace("~", "~0").replace("/", "~1")
    assert pointers({"claims": [{"text": "abc", key: 1}]}) == [f"/claims/0/{escaped}"]


def test_unknown_fields_are_found_at_every_depth():
    claim = {
        "text": "abc",
        "language": "en",
        "a": 1,
        "phrasings": [{"text": "abc", "language": "fa", "b": 1}],
        "reviews": [{"publisher": {"name": "x", "c": 1}, "d": 1}],
        "sources": [{"url": "https://a.example", "stance": "supports", "e": 1}],
    }
    assert sorted(pointers(claim, NewClaim)) == [
        "/a",
        "/phrasings/0/b",
        "/reviews/0/d",
        "/reviews/0/publisher/c",
        "/sources/0/e",
    ]


def test_a_value_outside_a_vocabulary_is_answered_with_the_vocabulary():
    body = {"text": "abc", "language": "en", "sources": [{"url": "https://a.example", "stance": "for"}]}
    fault = refusal(json.dumps(body).encode(), NewClaim).faults[0]
    assert (fault.pointer, fault.detail) == (
        "/sources/0/stance",
        "must be one of supports, refutes, mixed, neutral",
    )


def test_faults_speak_of_json_types():
    body = {"claims": [{"text": 5, "claimed_at": "yesterday"}], "options": []}
    details = {fault.pointer: fault.detail for fault in refusal(json.dumps(body).encode()).faults}
    assert details == {
        "/claims/0/text": "must be a string, not an integer",
        "/claims/0/claimed_at": "must be a date such as 2025-12-31",
        "/options": "must be an object, not an array",
    }


def test_a_body_full_of_faults_is_answered_shortly():
    assert len(pointers({"claims": [1] * 5000})) == MAX_FAULTS


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "JSON"),
        (b'{"claims":[{"text":"abc"}', "truncated"),
        (b'{"claims":[{"text":"abc"}]} {}', "JSON"),
        (b"{'claims':[]}", "JSON"),
        (b'{"options":{"match_threshold":NaN},"claims":[]}', "JSON"),
        (b'{"options":{"match_threshold":-Infinity},"claims":[]}', "JSON"),
        (b'{"claims":[{"text":"\xff\xfe"}]}', "UTF-8"),
        (b'{"claims":[{"text":"\xed\xa0\x80"}]}', "UTF-8"),
        (b'{"claims":[{"\xff":"abc"}]}', "UTF-8"),
        (b"\xef\xbb\xbf{}", "JSON"),
        ('{"claims":[]}'.encode("utf-16"), "JSON"),
        (rb'{"claims":[{"text":"abc\ud800"', "JSON"),
        (b"[" * 500_000, "deep"),
        (b'{"claims":' * 50_000 + b"1" + b"}" * 50_000, "deep"),
        (b'{"x":' + b"[" * 200_000 + b"]" * 200_000 + b"}", "deep"),
    ],
)
def test_what_is_not_json_is_malformed(body, words):
    found = refusal(body)
    assert found.kind.status == 400
    assert words in found.detail


@pytest.mark.parametrize("number", ["9" * 6000, "1e999", "-1e999", "1.5"])
def test_numbers_beyond_any_range_are_faults_with_a_place(number):
    found = refusal(b'{"claims":[{"text":"abc"}],"options":{"max_matches":%s}}' % number.encode())
    assert found.kind.status == 422
    assert [fault.pointer for fault in found.faults] == ["/options/max_matches"]


@pytest.mark.parametrize("half", [r"\ud800", r"\udc00\ud800", r"\uD83D and more", r"\udfffabc"])
def test_half_a_surrogate_pair_is_found_where_it_stands(half):
    body = f'{{"claims":[{{"text":"whole \\ud83d\\ude42"}},{{"text":"abc{half}"}}]}}'
    found = refusal(body.encode())
    assert found.kind.status == 422
    assert [(fault.pointer, fault.detail) for fault in found.faults] == [
        ("/claims/1/text", "must not contain half of a surrogate pair")
    ]


def test_half_a_surrogate_pair_in_a_name_is_found_too():
    assert [fault.pointer for fault in refusal(rb'{"claims":[],"a\ud800":1}').faults] == ["/a\ud800"]


def test_the_last_of_duplicate_keys_counts():
    assert decode(b'{"claims":[],"claims":[{"text":"abc"}]}', CheckRequest).claims[0].text == "abc"


@pytest.mark.parametrize("body", [b"[]", b"null", b"1", b'"abc"', b"true"])
def test_a_body_must_be_an_object(body):
    found = refusal(body)
    assert found.kind.status == 422
    assert found.faults[0].pointer == ""


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_a_refusal(body):
    with pytest.raises(Refusal):
        decode(body, CheckRequest)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(max_size=5) | st.sampled_from(["claims", "text", "options", "language", "ref", "claimed_at"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(json_values)
def test_every_pointer_leads_to_what_is_wrong(body):
    encoded = msgspec.json.encode(body)
    try:
        decode(encoded, CheckRequest)
    except Refusal as found:
        for fault in found.faults:
            *parents, last = fault.pointer.split("/")[1:] or [None]
            place = msgspec.json.decode(encoded) if found.kind.status == 422 and _representable(encoded) else None
            for step in parents if place is not None else ():
                key = step.replace("~1", "/").replace("~0", "~")
                place = place[int(key)] if isinstance(place, list) else place[key]
            if place is not None and fault.detail == "is required":
                assert last not in place


def _representable(encoded: bytes) -> bool:
    try:
        msgspec.json.decode(encoded)
    except msgspec.DecodeError:
        return False
    return True


@pytest.mark.parametrize(
    ("message", "pointer"),
    [
        ("Expected `str`, got `int` - at `$.claims[12].text`", "/claims/12/text"),
        ("Expected `object`, got `array`", ""),
        ("Integer value out of range - at `$.options.max_matches`", "/options/max_matches"),
        ("Object contains unknown field `a` - at `$.claims[0]`", "/claims/0"),
        ("Integer value out of range - at `$[...][0][...]`", ""),
    ],
)
def test_paths_become_pointers(message, pointer):
    assert pointer_of(message) == pointer


@pytest.mark.parametrize(
    "header",
    ["application/json", "application/json; charset=UTF-8", 'APPLICATION/JSON;charset="utf-8"', "application/ld+json"],
)
def test_json_media_types_are_taken(header):
    refuse_other_media_types(header)


@pytest.mark.parametrize(
    "header", [None, "", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16", "json"]
)
def test_other_media_types_are_not(header):
    with pytest.raises(Refusal) as caught:
        refuse_other_media_types(header)
    assert caught.value.kind.status == 415
