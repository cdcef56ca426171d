"""Unicode folding that treats Latin, Persian and Arabic text as their readers do.

Folding is for comparing, never for showing: spans always refer to the original text.
"""

from __future__ import annotations

import unicodedata
from typing import Final

_LETTERS: Final = {
    # Persian and Arabic keyboards disagree on these; readers do not.
    "ي": "ی", "ى": "ی", "ې": "ی", "ے": "ی", "ئ": "ی",
    "ك": "ک", "ڪ": "ک",
    "ة": "ه", "ۀ": "ه", "ە": "ه", "ھ": "ه", "ہ": "ه",
    "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ؤ": "و",
    "ء": None,
    # Latin letters that have no canonical decomposition.
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ð": "d", "þ": "th", "ł": "l", "đ": "d", "ı": "i",
    # Marks that change a word's look and not its reading.
    "ـ": None,
    "’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'", "＇": "'",
    "٪": "%", "﹪": "%", "％": "%",
    "٫": ".", "٬": ",", "،": ",", "؛": ";", "؟": "?", "۔": ".",
    "−": "-", "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-",
}  # fmt: skip

_TABLE: Final[dict[int, str | None]] = {ord(key): value for key, value in _LETTERS.items()}

_LONGEST_WORD: Final = 48
_MOST_WORDS: Final = 65_536


def _is_dropped(char: str) -> bool:
    category = unicodedata.category(char)
    if category == "Cf":
        return True
    if category == "Cc":
        return char not in "\t\n\r\x0b\x0c\x85"
    # Marks of Latin, Greek, Cyrillic, Hebrew and Arabic are optional; Indic and Thai vowels are letters.
    return category == "Mn" and not ("\u0900" <= char <= "\u0e7f")


def fold_word(word: str) -> str:
    """Fold one word (or any short string without line breaks): same input, same output, idempotent.

    Case, compatibility forms, diacritics, tatweel, format characters (zero-width joiners and non-joiners,
    bidirectional marks) and the Persian/Arabic letter variants go; digits of every script become ASCII.
    """
    return _WORDS[word]


def folded_words(words: str) -> frozenset[str]:
    """The words of a list, which blanks separate, each folded."""
    return frozenset(map(fold_word, words.split()))


def folded(text: str) -> str:
    """``fold_word`` for what is met once, such as the entries of a lexicon: nothing is remembered."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text).casefold().translate(_TABLE)
    decomposed = unicodedata.normalize("NFKD", decomposed).translate(_TABLE)
    return unicodedata.normalize("NFC", decomposed.translate(_CHARS))


class _Chars(dict[int, str | None]):
    """What becomes of a decomposed character; worked out when it is first met."""

    def __missing__(self, point: int) -> str | None:
        char = chr(point)
        if char.isascii():
            folded: str | None = char.lower()
        elif _is_dropped(char):
            folded = None
        else:
            digit = unicodedata.decimal(char, None)
            folded = char if digit is None else str(int(digit))
        self[point] = folded
        return folded


_CHARS: Final = _Chars()


class _Words(dict[str, str]):
    """Words with what they fold to; worked out when one is first met. What is too long for a word is not kept."""

    def __missing__(self, word: str) -> str:
        plain = folded(word)
        if len(word) <= _LONGEST_WORD:
            if len(self) >= _MOST_WORDS:
                self.clear()
            self[word] = plain
        return plain


_WORDS: Final = _Words()


def fold(text: str) -> str:
    """Fold a whole text: every word folded, runs of white space become one space, ends trimmed.

    Idempotent: ``fold(fold(x)) == fold(x)``.
    """
    if text.isascii():
        return " ".join(text.lower().split())
    # Word by word, since most words were met before.
    return " ".join(" ".join(map(_WORDS.__getitem__, text.split())).split())
