"""Align predictions of several models on the same rows, in the same order, with one plan of folds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from evenhand.base.errors import DataError
from evenhand.base.values import TEST, Floats, Folds, Predictions, Strings
from evenhand.blending.inputs.coverage import Coverage, differing
from evenhand.evaluation.comparison.common_rows import check_ids, joined_groups, named, take_ids, with_classes_of


@dataclass(frozen=True, eq=False)
class Aligned:
    """Predictions that agree on rows, classes, truth, folds and groups.

    Attributes
    ----------
    models
        At least one; every one has the ids of the first, in its order, and its classes, truth, folds and groups.
    coverage
        For each model what it covers, and whether it is out of fold here.
    """

    models: tuple[Predictions, ...]
    coverage: tuple[Coverage, ...] = ()

    @property
    def first(self) -> Predictions:
        """The reference model."""
        return self.models[0]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the m models."""
        return tuple(p.model for p in self.models)

    @property
    def probabilities(self) -> tuple[Floats, ...]:
        """The (n, k) probabilities of the m models; they are not copied into one array."""
        return tuple(p.probabilities for p in self.models)

    @property
    def elsewhere(self) -> tuple[str, ...]:
        """Names of models that are not out of fold here."""
        return tuple(p.model for p in self.models if p.origin == "out-of-fold elsewhere")


def align(
    predictions: Sequence[Predictions],
    *,
    rows: Literal["same", "common"] = "same",
    folds: Folds | None = None,
) -> Aligned:
    """Return predictions on the same rows, all in the order of the first.

    Rows are matched by id and classes by name. Truth and groups must agree where they are known; a model without
    them gets them from one that has them. A model with other folds than the plan, or with unknown folds, is kept,
    and its origin becomes "out-of-fold elsewhere".

    Parameters
    ----------
    predictions
        Of at least one model.
    rows
        "same": every model must have every row. "common": rows that one model lacks are left out for all, and
        listed in `coverage`; nothing is averaged over whichever models are available.
    folds
        The plan of folds; without one, that of the first model that knows its folds.

    Raises
    ------
    DataError
        If there are none, ids or names repeat, rows or classes differ, or truth or groups disagree; the text names
        the models and the first row.
    """
    if not predictions:
        raise DataError("There are no predictions to align; pass those of at least one model.")
    for p in predictions:
        check_ids(p)
        if not len(p):
            raise DataError(f"{named(p)} has no rows.")
    first = predictions[0]
    kept = _rows(predictions, rows)
    same = [with_classes_of(first, take_ids(p, kept)) for p in predictions]
    plan = _plan(same, kept, folds)
    known = {"truth": _agreed(same, "truth", "the truth"), **_groups(same)}
    every = _every(predictions)
    models, coverage = [], []
    for p, whole in zip(same, predictions, strict=True):
        differ = 0 if plan is None or p.fold is None else differing(plan, p.fold)
        # Without folds of its own it may have been trained on these rows, unless the caller states a plan for
        # all.
        unknown = p.fold is None and folds is None
        origin = "out-of-fold elsewhere" if (differ or unknown) and p.origin == "out-of-fold" else p.origin
        models.append(replace(p, fold=plan, origin=origin, **known))
        coverage.append(_coverage(models[-1], whole, every, len(kept), differ))
    return Aligned(tuple(models), tuple(coverage))


def _rows(predictions: Sequence[Predictions], rows: str) -> Strings:
    """Return the ids to blend, in the order of the first model."""
    first = predictions[0]
    index = pd.Index(first.ids)
    for p in predictions[1:]:
        there = index.isin(pd.Index(p.ids))
        if rows == "same":
            _check_rows(first, p, there)
        else:
            index = index[there]
    if not len(index):
        raise DataError(f'The models have no row in common (of {named(first)}, the first is "{first.ids[0]}").')
    return index.to_numpy(dtype=object)


