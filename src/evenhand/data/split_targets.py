"""Targets and groups as scikit-learn's users hand them over, made counts of classes in groups."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from evenhand.base.values import Floats, Ints
from evenhand.data.split_counts import count_labels, sum_by_group


def encode(values: Any, name: str) -> Ints:
    """Return (n,) int64, the position of each value among the sorted different ones.

    Raises
    ------
    ValueError
        If `values` are not one column, are missing in places, or cannot be ordered.

    Examples
    --------
    >>> encode(["b", "a", "b"], "groups")
    array([1, 0, 1])
    """
    values = np.asarray(values)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1:
        raise ValueError(f"{name} should be a 1d array, got an array of shape {values.shape} instead.")
    if pd.isna(values).any():
        raise ValueError(f"Input {name} contains NaN.")
    try:
        return np.unique(values, return_inverse=True)[1].astype(np.int64)
    except TypeError:
        raise ValueError(
            f"{name} holds values of different types, which cannot be ordered; use one type."
        ) from None


def count_targets(y: Any, group: Ints) -> Floats:
    """Return (g, k) float64, rows of each class in each group, from one column of labels or several.

    Of several columns, those within [0, 1] are summed, each other one is counted by its classes.

    Parameters
    ----------
    y
        (n,) labels of any type, or (n, j) columns (array, DataFrame, lists).
    group
        (n,) group of each row, 0..g-1.

    Raises
    ------
    ValueError
        If labels are missing or continuous.
    """
    table = y if isinstance(y, pd.DataFrame) else pd.DataFrame(np.asarray(y)).infer_objects()
    columns = [table.iloc[:, c] for c in range(table.shape[1])]
    if len(columns) == 1:
        return _count_classes(columns[0], group)
    shares = [each.to_numpy(np.float64) for each in columns if _is_share(each)]
    classes = [_count_classes(each, group) for each in columns if not _is_share(each)]
    return np.hstack([*([sum_by_group(np.column_stack(shares), group)] if shares else []), *classes])


def _is_share(column: pd.Series[Any]) -> bool:
    return bool(pd.api.types.is_numeric_dtype(column) and column.between(0, 1).all())


def _count_classes(column: pd.Series[Any], group: Ints) -> Floats:
    if pd.api.types.is_float_dtype(column) and not (column.dropna() % 1 == 0).all():
        raise ValueError(
            "Supported target types are: ('binary', 'multiclass', 'multilabel-indicator', "
            "'multiclass-multioutput'). Got 'continuous' instead."
        )
    labels = encode(column, "y")
    return count_labels(labels, group, int(labels.max()) + 1)
