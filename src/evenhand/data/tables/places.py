"""The path of a row without a file: its place in the table."""

from __future__ import annotations

import re

from evenhand.data.tables.table import LabelTable

TABLE, LINE = "eh:table", "eh:line"
"""Columns of new rows that are rows of a table, and not files: its name, and the position in it (int, from 0)."""

_PLACE = re.compile(r", (line|row) \d+\Z")


def path_or_place(name: str, table: LabelTable, row: int) -> str:
    """Return the name of a row's file; where it has none, the row's place: "labels.csv, line 88"."""
    return name or f"{table.name}, {table.unit} {table.lines[row]}"


def has_file(path: str) -> bool:
    """Return whether a path names a file, rather than a line of a table.

    >>> has_file("images/88.jpg"), has_file("labels.csv, line 88")
    (True, False)
    """
    return _PLACE.search(path) is None
