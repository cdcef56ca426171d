"""Write service/matching/data/months.json: what CLDR knows of dates in each language.

Months, quarters and "... ago" patterns come from Babel, number words up to 31 from unicode-rbnf. Both are
needed here only; the service reads the file. Run from the repository: ``python bench/generate_months.py``.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

from babel import Locale, localedata
from unicode_rbnf import RbnfEngine
from unicode_rbnf.engine import NoRuleForNumberError

LANGUAGES: Final[dict[str, tuple[str, ...]]] = {
    "ar": ("ar", "ar_IQ", "ar_DZ", "ar_MA", "ar_MR"),
    "az": ("az",), "bg": ("bg",), "bn": ("bn",), "ca": ("ca",), "ckb": ("ckb",), "cs": ("cs",), "da": ("da",),
    "de": ("de", "de_AT"), "el": ("el",), "en": ("en",), "es": ("es", "es_MX"), "et": ("et",), "fa": ("fa", "fa_AF"),
    "fi": ("fi",), "fr": ("fr",), "he": ("he",), "hi": ("hi",), "hr": ("hr", "bs"), "hu": ("hu",), "hy": ("hy",),
    "id": ("id",), "it": ("it",), "ja": ("ja",), "ka": ("ka",), "kk": ("kk",), "ko": ("ko",), "ku": ("ku",),
    "lt": ("lt",), "lv": ("lv",), "ms": ("ms",), "nl": ("nl",), "no": ("no",), "pl": ("pl",), "ps": ("ps",),
    "pt": ("pt", "pt_PT"), "ro": ("ro",), "ru": ("ru",), "sk": ("sk",), "sl": ("sl",), "sq": ("sq",),
    "sr": ("sr", "sr_Latn"), "sv": ("sv",), "sw": ("sw",), "ta": ("ta",), "th": ("th",), "tr": ("tr",),
    "uk": ("uk",), "ur": ("ur",), "uz": ("uz",), "vi": ("vi",), "zh": ("zh", "zh_Hant"),
}  # fmt: skip

UNITS: Final = ("day", "week", "month", "quarter", "year")

INFLECTED: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    # CLDR gives two cases at most; the case that follows "in" is made from one of them: (ending, ending instead).
    "ru": (("ь", "е"), ("т", "те"), ("й", "е")),
    "uk": (("ня", "ні"), ("ого", "ому"), ("да", "ді")),
    "pl": (("nia", "niu"), ("ca", "cu"), ("ego", "ym"), ("da", "dzie"), ("śnia", "śniu"), ("aja", "aju")),
    "cs": (("na", "nu"), ("ora", "oru"), ("ce", "ci"), ("tna", "tnu")),
    "sk": (("ár", "ári"), ("ec", "ci"), ("ra", "ri"), ("íl", "íli"), ("áj", "áji"), ("ún", "úni"), ("st", "ste"),
           ("er", "ri")),
    "fi": (("kuu", "kuussa"), ("kuu", "kuun"), ("kuu", "kuusta")),
    "et": (("r", "ris"), ("s", "sis"), ("i", "is"), ("l", "lis"), ("t", "tis"), ("n", "nis")),
    "hu": (("r", "rban"), ("s", "sban"), ("l", "lban"), ("r", "rben"), ("s", "sben"), ("t", "tban"), ("r", "ri"),
           ("s", "si"), ("l", "li")),
    "tr": (("", "ta"), ("", "da"), ("", "te"), ("", "de")),
    "el": (("ου", "ο"),),
}  # fmt: skip


def months(locale: Locale) -> tuple[dict[str, int], dict[str, int]]:
    """Full names and abbreviations, each with its number; an abbreviation that is a full name is left out."""
    full: dict[str, int] = {}
    short: dict[str, int] = {}
    for context in ("format", "stand-alone"):
        for width, into in (("wide", full), ("abbreviated", short)):
            for number, name in locale.months[context][width].items():
                plain = re.sub(r"^(?:de |d[’'])", "", name.strip(" .").replace("\u00a0", " "))
                if not re.search(r"[^\W\d_]", plain) or re.match(r"^[0-9]|^[一二三四五六七八九十]", plain):
                    continue
                into.setdefault(plain, number)
    return full, short


def inflect(language: str, names: dict[str, int]) -> dict[str, int]:
    """The forms that ``INFLECTED`` adds to the full names."""
    made: dict[str, int] = {}
    for name, number in names.items():
        for ending, instead in INFLECTED.get(language, ()):
            if name.endswith(ending):
                made.setdefault(name[: len(name) - len(ending)] + instead, number)
    return {name: number for name, number in made.items() if name not in names}


def quarters(locale: Locale) -> dict[str, int]:
    """Names of quarters, without those that are bare digits or roman numerals."""
    found: dict[str, int] = {}
    for context in locale.quarters.values():
        for width in ("wide", "abbreviated"):
            for number, name in context.get(width, {}).items():
                if len(re.findall(r"[^\W\d_]", name)) > 0 and not re.fullmatch(r"[IVX]+\.?", name):
                    found.setdefault(name, number)
    return found


def patterns(locale: Locale) -> list[list[Any]]:
    """The ways to say "... ago": [text with {0} for the number, or one that holds its number; unit; number or null].

    Those for the future are left out: "in three days" is as often a duration.
    """
    found: list[list[Any]] = []
    for unit in UNITS:
        for plural, pattern in locale._data["date_fields"].get(unit, {}).get("past", {}).items():
            number = None if "{0}" in pattern else {"one": 1, "two": 2}.get(plural)
            entry = [pattern, unit, number]
            if ("{0}" in pattern or number) and entry not in found:
                found.append(entry)
    return found


def numbers(language: str) -> tuple[dict[str, int], dict[str, int]]:
    """Cardinal and ordinal words from 1 to 31."""
    cardinals: dict[str, int] = {}
    ordinals: dict[str, int] = {}
    if language not in RbnfEngine.get_supported_languages():
        return cardinals, ordinals
    engine = RbnfEngine.for_language(language)
    for value in range(1, 32):
        for ruleset, text in engine.format_number(value).text_by_ruleset.items():
            plain = text.replace("\u00ad", "").strip()
            if re.search(r"\d", plain) or not re.search(r"\w", plain):
                continue
            (ordinals if "ordinal" in ruleset else cardinals).setdefault(plain, value)
        for name in map(str, engine.rulesets):
            if not name.startswith("spellout-ordinal"):
                continue
            try:
                texts = engine.format_number(value, ruleset_names=[name]).text_by_ruleset.values()
            except NoRuleForNumberError:
                continue
            for text in texts:
                ordinals.setdefault(text.replace("\u00ad", "").strip(), value)
    return cardinals, ordinals


def main() -> None:
    """Write the file, sorted, so that a run without changes leaves no difference."""
    answer: dict[str, Any] = {}
    for language, tags in sorted(LANGUAGES.items()):
        full: dict[str, int] = {}
        short: dict[str, int] = {}
        named: dict[str, int] = {}
        ago: list[list[Any]] = []
        for tag in tags:
            localedata._cache.clear()  # Babel lets one language's aliases leak into the next one's root data
            locale = Locale.parse(tag)
            wide, abbreviated = months(locale)
            full = wide | full
            short = abbreviated | short
            named = quarters(locale) | named
            ago += [entry for entry in patterns(locale) if entry not in ago]
        full |= inflect(language, full)
        cardinals, ordinals = numbers(language)
        answer[language] = {
            "months": full,
            "short": {name: number for name, number in short.items() if name not in full},
            "quarters": named,
            "ago": ago,
            "cardinals": cardinals,
            "ordinals": {name: value for name, value in ordinals.items() if name not in cardinals},
        }
    target = Path(__file__).resolve().parent.parent / "service" / "matching" / "data" / "months.json"
    rows = [f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in answer.items()]
    target.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
