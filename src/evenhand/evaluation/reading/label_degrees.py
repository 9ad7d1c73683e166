"""Labels of rows that may have several: a table with a column for each class, 0 or 1, a degree, or empty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from evenhand.base.errors import DataError
from evenhand.base.text.cells import by_spelling, same_as
from evenhand.base.values import Floats, Ints, Strings
from evenhand.evaluation.reading.columns import listed


def degree_columns(cells: Mapping[str, Strings]) -> dict[str, Floats]:
    """Return name -> (n,) numbers of the columns that hold numbers only, NaN for empty cells.

    Whether they are degrees is checked where their classes are known: the same table may hold an age.
    """
    found = {}
    for name, column in cells.items():
        values = pd.to_numeric(pd.Series(column, dtype=object), errors="coerce").to_numpy(dtype=np.float64)
        empty = pd.isna(column)
        if not empty.all() and not (np.isnan(values) & ~empty).any():
            found[name] = values
    return found


def degrees_of(
    degrees: Mapping[str, Floats], ids: Strings, at: Ints, classes: Sequence[str], source: str
) -> Floats:
    """Return (n, k) degrees from 0 to 1 of the classes, NaN where they are not known.

    Parameters
    ----------
    degrees
        Name of a column -> (m,) numbers.
    ids
        (m,) ids of the table, for messages.
    at
        (n,) position of each row in the table, -1 for none.

    Raises
    ------
    DataError
        If a class has no column, or a number is not one from 0 to 1.
    """
    spellings = by_spelling(degrees)
    column_of = {name: name if name in degrees else same_as(name, spellings) for name in classes}
    missing = [name for name, column in column_of.items() if column is None]
    if missing:
        raise DataError(
            f"{source}: has no column with numbers of {listed(missing)}, and none with a label. Of rows with one "
            "label, name its column with --label; of rows with several, there must be a column for each class, 0 "
            f"to 1, empty where it is not known. Columns of numbers: {listed(list(degrees)) or 'none'}."
        )
    out = np.full((len(at), len(classes)), np.nan)
    for c, column in enumerate(column_of.values()):
        values = degrees[str(column)]
        wrong = np.flatnonzero(~np.isnan(values) & ~((values >= 0) & (values <= 1)))
        if len(wrong):
            row = int(wrong[0])
            raise DataError(
                f'{source}: {column} of "{ids[row]}" is {values[row]:g}; a degree is from 0 to 1, or empty where '
                "it is not known. Divide counts of raters by their number."
            )
        out[at >= 0, c] = values[at[at >= 0]]
    return out
