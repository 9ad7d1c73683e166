"""What the curves of one fit show. Rules of the doctor and tables of `evenhand runs` both call these functions."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from evenhand.curves.fit_curves import TRAIN, Curve, FitCurves
from evenhand.curves.trend import (
    FELL,
    GAIN_LEARNED,
    GAIN_SHARE,
    GAIN_TIMES,
    LEAST,
    RISE_AFTER,
    RISE_SHARE,
    RISE_TIMES,
    Improvement,
    Rise,
    flat,
    improvement,
    noise,
    rise,
    settled_at,
    smoothed,
    steady_best,
)

CHOICE_TIMES, CHOICE_SHARE, CHOICE_GAIN = 3.0, 0.05, 0.02
"""Thresholds of `choices`."""


@dataclass(frozen=True)
class Choices:
    """Two criteria that choose different epochs.

    Attributes
    ----------
    loss_at, metric_at
        The epoch with the least loss, and that with the best value of the metric.
    metric
        The name of the metric.
    losses, values
        Loss and metric, at `loss_at` and at `metric_at`.
    """

    loss_at: float
    metric_at: float
    metric: str
    losses: tuple[float, float]
    values: tuple[float, float]


def loss_rise(
    fit: FitCurves, *, times: float = RISE_TIMES, share: float = RISE_SHARE, after: int = RISE_AFTER
) -> Rise | None:
    """Return where the loss of the rows held out rose for good, positions as epochs; None if it did not.

    The parameters are those of `trend.rise`. A loss that rises with that of the training rows diverges and is not
    returned: it is another fault.
    """
    curve = None if fit.loss is None else fit.loss.since(fit.since)
    found = None if curve is None else rise(curve.values, times=times, share=share, after=after)
    if curve is None or found is None:
        return None
    where = Rise(int(curve.axis[found.at]), int(curve.axis[found.best]), found.low, found.last)
    train = None if fit.train_loss is None else fit.train_loss.since(where.at)
    diverges = train is not None and len(train.values) > 1 and train.values[-1] > train.values[0] * (1 + share)
    return None if diverges else where


def still_improving(
    fit: FitCurves, *, times: float = GAIN_TIMES, share: float = GAIN_SHARE, learned: float = GAIN_LEARNED
) -> tuple[Curve, Improvement] | None:
    """Return the curve that decides how good an epoch is, and what it gained at the end; None if it had flattened.

    The parameters are those of `trend.improvement`. Metrics that may exceed 1 or grow without a bound are not read.
    """
    curve = None if fit.deciding is None else fit.deciding.since(fit.since)
    if curve is None or curve.higher_is_better is None or not len(curve.values):
        return None
    if (curve.values.max() > 1) if curve.higher_is_better else (curve.values.min() < 0):
        return None
    better = curve.higher_is_better
    found = improvement(curve.values, higher_is_better=better, times=times, share=share, learned=learned)
    if found is None:
        return None
    between = round(float(curve.axis[-1] - curve.axis[-1 - found.epochs]))
    return curve, Improvement(found.before, found.last, between)


def choices(
    fit: FitCurves, *, times: float = CHOICE_TIMES, share: float = CHOICE_SHARE, gain: float = CHOICE_GAIN
) -> Choices | None:
    """Return the epochs that the loss and a metric choose where each is clearly worse at the other's; else None.

    Parameters
    ----------
    fit
        The metric is the criterion of the fit, or its first.
    times
        Both differ by so many standard deviations of their noise.
    share, gain
        The loss is this share higher at the epoch of the metric, and the metric at that of the loss this share of
        its shortfall from 1 (of itself, where lower is better) worse.
    """
    metric = next((c for c in fit.metrics if c.metric == fit.criterion), None)
    metric = metric or next(iter(fit.metrics), None)
    if fit.loss is None or metric is None:
        return None
    loss, other = fit.loss.since(fit.since), metric.since(fit.since)
    at, first, second = np.intersect1d(loss.axis, other.axis, return_indices=True)
    if len(at) < LEAST:
        return None
    losses, values = loss.values[first], other.values[second]
    sign = 1.0 if other.higher_is_better else -1.0
    steady, scores = smoothed(losses), sign * smoothed(values)
    i, j = steady_best(losses), steady_best(-sign * values)
    dearer, better = float(steady[j] - steady[i]), float(scores[j] - scores[i])
    rest = 1 - scores[i] if other.higher_is_better and scores.max() <= 1 else abs(scores[i])
    if dearer <= max(times * noise(losses), share * abs(steady[i])):
        return None
    if better <= max(times * noise(values), gain * float(rest)):
        return None
    return Choices(
        float(at[i]), float(at[j]), other.metric, (losses[i], losses[j]), (float(values[i]), float(values[j]))
    )


def learned_nothing(fit: FitCurves, *, share: float = FELL) -> bool:
    """Return whether no loss of the fit ever fell by `share` of its first value."""
    both = [one.since(fit.since) for one in (fit.train_loss, fit.loss) if one is not None]
    long = [one for one in both if len(one.values) >= 3]
    return bool(long) and all(flat(one.values, share=share) for one in long)


def chance_classes(fit: FitCurves, *, share: float = 0.02, most: int = 1000) -> int | None:
    """Return k where a loss that never fell is that of guessing among k equal classes, ln k, within `share`.

    Most losses lie near ln k for some large k, so that k is returned only if the neighbours of ln k are further
    apart than `share`.
    """
    if fit.loss is None or not learned_nothing(fit):
        return None
    values = fit.loss.since(fit.since).values
    level = float(np.median(values)) if len(values) else math.nan
    if not 0 < level < math.log(most):
        return None
    k = round(math.exp(level))
    near = k >= 2 and abs(level - math.log(k)) <= share * math.log(k)
    return k if near and math.log((k + 1) / k) > 2 * share * math.log(k) else None


def suggested_stop(fit: FitCurves) -> float | None:
    """Return the first epoch that is as good as the best within the noise; None while it is still improving."""
    curve = None if fit.deciding is None else fit.deciding.since(fit.since)
    if curve is None or curve.higher_is_better is None or len(curve.values) < LEAST or still_improving(fit):
        return None
    return float(curve.axis[settled_at(curve.values, higher_is_better=curve.higher_is_better)])


def gap(fit: FitCurves, metric: str, at: float) -> float:
    """Return how much better a metric is on training rows than on those held out, at an epoch; NaN if not known."""
    train, held = fit.curve(TRAIN, metric), fit.curve(fit.held_out, metric)
    if train is None or held is None or held.higher_is_better is None:
        return math.nan
    difference = train.value_at(at) - held.value_at(at)
    return difference if held.higher_is_better else -difference


def fits_alike(fit: FitCurves, *, share: float = 0.1) -> bool | None:
    """Return whether a fit is at rest and as good on rows held out as on those of training; None if not known.

    It is at rest where neither loss improves or rises at the end; as good where the accuracies (else the losses)
    differ by less than `share` of what is left to gain.
    """
    train, held = fit.train_loss, fit.loss
    if train is None or held is None or len(held.since(fit.since).values) < LEAST:
        return None
    if still_improving(fit) is not None or loss_rise(fit) is not None:
        return False
    parts = train.since(fit.since).values
    if len(parts) >= LEAST and parts.min() >= 0 and improvement(parts) is not None:
        return False
    metric = "accuracy" if fit.curve(TRAIN, "accuracy") and fit.curve(fit.held_out, "accuracy") else held.metric
    last = gap(fit, metric, float(held.axis[-1]))
    level = fit.curve(fit.held_out, metric)
    assert level is not None
    rest = 1 - level.values[-1] if metric == "accuracy" else abs(level.values[-1])
    return bool(abs(last) < share * rest)
