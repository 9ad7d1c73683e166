"""Bins of confidence, each with about the same number of rows."""

from __future__ import annotations

import numpy as np

from evenhand.base.values import Floats, Ints

BINS = 15
"""Maximum number of bins of confidence (Guo et al. 2017 use as many, of equal width)."""
LEAST = 20
"""Minimum number of values per bin: with fewer, chance alone makes a gap in every bin."""


def edges(confidence: Floats, bins: int = BINS) -> Floats:
    """Return (at most bins - 1,) inner edges, between which about equally many values lie, at least about `LEAST`.

    Equal values never fall on both sides of an edge, so there may be fewer than `bins` bins.
    """
    ordered = np.sort(confidence)
    bins = min(bins, len(ordered) // LEAST)
    return np.unique(ordered[np.arange(1, bins) * len(ordered) // max(bins, 1)])


def bin_of(confidence: Floats, inner: Floats) -> Ints:
    """Return (n,) the bin of each value: the number of edges not above it.

    >>> bin_of(np.array([0.1, 0.5, 0.9]), np.array([0.5])).tolist()
    [0, 1, 1]
    """
    return np.asarray(np.searchsorted(inner, confidence, side="right"))
