"""Measures of an assignment of folds: rows of each class in each group, and the share of each class in each fold.

Letters: n rows, k classes, g groups, f folds.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from evenhand.base.values import Floats, Ints, Mask


def count_labels(labels: Ints, group: Ints, k: int) -> Floats:
    """Return (g, k) float64, the rows of each class in each group.

    Parameters
    ----------
    labels
        (n,) class of each row, 0..k-1; negative where unknown (such rows are not counted).
    group
        (n,) group of each row, 0..g-1, each number used.

    Examples
    --------
    >>> count_labels(np.array([0, 0, 1]), np.array([0, 1, 1]), k=2)
    array([[1., 0.],
           [1., 1.]])
    """
    g = int(group.max()) + 1 if len(group) else 0
    known = labels >= 0
    cell = group[known] * k + labels[known]
    return np.bincount(cell, minlength=g * k).reshape(g, k).astype(np.float64)


def sum_by_group(values: Floats, group: Ints) -> Floats:
    """Return (g, j) float64, the sums of the rows of `values` (n, j) in each group.

    Parameters
    ----------
    group
        (n,) group of each row, 0..g-1, each number used.
    """
    if not len(group):
        return np.zeros((0, values.shape[1]))
    # Sorted once and summed in runs: `np.add.at` on (g, j) is many times slower. Stable, so that sums of floats do
    # not depend on the algorithm that sorts.
    order = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[order], np.arange(int(group.max()) + 1))
    return np.add.reduceat(values[order].astype(np.float64), starts, axis=0)


def sum_by_fold(values: npt.NDArray[Any], fold: Ints, f: int) -> npt.NDArray[Any]:
    """Return (f, j) the sums of the rows of `values` (g, j) in each fold, counts if they are bool."""
    # Not a matrix product with a one-hot matrix: it is so flat that the threads of a BLAS cost more than the sum.
    return np.stack([values[fold == b].sum(axis=0) for b in range(f)])


def shares_by_fold(counts: Floats, fold: Ints, f: int) -> Floats:
    """Return (f, k) float64 in [0, 1], the share of each class that lies in each fold; 0 for an empty class.

    Parameters
    ----------
    counts
        (g, k) rows of each class in each group.
    fold
        (g,) fold of each group, 0..f-1.
    """
    total = counts.sum(axis=0)
    return np.asarray(sum_by_fold(counts, fold, f) / np.where(total > 0, total, 1.0))


def share_deviation(counts: Floats, fold: Ints, shares: Floats) -> Floats:
    """Return (f, k) float64, the share of each class in each fold minus `shares` (f,).

    A class without rows deviates by 0. The largest absolute value is the *worst class-share deviation*.
    """
    deviation = shares_by_fold(counts, fold, len(shares)) - shares[:, None]
    return np.where(counts.sum(axis=0) > 0, deviation, 0.0)


def wholly_inside(counts: Floats, fold: Ints, f: int) -> Mask:
    """Return (f, k) bool, whether a class with two or more groups has them all in one fold.

    The training part of that fold would then lack the class, which can be avoided.
    """
    held = counts > 0
    groups = held.sum(axis=0)
    return np.asarray((sum_by_fold(held, fold, f) == groups) & (groups > 1))


def lower_bound(counts: Floats, f: int) -> float:
    """Return a lower bound of the worst class-share deviation with f equal folds.

    For each class with group sizes s_1 >= s_2 >= ... and m rows in all, some fold holds at least the largest group;
    some fold holds two of the f + 1 largest (pigeonhole); some fold holds at most floor(groups / f) groups, and so
    at most that many largest ones; and if rows are whole, no share is finer than one row. Each class is bounded by
    itself, so the best assignment may lie above the bound.

    Parameters
    ----------
    counts
        (g, k) rows of each class in each group.

    Examples
    --------
    One group holds 3 of 4 rows: its fold has 0.75 of the class where 0.5 is wanted.

    >>> lower_bound(np.array([[3.0], [1.0]]), f=2)
    0.25
    """
    counts = counts[:, counts.sum(axis=0) > 0]
    if not counts.size:
        return 0.0
    sizes = -np.sort(-counts, axis=0)
    total = sizes.sum(axis=0)
    groups = (sizes > 0).sum(axis=0)
    above = [sizes[0] / total - 1 / f]
    if len(sizes) > f:
        above.append((sizes[f - 1] + sizes[f]) / total - 1 / f)
    most = np.concatenate([np.zeros((1, sizes.shape[1])), np.cumsum(sizes, axis=0)])
    below = [1 / f - most[groups // f, np.arange(len(total))] / total]
    if _whole(counts):
        above.append(np.ceil(total / f) / total - 1 / f)
        below.append(1 / f - np.floor(total / f) / total)
    return max(0.0, float(np.max([*above, *below])))


def _whole(counts: npt.NDArray[np.floating]) -> bool:
    return bool((counts == np.floor(counts)).all())