def _check_rows(first: Predictions, p: Predictions, there: npt.NDArray[np.bool_]) -> None:
    lacking = first.ids[~there]
    others = len(p) - int(there.sum())
    if len(lacking) or others:
        lacks = f'lacks {len(lacking)} rows of {named(first)} (first: "{lacking[0]}")' if len(lacking) else ""
        has = f"has {others} rows that {named(first)} lacks" if others else ""
        raise DataError(
            f"{named(p)} {' and '.join(filter(None, (lacks, has)))}. A blend needs predictions of every model for "
            'every row: predict the missing ones, leave the model out, or use rows = "common" (--rows common) to '
            "blend the common rows only."
        )


def _plan(same: Sequence[Predictions], ids: Strings, folds: Folds | None) -> npt.NDArray[np.int16] | None:
    if folds is not None:
        return folds.of(ids)
    return next((p.fold for p in same if p.fold is not None), None)


def _agreed(same: Sequence[Predictions], what: str, words: str) -> Any:
    """Return the truth or groups on which all models that know them agree, or None if none does."""
    knowing = [p for p in same if getattr(p, what) is not None]
    for p in knowing[1:]:
        _check_same(knowing[0], p, what, words)
    return getattr(knowing[0], what) if knowing else None


def _groups(same: Sequence[Predictions]) -> dict[str, Any]:
    """Return the named groups on which all models agree that have them, else the families that any of them has."""
    named_by = [p for p in same if p.named_groups is not None]
    if named_by:
        return {"groups": _agreed(named_by, "groups", "the group"), "families": False}
    # Nobody named families: runs with other [folds] find others, which is no disagreement about the data.
    groups = joined_groups([p.groups for p in same if p.groups is not None])
    return {"groups": groups, "families": groups is not None}


def _check_same(first: Predictions, p: Predictions, what: str, words: str) -> None:
    ours, theirs = getattr(first, what), getattr(p, what)
    if ours.shape != theirs.shape:
        raise DataError(f"{named(first)} and {named(p)} do not have {words} in the same form.")
    differ = ours != theirs
    if what == "truth" and ours.dtype.kind == "f":
        differ &= ~(np.isnan(ours) & np.isnan(theirs))
    rows = differ.any(axis=1) if differ.ndim == 2 else differ
    if rows.any():
        raise DataError(
            f"{named(first)} and {named(p)} disagree on {words} of {int(rows.sum())} rows "
            f'(first: "{first.ids[int(rows.argmax())]}"). They do not come from the same data.'
        )


def _every(predictions: Sequence[Predictions]) -> Folds:
    """Return the ids of all models, and the fold of each under the first model that knows it (else `TEST`)."""
    first = predictions[0]
    fold = np.full(len(first), TEST, dtype=np.int16) if first.fold is None else first.fold
    ids, folds = [first.ids], [fold]
    seen = pd.Index(first.ids)
    for p in predictions[1:]:
        if len(p.ids) == len(first.ids) and (p.ids == first.ids).all():
            continue
        new = ~pd.Index(p.ids).isin(seen)
        ids.append(p.ids[new])
        folds.append(np.full(int(new.sum()), TEST, dtype=np.int16) if p.fold is None else p.fold[new])
        seen = seen.append(pd.Index(p.ids[new]))
    number = np.concatenate(folds)
    return Folds(np.concatenate(ids), number, k=int(number.max(initial=0)) + 1)


def _coverage(p: Predictions, whole: Predictions, every: Folds, kept: int, differ: int) -> Coverage:
    lacks = np.zeros(len(every), dtype=bool)
    if len(whole) < len(every):
        lacks = ~pd.Index(every.ids).isin(pd.Index(whole.ids))
    held = np.unique(every.fold[~lacks])
    gone = np.setdiff1d(every.fold[lacks], [*held, TEST])
    folds = tuple(int(fold) for fold in gone)
    return Coverage(p.model, len(whole), every.ids[lacks], len(whole) - kept, folds, differ, p.origin)
