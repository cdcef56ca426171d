"""Telling languages: by script, by letters, by frequent words, and by the caller's hint."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.matching.language import Language, identify
from service.matching.tokens import tokenize


def read(text: str, hint: str | None = None) -> Language:
    return identify(text, tokenize(text), hint)


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        ("en", "39 terrorists killed by drone strikes"),
        ("en", "Iraq's parliament did not vote to expel foreign troops in January 2020"),
        ("en", "zero percent border infiltration"),
        ("en", "An electric car produces no emissions"),
        ("fa", "۳۹ عنصر تروریستی با حملات پهپادی از بین رفتند"),
        ("fa", "ميزان نفوذ از مرزهاي عراق صفر درصد ثبت شده است"),
        ("fa", "هیچ سربازی کشته نشد"),
        ("ar", "مقتل 39 إرهابياً بضربات الطائرات المسيّرة"),
        ("ar", "الجیش العراقی یقتل 39 ارهابیا"),
        ("ar", "لم يصوت البرلمان على القرار"),
        ("ur", "پاکستان میں 39 دہشت گرد ہلاک ہو گئے ہیں"),
        ("ps", "د افغانستان په کابل کې ۳۹ تنه ووژل شول"),
        ("ku", "لە عێراق ٣٩ تیرۆریست کوژران"),
        ("es", "El gobierno mató a 39 terroristas"),
        ("fr", "39 terroristes tués par des frappes de drones"),
        ("de", "Die Regierung hat nichts gesagt"),
        ("pt", "39 terroristas foram mortos por ataques de drones"),
        ("it", "39 terroristi uccisi da attacchi con droni"),
        ("nl", "39 terroristen gedood door drone-aanvallen"),
        ("tr", "İHA saldırılarında 39 terörist öldürüldü"),
        ("id", "39 teroris tewas dalam serangan drone"),
        ("pl", "39 terrorystów zginęło w atakach dronów"),
        ("sv", "39 terrorister dödades av drönare"),
        ("ru", "39 террористов убиты ударами беспилотников"),
        ("uk", "39 терористів вбито ударами безпілотників у Іраку"),
        ("el", "39 τρομοκράτες σκοτώθηκαν"),
        ("he", "39 מחבלים נהרגו"),
        ("hi", "ड्रोन हमलों में 39 आतंकवादी मारे गए"),
        ("zh", "39名恐怖分子被击毙"),
        ("ja", "ドローン攻撃で39人のテロリストが死亡"),
        ("ko", "드론 공격으로 테러리스트 39명 사망"),
        ("th", "ผู้ก่อการร้าย 39 คนถูกสังหาร"),
        ("ta", "39 பயங்கரவாதிகள் கொல்லப்பட்டனர்"),
    ],
)
def test_language_of_a_sentence(tag: str, text: str) -> None:
    assert read(text).tag == tag


@pytest.mark.parametrize("text", ["", "39", "😀 😀", "...", "Bagdad"])
def test_too_little_to_tell(text: str) -> None:
    found = read(text)
    assert found.tag == "und"
    assert found.confidence < 0.5


def test_script_is_the_iso_code() -> None:
    assert read("39 killed").script == "Latn"
    assert read("عراق").script == "Arab"
    assert read("東京で").script == "Jpan"
    assert read("39").script == "Zyyy"


def test_a_hint_wins_and_loses_its_region() -> None:
    assert read("سلام", "fa-IR") == Language("fa", 1.0, "Arab")
    assert read("Coalition forces", "fr") == Language("fr", 1.0, "Latn")
    assert read("Srbija", "sr-Latn-RS") == Language("sr", 1.0, "Latn")
    assert read("", "fa").tag == "fa"


def test_a_hint_that_the_script_contradicts_is_ignored() -> None:
    assert read("۳۹ تروریست کشته شدند", "en").tag == "fa"
    assert read("39 terrorists were killed by the army", "fa").tag == "en"
    assert read("39 terrorists were killed by the army", "und").tag == "en"


@given(st.text(max_size=200), st.sampled_from([None, "en", "fa", "x", "zh-Hant"]))
def test_any_text_is_read_alike_twice(text: str, hint: str | None) -> None:
    tokens = tokenize(text)
    found = identify(text, tokens, hint)
    assert found == identify(text, tokens, hint)
    assert 0.0 <= found.confidence <= 1.0
    assert found.tag
