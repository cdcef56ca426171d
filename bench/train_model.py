"""Train the scorer on the train splits of benchmark folders, and write the weights into the package.

    python bench/train_model.py FOLDER [FOLDER ...] [--write]

Each folder has ``corpus.jsonl``, ``queries.train.jsonl`` and ``qrels.train.tsv``, plain or gzipped. Candidates come
from an index in memory that weighs and budgets terms as the store does, and features from the code that answers
checks. The queries of every folder weigh the same in all, so that a large folder does not drown a small one. Without
``--write`` it only reports what cross-validation over the queries shows.

Needs bench/requirements.txt. Never give it a dev or test split.
"""

from __future__ import annotations

import argparse
import math
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from scipy.optimize import minimize

from service.evaluation.dataset import Retrieval, load_retrieval
from service.evaluation.measures import average_precision, expected_calibration_error
from service.matching.comparison import compare
from service.matching.model import Features, Model, strongest
from service.matching.plan import plan_candidates, terms_of
from service.matching.reading import Reading, read
from service.matching.relevance import Corpus
from service.matching.statements import split_statements
from service.store.candidates import POSTINGS_BUDGET

MODEL = Path(__file__).parent.parent / "service" / "matching" / "data" / "model.json"
FOLDS = 4
BLANK = Model(0.0, Features(*[0.0] * len(Features._fields)))
"""Relations and features do not depend on the weights; these stand in while there are none."""


class Index:
    """Postings of a corpus in memory."""

    def __init__(self, data: Retrieval) -> None:
        self.wordings: list[tuple[str, Reading]] = []
        self.postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for document in data.corpus:
            for text in filter(None, (document.text, document.title)):
                if len(text.strip()) < 3:
                    continue
                reading = read(text[:2000], document.lang)
                for term, weight in terms_of(reading):
                    self.postings[term].append((len(self.wordings), weight))
                self.wordings.append((document.id, reading))
        total = len(self.wordings)
        self.scale = math.log(1 + (total + 0.5) / 0.5)
        rarity = {
            term: math.log(1 + (total - len(rows) + 0.5) / (len(rows) + 0.5)) / self.scale
            for term, rows in self.postings.items()
        }
        self.corpus = Corpus(rarity, self.scale)

    def search(self, terms: tuple[tuple[str, float], ...], limit: int = 50) -> dict[int, float]:
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


@dataclass
class Examples:
    """One row a (query, claim): features, whether it is right, which query it belongs to."""

    rows: np.ndarray
    right: np.ndarray
    query: np.ndarray
    claims: list[str]
    relevant: list[frozenset[str]]


def examples_of(data: Retrieval) -> Examples:
    """Features for every query of a set against the claims found for it, as a check computes them."""
    index = Index(data)
    rows: list[Features] = []
    right: list[bool] = []
    owner: list[int] = []
    claims: list[str] = []
    for number, query in enumerate(data.queries):
        text = query.text.strip()[:2000]
        whole = read(text, query.lang)
        statements = split_statements(text, whole.language.tag)
        units = [whole]
        if len(statements) > 1:
            units += [read(each.text, whole.language.tag) for each in statements]
        found: dict[str, list[Features]] = defaultdict(list)
        for unit in units:
            terms = plan_candidates(unit).terms
            for wording, score in index.search(terms).items():
                claim, reading = index.wordings[wording]
                met = compare(unit, reading, corpus=index.corpus, retrieved=score, model=BLANK)
                found[claim].append(met.features)
        for claim, features in found.items():
            rows.append(strongest(features))
            right.append(claim in data.relevant[query.id])
            owner.append(number)
            claims.append(claim)
    relevant = [data.relevant[query.id] for query in data.queries]
    return Examples(np.array(rows), np.array(right), np.array(owner), claims, relevant)


AGAINST: Final = frozenset({"missing", "figures_clash", "figures_missing", "dates_clash", "names_clash"})
NEITHER: Final = frozenset({"query_length", "candidate_length"})
"""Features that may only lower the score, and those that may do either; all others may only raise it."""


