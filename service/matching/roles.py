"""Who did it to whom: two statements with the same words and the names changed round say opposite things."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise
from typing import Final, NamedTuple

from service.matching.folding import fold_word
from service.matching.names import Name
from service.matching.quantity_comparison import Quantity
from service.matching.reading import Reading
from service.matching.tokens import Token

_LONGEST_GAP: Final = 8
"""With more words than this between two names, their order says little about their roles."""


def _folded(*words: str) -> frozenset[str]:
    return frozenset(fold_word(word) for word in words)


_LINKS: Final = _folded(
    "and", "or", "with", "between", "from", "in", "into", "to", "at", "near", "on", "of", "for", "than", "both",
    "و", "یا", "با", "بین", "از", "در", "به", "برای", "میان",
    "أو", "مع", "بين", "من", "في", "إلى", "على", "عن", "وبين",
    "y", "o", "con", "entre", "de", "en", "et", "ou", "avec", "dans", "und", "oder", "mit", "zwischen", "von",
)  # fmt: skip
"""Between two names, these make a list, a place or a comparison: the order of the names carries no role."""

_PASSIVE: Final = _folded("by", "توسط", "por", "par", "durch", "قبل", "يد")


def ordered_pairs(names: Sequence[Name], tokens: Sequence[Token]) -> frozenset[tuple[str, str]]:
    """Neighbouring names that act on each other, as (actor, acted on) keys.

    Only names of one kind (two countries, two people) with a word between them that is no mere link; a passive marker
    between them turns the pair round.
    """
    pairs: set[tuple[str, str]] = set()
    for first, second in pairwise([name for name in names if name.kind != "unknown"]):
        between = [token.text for token in tokens[first.last + 1 : second.first]]
        if not 0 < len(between) <= _LONGEST_GAP or first.kind != second.kind or first.key == second.key:
            continue
        if not _PASSIVE.isdisjoint(between):
            pairs.add((second.key, first.key))
        elif _LINKS.isdisjoint(between):
            pairs.add((first.key, second.key))
    return frozenset(pairs)


def reversed_pair(
    query: Sequence[Name], query_tokens: Sequence[Token], candidate: Sequence[Name], candidate_tokens: Sequence[Token]
) -> tuple[str, str] | None:
    """The (actor, acted on) of the query whose roles the candidate changes round, or None."""
    if len(query) < 2 or len(candidate) < 2:
        return None
    theirs = ordered_pairs(candidate, candidate_tokens)
    if not theirs:
        return None
    ours = ordered_pairs(query, query_tokens)
    for actor, patient in sorted(ours):
        if (patient, actor) in theirs and (actor, patient) not in theirs and (patient, actor) not in ours:
            return actor, patient
    return None


_MARKERS: Final = {
    "en": _folded("of", "in", "on", "at", "from", "to", "into", "with", "for", "against", "over", "under", "near",
                  "between", "by", "than", "as", "through", "across", "without", "within", "after", "before", "since"),
    "es": _folded("de", "del", "en", "a", "al", "con", "por", "para", "contra", "desde", "hacia", "entre"),
    "fr": _folded("de", "du", "des", "en", "dans", "a", "au", "aux", "avec", "par", "pour", "contre", "depuis",
                  "entre"),
    "de": _folded("von", "vom", "in", "im", "an", "am", "aus", "mit", "fur", "gegen", "zu", "zum", "zur", "bei",
                  "durch"),
}  # fmt: skip
"""Prepositions, in languages where the order of words tells who acts: a word without one acts or is acted on."""

_FREE: Final = {
    "fa": _folded("به", "از", "در", "بر", "برای", "علیه", "توسط", "تا"),
    "ar": _folded("في", "من", "إلى", "على", "عن", "ضد", "قبل", "بعد", "لدى", "نحو"),
}
"""Prepositions, in languages where order alone tells little, and where each noun phrase keeps its own.
Whoever meets with another is met with too, so «با» and "مع" tell nothing.
"""

_CAUSED: Final = "caused"
_CAUSES: Final = _folded("باعث", "موجب", "سبب", "جایگزین", "جانشین")
"""Stand between cause and effect in Persian, and between who replaces and who is replaced."""

_OBJECT: Final = fold_word("را")
"""Stands behind what is acted on in Persian."""

_AND: Final = fold_word("و")
_THE: Final = fold_word("ال")
_ATTACHED: Final = _folded("ب", "ل", "ك", "و", "ف")

_MANY_WORDS: Final = 24
"""Beyond so many shared words the texts are no single sentences, and order says nothing."""


def order_tells(language: str) -> bool:
    """Whether the order of words tells who acts in this language, as far as is known here."""
    return language in _MARKERS


def _tongue(reading: Reading) -> str:
    """The language whose order of words counts: English for a short text in plain letters that could be any."""
    tag = reading.language.tag
    return "en" if tag == "und" and reading.text.isascii() else tag


def roles_changed(
    query: Reading,
    candidate: Reading,
    partners: Sequence[tuple[int, int]],
    labels: Sequence[tuple[Quantity, Quantity]] = (),
) -> bool:
    """Whether two shared words have changed places around a third, or have exchanged their prepositions.

    "Police arrested protesters" against "protesters arrested police"; "the wall is visible from the Moon" against "the
    Moon is visible from the wall". A phrase that merely stands elsewhere keeps its preposition, and a passive on one
    side turns the order by right. ``partners``: places of the paired words in both contents; ``labels``: the paired
    numbers that belong to names ("5G spreads COVID-19"), which act and are acted on as words are.
    """
    tag = _tongue(query)
    markers = _MARKERS.get(tag)
    if tag != _tongue(candidate):
        return 3 <= len(partners) <= _MANY_WORDS and _turned_across(query, candidate, partners)
    ours_at: Sequence[int] = query.places
    theirs_at: Sequence[int] = candidate.places
    if labels and markers is not None:
        ours_at, theirs_at, partners = _with_labels(query, candidate, partners, labels)
    if not 2 <= len(partners) <= _MANY_WORDS:
        return False
    if tag in _FREE and _exchanged(query, candidate, partners, tag):
        return True
    if markers is None and not _names_turned(query, partners):
        return False
    our_words, their_words = [token[0] for token in query.tokens], [token[0] for token in candidate.tokens]
    active = _PASSIVE.isdisjoint(our_words), _PASSIVE.isdisjoint(their_words)
    if markers is None:
        return all(active)
    turned = active[0] != active[1]
    if not turned and all(before < after for (_, before), (_, after) in pairwise(partners)):
        return False
    ours, theirs = _governed(ours_at, our_words, markers), _governed(theirs_at, their_words, markers)
    if turned:
        return _passive_unturned(ours, theirs, partners) or _passive_unturned(
            theirs, ours, sorted((there, here) for here, there in partners)
        )
    for (i, p), (j, q) in combinations(partners, 2):
        if p < q:
            continue
        mine, yours = (ours[i], ours[j]), (theirs[p], theirs[q])
        if mine == yours == ("", "") and any(i < k < j and q < r < p for k, r in partners):
            return True
        if mine[0] != mine[1] and mine == (yours[1], yours[0]):
            return True
    return False


def _exchanged(query: Reading, candidate: Reading, partners: Sequence[tuple[int, int]], tag: str) -> bool:
    """Whether two shared nouns have exchanged what marks their roles, in Persian or Arabic.

    «پلیس به معترضان حمله کرد» against «معترضان به پلیس حمله کردند»: the preposition, or «را» behind the noun, tells. In
    Arabic the noun that follows the verb acts, the next one is acted on.
    """
    if len(partners) + 1 < max(len(query.content), len(candidate.content)):
        return False
    ours, theirs = _marked(query, tag), _marked(candidate, tag)
    for (i, p), (j, q) in combinations(partners, 2):
        mine, yours = (ours[i], ours[j]), (theirs[p], theirs[q])
        if mine[0] != mine[1] and mine == (yours[1], yours[0]):
            return True
        if tag == "ar" and (i, j, p, q) == (0, 2, 2, 0) and (1, 1) in partners and mine == yours == ("", ""):
            # The subject may stand before the verb as well.
            ends = all(_is_definite(query, place) and _is_definite(candidate, place) for place in (0, 2))
            if ends and not _is_definite(query, 1) and not _is_joined(query, 1):
                return True
        # The verb opens both sentences, and the two after it have changed places.
        opens = (i, j, p, q) == (1, 2, 2, 1) and (0, 0) in partners
        if tag == "ar" and opens and mine == yours == ("", ""):
            return not (_is_joined(query, j) or _is_joined(candidate, p))
    return False


_ACTED_ON: Final = _folded("را", "به", "علیه")
_DOING: Final = {"en": _folded("by"), "fa": _folded("توسط"), "ar": _folded("قبل")}


def _turned_across(query: Reading, candidate: Reading, partners: Sequence[tuple[int, int]]) -> bool:
    """Whether who acts on one side is acted on the other, told by what each of the two languages tells it by.

    "Police attacked protesters" against «معترضان به پلیس حمله کردند» and "هاجم المتظاهرون الشرطة".
    """
    ours, theirs = _tongue(query), _tongue(candidate)
    if ours not in _DOING or theirs not in _DOING:
        return False
    mine, yours = _roles(query, ours), _roles(candidate, theirs)
    for (i, p), (j, q) in combinations(partners, 2):
        if _is_attached(query, j, ours) or _is_attached(candidate, max(p, q), theirs):
            continue
        others = [(k, r) for k, r in partners if k not in (i, j)]
        here = _acting(query, ours, mine, i, j)
        there = _acting(candidate, theirs, yours, min(p, q), max(p, q))
        if here is None or there is None or here.first == (there.first if p < q else not there.first):
            continue
        if any(k in here.verbs and r in there.verbs for k, r in others):
            return True
    return False


def _is_attached(reading: Reading, place: int, tag: str) -> bool:
    """Whether an Arabic word is written as one with a preposition or with "and"."""
    return tag == "ar" and reading.tokens[reading.places[place]].text[0] in _ATTACHED


def _roles(reading: Reading, tag: str) -> list[str]:
    """For each content word what marks its role, in English, Persian and Arabic."""
    if tag == "en":
        return _governed(reading.places, [token[0] for token in reading.tokens], _MARKERS[tag])
    return _marked(reading, tag)


def _is_definite(reading: Reading, place: int) -> bool:
    """Whether an Arabic word is a name or has the article: no verb has it, and no adjective of what has none."""
    return reading.content[place][0] == "@" or reading.tokens[reading.places[place]].text.startswith(_THE)


class _Acting(NamedTuple):
    """``first``: whether the first of two content words acts on the second one, not the second on the first.

    ``verbs``: the places where what is done may stand.
    """

    first: bool
    verbs: range


def _acting(reading: Reading, tag: str, marked: Sequence[str], one: int, other: int) -> _Acting | None:
    """Which of two content words acts on the other one; None where the language does not tell."""
    first, second = marked[one], marked[other]
    anywhere = range(len(marked))
    if second in _DOING[tag] and not first:
        return _Acting(False, anywhere)
    if tag == "fa":
        if first in _DOING[tag]:
            return _Acting(True, anywhere)
        if not first and second in _ACTED_ON:
            return _Acting(True, range(other + 1, len(marked)))
        return _Acting(False, range(other + 1, len(marked))) if not second and first in _ACTED_ON else None
    if first or second:
        return None
    # Only where the two stand right beside what is done: further away may be what describes them.
    if tag == "ar" and not (_is_definite(reading, one) and _is_definite(reading, other)):
        return None
    if other == one + 2 and (tag == "en" or one == 0):
        return _Acting(True, range(one + 1, other))
    return _Acting(True, range(one - 1, one)) if tag == "ar" and other == one + 1 else None


def _is_joined(reading: Reading, place: int) -> bool:
    """Whether an Arabic word is written as one with "and": a list has no order."""
    return reading.tokens[reading.places[place]].text.startswith(_AND)


def _marked(reading: Reading, tag: str) -> list[str]:
    """For each content word the preposition directly before it or before its phrase, or «را» behind it, or ""."""
    words = [token[0] for token in reading.tokens]
    found = _governed(reading.places, words, _FREE[tag])
    if tag == "fa":
        for number, place in enumerate(reading.places):
            if words[place + 1 : place + 2] == [_OBJECT]:
                found[number] = _OBJECT
            elif place and words[place - 1] in _CAUSES:
                found[number] = _CAUSED
    return found


def _names_turned(query: Reading, partners: Sequence[tuple[int, int]]) -> bool:
    """Whether two names of one kind have changed places, in a language whose prepositions are not known here."""
    content = query.content
    named = [(content[i].partition(":")[0], p) for i, p in partners if content[i][0] == "@"]
    return len(named) > 1 and any(kind == other and p > q for (kind, p), (other, q) in combinations(named, 2))


def _passive_unturned(passive: Sequence[str], active: Sequence[str], partners: Sequence[tuple[int, int]]) -> bool:
    """Whether an actor behind "by" comes last in the active sentence too, where actors come first."""
    return any(
        not passive[i]
        and passive[j] in _PASSIVE
        and p < q
        and active[p] == active[q] == ""
        and any(i < k < j and p < r < q for k, r in partners)
        for (i, p), (j, q) in combinations(partners, 2)
    )


def _with_labels(
    query: Reading,
    candidate: Reading,
    partners: Sequence[tuple[int, int]],
    labels: Sequence[tuple[Quantity, Quantity]],
) -> tuple[Sequence[int], Sequence[int], list[tuple[int, int]]]:
    """Places and partners of the words with those of the labels among them; a word within a label goes with it."""
    inside = {index for ours, _ in labels for index in range(ours.first, ours.last + 1)}
    pairs = {
        query.places[here]: candidate.places[there] for here, there in partners if query.places[here] not in inside
    }
    pairs |= {ours.first: theirs.first for ours, theirs in labels}
    ours_at, theirs_at = sorted(pairs), sorted(pairs.values())
    rank = {place: number for number, place in enumerate(theirs_at)}
    return ours_at, theirs_at, [(number, rank[pairs[place]]) for number, place in enumerate(ours_at)]


def _governed(places: Sequence[int], words: Sequence[str], markers: frozenset[str]) -> list[str]:
    """For each content word the preposition that its phrase stands under, or ""; touching words are one phrase."""
    found: list[str] = []
    before = -1
    for place in places:
        governing = found[-1] if found and place == before + 1 else ""
        for index in range(place - 1, before, -1):
            if words[index] in markers:
                governing = words[index]
                break
        found.append(governing)
        before = place
    return found
