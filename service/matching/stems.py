"""Stems: the part of a word that its inflected forms share, for finding and comparing, never for showing.

Snowball (https://snowballstem.org) where its algorithm works on folded letters. Arabic and Persian are done here: the
published Arabic algorithm expects letters that folding merges, and light stemming serves retrieval better than roots do
(Larkey, Ballesteros and Connell, "Light Stemming for Arabic Information Retrieval", 2007).
"""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

import Stemmer  # type: ignore[import-not-found]

from service.matching.folding import fold_word

_SNOWBALL: Final = {
    "en": "english", "es": "spanish", "fr": "french", "de": "german", "pt": "portuguese", "it": "italian",
    "nl": "dutch", "ru": "russian", "tr": "turkish", "sv": "swedish", "da": "danish", "no": "norwegian",
    "nb": "norwegian", "nn": "norwegian", "fi": "finnish", "hu": "hungarian", "ro": "romanian", "el": "greek",
    "ca": "catalan", "eu": "basque", "ga": "irish", "lt": "lithuanian", "hy": "armenian", "hi": "hindi",
    "id": "indonesian", "ms": "indonesian", "ne": "nepali", "ta": "tamil", "et": "estonian", "eo": "esperanto",
    "yi": "yiddish", "pl": "polish", "cs": "czech",
}  # fmt: skip

_ELIDING: Final = frozenset({"fr", "it", "ca"})


@cache
def _exception_lists() -> dict[str, frozenset[str]]:
    text = files("service.matching").joinpath("data", "stem_exceptions.txt").read_text(encoding="utf-8")
    rows = (line.partition(":") for line in text.splitlines() if line and not line.startswith("#"))
    return {name: frozenset(fold_word(word) for word in words.split()) for name, _, words in rows}


def _exceptions(name: str) -> frozenset[str]:
    return _exception_lists()[name]


@cache
def _irregular(group: str) -> dict[str, str]:
    """Forms with their stems, of one group of ``data/irregular_forms.txt``."""
    text = files("service.matching").joinpath("data", "irregular_forms.txt").read_text(encoding="utf-8")
    found: dict[str, str] = {}
    current = ""
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        base, separator, forms = line.partition(":")
        if not separator:
            current = line.strip()
        elif current == group:
            found.update((fold_word(form), fold_word(base)) for form in forms.split())
    return found


_ENGLISH_IRREGULAR: Final = _irregular("en")

ENGLISH_PASTS: Final = frozenset(
    form for form, base in _ENGLISH_IRREGULAR.items() if form != base and not form.endswith(("s", "ing"))
)
"""Folded past forms of irregular English verbs; among them are some plurals, such as "men"."""
_ENGLISH_KEEP: Final = _exceptions("english")
_BROKEN_PLURALS: Final = _irregular("ar fa")


def is_broken_plural(word: str, one: str) -> bool:
    """Whether a folded word is a listed plural, of Arabic origin, of another one."""
    return _BROKEN_PLURALS.get(word) == one


# --- Persian ---------------------------------------------------------------------------------------------------------

# past stem, present stem
_PERSIAN_VERBS: Final = """
شد شو|کرد کن|کشت کش|گفت گو|رفت رو|داد ده|گرفت گیر|داشت دار|امد ا|اورد اور|زد زن|دید بین|دانست دان|خواست خواه
توانست توان|ساخت ساز|نوشت نویس|خواند خوان|برد بر|خورد خور|ماند مان|گذاشت گذار|گذشت گذر|یافت یاب|شناخت شناس|فرستاد فرست
رسید رس|رساند رسان|کشید کش|بخشید بخش|خرید خر|فروخت فروش|پرداخت پرداز|ایستاد ایست|نشست نشین|شکست شکن|بست بند|گشت گرد
افزود افزا|کاست کاه|افتاد افت|انداخت انداز|اموخت اموز|پذیرفت پذیر|پرسید پرس|ترسید ترس|جنگید جنگ|چرخید چرخ|خوابید خواب
دوید دو|ربود ربا|روبید روب|سپرد سپار|سوخت سوز|شنید شنو|فهمید فهم|کوبید کوب|گریخت گریز|لرزید لرز|مرد میر|نامید نام
نمود نما|پیوست پیوند|یورش یورش|انجامید انجام|اغازید اغاز|کوشید کوش|گنجید گنج|سنجید سنج|پوشید پوش|ریخت ریز|پرید پر
"""

