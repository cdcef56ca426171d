"""Dates in many languages and calendars, and what two of them say about each other."""

from __future__ import annotations

import math
import time
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.matching.dates import DateMention, compare_dates, read_dates
from service.matching.tokens import tokenize

ANCHOR = date(2025, 12, 31)


def read(text: str, language: str = "en", anchor: date | None = ANCHOR) -> tuple[DateMention, ...]:
    return read_dates(tokenize(text), language, anchor)


def only(text: str, language: str = "en", anchor: date | None = ANCHOR) -> DateMention:
    found = read(text, language, anchor)
    assert len(found) == 1, found
    return found[0]


def days(mention: DateMention) -> tuple[str, str]:
    return str(mention.earliest), str(mention.latest)


@pytest.mark.parametrize(
    ("language", "text", "precision", "earliest", "latest"),
    [
        ("en", "killed in 2025", "year", "2025-01-01", "2025-12-31"),
        ("en", "in 2025 Iraqi forces advanced", "year", "2025-01-01", "2025-12-31"),
        ("en", "The 2024 election was close", "year", "2024-01-01", "2024-12-31"),
        ("en", "mid-2020", "year", "2020-01-01", "2020-12-31"),
        ("en", "January 2020", "month", "2020-01-01", "2020-01-31"),
        ("en", "Jan. 5, 2020", "day", "2020-01-05", "2020-01-05"),
        ("en", "January 5th, 2020", "day", "2020-01-05", "2020-01-05"),
        ("en", "the 5th of January 2020", "day", "2020-01-05", "2020-01-05"),
        ("en", "on 2025-12-31", "day", "2025-12-31", "2025-12-31"),
        ("en", "on 31/12/2025", "day", "2025-12-31", "2025-12-31"),
        ("de", "am 3.4.2025", "day", "2025-04-03", "2025-04-03"),
        ("en", "Q3 2024", "quarter", "2024-07-01", "2024-09-30"),
        ("en", "third quarter of 2024", "quarter", "2024-07-01", "2024-09-30"),
        ("fa", "سه‌ماهه سوم ۱۴۰۳", "quarter", "2024-09-22", "2024-12-20"),
        ("ar", "الربع الثالث من 2024", "quarter", "2024-07-01", "2024-09-30"),
        ("en", "first half of 2024", "half", "2024-01-01", "2024-06-30"),
        ("en", "summer 2024", "season", "2024-06-01", "2024-08-31"),
        ("fa", "تابستان ۱۴۰۳", "season", "2024-06-21", "2024-09-21"),
        ("en", "in the 1990s", "decade", "1990-01-01", "1999-12-31"),
        ("en", "the '90s", "decade", "1990-01-01", "1999-12-31"),
        ("fa", "دهه ۹۰", "decade", "2011-03-21", "2021-03-20"),
        ("ru", "в 1990-х", "decade", "1990-01-01", "1999-12-31"),
        ("en", "the 21st century", "century", "2001-01-01", "2100-12-31"),
        ("es", "siglo XXI", "century", "2001-01-01", "2100-12-31"),
        ("fa", "قرن بیستم", "century", "1901-01-01", "2000-12-31"),
        ("en", "2015-2019", "range", "2015-01-01", "2019-12-31"),
        ("en", "from 2015 to 2019", "range", "2015-01-01", "2019-12-31"),
        ("en", "between March and May 2020", "range", "2020-03-01", "2020-05-31"),
        ("en", "5 to 7 January 2020", "range", "2020-01-05", "2020-01-07"),
        ("fa", "بین سال‌های ۲۰۱۵ تا ۲۰۱۹", "range", "2015-01-01", "2019-12-31"),
        ("ar", "بين عامي 2015 و2019", "range", "2015-01-01", "2019-12-31"),
        ("fa", "شهریور ۱۴۰۳", "month", "2024-08-22", "2024-09-21"),
        ("fa", "۱۰ دی ۱۴۰۴", "day", "2025-12-31", "2025-12-31"),
        ("fa", "۱۴۰۴/۱۰/۱۰", "day", "2025-12-31", "2025-12-31"),
        ("fa", "سال ۹۸", "year", "2019-03-21", "2020-03-19"),
        ("fa", "۲۲ بهمن ۵۷", "day", "1979-02-11", "1979-02-11"),
        ("fa", "ژانویه ۲۰۲۰", "month", "2020-01-01", "2020-01-31"),
        ("ar", "رمضان 1445", "month", "2024-03-11", "2024-04-09"),
        ("ar", "سنة 1445 هـ", "year", "2023-07-19", "2024-07-06"),
        ("en", "Ramadan 2024", "month", "2024-03-11", "2024-04-09"),
        ("ar", "كانون الثاني 2020", "month", "2020-01-01", "2020-01-31"),
        ("ar", "تشرين الأول/أكتوبر 2023", "month", "2023-10-01", "2023-10-31"),
        ("zh", "2025年12月31日", "day", "2025-12-31", "2025-12-31"),
        ("hu", "2025. december 31.", "day", "2025-12-31", "2025-12-31"),
        ("tr", "2020 yılında", "year", "2020-01-01", "2020-12-31"),
    ],
)
def test_a_date_becomes_its_days(language: str, text: str, precision: str, earliest: str, latest: str) -> None:
    mention = only(text, language)
    assert (mention.precision, *days(mention)) == (precision, earliest, latest)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ar", "5 يناير 2020"), ("ar", "5 كانون الثاني 2020"), ("ar", "5 جانفي 2020"), ("az", "5 yanvar 2020"),
        ("bg", "5 януари 2020"), ("ca", "5 de gener de 2020"), ("cs", "5. ledna 2020"), ("da", "5. januar 2020"),
        ("de", "5. Januar 2020"), ("el", "5 Ιανουαρίου 2020"), ("en", "5 January 2020"), ("es", "5 de enero de 2020"),
        ("fa", "۵ ژانویه ۲۰۲۰"), ("fi", "5. tammikuuta 2020"), ("fr", "5 janvier 2020"), ("he", "5 בינואר 2020"),
        ("hi", "5 जनवरी 2020"), ("hr", "5. siječnja 2020"), ("id", "5 Januari 2020"), ("it", "5 gennaio 2020"),
        ("ko", "2020년 1월 5일"), ("nl", "5 januari 2020"), ("no", "5. januar 2020"), ("pl", "5 stycznia 2020 r."),
        ("pt", "5 de janeiro de 2020"), ("ro", "5 ianuarie 2020"), ("ru", "5 января 2020 года"),
        ("sv", "5 januari 2020"),
        ("tr", "5 Ocak 2020"), ("uk", "5 січня 2020 року"), ("ur", "5 جنوری 2020"), ("und", "5 janvier 2020"),
    ],
)  # fmt: skip
def test_months_of_many_languages(language: str, text: str) -> None:
    assert days(only(text, language)) == ("2020-01-05", "2020-01-05")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "2000 people were killed"), ("en", "more than 2020 cases"), ("en", "$2025 for each"), ("en", "COVID-19"),
        ("en", "Theresa May resigned and troops may march"), ("en", "the population is 2024"), ("en", "2,024 died"),
        ("en", "a 2000-year-old temple"), ("en", "39 terrorists killed by 12 drones"), ("en", "room 2012"),
        ("fa", "خبرگزاری مهر گزارش داد تیر خورد"), ("fa", "۱۴۰۰ نفر کشته شدند"), ("fa", "۲۰۲۵ تومان"),
        ("ar", "قتل 2000 شخص"), ("ar", "صفر إصابات"), ("fr", "2000 personnes"), ("de", "2000 Menschen"),
    ],
)  # fmt: skip
def test_what_looks_like_a_date_and_is_none(language: str, text: str) -> None:
    assert read(text, language) == ()


