"""The gazetteer: words in, known places, organisations and people out.

Two files in the package: ``territories.txt`` (countries and cities in many languages, generated from Unicode CLDR) and
``entities.txt`` (short forms, adjectives, cities, organisations, people). Built once, on first use.

Keys: ``place:IQ`` is a country by ISO 3166-1 code, ``place:IQ:baghdad`` lies in it, ``org:un``, ``person:trump``.
A demonym ("Iraqi", عراقی, العراقية) has the key of its country.
"""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.resources import files
from typing import Final, NamedTuple

from service.matching.folding import fold_word
from service.matching.stems import stem
from service.matching.stopwords import stopword_languages, stopwords
from service.matching.titles import word_list
from service.matching.tokens import NUMBER, WORD, tokenize
from service.matching.transliteration import skeleton

FREE: Final = 0
"""The name counts however it is written."""
CAPITAL: Final = 1
"""Only with a capital letter, unless the whole text is in small letters."""
UPPER: Final = 2
"""Only in capital letters, in a text that is not all in capitals."""
STRICT: Final = 3
"""Only with a capital letter: the same letters are an ordinary word."""


class Entry(NamedTuple):
    """One way to write a known name. ``rest``: the words after the first. ``need``: FREE, CAPITAL, UPPER or STRICT."""

    rest: tuple[str, ...]
    key: str
    need: int


_PLAIN_FOUR: Final = word_list("short and plain")
# Words of one language that spell a name of another.
_ORDINARY: Final = word_list("small states spelled as words")
_DROPPED: Final = word_list("dropped")
_ONLY_IN: Final = {
    fold_word(word): language
    for language, words in {
        "ar": "مالي كندي غنا", "fa": "مشهد سپاه", "ur": "شام",
        "fr": "Inde", "pt": "Irã", "tr": "Çin", "vi": "Nga Pháp Đức Mỹ",
    }.items()
    for word in words.split()
}  # fmt: skip
"""A name that is an ordinary word in the other languages of its script."""

_DEMONYM_ENDS: Final = tuple(fold_word(end) for end in ("ه", "ين", "ون", "ان", "ها", "های", "هایی", "تين", "تان"))
_ARABIC_PREFIXES: Final = tuple(
    fold_word(start) for start in ("وبال", "وال", "فال", "بال", "كال", "ولل", "لل", "ال", "و", "ف", "ب", "ل", "ك")
)
_ELIDED: Final = frozenset(
    {
        "l",
        "d",
        "qu",
        "j",
        "s",
        "n",
        "c",
        "m",
        "t",
        "dell",
        "nell",
        "all",
        "dall",
        "sull",
        "un",
        "quell",
        "lorsqu",
        "jusqu",
    }
)


def _is_arabic(word: str) -> bool:
    return "\u0600" <= word[0] <= "\u06ff"


def _is_cased(word: str) -> bool:
    return word[0] <= "\u052f" or "\u1c90" <= word[0] <= "\u1fff"


def _split(alias: str) -> tuple[str, ...]:
    return tuple(token.text for token in tokenize(alias) if token.kind in (WORD, NUMBER))


@cache
def _reserved() -> frozenset[str]:
    """Function words of the languages in cased scripts: no name of one word may be one of them in small letters."""
    found: set[str] = set()
    for language in stopword_languages():
        found |= stopwords(language)
    return frozenset(found)


def _rows(name: str) -> list[tuple[str, list[str]]]:
    text = files("service.matching").joinpath("data", name).read_text(encoding="utf-8")
    rows = (line.partition("\t") for line in text.splitlines() if line and not line.startswith("#"))
    return [(key, names.split("|")) for key, _, names in rows]


class _Tables(NamedTuple):
    entries: dict[str, tuple[Entry, ...]]
    demonyms: dict[str, str]
    cyrillic: dict[str, str]
    skeletons: dict[str, str]
    parts: dict[str, frozenset[str]]


def _need(alias: str, words: tuple[str, ...], key: str, generated: bool) -> int | None:
    """How ``alias`` must be written to count; None when it is too ambiguous to count at all."""
    if alias[0] == "!":
        return UPPER
    if alias[0] == "^":
        return STRICT
    if len(words) > 1:
        # "San Juan" is a name, "las palmas" may be palms.
        return CAPITAL if generated and key.count(":") > 1 and _is_cased(words[0]) else FREE
    word = words[0]
    if generated and (word in _DROPPED or (len(word) < 3 and word.isalpha() and not word[0] >= "\u3000")):
        return None
    if not _is_cased(word):
        return FREE
    if word in _reserved():
        return None if generated else UPPER
    if generated and len(word) <= 3 and word != "usa":
        return None
    if word in _ORDINARY:
        return STRICT
    if key.startswith("person:") or (generated and key.count(":") > 1) or (len(word) <= 4 and word not in _PLAIN_FOUR):
        return CAPITAL
    return FREE


