"""Labelled pairs: what is called equivalent, counted by label, kind, language and finer kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.domain import Relation
from service.evaluation.dataset import LabelledPair, load_pairs
from service.evaluation.measures import Rate
from service.evaluation.pairs import Compared, compare_pairs, summarise
from tests.evaluation.folders import write_pairs


def test_pairs_are_compared_and_counted(tmp_path: Path) -> None:
    pairs = load_pairs(write_pairs(tmp_path), "dev")
    assert pairs is not None
    told: list[tuple[str, int, int]] = []
    report = summarise(compare_pairs(pairs, lambda *news: told.append(news)))
    assert told == [("comparing the pairs", 5, 5)]
    assert report.pairs == 5
    assert report.called.different == {
        "number": Rate(0.0, 1),
        "negation": Rate(0.0, 1),
        "entity": Rate(0.0, 0),
        "other": Rate(1.0, 1),
        "all": Rate(1 / 3, 3),
    }
    assert report.called.same == Rate(0.5, 2)
    assert report.same_by_kind["other"] == Rate(0.5, 2)
    assert list(report.by_language) == ["ar", "en", "fa"]
    assert report.by_language["fa"].different["negation"] == Rate(0.0, 1)
    assert report.by_language["fa"].same == Rate(0.0, 0)
    assert report.by_sub["copy"].different["all"] == Rate(1.0, 1)
    assert report.relations["different"]["number"]["contradicts"] == 1
    assert report.relations["different"]["other"] == {
        "equivalent": 1, "contradicts": 0, "narrower": 0, "broader": 0, "related": 0,
    }  # fmt: skip
    assert report.relations["same"]["other"]["related"] == 1
    assert [(each.pair.label, each.kind) for each in report.disagreements] == [
        ("different", "other"),
        ("same", "other"),
    ]


@pytest.mark.parametrize(
    ("there", "back", "equivalent"),
    [
        (Relation.EQUIVALENT, Relation.RELATED, True),
        (Relation.NARROWER, Relation.EQUIVALENT, True),
        (Relation.NARROWER, Relation.BROADER, False),
    ],
)
def test_either_direction_is_enough(there: Relation, back: Relation, equivalent: bool) -> None:
    compared = Compared(LabelledPair("a", "b", "different", "number"), (there, back), 0.5)
    assert compared.equivalent is equivalent
    assert compared.relation is (Relation.EQUIVALENT if equivalent else there)
    assert compared.agrees is not equivalent


def test_a_post_is_read_statement_by_statement() -> None:
    """As a check reads it: the statement that repeats the claim decides, not the post as a whole."""
    claim = "The old bridge in Lyon was closed for repairs in 2019"
    post = f"Good morning to everybody who is out early today. {claim}. Have a lovely day with your families."
    (compared,) = compare_pairs([LabelledPair(post, claim, "same", lang="en")], lambda *_: None)
    assert compared.relations[0] is Relation.EQUIVALENT
    assert compared.agrees


def test_any_text_is_compared() -> None:
    odd = ["", "\0", "\ud800", "x" * 5000]
    pairs = [LabelledPair(a, b, "different", lang="nonsense") for a in odd for b in odd]
    assert len(compare_pairs(pairs, lambda *_: None)) == 16
