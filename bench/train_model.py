"""Train the scorer on the train splits of benchmark folders, and write the weights into the package.

    python bench/train_model.py FOLDER [FOLDER ...] [--meaning FOLDER ... --model MODEL] [--write]

Each folder has ``corpus.jsonl``, ``queries.train.jsonl`` and ``qrels.train.tsv``, plain or gzipped. Candidates come
from an index in memory that weighs and budgets terms as the store does, and features from the code that answers
checks. The folders after ``--meaning`` (of those before it, in languages that the embedding model in MODEL covers)
train what that code adds where a model is used; without them these weights stay as they are. Every set weighs the same
in all, so that a large one does not drown a small one. Without ``--write`` it only reports what cross-validation over
the queries shows. ``--vectors FILE`` keeps the vectors for the next run.

Needs bench/requirements.txt. Never give it a dev or test split.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from fitting import Examples, fit, folds_of, report

from service.embedding.embedder import open_embedder
from service.embedding.model import TextKind
from service.embedding.yardstick import Yardstick, measure
from service.evaluation.dataset import Retrieval, load_retrieval
from service.evaluation.loading import draft_of
from service.matching.comparison import Comparison, compare
from service.matching.judging import meaning_of, weigh
from service.matching.model import ACROSS, BETWEEN, LEAST_BY_WORDS, LEXICAL, SEMANTIC, Features, Line, Model, Weights
from service.matching.plan import plan_candidates, terms_of
from service.matching.reading import Reading, read
from service.matching.relevance import Corpus
from service.matching.statements import split_statements
from service.store.candidates import POSTINGS_BUDGET

MODEL: Final = Path(__file__).parent.parent / "service" / "matching" / "data" / "model.json"
FOLDS: Final = 4
KEPT: Final = ("semantic", "across")
"""What stays as it is in the file where meaning is not trained."""

AGAINST: Final = frozenset({"figures_clash", "figures_missing", "dates_clash", "names_clash"})
NEITHER: Final = frozenset({"candidate_length"})
"""What may only lower a score, and what may do either. All else may only raise it, so that a text that is more like a
claim never scores less: near copies, of which the benchmarks have few, would else be judged by how a curve goes on.
"""

NONE: Final = Weights(0.0, (0.0,) * len(LEXICAL))
BLANK: Final = Model(NONE, {}, Line(0.0, 1.0), NONE, NONE)
"""Relations and features do not depend on the weights; these stand in while there are none."""


WORDS: Final = {"ranking": 1.0, "ridge": 30.0}
MEANINGS: Final = {"ranking": 0.0, "ridge": 1.0}
"""How the weights of words and those of meaning are fitted: chosen by cross-validation on the train splits."""


class Index:
    """A corpus in memory: postings, and the wordings of each claim."""

    def __init__(self, data: Retrieval) -> None:
        self.wordings: list[tuple[str, Reading]] = []
        self.of_claim: dict[str, list[int]] = defaultdict(list)
        self.postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for document in data.corpus:
            draft = draft_of(document)
            for text in () if draft is None else (draft.text, *(each.text for each in draft.phrasings)):
                reading = read(text, document.lang)
                for term, weight in terms_of(reading):
                    self.postings[term].append((len(self.wordings), weight))
                self.of_claim[document.id].append(len(self.wordings))
                self.wordings.append((document.id, reading))
        total = len(self.wordings)
        self.scale = math.log(1 + (total + 0.5) / 0.5)
        rarity = {
            term: math.log(1 + (total - len(rows) + 0.5) / (len(rows) + 0.5)) / self.scale
            for term, rows in self.postings.items()
        }
        self.corpus = Corpus(rarity, self.scale)

    def search(self, terms: tuple[tuple[str, float], ...], limit: int) -> dict[int, float]:
        """The best wordings with their BM25 scores: rarest terms first, within the store's budget."""
        scores: dict[int, float] = defaultdict(float)
        spent = 0
        known = sorted((len(self.postings[term]), term, weight) for term, weight in terms if term in self.postings)
        for place, (count, term, weight) in enumerate(known):
            spent += count
            if place and spent > POSTINGS_BUDGET:
                break
            idf = self.corpus.weight(term) * self.scale * weight
            for wording, stored in self.postings[term]:
                scores[wording] += idf * stored
        return dict(sorted(scores.items(), key=lambda item: -item[1])[:limit])


