"""Rows with predictions and known truth, from which metrics are computed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

from evenhand.base.errors import DataError
from evenhand.base.text.unique_names import unique_names
from evenhand.base.values import Floats, Ints, Mask, Predictions

T = TypeVar("T")


THRESHOLD = 0.5
"""With several labels per row, a label is predicted from this probability on."""


@dataclass(frozen=True, eq=False)
class EvaluatedRows:
    """Rows whose truth is known, with their class probabilities.

    Attributes
    ----------
    classes
        The k class names.
    probabilities
        (n, k) floats in [0, 1].
    truth
        (n,) class indices in 0..k-1; or (n, k) in [0, 1] where several labels may hold.
    threshold
        Where several labels may hold, one is predicted from this probability on, and true from this value on.
    groups
        (n,) numbers 0..g-1 of groups that rows come from, or None where none are known.
    """

    classes: tuple[str, ...]
    probabilities: Floats
    truth: npt.NDArray[Any]
    threshold: float = THRESHOLD
    groups: Ints | None = None
    _made: dict[Any, Any] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.truth)

    @property
    def k(self) -> int:
        """Number of classes."""
        return len(self.classes)

    @property
    def several(self) -> bool:
        """Whether several labels may hold for one row."""
        return self.truth.ndim == 2

    @cached_property
    def predicted(self) -> Ints:
        """(n,) the most probable class, the first of ties."""
        return cast(Ints, self.probabilities.argmax(axis=1))

    @cached_property
    def held(self) -> Mask:
        """(n, k) bool: true classes of each row."""
        if self.several:
            return np.asarray(self.truth >= self.threshold)
        return np.asarray(self.truth[:, None] == np.arange(self.k))

    @cached_property
    def claimed(self) -> Mask:
        """(n, k) bool: predicted classes of each row."""
        if self.several:
            return np.asarray(self.probabilities >= self.threshold)
        return np.asarray(self.predicted[:, None] == np.arange(self.k))

    @cached_property
    def truth_counts(self) -> Floats:
        """(k,) number of rows of each class."""
        counts = self.held.sum(axis=0) if self.several else np.bincount(self.truth, minlength=self.k)
        return np.asarray(counts, dtype=np.float64)

    @cached_property
    def predicted_counts(self) -> Floats:
        """(k,) number of rows predicted as each class."""
        counts = self.claimed.sum(axis=0) if self.several else np.bincount(self.predicted, minlength=self.k)
        return np.asarray(counts, dtype=np.float64)

    @property
    def smallest(self) -> float:
        """The smallest probability for logarithms: the precision of the probabilities' dtype."""
        # scikit-learn clips at the same value, so that the two agree where a probability is 0.
        kind = self.probabilities.dtype
        return float(np.finfo(kind if kind.kind == "f" else np.float64).eps)

    def once(self, key: Any, make: Callable[[], T]) -> T:
        """Return the cached result of `make` under `key`; measures on the same rows share it."""
        # Keyed by the caller, not by the functions' arguments: arrays are not hashable.
        if key not in self._made:
            self._made[key] = make()
        return cast(T, self._made[key])


def known(truth: npt.NDArray[Any]) -> Mask:
    """Return (n,) bool: rows with a known truth (neither `NO_LABEL` nor NaN)."""
    if truth.ndim == 2:
        return np.asarray(~np.isnan(truth.astype(np.float64, copy=False)).any(axis=1))
    return np.asarray(truth >= 0)


def numbered(groups: object) -> Ints | None:
    """Return (n,) group numbers 0..g-1 for group names; None for None."""
    if groups is None:
        return None
    return unique_names(np.asarray(groups, dtype=object))[1]


def rows_of(p: Predictions) -> EvaluatedRows:
    """Return the rows of `p` as `EvaluatedRows`; every truth must be known (see `known`).

    Raises
    ------
    DataError
        If there is no truth, or a class index is not below k.
    """
    name = p.model or "unnamed"
    if p.truth is None:
        raise DataError(f'The predictions of "{name}" have no truth, so they cannot be evaluated.')
    if not p.multi_label and len(p) and p.truth.max() >= p.k:
        row = int(p.truth.argmax())
        raise DataError(
            f'The truth of "{name}" holds the class number {p.truth[row]} (first: id "{p.ids[row]}"), and there '
            f"are {p.k} classes, numbered from 0."
        )
    return EvaluatedRows(p.classes, p.probabilities, p.truth, groups=numbered(p.groups))


def coarser(rows: EvaluatedRows, names: Sequence[str]) -> EvaluatedRows:
    """Return the rows at a coarser level of classes.

    A coarse class gets the sum of the probabilities of its fine classes; with several labels per row their maximum,
    so that a coarse class is predicted exactly if one of its fine classes is.

    Parameters
    ----------
    names
        For each of the k classes the name of its coarser class.
    """
    if len(names) != rows.k:
        raise DataError(
            f"A level names {len(names)} coarser classes for {rows.k} classes; there must be one for each."
        )
    classes = tuple(dict.fromkeys(names))
    of = np.array([classes.index(name) for name in names])
    if rows.several:
        probabilities, truth = (
            np.stack([table[:, of == c].max(axis=1) for c in range(len(classes))], axis=1)
            for table in (rows.probabilities, rows.truth)
        )
        return EvaluatedRows(classes, probabilities, truth, rows.threshold, rows.groups)
    to = np.zeros((rows.k, len(classes)), dtype=rows.probabilities.dtype)
    to[np.arange(rows.k), of] = 1
    return EvaluatedRows(classes, rows.probabilities @ to, of[rows.truth], rows.threshold, rows.groups)
