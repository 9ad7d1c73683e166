"""Cohen's kappa: the agreement of two reviewers beyond chance."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from evenhand.base.values import Floats, Interval, Ints
from evenhand.evaluation.core.row_sums import RowSums, ratio
from evenhand.review.agreement.ratings import Ratings
from evenhand.review.agreement.resampled import resampled


def cohen_kappa(
    ratings: Ratings, a: str, b: str, *, draws: int = 2000, level: float = 0.95, seed: int = 0
) -> Interval:
    """Return Cohen's kappa (1960, eq. 1) of two reviewers on the rows that both decided, -1..1.

    1 is full agreement, 0 is as much as chance gives to reviewers with these shares of categories. Not defined
    (NaN) where both gave one and the same category throughout.

    Parameters
    ----------
    draws
        Replicates of the bootstrap over rows, or groups.
    level
        Nominal coverage of the interval.
    """
    pair, groups = ratings.both(a, b)
    cells, cell = np.unique(pair, axis=0, return_inverse=True)
    cell = cell.reshape(-1)  # NumPy 2.0 returned it as a column
    n = len(pair)
    features = RowSums((n, len(cells)), np.arange(n), cell, pattern=cell)
    agree = (cells[:, 0] == cells[:, 1]).astype(np.float64)
    first, second = (_sums_by(cells[:, side], len(ratings.categories)) for side in (0, 1))

    def value(counts: Floats) -> Floats:
        rows = counts.sum(axis=0)
        seen = ratio(agree @ counts, rows)
        by_chance = ratio(((first @ counts) * (second @ counts)).sum(axis=0), rows**2)
        # what is left where both chose one category alone is rounding
        return ratio(seen - by_chance, np.where(by_chance > 1 - 1e-12, 0.0, 1 - by_chance))

    return resampled(features, value, groups, draws=draws, level=level, seed=seed)


def _sums_by(category: Ints, k: int) -> sp.csr_array:
    """Return a (k, cells) matrix that sums cells by their category."""
    cells = len(category)
    return sp.csr_array((np.ones(cells), (category, np.arange(cells))), shape=(k, cells))


def same_share(ratings: Ratings, a: str, b: str) -> tuple[int, int]:
    """Return the number of rows that two reviewers both decided, and on how many of them they came to the same."""
    pair, _ = ratings.both(a, b)
    return len(pair), int((pair[:, 0] == pair[:, 1]).sum())
