"""Confidence intervals from bootstrap replicates (coverage measured in docs/reference/metrics.md)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from evenhand.base.values import TOO_FEW, Floats, Interval, Ints
from evenhand.evaluation.core.evaluated_rows import EvaluatedRows
from evenhand.evaluation.core.metric import Measure
from evenhand.evaluation.resampling.bootstrap import PartMoments
from evenhand.evaluation.resampling.component_intervals import part_limits
from evenhand.evaluation.resampling.group_tails import ALIKE, GroupTails, group_tails
from evenhand.evaluation.resampling.loss_intervals import loss_interval

FEWEST_GROUPS = 2.0
"""Minimum of effective groups; with fewer, an interval is marked as too few to tell."""
FEWEST_ROWS = 3.0
"""Minimum of effective rows, likewise."""
MOST_UNSEEN = 0.1
"""Maximum share of classes without rows in an average, likewise."""
FEW_GROUPS = 8
"""With fewer effective groups an interval is rough, and wide on purpose."""


@dataclass(frozen=True)
class Support:
    """The sample size behind a figure.

    Attributes
    ----------
    n
        Rows with positive weight.
    rows
        Effective number of rows (Kish 1965).
    groups
        Groups with such rows; rows without groups.
    effective
        Effective number of groups, likewise.
    grouped
        Whether groups were resampled.
    """

    n: int
    rows: float
    groups: int
    effective: float
    grouped: bool

    @property
    def how(self) -> str:
        """The method of the interval, for readers."""
        if not self.grouped:
            return "bootstrap over rows"
        if self.effective >= FEW_GROUPS:
            return "bootstrap over groups"
        return f"bootstrap over groups; about {self.effective:.1f} groups decide, which is rough"


@dataclass(frozen=True)
class ReplicateMoments:
    """Mean and variance of a figure over the replicates on which it is defined; NaN and 0 where there are none."""

    mean: float
    variance: float

    @classmethod
    def of(cls, replicates: Floats) -> ReplicateMoments:
        """Return those of (b,) replicates."""
        there = replicates[np.isfinite(replicates)]
        return cls(float(there.mean()), float(there.var())) if len(there) > 1 else cls(np.nan, 0.0)


def support(base: Floats, groups: Ints | None) -> Support:
    """Return the sample size behind a figure.

    Parameters
    ----------
    base
        (n,) weight of each row; not negative.
    groups
        (n,) group numbers, or None.
    """
    shares = base if groups is None else np.asarray(np.bincount(groups, weights=base), dtype=np.float64)
    rows = int(np.count_nonzero(base))
    return Support(rows, _effective(base), int(np.count_nonzero(shares)), _effective(shares), groups is not None)


def _effective(weights: Floats) -> float:
    total = float(weights.sum())
    return total**2 / float(weights @ weights) if total > 0 else 0.0


def interval(
    estimate: float,
    replicates: Floats,
    on: Support,
    *,
    bounds: tuple[float, float] = (0.0, 1.0),
    level: float = 0.95,
) -> Interval:
    """Return the interval of a figure from its bootstrap replicates.

    The replicates give the standard error; for groups it is multiplied by sqrt(g / (g - 1)) and used with Student's
    quantile at g - 1 degrees of freedom, g the *effective* number of groups (unequal groups count as fewer). A
    figure between finite `bounds` gets Wilson's (1927) interval for the number of rows that would have that
    standard error, so it stays inside the range and is asymmetric near its ends; one without an upper bound gets an
    interval that is symmetric on the log scale.

    If the mean of the replicates differs from the figure, the figure is biased by about as much (Efron 1979); the
    interval spans the one around the figure and the one around the bias-corrected figure.

    If all replicates are equal (a perfect score, one row), the effective number of rows replaces the standard
    error: 30 of 30 correct is never [1, 1].
    """
    return _from_moments(estimate, ReplicateMoments.of(replicates), on, bounds, level)


def _from_moments(
    estimate: float,
    drawn: ReplicateMoments,
    on: Support,
    bounds: tuple[float, float],
    level: float,
    tails: GroupTails = ALIKE,
) -> Interval:
    if not np.isfinite(estimate):
        return Interval(np.nan, np.nan, np.nan, on.n, on.groups, level, on.how)
    student = on.grouped or np.isinf(bounds[1])
    count = on.effective if student else np.inf
    if student and count < 1 + 1e-9:
        return Interval(estimate, *bounds, on.n, on.groups, level, f"{on.how}; one alone tells nothing")
    # Replicates of g groups vary by (g - 1) / g of what new groups would.
    inflation = count / (count - 1) if student else 1.0
    variance = drawn.variance * inflation
    # Equal replicates are a perfect figure, which has a rule of its own.
    if variance > 1e-12:
        variance += tails.pair
    # Without variance a difference between mean and figure is rounding.
    bias = drawn.mean - estimate if variance > 1e-12 else 0.0
    quantile = _student(tails.freedom(count) if on.grouped else count - 1, level)
    ends = [estimate]
    for centre in (estimate, float(np.clip(estimate - bias, *bounds))):
        if np.isinf(bounds[1]):
            ends += _log_normal(centre, variance, quantile)
        else:
            ends += _wilson(centre, variance, quantile, bounds, on.rows)
    return Interval(estimate, float(min(ends)), float(max(ends)), on.n, on.groups, level, on.how)


def figure(
    one: Measure,
    groups: Ints | None,
    replicates: Floats,
    parts: PartMoments,
    *,
    statistics: Floats | None = None,
    level: float = 0.95,
) -> Interval:
    """Return the interval of a measure: that of its replicates, extended to the limits of its parts and losses.

    Parameters
    ----------
    one
        The measure.
    groups
        (n,) group numbers 0..g-1, or None.
    replicates, parts
        Its replicates and the moments of its parts over them (`bootstrap_parts`).
    statistics
        (r, 1) statistics of all rows, if already computed.
    level
        Coverage asked for.
    """
    statistics = one.features.statistics() if statistics is None else statistics
    return _figure(one, groups, ReplicateMoments.of(replicates), parts, statistics, level)


def _figure(
    one: Measure,
    groups: Ints | None,
    drawn: ReplicateMoments,
    moments: PartMoments,
    statistics: Floats,
    level: float,
) -> Interval:
    on = support(one.base(), groups)
    tails = group_tails(one, statistics, groups, on.effective)
    own = _from_moments(one.estimate(statistics), drawn, on, one.metric.bounds, level, tails)
    if not np.isfinite(own.estimate):
        return own
    low, high, why = own.low, own.high, ""
    if (parts := part_limits(one, statistics, moments.variance, drawn.variance, groups, level)) is not None:
        low, high = min(low, parts.low), max(high, parts.high)
        if parts.unseen > MOST_UNSEEN:
            why = f"{parts.unseen:.0%} of the classes have no row"
    if one.metric.parts is not None and one.metric.parts.combine == "lowest":
        alone = [_figure(part, groups, m, of, statistics, level) for part, m, of in _each_alone(one, moments)]
        known = [part for part in alone if np.isfinite(part.estimate)]
        low = min([low, *(part.low for part in known)])
        # Only of the lowest part: that another class might be better does not raise the minimum.
        high = max([high, *(part.high for part in known if part.estimate <= own.estimate)])
        why = why or _fewest(one, alone)
    if one.metric.cost is not None:
        losses = loss_interval(one, groups, drawn.variance, level, tails)
        low, high, why = min(low, losses.low), max(high, min(losses.high, one.metric.upper_bound)), losses.why
    if one.metric.limits is not None:
        least, most = one.metric.limits(statistics, level)
        low, high = min(low, least), max(high, most)
    why = why or _few(one, on)
    how = f"{on.how}; {TOO_FEW}: {why}" if why else own.how
    return replace(own, low=low, high=high, how=how, enough=not why)


def _each_alone(one: Measure, moments: PartMoments) -> Iterator[tuple[Measure, ReplicateMoments, PartMoments]]:
    """Yield each part of a minimum as a measure by itself, with its moments."""
    parts = one.metric.parts
    assert parts is not None

    def value(statistics: Floats, chosen: Ints) -> Floats:
        return np.asarray(parts.values(statistics, chosen)[0])

    def base(rows: EvaluatedRows, chosen: Ints) -> Floats:
        return np.asarray(parts.rows(rows, chosen).sum(axis=1), dtype=np.float64)

    metric = replace(one.metric, value=value, base=base, parts=replace(parts, combine="mean"))
    for at, c in enumerate(one.chosen):
        of = moments.one(at)
        yield (
            replace(one, metric=metric, chosen=np.array([c])),
            ReplicateMoments(float(of.mean[0]), float(of.variance[0])),
            of,
        )


def _fewest(one: Measure, alone: Sequence[Interval]) -> str:
    """Return why the minimum of several figures cannot be estimated, or "": one of them has too few rows.

    Not only the one with the lowest estimate is checked: the true minimum may be a small class without an error.
    """
    for c, part in zip(one.chosen, alone, strict=True):
        if np.isfinite(part.estimate) and not part.enough:
            return f"of {one.rows.classes[c]} {part.how.partition(f'{TOO_FEW}: ')[2]}"
    return ""


def _few(one: Measure, on: Support) -> str:
    """Return why the sample is too small, or ""."""
    if one.metric.few is not None and (why := one.metric.few(on.groups)):
        return why
    if on.grouped and on.effective < FEWEST_GROUPS:
        return f"about {on.effective:.1f} groups decide"
    return f"about {on.rows:.0f} rows decide" if on.rows < FEWEST_ROWS else ""


def _student(freedom: float, level: float) -> float:
    tail = 0.5 + level / 2
    # At a fraction of a degree of freedom the quantile overflows; 1e4 spans any range.
    return min(float(special.ndtri(tail) if np.isinf(freedom) else special.stdtrit(freedom, tail)), 1e4)


def _wilson(
    estimate: float, variance: float, quantile: float, bounds: tuple[float, float], rows: float
) -> tuple[float, float]:
    """Return Wilson's interval, scaled to `bounds`."""
    least, width = bounds[0], bounds[1] - bounds[0]
    p, v = np.clip((estimate - least) / width, 0.0, 1.0), variance / width**2
    # The number of rows whose binomial variance would be the observed one.
    n = p * (1 - p) / v if v > 1e-12 and 0 < p < 1 else rows
    square = quantile**2
    middle = (n * p + square / 2) / (n + square)
    half = quantile * np.sqrt(n * p * (1 - p) + square / 4) / (n + square)
    return least + max(0.0, middle - half) * width, least + min(1.0, middle + half) * width


def _log_normal(estimate: float, variance: float, quantile: float) -> tuple[float, float]:
    """Return the interval that is symmetric on the log scale."""
    if estimate <= 0:
        return 0.0, 0.0
    # exp overflows from 709 on.
    factor = float(np.exp(min(quantile * float(np.sqrt(variance)) / float(estimate), 700.0)))
    return estimate / factor, estimate * factor
