"""The guards: what forbids that two statements pass as the same one, however alike their words are."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

from rapidfuzz import fuzz

from service.matching.alignment import Alignment
from service.matching.attribution import Attribution
from service.matching.dates import DateMention
from service.matching.directions import Direction
from service.matching.folding import fold, fold_word
from service.matching.gazetteer import given_names, person_parts
from service.matching.kindred import kindred
from service.matching.names import Name, NameComparison
from service.matching.negation import persian_presents
from service.matching.number_lexicon import lexicon
from service.matching.numbers import is_number_word
from service.matching.pairing import MEMBERS, Pairing
from service.matching.polarity import PolarityComparison
from service.matching.qualifiers import COMPULSION, FUTURE, MEMBERSHIP, RATE, is_arabic_present, known_language
from service.matching.quantity_comparison import Quantity
from service.matching.reading import Reading
from service.matching.stems import ENGLISH_PASTS
from service.matching.stopwords import is_stopword, stopwords
from service.matching.synonyms import canonical
from service.matching.titles import TITLES
from service.matching.tokens import NUMBER, WORD, Token, tokenize
from service.matching.transliteration import word_skeleton


class Parts(NamedTuple):
    """What two readings consist of, pair by pair."""

    words: Alignment
    quantities: Pairing[Quantity]
    dates: Pairing[DateMention]
    polarity: PolarityComparison
    names: NameComparison
    digits_differ: bool
    reversed_roles: tuple[str, str] | None


def across(query: Reading, candidate: Reading) -> bool:
    """Whether the two texts are in different languages."""
    return query.language.tag != candidate.language.tag


def denial_is_met(denying: Reading, other: Reading) -> bool:
    """Whether what one side denies is spoken of by the other: its denied word is among the other's words."""
    targets = [cue.target_text for cue in denying.polarity.cues if cue.scope in ("clause", "zero") and cue.target_text]
    if not targets:
        return True
    tag = denying.language.tag
    # The denied word may stand within a phrase that is one concept ("take" in "take full control").
    keys = {*other.content, *(token.text for token in other.tokens)}
    return any(is_stopword(target, tag) or target in keys or canonical(target, tag) in keys for target in targets)


def unshared_names(names: Sequence[Name], other: Reading) -> list[Name]:
    """The names of one side that the other side has in no form: not as a name, and not as plain words."""
    if not names:
        return []
    words = {token.text for token in other.tokens}
    return [name for name in names if not words.issuperset(token.text for token in tokenize(name.text))]


def extra(query: Reading, candidate: Reading, parts: Parts) -> tuple[bool, bool]:
    """Whether the query, and whether the candidate, carries a qualification that the other side lacks."""
    both_deny = query.polarity.denies and candidate.polarity.denies
    ours = [each for each in parts.quantities.only_query if not (both_deny and _is_denied_object(each))]
    theirs = [each for each in parts.quantities.only_candidate if not (both_deny and _is_denied_object(each))]
    says_more = bool(ours or parts.dates.only_query or unshared_names(parts.names.only_a, candidate))
    says_less = bool(theirs or parts.dates.only_candidate or unshared_names(parts.names.only_b, query))
    for figures in parts.quantities.pairs:
        if figures.query.unit == "second" and figures.query.value == figures.candidate.value:
            continue  # "in a week" and "within a week" are one thing to a newsroom
        says_more = says_more or figures.outcome in ("inside", "unknown")
        says_less = says_less or figures.outcome in ("contains", "unknown")
    for days in parts.dates.pairs:
        if days.outcome == "unknown" and _equally_vague(query, days.query, candidate, days.candidate):
            continue
        says_more = says_more or days.outcome in ("inside", "unknown")
        says_less = says_less or days.outcome in ("contains", "unknown")
    return says_more or parts.digits_differ, says_less or parts.digits_differ


_SAME_CLAIMANT: Final = 75.0


def other_claimants(query: Reading, candidate: Reading) -> bool:
    """Whether both texts say who said it, and name different people."""
    if query.attribution is None or candidate.attribution is None or across(query, candidate):
        return False
    ours, theirs = _claimant_words(query, query.attribution), _claimant_words(candidate, candidate.attribution)
    if not ours or not theirs or not set(ours).isdisjoint(theirs):
        return False
    return fuzz.token_set_ratio(" ".join(ours), " ".join(theirs)) < _SAME_CLAIMANT


