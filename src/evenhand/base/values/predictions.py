"""Predictions: class probabilities for named rows, and their origin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evenhand.base.errors import DataError
from evenhand.base.storage.memory_map import release_pages
from evenhand.base.text.label_texts import SEPARATOR, label_texts
from evenhand.base.values.named_classes import NO_NAMES, NamedClasses
from evenhand.base.values.prediction_fields import (
    as_numbers,
    check_logits,
    check_named,
    check_origin,
    class_names,
    fold_of_rows,
    group_of_rows,
)
from evenhand.base.values.probabilities import check_length, check_truth, check_unique, checked_probabilities
from evenhand.base.values.samples import task_of
from evenhand.base.values.types import TEST, TRUTH_THRESHOLD, Floats, Ints, Mask, Origin, Strings, Task


@dataclass(frozen=True, eq=False)
class Predictions:
    """Class probabilities for named rows, and their origin.

    Attributes
    ----------
    ids
        (n,) ids.
    classes
        The k class names in the order of the columns.
    probabilities
        (n, k) float64 in [0, 1]; rows sum to 1 unless several labels may hold.
    truth
        (n,) int64 class indices (`NO_LABEL` where unknown), or (n, k) float64; None if no label is known.
    fold
        (n,) int16, the fold in which the row was held out; `TEST` for locked rows.
    groups
        (n,) group names, or None if every row is its own group; a row whose group is missing (None, NaN, "") is a
        group of its own. Figures are resampled over them.
    model
        Name of the model or ensemble.
    origin
        How they were made; only "out-of-fold" and "test" give unbiased scores.
    logits
        (n, k) float64 before softmax or sigmoid, or None.
    several_labels
        Whether a row may have several classes, if there is no truth to show it.
    truth_threshold
        The degree from which on a label of a soft truth counts as true, for figures that need a yes or no.
    named
        Sets of classes and coarser classes that metrics may name (`macro_f1_rare`), as the run has them.
    learned
        Of a blend: metric -> the standard error that learning it from these rows adds to that figure, and its
        degrees of freedom (`evaluation.learning`). Intervals of these predictions allow for it wherever they are
        shown.
    families
        Whether `groups` are families: nobody named a group, and folds kept these rows together as copies or
        versions of one another. What compares groups with each other (`named_groups`) takes them as no groups.
    locked
        Rows of the source that are marked as locked (fold "test" or -1), and so are none of these.

    Raises
    ------
    DataError
        If shapes do not fit, ids or classes are empty or repeat, a probability is not in 0..1, rows do not sum to 1
        (within 0.02: they are then divided by their sum), a truth is not a class, a fold is not a whole number, a
        logit is NaN, or the origin is not one of those above.
    """

    ids: Strings
    classes: tuple[str, ...]
    probabilities: Floats
    truth: npt.NDArray[Any] | None = None
    fold: npt.NDArray[np.int16] | None = None
    groups: Strings | None = None
    model: str = ""
    origin: Origin = "out-of-fold"
    logits: Floats | None = None
    several_labels: bool = False
    truth_threshold: float = TRUTH_THRESHOLD
    named: NamedClasses = field(default=NO_NAMES, repr=False)
    learned: Mapping[str, tuple[float, float]] = field(default_factory=dict, repr=False)
    families: bool = False
    locked: int = field(default=0, repr=False)
    _checked: tuple[Any, ...] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        before = () if self._checked is None else self._checked
        now = (self.ids, self.classes, self.probabilities, self.truth, self.fold, self.groups, self.logits)
        same = [one is two for one, two in zip(before, now, strict=False)]
        if same and all(same):
            return  # `dataclasses.replace` passed the checked arrays on: checking them again costs a pass over all
        self._check(same_ids=bool(same) and same[0])
        now = (self.ids, self.classes, self.probabilities, self.truth, self.fold, self.groups, self.logits)
        object.__setattr__(self, "_checked", now)

    def _check(self, *, same_ids: bool = False) -> None:
        """Refuse in words what is not what this class promises; let rows that rounding moved sum to 1."""
        ids = self.ids if isinstance(self.ids, np.ndarray) else np.array(list(self.ids), dtype=object)
        object.__setattr__(self, "ids", ids)
        object.__setattr__(self, "classes", class_names(self.classes))
        check_origin(self.origin, Origin)
        given = self.probabilities
        table = as_numbers(given, "Probabilities")
        n, k = len(ids), len(self.classes)
        if table.shape != (n, k):
            raise DataError(f"Probabilities are {table.shape}; {n} ids and {k} classes need ({n}, {k}).")
        if not same_ids:  # rows that were drawn again and again keep their ids
            check_unique(ids, "ids")
            check_named(ids)
        check_unique(self.classes, "classes")
        if self.truth is not None:
            object.__setattr__(self, "truth", np.asarray(self.truth))
        if self.fold is not None:
            object.__setattr__(self, "fold", fold_of_rows(self.fold, TEST))
        if self.groups is not None:
            object.__setattr__(self, "groups", group_of_rows(self.groups, ids))
        if self.logits is not None:
            object.__setattr__(self, "logits", as_numbers(self.logits, "Logits"))
        if self.truth is not None:
            check_truth(self.truth, ids, self.classes)
        for what, values in (("Folds", self.fold), ("Groups", self.groups)):
            if values is not None:
                check_length(values, n, what)
        if self.logits is not None:
            check_logits(self.logits, n, k)
        checked = checked_probabilities(table, ids, self.classes, several=self.multi_label)
        if isinstance(given, np.ndarray):
            release_pages(given)
        object.__setattr__(self, "probabilities", checked)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def k(self) -> int:
        """Number of classes."""
        return len(self.classes)

    @property
    def multi_label(self) -> bool:
        """Whether several classes may hold for one row."""
        return self.several_labels if self.truth is None else self.truth.ndim == 2

    @property
    def named_groups(self) -> Strings | None:
        """(n,) group names, or None where there are none or they are families."""
        return None if self.families else self.groups

    @property
    def task(self) -> Task:
        """What a row holds, as its truth shows: one class, several, or degrees of them ("soft")."""
        return ("multi" if self.several_labels else "single") if self.truth is None else task_of(self.truth)

    @property
    def predicted(self) -> Ints:
        """(n,) the most probable class."""
        return np.asarray(self.probabilities.argmax(axis=1))

    @property
    def indicator(self) -> Mask:
        """(n, k) bool, the predicted labels as scikit-learn's label indicator matrix.

        Of multi-label rows those with a probability of at least 0.5 (calibrated thresholds move probabilities, not
        this limit), of others the most probable class.
        """
        if self.multi_label:
            return np.asarray(self.probabilities >= TRUTH_THRESHOLD)
        return np.asarray(self.predicted[:, None] == np.arange(self.k))

    def take(self, rows: Mask | Ints) -> Predictions:
        """Return the predictions at `rows` (a mask or positions)."""

        def part(array: Any) -> Any:
            return None if array is None else array[rows]

        ids, probabilities = self.ids[rows], self.probabilities[rows]
        truth, fold, groups, logits = (part(array) for array in (self.truth, self.fold, self.groups, self.logits))
        parts = (ids, self.classes, probabilities, truth, fold, groups, logits)
        return replace(
            self,
            ids=ids,
            probabilities=probabilities,
            truth=truth,
            fold=fold,
            groups=groups,
            logits=logits,
            _checked=parts,  # a subset of checked rows is valid; a bootstrap takes thousands of them
        )

    def frame(self, *, separator: str = SEPARATOR) -> pd.DataFrame:
        """Return a table: id, fold, group (or family), truth, predicted, confidence, and `p:CLASS` per class.

        Of multi-label rows, "predicted" are all labels of `indicator` with `separator` between them ("" for none),
        confidence is that of the least certain label, and their truth is left out.
        """
        names = np.array(self.classes, dtype=object)
        out = pd.DataFrame({"id": self.ids})
        if self.fold is not None:
            out["fold"] = self.fold
        if self.groups is not None:
            out["family" if self.families else "group"] = self.groups
        if self.truth is not None and self.truth.ndim == 1:
            out["truth"] = [names[t] if t >= 0 else None for t in self.truth]
        p = self.probabilities
        out["predicted"] = (
            label_texts(self.indicator, self.classes, separator) if self.multi_label else names[self.predicted]
        )
        out["confidence"] = np.maximum(p, 1.0 - p).min(axis=1) if self.multi_label else p.max(axis=1)
        table = pd.DataFrame(self.probabilities, columns=[f"p:{name}" for name in self.classes])
        return pd.concat([out, table], axis=1)

    def __repr__(self) -> str:
        return f"Predictions({self.model or 'unnamed'}: {len(self):,} rows × {self.k} classes, {self.origin})"

    def _repr_html_(self) -> str:
        return f"<p>{self!r}</p>{self.frame().to_html(index=False, escape=True, max_rows=10, max_cols=10)}"
