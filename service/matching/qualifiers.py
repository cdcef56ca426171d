"""Words that change what a sentence commits to: "may", "is said to", "will", "only", "slightly", "accused of".

A sentence with one and the same sentence without it have other truth conditions, however few letters lie between.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from service.matching.phrasebook import Phrasebook
from service.matching.synonyms import canonical
from service.matching.tokens import Token

FUTURE: Final = "future"
RATE: Final = "rate"
COMPULSION: Final = "compulsion"
MEMBERSHIP: Final = "membership"

_NOTHING: Final = ""
"""Phrases with a word in them that qualifies elsewhere, and not here."""

_WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "possibility": "may might could perhaps possibly probably likely maybe allegedly supposedly reportedly "
        "purportedly ostensibly",
        "condition": "if unless whether",
        "nearness": "almost nearly barely hardly",
        "restriction": "only solely merely",
        "intention": "plans planned planning promised promises pledged vowed threatened threatens intends intended "
        "wants wanted hope hopes hoped hoping proposed proposes tried attempted attempts applied refused aims aimed "
        "seeks sought considers considering",
        "accusation": "accused accuses suspected charged alleged",
        "pretence": "pretend pretends pretended pretending feigned",
        "help": "helped helps",
        "repetition": "again re-elected rejoined another second twice",
        FUTURE: "will shall won't wont",
        "expectation": "expected poised",
        "small": "slightly marginally modestly somewhat fractionally",
        "part": "partially partly",
        "obligation": "should must ought",
        "end": "until till",
        COMPULSION: "forced compelled coerced obliged",
        "mistake": "accidentally mistakenly unintentionally inadvertently",
        "brevity": "briefly temporarily",
        "bail": "bail",
        RATE: "daily hourly weekly monthly yearly annually",
    },
    "fa": {
        "possibility": "شاید احتمالا احتمالاً ممکن گویا ظاهرا ظاهراً",
        "condition": "اگر چنانچه",
        "nearness": "تقریبا تقریباً نزدیک",
        "restriction": "فقط تنها صرفا صرفاً",
        "intention": "وعده تهدید قصد پیشنهاد تلاش امیدوار امیدوارند امیدوارم امیدواریم می‌خواهد می‌خواهند",
        "accusation": "متهم مظنون",
        FUTURE: "خواهد خواهند خواهم خواهیم خواهید نخواهد نخواهند",
        "counterfactual": "می‌توانست می‌توانستند",
        "small": "اندکی کمی",
        "part": "جزئی جزئا",
        "obligation": "باید بایستی خواستار",
        COMPULSION: "مجبور ناچار وادار",
        "mistake": "اشتباهی سهوا سهواً",
        "brevity": "موقتا موقتاً",
        "bail": "وثیقه",
        RATE: "روزانه هفتگی ماهانه سالانه ماهیانه سالیانه روزی سالی",
    },
    "ar": {
        "possibility": "ربما يحتمل محتمل المحتمل يمكن يبدو يرجح المرجح",
        "condition": "إذا لو",
        "nearness": "كاد تكاد يكاد",
        "restriction": "فقط مجرد",
        "intention": "وعد وعدت تعهد هدد هددت يعتزم تعتزم اقترح حاول يأمل تأمل يأملون يسعى تسعى يخطط تخطط",
        "accusation": "اتهم اتهمت متهم يشتبه",
        FUTURE: "سوف لن ولن سيتم ستتم سيكون ستكون سيجري ستجري",
        "expectation": "المتوقع المرتقب",
        "small": "قليلا طفيفا طفيف طفيفة",
        "part": "جزئيا جزئي جزئية",
        "obligation": "يجب ينبغي",
        COMPULSION: "أجبر أجبرت أجبروا يجبر تجبر إجبار مجبر مجبرا اضطر اضطرت اضطروا يضطر تضطر مضطر مضطرا أرغم أرغمت "
        "إرغام",
        "brevity": "مؤقتا",
        "bail": "بكفالة كفالة الكفالة",
        "rank": "ثاني ثالث رابع خامس سادس",
        RATE: "يوميا أسبوعيا شهريا سنويا",
    },
}

_PHRASES: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "en": {
        "possibility": (
            "believed to", "thought to", "is said to", "are said to", "was said to", "were said to", "rumoured to",
            "rumored to", "is claimed to", "are claimed to", "was claimed to", "were claimed to", "supposed to",
            "appears to", "appear to", "appeared to", "seems to", "seem to", "seemed to", "is reported to",
            "are reported to", "was reported to", "were reported to", "is alleged to", "are alleged to",
            "was alleged to", "were alleged to", "it is believed",
            "it is thought", "it is said", "it was believed", "it was thought", "it was said",
        ),
        "counterfactual": (
            "would have", "would've", "could have", "could've", "should have", "should've", "might have",
            "ought to have",
        ),
        FUTURE: (
            "is going to", "are going to", "is about to", "are about to", "is set to", "are set to", "is to be",
            "are to be",
        ),
        "expectation": ("scheduled to", "on track to", "on course to"),
        "risk": ("at risk of", "fears that", "fears of", "fear that"),
        "obligation": (
            "has to", "have to", "needs to", "need to", "urged to", "asked to", "told to", "called on", "called for",
            "calls for", "calling for", "calls on",
        ),
        "permission": ("allowed to", "permitted to"),
        "agreement": ("agreed to", "agrees to", "agree to"),
        "mistake": ("by mistake", "by accident", "in error"),
        "brevity": ("for a short time", "for a while"),
        "beginning": ("started to", "starts to", "began to", "begins to", "begun to"),
        "part": ("in part",),
        MEMBERSHIP: ("one of", "among the"),
        "small": ("a little", "a bit"),
        RATE: (
            "per day", "per week", "per month", "per year", "per hour", "per minute", "a day", "a week", "a month",
            "a year", "an hour", "each day", "each year", "every day", "every year", "every week", "every month",
        ),
        _NOTHING: tuple(
            f"a {span} {word}"
            for span in ("day", "week", "month", "year")
            for word in ("later", "after", "before", "earlier", "ago", "in", "old", "from", "and", "of", "long",
                         "since")
        ) + tuple(
            f"{word} a {span}"
            for span in ("day", "week", "month", "year")
            for word in ("in", "for", "within", "after", "than", "to", "half", "quite", "of", "over", "nearly", "about")
        ) + (
            "half an hour", "an hour later", "an hour after", "an hour before", "an hour ago", "in an hour",
            "within an hour", "for an hour", "a little boy", "a little girl", "as expected", "than expected",
            "at will", "free will", "his will", "her will", "the will", "of will", "will of", "expected of",
        ),
    },
    "fa": {
        "possibility": (
            "گفته می‌شود", "گفته شده", "به نظر می‌رسد", "تصور می‌شود", "گمان می‌رود", "ادعا می‌شود", "احتمال دارد",
            "احتمال می‌رود", "باور بر این است", "عقیده بر این است",
        ),
        "counterfactual": ("ممکن بود", "امکان داشت"),
        FUTURE: ("قرار است", "در آستانه"),
        "expectation": ("انتظار می‌رود", "پیش‌بینی می‌شود"),
        "intention": ("در حال بررسی", "در نظر دارد"),
        "mistake": ("به اشتباه", "به خطا"),
        "brevity": ("به طور موقت", "به صورت موقت", "بطور موقت"),
        "risk": ("در معرض خطر", "بیم آن می‌رود"),
        "part": ("تا حدی", "تا حدودی"),
        MEMBERSHIP: ("یکی از", "از جمله"),
        RATE: ("هر روز", "هر هفته", "هر ماه", "هر سال"),
        _NOTHING: ("کمی بعد", "کمی پس", "کمی قبل", "کمی پیش"),
    },
    "ar": {
        "possibility": ("يقال إن", "يقال إنه", "يقال إنها", "يقال أن", "قيل إن", "يعتقد أن", "يعتقد أنه", "يعتقد أنها",
                        "يعتقد بأن", "يزعم أن", "يزعم أنه"),
        "counterfactual": ("كان يمكن", "كان من الممكن", "كاد أن"),
        "expectation": ("يتوقع أن",),
        "intention": ("تدرس الحكومة", "يدرس البرلمان", "قيد الدراسة", "بصدد"),
        "mistake": ("عن طريق الخطأ", "بطريق الخطأ", "عن غير قصد"),
        "brevity": ("بشكل مؤقت", "بصورة مؤقتة"),
        "risk": ("مخاوف من", "خشية من", "معرض لخطر", "معرضة لخطر"),
        "part": ("إلى حد ما", "بشكل جزئي"),
        MEMBERSHIP: ("من بين", "أحد أكبر", "أحد أغنى", "أحد أهم", "إحدى أكبر", "إحدى أهم", "واحد من", "واحدة من"),
        RATE: ("كل يوم", "كل أسبوع", "كل شهر", "كل سنة", "كل عام", "في اليوم الواحد"),
        _NOTHING: (),
    },
}  # fmt: skip

_MAY: Final = "قد"
"""Before a present tense it means "may", before a past one nothing but that it has come to pass."""

_PRESENT: Final = "ی"
_PERSONS: Final = frozenset("یتن")
_FUTURE: Final = ("سی", "ست", "سن")
_SHORTEST_FUTURE: Final = 5
"""In letters; "will" is a prefix in Arabic, and shorter words that begin so are others."""


@lru_cache(maxsize=64)
def _book(language: str) -> Phrasebook[str]:
    languages = ("en", "fa", "ar") if language == "und" else (language,)
    phrases = [
        (phrase, kind) for tag in languages for kind, listed in _PHRASES.get(tag, {}).items() for phrase in listed
    ]
    words = [
        (word, kind) for tag in languages for kind, listed in _WORDS.get(tag, {}).items() for word in listed.split()
    ]
    return Phrasebook(phrases + words)


def qualifies(word: str, language: str) -> bool:
    """Whether what ``qualifiers_of`` looks for may begin at a folded word."""
    return word in _book(language).first_words or (
        language in ("ar", "und") and (word == _MAY or _is_arabic_future(word, language))
    )


def qualifiers_of(
    tokens: Sequence[Token], language: str, taken: frozenset[int], texts: list[str], hits: Sequence[int]
) -> frozenset[str]:
    """The kinds of qualification in a text. ``taken``: token indexes that a figure or a date already accounts for.

    ``texts`` is ``[token.text for token in tokens]``, ``hits`` the indexes of the words that may qualify.
    """
    book = _book(language)
    begins = [index for index in hits if texts[index] in book.first_words]
    found = {
        kind for kind, first, _ in book.scan(tokens, texts, begins) if kind and (first not in taken or kind == RATE)
    }
    if language in ("ar", "und"):
        for index in hits:
            text = texts[index]
            if text == _MAY and index + 1 < len(texts) and texts[index + 1][0] == _PRESENT:
                found.add("possibility")
            elif _is_arabic_future(text, language):
                found.add(FUTURE)
    return frozenset(found)


def _is_arabic_future(word: str, language: str) -> bool:
    """Whether a folded word is an Arabic verb with the prefix for "will": one that has the same root without it."""
    return (
        len(word) >= _SHORTEST_FUTURE
        and word.startswith(_FUTURE)
        and canonical(word, language) == canonical(word[1:], language)
    )


def is_arabic_present(word: str) -> bool:
    """Whether a folded word is an Arabic verb in the present tense, to which the prefix for "will" can be put."""
    return word[0] in _PERSONS and _is_arabic_future("س" + word, "ar")


def known_language(language: str) -> bool:
    """Whether there are words for this language, so that their absence from a text means something."""
    return language in _WORDS or language == "und"
