"""Who says it, apart from what is said."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.matching.attribution import read_attribution
from service.matching.tokens import tokenize


@pytest.mark.parametrize(
    ("text", "language", "claimant", "body"),
    [
        ("Qais al-Muhammadawi, deputy commander, said that 39 men died", "en",
         "Qais al-Muhammadawi, deputy commander", "39 men died"),
        ("The minister told reporters that prices fell", "en", "The minister", "prices fell"),
        ("Trump claims windmills cause cancer", "en", "Trump", "windmills cause cancer"),
        ("The report says 39 people were killed", "en", "The report", "39 people were killed"),
        ("According to the WHO, 3 million people died", "en", "the WHO", "3 million people died"),
        ("3 million people died, according to the WHO.", "en", "the WHO", "3 million people died"),
        ("Prices fell by 3 percent, the minister said.", "en", "the minister", "Prices fell by 3 percent"),
        ("Sudani: ISIS threat does not exist in Iraq", "en", "Sudani", "ISIS threat does not exist in Iraq"),
        ("وزیر خارجه گفت که نیروها خارج شدند", "fa", "وزیر خارجه", "نیروها خارج شدند"),
        ("به گفته وزیر خارجه، نیروها خارج شدند", "fa", "وزیر خارجه", "نیروها خارج شدند"),
        ("محمداوی تصریح کرد: ۳۹ تروریست کشته شدند", "fa", "محمداوی", "۳۹ تروریست کشته شدند"),
        ("محمداوی اعلام کرد که ۳۹ تروریست کشته شدند", "fa", "محمداوی", "۳۹ تروریست کشته شدند"),
        ("السودانی: داعش تهدیدی نیست", "fa", "السودانی", "داعش تهدیدی نیست"),
        ("قال رئيس الوزراء إن داعش لا تشكل تهديدا", "ar", "رئيس الوزراء", "داعش لا تشكل تهديدا"),
        ("أكد المحمداوي أن القوات تنسحب", "ar", "المحمداوي", "القوات تنسحب"),
        ("وفقا لوزارة الصحة، توفي 3 أشخاص", "ar", "لوزارة الصحة", "توفي 3 أشخاص"),
        ("El ministro dijo que los precios bajaron", "es", "El ministro", "los precios bajaron"),
        ("Selon le ministre, les prix baissent", "fr", "le ministre", "les prix baissent"),
        ("Der Minister sagte, dass die Preise sinken", "de", "Der Minister", "die Preise sinken"),
    ],
)  # fmt: skip
def test_claimant_and_body(text: str, language: str, claimant: str, body: str) -> None:
    tokens = tokenize(text)
    found = read_attribution(tokens, language)
    assert found is not None
    assert found.text == claimant
    assert text[found.start : found.end] == claimant
    assert text[tokens[found.body_first].start : tokens[found.body_last].end] == body


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("39 terrorists killed by drone strikes", "en"),
        ("Hoax: Bill Gates was arrested", "en"),
        ("Fact check: Bill Gates was arrested", "en"),
        ("He never said that prices fell", "en"),
        ("It is said that water cures", "en"),
        ("Iran says it will leave the deal", "en"),
        ("Troops leave at 10:30 tonight", "en"),
        ("The minister said no", "en"),
        ("Trump said.", "en"),
        ("أعلن الجيش العراقي مقتل 39 إرهابيا", "ar"),
        ("عاجل: انسحاب القوات من القاعدة", "ar"),
        ("فوری: نیروها خارج شدند", "fa"),
        ("X said that prices fell", "xx"),
    ],
)
def test_where_it_is_not_plain_nothing_is_read(text: str, language: str) -> None:
    assert read_attribution(tokenize(text), language) is None


@given(
    st.lists(
        st.sampled_from(["said", "that", ":", ",", "according", "to", "X", "told", "reporters", "."]), max_size=14
    ),
    st.sampled_from(["en", "fa", "und"]),
)
@settings(max_examples=200)
def test_frame_and_body_never_overlap_and_the_body_says_something(words: list[str], language: str) -> None:
    tokens = tokenize(" ".join(words))
    found = read_attribution(tokens, language)
    if found is not None:
        frame = set(range(found.first, found.last + 1))
        body = set(range(found.body_first, found.body_last + 1))
        assert frame.isdisjoint(body)
        assert len(body) >= 2
        assert set(range(found.claimant_first, found.claimant_last + 1)) <= frame
        assert frame | body <= set(range(len(tokens)))


@given(st.text(max_size=80), st.sampled_from(["en", "fa", "ar", "es", "und"]))
@settings(max_examples=150)
def test_any_text_reads(text: str, language: str) -> None:
    tokens = tokenize(text)
    found = read_attribution(tokens, language)
    assert found is None or 0 <= found.body_first <= found.body_last < len(tokens)