_PERSIAN_KEEP: Final = _exceptions("persian")


@cache
def _persian_verbs() -> dict[str, str]:
    forms: dict[str, str] = {}
    entries = [pair.split() for line in _PERSIAN_VERBS.split("\n") for pair in line.split("|") if pair.strip()]
    past_ends = ("", "م", "ی", "یم", "ید", "ند", "ه", "هام", "های", "هاند", "هایم", "هاست", "هبود", "هشد", "ن")
    present_ends = ("م", "ی", "د", "یم", "ید", "ند")
    for past, present in entries:
        glide = "ی" if present[-1] in "ا" or (present[-1] == "و" and present in ("گو",)) else ""
        for end in past_ends:
            forms.setdefault(past + end, past)
            for prefix in ("می", "نمی", "ن"):
                if len(past) > 1 and (prefix != "ن" or end != "ن"):
                    forms.setdefault(prefix + past + end, past)
        for end in present_ends:
            for prefix in ("می", "نمی", "ب", "ن"):
                if len(prefix + present + end) > 3:
                    forms.setdefault(prefix + present + glide + end, past)
    for form in ("شود", "شوند", "شوم", "نشود", "نشوند"):
        forms[form] = "شد"
    for form in ("کند", "کنند", "کنم", "کنیم", "نکند", "نکنند"):
        forms[form] = "کرد"
    for form in ("دارد", "دارند", "دارم", "داریم", "ندارد", "ندارند", "نداریم"):
        forms[form] = "داشت"
    for form in ("گوید", "گویند"):
        forms[form] = "گفت"
    for form in ("اید", "ایند", "میاید", "میایند", "نمیاید", "بیاید", "نیامد", "نیامدند", "میامد"):
        forms[form] = "امد"
    for form in ("است", "بود", "بودند", "نبود", "نبودند", "نیست", "نیستند", "هست", "هستند", "باشد", "باشند", "نباشد"):
        forms[form] = "بود"
    for word in ("نیامده", "نیاورد", "نیاورده", "نیافت", "نیافته", "نیفتاد"):
        forms[word] = {"نیاورد": "اورد", "نیاورده": "اورد", "نیامده": "امد"}.get(word, "یافت")
    forms["نیفتاد"] = "افتاد"
    # Nouns that happen to look like a form of a verb.
    for noun in ("نشان", "نمونه", "بنده", "ندا", "نماد", "نمای", "نام", "ناو", "نان"):
        forms.pop(noun, None)
    return forms


_PERSIAN_ENDS: Final = (
    ("هایشان", 2), ("هایمان", 2), ("هایتان", 2), ("هایش", 2), ("هایم", 2), ("هایی", 2), ("های", 2), ("ها", 2),
    ("ترین", 2), ("تر", 3),
)  # fmt: skip


def _persian(word: str) -> str:
    verb = _persian_verbs().get(word)
    if verb is not None:
        return verb
    for _ in range(2):
        for end, least in _PERSIAN_ENDS:
            if (
                word.endswith(end)
                and len(word) - len(end) >= least
                and not (end == "تر" and word in _PERSIAN_COMPARABLE)
            ):
                word = word[: -len(end)]
                break
        else:
            break
    word = _BROKEN_PLURALS.get(word, word)
    if word in _PERSIAN_KEEP:
        return word
    for end, least in (("یی", 3), ("ای", 3), ("ی", 3), ("ایشان", 3), ("شان", 4), ("مان", 5)):
        if word.endswith(end) and len(word) - len(end) >= least:
            shorter = word[: -len(end)]
            if end == "ای" and shorter[-1] not in "هو":
                continue
            if end == "مان" and shorter not in _PERSIAN_KEEP:
                continue
            word = shorter
            break
    word = _BROKEN_PLURALS.get(word, word)
    if word in _PERSIAN_KEEP:
        return word
    for end, least, replacement in (
        ("یان", 3, ""),
        ("گان", 3, ""),
        ("ان", 4, ""),
        ("یات", 4, ""),
        ("جات", 3, ""),
        ("ات", 3, ""),
        ("ین", 4, ""),
    ):
        if word.endswith(end) and len(word) - len(end) >= least and not word.endswith("ستان"):
            word = word[: -len(end)] + replacement
            break
    if (word.endswith("ه") and len(word) >= 4 and word not in _PERSIAN_KEEP) or (
        word.endswith("ی") and len(word) >= 5 and word not in _PERSIAN_KEEP
    ):
        word = word[:-1]
    return word


