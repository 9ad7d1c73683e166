"""Areas under the ROC curve for many columns at once, and an interval for clustered rows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import stats

from evenhand.base.values import Floats, Ints, Mask


def area_columns(scores: Floats, truth: npt.NDArray[np.bool_]) -> Floats:
    """Return (p,) the area under the ROC curve of each column, ties counted half (Mann & Whitney 1947).

    Parameters
    ----------
    scores, truth
        (n, p); a column without rows on both sides gets 0.5.

    >>> area_columns(np.array([[0.1], [0.4], [0.3], [0.8]]), np.array([[False], [False], [True], [True]]))
    array([0.75])
    """
    # By ranks, one sort for each column; ranks of ties are averaged, which counts them half.
    ranks = stats.rankdata(scores, axis=0)
    positive = truth.sum(axis=0)
    negative = len(truth) - positive
    above = np.where(truth, ranks, 0.0).sum(axis=0) - positive * (positive + 1) / 2
    pairs = positive * negative
    return np.where(pairs > 0, above / np.maximum(pairs, 1), 0.5)


def grouped_interval(scores: Floats, truth: Mask, group: Ints, *, level: float = 0.95) -> tuple[float, float]:
    """Return the interval (low, high) of an area under the ROC curve for clustered rows (Obuchowski 1997, eq. 5).

    Parameters
    ----------
    scores, truth, group
        (n,); groups are numbered 0..g-1. Each side needs two groups, otherwise the interval is 0..1.
    """
    g_up, g_down = len(set(group[truth])), len(set(group[~truth]))
    # A variance between groups needs two of them.
    if min(g_up, g_down) < 2:
        return 0.0, 1.0
    positive, negative = scores[truth], scores[~truth]
    beaten = placements(positive, np.sort(negative))
    beats = 1 - placements(negative, np.sort(positive))
    area, groups = beaten.mean(), int(group.max()) + 1
    up = np.bincount(group[truth], beaten - area, groups) / len(positive)
    down = np.bincount(group[~truth], beats - area, groups) / len(negative)
    # The covariance term: a group with rows on both sides moves both placements at once.
    variance = (
        g_up / (g_up - 1) * (up**2).sum()
        + g_down / (g_down - 1) * (down**2).sum()
        + 2 * groups / (groups - 1) * (up * down).sum()
    )
    reach = stats.norm.ppf(0.5 + level / 2) * np.sqrt(max(variance, 0.0))
    return max(0.0, float(area - reach)), min(1.0, float(area + reach))


def placements(values: Floats, others: Floats) -> Floats:
    """Return for each value the share of the sorted `others` below it (DeLong's placements), ties counted half."""
    low, high = np.searchsorted(others, values, "left"), np.searchsorted(others, values, "right")
    return np.asarray((low + high) / (2 * len(others)))
