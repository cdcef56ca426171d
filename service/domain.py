"""The small frozen values everyone shares: the vocabularies, a claim with what hangs on it, a check.

One enum serves the database, the API and the matcher; no layer keeps a second list.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple, TypeVar
from uuid import UUID

MIN_TEXT = 3
MAX_TEXT = 2_000
"""Length of a claim's text, in Unicode code points."""

MAX_CLAIMS = 100
"""How many claims one check may carry."""


class Verdict(StrEnum):
    """What a review says of a claim; also what a claim's reviews say together."""

    TRUE = "true"
    MOSTLY_TRUE = "mostly_true"
    MIXED = "mixed"
    MISLEADING = "misleading"
    MOSTLY_FALSE = "mostly_false"
    FALSE = "false"
    UNPROVEN = "unproven"
    OUTDATED = "outdated"
    SATIRE = "satire"
    OTHER = "other"


class Stance(StrEnum):
    """How a source stands towards the claim it is attached to."""

    SUPPORTS = "supports"
    REFUTES = "refutes"
    MIXED = "mixed"
    NEUTRAL = "neutral"


class Status(StrEnum):
    """The answer to an incoming claim."""

    SUPPORTED = "supported"
    REFUTED = "refuted"
    MIXED = "mixed"
    CONFLICTING = "conflicting"
    OUTDATED = "outdated"
    UNPROVEN = "unproven"
    UNVERIFIED = "unverified"


class Relation(StrEnum):
    """How a stored claim stands to the incoming one.

    ``narrower``: the stored claim says more than the incoming one; ``broader``: it says less.
    """

    EQUIVALENT = "equivalent"
    CONTRADICTS = "contradicts"
    NARROWER = "narrower"
    BROADER = "broader"
    RELATED = "related"


class ConflictKind(StrEnum):
    """Which part of two statements cannot both be true."""

    QUANTITY = "quantity"
    POLARITY = "polarity"
    DIRECTION = "direction"
    DATE = "date"
    NAME = "name"


class Comparator(StrEnum):
    """How a quantity bounds what it counts; ``~`` is about."""

    EQUAL = "="
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="
    ABOUT = "~"


class DatePrecision(StrEnum):
    """How much a text says of a date; a ``range`` has its own first and last day."""

    DAY = "day"
    MONTH = "month"
    QUARTER = "quarter"
    SEASON = "season"
    HALF = "half"
    YEAR = "year"
    DECADE = "decade"
    CENTURY = "century"
    RANGE = "range"


class NameKind(StrEnum):
    """What a name in a text is the name of."""

    PLACE = "place"
    PERSON = "person"
    ORGANISATION = "organisation"
    UNKNOWN = "unknown"


class RetrievalKind(StrEnum):
    """How stored claims are searched: by their words, by their meaning."""

    LEXICAL = "lexical"
    SEMANTIC = "semantic"


class Reason(StrEnum):
    """Why a result is ``unverified``."""

    NO_CANDIDATES = "no_candidates"
    BELOW_THRESHOLD = "below_threshold"
    QUANTITY_CONFLICT = "quantity_conflict"
    POLARITY_CONFLICT = "polarity_conflict"
    DATE_CONFLICT = "date_conflict"
    ONLY_RELATED = "only_related"
    TOO_VAGUE = "too_vague"


class SecondOpinion(StrEnum):
    """What came of asking a service elsewhere about claims that are not known here.

    ``off``: nobody is to be asked; ``not_needed``: no claim was one to ask about; ``asked``: it answered, now or
    lately; ``over_quota``: the day's questions are used up; ``paused``: it failed too often; ``failed``: its answer
    was none; ``late``: none came in time.
    """

    OFF = "off"
    NOT_NEEDED = "not_needed"
    ASKED = "asked"
    OVER_QUOTA = "over_quota"
    PAUSED = "paused"
    FAILED = "failed"
    LATE = "late"


class Action(StrEnum):
    """What a revision of a claim did.

    ``merged``: this claim became part of another; ``absorbed``: another became part of this one; ``relabelled``: a
    publisher's table changed what a label of its reviews means.
    """

    CREATED = "created"
    EDITED = "edited"
    WITHDRAWN = "withdrawn"
    RESTORED = "restored"
    MERGED = "merged"
    ABSORBED = "absorbed"
    RELABELLED = "relabelled"


class LinkStatus(StrEnum):
    """What the visits to the link of a source or a review found.

    ``redirected``: it leads to another address; ``gone``: there is no such page; ``blocked``: the site does not let us
    see; ``error``: nothing that could be read came, several times in a row.
    """

    UNCHECKED = "unchecked"
    OK = "ok"
    REDIRECTED = "redirected"
    GONE = "gone"
    BLOCKED = "blocked"
    ERROR = "error"


