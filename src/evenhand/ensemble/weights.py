"""Weights of models, learned so that no row has a say in its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from evenhand.base.values import Floats
from evenhand.ensemble.align import Aligned


@dataclass(frozen=True, eq=False)
class Weights:
    """What each model counts.

    Attributes
    ----------
    overall
        (m,) from all rows, for rows that are new; not negative, they sum to 1.
    per_fold
        (f, m) for the rows of each fold, learned on the other folds.
    """

    overall: Floats
    per_fold: Floats


Weigh = Callable[[Aligned], Weights]
"""A way of weighting: aligned out-of-fold predictions, with truth and fold 0..f-1 for every row -> weights."""


def shares(raw: Floats) -> Floats:
    """Return (m,) weights that sum to 1; equal ones where nothing above 0 is left."""
    there = np.where(np.isfinite(raw), np.maximum(raw, 0.0), 0.0)
    total = there.sum()
    return np.asarray(there / total if total > 0 else np.full(len(raw), 1.0 / len(raw)))
