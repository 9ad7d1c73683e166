"""Caps on the ratio of the largest to the smallest weight."""

from __future__ import annotations

import numpy as np

from evenhand.base.values import Floats

MAX_RATIO = "Cap on the largest over the smallest; without one, rarity alone decides."
"""What every key `max_ratio` does."""


def capped(relative: Floats, max_ratio: float | None) -> Floats:
    """Return figures of which the largest is at most `max_ratio` times the smallest above zero.

    >>> capped(np.array([1.0, 4.0, 90.0]), 6.0).tolist()
    [1.0, 4.0, 6.0]
    """
    if max_ratio is None or not (relative > 0).any():
        return relative
    return np.asarray(np.minimum(relative, relative[relative > 0].min() * max_ratio))
