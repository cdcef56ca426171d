"""One word more or less that makes another statement: tense, hedges, offices, sizes of a change, who acts on whom.

Each class in English, Persian and Arabic, beside rewordings that stay the same statement.
"""

from __future__ import annotations

from itertools import product

import pytest

from service.domain import Relation
from service.matching.comparison import compare
from service.matching.reading import read
from service.matching.statements import split_statements

APART = {
    "what will be is not what was": [
        ("en", "The council will demolish the old bridge", "The council demolished the old bridge"),
        ("en", "The council will demolish the bridge", "The council demolishes the bridge"),
        ("en", "The striker is about to leave the club", "The striker left the club"),
        ("fa", "شورا پل قدیمی را تخریب خواهد کرد", "شورا پل قدیمی را تخریب کرد"),
        ("fa", "قرار است مهاجم باشگاه را ترک کند", "مهاجم باشگاه را ترک کرد"),
        ("ar", "سوف ينتصر المنتخب في النهائي", "انتصر المنتخب في النهائي"),
        ("ar", "سيعتقل الجيش القائد", "اعتقل الجيش القائد"),
    ],
    "what would have been was not": [
        ("en", "The firm would have closed the mine", "The firm closed the mine"),
        ("en", "The flood could have destroyed the village", "The flood destroyed the village"),
        ("fa", "سیل می‌توانست روستا را ویران کند", "سیل روستا را ویران کرد"),
        ("ar", "كان يمكن أن يدمر الفيضان القرية", "دمر الفيضان القرية"),
    ],
    "what is only said or hoped": [
        ("en", "Green tea is thought to prevent cancer", "Green tea prevents cancer"),
        ("en", "The painting appears to be a forgery", "The painting is a forgery"),
        ("en", "Doctors hope to eradicate malaria", "Doctors eradicated malaria"),
        ("fa", "گفته می‌شود چای سبز از سرطان پیشگیری می‌کند", "چای سبز از سرطان پیشگیری می‌کند"),
        ("fa", "پزشکان امیدوارند مالاریا را ریشه‌کن کنند", "پزشکان مالاریا را ریشه‌کن کردند"),
        ("ar", "يقال إن الشاي الأخضر يمنع السرطان", "الشاي الأخضر يمنع السرطان"),
        ("ar", "قد يمنع الشاي الأخضر السرطان", "الشاي الأخضر يمنع السرطان"),
        ("ar", "يأمل الأطباء القضاء على الملاريا", "الأطباء قضوا على الملاريا"),
    ],
    "who held an office, and who holds it": [
        ("en", "The former governor of Texas was charged", "The governor of Texas was charged"),
        ("en", "An ex-judge was found dead in Lima", "A judge was found dead in Lima"),
        ("en", "The interim manager was sacked", "The manager was sacked"),
        ("fa", "استاندار پیشین خوزستان درگذشت", "استاندار خوزستان درگذشت"),
        ("fa", "قاضی سابق دیوان محکوم شد", "قاضی دیوان محکوم شد"),
        ("ar", "وفاة محافظ بغداد السابق", "وفاة محافظ بغداد"),
        ("ar", "إقالة المدير بالوكالة", "إقالة المدير"),
    ],
    "by how much, and to where": [
        ("en", "Rents rose by 8 percent", "Rents rose to 8 percent"),
        ("en", "The deficit shrank from 3 percent of output", "The deficit shrank to 3 percent of output"),
        ("fa", "تورم ۸ درصد افزایش یافت", "تورم به ۸ درصد افزایش یافت"),
        ("fa", "کسری بودجه صفر درصد کاهش یافت", "کسری بودجه به صفر درصد کاهش یافت"),
        ("ar", "ارتفع التضخم بنسبة 8 بالمئة", "ارتفع التضخم إلى 8 بالمئة"),
    ],
    "a little": [
        ("en", "Rents rose slightly in June", "Rents rose sharply in June"),
        ("fa", "اجاره‌ها اندکی افزایش یافت", "اجاره‌ها به شدت افزایش یافت"),
        ("ar", "ارتفعت الإيجارات قليلا", "ارتفعت الإيجارات كثيرا"),
    ],
    "how often": [
        ("en", "The mill grinds 90 tonnes per day", "The mill ground 90 tonnes in total"),
        ("fa", "آسیاب روزانه ۹۰ تن آرد تولید می‌کند", "آسیاب ۹۰ تن آرد تولید می‌کند"),
        ("ar", "تنتج المطحنة 90 طنا يوميا", "تنتج المطحنة 90 طنا"),
    ],
    "what is demanded, risked or only allowed": [
        ("en", "The coach must apologise", "The coach apologised"),
        ("en", "The bridge is at risk of collapse", "The bridge collapsed"),
        ("fa", "مربی باید عذرخواهی کند", "مربی عذرخواهی کرد"),
        ("ar", "يجب على المدرب أن يعتذر", "المدرب اعتذر"),
    ],
    "in part": [
        ("en", "The ban was partially lifted", "The ban was lifted"),
        ("fa", "ممنوعیت تا حدی لغو شد", "ممنوعیت لغو شد"),
        ("ar", "رفع الحظر جزئيا", "رفع الحظر"),
    ],
    "one of the largest is not the largest": [
        ("en", "It is one of the largest ports in Asia", "It is the largest port in Asia"),
        ("fa", "این یکی از بزرگ‌ترین بندرهای آسیاست", "این بزرگ‌ترین بندر آسیاست"),
        ("ar", "هو أحد أكبر موانئ آسيا", "هو أكبر موانئ آسيا"),
        ("ar", "هو ثاني أكبر موانئ آسيا", "هو أكبر موانئ آسيا"),
    ],
    "what only looks like it": [
        ("en", "Counterfeit coins were found in the wreck", "Coins were found in the wreck"),
        ("en", "A draft of the constitution was burned", "The constitution was burned"),
        ("fa", "داروهای تقلبی در مرز کشف شد", "دارو در مرز کشف شد"),
        ("ar", "شركات وهمية وظفت العمال", "شركات وظفت العمال"),
    ],
    "a city is not its country": [
        ("en", "Panama City raised its water tariffs", "Panama raised its water tariffs"),
        ("fa", "شهر کویت تعرفه آب را افزایش داد", "کویت تعرفه آب را افزایش داد"),
        ("ar", "مدينة الكويت ترفع تعرفة المياه", "الكويت ترفع تعرفة المياه"),
    ],
    "another middle initial": [
        ("en", "John Q. Adams signed the charter", "John B. Adams signed the charter"),
        ("en", "George H. W. Bush signed the treaty", "George W. Bush signed the treaty"),
    ],
    "who does it to whom": [
        ("fa", "دانشجویان به استادان نامه نوشتند", "استادان به دانشجویان نامه نوشتند"),
        ("fa", "کارگران مدیر را کتک زدند", "مدیر کارگران را کتک زد"),
        ("fa", "شمار سگ‌ها از گربه‌ها بیشتر است", "شمار گربه‌ها از سگ‌ها بیشتر است"),
        ("ar", "انتقد الأطباء الصحفيين", "انتقد الصحفيون الأطباء"),
    ],
}  # fmt: skip