def _claimant_words(reading: Reading, attribution: Attribution) -> list[str]:
    """The words that name a claimant, without function words and the date of the statement."""
    dated = {index for day in reading.dates for index in range(day.first, day.last + 1)}
    span = range(attribution.claimant_first, attribution.claimant_last + 1)
    words = [reading.tokens[index].text for index in span if index not in dated]
    # "WHO" folds to a function word, so those go only where something is left without them.
    return [word for word in words if not is_stopword(word, reading.language.tag)] or words


def other_person(query: Reading, candidate: Reading, parts: Parts) -> bool:
    """Whether two people who share a family name have different given names."""
    for left, right in parts.names.shared:
        if left.kind == right.kind == "person":
            ours = _given_names(query, left, parts.words.only_query)
            theirs = _given_names(candidate, right, parts.words.only_candidate)
            if ours and theirs and ours.isdisjoint(theirs):
                return True
            initials, others = _middle_initials(left), _middle_initials(right)
            if initials and others and initials != others:
                return True
            if left.key == right.key and (
                _is_relative(query, left, parts.words.only_query)
                or _is_relative(candidate, right, parts.words.only_candidate)
            ):
                return True
    return False


def _given_names(reading: Reading, name: Name, alone: Sequence[str]) -> set[str]:
    """The words before a family name: within the name, or a capitalised word before it that only this side has."""
    given = fold(name.text).split()[:-1]
    if not given:
        before = _word_before(reading, name, alone)
        given = [before.text] if before is not None and before.original.istitle() else []
    return {word for word in given if word.isascii() and word not in TITLES}


def _middle_initials(name: Name) -> tuple[str, ...]:
    """The initials between given and family name: "w" of George W. Bush."""
    parts = name.text.replace(".", " ").split()
    return tuple(fold(part) for part in parts[1:-1] if len(part) == 1)


def _word_before(reading: Reading, name: Name, alone: Sequence[str]) -> Token | None:
    """The word directly before a name, where only this side has it."""
    before = reading.tokens[name.first - 1] if name.first else None
    return before if before is not None and before.original in alone else None


def _is_relative(reading: Reading, name: Name, alone: Sequence[str]) -> bool:
    """Whether a given name that a known person does not bear stands before the family name: Winnie Mandela."""
    before = _word_before(reading, name, alone)
    if before is None or name.first < name.last or before.text in TITLES:
        return False
    if word_skeleton(before.text) in person_parts(name.key):
        return False
    return before.original.istitle() or before.text in given_names()


_PEOPLE: Final = "=people"


def counts_another(query: Reading, candidate: Reading, parts: Parts) -> bool:
    """Whether an equal figure counts other things: as many civilians as terrorists, as many strikes as dead."""
    for pair in parts.quantities.pairs:
        if not pair.query.counted or not pair.candidate.counted:
            continue
        ours, theirs = _counted(query, pair.query), _counted(candidate, pair.candidate)
        if not ours.keys().isdisjoint(theirs):
            continue
        if pair.query.unit == pair.candidate.unit == "person" and _PEOPLE in (ours | theirs):
            continue  # "twenty people" and "twenty dead", where both say that they died
        alone = {word for text in parts.words.only_query for word in fold(text).split()}
        yours_alone = {word for text in parts.words.only_candidate for word in fold(text).split()}
        ours_elsewhere = not alone.isdisjoint(ours.values()) or not ours.keys().isdisjoint(candidate.content)
        theirs_elsewhere = not yours_alone.isdisjoint(theirs.values()) or not theirs.keys().isdisjoint(query.content)
        for here, there in parts.words.partners if across(query, candidate) and pair.query.value else ():
            # A soldier may stand for the army, and then it is another word of the other side that he stands for.
            ours_elsewhere = ours_elsewhere or (query.content[here] in ours and candidate.content[there] not in theirs)
            theirs_elsewhere = theirs_elsewhere or (
                candidate.content[there] in theirs and query.content[here] not in ours
            )
        if ours_elsewhere and theirs_elsewhere:
            return True
    return False


def _counted(reading: Reading, quantity: Quantity) -> dict[str, str]:
    """The concepts that a figure counts with their words; those behind a word such as "members" are what it counts."""
    words = {canonical(word, reading.language.tag): word for word in quantity.counted}
    if MEMBERS.isdisjoint(quantity.counted):
        return words
    behind = range(quantity.last + 1, quantity.last + 3)
    found = zip(reading.places, reading.content, reading.surface, strict=True)
    return {key: fold(surface) for place, key, surface in found if place in behind} or words


