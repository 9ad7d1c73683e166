"""Greedy assignment: groups go to folds one after the other, the heaviest first."""

from __future__ import annotations

import numpy as np

from evenhand.base.values import Floats, Ints

_TIE = 12
"""Decimals to which scores are compared: rounding noise must not decide between equal folds."""


def assign_greedily(vectors: Floats, order: Ints, shares: Floats, *, held: Floats | None = None) -> Ints:
    """Return (g,) int64, the fold of each group.

    Each group goes to the fold where it reduces most the squared distance of class shares from `shares`. Groups
    with equal vectors are assigned at once, with the same result as one after the other.

    Parameters
    ----------
    vectors
        (g, j) share of each column (class, rows) that a group holds.
    order
        (g,) groups in the order in which they are assigned.
    shares
        (f,) share of everything that each fold should get, positive, sum 1.
    held
        (f, j) what the folds hold already; by default nothing.
    """
    first, kind, copies = group_equal_rows(vectors[order])
    held = np.zeros((len(shares), vectors.shape[1])) if held is None else held
    away = held - shares[:, None] * (vectors.sum(axis=0) + held.sum(axis=0))
    amounts = np.zeros((len(first), len(shares)), dtype=np.int64)
    turns = np.argsort(first)  # `np.unique` sorts by value; this is the order of assignment again
    for at, vector in zip(turns, vectors[order][first[turns]], strict=True):
        score = away @ vector  # half the change of |away|², up to a constant
        if copies[at] == 1:
            best = score.round(_TIE).argmin()
            away[best] += vector
            amounts[at, best] = 1
        else:
            amounts[at] = water_fill(score, float(vector @ vector), int(copies[at]))
            away += amounts[at][:, None] * vector
    fold = np.empty(len(vectors), dtype=np.int64)
    folds = np.tile(np.arange(len(shares)), len(first))
    # Groups sorted by vector, in the order of `amounts`: copies of one vector are equal, so any of them may go to
    # any of its folds.
    fold[order[np.argsort(kind, kind="stable")]] = np.repeat(folds, amounts.ravel())
    return fold


def assign_by_spread(counts: Floats, order: Ints, f: int) -> Ints:
    """Return (g,) int64, the fold of each group, such that shares vary least between folds.

    This is the method of scikit-learn's `StratifiedGroupKFold`: the groups with the most uneven classes first, each
    to the fold that gives the smallest standard deviation of shares between folds (mean over classes); ties go to
    the fold with the fewest rows.

    Parameters
    ----------
    counts
        (g, k) rows of each class in each group, each class with some.
    order
        (g,) groups in the order in which equal ones are assigned.
    f
        Number of folds.
    """
    total = counts.sum(axis=0)
    order = order[np.argsort(-counts[order].std(axis=1), kind="stable")]
    held, one = np.zeros((f, counts.shape[1])), np.eye(f)[:, :, None]
    fold = np.empty(len(counts), dtype=np.int64)
    for g in order:
        # The same order of operations as in scikit-learn: rounding decides which of equal folds it takes.
        spread = ((held + one * counts[g]) / total).std(axis=1).mean(axis=1)
        best = _least(spread.tolist(), held.sum(axis=1).tolist())
        fold[g] = best
        held[best] += counts[g]
    return fold


def _least(spread: list[float], rows: list[float]) -> int:
    best, least, fewest = 0, float("inf"), float("inf")
    for b, (value, size) in enumerate(zip(spread, rows, strict=True)):
        # The tolerances of `np.isclose`, by which scikit-learn compares, without the cost of a call for each fold.
        close = least < float("inf") and abs(value - least) <= 1e-8 + 1e-5 * least
        if value < least or (close and size < fewest):
            best, least, fewest = b, value, size
    return best


def water_fill(score: Floats, step: float, copies: int) -> Ints:
    """Return (f,) int64, how many of `copies` equal groups go to each fold if each goes to the lowest score.

    A group raises the score of its fold by `step` > 0. The common level is computed directly (water filling); the
    remainder goes to the lowest folds.

    Examples
    --------
    >>> water_fill(np.array([0.0, 2.0, 9.0]), step=1.0, copies=5)
    array([4, 1, 0])
    """
    low = np.sort(score)
    filled = np.arange(1, len(low) + 1)
    levels = (np.cumsum(low) + copies * step) / filled
    # The folds under water: with one more, the level would lie below its own score.
    active = int(np.flatnonzero(levels > low).max())
    # Rounded down, fewer than f copies are left: one more each for the folds that are lowest by then.
    amounts = np.floor((levels[active] - score) / step).clip(0).astype(np.int64)
    lowest = np.argsort((score + amounts * step).round(_TIE), kind="stable")
    amounts[lowest[: copies - amounts.sum()]] += 1
    return np.asarray(amounts)


def group_equal_rows(vectors: Floats) -> tuple[Ints, Ints, Ints]:
    """Return the first row of each distinct vector, the index of each row's vector, and the count of each vector.

    Rows are compared by a random projection, which is much faster than comparing columns. It is summed in the same
    order for every row, so that equal rows have equal values; different rows almost surely differ.
    """
    weights = np.random.default_rng(0).random(vectors.shape[1])
    _, first, kind, copies = np.unique(
        (vectors * weights).sum(axis=1), return_index=True, return_inverse=True, return_counts=True
    )
    return first, kind, copies
