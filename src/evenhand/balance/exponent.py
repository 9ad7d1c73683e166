"""The exponent: by which power of how common classes are, a prior departs from the data."""

from __future__ import annotations

import numpy as np

from evenhand.base.values import Floats

LIMIT = 1.05
"""Exponent above which a correction turns the skew around; a little over 1 is what caps and rounding leave."""
SKEWED = 1.5
"""Largest class over smallest from which on there is a skew that can be turned around."""


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
    if len(x) < 2 or np.ptp(x) < 1e-9:
        return 0.0
    x = x - x.mean()
    return float(x @ y / (x @ x))


def skewed(counts: Floats) -> bool:
    """Return whether the largest class is at least `SKEWED` times the smallest that has rows."""
    filled = counts[counts > 0]
    return bool(len(filled) > 1 and filled.max() >= SKEWED * filled.min())