def labels_of(parts: Parts) -> list[tuple[Quantity, Quantity]]:
    """The paired numbers that belong to names, which take part in a sentence as its words do."""
    return [(pair.query, pair.candidate) for pair in parts.quantities.pairs if pair.query.unit == "label"]


def other_commitment(query: Reading, candidate: Reading) -> bool:
    """Whether one side says "may", "only", "planned to" or the like and the other does not."""
    differing = _commitments(query) ^ _commitments(candidate)
    if across(query, candidate):
        # Languages put a rate into more words than are known here: «هفته‌ای», "wöchentlich"; so too who was made to.
        differing -= {RATE, COMPULSION}
    if not differing:
        return False
    if differing == {FUTURE}:
        later, now = (query, candidate) if FUTURE in query.qualifiers else (candidate, query)
        if _is_to_come(now, later):
            return False
    return known_language(query.language.tag) and known_language(candidate.language.tag)


_OF: Final = fold_word("از")
_MOST: Final = fold_word("ترین")


def _commitments(reading: Reading) -> frozenset[str]:
    """The qualifiers, and of Persian what needs an ending to be seen: «از بزرگترین» is "one of the largest"."""
    words = [token.text for token in reading.tokens] if reading.language.tag == "fa" else []
    if _OF in words and any(one == _OF and other.endswith(_MOST) for one, other in pairwise(words)):
        return reading.qualifiers | {MEMBERSHIP}
    return reading.qualifiers


_NOW: Final = frozenset({"is", "are", "am"})
_SHORTEST_PAST: Final = 4
_THEN: Final = frozenset({"was", "were", "has", "have", "had", "did", "been"})


def _is_to_come(reading: Reading, later: Reading) -> bool:
    """Whether a sentence, beside one that says "will", may mean what is to come as well, without that word.

    "Is closing" and the headline's "to close" may, "closes" and "closed" do not; in Persian and Arabic the present may.
    """
    words = {token.text for token in reading.tokens}
    match reading.language.tag:
        case "ar":
            return any(is_arabic_present(word) for word in words)
        case "fa":
            return not persian_presents().isdisjoint(words)
        case "en":
            if not _THEN.isdisjoint(words):
                return False
            past = any(word in ENGLISH_PASTS or (len(word) > _SHORTEST_PAST and word.endswith("ed")) for word in words)
            return not _NOW.isdisjoint(words) or (not past and _infinitives(reading) > _infinitives(later))
        case _:
            return False


def _infinitives(reading: Reading) -> int:
    return sum(token.text == "to" for token in reading.tokens)


_RECURRING: Final = {
    "en": "attack strike airstrike shooting explosion bombing earthquake quake flood fire wildfire storm hurricane "
    "cyclone drought eruption crash accident protest demonstration strike riot election vote referendum match game "
    "championship outbreak visit summit meeting conference test launch raid clash",
    "fa": "حمله حملات انفجار تیراندازی زلزله زمین‌لرزه سیل آتش‌سوزی طوفان خشکسالی تصادف سقوط اعتراض تظاهرات اعتصاب "
    "انتخابات رفراندوم مسابقه بازی شیوع دیدار سفر نشست آزمایش پرتاب درگیری",
    "ar": "هجوم هجمات غارة غارات انفجار تفجير زلزال هزة فيضان سيول حريق حرائق عاصفة إعصار جفاف حادث احتجاج احتجاجات "
    "مظاهرة مظاهرات إضراب انتخابات استفتاء مباراة بطولة تفشي زيارة قمة اجتماع مؤتمر تجربة إطلاق اشتباكات",
}


@lru_cache(maxsize=64)
def _recurring(language: str) -> frozenset[str]:
    tongues = _RECURRING if language == "und" else (language,)
    return frozenset(
        canonical(fold_word(word), language) for tongue in tongues for word in _RECURRING.get(tongue, "").split()
    )


def may_recur(query: Reading, candidate: Reading, parts: Parts) -> bool:
    """Whether both speak of a kind of event that happens again and again, and no figure tells that they mean one.

    An earthquake in 2020 does not exclude another one in 2023.
    """
    if any(pair.outcome == "equal" and pair.query.value for pair in parts.quantities.pairs):
        return False
    ours, theirs = _recurring(query.language.tag), _recurring(candidate.language.tag)
    return not ours.isdisjoint(query.content) and not theirs.isdisjoint(candidate.content)


def shifted(query: Reading, candidate: Reading, words: Alignment) -> bool:
    """Whether one side alone says a word that makes another thing of what it stands with: "the mayor's son"."""
    return _says_shift(query, words.only_query) or _says_shift(candidate, words.only_candidate)


