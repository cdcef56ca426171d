"""What a post carries besides its statements: addresses, @names, trailing hashtags, emoji, bylines."""

from __future__ import annotations

import re
from typing import Final

_URL: Final = re.compile(
    r"(?:https?://|www\.|\b(?:t\.co|bit\.ly|pic\.twitter\.com|youtu\.be)/)[^\s<>\"«»]+", re.IGNORECASE
)
_MENTION: Final = re.compile(r"(?<![\w@.])@\w{1,50}")
_HASHTAG: Final = re.compile(r"[#＃](?=\w)[\w\u200c]+")
_PIECE: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
_EMOJI: Final = re.compile(
    "[\u2190-\u21ff\u231a-\u23ff\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff\U0001f000-\U0001faff\U000e0020-\U000e007f"
    "\ufe0f\u20e3]+"
)
_OPENING: Final = re.compile(
    r"\s*(?:RT\b(?:\s{1,3}@\w{1,50})?:?|(?:BREAKING(?:\s{1,3}NEWS)?|URGENT|JUST\s{1,3}IN|UPDATE|WATCH|EXCLUSIVE|ALERT"
    r"|FACT\s?-?CHECK|VIDEO|PHOTOS?|EILMELDUNG|ÚLTIMA\s{1,3}HORA|URGENTE|DERNIÈRE\s{1,3}HEURE|СРОЧНО|SON\s{1,3}DAKİKA"
    r"|(?:خبر\s{1,3})?فوری|عاجل)\s{0,3}(?:[:|؛!]+|[-–—]+(?=\s)))\s*",
    re.IGNORECASE,
)
_OPENING_LETTERS: Final = frozenset(
    {"rt", "br", "ur", "ju", "up", "wa", "ex", "al", "fa", "vi", "vı", "ph", "ei", "eı", "úl", "de", "ср", "ᲃр", "so",
     "ſo", "خب", "فو", "عا"}
)  # fmt: skip
"""The first two letters of what ``_OPENING`` may begin with, in lower case: most texts begin otherwise."""
_ABOVE_LETTERS: Final = re.compile("[\u2190-\U0010ffff]")
"""Finds out fast that a text in an alphabet has none of the characters of ``_EMOJI``."""
_AGENCIES: Final = (
    r"(?:Reuters|AP|AFP|UPI|ANSA|EFE|dpa|IRNA|ISNA|Fars|Tasnim|TASS|Xinhua|Kyodo|PTI|ANI|Anadolu|AA|SANA|"
    r"Bloomberg|CNN|BBC|ایرنا|ایسنا|فارس|تسنیم|مهر|رویترز|رويترز|واس|سانا|وكالات|أ ف ب|د ب أ)"
)
_DATELINE: Final = re.compile(
    rf"\s*(?:[^\W\d_][^\n():.!?]{{0,40}}?[,،]?\s{{0,3}})?\({_AGENCIES}\)\s{{0,3}}[-–—:]{{1,2}}\s{{0,3}}"
)
_BYLINE: Final = re.compile(
    r"\s*By\s+[A-Z][\w.'’-]{1,30}(?:\s+(?:and\s+)?[A-Z][\w.'’-]{0,30}){1,4}[ \t]*(?:\n|[|–—]\s*|$)"
)
_CREDIT: Final = re.compile(
    rf"(?:[-–—|]\s{{0,3}}(?:via\s+@\w{{1,50}}|{_AGENCIES}|@\w{{1,50}})|\bvia\s+@\w{{1,50}}|\({_AGENCIES}\))[\s.]*$"
)
_CREDIT_MARK: Final = re.compile(r"[-–—|(]|via")
_BLANKS: Final = re.compile(r"[ \t.,،|]*")
_TAIL: Final = 80
"""How many characters from the end a credit may begin."""


def urls(text: str) -> tuple[str, ...]:
    """Addresses in ``text`` in order, each without the punctuation of the sentence around it."""
    if "/" not in text and "www." not in text.lower():
        return ()
    return tuple(text[start:end] for start, end in _addresses(text))


def _addresses(text: str) -> list[tuple[int, int]]:
    found = []
    for match in _URL.finditer(text):
        address = match.group().rstrip(".,;:!?…'»”’،؛؟*")
        while address.endswith(")") and address.count(")") > address.count("("):
            address = address[:-1].rstrip(".,;:!?…'»”’،؛؟*")
        found.append((match.start(), match.start() + len(address)))
    return found


