"""A text in, everything the comparison needs to know of it out."""

from __future__ import annotations

from datetime import date

import pytest

from service.matching.reading import read, read_known


def test_every_part_has_its_place() -> None:
    text = "At least 39 soldiers were not killed in Iraq in May 2020"
    reading = read(text, "en")
    (quantity,), (day,), (name,) = reading.quantities, reading.dates, reading.names
    assert (quantity.value, quantity.comparator, text[quantity.start : quantity.end]) == (39.0, ">=", "At least 39")
    assert (day.earliest, day.latest) == (date(2020, 5, 1), date(2020, 5, 31))
    assert (name.key, text[name.start : name.end]) == ("place:IQ", "Iraq")
    assert reading.negated
    assert "@place:IQ" in reading.content
    assert len(reading.content) == len(reading.surface)


def test_figures_dates_denials_and_function_words_are_no_content() -> None:
    reading = read("The 39 old bridges were not closed in May 2020", "en")
    assert "39" not in reading.surface
    assert not {"The", "not", "in", "May", "2020", "were"} & set(reading.surface)
    assert {"old", "bridges", "closed"} <= set(reading.surface)


def test_noise_is_set_aside_and_places_stay_those_of_the_text() -> None:
    text = "BREAKING: 12 soldiers died in Iraq https://a.example/2020/39 🔥🔥"
    reading = read(text, "en")
    assert [each.value for each in reading.quantities] == [12.0]
    assert text[reading.quantities[0].start : reading.quantities[0].end] == "12"
    assert all("example" not in word for word in reading.surface)


def test_many_stretches_of_noise_are_all_left_out() -> None:
    reading = read("🔥 The 🔥 bridge 🔥👨‍👩‍👧 collapsed 🔥", "en")
    assert [token.text for token in reading.tokens if token.text.isalpha()] == ["the", "bridge", "collapsed"]


def test_a_bare_year_is_a_date() -> None:
    reading = read("2024 was the warmest on record", "en")
    assert reading.quantities == ()
    assert [day.year for day in reading.dates] == [2024]


@pytest.mark.parametrize(
    ("text", "loose"),
    [
        ("The army bought F16s and b2b shares", ("f16s", "b2b")),
        ("Step ① of the plan", ("1",)),
        ("The army bought 12 jets", ()),
    ],
)
def test_digits_that_no_reader_took_are_kept(text: str, loose: tuple[str, ...]) -> None:
    assert read(text, "en").loose_digits == loose


def test_relative_dates_need_the_anchor() -> None:
    assert read("The bridge collapsed last year", "en").dates[0].earliest is None
    anchored = read("The bridge collapsed last year", "en", date(2024, 5, 5)).dates[0]
    assert (anchored.earliest, anchored.latest) == (date(2023, 1, 1), date(2023, 12, 31))


def test_who_said_it_is_apart_from_what_was_said() -> None:
    reading = read("Boris Johnson said that the old bridge is unsafe", "en")
    assert reading.attribution is not None
    assert "Johnson" in reading.attribution.text
    assert reading.names == ()
    assert "Johnson" not in " ".join(reading.surface)


@pytest.mark.parametrize("text", ["", "no", "It is.", "!!! 🔥", "the of and", "\ud800"])
def test_too_little_to_be_judged(text: str) -> None:
    assert read(text, "en").too_vague


@pytest.mark.parametrize("text", ["39 dead", "The old bridge collapsed", "۳۹ کشته"])
def test_enough_to_be_judged(text: str) -> None:
    assert not read(text).too_vague


def test_months_of_the_solar_year_before_a_verb() -> None:
    """The participle of «کشته شدند» is no noun that the year would count."""
    reading = read("۳۹ جنگجو در دی ۱۳۹۸ کشته شدند", "fa")
    assert [each.value for each in reading.quantities] == [39.0]
    assert [(day.earliest, day.latest) for day in reading.dates] == [(date(2019, 12, 22), date(2020, 1, 20))]


def test_known_readings_are_kept() -> None:
    assert read_known("The old bridge collapsed", "en", None) is read_known("The old bridge collapsed", "en", None)