_PERSIAN_COMPARABLE: Final = _exceptions("persian tar")

# --- Arabic ----------------------------------------------------------------------------------------------------------

_ARABIC_KEEP: Final = _exceptions("arabic")  # fmt: skip

_ARABIC_WITH_B: Final = _exceptions("arabic with b")
"""Plurals whose first letter is not the preposition."""

_ARABIC_STARTS: Final = ("وبال", "وكال", "فبال", "وال", "فال", "بال", "كال", "ولل", "لل", "ال")
_ARABIC_LONGER: Final = frozenset({fold_word("تان"), fold_word("ا")})
"""Endings that leave at least four letters; the others leave three."""

_ARABIC_ENDS: Final = tuple(
    (fold_word(end), 4 if fold_word(end) in _ARABIC_LONGER else 3)
    for end in [
        "يتها",
        "اتها",
        "اتهم",
        "يين",
        "يون",
        "يات",
        "تين",
        "تان",
        "تهم",
        "تها",
        "هما",
        "ات",
        "ون",
        "ين",
        "ان",
        "يه",
        "ها",
        "هم",
        "نا",
        "وا",
        "ه",
        "ي",
        "ا",
    ]
)


def _has_particle(word: str) -> bool:
    """Whether the first letter is an attached "and", "so", "with" or "for", as far as the letters tell."""
    first = word[0]
    if first in "وفبل" and len(word) >= 5 and word[1:] in _ARABIC_KEEP:
        return True
    if len(word) < 6:
        return False
    return first == "و" or (first == "ب" and word.endswith("ات") and word not in _ARABIC_WITH_B)


def _arabic(word: str) -> str:
    whole = word
    if word in _ARABIC_KEEP or word in _BROKEN_PLURALS:
        return _BROKEN_PLURALS.get(word, word)
    for start in _ARABIC_FOLDED_STARTS:
        if word.startswith(start) and len(word) - len(start) >= 3:
            word = word[len(start) :]
            break
    else:
        if _has_particle(word):
            word = word[1:]
    if word in _ARABIC_KEEP or word in _BROKEN_PLURALS:
        return _BROKEN_PLURALS.get(word, word)
    for _ in range(2):
        for end, least in _ARABIC_ENDS:
            if word.endswith(end) and len(word) - len(end) >= least:
                word = word[: -len(end)]
                break
        else:
            break
        if word in _ARABIC_KEEP or word in _BROKEN_PLURALS:
            return _BROKEN_PLURALS.get(word, word)
    return word or whole


_ARABIC_FOLDED_STARTS: Final = tuple(fold_word(start) for start in _ARABIC_STARTS)


@cache
def _snowball(name: str) -> Stemmer.Stemmer:
    return Stemmer.Stemmer(name, 0)


def stem(word: str, language: str) -> str:
    """The stem of a folded token in ``language`` (a primary subtag). Never empty for a non-empty word; never raises.

    A language without a stemmer, and a word that is not made of letters, come back as they are.
    """
    # Figures are not remembered: there is no end to them, and most come once.
    return _stem(word, language) if word[:1].isalpha() else word


@lru_cache(maxsize=131_072)
def _stem(word: str, language: str) -> str:
    first = word[0]
    if "\u0600" <= first <= "\u06ff":
        if language in ("fa", "prs"):
            return _persian(word)
        if language in ("ar", "arz"):
            return _arabic(word)
        return word
    name = _SNOWBALL.get(language)
    if name is None:
        return word
    if language == "en":
        if word in _ENGLISH_KEEP:
            return word
        word = _ENGLISH_IRREGULAR.get(word, word)
    elif language in _ELIDING and "'" in word:
        head, _, tail = word.partition("'")
        if len(head) <= 4 and len(tail) >= 2:
            word = tail
    if not word.isprintable():
        return word
    stemmed: str = _snowball(name).stemWord(word)
    if language == "fr" and len(stemmed) >= 3:
        # Without its accent the ending of "tuée" is unknown to the algorithm.
        stemmed = stemmed.rstrip("e") or stemmed
    return stemmed or word