def examples_of(data: Retrieval) -> tuple[Examples, list[list[str]], list[Features]]:
    """The values for every query of a set against the claims found for it, as a check computes them.

    With them, for each row, the texts of the claim's wordings and the strongest features.
    """
    index = Index(data)
    rows, right, owner, claims, texts, strongest = [], [], [], [], [], []
    for number, query in enumerate(data.queries):
        text = query.text.strip()[:2000]
        whole = read(text, query.lang)
        statements = split_statements(text, whole.language.tag)
        units = [whole]
        if len(statements) > 1:
            units += [read(each.text, whole.language.tag) for each in statements]
        met: dict[str, list[tuple[int, Comparison]]] = defaultdict(list)

        def encounter(unit: Reading, wording: int, score: float | None, met: Any = met) -> None:
            claim, reading = index.wordings[wording]
            comparison = compare(unit, reading, corpus=index.corpus, retrieved=score, model=BLANK)
            met[claim].append((wording, comparison))

        for unit in units:
            plan = plan_candidates(unit)
            for wording, score in index.search(plan.terms, plan.limit).items():
                encounter(unit, wording, score)
        for claim, found in list(met.items()):
            for wording in set(index.of_claim[claim]).difference(place for place, _ in found):
                encounter(whole, wording, None)
        for claim, found in met.items():
            wordings = [index.wordings[place][1] for place in dict.fromkeys(place for place, _ in found)]
            features, together = weigh(whole, wordings, [each for _, each in found])
            rows.append((*features, *together))
            strongest.append(features)
            texts.append([each.text for each in wordings])
            right.append(claim in data.relevant[query.id])
            owner.append(number)
            claims.append(claim)
    relevant = [data.relevant[query.id] for query in data.queries]
    return Examples(np.array(rows), np.array(right), np.array(owner), claims, relevant), texts, strongest


def stored(weights: np.ndarray, intercept: float, names: Sequence[str]) -> dict[str, Any]:
    """Weights as they stand in the file."""
    rounded = [round(float(each), 4) for each in weights]
    return {"intercept": round(intercept, 4), "weights": dict(zip(names, rounded, strict=True))}


def held_out(sets: dict[str, Examples], names: Sequence[str], **how: float) -> dict[str, np.ndarray]:
    """The log odds that each row gets from weights that never saw its query. ``names``: those of the columns."""
    signs = signs_of(names)
    logits = {name: np.zeros(len(part.right)) for name, part in sets.items()}
    folds = {name: folds_of(part, FOLDS) for name, part in sets.items()}
    for fold in range(FOLDS):
        kept = [part.of(np.flatnonzero(folds[name] != fold)) for name, part in sets.items()]
        weights, intercept = fit(kept, signs=signs, **how)
        for name, part in sets.items():
            left = folds[name][part.query] == fold
            logits[name][left] = part.rows[left] @ weights + intercept
    return logits


def signs_of(names: Sequence[str]) -> list[int]:
    """Which way each value may move a score."""
    return [-1 if name in AGAINST else 0 if name in NEITHER else 1 for name in names]


def derived(part: Examples, rows: np.ndarray) -> Examples:
    """The same examples by other values."""
    return Examples(rows, part.right, part.query, part.claims, part.relevant)


def line_of(parts: list[tuple[Examples, np.ndarray]]) -> Line:
    """The straight line that calibrates log odds (Platt 1999)."""
    weights, offset = fit([derived(part, logits[:, None]) for part, logits in parts], ranking=0.0, ridge=0.0, signs=[1])
    return Line(round(offset, 4), round(float(weights[0]), 4))


async def embed(
    folder: Path, texts: dict[TextKind, list[str]], cache: Path | None
) -> tuple[Yardstick, dict[TextKind, dict[str, Any]]]:
    """The model's yardstick, and the vector of every text, by kind and text; from ``cache`` where it holds them all."""
    embedder = open_embedder(folder, threads=2)
    yardstick = await measure(embedder)
    if cache is not None and os.path.exists(cache):  # noqa: ASYNC240  # nothing else runs on this loop
        with np.load(cache, allow_pickle=False) as kept:
            found = {kind: dict(zip(kept[f"{kind}_texts"], kept[kind.value], strict=True)) for kind in texts}
        if all(set(each) <= set(found[kind]) for kind, each in texts.items()):
            await embedder.close()
            return yardstick, found
    vectors: dict[TextKind, Any] = {}
    for kind, each in texts.items():
        each.sort(key=len)
        parts = [await embedder.embed(each[start : start + 64], kind) for start in range(0, len(each), 64)]
        vectors[kind] = np.concatenate(parts)
    await embedder.close()
    if cache is not None:
        np.savez(
            cache,
            **{f"{kind}_texts": np.array(each) for kind, each in texts.items()},
            **{kind.value: each for kind, each in vectors.items()},
        )
    return yardstick, {kind: dict(zip(each, vectors[kind], strict=True)) for kind, each in texts.items()}


