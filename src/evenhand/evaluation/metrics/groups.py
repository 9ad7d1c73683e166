"""Metrics that compare groups: accuracy per group, its mean, quantiles and minimum.

The accuracy of a group is that of its rows; with a set of classes or one class, of its rows of those classes (for
one class: its recall in the group). Groups without such a row are left out.

`group_accuracy` and its quantiles are about a population of groups; their intervals come from resampling groups.
`worst_group_accuracy` is about these groups: the worst of other groups is another one, and the minimum falls with
their number. Its interval is about other rows of the same groups, which are taken as independent within a group.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import scipy  # scipy.stats is imported where it is used: not by workers

from evenhand.base.errors import DataError
from evenhand.base.values import TOO_FEW, Floats, Interval, Ints
from evenhand.evaluation.core.evaluated_rows import EvaluatedRows
from evenhand.evaluation.core.metric import Measure, Metric, Numbered
from evenhand.evaluation.core.row_sums import RowSums, ratio
from evenhand.evaluation.metrics import METRICS
from evenhand.evaluation.metrics.averaged import counting_rows, right
from evenhand.evaluation.resampling.intervals import FEWEST_ROWS
from evenhand.evaluation.resampling.rare_event_limits import share_limits

WITHIN = "limits of each of these groups, from its rows"
"""The method of the interval of the worst group."""


def by_group(rows: EvaluatedRows, chosen: Ints) -> RowSums:
    """Return features whose sums are (3g,): correct rows, rows, and multiplicity of each of g groups.

    The multiplicity is 1, or in a replicate the number of times that the group was sampled.
    """
    if rows.groups is None:
        raise DataError("This metric compares groups of rows, but there are none.")
    g = int(rows.groups.max(initial=-1)) + 1
    at = np.flatnonzero(counting_rows(rows, chosen))
    of = rows.groups[at]
    size = np.bincount(of, minlength=g)
    return RowSums(
        shape=(len(rows), 3 * g),
        row=np.tile(at, 3),
        column=np.concatenate([of, of + g, of + 2 * g]),
        # The rows of a group add up to 1 in the last sum, or to the number of times it was sampled.
        value=np.concatenate([right(rows, chosen)[at], np.ones(len(at)), 1.0 / size[of]]),
    )


def _parts(statistics: Floats) -> tuple[Floats, Floats]:
    """Return (g, b) accuracies, NaN for groups without rows, and (g, b) multiplicities."""
    correct, rows, times = statistics.reshape(3, -1, statistics.shape[1])
    return ratio(correct, rows), times


def _mean(statistics: Floats, _chosen: Ints) -> Floats:
    share, times = _parts(statistics)
    return ratio((np.nan_to_num(share) * times).sum(axis=0), times.sum(axis=0))


def _worst(statistics: Floats, _chosen: Ints) -> Floats:
    share, _ = _parts(statistics)
    # Not `nanmin`, which warns for a replicate in which no group has a row.
    lowest = np.where(np.isnan(share), np.inf, share).min(axis=0, initial=np.inf)
    return np.where(np.isinf(lowest), np.nan, lowest)


def _quantile(percent: int, statistics: Floats, _chosen: Ints) -> Floats:
    """Return the lowest accuracy that at least `percent` of the groups do not exceed."""
    share, times = _parts(statistics)
    order = np.argsort(share, axis=0)  # NaN last
    share, times = np.take_along_axis(share, order, axis=0), np.take_along_axis(times, order, axis=0)
    upto, total = np.cumsum(times, axis=0), times.sum(axis=0)
    # Without the margin rounding would move 10 % of ten groups from the first to the second.
    first = (upto >= percent / 100 * total - 1e-9).argmax(axis=0)
    return np.where(total > 0, share[first, np.arange(share.shape[1])], np.nan)


def _evenly(rows: EvaluatedRows, chosen: Ints) -> Floats:
    """Return (n,) weights that give every group with such rows the same total."""
    if rows.groups is None:
        raise DataError("This metric compares groups of rows, but there are none.")
    counts = counting_rows(rows, chosen)
    size = np.bincount(rows.groups, weights=counts)
    return np.asarray(counts / np.maximum(size, 1.0)[rows.groups])


def mean_limits(statistics: Floats, level: float) -> tuple[float, float]:
    """Return limits of a mean over groups from those of each group, by MOVER (Zou & Donner 2008).

    A group of three rows, all correct, may have a true accuracy of 0.37, and counts as much as any other. Groups
    have equal weights, and mid-P limits (`share_limits`) from their rows; squared distances from estimate to limit
    are added up, as variances are.

    Parameters
    ----------
    statistics
        (3g, 1), see `by_group`.
    level
        Coverage asked for.
    """
    share, rows = _of_each(statistics)
    low, high = share_limits(share, rows, level)
    middle = float(share.mean())
    down, up = (float(np.sqrt(gap @ gap)) / len(share) for gap in (share - low, high - share))
    return max(middle - down, 0.0), min(middle + up, 1.0)


def worst_limits(statistics: Floats, level: float) -> tuple[float, float]:
    """Return limits of the lowest true accuracy of these groups.

    The lower one is the lowest limit of all groups: a small group that looks perfect may be the worst. The upper
    one is that of the group with the lowest accuracy (of ties the widest) or, if that is larger, the lowest upper
    limit at the simultaneous level of all groups (Bonferroni): the lowest of many noisy accuracies lies below the
    lowest true one.

    Parameters
    ----------
    statistics
        (3g, 1), see `by_group`.
    level
        Coverage asked for.
    """
    share, rows = _of_each(statistics)
    low, high = share_limits(share, rows, level)
    _, joint = share_limits(share, rows, 1 - (1 - level) / len(share))
    return float(low.min()), float(max(high[share == share.min()].max(), joint.min()))


def _of_each(statistics: Floats) -> tuple[Floats, Floats]:
    """Return accuracies and row counts of the groups with rows."""
    correct, rows, _ = statistics[:, 0].reshape(3, -1)
    there = rows > 0
    return correct[there] / rows[there], rows[there]


def worst_interval(one: Measure, groups: Ints | None, *, draws: int, level: float, seed: int) -> Interval:
    """Return the interval of the worst group, without resampling (`worst_limits`).

    Its n is the number of rows of the worst group, of ties the smallest, and its groups are the compared ones. If
    any group has fewer than `FEWEST_ROWS` rows, it may be the worst whatever they show: too few to tell.
    """
    statistics = one.features.statistics()
    estimate = one.estimate(statistics)
    if not np.isfinite(estimate):
        return Interval(np.nan, np.nan, np.nan, 0, 0, level, WITHIN)
    share, rows = _of_each(statistics)
    low, high = worst_limits(statistics, level)
    n = int(rows[share == share.min()].min())
    few = int((rows < FEWEST_ROWS).sum())
    how = (
        f"{WITHIN}; {TOO_FEW}: {few:,} of {len(rows):,} groups have fewer than {FEWEST_ROWS:.0f} rows"
        if few
        else WITHIN
    )
    return Interval(estimate, low, high, n, len(share), level, how, enough=not few)


def _metric(description: str, value: Callable[[Floats, Ints], Floats]) -> Metric:
    return Metric(description, by_group, value, _evenly, of_groups=True)


def quantile_limits(percent: int, statistics: Floats, level: float) -> tuple[float, float]:
    """Return distribution-free limits of a quantile over groups: two order statistics of the groups' accuracies.

    The number of groups below the true quantile is binomial (David & Nagaraja 2003, section 7.1). If it may be 0,
    the lower limit is 0; if it may be all, the upper one is 1.
    """
    share, _ = _parts(statistics[:, :1])
    ordered = np.sort(share[~np.isnan(share)])
    few, many = (
        int(scipy.stats.binom.ppf(tail, len(ordered), percent / 100)) for tail in (0.5 - level / 2, 0.5 + level / 2)
    )
    low = float(ordered[few - 1]) if few > 0 else 0.0
    return low, float(ordered[many]) if many < len(ordered) else 1.0


def too_few_groups(percent: int, groups: int) -> str:
    """Return why a quantile over these few groups is only their minimum or maximum, or ""."""
    if groups * min(percent, 100 - percent) > 100:
        return ""
    end = "lowest" if percent <= 50 else "highest"
    return f"{percent} % of {groups:,} groups is one group at most, so this is the {end} or next to it"


def _at(percent: int) -> Metric:
    of = _metric(f"Share of right rows that {percent} % of the groups do not exceed.", partial(_quantile, percent))
    return replace(of, few=partial(too_few_groups, percent), limits=partial(quantile_limits, percent))


METRICS.register("group_accuracy")(
    replace(
        _metric("Share of right rows, mean over groups, each counting alike.", _mean),
        limits=mean_limits,
    )
)
METRICS.register("worst_group_accuracy")(
    replace(
        _metric("Share of right rows in the group with the lowest one.", _worst),
        interval=worst_interval,
    )
)
METRICS.register("group_accuracy_quantile_k")(
    Numbered("Share of right rows that k % of the groups do not exceed.", _at, lowest=1, highest=99)
)
