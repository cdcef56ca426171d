"""What a text says is how many, of what, bounded how; and what two quantities say about each other."""

from __future__ import annotations

import math
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.matching.quantities import Quantity, compare_quantities, read_quantities
from service.matching.tokens import tokenize


def read(text: str, language: str = "en") -> tuple[Quantity, ...]:
    return read_quantities(tokenize(text), language, frozenset())


def only(text: str, language: str = "en") -> Quantity:
    found = read(text, language)
    assert len(found) == 1, found
    return found[0]


def compared(a: str, b: str, language: str = "en", other: str | None = None) -> str:
    return compare_quantities(only(a, language), only(b, other or language))


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "39 terrorists killed by drone strikes"),
        ("en", "Drone strikes eliminated thirty-nine terrorist operatives in Iraq"),
        ("en", "killing 39 in Iraq"),
        ("en", "39 were killed"),
        ("fa", "۳۹ عنصر تروریستی با حملات پهپادی از بین رفتند"),
        ("fa", "سی و نه تروریست کشته شدند"),
        ("ar", "مقتل 39 إرهابياً بضربات الطائرات المسيّرة"),
        ("ar", "مقتل تسعة وثلاثين إرهابيا"),
        ("ar", "و39 إرهابيا"),
        ("de", "neununddreißig Soldaten"),
        ("fr", "trente-neuf terroristes tués"),
        ("it", "trentanove terroristi uccisi"),
        ("ru", "тридцать девять человек"),
        ("tr", "otuz dokuz kişi"),
        ("pl", "trzydzieści dziewięć osób"),
        ("hi", "उनतालीस आतंकवादी"),
        ("zh", "三十九名恐怖分子"),
        ("und", "سی و نه نفر"),
    ],
)
def test_thirty_nine_persons_in_many_languages(language: str, text: str) -> None:
    quantity = only(text, language)
    assert (quantity.value, quantity.comparator, quantity.unit) == (39, "=", "person")


@pytest.mark.parametrize(
    ("language", "text", "comparator", "value"),
    [
        ("en", "more than 30 soldiers", ">", 30),
        ("en", "no more than 30 soldiers", "<=", 30),
        ("en", "not more than 30 soldiers", "<=", 30),
        ("en", "no fewer than 30 soldiers", ">=", 30),
        ("en", "at least some 40 soldiers", ">=", 40),
        ("en", "nearly 40 soldiers", "~", 40),
        ("en", "just under 40 soldiers", "<", 40),
        ("en", "up to 200 migrants", "<=", 200),
        ("en", "100+ people", ">=", 100),
        ("en", "seven people or more", ">=", 7),
        ("fa", "بیش از ۵۰ نفر", ">", 50),
        ("fa", "دست‌کم ۵۰ نفر", ">=", 50),
        ("fa", "دست کم پنجاه نفر", ">=", 50),
        ("fa", "کمتر از ۵۰ نفر", "<", 50),
        ("fa", "حداکثر ۵۰ نفر", "<=", 50),
        ("fa", "نزدیک به هزار نفر", "~", 1000),
        ("ar", "أكثر من ثلاثمائة شخص", ">", 300),
        ("ar", "ما لا يقل عن 30 قتيلا", ">=", 30),
        ("ar", "لا يزيد عن 30 شخصا", "<=", 30),
        ("ar", "نحو 40 شخصا", "~", 40),
        ("ar", "ما يصل إلى 40 شخصا", "<=", 40),
        ("es", "más de 1.234 personas", ">", 1234),
        ("fr", "au moins 39 terroristes", ">=", 39),
        ("de", "mindestens 1.234 Menschen", ">=", 1234),
        ("pt", "cerca de 40 pessoas", "~", 40),
        ("it", "circa 40 persone", "~", 40),
        ("ru", "не менее 30 человек", ">=", 30),
        ("tr", "en az 39 asker", ">=", 39),
    ],
)
def test_comparators(language: str, text: str, comparator: str, value: float) -> None:
    quantity = only(text, language)
    assert (quantity.comparator, quantity.value, quantity.unit) == (comparator, value, "person")


