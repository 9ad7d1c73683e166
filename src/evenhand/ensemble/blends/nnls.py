"""Non-negative least squares of the probabilities on the one-hot truth."""

from __future__ import annotations

import numpy as np
from scipy.linalg import eigh
from scipy.optimize import nnls

from evenhand.base.values import Floats
from evenhand.ensemble.align import Aligned
from evenhand.ensemble.blends import BLENDS
from evenhand.ensemble.weights import Weights, shares


@BLENDS.register("nnls")
def nnls_weights(models: Aligned) -> Weights:
    """Return the w >= 0 that minimise the squared distance between the blend and the truth, scaled to sum 1.

    With one column per model, all rows and classes stacked, this is min |A w - y|² (Breiman 1996, stacked
    regressions). Only the m × m Gram matrix AᵀA and Aᵀy enter the solution; they are added up over the rows once,
    fold by fold, and the weights for a fold come from the sums of the others.
    """
    gram, moment = moments(models)
    folds = [
        solve(*(np.delete(sums, fold, axis=0).sum(axis=0) for sums in (gram, moment))) for fold in range(len(gram))
    ]
    return Weights(shares(solve(gram.sum(axis=0), moment.sum(axis=0))), np.array([shares(raw) for raw in folds]))


def moments(models: Aligned, *, budget_bytes: int = 2**24) -> tuple[Floats, Floats]:
    """Return AᵀA of each fold, (f, m, m), and Aᵀy, (f, m).

    Parameters
    ----------
    models
        With the truth and the fold of every row.
    budget_bytes
        Memory for the rows that are stacked at a time.
    """
    truth, fold = models.first.truth, models.first.fold
    assert truth is not None
    assert fold is not None
    m, k = len(models.models), models.first.k
    step = max(1, budget_bytes // (8 * m * k))
    gram, moment = np.zeros((int(fold.max()) + 1, m, m)), np.zeros((int(fold.max()) + 1, m))
    order = np.argsort(fold, kind="stable")
    ends = np.searchsorted(fold[order], np.arange(len(gram) + 1))
    for f in range(len(gram)):
        for start in range(ends[f], ends[f + 1], step):
            rows = order[start : min(start + step, ends[f + 1])]
            stacked = np.empty((m, len(rows), k))
            for position, table in enumerate(models.probabilities):
                np.take(table, rows, axis=0, out=stacked[position], mode="clip")
            flat = stacked.reshape(m, -1)
            gram[f] += flat @ flat.T
            moment[f] += flat @ truth[rows].ravel() if truth.ndim == 2 else _of_truth(stacked, truth[rows])
    return gram, moment


def _of_truth(stacked: Floats, truth: Floats) -> Floats:
    """Return (m,) the sum of the probabilities that each model gives to the true classes."""
    return np.asarray(stacked[:, np.arange(len(truth)), truth].sum(axis=1))


def solve(gram: Floats, moment: Floats, *, smallest: float = 1e-12) -> Floats:
    """Return (m,) the w >= 0 that minimises wᵀ G w - 2 wᵀ b.

    A square root of G turns this into an ordinary problem of m rows, solved exactly by Lawson & Hanson's active
    sets (1974). Directions in which G is below `smallest` of its largest carry nothing: two models that are alike
    share what the pair is worth in one of the possible ways.

    >>> solve(np.array([[2.0, 0.0], [0.0, 1.0]]), np.array([1.0, -3.0])).round(9).tolist()
    [0.5, 0.0]
    """
    values, vectors = eigh(gram)
    kept = values > smallest * max(float(values[-1]), 0.0)
    if not kept.any():
        return np.zeros(len(moment))
    root = np.sqrt(values[kept])
    weights, _ = nnls((vectors[:, kept] * root).T, (vectors[:, kept].T @ moment) / root)
    return np.asarray(weights)