TOGETHER = [
    ("en", "The council will demolish the bridge", "The council is going to demolish the bridge"),
    ("en", "The chain is closing all its shops", "The chain will be closing all its shops"),
    ("en", "Council to demolish the bridge", "The council will demolish the bridge"),
    ("fa", "شورا فردا پل را تخریب می‌کند", "شورا فردا پل را تخریب خواهد کرد"),
    ("en", "The flood has destroyed the village", "The flood destroyed the village"),
    ("fa", "شورا پل را تخریب خواهد کرد", "شورا پل را تخریب خواهد نمود"),
    ("en", "Green tea may prevent cancer", "Green tea might prevent cancer"),
    ("en", "Former President Barack Obama was born in Hawaii", "Barack Obama was born in Hawaii"),
    ("en", "Former mayor Lopez was jailed", "Ex-mayor Lopez was jailed"),
    ("fa", "استاندار پیشین خوزستان درگذشت", "استاندار سابق خوزستان درگذشت"),
    ("en", "Rents rose by 8 percent", "Rents rose 8%"),
    ("en", "Rents rose to 8 percent", "The rents rose to 8%"),
    ("ar", "ارتفع التضخم بنسبة 8 بالمئة", "ارتفع التضخم 8 في المئة"),
    ("en", "The mill grinds 90 tonnes per day", "The mill grinds 90 tonnes a day"),
    ("en", "George W. Bush signed the treaty", "George Bush signed the treaty"),
    ("fa", "دانشجویان به استادان نامه نوشتند", "به استادان دانشجویان نامه نوشتند"),
    ("fa", "کارگران مدیر را کتک زدند", "مدیر را کارگران کتک زدند"),
    ("ar", "زار الوزير والسفير المدينة", "زار السفير والوزير المدينة"),
    ("fa", "وزیر با سفیر دیدار کرد", "سفیر با وزیر دیدار کرد"),
]

