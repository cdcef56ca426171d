from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain import Verdict
from service.intake import is_known_language
from service.labels import common_labels, label_key, verdict_of_label


@pytest.mark.parametrize(
    ("label", "verdict"),
    [
        ("Pants on Fire", Verdict.FALSE),
        ("pants-fire", Verdict.FALSE),
        ("Mostly True", Verdict.MOSTLY_TRUE),
        ("  FALSE. ", Verdict.FALSE),
        ("Half-True", Verdict.MIXED),
        ("«نيمه‌درست»", Verdict.MIXED),
        ("نادرست", Verdict.FALSE),
        ("خاطئ", Verdict.FALSE),
        ("زائف", Verdict.FALSE),
        ("درست", Verdict.TRUE),
        ("صحيح", Verdict.TRUE),
        ("صَحِيح", Verdict.TRUE),
        ("گمراه‌کننده", Verdict.MISLEADING),
        ("گمراه كننده", Verdict.MISLEADING),
        ("Unproven", Verdict.UNPROVEN),
        ("Satire", Verdict.SATIRE),
        ("Misleading", Verdict.MISLEADING),
        ("Outdated", Verdict.OUTDATED),
        ("Mostly False", Verdict.MOSTLY_FALSE),
    ],
)
def test_common_labels(label, verdict):
    assert verdict_of_label(label) is verdict


@pytest.mark.parametrize("label", ["Not false", "true or false?", "Verdict: complicated", "", "؟", "5/10"])
def test_words_that_no_table_holds_decide_nothing(label):
    assert verdict_of_label(label) is Verdict.OTHER


@pytest.mark.parametrize(
    ("label", "verdict"),
    [
        ("Engañoso", Verdict.MISLEADING), ("ENGANOSO!", Verdict.MISLEADING), ("plutôt vrai", Verdict.MOSTLY_TRUE),
        ("größtenteils falsch", Verdict.MOSTLY_FALSE), ("Bufala", Verdict.FALSE), ("yanlış", Verdict.FALSE),
        ("YANLIŞ", Verdict.FALSE), ("भ्रामक।", Verdict.MISLEADING), ("Hoaks", Verdict.FALSE),
        ("گمراہ کن", Verdict.MISLEADING), ("Полуправда", Verdict.MIXED), ("deels waar", Verdict.MIXED),
        ("Nieweryfikowalne", Verdict.UNPROVEN), ("Маніпуляція", Verdict.MISLEADING), ("Sátira", Verdict.SATIRE),
        ("desatualizado", Verdict.OUTDATED),
    ],
)  # fmt: skip
def test_labels_of_other_languages(label, verdict):
    assert verdict_of_label(label) is verdict


def test_every_language_has_labels_for_every_verdict():
    tables = common_labels()
    assert len(tables) >= 10
    for language, table in tables.items():
        assert set(table) == set(Verdict) - {Verdict.OTHER}, language
        assert is_known_language(language)


def test_no_label_means_two_things():
    meant: dict[str, set[Verdict]] = {}
    for table in common_labels().values():
        for verdict, labels in table.items():
            for label in labels:
                meant.setdefault(label_key(label), set()).add(verdict)
    assert [label for label, verdicts in meant.items() if len(verdicts) > 1 or not label] == []


def test_a_publishers_own_table_goes_first():
    table = {"Half-true": Verdict.MOSTLY_FALSE, "Zwei Rüben": Verdict.MIXED}
    assert verdict_of_label("half true!", table) is Verdict.MOSTLY_FALSE
    assert verdict_of_label("ZWEI RUBEN", table) is Verdict.MIXED
    assert verdict_of_label("false", table) is Verdict.FALSE
    assert verdict_of_label("drei Rüben", table) is Verdict.OTHER


@given(st.text(max_size=50))
def test_any_text_has_a_verdict(label):
    assert isinstance(verdict_of_label(label), Verdict)
