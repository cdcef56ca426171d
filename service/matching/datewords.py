"""The words that dates are made of, by language: CLDR's (data/months.json) and those CLDR does not have
(data/datewords.json)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final, NamedTuple, TypeVar

from service.matching.calendars import GREGORIAN, HIJRI, HIJRI_MONTHS, JALALI, JALALI_MONTHS, PLAIN_WORDS
from service.matching.tokens import words_of

T = TypeVar("T")
Table = dict[str, tuple[tuple[tuple[str, ...], T], ...]]
"""First word of a phrase -> (its other words, what it means), longest phrase first."""

ARABIC_SCRIPT: Final = frozenset({"ar", "fa", "ps", "ur", "ckb", "ug", "sd", "prs", "azb"})
ELIDING: Final = frozenset({"fr", "it", "ca"})
PERSIAN: Final = frozenset({"fa", "prs", "ps", "azb"})
ALIASES: Final = {"nb": "no", "nn": "no", "prs": "fa", "arz": "ar", "apc": "ar", "arb": "ar", "pes": "fa", "bs": "hr"}
ROMAN: Final = {
    "i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9, "x": 10, "xi": 11, "xii": 12,
    "xiii": 13, "xiv": 14, "xv": 15, "xvi": 16, "xvii": 17, "xviii": 18, "xix": 19, "xx": 20, "xxi": 21,
}  # fmt: skip


class MonthName(NamedTuple):
    """A month of a calendar; ``plain``: the name is an ordinary word too, so it needs a number beside it."""

    system: str
    month: int
    plain: bool


class Lexicon(NamedTuple):
    """Everything the reader looks up for one language; all words folded as tokens are.

    ``triggers``: where a date may begin; ``claiming``: those that claim the numbers beside them before others do.
    """

    triggers: frozenset[str]
    claiming: frozenset[str]
    months: Table[MonthName]
    units: Table[str]
    seasons: Table[int]
    quarters: Table[int]
    relative: Table[tuple[str, int]]
    sides: Table[int]
    ago: Table[tuple[tuple[tuple[str, ...], str], ...]]
    compare: Table[str]
    onwards: Table[str]
    ordinals: Table[int]
    cardinals: Table[int]
    decades: Table[int]
    tens: Table[int]
    era: Table[str]
    connectors: Table[int]
    between: frozenset[str]
    conjunctions: frozenset[str]
    fill: frozenset[str]
    strong: frozenset[str]
    weak: frozenset[str]
    function: frozenset[str]
    dated: frozenset[str]
    counted: frozenset[str]
    not_before: frozenset[str]
    year_after: frozenset[str]
    month_after: frozenset[str]
    day_after: frozenset[str]
    decade_before: frozenset[str]
    decade_suffix: frozenset[str]
    decade_after: frozenset[str]
    persian: bool
    arabic: bool


def find(table: Table[T], words: Sequence[str], index: int) -> tuple[T, int] | None:
    """The longest phrase of ``table`` that begins at ``index``, with the index after it."""
    phrases = table.get(words[index])
    if phrases is None:
        return None
    for tail, value in phrases:
        if not tail:
            return value, index + 1
        end = index + 1 + len(tail)
        if tuple(words[index + 1 : end]) == tail:
            return value, end
    return None


def find_before(table: Table[T], words: Sequence[str], index: int) -> tuple[T, int] | None:
    """The longest phrase of a table built backwards that ends at ``index``, with the index of its first word."""
    for tail, value in table.get(words[index], ()):
        first = index - len(tail)
        if not tail or (first >= 0 and tuple(words[first:index]) == tail):
            return value, first
    return None


def _split(value: str) -> list[str]:
    return [part for part in value.split("|") if part] if "|" in value else value.split()


def _table(entries: Iterable[tuple[str, T]], *, backwards: bool = False) -> Table[T]:
    found: dict[str, dict[tuple[str, ...], T]] = {}
    for phrase, value in entries:
        words = words_of(phrase)
        if not words:
            continue
        if backwards:
            found.setdefault(words[-1], {}).setdefault(words[:-1], value)
        else:
            found.setdefault(words[0], {}).setdefault(words[1:], value)
    return {key: tuple(sorted(tails.items(), key=lambda item: -len(item[0]))) for key, tails in found.items()}


def _grouped(entries: Iterable[tuple[str, T]]) -> list[tuple[str, tuple[T, ...]]]:
    """The meanings of each phrase together, in order."""
    found: dict[str, list[T]] = {}
    for phrase, value in entries:
        meanings = found.setdefault(" ".join(words_of(phrase)), [])
        if value not in meanings:
            meanings.append(value)
    return [(phrase, tuple(values)) for phrase, values in found.items()]


@lru_cache(maxsize=1)
def _cldr() -> dict[str, Any]:
    return _load("months.json")


@lru_cache(maxsize=1)
def _vocabulary() -> dict[str, Any]:
    return _load("datewords.json")


def _load(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(files("service.matching.data").joinpath(name).read_text(encoding="utf-8"))
    return loaded


def _prefixed(entries: list[tuple[str, T]]) -> list[tuple[str, T]]:
    """Arabic and Hebrew write "and", "in", "to" as one word with what follows."""
    made = list(entries)
    for phrase, value in entries:
        size = len(phrase)
        if "\u0590" <= phrase[0] <= "\u05ff":
            made += [(letter + phrase, value) for letter in "בלמהו" if size > 3]
            continue
        made += [(letter + phrase, value) for letter in "وف" if size > 2]
        if size > 3:
            made += [(letter + phrase, value) for letter in ("ب", "ل", "ك", "وب", "ول")]
            if phrase.startswith("ال"):
                made += [(letter + phrase[1:], value) for letter in ("ل", "ول")]
    return made


def _elided(entries: list[tuple[str, T]]) -> list[tuple[str, T]]:
    """French, Italian and Catalan write the article or "of" as one word with a vowel: "l'année", "dell'anno"."""
    vowels = "aeiouéèhàâô"
    joints = ("l'", "d'", "dell'", "nell'", "all'")
    return entries + [(joint + word, value) for word, value in entries if word[0] in vowels for joint in joints]


def _gregorian_names(language: str, *, foreign: bool) -> list[tuple[str, MonthName]]:
    data, extra = _cldr().get(language, {}), _vocabulary().get(language, {})
    plain = {"".join(words_of(word)) for word in PLAIN_WORDS}
    names = [
        (name, MonthName(GREGORIAN, number, foreign or "".join(words_of(name)) in plain))
        for name, number in (*extra.get("months", {}).items(), *data.get("months", {}).items())
    ]
    if not foreign:
        names += [(name, MonthName(GREGORIAN, number, True)) for name, number in data.get("short", {}).items()]
    return names


@lru_cache(maxsize=8)
def _foreign_names(arabic: bool) -> tuple[tuple[str, MonthName], ...]:
    """Full month names of all languages of a script family that mean one month only, of five letters or more."""
    meanings: dict[str, set[int]] = {}
    spelled: dict[str, MonthName] = {}
    for language in _cldr():
        if (language in ARABIC_SCRIPT) != arabic:
            continue
        for name, found in _gregorian_names(language, foreign=True):
            meanings.setdefault(name.casefold(), set()).add(found.month)
            spelled[name.casefold()] = found
    return tuple((name, spelled[name]) for name, months in meanings.items() if len(months) == 1 and len(name) >= 5)


def _month_names(languages: Sequence[str], arabic: bool) -> list[tuple[str, MonthName]]:
    names: list[tuple[str, MonthName]] = []
    for language in languages:
        own = _gregorian_names(language, foreign=False)
        if language in ("ar", "he"):
            own = _prefixed(own)
        elif language in ELIDING:
            own = _elided(own)
        names += own
    for system, spellings in ((JALALI, JALALI_MONTHS), (HIJRI, HIJRI_MONTHS)):
        for number, alternatives in enumerate(spellings, start=1):
            for name in alternatives.split("|"):
                if (name[0] > "\u0600") != arabic:
                    continue
                plain = MonthName(system, number, name in PLAIN_WORDS)
                entries = [(name, plain)]
                if arabic:
                    sure = MonthName(system, number, False)
                    entries += [(name + "ماه", sure), (name + " ماه", sure), ("ماه " + name, sure)]
                    entries += [("شهر " + name, sure)]
                    if "ar" in languages and len(name) > 3:
                        entries += [(letter + name, plain) for letter in "وب"]
                names += entries
    if arabic:
        names += [
            (name + joint + "ماه", MonthName(found.system, found.month, False))
            for name, found in list(names)
            if found.system == GREGORIAN
            for joint in ("", " ")
        ]
    return names + list(_foreign_names(arabic))


def _languages_of(language: str, arabic: bool) -> tuple[str, ...]:
    if language not in _cldr() and language not in _vocabulary():
        return ("fa", "ar") if arabic else ("en",)
    return (language,)


@lru_cache(maxsize=128)
def lexicon(language: str, arabic_text: bool = False) -> Lexicon:
    """The words of a language (a primary subtag); English, or Persian and Arabic, where it is not known."""
    language = ALIASES.get(language, language)
    arabic = language in ARABIC_SCRIPT or arabic_text
    languages = _languages_of(language, arabic)
    if arabic and language not in ARABIC_SCRIPT:
        languages = ("fa", "ar")
    cldr = [_cldr().get(each, {}) for each in languages]
    own = [_vocabulary().get(each, {}) for each in languages]
    semitic = bool({"ar", "he"} & set(languages))

    def words(key: str) -> list[str]:
        return [word for data in own for word in _split(data.get(key, ""))]

    def mapped(key: str) -> list[tuple[str, Any]]:
        return [pair for data in own for pair in data.get(key, {}).items()]

    def bag(*keys: str) -> frozenset[str]:
        return frozenset("".join(words_of(word)) for key in keys for word in words(key))

    units = [(word, unit) for unit in UNIT_KEYS for word in words(unit)]
    months = _table(_month_names(languages, arabic))
    relative = [(phrase, (unit, shift)) for phrase, (unit, shift) in mapped("relative")]
    ago: list[tuple[str, tuple[tuple[str, ...], str]]] = []
    patterns = [entry for data in (*own, *cldr) for entry in data.get("ago", [])]
    for pattern, unit, number in patterns:
        if number is not None:
            relative.append((pattern, (unit, -number)))
            continue
        before, _, after = pattern.partition("{0}")
        if after.strip():
            ago.append((after, (words_of(before), unit)))
            if semitic and before:
                ago.append((after, (words_of("و" + before), unit)))
    seasons = mapped("season")
    decades = mapped("decades")
    sides = [(word, side) for key, side in SIDES for word in words(key)]
    if semitic:
        units, relative, seasons, decades = (
            _prefixed(units),
            _prefixed(relative),
            _prefixed(seasons),
            _prefixed(decades),
        )
        sides = _prefixed(sides)
    elif ELIDING & set(languages):
        units, seasons = _elided(units), _elided(seasons)
    ordinals = [*mapped("ordinals"), *(pair for data in cldr for pair in data.get("ordinals", {}).items())]
    cardinals = [*mapped("cardinals")]
    cardinals += [pair for data in cldr for pair in data.get("cardinals", {}).items()]
    cardinals += [(word, 1) for word in words("article")]
    quarters = [pair for data in cldr for pair in data.get("quarters", {}).items() if not pair[0][0].isdigit()]
    quarters += [(f"{letter}{number}", number) for letter in "qQtT" for number in range(1, 5)]
    tables: dict[str, Table[Any]] = {
        "units": _table(units),
        "seasons": _table(seasons),
        "quarters": _table(quarters),
        "relative": _table(relative),
        "ago": _table(_grouped(ago)),
        "decades": _table(decades),
    }
    after = bag("year_after"), bag("month_after"), bag("day_after")
    plain_tables = (*tables.values(), months)
    return Lexicon(
        triggers=frozenset().union(*plain_tables, *after, bag("decade_before")),
        claiming=frozenset().union(
            months,
            tables["seasons"],
            tables["quarters"],
            (word for word, found in tables["units"].items() if any(unit in PARTS for _, unit in found)),
        ),
        months=months,
        sides=_table(sides),
        compare=_table(_prefixed(mapped("compare")) if semitic else mapped("compare"), backwards=True),
        onwards=_table(mapped("onwards")),
        ordinals=_table(ordinals),
        cardinals=_table(cardinals),
        tens=_table(mapped("tens")),
        era=_table([*ERAS, *mapped("era")]),
        connectors=_table([(word, 1) for word in words("to")]),
        between=bag("between", "from"),
        conjunctions=bag("and"),
        fill=bag("fill"),
        strong=bag("strong"),
        weak=bag("weak"),
        function=bag("function"),
        dated=bag("dated"),
        counted=bag("counted"),
        not_before=bag("not_before"),
        year_after=after[0],
        month_after=after[1],
        day_after=after[2],
        decade_before=bag("decade_before"),
        decade_suffix=bag("decade_suffix"),
        decade_after=bag("decade_after"),
        persian=bool(PERSIAN & set(languages)),
        arabic=arabic,
        **tables,
    )


PARTS: Final = frozenset({"quarter", "half"})
UNIT_KEYS: Final = ("year", "month", "week", "day", "quarter", "half", "decade", "century")
SIDES: Final = (("last", -1), ("this", 0), ("next", 1))
ERAS: Final = (("ad", GREGORIAN), ("ce", GREGORIAN), ("ah", HIJRI), ("sh", JALALI))
