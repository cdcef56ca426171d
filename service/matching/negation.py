"""Where a text denies something: the cues of negation, what each one denies, and how far it reaches.

The words stand in ``data/polarity.toml``. This module only knows the few rules that words cannot carry: what a cue's
scope depends on, which cues deny each other, and which ones count once because a language repeats its negation.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from itertools import pairwise
from typing import Any, Final

from service.matching.folding import fold_word, folded_words
from service.matching.inflection import persian_imperfect, persian_negated, persian_present
from service.matching.negated_forms import arabic_may_deny, turkish_denial
from service.matching.number_lexicon import lexicon as number_lexicon
from service.matching.numbers import is_number_word
from service.matching.phrasebook import Phrasebook
from service.matching.tokens import NUMBER, SYMBOL, WORD, Token, tokenize

CLAUSE: Final = "clause"
WRAPPER: Final = "wrapper"
ZERO: Final = "zero"
LOCAL: Final = "local"
SPENT: Final = "spent"
"""Scopes: the clause's verb; a whole governed clause; the number of things; one word only; counted elsewhere."""

UNDETERMINED: Final = ("en", "fa", "ar", "ru", "hi")

_KINDS: Final = (
    "ignore", "falsity", "falsity_words", "failure", "denial", "never", "negation", "lack", "without", "zero", "second",
)  # fmt: skip
_ASPECTS: Final = (
    "fillers", "complementizers", "claim_nouns", "truths", "subordinators", "causes", "boundaries", "until", "only",
    "second_zero", "particles", "final_verbs",
)  # fmt: skip


_Phrase = tuple[str, int, int]
"""The kind of a cue with its first and last token."""


@dataclass(slots=True)
class FoundCue:
    """A cue while it is being judged; ``target`` is the index of the token it most likely denies, or -1."""

    kind: str
    first: int
    last: int
    scope: str
    target: int = -1
    flips: int = 1


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The cues of one language, and the words that decide how far they reach."""

    book: Phrasebook[str]
    concord: bool
    fillers: frozenset[str]
    complementizers: frozenset[str]
    claim_nouns: frozenset[str]
    truths: frozenset[str]
    subordinators: frozenset[str]
    causes: frozenset[str]
    boundaries: frozenset[str]
    until: frozenset[str]
    only: frozenset[str]
    second_zero: frozenset[str]
    particles: frozenset[str]
    final_verbs: frozenset[str]


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    source = resources.files("service.matching").joinpath("data", "polarity.toml")
    return tomllib.loads(source.read_text(encoding="utf-8"))


def _entries(table: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for kind in _KINDS:
        for phrase in table.get(kind, ()):
            yield phrase, kind
        if kind == "ignore":
            for word in table.get("final_verbs", ()):
                yield word, "negation"
            for word in table.get("not_verbs", ()):
                yield word, "ignore"
    for entry in table.get("negated_verbs", ()):
        for form in persian_negated(entry):
            yield form, "negation"


@lru_cache(maxsize=1)
def persian_presents() -> frozenset[str]:
    """Folded forms such as «میشود» and «نمیشود», which are often written without the zero-width non-joiner."""
    return frozenset(fold_word(form) for entry in _data()["fa"]["negated_verbs"] for form in persian_present(entry))


@lru_cache(maxsize=1)
def persian_imperfects() -> frozenset[str]:
    """So in the past: «میشد», «نمیشد»."""
    return frozenset(fold_word(form) for entry in _data()["fa"]["negated_verbs"] for form in persian_imperfect(entry))


@lru_cache(maxsize=64)
def lexicon(language: str) -> Lexicon:
    """The lexicon of a primary language subtag; an unknown language has an empty one, "und" one of several."""
    data = _data()
    tables = [data[name] for name in (UNDETERMINED if language == "und" else (language,)) if name in data]
    aspects = {
        aspect: frozenset(
            fold_word(words[0].text) if len(words := tokenize(entry)) == 1 else fold_word(entry)
            for table in tables
            for entry in table.get(aspect, ())
        )
        for aspect in _ASPECTS
    }
    return Lexicon(
        Phrasebook(entry for table in tables for entry in _entries(table)),
        any(table.get("concord", False) for table in tables) and language != "und",
        **aspects,
    )


_KIND_SCOPE: Final = {
    "negation": CLAUSE, "never": CLAUSE, "failure": CLAUSE, "lack": CLAUSE, "without": LOCAL, "zero": ZERO,
    "denial": WRAPPER, "falsity": WRAPPER, "falsity_words": SPENT, "second": SPENT,
}  # fmt: skip

_ENGLISH_DENIED: Final = folded_words(
    "entry access bail visa visas asylum permission parole boarding treatment care service medical a the an to his her"
)
_PASSIVE: Final = folded_words("was were been being is are be get gets got")
_CONTRASTS: Final = frozenset(
    {",", "but", "and", "pero", "sino", "mas", "mais", "et", "y", "e", "und", "aber", "sondern"}
)
_BEFORE_NO: Final = folded_words("with amid of despite without between or")
_LAST_WORDS: Final = 4
"""A text's falsity is stated at its end: "reports that ... are completely false"."""

