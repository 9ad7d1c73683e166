"""Samples: rows with their labels, before anything is decoded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from evenhand.base.errors import DataError
from evenhand.base.values.exclusive_block import ExclusiveBlock
from evenhand.base.values.types import TRUTH_THRESHOLD, Floats, Ints, Mask, Strings, Task

_OF_LABELS = cast(Task, "")
"""A task that is not stated: it is read off the labels."""


@dataclass(frozen=True, eq=False)
class Samples:
    """Rows with their labels, before anything is decoded.

    Attributes
    ----------
    frame
        n rows with a 0..n-1 index; columns `id` (unique, str) and `path`; `group`, `split` and further columns
        if the source has them.
    classes
        The k class names in order.
    labels
        (n,) int64 class indices, `NO_LABEL` where unknown; or (n, k) float64 for several labels per row (0/1) or
        soft labels (0..1), NaN for each class of which it is not known whether it holds.
    weights
        (n,) float64 row weights, or None for equal ones.
    levels
        Coarser classes: name of the level -> (k,) the coarser class of each class.
    kind
        The kind of data ("photos").
    task
        "single" if each row has one class, "multi" if it may have several or none, "soft" if labels are degrees
        from 0 to 1. It follows from `labels`; only "soft" need be stated, of labels that are all 0 or 1.

    exclusive
        Blocks of classes that exclude one another where several may hold (`data.exclusive`).

    Raises
    ------
    DataError
        If lengths do not fit, ids are not unique, or a label is not in 0..1.
    """

    frame: pd.DataFrame
    classes: tuple[str, ...]
    labels: npt.NDArray[Any]
    weights: Floats | None = None
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    kind: str = "photos"
    task: Task = _OF_LABELS
    exclusive: tuple[ExclusiveBlock, ...] = ()

    def __post_init__(self) -> None:
        n = len(self.frame)
        if self.labels.shape[0] != n:
            raise DataError(f"{self.labels.shape[0]} labels for {n} rows; there must be one for each.")
        if "id" not in self.frame or not self.frame["id"].is_unique:
            raise DataError('The column "id" is required, and its values must be unique.')
        if self.labels.ndim == 2 and self.labels.shape[1] != self.k:
            raise DataError(f"The label matrix has {self.labels.shape[1]} columns for {self.k} classes.")
        if self.weights is not None and self.weights.shape != (n,):
            raise DataError(f"{len(self.weights)} weights for {n} rows; there must be one for each.")
        shown = task_of(self.labels)
        # Soft labels that happen to be 0 and 1, in some rows or in all, are soft labels still; anything else is as
        # the labels show it, also after `dataclasses.replace` gave the rows others.
        if (str(self.task), shown) != ("soft", "multi"):
            object.__setattr__(self, "task", shown)

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def k(self) -> int:
        """Number of classes."""
        return len(self.classes)

    @property
    def ids(self) -> Strings:
        """(n,) ids."""
        return self.frame["id"].to_numpy(dtype=object)

    @property
    def multi_label(self) -> bool:
        """Whether a row may have several classes."""
        return self.labels.ndim == 2

    @property
    def grouped(self) -> bool:
        """Whether the source has groups."""
        return "group" in self.frame

    @property
    def groups(self) -> Strings:
        """(n,) group of each row; a row without a group is a group of its own."""
        if not self.grouped:
            return self.ids
        named = self.frame["group"]
        return np.where(named.isna(), "id:" + self.frame["id"].astype(str), named.astype(str)).astype(object)

    @property
    def known(self) -> Mask:
        """(n,) bool, whether the label of each row is known; with several classes, whether any of them is."""
        return known_labels(self.labels)

    @property
    def known_cells(self) -> Mask:
        """(n, k) bool, whether it is known of each class if it holds."""
        if self.multi_label:
            return np.asarray(~np.isnan(self.labels))
        return np.repeat(self.known[:, None], self.k, axis=1)

    def matrix(self) -> Floats:
        """Return labels as (n, k) float64: one-hot, or the matrix as it is; unknown labels are 0."""
        if self.multi_label:
            return np.nan_to_num(self.labels.astype(np.float64))
        known = self.known
        out = np.zeros((len(self), self.k))
        out[np.flatnonzero(known), self.labels[known]] = 1.0
        return out

    def known_matrix(self) -> Floats:
        """Return labels as (n, k) float64, as `matrix` does; unknown ones are NaN, and not taken for a no."""
        return np.where(self.known_cells, self.matrix(), np.nan)

    def counts(self) -> Floats:
        """Return (k,) float64 rows per class (sums of soft labels)."""
        return np.asarray(self.matrix().sum(axis=0))

    def groups_per_class(self) -> dict[str, int]:
        """Return class -> number of distinct groups with rows of it, of soft labels from one half on."""
        held = self.matrix() >= TRUTH_THRESHOLD
        groups = self.groups
        return {name: len(set(groups[held[:, c]])) for c, name in enumerate(self.classes)}

    def take(self, rows: Mask | Ints) -> Samples:
        """Return the samples at `rows` (a mask or positions); classes without rows stay."""
        frame = self.frame[rows] if rows.dtype == bool else self.frame.iloc[rows]
        return replace(
            self,
            frame=frame.reset_index(drop=True),
            labels=self.labels[rows],
            weights=None if self.weights is None else self.weights[rows],
        )

    def __repr__(self) -> str:
        groups = f", {len(set(self.groups)):,} groups" if self.grouped else ""
        return f"Samples({len(self):,} {self.kind}, {self.k} classes{groups})"

    def _repr_html_(self) -> str:
        counts = pd.DataFrame({"class": self.classes, "rows": self.counts()})
        return f"<p>{self!r}</p>{counts.to_html(index=False, escape=True, max_rows=20)}"


def task_of(labels: npt.NDArray[Any]) -> Task:
    """Return the task that labels show: (n,) "single", (n, k) of 0 and 1 "multi", with values between them "soft".

    Raises
    ------
    DataError
        If a value of (n, k) labels is not in 0..1 (NaN if unknown).
    """
    if labels.ndim == 1:
        return "single"
    if ((labels < 0) | (labels > 1)).any():
        raise DataError("Labels of several classes must be in 0..1, NaN where they are not known.")
    return "soft" if ((labels > 0) & (labels < 1)).any() else "multi"


def any_of(labels: Floats) -> Floats:
    """Return (n,) the largest of (n, c) labels; NaN if one of them is not known, unless another is 1.

    It is the label of a class that holds where one of c finer ones does.

    >>> any_of(np.array([[0.2, 0.5], [1.0, np.nan], [0.5, np.nan]])).tolist()
    [0.5, 1.0, nan]
    """
    return np.asarray(np.where((labels == 1).any(axis=1), 1.0, labels.max(axis=1)))


def known_labels(labels: npt.NDArray[Any]) -> Mask:
    """Return (n,) whether labels are known: (n,) class indices that are not `NO_LABEL`, or (n, k) with a number.

    >>> known_labels(np.array([0, -1])), known_labels(np.array([[0.0, np.nan], [np.nan, np.nan]]))
    (array([ True, False]), array([ True, False]))
    """
    if labels.ndim == 2:
        return np.asarray(~np.isnan(labels.astype(np.float64, copy=False)).all(axis=1))
    return np.asarray(labels >= 0)
