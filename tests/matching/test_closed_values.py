"""The values that an answer may show of a reading are those that the matching core reads, no more and no fewer."""

from __future__ import annotations

import json
from datetime import date
from importlib import resources
from typing import get_args

import pytest

from service.domain import Comparator, DatePrecision, NameKind
from service.matching.datedraft import Precision
from service.matching.dates import read_dates
from service.matching.name_values import Kind
from service.matching.names import read_names
from service.matching.quantities import read_quantities
from service.matching.quantity_comparison import Sign
from service.matching.tokens import tokenize

PERIODS = (
    "On 3 May 2020, in May 2020, in the third quarter of 2020, in the summer of 2020, in the first half of 2020, "
    "in 2020, in the 1990s, in the 19th century, and from 2001 to 2003"
)
AMOUNTS = "39 men, less than 40 women, at most 41 boys, more than 42 girls, at least 43 cats, about 44 dogs"
NAMED = "The World Health Organization sent Jonathan Exampleby to meet Donald Trump and the QZXV in Iraq"


@pytest.mark.parametrize(("core", "shown"), [(Sign, Comparator), (Precision, DatePrecision), (Kind, NameKind)], ids=str)
def test_types_and_vocabularies_are_the_same(core, shown):
    assert get_args(core) == tuple(each.value for each in shown)


def test_every_value_is_read_from_some_text():
    quantities = read_quantities(tokenize(AMOUNTS), "en")
    assert {each.comparator for each in quantities} == set(Comparator)
    assert {each.precision for each in read_dates(tokenize(PERIODS), "en", date(2024, 5, 6))} == set(DatePrecision)
    assert {each.kind for each in read_names(tokenize(NAMED), "en", NAMED)} == set(NameKind)


def test_no_language_has_words_for_another_comparator():
    words = json.loads((resources.files("service.matching") / "data" / "quantity_words.json").read_bytes())
    tables = [*words["comparators_before"].values(), *words["comparators_after"].values()]
    assert {sign for table in tables for sign in table} == set(Comparator)
