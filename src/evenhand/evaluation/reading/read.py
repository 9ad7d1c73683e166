"""Read predictions from the record of a run, or from CSV, Parquet and npz files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evenhand.base.errors import DataError, unknown
from evenhand.base.storage.record import Record
from evenhand.base.values import TEST, Folds, Ints, Predictions, RowSet, Strings
from evenhand.base.values.prediction_fields import groups_of
from evenhand.evaluation.reading.columns import Columns, listed
from evenhand.evaluation.reading.files import opened
from evenhand.evaluation.reading.from_npz import of_npz
from evenhand.evaluation.reading.from_record import of_record, record_at
from evenhand.evaluation.reading.from_table import of_table
from evenhand.evaluation.reading.label_degrees import degrees_of
from evenhand.evaluation.reading.labels import TruthTable, class_numbers, read_folds, read_labels
from evenhand.evaluation.reading.row_keys import find_rows, row_names


def of_model(every: Sequence[Predictions], model: str | None, task: str, where: str = "") -> Predictions:
    """Return the predictions of a model by name; None stands for the only one. Messages begin with `where`.

    Raises
    ------
    DataError
        If there is no such model, or there are several and none is named for this task ("audit").
    """
    names = [p.model for p in every]
    if model is None and len(every) > 1:
        raise DataError(f"{where}There are several models: {listed(names)}. Name the one to {task}: --model NAME.")
    if model is not None and model not in names:
        raise DataError(f"{where}{unknown('model', model, names)}")
    return every[0] if model is None else every[names.index(model)]


def read_predictions(
    path: str | Path | Record,
    *,
    labels: TruthTable | str | Path | None = None,
    folds: Folds | str | Path | None = None,
    model: str | None = None,
    columns: Columns | None = None,
    of: str = RowSet.OUT_OF_FOLD,
) -> tuple[Predictions, ...]:
    """Return the predictions of a file, or of every model and blend of a run.

    A file has one row per sample: an id, a number per class, and optionally fold, truth and group. Columns are
    recognised by name: id, fold, truth (or label), group, model; `p:CLASS` for probabilities, `logit:CLASS` for raw
    scores; without such prefixes every remaining column is a class. An npz file has the arrays ids (n,), classes
    (k,), probabilities or logits (n, k), and fold, truth, groups (n,).

    Parameters
    ----------
    path
        A .csv, .parquet or .npz file, or the folder of a run.
    labels
        Truth for files without it; a value or a table (id, label, group).
    folds
        The folds of a file without such a column; a value or a table (id, fold). Without it such a file is
        "out-of-fold elsewhere": the training rows of its models are not known.
    model
        A name; by default the column "model", or the name of the file.
    columns
        The roles of columns that are not recognised by name.
    of
        "oof" for out-of-fold rows, "test" for rows that no model was trained on; the default set of a file without
        a column "set".

    Returns
    -------
    One `Predictions` per model, in order of appearance.

    Raises
    ------
    DataError
        If a number is missing, negative or not a probability, rows do not sum to 1, ids repeat, or roles of columns
        are ambiguous; the message names line and column.
    RecordError
        If the folder is not a finished run.
    """
    record = record_at(path)
    if record is not None:
        return of_record(record, of=of)
    assert not isinstance(path, Record)
    columns = columns or Columns()
    truth = read_labels(labels, id=_if_there(columns.id, labels)) if isinstance(labels, (str, Path)) else labels
    plan = read_folds(folds) if isinstance(folds, (str, Path)) else folds
    if plan is None and truth is not None:
        plan = truth.folds
    columns = _of_file(columns, path, labels)
    read = of_npz if Path(path).suffix.lower() == ".npz" else of_table
    names = None if truth is None else {name for name in truth.names if name is not None} | set(truth.degrees)
    columns = replace(columns, several=columns.several or (truth is not None and bool(truth.degrees)))
    found = [
        _with_plan(
            with_truth(p, truth, columns, row_names(path, columns, p.ids) if unmatched(p, truth) else {}), plan, of
        )
        for p in read(Path(path), columns, of, names)
    ]
    return tuple(found if model is None or len(found) > 1 else [replace(found[0], model=model)])


def _if_there(column: str | None, path: str | Path) -> str | None:
    """Return the specified column if a table has it; None to recognise it by name."""
    return column if column is not None and column in opened(path).names else None


def _of_file(columns: Columns, path: str | Path, labels: object) -> Columns:
    """Return the specification for one file: its ids may have another name than those in the table of labels."""
    if not isinstance(labels, (str, Path)) or _if_there(columns.id, labels) is None:
        return columns
    if Path(path).suffix.lower() == ".npz":
        return replace(columns, id=None)
    return replace(columns, id=_if_there(columns.id, path))


def unmatched(p: Predictions, labels: TruthTable | None) -> bool:
    """Return whether no row has an id of the table of labels."""
    return labels is not None and not pd.Index(p.ids).isin(pd.Index(labels.ids)).any()


def with_truth(
    p: Predictions, labels: TruthTable | None, columns: Columns, names: Mapping[str, Strings] | None = None
) -> Predictions:
    """Return the predictions with truth and groups from a table of labels.

    Parameters
    ----------
    names
        Other names of the rows -> (n,), for a table whose ids are paths.

    Raises
    ------
    DataError
        If no row is in the table, or the truth in the file differs.
    """
    if labels is None:
        return p
    at = find_rows(labels.ids, p.ids, names)
    if not (at >= 0).any():
        raise DataError(
            f'No id of "{p.model}" is in {labels.source} (there: "{labels.ids[0]}", here: "{p.ids[0]}"). '
            "Ids must have the same form."
        )
    if labels.degrees:
        return replace(
            p,
            truth=degrees_of(labels.degrees, labels.ids, at, p.classes, labels.source),
            groups=_groups(p, labels, at),
            families=p.families and labels.groups is None,
        )
    truth = class_numbers(_or_none(labels.names, at), p.classes, labels.source, positions=columns.positions)
    if p.truth is not None:
        differ = (truth >= 0) & (p.truth >= 0) & (truth != p.truth)
        if differ.any():
            raise DataError(
                f'"{p.model}" and {labels.source} disagree on the truth of {int(differ.sum()):,} rows '
                f'(first: "{p.ids[int(differ.argmax())]}").'
            )
        truth = np.where(truth >= 0, truth, p.truth)
    families = p.families and labels.groups is None
    return replace(p, truth=truth, groups=_groups(p, labels, at), families=families)


def _groups(p: Predictions, labels: TruthTable, at: Ints) -> Strings | None:
    """Return the groups of predictions, those of the table of labels where they name none."""
    if p.named_groups is not None or labels.groups is None:
        return p.groups
    return groups_of(_or_none(labels.groups, at), p.ids)


def _with_plan(p: Predictions, plan: Folds | None, of: str) -> Predictions:
    """Return the predictions with the folds of a plan where they have none, and with their origin."""
    if of != RowSet.OUT_OF_FOLD:
        return replace(p, fold=None)
    if p.origin in ("test", "in-sample"):  # rows of `predict`: all models of the run predicted them, without folds
        return replace(p, fold=None)
    # Its rows were held out somehow, but nobody knows by which folds: blends must not take it for out of fold
    # here.
    if p.fold is None and plan is None:
        return replace(p, origin="out-of-fold elsewhere")
    fold = plan.of(p.ids) if p.fold is None and plan is not None else p.fold
    assert fold is not None
    p = replace(p, fold=fold)
    locked = fold == TEST
    return replace(p.take(~locked), locked=int(locked.sum())) if locked.any() else p


def _or_none(values: Any, at: Any) -> Any:
    """Return the values at positions, None where the position is below 0."""
    out = values[at]
    out[at < 0] = None
    return out
