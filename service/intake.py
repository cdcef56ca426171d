"""What a claim must be before anything else looks at it: rules shared by HTTP, the command line and the seeds.

White space around a text does not count towards the least length, and does towards the greatest.

Every rule is checked and every fault reported at once, each with an RFC 6901 pointer into the input.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from urllib.parse import urlsplit

from babel import Locale

from service.domain import (
    MAX_CLAIMS,
    MAX_TEXT,
    MIN_TEXT,
    CheckOptions,
    ClaimDraft,
    IncomingClaim,
    Publisher,
    Review,
    Source,
    Verdict,
)
from service.errors import Fault, InvalidInput
from service.labels import label_key

MAX_MATCHES = 50
MAX_REF = 200
MAX_NAME = 300
MAX_TITLE = 1_000
MAX_QUOTE = 5_000
MAX_LABEL = 200
MAX_URL = 2_048
MAX_SITE = 253
MAX_TOPIC = 64
MAX_TOPICS = 20
MAX_PHRASINGS = 100
MAX_REVIEWS = 100
MAX_SOURCES = 100
MAX_LANGUAGES = 50
MAX_REASON = 1_000
MAX_LABELS = 500
"""Upper bounds: lengths in Unicode code points, the plural ones in items."""

EARLIEST_DATE = date(1000, 1, 1)
LATEST_DATE = date(2999, 12, 31)

_LANGUAGE = re.compile(
    r"(?P<language>[A-Za-z]{2,3})"
    r"(?:-(?P<script>[A-Za-z]{4}))?"
    r"(?:-(?P<territory>[A-Za-z]{2}|[0-9]{3}))?"
    r"(?:-(?:[A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3})){0,3}"
)
_UNWELCOME = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
_SITE = re.compile(r"[^\s/\\?#@]+\.[^\s/\\?#@]+")


def validate_check(claims: Sequence[IncomingClaim], options: CheckOptions) -> None:
    """Raise ``InvalidInput`` with every fault of a check request; pointers start at ``/claims`` and ``/options``."""
    faults = list(_claims_faults(claims))
    faults.extend(_options_faults(options))
    if faults:
        raise InvalidInput(faults)


def validate_draft(draft: ClaimDraft) -> None:
    """Raise ``InvalidInput`` with every fault of a claim to be stored; pointers start at its fields."""
    if faults := draft_faults(draft):
        raise InvalidInput(faults)


def draft_faults(draft: ClaimDraft) -> list[Fault]:
    """Every fault of a claim to be stored, in the order of its fields."""
    faults = [
        *_text_faults("/text", draft.text),
        *_language_faults("/language", draft.language),
        *short_faults("/claimant", draft.claimant, MAX_NAME),
        *_date_faults("/claimed_at", draft.claimed_at),
        *_date_faults("/valid_until", draft.valid_until),
    ]
    if draft.pinned_verdict:
        faults.extend(short_faults("/pinned_verdict/reason", draft.pinned_verdict.reason, MAX_REASON))
    if draft.claimed_at and draft.valid_until and draft.valid_until < draft.claimed_at:
        faults.append(Fault("/valid_until", "must not be before claimed_at"))
    faults.extend(_count_faults("/topics", len(draft.topics), MAX_TOPICS))
    for index, topic in enumerate(draft.topics[:MAX_TOPICS]):
        faults.extend(short_faults(f"/topics/{index}", topic, MAX_TOPIC))
    faults.extend(_count_faults("/phrasings", len(draft.phrasings), MAX_PHRASINGS))
    for index, phrasing in enumerate(draft.phrasings[:MAX_PHRASINGS]):
        faults.extend(_text_faults(f"/phrasings/{index}/text", phrasing.text))
        faults.extend(_language_faults(f"/phrasings/{index}/language", phrasing.language))
    faults.extend(_count_faults("/reviews", len(draft.reviews), MAX_REVIEWS))
    for index, review in enumerate(draft.reviews[:MAX_REVIEWS]):
        faults.extend(_review_faults(f"/reviews/{index}", review))
    faults.extend(_count_faults("/sources", len(draft.sources), MAX_SOURCES))
    for index, source in enumerate(draft.sources[:MAX_SOURCES]):
        faults.extend(_source_faults(f"/sources/{index}", source))
    return faults


def validate_publisher(publisher: Publisher, labels: Mapping[str, Verdict]) -> None:
    """Raise ``InvalidInput`` with every fault of a publisher and the table of its labels."""
    faults = list(_publisher_faults("", publisher))
    faults.extend(_count_faults("/labels", len(labels), MAX_LABELS))
    meant: dict[str, str] = {}
    for label in labels:
        here = "/labels/" + label[:MAX_LABEL].replace("~", "~0").replace("/", "~1")
        faults.extend(short_faults(here, label, MAX_LABEL))
        key = label_key(label)
        if not key and label.strip():
            faults.append(Fault(here, "must have a letter or a digit"))
        elif key and labels[meant.setdefault(key, label)] is not labels[label]:
            faults.append(Fault(here, f"is the same label as {meant[key]!r}, with another verdict"))
    if faults:
        raise InvalidInput(faults)


def validate_reason(reason: str | None) -> None:
    """Raise ``InvalidInput`` for a reason for a change that cannot be kept."""
    if faults := list(short_faults("/reason", reason, MAX_REASON)):
        raise InvalidInput(faults)


def note_faults(pointer: str, text: str | None, longest: int) -> list[Fault]:
    """Every fault of a short text that may be absent: empty, too long, with control characters."""
    return list(short_faults(pointer, text, longest))


def address_faults(pointer: str, url: str) -> list[Fault]:
    """Every fault of an http or https address."""
    return list(_url_faults(pointer, url))


def is_known_language(tag: str) -> bool:
    """Whether ``tag`` is a well-formed BCP 47 tag whose language, script and territory CLDR knows; ``und`` is."""
    parts = _LANGUAGE.fullmatch(tag)
    if parts is None:
        return False
    languages, scripts, territories = _known_subtags()
    language, script, territory = parts["language"].lower(), parts["script"], parts["territory"]
    return (
        (language == "und" or language in languages)
        and (script is None or script.title() in scripts)
        and (territory is None or territory.upper() in territories)
    )


@cache
def _known_subtags() -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    english = Locale("en")
    return frozenset(english.languages), frozenset(english.scripts), frozenset(english.territories)


def _claims_faults(claims: Sequence[IncomingClaim]) -> Iterator[Fault]:
    if not claims:
        yield Fault("/claims", "must hold at least one claim")
    if len(claims) > MAX_CLAIMS:
        yield Fault("/claims", f"must hold at most {MAX_CLAIMS} claims, not {len(claims)}")
    for index, claim in enumerate(claims[:MAX_CLAIMS]):
        here = f"/claims/{index}"
        yield from short_faults(f"{here}/ref", claim.ref, MAX_REF, may_be_empty=True)
        yield from _text_faults(f"{here}/text", claim.text)
        yield from _language_faults(f"{here}/language", claim.language)
        yield from short_faults(f"{here}/claimant", claim.claimant, MAX_NAME)
        yield from _date_faults(f"{here}/claimed_at", claim.claimed_at)


def _options_faults(options: CheckOptions) -> Iterator[Fault]:
    if not 1 <= options.max_matches <= MAX_MATCHES:
        yield Fault("/options/max_matches", f"must lie between 1 and {MAX_MATCHES}")
    in_range = True
    for name in ("match_threshold", "suggest_threshold"):
        # written so that NaN fails too
        if not 0.0 <= getattr(options, name) <= 1.0:
            in_range = False
            yield Fault(f"/options/{name}", "must lie between 0 and 1")
    if in_range and options.suggest_threshold > options.match_threshold:
        yield Fault(
            "/options/suggest_threshold",
            f"must not be greater than match_threshold, which is {options.match_threshold}",
        )
    if options.languages is not None:
        if not options.languages:
            yield Fault("/options/languages", "must name at least one language; leave it out to match all languages")
        yield from _count_faults("/options/languages", len(options.languages), MAX_LANGUAGES)
        for index, tag in enumerate(options.languages[:MAX_LANGUAGES]):
            yield from _language_faults(f"/options/languages/{index}", tag)


def _review_faults(here: str, review: Review) -> Iterator[Fault]:
    yield from _url_faults(f"{here}/url", review.url)
    yield from short_faults(f"{here}/title", review.title, MAX_TITLE)
    yield from _publisher_faults(f"{here}/publisher", review.publisher)
    yield from short_faults(f"{here}/original_label", review.original_label, MAX_LABEL)
    yield from _language_faults(f"{here}/language", review.language)
    yield from _date_faults(f"{here}/published_at", review.published_at)


def _publisher_faults(here: str, publisher: Publisher) -> Iterator[Fault]:
    yield from short_faults(f"{here}/name", publisher.name, MAX_NAME)
    site = publisher.site
    if site is not None and (len(site) > MAX_SITE or _UNWELCOME.search(site) or not _SITE.fullmatch(site)):
        yield Fault(f"{here}/site", "must be a host name such as afp.com")


def _source_faults(here: str, source: Source) -> Iterator[Fault]:
    yield from _url_faults(f"{here}/url", source.url)
    yield from short_faults(f"{here}/title", source.title, MAX_TITLE)
    yield from short_faults(f"{here}/publisher", source.publisher, MAX_NAME)
    yield from _date_faults(f"{here}/published_at", source.published_at)
    yield from short_faults(f"{here}/quote", source.quote, MAX_QUOTE)
    yield from _url_faults(f"{here}/archived_url", source.archived_url)


def _text_faults(pointer: str, text: str) -> Iterator[Fault]:
    yield from _character_faults(pointer, text)
    inked = len(text.strip())
    if inked < MIN_TEXT:
        yield Fault(pointer, f"must have at least {MIN_TEXT} characters" if inked else "must not be empty")
    if len(text) > MAX_TEXT:
        yield Fault(pointer, f"must have at most {MAX_TEXT} characters, not {len(text)}")


def short_faults(pointer: str, text: str | None, longest: int, *, may_be_empty: bool = False) -> Iterator[Fault]:
    """The faults of a text of at most ``longest`` code points; none where there is no text."""
    if text is None:
        return
    yield from _character_faults(pointer, text)
    if not may_be_empty and not text.strip():
        yield Fault(pointer, "must not be empty")
    if len(text) > longest:
        yield Fault(pointer, f"must have at most {longest} characters, not {len(text)}")


def _character_faults(pointer: str, text: str) -> Iterator[Fault]:
    if found := _UNWELCOME.search(text):
        what = "half of a surrogate pair" if found[0] >= "\ud800" else "a control character"
        yield Fault(pointer, f"must not contain {what} (U+{ord(found[0]):04X} at {found.start()})")


def _language_faults(pointer: str, tag: str | None) -> Iterator[Fault]:
    if tag is not None and not is_known_language(tag):
        yield Fault(pointer, "must be the tag of a known language, such as en, fa or ar-IQ")


def _date_faults(pointer: str, day: date | None) -> Iterator[Fault]:
    if day is not None and not EARLIEST_DATE <= day <= LATEST_DATE:
        yield Fault(pointer, f"must lie between {EARLIEST_DATE} and {LATEST_DATE}")


def _url_faults(pointer: str, url: str | None) -> Iterator[Fault]:
    if url is not None and not _is_web_address(url):
        yield Fault(pointer, f"must be an http or https address of at most {MAX_URL} characters, without a password")


def _is_web_address(url: str) -> bool:
    if len(url) > MAX_URL or _UNWELCOME.search(url) or url.split() != [url]:
        return False
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc and port != 0


def _count_faults(pointer: str, count: int, most: int) -> Iterator[Fault]:
    if count > most:
        yield Fault(pointer, f"must hold at most {most} items, not {count}")
