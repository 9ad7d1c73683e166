"""Predictions from arrays and frames, and figures as a frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evenhand.base.errors import DataError
from evenhand.base.text.cells import as_texts, cell_text, object_array, text_array
from evenhand.base.values import NO_LABEL, Floats, Interval, Origin, Predictions
from evenhand.base.values.prediction_fields import groups_of
from evenhand.base.values.probabilities import OFF, check_unique
from evenhand.evaluation.reading.labels import class_numbers


def predictions_from(
    probabilities: npt.ArrayLike | pd.DataFrame,
    truth: Sequence[Any] | npt.NDArray[Any] | pd.Series | pd.DataFrame | None = None,
    *,
    classes: Sequence[Any] | npt.NDArray[Any] | None = None,
    ids: Sequence[Any] | npt.NDArray[Any] | pd.Series | None = None,
    groups: Sequence[Any] | npt.NDArray[Any] | pd.Series | None = None,
    fold: npt.ArrayLike | None = None,
    model: str = "",
    origin: Origin = "test",
    positions: bool = False,
    several: bool | None = None,
) -> Predictions:
    """Return arrays or a frame of probabilities as `Predictions`.

    Parameters
    ----------
    probabilities
        (n, k) in [0, 1]; columns and index of a frame name the classes and rows.
    truth
        (n,) class names, matched by name, including numbers (1 is the class "1"); with `positions` class indices;
        (n, k) of 0 and 1, as an array or a frame with the classes as columns, one-hot or with several labels
        per row (see `several`); None or missing values where it is not known. A series is aligned with the index
        of a frame of probabilities.
    classes
        The k class names in the order of the columns (scikit-learn's `classes_`); of a frame its columns, else "0",
        "1" and so on.
    ids
        (n,) names of the rows; the frame's index, else "0", "1" and so on.
    groups
        (n,) groups of the rows; a row with a missing group is a group of its own.
    fold
        (n,) the fold in which each row was held out.
    model
        A name for it.
    origin
        The origin of the predictions; the default means rows that the model was not trained on.
    positions
        Whether the truth consists of class indices, counted from 0.
    several
        Whether a row may have several labels, for a truth (n, k). By default it may, unless each row of the truth
        is one-hot and each row of probabilities sums to 1.

    Raises
    ------
    DataError
        If shapes do not match, a number is not in [0, 1], a class is unknown, or a series cannot be aligned; the
        message names row and column.

    Examples
    --------
    >>> predictions_from([[0.9, 0.1], [0.2, 0.8]], ["cat", "dog"], classes=["cat", "dog"])
    Predictions(unnamed: 2 rows × 2 classes, test)
    """
    frame = probabilities if isinstance(probabilities, pd.DataFrame) else None
    table = _numbers(probabilities, several=several)
    if frame is not None:
        classes = list(frame.columns) if classes is None else classes
        truth = _aligned(truth, frame)
        groups = _aligned(groups, frame)
        ids = frame.index.to_numpy() if ids is None else ids
    given = list(range(table.shape[1]) if classes is None else classes)
    names = tuple(text or "" for text in as_texts(given))
    rows = text_array(range(len(table)) if ids is None else ids)
    for what, found, count in (("ids", rows, len(table)), ("classes", names, table.shape[1])):
        if len(found) != count:
            raise DataError(f"There are {len(found)} {what} for {count}; the numbers must be equal.")
        check_unique(found, what)
    labels = None if truth is None else _truth(truth, len(rows), names, positions, unnamed=classes is None)
    if several and labels is not None and labels.ndim == 1:
        raise DataError(
            f"The truth has the shape {labels.shape}, one label for each row; with several = True it must be "
            "a matrix (n, k) of 0 and 1."
        )
    if labels is not None and labels.ndim == 2 and not several:
        labels = _one_label(labels, table, certain=several is False)
    return Predictions(
        rows,
        names,
        table,
        truth=labels,
        fold=None if fold is None else np.asarray(fold, dtype=np.int16),
        groups=None if groups is None else _groups(groups, rows),
        model=model,
        origin=origin,
        several_labels=bool(several),
    )


def _one_label(truth: Floats, table: Floats, *, certain: bool) -> npt.NDArray[Any]:
    """Return (n,) class indices of a one-hot truth; the matrix unchanged where rows may have several labels.

    A matrix of 0 and 1 does not say which of the two it is. Rows that all have one label, beside probabilities that
    share 1 among the classes, are the one-hot form of one label per row; independent probabilities do not sum to 1.

    Parameters
    ----------
    certain
        Whether rows are known to have one label each, so that anything else is an error.
    """
    unknown = np.isnan(truth).all(axis=1)
    one = unknown | (((truth == 0) | (truth == 1)).all(axis=1) & (truth.sum(axis=1) == 1))
    if certain and not one.all():
        row = int((~one).argmax())
        raise DataError(
            f"Row {row} of the truth does not have exactly one label (it sums to {truth[row].sum():g}); with "
            "several = False each row must hold one 1 and otherwise 0."
        )
    shared = np.abs(table.sum(axis=1) - 1) <= OFF
    if not certain and (unknown.all() or not one.all() or not shared.all()):
        return truth
    return np.where(unknown, NO_LABEL, np.nan_to_num(truth).argmax(axis=1))


def _numbers(probabilities: Any, *, several: bool | None) -> Floats:
    try:
        table = np.asarray(probabilities, dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError(
            "The probabilities contain values that are not numbers. Pass (n, k) numbers, one column per class; a "
            "frame must have no other columns."
        ) from None
    if table.ndim == 1 or (table.ndim == 2 and table.shape[1] == 1 and not several):
        column = "p" if table.ndim == 1 else "p[:, 0]"
        raise DataError(
            f"Probabilities have the shape {table.shape}; it must be rows × classes. For two classes pass "
            f"both columns: np.column_stack([1 - {column}, {column}])."
        )
    if table.ndim != 2:
        raise DataError(f"Probabilities have the shape {table.shape}; it must be rows × classes.")
    return table


def _aligned(values: Any, frame: pd.DataFrame) -> Any:
    """Return a series aligned with the frame's index where it has the same labels; anything else unchanged."""
    if not isinstance(values, (pd.Series, pd.DataFrame)) or values.index.equals(frame.index):
        return values
    if not (values.index.is_unique and frame.index.is_unique and frame.index.isin(values.index).all()):
        return values
    if isinstance(
        frame.index, pd.RangeIndex
    ):  # a new frame: its index numbers the rows, in whatever order they are
        raise DataError(
            "The frame of probabilities has the default index 0, 1, 2, …, and the series beside it has the same "
            "labels in another order (or more of them), so the correspondence of rows is ambiguous. Set the index "
            "of the frame (pd.DataFrame(p, index=X.index)), or pass the series as an array (y.to_numpy()) if its "
            "rows are in the order of the frame."
        )
    return values.reindex(frame.index)


def _groups(groups: Any, ids: npt.NDArray[Any]) -> npt.NDArray[Any]:
    names = text_array(groups)
    if len(names) != len(ids):
        raise DataError(f"There are {len(names)} groups for {len(ids)} rows; the numbers must be equal.")
    return groups_of(names, ids)


def _truth(truth: Any, n: int, classes: tuple[str, ...], positions: bool, *, unnamed: bool) -> npt.NDArray[Any]:
    values = _in_order(truth, classes) if isinstance(truth, (pd.Series, pd.DataFrame)) else _array(truth)
    if values.shape == (n, 1) != (n, len(classes)):
        values = values[:, 0]  # a column of a frame, as `frame[["label"]]` is
    if values.shape not in {(n,), (n, len(classes))}:
        raise DataError(
            f"The truth has the shape {values.shape} for {n} rows and {len(classes)} classes; it must "
            "be (n,) or (n, k)."
        )
    if values.ndim == 2:
        try:
            return values.astype(np.float64)
        except (TypeError, ValueError):
            raise DataError(
                f"The truth has the shape {values.shape} and contains values that are not numbers. A matrix must "
                "consist of 0 and 1; pass class names as (n,), one for each row."
            ) from None
    cells = [cell.item() if isinstance(cell, np.generic) else cell for cell in values.tolist()]
    # Boolean truth stands for the classes 0 and 1, unless classes have the names of its values.
    if not {"True", "False"} & set(classes):
        cells = [int(cell) if isinstance(cell, bool) else cell for cell in cells]
    known = [cell for cell in cells if cell_text(cell) is not None]
    if positions and all(isinstance(cell, (int, float)) and float(cell).is_integer() for cell in known):
        at = [NO_LABEL if cell_text(cell) is None else int(cell) for cell in cells]
        outside = [(row, value) for row, value in enumerate(at) if not NO_LABEL <= value < len(classes)]
        if outside:
            row, value = outside[0]
            raise DataError(f"Row {row} has the label {value}; there are {len(classes)} classes, numbered from 0.")
        return np.array(at, dtype=np.int64)
    names = text_array(None if _is_no_label(cell, classes) else cell for cell in cells)
    try:
        return class_numbers(names, classes, "The truth", positions=positions)
    except DataError as error:
        hint = " Name the columns: classes=[...], in their order (scikit-learn: model.classes_)." if unnamed else ""
        raise DataError(f"{error}{hint}") from None


def _in_order(truth: pd.Series[Any] | pd.DataFrame, classes: tuple[str, ...]) -> npt.NDArray[Any]:
    """Return the cells of a series or frame; columns named after the classes are put in their order."""
    if isinstance(truth, pd.DataFrame) and truth.columns.is_unique:
        names = {text: name for name, text in zip(truth.columns, as_texts(truth.columns), strict=True)}
        if set(names) == set(classes):
            truth = truth[[names[name] for name in classes]]
    return truth.to_numpy(dtype=object)


def _is_no_label(cell: Any, classes: tuple[str, ...]) -> bool:
    """Return whether a number means "unknown", as -1 does among class indices."""
    return isinstance(cell, (int, float)) and cell == NO_LABEL and str(NO_LABEL) not in classes


def _array(values: Any) -> npt.NDArray[Any]:
    """Return values as an array, without converting numbers among strings to strings."""
    if isinstance(values, np.ndarray):
        return values
    listed = list(values)
    nested = bool(listed) and isinstance(listed[0], (list, tuple, np.ndarray))
    return np.asarray(listed) if nested else object_array(listed)


def figures_table(figures: Mapping[str, Interval]) -> pd.DataFrame:
    """Return figures as a frame: metric, estimate, low, high, n, groups, enough, how."""
    columns = ["estimate", "low", "high", "n", "groups", "enough", "how"]
    rows = [[name, *(getattr(figure, column) for column in columns)] for name, figure in figures.items()]
    return pd.DataFrame(rows, columns=["metric", *columns])
