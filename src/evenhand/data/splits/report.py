"""The quality of folds in numbers, written to the record beside them."""

from __future__ import annotations

from typing import Any

import numpy as np

from evenhand.base.errors import FoldsError
from evenhand.base.values import TEST, Floats, Ints, Samples
from evenhand.data.splits.assignment.counts import lower_bound, share_deviation, shares_by_fold, sum_by_group


def label_columns(samples: Samples, also: Floats | None = None) -> Floats:
    """Return (n, k + j) float64 of labels, 0/1 or soft, with the columns of `also` (n, j); 0 where unknown.

    Raises
    ------
    FoldsError
        If `also` does not have a row per sample, or a value is not in [0, 1].
    """
    values = samples.matrix()
    if also is not None:
        if also.ndim != 2 or len(also) != len(samples):
            raise FoldsError(
                f"also: found an array {also.shape}; it needs a row for each of {len(samples)} samples."
            )
        further = np.nan_to_num(also.astype(np.float64)) * samples.known[:, None]
        values = np.hstack([values, further])
    if values.size and not 0 <= values.min() <= values.max() <= 1:
        raise FoldsError(f"Labels must lie in [0, 1]; found {values.min():g} to {values.max():g}.")
    return values


def folds_report(samples: Samples, group: Ints, fold: Ints, k: int) -> dict[str, Any]:
    """Return the quality of folds, as plain values.

    Parameters
    ----------
    group
        (n,) number of each row's group, after duplicates were joined.
    fold
        (n,) 0..k-1, or `TEST`.

    Returns
    -------
    dict
        `groups`, `rows` (rows in each fold), `test_rows`, `rows_without_label`;
        `worst_share_deviation` (largest difference between the share of a class in a fold and 1/k),
        `worst_class`, `lowest_possible` (a lower bound with these groups);
        `classes_in_few_groups` (class -> groups, if fewer than folds);
        `not_in_training` (class -> folds that train without it);
        `groups_in_several_folds` (0, unless the folds or the test come from outside).
    """
    use, known = fold != TEST, samples.known
    counted = use & known
    # A group may lie in several folds if they come from outside: units are pairs of group and fold.
    unit, of = np.unique(_place(group, fold, k)[counted], return_inverse=True)
    unit_group, unit_fold = np.divmod(unit, k + 1)
    counts = sum_by_group(label_columns(samples)[counted], of)
    away = np.abs(share_deviation(counts, unit_fold, np.full(k, 1 / k)))
    return {
        "groups": len(np.unique(group[use])),
        "rows": np.bincount(fold[use], minlength=k).tolist(),
        "test_rows": int((~use).sum()),
        "rows_without_label": int((~known).sum()),
        "worst_share_deviation": float(away.max(initial=0.0)),
        "worst_class": samples.classes[int(away.max(axis=0).argmax())] if samples.k else "",
        "lowest_possible": lower_bound(counts, k),
        "classes_in_few_groups": _in_few_groups(samples, counts, unit_group, k),
        "not_in_training": _not_in_training(samples, counts, unit_fold, k),
        "groups_in_several_folds": _crossing(group, fold, k),
    }


def _in_few_groups(samples: Samples, counts: Floats, group: Ints, k: int) -> dict[str, int]:
    """Return class -> number of its groups, for classes in fewer groups than folds."""
    groups = [len(np.unique(group[counts[:, c] > 0])) for c in range(samples.k)]
    return {name: n for name, n in zip(samples.classes, groups, strict=True) if 0 < n < k}


def _not_in_training(samples: Samples, counts: Floats, fold: Ints, k: int) -> dict[str, list[int]]:
    """Return class -> [fold], for classes with all rows in one fold."""
    share = shares_by_fold(counts, fold, k)
    only = {name: np.flatnonzero(share[:, c] >= 1).tolist() for c, name in enumerate(samples.classes)}
    return {name: folds for name, folds in only.items() if folds}


def _crossing(group: Ints, fold: Ints, k: int) -> int:
    return int((np.bincount(np.unique(_place(group, fold, k)) // (k + 1)) > 1).sum())


def _place(group: Ints, fold: Ints, k: int) -> Ints:
    """Return (n,) a number per pair of group and fold; the test counts as fold k."""
    return group * (k + 1) + np.where(fold == TEST, k, fold)
