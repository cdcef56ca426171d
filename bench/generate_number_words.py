"""Write ``service/matching/data/number_words.json`` from the spell-out rules of Unicode CLDR.

Run: ``python bench/generate_number_words.py``. Needs unicode-rbnf (rules) and babel (marks), both MIT/BSD; neither is
needed to read the file. Single words become atoms or scales, found by solving "these known words, then one unknown
one, make n"; whole phrases are kept only where adding and multiplying does not give the right value.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.localedata import locale_identifiers
from unicode_rbnf import FormatPurpose, RbnfEngine

from service.matching.number_lexicon import ATOM, SCALE, Lexicon
from service.matching.numbers import read_number
from service.matching.tokens import WORD, Token, tokenize

TARGET = Path(__file__).resolve().parent.parent / "service" / "matching" / "data" / "number_words.json"

LINKS: dict[str, tuple[str, ...]] = {
    "ar": ("و",), "bg": ("и",), "ca": ("i",), "cs": ("a",), "da": ("og",), "de": ("und",), "el": ("και",),
    "en": ("and",), "es": ("y", "e"), "fa": ("و",), "fr": ("et",), "he": ("ו",), "hr": ("i",), "it": ("e",),
    "mk": ("и",), "nb": ("og",), "nl": ("en",), "pt": ("e",), "ro": ("si", "de"), "sq": ("e",), "sr": ("и",),
    "sv": ("och",), "vi": ("le", "linh"), "sl": ("in",), "zh": ("零", "〇"),
}  # fmt: skip
"""Words for "and" that may stand inside a number, folded."""

LANGUAGES = (
    "ar", "az", "bg", "ca", "cs", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr", "he", "hi", "hr", "hu", "id",
    "it", "ja", "ko", "lt", "lv", "mk", "ms", "nb", "nl", "pl", "pt", "ro", "ru", "sk", "sl", "sq", "sr", "sv", "tr",
    "uk", "vi", "zh",
)  # fmt: skip

JOINTS: dict[str, dict[str, int]] = {
    "da": {"hundrede": 100, "hundred": 100, "tusind": 1000, "tusinde": 1000},
    "de": {"hundert": 100, "tausend": 1000},
    "et": {"sada": 100},
    "fa": {"هزار": 1000, "میلیون": 10**6, "میلیارد": 10**9},
    "fi": {"sata": 100, "sataa": 100, "tuhat": 1000, "tuhatta": 1000},
    "hu": {"szaz": 100, "ezer": 1000},
    "it": {"cento": 100, "cent": 100, "mila": 1000, "mille": 1000},
    "ko": {"십": 10, "백": 100, "천": 1000, "만": 10**4, "억": 10**8},
    "lv": {"simt": 100, "tukstos": 1000},
    "nb": {"hundre": 100, "tusen": 1000},
    "nl": {"honderd": 100, "duizend": 1000},
    "sv": {"hundra": 100, "tusen": 1000},
}
"""Scale words that a language writes inside a longer word; only words that hold one are taken apart."""

SPELLINGS: dict[str, dict[str, int]] = {
    "ar": {
        "صفر": 0, "اثنان": 2, "اثنین": 2, "اثنتان": 2, "اثنتین": 2, "مایتین": 200, "میتین": 200,
        "میتان": 200, "مایتا": 200, "میتا": 200, "مایتی": 200, "ثمان": 8, "ثماني": 8, "الفان": 2000, "الفین": 2000,
        "الفي": 2000, "ملیونان": 2 * 10**6, "ملیونین": 2 * 10**6, "ملیوني": 2 * 10**6, "ملیاران": 2 * 10**9,
        "ملیارین": 2 * 10**9, "ملیاري": 2 * 10**9,
    },
    "en": {"naught": 0, "nought": 0},
    "fa": {"هیجده": 18, "هژده": 18, "شیش": 6},
    "hi": {"शून्य": 0},
    "hu": {"ket": 2},
    "sl": {"dve": 2},
    "sv": {"ettusen": 1000},
}  # fmt: skip
"""Common spellings that the rules lack."""

SKIPPED = ("financial", "days", "year")
FINNISH = ("spellout-numbering", "spellout-cardinal", "spellout-ordinal")
"""Finnish declines every number in fourteen cases; only the base forms are kept."""

MAGNITUDES = {"zh": (3, 4, 8, 12), "ja": (3, 4, 8, 12), "ko": (3, 4, 8, 12), "hi": (3, 5, 7, 9)}
COUNTS = (1, 2, 3, 4, 5, 8, 11, 21, 25, 100, 200)


def _words(text: str) -> tuple[str, ...]:
    return tuple(token.text for token in tokenize(text) if token.kind == WORD)


def _tokens(words: tuple[str, ...]) -> list[Token]:
    return [Token(word, index * 2, index * 2 + 1, WORD, word) for index, word in enumerate(words)]


def spellings(engine: RbnfEngine, number: int, purpose: FormatPurpose) -> list[tuple[str, ...]]:
    """Every way the rules spell ``number``, as folded words."""
    try:
        by_rules = engine.format_number(number, purpose).text_by_ruleset
    except Exception:
        return []
    found = []
    for rules, text in sorted(by_rules.items(), key=lambda item: item[0]):
        words = _words(text)
        skipped = any(part in rules for part in SKIPPED) or (engine.language == "fi" and rules not in FINNISH)
        if words and not skipped and words not in found:
            found.append(words)
    return found


class _Solver:
    """Finds, for one language, what each word contributes."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.engine = RbnfEngine.for_language("no" if language == "nb" else language)
        self.atoms: dict[str, int] = {}
        self.scales: dict[str, int] = dict(JOINTS.get(language, {}))
        self.phrases: dict[str, int] = {}
        self.links = LINKS.get(language, ())
        self.units_first = language == "ar"

    def lexicon(self) -> Lexicon:
        words = {word: (ATOM, float(value)) for word, value in self.atoms.items()}
        words |= {word: (SCALE, float(value)) for word, value in self.scales.items()}
        phrases: dict[str, list[tuple[tuple[str, ...], float]]] = {}
        for phrase, value in self.phrases.items():
            first, *rest = phrase.split(" ")
            phrases.setdefault(first, []).append((tuple(rest), float(value)))
        ordered = {first: tuple(sorted(found, key=lambda item: -len(item[0]))) for first, found in phrases.items()}
        if self.language in ("ar", "he"):
            mark = "و" if self.language == "ar" else "ו"
            for word, (kind, value) in list(words.items()):
                words.setdefault(mark + word, (kind + 2, value))
        return Lexicon(words, ordered, frozenset(self.links), (), self.units_first, {}, frozenset())

    def value(self, words: tuple[str, ...]) -> float | None:
        number = read_number(_tokens(words), 0, self.lexicon(), self.language)
        return None if number is None or number.last != len(words) - 1 else number.value

    def _compound(self, word: str) -> bool:
        """Whether the word is put together from a scale and something else."""
        return any(joint in word and joint != word for joint in JOINTS.get(self.language, {}))

    def forms(self, number: int) -> list[tuple[str, ...]]:
        return spellings(self.engine, number, FormatPurpose.CARDINAL)

    def solve(self) -> dict[str, Any]:
        for number in range(100):
            for words in self.forms(number):
                if len(words) == 1:
                    self.atoms.setdefault(words[0], number)
        if self.language in ("zh", "ja", "ko"):
            for word in [word for word, number in self.atoms.items() if number == 10]:
                del self.atoms[word]
                self.scales[word] = 10
        self._arabic_forms()
        for word, number in SPELLINGS.get(self.language, {}).items():
            self.atoms.setdefault(_words(word)[0], number)
        self._hundreds()
        self._magnitudes()
        self._phrases()
        if self.language == "fa":
            self._joined_with_and()
        ordinals: dict[str, int] = {}
        for number in range(1, 101):
            for words in spellings(self.engine, number, FormatPurpose.ORDINAL):
                word = words[0].removeprefix("ال") if self.language == "ar" else words[0]
                if len(words) == 1 and word not in self.atoms and word not in self.scales:
                    ordinals.setdefault(words[0], number)
        return {
            "atoms": self.atoms,
            "scales": self.scales,
            "phrases": self.phrases,
            "links": sorted(self.links),
            "joints": sorted(JOINTS.get(self.language, {})),
            "units_first": self.units_first,
            "ordinals": ordinals,
        }

    def _arabic_forms(self) -> None:
        """The cases and genders that the rules leave out: "ثلاثين" beside "ثلاثون", "تسع" beside "تسعة"."""
        if self.language != "ar":
            return
        for word, number in list(self.atoms.items()):
            if 20 <= number < 100 and word.endswith("ون"):
                self.atoms.setdefault(word[:-2] + "ین", number)
            if 3 <= number <= 10 and word.endswith("ه"):
                self.atoms.setdefault(word[:-1], number)
                for hundred in ("مایه", "میه"):
                    self.atoms.setdefault(word[:-1] + hundred, number * 100)
        for unit in ("ثماني", "ثمانی", "ثمان"):
            for hundred in ("مایه", "میه"):
                self.atoms.setdefault(_words(unit + hundred)[0], 800)
        for ten in ("عشر", "عشره"):
            for first, number in (("احد", 11), ("احدی", 11), ("اثنا", 12), ("اثنی", 12), ("اثنتا", 12), ("اثنتی", 12)):
                self.phrases[f"{first} {ten}"] = number
            for first, number in [(word, number) for word, number in self.atoms.items() if 3 <= number <= 9]:
                self.phrases[f"{first} {ten}"] = number + 10
        self.scales |= {"مایه": 100, "میه": 100}

    def _joined_with_and(self) -> None:
        """Persian numbers whose joiner was dropped: "سی‌ونه" folds to one word."""
        tens = [(word, value) for word, value in self.atoms.items() if 20 <= value <= 90 and value % 10 == 0]
        units = [(word, value) for word, value in self.atoms.items() if 1 <= value <= 9]
        for ten, high in tens:
            for unit, low in units:
                self.atoms.setdefault(f"{ten}و{unit}", high + low)

    def _hundreds(self) -> None:
        for count in (2, 3, 4, 5, 6, 7, 8, 9, 1):
            for words in self.forms(count * 100):
                if len(words) == 1:
                    if words[0] not in self.scales:
                        self.atoms.setdefault(words[0], count * 100)
                    continue
                last = words[-1]
                if last not in self.scales and self.value(words[:-1]) == count and self.atoms.get(last, 100) == 100:
                    self.atoms.pop(last, None)
                    self.scales[last] = 100
        for words in self.forms(101):
            rest = words[1:] if len(words) < 2 or words[1] not in self.links else words[2:]
            if self.value(words[:1]) is None and rest and self.value(rest) == 1:
                self.atoms[words[0]] = 100
        for count in (2, 5):
            for words in self.forms(count * 100 + 34):
                if len(words) > 2 and self.value(words[:1]) == count and words[1] not in self.links:
                    self.atoms.pop(words[1], None)
                    self.scales.setdefault(words[1], 100)

    def _magnitudes(self) -> None:
        for power in MAGNITUDES.get(self.language, (3, 6, 9, 12)):
            for count in COUNTS:
                for words in self.forms(count * 10**power):
                    if self.value(words) is not None:
                        continue
                    last = words[-1]
                    if last in self.scales or last in self.atoms or self._compound(last):
                        continue
                    if len(words) == 1 and count == 1:
                        self.scales[last] = 10**power
                    elif len(words) == 1 and count == 2:
                        self.atoms[last] = 2 * 10**power
                    elif len(words) > 1 and self.value(words[:-1]) == count:
                        self.scales[last] = 10**power

    def _phrases(self) -> None:
        for number in range(101):
            for words in self.forms(number):
                if len(words) == 1 or self.value(words) == number:
                    continue
                self.phrases[" ".join(words)] = number


