"""Logistic regression on frozen features, fitted by a solver."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits
from torch import nn

from evenhand.base.values import Floats, Ints, Strings
from evenhand.data.splits.sklearn_splitter import GroupedStratifiedKFold
from evenhand.models.heads.modules.solved import LabelledRows

Array = npt.NDArray[Any]

START, FACTOR, LEAST, MOST = 1e-2, 10**0.5, 1e-5, 1e3
"""First C of the search (features have unit variance), factor between two, and bounds."""


@dataclass(frozen=True, eq=False)
class LinearFit:
    """Weights (k, d) and biases (k,) of k classes, and the inverse regularisation strength C."""

    weight: Array
    bias: Array
    c: float


class SolvedLinear(nn.Linear):
    """One linear layer, (b, d) -> (b, k), with the weights of a logistic regression."""

    def __init__(self, d: int, k: int) -> None:
        super().__init__(d, k, device="meta")  # without a draw from the global generator
        self.to_empty(device="cpu")
        with torch.no_grad():
            self.weight.zero_()
            self.bias.zero_()

    def solve(self, data: LabelledRows) -> dict[str, Any]:
        """Fit the layer; return the inverse regularisation strength that was chosen, as {"C": …}."""
        x = data.x.cpu().numpy()
        found = fit_logistic_regression(x, data.labels, data.k, groups=data.groups, weights=data.weights)
        with torch.no_grad():
            self.weight.copy_(torch.from_numpy(np.asarray(found.weight, dtype=np.float32)))
            self.bias.copy_(torch.from_numpy(np.asarray(found.bias, dtype=np.float32)))
        return {"C": found.c}


def fit_logistic_regression(
    x: Array, labels: Array, k: int, *, groups: Strings | None = None, weights: Floats | None = None
) -> LinearFit:
    """Return a logistic regression with the C that does best in inner cross-validation, fitted on all rows.

    The search starts at C = 0.01 and moves by a factor of √10 in the direction in which the log-loss of held-out
    groups falls, until it rises, which takes fewer fits than a grid.

    Parameters
    ----------
    x
        (n, d) float32 features of about unit variance.
    labels
        (n,) classes 0..k-1; or (n, k) shares, of which each column is fitted alone, where it is not NaN.
    groups
        (n,) groups that stay together in inner folds; None for each row alone.
    weights
        (n,) weight of each row, or None.
    """
    parts = inner_folds(x, labels, k, groups)
    with threadpool_limits(1):  # tasks run in parallel, one core each
        best = _best_c(x, labels, k, weights, parts) if parts else START
        return _fit(x, labels, k, best, weights)


def _best_c(x: Array, labels: Array, k: int, weights: Floats | None, parts: list[tuple[Ints, Ints]]) -> float:
    """Return the C at which the log-loss of held-out rows stops falling."""
    losses: dict[float, float] = {}

    def loss(c: float) -> float:
        if c not in losses:
            losses[c] = sum(_held_out_loss(x, labels, k, c, weights, fit, held) for fit, held in parts)
        return losses[c]

    best = START
    for step in (FACTOR, 1 / FACTOR):
        while LEAST <= best * step <= MOST and loss(best * step) < loss(best):
            best *= step
        if best != START:
            break
    return best


def inner_folds(
    x: Array, labels: Array, k: int, groups: Strings | None, *, folds: int = 3, much: float = 5e7
) -> list[tuple[Ints, Ints]]:
    """Return (fit, held out) positions of inner folds: three, two for large problems, none for a single group."""
    units = np.arange(len(x)).astype(str).astype(object) if groups is None else groups
    folds = min(folds if x.size * k <= much else 2, len(set(units)))
    if folds < 2:
        return []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # classes of few groups: C is chosen by the others
        shares = np.nan_to_num(labels)
        # shares of a single label look like the target of a regression
        spread = shares >= 0.5 if shares.ndim == 2 and shares.shape[1] == 1 else shares
        return list(GroupedStratifiedKFold(folds).split(x, spread, units))


def _held_out_loss(
    x: Array, labels: Array, k: int, c: float, weights: Floats | None, fit: Ints, held: Ints
) -> float:
    """Return the summed log-loss of held-out rows; rows of classes absent from the fit are left out.

    Such a row costs about the same at every C, and would only add noise to the comparison.
    """
    found = _fit(x[fit], labels[fit], k, c, None if weights is None else weights[fit])
    logits = x[held].astype(np.float64) @ found.weight.T + found.bias
    own = labels[held]
    if own.ndim == 1:
        logits -= logits.max(axis=1, keepdims=True)
        each = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(held)), own]
        each = np.where(np.isin(own, labels[fit]), each, 0.0)
    else:
        each = (np.logaddexp(0.0, logits) - np.nan_to_num(own) * logits).sum(axis=1)
    return float(each @ weights[held]) if weights is not None else float(each.sum())


def _fit(x: Array, labels: Array, k: int, c: float, weights: Floats | None) -> LinearFit:
    weight, bias = np.zeros((k, x.shape[1])), np.zeros(k)
    if labels.ndim == 2:
        for column in range(k):
            known = ~np.isnan(labels[:, column])
            own = None if weights is None else weights[known]
            weight[column], bias[column] = _fit_binary(x[known], labels[known, column], c, own)
        return LinearFit(weight, bias, c)
    held = np.unique(labels)
    absent = np.setdiff1d(np.arange(k), held)
    if len(held) > 1:
        fitted = _solver(c).fit(x, labels, weights)
        if len(held) == 2:  # scikit-learn gives one row, the log odds of the second class: split it evenly
            half, middle = fitted.coef_[0] / 2, fitted.intercept_[0] / 2
            weight[held], bias[held] = np.stack([-half, half]), (-middle, middle)
        else:
            weight[held], bias[held] = fitted.coef_, fitted.intercept_
    # a class without rows is rarer than one in n + 1
    bias[absent] = bias[held].min() - np.log(len(x) + 1.0)
    return LinearFit(weight, bias, c)


def _fit_binary(x: Array, shares: Floats, c: float, weights: Floats | None) -> tuple[Array, float]:
    """Return the weights (d,) and the bias of one label, fitted on n rows that hold it to a share from 0 to 1.

    The cross-entropy of a share p is that of two rows with the same features, a yes of weight p and a no of 1 - p.
    """
    yes, no = np.flatnonzero(shares > 0), np.flatnonzero(shares < 1)
    if not (len(yes) and len(no)):
        sign = 1.0 if len(yes) else -1.0
        return np.zeros(x.shape[1]), sign * float(np.log(len(x) + 1.0))
    parts = np.concatenate([shares[yes], 1 - shares[no]])
    rows = np.concatenate([yes, no])
    order = np.argsort(
        rows, kind="stable"
    )  # of hard labels the rows as they are, so that sums end in the same bits
    rows, parts = rows[order], parts[order]
    if weights is not None:
        parts = parts * weights[rows]
    is_yes = (np.arange(len(rows)) < len(yes))[order]
    fitted = _solver(c).fit(x[rows], is_yes, None if np.all(parts == 1) else parts)
    return fitted.coef_[0], float(fitted.intercept_[0])


class _QuietLogisticRegression(LogisticRegression):  # type: ignore[misc]
    """Stops at the most iterations without a warning: one more or less does not change C."""

    def fit(self, X: Array, y: Array, sample_weight: Floats | None = None) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return super().fit(X, y, sample_weight)


def _solver(c: float, *, iterations: int = 200, tolerance: float = 1e-3) -> LogisticRegression:
    return _QuietLogisticRegression(C=c, max_iter=iterations, tol=tolerance)
