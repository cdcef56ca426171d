"""Checks by words and by meaning, from a model's folder to the answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from service.checking import check_claims
from service.domain import Check, CheckOptions, ClaimDraft, IncomingClaim, Match, Phrasing, Relation
from service.editing import add_claim
from service.embedding.embedder import Embedder, open_embedder
from service.indexing import Semantics, index_corpus, register_embedder
from service.store.models import remove_model
from service.store.session import Database
from tests.tiny_models import MEANINGS, build_model, yardstick_meanings

UNLISTED = (
    ("tinker", "handyman", "تعمیرکار"), ("patched", "darned", "وصله"), ("trinket", "bauble", "زیورک"),
)  # fmt: skip
"""Words that mean the same to the model, and that the lexicon of the matching core does not know."""

CLAIM = "Tinker patched trinket"
PARAPHRASE = "Handyman darned bauble"
IN_PERSIAN = "تعمیرکار زیورک وصله"

SHOWN = CheckOptions(match_threshold=0.8, suggest_threshold=0.01, max_matches=10)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    meanings = (*MEANINGS, *UNLISTED, *yardstick_meanings("en", "fa"))
    return build_model(tmp_path_factory.mktemp("models") / "bilingual", meanings=meanings, dimension=64)


@pytest.fixture
async def embedder(folder: Path) -> AsyncIterator[Embedder]:
    opened = open_embedder(folder, threads=1)
    yield opened
    await opened.close()


@pytest.fixture
async def semantics(database: Database, embedder: Embedder) -> Semantics:
    """Some claims, embedded."""
    for draft in (
        ClaimDraft(text=CLAIM, language="en"),
        ClaimDraft(text="Doctors bought cars", language="en"),
        ClaimDraft(text="Bread prices rose in March", language="en"),
        ClaimDraft(text="39 schools were closed in the city in 2024", language="en"),
        ClaimDraft(text="The river froze over", language="en", phrasings=(Phrasing("Ice covered the river", "en"),)),
    ):
        await add_claim(database, draft)
    await index_corpus(database, embedder)
    return Semantics(embedder)


async def ask(database: Database, wording: str, semantics: Semantics | None, options: CheckOptions = SHOWN) -> Check:
    return await check_claims(database, [IncomingClaim(wording)], options, record=False, semantics=semantics)


def shown(check: Check) -> dict[str, Match]:
    (result,) = check.results
    return {match.text: match for match in (*result.matches, *result.suggestions)}


async def test_a_paraphrase_without_a_shared_word_finds_its_claim(database: Database, semantics: Semantics) -> None:
    assert not shown(await ask(database, PARAPHRASE, None))
    check = await ask(database, PARAPHRASE, semantics)
    assert check.engine.retrieval == ("lexical", "semantic")
    assert check.engine.semantic_coverage == 1.0
    found = shown(check)
    assert list(found) == [CLAIM]


async def test_a_persian_sentence_finds_an_english_claim(database: Database, semantics: Semantics) -> None:
    assert not shown(await ask(database, IN_PERSIAN, None))
    assert list(shown(await ask(database, IN_PERSIAN, semantics))) == [CLAIM]


async def test_what_words_tell_across_languages_still_counts(database: Database, semantics: Semantics) -> None:
    wording = "پزشکان خودرو خریدند"
    assert "Doctors bought cars" in shown(await ask(database, wording, None))
    assert next(iter(shown(await ask(database, wording, semantics)))) == "Doctors bought cars"


@pytest.mark.parametrize(
    "wording",
    ["93 schools were closed in the city in 2024", "39 schools were not closed in the city in 2024",
     "39 schools were closed in the city in 2023", "۹۳ مدرسه در شهر در سال ۲۰۲۴ تعطیل شد"],
)  # fmt: skip
async def test_no_likeness_stands_above_a_guard(database: Database, semantics: Semantics, wording: str) -> None:
    match = shown(await ask(database, wording, semantics))["39 schools were closed in the city in 2024"]
    assert match.relation is not Relation.EQUIVALENT
    assert match.conflicts


async def test_languages_asked_for_hold_for_meaning_too(database: Database, semantics: Semantics) -> None:
    only_persian = CheckOptions(suggest_threshold=0.01, languages=("fa",))
    assert shown(await ask(database, PARAPHRASE, semantics))
    assert not shown(await ask(database, PARAPHRASE, semantics, only_persian))


async def test_the_score_of_a_claim_found_by_words_counts_its_meaning(database: Database, semantics: Semantics) -> None:
    wording = "Automobiles were bought by doctors"
    by_words = shown(await ask(database, wording, None)).get("Doctors bought cars")
    both = shown(await ask(database, wording, semantics))["Doctors bought cars"]
    assert by_words is None or by_words.score != both.score


async def test_words_alone_while_vectors_are_not_whole(database: Database, embedder: Embedder) -> None:
    await add_claim(database, ClaimDraft(text="Doctors bought cars", language="en"))
    await register_embedder(database, embedder)
    check = await ask(database, "Doctors bought cars", Semantics(embedder))
    assert check.engine.retrieval == ("lexical",)
    assert check.engine.semantic_coverage is None
    assert shown(check)["Doctors bought cars"].score == 1.0


async def test_coverage_tells_what_is_not_embedded_yet(
    database: Database, semantics: Semantics, embedder: Embedder
) -> None:
    for number in range(4):
        await add_claim(database, ClaimDraft(text=f"A new claim number {number}", language="en"))
    check = await ask(database, PARAPHRASE, Semantics(embedder))
    assert check.engine.semantic_coverage == pytest.approx(6 / 10, abs=1e-4)
    assert CLAIM in shown(check)


async def test_another_model_never_searches_these_vectors(
    database: Database, semantics: Semantics, tmp_path: Path
) -> None:
    other = open_embedder(build_model(tmp_path / "other", seed=1), threads=1)
    try:
        check = await ask(database, PARAPHRASE, Semantics(other))
    finally:
        await other.close()
    assert check.engine.retrieval == ("lexical",)
    assert not shown(check)


async def test_a_model_removed_under_a_running_server_leaves_words(
    database: Database, semantics: Semantics, embedder: Embedder
) -> None:
    assert (await ask(database, "Doctors bought cars", semantics)).engine.semantic_coverage == 1.0
    space = await register_embedder(database, embedder)
    async with database.write() as connection:
        await remove_model(connection, space)
    check = await ask(database, "Doctors bought cars", semantics)
    assert check.engine.retrieval == ("lexical",)
    assert shown(check)["Doctors bought cars"].score == 1.0


async def test_a_database_without_the_extension_answers_from_words(database: Database, embedder: Embedder) -> None:
    await add_claim(database, ClaimDraft(text="Doctors bought cars", language="en"))
    async with database.write() as connection:
        # What a server without pgvector looks like: no such type, and none to be had.
        await connection.execute(text("DROP EXTENSION IF EXISTS vector CASCADE"))
    check = await ask(database, "Doctors bought cars", Semantics(embedder))
    assert check.engine.retrieval == ("lexical",)
    assert shown(check)["Doctors bought cars"].score == 1.0


async def test_a_model_that_covers_no_language_changes_nothing(database: Database, tmp_path: Path) -> None:
    await add_claim(database, ClaimDraft(text="Doctors bought cars in March", language="en"))
    deaf = open_embedder(build_model(tmp_path / "deaf"), threads=1)
    try:
        await index_corpus(database, deaf)
        with_model = await ask(database, "Cars were bought by doctors", Semantics(deaf))
    finally:
        await deaf.close()
    without = await ask(database, "Cars were bought by doctors", None)
    assert [(each.text, each.score) for each in shown(with_model).values()] == [
        (each.text, each.score) for each in shown(without).values()
    ]
