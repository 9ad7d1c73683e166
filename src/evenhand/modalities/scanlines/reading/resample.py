"""Lines brought to one width, and neighbouring lines averaged; weighted by what was scanned."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from evenhand.base.values import Floats
from evenhand.modalities.scanlines.reading.scan import Heights

LEAST_SHARE = 0.5
"""Share of a resampled value that must have been scanned."""


def resampled(heights: Heights, width: int) -> Heights:
    """Return (c, l, width): areas averaged where lines become shorter, linear interpolation where longer."""
    if heights.shape[-1] == width:
        return heights
    weights = _weights(heights.shape[-1], width)
    known = np.isfinite(heights)
    share = known @ weights.T
    values = np.where(known, heights, 0.0) @ weights.T
    return np.asarray(np.where(share >= LEAST_SHARE, values / np.maximum(share, 1e-12), np.nan))


@lru_cache(maxsize=64)
def _weights(before: int, after: int) -> Floats:
    """Return (after, before) weights; each row sums to 1."""
    if after < before:
        edges, pixel = np.linspace(0, before, after + 1), np.arange(before)
        shared = np.minimum(edges[1:, None], pixel + 1) - np.maximum(edges[:-1, None], pixel)
        return np.asarray(shared.clip(0, None) * after / before)
    place = ((np.arange(after) + 0.5) * before / after - 0.5).clip(0, before - 1)
    return np.asarray((1 - abs(place[:, None] - np.arange(before))).clip(0, None))


def line_groups(planned: int, most: int) -> int:
    """Return how many neighbouring lines are averaged so that a scan of `planned` lines has at most `most`.

    >>> line_groups(128, 128), line_groups(129, 128), line_groups(512, 128)
    (1, 2, 4)
    """
    return -(-planned // most)


def averaged(values: Heights, by: int) -> Heights:
    """Return means over `by` neighbouring lines of (c, l, ...), NaN where none was scanned."""
    if by == 1:
        return values
    starts = np.arange(0, values.shape[1], by)
    known = np.isfinite(values)
    count = np.add.reduceat(known.astype(np.int64), starts, axis=1)
    sums = np.add.reduceat(np.where(known, values, 0.0), starts, axis=1)
    return np.asarray(np.where(count > 0, sums / np.maximum(count, 1), np.nan))
