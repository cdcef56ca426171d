"""From a reading to the terms that retrieval looks for."""

from __future__ import annotations

from service.matching.plan import index_phrasing, plan_candidates, terms_of
from service.matching.reading import read


def test_terms_are_distinct_ordered_and_positive() -> None:
    terms = terms_of(read("The minister closed 39 bridges in Iran", "en"))
    names = [term for term, _ in terms]
    assert names == sorted(set(names))
    assert all(weight > 0 for _, weight in terms)
    assert "#39" in names
    assert "@place:IR" in names
    assert "the" not in names


def test_a_word_said_twice_weighs_more_but_not_twice() -> None:
    once = dict(terms_of(read("bridge minister vaccine", "en")))
    twice = dict(terms_of(read("bridge bridge vaccine", "en")))
    key = next(iter(set(once) & set(read("bridge", "en").content)))
    assert once[key] < twice[key] < 2 * once[key]


def test_a_long_text_weighs_each_word_less() -> None:
    short = dict(terms_of(read("The bridge collapsed", "en")))
    long = dict(terms_of(read("The bridge collapsed while nurses, teachers and farmers protested against taxes", "en")))
    key = read("bridge", "en").content[0]
    assert long[key] < short[key]


def test_spellings_and_languages_meet_in_a_term() -> None:
    english = {term for term, _ in terms_of(read("A drone hit Iran", "en"))}
    persian = {term for term, _ in terms_of(read("پهپاد به ایران خورد", "fa"))}
    assert {"=drone", "@place:IR"} <= english & persian


def test_joined_words_find_words_apart_in_persian() -> None:
    apart = {term for term, _ in terms_of(read("نخست وزیر آمد", "fa"))}
    joined = {term for term, _ in terms_of(read("نخستوزیر آمد", "fa"))}
    assert "+نخستوزیر" in apart & joined


def test_at_most_256_terms_of_at_most_64_letters() -> None:
    terms = terms_of(read(" ".join(f"word{index}x{'y' * (index % 90)}" for index in range(700)), "en"))
    assert len(terms) == 256
    assert max(len(term) for term, _ in terms) <= 64


def test_the_plan_carries_what_was_asked() -> None:
    reading = read("The bridge collapsed", "en")
    plan = plan_candidates(reading, urls=("https://a.example/b",), languages=("en",), limit=7)
    assert (plan.folded, plan.urls, plan.languages, plan.limit) == (
        "the bridge collapsed", ("https://a.example/b",), ("en",), 7,
    )  # fmt: skip
    assert {term for term, _ in plan.terms} == {term for term, _ in terms_of(reading)}


def test_a_phrasing_keeps_the_language_its_author_gave() -> None:
    phrasing = index_phrasing(read("The bridge collapsed", "en"), "en-GB")
    assert (phrasing.text, phrasing.language, phrasing.folded) == (
        "The bridge collapsed", "en-GB", "the bridge collapsed",
    )  # fmt: skip
