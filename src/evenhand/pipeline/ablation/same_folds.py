"""Whether the rows of an ablation are evaluated on the same rows, held out in the same folds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evenhand.base.errors import ConfigError, EvenhandError, Fault, FoldsError
from evenhand.base.storage.record import Record
from evenhand.base.text.counted import count
from evenhand.base.values import Folds, Ints, Samples
from evenhand.pipeline.ablation.plan import AblationPlan, PlannedRow
from evenhand.pipeline.stages.execution.progress import Silent
from evenhand.pipeline.stages.source import read
from evenhand.pipeline.verbs.check import evidence_of, folds_for
from evenhand.settings.load import Settings

DECIDE = ("data", "folds")
"""Sections that decide rows and folds, beside that of the kind and the sizes at which rows are decoded."""


@dataclass(frozen=True, eq=False)
class RowsAndFolds:
    """The rows of a run and their folds."""

    samples: Samples
    folds: Folds

    @classmethod
    def of_record(cls, record: Record) -> RowsAndFolds:
        """Return those of a record."""
        return cls(record.samples(), record.folds())

    @classmethod
    def of_settings(cls, settings: Settings) -> RowsAndFolds:
        """Return those that a run would have; the data are read for it."""
        source = read(settings, Silent())
        return cls(source.samples, folds_for(settings, evidence_of(settings, source)))


def refuse_other_folds(plan: AblationPlan) -> None:
    """Refuse changes that alter rows, labels or folds, before anything is trained.

    With ablation.folds = "any", only changes after which nothing can be compared are refused: of classes or labels.
    Changes of the other sections cannot alter either: rows and folds are a function of those looked at here.

    Raises
    ------
    ConfigError
        With every such change.
    """
    suspects = [row for row in plan.rows[1:] if _may_differ(row.settings, plan.base.settings)]
    if not suspects:
        return
    base = RowsAndFolds.of_settings(plan.base.settings)
    faults = []
    for row in suspects:
        try:
            words = _apart(plan)(base, RowsAndFolds.of_settings(row.settings))
        except EvenhandError as error:
            words = str(error)
        if words:
            faults.append(_fault(row, words, plan.section.folds == "same"))
    if faults:
        raise ConfigError(plan.name, faults)


def check_comparable(plan: AblationPlan, base: Record, row: Record) -> None:
    """Raise a `FoldsError` if a record does not have the rows, labels and folds that the plan asks for."""
    words = _apart(plan)(RowsAndFolds.of_record(base), RowsAndFolds.of_record(row))
    if words:
        raise FoldsError(
            f"{row.path}: {words}, compared with {base.path.name}. The data changed between the two runs: run the "
            "ablation again with --fresh."
        )


def apart(base: RowsAndFolds, other: RowsAndFolds) -> str:
    """Return how rows, labels or folds differ, or "" if all are the same to the bit.

    Classes that no row has may differ: they are outputs of a network, and no label.
    """
    ours, theirs = base.samples, other.samples
    only = [len(set(a.ids) - set(b.ids)) for a, b in ((ours, theirs), (theirs, ours))]
    if any(only):
        return f"{count(only[0], 'row')} of the base are missing and {only[1]:,} are new"
    if _occurring(ours) != _occurring(theirs):
        return "the classes are others"
    if not np.array_equal(ours.ids, theirs.ids):
        return "the rows are in another order"
    if not _same_labels(ours, theirs):
        return "labels are others"
    if base.folds.k != other.folds.k:
        return f"there are {other.folds.k} folds, and {base.folds.k} in the base"
    moved = int((base.folds.of(ours.ids) != other.folds.of(ours.ids)).sum())
    return f"{count(moved, 'row')} of {len(ours):,} would be held out in another fold" if moved else ""


def incomparable(base: RowsAndFolds, other: RowsAndFolds) -> str:
    """Return why no row of one can be compared with that of the other, or ""."""
    ours, theirs = base.samples, other.samples
    if set(_occurring(ours)) != set(_occurring(theirs)):
        return "the classes are others"
    common, at, there = np.intersect1d(ours.ids.astype(str), theirs.ids.astype(str), return_indices=True)
    if not len(common):
        return "no row is in both"
    same = _named_labels(ours)[at] == _named_labels(theirs)[there]
    return "" if same.all() else f"{count(int((~same).sum()), 'row')} have another label"


def _occurring(samples: Samples) -> tuple[str, ...]:
    """Return the classes that some row has, in order."""
    return tuple(samples.classes[c] for c in _occurring_at(samples))


def _occurring_at(samples: Samples) -> Ints:
    return np.flatnonzero(samples.matrix().sum(axis=0) > 0)


def _same_labels(ours: Samples, theirs: Samples) -> bool:
    if ours.classes == theirs.classes:
        return np.array_equal(ours.labels, theirs.labels, equal_nan=ours.labels.dtype.kind == "f")
    mine, other = (one.known_matrix()[:, _occurring_at(one)] for one in (ours, theirs))
    return np.array_equal(mine, other, equal_nan=True)


def _named_labels(samples: Samples) -> npt.NDArray[np.object_]:
    """Return (n,) the labels of each row by name, so that two orders of classes are compared rightly.

    A label that is not known is another than one that is, a no too: it is in no figure.
    """
    at = _occurring_at(samples)
    order = at[np.argsort(np.array(_occurring(samples), dtype=object))]
    return np.array([row.tobytes() for row in samples.known_matrix()[:, order]], dtype=object)


def _apart(plan: AblationPlan) -> Callable[[RowsAndFolds, RowsAndFolds], str]:
    return apart if plan.section.folds == "same" else incomparable


def _may_differ(row: Settings, base: Settings) -> bool:
    ours, theirs = base.plain(), row.plain()
    sections = (*DECIDE, base.data.kind, row.data.kind)
    return any(ours.get(name) != theirs.get(name) for name in sections) or _sizes(row) != _sizes(base)


def _sizes(settings: Settings) -> set[int | None]:
    return {size for model in settings.model for size in settings.sizes_of(model).values()}


def _fault(row: PlannedRow, words: str, forced: bool) -> Fault:
    any_folds = 'set ablation.folds = "any" and read the verdict as one on other data or folds'
    allowed = f"leave it out, or {any_folds}" if forced else "leave it out: there is nothing to compare"
    return Fault(f'change "{row.name}"', f"alters what is evaluated: {words}", allowed)
