"""`evaluate`: figures with intervals for predictions of any origin: arrays, a frame, a file or a run."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evenhand.base.errors import DataError, unknown
from evenhand.base.storage.record import Record
from evenhand.base.text.cells import as_texts
from evenhand.base.values import Predictions, RowSet, Strings
from evenhand.base.values.prediction_fields import groups_of
from evenhand.evaluation.core.judged_rows import known
from evenhand.evaluation.figures.evaluate import evaluate as figures_of
from evenhand.evaluation.figures.evaluation_result import EvaluationResult
from evenhand.evaluation.reading.arrays import predictions_from
from evenhand.evaluation.reading.columns import KNOWN, Columns, listed
from evenhand.evaluation.reading.files import opened
from evenhand.evaluation.reading.labels import TruthTable, read_labels
from evenhand.evaluation.reading.read import read_predictions, with_truth
from evenhand.evaluation.reading.row_keys import row_names
from evenhand.pipeline.verbs.predict import PredictionResult
from evenhand.pipeline.verbs.run import Run

FRAME = "the frame"
"""What a frame is called in messages."""


def evaluate(
    source: Any,
    proba: Any = None,
    metrics: str | Sequence[str] | None = None,
    *,
    groups: Any = None,
    classes: Sequence[Any] | None = None,
    ids: Sequence[Any] | None = None,
    labels: Any = None,
    id: str | None = None,
    label: str | None = None,
    group: str | None = None,
    columns: Columns | None = None,
    positions: bool = False,
    model: str | None = None,
    of: str = RowSet.OUT_OF_FOLD,
    sets: Mapping[str, Sequence[str]] | None = None,
    levels: Mapping[str, Sequence[str]] | None = None,
    draws: int = 2000,
    level: float = 0.95,
    seed: int = 0,
) -> EvaluationResult:
    """Return figures with intervals, of arrays, a frame, a prediction file, a run or predictions.

    `evaluate(y_true, proba, groups=..., classes=...)` takes arrays as scikit-learn's metrics do;
    `evaluate("predictions.csv", labels="labels.csv")` takes files.

    Parameters
    ----------
    source
        The truth of each row (an array, a series, a frame of one column or of a column per class), with `proba`
        beside it; or a prediction file (CSV, Parquet, npz), a frame like one, a
        run, what `predict` returned, or `Predictions`.
    proba
        (n, k) probabilities, or a frame whose columns name the classes. With any other source than a truth, names
        of metrics may stand here.
    metrics
        Names such as "macro_f1", "recall[S]", "top_5"; without any, those that are always reported.
    groups
        (n,) what rows have in common; intervals are taken over groups.
    classes
        Names of the columns of `proba`, in their order (scikit-learn's `classes_`). The truth is matched with them
        by name.
    ids
        (n,) names of the rows of arrays.
    labels
        What is true: a table (id, label, group), a frame like one, or a series by id.
    id, label, group
        Columns of ids, labels and groups, where their names do not say so: of the predictions, the labels, or both.
    columns
        What else the columns of a file are.
    positions
        Whether labels are positions of the classes, counted from 0; otherwise numbers are names, too, and a number
        that names no class is refused.
    model
        Which model of a file or run that holds several; of a run, by default the best.
    of
        "oof", or "test" for locked rows.
    sets, levels
        Named sets of classes, and coarser classes; each gives metrics a variant with its name as suffix.
    draws
        Bootstrap replicates.
    level
        How often an interval is to hold the truth.
    seed
        The same seed gives the same intervals.

    Raises
    ------
    EvenhandError
        In words: no such file, column, model or metric; what is no probability; labels that are no class; no truth.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> y = rng.choice(["cat", "dog"], 200)
    >>> p = 0.5 + 0.3 * np.where(y == "dog", 1, -1) * (rng.random(200) < 0.8)
    >>> evaluate(y, np.column_stack([1 - p, p]), classes=["cat", "dog"], metrics=["accuracy"])
    predictions: 200 rows, taken as independent
    accuracy  0.830 [0.7..., 0.8...]
    """
    truth_in_frame = isinstance(source, pd.DataFrame) and proba is not None and not _are_names(proba)
    is_source = _is_source(source) and not truth_in_frame
    if is_source and proba is not None:
        if not _are_names(proba) or metrics is not None:
            raise DataError(
                "Probabilities were given beside a source that holds them. Give the truth and the probabilities, "
                "or the source alone (evaluate(path, metrics=[...]))."
            )
        metrics, proba = proba, None
    columns = columns or Columns()
    columns = replace(columns, positions=positions or columns.positions)
    _check_told((id, group), (source, labels))
    table = None if labels is None else _labels(labels, id, label, group)
    if not is_source:
        if proba is None:
            raise DataError("Give the probabilities beside the truth: evaluate(y_true, proba, classes=[...]).")
        found = predictions_from(
            proba, source, classes=classes, ids=ids, groups=groups, positions=columns.positions, model=model or ""
        )
    else:
        found, names = _read(source, table, columns, id, group, model, of)
        if table is not None:
            given = group is not None and table.groups is not None
            found = with_truth(replace(found, groups=None) if given else found, table, columns, names)
    if groups is not None and is_source:
        found = replace(found, groups=_groups(groups, found.ids))
    asked = [metrics] if isinstance(metrics, str) else metrics
    figures = figures_of(found, asked, sets=sets, levels=levels, draws=draws, level=level, seed=seed)
    unlabelled = len(found) if found.truth is None else int((~known(found.truth)).sum())
    return EvaluationResult(figures, found, unlabelled)


def _is_source(source: Any) -> bool:
    return isinstance(source, (str, Path, Record, Run, Predictions, PredictionResult)) or (
        isinstance(source, pd.DataFrame) and any(isinstance(name, str) for name in source.columns)
    )


def _are_names(metrics: Any) -> bool:
    return isinstance(metrics, str) or (
        isinstance(metrics, (list, tuple)) and all(isinstance(name, str) for name in metrics)
    )


def _read(
    source: Any,
    labels: TruthTable | None,
    columns: Columns,
    id: str | None,
    group: str | None,
    model: str | None,
    of: str,
) -> tuple[Predictions, Mapping[str, Strings]]:
    """Return the predictions of a source, and what names its rows beside their ids."""
    if isinstance(source, Predictions):
        return source, {}
    if isinstance(source, PredictionResult):
        return source.predictions, {"path": source.table["path"].to_numpy(dtype=object)}
    if isinstance(source, pd.DataFrame):
        with _written(source, FRAME) as path:
            p, names = _read(path, labels, columns, id, group, model, of)
            return (replace(p, model=model or "") if p.model == path.stem else p), names
    record = source.record if isinstance(source, Run) else source if isinstance(source, Record) else None
    if record is None and Path(source).is_dir():
        record = Record.open(source)
    if record is not None:
        best = model or str(record.json("scores.json")["headline"]["best"])
        return _one(read_predictions(record, of=of), best), {}
    path = Path(source)
    own: Sequence[str] = () if path.suffix.lower() == ".npz" else opened(path).names
    told = replace(columns, id=_if_there(id, own) or columns.id, group=_if_there(group, own) or columns.group)
    every = read_predictions(path, labels=labels, columns=told, of=of)
    p = _one(every, model if len(every) > 1 else None)
    return (p if model is None else replace(p, model=model)), row_names(path, told, p.ids)


def _check_told(told: Sequence[str | None], tables: Sequence[Any]) -> None:
    """Refuse a column that was told and that neither the predictions nor the labels have."""
    known: list[str] = []
    for table in tables:
        if isinstance(table, pd.DataFrame):
            known += map(str, table.columns)
        elif isinstance(table, (str, Path)) and Path(table).is_file() and Path(table).suffix.lower() != ".npz":
            known += opened(table).names
    for name in told:
        if name is not None and known and name not in known:
            raise DataError(unknown("column", name, dict.fromkeys(known)))


def _if_there(name: str | None, names: Sequence[str]) -> str | None:
    return name if name in names else None


def _one(every: Sequence[Predictions], model: str | None) -> Predictions:
    names = [p.model for p in every]
    if model is None and len(every) == 1:
        return every[0]
    if model is None:
        raise DataError(f"There are several models: {listed(names)}. Say which one to evaluate: --model NAME.")
    if model not in names:
        raise DataError(unknown("model", model, names))
    return every[names.index(model)]


def _labels(labels: Any, id: str | None, label: str | None, group: str | None) -> TruthTable:
    if isinstance(labels, TruthTable):
        return labels
    if isinstance(labels, pd.Series):
        labels = pd.DataFrame({"id": labels.index, "label": labels.to_numpy()})
    if isinstance(labels, pd.DataFrame):
        with _written(labels, f"{FRAME} of labels") as path:
            return replace(_labels(path, id, label, group), source=f"{FRAME} of labels")
    own = opened(labels).names
    return read_labels(labels, id=_if_there(id, own), label=label, group=_if_there(group, own))


@contextlib.contextmanager
def _written(frame: pd.DataFrame, name: str) -> Iterator[Path]:
    """Give a file with the rows of a frame, which is then read as any other; faults speak of `name`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "frame.parquet"
        _texts_of(frame).to_parquet(path, index=False)
        try:
            yield path
        except DataError as error:
            raise DataError(str(error).replace(str(path), name)) from None


def _texts_of(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame that Parquet takes: names and cells as texts; the index names the rows if nothing does."""
    out = frame.copy(deep=False)
    out.columns = [str(name) for name in frame.columns]
    if not set(KNOWN["id"]) & {name.strip().lower() for name in out.columns}:
        out.insert(0, "id", out.index.to_numpy())
    for name in out.columns:
        if out[name].dtype.kind not in "biuf":
            out[name] = np.array([*as_texts(out[name].tolist()), None], dtype=object)[:-1]
    return out


def _groups(groups: Any, ids: Strings) -> Strings:
    values = groups.reindex(ids) if isinstance(groups, pd.Series) and groups.index.isin(ids).all() else groups
    names = np.array([*as_texts(values), None], dtype=object)[:-1]
    if len(names) != len(ids):
        raise DataError(f"There are {len(names)} groups for {len(ids)} rows; there must be one for each.")
    return groups_of(names, ids)
