"""Write service/matching/data/territories.txt: names of countries, continents and cities in many languages.

Cities are those after which time zones are named, which CLDR translates.

From the Unicode CLDR data that Babel carries (Unicode licence). Run after an update of Babel:
``python bench/generate_gazetteer.py``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

from babel import Locale
from babel.core import get_global

from service.matching.tokens import NUMBER, WORD, tokenize

LOCALES = [
    "en",
    "en_GB",
    "fa",
    "fa_AF",
    "ar",
    "ar_EG",
    "es",
    "es_MX",
    "fr",
    "de",
    "pt",
    "pt_PT",
    "it",
    "nl",
    "ru",
    "uk",
    "be",
    "bg",
    "sr",
    "sr_Latn",
    "hr",
    "sl",
    "tr",
    "az",
    "id",
    "ms",
    "hi",
    "ur",
    "ps",
    "ku",
    "ckb",
    "he",
    "el",
    "pl",
    "cs",
    "sk",
    "hu",
    "ro",
    "sv",
    "da",
    "nb",
    "fi",
    "et",
    "lv",
    "lt",
    "sq",
    "ca",
    "gl",
    "eu",
    "vi",
    "th",
    "ja",
    "ko",
    "zh",
    "zh_Hant",
    "bn",
    "ta",
    "te",
    "mr",
    "sw",
    "am",
    "ka",
    "hy",
    "uz",
    "kk",
]
CONTINENTS = {
    "002": "africa",
    "150": "europe",
    "142": "asia",
    "019": "americas",
    "003": "north-america",
    "005": "south-america",
    "009": "oceania",
    "419": "latin-america",
    "145": "western-asia",
}
SKIPPED = {
    "UN",
    "EU",
    "EZ",
    "XA",
    "XB",
    "ZZ",
    "QO",
    "CQ",
    "AC",
    "CP",
    "DG",
    "EA",
    "IC",
    "TA",
    "UM",
    "BV",
    "HM",
    "TF",
    "IO",
}
DATA = Path(__file__).parents[1] / "service" / "matching" / "data"
OUT = DATA / "territories.txt"
REGIONS = ("Africa/", "America/", "Asia/", "Australia/", "Europe/", "Pacific/", "Atlantic/", "Indian/")
NOT_CITIES = {
    "Center",
    "Nome",
    "Reunion",
    "Easter",
    "Eucla",
    "Galapagos",
    "Marquesas",
    "Gambier",
    "Kerguelen",
    "Christmas",
    "Cocos",
    "Chagos",
    "Canary",
    "Azores",
    "Bermuda",
    "Faeroe",
    "Madeira",
    "Indianapolis",
    "Knox",
    "Winamac",
    "Vevay",
    "Petersburg",
    "Monticello",
    "Beulah",
    "New_Salem",
    "Tell_City",
    "Vincennes",
    "Marengo",
    "Bahia",
    "Male",
    "Rainy_River",
    "Menominee",
    "Creston",
    "Regina",
    "Darwin",
    "Dawson",
    "Lindeman",
    "Resolute",
    "Louisville",
    "Anchorage",
}

ORDINARY = {"دوشنبه"}
"""Names that are words of every day: Dushanbe is Monday in Persian, unless "city" stands before it."""


def words(name: str) -> str:
    """The name as folded words in a row; without what stands in parentheses."""
    name = re.sub(r"[((（].*?[))）]", " ", name)
    return " ".join(token.text for token in tokenize(name) if token.kind in (WORD, NUMBER))


def known_keys() -> dict[str, str]:
    """The names written by hand with their keys."""
    found: dict[str, str] = {}
    for line in (DATA / "entities.txt").read_text(encoding="utf-8").splitlines():
        key, _, aliases = line.partition("\t")
        for alias in aliases.split("|"):
            found.setdefault(words(alias), key)
    return found


def add_cities(names: dict[str, dict[str, int]]) -> None:
    by_hand = known_keys()
    countries = set(names)
    for zone, territory in get_global("zone_territories").items():
        slug = zone.rpartition("/")[2]
        if not zone.startswith(REGIONS) or slug in NOT_CITIES or not territory.isalpha() or territory in SKIPPED:
            continue
        english = Locale("en").time_zones.get(zone, {}).get("city") or slug.replace("_", " ")
        key = by_hand.get(words(english)) or f"place:{territory}:{words(english).replace(' ', '-')}"
        if not key.startswith("place:") or key.count(":") < 2:
            continue
        forms = {words(english): 0}
        for order, code in enumerate(LOCALES):
            city = Locale.parse(code).time_zones.get(zone, {}).get("city")
            if city:
                forms.setdefault(words(city), order)
        for form, order in forms.items():
            if (
                len(form) >= (5 if form.isascii() or "\u0600" <= form[0] <= "\u06ff" else 2)
                and form not in countries
                and form not in ORDINARY
                and form not in by_hand
            ):
                names[form].setdefault(key, order)


def main() -> None:
    names: dict[str, dict[str, int]] = defaultdict(dict)
    for order, code in enumerate(LOCALES):
        for territory, name in Locale.parse(code).territories.items():
            if territory in SKIPPED:
                continue
            if territory.isalpha():
                key = f"place:{territory}"
            elif territory in CONTINENTS:
                key = f"place:{CONTINENTS[territory]}"
            else:
                continue
            for form in {words(name), words(re.sub(r" SAR .*| \(.*", "", name))}:
                if len(form) > 1 and not form.isdigit():
                    names[form].setdefault(key, order)
    add_cities(names)
    rows: dict[str, list[str]] = defaultdict(list)
    for form, keys in names.items():
        # Where two languages name two places alike, the language that comes first in the list has it.
        rows[min(keys, key=lambda key: (keys[key], key))].append(form)
    clashes = {form: keys for form, keys in names.items() if len(keys) > 1}
    lines = [
        "# Countries, territories, continents and cities in many languages, folded.",
        "# Generated by bench/generate_gazetteer.py from Unicode CLDR",
        "# (https://cldr.unicode.org, Unicode-3.0).",
    ]
    lines += [f"{key}\t{'|'.join(sorted(forms))}" for key, forms in sorted(rows.items())]
    OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(rows)} places, {sum(map(len, rows.values()))} names, {len(clashes)} clashes")
    for form, keys in sorted(clashes.items()):
        print("  ", form, keys)


if __name__ == "__main__":
    main()