_INNER_WORDS: Final = 3

_FREE: Final = "free"
"""Denies the word before it: "smoke-free"."""


def _find(tokens: Sequence[Token], texts: list[str], language: str, found: list[_Phrase]) -> list[FoundCue]:
    cues = [FoundCue(kind, first, last, _KIND_SCOPE[kind]) for kind, first, last in found if kind != "ignore"]
    if language == "tr":
        taken = {index for cue in cues for index in range(cue.first, cue.last + 1)}
        for index, text in enumerate(texts):
            if index not in taken and turkish_denial(text) and not (index and tokens[index].original[:1].isupper()):
                cues.append(FoundCue("negation", index, index, CLAUSE))
        cues.sort(key=lambda cue: cue.first)
    if language == "ar":
        taken = {index for _, first, last in found for index in range(first, last + 1)}
        cues += [
            FoundCue("negation", index, index, LOCAL)
            for index in range(1, len(texts) - 1)
            if index not in taken and arabic_may_deny(tokens, texts, index)
        ]
        cues.sort(key=lambda cue: cue.first)
    return cues


def _content_end(tokens: Sequence[Token]) -> int:
    end = len(tokens)
    while end and tokens[end - 1].kind == SYMBOL:
        end -= 1
    return end


def _segment(texts: list[str], index: int, boundaries: frozenset[str]) -> tuple[int, int]:
    """The clause around ``index``: from the last boundary before it to the next one after it, end excluded."""
    first = index
    while first > 0 and texts[first - 1] not in _STOPS and texts[first - 1] not in boundaries:
        first -= 1
    end = index + 1
    while end < len(texts) and texts[end] not in _STOPS and texts[end] not in boundaries:
        end += 1
    return first, end


_STOPS: Final = frozenset('.,;:!?…()"«»')


def _set_targets(cues: list[FoundCue], tokens: Sequence[Token], texts: list[str], language: str, lex: Lexicon) -> None:
    firsts = {cue.first for cue in cues}
    for cue in cues:
        if language in ("fa", "tr") and cue.kind == "negation":
            cue.target = cue.first
            continue
        if cue.kind == "without" and texts[cue.last] == _FREE and cue.first:
            cue.target = cue.first - 1
            continue
        for index in range(cue.last + 1, min(len(tokens), cue.last + 9)):
            if index in firsts or (
                tokens[index].kind == WORD and texts[index] not in lex.fillers and not texts[index].endswith("ly")
            ):
                cue.target = index
                break
        else:
            cue.target = cue.first


def _is_falsity(cue: FoundCue, texts: list[str], end: int, lex: Lexicon) -> bool:
    """Whether a word such as "false" judges a whole clause: "hoax: ...", "it is false that ..."."""
    following = texts[cue.last + 1 : cue.last + 3]
    if following and (following[0] == ":" or following[0] in lex.complementizers):
        return True
    if len(following) == 2 and following[1] in lex.complementizers:
        return True
    if following and following[0] in lex.claim_nouns:
        return True
    if cue.last < end - _LAST_WORDS:
        return False
    before = texts[: max(0, cue.first - 1)]
    if before and before[0] in lex.complementizers:
        return True
    # In "the claim that it is a hoax" the hoax belongs to what is claimed.
    near = not lex.complementizers.isdisjoint(texts[max(0, cue.first - _INNER_WORDS) : cue.first])
    return not near and not lex.claim_nouns.isdisjoint(before)


