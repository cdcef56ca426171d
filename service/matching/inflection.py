"""The forms that a listed word takes in running text, for lexicons that name only the dictionary form.

Generating too many forms is harmless here (a form that nobody writes matches nothing), so regular paradigms are
applied without exceptions; an entry may add irregular forms after a colon: ``"rise: rose, risen"``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

_VOWELS: Final = frozenset("aeiou")


def _split(entry: str) -> tuple[str, list[str]]:
    base, _, rest = entry.partition(":")
    return base.strip(), [form.strip() for form in rest.split(",") if form.strip()]


def english_verb(entry: str) -> Iterator[str]:
    """Forms of ``"climb"``, ``"go up: went up, gone up"``: -s, -ing and, unless irregular forms are given, -ed."""
    base, irregular = _split(entry)
    head, gap, tail = base.partition(" ")
    yield base
    sibilant = head.endswith(("s", "x", "z", "ch", "sh", "o"))
    consonant_y = head.endswith("y") and len(head) > 1 and head[-2] not in _VOWELS
    yield (head[:-1] + "ies" if consonant_y else head + ("es" if sibilant else "s")) + gap + tail
    short = (
        len(head) >= 3
        and head[-1] not in "aeiouwxy"
        and head[-2] in _VOWELS
        and head[-3] not in _VOWELS
        and sum(letter in _VOWELS for letter in head) == 1
    )
    stem = head + head[-1] if short else head
    silent_e = head.endswith("e") and not head.endswith(("ee", "oe", "ye"))
    yield ((head[:-2] + "y" if head.endswith("ie") else head[:-1]) if silent_e else stem) + "ing" + gap + tail
    if irregular:
        yield from irregular
    elif head.endswith("e"):
        yield head + "d" + gap + tail
    elif consonant_y:
        yield head[:-1] + "ied" + gap + tail
    else:
        yield stem + "ed" + gap + tail


_PERSONS: Final = ("م", "ی", "", "یم", "ید", "ند")
_PRESENT_PERSONS: Final = ("م", "ی", "د", "یم", "ید", "ند")


def _negated(stem: str) -> str:
    if stem.startswith("آ"):
        return "نی" + stem
    if stem.startswith("ا") and not stem.startswith("ای"):
        return "نی" + stem[1:]
    return "ن" + stem


def persian_negated(entry: str) -> Iterator[str]:
    """Negated forms of a verb given as ``"past/present"`` stems, such as ``"شد/شو"``."""
    past, _, present = entry.partition("/")
    for ending in _PERSONS:
        yield _negated(past) + ending
        yield "نمی" + past + ending
    for ending in ("ه", "هام", "های", "هایم", "هاید", "هاند", "ن"):
        yield _negated(past) + ending
    if present:
        for ending in _PRESENT_PERSONS:
            yield _negated(present) + ending
            yield "نمی" + present + ending


def persian_present(entry: str) -> Iterator[str]:
    """Present forms of ``"past/present"`` stems, affirmed and negated: «می‌شود», «نمی‌شود», joined."""
    present = entry.partition("/")[2]
    if present:
        for ending in _PRESENT_PERSONS:
            yield "می" + present + ending
            yield "نمی" + present + ending


def persian_imperfect(entry: str) -> Iterator[str]:
    """The same of the past: «می‌شد», «نمی‌شد»."""
    past = entry.partition("/")[0]
    for ending in _PERSONS:
        yield "می" + past + ending
        yield "نمی" + past + ending


def persian_verb(entry: str) -> Iterator[str]:
    """Forms of ``"past/present"`` stems, negated ones too; a preverb may stand before them: ``"بالا رفت/رو"``."""
    base, extra = _split(entry)
    before, _, stems = base.rpartition(" ")
    lead = before + " " if before else ""
    past, _, present = stems.partition("/")
    for ending in _PERSONS:
        yield lead + past + ending
        yield lead + "می" + past + ending
    for ending in ("ه", "هام", "هایم", "هاند", "ن"):
        yield lead + past + ending
    if present:
        joined = ("بی" + present if present.startswith("آ") else "ب" + present) if present else ""
        for ending in _PRESENT_PERSONS:
            yield lead + "می" + present + ending
            yield lead + joined + ending
            if len(present) > 2:
                yield lead + present + ending
    for form in persian_negated(stems):
        yield lead + form
    for person in _PRESENT_PERSONS:
        yield f"{lead}خواه{person} {past}"
        yield f"{lead}نخواه{person} {past}"
    yield from extra


_ARABIC_PROCLITICS: Final = ("", "و", "ف")
_ARABIC_NOUN_PROCLITICS: Final = ("", "و", "ب", "ل", "ال", "وال", "بال", "لل", "ف", "ك")


def arabic_word(word: str) -> Iterator[str]:
    """A noun or adjective with the particles and the article that are written together with it."""
    head, gap, tail = word.partition(" ")
    if head.startswith("ال"):
        for clitic in ("", "و", "ب", "ف", "ك"):
            yield clitic + head + gap + tail
        yield "لل" + head[2:] + gap + tail
        return
    for clitic in _ARABIC_NOUN_PROCLITICS:
        yield clitic + head + gap + tail


def arabic_verb(entry: str) -> Iterator[str]:
    """Forms of ``"past/present[/verbal noun]"``: ``"ارتفع/يرتفع/ارتفاع"``."""
    base, extra = _split(entry)
    past, _, rest = base.partition("/")
    present, _, noun = rest.partition("/")
    defective = past.endswith(("ى", "ا")) and len(past) > 2
    stem = past[:-1] if defective else past
    pasts = [past, stem + "ت", stem + "وا", stem + "تا", stem + ("وا" if defective else "ا")]
    presents = []
    if present:
        bare = present[1:]
        plural = bare[:-1] if bare.endswith(("ي", "ى", "و")) else bare
        for prefix in ("ي", "ت", "سي", "ست", "ن", "سن", "لي", "لت"):
            presents.append(prefix + bare)
        for prefix in ("ي", "ت", "سي"):
            presents += [prefix + plural + "ون", prefix + plural + "وا", prefix + bare + "ان"]
        if plural != bare:
            presents += ["ي" + plural, "ت" + plural]
    for form in (*pasts, *presents):
        for clitic in _ARABIC_PROCLITICS:
            yield clitic + form
    if noun:
        yield from arabic_word(noun)
    for form in extra:
        yield from arabic_word(form)


_ROMANCE: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "es": {
        "ar": ("ar", "a", "an", "o", "amos", "aron", "ado", "ada", "ados", "adas", "ando", "ara", "aran", "aba",
               "aban", "e", "en", "aria", "arian", "aramos"),
        "er": ("er", "e", "en", "io", "ieron", "ido", "ida", "idos", "idas", "iendo", "era", "eran", "ia", "ian",
               "a", "an", "eria", "erian"),
        "ir": ("ir", "e", "en", "io", "ieron", "ido", "ida", "idos", "idas", "iendo", "ira", "iran", "ia", "ian",
               "a", "an", "iria", "irian"),
    },
    "pt": {
        "ar": ("ar", "a", "am", "ou", "aram", "ado", "ada", "ados", "adas", "ando", "ara", "arao", "ava", "avam",
               "e", "em", "aria", "ariam"),
        "er": ("er", "e", "em", "eu", "eram", "ido", "ida", "idos", "idas", "endo", "era", "erao", "ia", "iam", "a",
               "eria"),
        "ir": ("ir", "e", "em", "iu", "iram", "ido", "ida", "idos", "idas", "indo", "ira", "irao", "ia", "iam", "a",
               "iria"),
    },
    "it": {
        "are": ("are", "a", "ano", "o", "arono", "ato", "ata", "ati", "ate", "ando", "era", "eranno", "ava",
                "avano", "i", "ino"),
        "ere": ("ere", "e", "ono", "ette", "ettero", "uto", "uta", "uti", "ute", "endo", "era", "eranno", "eva",
                "evano"),
        "ire": ("ire", "e", "ono", "i", "irono", "ito", "ita", "iti", "ite", "endo", "ira", "iranno", "isce",
                "iscono", "iva", "ivano"),
    },
    "fr": {
        "er": ("er", "e", "ent", "ons", "ee", "es", "ees", "ant", "era", "eront", "ait", "aient", "a", "erent",
               "erait", "eraient"),
        "ir": ("ir", "it", "issent", "i", "ie", "is", "ies", "issant", "ira", "iront", "issait", "issaient",
               "irent", "irait"),
        "re": ("re", "", "ent", "u", "ue", "us", "ues", "ant", "ra", "ront", "ait", "aient", "irent", "it", "rait"),
    },
}  # fmt: skip


def _romance(language: str) -> Callable[[str], Iterator[str]]:
    endings = _ROMANCE[language]

    def forms(entry: str) -> Iterator[str]:
        base, extra = _split(entry)
        for infinitive, tails in endings.items():
            if base.endswith(infinitive):
                yield from (base[: -len(infinitive)] + tail for tail in tails)
        yield base
        yield from extra

    return forms


def german_verb(entry: str) -> Iterator[str]:
    """Weak forms of an infinitive; strong forms follow the colon and also get -en and -e."""
    base, extra = _split(entry)
    yield base
    stem = base.removesuffix("n").removesuffix("e")
    for tail in ("t", "e", "te", "ten", "end", "et", "ete", "eten"):
        yield stem + tail
    yield "ge" + stem + "t"
    for form in extra:
        yield form
        yield form + "en"


def russian_verb(entry: str) -> Iterator[str]:
    """An infinitive in -ть or -ться with its past tense; other forms follow the colon."""
    base, extra = _split(entry)
    yield base
    for infinitive, pasts in (("ться", ("лся", "лась", "лось", "лись")), ("ть", ("л", "ла", "ло", "ли"))):
        if base.endswith(infinitive):
            yield from (base[: -len(infinitive)] + tail for tail in pasts)
            break
    yield from extra


_TURKISH_ENDINGS: Final = (
    "di dı du dü ti tı tu tü iyor ıyor uyor üyor ir ır ur ür er ar miş mış muş müş ecek acak diler dılar tiler tılar "
    "mek mak mesi ması en an ince ınca medi madı miyor mıyor muyor müyor mez maz meyecek mayacak memiş mamış mediler "
    "madılar"
)


def turkish_verb(entry: str) -> Iterator[str]:
    """Finite forms of an infinitive in -mek or -mak, negated ones too."""
    base, extra = _split(entry)
    stem = base.removesuffix("mek").removesuffix("mak")
    yield base
    yield from (stem + tail for tail in _TURKISH_ENDINGS.split())
    yield from extra


def english_noun(entry: str) -> Iterator[str]:
    """A noun and its plural; an irregular plural follows a colon."""
    base, extra = _split(entry)
    yield base
    if extra:
        yield from extra
    elif base.endswith("y") and base[-2:-1] not in _VOWELS:
        yield base[:-1] + "ies"
    else:
        yield base + ("es" if base.endswith(("s", "x", "z", "ch", "sh")) else "s")


PARADIGMS: Final[dict[str, Callable[[str], Iterator[str]]]] = {
    "en_verbs": english_verb,
    "en_nouns": english_noun,
    "fa_verbs": persian_verb,
    "ar": arabic_word,
    "ar_verbs": arabic_verb,
    "es_verbs": _romance("es"),
    "fr_verbs": _romance("fr"),
    "pt_verbs": _romance("pt"),
    "it_verbs": _romance("it"),
    "de_verbs": german_verb,
    "ru_verbs": russian_verb,
    "tr_verbs": turkish_verb,
}
"""How the words under a lexicon's key are expanded; a key that is not here is taken as written."""


def expand(key: str, entries: list[str]) -> Iterator[tuple[str, str]]:
    """(language, form) for every form of the entries under a lexicon key such as ``"en"`` or ``"fa_verbs"``."""
    language = key.partition("_")[0]
    paradigm = PARADIGMS.get(key)
    for entry in entries:
        if paradigm is None:
            yield language, entry
        else:
            for form in paradigm(entry):
                yield language, form