@pytest.mark.parametrize(
    ("language", "text", "earliest", "latest"),
    [
        ("en", "yesterday", "2025-12-30", "2025-12-30"),
        ("en", "last year", "2024-01-01", "2024-12-31"),
        ("en", "this month", "2025-12-01", "2025-12-31"),
        ("en", "next week", "2026-01-05", "2026-01-11"),
        ("en", "3 days ago", "2025-12-28", "2025-12-28"),
        ("en", "two years ago", "2023-01-01", "2023-12-31"),
        ("en", "in the past 10 years", "2015-12-31", "2025-12-31"),
        ("en", "January last year", "2024-01-01", "2024-01-31"),
        ("en", "last March", "2025-03-01", "2025-03-31"),
        ("fa", "پارسال", "2024-03-20", "2025-03-20"),
        ("fa", "امسال", "2025-03-21", "2026-03-20"),
        ("fa", "ماه گذشته", "2025-11-22", "2025-12-21"),
        ("fa", "سه روز پیش", "2025-12-28", "2025-12-28"),
        ("fa", "شهریور پارسال", "2024-08-22", "2024-09-21"),
        ("ar", "العام الماضي", "2024-01-01", "2024-12-31"),
        ("ar", "أمس", "2025-12-30", "2025-12-30"),
        ("ar", "قبل ثلاثة أيام", "2025-12-28", "2025-12-28"),
        ("ar", "السنوات العشر الماضية", "2015-12-31", "2025-12-31"),
        ("fr", "l'année dernière", "2024-01-01", "2024-12-31"),
        ("es", "hace 3 días", "2025-12-28", "2025-12-28"),
        ("de", "vor 3 Tagen", "2025-12-28", "2025-12-28"),
        ("ru", "в прошлом году", "2024-01-01", "2024-12-31"),
    ],
)
def test_relative_dates_are_counted_from_the_anchor(language: str, text: str, earliest: str, latest: str) -> None:
    mention = only(text, language)
    assert mention.relative
    assert days(mention) == (earliest, latest)
    unanchored = only(text, language, None)
    assert unanchored.relative
    assert unanchored.earliest is None
    assert unanchored.latest is None


