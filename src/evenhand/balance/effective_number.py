"""The effective number of rows, where rows overlap."""

from __future__ import annotations

import numpy as np

from evenhand.base.values import Floats


def effective_rows(counts: Floats, beta: float) -> Floats:
    """Return (1 - beta^n) / (1 - beta) for each count n (Cui et al. 2019, eq. 2).

    With beta 0 every class is worth one row; as beta goes to 1, each is worth its rows.

    >>> effective_rows(np.array([1.0, 10.0, 1000.0]), 0.9).round(3).tolist()
    [1.0, 6.513, 10.0]
    """
    if beta == 0:
        return np.ones_like(counts, dtype=np.float64)
    # expm1: 1 - beta^n would cancel for beta near 1.
    return np.asarray(-np.expm1(counts * np.log(beta)) / (1.0 - beta))
