"""The seeds: well-formed, cited, in the core's three languages, stored once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from service.seeding import read_seeds, seed_database
from service.store.claims import claim_count, corpus_revision
from service.store.session import Database

CORE = 10
SEED = """
[[claims]]
slug = "one"
text = "A claim with a number, 5"
language = "en"
claimed_at = "2025-12-31"
[[claims.sources]]
url = "https://a.example/"
stance = "supports"
"""


def test_there_are_enough_and_each_cites_its_sources() -> None:
    seeds = read_seeds()
    assert len(seeds) >= 50
    for seed in seeds:
        assert seed.sources, seed.slug
        urls = [source.url for source in seed.sources] + [review.url for review in seed.reviews if review.url]
        assert all(url.startswith("https://") for url in urls), seed.slug
        wordings = [seed.text, *(phrasing.text for phrasing in seed.phrasings)]
        assert len(set(wordings)) == len(wordings), seed.slug


def test_the_core_is_worded_in_three_languages() -> None:
    core = [seed for seed in read_seeds() if "iraq" in seed.topics and seed.claimed_at]
    complete = [
        seed
        for seed in core
        if {"en", "fa", "ar"} <= {seed.language, *(phrasing.language for phrasing in seed.phrasings)}
    ]
    assert len(complete) >= CORE


def test_true_and_false_and_unproven_are_there() -> None:
    verdicts = {review.verdict.value for seed in read_seeds() for review in seed.reviews}
    assert {"true", "false"} <= verdicts
    assert any(not seed.reviews for seed in read_seeds())


async def test_an_empty_database_is_seeded_once(database: Database) -> None:
    count = await seed_database(database)
    assert count == len(read_seeds())
    assert await seed_database(database) == 0
    async with database.read() as connection:
        assert await claim_count(connection) == count


async def test_two_at_once_store_them_once(database: Database, tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(SEED)
    assert sorted(await asyncio.gather(*(seed_database(database, tmp_path) for _ in range(3)))) == [0, 0, 1]
    async with database.read() as connection:
        assert (await claim_count(connection), await corpus_revision(connection)) == (1, 1)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("stance", "stanse", "stanse"),
        ("supports", "likes", "likes"),
        ("2025-12-31", "yesterday", "date"),
        ("A claim with a number, 5", "A", "/text"),
        ("https://a.example/", "a.example", "/sources/0/url"),
        ("[[claims]]", "[[claims", "a.toml"),
        ('"en"', '"zz"', "/language"),
    ],
)
def test_a_bad_seed_is_named(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    (tmp_path / "a.toml").write_text(SEED.replace(old, new))
    with pytest.raises(ValueError, match=r"a\.toml") as caught:
        read_seeds(tmp_path)
    assert complaint in str(caught.value)


def test_a_slug_names_one_claim(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(SEED)
    (tmp_path / "b.toml").write_text(SEED)
    with pytest.raises(ValueError, match="slug one is taken"):
        read_seeds(tmp_path)
