"""The folds as a scikit-learn splitter, for cross_val_score, GridSearchCV and the like.

Messages follow scikit-learn's wording: its common tests match them.
"""

from __future__ import annotations

import numbers
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import BaseCrossValidator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_consistent_length

from evenhand.base.values import Floats, Ints
from evenhand.data.splits.assignment.assign_groups import assign_groups
from evenhand.data.splits.assignment.counts import count_labels, sum_by_group


def encode(values: Any, name: str) -> Ints:
    """Return (n,) int64, the position of each value among the sorted distinct ones.

    Raises
    ------
    ValueError
        If `values` are not one column, some are missing, or they cannot be ordered.

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
    """Return (g, k) float64, rows of each class in each group, from one or several columns of labels.

    Of several columns, those within [0, 1] are summed; each other one is counted by its classes.

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


class GroupedStratifiedKFold(BaseCrossValidator):  # type: ignore[misc]
    """k-fold splitter that keeps groups whole and class shares equal; for one label per row or several.

    No fold is empty, and a class with two or more groups is in the training part of every fold if that is possible.

    Parameters
    ----------
    n_splits
        Number of folds, at least 2 and at most the number of groups.
    shuffle
        Whether equal groups are taken in random order; without it the folds are always the same.
    random_state
        Seed or generator of that order; only with `shuffle`.

    Notes
    -----
    `y` may hold one label per row (numbers, strings), an indicator matrix with 0/1 or soft values in [0, 1], or
    columns of both kinds: a column with other values than [0, 1] counts as a class of its own.

    Examples
    --------
    >>> y = np.array(["a", "a", "b", "b", "a", "a", "b", "b"])
    >>> groups = np.array([1, 1, 2, 2, 3, 3, 4, 4])
    >>> folds = GroupedStratifiedKFold(n_splits=2)
    >>> [test.tolist() for train, test in folds.split(np.zeros((8, 1)), y, groups)]
    [[2, 3, 4, 5], [0, 1, 6, 7]]
    """

    # Read by scikit-learn's metadata routing: `split` always needs groups.
    __metadata_request__split = {"groups": True}  # noqa: RUF012

    def __init__(self, n_splits: int = 5, *, shuffle: bool = False, random_state: Any = None) -> None:
        _check_arguments(n_splits, shuffle, random_state)
        self.n_splits = int(n_splits)
        self.shuffle = shuffle
        self.random_state = random_state

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of folds."""
        return self.n_splits

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[tuple[Ints, Ints]]:
        """Yield the positions of the training and the test rows of each fold, (n_train,) and (n_test,) int64.

        Parameters
        ----------
        X
            n rows; only their number matters.
        y
            (n,) labels, or (n, j) several.
        groups
            (n,) group of each row; must be given.

        Raises
        ------
        ValueError
            If lengths differ, labels or groups are missing, or there are fewer groups than folds.
        """
        fold = self._folds(X, y, groups)
        for b in range(self.n_splits):
            yield np.flatnonzero(fold != b), np.flatnonzero(fold == b)

    def _folds(self, X: Any, y: Any, groups: Any) -> Ints:
        """Return (n,) fold of each row."""
        if y is None:
            raise ValueError("The 'y' parameter should not be None.")
        if groups is None:
            raise ValueError("The 'groups' parameter should not be None.")
        check_consistent_length(X, y, groups)
        group = encode(groups, "groups")
        rows = np.bincount(group).astype(np.float64)
        self._check_groups(len(rows))
        counts = count_targets(y, group)
        self._warn_of_few(counts)
        order, rng = self._order(len(rows))
        return assign_groups(counts, rows, self.n_splits, rng, order=order).fold[group]

    def _order(self, groups: int) -> tuple[Ints, np.random.Generator]:
        """Return the order of equal groups, the same as in `StratifiedGroupKFold`, and a generator."""
        order = np.arange(groups)
        if not self.shuffle:
            return order, np.random.default_rng(0)
        random = check_random_state(self.random_state)
        random.shuffle(order)
        return order, np.random.default_rng(random.randint(2**31 - 1))

    def _check_groups(self, groups: int) -> None:
        if self.n_splits > groups:
            raise ValueError(
                f"Cannot have number of splits n_splits={self.n_splits} greater than the number of groups: "
                f"{groups}."
            )

    def _warn_of_few(self, counts: Floats) -> None:
        """Warn if a class has fewer groups than there are folds."""
        groups = (counts > 0).sum(axis=0)
        fewest = int(groups[groups > 0].min(initial=self.n_splits))
        if fewest < self.n_splits:
            warnings.warn(
                f"The least populated class in y has only {fewest} groups, which is less than "
                f"n_splits={self.n_splits}; some folds will be evaluated without it.",
                UserWarning,
                # the line that iterates over `split`, a generator
                stacklevel=4,
            )


def _check_arguments(n_splits: Any, shuffle: Any, random_state: Any) -> None:
    if not isinstance(n_splits, numbers.Integral):
        raise ValueError(
            f"The number of folds must be of Integral type. {n_splits} of type {type(n_splits)} was passed."
        )
    if n_splits <= 1:
        raise ValueError(
            "k-fold cross-validation requires at least one train/test split by setting n_splits=2 or more, "
            f"got n_splits={n_splits}."
        )
    if not isinstance(shuffle, bool):
        raise TypeError(f"shuffle must be True or False; got {shuffle}")
    if not shuffle and random_state is not None:
        raise ValueError(
            "Setting a random_state has no effect since shuffle is False. You should leave random_state to its "
            "default (None), or set shuffle=True."
        )
