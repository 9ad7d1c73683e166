"""The exponent: by which power of how common classes are, a prior departs from the data."""

from __future__ import annotations

import numpy as np

from evenhand.base.values import Floats

LIMIT = 1.05
"""Exponent up to which nothing is called turned around; a little over 1 is what caps and rounding leave."""
SKEWED = 1.5
"""Ratio of two classes from which on there is a skew, in rows as in beliefs."""


def exponent(counts: Floats, favour: Floats) -> float:
    """Return tau, the slope of -log(favour) on log(counts): 0 leaves the data, 1 makes classes equal.

    Least squares over the classes, each counting once: rare classes, for whose sake skew is corrected, would have
    no say in a fit weighted by rows. The slope is linear in log(favour), so the exponents of sampler, weights and
    loss add up to that of all three. Where favour is counts^-tau, it is tau exactly.

    Parameters
    ----------
    counts
        (k,) rows per class; classes without rows are left out.
    favour
        (k,) p_eff / n up to a factor; classes that are never drawn (0) are left out.

    Returns
    -------
    The slope; 0 for a single class and for equal counts, which have no skew.

    >>> counts = np.array([90.0, 9.0, 1.0])
    >>> round(exponent(counts, counts**-0.5), 6), exponent(np.ones(3), np.array([1.0, 2.0, 3.0]))
    (0.5, 0.0)
    """
    there = (counts > 0) & (favour > 0)
    x, y = np.log(counts[there]), -np.log(favour[there])
    if len(x) < 2 or np.ptp(x) < 1e-9:  # a slope over equal counts would be rounding error over rounding error
        return 0.0
    x = x - x.mean()
    return float(x @ y / (x @ x))


def turned(counts: Floats, shares: Floats) -> float:
    """Return how many times as common a class is believed as one with at least `SKEWED` times its rows, at most.

    Parameters
    ----------
    counts
        (k,) rows per class; classes without rows are left out.
    shares
        (k,) shares that are believed in; classes that are never expected (0) are left out.

    Returns
    -------
    The largest ratio over pairs of classes; above 1 some pair is turned around, 0 where no pair is skewed.

    >>> round(turned(np.array([90, 9, 1]), np.array([0.2, 0.3, 0.5])), 3)
    2.5
    >>> turned(np.array([60, 50]), np.array([0.1, 0.9]))
    0.0
    """
    there = (counts > 0) & (shares > 0)
    order = np.argsort(counts[there])
    rows, believed = counts[there][order], shares[there][order]
    least = np.append(np.minimum.accumulate(believed[::-1])[::-1], np.inf)  # of a class and all with more rows
    return float((believed / least[np.searchsorted(rows, rows * SKEWED)]).max(initial=0.0))
