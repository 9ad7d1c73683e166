"""Checks of the fields of `Predictions` beside probabilities and truth: names, folds, groups, logits, origin."""

from __future__ import annotations

import typing
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evenhand.base.errors import DataError, unknown
from evenhand.base.text.cells import as_texts, object_array, text_array

Array = npt.NDArray[Any]

_LARGEST_FOLD = np.iinfo(np.int16).max


def class_names(classes: Any) -> tuple[str, ...]:
    """Return names of classes as text; numbers are written as in tables ("0", "1").

    Raises
    ------
    DataError
        If the classes are one string, or one of them is missing or empty.
    """
    # A string is a sequence of one-letter names: "abc" would pass for three classes.
    if isinstance(classes, str):
        raise DataError(f'classes is one string, "{classes}"; give a tuple of names, one per column.')
    cells = tuple(classes)
    names = cells if all(type(name) is str for name in cells) else as_texts(cells)
    if not all(names):
        position = next(at for at, name in enumerate(names) if not name)
        raise DataError(f"The name of class {position} (counted from 0) is empty; each class needs a name.")
    return tuple(map(str, names))


def check_named(ids: Array) -> None:
    """Raise `DataError` if ids are empty strings."""
    empty = int((ids == "").sum()) if ids.dtype.kind in "OUT" else 0
    if empty:
        raise DataError(f"{empty:,} ids are empty; each row needs an id of its own.")


def as_numbers(values: Any, what: str) -> Array:
    """Return an array of real numbers: floats as they are, anything else as float64.

    Raises
    ------
    DataError
        If a value is not a real number; `what` names the array.
    """
    array = values if isinstance(values, np.ndarray) else np.asarray(values)
    if array.dtype.kind == "f":
        return array
    if array.dtype.kind in "iubO":
        try:
            return array.astype(np.float64)
        except (TypeError, ValueError):
            pass
    raise DataError(f"{what} must be real numbers; these are {array.dtype.name} values. Convert them first.")


def fold_of_rows(fold: Any, test: int) -> Array:
    """Return (n,) int16 folds.

    Parameters
    ----------
    test
        Fold number of locked rows, the smallest that is allowed.

    Raises
    ------
    DataError
        If a fold is not a whole number from `test` up.
    """
    array = fold if isinstance(fold, np.ndarray) else np.asarray(fold)
    if array.dtype.kind == "O":
        array = as_numbers(array, "Folds")
    if array.dtype == np.int16 and not (array.size and array.min() < test):
        return array
    allowed = f"Folds are whole numbers counted from 0, {test} for locked rows"
    if array.dtype.kind not in "iuf":
        raise DataError(f"{allowed}; these are {array.dtype.name} values.")
    wrong = ~((array >= test) & (array <= _LARGEST_FOLD) & (array == np.floor(array)))
    if wrong.any():
        raise DataError(f"{allowed}; {int(wrong.sum()):,} are not (first: {array[wrong][0]}).")
    return array.astype(np.int16)


def group_of_rows(groups: Any, ids: Array) -> Array:
    """Return (n,) groups; a row whose group is missing (None, NaN, "") is a group of its own."""
    array = groups if isinstance(groups, np.ndarray) else object_array(groups)
    if array.dtype.kind in "iub" or array.shape != ids.shape:
        return array
    missing = pd.isna(array)
    if array.dtype.kind in "OUT":
        missing[~missing] = array[~missing] == ""
    return groups_of(text_array(array), ids) if missing.any() else array


def groups_of(names: Array, ids: Iterable[Any]) -> Array:
    """Return (n,) the group of each row; a row whose group is None is a group of its own, "id:ID"."""
    # With a prefix, so that an id cannot equal the name of somebody else's group.
    own = np.array([f"id:{name}" for name in ids], dtype=object)
    return np.where(pd.isna(names), own, names)


def check_logits(logits: Array, n: int, k: int) -> None:
    """Raise `DataError` if logits are not of the shape (n, k), or are NaN."""
    if logits.shape != (n, k):
        raise DataError(f"Logits are {logits.shape}; {n} ids and {k} classes need ({n}, {k}).")
    if missing := int(np.isnan(logits).sum()):
        raise DataError(f"{missing:,} logits are not numbers (NaN).")


def check_origin(origin: str, allowed: Any) -> None:
    """Raise `DataError` if an origin is not a value of the Literal `allowed`; the text names the nearest one."""
    known = typing.get_args(allowed)
    if origin not in known:
        raise DataError(f"origin: {unknown('origin', origin, known)}")
