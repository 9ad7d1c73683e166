"""Labels from columns that each hold classes by name; an empty cell is not known."""

from __future__ import annotations

import numpy as np

from evenhand.base.values import Floats
from evenhand.base.values.samples import any_of
from evenhand.data.config import DataConfig
from evenhand.data.tables.labels.cell_separator import cell_parts, cell_separator
from evenhand.data.tables.table import LabelTable


def read_tag_columns(table: LabelTable, data: DataConfig) -> tuple[tuple[str, ...], Floats]:
    """Return the c classes that cells of `data.tag_columns` name, and (n, c) float64 of 0 and 1.

    Where a cell is empty, it is not known (NaN) which of the classes of its column hold, unless another column of
    the same class says so. Classes are in the order of the columns, sorted within each.
    """
    names: list[str] = []
    blocks: list[Floats] = []
    for column in data.tag_columns:
        cells = table.texts(column)
        by = cell_separator(cells, data.separator)
        rows = [cell_parts(cell, by) for cell in cells]
        own = sorted({part for row in rows for part in row})
        at = {name: c for c, name in enumerate(own)}
        values = np.zeros((len(rows), len(own)))
        for row, (cell, parts) in enumerate(zip(cells, rows, strict=True)):
            values[row, [at[part] for part in parts]] = 1.0
            if cell is None:
                values[row] = np.nan
        names += own
        blocks.append(values)
    classes, every = list(dict.fromkeys(names)), np.concatenate(blocks, axis=1)
    of = np.array([classes.index(name) for name in names], dtype=np.int64)
    if len(classes) == len(names):
        return tuple(classes), every
    return tuple(classes), np.column_stack([any_of(every[:, of == c]) for c in range(len(classes))])
