"""Give new rows the ids of a table, so that their predictions can be compared with labels later."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from evenhand.base.errors import DataError, unknown
from evenhand.base.values import Samples
from evenhand.data.config import DataConfig
from evenhand.data.roots.file_names import some
from evenhand.data.roots.root import Root
from evenhand.data.tables.column_roles import column_profiles
from evenhand.data.tables.path_lookup import locate
from evenhand.data.tables.places import LINE, TABLE
from evenhand.data.tables.table import LabelTable, read_table

ID_WORDS = frozenset({"id", "ids", "uid", "uuid", "guid", "key", "code", "sample", "number", "no", "nr", "index"})
"""Words in the names of columns of ids."""


def with_table_ids(
    samples: Samples, root: Root, data: DataConfig, table: str | Path | None, *, id: str | None = None
) -> Samples:
    """Return the rows listed in a table, in its order and with its ids; without a table, the rows unchanged.

    Rows that are rows of a table already (pairs) get the ids of a column of it: the one that is named, else that of
    the run, else, where a table is named, "id".

    Parameters
    ----------
    samples
        Every row below the root.
    data
        The run's [data]: `path` and `id` name the columns.
    table
        A path on disk, or a name below the root. None for a table below the root with the name of the run's table,
        if the run has an id column; files that it does not list then keep the ids made from their contents.
    id
        The id column; None for that of the run, else "id", else the paths as written.

    Raises
    ------
    DataError
        If a column or a file is missing, or ids are empty or repeated.
    """
    if LINE in samples.frame:
        return _rows_with_ids(samples, root, data, table, id)
    if table is None:
        name = Path(data.table).name if data.table else ""
        if data.id is None or name not in root.names():
            return samples
        found = read_table(root, name, encoding=data.table_encoding)
        # A table of the same name need not be of the same kind; nobody asked for it by name.
        if data.path not in found.frame or data.id not in found.frame:
            return samples
        return _rows_of_table(samples, found, root, data.path, data.id, all_rows=True)
    found = read_table(root, str(table), encoding=data.table_encoding)
    for column in (data.path, *([id] if id else [])):
        if column not in found.frame:
            raise DataError(f"{found.name}: {unknown('column', column, map(str, found.frame.columns))}")
    key = id or next((name for name in (data.id, "id") if name in found.frame), None) or data.path
    return _rows_of_table(samples, found, root, data.path, key, all_rows=False)


def id_hint(root: Root, data: DataConfig, table: str | Path, samples: Samples) -> str:
    """Return a hint if ids are paths although a column of the table looks like ids, else ""."""
    frame = read_table(root, str(table), encoding=data.table_encoding).frame
    if data.path not in frame or list(samples.ids) != [str(name) for name in frame[data.path]]:
        return ""
    profiles = [one for one in column_profiles(frame) if one.name != data.path and one.unique and one.whole]
    named = [one.name for one in profiles if ID_WORDS & set(re.split(r"[^a-z]+", one.name.lower()))]
    if not named:
        return ""
    return (
        f'Ids are the paths of {Path(table).name}. Its column "{named[0]}" looks like ids: --id {named[0]} uses it.'
    )


def _rows_of_table(
    samples: Samples, table: LabelTable, root: Root, path: str, key: str, *, all_rows: bool
) -> Samples:
    """Return the rows listed in a table, with its ids; with `all_rows`, the others after them."""
    ids = _unique_ids(table, key)
    located = locate(table.texts(path), root, table.folder)
    at = {str(name): row for row, name in enumerate(samples.frame["path"])}
    rows = [at.get(name, -1) if name is not None else -1 for name in located.names]
    lacking = [str(table.texts(path)[row]) for row, place in enumerate(rows) if place < 0]
    if lacking and not all_rows:
        raise DataError(
            f"{table.name}: {len(lacking):,} of {len(rows):,} rows name a file that is missing or cannot be read "
            f"({some(lacking)}). Correct the paths, or remove the rows."
        )
    pairs = [(place, name) for place, name in zip(rows, ids, strict=True) if place >= 0]
    if len({place for place, _ in pairs}) < len(pairs):
        raise DataError(
            f"{table.name}: two rows name the same file. Each file is predicted once; keep one row per file."
        )
    # A table found by its name adds ids and takes nothing away; one that was asked for is the list of rows.
    others = sorted(set(range(len(samples))) - {place for place, _ in pairs}) if all_rows else []
    taken = samples.take(np.array([*(place for place, _ in pairs), *others], dtype=np.int64))
    names = [*(name for _, name in pairs), *(str(samples.ids[place]) for place in others)]
    return replace(taken, frame=taken.frame.assign(id=np.array(names, dtype=object)))


def _rows_with_ids(
    samples: Samples, root: Root, data: DataConfig, table: str | Path | None, id: str | None
) -> Samples:
    """Return rows of a table with the ids of a column of it; unchanged where no column is named and it has none."""
    own = str(samples.frame[TABLE].iloc[0]) if len(samples) else ""
    if not own:
        return samples
    found = read_table(root, own if table is None else str(table), encoding=data.table_encoding)
    if Path(found.name).name != Path(own).name:
        raise DataError(
            f"{found.name}: the new rows are those of {own} in {root.path}, whose texts are predicted. Leave out "
            f"--table, or give the folder {found.name} under the name of the table of the run."
        )
    if id is not None and id not in found.frame:
        raise DataError(f"{found.name}: {unknown('column', id, map(str, found.frame.columns))}")
    named = (data.id, "id" if table is not None else None)
    key = id or next((name for name in named if name is not None and name in found.frame), None)
    if key is None:
        return samples
    ids = np.array(_unique_ids(found, key), dtype=object)
    return replace(samples, frame=samples.frame.assign(id=ids[samples.frame[LINE].to_numpy(np.int64)]))


def _unique_ids(table: LabelTable, key: str) -> list[str]:
    """Return the ids in a column; raises `DataError` if some are empty or repeated."""
    ids = table.texts(key)
    empty = [row for row, name in enumerate(ids) if name is None]
    if empty:
        raise DataError(f'{table.name}: {table.place(empty[0])} has no id in the column "{key}".')
    seen: dict[str, int] = {}
    for row, name in enumerate(map(str, ids)):
        if seen.setdefault(name, row) != row:
            raise DataError(
                f'{table.name}: the id "{name}" is on {table.place(seen[name])} and on {table.place(row)} (column '
                f'"{key}"). Ids must be unique.'
            )
    return [str(name) for name in ids]
