"""Prepositions that give one word another part: "before midnight" and "at midnight", "to Yemen" and "from Yemen".

They are function words, which weigh nothing where words are compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from service.matching.folding import fold_word, folded_words
from service.matching.reading import Reading

_BEFORE, _AFTER, _DURING, _UNTIL, _SINCE, _BY = "before", "after", "during", "until", "since", "by"
_TO, _FROM = "to", "from"
_IN, _NEAR, _OUTSIDE = "in", "near", "outside"
_DOER, _FOR, _ABOUT, _AGAINST = "doer", "for", "about", "against"


def _table(**kinds: str) -> dict[str, str]:
    return {word: kind for kind, words in kinds.items() for word in folded_words(words)}


_IN_TIME: Final = {
    "en": _table(before="before", after="after following", during="during", until="until till", since="since"),
    "fa": _table(during="هنگام حین طول جریان خلال", until="تا"),
    "ar": _table(before="قبل قبيل", after="بعد عقب", during="خلال أثناء", until="حتى", since="منذ"),
}
"""What these make of any word."""

_OF_THE_CLOCK: Final = {
    "en": _table(during="at on in", since="from", by="by", until="to"),
    "fa": _table(during="در", since="از"),
    "ar": _table(during="في عند", since="من", until="إلى"),
}
"""What these make of a day of the week and of a time of the day."""

_CLOCK: Final = {
    "en": folded_words(
        "monday tuesday wednesday thursday friday saturday sunday midnight noon midday dawn sunrise dusk sunset "
        "nightfall morning afternoon evening night today tomorrow yesterday tonight"
    ),
    "fa": folded_words(
        "شنبه یکشنبه یک‌شنبه دوشنبه سه‌شنبه چهارشنبه پنجشنبه پنج‌شنبه جمعه نیمه‌شب ظهر سحر سپیده‌دم طلوع غروب صبح عصر شب "
        "امروز فردا دیروز امشب"
    ),
    "ar": folded_words(
        "يوم الاثنين الثلاثاء الأربعاء الخميس الجمعة السبت الأحد منتصف الظهر الفجر الشروق الغروب الصباح المساء الليل "
        "اليوم غدا أمس"
    ),
}

_IN_SPACE: Final = {
    "en": _table(
        near="near beside", outside="outside", doer="by", against="against", about="about",
        **{"in": "in inside", "for": "for"},
    ),
    "fa": _table(
        near="نزدیک نزدیکی حوالی کنار", outside="بیرون", doer="توسط", about="درباره", against="علیه",
        **{"in": "در داخل درون", "for": "برای"},
    ),
    "ar": _table(near="قرب بالقرب بجوار جوار", outside="خارج", against="ضد", **{"in": "في داخل"}),
}  # fmt: skip
"""What these make of any other word, where nothing before them has told."""

_UNLIKE: Final = frozenset(
    frozenset(pair)
    for pair in (
        (_IN, _NEAR), (_IN, _OUTSIDE), (_DOER, _FOR), (_DOER, _ABOUT), (_DOER, _AGAINST), (_FOR, _AGAINST),
    )
)  # fmt: skip
"""Of those, the kinds that cannot say the same; "threats for" and "threats about" can."""

_OF_A_PLACE: Final = {
    "en": {"to": _TO, "into": _TO, "toward": _TO, "towards": _TO, "on": _TO, "against": _TO, "from": _FROM},
    "fa": {fold_word("به"): _TO, fold_word("علیه"): _TO, fold_word("از"): _FROM},
    "ar": {**dict.fromkeys(folded_words("إلى نحو على ضد"), _TO), fold_word("من"): _FROM},
}

_PASSED_OVER: Final = {
    "en": folded_words("the a an this that these those his her its their next last"),
    "fa": folded_words("روز این آن"),
    "ar": folded_words("يوم هذا هذه صباح مساء"),
}
"""Words between the preposition and what it governs."""

_COMPOUND: Final = {
    **dict.fromkeys(folded_words("پیش قبل"), _BEFORE),
    **dict.fromkeys(folded_words("پس بعد"), _AFTER),
}
"""What stands before «از» in the Persian for "before" and "after"."""

_NO_PREPOSITION: Final = folded_words(
    "according due thanks owing close prior next subject similar apart aside more less fewer greater different "
    "بیش بیشتر کمتر غیر جدا فراتر أكثر أقل أكبر"
)
"""Behind these a preposition belongs to them, and tells nothing of a place."""

_ALIKE: Final = frozenset(
    frozenset(pair) for pair in ((_AFTER, _SINCE), (_BEFORE, _BY), (_BEFORE, _UNTIL), (_BY, _UNTIL))
)
"""Kinds that can say the same: "closed since the war" and "after the war"."""

_BOUNDS: Final = frozenset({_BEFORE, _AFTER, _DURING, _UNTIL, _SINCE, _BY, _TO, _FROM})

_FROM_WORD: Final = fold_word("از")
_PLACE: Final = "@place:"


def stands_otherwise(query: Reading, candidate: Reading, partners: Sequence[tuple[int, int]]) -> bool:
    """Whether a shared word is the beginning, end or bound of something on one side, and another of these on the other.

    "Closed from Monday" and "until Monday", "before the vote" and "during the vote", "to Yemen" and "from Yemen". Where
    either side leaves the preposition out, nothing is known. ``partners``: places of the paired words in both contents.
    """
    tags = _tongue(query), _tongue(candidate)
    if tags[0] not in _IN_TIME or tags[1] not in _IN_TIME:
        return False
    for here, there in partners:
        ours = _part(query, here, tags[0])
        if ours is None:
            continue
        theirs = _part(candidate, there, tags[1])
        if theirs is not None and ours != theirs and _differ(frozenset((ours, theirs))):
            return True
    return sent_elsewhere(query, candidate, partners, tags)


def _differ(kinds: frozenset[str]) -> bool:
    return kinds not in _ALIKE if kinds <= _BOUNDS else kinds in _UNLIKE


def _tongue(reading: Reading) -> str:
    tag = reading.language.tag
    return "en" if tag == "und" else tag


def _part(reading: Reading, place: int, tag: str) -> str | None:
    """What the preposition directly before a content word makes of it; None without one that is known."""
    tokens = reading.tokens
    index = first = reading.places[place]
    index -= 1
    while index >= 0 and tokens[index].text in _PASSED_OVER[tag]:
        index -= 1
    if index < 0:
        return None
    word = tokens[index].text
    before = tokens[index - 1].text if index else ""
    if word == _FROM_WORD and before in _COMPOUND:
        return _COMPOUND[before]
    kind = _IN_TIME[tag].get(word)
    if kind is not None:
        return kind
    if word in _OF_THE_CLOCK[tag] and tokens[first].text in _CLOCK[tag]:
        return _OF_THE_CLOCK[tag][word]
    if word in _OF_A_PLACE[tag] and reading.content[place].startswith(_PLACE) and before not in _NO_PREPOSITION:
        return _OF_A_PLACE[tag][word]
    return _IN_SPACE[tag].get(word)


_SENT: Final = {
    "en": folded_words(
        "embassy embassies consulate consulates ambassador ambassadors envoy envoys consul diplomat diplomats refugee "
        "refugees migrant migrants immigrant immigrants troops soldier soldiers forces tourist tourists fighters"
    ),
    "fa": folded_words(
        "سفارت سفارتخانه کنسولگری سفیر سفرا کنسول دیپلمات دیپلمات‌ها پناهنده پناهندگان پناهجو پناهجویان مهاجر مهاجران "
        "سرباز سربازان نیروهای گردشگر گردشگران"
    ),
    "ar": folded_words(
        "سفارة السفارة قنصلية القنصلية سفير السفير قنصل القنصل مبعوث المبعوث دبلوماسي دبلوماسيون دبلوماسيين لاجئ "
        "لاجئون لاجئين اللاجئون اللاجئين لاجئو لاجئي مهاجر مهاجرون مهاجرين المهاجرون المهاجرين جندي جنود الجنود قوات "
        "القوات سياح"
    ),
}
"""People and missions that one country has in another one."""

_THEIRS: Final = {"en": folded_words("of from"), "fa": folded_words("از"), "ar": folded_words("من")}
_THERE: Final = {
    "en": folded_words("in to at inside"),
    "fa": folded_words("در به داخل"),
    "ar": folded_words("في لدى إلى داخل"),
}
_SIGHT: Final = 4


def sent_elsewhere(
    query: Reading, candidate: Reading, partners: Sequence[tuple[int, int]], tags: tuple[str, str]
) -> bool:
    """Whether people or a mission come from a country on one side, and are there on the other.

    "Iraqi refugees" and "refugees in Iraq", "the embassy of Iraq" and "the embassy in Iraq".
    """
    if not query.names or not candidate.names:
        return False
    for here, there in partners:
        ours = query.tokens[query.places[here]].text
        theirs = candidate.tokens[candidate.places[there]].text
        if ours not in _SENT[tags[0]] or theirs not in _SENT[tags[1]]:
            continue
        mine, yours = _origins(query, here, tags[0]), _origins(candidate, there, tags[1])
        if any(yours.get(key, home) != home for key, home in mine.items()):
            return True
    return False


def _origins(reading: Reading, place: int, tag: str) -> dict[str, bool]:
    """The places beside a word: True for where its people come from, False for where they are."""
    tokens = reading.tokens
    noun = reading.places[place]
    found: dict[str, bool] = {}
    for name in reading.names:
        if name.kind != "place":
            continue
        if (tag == "en" and name.last + 1 == noun) or (tag != "en" and name.first == noun + 1):
            found[name.key] = True
        elif 0 < name.first - noun <= _SIGHT:
            before = name.first - 1
            if tokens[before].text in _PASSED_OVER[tag]:
                before -= 1
            if before > noun and tokens[before].text in _THEIRS[tag]:
                found.setdefault(name.key, True)
            elif before > noun and tokens[before].text in _THERE[tag]:
                found.setdefault(name.key, False)
    return found


_OR: Final = {"en": folded_words("or"), "fa": folded_words("یا"), "ar": folded_words("أو")}
_AND: Final = {"en": folded_words("and"), "fa": folded_words("و"), "ar": folded_words("و")}
_ATTACHED_AND: Final = fold_word("و")


def either_or_both(query: Reading, candidate: Reading, partners: Sequence[tuple[int, int]]) -> bool:
    """Whether two neighbouring words are joined by "or" on one side and by "and" on the other.

    Not under a denial, which reaches both ("no gold or silver").
    """
    tag = query.language.tag
    if tag != candidate.language.tag or tag not in _OR or query.polarity.denies or candidate.polarity.denies:
        return False
    ours, theirs = [token.text for token in query.tokens], [token.text for token in candidate.tokens]
    if _OR[tag].isdisjoint(ours) == _OR[tag].isdisjoint(theirs):
        return False
    for (here, there), (then, later) in pairwise(partners):
        if then != here + 1 or later != there + 1:
            continue
        mine = _joined(ours, query.places[here], query.places[then], tag)
        yours = _joined(theirs, candidate.places[there], candidate.places[later], tag)
        if mine and yours and mine != yours:
            return True
    return False


def _joined(words: Sequence[str], first: int, second: int, tag: str) -> str | None:
    between = words[first + 1 : second]
    if not _OR[tag].isdisjoint(between):
        return "or"
    if not _AND[tag].isdisjoint(between) or (tag == "ar" and words[second].startswith(_ATTACHED_AND)):
        return "and"
    return None
