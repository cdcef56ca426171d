"""Benchmark folders: what is read, what is mended, what is refused and where."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from service.errors import InvalidInput
from service.evaluation.dataset import (
    Document,
    as_claim_text,
    load_benchmark,
    load_distractors,
    load_pairs,
    load_retrieval,
    sample,
)
from service.evaluation.loading import draft_of
from tests.evaluation.folders import CORPUS, write, write_jsonl, write_pairs, write_retrieval


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_a_folder_is_read_whole(tmp_path: Path, ending: str) -> None:
    write_retrieval(tmp_path, ending)
    write_pairs(tmp_path, ending)
    benchmark = load_benchmark(tmp_path, "dev")
    assert benchmark.folder == tmp_path.name
    assert benchmark.retrieval is not None
    assert [query.id for query in benchmark.retrieval.queries] == ["1", "2", "3", "4", "5"]
    assert benchmark.retrieval.relevant["3"] == {"hospital"}
    assert benchmark.retrieval.queries[1].stance == "Agree"
    assert benchmark.pairs is not None
    assert [pair.kind for pair in benchmark.pairs] == ["number", "other", "negation", "mislabelled", "other"]


def test_of_several_lines_with_one_id_the_first_holds(tmp_path: Path) -> None:
    data = load_retrieval(write_retrieval(tmp_path), "dev")
    assert data is not None
    assert len(data.corpus) == len(CORPUS) - 1
    assert next(document for document in data.corpus if document.id == "bridge").text.startswith("The old bridge")


def test_a_part_that_is_not_there_is_none(tmp_path: Path) -> None:
    assert load_retrieval(tmp_path, "dev") is None
    assert load_pairs(tmp_path, "dev") is None
    assert load_benchmark(write_pairs(tmp_path), "dev").retrieval is None


def test_a_split_is_never_another_one(tmp_path: Path) -> None:
    write_retrieval(tmp_path)
    with pytest.raises(InvalidInput, match=r"queries\.train\.jsonl"):
        load_benchmark(tmp_path, "train")


@pytest.mark.parametrize("split", ["", "../dev", "dev/..", "a b"])
def test_a_split_is_a_plain_name(tmp_path: Path, split: str) -> None:
    with pytest.raises(InvalidInput, match="split"):
        load_benchmark(write_retrieval(tmp_path), split)


@pytest.mark.parametrize(
    ("name", "content", "where"),
    [
        ("corpus.jsonl", '{"id": "a", "text": "some text"}\n\n{"id": "b", "text": \n', r"corpus\.jsonl, line 3"),
        ("corpus.jsonl", '{"id": "a"}\n', r"corpus\.jsonl, line 1: .*text"),
        ("corpus.jsonl", '{"id": 7, "text": "some text"}\n', r"corpus\.jsonl, line 1: .*id"),
        ("queries.dev.jsonl", "[1]\n", r"queries\.dev\.jsonl, line 1"),
        ("queries.dev.jsonl", '{"id": "1", "text": "\udcff"}', r"queries\.dev\.jsonl, line 1"),
        ("qrels.dev.tsv", "1\tbridge\n2 dam\n", r"qrels\.dev\.tsv, line 2"),
        ("pairs.dev.jsonl", '{"a": "x", "b": "y", "label": "maybe"}\n', r"pairs\.dev\.jsonl, line 1: .*label"),
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, name: str, content: str, where: str) -> None:
    write_retrieval(tmp_path)
    (tmp_path / name).write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(InvalidInput, match=where):
        load_benchmark(tmp_path, "dev")


@pytest.mark.parametrize("name", ["corpus.jsonl", "qrels.dev.tsv"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    write_retrieval(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(InvalidInput, match=name):
        load_benchmark(tmp_path, "dev")


@pytest.mark.parametrize(
    "broken",
    [b"not gzip at all", gzip.compress(b'{"id": "1"}' * 99, mtime=0)[:-12], b"\x1f\x8b\x08"],
    ids=["not gzip", "cut short", "only a header"],
)
def test_a_broken_archive_is_bad_input(tmp_path: Path, broken: bytes) -> None:
    write_retrieval(tmp_path, ".gz")
    (tmp_path / "corpus.jsonl.gz").write_bytes(broken)
    with pytest.raises(InvalidInput, match=r"corpus\.jsonl\.gz"):
        load_benchmark(tmp_path, "dev")


def test_a_half_surrogate_is_read_and_mended(tmp_path: Path) -> None:
    write_retrieval(tmp_path)
    write(tmp_path / "corpus.jsonl", '{"id": "bridge", "text": "Half an emoji \\ud83d here", "lang": "en"}\n')
    data = load_retrieval(tmp_path, "dev")
    assert data is not None
    (document,) = data.corpus
    assert document.text == "Half an emoji \ud83d here"
    draft = draft_of(document)
    assert draft is not None
    assert draft.text == "Half an emoji   here"


@pytest.mark.parametrize(
    ("given", "expected"),
    [("a\0b", "a b"), ("  abc\x1b ", "abc"), ("x" * 2001, "x" * 2000), ("y" * 1999 + " z", "y" * 1999), ("", "")],
)
def test_texts_as_claims_may_have_them(given: str, expected: str) -> None:
    assert as_claim_text(given) == expected


def test_drafts() -> None:
    assert draft_of(Document("1", "ab", "en", None)) is None
    assert draft_of(Document("1", "ab", "en", "\0\0\0\0")) is None
    titled = draft_of(Document("1", "ab", "en", "The title"))
    assert titled is not None
    assert (titled.text, titled.phrasings) == ("The title", ())
    both = draft_of(Document("1", "The text", "nonsense", "The title"))
    assert both is not None
    assert (both.text, both.language, [each.text for each in both.phrasings]) == ("The text", "und", ["The title"])


def test_distractors_repeat_nothing(tmp_path: Path) -> None:
    path = tmp_path / "claims.jsonl.gz"
    write_jsonl(
        path,
        [
            {"text": "the vaccine contains 12 milligrams of ALUMINIUM."},
            {"text": "Aluminium dose", "lang": "en"},
            {"text": "A new one", "lang": "en", "source": "elsewhere"},
            {"text": "a new one"},
        ],
    )
    corpus = [Document("\0a", "The vaccine contains 12 milligrams of aluminium", "en", "Aluminium dose")]
    found = load_distractors(path, corpus)
    assert [(each.text, each.lang) for each in found] == [("A new one", "en")]
    assert found[0].id not in {document.id for document in corpus}
    with pytest.raises(InvalidInput, match="no file"):
        load_distractors(tmp_path / "absent.jsonl", corpus)


def test_samples_are_spread_evenly() -> None:
    assert sample(range(10), None) == list(range(10))
    assert sample(range(10), 20) == list(range(10))
    assert sample(range(10), 4) == [0, 2, 5, 7]
