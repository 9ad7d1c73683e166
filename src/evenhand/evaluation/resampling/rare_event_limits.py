"""Limits of single figures from their effective sample size, which allow for events that were not observed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import special

from evenhand.base.values import Floats, Mask

STEPS = 20
"""Bisections; each halves the error of a limit."""


def share_limits(share: Floats, rows: Floats, level: float) -> tuple[Floats, Floats]:
    """Return the mid-P limits of shares (Lancaster 1961), for any effective number of rows (Korn & Graubard 1998).

    Unlike Wilson's they keep their coverage near the ends of the range, and unlike Clopper and Pearson's they are
    not conservative elsewhere.

    Parameters
    ----------
    share
        (c,) in 0..1.
    rows
        (c,) effective rows, not negative; below a thousandth of a row nothing is known.
    level
        Coverage asked for.

    Examples
    --------
    >>> low, high = share_limits(np.array([1.0, 0.5]), np.array([30.0, 30.0]), 0.95)
    >>> low.round(3), high.round(3)
    (array([0.905, 0.325]), array([1.   , 0.675]))
    """
    share, rows = np.clip(share, 0.0, 1.0), np.maximum(rows, 0.0)
    n = np.where(rows >= 1e-3, rows, 1.0)
    ends = _upper(np.concatenate([share * n, (1 - share) * n]), np.concatenate([n, n]), (1 - level) / 2)
    high, low = ends[: len(n)], 1 - ends[len(n) :]
    high, low = np.where(rows >= 1e-3, high, 1.0), np.where(rows >= 1e-3, low, 0.0)
    return np.minimum(low, share), np.maximum(high, share)


def _upper(right: Floats, n: Floats, tail: float, *, steps: int = 5) -> Floats:
    """Return the share at which half the chance of `right` and the chance of fewer add up to `tail`.

    It lies between the limits of Clopper & Pearson (1934) for one fewer and for as many, and is found by Newton's
    method on the log of the probability over the logit of the share, where the function is nearly linear.
    """
    every = right > n - 1e-9
    out = np.ones_like(n)
    x, n = right[~every], n[~every]
    fewer = np.maximum(x, 1e-9)
    most = special.betaincinv(x + 1, n - x, 1 - tail)
    least = np.where(x > 1e-9, special.betaincinv(fewer, n - x + 1, 1 - tail), 0.0)
    # Start between the two limits; without an event there is no lower one.
    p = np.where(least > 0, np.sqrt(np.maximum(least, 1e-12) * most), most * 0.8)
    slope_a, slope_b = special.betaln(x + 1, n - x), special.betaln(fewer, n - x + 1)
    for _ in range(steps):
        chance = (special.betaincc(x + 1, n - x, p) + special.betaincc(fewer, n - x + 1, p) * (x > 1e-9)) / 2
        # Far out the chance underflows; the logarithm of 0 would end the iteration with NaN.
        chance = np.maximum(chance, 1e-300)
        log_p, log_q = np.log(p), np.log1p(-p)
        slope = np.exp((x + 1) * log_p + (n - x) * log_q - slope_a)
        slope = (slope + (x > 1e-9) * np.exp(fewer * log_p + (n - x + 1) * log_q - slope_b)) / 2
        step = (np.log(chance) - np.log(tail)) * chance / np.maximum(slope, 1e-300)
        # A step of more than 2 on the logit scale overshoots where the chance is nearly flat.
        p = special.expit(special.logit(p) + np.clip(step, -2.0, 2.0))
        p = np.clip(p, np.maximum(least, 1e-12), np.minimum(most, 1 - 1e-12))
    out[~every] = p
    return out


def area_limits(area: Floats, own: Floats, others: Floats, quantile: Floats) -> tuple[Floats, Floats]:
    """Return score limits of areas under the ROC curve, as method 5 of Newcombe (2006).

    The variance is taken at the limit, not at the estimate, so that a perfect ranking of few rows is not certain.

    Parameters
    ----------
    area
        (c,) in 0..1.
    own, others
        (c,) effective rows of the class, and of all others.
    quantile
        (c,) distance of the limits, in standard errors.
    """
    m, n = np.maximum(own, 1e-3), np.maximum(others, 1e-3)

    def near(to: Floats) -> Mask:
        """Return whether the area lies within reach of `to`."""
        return np.asarray((area - to) ** 2 <= quantile**2 * area_variance(to, m, n))

    low = bisect(lambda a: ~near(a), np.zeros_like(area), area)
    high = bisect(near, area, np.ones_like(area))
    # Where 0 itself lies within reach, there is no change of sign below the area for the bisection to find.
    return np.where(near(np.zeros_like(area)), 0.0, low), high


def area_variance(area: Floats, own: Floats, others: Floats) -> Floats:
    """Return (c,) the variance of areas under the ROC curve, after Hanley & McNeil (1982).

    Their two covariances, of pairs that share a row of the class and of pairs that share another, differ near the
    ends of the range; the larger one is used for both, since it is not known which side is harder.
    """
    a = np.clip(area, 1e-9, 1 - 1e-9)
    shared = np.maximum(a / (1 + a), (1 - a) / (2 - a))
    return np.asarray(a * (1 - a) * (1 + np.maximum(own + others - 2, 0.0) * shared) / (own * others))


def loss_limits(loss: float, variance: float, unseen: float, level: float) -> tuple[float, float]:
    """Return limits of a mean of losses as a weighted sum of rare events (Fay & Feuer 1997).

    The lower limit is the quantile of the gamma distribution with this mean and variance; the upper one that of a
    gamma distribution with one more, unseen event.

    Parameters
    ----------
    loss, variance
        The mean, and its variance.
    unseen
        What one more event adds to the mean.
    level
        Coverage asked for.
    """
    tail = (1 - level) / 2
    low = _gamma(tail, loss, variance)
    high = _gamma(1 - tail, loss + unseen, variance + unseen**2)
    return min(low, loss), max(high, loss)


def _gamma(at: float, mean: float, variance: float) -> float:
    if mean <= 0 or variance <= 0:
        return 0.0
    return float(special.gammaincinv(mean**2 / variance, at) * variance / mean)


def bisect(above: Callable[[Floats], Mask], low: Floats, high: Floats) -> Floats:
    """Return (c,) where `above` turns from true to false between `low` and `high`."""
    for _ in range(STEPS):
        middle = (low + high) / 2
        up = above(middle)
        low, high = np.where(up, middle, low), np.where(up, high, middle)
    return (low + high) / 2
