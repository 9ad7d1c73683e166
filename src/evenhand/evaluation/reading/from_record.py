"""Predictions from the record of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evenhand.base.errors import DataError, RecordError
from evenhand.base.storage.record import Record
from evenhand.base.storage.record_folder import first_line
from evenhand.base.values import TEST, TRUTH_THRESHOLD, Folds, NamedClasses, Predictions, RowSet, origin_of
from evenhand.evaluation.reading.scores import scores_of


def record_at(source: object) -> Record | None:
    """Return a record, or the one in the folder that a source names; None if it is neither.

    Raises
    ------
    RecordError
        If it is a folder, but not a record.
    """
    if isinstance(source, (str, Path)) and Path(source).is_dir():
        return Record.open(source)
    return source if isinstance(source, Record) else None


def best_model(record: Record) -> str:
    """Return the name of the best model or blend of a finished run, by its out-of-fold score.

    Raises
    ------
    RecordError
        If the run is not finished, its scores are damaged, or none could be evaluated.
    """
    best = scores_of(record)["headline"].get("best")
    if not isinstance(best, str):
        raise RecordError(f"{record.path}: scores.json names no best model. Name a model of the run.")
    return best


def truth_threshold(record: Record) -> float:
    """Return the degree from which on a soft label of a record's rows is true."""
    return float(record.resolved().get("evaluate", {}).get("truth_threshold", TRUTH_THRESHOLD))


def named_classes(record: Record) -> NamedClasses:
    """Return the sets of [classes] of a record, and the levels of its rows."""
    sets = {name: tuple(classes) for name, classes in record.resolved().get("classes", {}).items()}
    return NamedClasses(sets, record.samples().levels)


def model_names(record: Record) -> tuple[str, ...]:
    """Return the names of the models and blends of a finished run, and of its baseline, in the order of its tables.

    These can predict, vote, teach and be compared. The scores hold further rows that cannot: the floor.

    Raises
    ------
    RecordError
        If the run is not finished.
    """
    return tuple(dict.fromkeys(record.predictions()["model"].astype(str)))


def _folds(record: Record) -> Folds:
    """Return the folds of a record; of one without, as other programs write them, no folds and no families."""
    if record.wrote("folds.csv"):
        return record.folds()
    ids = record.samples().ids
    return Folds(ids, np.full(len(ids), TEST, dtype=np.int16), 0)


def of_record(record: Record, *, of: str = RowSet.OUT_OF_FOLD) -> tuple[Predictions, ...]:
    """Return the predictions of every model and blend of a run on one set of rows.

    Raises
    ------
    RecordError
        If the run is not finished.
    DataError
        If it has no such rows.
    """
    learned = scores_of(record).get("learning", {}) if of == "oof" and record.has("scores.json") else {}
    table, classes, samples = record.predictions(), tuple(record.data()["classes"]), record.samples()
    sets = list(dict.fromkeys(map(str, table["set"])))
    table = table[table["set"] == of]
    if table.empty:
        lock = " Rows are locked for a test by [folds] test, before the run." if of == RowSet.LOCKED else ""
        raise DataError(f'{record.path}: has no rows of the set "{of}", only of {", ".join(sets)}.{lock}')
    position, folds = pd.Series(np.arange(len(samples)), index=samples.ids), _folds(record)
    strange = [f"p:{name}" for name in classes if f"p:{name}" not in table]
    strange += [f"the id {one!r}" for one in table["id"][~table["id"].isin(position.index)].head(1)]
    if strange:
        what = f"does not go with data.json and samples.parquet ({strange[0]})"
        raise record.damaged("predictions.parquet", what)
    out = []
    try:
        for name, rows in table.groupby("model", sort=False):
            ids = rows["id"].to_numpy(dtype=object)
            at = position.loc[ids].to_numpy()
            groups, families = folds.resampling_groups(samples, at)
            out.append(
                Predictions(
                    ids=ids,
                    classes=classes,
                    probabilities=rows[[f"p:{c}" for c in classes]].to_numpy(np.float64),
                    truth=samples.labels[at],
                    fold=_whole(rows["fold"]) if "fold" in rows else None,
                    groups=groups,
                    families=families,
                    model=str(name),
                    origin=origin_of(of),
                    truth_threshold=truth_threshold(record),
                    named=named_classes(record),
                    learned={
                        metric: (error, freedom) for metric, (error, freedom) in learned.get(str(name), {}).items()
                    },
                )
            )
    except (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError) as error:
        what = f"does not hold predictions ({first_line(error)})"
        raise record.damaged("predictions.parquet", what) from None
    return tuple(out)


def _whole(folds: pd.Series[Any]) -> npt.NDArray[np.int16]:
    """Return the folds of rows; raises `ValueError` where one is missing or beyond what folds can be."""
    numbers = folds.to_numpy(np.float64)
    if not (np.abs(numbers) < np.iinfo(np.int16).max).all():  # of NaN no comparison holds
        raise ValueError("a fold is not a number of one")
    return numbers.astype(np.int16)


def held_out_of(record: Record, model: str) -> Predictions:
    """Return the out-of-fold predictions of one model or blend of a run.

    Raises
    ------
    RecordError, DataError
        As `of_record` does, and if those of the model are lost.
    """
    found = next((one for one in of_record(record) if one.model == model), None)
    if found is None:
        raise record.damaged("predictions.parquet", f"has no predictions out of fold of {model}")
    return found
