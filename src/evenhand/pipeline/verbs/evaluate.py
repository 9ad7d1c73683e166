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
from evenhand.base.text.cells import text_array
from evenhand.base.values import Floats, Predictions, RowSet, Strings
from evenhand.base.values.prediction_fields import groups_of
from evenhand.evaluation.core.evaluated_rows import known
from evenhand.evaluation.figures.evaluate import evaluate as figures_of
from evenhand.evaluation.figures.evaluation_result import EvaluationResult
from evenhand.evaluation.reading.arrays import predictions_from
from evenhand.evaluation.reading.columns import KNOWN, Columns
from evenhand.evaluation.reading.files import opened
from evenhand.evaluation.reading.from_record import best_model, of_record, record_at
from evenhand.evaluation.reading.labels import TruthTable, read_labels
from evenhand.evaluation.reading.read import of_model, read_predictions, with_truth
from evenhand.evaluation.reading.row_keys import row_names
from evenhand.pipeline.references.ceiling import ceiling_of, raters_of
from evenhand.pipeline.references.no_label import no_label_figures
from evenhand.pipeline.verbs.predict import PredictionResult
from evenhand.pipeline.verbs.run import Run

FRAME = "the frame"
"""Name of a frame in messages."""


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
    several: bool | None = None,
    raters: Any = None,
    model: str | None = None,
    of: str = RowSet.OUT_OF_FOLD,
    sets: Mapping[str, Sequence[str]] | None = None,
    levels: Mapping[str, Sequence[str]] | None = None,
    draws: int = 2000,
    level: float = 0.95,
    seed: int = 0,
) -> EvaluationResult:
    """Return metrics with intervals for arrays, a frame, a prediction file, a run or predictions.

    `evaluate(y_true, proba, groups=..., classes=...)` takes arrays as scikit-learn's metrics do;
    `evaluate("predictions.csv", labels="labels.csv")` takes files.

    Parameters
    ----------
    source
        The truth of each row (an array, a series, a frame of one column or of a column per class), with `proba`
        beside it; or a prediction file (CSV, Parquet, npz), a frame like one, a run, a `PredictionResult`, or
        `Predictions`.
    proba
        (n, k) probabilities, or a frame with the classes as columns. If the source is not a truth, names of metrics
        may be passed here.
    metrics
        Names such as "macro_f1", "recall[S]", "top_5"; by default the standard metrics.
    groups
        (n,) groups of rows, which are resampled for intervals.
    classes
        Names of the columns of `proba`, in order (scikit-learn's `classes_`); the truth is matched by name.
    ids
        (n,) names of the rows of arrays.
    labels
        The truth: a table (id, label, group), a frame like one, or a series by id.
    id, label, group
        Columns of ids, labels and groups with unusual names, in the predictions, the labels, or both.
    columns
        Roles of the other columns of a file.
    positions
        Whether labels are positions of the classes, counted from 0; otherwise numbers are names of classes.
    several
        Whether rows of a truth (n, k) may have several labels; by default they may, unless each is one-hot and each
        row of `proba` sums to 1.
    raters
        (n,) how many raters labelled each row, where the truth is a share of them: the result then has a ceiling. A
        run knows them (`data.weight`).
    model
        Name of the model in a file or run with several; of a run, by default the best.
    of
        "oof", or "test" for locked rows.
    sets, levels
        Named sets of classes, and coarser classes; each adds variants of metrics with its name as suffix.
    draws
        Bootstrap replicates.
    level
        Confidence level of the intervals.
    seed
        The same seed gives the same intervals.

    Raises
    ------
    EvenhandError
        If a file, column, model or metric does not exist, probabilities or labels are invalid, or the truth is
        missing.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> y = rng.choice(["cat", "dog"], 200)
    >>> p = 0.5 + 0.3 * np.where(y == "dog", 1, -1) * (rng.random(200) < 0.8)
    >>> evaluate(y, np.column_stack([1 - p, p]), classes=["cat", "dog"], metrics=["accuracy"])
    predictions: 200 rows, taken as independent
    accuracy  0.830 [0.7..., 0.8...]
    """
    columns = columns or Columns()
    columns = replace(columns, positions=positions or columns.positions)
    table = _truth_table(labels, source, id, label, group)
    if _holds_predictions(source, proba):
        if proba is not None:
            metrics = _names_instead_of(proba, metrics)
        if several is not None:
            raise DataError(
                "several is for a truth and probabilities as arrays; a source that holds them says it itself."
            )
        p = _from_source(source, table, columns, id, group, groups, model, of)
    elif proba is None:
        raise DataError("Give the probabilities beside the truth: evaluate(y_true, proba, classes=[...]).")
    else:
        p = predictions_from(
            proba,
            source,
            classes=classes,
            ids=ids,
            groups=groups,
            positions=columns.positions,
            several=several,
            model=model or "",
        )
    names = [metrics] if isinstance(metrics, str) else metrics
    figures = figures_of(p, names, sets=sets, levels=levels, draws=draws, level=level, seed=seed)
    unlabelled = len(p) if p.truth is None else int((~known(p.truth)).sum())
    counted = _raters(source, p) if raters is None else np.asarray(raters, dtype=np.float64)
    if counted is not None and counted.shape != (len(p),):
        raise DataError(
            f"There are {counted.size} numbers of raters for {len(p)} rows; there must be one for each."
        )
    ceiling = ceiling_of(p, counted, list(figures), sets=sets, levels=levels, level=level, seed=seed)
    silent = no_label_figures(p, list(figures), sets=sets, levels=levels, draws=draws, level=level, seed=seed)
    return EvaluationResult(figures, p, unlabelled, ceiling, silent)


