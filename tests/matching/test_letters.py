"""Likeness by letters."""

from __future__ import annotations

import pytest

from service.matching.letters import alike, letters_of
from service.matching.reading import read


def test_a_text_is_entirely_like_itself() -> None:
    letters = letters_of(read("The bridge was closed for nine days"))
    assert alike(letters, letters) == 1.0


@pytest.mark.parametrize(
    ("text", "near", "far"),
    [
        ("Vaccinations were postponed", "Vaccination was postponed", "Elections were brought forward"),
        ("کتابخانه‌های تهران بسته شدند", "کتابخانه های تهران بسته شد", "قیمت نان در اصفهان بالا رفت"),
        ("المستشفيات في بغداد مغلقة", "مستشفى بغداد مغلق", "ارتفع سعر الخبز في عمان"),
    ],
)
def test_inflection_costs_little(text: str, near: str, far: str) -> None:
    ours, close, distant = (letters_of(read(each)) for each in (text, near, far))
    assert alike(ours, close) > 2 * alike(ours, distant)


def test_links_and_names_of_accounts_do_not_count() -> None:
    plain = letters_of(read("The bridge was closed for nine days"))
    assert letters_of(read("@someone The bridge was closed for nine days https://example.org/a/b")) == plain


def test_nothing_is_like_nothing() -> None:
    nothing = letters_of(read(""))
    assert alike(nothing, nothing) == 0.0
    assert alike(nothing, letters_of(read("a bridge"))) == 0.0


def test_order_does_not_matter() -> None:
    assert letters_of(read("closed the old bridge")) == letters_of(read("the old bridge closed"))