@pytest.mark.parametrize(
    ("language", "text", "comparator", "earliest", "latest"),
    [
        ("en", "before 2020", "<", None, date(2019, 12, 31)),
        ("en", "until May 2020", "<=", None, date(2020, 5, 31)),
        ("en", "by 2030", "<=", None, date(2030, 12, 31)),
        ("en", "after 2020", ">", date(2021, 1, 1), None),
        ("en", "since 2020", ">=", date(2020, 1, 1), None),
        ("en", "around 2020", "~", date(2020, 1, 1), date(2020, 12, 31)),
        ("fa", "قبل از سال ۲۰۲۰", "<", None, date(2019, 12, 31)),
        ("fa", "پس از ۲۰۲۰", ">", date(2021, 1, 1), None),
        ("fa", "از ۲۰۲۰ تاکنون", ">=", date(2020, 1, 1), None),
        ("ar", "منذ 2020", ">=", date(2020, 1, 1), None),
        ("ar", "بحلول عام 2030", "<=", None, date(2030, 12, 31)),
        ("es", "antes de 2020", "<", None, date(2019, 12, 31)),
        ("fr", "depuis 2020", ">=", date(2020, 1, 1), None),
        ("de", "nach 2020", ">", date(2021, 1, 1), None),
    ],
)
def test_comparators(language: str, text: str, comparator: str, earliest: date | None, latest: date | None) -> None:
    mention = only(text, language)
    assert (mention.comparator, mention.earliest, mention.latest) == (comparator, earliest, latest)
    assert mention.text == text


def test_places_are_those_of_the_text() -> None:
    text = "  Iraq:  39 killed on 5 January 2020."
    mention = only(text)
    assert text[mention.start : mention.end] == "5 January 2020"
    tokens = tokenize(text)
    assert [token.text for token in tokens[mention.first : mention.last + 1]] == ["5", "january", "2020"]


