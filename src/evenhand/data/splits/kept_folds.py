"""Folds kept by id while the data change: rows keep their fold, and new rows get one that fits in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evenhand.base.errors import FoldsError
from evenhand.base.text.counted import count
from evenhand.base.values import TEST, Floats, Ints, Mask, Samples
from evenhand.data.config import FoldsConfig
from evenhand.data.splits.assignment.counts import sum_by_group
from evenhand.data.splits.assignment.greedy import assign_greedily
from evenhand.data.splits.folds_file import read_some_folds

NEW = -2
"""In place of a fold: the row is not in the file."""


@dataclass(frozen=True, eq=False)
class KeptFolds:
    """The folds that rows have in a file.

    Attributes
    ----------
    fold
        (n,) int64 0..k-1, `TEST`, or `NEW` for rows that the file does not name.
    gone
        Number of rows of the file that are not among the samples.
    """

    fold: Ints
    gone: int

    @property
    def new(self) -> Mask:
        """(n,) bool, rows that the file does not name."""
        return np.asarray(self.fold == NEW)

    def counts(self) -> dict[str, int]:
        """Return how many rows kept their fold, are new, and are gone."""
        new = int(self.new.sum())
        return {"rows_kept": len(self.fold) - new, "rows_new": new, "rows_gone": self.gone}


def read_kept_folds(path: Path, samples: Samples, config: FoldsConfig) -> KeptFolds:
    """Return the folds that the samples have in a CSV file (`folds.keep`).

    Raises
    ------
    FoldsError
        If the file cannot be read, names none of the samples, or has another number of folds, or if the
        configuration samples a locked test that the file does not have.
    """
    there = read_some_folds(path, samples)
    fold = np.array([there.get(name, NEW) for name in samples.ids], dtype=np.int64)
    if (fold == NEW).all():
        raise FoldsError(
            f"{path}: none of its {len(there):,} ids is among the {len(samples):,} samples, so no fold can be "
            "kept. Name the folds.csv of a run on an earlier version of these data, or remove folds.keep."
        )
    k = max(there.values()) + 1
    if k != config.k:
        raise FoldsError(f"{path}: it has {count(k, 'fold')}, and folds.k is {config.k}. Set folds.k = {k}.")
    if config.test is not None and config.test.fraction is not None and TEST not in there.values():
        raise FoldsError(
            f"{path}: it has no locked rows, and a test sampled now would hold rows that models were trained on. "
            "Remove folds.test.fraction or folds.keep."
        )
    return KeptFolds(fold, len(set(there).difference(samples.ids)))


def with_new_rows(kept: KeptFolds, locked: Mask, group: Ints, values: Floats, known: Mask, k: int) -> Ints:
    """Return (n,) int64 folds of all rows: kept ones as they are, new ones beside their group or to balance.

    A new row of a group that has kept rows goes where most of these are. New groups are assigned greedily, the
    heaviest first, so that every fold comes nearest to its share of every class of all rows. Groups without labels
    go to the fold with the fewest rows.

    Parameters
    ----------
    locked
        (n,) bool, rows that the configuration locks by a column or by name.
    group
        (n,) number of each row's group after joining.
    values, known
        (n, c) labels as shares, and (n,) whether a row has one.

    Raises
    ------
    FoldsError
        If a row that is to be locked was in a fold, or a fold has no labelled row left.
    """
    torn = locked & (kept.fold >= 0)
    if torn.any():
        raise FoldsError(
            f"folds.test locks {count(int(torn.sum()), 'row')} that folds.keep has in a fold; models were trained "
            "on them. Remove folds.test or folds.keep."
        )
    fold = np.where(locked & kept.new, TEST, kept.fold)
    fold = _beside_their_group(fold, group, k)
    left = fold == NEW
    labelled = left & np.isin(group, group[known & left])
    if labelled.any():
        fold[labelled] = _balanced(values, known, group, fold, labelled, k)
    _spread(fold, group, k)
    bare = [f for f in range(k) if not (known & (fold == f)).any()]
    if bare:
        raise FoldsError(
            f"folds.keep: fold {', '.join(map(str, bare))} has no row with a label any more. Remove folds.keep, so "
            "that folds are made anew."
        )
    return fold


def _beside_their_group(fold: Ints, group: Ints, k: int) -> Ints:
    """Return folds in which new rows of groups with others are where most of these are; of equals, the test."""
    there = fold != NEW
    votes = np.zeros((int(group.max()) + 1, k + 1), dtype=np.int64)
    np.add.at(votes, (group[there], fold[there] - TEST), 1)  # TEST, which is -1, is column 0
    has = np.asarray(votes.any(axis=1))
    return np.where(~there & has[group], votes.argmax(axis=1)[group] + TEST, fold)


def _balanced(values: Floats, known: Mask, group: Ints, fold: Ints, new: Mask, k: int) -> Ints:
    """Return the folds of the rows of new groups, beside what the folds hold already."""
    of = np.column_stack([values, known]).astype(np.float64)
    use = new | (fold >= 0)
    total = of[use].sum(axis=0)
    total[total == 0] = 1.0
    held = np.zeros((k, of.shape[1]))
    np.add.at(held, fold[fold >= 0], of[fold >= 0])
    number = np.unique(group[new], return_inverse=True)[1]
    vectors = sum_by_group(of[new], number) / total
    order = np.argsort(-vectors.max(axis=1).round(12), kind="stable")
    return np.asarray(assign_greedily(vectors, order, np.full(k, 1 / k), held=held / total)[number])


def _spread(fold: Ints, group: Ints, k: int) -> None:
    """Put the groups that are left, which have no labels, into the folds with the fewest rows."""
    load = np.bincount(fold[fold >= 0], minlength=k)
    names, sizes = np.unique(group[fold == NEW], return_counts=True)
    for at in np.argsort(-sizes, kind="stable"):
        least = int(load.argmin())
        fold[(fold == NEW) & (group == names[at])] = least
        load[least] += sizes[at]
