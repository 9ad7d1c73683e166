"""Bins of confidence, each with about the same number of rows."""

from __future__ import annotations

import numpy as np

from evenhand.base.values import Floats, Ints

BINS = 15
"""Bins wherever confidence is binned (Guo et al. 2017 take as many, of equal width)."""


def edges(confidence: Floats, bins: int = BINS) -> Floats:
    """Return (at most bins - 1,) inner edges, between which about equally many values lie.

    Equal values never fall on both sides of an edge, so there may be fewer bins than asked for.
    """
    if not len(confidence):
        return np.empty(0)
    ordered = np.sort(confidence)
    at = np.arange(1, bins) * len(ordered) // bins
    return np.unique(ordered[at[at > 0]])


def bin_of(confidence: Floats, inner: Floats) -> Ints:
    """Return (n,) the bin of each value: the number of edges that it reaches.

    >>> bin_of(np.array([0.1, 0.5, 0.9]), np.array([0.5])).tolist()
    [0, 1, 1]
    """
    return np.asarray(np.searchsorted(inner, confidence, side="right"))