@pytest.mark.parametrize(
    ("a", "b", "answer"),
    [
        (("2025", "en"), ("in 2025", "en"), "equal"),
        (("December 2025", "en"), ("2025", "en"), "inside"),
        (("2025", "en"), ("December 2025", "en"), "contains"),
        (("2024", "en"), ("2025", "en"), "conflict"),
        (("۱۰ دی ۱۴۰۴", "fa"), ("31 December 2025", "en"), "equal"),
        (("شهریور ۱۴۰۳", "fa"), ("September 2024", "en"), "overlap"),
        (("مرداد ۱۴۰۴", "fa"), ("August 2025", "en"), "overlap"),
        (("سال ۱۴۰۴", "fa"), ("2025", "en"), "overlap"),
        (("سال ۱۴۰۴", "fa"), ("2026", "en"), "unknown"),
        (("سال ۱۴۰۴", "fa"), ("2023", "en"), "conflict"),
        (("5 January", "en"), ("5 January 2020", "en"), "contains"),
        (("5 January", "en"), ("6 January 2020", "en"), "conflict"),
        (("January", "en"), ("5 enero", "es"), "contains"),
        (("before 2020", "en"), ("after 2020", "en"), "conflict"),
        (("before 2020", "en"), ("in 2019", "en"), "contains"),
        (("around 2020", "en"), ("in 2021", "en"), "contains"),
        (("3/4/2025", "en"), ("3 April 2025", "en"), "contains"),
        (("summer 2024", "en"), ("December 2024", "en"), "unknown"),
    ],
)
def test_comparing(a: tuple[str, str], b: tuple[str, str], answer: str) -> None:
    assert compare_dates(only(*a), only(*b)) == answer


def test_unresolved_dates_agree_only_with_themselves() -> None:
    last = only("last year", anchor=None)
    assert compare_dates(last, only("Last year", anchor=None)) == "equal"
    assert compare_dates(last, only("2024")) == "unknown"


MIRROR = {"inside": "contains", "contains": "inside"}
PIECES = (
    "in 2020", "since 2019", "before May 2021", "5 January 2020", "Q3 2024", "the 1990s", "last year", "3 days ago",
    "from 2015 to 2019", "around 2020", "summer 2021", "2025-12-31", "5 January", "March 2020",
)  # fmt: skip


@given(st.sampled_from(PIECES), st.sampled_from(PIECES), st.booleans())
def test_comparing_is_symmetric_and_reflexive(one: str, other: str, anchored: bool) -> None:
    anchor = ANCHOR if anchored else None
    a, b = only(one, anchor=anchor), only(other, anchor=anchor)
    answer = compare_dates(a, b)
    assert compare_dates(b, a) == MIRROR.get(answer, answer)
    assert compare_dates(a, a) == "equal"


@settings(max_examples=300)
@given(
    st.lists(
        st.one_of(st.text(max_size=12), st.sampled_from([*PIECES, "سال", "۱۴۰۴", "/", "-", "'", "ago", "0000", "9999"]))
    ),
    st.sampled_from(["en", "fa", "ar", "und", "zh", "ru", "xx", "", "he"]),
    st.sampled_from([None, ANCHOR, date.min, date.max]),
)
def test_any_text_reads_in_order_without_overlaps(pieces: list[str], language: str, anchor: date | None) -> None:
    text = " ".join(pieces)
    place = 0
    for mention in read(text, language, anchor):
        assert place <= mention.start < mention.end <= len(text)
        assert mention.first <= mention.last
        if mention.earliest is not None and mention.latest is not None:
            assert mention.earliest <= mention.latest
        place = mention.end


@pytest.mark.parametrize("piece", ["2020 ", "5 January ", "2020-", "last ", "year ", "و2019 ", "the of ", "1 / "])
def test_time_is_linear(piece: str) -> None:
    tokens = tokenize(piece * 8_000)
    spent = []
    for share in (tokens[: len(tokens) // 8], tokens):
        best = math.inf  # of three: the garbage of other tests is collected in one of them
        for _ in range(3):
            started = time.process_time()
            read_dates(share, "en", ANCHOR)
            best = min(best, time.process_time() - started)
        spent.append(best)
    assert spent[1] < 40 * spent[0] + 0.1
