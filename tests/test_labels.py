from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain import Verdict
from service.labels import verdict_of_label


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


@given(st.text(max_size=50))
def test_any_text_has_a_verdict(label):
    assert isinstance(verdict_of_label(label), Verdict)
