"""Profiles: what is kept of a reading gives the score that the reading gives."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.matching import profile as profiles
from service.matching.judging import Encounter, Judge, Wording, wording_of
from service.matching.profile import pack, profile_of, unpack, unpack_reading
from service.matching.reading import Reading, read
from service.matching.relevance import Corpus

TEXTS = (
    "39 terrorists were killed by drone strikes in Iraq in 2025",
    "93 terrorists were killed by drone strikes in Iraq in 2024",
    "39 terrorists were not killed in Iraq",
    "Drone strikes killed 39 people in Iraq last year, the ministry said",
    "The mayor opened nine libraries in Leeds",
    "در حملات پهپادی ۳۹ تروریست در عراق کشته شدند",
    "قتل ٣٩ إرهابيا في العراق",
    "#Iraq @someone: a strike",
    "?!",
)


@settings(deadline=None, max_examples=40)
@given(st.one_of(st.sampled_from(TEXTS), st.text(max_size=80)), st.sampled_from([None, "en", "fa", "ar"]))
def test_a_profile_comes_back_as_it_was_kept(text: str, language: str | None) -> None:
    reading = read(text, language)
    kept = unpack(pack(reading), reading.text, reading.folded)
    assert kept is not None
    assert unpack_reading(kept) == reading
    assert msgspec.structs.replace(kept, rest=b"") == profile_of(reading)


def test_what_another_edition_kept_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = pack(read(TEXTS[0]))
    monkeypatch.setattr(profiles, "edition", lambda: b"another!")
    assert unpack(kept, TEXTS[0], "") is None


def test_a_profile_tells_by_how_it_begins_that_no_day_matters() -> None:
    for text in TEXTS:
        assert pack(read(text)).startswith(profiles.timeless()) == ("last year" not in text)


def test_an_edition_is_eight_bytes() -> None:
    assert len(profiles.edition()) == 8


def test_only_relative_dates_depend_on_the_day() -> None:
    """So a profile without them holds whenever its claim was made."""
    for text in TEXTS:
        assert profile_of(read(text)).anchored == ("last year" in text)
        if "last year" not in text:
            assert read(text) == read(text, anchor=date(2020, 5, 5))


class _Counted:
    """A wording that counts how often it is read."""

    def __init__(self, text: str) -> None:
        self.kept = read(text)
        self.times = 0

    def reading(self) -> Reading:
        self.times += 1
        return self.kept


CORPUS = Corpus({"drone": 0.8, "strike": 0.6, "=kill": 0.4}, 12.0)


@pytest.mark.parametrize("likeness", [None, 0.2, 1.1])
@pytest.mark.parametrize("text", TEXTS)
def test_no_judgement_goes_above_what_a_glance_promised(text: str, likeness: float | None) -> None:
    judge = Judge([read(text), read(TEXTS[1])], CORPUS)
    for place, known in enumerate(TEXTS):
        pair = [profile_of(read(known)), profile_of(read(TEXTS[place - 1]))]
        wordings = [Wording(each, lambda each=each: read(each.text), likeness) for each in pair]
        prospect = judge.look(wordings, [Encounter(0, 0, 7.0), Encounter(1, 0, 3.0), Encounter(0, 1, None)])
        assert judge.judge(prospect).score <= prospect.ceiling


@pytest.mark.parametrize("levels", [(0.01, 0.1), (0.04, 0.4), (0.5, 0.9)])
@pytest.mark.parametrize("text", TEXTS)
def test_what_is_not_looked_at_further_is_on_the_right_side_of_the_levels(
    text: str, levels: tuple[float, float]
) -> None:
    judge, (hope, shown) = Judge([read(text)], CORPUS), levels
    for known in TEXTS:
        wordings, encounters = [wording_of(read(known))], [Encounter(0, 0, 4.0)]
        whole, part = judge.look(wordings, encounters), judge.look(wordings, encounters, levels=levels)
        assert (part.ceiling < hope, part.ceiling < shown) == (whole.ceiling < hope, whole.ceiling < shown)
        assert part == whole or whole.ceiling < shown


def test_a_glance_reads_nothing_and_a_judgement_only_what_it_rests_on() -> None:
    near, far = _Counted("Drone strikes in Iraq killed 39 terrorists in 2025"), _Counted(TEXTS[4])
    wordings = [Wording(profile_of(each.kept), each.reading) for each in (near, far)]
    judge = Judge([read(TEXTS[0])], CORPUS)
    prospect = judge.look(wordings, [Encounter(0, 0, 20.0), Encounter(0, 1, 1.0)])
    assert (near.times, far.times) == (0, 0)
    assert judge.judge(prospect).wording == 0
    assert (near.times, far.times) == (1, 0)