def tag_words(text: str) -> tuple[str, ...]:
    """The words inside hashtags and @names, taken apart at capitals, digits and underscores ("#CapeTown").

    They state nothing, but they tell what a post is about.
    """
    if "#" not in text and "@" not in text and "＃" not in text:
        return ()
    tags = (match.group()[1:] for pattern in (_HASHTAG, _MENTION) for match in pattern.finditer(text))
    return tuple(word for tag in tags for word in _PIECE.findall(tag))


def noise_spans(text: str) -> tuple[tuple[int, int], ...]:
    """Stretches (start, end) of ``text`` that state nothing, in order, without overlaps.

    Addresses, @names at the beginning or end or after "RT" and "via" (an @name within a sentence is one of its words),
    hashtags at the end or the beginning of a line (one within a sentence is a word: only its sign is left to the
    tokenizer), emoji, "BREAKING:" and its like, datelines and bylines. Linear in the length of the text.
    """
    spans: list[tuple[int, int]] = []
    if not text.isascii() and _ABOVE_LETTERS.search(text) is not None:
        spans += [match.span() for match in _EMOJI.finditer(text)]
    opening = _OPENING.match(text) if text.lstrip()[:3].lower()[:2] in _OPENING_LETTERS else None
    if opening is None and "(" in text:
        opening = _DATELINE.match(text)
    if opening is None and text.lstrip()[:2] == "By":
        opening = _BYLINE.match(text)
    if opening is not None and opening.end() < len(text):
        spans.append(opening.span())
        second = _OPENING.match(text, opening.end()) or _DATELINE.match(text, opening.end())
        if second is not None and second.end() < len(text):
            spans.append(second.span())
    if "/" in text or "www." in text:
        spans += _addresses(text)
    tail = max(0, len(text) - _TAIL)
    credit = _credit(text, tail)
    if credit is not None and credit[0] > 0:
        spans.append(credit)
    if "@" in text:
        head = opening.end() if opening is not None else 0
        spans += [match.span() for match in _MENTION.finditer(text) if _at_edge(text, match, head)]
    if "#" in text or "＃" in text:
        spans += _loose_hashtags(text, sorted(spans))
    return _merged(text, spans) if spans else ()


def _credit(text: str, tail: int) -> tuple[int, int] | None:
    """Where the text ends in "via @name" or "- Reuters", with the blanks before it; sought from ``tail`` on."""
    for mark in _CREDIT_MARK.finditer(text, tail):
        found = _CREDIT.match(text, mark.start())
        if found is not None:
            start, end = found.span()
            while start > tail and text[start - 1].isspace():
                start -= 1
            return start, end
    return None


def _at_edge(text: str, match: re.Match[str], head: int) -> bool:
    """Whether an @name addresses or credits somebody instead of standing for a word of the sentence."""
    start, end = match.span()
    before = text[max(0, start - 60) : start].rstrip(" \t")
    if start <= head or not before or before[-1] in "\n\r@" or before.endswith(("RT", "via", "h/t", "cc")):
        return True
    rest = text[end : end + 200].split()
    return all(word[0] in "@#" or word.startswith("http") for word in rest) or before.split()[-1][0] == "@"


def _loose_hashtags(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Hashtags that only others of their kind, links and emoji separate from the end of the text or of a line.

    A lone one that ends an unfinished sentence is that sentence's last word; after a full stop, at the beginning of a
    line or beside another one it is none.
    """
    tags = [match.span() for match in _HASHTAG.finditer(text)]
    ends_at = dict(spans)
    loose: set[int] = set()
    for start, end in reversed(tags):
        place = end
        for _ in range(8):
            place = _past_blanks(text, place)
            if place not in ends_at:
                break
            place = ends_at[place]
        if place == len(text) or text[place] in "\r\n" or place in loose:
            loose.add(start)
    kept: list[tuple[int, int]] = []
    for start, end in tags:
        if start in loose:
            before = text[max(0, start - 100) : start].rstrip(" \t\u200c\u200f")
            words = before.split()
            beside = bool(words) and words[-1].startswith(("#", "＃"))
            if not before or not before[-1].isalnum() or beside or _past_blanks(text, end) in loose:
                kept.append((start, end))
    return kept


def _past_blanks(text: str, place: int) -> int:
    found = _BLANKS.match(text, place)
    return place if found is None else found.end()


def _merged(text: str, spans: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Spans in order; those that touch, or have only blanks between them, become one."""
    spans.sort()
    kept = [spans[0]]
    for start, end in spans[1:]:
        if start <= kept[-1][1] or text[kept[-1][1] : start].isspace():
            kept[-1] = (kept[-1][0], max(kept[-1][1], end))
        else:
            kept.append((start, end))
    return tuple(kept)
