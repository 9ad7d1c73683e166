"""The frame of samples: ids, paths and hashes, and whatever else the table says of a row."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from evenhand.base.errors import DataError
from evenhand.data.config import DataConfig
from evenhand.data.contents import content_ids
from evenhand.data.rows import Rows
from evenhand.data.table import Table

_OWN = frozenset({"id", "path", "content", "group", "split"})


def sample_frame(rows: Rows, hashes: Sequence[str], data: DataConfig) -> pd.DataFrame:
    """Return n rows with id, path, content, group and split where there are any, then the table's own columns.

    A column of the table that would hide one of ours, or one of the record's, is called "table:NAME".

    Raises
    ------
    DataError
        If the table's ids are empty or not unique.
    """
    table = rows.table
    ids = content_ids(hashes, rows.names) if data.id is None else _given_ids(table, data.id)
    columns: dict[str, object] = {"id": ids, "path": list(rows.names), "content": list(hashes)}
    split = data.split or ("split" if "split" in table.frame else None)
    for ours, theirs in (("group", data.group), ("split", split)):
        if theirs is not None:
            columns[ours] = table.texts(theirs)
    said = {data.path, data.id} | {name for name in ("group", "split") if name in (data.group, split)}
    for name in table.frame.columns:
        if name not in said:
            hides = name in _OWN or name.startswith("eh:")
            columns[f"table:{name}" if hides else name] = table.frame[name].to_numpy()
    return pd.DataFrame(columns, index=range(len(table)))


def _given_ids(table: Table, column: str) -> list[str]:
    """Return the table's own ids.

    Raises
    ------
    DataError
        If some are empty or name two rows.
    """
    ids = table.texts(column)
    empty = [row for row, name in enumerate(ids) if name is None]
    if empty:
        raise DataError(
            f'{table.name}: {len(empty):,} of {len(table):,} rows have no id in the column "{column}" '
            f"(first: {table.place(empty[0])}). Fill them in, or take data.id out: ids are then made of the files."
        )
    seen: dict[str, int] = {}
    twice = [(seen[name], row) for row, name in enumerate(map(str, ids)) if seen.setdefault(name, row) != row]
    if twice:
        one, two = twice[0]
        raise DataError(
            f'{table.name}: {len(twice):,} ids in the column "{column}" name a second row (first: "{ids[one]}" on '
            f"{table.place(one)} and {table.place(two)}). Every row needs an id of its own."
        )
    return [str(name) for name in ids]
