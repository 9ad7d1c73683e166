"""Types and constants of values.

Letters used for shapes everywhere: n rows, k classes, m models, f folds, g groups.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from evenhand.base.row_set import RowSet as RowSet

Floats = npt.NDArray[np.floating[Any]]
Ints = npt.NDArray[np.integer[Any]]
Strings = npt.NDArray[Any]  # object arrays of str
Mask = npt.NDArray[np.bool_]

Task = Literal["single", "multi", "soft"]
"""What a row holds: one class; several classes or none; or a degree from 0 to 1 of each class."""

TRUTH_THRESHOLD = 0.5
"""Degree from which on a soft label counts as true, unless `evaluate.truth_threshold` says otherwise."""

Severity = Literal["error", "warning", "note"]
Origin = Literal["out-of-fold", "out-of-fold elsewhere", "in-sample", "test"]

VerdictWord = Literal["better", "worse", "no difference found", "too few to tell"]
TOO_FEW = "too few to tell"
"""Verdict on a figure or a difference that is based on too few rows or groups."""

TEST = -1
"""Fold number of locked test rows (written as "test" in folds.csv)."""
NO_LABEL = -1
"""Label of a row whose class is not known."""


def origin_of(rows: str) -> Origin:
    """Return the origin of predictions of a set of rows."""
    return "out-of-fold" if rows == RowSet.OUT_OF_FOLD else "test"