@pytest.mark.parametrize(
    ("language", "text", "value", "unit"),
    [
        ("en", "zero percent border infiltration", 0, "percent"),
        ("fa", "میزان نفوذ از مرزهای عراق صفر درصد ثبت شده است", 0, "percent"),
        ("ar", "صفر بالمئة", 0, "percent"),
        ("ar", "ثلاثين في المائة", 30, "percent"),
        ("tr", "yüzde 30", 30, "percent"),
        ("en", "rates rose by 2 percentage points", 2, "percentage_point"),
        ("en", "half of the voters", 0.5, "ratio"),
        ("en", "three-quarters of voters", 0.75, "ratio"),
        ("en", "more than a third of voters", 1 / 3, "ratio"),
        ("en", "one in five Americans", 0.2, "ratio"),
        ("en", "3 out of 10 voters", 0.3, "ratio"),
        ("en", "½ of voters", 0.5, "ratio"),
        ("en", "3/4 of voters", 0.75, "ratio"),
        ("fa", "دو سوم مردم", 2 / 3, "ratio"),
        ("fa", "از هر پنج نفر یک نفر", 0.2, "ratio"),
        ("fa", "بیش از نیمی از مردم", 0.5, "ratio"),
        ("ar", "ثلثا السكان", 2 / 3, "ratio"),
        ("ar", "واحد من كل خمسة", 0.2, "ratio"),
        ("en", "half a million people", 500_000, "person"),
        ("en", "two and a half million people", 2_500_000, "person"),
        ("fa", "دو و نیم میلیون نفر", 2_500_000, "person"),
        ("fa", "۱/۵ میلیون نفر", 1_500_000, "person"),
        ("ar", "مليون ونصف مليون شخص", 1_500_000, "person"),
        ("en", "$5bn deal", 5e9, "USD"),
        ("en", "€3 million", 3e6, "EUR"),
        ("en", "US$ 3.2 billion", 3.2e9, "USD"),
        ("fa", "۵۰ هزار تومان", 500_000, "IRR"),
        ("ar", "5 ملايين دولار", 5e6, "USD"),
        ("es", "mil millones de dólares", 1e9, "USD"),
        ("en", "122 degrees Fahrenheit", 50, "celsius"),
        ("en", "500 megawatts", 5e8, "watt"),
        ("en", "-5 degrees", -5, "degree"),
        ("fa", "۷/۴ ریشتری", 7.4, "magnitude"),
        ("en", "the 2nd missile", 2, "ordinal"),
        ("en", "twenty-first missile", 21, "ordinal"),
        ("fa", "دومین انفجار", 2, "ordinal"),
        ("fa", "بیست و پنجمین سالگرد", 25, "ordinal"),
        ("ar", "الدورة الثالثة", 3, "ordinal"),
        ("ar", "مقتل شخصين", 2, "person"),
        ("en", "COVID-19", 19, "label"),
        ("fa", "کووید ۱۹", 19, "label"),
        ("en", "the G20 summit", 20, "label"),
        ("en", "Boeing 737", 737, "label"),
        ("en", "Article 5", 5, "label"),
        ("en", "World War II", 2, "label"),
        ("en", "the Second World War", 2, "label"),
        ("ar", "ثلاثة ملايين و500 ألف شخص", 3_500_000, "person"),
        ("fr", "plus d'un million d'euros", 1e6, "EUR"),
        ("en", "5G towers", 5, "label"),
        ("en", "at 10:30 pm", 1350, "clock"),
    ],
)
def test_values_and_units(language: str, text: str, value: float, unit: str) -> None:
    quantity = only(text, language)
    assert quantity.value == pytest.approx(value)
    assert quantity.unit == unit


@pytest.mark.parametrize(
    ("language", "text", "low", "high"),
    [
        ("en", "10-20 people", 10, 20),
        ("en", "between 10 and 20 people", 10, 20),
        ("en", "between two hundred and three hundred people", 200, 300),
        ("en", "from 10 to 20 million people", 1e7, 2e7),
        ("fa", "بین ۱۰ تا ۲۰ نفر", 10, 20),
        ("ar", "من 10 إلى 20 شخصا", 10, 20),
        ("ar", "بين 10 و20 قتيلا", 10, 20),
    ],
)
def test_ranges(language: str, text: str, low: float, high: float) -> None:
    quantity = only(text, language)
    assert (quantity.value, quantity.upper, quantity.unit) == (low, high, "person")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "No terrorists were killed"),
        ("en", "Nobody was killed"),
        ("en", "No one was killed"),
        ("en", "none of the soldiers survived"),
        ("en", "not one soldier died"),
        ("fa", "هیچ تروریستی کشته نشد"),
        ("fa", "هیچ‌کس کشته نشد"),
        ("ar", "لم يقتل أي إرهابي"),
        ("ar", "لا أحد قتل"),
        ("ar", "لم يقتل أحد"),
    ],
)
def test_none_is_zero_persons(language: str, text: str) -> None:
    quantity = only(text, language)
    assert (quantity.value, quantity.comparator, quantity.unit) == (0, "=", "person")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The terrorists were not killed"),
        ("en", "no longer, no doubt, no way"),
        ("en", "one of the best, one another"),
        ("en", "the prime minister went there one day"),
        ("fa", "او گفت نه جنگ نه صلح"),
        ("fa", "یک مرد کشته شد"),
        ("ar", "أي شخص يعلم ذلك"),
        ("es", "el primer ministro y un hombre"),
        ("fr", "un homme et une femme"),
        ("de", "Einsatz einer Einheit"),
    ],
)
def test_words_that_only_look_like_numbers(language: str, text: str) -> None:
    assert read(text, language) == ()


