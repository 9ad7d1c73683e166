"""Rows with predictions and known truth, from which metrics are computed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

from evenhand.base.errors import DataError
from evenhand.base.text.unique_names import unique_names
from evenhand.base.values import NO_NAMES, TRUTH_THRESHOLD, Floats, Ints, Mask, NamedClasses, Predictions
from evenhand.base.values.samples import any_of, known_labels

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
        (n,) class indices in 0..k-1; or (n, k) in [0, 1] where several labels may hold, NaN in cells where it is
        not known whether one does. Such a cell is in no figure: not true, not predicted, not counted.
    threshold
        Where several labels may hold, one is predicted from this probability on.
    groups
        (n,) numbers 0..g-1 of groups that rows come from, or None where none are known.
    families
        Whether these are families (`Predictions.families`), which metrics that compare groups do not take.
    truth_threshold
        Where several labels may hold, one is true from this degree on. Only metrics that need a truth of yes or no
        use it; proper scores (log-loss, Brier score) and the calibration error take degrees as they are.
    named
        Sets of classes and coarser classes that metrics may name, unless a caller gives others.
    """

    classes: tuple[str, ...]
    probabilities: Floats
    truth: npt.NDArray[Any]
    threshold: float = THRESHOLD
    groups: Ints | None = None
    families: bool = False
    truth_threshold: float = TRUTH_THRESHOLD
    named: NamedClasses = field(default=NO_NAMES, repr=False)
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
    def soft(self) -> bool:
        """Whether the truth has degrees between 0 and 1, which `truth_threshold` makes a yes or no."""
        return self.several and bool(((self.truth > 0) & (self.truth < 1)).any())

    @cached_property
    def known(self) -> Mask:
        """(n, k) bool: cells whose truth is known."""
        if self.several:
            return np.asarray(~np.isnan(self.truth.astype(np.float64, copy=False)))
        return np.ones((len(self), self.k), dtype=bool)

    @cached_property
    def masked(self) -> bool:
        """Whether the truth of some cells is unknown."""
        return self.several and not self.known.all()

    @cached_property
    def predicted(self) -> Ints:
        """(n,) the most probable class, the first of ties."""
        return cast(Ints, self.probabilities.argmax(axis=1))

    @cached_property
    def held(self) -> Mask:
        """(n, k) bool: true classes of each row."""
        if self.several:
            return np.asarray(self.truth >= self.truth_threshold)  # never of NaN
        return np.asarray(self.truth[:, None] == np.arange(self.k))

    @cached_property
    def claimed(self) -> Mask:
        """(n, k) bool: predicted classes of each row, of those whose truth is known."""
        if self.several:
            claimed = np.asarray(self.probabilities >= self.threshold)
            return claimed & self.known if self.masked else claimed
        return np.asarray(self.predicted[:, None] == np.arange(self.k))

    @cached_property
    def truth_counts(self) -> Floats:
        """(k,) number of rows of each class."""
        counts = self.held.sum(axis=0) if self.several else np.bincount(self.truth, minlength=self.k)
        return np.asarray(counts, dtype=np.float64)

    @cached_property
    def predicted_counts(self) -> Floats:
        """(k,) number of rows predicted as each class, of those where its truth is known."""
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
    """Return (n,) bool: rows with a known truth: not `NO_LABEL`; of several labels, one at least is not NaN."""
    return known_labels(truth)


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
    return EvaluatedRows(
        p.classes,
        p.probabilities,
        p.truth,
        groups=numbered(p.groups),
        families=p.families,
        truth_threshold=p.truth_threshold,
        named=p.named,
    )


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
            np.stack([any_of(table[:, of == c]) for c in range(len(classes))], axis=1)
            for table in (rows.probabilities, rows.truth)
        )
        return replace(rows, classes=classes, probabilities=probabilities, truth=truth, _made={})
    to = np.zeros((rows.k, len(classes)), dtype=rows.probabilities.dtype)
    to[np.arange(rows.k), of] = 1
    return replace(rows, classes=classes, probabilities=rows.probabilities @ to, truth=of[rows.truth], _made={})
