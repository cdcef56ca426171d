"""Words that mean one thing share a key, and words that do not, do not."""

from __future__ import annotations

import tomllib
from importlib import resources

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.matching.synonyms import MARK, canonical, concepts, read_concepts
from service.matching.tokens import tokenize


def keys(text: str, language: str) -> list[str]:
    return concepts(tokenize(text), language)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("drone", "en"), ("UAVs", "en")),
        (("drones", "en"), ("پهپادها", "fa")),
        (("drone", "en"), ("الطائرات المسيّرة", "ar")),
        (("eliminated", "en"), ("slain", "en")),
        (("killed", "en"), ("مقتل", "ar")),
        (("withdraws", "en"), ("pulled out", "en")),
        (("withdrawal", "en"), ("خروج", "fa")),
        (("leaving", "en"), ("وستنسحب", "ar")),
        (("soldiers", "en"), ("troops", "en")),
        (("ISIS", "en"), ("الدولة الإسلامية", "ar")),
        (("Daesh", "en"), ("داعش", "fa")),
        (("air base", "en"), ("airbase", "en")),
        (("PM", "en"), ("prime minister", "en")),
        (("prime minister", "en"), ("نخست‌وزیر", "fa")),
        (("prime minister", "en"), ("رئيس الوزراء", "ar")),
        (("US", "en"), ("United States", "en")),
        (("America", "en"), ("آمریکا", "fa")),
        (("UK", "en"), ("بريطانيا", "ar")),
        (("infiltration", "en"), ("نفوذ", "fa")),
        (("terrorist operatives", "en"), ("عنصر تروریستی", "fa")),
        (("end the presence", "en"), ("expel", "en")),
        (("زلزله", "fa"), ("earthquakes", "en")),
        (("بالقوات", "ar"), ("troops", "en")),
    ],
)
def test_one_concept(one: tuple[str, str], other: tuple[str, str]) -> None:
    [here], [there] = keys(*one), keys(*other)
    assert here == there
    assert here.startswith(MARK)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("terrorist", "en"), ("militant", "en")),
        (("killed", "en"), ("injured", "en")),
        (("rose", "en"), ("fell", "en")),
        (("allow", "en"), ("ban", "en")),
        (("export", "en"), ("import", "en")),
        (("US", "en"), ("us", "en")),
        (("WHO", "en"), ("who", "en")),
        (("win", "en"), ("lose", "en")),
        (("ورود", "fa"), ("خروج", "fa")),
        (("قانونی", "fa"), ("غیرقانونی", "fa")),
        (("legal", "en"), ("illegal", "en")),
        (("begin", "en"), ("end", "en")),
        (("man", "en"), ("woman", "en")),
        (("minister", "en"), ("prime minister", "en")),
        (("president", "en"), ("vice president", "en")),
    ],
)
def test_two_concepts(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert keys(*one) != keys(*other)


def test_three_languages_meet() -> None:
    english = keys("39 terrorists killed by drone strikes", "en")
    arabic = keys("مقتل 39 إرهابياً بضربات الطائرات المسيّرة", "ar")
    assert {key for key in english if key.startswith(MARK)} == {key for key in arabic if key.startswith(MARK)}
    persian = keys("۳۹ عنصر تروریستی با پهپاد از بین رفتند", "fa")
    assert {"=terrorist", "=drone", "=kill"} <= set(persian)


def test_words_outside_the_lexicon_become_stems() -> None:
    assert canonical("windmills", "en") == canonical("windmill", "en")
    assert not canonical("windmills", "en").startswith(MARK)
    assert canonical("xyzzy", "xx") == "xyzzy"


def test_concepts_cover_every_token_once() -> None:
    tokens = tokenize("The prime minister left the air base in the United States")
    found = read_concepts(tokens, "en")
    assert [place for _, first, last in found for place in range(first, last + 1)] == list(range(len(tokens)))
    assert [key for key, first, last in found if first != last] == ["=prime_minister", "=airbase", "=usa"]


def test_no_word_is_listed_in_two_groups() -> None:
    # A noun and a verb that look alike in Arabic are told apart by no lexicon, so only English and Persian are strict.
    source = resources.files("service.matching").joinpath("data", "synonyms.toml")
    groups = tomllib.loads(source.read_text(encoding="utf-8"))
    assert len(groups) >= 200
    seen: dict[tuple[str, str], str] = {}
    for name, group in groups.items():
        for column in ("en", "fa"):
            for word in group.get(column, ()):
                assert seen.setdefault((column, word), name) == name, word


@given(st.text(max_size=60), st.sampled_from(["en", "fa", "ar", "und", "de", "xx"]))
@settings(max_examples=150)
def test_any_text_reads(text: str, language: str) -> None:
    tokens = tokenize(text)
    found = read_concepts(tokens, language)
    assert [place for _, first, last in found for place in range(first, last + 1)] == list(range(len(tokens)))
