"""Predictions from a CSV or Parquet file with one row per sample."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evenhand.base.errors import DataError
from evenhand.base.text.cells import text_array
from evenhand.base.values import Floats, Origin, Predictions, RowSet, origin_of
from evenhand.base.values.prediction_fields import groups_of
from evenhand.evaluation.reading.columns import SELECT_CLASSES, ColumnLayout, Columns, layout, listed
from evenhand.evaluation.reading.files import TableReader, opened
from evenhand.evaluation.reading.fold_column import fold_numbers
from evenhand.evaluation.reading.labels import class_numbers, once
from evenhand.evaluation.reading.probabilities import probabilities
from evenhand.evaluation.reading.spill import Spill

PREDICTED = (RowSet.NEW, RowSet.TRAINING)
"""Sets of rows that `predict` writes."""


def of_table(path: Path, columns: Columns, of: str, labels: Collection[str] | None = None) -> list[Predictions]:
    """Return the predictions of a CSV or Parquet file, one per model in it; `labels` are known class names."""
    source = opened(path)
    where = layout(source.names, str(path), columns, first=source.first_rows, labels=labels)
    about, table = _pieces(source, where, columns.several)
    if not len(about):
        raise DataError(f"{path}: has no rows.")
    classes = tuple(where.classes)
    out = []
    for name, at in _parts(about, path, of):
        rows = about if at is None else about.iloc[at]
        ids = rows["id"].to_numpy(dtype=object)
        once(ids, source, at)
        fold = fold_numbers(rows["fold"].to_numpy(dtype=object), source, at) if "fold" in rows else None
        truth = rows["truth"].to_numpy(dtype=object) if "truth" in rows else None
        out.append(
            Predictions(
                ids,
                classes,
                table if at is None else table[at],
                several_labels=columns.several,
                truth=None
                if truth is None
                else class_numbers(truth, classes, str(path), positions=columns.positions),
                fold=fold,
                groups=groups_of(rows["group"].to_numpy(dtype=object), ids) if "group" in rows else None,
                model=name,
                origin=_origin(rows, of),
            )
        )
    return out


def _origin(rows: pd.DataFrame, of: str) -> Origin:
    """Return the origin of rows; of files that `predict` wrote, "in-sample" if models were trained on any row."""
    if "set" not in rows or not rows["set"].isin(PREDICTED).all():
        return origin_of(of)
    return "in-sample" if (rows["set"] == RowSet.TRAINING).any() else "test"


def _pieces(source: TableReader, where: ColumnLayout, several: bool) -> tuple[pd.DataFrame, Floats]:
    """Return a frame of the roles, and (n, k) probabilities."""
    roles, classes = where.roles, list(where.classes)
    cells: dict[str, list[Any]] = {role: [] for role in roles}
    spill, first = Spill(), 0
    for piece in source.pieces(list(dict.fromkeys(roles.values())), list(where.classes.values())):
        if not piece.num_rows:
            continue
        for role, name in roles.items():
            cells[role] += piece.column(name).to_pylist()
        block = np.stack(
            [piece.column(name).to_numpy(zero_copy_only=False) for name in where.classes.values()], axis=1
        )
        # float32 stays float32, at half the memory.
        block = block if block.dtype in (np.float32, np.float64) else block.astype(np.float64)
        try:
            spill.add(probabilities(block, classes, where.scale, source.from_row(first), several=several))
        except DataError as error:
            raise DataError(f"{error}{_left_words(where)}") from None
        first += piece.num_rows
    if not first:
        raise DataError(f"{source.path}: has no rows.")
    return pd.DataFrame({role: text_array(column) for role, column in cells.items()}, dtype=object), spill.array()


def _left_words(where: ColumnLayout) -> str:
    """Return a hint on the columns that were not read as classes, for errors that may be due to that."""
    if where.left:
        return (
            f" Not read as classes: {listed(where.left)}; if some are, name all class columns (--class, "
            "Columns(classes=...)), or write p:CLASS in the first line."
        )
    # With a prefix or a specification it is certain which columns are classes.
    bare = [name for name, column in where.classes.items() if name == column.strip()]
    return f" Read as classes: {listed(bare)}; if some are not, {SELECT_CLASSES}" if len(bare) > 2 else ""


def _parts(about: pd.DataFrame, path: Path, of: str) -> list[tuple[str, Any]]:
    """Return the name and the rows (None for all) of each model in a file, of one set of rows."""
    there = np.ones(len(about), dtype=bool)
    if "set" in about:
        there = about["set"].isin([of, *PREDICTED]).to_numpy()
    if not there.any():
        raise DataError(f'{path}: has no rows of the set "{of}".')
    if "model" not in about:
        return [(path.stem, None if there.all() else np.flatnonzero(there))]
    names = about["model"].to_numpy(dtype=object)
    return [(str(name), np.flatnonzero(there & (names == name))) for name in dict.fromkeys(names[there])]