def _raters(source: Any, p: Predictions) -> Floats | None:
    """Return (n,) the weights of the rows of a run, None of other sources."""
    record = source.record if isinstance(source, Run) else None
    if record is None and isinstance(source, (str, Path, Record)):
        record = record_at(source)
    return None if record is None else raters_of(p, record.samples())


def _holds_predictions(source: Any, proba: Any) -> bool:
    """Return whether a source holds predictions; otherwise it is a truth, with `proba` beside it."""
    if isinstance(source, pd.DataFrame):  # a frame of classes beside probabilities is a truth, one per class
        return any(isinstance(name, str) for name in source.columns) and (proba is None or _are_names(proba))
    return isinstance(source, (str, Path, Record, Run, Predictions, PredictionResult))


def _names_instead_of(proba: Any, metrics: Any) -> Any:
    """Return the names of metrics in the place of `proba`, as in `evaluate("predictions.csv", ["accuracy"])`."""
    if not _are_names(proba) or metrics is not None:
        raise DataError(
            "Probabilities were given beside a source that holds them. Give the truth and the probabilities, "
            "or the source alone (evaluate(path, metrics=[...]))."
        )
    return proba


def _from_source(
    source: Any,
    table: TruthTable | None,
    columns: Columns,
    id: str | None,
    group: str | None,
    groups: Any,
    model: str | None,
    of: str,
) -> Predictions:
    """Return the predictions of a source, with the truth of a table and other groups if there are such."""
    p, names = _read(source, table, columns, id, group, model, of)
    if table is not None:
        # A group column that is named replaces the groups of the predictions; else these stay.
        replaced = group is not None and table.groups is not None
        p = with_truth(replace(p, groups=None, families=False) if replaced else p, table, columns, names)
    return p if groups is None else replace(p, groups=_groups(groups, p.ids), families=False)


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
    """Return the predictions of a source, and names of its rows other than their ids."""
    if isinstance(source, Predictions):
        return source, {}
    if isinstance(source, PredictionResult):
        return source.predictions, {"path": source.table["path"].to_numpy(dtype=object)}
    if isinstance(source, pd.DataFrame):
        with _as_file(source, FRAME) as path:
            p, names = _read(path, labels, columns, id, group, model, of)
            return (replace(p, model=model or "") if p.model == path.stem else p), names
    record = source.record if isinstance(source, Run) else record_at(source)
    if record is not None:
        return of_model(of_record(record, of=of), model or best_model(record), "evaluate"), {}
    path = Path(source)
    own_names: Sequence[str] = () if path.suffix.lower() == ".npz" else opened(path).names
    roles = replace(
        columns, id=_if_there(id, own_names) or columns.id, group=_if_there(group, own_names) or columns.group
    )
    every = read_predictions(path, labels=labels, columns=roles, of=of)
    p = of_model(every, model if len(every) > 1 else None, "evaluate")
    return (p if model is None else replace(p, model=model)), row_names(path, roles, p.ids)


def _check_columns(asked: Sequence[str | None], tables: Sequence[Any]) -> None:
    """Raise if a named column is neither in the predictions nor in the labels."""
    known: list[str] = []
    for table in tables:
        if isinstance(table, pd.DataFrame):
            known += map(str, table.columns)
        elif isinstance(table, (str, Path)) and Path(table).is_file() and Path(table).suffix.lower() != ".npz":
            known += opened(table).names
    for name in asked:
        if name is not None and known and name not in known:
            raise DataError(unknown("column", name, dict.fromkeys(known)))


def _if_there(name: str | None, names: Sequence[str]) -> str | None:
    return name if name in names else None


def _truth_table(
    labels: Any, source: Any, id: str | None, label: str | None, group: str | None
) -> TruthTable | None:
    """Return the table of labels, or None, after checking that named columns exist in it or in the source."""
    _check_columns((id, group), (source, labels))
    return None if labels is None else _labels(labels, id, label, group)


def _labels(labels: Any, id: str | None, label: str | None, group: str | None) -> TruthTable:
    if isinstance(labels, TruthTable):
        return labels
    if isinstance(labels, pd.Series):
        labels = pd.DataFrame({"id": labels.index, "label": labels.to_numpy()})
    if isinstance(labels, pd.DataFrame):
        with _as_file(labels, f"{FRAME} of labels") as path:
            return replace(_labels(path, id, label, group), source=f"{FRAME} of labels")
    names = opened(labels).names
    return read_labels(labels, id=_if_there(id, names), label=label, group=_if_there(group, names))


@contextlib.contextmanager
def _as_file(frame: pd.DataFrame, name: str) -> Iterator[Path]:
    """Yield the path of a file with the rows of a frame, to be read like any other; errors refer to `name`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "frame.parquet"
        _texts_of(frame).to_parquet(path, index=False)
        try:
            yield path
        except DataError as error:
            raise DataError(str(error).replace(str(path), name)) from None


def _texts_of(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame for Parquet: column names and cells as text, the index as id if there is no id column."""
    out = frame.copy(deep=False)
    out.columns = [str(name) for name in frame.columns]
    if not set(KNOWN["id"]) & {name.strip().lower() for name in out.columns}:
        out.insert(0, "id", out.index.to_numpy())
    for name in out.columns:
        if out[name].dtype.kind not in "biuf":
            out[name] = text_array(out[name].tolist())
    return out


def _groups(groups: Any, ids: Strings) -> Strings:
    values = groups.reindex(ids) if isinstance(groups, pd.Series) and groups.index.isin(ids).all() else groups
    names = text_array(values)
    if len(names) != len(ids):
        raise DataError(f"There are {len(names)} groups for {len(ids)} rows; there must be one for each.")
    return groups_of(names, ids)
