"""Predictions from arrays and frames, and figures as a frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evenhand.base.errors import DataError, nearest
from evenhand.base.values import NO_LABEL, Floats, Interval, Origin, Predictions


def predictions_from(
    probabilities: npt.ArrayLike | pd.DataFrame,
    truth: Sequence[Any] | npt.NDArray[Any] | pd.Series | pd.DataFrame | None = None,
    *,
    classes: Sequence[str] | None = None,
    ids: Sequence[Any] | npt.NDArray[Any] | pd.Series | None = None,
    groups: Sequence[Any] | npt.NDArray[Any] | pd.Series | None = None,
    fold: npt.ArrayLike | None = None,
    model: str = "",
    origin: Origin = "test",
) -> Predictions:
    """Return predictions made by anybody as a value that can be evaluated.

    Parameters
    ----------
    probabilities
        (n, k) in [0, 1]; of a frame the columns name the classes and the index the rows.
    truth
        (n,) class names, or class indices where the classes are not integers; (n, k) of 0 and 1 where several
        labels may hold; None or missing values where it is not known.
    classes
        The k class names in the order of the columns; of a frame its columns, else "0", "1" and so on.
    ids
        (n,) names of the rows; the frame's index, else "0", "1" and so on.
    groups
        (n,) groups that rows belong to.
    fold
        (n,) the fold in which each row was held out.
    model
        A name for it.
    origin
        Where the predictions come from; the default stands for rows that the model has not seen.

    Raises
    ------
    DataError
        If shapes do not fit, a number is not in [0, 1], or a class is not known; the text names row and column.

    Examples
    --------
    >>> predictions_from([[0.9, 0.1], [0.2, 0.8]], ["cat", "dog"], classes=["cat", "dog"])
    Predictions(unnamed: 2 rows × 2 classes, test)
    """
    frame = probabilities if isinstance(probabilities, pd.DataFrame) else None
    table = np.asarray(probabilities, dtype=np.float64)
    if table.ndim != 2:
        raise DataError(f"Probabilities are {table.shape}; they must be rows × classes.")
    if frame is not None:
        classes = list(frame.columns) if classes is None else classes
        ids = frame.index.to_numpy() if ids is None else ids
    names = tuple(str(name) for name in (range(table.shape[1]) if classes is None else classes))
    rows = np.array([str(i) for i in (range(len(table)) if ids is None else ids)], dtype=object)
    _check(table, rows, names)
    return Predictions(
        rows,
        names,
        table,
        truth=None if truth is None else _truth(truth, len(rows), names),
        fold=None if fold is None else np.asarray(fold, dtype=np.int16),
        groups=None if groups is None else np.array([str(group) for group in groups], dtype=object),
        model=model,
        origin=origin,
    )


def _check(table: Floats, ids: npt.NDArray[Any], classes: Sequence[str]) -> None:
    """Refuse repeated names, and numbers outside [0, 1]."""
    for what, names, count in (("ids", ids, len(table)), ("classes", classes, table.shape[1])):
        if len(names) != count:
            raise DataError(f"There are {len(names)} {what} for {count}; there must be one for each.")
        repeated = pd.Series(list(names))[pd.Series(list(names)).duplicated()]
        if len(repeated):
            raise DataError(f'{len(repeated)} {what} are there more than once (first: "{repeated.iloc[0]}").')
    outside = ~((table >= 0) & (table <= 1 + 1e-9))
    if outside.any():
        row, column = np.argwhere(outside)[0]
        raise DataError(
            f"{int(outside.sum())} probabilities are not in 0..1 (first: {table[row, column]:g}, "
            f'id "{ids[row]}", class "{classes[column]}"). Logits must go through a softmax or sigmoid first.'
        )


def _truth(truth: Any, n: int, classes: Sequence[str]) -> npt.NDArray[Any]:
    values = np.asarray(truth)
    if values.shape not in {(n,), (n, len(classes))}:
        raise DataError(
            f"The truth is {values.shape} for {n} rows and {len(classes)} classes; there must be one each."
        )
    if values.ndim == 2:
        return values.astype(np.float64)
    at = {name: position for position, name in enumerate(classes)}
    return np.array([_position(value, at, row) for row, value in enumerate(values.tolist())], dtype=np.int64)


def _position(value: Any, at: Mapping[str, int], row: int) -> int:
    if value is None or (isinstance(value, float) and np.isnan(value)) or value is pd.NA:
        return NO_LABEL
    if str(value) in at:
        return at[str(value)]
    if isinstance(value, (int, float)) and float(value).is_integer() and NO_LABEL <= value < len(at):
        return int(value)
    close = nearest(str(value), at)
    hint = f' Did you mean "{close}"?' if close else ""
    raise DataError(f'Row {row} is labelled "{value}", which is not a class.{hint}')


def figures_table(figures: Mapping[str, Interval]) -> pd.DataFrame:
    """Return figures as a frame: metric, estimate, low, high, n, groups, how."""
    columns = ["estimate", "low", "high", "n", "groups", "how"]
    rows = [[name, *(getattr(figure, column) for column in columns)] for name, figure in figures.items()]
    return pd.DataFrame(rows, columns=["metric", *columns])
