"""Logistic regressions that rank: the fitting behind bench/train_model.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from service.evaluation.measures import average_precision, expected_calibration_error


@dataclass
class Examples:
    """One row a (query, claim): its values, whether it is right, and the query it belongs to, in order.

    ``claims`` names the claim of each row, ``relevant`` the right claims of each query, found or not.
    """

    rows: np.ndarray
    right: np.ndarray
    query: np.ndarray
    claims: list[str]
    relevant: list[frozenset[str]]

    def of(self, queries: np.ndarray) -> Examples:
        """Those of some queries; the numbers of the queries stay as they are."""
        kept = np.isin(self.query, queries)
        claims = [claim for claim, each in zip(self.claims, kept, strict=True) if each]
        return Examples(self.rows[kept], self.right[kept], self.query[kept], claims, self.relevant)


def fit(sets: Sequence[Examples], *, ranking: float, ridge: float, signs: Sequence[int]) -> tuple[np.ndarray, float]:
    """Weights and intercept over the columns of the rows; each set weighs the same in all, and so does each query.

    The loss is the logistic one of every row, plus ``ranking`` times the cross entropy of the right claims among those
    found for their query (ListNet: Cao et al., ICML 2007), plus ``ridge`` halves of the squared weights of the
    standardised columns. Rows of a query must stand together. ``signs``: for each column 1 where it may only raise the
    result, -1 where it may only lower it, 0 where it may do either.
    """
    rows = np.concatenate([each.rows for each in sets])
    right = np.concatenate([each.right for each in sets]).astype(float)
    counts = [len(np.unique(each.query)) for each in sets]
    share = np.concatenate([np.full(len(each.right), 1.0 / count) for each, count in zip(sets, counts, strict=True)])
    share *= len(share) / share.sum()
    number = np.concatenate([each.query + place * 1_000_000 for place, each in enumerate(sets)])
    starts = np.flatnonzero(np.r_[True, number[1:] != number[:-1]])
    group = np.repeat(np.arange(len(starts)), np.diff(np.r_[starts, len(number)]))
    per_query = np.add.reduceat(right, starts)
    target = right / np.maximum(per_query, 1.0)[group]
    weight = share[starts] / share[starts].mean() * (per_query > 0) * ranking
    mean, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    scaled = (rows - mean) / spread

    def loss(values: np.ndarray) -> tuple[float, np.ndarray]:
        weights, intercept = values[:-1], values[-1]
        scores = scaled @ weights
        highest = np.maximum.reduceat(scores, starts)
        raised = np.exp(scores - highest[group])
        total = np.add.reduceat(raised, starts)
        listed = weight * (highest + np.log(total) - np.add.reduceat(target * scores, starts))
        pull = weight[group] * (raised / total[group] - target)
        logits = scores + intercept
        wrong = share * (1 / (1 + np.exp(-logits)) - right)
        cost = listed.sum() + (share * (np.logaddexp(0, logits) - right * logits)).sum()
        cost += 0.5 * ridge * weights @ weights
        return float(cost), np.append(scaled.T @ (pull + wrong) + ridge * weights, wrong.sum())

    start = np.zeros(rows.shape[1] + 1)
    limits: list[tuple[float | None, float | None]] = [
        (0.0 if sign > 0 else None, 0.0 if sign < 0 else None) for sign in (*signs, 0)
    ]
    found = minimize(loss, start, jac=True, bounds=limits, method="L-BFGS-B", options={"maxiter": 500}).x
    weights = found[:-1] / spread
    return weights, float(found[-1] - (weights * mean).sum())


def folds_of(part: Examples, count: int) -> np.ndarray:
    """For each query of a set the fold it is held out in, the same on every run."""
    return np.random.default_rng(0).integers(0, count, len(part.relevant))


def report(name: str, part: Examples, logits: np.ndarray) -> None:
    """Print what the log odds of a set's rows show."""
    scores = 1 / (1 + np.exp(-logits))
    precision, matched, wrong, scored = [], 0, 0, []
    for number, relevant in enumerate(part.relevant):
        at = np.flatnonzero(part.query == number)
        order = at[np.argsort(-scores[at], kind="stable")]
        precision.append(average_precision([part.claims[place] for place in order], relevant, 5))
        matches = [part.claims[place] for place in order if scores[place] >= 0.8]
        matched += bool(relevant & set(matches[:5]))
        wrong += bool(set(matches) - relevant)
        scored += [(float(scores[place]), bool(part.right[place])) for place in order[:5]]
    count = len(part.relevant)
    print(
        f"{name:40} MAP@5 {np.mean(precision):.4f}  match_recall {matched / count:.3f}  false_match {wrong / count:.3f}"
        f"  ECE {expected_calibration_error(scored):.3f}  n {count}",
        flush=True,
    )
