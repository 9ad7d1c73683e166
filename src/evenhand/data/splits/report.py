"""What folds are worth, in numbers: the account that goes into the record beside them."""

from __future__ import annotations

from typing import Any

import numpy as np

from evenhand.base.errors import FoldsError
from evenhand.base.values import TEST, Floats, Ints, Samples
from evenhand.data.splits.counts import lower_bound, share_deviation, shares_by_fold, sum_by_group


def label_columns(samples: Samples, also: Floats | None = None) -> Floats:
    """Return (n, k + j) float64 of labels, 0/1 or soft, with `also` (n, j) beside them; 0 where unknown.

    Raises
    ------
    FoldsError
        If `also` has other rows than the samples, or a value is not in [0, 1].
    """
    values = samples.matrix()
    if also is not None:
        if also.ndim != 2 or len(also) != len(samples):
            raise FoldsError(
                f"also: found an array {also.shape}; it must have a row for each of {len(samples)} samples."
            )
        further = np.nan_to_num(also.astype(np.float64)) * samples.known[:, None]
        values = np.hstack([values, further])
    if values.size and not 0 <= values.min() <= values.max() <= 1:
        raise FoldsError(f"Labels must lie in [0, 1]; found {values.min():g} to {values.max():g}.")
    return values


def account(samples: Samples, group: Ints, fold: Ints, k: int) -> dict[str, Any]:
    """Return what the folds are worth, as plain values.

    Parameters
    ----------
    group
        (n,) number of the group of each row, after duplicates were joined.
    fold
        (n,) 0..k-1, or `TEST`.

    Returns
    -------
    dict
        `groups`, `rows` (rows in each fold), `test_rows`, `rows_without_label`;
        `worst_share_deviation` (largest difference between the share of a class that lies in a fold and 1/k),
        `worst_class`, `lowest_possible` (no plan with these groups comes below it);
        `classes_in_few_groups` (class -> groups, where they are fewer than folds);
        `not_in_training` (class -> folds that train without it);
        `groups_in_several_folds` (0, unless the folds or the test were given from outside).
    """
    use, known = fold != TEST, samples.known
    judged = use & known
    unit, of = np.unique(_place(group, fold, k)[judged], return_inverse=True)
    unit_group, unit_fold = np.divmod(unit, k + 1)
    counts = sum_by_group(label_columns(samples)[judged], of)
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
    """Return the classes that live in fewer groups than folds, with the groups they live in."""
    groups = [len(np.unique(group[counts[:, c] > 0])) for c in range(samples.k)]
    return {name: n for name, n in zip(samples.classes, groups, strict=True) if 0 < n < k}


def _not_in_training(samples: Samples, counts: Floats, fold: Ints, k: int) -> dict[str, list[int]]:
    """Return the classes that have all their rows in one fold, with that fold."""
    share = shares_by_fold(counts, fold, k)
    only = {name: np.flatnonzero(share[:, c] >= 1).tolist() for c, name in enumerate(samples.classes)}
    return {name: folds for name, folds in only.items() if folds}


def _crossing(group: Ints, fold: Ints, k: int) -> int:
    return int((np.bincount(np.unique(_place(group, fold, k)) // (k + 1)) > 1).sum())


def _place(group: Ints, fold: Ints, k: int) -> Ints:
    """Return (n,) one number for each pair of group and fold; the test counts as fold k."""
    return group * (k + 1) + np.where(fold == TEST, k, fold)
