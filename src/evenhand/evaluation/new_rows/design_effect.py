"""The design effect: how many rows of groups are worth one independent row."""

from __future__ import annotations

import numpy as np

from evenhand.base.text.unique_names import unique_names
from evenhand.base.values import Floats, Mask, Strings


def design_effect(values: Floats | Mask, groups: Strings | None) -> float:
    """Return the variance of a share over groups against that over as many independent rows (Kish 1965).

    At least 1. A share of 0 or 1 shows no variance: there it is the mean size of the group of a row, as if rows of
    a group were all alike.

    Parameters
    ----------
    values
        (n,) in 0..1.
    groups
        (n,) groups, or None where rows are independent.

    Examples
    --------
    >>> design_effect(np.array([1, 1, 0, 0, 1, 1, 0, 0]), np.array(list("aabbccdd"), dtype=object)).__round__(2)
    2.67
    >>> design_effect(np.array([1, 0, 1]), None)
    1.0
    """
    values = np.asarray(values, dtype=np.float64)
    n = len(values)
    if groups is None or n < 2:
        return 1.0
    number = unique_names(groups)[1]
    size = np.bincount(number).astype(np.float64)
    g, mean = len(size), float(values.mean())
    alike = float((size**2).sum() / n)
    if g < 2 or not 0 < mean < 1:
        return max(1.0, alike)
    # Ratio estimator (Cochran 1977): sums of groups against what their sizes lead one to expect.
    off = np.bincount(number, weights=values - mean)
    return max(1.0, float(g / (g - 1) * (off**2).sum() / (n * mean * (1 - mean))))
