"""Stems: inflected forms of a word meet, different words do not, nothing raises."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.matching.folding import fold_word
from service.matching.stems import stem
from service.matching.stopwords import is_stopword, stopword_languages, stopwords
from service.matching.tokens import tokenize


def stems(text: str, language: str) -> set[str]:
    return {stem(token.text, language) for token in tokenize(text)}


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("en", "killed kill kills killing"),
        ("en", "fell fallen fall falls falling"),
        ("en", "people person"),
        ("en", "withdraw withdrew withdrawal withdrawing"),
        ("fr", "tué tuée tués"),
        ("de", "Terroristen Terrorist"),
        ("ru", "террористов террорист террористы"),
        ("tr", "teröristler terörist"),
        ("fa", "تروریست تروریستی تروریست‌ها تروریستها تروریست‌های"),
        ("fa", "حمله حملات حمله‌های"),
        ("fa", "عنصر عناصر"),
        ("fa", "شد شدند نشد نشدند شده می‌شود نمی‌شود"),
        ("fa", "کشت کشتند نکشتند کشته می‌کشد"),
        ("fa", "رفت رفتند نرفتند می‌روند نمی‌روند"),
        ("fa", "عراق عراقی عراقی‌ها"),
        ("fa", "پایگاه پایگاه‌ها پایگاه‌های"),
        ("ar", "الإرهابيين إرهابيون إرهابي إرهابياً"),
        ("ar", "ضربة ضربات بضربات الضربات والضربات"),
        ("ar", "القوات قوات والقوات للقوات بالقوات قوة"),
        ("ar", "عراقي العراقية العراقيين والعراقيون"),
        ("ar", "قتلوا قتل"),
    ],
)
def test_forms_of_one_word_share_a_stem(language: str, forms: str) -> None:
    assert len(stems(forms, language)) == 1


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("en", "rise", "fall"),
        ("fa", "ایران", "ایرا"),
        ("fa", "تهران", "تهر"),
        ("fa", "مرز", "مرد"),
        ("fa", "دفتر", "دفاع"),
        ("fa", "کشت", "کش"),
        ("ar", "قتل", "قوة"),
        ("ar", "لبنان", "لبن"),
        ("ar", "بغداد", "غداد"),
    ],
)
def test_different_words_keep_different_stems(language: str, one: str, other: str) -> None:
    assert stem(fold_word(one), language) != stem(fold_word(other), language)


def test_elision_is_no_part_of_the_word() -> None:
    assert stem("l'irak", "fr") == stem("irak", "fr")


def test_unknown_languages_and_figures_come_back_as_they_are() -> None:
    assert stem("killed", "xx") == "killed"
    assert stem("39", "en") == "39"
    assert stem("", "fa") == ""


@given(st.text(max_size=30), st.sampled_from(["en", "fa", "ar", "fr", "ru", "tr", "hi", "und", "zz"]))
def test_any_word_has_a_stem(word: str, language: str) -> None:
    folded = fold_word(word)
    assert bool(stem(folded, language)) == bool(folded)


def test_stopwords_are_folded_and_cover_the_languages() -> None:
    assert {"en", "fa", "ar", "es", "fr", "de", "pt", "it", "ru", "tr", "hi", "id", "nl"} <= set(stopword_languages())
    for language in stopword_languages():
        assert all(fold_word(word) == word for word in stopwords(language))
    assert is_stopword("the", "en")
    assert is_stopword(fold_word("التي"), "ar")
    assert is_stopword("از", "fa")
    assert is_stopword("از", "und")
    assert is_stopword("the", "und")
    assert not is_stopword("the", "fa")
    assert not is_stopword("the", "zz")


MEANINGFUL = {
    "en": "not no never none nobody without all some any more most less least few many over under before after until "
    "since up down than against both each every out only",
    "fa": "نه هیچ بدون همه برخی بیش بیشتر کمتر قبل بعد پیش علیه تا نیست نشد نکرد هر فقط حداقل",
    "ar": "لا لم لن ليس غير بدون كل بعض جميع اكثر أكثر اقل قبل بعد فوق تحت ضد منذ حتى فقط",
    "es": "no nunca sin todo todos algunos más menos antes después contra hasta desde sobre",
    "fr": "ne pas jamais sans tout tous plus moins avant après contre jusque depuis",
    "de": "nicht kein nie ohne alle mehr weniger vor nach gegen bis seit über unter",
    "ru": "не ни нет без все больше меньше до после против над под",
    "tr": "değil yok hiç tüm daha az çok önce sonra karşı",
    "it": "non mai senza tutti più meno prima dopo contro",
    "pt": "não nunca sem todos mais menos antes depois contra até",
    "nl": "niet geen nooit zonder alle meer minder voor na tegen",
    "hi": "नहीं न सभी अधिक कम पहले बाद",
    "id": "tidak bukan tanpa semua lebih kurang sebelum sesudah",
}


@pytest.mark.parametrize("language", sorted(MEANINGFUL))
def test_words_that_change_the_meaning_are_not_stopwords(language: str) -> None:
    assert [word for word in MEANINGFUL[language].split() if is_stopword(fold_word(word), language)] == []
