"""Checks of probabilities and truth, shared by values and files, and cheap enough to run on every new value."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evenhand.base.errors import DataError

Array = npt.NDArray[Any]

OFF = 0.02
"""Largest deviation of a row's sum from 1 that is put down to rounding in a file."""
ROUNDING = 1e-6
"""Largest distance of a probability below 0 or above 1 that is put down to floating point."""


def checked_probabilities(table: Array, ids: Array, classes: tuple[str, ...], *, several: bool) -> Array:
    """Return (n, k) probabilities; rows whose sum differs from 1 by rounding are divided by their sum.

    Parameters
    ----------
    several
        Whether a row may have several labels; its probabilities then need not sum to 1.

    Raises
    ------
    DataError
        If a number is NaN, infinite or not in 0..1, or a row does not sum to 1; the text names id and class.
    """
    if not table.size:
        return table
    with np.errstate(invalid="ignore", over="ignore"):
        total = table.sum(axis=1, dtype=np.float64)  # not finite if any number of the row is not
    # One pass over the sums instead of one over the table: on valid input, `isfinite(table)` is never evaluated.
    if not np.isfinite(total).all() and (bad := ~np.isfinite(table)).any():
        row, column = np.argwhere(bad)[0]
        raise DataError(
            f'{int(bad.sum()):,} probabilities are not numbers (first: id "{ids[row]}", class "{classes[column]}").'
        )
    low, high = table.min(), table.max()
    if low < -ROUNDING or high > 1 + ROUNDING:
        outside = (table < -ROUNDING) | (table > 1 + ROUNDING)
        row, column = np.argwhere(outside)[0]
        raise DataError(
            f"{int(outside.sum()):,} probabilities are not in 0..1 (first: {table[row, column]:g}, "
            f'id "{ids[row]}", class "{classes[column]}"). Raw scores (logits) must go through a softmax or '
            "sigmoid first, and logarithms through exp."
        )
    if low < 0 or (several and high > 1):
        table = table.clip(0, 1 if several else None)
        total = table.sum(axis=1, dtype=np.float64)
    if several:
        return table
    away = np.abs(total - 1)
    if away.max() > OFF:
        row = int(away.argmax())
        raise DataError(
            f"The probabilities of {int((away > OFF).sum()):,} of {len(table):,} rows do not sum to 1 (id "
            f'"{ids[row]}": {total[row]:.4g}). Divide each row by its sum if they are shares; if a row may have '
            "several labels, give the truth as a matrix (n, k), or several_labels = True."
        )
    return table if away.max() <= ROUNDING else table / total[:, None]


def check_truth(truth: Array, ids: Array, classes: tuple[str, ...], *, no_label: int = -1) -> None:
    """Check positions of classes (n,), or a matrix (n, k) of 0..1.

    Raises
    ------
    DataError
        If the shape does not fit, or a value is not a class; the text names the id.
    """
    n, k = len(ids), len(classes)
    if truth.shape not in {(n,), (n, k)}:
        raise DataError(
            f"The truth is {truth.shape} for {n} rows and {k} classes; it must be ({n},) or ({n}, {k})."
        )
    if truth.dtype.kind not in "iufb":
        raise DataError(
            f"The truth holds {truth.dtype.type.__name__} values; a Predictions value takes positions of classes, "
            "counted from 0. evenhand.evaluate(y_true, probabilities, classes=...) matches names."
        )
    if not truth.size:
        return
    if truth.ndim == 2:
        outside = (truth < 0) | (truth > 1)
        if outside.any():
            row, column = np.argwhere(outside)[0]
            raise DataError(
                f'The truth of id "{ids[row]}", class "{classes[column]}", is {truth[row, column]:g}; it must be '
                "in 0..1 (NaN if unknown)."
            )
        return
    wrong = ~((truth >= no_label) & (truth < k)) | (truth != np.floor(truth))
    if wrong.any():
        row = int(wrong.argmax())
        raise DataError(
            f"The truth of {int(wrong.sum()):,} rows is not the number of a class (first: {truth[row]}, id "
            f'"{ids[row]}"); there are {k} classes, numbered from 0, and {no_label} means unknown.'
        )


def check_unique(names: Any, what: str) -> None:
    """Raise `DataError` if a name is missing or repeated; the text gives the first one."""
    index = pd.Index(names, dtype=object)
    if index.is_unique and not index.hasnans:
        return
    if index.hasnans:
        raise DataError(f"{int(index.isna().sum()):,} {what} are missing; each needs a unique name.")
    twice = index.duplicated()
    raise DataError(f'{int(twice.sum()):,} {what} occur more than once (first: "{index[int(twice.argmax())]}").')


def check_length(values: Any, n: int, what: str) -> None:
    """Raise `DataError` unless there is one value for each of n rows."""
    if np.shape(values) != (n,):
        raise DataError(f"{what} are {np.shape(values)} for {n} rows; there must be one for each.")
