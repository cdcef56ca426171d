"""People, places and organisations named in a text, and what two texts' names say about each other.

Known names come from the gazetteer (longest match). Unknown ones are runs of capitalised words in scripts that
have capitals, and in the others what follows a title ("آقای", "الرئيس") or begins with a common given name;
their key is a consonant skeleton, so that spellings in different scripts meet.

Keys: those of the gazetteer, ``name:`` with a skeleton, ``acronym:`` with its letters.
"""

from __future__ import annotations

from collections.abc import Sequence

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


def begins_name(word: str, language: str) -> bool:
    """Whether a name may begin at this folded word though it has no capital."""
    if entries_for(word):
        return True
    arabic = "\u0600" <= word[0] <= "\u06ff"
    return arabic and (word in HONORIFICS or (word in given_names() and word not in stopwords(language)))


def read_names(
    tokens: Sequence[Token], language: str, text: str, hits: Sequence[int] | None = None
) -> tuple[Name, ...]:
    """The names in ``text``, whose tokens are ``tokens``, in order and without overlaps.

    ``language`` is a primary subtag or "und". Conservative with unknown names: a capital at the start of a sentence, in
    a headline in title case, or in a text all in capitals proves nothing. ``hits``: the tokens that ``begins_name``
    and those with a capital, where the caller knows them. Never raises; linear in the length.
    """
    if hits is None:
        hits = [
            index
            for index, token in enumerate(tokens)
            if token.original[0].isupper() or begins_name(token.text, language)
        ]
    if not hits:
        return ()
    names: list[Name] = []
    ambiguous: list[int] = []
    casing = Casing(tokens)
    count = len(tokens)
    free = 0

    def known(at: int) -> bool:
        entries = entries_for(tokens[at].text)
        return bool(entries) and match_known(entries, tokens, at, casing) is not None

    for index in hits:
        token = tokens[index]
        if index < free or token.kind != WORD:
            continue
        word = token.text
        entries = entries_for(word)
        cased = token.original[0].isupper()
        if entries:
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
                    free = last + 1
                    continue
        name: Name | None = None
        if cased:
            name, free = capital_run(tokens, index, language, text, casing, known)
        elif "\u0600" <= word[0] <= "\u06ff":
            if word in HONORIFICS:
                free = index + 1
                if free < count and follows_as_name(tokens[free], stopwords(language)) and not known(free):
                    name, free = uncased_run(tokens, free, language, text, True)
            elif word in given_names() and word not in stopwords(language):
                name, free = uncased_run(tokens, index, language, text, False)
        if name is not None:
            names.append(name)
    for at in ambiguous:
        if _is_prime_minister(tokens, names[at], names, language):
            names[at] = names[at]._replace(key="person:sudani", kind="person")
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
