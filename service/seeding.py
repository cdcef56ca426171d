"""The claims that come with the package, for a database that holds none."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import msgspec

from service.domain import ClaimDraft, Phrasing, Publisher, Review, Source, Stance, Verdict
from service.editing import insert_drafts
from service.errors import InvalidInput
from service.intake import validate_draft
from service.locations import companion
from service.store.claims import claim_count, lock_corpus
from service.store.session import Database


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A misspelt key in a seed file is an error, never a field silently left empty."""


class _Publisher(_Strict, frozen=True):
    name: str
    site: str | None = None


class _Phrasing(_Strict, frozen=True):
    text: str
    language: str
    confirmed: bool = False


class _Review(_Strict, frozen=True):
    publisher: _Publisher
    verdict: Verdict
    url: str | None = None
    title: str | None = None
    original_label: str | None = None
    language: str | None = None
    published_at: date | None = None


class _Source(_Strict, frozen=True):
    url: str
    stance: Stance
    title: str | None = None
    publisher: str | None = None
    published_at: date | None = None
    quote: str | None = None
    archived_url: str | None = None


class Seed(_Strict, frozen=True):
    """One ``[[claims]]`` table. ``slug`` names it among all seed files."""

    slug: str
    text: str
    language: str
    claimant: str | None = None
    claimed_at: date | None = None
    valid_until: date | None = None
    topics: tuple[str, ...] = ()
    phrasings: tuple[_Phrasing, ...] = ()
    reviews: tuple[_Review, ...] = ()
    sources: tuple[_Source, ...] = ()

    def draft(self) -> ClaimDraft:
        """The claim as anybody would hand it in."""
        return ClaimDraft(
            text=self.text,
            language=self.language,
            claimant=self.claimant,
            claimed_at=self.claimed_at,
            valid_until=self.valid_until,
            topics=self.topics,
            phrasings=tuple(msgspec.convert(item, Phrasing, from_attributes=True) for item in self.phrasings),
            reviews=tuple(_review(item) for item in self.reviews),
            sources=tuple(msgspec.convert(item, Source, from_attributes=True) for item in self.sources),
        )


class _File(_Strict, frozen=True):
    claims: tuple[Seed, ...]


def read_seeds(folder: Path | None = None) -> list[Seed]:
    """Every seed of the ``*.toml`` files in ``folder`` (the package's own unless given), in the order of their names.

    Raises ValueError, naming the file or the seed, for what cannot be read or must not be stored.
    """
    seeds: list[Seed] = []
    slugs: set[str] = set()
    for path in sorted((folder or companion("seeds")).glob("*.toml")):
        for seed in _read(path):
            if seed.slug in slugs:
                raise ValueError(f"{path.name}: the slug {seed.slug} is taken")
            slugs.add(seed.slug)
            seeds.append(seed)
    return seeds


async def seed_database(database: Database, folder: Path | None = None) -> int:
    """Store the seeds if the database holds no claim, all or none of them; how many were stored.

    Several processes may try at once: one stores them, the others then find a database that holds claims.
    """
    async with database.read() as connection:
        if await claim_count(connection):
            return 0
    drafts = [seed.draft() for seed in read_seeds(folder)]
    async with database.write() as connection:
        await lock_corpus(connection)
        if await claim_count(connection):
            return 0
        return len(await insert_drafts(connection, drafts))


def _read(path: Path) -> Iterator[Seed]:
    try:
        found = msgspec.toml.decode(path.read_bytes(), type=_File, strict=False)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise ValueError(f"{path.name}: {error}") from error
    for seed in found.claims:
        try:
            validate_draft(seed.draft())
        except InvalidInput as error:
            raise ValueError(f"{path.name}: {seed.slug}: {error.detail}") from error
        yield seed


def _review(item: _Review) -> Review:
    publisher = Publisher(item.publisher.name, item.publisher.site)
    return Review(publisher, item.verdict, item.url, item.title, item.original_label, item.language, item.published_at)
