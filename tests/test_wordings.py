"""Wordings that contradict their claim: refused wherever they come in, unless somebody confirms them."""

from __future__ import annotations

from datetime import date

import pytest

from service.domain import ClaimDraft, Phrasing
from service.matching.comparison import compare, may_conflict
from service.seeding import read_seeds
from service.wordings import clash_with, clashes, read_wordings

ENGLISH = ("39 terrorists were killed by drone strikes in Iraq in 2025", "en")
PERSIAN = ("در سال ۲۰۲۵ در حملات پهپادی در عراق ۳۹ تروریست کشته شدند", "fa")
ARABIC = ("قتل 39 إرهابياً في غارات بطائرات مسيرة في العراق عام 2025", "ar")

CONTRADICTING = [
    (ENGLISH, ("93 terrorists were killed by drone strikes in Iraq in 2025", "en"), '"39"'),
    (ENGLISH, ("39 terrorists were not killed by drone strikes in Iraq in 2025", "en"), "denies"),
    (ENGLISH, ("39 terrorists were killed by drone strikes in Iran in 2025", "en"), '"Iraq"'),
    (ENGLISH, ("39 terrorists were killed by drone strikes in Iraq in 2023", "en"), '"2025"'),
    (ENGLISH, ("در سال ۲۰۲۵ در حملات پهپادی در عراق ۹۳ تروریست کشته شدند", "fa"), '"39"'),
    (ENGLISH, ("قتل 93 إرهابياً في غارات بطائرات مسيرة في العراق عام 2025", "ar"), '"39"'),
    (PERSIAN, ("در سال ۲۰۲۵ در حملات پهپادی در عراق ۹۳ تروریست کشته شدند", "fa"), '"39"'),
    (PERSIAN, ("در سال ۲۰۲۵ در حملات پهپادی در عراق ۳۹ تروریست کشته نشدند", "fa"), "denies"),
    (PERSIAN, ("در سال ۲۰۲۵ در حملات پهپادی در ایران ۳۹ تروریست کشته شدند", "fa"), "عراق"),
    (ARABIC, ("قتل 93 إرهابياً في غارات بطائرات مسيرة في العراق عام 2025", "ar"), '"39"'),
    (ARABIC, ("لم يقتل 39 إرهابياً في غارات بطائرات مسيرة في العراق عام 2025", "ar"), "denies"),
    (ARABIC, ("در سال ۲۰۲۵ در حملات پهپادی در عراق ۹۳ تروریست کشته شدند", "fa"), '"39"'),
]  # fmt: skip


@pytest.mark.parametrize(("claim", "wording", "told"), CONTRADICTING)
def test_a_wording_that_contradicts_its_claim(claim: tuple[str, str], wording: tuple[str, str], told: str) -> None:
    draft = ClaimDraft(*claim, claimed_at=date(2025, 12, 31))
    why = clash_with(Phrasing(*wording), draft)
    assert why is not None
    assert told in why
    assert clash_with(Phrasing(*wording, confirmed=True), draft) is None


@pytest.mark.parametrize("claim", [ENGLISH, PERSIAN, ARABIC])
def test_a_wording_that_says_the_same_or_less(claim: tuple[str, str]) -> None:
    draft = ClaimDraft(
        *claim,
        claimed_at=date(2025, 12, 31),
        phrasings=(
            Phrasing(*ENGLISH), Phrasing(*PERSIAN), Phrasing(*ARABIC), Phrasing("Drones killed 39 militants", "en"),
            Phrasing("پهپادها ۳۹ تروریست را کشتند", "fa"), Phrasing("طائرات مسيرة تقتل 39 إرهابيا", "ar"),
        ),
    )  # fmt: skip
    assert clashes(draft, read_wordings(draft)) == []


def test_what_may_conflict_is_told_without_comparing_in_full() -> None:
    for seed in read_seeds():
        own, *others = [each.reading for each in read_wordings(seed.draft())]
        for each in others:
            assert may_conflict(each, own) or not compare(each, own).conflicts


def test_no_seed_has_a_wording_that_contradicts_it() -> None:
    assert {seed.slug for seed in read_seeds() if clashes(seed.draft(), read_wordings(seed.draft()))} == set()
