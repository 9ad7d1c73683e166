"""The exponent of a prior: the power of the class counts by which it departs from the data."""

from __future__ import annotations

import numpy as np

from evenhand.base.values import Floats

LIMIT = 1.05
"""Exponent up to which a skew does not count as inverted; caps and rounding may leave slightly more than 1."""
SKEWED = 1.5
"""Smallest ratio of two classes that counts as skew, in rows as in the prior."""


def exponent(counts: Floats, factor: Floats) -> float:
    """Return tau, the slope of -log(factor) on log(counts): 0 for no correction, 1 for equal classes.

    Least squares over the classes, each counting once: a fit weighted by rows would ignore the rare classes, for
    which skew is corrected. The slope is linear in log(factor), so the exponents of sampler, weights and
    loss add up to that of all three. Where factor is counts^-tau, it is tau exactly.

    Parameters
    ----------
    counts
        (k,) rows per class; classes without rows are left out.
    factor
        (k,) p_eff / n up to a constant; classes that are never sampled (0) are left out.

    Returns
    -------
    The slope; 0 for a single class and for equal counts, which have no skew.

    >>> counts = np.array([90.0, 9.0, 1.0])
    >>> round(exponent(counts, counts**-0.5), 6), exponent(np.ones(3), np.array([1.0, 2.0, 3.0]))
    (0.5, 0.0)
    """
    there = (counts > 0) & (factor > 0)
    x, y = np.log(counts[there]), -np.log(factor[there])
    if len(x) < 2 or np.ptp(x) < 1e-9:  # over equal counts the slope is rounding error
        return 0.0
    x = x - x.mean()
    return float(x @ y / (x @ x))


def inversion(counts: Floats, shares: Floats) -> float:
    """Return the largest ratio of the prior of a class to that of one with at least `SKEWED` times its rows.

    Parameters
    ----------
    counts
        (k,) rows per class; classes without rows are left out.
    shares
        (k,) prior; classes with prior 0 are left out.

    Returns
    -------
    The largest ratio over pairs of classes; above 1 some pair is inverted, 0 where no pair is skewed.

    >>> round(inversion(np.array([90, 9, 1]), np.array([0.2, 0.3, 0.5])), 3)
    2.5
    >>> inversion(np.array([60, 50]), np.array([0.1, 0.9]))
    0.0
    """
    there = (counts > 0) & (shares > 0)
    order = np.argsort(counts[there])
    rows, prior = counts[there][order], shares[there][order]
    least = np.append(np.minimum.accumulate(prior[::-1])[::-1], np.inf)  # of a class and all with more rows
    return float((prior / least[np.searchsorted(rows, rows * SKEWED)]).max(initial=0.0))
