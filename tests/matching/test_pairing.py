"""Setting figures against figures and dates against dates."""

from __future__ import annotations

from service.matching.pairing import pair_dates, pair_quantities
from service.matching.reading import read


def _figures(one: str, other: str) -> list[tuple[str, str, str]]:
    found = pair_quantities(read(one, "en").quantities, read(other, "en").quantities, "en")
    return [(pair.query.text, pair.candidate.text, pair.outcome) for pair in found.pairs]


def test_equal_figures_meet_before_others() -> None:
    found = _figures("12 soldiers and 30 rebels died", "30 rebels and 14 soldiers died")
    assert sorted(found) == [("12", "14", "conflict"), ("30", "30", "equal")]


def test_figures_that_count_different_things_stand_alone() -> None:
    one, other = read("12 bridges collapsed", "en"), read("14 soldiers died", "en")
    found = pair_quantities(one.quantities, other.quantities, "en")
    assert (found.pairs, len(found.only_query), len(found.only_candidate)) == ((), 1, 1)


def test_what_is_counted_is_compared_across_languages() -> None:
    one, other = read("12 soldiers died in the attack", "en"), read("۱۴ سرباز در حمله کشته شدند", "fa")
    there = pair_quantities(one.quantities, other.quantities, "en", "fa")
    back = pair_quantities(other.quantities, one.quantities, "fa", "en")
    assert [pair.outcome for pair in there.pairs] == [pair.outcome for pair in back.pairs] == ["conflict"]


def test_a_year_is_no_rival_of_a_count() -> None:
    found = pair_quantities(
        read("Biden's 2020 total was wrong", "en").quantities, read("The 81 total was wrong", "en").quantities, "en"
    )
    assert found.conflicts == ()


def test_pairs_are_the_same_from_both_sides() -> None:
    one, other = read("10 to 20 people, then 15 people", "en"), read("12 people, then 15 to 30 people", "en")
    there = pair_quantities(one.quantities, other.quantities, "en")
    back = pair_quantities(other.quantities, one.quantities, "en")
    assert {(pair.query.text, pair.candidate.text) for pair in there.pairs} == {
        (pair.candidate.text, pair.query.text) for pair in back.pairs
    }


def test_dates_conflict_nest_or_stand_alone() -> None:
    def outcomes(one: str, other: str) -> list[str]:
        return [pair.outcome for pair in pair_dates(read(one, "en").dates, read(other, "en").dates).pairs]

    assert outcomes("in May 2020", "in May 2021") == ["conflict"]
    assert outcomes("on 5 May 2020", "in 2020") == ["inside"]
    assert outcomes("in 2020", "on 5 May 2020") == ["contains"]
    alone = pair_dates(read("in 2020", "en").dates, ())
    assert (alone.pairs, len(alone.only_query)) == ((), 1)