@cache
def _tables() -> _Tables:
    found: dict[str, dict[tuple[str, ...], Entry]] = {}
    demonyms: dict[str, str] = {}
    cyrillic: dict[str, str] = {}
    skeletons: dict[str, str | None] = {}
    parts: dict[str, set[str]] = {}
    for source in ("entities.txt", "territories.txt"):
        generated = source == "territories.txt"
        for key, names in _rows(source):
            for alias in names:
                words = _split(alias)
                if not words:
                    continue
                need = _need(alias, words, key, generated)
                city = key.count(":") > 1
                if need is None or (generated and city and words[0] in given_names()):
                    continue
                found.setdefault(words[0], {}).setdefault(words[1:], Entry(words[1:], key, need))
                if len(words) == 1:
                    _add_derived(words[0], key, demonyms, cyrillic)
                if not generated and (city or key.startswith("person:")):
                    made = skeleton(words)
                    size = len(made.replace(" ", ""))
                    if key.startswith("person:"):
                        parts.setdefault(key, set()).update(made.split())
                    if (len(words) > 1 and size >= 5) or size >= 4:
                        # A skeleton that two names share identifies neither.
                        skeletons[made] = key if skeletons.get(made, key) == key else None
    entries = {
        first: tuple(sorted(rests.values(), key=lambda entry: -len(entry.rest))) for first, rests in found.items()
    }
    return _Tables(
        entries,
        demonyms,
        cyrillic,
        {made: key for made, key in skeletons.items() if key is not None},
        {key: frozenset(values) for key, values in parts.items()},
    )


def _add_derived(word: str, key: str, demonyms: dict[str, str], cyrillic: dict[str, str]) -> None:
    country = key.startswith("place:") and key.count(":") == 1
    if country and _is_arabic(word):
        base = word[2:] if word.startswith("ال") and len(word) > 5 else word
        for end in ("یا", "ا", "ه", "ی"):
            if base.endswith(end) and len(base) - len(end) >= 3:
                demonyms.setdefault(base[: -len(end)] + "ی", key)
                break
        if len(base) >= 3:
            demonyms.setdefault(base + "ی", key)
            demonyms.setdefault(base + "یی", key)
            demonyms.setdefault(base + "ای", key)
    elif "\u0400" <= word[0] <= "\u052f" and len(word) >= 4:
        cyrillic.setdefault(stem(word, "ru"), key)


def _arabic_single(word: str) -> str | None:
    """The key of a country named by a demonym, with or without plural and gender endings."""
    demonyms = _tables().demonyms
    if word in _DROPPED:
        return None
    key = demonyms.get(word)
    if key is None:
        for end in _DEMONYM_ENDS:
            if word.endswith(end) and word[: -len(end)].endswith("ی"):
                key = demonyms.get(word[: -len(end)])
                if key is not None:
                    break
    return key


def _arabic_entries(word: str) -> tuple[Entry, ...]:
    tables = _tables()
    for start in ("", *_ARABIC_PREFIXES):
        if start and (not word.startswith(start) or len(word) - len(start) < 3):
            continue
        base = word[len(start) :]
        if start in ("و", "ف", "ب", "ل", "ک") and len(base) < 4 and base not in ("مصر", "قطر"):
            continue
        known = tables.entries.get(base)
        if known is None and start.endswith("ل") and len(start) > 1:
            known = tables.entries.get("ال" + base)
        if known is None and start == "":
            known = tables.entries.get("ال" + base) if len(base) > 4 else None
            if known is not None:
                known = tuple(entry for entry in known if entry.key.startswith("place:"))
        if known:
            return known
        key = _arabic_single(base)
        if key is not None:
            return (Entry((), key, FREE),)
    return ()


def entries_for(word: str) -> tuple[Entry, ...]:
    """The known names that begin with this folded word, longest first; () when there is none.

    Attached Arabic and Persian prefixes (و ب ل ال), possessives ("Iraq's", "Türkiye'nin"), elisions ("l'Irak"), demonym
    endings and Russian case endings are seen through.
    """
    # Figures are not remembered: there is no end to them, and most come once.
    return _entries_for(word) if word[:1].isalpha() else _tables().entries.get(word, ())


@lru_cache(maxsize=65_536)
def _entries_for(word: str) -> tuple[Entry, ...]:
    tables = _tables()
    known = tables.entries.get(word)
    if known is not None:
        return known
    if _is_arabic(word):
        return _arabic_entries(word)
    if "'" in word:
        head, _, tail = word.partition("'")
        return tables.entries.get(tail if head in _ELIDED else head, ())
    if "\u0400" <= word[0] <= "\u052f" and len(word) >= 4 and word not in _reserved():
        key = tables.cyrillic.get(stem(word, "ru"))
        if key is not None:
            return (Entry((), key, CAPITAL if key.startswith("person:") else FREE),)
    return ()


def only_in(word: str) -> str | None:
    """The one language in which this word is a name; None when it is one in every language of its script."""
    return _ONLY_IN.get(word)


def key_of_skeleton(made: str) -> str | None:
    """The known person or place whose skeleton this is; None when there is none or more than one."""
    return _tables().skeletons.get(made)


def person_parts(key: str) -> frozenset[str]:
    """The skeletons of the words that make up the names of a known person; empty for anything else."""
    return _tables().parts.get(key, frozenset())


@cache
def given_names() -> frozenset[str]:
    """Given names common in the news, folded."""
    text = files("service.matching").joinpath("data", "given_names.txt").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return frozenset(fold_word(word) for line in lines for word in line.split())