BROKEN_LINKS = (LinkStatus.GONE, LinkStatus.ERROR)
"""A reader who follows such a link finds nothing."""


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who publishes reviews. ``site`` is a host name such as ``afp.com``."""

    name: str
    site: str | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """A fact-check of a claim by a publisher. ``url`` is None for a review a newsroom has not published yet.

    ``from_label``: the verdict follows from ``original_label`` by the publisher's table, and changes with the table.
    ``via``: the service elsewhere that it was found through, None for what was written or imported here. ``id`` is None
    until it is stored, and no part of what a review says; so with sources and phrasings, and so with what visits to
    its link found: ``link_status``, when that was, and where it leads if that is elsewhere.
    """

    publisher: Publisher
    verdict: Verdict
    url: str | None = None
    title: str | None = None
    original_label: str | None = None
    language: str | None = None
    published_at: date | None = None
    from_label: bool = False
    via: str | None = None
    link_status: LinkStatus = field(default=LinkStatus.UNCHECKED, compare=False)
    checked_at: datetime | None = field(default=None, compare=False)
    final_url: str | None = field(default=None, compare=False)
    id: UUID | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Source:
    """A link to evidence. ``archived_url``: a copy that an editor named; ``copy_url``: one that an archive has."""

    url: str
    stance: Stance
    title: str | None = None
    publisher: str | None = None
    published_at: date | None = None
    quote: str | None = None
    archived_url: str | None = None
    link_status: LinkStatus = field(default=LinkStatus.UNCHECKED, compare=False)
    checked_at: datetime | None = field(default=None, compare=False)
    final_url: str | None = field(default=None, compare=False)
    copy_url: str | None = field(default=None, compare=False)
    id: UUID | None = field(default=None, compare=False)


Linked = TypeVar("Linked", Review, Source)


def with_visit(part: Linked, visited: Linked) -> Linked:
    """``part`` with what visits to the link of ``visited`` found, or with nothing where its link is another."""
    if isinstance(part, Source) and isinstance(visited, Source):
        part = replace(part, copy_url=visited.copy_url if part.url == visited.url else None)
    if part.url != visited.url:
        return replace(part, link_status=LinkStatus.UNCHECKED, checked_at=None, final_url=None)
    return replace(part, link_status=visited.link_status, checked_at=visited.checked_at, final_url=visited.final_url)


@dataclass(frozen=True, slots=True)
class Phrasing:
    """One wording of a claim in one language (a BCP 47 tag).

    ``confirmed``: somebody has said that it says what the claim says, though the matcher may see them clash.
    """

    text: str
    language: str
    id: UUID | None = field(default=None, compare=False)
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class PinnedVerdict:
    """A verdict that an editor gave a claim, whatever its reviews say, and why: readers are shown the reason."""

    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True)
class ClaimDraft:
    """A claim as somebody hands it in, before it has an id. ``text`` is the first phrasing."""

    text: str
    language: str
    claimant: str | None = None
    claimed_at: date | None = None
    valid_until: date | None = None
    topics: tuple[str, ...] = ()
    phrasings: tuple[Phrasing, ...] = ()
    reviews: tuple[Review, ...] = ()
    sources: tuple[Source, ...] = ()
    pinned_verdict: PinnedVerdict | None = None
    superseded_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A stored claim. ``revision`` counts its changes from 1; ``verdict`` is the pinned one or follows the reviews.

    Withdrawn, or merged into another claim, it is history: no check finds it.
    """

    id: UUID
    draft: ClaimDraft
    verdict: Verdict
    revision: int
    created_at: datetime
    updated_at: datetime
    withdrawn_at: datetime | None = None
    merged_into: UUID | None = None

    @property
    def live(self) -> bool:
        """Whether checks find it."""
        return self.withdrawn_at is None and self.merged_into is None


@dataclass(frozen=True, slots=True)
class Change:
    """Who changes claims, when, and why: what a revision records beside the claim itself.

    ``author`` is None where nobody has to say who they are; ``at`` is aware, UTC.
    """

    at: datetime
    author: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Revision:
    """A claim as it was after one change, and how it came to be so."""

    claim: Claim
    action: Action
    change: Change