def _says_shift(reading: Reading, alone: Sequence[str]) -> bool:
    shift = kindred(reading.language.tag).shift
    return not shift.isdisjoint(reading.content) and any(
        key in shift and surface in alone for key, surface in zip(reading.content, reading.surface, strict=True)
    )


def one_sided_direction(one: Reading, other: Reading) -> bool:
    """Whether one side says which way things went, and the other has no such word."""
    told = [*one.directions_of_change, *_called_false(one)]
    if not told:
        return False
    axes = {each.axis for each in other.polarity.directions}
    keys = set(other.content)
    tag = one.language.tag
    # "Moira Rose" and "Raising Cane's" go nowhere.
    named = {index for name in one.names if name.first < name.last for index in range(name.first, name.last + 1)}
    return any(
        each.axis not in axes and each.first not in named and not _says_all(other, keys, one, each, tag)
        for each in told
    )


def _says_all(other: Reading, keys: set[str], one: Reading, told: Direction, tag: str) -> bool:
    """Whether the other side has every word of a direction as well: it votes, but not against."""
    phrase = [token.text for token in one.tokens[told.first : told.last + 1]]
    if len(phrase) == 1:
        return canonical(phrase[0], tag) in keys
    words = {token.text for token in other.tokens}
    return all(word in words or canonical(word, tag) in keys for word in phrase)


def _called_false(reading: Reading) -> list[Direction]:
    return [each for each in reading.polarity.directions if each.axis == "truth" and each.pole < 0]


def other_designation(query: Reading, candidate: Reading) -> bool:
    """Whether single letters tell two things apart: vitamin C and vitamin D, influenza A and B."""
    if across(query, candidate):
        return False
    ours, theirs = _designations(query), _designations(candidate)
    return bool(ours) and bool(theirs) and ours.isdisjoint(theirs)


def _designations(reading: Reading) -> set[str]:
    """The single letters directly behind a word; neither initials nor function words, but for capitals among others."""
    tag, found = reading.language.tag, set()
    tokens = reading.tokens
    for place in [place for place, token in enumerate(tokens) if len(token[4]) == 1 and token[3] == WORD]:
        letter = tokens[place].original
        if not place or tokens[place - 1].kind != WORD or letter == "I":
            continue
        if place + 1 < len(tokens) and tokens[place + 1].text == ".":
            continue
        before, token = tokens[place - 1], tokens[place]
        capital = letter.isupper() and not before.original.isupper()
        if capital or (stopwords(tag) and token.text not in stopwords(tag)):
            found.add(token.text)
    return found


_DENYING: Final = "ن"
_SHORTEST_DENIED: Final = 4


def denied_by_prefix(query: Reading, candidate: Reading) -> bool:
    """Whether one side has a Persian word that the other has with the prefix of denial: «لرزاند» and «نلرزاند».

    The verbs of ``data/polarity.toml`` are known to deny; this is for those that are missing there.
    """
    if not query.language.tag == candidate.language.tag == "fa":
        return False
    ours, theirs = {token.text for token in query.tokens}, {token.text for token in candidate.tokens}
    return any(
        len(word) >= _SHORTEST_DENIED and word[0] == _DENYING and word[1:] in affirmed
        for alone, affirmed in ((ours - theirs, theirs - ours), (theirs - ours, ours - theirs))
        for word in alone
    )


def _is_denied_object(quantity: Quantity) -> bool:
    """Whether a "no" within a sentence says what its verb's "not" says; "No planet is ..." denies of every subject."""
    return quantity.value == 0 and quantity.first > 0 and quantity.unit != "label"


_LONG_PERIODS: Final = frozenset({"month", "quarter", "season", "half", "year", "decade", "century"})


def _equally_vague(query: Reading, one: DateMention, candidate: Reading, other: DateMention) -> bool:
    """Two ways of saying "soon" or "these days"; "last year" and "four days ago" are not vague, only unresolved."""
    return (
        one.relative
        and other.relative
        and not {one.precision, other.precision} & _LONG_PERIODS
        and not (_is_counted(query, one) or _is_counted(candidate, other))
    )


def _is_counted(reading: Reading, day: DateMention) -> bool:
    """Whether a date is given as a number of days or weeks from another one."""
    tag = reading.language.tag
    words = lexicon(tag)
    return any(
        token.kind == NUMBER or is_number_word(token.text, words, tag)
        for token in reading.tokens[day.first : day.last + 1]
    )
