"""Concurrent requests over one model: batches, turns, cancelling, failing, closing."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from service.embedding.embedder import BATCH_CHARACTERS, BATCH_TEXTS, QUERIES_PER_PASSAGE, Embedder, open_embedder
from service.embedding.encoder import Encoded, Encoder
from service.embedding.folder import read_folder
from service.embedding.model import ModelIdentity, Tally, TextKind
from service.errors import Unavailable
from tests.tiny_models import build_model

QUERY, PASSAGE = TextKind.QUERY, TextKind.PASSAGE


class Watched(Encoder):
    """A real encoder that notes its batches, and waits at a gate before each."""

    def __init__(self, folder: Path) -> None:
        super().__init__(read_folder(folder), threads=1)
        self.batches: list[tuple[TextKind, list[str]]] = []
        self.threads: set[int] = set()
        self.started = threading.Semaphore(0)
        self.gate = threading.Event()
        self.gate.set()

    def encode(self, texts: Sequence[str], kind: TextKind) -> Encoded:
        self.threads.add(threading.get_ident())
        self.batches.append((kind, list(texts)))
        self.started.release()
        assert self.gate.wait(10)
        if "explode" in texts:
            raise MemoryError("no room for the batch")
        return super().encode(texts, kind)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return build_model(tmp_path / "tiny")


@pytest.fixture
def encoder(folder: Path) -> Watched:
    return Watched(folder)


@pytest.fixture
async def embedder(encoder: Watched) -> AsyncIterator[Embedder]:
    embedder = Embedder(encoder, ModelIdentity("tiny", "0" * 64, encoder.dimension))
    yield embedder
    encoder.gate.set()
    await embedder.close()


async def turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def held(encoder: Watched, embedder: Embedder) -> asyncio.Task[object]:
    """Keep the model busy with one text until the gate opens."""
    encoder.gate.clear()
    task: asyncio.Task[object] = asyncio.create_task(embedder.embed(["first"], QUERY))
    await batches_started(encoder)
    return task


async def batches_started(encoder: Watched, count: int = 1) -> None:
    """Wait until the encoder has begun that many more."""
    for _ in range(count):
        assert await asyncio.to_thread(encoder.started.acquire, timeout=10)


async def test_open_embed_close(folder: Path) -> None:
    embedder = open_embedder(folder, threads=2)
    assert embedder.identity == ModelIdentity("tiny", read_folder(folder).digest(), 24)
    answer = await embedder.embed(["a doctor", "a physician", "a school"], PASSAGE)
    assert (answer.dtype.name, answer.shape) == ("float32", (3, 24))
    np.testing.assert_allclose(np.linalg.norm(answer, axis=1), 1.0, atol=1e-6)
    assert answer[0] @ answer[1] > 0.99 > answer[0] @ answer[2]
    assert (await embedder.embed([], QUERY)).shape == (0, 24)
    assert embedder.tally == Tally(3, 0)
    await embedder.close()
    await embedder.close()
    with pytest.raises(Unavailable, match="closed"):
        await embedder.embed(["a doctor"], QUERY)


async def test_thousands_of_texts_come_back_in_their_order(encoder: Watched, embedder: Embedder) -> None:
    texts = [f"school {number} " + "car " * (number % 40) for number in range(2_000)]
    answer = await embedder.embed(texts, PASSAGE)
    picked = [0, 39, 40, 777, 1_999]
    for index in picked:
        np.testing.assert_allclose(answer[index], encoder.encode([texts[index]], PASSAGE).vectors[0], atol=1e-5)
    longest = max(len(text) for text in texts)
    for _, batch in encoder.batches:
        assert len(batch) <= BATCH_TEXTS
        assert sum(map(len, batch)) < BATCH_CHARACTERS + longest
    assert embedder.tally.embedded == 2_000


async def test_requests_that_wait_share_a_batch_on_one_thread(encoder: Watched, embedder: Embedder) -> None:
    first = await held(encoder, embedder)
    others = [asyncio.create_task(embedder.embed([f"text {number}"], QUERY)) for number in range(5)]
    await turns()
    encoder.gate.set()
    answers = await asyncio.gather(*others)
    await first
    assert [len(batch) for _, batch in encoder.batches] == [1, 5]
    for number, answer in enumerate(answers):
        np.testing.assert_allclose(answer, encoder.encode([f"text {number}"], QUERY).vectors, atol=1e-5)
    assert len(encoder.threads - {threading.get_ident()}) == 1


async def test_requests_of_the_same_moment_share_a_batch(encoder: Watched, embedder: Embedder) -> None:
    await asyncio.gather(*(embedder.embed([f"text {number}"], QUERY) for number in range(4)))
    assert [len(batch) for _, batch in encoder.batches] == [4]


async def test_the_loop_goes_on_while_the_model_works(encoder: Watched, embedder: Embedder) -> None:
    first = await held(encoder, embedder)
    before = time.perf_counter()
    await asyncio.sleep(0.01)
    assert time.perf_counter() - before < 1
    assert not first.done()


async def test_queries_go_before_passages(encoder: Watched, embedder: Embedder) -> None:
    first = await held(encoder, embedder)
    passages = asyncio.create_task(embedder.embed([f"passage {number}" for number in range(100)], PASSAGE))
    await turns()
    query = asyncio.create_task(embedder.embed(["query"], QUERY))
    await turns()
    encoder.gate.set()
    await asyncio.gather(first, passages, query)
    kinds = [kind for kind, _ in encoder.batches]
    assert kinds[:3] == [QUERY, QUERY, PASSAGE]
    assert set(kinds[2:]) == {PASSAGE}


async def test_passages_get_a_turn_while_queries_keep_coming(encoder: Watched, embedder: Embedder) -> None:
    first = await held(encoder, embedder)
    queries = asyncio.create_task(embedder.embed(["query " * 200] * 30, QUERY))
    passage = asyncio.create_task(embedder.embed(["passage"], PASSAGE))
    await turns()
    encoder.gate.set()
    await asyncio.gather(first, queries, passage)
    assert [kind for kind, _ in encoder.batches].index(PASSAGE) == QUERIES_PER_PASSAGE + 1


async def test_a_large_request_does_not_hold_up_a_small_one_of_its_kind(encoder: Watched, embedder: Embedder) -> None:
    first = await held(encoder, embedder)
    large = asyncio.create_task(embedder.embed([f"large {number}" for number in range(500)], QUERY))
    await turns()
    small = asyncio.create_task(embedder.embed(["small"], QUERY))
    await turns()
    encoder.gate.set()
    await small
    assert not large.done()
    assert "small" in encoder.batches[1][1]
    await asyncio.gather(first, large)


async def test_a_cancelled_caller_leaves_the_others_their_answers(encoder: Watched, embedder: Embedder) -> None:
    first = await held(encoder, embedder)
    running, waiting, kept = (asyncio.create_task(embedder.embed([text], QUERY)) for text in ("one", "two", "three"))
    await turns()
    first.cancel()
    waiting.cancel()
    await turns()
    encoder.gate.set()
    answers = await asyncio.gather(running, kept)
    assert all(np.linalg.norm(answer) == pytest.approx(1.0) for answer in answers)
    assert first.cancelled()
    assert waiting.cancelled()
    assert encoder.batches[1:] == [(QUERY, ["one", "three"])]


async def test_a_cancelled_request_of_many_texts_stops_being_computed(encoder: Watched, embedder: Embedder) -> None:
    task = asyncio.create_task(embedder.embed([f"passage {number}" for number in range(5_000)], PASSAGE))
    await batches_started(encoder, 3)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await embedder.embed(["after"], QUERY)
    assert len(encoder.batches) < 5_000 / BATCH_TEXTS / 2


async def test_a_failing_batch_fails_all_its_callers_and_no_others(
    encoder: Watched, embedder: Embedder, caplog: pytest.LogCaptureFixture
) -> None:
    first = await held(encoder, embedder)
    tasks = [asyncio.create_task(embedder.embed([text], QUERY)) for text in ("one", "explode", "two")]
    await turns()
    encoder.gate.set()
    failures = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(failure) for failure in failures] == [Unavailable] * 3
    assert len({id(failure) for failure in failures}) == 3
    await first
    assert np.linalg.norm(await embedder.embed(["one"], QUERY)) == pytest.approx(1.0)
    assert "no room for the batch" in caplog.text
    assert embedder.tally.embedded == 2


async def test_closing_answers_what_was_asked_before(encoder: Watched, embedder: Embedder) -> None:
    first = await held(encoder, embedder)
    asked = asyncio.create_task(embedder.embed([f"passage {number}" for number in range(100)], PASSAGE))
    await turns()
    closing = [asyncio.create_task(embedder.close()) for _ in range(2)]
    await turns()
    with pytest.raises(Unavailable):
        await embedder.embed(["late"], QUERY)
    assert not any(task.done() for task in closing)
    encoder.gate.set()
    await asyncio.gather(*closing)
    assert (await asked).shape == (100, 24)
    await first
    assert not encoder.threads & {thread.ident for thread in threading.enumerate()}


async def test_closing_does_not_wait_for_the_cancelled(encoder: Watched, embedder: Embedder) -> None:
    first = await held(encoder, embedder)
    asked = asyncio.create_task(embedder.embed(["passage"] * 1_000, PASSAGE))
    await turns()
    asked.cancel()
    first.cancel()
    encoder.gate.set()
    await asyncio.wait_for(embedder.close(), 5)
    assert len(encoder.batches) == 1


def test_a_loop_that_was_closed_in_the_middle_does_not_spoil_the_next(encoder: Watched) -> None:
    embedder = Embedder(encoder, ModelIdentity("tiny", "0" * 64, encoder.dimension))

    async def abandon() -> None:
        encoder.gate.clear()
        asyncio.get_running_loop().create_task(embedder.embed(["left"] * 500, PASSAGE))
        await batches_started(encoder)

    async def again() -> float:
        answer = await embedder.embed(["again"], QUERY)
        return float(np.linalg.norm(answer))

    asyncio.run(abandon())
    encoder.gate.set()
    assert asyncio.run(again()) == pytest.approx(1.0)
    asyncio.run(embedder.close())


async def test_cut_texts_are_counted_and_logged_once(
    embedder: Embedder, encoder: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "service.embedding.embedder")
    for _ in range(3):
        await embedder.embed(["school " * 100, "school"], PASSAGE)
    assert embedder.tally == Tally(6, 3)
    assert [record.getMessage() for record in caplog.records if "without its end" in record.getMessage()] == [
        "A text is longer than the 32 tokens that the model tiny takes, and was embedded without its end; "
        "from here on such texts are only counted"
    ]


async def test_opening_says_which_model_was_chosen_and_how_it_is_used(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "service.embedding.embedder")
    folder = build_model(tmp_path / "e5-tiny", pooling=None, model_file="onnx/model_int8.onnx")
    await open_embedder(folder, threads=1).close()
    (message,) = (record.getMessage() for record in caplog.records)
    assert message == (
        "Embedding with e5-tiny: file onnx/model_int8.onnx, dimensions 24, pooling mean (not told), tokens at most 32, "
        "prefixes 'query: ' and 'passage: ', threads 1"
    )


def test_without_a_model_the_heavy_libraries_stay_out() -> None:
    code = (
        "import sys, service.cli, service.embedding.embedder, service.embedding.model; "
        "print(sorted({'numpy', 'onnxruntime', 'tokenizers'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
