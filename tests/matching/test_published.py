"""What is published about the score: every feature documented, and the weights those that score."""

from __future__ import annotations

from service.matching.model import ACROSS, BETWEEN, LEXICAL, SEMANTIC, Features, Meaning, Together, default_model
from service.matching.published import feature_documentation, published


def test_no_feature_lacks_its_documentation():
    names = {*LEXICAL, *SEMANTIC, *BETWEEN}
    assert {*Features._fields, *Together._fields, *Meaning._fields} <= names
    documentation = feature_documentation()
    assert set(documentation) == names
    for name, said in documentation.items():
        assert len(said.split()) >= 4, name
        assert said.endswith("."), name
        assert "\n" not in said, name


def test_what_is_published_is_what_scores():
    model = default_model()
    by_words, with_meaning, by_meaning = published(model)
    values = [(number + 1) / 10 for number in range(len(LEXICAL))]
    features, together = Features(*values[:-1]), Together(values[-1])
    said = by_words.intercept + sum(each.weight * value for each, value in zip(by_words.features, values, strict=True))
    line = model.calibration["fa"]
    assert abs(line.offset + line.slope * said - model.by_words(features, together, "fa")) < 1e-9
    meaning = Meaning(0.5, 0.25)
    assert [each.name for each in with_meaning.features] == ["by_words", *Meaning._fields]
    said = with_meaning.intercept + sum(
        each.weight * value for each, value in zip(with_meaning.features, (2.0, *meaning), strict=True)
    )
    assert abs(said - model.with_meaning(2.0, meaning)) < 1e-9
    compared = [*meaning, *(getattr(features, name) for name in ACROSS)]
    said = by_meaning.intercept + sum(
        each.weight * value for each, value in zip(by_meaning.features, compared, strict=True)
    )
    assert abs(said - model.by_meaning(features, meaning)) < 1e-9