@pytest.mark.parametrize(
    ("a", "b", "answer"),
    [
        ("39 people", "39 people", "equal"),
        ("39 people", "93 people", "conflict"),
        ("39 people", "at least 30 people", "inside"),
        ("at least 30 people", "39 people", "contains"),
        ("more than 50 people", "39 people", "conflict"),
        ("more than 39 people", "39 people", "conflict"),
        ("at least 39 people", "39 people", "contains"),
        ("nearly 40 people", "39 people", "compatible"),
        ("about 1.5 million people", "1,493,000 people", "compatible"),
        ("1.5 million people", "1,493,000 people", "compatible"),
        ("1.5 million people", "1.4 million people", "conflict"),
        ("2 million people", "2.4 million people", "conflict"),
        ("nearly 40 people", "50 people", "conflict"),
        ("about 40 people", "about 40 people", "equal"),
        ("half of voters", "50 percent of voters", "equal"),
        ("a third of voters", "33 percent of voters", "compatible"),
        ("a third of voters", "30 percent of voters", "conflict"),
        ("5 miles", "8 km", "compatible"),
        ("5 miles", "12 km", "conflict"),
        ("12 months", "1 year", "equal"),
        ("2 tonnes", "2000 kg", "equal"),
        ("10-20 people", "15 people", "contains"),
        ("10-20 people", "at least 5 people", "inside"),
        ("at least 10 people", "at most 20 people", "unknown"),
        ("5 percent", "5 km", "different"),
        ("5 percent", "5 percentage points", "different"),
        ("39 people", "39 drones", "equal"),
        ("COVID-19", "COVID-20", "conflict"),
        ("COVID-19", "F-16 jets", "different"),
        ("No terrorists were killed", "39 terrorists", "conflict"),
        ("thousands of people", "5,000 people", "contains"),
        ("thousands of people", "39 people", "conflict"),
        ("$5 million", "€5 million", "different"),
    ],
)
def test_comparing(a: str, b: str, answer: str) -> None:
    assert compared(a, b) == answer
    mirrored = {"inside": "contains", "contains": "inside"}
    assert compared(b, a) == mirrored.get(answer, answer)


def test_languages_agree() -> None:
    assert compared("39 terrorists", "مقتل تسعة وثلاثين إرهابيا", "en", "ar") == "equal"
    assert compared("بیش از ۵۰ درصد", "more than half", "fa", "en") == "equal"


def test_date_tokens_are_left_alone() -> None:
    tokens = tokenize("39 terrorists killed in 2025")
    found = read_quantities(tokens, "en", frozenset({4}))
    assert [quantity.value for quantity in found] == [39]


def test_spans_point_at_the_original() -> None:
    text = "Officials said more than  ۳۹ people died"
    quantity = only(text)
    assert text[quantity.start : quantity.end] == "more than  ۳۹"


def test_an_unknown_language_is_read_for_digits() -> None:
    assert [(quantity.value, quantity.unit) for quantity in read("39 foo 10%", "xx")] == [(39, None), (10, "percent")]


PIECES = st.sampled_from(
    [
        "39", "1.5", "-", " - ", "/", ":", "%", "$", "million", "and", "half", "one", "in", "no", "between", "to", "km",
        "سی", "و", "نه", "هزار", "درصد", "از", "هر", "بین", "تا", "تسعة", "وثلاثون", "ألفا", "ونصف", "لا", "أي", "½",
        "9" * 50, "G20", "x1", "II", "World War", "thousands", "of", "third", "a", "°", "C", "+", ".", ",", " ",
        "people",
    ]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.text(max_size=60), st.lists(PIECES, max_size=14).map(" ".join), st.lists(PIECES, max_size=14).map("".join)
    ),
    st.sampled_from(["en", "fa", "ar", "de", "fr", "zh", "ko", "tr", "und", "xx"]),
)
def test_any_text_reads_without_error(text: str, language: str) -> None:
    tokens = tokenize(text)
    end = 0
    for quantity in read_quantities(tokens, language, frozenset()):
        assert math.isfinite(quantity.value)
        assert quantity.comparator in ("=", "<", "<=", ">", ">=", "~")
        assert end <= quantity.start < quantity.end <= len(text)
        assert quantity.first <= quantity.last
        assert compare_quantities(quantity, quantity) == "equal"
        end = quantity.end


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 10**9), st.integers(0, 8), st.integers(1, 9))
def test_changing_one_digit_is_a_conflict(value: int, place: int, by: int) -> None:
    digits = list(str(value))
    place %= len(digits)
    digits[place] = str((int(digits[place]) + by) % 10)
    assert compared(f"killed {value} people", f"killed {int(''.join(digits))} people") == "conflict"


@pytest.mark.parametrize("piece", ["9", "1-", "one ", "half and ", "1 in ", "hundert", "1e9", "more than ", "5,000,"])
def test_time_is_linear_in_the_length(piece: str) -> None:
    language = "de" if piece == "hundert" else "en"

    def seconds(times: int) -> float:
        tokens = tokenize(piece * times)
        best = math.inf
        for _ in range(3):
            started = time.process_time()
            read_quantities(tokens, language, frozenset())
            best = min(best, time.process_time() - started)
        return best

    seconds(10)
    assert seconds(4000) < 40 * seconds(400) + 0.02