@dataclass(frozen=True, slots=True)
class StoredPublisher:
    """A publisher with the table from its labels to verdicts, which outweighs the labels everybody uses."""

    id: UUID
    publisher: Publisher
    labels: dict[str, Verdict]
    revision: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class IncomingClaim:
    """One claim to check. ``ref`` is the caller's own key and comes back untouched."""

    text: str
    ref: str | None = None
    language: str | None = None
    claimant: str | None = None
    claimed_at: date | None = None


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """What a caller may choose. Thresholds are probabilities in [0, 1]; suggest_threshold <= match_threshold.

    ``languages``: only phrasings in these languages are matched; None means all.
    """

    max_matches: int = 5
    match_threshold: float = 0.8
    suggest_threshold: float = 0.4
    languages: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a text: code points ``start`` to ``end``, end excluded."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Conflict:
    """One reason why two statements cannot both be true: what the incoming one says, what the stored one says."""

    kind: ConflictKind
    claimed: str
    known: str
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """One feature of a comparison. ``score`` is in [0, 1]; 1 means that the two sides agree."""

    feature: str
    score: float
    query: str | None
    candidate: str | None
    detail: str


@dataclass(frozen=True, slots=True)
class ReadQuantity:
    """A quantity found in a text, as the answer shows it."""

    value: float
    upper: float | None
    unit: str | None
    comparator: Comparator
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class ReadDate:
    """A date or period found in a text: the days from ``earliest`` to ``latest``, None where left open."""

    earliest: date | None
    latest: date | None
    precision: DatePrecision
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class ReadName:
    """A name found in a text; two spellings of one thing share their ``key``."""

    key: str
    kind: NameKind
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class ReadingSummary:
    """What the matcher understood of an incoming text."""

    quantities: tuple[ReadQuantity, ...]
    dates: tuple[ReadDate, ...]
    names: tuple[ReadName, ...]
    negated: bool
    folded: str


@dataclass(frozen=True, slots=True)
class Match:
    """A stored claim set beside the incoming one. ``text`` is the phrasing that matched best."""

    claim_id: UUID
    text: str
    language: str
    claimant: str | None
    claimed_at: date | None
    verdict: Verdict
    relation: Relation
    score: float
    span: Span
    explanation: tuple[Explanation, ...]
    conflicts: tuple[Conflict, ...]
    reviews: tuple[Review, ...]
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """The answer to one incoming claim. ``reason`` is set exactly when ``status`` is ``unverified``."""

    ref: str | None
    text: str
    language: str
    status: Status
    confidence: float
    reason: Reason | None
    summary: str
    reading: ReadingSummary
    matches: tuple[Match, ...]
    suggestions: tuple[Match, ...]


@dataclass(frozen=True, slots=True)
class Engine:
    """What produced an answer: the software, the state of the corpus, the kinds of retrieval that took part.

    ``semantic_coverage``: the share of phrasings in [0, 1] that could be found by meaning; None where none could.
    ``upstream``: whether a service elsewhere was asked about what is not known here, and what came of it.
    """

    version: str
    corpus_revision: int
    retrieval: tuple[RetrievalKind, ...]
    semantic_coverage: float | None = None
    upstream: SecondOpinion = SecondOpinion.OFF


@dataclass(frozen=True, slots=True)
class Check:
    """A request to verify claims with its answer; results keep the request's order."""

    id: UUID
    created_at: datetime
    engine: Engine
    results: tuple[Result, ...]


@dataclass(frozen=True, slots=True)
class IndexedPhrasing:
    """A phrasing with what retrieval needs to find it again.

    ``folded`` is the folded text; ``terms`` are (term, weight) pairs, each term once, weight > 0 (the part of a BM25
    score that depends on the phrasing alone); ``profile`` is what the matching core wants back when it is found.
    """

    text: str
    language: str
    folded: str
    terms: tuple[tuple[str, float], ...]
    profile: bytes | None = None


@dataclass(frozen=True, slots=True)
class CandidatePlan:
    """What to look for in the store for one statement: data, not SQL.

    ``terms``: (term, weight in the query); ``folded``: the folded statement, for texts that were seen before;
    ``urls``: addresses found in the text, matched against sources and reviews; ``languages``: None means all;
    ``besides``: how many further wordings of each claim that is found are wanted, in ``language`` alone.
    """

    terms: tuple[tuple[str, float], ...]
    folded: str
    urls: tuple[str, ...] = ()
    languages: tuple[str, ...] | None = None
    limit: int = 50
    besides: int = 0
    language: str = "und"


class Candidate(NamedTuple):
    """A stored phrasing that may match.

    ``claimed_at``: the day of its claim, where the reading may depend on it. ``retrieval_score`` >= 0 orders
    candidates; it is None for what no shared word led to. ``folded`` and ``profile`` are those of ``IndexedPhrasing``.
    """

    claim_id: UUID
    phrasing_id: int
    text: str
    language: str
    claimed_at: date | None
    retrieval_score: float | None
    folded: str = ""
    profile: bytes | None = None
