"""What a sentence denies, which way it points, and when two sentences clash in that."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.matching.directions import axis_kinds, read_directions
from service.matching.polarity import Polarity, compare_polarity, read_polarity
from service.matching.tokens import tokenize


def read(text: str, language: str = "en") -> Polarity:
    return read_polarity(tokenize(text), language)


AFFIRMED = [
    ("39 terrorists were killed", "en"),
    ("It is not false that 39 terrorists were killed", "en"),
    ("It is not true that troops did not withdraw", "en"),
    ("Not only did prices rise, wages fell", "en"),
    ("Not just Iran but Iraq signed", "en"),
    ("No fewer than 30 people died", "en"),
    ("No more than 30 people died", "en"),
    ("There is no doubt that he won", "en"),
    ("Whether or not he won, taxes rise", "en"),
    ("It was nothing but a joke", "en"),
    ("The troops will not leave until 2026", "en"),
    ("Officials did not deny that the base was hit", "en"),
    ("The army never failed to respond", "en"),
    ("Barcelona won 3-0", "en"),
    ("The US, not Iran, attacked the ship", "en"),
    ("Woman fined after she did not wear a mask", "en"),
    ("He was denied entry to the country", "en"),
    ("No, the president signed the law", "en"),
    ("Gaza is under a no-fly zone", "en"),
    ("Nobody denies that climate change is real", "en"),
    ("The WHO denies that masks do not work", "en"),
    ("The charity is not-for-profit", "en"),
    ("تروریست‌ها کشته شدند", "fa"),
    ("نیروهای نظامی ۳۹ نفر را کشتند", "fa"),
    ("درست نیست که نیروها خارج نشدند", "fa"),
    ("نبرد موصل آغاز شد", "fa"),
    ("نشست سران برگزار شد", "fa"),
    ("نخست وزیر نزد رئیس جمهور رفت", "fa"),
    ("نماینده مجلس نامه نوشت", "fa"),
    ("وزیر خارجه این خبر را تکذیب نکرد", "fa"),
    ("نه تنها قیمت‌ها کاهش یافت بلکه کیفیت بهتر شد", "fa"),
    ("بدون شک او برنده شد", "fa"),
    ("۱۲ غیرنظامی کشته شدند", "fa"),
    ("قتل 39 إرهابيا", "ar"),
    ("لا يزال الجيش في القاعدة", "ar"),
    ("قتل ما لا يقل عن 30 شخصا", "ar"),
    ("ليس صحيحا أن القوات لم تنسحب", "ar"),
    ("لا شك أن القوات انسحبت", "ar"),
    ("لم يقتل إلا ثلاثة", "ar"),
    ("Une personne est morte", "fr"),
    ("Il n'a que trois enfants", "fr"),
    ("plus de 30 morts", "fr"),
    ("pas seulement en France", "fr"),
    ("No solo murieron 3 soldados", "es"),
    ("No obstante, ganó", "es"),
    ("Nicht nur Preise steigen", "de"),
    ("Cumhurbaşkanı öldü", "tr"),
    ("Komedi filmi gösterildi", "tr"),
    ("Вывод войск не только в Ираке", "ru"),
]

DENIED = [
    ("Iraq's parliament did not vote to expel foreign troops", "en"),
    ("The government doesn’t support the war", "en"),
    ("It is false that 39 terrorists were killed", "en"),
    ("It's not true that troops withdrew", "en"),
    ("Hoax: Bill Gates arrested", "en"),
    ("The claim that 39 terrorists were killed is false", "en"),
    ("Fake news that the pope endorsed Trump", "en"),
    ("There is no evidence that vaccines cause autism", "en"),
    ("Iran denied that it attacked the ship", "en"),
    ("Neither Iran nor Iraq signed the deal", "en"),
    ("Troops cannot leave", "en"),
    ("The government no longer supports the war", "en"),
    ("Congress failed to pass the bill", "en"),
    ("It isn't true that Covid is a hoax", "en"),
    ("Iran rejects claims that it supplied drones", "en"),
    ("Reports that the pope resigned are completely false", "en"),
    ("داعش در عراق نبود", "fa"),
    ("He has never been president", "en"),
    ("تروریست‌ها کشته نشدند", "fa"),
    ("تروریست ها کشته نمی شوند", "fa"),
    ("او هرگز به تهران نرفت", "fa"),
    ("درست نیست که نیروها خارج شدند", "fa"),
    ("این که نیروها خارج شدند دروغ است", "fa"),
    ("قیمت نان افزایش نخواهد یافت", "fa"),
    ("داعش در عراق وجود ندارد", "fa"),
    ("وزیر خارجه این خبر را تکذیب کرد", "fa"),
    ("ادعای خروج نیروها صحت ندارد", "fa"),
    ("نیروها از عین الاسد نیامدند", "fa"),
    ("لم يقتل أي إرهابي", "ar"),
    ("لن تنسحب القوات", "ar"),
    ("ليس صحيحا أن القوات انسحبت", "ar"),
    ("غير صحيح أن القوات انسحبت", "ar"),
    ("نفى الوزير أن القوات انسحبت", "ar"),
    ("لا صحة للأنباء عن انسحاب القوات", "ar"),
    ("لا يوجد خطر داعش في العراق", "ar"),
    ("Le président n'est pas mort", "fr"),
    ("Le président ne viendra jamais", "fr"),
    ("El presidente no murió", "es"),
    ("Nunca fue ministro", "es"),
    ("Der Präsident ist nicht tot", "de"),
    ("O presidente não morreu", "pt"),
    ("Il presidente non è morto", "it"),
    ("Cumhurbaşkanı ölmedi", "tr"),
    ("Askerler çekilmeyecek", "tr"),
    ("Президент не умер", "ru"),
    ("राष्ट्रपति की मृत्यु नहीं हुई", "hi"),
    ("De president is niet dood", "nl"),
    ("Presiden tidak meninggal", "id"),
    ("总统没有死", "zh"),
]

NONE_OF_THEM = [
    ("No terrorists were killed", "en"),
    ("Nobody was killed", "en"),
    ("None of the hostages survived", "en"),
    ("zero percent border infiltration", "en"),
    ("0% infiltration across Iraq's borders", "en"),
    ("هیچ تروریستی کشته نشد", "fa"),
    ("میزان نفوذ از مرزهای عراق صفر درصد ثبت شده است", "fa"),
    ("Personne n'est mort", "fr"),
    ("No murió nadie", "es"),
    ("Kein Mensch starb", "de"),
    ("Nessuno è morto", "it"),
    ("Никто не погиб", "ru"),
]


@pytest.mark.parametrize(("text", "language"), AFFIRMED)
def test_affirmed(text: str, language: str) -> None:
    polarity = read(text, language)
    assert not polarity.negated
    assert not polarity.denies


@pytest.mark.parametrize(("text", "language"), DENIED)
def test_denied(text: str, language: str) -> None:
    polarity = read(text, language)
    assert polarity.negated
    assert polarity.denies
    assert polarity.cues


@pytest.mark.parametrize(("text", "language"), NONE_OF_THEM)
def test_a_determiner_zero_is_a_cue_of_its_own_and_no_negation(text: str, language: str) -> None:
    polarity = read(text, language)
    assert not polarity.negated
    assert polarity.denies
    assert "zero" in {cue.kind for cue in polarity.cues}


@pytest.mark.parametrize(
    ("text", "language", "kind", "target"),
    [
        ("Troops have not yet left", "en", "negation", "left"),
        ("He never visited Baghdad", "en", "never", "visited"),
        ("Killed without a trial", "en", "without", "trial"),
        ("تروریست‌ها کشته نشدند", "fa", "negation", "نشدند"),
        ("لم تنسحب القوات", "ar", "negation", "تنسحب"),
    ],
)
def test_a_cue_says_what_it_denies(text: str, language: str, kind: str, target: str) -> None:
    [cue] = read(text, language).cues
    assert (cue.kind, cue.target_text) == (kind, target)
    assert tokenize(text)[cue.target].text == target


def test_spans_point_into_the_original() -> None:
    text = "Prices DIDN’T rise"
    polarity = read(text)
    [cue], [direction] = polarity.cues, polarity.directions
    assert text[cue.start : cue.end] == "DIDN’T"
    assert text[direction.start : direction.end] == "rise"
    assert tokenize(text)[direction.first].text == "rise"


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Unemployment rose", "en", [("change", 1)]),
        ("Inflation is down 3 percent", "en", [("change", -1)]),
        ("Wages grew while exports plummeted", "en", [("change", 1), ("trade", 1), ("change", -1)]),
        ("قیمت نان بالا رفت", "fa", [("change", 1)]),
        ("قیمت نان پایین نیامد", "fa", [("change", -1)]),
        ("انخفضت الأسعار", "ar", [("change", -1)]),
        ("وسترتفع الأسعار", "ar", [("change", 1)]),
        ("Los precios subieron", "es", [("change", 1)]),
        ("Les prix ont baissé", "fr", [("change", -1)]),
        ("Die Preise stiegen", "de", [("change", 1)]),
        ("Цены снизились", "ru", [("change", -1)]),
        ("Fiyatlar arttı", "tr", [("change", 1)]),
        ("more than 50 people", "en", []),
        ("below 10 degrees", "en", []),
        ("before 2020", "en", []),
        ("after March 2019", "en", []),
        ("by the end of 2026", "en", []),
        ("at least three in South Korea last year", "en", []),
        ("کره جنوبی", "fa", []),
        ("far-right party", "en", [("left_right", -1)]),
    ],
)
def test_directions(text: str, language: str, expected: list[tuple[str, int]]) -> None:
    assert [(each.axis, each.pole) for each in read_directions(tokenize(text), language)] == expected


def test_every_axis_has_two_poles_of_a_known_kind() -> None:
    assert set(axis_kinds().values()) == {"contrary", "complementary", "converse", "different"}


@pytest.mark.parametrize(
    ("left", "right", "language", "relation"),
    [
        ("Prices rose", "Prices fell", "en", "opposite"),
        ("Prices rose", "Prices did not rise", "en", "opposite"),
        ("Prices did not rise", "Prices fell", "en", "unclear"),
        ("Prices did not rise", "Prices didn't rise", "en", "same"),
        ("Cannabis is not legal", "Cannabis is illegal", "en", "same"),
        ("Cannabis is legal", "Cannabis is illegal", "en", "opposite"),
        ("The man is not dead", "The man is not alive", "en", "opposite"),
        ("39 terrorists killed", "No terrorists were killed", "en", "opposite"),
        ("zero percent infiltration", "no infiltration", "en", "same"),
        ("The attack came before the vote", "The attack came after the vote", "en", "opposite"),
        ("The attack came before the vote", "The vote came after the attack", "en", "unclear"),
        ("Iran sold oil to China", "China bought oil from Iran", "en", "unclear"),
        ("Iran sold oil to China", "Iran bought oil from China", "en", "opposite"),
        ("All troops left", "Some troops left", "en", "unclear"),
        ("He was jailed", "He was jailed without a trial", "en", "unclear"),
        ("It is false that the video is real", "The video is fake", "en", "same"),
        ("It is false that troops left", "It is not true that troops left", "en", "same"),
        ("قیمت نان افزایش یافت", "قیمت نان کاهش یافت", "fa", "opposite"),
        ("قیمت نان افزایش یافت", "قیمت نان افزایش نیافت", "fa", "opposite"),
        ("ارتفعت الأسعار", "انخفضت الأسعار", "ar", "opposite"),
    ],
)
def test_comparing(left: str, right: str, language: str, relation: str) -> None:
    here, there = read(left, language), read(right, language)
    assert compare_polarity(here, there).relation == relation
    assert compare_polarity(there, here).relation == relation


@pytest.mark.parametrize(("text", "language"), AFFIRMED + DENIED + NONE_OF_THEM)
def test_every_sentence_agrees_with_itself(text: str, language: str) -> None:
    assert compare_polarity(read(text, language), read(text, language)).relation == "same"


def test_languages_agree_across_the_table() -> None:
    assert compare_polarity(read("Prices rose"), read("قیمت‌ها کاهش یافت", "fa")).relation == "opposite"
    assert compare_polarity(read("No terrorists were killed"), read("هیچ تروریستی کشته نشد", "fa")).relation == "same"


def test_an_unknown_language_reads_several_scripts_and_a_language_without_a_lexicon_none() -> None:
    assert read("نیروها خارج نشدند", "und").negated
    assert read("Troops did not leave", "und").negated
    assert read("Troops did not leave", "xx") == Polarity(False)


@given(st.text(max_size=80), st.sampled_from(["en", "fa", "ar", "fr", "tr", "und", "zh"]))
@settings(max_examples=150)
def test_any_text_reads_and_agrees_with_itself(text: str, language: str) -> None:
    polarity = read(text, language)
    assert compare_polarity(polarity, polarity).relation in {"same", "unclear"}


@given(st.lists(st.sampled_from(["not", "no", "never", "that", "false", "0", ":", "claim", "rose", "fell", "all"])))
@settings(max_examples=150)
def test_comparing_is_symmetric(words: list[str]) -> None:
    here, there = read(" ".join(words)), read("prices did not rise")
    assert compare_polarity(here, there).relation == compare_polarity(there, here).relation


@pytest.mark.parametrize(
    ("language", "word"), [("en", "not true that "), ("fa", "هیچ نشد که "), ("tr", "m" * 40 + " ")]
)
def test_time_is_linear_in_the_length(language: str, word: str) -> None:
    def seconds(repeats: int) -> float:
        tokens = tokenize(word * repeats)
        best = 1e9
        for _ in range(3):
            begin = time.process_time()
            read_polarity(tokens, language)
            best = min(best, time.process_time() - begin)
        return best

    seconds(10)
    assert seconds(4_000) < 40 * max(seconds(400), 1e-4)
