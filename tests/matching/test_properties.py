"""What holds of every text, whatever it says: the matching core against made-up sentences and arbitrary strings."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from service.domain import Relation
from service.matching.comparison import Comparison, compare
from service.matching.folding import fold, fold_word
from service.matching.plan import plan_candidates, terms_of
from service.matching.reading import Reading, read
from service.matching.statements import split_statements
from service.matching.tokens import tokenize

untimed = settings(deadline=None)
"""The first reading in a language loads its lexicons, which no deadline for an example allows for."""

TURNED = {Relation.NARROWER: Relation.BROADER, Relation.BROADER: Relation.NARROWER}

SCRIPTS = ("0123456789", "۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩", "०१२३४५६७८९", "０１２３４５６７８９", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗")

TEMPLATES = {
    "en": (
        "At least {n} fighters were killed in an air strike on {place} in {year}",
        "The vaccine was {share} percent effective among {n} volunteers in {month} {year}",
        "Inflation in {place} rose to {share}% on {day} {month} {year}, the central bank said",
        "Article {one} of the law was amended after {n} votes",
        "Flight MH{n} carried {n} people and crashed on {year}-{mm}-{day}",
        "The population of {place} is {share} million people",
        "The army bought {one} F{one}s jets and K{one}x missiles for ${share} billion",
        "Around {n} people about {share} km from {place} lost power",
        "Between {n} and {n} people attended the rally in {place} at {one}:{mm} pm",
        "{place} won {one}-{one} in the final of {year}",
        "Call {three}-{three}-{three}{three}{three} to claim the prize of {n} dollars",
        "The account number {three}{three}{three}{three}{three}{three} was used to steal the money",
        "The ministry reported {n} cases {one} days ago in {place}",
        "The server at {one}.{one}.{one}.{one} was attacked by hackers in {place}",
        "COVID-{day} killed {n} out of {three} patients in {place}",
        "The {one}th summit was held on {day}/{mm}/{year} in {place}",
        "Fuel prices rose around {month} {year} by {share} percentage points in {place}",
        "Channel {one} said that {n} soldiers were killed in the attack on {place}",
        "The b{one}b and x{one}y{one}z models cost {n} euros each",
        "Temperatures in {place} reached minus {share} degrees Celsius in winter {year}",
    ),
    "fa": (
        "دست‌کم {n} نفر در حمله هوایی به {place} در سال {year} کشته شدند",
        "نرخ تورم {place} در {month} {solar} به {share} درصد رسید",
        "ماده {one} قانون اساسی با {n} رای تغییر کرد",
        "جمعیت {place} {share} میلیون نفر است",
        "در {day} {month} {solar} حدود {n} نفر در {place} دستگیر شدند",
        "قیمت دلار به {n} هزار تومان رسید",
        "{one} روز پیش {n} بیمار در {place} درگذشتند",
        "زلزله‌ای به بزرگی {share} ریشتر در {solar}/{mm}/{day} استان کرمان را لرزاند",
        "شماره حساب {three}{three}{three}{three}{three}{three} متعلق به وزیر است",
        "بین {n} تا {three} نفر در تظاهرات {place} شرکت کردند",
    ),
    "ar": (
        "قتل ما لا يقل عن {n} شخصا في غارة جوية على {place} عام {year}",
        "ارتفع التضخم إلى {share} في المئة في {month} {year}",
        "المادة {one} من الدستور عدلت بعد {n} صوتا",
        "يبلغ عدد سكان {place} {share} مليون نسمة",
        "أصيب نحو {n} شخصا قبل {one} أيام في {place}",
        "اشترت الحكومة {n} طائرة بقيمة {share} مليار دولار",
        "في {day} {month} {year} سقطت الطائرة وعلى متنها و{n} راكبا",
    ),
}
PLACES = {
    "en": ("Iran", "Baghdad", "Egypt", "North Korea", "France"),
    "fa": ("ایران", "بغداد", "مصر", "کره شمالی", "فرانسه"),
    "ar": ("إيران", "بغداد", "مصر", "كوريا الشمالية", "فرنسا"),
}
MONTHS = {
    "en": ("January", "May", "September"),
    "fa": ("شهریور", "دی", "خرداد"),
    "ar": ("يناير", "أيار", "سبتمبر"),
}


def _figures(language: str) -> dict[str, st.SearchStrategy[str]]:
    return {
        "n": st.integers(1, 9_999).map(str),
        "one": st.integers(1, 9).map(str),
        "three": st.integers(100, 999).map(str),
        "day": st.integers(1, 28).map(str),
        "mm": st.integers(1, 12).map("{:02}".format),
        "year": st.integers(1_980, 2_025).map(str),
        "solar": st.integers(1_360, 1_404).map(str),
        "share": st.one_of(
            st.integers(1, 999).map(str),
            st.tuples(st.integers(0, 99), st.integers(0, 99)).map("{0[0]}.{0[1]}".format),
            st.tuples(st.integers(1, 9), st.integers(100, 999)).map("{0[0]},{0[1]}".format),
        ),
        "place": st.sampled_from(PLACES[language]),
        "month": st.sampled_from(MONTHS[language]),
    }


@st.composite
def sentences(draw: st.DrawFn) -> tuple[str, str]:
    """A claim such as newsrooms get, and its language; figures in any script of digits."""
    language = draw(st.sampled_from(tuple(TEMPLATES)))
    pieces = draw(st.sampled_from(TEMPLATES[language])).split("{")
    figures = _figures(language)
    text = pieces[0]
    for piece in pieces[1:]:
        slot, _, after = piece.partition("}")
        text += draw(figures[slot]) + after
    script = draw(st.sampled_from(SCRIPTS))
    return text.translate({ord("0") + value: digit for value, digit in enumerate(script)}), language


ANCHORS = st.sampled_from((None, date(2024, 5, 5)))
HOSTILE = st.one_of(
    st.text(max_size=200),
    st.text(st.characters(categories=("Cs", "Cc", "Cf", "Mn", "Nd", "No")), max_size=200),
    st.lists(
        st.sampled_from(
            ["not ", "39", "۳۹", "1/0/2020", "۱۴۰۳/۱۳/۰۱", "31.2.2020", "0", ".", ",", "-", "/", ":", "5 days ago ",
             "%", "hundred ", "and ", "one in ", "last ramadan ", "half ", "هیچ ", "نفر ", "قرن ", "آلاف ", "من ",
             "said that ", "#", "@", "http://a.b", "(", "\ud800", "\u200f", "\u0301", "👨‍👩‍👧", "½", "²", "二", " "]
        ),
        max_size=60,
    ).map("".join),
)  # fmt: skip


def _shape(answer: Comparison) -> tuple[Relation, list[str]]:
    return answer.relation, sorted(conflict.kind for conflict in answer.conflicts)


def _changed_digit(text: str, place: int, digit: int) -> str:
    """``text`` with another digit of the same script at ``place``."""
    char = text[place]
    return text[:place] + chr(ord(char) - unicodedata.decimal(char) + digit) + text[place + 1 :]


@untimed
@given(sentences(), st.data(), ANCHORS, st.booleans())
def test_another_digit_is_never_equivalent(
    sentence: tuple[str, str], data: st.DataObject, anchor: date | None, told: bool
) -> None:
    text, language = sentence
    place = data.draw(st.sampled_from([place for place, char in enumerate(text) if char.isdecimal()]))
    digit = data.draw(st.integers(0, 9))
    assume(digit != unicodedata.decimal(text[place]))
    hint = language if told else None
    original, changed = read(text, hint, anchor), read(_changed_digit(text, place, digit), hint, anchor)
    assert compare(original, changed).relation is not Relation.EQUIVALENT
    assert compare(changed, original).relation is not Relation.EQUIVALENT


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Account 12345678901 was used to pay the soldiers", "Account 12345678902 was used to pay the soldiers"),
        ("The account 791689922428775746 was emptied in May", "The account 791689922228775746 was emptied in May"),
        (f"The key {'7' * 60} opens the vault of the bank", f"The key {'7' * 59}8 opens the vault of the bank"),
        ("Call 565-371-868196390242 to claim the prize", "Call 865-371-868196390242 to claim the prize"),
        ("The population of Iran is 63.2 million people", "The population of Iran is 63.0 million people"),
        ("The population of Iran is 1,130 million people", "The population of Iran is 1,135 million people"),
        ("About 1580 people near the city lost power", "About 1520 people near the city lost power"),
        ("The 4th summit was held on 1/09/2014 in Tehran", "The 4th summit was held on 1/07/2014 in Tehran"),
        ("The ministry reported the cases 4 days ago", "The ministry reported the cases 1 days ago"),
        ("The bank was founded in Iran around 1951", "The bank was founded in Iran around 1952"),
        ("The army bought new F16s jets for the war", "The army bought new F15s jets for the war"),
        ("The b5b models cost more than the old ones", "The b4b models cost more than the old ones"),
        ("Channel 4 said that the soldiers left Kabul", "Channel 5 said that the soldiers left Kabul"),
        ("Step ① of the plan is to leave the city", "Step ② of the plan is to leave the city"),
        ("Version 1.2.3.4 of the program is not safe", "Version 1.2.3.5 of the program is not safe"),
    ],
)
def test_digits_that_once_slipped_through(one: str, other: str) -> None:
    assert compare(read(one), read(other)).relation is not Relation.EQUIVALENT


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Prices rose 1.0 percent in March in Egypt", "Prices rose 1.00 percent in March in Egypt"),
        ("About 40 soldiers were killed in the attack", "39 soldiers were killed in the attack"),
        ("The base lies 8 km from the airport", "The base lies 5 miles from the airport"),
        ("Some 1.5 million people fled the war in Syria", "1,493,000 people fled the war in Syria"),
        ("Agent 007 left the city of London in May", "Agent 07 left the city of London in May"),
    ],
)
def test_the_same_amount_in_other_digits(one: str, other: str) -> None:
    assert compare(read(one), read(other)).relation is Relation.EQUIVALENT


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("At least 30 soldiers were killed in the attack", "At most 50 soldiers were killed in the attack"),
        ("Between 10 and 20 soldiers died in the attack", "Between 15 and 25 soldiers died in the attack"),
        ("Four days ago the army left Aleppo", "Three days ago the army left Aleppo"),
    ],
)
def test_bounds_that_only_overlap_are_not_equivalent(one: str, other: str) -> None:
    assert compare(read(one), read(other)).relation is Relation.RELATED


@untimed
@given(sentences(), ANCHORS, st.booleans())
def test_a_sentence_equals_itself(sentence: tuple[str, str], anchor: date | None, told: bool) -> None:
    text, language = sentence
    reading = read(text, language if told else None, anchor)
    answer = compare(reading, read(text, language if told else None, anchor))
    assert (answer.relation, answer.conflicts) == (Relation.EQUIVALENT, ())
    # The same by way of the features, without the shortcut for equal texts.
    spaced = read(text + " .", language if told else None, anchor)
    assert not compare(reading, spaced).conflicts


@untimed
@given(sentences(), sentences())
def test_comparing_is_symmetric_between_any_two_sentences(one: tuple[str, str], other: tuple[str, str]) -> None:
    _assert_symmetric(read(*one), read(*other))


@untimed
@given(sentences(), st.data())
def test_comparing_is_symmetric_between_two_wordings(sentence: tuple[str, str], data: st.DataObject) -> None:
    """Words lost, doubled and moved: near enough to each other to reach every branch of the relation."""
    text, language = sentence
    words = text.split()
    kept = data.draw(st.lists(st.sampled_from(words), min_size=1, max_size=len(words) + 2))
    _assert_symmetric(read(text, language), read(" ".join(kept), language))


@untimed
@given(HOSTILE, HOSTILE)
@example("𐹠1⁄2 of the city", "½ of the city")
@example("Flight MH1 carried 1 people", "Flight Flight")
def test_comparing_is_symmetric_between_any_two_strings(one: str, other: str) -> None:
    _assert_symmetric(read(one), read(other))


def _assert_symmetric(one: Reading, other: Reading) -> None:
    there, back = compare(one, other), compare(other, one)
    relation, conflicts = _shape(back)
    assert _shape(there) == (TURNED.get(relation, relation), conflicts)


DENIALS = {
    "en": (
        "The {thing} is {quality}", "The {thing} is not {quality}",
        ("vaccine", "bridge", "water", "law"), ("safe for children", "open to tourists", "owned by the state"),
    ),
    "fa": (
        "{thing} {quality} است", "{thing} {quality} نیست",
        ("این واکسن", "پل تازه", "قانون مالیات"), ("برای کودکان خطرناک", "به روی مردم باز", "در مالکیت دولت"),
    ),
    "ar": (
        "{thing} {quality} في البلاد", "ليس {thing} {quality} في البلاد",
        ("اللقاح الجديد", "القانون الضريبي"), ("خطيرا على الأطفال", "مفتوحا أمام السياح", "ملكا للدولة"),
    ),
}  # fmt: skip


@st.composite
def denials(draw: st.DrawFn) -> tuple[str, str, str]:
    """A statement, its denial, and their language."""
    language = draw(st.sampled_from(tuple(DENIALS)))
    affirmed, denied, things, qualities = DENIALS[language]
    filling = {"thing": draw(st.sampled_from(things)), "quality": draw(st.sampled_from(qualities))}
    return affirmed.format(**filling), denied.format(**filling), language


@untimed
@given(denials())
def test_a_negation_turns_the_relation(case: tuple[str, str, str]) -> None:
    text, denial, language = case
    affirmed, denied = read(text, language), read(denial, language)
    for one, other in ((affirmed, denied), (denied, affirmed)):
        answer = compare(one, other)
        assert _shape(answer) == (Relation.CONTRADICTS, ["polarity"])
    assert compare(denied, read(denial + ".", language)).relation is Relation.EQUIVALENT


@untimed
@given(st.one_of(st.text(), HOSTILE))
@example("İstanbul ǆ ﬁ ᾳ \u1e9b\u0323 ﷺ")
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert fold_word(fold_word(text)) == fold_word(text)


@untimed
@given(HOSTILE, st.sampled_from((None, "en", "fa", "ar", "de", "zh", "xx", "")), ANCHORS)
@example("3/0/2020", "en", None)
@example("0/3/2020 00.00.0000 99:99:99", None, None)
@example("\ud800\udfff" * 20, None, None)
def test_any_string_reads_without_error_and_always_alike(text: str, hint: str | None, anchor: date | None) -> None:
    reading = read(text, hint, anchor)
    assert reading == read(text, hint, anchor)
    for part in (*reading.quantities, *reading.dates, *reading.names):
        assert 0 <= part.start < part.end <= len(text)
        assert 0 <= part.first <= part.last < len(reading.tokens)
    assert len(reading.content) == len(reading.surface)
    terms = terms_of(reading)
    assert all(weight > 0 for _, weight in terms)
    assert len({term for term, _ in terms}) == len(terms) <= 256
    plan_candidates(reading)
    for statement in split_statements(text, reading.language.tag):
        assert text[statement.start : statement.end] == statement.text


@untimed
@given(st.sampled_from((date.min, date.max, date(622, 3, 20), date(9377, 1, 1))))
def test_anchors_at_the_ends_of_the_calendar(anchor: date) -> None:
    for text in ("سال گذشته", "after last ramadan", "پنج قرن پیش", "two years from now", "العام الماضي", "next week"):
        assert read(text, None, anchor).text == text


@untimed
@given(HOSTILE)
def test_tokens_lie_in_order_and_cover_their_originals(text: str) -> None:
    end = 0
    for token in tokenize(text):
        assert token.text
        assert end <= token.start < token.end <= len(text)
        assert text[token.start : token.end] == token.original
        end = token.end


LONG = (
    ("words", lambda size: "the army of Iran did not leave Iraq in May 2020 " * (size // 48)),
    ("digits", lambda size: "9" * size),
    ("grouped digits", lambda size: "1,234" * (size // 5)),
    ("joined digits", lambda size: "12-" * (size // 3)),
    ("dates", lambda size: "1/2/2020 " * (size // 9)),
    ("number words", lambda size: "two hundred and " * (size // 16)),
    ("Persian", lambda size: "حدود ۳۹ نفر در بغداد کشته نشدند و " * (size // 35)),
    ("combining marks", lambda size: "e" + "\u0301" * size),
    ("joiners", lambda size: "م\u200c" * (size // 2)),
    ("right-to-left marks", lambda size: "\u202e\u200f" * (size // 2)),
    ("emoji", lambda size: "👨‍👩‍👧" * (size // 5)),
    ("hashtags", lambda size: "#tag " * (size // 5)),
    ("names", lambda size: "Ann Lee " * (size // 8)),
    ("one word", lambda size: "a" * size),
    ("quotes", lambda size: '"said that ' * (size // 11)),
    ("blanks", lambda size: " \u00a0" * (size // 2)),
    ("denials", lambda size: "not " * (size // 4)),
    ("brackets", lambda size: "(" * size),
)  # fmt: skip


@pytest.mark.parametrize(("name", "make"), LONG, ids=[name for name, _ in LONG])
def test_reading_takes_time_in_proportion_to_length(name: str, make: Callable[[int], str]) -> None:
    """Eight times the text may take twenty-four times as long: a quadratic step would take sixty-four."""
    short, long = make(1_000), make(8_000)
    # The short text is read eight times over, so that both figures are far above the clock's grain.
    once = min(_seconds(short, 8) / 8 for _ in range(4))
    more = min(_seconds(long, 1) for _ in range(4))
    assert more < 24 * once + 0.002, f"{name}: {once:.6f} s, then {more:.6f} s"


def _seconds(text: str, times: int) -> float:
    fresh = [text + "\u200b" * index for index in range(1, times + 1)]
    start = time.process_time()
    for each in fresh:
        read(each)
        split_statements(each, "und")
    return time.process_time() - start
