"""Weights of rows from a column, such as the number of annotators."""

from __future__ import annotations

import numpy as np

from evenhand.base.errors import DataError
from evenhand.base.text.cells import Text
from evenhand.base.values import Floats
from evenhand.data.tables.table import LabelTable


def read_weights(table: LabelTable, column: str | None, *, most: float = 1e9) -> Floats | None:
    """Return (n,) float64 weights of the rows, or None without a column.

    Raises
    ------
    DataError
        If a cell is not a number from 0 to `most`, or all are 0.
    """
    if column is None:
        return None
    cells = table.texts(column)
    weights = np.array([_number(cell) for cell in cells])
    wrong = ~((weights >= 0) & (weights <= most))
    if wrong.any():
        first = int(wrong.argmax())
        found = "an empty cell" if cells[first] is None else f'"{cells[first]}"'
        raise DataError(
            f'{table.name}: data.weight: {int(wrong.sum()):,} of {len(cells):,} cells of the column "{column}" are '
            f"not numbers from 0 to {most:,.0f} (first: {table.place(first)}, {found})."
        )
    if len(weights) and not weights.any():
        raise DataError(f'{table.name}: data.weight: all cells of the column "{column}" are 0; no row would count.')
    return weights


def _number(cell: Text) -> float:
    try:
        return np.nan if cell is None else float(cell)
    except ValueError:
        return np.nan