def main() -> None:
    """Cross-validate, then fit on everything and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--meaning", nargs="+", type=Path, default=[], metavar="FOLDER", help="train meaning on these")
    parser.add_argument("--model", type=Path, help="folder of the embedding model")
    parser.add_argument("--vectors", type=Path, metavar="FILE", help="keep vectors in this .npz file")
    parser.add_argument("--write", action="store_true", help="write the weights into the package")
    chosen = parser.parse_args()
    if bool(chosen.meaning) != bool(chosen.model):
        parser.error("--meaning and --model go together")
    model = {key: value for key, value in msgspec.json.decode(MODEL.read_bytes()).items() if key in KEPT}
    loaded: dict[str, Retrieval] = {}
    sets: dict[str, Examples] = {}
    texts: dict[str, list[list[str]]] = {}
    strongest: dict[str, list[Features]] = {}
    for folder in dict.fromkeys([*chosen.folders, *chosen.meaning]):
        data = load_retrieval(folder, "train")
        if data is None:
            parser.error(f"{folder} has no train split")
        name = folder.name
        loaded[name] = data
        sets[name], texts[name], strongest[name] = examples_of(data)
        print(f"{name}: {len(sets[name].right)} examples", flush=True)

    lexical = {folder.name: sets[folder.name] for folder in chosen.folders}
    logits = held_out(lexical, LEXICAL, **WORDS)
    lines = {}
    for language in sorted({loaded[name].queries[0].lang for name in lexical}):
        mine = [(lexical[name], logits[name]) for name in lexical if loaded[name].queries[0].lang == language]
        lines[language] = line_of(mine)
    otherwise = line_of([(lexical[name], logits[name]) for name in lexical])
    weights, intercept = fit(list(lexical.values()), signs=signs_of(LEXICAL), **WORDS)
    for name in sets:
        if name not in lexical:
            logits[name] = sets[name].rows @ weights + intercept
    by_words = {}
    for name in sets:
        line = lines.get(loaded[name].queries[0].lang, otherwise)
        by_words[name] = line.offset + line.slope * logits[name]
        report(f"{name}, words", sets[name], by_words[name])
    model |= {
        "lexical": stored(weights, intercept, LEXICAL),
        "calibration": {tag: list(line) for tag, line in lines.items()},
        "otherwise": list(otherwise),
        "trained_on": sorted(sets),
    }

    if chosen.meaning:
        names = [folder.name for folder in chosen.meaning]
        wanted = {
            TextKind.QUERY: sorted({query.text.strip()[:2000] for name in names for query in loaded[name].queries}),
            TextKind.PASSAGE: sorted({text for name in names for each in texts[name] for text in each}),
        }
        yardstick, vectors = asyncio.run(embed(chosen.model, wanted, chosen.vectors))
        both, between = {}, {}
        for name in names:
            language = loaded[name].queries[0].lang
            if not yardstick.covers(language, language):
                parser.error(f"{chosen.model} does not cover {language}, the language of {name}")
            queries = [vectors[TextKind.QUERY][query.text.strip()[:2000]] for query in loaded[name].queries]

            def likeness(text: str, number: int, queries: Any = queries, tag: str = language) -> float:
                found = yardstick.likeness(float(vectors[TextKind.PASSAGE][text] @ queries[number]), tag, tag)
                return 0.0 if found is None else found

            asked = zip(sets[name].query, texts[name], strict=True)
            meanings = np.array([
                meaning_of([likeness(text, number) for text in wordings]) for number, wordings in asked
            ])  # fmt: skip
            rows = np.hstack([np.maximum(LEAST_BY_WORDS, by_words[name])[:, None], meanings])
            both[name] = derived(sets[name], rows)
            figures = np.array([[getattr(each, feature) for feature in ACROSS] for each in strongest[name]])
            between[name] = derived(sets[name], np.hstack([meanings, figures]))
        for title, parts, columns in (("semantic", both, SEMANTIC), ("across", between, BETWEEN)):
            for name, found in held_out(parts, columns, **MEANINGS).items():
                report(f"{name}, {title}", parts[name], found)
            fitted = fit(list(parts.values()), signs=signs_of(columns), **MEANINGS)
            model[title] = stored(*fitted, columns)

    text = msgspec.json.format(msgspec.json.encode(model), indent=1).decode() + "\n"
    print(text)
    if chosen.write:
        MODEL.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
