"""Two simple classifiers of which side a row is on, evaluated for many assignments of the sides at once.

The linear probe detects differences in one direction everywhere ("darker"). The neighbour probe detects
differences that vary from class to class (another shelf behind each product), as the two-sample test of Schilling
1986 does. Both score a row without its own group.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import linalg
from scipy.sparse import csr_array

from evenhand.base.values import Floats, Ints

Sides = npt.NDArray[np.bool_]


def standardised(measures: Floats) -> Floats:
    """Return (n, d) measures with mean 0 and standard deviation 1, clipped at ±5; constant ones become 0."""
    x = measures.astype(np.float64)
    deviation = x.std(axis=0)
    scaled = (x - x.mean(axis=0)) / np.where(deviation > 1e-9, deviation, np.inf)
    # Clipped, so that a few extreme files do not decide the fit of a probe.
    return np.asarray(np.clip(scaled, -5, 5))


def within_classes(measures: Floats, known: Floats) -> Floats:
    """Return (n, d) residuals of the standardised measures after linear regression on the labels (n, k)."""
    x = standardised(measures)
    design = np.column_stack([np.ones(len(known)), known])
    # The labels of a row sum to one, so the columns are collinear: a small ridge makes the system solvable.
    gram = design.T @ design + 1e-6 * np.eye(design.shape[1])
    return np.asarray(x - design @ linalg.solve(gram, design.T @ x, assume_a="pos"))


def linear_scores(x: Floats, sides: Sides, fold: Ints, *, ridge: float = 1e-2, usual: int = 40) -> Floats:
    """Return (n, p) scores of ridge regressions of each column of `sides`, each row left out of its own fit.

    Ridge regression of a two-valued target ranks as linear discriminant analysis does (Hastie et al. 2009,
    exercise 4.2); one factorisation serves all columns.

    Parameters
    ----------
    x
        (n, d) standardised.
    sides
        (n, p) bool.
    fold
        (n,) folds of whole groups.
    ridge
        Penalty as a share of the training rows; larger where there are more than `usual` measures.
    """
    scores = np.zeros(sides.shape)
    # Many measures of few rows (words of names) would separate any sides without it.
    penalty = ridge * max(1.0, x.shape[1] / usual)
    for f in np.unique(fold):
        held = fold == f
        if held.all():
            continue
        fitted, wanted = x[~held], sides[~held].astype(np.float64)
        centre = fitted.mean(axis=0)
        gram = (fitted - centre).T @ (fitted - centre) + penalty * len(fitted) * np.eye(x.shape[1])
        slope = linalg.solve(gram, (fitted - centre).T @ (wanted - wanted.mean(axis=0)), assume_a="pos")
        # No intercept: areas are taken over all folds together, and each fold's own level would shift its rows.
        scores[held] = (x[held] - centre) @ slope
    return scores


def neighbours(
    x: Floats, group: Ints, stratum: Ints, rng: np.random.Generator, *, k: int = 5, chunk: int = 512
) -> Ints:
    """Return (n, k) the nearest rows of other groups in the same stratum, -1 where there are fewer.

    Ties are broken at random, since the order of the rows is often the order of the sides.
    """
    near = np.full((len(x), k), -1)
    for value in np.unique(stratum):
        rows = rng.permutation(np.flatnonzero(stratum == value))
        points = x[rows].astype(np.float32)
        square = (points**2).sum(axis=1)
        for start in range(0, len(rows), chunk):
            part = slice(start, start + chunk)
            # Without the square of the row itself, which is the same for all its candidates and changes no order.
            distance = square - 2 * points[part] @ points.T
            # Rows of one group are alike whichever side they are on, and the row itself is one of them.
            distance[group[rows[part], None] == group[rows]] = np.inf
            best = np.argsort(distance, axis=1, kind="stable")[:, :k]
            finite = np.isfinite(np.take_along_axis(distance, best, axis=1))
            near[rows[part], : best.shape[1]] = np.where(finite, rows[best], -1)
    return near


def neighbour_scores(near: Ints, sides: Sides, group: Ints, stratum: Ints) -> Floats:
    """Return (n, p) the share of a row's neighbours on the side, less that share in the rest of its stratum.

    The rest excludes the row's own group, as the neighbours do; without this correction a row on the side would
    score too low by chance alone.
    """
    there = near >= 0
    found = np.maximum(there.sum(axis=1), 1)[:, None]
    share = sum((sides[near[:, j]] * there[:, j, None] for j in range(near.shape[1])), np.zeros(sides.shape))
    cell = np.unique(np.column_stack([stratum, group]), axis=0, return_inverse=True)[1].ravel()
    total, own = _sums(stratum, sides), _sums(cell, sides)
    rest_rows, own_rows = np.bincount(stratum)[stratum], np.bincount(cell)[cell]
    rest = (total[stratum] - own[cell]) / np.maximum(rest_rows - own_rows, 1)[:, None]
    return np.asarray(np.where((there.sum(axis=1) > 0)[:, None], share / found - rest, 0.0))


def _sums(index: Ints, sides: Sides) -> Floats:
    n = len(index)
    gather = csr_array((np.ones(n), (index, np.arange(n))), shape=(int(index.max()) + 1, n))
    return np.asarray(gather @ sides.astype(np.float64))
