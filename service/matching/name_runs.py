"""Where a name begins and ends: known ones by the gazetteer, unknown ones by capitals or by what stands before them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final

from service.matching.folding import fold_word
from service.matching.gazetteer import CAPITAL, FREE, STRICT, UPPER, Entry, entries_for, given_names, key_of_skeleton
from service.matching.name_values import Kind, Name
from service.matching.stopwords import stopwords
from service.matching.titles import HONORIFICS, NOT_NAMES, NOT_NAMES_ARABIC, TITLES
from service.matching.tokens import SYMBOL, WORD, Token
from service.matching.transliteration import ARTICLES, skeleton

_KINDS: Final[dict[str, Kind]] = {"place": "place", "org": "organisation", "person": "person"}
_JOINTS: Final = frozenset({"-", ".", "'", "/", "&", "+"})
_CONNECTORS: Final = frozenset(
    {
        "al",
        "el",
        "bin",
        "ibn",
        "ben",
        "de",
        "van",
        "von",
        "der",
        "den",
        "del",
        "di",
        "da",
        "dos",
        "la",
        "le",
        "ul",
        "of",
    }
)
_NOUN_CAPITALS: Final = frozenset({"de", "lb"})
"""Languages that write every noun with a capital, where a single capital says nothing."""

_ENDS_SENTENCE: Final = frozenset({".", "!", "?", ":", "•", "…", '"', "“", "”", "«", "»", "|", ";", "(", "[", "*", "#"})
SUDANI: Final = fold_word("السوداني")


_ARTICLE_WORDS: Final = frozenset({"the", "el", "la", "le", "les", "der", "die", "das", "den", "il"})


class Casing:
    """How a text uses capitals; worked out once, and only when a name needs to know."""

    __slots__ = ("_found", "_tokens")

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._found: tuple[bool, bool, bool] | None = None

    @property
    def all_lower(self) -> bool:
        """Whether no word begins with a capital."""
        return (self._found or self._look())[0]

    @property
    def all_upper(self) -> bool:
        """Whether nearly all words are in capitals."""
        return (self._found or self._look())[1]

    @property
    def headline(self) -> bool:
        """Whether nearly all longer words begin with a capital."""
        return (self._found or self._look())[2]

    def _look(self) -> tuple[bool, bool, bool]:
        words = [token[4] for token in self._tokens if token[3] == WORD and len(token[4]) > 1]
        capital = [word for word in words if word[0].isupper()]
        long = len([word for word in words if len(word) > 3])
        all_upper = len(words) >= 2 and sum(map(str.isupper, words)) * 10 >= len(words) * 7
        headline = long >= 4 and len([word for word in capital if len(word) > 3]) * 10 >= long * 8
        self._found = not capital, all_upper, headline
        return self._found


def _allowed(need: int, token: Token, casing: Casing) -> bool:
    if need == FREE:
        return True
    original = token.original
    if need == UPPER:
        if not original.isupper() and not original.split("'")[0].split("’")[0].isupper():
            return False
        return not casing.all_upper
    if original[0].isupper():
        return need == CAPITAL or len(original) > 3 or not casing.all_upper
    return need != STRICT and casing.all_lower


def _past_joints(tokens: Sequence[Token], at: int) -> int:
    """The index after a point and a hyphen, as in "U.S.-led", where there are any."""
    for _ in range(2):
        if at < len(tokens) and tokens[at][3] == SYMBOL and tokens[at][0] in _JOINTS:
            at += 1
    return at


def match_known(
    entries: tuple[Entry, ...], tokens: Sequence[Token], index: int, casing: Casing
) -> tuple[str, int] | None:
    """The longest known name that begins at ``index``: its key and its last token."""
    count = len(tokens)
    second = _past_joints(tokens, index + 1)
    following = tokens[second].text if second < count else ""
    for rest, key, need in entries:
        if rest and not following.startswith(rest[0]):
            continue
        at = index
        for word in rest:
            at = _past_joints(tokens, at + 1)
            if at >= count:
                break
            text = tokens[at].text
            if text != word and not (
                text.startswith(word) and text[len(word) :] in ("'s", "ی", "'nin", "'un", "'in", "s")
            ):
                break
        else:
            if _allowed(need, tokens[index], casing):
                # "U.S." keeps its last point.
                dotted = rest and len(rest[-1]) == 1 and at + 1 < count and tokens[at + 1].text == "."
                if dotted and tokens[at - 1].text == "." and tokens[at + 1].start == tokens[at].end:
                    at += 1
                return key, at
    return None


@lru_cache(maxsize=16_384)
def _unknown_key(words: tuple[str, ...]) -> str:
    made = skeleton(words)
    size = len(made.replace(" ", ""))
    if size >= 4:
        known = key_of_skeleton(made)
        if known is not None:
            return known
    return f"name:{made}" if size >= 2 else "name:" + " ".join(words)


def _span(key: str, kind: Kind, tokens: Sequence[Token], first: int, last: int, text: str) -> Name:
    start, end = tokens[first].start, tokens[last].end
    before = tokens[first - 1].text if first else ""
    if before in _ARTICLE_WORDS:
        before = tokens[first - 2].text if first > 1 else ""
    after = tokens[last + 1].text if last + 1 < len(tokens) else ""
    return Name(key, kind, text[start:end], start, end, first, last, before, after)


def named(key: str, tokens: Sequence[Token], first: int, last: int, text: str) -> Name:
    return _span(key, _KINDS.get(key.partition(":")[0], "unknown"), tokens, first, last, text)


def without_possessive(word: str) -> str:
    """Without the possessive."""
    if word.endswith("'s"):
        return word[:-2]
    return word


def _begins_sentence(tokens: Sequence[Token], index: int) -> bool:
    return index == 0 or (tokens[index - 1].kind == SYMBOL and tokens[index - 1].text in _ENDS_SENTENCE)


def capital_run(
    tokens: Sequence[Token], index: int, language: str, text: str, casing: Casing, known: Callable[[int], bool]
) -> tuple[Name | None, int]:
    """The run of capitalised words that begins at ``index``: the name in it, if any, and the next index to read."""
    count = len(tokens)
    stops = stopwords(language)
    given = given_names()
    first = index
    word = without_possessive(tokens[first].text)
    if word in stops or word in NOT_NAMES or word in TITLES or len(tokens[first].original) < 2:
        return None, index + 1
    original = tokens[first].original
    acronym = 2 <= len(original) <= 6 and original.isupper() and original.isalpha() and not casing.all_upper
    if acronym and not (
        index + 1 < count and tokens[index + 1].original[:1].isupper() and tokens[index + 1].kind == WORD
    ):
        return _span(f"acronym:{word}", "unknown", tokens, first, first, text), index + 1
    person = index > 0 and (tokens[index - 1].text in TITLES or tokens[index - 1].text in HONORIFICS)
    if not person and index > 1 and tokens[index - 1].text == ".":
        person = tokens[index - 2].text in HONORIFICS
    last = first
    at = first + 1
    while at < count and at - first <= 7:
        token = tokens[at]
        if token.kind == SYMBOL:
            joined = token.text == "-" and token.start == tokens[at - 1].end
            # An initial: "John F. Kennedy".
            initial = token.text == "." and len(tokens[at - 1].original) == 1
            if (joined or initial) and at + 1 < count and tokens[at + 1].start - token.end <= (1 if initial else 0):
                at += 1
                continue
            break
        if token.kind != WORD:
            break
        if not token.original[0].isupper():
            lower = token.text in _CONNECTORS and at + 1 < count
            if token.text == "of" and lower and known(at + 1):
                break
            follower = (
                tokens[at + 2]
                if lower and tokens[at + 1].text == "-" and at + 2 < count
                else tokens[at + 1]
                if lower
                else None
            )
            if follower is not None and follower.kind == WORD and follower.original[0].isupper():
                at += 1
                continue
            break
        plain = without_possessive(token.text)
        if plain in stops and plain not in ARTICLES and len(plain) > 1:
            break
        if plain in NOT_NAMES and not (last > first and tokens[last].text in given):
            break
        if (
            known(at)
            and not (tokens[first].text in given and last == first)
            and not (not _begins_sentence(tokens, first) and last == first and person)
        ):
            break
        last = at
        if token.text.endswith("'s"):
            at += 1
            break
        at += 1
    words = tuple(without_possessive(token.text) for token in tokens[first : last + 1] if token.kind == WORD)
    has_given = words[0] in given
    if (casing.headline or casing.all_upper) and not (has_given and len(words) > 1) and not person:
        return None, last + 1
    if len(words) == 1 and not person:
        if _begins_sentence(tokens, first) or (language in _NOUN_CAPITALS):
            # One word with a capital it would have anyway proves nothing, unless it resolves to somebody known.
            key = _unknown_key(words)
            if key.startswith("name:"):
                return None, last + 1
            return named(key, tokens, first, last, text), last + 1
        if has_given and len(words[0]) < 3:
            return None, last + 1
    if language in _NOUN_CAPITALS and not has_given and not person:
        return None, first + 1
    key = _unknown_key(words)
    if not key.startswith("name:"):
        return named(key, tokens, first, last, text), last + 1
    kind: Kind = "person" if person or (has_given and len(words) > 1) else "unknown"
    return _span(key, kind, tokens, first, last, text), last + 1


def follows_as_name(token: Token, stops: frozenset[str]) -> bool:
    word = token.text
    return (
        token.kind == WORD
        and len(word) > 2
        and word not in stops
        and word not in NOT_NAMES_ARABIC
        and word not in TITLES
    )


def uncased_run(tokens: Sequence[Token], index: int, language: str, text: str, titled: bool) -> tuple[Name | None, int]:
    """A name of one to three words in Arabic script that begins at ``index``, after a title or with a given name."""
    stops = stopwords(language if language in ("fa", "ar", "ur") else "und")
    given = given_names()
    last = index
    at = index + 1
    nisba = False
    while at < len(tokens) and at - index < 4 and tokens[at].start - tokens[at - 1].end <= 1:
        token = tokens[at]
        word = token.text
        if not follows_as_name(token, stops) and word not in ("بن", "ابن", "ابو", "ال"):
            break
        if word in given or word in ("بن", "ابن", "ابو", "ال"):
            last = at
        elif word.startswith("ال") or word.endswith(("ی", "زاده", "پور", "نژاد", "یان", "فر", "نیا")):
            found = entries_for(word)
            demonym = any(not entry.rest and entry.key.startswith("place:") for entry in found)
            if demonym and word != SUDANI and not word.startswith("ال"):
                break
            last = at
            nisba = True
            break
        elif entries_for(word) and any(
            entry.key.startswith("person:") and not entry.rest for entry in entries_for(word)
        ):
            last = at
            nisba = True
            break
        else:
            break
        at += 1
    if titled and last == index and tokens[index].text in given:
        # After a title a given name is followed by a family name of whatever form.
        after = index + 1
        if after < len(tokens) and follows_as_name(tokens[after], stops) and not entries_for(tokens[after].text):
            last = after
    words = tuple(token.text for token in tokens[index : last + 1])
    if last == index and not titled:
        return None, index + 1
    if not nisba and not titled and len(words) < 2:
        return None, index + 1
    key = _unknown_key(words)
    if key.startswith("name:"):
        return _span(key, "person", tokens, index, last, text), last + 1
    return named(key, tokens, index, last, text), last + 1
