"""Folding: what a reader takes for the same text is the same text."""

from __future__ import annotations

import pytest

from service.matching.folding import fold, fold_word


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("كتاب", "کتاب"),
        ("على", "علی"),
        ("أحمد", "احمد"),
        ("مكتبة", "مکتبه"),
        ("مُحَمَّد", "محمد"),
        ("می‌شود", "میشود"),
        ("ســـلام", "سلام"),
        ("Straße", "STRASSE"),
        ("Łódź", "lodz"),
        ("naïve", "naive"),
        ("ＡＢＣ", "abc"),
        ("ﬁn", "fin"),
        ("۳۹", "39"),
        ("٣٩", "39"),
        ("३९", "39"),
        ("don’t", "don't"),
        ("2019–20", "2019-20"),
        ("50٪", "50%"),
        ("İstanbul", "istanbul"),
    ],
)
def test_variants_fold_alike(one: str, other: str) -> None:
    assert fold_word(one) == fold_word(other)


@pytest.mark.parametrize(("one", "other"), [("कि", "की"), ("39", "93"), ("نه", "نا"), ("Iran", "Iraq")])
def test_different_words_stay_different(one: str, other: str) -> None:
    assert fold_word(one) != fold_word(other)


def test_white_space_becomes_single_blanks() -> None:
    assert fold("  The\tTALIBAN \n took\u00a0Kabul  ") == "the taliban took kabul"
    assert fold(" \n ") == fold("") == ""


def test_marks_of_direction_vanish() -> None:
    assert fold("\u202bتهران\u202c \u200fبزرگ\u200e") == "تهران بزرگ"


def test_lone_surrogates_survive() -> None:
    assert fold("a\ud800b") == "a\ud800b"
