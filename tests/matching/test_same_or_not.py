"""Statements that look alike and say different things, and statements that look different and say the same."""

from __future__ import annotations

import pytest

from service.domain import ConflictKind, Relation
from service.matching.comparison import Comparison, compare
from service.matching.reading import read


def _both_ways(one: str, other: str, language: str | None = None) -> tuple[Comparison, Comparison]:
    left, right = read(one, language), read(other, language)
    return compare(left, right), compare(right, left)


def _is_equivalent(one: str, other: str, language: str | None = None) -> bool:
    there, back = _both_ways(one, other, language)
    assert (there.relation is Relation.EQUIVALENT) is (back.relation is Relation.EQUIVALENT)
    return there.relation is Relation.EQUIVALENT


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("COVID-19 spreads 5G networks", "5G networks spread COVID-19"),
        ("COVID-19 spreads 5G networks", "5G spreads COVID-19"),
        ("The F-16 shot down the Su-35", "The Su-35 shot down the F-16"),
    ],
)
def test_names_with_digits_act_and_are_acted_on(one: str, other: str) -> None:
    assert [answer.relation for answer in _both_ways(one, other)] == [Relation.RELATED, Relation.RELATED]


def test_names_with_digits_may_come_in_a_passive() -> None:
    assert _is_equivalent("5G networks spread COVID-19", "COVID-19 is spread by 5G networks")


@pytest.mark.parametrize("winnie", ["Winnie Mandela died in prison", "وینی ماندلا در زندان درگذشت"])
@pytest.mark.parametrize(
    "nelson",
    [
        "Nelson Mandela died in prison", "نلسون ماندلا در زندان درگذشت", "ماندلا در زندان درگذشت",
        "نيلسون مانديلا توفي في السجن",
    ],
)  # fmt: skip
def test_a_relative_is_another_person_in_every_script(winnie: str, nelson: str) -> None:
    assert [answer.relation for answer in _both_ways(winnie, nelson)] == [Relation.RELATED, Relation.RELATED]


def test_a_title_is_no_given_name() -> None:
    one = "President Donald Trump banned the application in the United States"
    assert _is_equivalent(one, "President Trump banned the application in the United States")


@pytest.mark.parametrize(
    ("strong", "weak"),
    [
        ("Electric cars produce no emissions", "Electric cars produce no exhaust emissions"),
        ("Electric cars do not produce any emissions", "Electric cars do not produce any exhaust emissions"),
        ("The drug has no side effects", "The drug has no serious side effects"),
    ],
)
def test_a_denial_of_less_is_no_equivalent(strong: str, weak: str) -> None:
    assert not _is_equivalent(strong, weak)


def test_the_verb_of_a_denial_restricts_nothing() -> None:
    assert _is_equivalent("Electric cars do not produce any emissions", "Electric cars produce no emissions")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("An earthquake hit Turkey in 2020", "An earthquake hit Turkey in 2023"),
        ("زلزله شدیدی در سال ۲۰۱۷ رخ داد", "زلزله شدیدی در سال ۲۰۱۸ رخ داد"),
        ("ضرب زلزال تركيا في 2020", "ضرب زلزال تركيا في 2023"),
    ],
)
def test_another_date_of_what_recurs_is_another_event(one: str, other: str) -> None:
    answer, _ = _both_ways(one, other)
    assert answer.relation is Relation.RELATED
    assert [conflict.kind for conflict in answer.conflicts] == [ConflictKind.DATE]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("39 people died in an air strike in May 2020", "39 people died in an air strike in May 2021"),
        ("The bridge collapsed in May 2020", "The bridge collapsed in May 2021"),
    ],
)
def test_another_date_of_one_event_contradicts(one: str, other: str) -> None:
    assert _both_ways(one, other)[0].relation is Relation.CONTRADICTS


@pytest.mark.parametrize("denied", ["It is not false that", "It is not untrue that", "It isn't false that"])
def test_a_denied_denial_affirms(denied: str) -> None:
    said = "the minister closed the old bridge"
    assert _is_equivalent(f"{denied} {said}", said)
    assert _both_ways(f"{denied} the minister did not close the old bridge", said)[0].relation is Relation.CONTRADICTS


def test_cannot_help_denies_unless_it_cannot_but() -> None:
    assert _both_ways("The test cannot help doctors", "The test can help doctors")[0].relation is Relation.CONTRADICTS
    assert not read("I cannot help but admire the minister of France", "en").negated


def test_a_persian_infinitive_leaves_the_sentence_affirmed() -> None:
    assert not read("هر عذری برای نجنگیدن پذیرفته می‌شود", "fa").polarity.denies
    assert read("هیچ عذری برای نجنگیدن پذیرفته نیست", "fa").polarity.denies


@pytest.mark.parametrize("air", ["39 terrorists killed by air strikes", "مقتل 39 إرهابيا بضربات جوية"])
@pytest.mark.parametrize(
    "drone",
    [
        "39 terrorists killed by drone strikes", "مقتل 39 إرهابيا بضربات الطائرات المسيّرة",
        "۳۹ تروریست با حملات پهپادی کشته شدند",
    ],
)  # fmt: skip
def test_an_air_strike_is_no_drone_strike(air: str, drone: str) -> None:
    assert not _is_equivalent(air, drone)


def test_england_is_a_part_of_the_kingdom() -> None:
    assert not _is_equivalent("England signed the treaty with Norway", "Britain signed the treaty with Norway")
    assert _both_ways("Snow fell in England", "Snow fell in London")[0].relation is Relation.NARROWER


def test_who_asks_is_not_told() -> None:
    assert not _is_equivalent("Acme proposes broad limits on research", "Who proposes broad limits on research")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("الزلزال في المغرب: ارتفاع عدد الضحايا إلى 20", "ارتفاع عدد الضحايا إلى 20 في المغرب بسبب الزلزال"),
        ("المزارعون يحرقون محصول القمح في الجنوب", "المزارعون في الجنوب قاموا بحرق محصول القمح"),
    ],
)
def test_arabic_headlines_may_be_turned_round(one: str, other: str) -> None:
    assert _is_equivalent(one, other, "ar")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("تراجع أسعار القمح في مصر", "في مصر تراجع أسعار الأرز"),
        ("إيران والمغرب: علاقة صعبة", "إيران والعراق: علاقة صعبة"),
        ("الذهب يرتفع بعد إعلان البنك المركزي", "يرتفع النفط بعد إعلان البنك المركزي"),
        ("القمح يتراجع في مصر بسبب الحرب", "تراجع الأرز في مصر بسبب الحرب"),
        ("الكاتب يتهم الوزير بالفساد", "الكاتب يتهم المدير بالفساد"),
    ],
)
def test_an_arabic_word_in_another_ones_place_is_no_rewording(one: str, other: str) -> None:
    assert not _is_equivalent(one, other, "ar")


def test_a_name_in_small_letters_is_still_the_name() -> None:
    assert _is_equivalent(
        "the mayor quoted hitler in a speech on monday", "The mayor quoted Hitler in a speech on Monday"
    )


def test_a_direction_word_within_a_name_goes_nowhere() -> None:
    assert _is_equivalent(
        "The singer Moira Rose opened a small theatre in Ohio", "Moira Rose, the singer, opened a small theatre in Ohio"
    )
