"""Krippendorff's alpha: the agreement of any number of reviewers, with gaps.

The package `krippendorff` is under the GPL; this is its nominal case, a function of sums over rows, so that a
replicate of the bootstrap costs one matrix product.
"""

from __future__ import annotations

import numpy as np

from evenhand.base.values import Floats, Interval
from evenhand.evaluation.core.row_sums import RowSums, ratio
from evenhand.review.agreement.ratings import MISSING, Ratings
from evenhand.review.agreement.resampled import resampled


def krippendorff_alpha(ratings: Ratings, *, draws: int = 2000, level: float = 0.95, seed: int = 0) -> Interval:
    """Return Krippendorff's alpha for nominal data.

    It is that of Krippendorff (2011), "Computing Krippendorff's alpha-reliability", part C: 1 is full agreement, 0
    is what values that are dealt to rows at random give. Only rows that two or more reviewers decided count; its n
    is their number. Not defined (NaN) where one category occurs alone.

    Parameters
    ----------
    draws
        Replicates of the bootstrap over rows, or groups.
    level
        Nominal coverage of the interval.
    """
    given = (ratings.chosen != MISSING).sum(axis=1)
    pairable = given >= 2
    chosen, given = ratings.chosen[pairable], given[pairable]
    groups = ratings.groups
    if groups is not None:
        groups = np.unique(groups[pairable], return_inverse=True)[1]
    n, k = len(chosen), len(ratings.categories)
    row, column = np.nonzero(chosen != MISSING)
    cells, times = np.unique(np.stack([row, chosen[row, column]]), axis=1, return_counts=True)
    # the diagonal of the coincidences: n_uc (n_uc - 1) / (m_u - 1) of the m_u values of a row
    partners = times * (times - 1) / (given[cells[0]] - 1)
    features = RowSums(
        (n, k + 1),
        np.concatenate([cells[0], cells[0]]),
        np.concatenate([cells[1], np.full(len(times), k)]),
        np.concatenate([times.astype(np.float64), partners]),
        pattern=np.unique(np.sort(chosen, axis=1), axis=0, return_inverse=True)[1].reshape(-1),
    )
    return resampled(features, _alpha, groups, draws=draws, level=level, seed=seed)


def _alpha(sums: Floats) -> Floats:
    """Return (b,) alpha from (k + 1, b): values of each category, and coincidences of equal values."""
    values, equal = sums[:-1], sums[-1]
    total = values.sum(axis=0)
    return np.asarray(1 - (total - 1) * ratio(total - equal, total**2 - (values**2).sum(axis=0)))
