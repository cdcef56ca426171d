"""The table of words only saves time: with it, and with what it remembers, nothing is read otherwise."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from service.matching.dates import read_dates
from service.matching.names import read_names
from service.matching.polarity import read_polarity
from service.matching.quantities import read_quantities
from service.matching.stopwords import is_stopword
from service.matching.synonyms import concept_phrases, read_concepts
from service.matching.tokens import SYMBOL, WORD, tokenize, words_of
from service.matching.vocabulary import look_up

SENTENCES = [
    ("en", "No more than 39 fighters of the U.S.-led coalition were killed near Ain al-Asad on 3 January 2020"),
    ("en", "WHO officials deny that COVID-19 cases fell by a third between March and May, Reuters says"),
    ("und", "Dr. John F. Kennedy never won 2 1/2 million votes in the 90s"),
    ("fa", "دست‌کم ۳۹ نفر در ۱۳ دی ۱۳۹۸ کشته نشدند و آقای احمدی گفت که قیمت‌ها دو و نیم برابر می شود"),
    ("und", "هیچ تروریستی در سال گذشته در عین الاسد کشته نشد"),
    ("ar", "قال الرئيس محمد السيد إن ما لا يقل عن ٣٩ مقاتلا لم يقتلوا في كانون الثاني/يناير ٢٠٢٠ و20 آخرين"),
    ("de", "Mehr als zweitausenddreihundert Menschen wurden am 3. Januar nicht verletzt"),
    ("tr", "Bakan yüzde 10 artışı kabul etmedi ve 2020 yılında 5 bin kişi ölmedi"),
    ("ja", "2025年12月31日に10人が死亡した"),
    ("fr", "Aucun des quatre-vingt-dix soldats n'a été tué en l'an 2000"),
    ("xx", "½ of ™ ① Ⓐ 12 zz9 نمی"),
]
WORDS = sorted({word for _, text in SENTENCES for word in text.split()})
ANCHOR = date(2024, 5, 6)


def _assert_read_alike(text: str, language: str) -> None:
    tokens = tokenize(text)
    texts = [token.text for token in tokens]
    hits, words = look_up(tokens, texts, language)
    assert read_dates(tokens, language, ANCHOR, hits.dates) == read_dates(tokens, language, ANCHOR)
    assert read_quantities(tokens, language, frozenset(), hits.quantities) == read_quantities(tokens, language)
    assert read_names(tokens, language, text, hits.names) == read_names(tokens, language, text)
    assert read_polarity(tokens, language, texts, hits.directed, hits.denying) == read_polarity(tokens, language)
    assert concept_phrases(tokens, texts, language, hits.phrases) == concept_phrases(tokens, texts, language)
    single = {place: key for key, place, last in read_concepts(tokens, language) if place == last}
    for place, key in words:
        assert tokens[place].kind == WORD
        assert single.get(place, key) == key
    left_out = single.keys() - dict(words).keys()
    assert all(tokens[place].kind != WORD or is_stopword(texts[place], language) for place in left_out)


@pytest.mark.parametrize(("language", "text"), SENTENCES)
def test_readers_find_the_same_with_the_places_looked_up(language: str, text: str) -> None:
    _assert_read_alike(text, language)


@settings(deadline=None)  # the first text in a language loads its lexicons
@given(st.lists(st.sampled_from(WORDS), max_size=12), st.sampled_from(["en", "fa", "ar", "de", "tr", "und"]))
@example(["2020", "دی"], "und")
def test_readers_find_the_same_in_any_order_of_words(words: list[str], language: str) -> None:
    _assert_read_alike(" ".join(words), language)


def test_places_of_a_sentence() -> None:
    text = "No fighters fell in Iraq on 3 January 2020, UN says"
    tokens = tokenize(text)
    hits, words = look_up(tokens, [token.text for token in tokens], "en")

    def at(places: list[int]) -> list[str]:
        return [tokens[place].original for place in places]

    assert at(hits.denying) == ["No", "in"]  # "in no way"
    assert "fell" in at(hits.directed)
    assert "Iraq" not in at(hits.directed)
    assert at(hits.digits) == ["3", "2020"]
    assert {"3", "January", "2020"} <= set(at(hits.dates))
    assert {"Iraq", "UN"} <= set(at(hits.names))
    assert "says" in at(hits.framing)
    assert "fighters" in at([place for place, _ in words])
    assert not {"in", "on"} & set(at([place for place, _ in words]))


@given(st.text(alphabet="ab1٣ .,'’\u00a0\u202f\u200c\n_-«میهاتر", max_size=30))
def test_a_text_is_cut_alike_whether_its_words_were_met_before(text: str) -> None:
    first = tokenize(text)
    assert tokenize(text) == first
    assert words_of(text) == tuple(token.text for token in first)
    for token in first:
        assert text[token.start : token.end] == token.original
    kept = [token for token in first if token.kind != SYMBOL]
    assert all(one.end <= other.start for one, other in pairwise(kept))


def test_white_space_within_a_number_and_between_words() -> None:
    tokens = tokenize("1\u00a0000\nmen,\t2\u202f500 women")
    assert [(token.text, token.start, token.end) for token in tokens] == [
        ("1 000", 0, 5),
        ("men", 6, 9),
        (",", 9, 10),
        ("2 500", 11, 16),
        ("women", 17, 22),
    ]