def marks() -> tuple[list[str], list[str]]:
    """Languages whose decimal mark is a comma, and those that group digits with a space, by CLDR."""
    comma, space = set(), set()
    for identifier in locale_identifiers():
        if "_" in identifier:
            continue
        try:
            symbols = Locale.parse(identifier).number_symbols.get("latn", {})
        except (UnknownLocaleError, ValueError):
            continue
        if symbols.get("decimal") == ",":
            comma.add(identifier)
        if str(symbols.get("group", "")).replace("\u202f", " ").replace("\u00a0", " ") == " ":
            space.add(identifier)
    # Latin digits in Arabic and Persian news follow English marks, whatever the Maghreb's locale data say.
    return sorted(comma - {"ar", "fa", "ur", "ps", "ckb"}), sorted(space)


def generate() -> dict[str, Any]:
    """The whole file's content."""
    comma, space = marks()
    return {
        "decimal_comma": comma,
        "group_space": space,
        "languages": {language: _Solver(language).solve() for language in LANGUAGES},
    }


def rendered() -> str:
    """The file's text: one line per table, keys in the order found, so that a change reads well."""
    content = generate()
    lines = [
        "{",
        f'"decimal_comma": {json.dumps(content["decimal_comma"])},',
        f'"group_space": {json.dumps(content["group_space"])},',
        '"languages": {',
    ]
    languages = list(content["languages"].items())
    for index, (language, entry) in enumerate(languages):
        tables = [
            f'  "{name}": {json.dumps(table, ensure_ascii=False, separators=(",", ":"))}'
            for name, table in entry.items()
            if table
        ]
        lines.append(f'"{language}": {{\n' + ",\n".join(tables) + "\n}" + ("," if index < len(languages) - 1 else ""))
    return "\n".join([*lines, "}", "}", ""])


def main() -> int:
    """Write the file."""
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(rendered(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
