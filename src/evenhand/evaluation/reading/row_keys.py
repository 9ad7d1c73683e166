"""Match rows of predictions with a table of labels: by id, or by file name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from evenhand.base.text.cells import by_spelling, same_as
from evenhand.base.values import Ints, Strings
from evenhand.evaluation.reading.columns import Columns
from evenhand.evaluation.reading.files import opened
from evenhand.evaluation.reading.labels import columns_of, role_column

PATHS = ("path", "file", "filename", "file_name", "image", "name")
"""Columns that may contain the file of a row."""


def find_rows(ids: Strings, wanted: Strings, names: Mapping[str, Strings] | None = None) -> Ints:
    """Return (n,) the position in `ids` of each row, -1 where there is none.

    Rows are matched by id. If no id matches, they are matched by other names: path, file name, or file name without
    the extension, whichever matches most.

    Parameters
    ----------
    ids
        (m,) of the table, unique.
    wanted
        (n,) ids of the rows.
    names
        Other names of the rows -> (n,).

    Examples
    --------
    >>> paths = {"path": np.array(["new/7.jpg"], dtype=object)}
    >>> find_rows(np.array(["8", "7"], dtype=object), np.array(["c0ffee"], dtype=object), paths).tolist()
    [1]
    """
    at = np.asarray(pd.Index(ids, dtype=object).get_indexer(pd.Index(wanted, dtype=object)))
    if (at < 0).any():
        known = by_spelling(map(str, ids))
        position = {name: i for i, name in enumerate(ids)}
        for row in np.flatnonzero(at < 0):
            same = same_as(str(wanted[row]), known)
            at[row] = -1 if same is None else position[same]
    # Some ids match, so ids are what the table has; mixing ways of matching could join unrelated rows.
    if (at >= 0).any() or not names:
        return at
    found = list(_by_names(ids, names))
    return max(found, key=lambda one: int((one >= 0).sum()), default=at)


def row_names(path: str | Path, columns: Columns, ids: Strings) -> dict[str, Strings]:
    """Return other names of the rows of a CSV or Parquet file beside their ids: column -> (n,)."""
    if Path(path).suffix.lower() == ".npz":
        return {}
    source = opened(path)
    key = role_column("id", columns.id, source)
    aliases = [name for name in source.names if name.strip().lower() in PATHS and name != key]
    if key is None or not aliases:
        return {}
    cells = columns_of(source, [key, *aliases])
    first = ~pd.Index(cells[key]).duplicated()
    at = pd.Index(cells[key][first], dtype=object).get_indexer(pd.Index(ids, dtype=object))
    found = {name: cells[name][first][at] for name in aliases}
    for cell in found.values():
        cell[at < 0] = None
    return found


def _by_names(ids: Strings, names: Mapping[str, Strings]) -> Iterator[Ints]:
    """Yield the positions by every way of naming that distinguishes the rows of both."""
    table = _ways(ids)
    for written in names.values():
        if pd.isna(written).any():
            continue
        for way, own in _ways(written).items():
            for theirs in dict.fromkeys((way, "whole")):
                known, mine = pd.Index(table[theirs], dtype=object), pd.Index(own, dtype=object)
                # File names may repeat in different folders; then they identify nothing.
                if known.is_unique and mine.is_unique:
                    yield np.asarray(known.get_indexer(mine))


def _ways(names: Strings) -> dict[str, list[str]]:
    paths = [PurePosixPath(str(name).replace("\\", "/")) for name in names]
    return {
        "whole": [str(path) for path in paths],
        "file": [path.name for path in paths],
        "stem": [path.stem for path in paths],
    }
