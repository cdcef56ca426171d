"""What cosines mean: measured on real (tiny) models that know some languages, and told as likeness."""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from service.embedding import yardstick
from service.embedding.embedder import open_embedder
from service.embedding.model import TextKind
from service.embedding.yardstick import (
    LIKENESS_RANGE,
    Measured,
    Pair,
    Scale,
    Yardstick,
    compare_languages,
    measure,
    yardstick_digest,
)
from service.errors import Unavailable
from tests.tiny_models import MEANINGS, build_model, yardstick_meanings

LOW = Scale(unrelated=0.1, spread=0.1, related=0.5)
HIGH = Scale(unrelated=0.7, spread=0.05, related=0.9)
BETWEEN = Scale(unrelated=0.05, spread=0.1, related=0.45)


@pytest.fixture
def known() -> Yardstick:
    """English and Persian, which the model connects, and Arabic by itself."""
    return Yardstick({("en", "en"): LOW, ("fa", "en"): BETWEEN, ("fa", "fa"): HIGH, ("ar", "ar"): LOW})


async def compared(folder: Path) -> dict[Pair, Measured]:
    embedder = open_embedder(folder, threads=1)
    try:
        measured = await compare_languages(embedder)
        reliable = {pair for pair, found in measured.items() if found.reliable}
        assert (await measure(embedder)).scales.keys() == reliable
        return measured
    finally:
        await embedder.close()


def topics() -> list[dict[str, list[str]]]:
    path = Path(yardstick.__file__).parent / "data" / "yardstick.toml"
    found: list[dict[str, list[str]]] = tomllib.loads(path.read_text(encoding="utf-8"))["topics"]
    return found


def test_likeness_is_free_of_the_scale(known: Yardstick) -> None:
    for language, scale in (("en", LOW), ("fa", HIGH)):
        for cosine, likeness in ((scale.unrelated, 0.0), (scale.related, 1.0)):
            assert known.likeness(cosine, language, language) == pytest.approx(likeness)
        assert known.likeness((scale.unrelated + scale.related) / 2, language, language) == pytest.approx(0.5)


def test_likeness_grows_with_the_cosine_and_stays_in_its_range(known: Yardstick) -> None:
    cosines = np.linspace(-1, 1, 41)
    for language in ("en", "fa"):
        found = [known.likeness(float(cosine), language, language) for cosine in cosines]
        assert found == sorted(found, key=lambda value: value or 0.0)
        assert found[0] == LIKENESS_RANGE[0]
        assert all(value is not None and value <= LIKENESS_RANGE[1] for value in found)


def test_the_order_of_languages_and_their_regions_do_not_matter(known: Yardstick) -> None:
    assert known.scale("en", "fa") == known.scale("fa", "en") == known.scale("fa-AF", "EN-gb") == BETWEEN


@pytest.mark.parametrize(("one", "other"), [("ar", "en"), ("fa", "ar"), ("sv", "sv"), ("en", "sv"), ("und", "sv")])
def test_what_was_not_measured_has_no_likeness(known: Yardstick, one: str, other: str) -> None:
    assert not known.covers(one, other)
    assert known.scale(one, other) is None
    assert known.likeness(0.9, one, other) is None


@pytest.mark.parametrize("unknown", ["und", "und-Latn", ""])
def test_an_unknown_language_is_taken_for_the_other_texts(known: Yardstick, unknown: str) -> None:
    assert known.scale(unknown, "en") == known.scale("en", unknown) == LOW
    assert known.scale(unknown, "fa") == HIGH


def test_two_unknown_languages_take_the_scale_that_claims_least(known: Yardstick) -> None:
    assert known.scale("und", "und") == HIGH
    assert Yardstick({}).scale("und", "und") is None
    assert Yardstick({("en", "fa"): BETWEEN}).scale("und", "und") is None


def test_languages_are_listed(known: Yardstick) -> None:
    assert known.languages() == ["ar", "en", "fa"]
    assert known.across() == [("en", "fa")]


def test_a_yardstick_survives_json(known: Yardstick) -> None:
    assert Yardstick.from_plain(json.loads(json.dumps(known.to_plain()))) == known
    assert Yardstick.from_plain({}) == Yardstick({})


@pytest.mark.parametrize("plain", [{"en": {}}, {"en fa ar": {}}, {"en en": {"unrelated": 0.1}}, {"en en": 3}, []])
def test_anything_else_is_refused(plain: object) -> None:
    with pytest.raises(ValueError, match="not a yardstick"):
        Yardstick.from_plain(plain)  # type: ignore[arg-type]


def test_separation_is_told_in_spreads() -> None:
    assert LOW.separation == pytest.approx(4.0)
    assert Scale(0.1, 0.0, 0.5).separation == math.inf
    assert Scale(1.0, 0.0, 1.0).separation == 0.0


