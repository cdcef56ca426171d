"""One against several: "a minister was arrested" and "ministers were arrested".

What holds of a kind is said of one or of all of them ("a vaccine protects", "vaccines protect"), so this is for what
happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from service.matching.folding import fold_word, folded_words
from service.matching.negation import persian_presents
from service.matching.qualifiers import is_arabic_present
from service.matching.reading import Reading
from service.matching.stems import ENGLISH_PASTS, is_broken_plural
from service.matching.stopwords import is_stopword
from service.matching.tokens import SYMBOL, WORD

_ONE: Final = {"en": folded_words("a an one"), "fa": folded_words("یک")}
_PAST: Final = folded_words("was were had been did")
_LASTS: Final = {"en": folded_words("is are do does"), "fa": folded_words("است هست هستند دارد دارند نیست ندارد")}
_PLURAL_PEOPLE: Final = {"men": "man", "women": "woman", "children": "child"}
_PERSIAN_ENDINGS: Final = folded_words("ها های هایی ان ات گان یان")
_ARABIC_ENDINGS: Final = folded_words("ون ين ان ات")
_THE: Final = fold_word("ال")
_ONE_OF_A_KIND: Final = folded_words("أول آخر كل أي أكبر أعنف أسوأ أفضل أهم أخطر غير")
"""Behind these an Arabic noun stands in the singular, whatever their number."""


def one_against_several(query: Reading, candidate: Reading, partners: Sequence[tuple[int, int]]) -> bool:
    """Whether something happened to, or was done by, one of a kind on one side and several on the other.

    ``partners``: places of the paired words in both contents.
    """
    tag = query.language.tag
    if tag != candidate.language.tag or tag not in ("en", "fa", "ar"):
        return False
    several = {"en": _english, "fa": _persian, "ar": _arabic}[tag]
    for here, there in partners:
        ours = query.tokens[query.places[here]].text
        theirs = candidate.tokens[candidate.places[there]].text
        if ours == theirs or query.content[here] != candidate.content[there]:
            continue
        if several(ours, theirs):
            found = _is_one(query, query.places[here], tag)
        elif several(theirs, ours):
            found = _is_one(candidate, candidate.places[there], tag)
        else:
            continue
        if found and _happened(query, tag) and _happened(candidate, tag):
            return True
    return False


def _english(one: str, several: str) -> bool:
    """Whether the second is the plural of the first."""
    if several[-1] != "s":
        return _PLURAL_PEOPLE.get(several) == one
    return several in (one + "s", one + "es") or (one[-1] == "y" and several == one[:-1] + "ies")


def _persian(one: str, several: str) -> bool:
    if several.startswith(one):
        return several[len(one) :] in _PERSIAN_ENDINGS
    return (one[-1] == "ه" and several == one[:-1] + "گان") or is_broken_plural(several, one)


def _arabic(one: str, several: str) -> bool:
    if one.startswith(_THE) or several.startswith(_THE):
        return False
    bare = one.removesuffix("ه")
    if several.startswith(bare):
        return several[len(bare) :] in _ARABIC_ENDINGS
    return is_broken_plural(several, one)


def _is_one(reading: Reading, index: int, tag: str) -> bool:
    """Whether a noun in the singular is one thing, and no kind, nor a part of a compound ("a student protest")."""
    if tag == "ar":
        return not index or reading.tokens[index - 1].text not in _ONE_OF_A_KIND
    tokens = reading.tokens
    before = tokens[index - 1].text if index else ""
    if before not in _ONE[tag]:
        if tag == "fa" or index < 2 or tokens[index - 1].kind != WORD or is_stopword(before, tag):
            return False
        if tokens[index - 2].text not in _ONE[tag]:
            return False
    if tag == "fa" or index + 1 >= len(tokens):
        return True
    behind = tokens[index + 1]
    return behind.kind == SYMBOL or is_stopword(behind.text, tag) or _is_past(behind.text)


def _is_past(word: str) -> bool:
    return word in _PAST or word in ENGLISH_PASTS or word.endswith("ed")


def _happened(reading: Reading, tag: str) -> bool:
    """Whether a sentence tells what happened, and not how things are."""
    words = [token[0] for token in reading.tokens]
    if tag == "ar":
        return not any(is_arabic_present(word) for word in words)
    if not _LASTS[tag].isdisjoint(words):
        return False
    if tag == "fa":
        return persian_presents().isdisjoint(words)
    return any(map(_is_past, words))
