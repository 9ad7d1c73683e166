"""Collect the predictions written by the tasks of a record into one value per model and set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from evenhand.base.storage.record import Record
from evenhand.base.text.unique_names import unique_names
from evenhand.base.values import TEST, Folds, NamedClasses, Predictions, RowSet, Samples, Strings
from evenhand.evaluation.reading.from_record import named_classes, truth_threshold
from evenhand.training.tasks.task_files import SOUP, kept_soup, task_table

OUT_OF_FOLD, LOCKED, SECOND = RowSet.OUT_OF_FOLD, RowSet.LOCKED, RowSet.GENERALIZATION
Sets = dict[str, Predictions]
"""Name of a set -> the predictions of one model or blend on it."""


def collect_predictions(record: Record, model: str, seeds: Sequence[int]) -> Sets:
    """Return a model's out-of-fold predictions and, where rows are locked, its test predictions, by set.

    Probabilities are averaged over seeds, or taken from the soup where one was kept. On locked rows and on the
    generalization set they are averaged over folds too.

    Raises
    ------
    RecordError
        If a task has not finished.
    """
    parts = [table for fold in range(record.folds().k) for table in _fold(record, model, fold, seeds)]
    return sets_of_table(record, pd.concat(parts), model)


def sets_of_table(record: Record, table: pd.DataFrame, model: str) -> Sets:
    """Return predictions by set from a table with id, set ("validation", "test", …) and p:CLASS, one row a fit."""
    samples, folds, second = record.samples(), record.folds(), record.generalization()
    threshold, named = truth_threshold(record), named_classes(record)
    columns = [f"p:{name}" for name in samples.classes]
    out: Sets = {}
    for written, of, origin in (("validation", OUT_OF_FOLD, "out-of-fold"), ("test", LOCKED, "test")):
        rows = table[table["set"] == written]
        if len(rows):
            mean = mean_by_id(rows, columns)
            out[of] = _predictions(mean, samples, folds, model, origin, threshold, named)
    # No model was fitted on rows of the generalization set, so each fold predicts all of them.
    rows = table[table["set"] == SECOND]
    if second is not None and len(rows):
        mean = mean_by_id(rows, columns)
        out[SECOND] = _predictions(mean, second, _no_folds(second.ids), model, "test", threshold, named)
    return out


def mean_by_id(rows: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Return the mean of the rows of each id, by id, in the order in which ids first appear."""
    ids, number = unique_names(rows["id"])
    # By number, which is faster than grouping by texts.
    mean = rows[columns].groupby(number, sort=False).mean()
    return mean.set_axis(ids[mean.index], axis=0)


def _no_folds(ids: Strings) -> Folds:
    return Folds(ids, np.full(len(ids), TEST, dtype=np.int16), 0)


def _fold(record: Record, model: str, fold: int, seeds: Sequence[int]) -> list[pd.DataFrame]:
    folders = [record.task_folder(model, fold, seed) for seed in seeds]
    soup = kept_soup(folders[0].parent)
    # Of a soup alone: averaging in the members that it was made of would count them twice.
    return [task_table(soup, SOUP)] if soup is not None else [task_table(folder) for folder in folders]


def _predictions(
    mean: pd.DataFrame,
    samples: Samples,
    folds: Folds,
    model: str,
    origin: Any,
    threshold: float,
    named: NamedClasses,
) -> Predictions:
    """Return a table of probabilities by id as `Predictions`, in the order of the samples."""
    position = pd.Series(np.arange(len(samples)), index=samples.ids)
    # In the order of the samples: predictions of all models then have the same rows at the same positions.
    rows = np.sort(position.loc[mean.index].to_numpy())
    ids = samples.ids[rows]
    groups, families = folds.resampling_groups(samples, rows)
    return Predictions(
        ids=ids,
        classes=samples.classes,
        probabilities=mean.loc[ids].to_numpy(np.float64),
        truth=samples.labels[rows],
        fold=folds.of(ids),
        groups=groups,
        families=families,
        model=model,
        origin=origin,
        truth_threshold=threshold,
        named=named,
    )