@pytest.mark.parametrize(
    ("scale", "accuracy", "reliable"),
    [
        (Scale(0.1, 0.1, 0.6), 0.95, True),
        (Scale(0.1, 0.1, 0.6), 0.5, False),
        (Scale(0.1, 0.3, 0.6), 0.95, False),
        (Scale(0.6, 0.1, 0.1), 1.0, False),
    ],
)
def test_it_takes_both_a_distance_and_the_right_neighbours(scale: Scale, accuracy: float, reliable: bool) -> None:
    assert Measured(scale, accuracy).reliable is reliable


async def test_a_model_of_two_languages_that_it_connects(tmp_path: Path) -> None:
    meanings = (*MEANINGS, *yardstick_meanings("en", "fa"))
    found = await compared(build_model(tmp_path / "m", meanings=meanings, dimension=64))
    assert {pair for pair, measured in found.items() if measured.reliable} == {
        ("en", "en"), ("en", "fa"), ("fa", "fa"),
    }  # fmt: skip
    for pair in (("en", "en"), ("en", "fa"), ("fa", "fa")):
        assert abs(found[pair].scale.unrelated) < 0.1
        assert found[pair].scale.related > 0.9
        assert found[pair].accuracy == 1.0


async def test_a_model_of_two_languages_that_it_does_not_connect(tmp_path: Path) -> None:
    meanings = (*yardstick_meanings("en"), *yardstick_meanings("fa"))
    found = await compared(build_model(tmp_path / "m", meanings=meanings, dimension=64))
    assert {pair for pair, measured in found.items() if measured.reliable} == {("en", "en"), ("fa", "fa")}


async def test_a_model_that_sees_letters_only_understands_nothing(tmp_path: Path) -> None:
    found = await compared(build_model(tmp_path / "m", meanings=()))
    assert not any(measured.reliable for measured in found.values())
    # It takes whatever is written in one alphabet for alike, which a threshold on cosines would believe.
    assert found["es", "es"].scale.unrelated > 0.6


async def test_a_model_with_another_scale_comes_to_the_same_likeness(tmp_path: Path) -> None:
    class Narrow:
        """A model that puts all texts close together, as some do."""

        async def embed(self, texts: Sequence[str], kind: TextKind) -> NDArray[np.float32]:
            vectors = await embedder.embed(texts, kind)
            shifted = np.hstack([vectors, np.full((len(vectors), 1), 2.0, dtype=np.float32)])
            return shifted / np.linalg.norm(shifted, axis=1, keepdims=True)

    folder = build_model(tmp_path / "m", meanings=yardstick_meanings("en"), dimension=64)
    embedder = open_embedder(folder, threads=1)
    try:
        wide, narrow = await measure(embedder), await measure(Narrow())
        texts = topics()[0]["en"] + topics()[1]["en"]
        for one in texts:
            for other in texts:
                likeness = []
                for model, measured in ((embedder, wide), (Narrow(), narrow)):
                    vectors = await model.embed([one, other], TextKind.PASSAGE)
                    likeness.append(measured.likeness(float(vectors[0] @ vectors[1]), "en", "en"))
                assert likeness[0] == pytest.approx(likeness[1], abs=0.01)
    finally:
        await embedder.close()
    assert narrow.scales["en", "en"].unrelated > 0.75
    assert wide.scales["en", "en"].unrelated < 0.1


async def test_a_model_that_fails_has_no_yardstick(tmp_path: Path) -> None:
    embedder = open_embedder(build_model(tmp_path / "m"), threads=1)
    await embedder.close()
    with pytest.raises(Unavailable):
        await measure(embedder)


def test_the_digest_is_one_and_stays() -> None:
    assert len(yardstick_digest()) == 64
    assert yardstick_digest() == yardstick_digest()


def test_there_is_enough_to_measure_with() -> None:
    languages = {language for topic in topics() for language in topic}
    assert languages == {"en", "fa", "ar", "es", "fr", "de", "pt", "tr", "ru", "hi", "ur", "id", "it"}
    for language in languages:
        assert sum(language in topic for topic in topics()) >= (40 if language in {"en", "fa", "ar"} else 24)


def test_each_topic_has_two_different_wordings_in_each_language() -> None:
    wordings = [wording for topic in topics() for pair in topic.values() for wording in pair]
    assert len(set(wordings)) == len(wordings)
    assert all(len(pair) == 2 for topic in topics() for pair in topic.values())


def test_no_digit_gives_a_sentence_away() -> None:
    wordings = " ".join(wording for topic in topics() for pair in topic.values() for wording in pair)
    assert not any(character.isdigit() for character in wordings)


@pytest.mark.parametrize(("language", "foreign"), [("fa", "كيىةؤ٠ "), ("ar", "کیگچپژ\u200c"), ("ur", "كيىة")])
def test_letters_are_those_of_the_language(language: str, foreign: str) -> None:
    wordings = "".join(wording for topic in topics() for wording in topic.get(language, ()))
    assert not set(wordings) & (set(foreign) - {" "})
