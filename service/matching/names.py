"""People, places and organisations named in a text, and what two texts' names say about each other.

Known names come from the gazetteer (longest match). Unknown ones are runs of capitalised words in scripts that
have capitals, and in the others what follows a title ("آقای", "الرئيس") or begins with a common given name;
their key is a consonant skeleton, so that spellings in different scripts meet.

Keys: those of the gazetteer, ``name:`` with a skeleton, ``acronym:`` with its letters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from service.matching.gazetteer import entries_for, given_names, only_in
from service.matching.name_comparison import compare_names, same_key
from service.matching.name_runs import (
    SUDANI,
    Casing,
    capital_run,
    follows_as_name,
    match_known,
    named,
    uncased_run,
    without_possessive,
)
from service.matching.name_values import Name, NameComparison
from service.matching.stopwords import stopwords
from service.matching.titles import HONORIFICS, NOT_NAMES, TITLES
from service.matching.tokens import WORD, Token

__all__ = ["Name", "NameComparison", "compare_names", "read_names", "same_key"]


def read_names(tokens: Sequence[Token], language: str, text: str) -> tuple[Name, ...]:
    """The names in ``text``, whose tokens are ``tokens``, in order and without overlaps.

    ``language`` is a primary subtag or "und". Conservative with unknown names: a capital at the start of a sentence, in
    a headline in title case, or in a text all in capitals proves nothing. Never raises; linear in the length.
    """
    names: list[Name] = []
    ambiguous: list[int] = []
    casing: Casing | None = None
    count = len(tokens)
    index = 0

    def known(at: int) -> bool:
        entries = entries_for(tokens[at].text)
        return bool(entries) and match_known(entries, tokens, at, casing) is not None

    while index < count:
        token = tokens[index]
        if token.kind != WORD:
            index += 1
            continue
        word = token.text
        original = token.original
        entries = entries_for(word)
        cased = original[0].isupper()
        if entries:
            if casing is None and (len(entries) > 1 or entries[0][2]):
                casing = Casing(tokens)
            found = match_known(entries, tokens, index, casing)
            wanted = only_in(word) if found is not None and found[1] == index else None
            if found is not None and (wanted is None or language in (wanted, "und")):
                key, last = found
                if not (
                    cased and last == index and word in given_names() and _heads_longer_name(tokens, index, language)
                ):
                    if key == "place:SD" and word.endswith(SUDANI[2:]):
                        ambiguous.append(len(names))
                    names.append(named(key, tokens, index, last, text))
                    index = last + 1
                    continue
        if cased:
            if casing is None:
                casing = Casing(tokens)
            name, index = capital_run(tokens, index, language, text, casing, known)
            if name is not None:
                names.append(name)
            continue
        if "\u0600" <= word[0] <= "\u06ff":
            if word in HONORIFICS:
                after = index + 1
                casing = casing or Casing(tokens)
                if after < count and follows_as_name(tokens[after], stopwords(language)) and not known(after):
                    name, index = uncased_run(tokens, after, language, text, True)
                    if name is not None:
                        names.append(name)
                    continue
            elif word in given_names() and word not in stopwords(language):
                name, index = uncased_run(tokens, index, language, text, False)
                if name is not None:
                    names.append(name)
                continue
        index += 1
    for at in ambiguous:
        if _is_prime_minister(tokens, names[at], names, language):
            names[at] = replace(names[at], key="person:sudani", kind="person")
    return tuple(names)


def _heads_longer_name(tokens: Sequence[Token], index: int, language: str) -> bool:
    """A place that is also a given name, before another capital: "Jordan Peterson"."""
    if index + 1 >= len(tokens):
        return False
    after = tokens[index + 1]
    word = without_possessive(after.text)
    return (
        after.kind == WORD
        and after.original[0].isupper()
        and word not in stopwords(language)
        and word not in NOT_NAMES
        and word not in TITLES
        and not entries_for(word)
    )


def _is_prime_minister(tokens: Sequence[Token], name: Name, names: Sequence[Name], language: str) -> bool:
    """السوداني is a Sudanese, or the prime minister of Iraq.

    It is he after a title, before a colon, with the Arabic article in Persian, or where the text speaks of Iraq.
    """
    if tokens[name.first].text == SUDANI and language == "fa":
        return True
    titled = name.first > 0 and tokens[name.first - 1].text in TITLES
    return titled or name.after == ":" or any(other.key.startswith("place:IQ") for other in names)
