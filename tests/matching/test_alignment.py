"""Which words of two statements find a partner."""

from __future__ import annotations

import pytest

from service.matching.alignment import align
from service.matching.reading import read


def test_the_same_words_in_another_order_are_all_shared() -> None:
    found = align(read("The minister closed the old bridge", "en"), read("The old bridge the minister closed", "en"))
    assert (found.query_coverage, found.candidate_coverage, found.agreement) == (1.0, 1.0, 1.0)
    assert found.only_query == found.only_candidate == ()
    assert found.shared == ("minister", "closed", "old", "bridge")


def test_words_of_one_side_are_named_and_cost_coverage() -> None:
    found = align(
        read("The minister closed the bridge", "en"), read("The minister closed the bridge at midnight", "en")
    )
    assert found.query_coverage == 1.0
    assert found.candidate_coverage < 1.0
    assert found.only_candidate == ("midnight",)
    assert found.candidate_coverage < found.agreement < 1.0


def test_a_slip_of_the_pen_still_finds_its_word() -> None:
    found = align(read("The orchestrra resigned", "en"), read("The orchestra resigned", "en"))
    assert found.only_query == ()
    assert 0.8 < found.query_coverage < 1.0


def test_short_words_are_not_guessed() -> None:
    assert align(read("The cat sat there", "en"), read("The car sat there", "en")).only_query == ("cat",)


def test_a_word_said_twice_needs_two_partners() -> None:
    found = align(read("bridge bridge minister", "en"), read("bridge minister", "en"))
    assert len(found.only_query) == 1


def test_the_most_alike_are_paired_first_from_either_side() -> None:
    one, other = read("protesting protested", "xx"), read("protested protestor", "xx")
    there, back = align(one, other), align(other, one)
    assert (there.query_coverage, there.candidate_coverage) == pytest.approx(
        (back.candidate_coverage, back.query_coverage)
    )


def test_nothing_in_common() -> None:
    found = align(read("bridge", "en"), read("vaccine", "en"))
    assert (found.agreement, found.shared) == (0.0, ())
    assert align(read("", "en"), read("", "en")).agreement == 0.0


def test_a_word_said_twice_pairs_where_its_neighbours_are() -> None:
    """The second "Victor" is the film's; from both sides it is the first one that is alone."""
    short, long = read("Igor slept in the film Victor Frank", "en"), read("Victor slept in the film Victor Frank", "en")
    assert align(short, long).only_candidate == align(long, short).only_query == ("Victor",)
    assert align(short, long).partners[-2:] == ((3, 3), (4, 4))


def test_a_slip_in_a_word_of_the_lexicon_still_finds_it() -> None:
    found = align(read("The electoin was close", "en"), read("The election was close", "en"))
    assert found.only_query == found.only_candidate == ()


def test_words_of_a_frame_are_said() -> None:
    found = align(read("سوريا: مقتل عشرة مدنيين", "ar"), read("مقتل عشرة مدنيين في سوريا", "ar"))
    assert found.only_candidate == ()


@pytest.mark.parametrize(
    ("one", "other", "paired"),
    [
        ("وصعود", "صعود", True),
        ("يحرق", "حرق", True),
        ("تهوي", "يهوي", True),
        ("زراعة", "زرع", True),
        ("طالب", "طلب", False),
        ("خطيب", "خطب", False),
        ("مكتب", "كتاب", False),
    ],
)
def test_arabic_forms_of_one_word(one: str, other: str, paired: bool) -> None:
    found = align(read(f"الوزير {one} القمح", "ar"), read(f"الوزير {other} القمح", "ar"))
    assert (found.only_query == ()) is paired
