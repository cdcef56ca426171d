"""Cutting a text into words, numbers and symbols, with their places in the original."""

from __future__ import annotations

import pytest

from service.matching.tokens import adjoining, tokenize


def _texts(text: str) -> list[str]:
    return [token.text for token in tokenize(text)]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("39 Taliban were killed.", ["39", "taliban", "were", "killed", "."]),
        ("1,234.5 and 1'000", ["1,234.5", "and", "1'000"]),
        ("It's Iran's", ["it's", "iran's"]),
        ("39k 10% 1990s", ["39", "k", "10", "%", "1990", "s"]),
        ("۱۲٫۵ درصد", ["12.5", "درصد"]),
        ("F16 and MH17", ["f16", "and", "mh17"]),
        ("中国2020年", ["中", "国", "2020", "年"]),
        ("", []),
        (" \u200c \u0301 ", []),
    ],
)
def test_pieces(text: str, pieces: list[str]) -> None:
    assert _texts(text) == pieces


@pytest.mark.parametrize("text", ["می‌شود", "میشود", "می شود"])
def test_three_ways_of_typing_a_persian_verb(text: str) -> None:
    assert _texts(text) == ["میشود"]


@pytest.mark.parametrize("text", ["کتاب‌ها", "کتابها", "کتاب ها"])
def test_three_ways_of_typing_a_persian_plural(text: str) -> None:
    assert _texts(text) == ["کتابها"]


def test_a_persian_prefix_waits_for_a_word_beside_it() -> None:
    assert _texts("می. شود") == ["می", ".", "شود"]
    assert _texts("می    شود") == ["می", "شود"]


def test_places_are_those_of_the_original() -> None:
    text = "  «می شود» ۳۹"
    for token in tokenize(text):
        assert text[token.start : token.end] == token.original
    assert [token.kind for token in tokenize(text)] == ["s", "w", "s", "n"]


def test_adjoining_tells_a_gap() -> None:
    tokens = tokenize("39k 40 k")
    assert [adjoining(tokens, index) for index in range(len(tokens))] == [False, True, False, False]
