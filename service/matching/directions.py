"""Direction words: which way a statement says that something went ("rose", "fell"; "before", "after").

The words stand in ``data/directions.toml`` as axis -> pole -> language -> words; adding one needs no code.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import lru_cache
from importlib import resources
from typing import Any, Final, NamedTuple

from service.matching.folding import folded_words
from service.matching.inflection import expand
from service.matching.phrasebook import Phrasebook
from service.matching.tokens import NUMBER, SYMBOL, WORD, Token

CONTRARY: Final = "contrary"
COMPLEMENTARY: Final = "complementary"
CONVERSE: Final = "converse"
DIFFERENT: Final = "different"

UNDETERMINED: Final = ("en", "fa", "ar")
"""The lexicons that a text of unknown language is read with; their words do not collide across scripts."""


class Direction(NamedTuple):
    """A direction word: ``pole`` is +1 or -1 on ``axis``.

    ``first`` and ``last`` are token indexes, last included; ``start`` and ``end`` code points of the original, end
    excluded. ``left`` and ``right`` are the folded content words beside it, "" at an end of the text.
    """

    axis: str
    pole: int
    text: str
    start: int
    end: int
    first: int
    last: int
    left: str = ""
    right: str = ""


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    source = resources.files("service.matching").joinpath("data", "directions.toml")
    return tomllib.loads(source.read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def axis_kinds() -> dict[str, str]:
    """Each axis with what opposite poles on it mean: CONTRARY, COMPLEMENTARY, CONVERSE or DIFFERENT."""
    return {axis: table["kind"] for axis, table in _data().items() if axis != "ignore"}


_Place = tuple[str, int] | None


def _entries(languages: Sequence[str]) -> list[tuple[str, _Place]]:
    data = _data()
    entries: list[tuple[str, _Place]] = []
    for language in languages:
        entries += [(phrase, None) for phrase in data["ignore"].get(language, ())]
    for axis, table in data.items():
        if axis == "ignore":
            continue
        poles = [pole for pole in table if pole != "kind"]
        for pole, sign in zip(poles, (1, -1), strict=True):
            for key, words in table[pole].items():
                if key.partition("_")[0] in languages:
                    entries += [(form, (axis, sign)) for _, form in expand(key, words)]
    return entries


@lru_cache(maxsize=64)
def _book(language: str) -> Phrasebook[_Place]:
    languages = UNDETERMINED if language == "und" else (language,)
    return Phrasebook(_entries(languages))


_THAN: Final = folded_words("than از من عن de que als del di als che")
_NUMBER_WORDS: Final = folded_words(
    "one two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty sixty seventy "
    "eighty ninety hundred thousand million billion trillion dozen dozens half hundreds thousands millions billions "
    "یک دو سه چهار پنج شش هفت هشت نه ده بیست سی چهل پنجاه شصت هفتاد هشتاد نود صد دویست سیصد پانصد هزار میلیون میلیارد "
    "نیمی نیم ده‌ها صدها هزاران "
    "واحد اثنين ثلاثة أربعة خمسة ستة سبعة ثمانية تسعة عشرة عشرين ثلاثين أربعين خمسين ستين سبعين ثمانين تسعين مئة مائة "
    "ألف مليون مليار نصف عشرات مئات آلاف الف ثلث ربع "
    "dos tres cinco diez veinte cien mil millón millones mitad cent mille millions zwei drei zehn hundert tausend "
    "millionen milhões metade cento mila milioni"
)
_FILLERS: Final = folded_words(
    "the a an of to in on at by for is are was were be been his her its their this that and or with from as it has had "
    "have will would more very در به از با را و که این آن است شد شده بود برای تا هم یک "
    "في من على إلى عن أن ال هذا هذه و التي الذي قد "
    "de la el los las le les du des der die das den el lo il o os um una un und et y e в на и с"
)


def _beside(tokens: Sequence[Token], index: int, step: int) -> str:
    index += step
    for _ in range(5):
        if not 0 <= index < len(tokens):
            return ""
        token = tokens[index]
        if token.kind != SYMBOL and token.text not in _FILLERS:
            return token.text
        index += step
    return ""


def _compares_a_number(tokens: Sequence[Token], last: int) -> bool:
    """Whether the word that ends at ``last`` belongs to a numeric comparator ("more than 50", "below 10")."""
    following = last + 1
    if following < len(tokens) and tokens[following].text in _THAN:
        following += 1
    for token in tokens[following : following + 2]:
        if token.kind == NUMBER or token.text in _NUMBER_WORDS:
            return True
        if token.kind == WORD:
            return False
    return False


def _leads_to_a_date(tokens: Sequence[Token], last: int) -> bool:
    """Whether a number follows within two words: "before 2020", "after March 2019" belong to the reader of dates."""
    return NUMBER in [token.kind for token in tokens[last + 1 : last + 3]]


def may_tell_direction(word: str, language: str) -> bool:
    """Whether a direction word or phrase may begin with this folded word."""
    return word in _book(language).first_words


def read_directions(
    tokens: Sequence[Token], language: str, texts: list[str] | None = None, hits: Sequence[int] | None = None
) -> tuple[Direction, ...]:
    """The direction words of a text, in order.

    ``language`` is a primary subtag; "und" reads with every lexicon that fits, a language without a lexicon gives
    nothing. ``texts`` may hand in ``[token.text for token in tokens]`` where the caller has it already, ``hits`` the
    places that ``may_tell_direction``. Comparators of numbers and of dates are left to their readers. Linear in the
    number of tokens; never raises.
    """
    book = _book(language)
    if texts is None:
        texts = [token.text for token in tokens]
    found: list[Direction] = []
    for place, first, last in book.scan(tokens, texts, hits):
        if place is None:
            continue
        axis, pole = place
        if axis in ("amount", "position"):
            if _compares_a_number(tokens, last):
                continue
        elif axis == "order" and _leads_to_a_date(tokens, last):
            continue
        text = texts[first] if first == last else " ".join(texts[first : last + 1])
        left, right = _beside(tokens, first, -1), _beside(tokens, last, 1)
        found.append(Direction(axis, pole, text, tokens[first].start, tokens[last].end, first, last, left, right))
    return tuple(found)
