"""One judgement for a claim from all its wordings, by words and by meaning."""

from __future__ import annotations

import pytest

from service.domain import Relation
from service.matching.judging import Encounter, Judgement, judge, meaning_of, wording_of
from service.matching.model import default_model, probability
from service.matching.reading import read
from service.matching.relevance import NO_CORPUS

TEXT = "The mayor opened nine libraries in Leeds last year"
WORDING = "Nine libraries were opened in Leeds by the mayor"
ELSEWHERE = "Bread prices rose sharply across the region"
PERSIAN = "شهردار لیدز سال گذشته نه کتابخانه افتتاح کرد"


def judged(text: str, *wordings: tuple[str, float | None]) -> Judgement:
    encounters = [Encounter(0, place, None) for place in range(len(wordings))]
    known = [wording_of(read(wording), likeness) for wording, likeness in wordings]
    return judge([read(text)], known, encounters, NO_CORPUS)


def test_without_an_encounter_there_is_nothing_to_judge() -> None:
    with pytest.raises(ValueError, match="empty"):
        judge([read(TEXT)], [wording_of(read(WORDING))], [], NO_CORPUS)


def test_a_repeated_text_is_certain() -> None:
    assert judged(TEXT, (WORDING, None), (TEXT, None)).score == 1.0
    assert judged(TEXT, (TEXT, 0.0)).score == 1.0


def test_likeness_in_meaning_moves_the_score_both_ways() -> None:
    near = "Many libraries were closed in the region"
    words = judged(TEXT, (near, None)).score
    assert judged(TEXT, (near, 1.6)).score > words > judged(TEXT, (near, 0.0)).score


def test_more_likeness_never_lowers_the_score() -> None:
    scores = [judged(TEXT, (WORDING, step / 10)).score for step in range(27)]
    assert scores == sorted(scores)


def test_meaning_finds_what_words_do_not() -> None:
    assert judged(TEXT, (ELSEWHERE, None)).score < 0.1
    across = judged(TEXT, (PERSIAN, None)).score
    assert judged(TEXT, (PERSIAN, 1.5)).score > max(0.5, across)


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("39 people were killed in the strike", "93 people were killed in the strike"),
        ("39 people were killed in the strike", "39 people were not killed in the strike"),
        ("The bridge was closed in 2024", "The bridge was closed in 2025"),
        ("North Korea launched a missile", "South Korea launched a missile"),
    ],
)
def test_no_likeness_makes_clashing_statements_equivalent(text: str, known: str) -> None:
    without = judged(text, (known, None)).comparison
    for likeness in (0.9, 1.2, 2.0):
        comparison = judged(text, (known, likeness)).comparison
        assert comparison.relation is not Relation.EQUIVALENT
        assert comparison.relation is without.relation
        assert comparison.conflicts == without.conflicts


def test_another_wording_in_another_language_takes_nothing_away() -> None:
    assert judged(TEXT, (WORDING, None), (PERSIAN, None)).score >= judged(TEXT, (WORDING, None)).score


def test_the_wording_that_says_the_same_speaks_for_the_claim() -> None:
    judgement = judged(TEXT, (ELSEWHERE, None), (WORDING, None))
    assert judgement.wording == 1


def test_meaning_is_that_of_the_two_nearest_wordings() -> None:
    assert meaning_of([0.2, 0.9, 0.5]) == (0.9, 0.5)
    assert meaning_of([0.4]) == (0.4, 0.4)


def test_the_model_in_the_package_is_whole() -> None:
    model = default_model()
    assert {"ar", "en", "fa"} <= set(model.calibration)
    assert all(line.slope > 0 for line in (*model.calibration.values(), model.otherwise))
    assert any(model.semantic.weights)
    assert any(model.across.weights)


def test_probabilities_stay_between_none_and_all() -> None:
    assert 0.0 < probability(-1000.0) < probability(0.0) == 0.5 < probability(1000.0) <= 1.0
