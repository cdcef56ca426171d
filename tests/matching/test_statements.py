"""Posts and paragraphs cut into statements, and the noise around them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.matching.statements import noise_spans, split_statements, urls


def texts(text: str, language: str = "en") -> list[str]:
    return [statement.text for statement in split_statements(text, language)]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "39 terrorists killed by drone strikes"),
        ("en", "Ali and Reza met in Tehran."),
        ("en", "39 killed and 12 wounded in Iraq"),
        ("en", "The president raised taxes and cut spending."),
        ("en", "Dr. Smith said that the U.S. economy grew 3.5 percent and inflation was low."),
        ("en", "The man who was arrested and his brother were released."),
        ("en", "Between 2015 and 2019 prices were stable."),
        ("en", "The #vaccine was withdrawn in 2021"),
        ("fa", "۳۹ نفر کشته و ۱۲ نفر زخمی شدند"),
        ("fa", "علی و رضا در تهران دیدار کردند"),
        ("fa", "ترامپ به ایران حمله کرد و از آن پشیمان شد"),
        ("ar", "قتل 39 شخصا وأصيب 12 في بغداد"),
    ],
)
def test_one_statement_stays_whole(language: str, text: str) -> None:
    assert texts(text, language) == [text]


@pytest.mark.parametrize(
    ("language", "text", "statements"),
    [
        ("en", "Dr. Smith lost. He went home at 5 p.m. yesterday!",
         ["Dr. Smith lost.", "He went home at 5 p.m. yesterday!"]),
        ("en", "39 people were killed in Baghdad and the army was blamed.",
         ["39 people were killed in Baghdad", "the army was blamed."]),
        ("en", "Prices rose by 40 percent but the wages of workers fell.",
         ["Prices rose by 40 percent", "the wages of workers fell."]),
        ("en", "The moon is made of cheese; nobody has been there.",
         ["The moon is made of cheese", "nobody has been there."]),
        ("en", "Line one says this\nLine two says that", ["Line one says this", "Line two says that"]),
        ("en", "A line that is broken\nin the middle", ["A line that is broken\nin the middle"]),
        ("fa", "دلار گران شد. نفت ارزان شد!", ["دلار گران شد.", "نفت ارزان شد!"]),
        ("fa", "تورم کاهش یافت اما بیکاری در ایران افزایش یافت", ["تورم کاهش یافت", "بیکاری در ایران افزایش یافت"]),
        ("ar", "قتل 39 شخصا في بغداد. الجيش نفى ذلك", ["قتل 39 شخصا في بغداد.", "الجيش نفى ذلك"]),
        ("de", "Die Arbeitslosigkeit stieg stark an, aber die Inflation ging zurück.",
         ["Die Arbeitslosigkeit stieg stark an", "die Inflation ging zurück."]),
        ("zh", "你好世界。他死了。", ["你好世界。", "他死了。"]),
    ],
)  # fmt: skip
def test_several_statements(language: str, text: str, statements: list[str]) -> None:
    assert texts(text, language) == statements


@pytest.mark.parametrize(
    ("language", "text", "statement"),
    [
        ("en", "RT @bob: BREAKING: 39 people were killed https://t.co/abc #iraq #news 😀", "39 people were killed"),
        ("en", "BAGHDAD (Reuters) - Iraq lost 39 soldiers", "Iraq lost 39 soldiers"),
        ("en", "By Jane Doe\nThe moon is made of cheese. – AFP", "The moon is made of cheese."),
        ("en", "Vaccines are safe - via @bbc", "Vaccines are safe"),
        ("en", "😀 Vaccines are safe!!! @WHO @CDC", "Vaccines are safe!!!"),
        ("en", "• -5 degrees in May", "-5 degrees in May"),
        ("fa", "فوری: دلار گران شد #ایران #دلار", "دلار گران شد"),
        ("ar", "عاجل | قتل 39 شخصا في بغداد", "قتل 39 شخصا في بغداد"),
    ],
)
def test_noise_is_left_outside(language: str, text: str, statement: str) -> None:
    assert texts(text, language) == [statement]


def test_noise_within_a_statement_stays_and_is_named() -> None:
    text = "Vaccines https://a.example/b?c=1). are 😀 safe"
    assert texts(text) == [text]
    assert [text[start:end] for start, end in noise_spans(text)] == ["https://a.example/b?c=1", "😀"]


def test_only_loose_hashtags_are_noise() -> None:
    assert noise_spans("Vaccines kill #covid") == ()
    text = "Vaccines kill. #covid #lies"
    assert [text[start:end] for start, end in noise_spans(text)] == ["#covid #lies"]
    assert noise_spans("Video-sharing sites were closed") == ()


def test_addresses() -> None:
    assert urls("see https://a.example/x_(y), and www.b.example.") == ("https://a.example/x_(y)", "www.b.example")
    assert urls("no / address") == ()


def test_texts_of_noise_only_and_blank_ones() -> None:
    assert texts("https://a.example/b") == ["https://a.example/b"]
    assert texts(" \n ") == []


@settings(max_examples=300)
@given(
    st.lists(
        st.one_of(
            st.text(max_size=10),
            st.sampled_from(
                [
                    "and",
                    "the army was",
                    "39 were killed",
                    ";",
                    ". ",
                    "\n",
                    "#x",
                    "@y",
                    "https://z",
                    "RT",
                    "و",
                    "شد",
                    "\ud800",
                ]
            ),
        )
    ),
    st.sampled_from(["en", "fa", "ar", "und", "xx", "", "de"]),
)
def test_spans_cover_the_original(pieces: list[str], language: str) -> None:
    text = " ".join(pieces)
    statements = split_statements(text, language)
    assert bool(statements) == bool(text.strip())
    place = 0
    for statement in statements:
        assert place <= statement.start < statement.end
        assert statement.text == text[statement.start : statement.end]
        assert statement.text.strip()
        place = statement.end
    place = -1
    for start, end in noise_spans(text):
        assert place < start < end <= len(text)
        place = end


@pytest.mark.parametrize(
    "piece",
    [
        "a ",
        "@a ",
        "#a ",
        "a. ",
        "RT ",
        "http://a ",
        "( ",
        "\n",
        "a and b was ",
        "; a b c d",
        "😀",
        "“",
        "و ",
        "By A ",
        "- ",
    ],
)
def test_time_is_linear(piece: str) -> None:
    spent = []
    for times in (1_500, 12_000):
        best = float("inf")
        for _ in range(3):
            started = time.process_time()
            split_statements(piece * times, "en")
            split_statements("RT" + piece * times + "z", "fa")
            best = min(best, time.process_time() - started)
        spent.append(best)
    assert spent[1] < 32 * spent[0] + 0.1
