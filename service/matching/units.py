"""Units, currencies and the words for percent: what a number is a number of, and how to convert it.

Every unit of one dimension converts to one canonical unit, so that "5 miles" and "8 km" can be compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from service.matching.quantity_words import grouped_phrases
from service.matching.tokens import SYMBOL, WORD, Token, words_of


class Unit(NamedTuple):
    """``canonical`` is what values are converted to (value * ``factor`` + ``offset``); ``measure`` is the unit as
    written, so that two values in the same unit can be compared exactly."""

    canonical: str
    factor: float
    offset: float
    measure: str


PERCENT: Final = Unit("percent", 1.0, 0.0, "percent")

_DAY: Final = 86_400.0
_YEAR: Final = 365.25 * _DAY

_SCALES: Final[dict[str, tuple[str, float, float]]] = {
    "percent": ("percent", 1.0, 0.0),
    "permille": ("percent", 0.1, 0.0),
    "percentage_point": ("percentage_point", 1.0, 0.0),
    "basis_point": ("percentage_point", 0.01, 0.0),
    "millimetre": ("metre", 0.001, 0.0),
    "centimetre": ("metre", 0.01, 0.0),
    "metre": ("metre", 1.0, 0.0),
    "kilometre": ("metre", 1000.0, 0.0),
    "inch": ("metre", 0.0254, 0.0),
    "foot": ("metre", 0.3048, 0.0),
    "yard": ("metre", 0.9144, 0.0),
    "mile": ("metre", 1609.344, 0.0),
    "nautical_mile": ("metre", 1852.0, 0.0),
    "light_year": ("metre", 9.4607304725808e15, 0.0),
    "milligram": ("kilogram", 1e-6, 0.0),
    "gram": ("kilogram", 0.001, 0.0),
    "kilogram": ("kilogram", 1.0, 0.0),
    "tonne": ("kilogram", 1000.0, 0.0),
    "ton": ("kilogram", 1000.0, 0.0),
    "pound_mass": ("kilogram", 0.45359237, 0.0),
    "ounce": ("kilogram", 0.028349523125, 0.0),
    "second": ("second", 1.0, 0.0),
    "millisecond": ("second", 0.001, 0.0),
    "minute": ("second", 60.0, 0.0),
    "hour": ("second", 3600.0, 0.0),
    "day": ("second", _DAY, 0.0),
    "week": ("second", 7 * _DAY, 0.0),
    "month": ("second", _YEAR / 12, 0.0),
    "year": ("second", _YEAR, 0.0),
    "decade": ("second", 10 * _YEAR, 0.0),
    "century": ("second", 100 * _YEAR, 0.0),
    "celsius": ("celsius", 1.0, 0.0),
    "fahrenheit": ("celsius", 5 / 9, -160 / 9),
    "kelvin": ("celsius", 1.0, -273.15),
    "degree": ("degree", 1.0, 0.0),
    "square_metre": ("square_metre", 1.0, 0.0),
    "square_kilometre": ("square_metre", 1e6, 0.0),
    "square_mile": ("square_metre", 2_589_988.110336, 0.0),
    "square_foot": ("square_metre", 0.09290304, 0.0),
    "hectare": ("square_metre", 1e4, 0.0),
    "acre": ("square_metre", 4046.8564224, 0.0),
    "litre": ("litre", 1.0, 0.0),
    "millilitre": ("litre", 0.001, 0.0),
    "gallon": ("litre", 3.785411784, 0.0),
    "cubic_metre": ("litre", 1000.0, 0.0),
    "barrel": ("litre", 158.987294928, 0.0),
    "kilometre_per_hour": ("metre_per_second", 1 / 3.6, 0.0),
    "mile_per_hour": ("metre_per_second", 0.44704, 0.0),
    "metre_per_second": ("metre_per_second", 1.0, 0.0),
    "knot": ("metre_per_second", 1852 / 3600, 0.0),
    "watt": ("watt", 1.0, 0.0),
    "kilowatt": ("watt", 1e3, 0.0),
    "megawatt": ("watt", 1e6, 0.0),
    "gigawatt": ("watt", 1e9, 0.0),
    "terawatt": ("watt", 1e12, 0.0),
    "kilowatt_hour": ("watt_hour", 1e3, 0.0),
    "megawatt_hour": ("watt_hour", 1e6, 0.0),
    "gigawatt_hour": ("watt_hour", 1e9, 0.0),
    "terawatt_hour": ("watt_hour", 1e12, 0.0),
    "byte": ("byte", 1.0, 0.0),
    "megabyte": ("byte", 1e6, 0.0),
    "gigabyte": ("byte", 1e9, 0.0),
    "terabyte": ("byte", 1e12, 0.0),
    "hertz": ("hertz", 1.0, 0.0),
    "megahertz": ("hertz", 1e6, 0.0),
    "gigahertz": ("hertz", 1e9, 0.0),
    "magnitude": ("magnitude", 1.0, 0.0),
    "times": ("times", 1.0, 0.0),
    "cent_usd": ("USD", 0.01, 0.0),
    "toman": ("IRR", 10.0, 0.0),
}  # fmt: skip
"""Measure -> canonical unit, factor, offset. A "ton" is taken as metric: texts rarely say which one they mean."""

_PREFIX_PERCENT: Final = {"tr": frozenset({"yuzde", "%"}), "zh": frozenset({"百分之"})}
"""Languages that write the word for percent before its number ("yüzde 10")."""

SINGLE_LETTERS: Final = frozenset("mgtlwh")
"""Unit signs that are units only where they touch the number or where something else says so."""

Units = dict[str, tuple[tuple[tuple[str, ...], Unit], ...]]


def _unit(name: str) -> Unit:
    if name in _SCALES:
        canonical, factor, offset = _SCALES[name]
        return Unit(canonical, factor, offset, name)
    return Unit(name, 1.0, 0.0, name)


def is_currency(unit: Unit) -> bool:
    """Whether the unit is money: its canonical name is an ISO 4217 code."""
    return len(unit.canonical) == 3 and unit.canonical.isupper()


@lru_cache(maxsize=64)
def _lexicon(language: str) -> Units:
    """Units by their first word; the other words follow, longest phrase first."""
    found: dict[str, dict[tuple[str, ...], Unit]] = {}
    # English units are everywhere, and give way to a language's own words.
    for name, phrase in grouped_phrases("units", language, fallback="en"):
        first, *rest = words_of(phrase) or (phrase,)
        found.setdefault(first, {}).setdefault(tuple(rest), _unit(name))
    return {first: tuple(sorted(rest.items(), key=lambda item: -len(item[0]))) for first, rest in found.items()}


def unit_heads(language: str) -> frozenset[str]:
    """The words that a unit may begin with."""
    return frozenset(_lexicon(language))


def unit_at(tokens: Sequence[Token], index: int, language: str) -> tuple[Unit, int] | None:
    """The unit that begins at token ``index`` with the index of its last token, or None."""
    if index >= len(tokens):
        return None
    candidates = _lexicon(language).get(tokens[index].text)
    if candidates is None:
        return None
    for rest, unit in candidates:
        last = index + len(rest)
        if not rest or (
            last < len(tokens) and all(tokens[index + 1 + step].text == word for step, word in enumerate(rest))
        ):
            return unit, last
    return None


def unit_before(tokens: Sequence[Token], index: int, language: str) -> tuple[Unit, int] | None:
    """The currency (or, in some languages, the percent word) that ends just before token ``index``, with the index
    of its first token, or None: "$5", "US$ 5", "USD 5", "yüzde 5"."""
    if index < 1:
        return None
    before = tokens[index - 1]
    if before.kind == WORD and not before.original.isupper() and language not in _PREFIX_PERCENT:
        return None
    for start in (index - 2, index - 1):
        if start < 0:
            continue
        found = unit_at(tokens, start, language)
        if found is None or found[1] != index - 1:
            continue
        unit = found[0]
        sign = before.kind == SYMBOL or (before.original.isupper() and len(unit.canonical) == 3)
        if is_currency(unit) and sign:
            return unit, start
        if unit.canonical == "percent" and tokens[start].text in _PREFIX_PERCENT.get(language, ()):
            return unit, start
    return None


def factor_of(measure: str | None) -> float:
    """What one of ``measure`` is in its canonical unit; 1 for none or an unknown one, and for scales with an offset."""
    canonical, factor, offset = _SCALES.get(measure or "", ("", 1.0, 0.0))
    return factor if canonical and not offset else 1.0
