"""Finding claims for people: words in any language that folding knows, fields, orders, pages."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from service.domain import Claim, LinkStatus
from service.matching.folding import fold
from service.matching.plan import terms_of
from service.matching.reading import read
from service.matching.stopwords import is_stopword
from service.matching.tokens import NUMBER, SYMBOL, Token
from service.store.catalogue import ClaimFilter, ClaimOrder, Place, count_claims, list_claims
from service.store.claims import claim_count, get_claims
from service.store.links import Link, claims_linking, count_links, list_links
from service.store.session import Database

MOST_CLAIMS: Final = 10
"""How many claims are named that link to one address."""

_JOINED: Final = "+"
_LONGEST_TERM: Final = 64
_MOST_WORDS: Final = 32

_LANGUAGES: Final = {
    "Arab": ("fa", "ar"),
    "Latn": ("en", "es", "fr", "de", "pt", "it", "tr", "id", "nl", "pl"),
    "Cyrl": ("ru", "uk"),
    "Deva": ("hi",),
}
"""In which languages a word is looked up, since a word alone seldom tells its own."""


@dataclass(frozen=True, slots=True)
class ClaimPage:
    """Some claims of a list. ``total``: how many the whole list has, where that is cheap to say."""

    claims: tuple[Claim, ...]
    next: Place | None
    total: int | None


async def browse_claims(
    database: Database, wanted: ClaimFilter, order: ClaimOrder, after: Place | None, limit: int
) -> ClaimPage:
    """A page of the claims that are wanted, in order, after ``after``; at most ``limit`` of them."""
    wanted = folded(wanted)
    async with database.read() as connection:
        places = await list_claims(connection, wanted, order, after, limit + 1)
        shown = places[:limit]
        found = await get_claims(connection, [place.id for place in shown])
        total = await claim_count(connection) if wanted == ClaimFilter() else await count_claims(connection, wanted)
    claims = tuple(found[place.id] for place in shown if place.id in found)
    return ClaimPage(claims, shown[-1] if len(places) > limit else None, total)


def folded(wanted: ClaimFilter) -> ClaimFilter:
    """The filter as the store takes it: with the claimant's name as it is stored for finding."""
    return replace(wanted, claimant=wanted.claimant and fold(wanted.claimant))


def words_to_find(query: str, language: str | None = None) -> tuple[tuple[str, ...], ...]:
    """For each word of a query the terms under which a wording that has it may be stored.

    Words that carry no meaning are left out where others do. At most 32 words. A figure is found in the digits of any
    script, and a word with or without the space or zero-width non-joiner within it.
    """
    reading = read(query, language)
    script = reading.language.script
    tag = reading.language.tag
    tags = dict.fromkeys((tag, *([language] if language else []), *_LANGUAGES.get(script, ())))
    tokens = [token for token in reading.tokens if token.kind != SYMBOL]
    telling = [at for at, token in enumerate(tokens) if token.kind == NUMBER or not is_stopword(token.text, tag)]
    return tuple(
        tuple(sorted(_terms(tokens, place, tuple(tags)))) for place in (telling or range(len(tokens)))[:_MOST_WORDS]
    )


def _terms(tokens: list[Token], place: int, tags: tuple[str, ...]) -> set[str]:
    token = tokens[place]
    if token.kind == NUMBER:
        return {f"#{token.text}"[:_LONGEST_TERM]}
    found = {term for tag in tags for term, _ in terms_of(read(token.original, tag))}
    found.update((token.text, _JOINED + token.text))
    if place:
        found.add(_JOINED + tokens[place - 1].text + token.text)
    if place + 1 < len(tokens):
        found.add(_JOINED + token.text + tokens[place + 1].text)
    return {term[:_LONGEST_TERM] for term in found}


@dataclass(frozen=True, slots=True)
class FoundLinks:
    """Links, the claims that link to each, by its address, and how many links there are of each status."""

    links: list[Link]
    claims: dict[str, list[UUID]]
    counts: dict[LinkStatus, int]


async def browse_links(database: Database, status: LinkStatus | None, after: int | None, limit: int) -> FoundLinks:
    """Links of one status, or all, in the order they became known; ``after``: those behind the one with this id."""
    async with database.read() as connection:
        links = await list_links(connection, status, after, limit)
        claims = await claims_linking(connection, [link.url for link in links], MOST_CLAIMS)
        return FoundLinks(links, claims, await count_links(connection))
