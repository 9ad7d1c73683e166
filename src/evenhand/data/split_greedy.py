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
