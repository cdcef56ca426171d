"""Words that deny by their form or by what stands beside them, where no list can name them all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from service.matching.folding import fold_word
from service.matching.stopwords import is_stopword
from service.matching.tokens import WORD, Token

_TURKISH: Final = re.compile(
    r"(?:m[ae]d[iu]|m[iu]yor|m[ae]z|m[ae]yacak|m[ae]yecek|m[ae]mis|m[ae]mali|m[ae]meli)(?:lar|ler|di|dir|dur|ti|tir)*"
)
_OTHERS: Final = (
    "komedi trajikomedi namaz temiz yilmaz korkmaz sonmez solmaz durmaz bitmez umuyor gomuyor emiyor yumuyor umuyorlar "
    "temizdir ahmedi muhammedi adamdi elmas olmazsa kacinilmaz vazgecilmez degismez"
)
_TURKISH_OTHERS: Final = frozenset(fold_word(word) for word in _OTHERS.split())


def turkish_denial(word: str) -> bool:
    """Whether a folded word is a Turkish verb with the suffix of denial."""
    # The suffix stands at the end, so only the last letters are looked at, however long the word is.
    if word in _TURKISH_OTHERS or len(word) < 5:
        return False
    tail = word[-16:]
    position = tail.find("m", 2 if len(word) <= 16 else 0)
    while position >= 0:
        if _TURKISH.fullmatch(tail, position):
            return True
        position = tail.find("m", position + 1)
    return False


_IMPERFECT: Final = ("ی", "ت", "ن")
_SHORTEST_VERB: Final = 4


def arabic_may_deny(tokens: Sequence[Token], texts: Sequence[str], index: int) -> bool:
    """Whether the word at ``index``, which has one on either side, is a «ما» that may deny the verb behind it.

    It may as well be "what", so that a text which alone has it is not clear.
    """
    if texts[index] != "ما":
        return False
    before, verb = tokens[index - 1], texts[index + 1]
    denies = verb.startswith(_IMPERFECT) and len(verb) >= _SHORTEST_VERB
    return denies and before.kind == WORD and not is_stopword(before.text, "ar")
