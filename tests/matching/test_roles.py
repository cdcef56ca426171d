"""Who did it to whom."""

from __future__ import annotations

import pytest

from service.matching.reading import read
from service.matching.roles import ordered_pairs, reversed_pair


def _reversed(one: str, other: str) -> tuple[str, str] | None:
    first, second = read(one, "en"), read(other, "en")
    return reversed_pair(first.names, first.tokens, second.names, second.tokens)


def test_names_changed_round_are_noticed() -> None:
    assert _reversed("Russia attacked Ukraine", "Ukraine attacked Russia") == ("place:RU", "place:UA")


def test_the_passive_turns_the_pair() -> None:
    assert _reversed("Russia attacked Ukraine", "Ukraine was attacked by Russia") is None
    assert _reversed("Russia attacked Ukraine", "Russia was attacked by Ukraine") == ("place:RU", "place:UA")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Russia and Ukraine signed it", "Ukraine and Russia signed it"),
        ("flights from Russia to Ukraine", "flights from Ukraine to Russia"),
        ("Russia attacked Ukraine", "Russia attacked Ukraine"),
        ("Russia attacked", "Ukraine attacked"),
    ],
)
def test_lists_and_ways_carry_no_role(one: str, other: str) -> None:
    assert _reversed(one, other) is None


def test_both_ways_at_once_is_no_reversal_from_either_side() -> None:
    both = "Russia attacked Ukraine. Ukraine attacked Russia."
    assert _reversed(both, "Ukraine attacked Russia") is None
    assert _reversed("Ukraine attacked Russia", both) is None


def test_far_names_and_one_name_make_no_pair() -> None:
    far = read("Russia said on a cold day in the hills that it had not yet met Ukraine", "en")
    assert ordered_pairs(far.names, far.tokens) == frozenset()
    twice = read("Russia attacked Russia", "en")
    assert ordered_pairs(twice.names, twice.tokens) == frozenset()
