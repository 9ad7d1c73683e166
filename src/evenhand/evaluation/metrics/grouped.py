"""Metrics that compare groups: how right a model is in each, and in the worst of them.

A group counts by the share of its rows that are right; with a set of classes or one class, of its rows of those
classes (for one class: its recall in the group). Groups without such a row are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from scipy import stats

from evenhand.base.errors import DataError
from evenhand.base.values import Floats, Ints
from evenhand.evaluation.features import Features, ratio
from evenhand.evaluation.metric import Metric, Numbered
from evenhand.evaluation.metrics import METRICS
from evenhand.evaluation.metrics.averaged import right
from evenhand.evaluation.metrics.counted import plain
from evenhand.evaluation.rows import Rows


def by_group(rows: Rows, chosen: Ints) -> Features:
    """Return features whose sums are, for each of g groups: rows that are right, rows, and how often it is there.

    The last is 1, or in a replicate the number of times that the group was drawn: (3g,).
    """
    if rows.groups is None:
        raise DataError("This metric compares groups of rows, and none are named.")
    g = int(rows.groups.max(initial=-1)) + 1
    at = np.flatnonzero(np.ones(len(rows)) if rows.several else plain(rows, chosen))
    of = rows.groups[at]
    size = np.bincount(of, minlength=g)
    return Features(
        shape=(len(rows), 3 * g),
        row=np.tile(at, 3),
        column=np.concatenate([of, of + g, of + 2 * g]),
        value=np.concatenate([right(rows, chosen)[at], np.ones(len(at)), 1.0 / size[of]]),
    )


def _parts(statistics: Floats) -> tuple[Floats, Floats]:
    """Return (g, b) shares that are right, NaN where a group has no row, and (g, b) how often each is there."""
    correct, rows, times = statistics.reshape(3, -1, statistics.shape[1])
    return ratio(correct, rows), times


def _mean(statistics: Floats, _chosen: Ints) -> Floats:
    share, times = _parts(statistics)
    return ratio((np.nan_to_num(share) * times).sum(axis=0), times.sum(axis=0))


def _worst(statistics: Floats, _chosen: Ints) -> Floats:
    share, _ = _parts(statistics)
    lowest = np.where(np.isnan(share), np.inf, share).min(axis=0, initial=np.inf)
    return np.where(np.isinf(lowest), np.nan, lowest)


def _quantile(percent: int, statistics: Floats, _chosen: Ints) -> Floats:
    """Return the lowest share that at least `percent` of the groups do not exceed."""
    share, times = _parts(statistics)
    order = np.argsort(share, axis=0)  # NaN last
    share, times = np.take_along_axis(share, order, axis=0), np.take_along_axis(times, order, axis=0)
    upto, total = np.cumsum(times, axis=0), times.sum(axis=0)
    first = (upto >= percent / 100 * total - 1e-9).argmax(axis=0)
    return np.where(total > 0, share[first, np.arange(share.shape[1])], np.nan)


def _metric(says: str, value: Callable[[Floats, Ints], Floats]) -> Metric:
    return Metric(says, by_group, value, plain, of_groups=True)


def quantile_limits(percent: int, statistics: Floats, level: float) -> tuple[float, float]:
    """Return distribution-free limits of a quantile over groups: two of the groups' own shares.

    How many groups lie below the true quantile is binomial (David & Nagaraja 2003, section 7.1). Where none need
    to, the lower limit is 0; where all may, the upper one is 1.
    """
    share, _ = _parts(statistics[:, :1])
    ordered = np.sort(share[~np.isnan(share)])
    few, many = (
        int(stats.binom.ppf(tail, len(ordered), percent / 100)) for tail in (0.5 - level / 2, 0.5 + level / 2)
    )
    low = float(ordered[few - 1]) if few > 0 else 0.0
    return low, float(ordered[many]) if many < len(ordered) else 1.0


def too_few_groups(percent: int, groups: int) -> str:
    """Return why a quantile over so few groups is no more than the lowest or the highest of them, or ""."""
    if groups * min(percent, 100 - percent) > 100:
        return ""
    end = "lowest" if percent <= 50 else "highest"
    return f"{percent} % of {groups:,} groups is one group at most, so this is the {end} or next to it"


def _at(percent: int) -> Metric:
    of = _metric(f"Share of right rows that {percent} % of the groups do not exceed.", partial(_quantile, percent))
    return replace(of, few=partial(too_few_groups, percent), limits=partial(quantile_limits, percent))


METRICS.register("group_accuracy")(_metric("Share of right rows, mean over groups, each counting alike.", _mean))
METRICS.register("worst_group_accuracy")(_metric("Share of right rows in the group with the lowest one.", _worst))
METRICS.register("group_accuracy_quantile_k")(
    Numbered("Share of right rows that k % of the groups do not exceed.", _at, lowest=1, highest=99)
)