def _judge_english(
    cue: FoundCue, cues: list[FoundCue], tokens: Sequence[Token], texts: list[str], lex: Lexicon
) -> None:
    before = texts[cue.first - 1] if cue.first else ""
    after = texts[cue.last + 1] if cue.last + 1 < len(texts) else ""
    if texts[cue.first] == "no" and cue.kind == "zero":
        if cue.last + 1 >= len(tokens) or tokens[cue.last + 1].kind != WORD:
            cue.scope = SPENT
        elif before in _BEFORE_NO:
            cue.scope = LOCAL
    elif cue.kind == "negation":
        if not lex.until.isdisjoint(texts[cue.last + 1 : cue.last + 14]):
            cue.scope = LOCAL
        elif texts[cue.first] == "nor" and any(other.scope == CLAUSE and other.first < cue.first for other in cues):
            cue.scope = SPENT
    elif cue.kind == "denial":
        clause = "that" in texts[cue.last + 1 : cue.last + 5]
        if not clause and before in _PASSIVE and (after in _ENGLISH_DENIED or tokens[-1].text == texts[cue.last]):
            cue.scope = LOCAL


def _judge_zero_number(cue: FoundCue, tokens: Sequence[Token], texts: list[str]) -> None:
    # "3-0", "0:1" and "10.0" are scores, times and decimals.
    around = texts[max(0, cue.first - 1) : cue.first] + texts[cue.last + 1 : cue.last + 2]
    if any(sign in ("-", ":", "/", ".", "+") for sign in around) or (
        texts[cue.first] == "0" and cue.last + 1 == len(tokens)
    ):
        cue.scope = SPENT


def _judge_french(cue: FoundCue, texts: list[str], lex: Lexicon) -> None:
    first, _ = _segment(texts, cue.first, frozenset({"que", "mais"}))
    particle = any(word in lex.particles or word.startswith("n'") for word in texts[first : cue.first + 4])
    if cue.kind == "second" or texts[cue.first] in lex.second_zero:
        if not particle:
            cue.scope = SPENT
        elif cue.kind == "second":
            cue.kind, cue.scope = "negation", CLAUSE


_PERSIAN_INFINITIVE: Final = ("دن", "تن")
"""«نجنگیدن» is a noun, not to fight: the sentence's own verb says whether it denies."""


def _judge(cues: list[FoundCue], tokens: Sequence[Token], texts: list[str], language: str, lex: Lexicon) -> None:
    end = _content_end(tokens)
    for cue in cues:
        word = texts[cue.first]
        if cue.kind == "falsity_words":
            cue.kind = "falsity"
            if _is_falsity(cue, texts, end, lex):
                cue.scope = WRAPPER
        elif word == "0" and tokens[cue.first].kind == NUMBER:
            _judge_zero_number(cue, tokens, texts)
        elif cue.kind == "lack" and cue.first and texts[cue.first - 1] in lex.causes:
            cue.scope = LOCAL
        elif cue.kind == "negation":
            prepositional = word in lex.final_verbs and cue.last + 1 < end and tokens[cue.last + 1].kind == WORD
            if prepositional or (lex.only and not lex.only.isdisjoint(texts[cue.last + 1 : cue.last + 9])):
                cue.scope = SPENT
            elif language == "fa" and word.endswith(_PERSIAN_INFINITIVE):
                cue.scope = LOCAL
        if language in ("en", "und"):
            _judge_english(cue, cues, tokens, texts, lex)
        elif language == "fr":
            _judge_french(cue, texts, lex)
        if cue.kind == "negation" and cue.scope == CLAUSE:
            _judge_contrast(cue, texts, language)
            _judge_truth(cue, texts, end, lex)
        if cue.scope in (CLAUSE, ZERO) and _in_side_clause(cue, texts, lex):
            cue.scope = LOCAL


def _judge_contrast(cue: FoundCue, texts: list[str], language: str) -> None:
    """ "Iran, not Iraq" denies a word and not the statement."""
    if language == "fa" or cue.first < 2:
        return
    if (
        texts[cue.first] in ("not", "no", "pas", "nicht", "non", "nao", "niet", "не")
        and texts[cue.first - 1] in _CONTRASTS
    ):
        cue.kind, cue.scope = "contrast", LOCAL


def _judge_truth(cue: FoundCue, texts: list[str], end: int, lex: Lexicon) -> None:
    """ "not true that ...", "... درست نیست": the negation reaches over the whole governed clause."""
    before = texts[cue.first - 1] if cue.first else ""
    target = cue.target
    if before in lex.truths:
        following = texts[cue.last + 1 : cue.last + 2]
        governs = bool(following) and following[0] in lex.complementizers
        judged = cue.first - 1
    elif target > cue.last and texts[target] in lex.truths:
        governs = not lex.complementizers.isdisjoint(texts[target + 1 : target + 3])
        judged = target
    else:
        return
    if governs or (
        max(cue.last, judged) >= end - _LAST_WORDS and not lex.claim_nouns.isdisjoint(texts[: max(0, cue.first - 1)])
    ):
        cue.scope = WRAPPER


