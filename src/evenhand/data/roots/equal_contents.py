"""Rows of two tables with equal contents."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from evenhand.base.values import Ints


def equal_pairs(one: Iterable[object], other: Iterable[object]) -> Ints:
    """Return (p, 2) int64 positions in two columns of equal values, in order; None equals nothing.

    >>> equal_pairs(["b", None, "a"], ["a", None, "b", "a"]).tolist()
    [[0, 2], [2, 0], [2, 3]]
    """
    left, right = (pd.DataFrame({"value": pd.Series(list(of), dtype=object)}).dropna() for of in (one, other))
    left, right = left.assign(one=left.index), right.assign(other=right.index)
    found = left.merge(right, on="value")[["one", "other"]].to_numpy(np.int64)
    return np.asarray(found[np.lexsort((found[:, 1], found[:, 0]))])