CORRECTED = [
    ("en", "Not 12 but 21 miners were rescued", "21 miners were rescued", "12 miners were rescued"),
    ("en", "21 miners were rescued, not 12", "21 miners were rescued", "12 miners were rescued"),
    ("en", "The tax is not 12 percent but 15 percent", "The tax is 15 percent", "The tax is 12 percent"),
    ("fa", "نه ۱۲ بلکه ۲۱ معدنچی نجات یافتند", "۲۱ معدنچی نجات یافتند", "۱۲ معدنچی نجات یافتند"),
    ("fa", "۲۱ معدنچی نجات یافتند، نه ۱۲", "۲۱ معدنچی نجات یافتند", "۱۲ معدنچی نجات یافتند"),
    ("ar", "أنقذ ليس 12 بل 21 عاملا", "أنقذ 21 عاملا", "أنقذ 12 عاملا"),
]

NO_CLASH = [
    ("en", "The island is malaria-free", "There is no malaria on the island"),
    ("en", "The drink is sugar-free", "The drink has no sugar"),
    ("en", "The danger is non-existent", "The danger does not exist"),
    ("fa", "جزیره عاری از مالاریا است", "در جزیره مالاریا نیست"),
    ("ar", "الخطر غير موجود", "الخطر لا وجود له"),
    ("ar", "هذا أكبر سد على الإطلاق", "هذا أكبر سد في العالم"),
]


def related(language: str, one: str, other: str) -> set[Relation]:
    """What two statements are to each other, either way round."""
    first, second = read(one, language), read(other, language)
    return {compare(first, second).relation, compare(second, first).relation}


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [case for cases in APART.values() for case in cases],
    ids=[f"{name} {case[0]} {n}" for name, cases in APART.items() for n, case in enumerate(cases)],
)
def test_another_statement(language: str, one: str, other: str) -> None:
    assert Relation.EQUIVALENT not in related(language, one, other)


@pytest.mark.parametrize(("language", "one", "other"), TOGETHER)
def test_the_same_statement(language: str, one: str, other: str) -> None:
    assert related(language, one, other) == {Relation.EQUIVALENT}


@pytest.mark.parametrize(("language", "corrected", "right", "wrong"), CORRECTED)
def test_a_figure_that_is_taken_back_does_not_count(language: str, corrected: str, right: str, wrong: str) -> None:
    assert related(language, corrected, right) == {Relation.EQUIVALENT}
    assert related(language, corrected, wrong) == {Relation.CONTRADICTS}


def test_a_figure_that_is_only_denied_stays_denied() -> None:
    assert related("en", "Not 12 miners were rescued", "12 miners were rescued") == {Relation.CONTRADICTS}
    assert related("en", "Not only 12 but 21 miners were rescued", "12 miners were rescued") != {Relation.EQUIVALENT}