def fit(parts: list[tuple[np.ndarray, np.ndarray, int]]) -> tuple[np.ndarray, float]:
    """Weights and intercept from (rows, right, number of queries) of several sets that weigh the same.

    A logistic regression whose weights keep the sign that their meaning gives them, so that a better agreement never
    lowers a score.
    """
    rows = np.concatenate([part[0] for part in parts])
    right = np.concatenate([part[1] for part in parts]).astype(float)
    share = np.concatenate([np.full(len(part[1]), 1.0 / max(1, part[2])) for part in parts])
    share *= len(share) / share.sum()
    mean, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    scaled = (rows - mean) / spread

    def loss(values: np.ndarray) -> tuple[float, np.ndarray]:
        weights, intercept = values[:-1], values[-1]
        logits = scaled @ weights + intercept
        wrong = share * (1 / (1 + np.exp(-logits)) - right)
        cost = (share * (np.logaddexp(0, logits) - right * logits)).sum() + 0.5 * weights @ weights
        return float(cost), np.append(scaled.T @ wrong + weights, wrong.sum())

    limits: list[tuple[float | None, float | None]] = [
        (None, None) if name in NEITHER else (None, 0.0) if name in AGAINST else (0.0, None)
        for name in Features._fields
    ]
    start = np.zeros(len(limits) + 1)
    found = minimize(loss, start, jac=True, bounds=[*limits, (None, None)], method="L-BFGS-B").x
    weights = found[:-1] / spread
    return weights, float(found[-1] - (weights * mean).sum())


def report(name: str, part: Examples, scores: np.ndarray, chosen: np.ndarray) -> None:
    """Print what the scores of the chosen queries' rows show."""
    precision, matched, wrong, scored = [], 0, 0, []
    for number in chosen:
        at = np.flatnonzero(part.query == number)
        order = at[np.argsort(-scores[at], kind="stable")]
        ids = [part.claims[place] for place in order]
        precision.append(average_precision(ids, part.relevant[number], 5))
        matches = [part.claims[place] for place in order if scores[place] >= 0.8]
        matched += bool(part.relevant[number] & set(matches[:5]))
        wrong += bool(set(matches) - part.relevant[number])
        scored += [(float(scores[place]), bool(part.right[place])) for place in order[:5]]
    count = len(chosen)
    print(
        f"{name:32} MAP@5 {np.mean(precision):.4f}  match_recall {matched / count:.3f}  false_match {wrong / count:.3f}"
        f"  ECE {expected_calibration_error(scored):.3f}  n {count}"
    )


def main() -> None:
    """Cross-validate, then fit on everything and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--write", action="store_true", help="write the weights into the package")
    chosen = parser.parse_args()
    sets: dict[str, Examples] = {}
    for folder in chosen.folders:
        data = load_retrieval(folder, "train")
        if data is None:
            parser.error(f"{folder} has no train split")
        sets[folder.name] = examples_of(data)
        print(f"{folder.name}: {len(sets[folder.name].right)} examples", flush=True)
    held = {name: np.zeros(len(part.right)) for name, part in sets.items()}
    random = np.random.default_rng(0)
    folds = {name: random.integers(0, FOLDS, len(part.relevant)) for name, part in sets.items()}
    for fold in range(FOLDS):
        parts = []
        for name, part in sets.items():
            kept = folds[name][part.query] != fold
            parts.append((part.rows[kept], part.right[kept], int((folds[name] != fold).sum())))
        weights, intercept = fit(parts)
        for name, part in sets.items():
            left = folds[name][part.query] == fold
            held[name][left] = 1 / (1 + np.exp(-(part.rows[left] @ weights + intercept)))
    for name, part in sets.items():
        report(name, part, held[name], np.arange(len(part.relevant)))
    weights, intercept = fit([(part.rows, part.right, len(part.relevant)) for part in sets.values()])
    stored = {
        "intercept": round(intercept, 4),
        "weights": {name: round(float(weight), 4) for name, weight in zip(Features._fields, weights, strict=True)},
        "trained_on": sorted(sets),
    }
    text = msgspec.json.format(msgspec.json.encode(stored), indent=1).decode() + "\n"
    print(text)
    if chosen.write:
        MODEL.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
