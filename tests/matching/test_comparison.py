"""Two readings in, a relation with its conflicts and its reasons out."""

from __future__ import annotations

import dataclasses

import pytest

from service.domain import ConflictKind, Relation
from service.matching.comparison import Comparison, compare
from service.matching.reading import read


def _compared(one: str, other: str) -> Comparison:
    return compare(read(one), read(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("39 Taliban fighters were killed in Kabul", "In Kabul, 39 Taliban fighters were killed."),
        ("At least thirty soldiers died in the attack", "At least 30 soldiers died in the attack"),
        ("The vaccine is not safe for children", "The vaccine isn't safe for children"),
        ("واکسن برای کودکان خطرناک نیست", "واکسن برای كودكان خطرناک نیست!"),
        ("ارتفع التضخم في مصر إلى ٣٣ في المئة", "ارتفع التضخم في مصر إلى 33%"),
    ],
)
def test_the_same_in_other_words_is_equivalent(one: str, other: str) -> None:
    answer = _compared(one, other)
    assert (answer.relation, answer.conflicts) == (Relation.EQUIVALENT, ())
    assert answer.score > 0.8


@pytest.mark.parametrize(
    ("one", "other", "kind", "claimed", "known"),
    [
        ("39 soldiers died in the attack", "93 soldiers died in the attack", ConflictKind.QUANTITY, "39", "93"),
        (
            "More than 50 soldiers died in the attack", "39 soldiers died in the attack",
            ConflictKind.QUANTITY, "> 50", "39",
        ),
        ("It collapsed in May 2020 again", "It collapsed in May 2021 again", ConflictKind.DATE, "May 2020", "May 2021"),
        (
            "The vaccine is safe for children", "The vaccine is not safe for children",
            ConflictKind.POLARITY, "affirmed", "denied (not)",
        ),
        ("Prices of bread rose in Cairo", "Prices of bread fell in Cairo", ConflictKind.DIRECTION, "rose", "fell"),
    ],
)  # fmt: skip
def test_what_excludes_the_other_contradicts(
    one: str, other: str, kind: ConflictKind, claimed: str, known: str
) -> None:
    answer = _compared(one, other)
    assert answer.relation is Relation.CONTRADICTS
    assert [(each.kind, each.claimed, each.known) for each in answer.conflicts] == [(kind, claimed, known)]


def test_another_name_is_another_matter() -> None:
    answer = _compared("North Korea fired two missiles", "South Korea fired two missiles")
    assert answer.relation is Relation.RELATED
    assert [each.kind for each in answer.conflicts] == [ConflictKind.NAME]


@pytest.mark.parametrize(
    ("less", "more"),
    [
        ("The bridge collapsed in 2020", "The bridge collapsed in May 2020"),
        ("At least 30 soldiers died in the attack", "39 soldiers died in the attack"),
        ("Thousands of workers protested in Iran", "Thousands of workers protested in Iran in 2019"),
    ],
)
def test_who_says_more_is_narrower(less: str, more: str) -> None:
    assert _compared(less, more).relation is Relation.NARROWER
    assert _compared(more, less).relation is Relation.BROADER


def test_no_likeness_outweighs_a_conflict() -> None:
    words = "the army said that the soldiers near the old bridge in the valley died in the attack on the camp"
    assert _compared(f"39 of {words}", f"38 of {words}").relation is Relation.CONTRADICTS


def test_other_matters_are_related_at_most_and_score_low() -> None:
    answer = _compared("The vaccine is safe for children", "Prices of bread rose in Cairo in May")
    assert answer.relation is Relation.RELATED
    assert answer.score < 0.1


def test_both_contained_in_each_other_is_the_same_from_both_sides() -> None:
    one = read("Hiroshima was hit by a US atom bomb on August 6, 1945")
    other = read("An American atomic bomb was dropped on Hiroshima on 6 August 1945")
    turned = {Relation.NARROWER: Relation.BROADER, Relation.BROADER: Relation.NARROWER}
    there, back = compare(one, other).relation, compare(other, one).relation
    assert turned.get(there, there) is back


def test_a_number_in_a_name_is_no_denied_object() -> None:
    """Both sides deny, and both figures have no value as an amount."""
    one, other = "Version 1.2.3.4 of the program is not safe", "Version 1.2.3.5 of the program is not safe"
    assert _compared(one, other).relation is Relation.RELATED


def test_the_explanation_names_each_part() -> None:
    rows = _compared(
        "39 soldiers were not killed in Iran in May 2020", "93 soldiers were killed in Iran in May 2020"
    ).explanation
    found = {(row.feature, row.query, row.candidate): row.score for row in rows}
    assert found["quantity", "39", "93"] == 0.0
    assert found["date", "May 2020", "May 2020"] == 1.0
    assert found["polarity", "negated", "affirmed"] == 0.0
    assert found["name", "Iran", "Iran"] == 1.0
    assert all(0.0 <= row.score <= 1.0 and row.detail for row in rows)


def test_the_same_text_explains_itself_in_a_row() -> None:
    answer = _compared("The bridge collapsed", "the bridge  collapsed")
    assert (answer.relation, answer.score) == (Relation.EQUIVALENT, 1.0)
    assert [row.feature for row in answer.explanation] == ["text"]


def test_a_comparison_is_a_value() -> None:
    answer = _compared("The bridge collapsed", "The old bridge collapsed in May")
    assert answer == _compared("The bridge collapsed", "The old bridge collapsed in May")
    with pytest.raises(dataclasses.FrozenInstanceError):
        answer.score = 0.5  # type: ignore[misc]