@pytest.mark.parametrize(("language", "one", "other"), NO_CLASH)
def test_no_contradiction_where_both_deny_the_same(language: str, one: str, other: str) -> None:
    assert Relation.CONTRADICTS not in related(language, one, other)


STRUCK = {
    "en": ["Police attacked protesters", "Protesters were attacked by police", "Protesters attacked police"],
    "fa": ["پلیس به معترضان حمله کرد", "به معترضان پلیس حمله کرد", "معترضان به پلیس حمله کردند"],
    "ar": ["هاجمت الشرطة المتظاهرين", "الشرطة هاجمت المتظاهرين", "هاجم المتظاهرون الشرطة"],
}
INVADED = {
    "en": ["Iraq attacked Iran", "Iran was attacked by Iraq", "Iran attacked Iraq"],
    "fa": ["عراق به ایران حمله کرد", "ارتش عراق به ایران حمله کرد", "ایران به عراق حمله کرد"],
    "ar": ["هاجم العراق إيران", "العراق هاجم إيران", "هاجمت إيران العراق"],
}


@pytest.mark.parametrize("said", [STRUCK, INVADED], ids=["police", "countries"])
def test_who_acts_on_whom_tells_in_and_across_languages(said: dict[str, list[str]]) -> None:
    for one, other in product(said, repeat=2):
        first, second, turned = (read(text, one) for text in said[one])
        reference = read(said[other][0], other)
        assert compare(first, reference).relation is Relation.EQUIVALENT
        assert compare(second, reference).relation is Relation.EQUIVALENT
        assert compare(turned, reference).relation is not Relation.EQUIVALENT
        assert compare(reference, turned).relation is not Relation.EQUIVALENT


def test_adjectives_behind_a_noun_act_on_nobody() -> None:
    english = read("US military convoys have left Ain al-Asad", "en")
    assert compare(read("غادرت أرتال عسكرية أمريكية قاعدة عين الأسد", "ar"), english).relation is Relation.EQUIVALENT


def test_what_is_counted_tells_across_languages() -> None:
    english = read("Rebels captured 12 government soldiers", "en")
    for language, turned in (
        ("fa", "ارتش دولت ۱۲ عنصر شورشی را دستگیر کرد"), ("ar", "القوات الحكومية أسرت 12 متمردا"),
    ):  # fmt: skip
        assert compare(read(turned, language), english).relation is not Relation.EQUIVALENT


@pytest.mark.parametrize("joiner", ["\u200c", "", " "])
def test_a_lost_non_joiner_changes_nothing(joiner: str) -> None:
    def spelt(text: str) -> str:
        return text.replace("\u200c", joiner)

    affirmed, denied = "پلیس خیابان را می‌بندد", "پلیس خیابان را نمی‌بندد"
    assert related("fa", spelt(affirmed), affirmed) == {Relation.EQUIVALENT}
    assert related("fa", spelt(denied), affirmed) == {Relation.CONTRADICTS}
    assert related("fa", spelt(denied), denied) == {Relation.EQUIVALENT}
    both = "پلیس خیابان را می‌بندد و شهرداری پل را باز نمی‌کند"
    assert [each.text for each in split_statements(spelt(both), "fa")] == [
        spelt(each.text) for each in split_statements(both, "fa")
    ]


def test_a_denial_of_any_is_a_figure_of_nought() -> None:
    for language, text in (("ar", "لم يقتل أي جندي في الانفجار"), ("en", "No soldiers were killed in the explosion")):
        assert (
            compare(read("17 soldiers were killed in the explosion", "en"), read(text, language)).relation
            is Relation.CONTRADICTS
        )


def test_members_of_a_group_are_counted_as_the_group() -> None:
    english = read("93 terrorists were killed by drones", "en")
    for language, text in (
        ("fa", "۳۹ عنصر تروریستی با پهپاد کشته شدند"),
        ("ar", "مقتل 39 عنصرا إرهابيا بطائرات مسيرة"),
    ):
        assert compare(read(text, language), english).relation is Relation.CONTRADICTS
