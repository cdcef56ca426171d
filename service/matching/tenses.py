"""Whether what lasts holds now or held once: "has 300 beds" and "had 300 beds", "is being built" and "was built".

Only verbs that say that something lasts. Of others the tense tells little: headlines have the past in the present
("minister resigns").
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from service.matching.folding import fold_word, folded_words
from service.matching.qualifiers import is_arabic_present
from service.matching.reading import Reading
from service.matching.stems import ENGLISH_PASTS

_NOW: Final = {
    "en": folded_words("is are has have"),
    "fa": folded_words("است هست هستند دارد دارند نیست نیستند ندارد ندارند می‌شود می‌شوند می‌کند می‌کنند نمی‌شود نمی‌کند"),
}
_THEN: Final = {
    "en": folded_words("was were had"),
    "fa": folded_words("بود بودند داشت داشتند نبود نبودند نداشت نداشتند شد شدند کرد کردند نشد نکرد"),
}
_WAS: Final = folded_words("كان كانت كانوا وكان وكانت")
_HE: Final = "ی"
_PREDICATE: Final = "ا"
_SAID: Final = "=say"
_SIGHT: Final = 3
_CAN: Final = {
    "en": folded_words("can"),
    "fa": folded_words("می‌تواند می‌توانند"),
    "ar": folded_words("يستطيع تستطيع يستطيعون بإمكانه بإمكانها بوسعه بوسعها"),
}
_PARTICIPLES: Final = ("ed", "ing", "en", "wn")
_NO_STATE: Final = folded_words("been being to")
_PERSIAN_PARTICIPLE: Final = "ه"
_PERFECT: Final = folded_words("است هستند بود بودند نیست نبود نیستند نبودند")
"""Behind a participle these make the perfect, which headlines and reports use for each other."""

_IN_PROGRESS: Final = fold_word("حال")
_DONE: Final = folded_words("شد شدند کرد کردند")


def other_time(query: Reading, candidate: Reading, partners: Sequence[tuple[int, int]]) -> bool:
    """Whether what lasts holds now on one side, and held once, or is over, on the other.

    Not within reported speech, where the tense is that of the report. ``partners``: places of the paired words in both
    contents.
    """
    tag = query.language.tag
    if tag != candidate.language.tag or _reports(query) or _reports(candidate):
        return False
    ours, theirs = [token[0] for token in query.tokens], [token[0] for token in candidate.tokens]
    match tag:
        case "en":
            differ, read = _is_underway, _english
        case "fa":
            differ, read = _is_still_done, _persian
        case "ar":
            return _was(ours, theirs) or _was(theirs, ours) or _could(ours, theirs, tag) or _could(theirs, ours, tag)
        case _:
            return False
    if differ(ours, theirs) or differ(theirs, ours) or _could(ours, theirs, tag) or _could(theirs, ours, tag):
        return True
    now = _states(query, ours, tag)
    if not now:
        return False
    then = _states(candidate, theirs, tag)
    if not then:
        return False
    mine, yours = read(query, ours, now), read(candidate, theirs, then)
    return any(here in mine and there in yours and mine[here] != yours[there] for here, there in partners)


def _reports(reading: Reading) -> bool:
    return reading.attribution is not None or _SAID in reading.content


def _states(reading: Reading, words: Sequence[str], tag: str) -> list[int]:
    return [index for index, word in enumerate(words) if word in _NOW[tag] or word in _THEN[tag]]


def _english(reading: Reading, words: Sequence[str], verbs: Sequence[int]) -> dict[int, bool]:
    """The content word that is said of the subject, with whether it holds now; without participles."""
    found: dict[int, bool] = {}
    places = {index: place for place, index in enumerate(reading.places)}
    for verb in verbs:
        for index in range(verb + 1, min(verb + 1 + _SIGHT, len(words))):
            word = words[index]
            if word in _NO_STATE or word in ENGLISH_PASTS or word.endswith(_PARTICIPLES):
                break
            if index in places:
                found.setdefault(places[index], words[verb] in _NOW["en"])
                break
    return found


def _persian(reading: Reading, words: Sequence[str], verbs: Sequence[int]) -> dict[int, bool]:
    """The content word directly before the verb, with whether it holds now."""
    places = {index: place for place, index in enumerate(reading.places)}
    return {
        places[verb - 1]: words[verb] in _NOW["fa"]
        for verb in verbs
        if verb - 1 in places and not (words[verb] in _PERFECT and words[verb - 1].endswith(_PERSIAN_PARTICIPLE))
    }


def _is_underway(words: Sequence[str], others: Sequence[str]) -> bool:
    """Whether one side says "is being built", and the other one, that it was."""
    if "being" not in words or "being" in others:
        return False
    place = words.index("being")
    if not place or words[place - 1] not in _NOW["en"]:
        return False
    return _NOW["en"].isdisjoint(others) and not _THEN["en"].isdisjoint(others)


def _is_still_done(words: Sequence[str], others: Sequence[str]) -> bool:
    """The same in Persian: «در حال ساخت است» and «ساخته شد»."""
    return (
        _IN_PROGRESS in words
        and _IN_PROGRESS not in others
        and not _NOW["fa"].isdisjoint(words)
        and _NOW["fa"].isdisjoint(others)
        and not _DONE.isdisjoint(others)
    )


def _could(words: Sequence[str], others: Sequence[str], tag: str) -> bool:
    """Whether one side says what somebody can do, and the other one that it was done; not of what happens at times."""
    if _CAN[tag].isdisjoint(words) or not _CAN[tag].isdisjoint(others):
        return False
    if tag == "ar":
        return not any(is_arabic_present(word) for word in others)
    if not _NOW[tag].isdisjoint(others):
        return False
    if tag == "fa":
        return not _DONE.isdisjoint(others)
    return any(word in ENGLISH_PASTS or word.endswith("ed") for word in others) and "be" not in words


def _was(words: Sequence[str], others: Sequence[str]) -> bool:
    """Whether one side alone puts "was" before a verb in the present tense that both have: "كان يضم" and "يضم"."""
    if _WAS.isdisjoint(words) or not _WAS.isdisjoint(others):
        return False
    index = next(index for index, word in enumerate(words) if word in _WAS)
    if any(word[-1] == _PREDICATE and word[:-1] in others for word in words[index + 1 :]):
        # "كان الوزير عضوا": the accusative is that of a sentence without another verb.
        return True
    return any(
        word in others and (word[0] == _HE or is_arabic_present(word)) for word in words[index + 1 : index + 2 + _SIGHT]
    )
