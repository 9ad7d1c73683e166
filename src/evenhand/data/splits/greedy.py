"""A first plan: groups dealt to folds one after the other, the heaviest first."""

from __future__ import annotations

import numpy as np

from evenhand.base.values import Floats, Ints

_TIE = 12
"""Decimals to which scores are compared, so that rounding noise does not decide between equal folds."""


def deal(vectors: Floats, order: Ints, shares: Floats) -> Ints:
    """Return (g,) int64, the fold to which each group is dealt.

    Each group goes to the fold where it lessens most the squared distance of class shares from `shares`.
    Groups with equal vectors are dealt at once, which comes to the same as one after the other.

    Parameters
    ----------
    vectors
        (g, j) share of each column (class, rows) that a group holds.
    order
        (g,) groups in the order in which they are dealt.
    shares
        (f,) share of everything that each fold should get, positive, sum 1.
    """
    first, kind, copies = equal_rows(vectors[order])
    away = -shares[:, None] * vectors.sum(axis=0)
    amounts = np.zeros((len(first), len(shares)), dtype=np.int64)
    turns = np.argsort(first)
    for at, vector in zip(turns, vectors[order][first[turns]], strict=True):
        score = away @ vector
        if copies[at] == 1:
            best = score.round(_TIE).argmin()
            away[best] += vector
            amounts[at, best] = 1
        else:
            amounts[at] = level(score, float(vector @ vector), int(copies[at]))
            away += amounts[at][:, None] * vector
    fold = np.empty(len(vectors), dtype=np.int64)
    folds = np.tile(np.arange(len(shares)), len(first))
    fold[order[np.argsort(kind, kind="stable")]] = np.repeat(folds, amounts.ravel())
    return fold


def deal_by_spread(counts: Floats, order: Ints, f: int) -> Ints:
    """Return (g,) int64, the fold to which each group is dealt so that shares spread least over the folds.

    This is how scikit-learn's `StratifiedGroupKFold` deals: groups whose classes are most uneven first, each to the
    fold with the smallest mean over classes of the deviation of shares between folds, and of equal ones to that
    with the fewest rows.

    Parameters
    ----------
    counts
        (g, k) rows of each class in each group, each class with some.
    order
        (g,) groups in the order in which equal ones are dealt.
    f
        Number of folds.
    """
    total = counts.sum(axis=0)
    order = order[np.argsort(-counts[order].std(axis=1), kind="stable")]
    held, one = np.zeros((f, counts.shape[1])), np.eye(f)[:, :, None]
    fold = np.empty(len(counts), dtype=np.int64)
    for g in order:
        # In the order of scikit-learn's own sums: which of equal folds it takes is decided by rounding.
        spread = ((held + one * counts[g]) / total).std(axis=1).mean(axis=1)
        best = _least(spread.tolist(), held.sum(axis=1).tolist())
        fold[g] = best
        held[best] += counts[g]
    return fold


def _least(spread: list[float], rows: list[float]) -> int:
    best, least, fewest = 0, float("inf"), float("inf")
    for b, (value, size) in enumerate(zip(spread, rows, strict=True)):
        close = least < float("inf") and abs(value - least) <= 1e-8 + 1e-5 * least
        if value < least or (close and size < fewest):
            best, least, fewest = b, value, size
    return best


def level(score: Floats, step: float, copies: int) -> Ints:
    """Return (f,) int64, how many of equal groups go to each fold when each goes to the lowest score.

    A group raises the score of its fold by `step`, which is positive. The level that all reach is found at once
    (water filling), what is left over goes to the lowest.

    Examples
    --------
    >>> level(np.array([0.0, 2.0, 9.0]), step=1.0, copies=5)
    array([4, 1, 0])
    """
    low = np.sort(score)
    filled = np.arange(1, len(low) + 1)
    levels = (np.cumsum(low) + copies * step) / filled
    active = int(np.flatnonzero(levels > low).max())
    amounts = np.floor((levels[active] - score) / step).clip(0).astype(np.int64)
    lowest = np.argsort((score + amounts * step).round(_TIE), kind="stable")
    amounts[lowest[: copies - amounts.sum()]] += 1
    return np.asarray(amounts)


def equal_rows(vectors: Floats) -> tuple[Ints, Ints, Ints]:
    """Return where each different vector first stands, which of them each row is, and how often each occurs.

    Rows are compared by a random projection, summed in the same order for every row: equal rows have equal
    values, different ones differ but by a chance of rounding.
    """
    weights = np.random.default_rng(0).random(vectors.shape[1])
    _, first, kind, copies = np.unique(
        (vectors * weights).sum(axis=1), return_index=True, return_inverse=True, return_counts=True
    )
    return first, kind, copies
