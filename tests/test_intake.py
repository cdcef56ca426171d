"""The rules that HTTP, the command line and the seeds share; what HTTP sends through them is in tests/api."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain import CheckOptions, ClaimDraft, IncomingClaim, Publisher, Review, Source, Stance, Verdict
from service.errors import InvalidInput
from service.intake import draft_faults, is_known_language, validate_check, validate_draft

DRAFT = ClaimDraft(text="39 terrorists were killed", language="en")


def faults_of(text: str, options: CheckOptions | None = None) -> list[str]:
    try:
        validate_check([IncomingClaim(text=text)], options or CheckOptions())
    except InvalidInput as error:
        return [fault.pointer for fault in error.faults]
    return []


@pytest.mark.parametrize("tag", ["en", "EN", "fa", "ar-IQ", "zh-Hant-TW", "und", "ckb", "sr-Latn", "es-419", "de-1996"])
def test_known_languages(tag):
    assert is_known_language(tag)


@pytest.mark.parametrize(
    "tag", ["", "e", "xq", "english", "en_US", "en-", "en-Xxxx", "en-QQX", "en--US", "en\n", "ｅｎ"]
)
def test_unknown_languages(tag):
    assert not is_known_language(tag)


@pytest.mark.parametrize(
    "text", ["abc", "  abc  ", "a b", "۳۹ ع", "🙂🙂🙂", "a" * 2000, " " * 50 + "a" * 1950, "a\tb\r\nc"]
)
def test_texts_that_are_welcome(text):
    assert faults_of(text) == []


@pytest.mark.parametrize(
    "text", ["", "ab", "  ab  ", "a" * 2001, "a" * 2000 + " ", "abc\0", "abc\x07", "abc\x1b", "abc\ud800", "\udfffabc"]
)
def test_texts_that_are_not(text):
    assert faults_of(text) == ["/claims/0/text"]


def test_a_fault_shows_where_the_character_stands():
    with pytest.raises(InvalidInput) as caught:
        validate_check([IncomingClaim(text="abc\x07")], CheckOptions())
    assert caught.value.faults[0].detail == "must not contain a control character (U+0007 at 3)"


@pytest.mark.parametrize("number", [0.0, 0.5, 1.0])
def test_equal_thresholds_are_fine(number):
    assert faults_of("abc", CheckOptions(match_threshold=number, suggest_threshold=number)) == []


@pytest.mark.parametrize("number", [-0.01, 1.01, float("nan"), float("inf")])
def test_thresholds_are_probabilities(number):
    assert faults_of("abc", CheckOptions(match_threshold=number)) == ["/options/match_threshold"]


def test_a_good_draft_has_no_faults():
    review = Review(
        publisher=Publisher("AFP", "factcheck.afp.com"),
        verdict=Verdict.TRUE,
        url="https://factcheck.afp.com/doc?x=1#y",
        published_at=date(2026, 1, 1),
    )
    source = Source(url="http://[2001:db8::1]:8080/", stance=Stance.NEUTRAL, archived_url="https://عربي.example/ش")
    draft = ClaimDraft(
        text=DRAFT.text, language="en", claimed_at=date(2025, 12, 31), reviews=(review,), sources=(source,)
    )
    assert draft_faults(draft) == []
    validate_draft(draft)


def test_a_faulty_draft_is_refused():
    with pytest.raises(InvalidInput) as caught:
        validate_draft(ClaimDraft(text=" ", language="en", sources=(Source(url="x", stance=Stance.MIXED),)))
    assert [fault.pointer for fault in caught.value.faults] == ["/text", "/sources/0/url"]


@given(st.text(st.characters(exclude_categories=()), max_size=60))
def test_any_text_is_judged_without_an_accident(text):
    source = Source(url=text, stance=Stance.MIXED, title=text)
    review = Review(publisher=Publisher(text, text), verdict=Verdict.TRUE, url=text, language=text)
    faults = draft_faults(ClaimDraft(text=text, language=text, sources=(source,), reviews=(review,)))
    assert all(fault.pointer.startswith("/") and fault.detail for fault in faults)
    if "\0" in text:
        assert {"/text", "/sources/0/url", "/reviews/0/publisher/name"} <= {fault.pointer for fault in faults}
