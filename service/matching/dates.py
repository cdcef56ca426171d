"""Dates and periods in a text, and what two of them say about each other.

Every date becomes the days from its ``earliest`` to its ``latest``, in the Gregorian calendar, however it was
written; its ``precision`` keeps how much was said, so that "2025" and "December 2025" are compatible, not equal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple

from service.matching.calendars import GREGORIAN
from service.matching.datedraft import Draft, Precision
from service.matching.dateperiods import PeriodScan
from service.matching.datescan import DASHES
from service.matching.datewords import Lexicon, find, find_before, lexicon
from service.matching.folding import fold
from service.matching.tokens import WORD, Token


class DateMention(NamedTuple):
    """A date or period as a text states it.

    ``year``, ``month`` and ``day`` are those of ``calendar`` ("gregorian", "jalali", "hijri"); for quarters, halves and
    seasons ``month`` is the first one. ``earliest`` and ``latest`` are Gregorian days, both included; None where the
    text leaves that end open or the date cannot be resolved. ``comparator``: ``=``, ``<`` (before), ``<=`` (until, by),
    ``>`` (after), ``>=`` (since) or ``~`` (around); with one of them the days are those the comparator admits.
    ``relative``: the date is counted from the day of writing. ``start`` and ``end`` are code points of the text,
    ``first`` and ``last`` indexes of its tokens (last included).
    """

    year: int | None
    month: int | None
    day: int | None
    precision: Precision
    earliest: date | None
    latest: date | None
    comparator: str
    relative: bool
    text: str
    start: int
    end: int
    first: int
    last: int
    calendar: str = GREGORIAN


_DIGITS: Final = frozenset("0123456789")
_SEPARATORS: Final = frozenset({"/", "-", "."})
_GLUED: Final = {"و": "و", "ب": "در", "ل": "تا", "ف": "در", "ול": "و", "ב": "", "ל": "", "מ": ""}
_DAY: Final = timedelta(days=1)
_SLACK: Final = {"day": 3, "month": 31, "quarter": 62, "season": 62, "half": 92, "range": 31}
"""By how many days "around" widens a period; 400 for years and longer."""
_ANCHORS: Final = range(700, 9000)
"""Years that all three calendars have, with room for the centuries that a text may count from them."""


def begins_date(word: str, language: str, arabic_text: bool) -> bool:
    """Whether a date may begin at this folded word; ``arabic_text`` matters for "und" alone, see ``read_dates``."""
    return word in lexicon(language, arabic_text).triggers or word[-1] in _DIGITS


def read_dates(
    tokens: Sequence[Token], language: str, anchor: date | None, hits: Sequence[int] | None = None
) -> tuple[DateMention, ...]:
    """The dates among ``tokens``, in order, without overlaps.

    ``language`` is a primary subtag or "und"; ``anchor`` the day from which "last year" is counted: without it, or
    with one outside the years 700 to 8999, such dates have neither ``earliest`` nor ``latest``. ``hits``: the tokens
    that ``begins_date``, where the caller knows them; a text in no known language is read with the words of the script
    that its first word is in. Linear in the number of tokens; never raises.
    """
    words = _words_for(tokens, language)
    if hits is None:
        triggers = words.triggers
        hits = [index for index, token in enumerate(tokens) if token[0] in triggers or token[0][-1] in _DIGITS]
    hits = _promising(tokens, hits, words)
    if not hits:
        return ()
    if anchor is not None and anchor.year not in _ANCHORS:
        anchor = None
    scan = PeriodScan(tokens, language, words, anchor)
    if words.arabic:
        _unglue(scan, hits)
    drafts = _collect(scan, hits)
    if not drafts:
        return ()
    if len(drafts) > 1:
        drafts = _join(scan, drafts)
    for draft in drafts:
        _compare_word(scan, draft)
    return tuple(_mention(draft, tokens) for draft in drafts)


def _words_for(tokens: Sequence[Token], language: str) -> Lexicon:
    if language == "und":
        for token in tokens:
            if token[3] == WORD:
                return lexicon("und", "\u0600" <= token[0][0] <= "\u06ff")
    return lexicon(language)


def _promising(tokens: Sequence[Token], hits: Sequence[int], words: Lexicon) -> list[int]:
    """The ``hits`` without plain small numbers: only what stands beside one can make it a part of a date."""
    triggers, last = words.triggers, len(tokens) - 1
    kept: list[int] = []
    for index in hits:
        text = tokens[index][0]
        if text not in triggers and text[0] in _DIGITS:
            size = len(text)
            if size == 4 and text.isdigit():
                kept.append(index)
                continue
            if size > 4:
                if text.count(".") != 2:
                    continue
            elif index == last or not _completes(tokens[index + 1][0], words):
                continue
        kept.append(index)
    return kept


def _completes(word: str, words: Lexicon) -> bool:
    """Whether a short number before this word may begin a date: "31/12/2025", "90s", "24年"."""
    return word in _SEPARATORS or word in words.decade_suffix or word in words.year_after


def _unglue(scan: PeriodScan, hits: Sequence[int]) -> None:
    """Read "و2019" as the year with "and" before it."""
    for index in hits:
        word = scan.words[index]
        if not word[0].isdigit() and word[1:].isdecimal():
            scan.glued[index] = word[0]
            scan.words[index] = word[1:]


def _collect(scan: PeriodScan, hits: Sequence[int]) -> list[Draft]:
    found: list[Draft] = []
    taken: set[int] = set()

    def keep(draft: Draft | None) -> bool:
        if draft is None or not taken.isdisjoint(range(draft.first, draft.last + 1)):
            return False
        taken.update(range(draft.first, draft.last + 1))
        found.append(draft)
        return True

    claiming = scan.lexicon.claiming
    for index in hits:  # months claim the numbers beside them first
        if index not in taken and scan.words[index] in claiming:
            _try_dated(scan, index, keep)
    for index in hits:
        if index not in taken:
            _try_rest(scan, index, keep)
    if len(found) > 1:
        found.sort(key=lambda draft: draft.first)
    return found


def _try_dated(scan: PeriodScan, index: int, keep: Callable[[Draft | None], bool]) -> None:
    lex, word = scan.lexicon, scan.words[index]
    if word in lex.seasons and keep(scan.season(index)):
        return
    if word in lex.quarters and keep(scan.named_quarter(index)):
        return
    unit = find(lex.units, scan.words, index) if word in lex.units else None
    if unit is not None and unit[0] in ("quarter", "half") and keep(scan.unit(index)):
        return
    if word in lex.months:
        keep(scan.month(index))


def _try_rest(scan: PeriodScan, index: int, keep: Callable[[Draft | None], bool]) -> None:
    lex, word = scan.lexicon, scan.words[index]
    if word[0] in _DIGITS and (keep(scan.numeric(index)) or keep(scan.year(index)) or keep(scan.decade(index))):
        return
    if word in lex.ago and keep(scan.ago(index)):
        return
    if word in lex.relative and not _sided(scan, index) and keep(scan.relative(index)):
        return
    if word in lex.units and keep(scan.unit(index)):
        return
    if word in lex.decades or word in lex.decade_before:
        keep(scan.decade(index))


def _sided(scan: PeriodScan, index: int) -> bool:
    """Whether "اليوم" at ``index`` is "the day" of "the last day" and not "today"."""
    return bool(
        scan.lexicon.arabic and scan.words[index + 1] in scan.lexicon.sides and scan.words[index] in scan.lexicon.units
    )


def _join(scan: PeriodScan, drafts: list[Draft]) -> list[Draft]:
    """Two dates with "to" between them, or "and" after "between", become one range."""
    joined = [drafts[0]]
    for draft in drafts[1:]:
        before = joined[-1]
        if _connected(scan, before, draft) and _as_range(scan, before, draft):
            continue
        joined.append(draft)
    return joined


def _connected(scan: PeriodScan, before: Draft, after: Draft) -> bool:
    words, lex = scan.words, scan.lexicon
    if before.precision == "range":
        return False
    gap = words[before.last + 1 : after.first]
    opened = before.first > 0 and (
        words[before.first - 1] in lex.between
        or (before.first > 1 and words[before.first - 1] in lex.fill and words[before.first - 2] in lex.between)
    )
    if not gap:
        return scan.glued.get(after.first) == "و" and opened
    while len(gap) > 1 and gap[-1] in lex.fill:
        gap = gap[:-1]
    if len(gap) == 1 and gap[0] in lex.conjunctions:
        return opened
    if len(gap) == 1 and gap[0] in DASHES:
        return True
    found = find(lex.connectors, words, before.last + 1)
    return found is not None and found[1] == before.last + 1 + len(gap)


def _as_range(scan: PeriodScan, low: Draft, high: Draft) -> bool:
    if low.year is None and low.earliest is None and high.year is not None and low.system == high.system:
        low.year = high.year
        low.settle()
    if low.earliest is None or high.latest is None or low.earliest > high.latest:
        return False
    low.latest, low.last, low.precision = high.latest, high.last, "range"
    low.relative = low.relative or high.relative
    low.year = low.year if low.year == high.year else None
    low.month = low.day = None
    if low.first and scan.words[low.first - 1] in scan.lexicon.between:
        low.first -= 1
    return True


def _compare_word(scan: PeriodScan, draft: Draft) -> None:
    """Take in "before", "since", "around" and their like, from before the date or after it."""
    words, lex = scan.words, scan.lexicon
    after = draft.last + 1
    if words[after] == "'" and scan.touches(after):
        after += 1
    later = find(lex.onwards, words, after)
    if later is not None:
        draft.comparator, draft.last = later[0], later[1] - 1
        if draft.first > 0 and words[draft.first - 1] in lex.between:
            draft.first -= 1
    elif draft.first > 0 and draft.precision != "range":
        place = draft.first - 1
        if (
            words[place] in lex.fill
            and place > 0
            and words[place - 1] in lex.compare
            and words[place] not in lex.compare
        ):
            place -= 1
        found = find_before(lex.compare, words, place)
        if found is None:
            return
        draft.comparator, draft.first = found
    if draft.comparator != "=":
        _open(draft)


def _open(draft: Draft) -> None:
    earliest, latest = draft.earliest, draft.latest
    if earliest is None or latest is None:
        return
    try:
        if draft.comparator == "<":
            draft.earliest, draft.latest = None, earliest - _DAY
        elif draft.comparator == "<=":
            draft.earliest = None
        elif draft.comparator == ">":
            draft.earliest, draft.latest = latest + _DAY, None
        elif draft.comparator == ">=":
            draft.latest = None
    except OverflowError:
        draft.earliest = draft.latest = None


def _mention(draft: Draft, tokens: Sequence[Token]) -> DateMention:
    first, last = draft.first, draft.last
    start, end = tokens[first][1], tokens[last][2]
    text = tokens[first][4]
    for index in range(first + 1, last + 1):
        token = tokens[index]
        text += token[4] if token[1] == tokens[index - 1][2] else " " + token[4]
    return DateMention(
        draft.year, draft.month, draft.day, draft.precision, draft.earliest, draft.latest, draft.comparator,
        draft.relative, text, start, end, first, last, draft.system,
    )  # fmt: skip


def compare_dates(a: DateMention, b: DateMention) -> str:
    """How ``a`` stands to ``b``.

    - "equal": the same days, in whatever calendars, said with the same comparator;
    - "inside": the days of ``a`` are some of those of ``b`` ("December 2025" in "2025"); "contains": the reverse;
    - "overlap": at least half of the shorter period lies in the other one, without being nested, and they are told in
      two calendars. So a Jalali month or year stands to the Gregorian one that newsrooms render it with;
    - "conflict": no day in common;
    - "unknown": one side cannot be resolved, or they share less than half of the shorter period, or they are different
      periods of one calendar.

    A date without a year is compared by month and day; "around" admits some days more on both sides. Seasons without a
    day in common are "unknown" within a year of each other: the two halves of the Earth do not share them.
    """
    if (a.earliest is None and a.latest is None) or (b.earliest is None and b.latest is None):
        return _compare_partial(a, b)
    low_a, high_a = _bounds(a)
    low_b, high_b = _bounds(b)
    if low_a == low_b and high_a == high_b and (a.comparator == "~") == (b.comparator == "~"):
        return "equal"
    if low_a > high_b or low_b > high_a:
        near = max(low_a - high_b, low_b - high_a) <= 366
        return "unknown" if near and "season" in (a.precision, b.precision) else "conflict"
    if low_b <= low_a and high_a <= high_b:
        return "inside"
    if low_a <= low_b and high_b <= high_a:
        return "contains"
    if a.calendar == b.calendar:
        return "unknown"
    shared = min(high_a, high_b) - max(low_a, low_b) + 1
    shorter = min(high_a - low_a, high_b - low_b) + 1
    return "overlap" if shared * 2 >= shorter else "unknown"


def _bounds(mention: DateMention) -> tuple[int, int]:
    low = mention.earliest.toordinal() if mention.earliest is not None else -1_000_000
    high = mention.latest.toordinal() if mention.latest is not None else 5_000_000
    if mention.comparator == "~":
        slack = _SLACK.get(mention.precision, 400)
        return low - slack, high + slack
    return low, high


def _compare_partial(a: DateMention, b: DateMention) -> str:
    """Compare dates of which one at least has no year, or waits for an anchor."""
    if a.text == b.text or fold(a.text) == fold(b.text):
        return "equal"
    if a.month is None or b.month is None or a.comparator != b.comparator:
        return "unknown"
    if a.calendar != b.calendar:
        return "unknown"
    if not {a.precision, b.precision} <= {"day", "month"}:
        return "equal" if _same_parts(a, b) else "unknown"
    if a.month != b.month or (a.day is not None and b.day is not None and a.day != b.day):
        return "conflict"
    wider_a = (a.year is None and b.year is not None) or (a.day is None and b.day is not None)
    wider_b = (b.year is None and a.year is not None) or (b.day is None and a.day is not None)
    if wider_a and wider_b:
        return "unknown"
    if wider_a:
        return "contains"
    return "inside" if wider_b else "equal"


def _same_parts(a: DateMention, b: DateMention) -> bool:
    return (a.precision, a.year, a.month, a.day) == (b.precision, b.year, b.month, b.day)