def _in_side_clause(cue: FoundCue, texts: list[str], lex: Lexicon) -> bool:
    """Whether a conjunction puts the cue into a side clause: "fined after she did not pay"."""
    if lex.subordinators.isdisjoint(texts):
        return False
    index = cue.first
    while index > 0:
        index -= 1
        word = texts[index]
        if word in _STOPS or word in lex.complementizers:
            return False
        if word in lex.subordinators:
            return True
    return False


def _is_figure(cue: FoundCue, tokens: Sequence[Token], texts: list[str], language: str) -> bool:
    """Whether a cue gives the number nought: "0", "zero", «صفر». No language says that twice to deny once."""
    return cue.kind == "zero" and (
        tokens[cue.first].kind == NUMBER or is_number_word(texts[cue.first], number_lexicon(language), language)
    )


def _apply_figures(
    cues: list[FoundCue], tokens: Sequence[Token], texts: list[str], language: str, lex: Lexicon
) -> None:
    """A zero whose sentence is denied is not surely a zero: "did not reach 0 percent", «صفر درصد ثبت نشده»."""
    for cue in cues:
        if cue.scope != ZERO or cue.flips % 2 == 0 or not _is_figure(cue, tokens, texts, language):
            continue
        first, end = _segment(texts, cue.first, lex.boundaries)
        if any(other.scope == CLAUSE and first <= other.first < end for other in cues):
            cue.scope = LOCAL


def _apply_concord(
    cues: list[FoundCue], tokens: Sequence[Token], texts: list[str], language: str, lex: Lexicon
) -> None:
    """In languages that repeat the negation ("هیچ ... نشد", "no ... nadie") a clause's negative words count once."""
    for cue in cues:
        if cue.scope != CLAUSE and cue.scope != ZERO:
            continue
        first, end = _segment(texts, cue.first, lex.boundaries)
        for other in cues:
            if other is cue or not first <= other.first < end or other.scope not in (CLAUSE, ZERO):
                continue
            if other.kind in ("failure", "lack") or cue.kind in ("failure", "lack"):
                continue
            if _is_figure(other, tokens, texts, language) or _is_figure(cue, tokens, texts, language):
                continue
            if (cue.scope == ZERO and other.scope == CLAUSE) or (
                cue.scope == other.scope and (other.kind == "never" or other.first > cue.first)
            ):
                other.scope = SPENT
                other.kind = "concord"


def _apply_chains(cues: list[FoundCue]) -> None:
    """A cue that denies another one ("did not deny", "never failed to") is taken into it."""
    live = [cue for cue in cues if cue.scope != SPENT]
    for outer, inner in pairwise(live):
        if outer.scope in (CLAUSE, ZERO) and outer.target == inner.first:
            inner.flips += outer.flips
            if inner.scope == LOCAL:
                inner.scope = outer.scope
            outer.scope = SPENT
        elif inner.scope == CLAUSE and inner.target == inner.first == outer.last + 1 and outer.scope == WRAPPER:
            outer.flips += inner.flips
            inner.scope = SPENT


def may_deny(word: str, language: str) -> bool:
    """Whether a cue may begin with this folded word."""
    return word in lexicon(language).book.first_words or (language == "tr" and turkish_denial(word))


def find_cues(
    tokens: Sequence[Token], texts: list[str], language: str, hits: Sequence[int] | None = None
) -> list[FoundCue]:
    """The first 64 cues of a text in order, judged. Linear in the number of tokens; never raises.

    ``hits``: the places that ``may_deny``, where the caller knows them.
    """
    lex = lexicon(language)
    cues = _find(tokens, texts, language, lex.book.scan(tokens, texts, None if language == "tr" else hits))
    if not cues:
        return cues
    del cues[64:]  # A text of nothing but cues says nothing, and must not cost the square of its length.
    _set_targets(cues, tokens, texts, language, lex)
    _judge(cues, tokens, texts, language, lex)
    cues = [cue for cue in cues if cue.scope != SPENT]
    if lex.concord:
        _apply_concord(cues, tokens, texts, language, lex)
    _apply_chains(cues)
    _apply_figures(cues, tokens, texts, language, lex)
    return cues
