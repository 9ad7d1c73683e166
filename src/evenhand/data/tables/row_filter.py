"""Selection of rows of a table by the values of columns (`data.only`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from evenhand.base.errors import DataError, did_you_mean, unknown
from evenhand.base.values import Mask
from evenhand.data.roots.file_names import some
from evenhand.data.tables.table import LabelTable


def only_rows(table: LabelTable, only: Mapping[str, Sequence[str]]) -> Mask:
    """Return (n,) bool, whether each row has one of the wanted values in every named column.

    Raises
    ------
    DataError
        If a column does not exist or a value occurs in no row; the text lists all of them.
    """
    keep = np.ones(len(table), dtype=bool)
    faults: list[str] = []
    for column, wanted in only.items():
        if column not in table.frame:
            faults.append(f"{table.name}: data.only: {unknown('column', column, list(table.frame.columns))}")
            continue
        found = np.array(table.texts(column), dtype=object)
        faults += [_absent(table, column, value, found) for value in wanted if not (found == value).any()]
        keep &= np.array([text in wanted for text in found], dtype=bool)
    if faults:
        raise DataError("\n".join(faults))
    return keep


def _absent(table: LabelTable, column: str, value: str, found: object) -> str:
    known = sorted({text for text in np.asarray(found, dtype=object) if text is not None})
    hint = did_you_mean(value, known[:1000]) or f" Found there: {some(known, most=8)}."
    return f'{table.name}: data.only: no row has "{value}" in the column "{column}".{hint}'
