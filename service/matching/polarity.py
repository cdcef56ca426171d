"""Whether a statement affirms or denies, which way it says that things went, and whether two clash in that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from service.matching.directions import COMPLEMENTARY, CONTRARY, CONVERSE, Direction, axis_kinds, read_directions
from service.matching.negation import CLAUSE, LOCAL, SPENT, WRAPPER, ZERO, find_cues
from service.matching.tokens import Token

SAME = "same"
OPPOSITE = "opposite"
UNCLEAR = "unclear"


class Cue(NamedTuple):
    """A word or phrase that denies something.

    ``kind``: negation, never, failure ("failed to"), lack, falsity ("it is false that"), denial ("denied that"), zero
    ("nobody", "no" + noun, "0"), without, contrast ("Iran, not Iraq"), concord (repeats another cue).
    ``scope``: "clause", "wrapper" (a whole governed clause), "zero", "local" (one word, or a side clause), "spent"
    (counted with another cue). ``target`` is the index of the token it most
    likely denies, ``target_text`` its folded word. ``first`` and ``last`` are token indexes, last included; ``start``
    and ``end`` code points of the original, end excluded.
    """

    text: str
    start: int
    end: int
    first: int
    last: int
    kind: str
    target: int
    target_text: str
    scope: str


@dataclass(frozen=True, slots=True)
class Polarity:
    """What a text denies, and the direction words in it.

    ``negated``: the net of clause negations and wrappers; a denial of a denial is an affirmation. A determiner zero
    ("No terrorists were killed") is not counted in it, ``denies`` is the net that counts it too.
    """

    negated: bool
    cues: tuple[Cue, ...] = ()
    directions: tuple[Direction, ...] = ()
    denies: bool = False


@dataclass(frozen=True, slots=True)
class PolarityComparison:
    """How the polarities of two texts stand to each other.

    ``relation``: "same", "opposite" (both cannot be true, all else being equal) or "unclear" (neither can be said:
    the texts should not be called equivalent on the strength of other features alone). ``detail`` says why in a few
    words. ``direction_conflicts`` holds the opposed direction words that decided or clouded the relation.
    """

    relation: str
    detail: str
    direction_conflicts: tuple[tuple[Direction, Direction], ...] = ()


_AFFIRMS = Polarity(False)


def read_polarity(
    tokens: Sequence[Token],
    language: str,
    texts: list[str] | None = None,
    directed: Sequence[int] | None = None,
    denying: Sequence[int] | None = None,
) -> Polarity:
    """Read negation and direction words.

    ``language`` is a primary subtag ("en", "fa"); "und" reads with the lexicons of several scripts; a language
    without a lexicon gives no cues. ``texts`` may hand in ``[token.text for token in tokens]``, ``directed`` and
    ``denying`` the places that ``may_tell_direction`` and that ``may_deny``. Linear in the length of the text; never
    raises.
    """
    if texts is None:
        texts = [token.text for token in tokens]
    directions = () if directed == [] else read_directions(tokens, language, texts, directed)
    found = [] if denying == [] else find_cues(tokens, texts, language, denying)
    if not found:
        return Polarity(False, (), directions) if directions else _AFFIRMS
    denied = zero = wrapped = False
    covered: set[int] = set()
    cues = []
    for cue in found:
        if cue.scope != SPENT:
            odd = cue.flips % 2 == 1
            if cue.scope == CLAUSE:
                denied = denied or odd
            elif cue.scope == ZERO:
                zero = zero or odd
            elif cue.scope == WRAPPER:
                wrapped ^= odd
                covered.add(cue.target)
        if cue.scope == WRAPPER or cue.kind == "failure":
            covered.update(range(cue.first, cue.last + 1))
        cues.append(
            Cue(
                " ".join(texts[cue.first : cue.last + 1]),
                tokens[cue.first].start,
                tokens[cue.last].end,
                cue.first,
                cue.last,
                cue.kind,
                cue.target,
                texts[cue.target],
                cue.scope,
            )
        )
    if covered and directions:
        # "false" in "it is false that" turns the statement round; it is not itself what the statement is about.
        directions = tuple(d for d in directions if covered.isdisjoint(range(d.first, d.last + 1)))
    return Polarity(denied != wrapped, tuple(cues), directions, (denied or zero) != wrapped)


def _clash(a: Direction, b: Direction, kind: str) -> bool:
    if kind in (CONTRARY, COMPLEMENTARY):
        return True
    if a.axis == "order":
        # "came before the vote", "came after the vote": what it was before or after tells, the verb beside it does not.
        return bool(a.right) and a.right == b.right
    return kind == CONVERSE and bool(a.left) and a.left == b.left


def _opposed(
    a: tuple[Direction, ...], b: tuple[Direction, ...]
) -> tuple[list[tuple[Direction, Direction]], list[tuple[Direction, Direction]]]:
    """Pairs of opposite poles on axes where the two texts share no pole: (those that clash, those that only differ)."""
    clashes: list[tuple[Direction, Direction]] = []
    differences: list[tuple[Direction, Direction]] = []
    theirs = {direction.axis for direction in b}
    for axis in dict.fromkeys([direction.axis for direction in a]):
        if axis not in theirs:
            continue
        mine = [direction for direction in a if direction.axis == axis]
        yours = [direction for direction in b if direction.axis == axis]
        if {direction.pole for direction in mine}.isdisjoint([direction.pole for direction in yours]):
            pair = (mine[0], yours[0])
            (clashes if _clash(*pair, axis_kinds()[axis]) else differences).append(pair)
    return clashes, differences


_LACKING: Final = frozenset({"without", "lack"})
"""Kinds of cues that deny that something has what the word beside them names."""


def _singular(word: str) -> str:
    return word.removesuffix("s")


_BOTH_AFFIRM: Final = PolarityComparison(SAME, "both affirm", ())


def compare_polarity(a: Polarity, b: Polarity) -> PolarityComparison:
    """Compare two statements that are alike in everything else. Symmetric in ``relation``.

    | denial | directions | relation |
    |---|---|---|
    | equal | none opposed | same (unclear when only one side denies a word or a side clause) |
    | equal, both affirm | opposed ("rose", "fell") | opposite |
    | equal, both deny | opposed ("did not rise", "did not fall") | opposite on complementary axes, else unclear |
    | different | none opposed | opposite (same where one denies and the other lacks one thing, unclear for two) |
    | different | opposed on a complementary axis ("not legal", "illegal") | same |
    | different | opposed otherwise ("did not rise", "fell") | unclear |

    Opposite poles of a converse axis ("before", "after"; "sold", "bought") swap with the order of words, so they
    clash only where the word beside them is the same (after an order word, before any other); else they, like "all"
    against "some", leave it unclear.
    """
    if not a.directions or not b.directions:
        clashes: list[tuple[Direction, Direction]] = []
        differences: list[tuple[Direction, Direction]] = []
    else:
        clashes, differences = _opposed(a.directions, b.directions)
    if not clashes and not differences and not a.cues and not b.cues:
        return _BOTH_AFFIRM
    pairs = tuple(clashes + differences)
    words = "; ".join([f"{one.text} / {other.text}" for one, other in pairs]) if pairs else ""
    if a.denies != b.denies:
        if not clashes:
            denying, affirming = (a, b) if a.denies else (b, a)
            lacking = [cue for cue in affirming.cues if cue.scope == LOCAL and cue.kind in _LACKING]
            if lacking and LOCAL not in [cue.scope for cue in denying.cues]:
                # "The city is polio-free" denies what "there is no polio" denies.
                met = {_singular(cue.target_text) for cue in denying.cues}
                alike = any(_singular(cue.target_text) in met for cue in lacking)
                return PolarityComparison(SAME if alike else UNCLEAR, f"a denial beside: {lacking[0].text}", pairs)
            cue = next((cue.text for cue in (a if a.denies else b).cues if cue.scope != LOCAL), "")
            return PolarityComparison(
                OPPOSITE, f"only one side denies ({cue})" if cue else "only one side denies", pairs
            )
        if len(clashes) == 1 and axis_kinds()[clashes[0][0].axis] == COMPLEMENTARY:
            return PolarityComparison(SAME, f"a denial and its opposite: {words}", ())
        return PolarityComparison(UNCLEAR, f"a denial beside opposed words: {words}", pairs)
    if clashes:
        if a.denies and axis_kinds()[clashes[0][0].axis] != COMPLEMENTARY:
            return PolarityComparison(UNCLEAR, f"both deny, of opposed words: {words}", pairs)
        return PolarityComparison(OPPOSITE, f"opposed words: {words}", pairs)
    if differences:
        return PolarityComparison(UNCLEAR, f"words that differ in direction: {words}", pairs)
    mine = LOCAL in [cue.scope for cue in a.cues]
    yours = LOCAL in [cue.scope for cue in b.cues]
    if mine != yours:
        local = next(cue for cue in a.cues + b.cues if cue.scope == LOCAL)
        return PolarityComparison(UNCLEAR, f"only one side has: {local.text} {local.target_text}", ())
    return PolarityComparison(SAME, "both deny" if a.denies else "both affirm", ())
