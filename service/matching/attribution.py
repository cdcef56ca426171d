"""The claimant apart from the claim: "X said that ...", "according to X, ...", "X: ...", "..., X said".

Conservative: where it is not plain who speaks and where the claim begins, nothing is read. The verbs and particles
stand in ``data/attribution.toml``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any, Final

from service.matching.folding import fold_word
from service.matching.phrasebook import Phrasebook
from service.matching.tokens import NUMBER, SYMBOL, WORD, Token, adjoining

UNDETERMINED: Final = ("en", "fa", "ar")

LONGEST_CLAIMANT: Final = 12
"""Tokens; what is longer is a clause and not a claimant."""

LONGEST_LABEL: Final = 5
SHORTEST_BODY: Final = 2

_QUOTES: Final = frozenset("\"'«“”„‘")
_NO_OPENING: Final = frozenset({"to", "of", "in", "on", "so", "no", "yes", "about", "by", "for", "the same"})
"""After a bare "says" these do not open a reported clause."""

_AND_THE: Final = "وال"
"""Arabic "and the", written as one with what follows."""

_VERB: Final = "verb"
_THAT: Final = "that"
_LEAD: Final = "lead"
_ADDRESSEE: Final = "addressee"


@dataclass(frozen=True, slots=True)
class Attribution:
    """Who is said to have made the claim. Token indexes, last included.

    ``claimant_first`` to ``claimant_last``: the claimant; ``body_first`` to ``body_last``: the claim itself, at least
    two tokens; ``first`` to ``last``: the frame around it, claimant and verb and "that" together. ``text`` is the
    claimant as written, ``start`` and ``end`` its code points in the original, end excluded.
    """

    claimant_first: int
    claimant_last: int
    body_first: int
    body_last: int
    first: int
    last: int
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Frames:
    book: Phrasebook[str]
    triggers: frozenset[str]
    bare_verbs: frozenset[str]
    trail_verbs: frozenset[str]
    barred: frozenset[str]
    pronouns: frozenset[str]
    labels: frozenset[str]
    verb_first: bool


@lru_cache(maxsize=1)
def _data() -> dict[str, dict[str, Any]]:
    source = resources.files("service.matching").joinpath("data", "attribution.toml")
    return tomllib.loads(source.read_text(encoding="utf-8"))


@lru_cache(maxsize=64)
def _frames(language: str) -> _Frames | None:
    data = _data()
    tables = [data[name] for name in (UNDETERMINED if language == "und" else (language,)) if name in data]
    if not tables:
        return None

    def words(key: str) -> frozenset[str]:
        return frozenset(fold_word(word) for table in tables for word in table.get(key, ()))

    columns = (("verbs", _VERB), ("that", _THAT), ("leads", _LEAD), ("addressees", _ADDRESSEE))
    book = Phrasebook(
        (phrase, kind) for column, kind in columns for table in tables for phrase in table.get(column, ())
    )
    heads = Phrasebook((phrase, "") for table in tables for key in ("verbs", "leads") for phrase in table.get(key, ()))
    return _Frames(
        book,
        heads.first_words | {":"},
        words("bare_verbs"),
        words("trail_verbs"),
        words("barred"),
        words("pronouns"),
        words("labels"),
        any(table.get("verb_first", False) for table in tables),
    )


def _attribution(
    tokens: Sequence[Token], claimant: tuple[int, int], body: tuple[int, int], frame: tuple[int, int]
) -> Attribution | None:
    first, last = claimant
    body_first, body_last = body
    while body_last > body_first and tokens[body_last].kind == SYMBOL and tokens[body_last].text in ".,;:":
        body_last -= 1
    if last < first or sum(token.kind != SYMBOL for token in tokens[body_first : body_last + 1]) < SHORTEST_BODY:
        return None
    text = tokens[first].original
    for index in range(first + 1, last + 1):
        text += tokens[index].original if adjoining(tokens, index) else " " + tokens[index].original
    return Attribution(first, last, body_first, body_last, *frame, text, tokens[first].start, tokens[last].end)


def _is_claimant(tokens: Sequence[Token], texts: list[str], first: int, end: int, frames: _Frames) -> bool:
    """Whether tokens ``first`` to ``end`` (excluded) can be a claimant: a short noun phrase without a verb in it."""
    if not 0 < end - first <= LONGEST_CLAIMANT:
        return False
    inside = tokens[first:end]
    # "WHO" and "IS" are names where they stand in capitals.
    if any(token.text in frames.barred and not token.original.isupper() for token in inside):
        return False
    # A comma may set off an apposition ("X, deputy commander of Y, said"); other marks end a sentence.
    return inside[0].kind == WORD and all(token.kind != SYMBOL or token.text in "-,.'\"" for token in inside)


def _leading(
    tokens: Sequence[Token], texts: list[str], hits: list[tuple[str, int, int]], frames: _Frames
) -> Attribution | None:
    """A sentence that begins with its claimant: "X said that ...", "X told reporters: ...", "X says ..."."""
    for place, (kind, first, last) in enumerate(hits):
        if kind != _VERB or first == 0:
            continue
        if not _is_claimant(tokens, texts, 0, first, frames):
            return None
        body = last + 1
        opened = False
        for next_kind, next_first, next_last in hits[place + 1 :]:
            if next_first != body or next_kind not in (_ADDRESSEE, _THAT):
                break
            body, opened = next_last + 1, next_kind == _THAT
            if opened:
                break
        if not opened and body < len(texts) and texts[body] == ":":
            body, opened = body + 1, True
        if not opened and " ".join(texts[first : last + 1]) not in frames.bare_verbs:
            return None
        if body >= len(texts) or (tokens[body].kind == SYMBOL and texts[body] not in _QUOTES):
            return None
        if texts[body] in frames.pronouns or (not opened and texts[body] in _NO_OPENING):
            return None
        claimant_last = first - 1
        while claimant_last > 0 and tokens[claimant_last].kind == SYMBOL:
            claimant_last -= 1
        return _attribution(tokens, (0, claimant_last), (body, len(tokens) - 1), (0, body - 1))
    return None


def _verb_first(
    tokens: Sequence[Token], texts: list[str], hits: list[tuple[str, int, int]], frames: _Frames
) -> Attribution | None:
    """«قال X إن ...»: the verb opens the sentence, the particle ends the claimant."""
    kind, first, last = hits[0]
    if kind != _VERB or first != 0:
        return None
    for next_kind, that_first, that_last in hits[1:]:
        if next_kind == _THAT:
            if not _is_claimant(tokens, texts, last + 1, that_first, frames):
                return None
            return _attribution(tokens, (last + 1, that_first - 1), (that_last + 1, len(tokens) - 1), (0, that_last))
    colon = texts.index(":") if ":" in texts else -1
    if colon > last + 1 and _is_claimant(tokens, texts, last + 1, colon, frames):
        return _attribution(tokens, (last + 1, colon - 1), (colon + 1, len(tokens) - 1), (0, colon))
    return None


def _according(
    tokens: Sequence[Token], texts: list[str], hits: list[tuple[str, int, int]], frames: _Frames
) -> Attribution | None:
    """The particle before the claimant, at either end: "according to X, ...", "..., according to X"."""
    for kind, first, last in hits:
        if kind != _LEAD:
            continue
        end = len(tokens)
        while end > last + 1 and tokens[end - 1].kind == SYMBOL:
            end -= 1
        if first == 0:
            comma = next((i for i in range(last + 1, min(end, last + 2 + LONGEST_CLAIMANT)) if texts[i] == ","), -1)
            if comma < 0 or not _is_claimant(tokens, texts, last + 1, comma, frames):
                return None
            return _attribution(tokens, (last + 1, comma - 1), (comma + 1, len(tokens) - 1), (0, comma))
        if "," not in texts[last + 1 : end] and _is_claimant(tokens, texts, last + 1, end, frames):
            body_last = first - 1
            return _attribution(tokens, (last + 1, end - 1), (0, body_last), (first, end - 1))
    return None


def _trailing(
    tokens: Sequence[Token], texts: list[str], hits: list[tuple[str, int, int]], frames: _Frames
) -> Attribution | None:
    """The claimant after a last comma: "..., X said", "..., said X"."""
    end = len(tokens)
    while end and tokens[end - 1].kind == SYMBOL:
        end -= 1
    comma = next((i for i in range(end - 1, max(0, end - 9), -1) if texts[i] == ","), -1)
    if comma < SHORTEST_BODY or comma + 2 >= end:
        return None
    for kind, first, last in hits:
        if kind != _VERB or texts[last] not in frames.trail_verbs:
            continue
        if last == end - 1 and first > comma + 1:
            claimant = (comma + 1, first - 1)
        elif first == comma + 1:
            claimant = (last + 1, end - 1)
        else:
            continue
        if _is_claimant(tokens, texts, claimant[0], claimant[1] + 1, frames):
            return _attribution(tokens, claimant, (0, comma - 1), (comma, end - 1))
    return None


def _labelled(tokens: Sequence[Token], texts: list[str], frames: _Frames) -> Attribution | None:
    """A name and a colon: "X: ..."."""
    colon = texts.index(":")
    if not 0 < colon <= LONGEST_LABEL or colon + 1 >= len(tokens):
        return None
    name = tokens[:colon]
    if any(token.kind != WORD and token.text not in ("-", ".") for token in name):
        return None
    if tokens[colon + 1].kind == NUMBER and adjoining(tokens, colon + 1):
        return None
    joined = " ".join(texts[:colon])
    if joined in frames.labels or texts[colon - 1] in frames.labels or texts[0] in frames.labels:
        return None
    cased = [token for token in name if token.kind == WORD and token.original.lower() != token.original.upper()]
    if any(not token.original[0].isupper() and len(token.text) > 3 for token in cased):
        return None
    if not frames.barred.isdisjoint(texts[:colon]):
        return None
    # Two at once say nothing: "Iran and Morocco: ..." is what the text is about.
    if any(text == "and" or text == "و" or text.startswith(_AND_THE) for text in texts[1:colon]):
        return None
    return _attribution(tokens, (0, colon - 1), (colon + 1, len(tokens) - 1), (0, colon))


def frames_claim(word: str, language: str) -> bool:
    """Whether a text with this folded word in it may say who makes the claim; one without such words does not."""
    frames = _frames(language)
    return frames is not None and word in frames.triggers


def read_attribution(tokens: Sequence[Token], language: str, texts: list[str] | None = None) -> Attribution | None:
    """Who says it, and where the claim itself begins and ends; None where that is not plain.

    ``language`` is a primary subtag; "und" tries English, Persian and Arabic, a language without frames gives None.
    ``texts`` may hand in ``[token.text for token in tokens]``. Linear in the number of tokens; never raises.
    """
    frames = _frames(language)
    if frames is None or len(tokens) < SHORTEST_BODY + 2:
        return None
    if texts is None:
        texts = [token.text for token in tokens]
    if frames.triggers.isdisjoint(texts):
        return None
    hits = frames.book.scan(tokens, texts)
    found: Attribution | None = None
    if hits:
        found = _according(tokens, texts, hits, frames)
        if found is None and frames.verb_first:
            found = _verb_first(tokens, texts, hits, frames)
        if found is None:
            found = _leading(tokens, texts, hits, frames) or _trailing(tokens, texts, hits, frames)
    if found is None and ":" in texts:
        found = _labelled(tokens, texts, frames)
    return found
